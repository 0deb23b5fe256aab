"""OpenVINOEncoder: a plain sentence-transformers model on the CPU, two to six times as fast as on torch."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from indexer.encoders.encoder import Vectors, is_blank, tidy, unit_rows
from indexer.encoders.model import Model
from indexer.encoders.openvino_graph import (
    best_precision,
    graph_file,
    import_openvino,
    processor_flags,
    properties,
)
from indexer.encoders.sentence_transformers import BATCH, CHARACTERS_A_TOKEN
from indexer.threads import set_threads

WINDOW = 4_096  # texts tokenised and sorted by length at a time: little padding, bounded memory
STEP = 4  # a batch's length is rounded up to it: OpenVINO prepares each new shape anew, and keeps it

Tokens = npt.NDArray[np.int64]


class OpenVINOEncoder:
    """`model`, which must be plain, in bfloat16 where the processor has it.

    The graph is traced on the first use on this machine and found in the cache afterwards; then neither torch nor
    transformers is imported. Threads may share an encoder.

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
        self._one_at_a_time = threading.Lock()
        self._queries: Any = None  # the graph compiled for one text at a time
        self._idle: list[Any] = []  # its requests that nobody uses
        self._listings: Any = None  # a queue of requests to the graph compiled for many

    @property
    def name(self) -> str:
        return self._model.fingerprint

    @property
    def dim(self) -> int:
        return self._dim

    @property
    def precision(self) -> str:
        """What it computes in: ``bf16`` or ``f32``."""
        return self._precision

    def encode_listings(self, texts: Sequence[str]) -> Vectors:
        return self._encode(texts, self._model.prompts.listing, self._model.listing_tokens)

    def encode_queries(self, texts: Sequence[str]) -> Vectors:
        return self._encode(texts, self._model.prompts.query, self._model.query_tokens)

    def _encode(self, texts: Sequence[str], prompt: str, most: int) -> Vectors:
        out = np.zeros((len(texts), self._dim), np.float32)
        if len(texts) <= BATCH:
            for rows, inputs in self._batches(texts, prompt, most):
                out[rows] = unit_rows(self._infer(inputs))
            return out
        with self._one_at_a_time:
            queue = self._queue()
            queue.set_callback(_store)
            for rows, inputs in self._batches(texts, prompt, most):
                queue.start_async(inputs, (out, rows))  # waits where all are busy, so that memory is bounded
            queue.wait_all()
        return out

    def _batches(self, texts: Sequence[str], prompt: str, most: int) -> Iterator[tuple[list[int], dict[str, Tokens]]]:
        """Batches of like length, and the rows they are of. Blank texts are in none."""
        for start in range(0, len(texts), WINDOW):
            window = texts[start : start + WINDOW]
            rows = [start + i for i, text in enumerate(window) if not is_blank(text)]
            ids = self._tokenizer([texts[row] for row in rows], prompt, most)
            order = sorted(range(len(rows)), key=lambda i: -len(ids[i]))  # longest first: memory peaks at the start
            for at in range(0, len(order), BATCH):
                batch = order[at : at + BATCH]
                yield [rows[i] for i in batch], self._tokenizer.pad([ids[i] for i in batch])

    def _infer(self, inputs: dict[str, Tokens]) -> npt.NDArray[np.float32]:
        """One batch, at once, beside whoever else asks."""
        try:
            request = self._idle.pop()
        except IndexError:
            request = self._compiled().create_infer_request()
        try:
            request.infer(inputs)
            return np.array(request.get_output_tensor().data)
        finally:
            self._idle.append(request)

    def _compiled(self) -> Any:
        with self._one_at_a_time:
            if self._queries is None:
                self._queries = self._compile("LATENCY")
            return self._queries

    def _queue(self) -> Any:
        if self._listings is None:
            self._listings = import_openvino().AsyncInferQueue(self._compile("THROUGHPUT"))
        return self._listings

    def _compile(self, purpose: str) -> Any:
        return self._core.compile_model(self._graph, "CPU", properties(self._threads, self._precision, purpose))


def _store(request: Any, asked: tuple[Vectors, list[int]]) -> None:
    out, rows = asked
    out[rows] = unit_rows(request.get_output_tensor().data)


class Tokenizer:
    """The model's fast tokenizer; cutting and padding are ours, since its own are settings that threads would share."""

    def __init__(self, model: Model) -> None:
        import tokenizers

        self._tokenizer = tokenizers.Tokenizer.from_file(str(model.path / "tokenizer.json"))
        self._tokenizer.no_truncation()
        self._tokenizer.no_padding()
        self._padding = model.padding
        special = self._tokenizer.encode("a").special_tokens_mask
        self._closing = special[::-1].index(0)  # special tokens at the end, which cutting keeps

    def __call__(self, texts: Sequence[str], prompt: str, most: int) -> list[list[int]]:
        """The ids of each text with `prompt` before it, at most `most`."""
        prompted = [prompt + tidy(text, most * CHARACTERS_A_TOKEN) for text in texts]
        return [self._cut(encoding.ids, most) for encoding in self._tokenizer.encode_batch_fast(prompted)]

    def _cut(self, ids: list[int], most: int) -> list[int]:
        return ids if len(ids) <= most else ids[: most - self._closing] + ids[len(ids) - self._closing :]

    def pad(self, ids: Sequence[Sequence[int]]) -> dict[str, Tokens]:
        """The graph's inputs.  # (len(ids), longest rounded up to STEP) each"""
        longest = max(map(len, ids))
        width = longest if len(ids) == 1 else -(-longest // STEP) * STEP
        inputs = np.full((len(ids), width), self._padding, np.int64)
        mask = np.zeros((len(ids), width), np.int64)
        for row, tokens in enumerate(ids):
            inputs[row, : len(tokens)] = tokens
            mask[row, : len(tokens)] = 1
        return {"input_ids": inputs, "attention_mask": mask}
