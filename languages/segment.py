"""Word boundaries: runs of letters by script; bigrams where a script writes no spaces."""

from __future__ import annotations

import re
from collections.abc import Iterator

# Han, kana, Thai, Lao, Khmer and Myanmar write no spaces; Hangul has long agglutinated words.
_UNSPACED = (
    "\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u1100-\u11ff\u3005-\u3007\u3040-\u30ff"
    "\u3130-\u318f\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7af\uf900-\ufaff"
)
_RUN = re.compile(
    rf"(?P<number>\d+(?:[.,]\d+)+(?![\w]))"
    rf"|(?P<unspaced>[{_UNSPACED}\U00020000-\U0002ffff]+)"
    rf"|(?P<word>[^\W_{_UNSPACED}]+(?:[^\W_{_UNSPACED}]|[\u0300-\u036f\u0591-\u05c7\u064b-\u065f\u0900-\u0903\u093a-\u094f])*)"
)
_JOINED = re.compile(r"[^\W_]+(?:[-/._][^\W_]+)+")
_MARKS = ",.:;!?()\"'،؛؟।。、，！：；？（）「」"  # at the edge of a word they are in no token
_SEPARATOR = re.compile(r"[-/._]")
TOKEN_MAX = 64  # characters; nobody types a longer word, and a stuffed title must not bloat the index


def split_chunks(text: str) -> list[str]:
    """The parts of a text between spaces, without marks around them; no rule looks across these.

    They give the same words as the text, and most come again in other texts. Some may be empty.
    """
    return [chunk.strip(_MARKS) for chunk in text.split()]


def words(text: str) -> Iterator[tuple[str, bool]]:
    """The words and runs of a normalised text, in order, and whether each is of an unspaced script.

    A decimal number is one run with a point: ``1,5`` gives ``1.5``.
    """
    for number, unspaced, word in _RUN.findall(text):
        if word:
            yield word[:TOKEN_MAX], False
        elif unspaced:
            yield unspaced, True
        else:
            yield number.replace(",", "."), False


def bigrams(run: str) -> list[str]:
    """Overlapping pairs of characters: ``ノート`` gives ``ノー ート``.

    A single character gives itself.
    """
    return [run] if len(run) == 1 else [run[i : i + 2] for i in range(len(run) - 1)]


def identifiers(text: str) -> Iterator[str]:
    """Model numbers written with separators, joined: ``tn-2110`` gives ``tn2110``."""
    for run in _JOINED.findall(text):
        joined = _SEPARATOR.sub("", run)
        if any(c.isdigit() for c in joined) and any(c.isalpha() for c in joined) and len(joined) <= TOKEN_MAX:
            yield joined
