"""A model's fast tokenizer, without the model's library: token ids as the inputs of a graph."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from indexer.encoders.encoder import clean_text
from indexer.encoders.model import Model
from indexer.encoders.sentence_transformers import CHARACTERS_PER_TOKEN

STEP = 4  # a batch's length is rounded up to it: OpenVINO prepares each new shape once and keeps it

Tokens = npt.NDArray[np.int64]


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
