"""Runs a sentence-transformers model by OpenVINO on the CPU, two to six times as fast as torch."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from indexer.encoders.encoder import Vectors, clean_text, is_blank, unit_rows
from indexer.encoders.model import Model
from indexer.encoders.openvino_graph import (
    best_precision,
    graph_file,
    import_openvino,
    processor_flags,
    properties,
)
from indexer.encoders.sentence_transformers import BATCH, CHARACTERS_PER_TOKEN
from indexer.threads import set_threads

WINDOW = 4_096  # texts tokenised and sorted by length together: little padding, bounded memory
STEP = 4  # a batch's length is rounded up to it: OpenVINO prepares each new shape once and keeps it

Tokens = npt.NDArray[np.int64]


class OpenVINOEncoder:
    """`model`, which must be `mean_pooling_only`, in bfloat16 where the processor supports it.

    The first use on a machine traces the graph. Later uses read it from the cache and import
    neither torch nor transformers. Threads may share an encoder.

    Raises:
        NotConvertible: OpenVINO cannot run the model.
    """

    def __init__(self, model: Model, *, threads: int | None = None, precision: str | None = None) -> None:
        self._threads = set_threads(threads)
        self._model = model
        self._precision = precision or best_precision(processor_flags())
        self._core = import_openvino().Core()
        self._graph = self._core.read_model(graph_file(model))
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
        """The type it computes in: ``bf16`` or ``f32``."""
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


class Tokenizer:
    """The model's fast tokenizer.

    Cutting and padding are done here: the library's own are settings that threads would share.
    """

    def __init__(self, model: Model) -> None:
        import tokenizers

        self._tokenizer = tokenizers.Tokenizer.from_file(str(model.path / "tokenizer.json"))
        self._tokenizer.no_truncation()
        self._tokenizer.no_padding()
        self._padding = model.padding
        special = self._tokenizer.encode("a").special_tokens_mask
        self._closing = special[::-1].index(0)  # special tokens at the end, which cutting keeps

    def __call__(self, texts: Sequence[str], prompt: str, max_tokens: int) -> list[list[int]]:
        """The token ids of each text with `prompt` before it, at most `max_tokens` of them."""
        prompted = [prompt + clean_text(text, max_tokens * CHARACTERS_PER_TOKEN) for text in texts]
        return [self._cut(encoding.ids, max_tokens) for encoding in self._tokenizer.encode_batch_fast(prompted)]

    def _cut(self, ids: list[int], max_tokens: int) -> list[int]:
        if len(ids) <= max_tokens:
            return ids
        return ids[: max_tokens - self._closing] + ids[len(ids) - self._closing :]

    def pad(self, ids: Sequence[Sequence[int]]) -> dict[str, Tokens]:
        """The inputs of the graph.  # (len(ids), longest rounded up to STEP) each"""
        longest = max(map(len, ids))
        width = longest if len(ids) == 1 else -(-longest // STEP) * STEP
        inputs = np.full((len(ids), width), self._padding, np.int64)
        mask = np.zeros((len(ids), width), np.int64)
        for row, tokens in enumerate(ids):
            inputs[row, : len(tokens)] = tokens
            mask[row, : len(tokens)] = 1
        return {"input_ids": inputs, "attention_mask": mask}
