"""Runs a sentence-transformers model by OpenVINO on the CPU, two to six times as fast as torch."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from indexer.encoders.encoder import Vectors, is_blank, unit_rows
from indexer.encoders.model import Model
from indexer.encoders.openvino_graph import graph_file, import_openvino, properties
from indexer.encoders.openvino_tokenizer import Tokenizer, Tokens
from indexer.encoders.quantise import int8_graph_file
from indexer.encoders.sentence_transformers import BATCH
from indexer.threads import set_threads

WINDOW = 4_096  # texts tokenised and sorted by length together: little padding, bounded memory


class OpenVINOEncoder:
    """`model`, which must be `mean_pooling_only`, computed in ``f32``, ``bf16`` or ``int8``.

    The first use on a machine traces the graph, and quantises it for int8. Later uses read it from
    the cache and import neither torch nor transformers. Threads may share an encoder.

    Raises:
        NotConvertible: OpenVINO cannot run the model.
    """

    def __init__(self, model: Model, *, threads: int | None = None, precision: str = "f32") -> None:
        self._threads = set_threads(threads)
        self._model = model
        self._precision = precision
        self._core = import_openvino().Core()
        self._graph = self._core.read_model(int8_graph_file(model) if precision == "int8" else graph_file(model))
        self._tokenizer = Tokenizer(model)
        self._dim = int(self._graph.output(0).partial_shape[1].get_length())
        self._lock = threading.Lock()
        self._latency_graph: Any = None  # compiled for few texts at a time
        self._idle_requests: list[Any] = []  # to that graph; no thread is using them
        self._throughput_queue: Any = None  # requests to the graph compiled for many texts

    @property
    def name(self) -> str:
        return self._model.fingerprint

    @property
    def dim(self) -> int:
        return self._dim

    @property
    def precision(self) -> str:
        """The type it computes in: ``f32``, ``bf16`` or ``int8``."""
        return self._precision

    def encode_listings(self, texts: Sequence[str]) -> Vectors:
        return self._encode(texts, self._model.prompts.listing, self._model.listing_tokens)

    def encode_queries(self, texts: Sequence[str]) -> Vectors:
        return self._encode(texts, self._model.prompts.query, self._model.query_tokens)

    def _encode(self, texts: Sequence[str], prompt: str, max_tokens: int) -> Vectors:
        out = np.zeros((len(texts), self._dim), np.float32)
        if len(texts) <= BATCH:
            for rows, inputs in self._batches(texts, prompt, max_tokens):
                out[rows] = unit_rows(self._infer(inputs))
            return out
        with self._lock:
            queue = self._open_queue()
            queue.set_callback(_store)
            for rows, inputs in self._batches(texts, prompt, max_tokens):
                queue.start_async(inputs, (out, rows))  # waits when all requests are busy, which bounds memory
            queue.wait_all()
        return out

    def _batches(
        self, texts: Sequence[str], prompt: str, max_tokens: int
    ) -> Iterator[tuple[list[int], dict[str, Tokens]]]:
        """Batches of texts of similar length, each with its rows. Blank texts are left out."""
        for start in range(0, len(texts), WINDOW):
            window = texts[start : start + WINDOW]
            rows = [start + i for i, text in enumerate(window) if not is_blank(text)]
            ids = self._tokenizer([texts[row] for row in rows], prompt, max_tokens)
            order = sorted(range(len(rows)), key=lambda i: -len(ids[i]))  # longest first: memory peaks at the start
            for first in range(0, len(order), BATCH):
                batch = order[first : first + BATCH]
                yield [rows[i] for i in batch], self._tokenizer.pad([ids[i] for i in batch])

    def _infer(self, inputs: dict[str, Tokens]) -> npt.NDArray[np.float32]:
        """Run one batch on the calling thread; other threads may run theirs at the same time."""
        try:
            request = self._idle_requests.pop()
        except IndexError:
            request = self._compile_for_latency().create_infer_request()
        try:
            request.infer(inputs)
            return np.array(request.get_output_tensor().data)
        finally:
            self._idle_requests.append(request)

    def _compile_for_latency(self) -> Any:
        with self._lock:
            if self._latency_graph is None:
                self._latency_graph = self._compile("LATENCY")
            return self._latency_graph

    def _open_queue(self) -> Any:
        if self._throughput_queue is None:
            self._throughput_queue = import_openvino().AsyncInferQueue(self._compile("THROUGHPUT"))
        return self._throughput_queue

    def _compile(self, purpose: str) -> Any:
        return self._core.compile_model(self._graph, "CPU", properties(self._threads, self._precision, purpose))


def _store(request: Any, target: tuple[Vectors, list[int]]) -> None:
    out, rows = target
    out[rows] = unit_rows(request.get_output_tensor().data)
