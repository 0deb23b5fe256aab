"""Runs any sentence-transformers model on torch: the reference for the faster ways."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from typing import Any

import numpy as np

from indexer.encoders.encoder import EncoderUnavailable, Vectors, clean_text, is_blank, unit_rows
from indexer.encoders.model import Model
from indexer.threads import set_threads

BATCH = 32  # texts of similar length; 64 and 128 were no faster
CHARACTERS_PER_TOKEN = 16
"""Before tokenising, a text is cut to so many characters for each token that will be read.

Real text has two to six; without the cut a pasted book would be tokenised whole."""


class SentenceTransformersEncoder:
    """`model` in ``f32`` or ``bf16``, on the device that sentence-transformers picks.

    Raises:
        EncoderUnavailable: sentence-transformers is missing or cannot load the folder.
    """

    def __init__(self, model: Model, *, threads: int | None = None, precision: str = "f32") -> None:
        set_threads(threads)
        self._model = model
        self._loaded = load(model, precision)
        set_threads(threads)  # again, now that torch is loaded
        self._dim = int(self._loaded.encode(["a"], show_progress_bar=False).shape[1])  # its modules may change it
        self._lock = threading.Lock()  # max_seq_length is an attribute of the model

    @property
    def name(self) -> str:
        return self._model.fingerprint

    @property
    def dim(self) -> int:
        return self._dim

    def encode_listings(self, texts: Sequence[str]) -> Vectors:
        return self._encode(texts, self._model.prompts.listing, self._model.listing_tokens)

    def encode_queries(self, texts: Sequence[str]) -> Vectors:
        return self._encode(texts, self._model.prompts.query, self._model.query_tokens)

    def _encode(self, texts: Sequence[str], prompt: str, max_tokens: int) -> Vectors:
        out = np.zeros((len(texts), self._dim), np.float32)
        rows = [row for row, text in enumerate(texts) if not is_blank(text)]
        if not rows:
            return out
        with self._lock:
            self._loaded.max_seq_length = max_tokens
            vectors = self._loaded.encode(
                [clean_text(texts[row], max_tokens * CHARACTERS_PER_TOKEN) for row in rows],
                prompt=prompt,
                batch_size=BATCH,
                show_progress_bar=False,
                convert_to_numpy=True,
            )
        out[rows] = unit_rows(vectors)
        return out


def load(model: Model, precision: str = "f32") -> Any:
    """The ``SentenceTransformer`` of `model`, in float32 or bfloat16.

    Raises:
        EncoderUnavailable: see the class.
    """
    try:
        import torch
        from sentence_transformers import SentenceTransformer
        from transformers.utils import logging as transformers_logging
    except ImportError as error:
        raise EncoderUnavailable(f"{error}: pip install sentence-transformers") from error
    transformers_logging.disable_progress_bar()  # type: ignore[no-untyped-call]  # transformers is partly typed; loading takes half a second
    dtype = torch.bfloat16 if precision == "bf16" else torch.float32
    try:
        return SentenceTransformer(str(model.path), model_kwargs={"dtype": dtype}, local_files_only=True)
    except (OSError, ValueError, KeyError, ImportError, RuntimeError) as error:
        raise EncoderUnavailable(f"sentence-transformers cannot load {model.path}: {error}") from error
