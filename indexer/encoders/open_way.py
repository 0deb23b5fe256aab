"""Opens a model by one way, and by the ways that were chosen for queries and for listings."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence

from indexer.encoders.encoder import Encoder, EncoderUnavailable, Vectors
from indexer.encoders.model import Model
from indexer.encoders.ways import WAYS, Choice


def open_way(model: Model, way: str, threads: int | None = None) -> Encoder:
    """The encoder that runs `model` by the way of this name.

    Raises:
        EncoderUnavailable: the way cannot run this model, or its library is missing.
    """
    library, precision = WAYS[way].library, WAYS[way].precision
    if library == "torch":
        from indexer.encoders.sentence_transformers import SentenceTransformersEncoder

        return SentenceTransformersEncoder(model, threads=threads, precision=precision)
    if not model.mean_pooling_only:
        raise EncoderUnavailable(
            f"{model.name}: OpenVINO runs a transformer, the mean of its tokens and a normalisation, "
            f"with a fast tokenizer, and this model is something else"
        )
    from indexer.encoders.openvino import OpenVINOEncoder
    from indexer.encoders.openvino_graph import NotConvertible

    try:
        return OpenVINOEncoder(model, threads=threads, precision=precision)
    except NotConvertible as error:
        raise EncoderUnavailable(f"{model.name}: OpenVINO cannot run it ({error})") from error
    except ImportError as error:
        raise EncoderUnavailable(f"{error}: pip install openvino nncf") from error


class ChosenEncoder:
    """`model`, whose queries are encoded by one way and whose listings by another.

    The second way is opened when it is first needed: a service never encodes a listing. Threads may
    share an encoder.
    """

    def __init__(self, model: Model, choice: Choice, open_by: Callable[[str], Encoder]) -> None:
        self.choice = choice
        self._model = model
        self._open_by = open_by
        self._lock = threading.Lock()
        self._opened = {choice.queries: open_by(choice.queries)}
        self._dim = self._opened[choice.queries].dim

    @property
    def name(self) -> str:
        return self._model.fingerprint

    @property
    def dim(self) -> int:
        return self._dim

    def encode_listings(self, texts: Sequence[str]) -> Vectors:
        return self._way(self.choice.listings).encode_listings(texts)

    def encode_queries(self, texts: Sequence[str]) -> Vectors:
        return self._way(self.choice.queries).encode_queries(texts)

    def _way(self, way: str) -> Encoder:
        with self._lock:
            if way not in self._opened:
                self._opened[way] = self._open_by(way)
            return self._opened[way]
