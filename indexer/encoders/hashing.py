"""The smallest encoder: it hashes words and character trigrams, without weights or services."""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections.abc import Sequence
from functools import lru_cache

import numpy as np
import numpy.typing as npt

from indexer.encoders.encoder import Vectors, is_blank, unit_rows

_WORD = re.compile(r"\w+")
_SLOT = np.dtype("<u4")
_CHUNK = 512  # texts counted at once: 512 x 2 x 256 float64 are 2 MB
_WORDS_MAX = 200_000  # words whose slots are kept; some 200 bytes each
_WORD_WEIGHT = 2  # a word counts as much as two of its trigrams


class HashingEncoder:
    """Words and their character trigrams, hashed into `dim` signed buckets.

    It finds shared spelling and nothing else; queries and listings are encoded alike. It is for
    tests, for machines without the weights, and as the baseline for learned encoders.

    Raises:
        ValueError: `dim` is below 8.
    """

    def __init__(self, dim: int = 256) -> None:
        if dim < 8:
            raise ValueError(f"hashing needs at least 8 dimensions, got {dim}")
        self._dim = dim
        self._slots = _WordSlots(dim)

    @property
    def name(self) -> str:
        return f"hashing-{self._dim}-v1"

    @property
    def dim(self) -> int:
        return self._dim

    def encode_listings(self, texts: Sequence[str]) -> Vectors:
        return self._encode(texts)

    def encode_queries(self, texts: Sequence[str]) -> Vectors:
        return self._encode(texts)

    def _encode(self, texts: Sequence[str]) -> Vectors:
        out = np.zeros((len(texts), self._dim), np.float32)
        for start in range(0, len(texts), _CHUNK):
            chunk = texts[start : start + _CHUNK]
            out[start : start + len(chunk)] = unit_rows(self._count(chunk))
        return out

    def _count(self, texts: Sequence[str]) -> npt.NDArray[np.float64]:
        """Signed feature counts of each text, by bucket.  # (len(texts), dim)"""
        slots = [b"".join([self._slots[word] for word in _words(text)]) for text in texts]
        rows = np.repeat(np.arange(len(texts)), [len(text_slots) // _SLOT.itemsize for text_slots in slots])
        flat = np.frombuffer(b"".join(slots), _SLOT)
        counts = np.bincount(rows * (2 * self._dim) + flat, minlength=len(texts) * 2 * self._dim)
        signed = counts.reshape(len(texts), self._dim, 2)
        return (signed[:, :, 0] - signed[:, :, 1]).astype(np.float64)


def _words(text: str) -> list[str]:
    if is_blank(text):
        return []
    folded = unicodedata.normalize("NFKC", text).casefold()
    return _WORD.findall(folded) or [folded.strip() or text]  # a text of "!!!" alone is one word


class _WordSlots(dict[str, bytes]):
    """The slots of each word's features; most words of a catalogue repeat.

    It forgets all words when it is full, and is still twice as fast as an `lru_cache`, which also
    notes the order of use.
    """

    def __init__(self, dim: int) -> None:
        super().__init__()
        self._dim = dim

    def __missing__(self, word: str) -> bytes:
        if len(self) >= _WORDS_MAX:
            self.clear()
        slots = self[word] = _word_slots(word, self._dim)
        return slots

    def __reduce__(self) -> tuple[type[_WordSlots], tuple[int]]:
        return _WordSlots, (self._dim,)  # another process begins without words


def _word_slots(word: str, dim: int) -> bytes:
    """The slots of a word's features, as _SLOT.

    A slot is twice the bucket's number, plus one for a minus sign.
    """
    framed = f"^{word}$"
    trigrams = [framed[i : i + 3] for i in range(max(len(framed) - 2, 1))]
    slots = [_slot(word, dim)] * _WORD_WEIGHT + [_trigram_slot(trigram, dim) for trigram in trigrams]
    return np.array(slots, _SLOT).tobytes()  # bytes join ten times as fast as arrays


def _slot(feature: str, dim: int) -> int:
    digest = hashlib.blake2b(feature.encode("utf-8", "replace"), digest_size=8).digest()
    return int.from_bytes(digest, "little") % (2 * dim)


_trigram_slot = lru_cache(maxsize=50_000)(_slot)  # 10 MB; new words have known trigrams
