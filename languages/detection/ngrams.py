"""N-grams of characters: how likely each language of a script is for some words.

A linear model on hashed n-grams (Joulin et al. 2017, *Bag of Tricks for Efficient Text
Classification*): every word gives its n-grams of one to five characters, with a space at both
ends, and itself; each is hashed to a row of weights. `benchmarks/detection_training.py` fits the
weights to words and short phrases and writes `ngrams.npy`; `ngrams.toml` says from what.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from itertools import groupby
from pathlib import Path
from zlib import crc32

import numpy as np
import numpy.typing as npt

from languages.detection.scripts import BY_SCRIPT, script_of

ROWS = 1 << 17
"""As many as fit into 2 MB, with a byte for each column. More were not measured."""

NGRAM_MAX = 5
TEXT_MAX = 300
"""Characters that are read; more words change no answer."""

OTHER = "other"
"""A class beside the Latin languages: words of other scripts as they are typed in Latin letters."""

COLUMNS: dict[str, tuple[int, ...]] = {
    "LATIN": tuple(range(len(BY_SCRIPT["LATIN"]) + 1)),
    "CYRILLIC": (len(BY_SCRIPT["LATIN"]) + 1,),
    "CJK": (len(BY_SCRIPT["LATIN"]) + 1,),
}
"""The columns of a script's languages. Latin has one for each and the last for OTHER. A script of
two languages has one, the evidence for its second; both such scripts share it."""

WIDTH = 1 + max(column for columns in COLUMNS.values() for column in columns)
SCALE = 1 / 16
"""Of a weight that is stored as a signed byte."""

FILE = Path(__file__).parent / "ngrams.npy"


def words_of(text: str, script: str) -> list[str]:
    """The runs of letters of a normalised text that are in a script."""
    runs = groupby(text[:TEXT_MAX], lambda character: character.isalpha() and script_of(character) == script)
    return ["".join(letters) for in_script, letters in runs if in_script]


def ngram_rows(word: str) -> list[int]:
    """The rows of a word's n-grams; of a longer word than NGRAM_MAX also its own."""
    padded = f" {word} "
    length = len(padded)
    ngrams = [padded] if length > NGRAM_MAX else []
    for size in range(1, NGRAM_MAX + 1):
        ngrams += [padded[start : start + size] for start in range(length - size + 1)]
    return [crc32(ngram.encode("utf-8", "surrogatepass")) & (ROWS - 1) for ngram in ngrams]


def ngram_shares(text: str, script: str) -> dict[str, float]:
    """The probability of each language of a script, by the words of a normalised text in it.

    They sum to 1. What is OTHER says nothing of the languages, and is divided evenly. Even for a
    script without weights, or a text without its letters.
    """
    languages = BY_SCRIPT[script]
    columns = COLUMNS.get(script)
    rows = [row for word in words_of(text, script) for row in ngram_rows(word)] if columns else []
    if columns is None or not rows:
        return dict.fromkeys(languages, 1 / len(languages))
    sums = open_weights()[rows, columns[0] : columns[-1] + 1].sum(axis=0, dtype=np.int32) * (SCALE / len(rows) ** 0.5)
    return _probabilities(sums, languages)


def _probabilities(sums: npt.NDArray[np.float64], languages: Sequence[str]) -> dict[str, float]:
    logits = np.array((0.0, sums[0])) if len(languages) == 2 else sums
    exponentials = np.exp(logits - logits.max())
    shares = (exponentials / exponentials.sum()).tolist()
    other = shares[len(languages)] / len(languages) if len(shares) > len(languages) else 0.0
    return {language: share + other for language, share in zip(languages, shares, strict=False)}


@cache
def open_weights() -> npt.NDArray[np.int8]:
    """The weights that Fondaco ships, memory-mapped: int8 of shape (ROWS, WIDTH)."""
    weights: npt.NDArray[np.int8] = np.load(FILE, mmap_mode="r")
    return weights.view(np.ndarray)
