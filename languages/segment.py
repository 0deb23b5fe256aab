"""Word boundaries: runs of letters by script; bigrams where a script writes no spaces."""

from __future__ import annotations

import re
from collections.abc import Iterator

# Han, kana, Thai, Lao, Khmer and Myanmar write no spaces; Hangul has long agglutinated words.
_UNSPACED = (
    "\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u1100-\u11ff\u3005-\u3007\u3040-\u30ff"
    "\u3130-\u318f\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7af\uf900-\ufaff\U00020000-\U0002ffff"
)
_LETTER = rf"[^\W\d_{_UNSPACED}]"
_MARK = "[\u0300-\u036f\u0591-\u05bd\u05bf-\u05c7\u064b-\u065f\u0900-\u0903\u093a-\u094f]"
_INSIDE = "(?<=[\u05d0-\u05ea])['\"](?=[\u05d0-\u05ea])|(?<=[\u0430-\u0491])'(?=[\u0430-\u0491])"
"""Marks inside a word: those of Hebrew abbreviations and loanwords, the Ukrainian apostrophe."""

_END = rf"(?![^\W{_UNSPACED}])"  # of a word
_NUMBER = r"\d+(?:[.,]\d+)?"
_UNSPACED_RUN = rf"(?P<unspaced>[{_UNSPACED}]+)"
_WORD = rf"(?P<word>[^\W_{_UNSPACED}]+(?:[^\W_{_UNSPACED}]|{_MARK}|{_INSIDE})*)"
_PLAIN_RUN = re.compile(f"{_UNSPACED_RUN}|{_WORD}")  # where a text has no digits and no signs: it is faster
_NEEDS_MORE = re.compile("[\\d+#&]")
_RUN = re.compile(
    rf"{_UNSPACED_RUN}|(?=[^\W_]|″)(?:"  # marks, which are in no run, are passed at once
    rf"(?P<sign>(?<![^\W_])(?:[^\W\d_](?:\+{{1,3}}|\#)(?![+#]){_END}|[^\W_]{{1,2}}&[^\W_]{{1,2}}(?!&){_END}))"
    rf"|(?P<fraction>(?<![^\W_])(?<![/.,])(?:1/[2-9]|2/3|3/4|[357]/8|1?[1-9]/16)(?![\d/]))"
    rf"|(?P<dimensions>(?<![^\W_]){_NUMBER}(?:x{_NUMBER})+(?=[^\d.,x]|[.,x](?!\d)|$))"
    rf"|(?P<number>\d{{1,3}}(?:'\d{{3}})+{_END}|\d+(?:[.,]\d+)+(?:{_LETTER}+)?{_END})"
    rf"|(?P<version>(?<![^\W_]){_LETTER}{{2,}}\d\.\d{_END})"
    rf"|(?P<inches>(?<=\d)″)|{_WORD})"
)
_MULTIPLIED = re.compile(r"\dx\d")
_PIECE = re.compile(rf"{_NUMBER}|{_LETTER}+")
_JOINED = re.compile(rf"(?<!\d,)[^\W_{_UNSPACED}]+(?:[-/._][^\W_{_UNSPACED}]+)+")
_NO_MODEL = re.compile(r"\d+/\d+.*|\d+(?:[.,]\d+)+[^\W\d_]*|[^\W\d_]{2,}\d\.\d")
_MARKS = ",.:;!?()\"'،؛؟।。、，！：；？（）「」"  # at the edge of a word they are in no token
_SEPARATOR = re.compile(r"[-/._]")
TOKEN_MAX = 64  # characters; nobody types a longer word, and a stuffed title must not bloat the index


def split_chunks(text: str) -> list[str]:
    """The parts of a text between spaces, without marks around them; no rule of `words` looks
    across these.

    They give the same words as the text, and most come again in other texts. Some may be empty.
    """
    return [chunk.strip(_MARKS) for chunk in text.split()]


def strip_marks(chunk: str) -> str:
    """The characters between two spaces without the marks around them."""
    return chunk.strip(_MARKS)


def words(text: str) -> Iterator[tuple[str, bool]]:
    """The words and runs of a normalised text, in order, and whether each is of an unspaced script.

    A number keeps its separators and its unit: ``1,5``, ``2,5l``, ``1/2``. Of sizes such as
    ``40x30`` each number is a word, and so are ``c++``, ``c#``, ``r&m`` and the sign of inches.
    """
    runs = _RUN if _NEEDS_MORE.search(text) else _PLAIN_RUN
    for run in runs.finditer(text):
        kind, found = run.lastgroup, run[0]
        if kind == "unspaced":
            yield found, True
        elif kind in ("dimensions", "version"):
            yield from ((piece, False) for piece in _PIECE.findall(found) if piece != "x")
        else:
            yield found[:TOKEN_MAX], False


def bigrams(run: str) -> list[str]:
    """Overlapping pairs of characters: ``ノート`` gives ``ノー ート``.

    A single character gives itself.
    """
    return [run] if len(run) == 1 else [run[i : i + 2] for i in range(len(run) - 1)]


def dimensions(text: str) -> Iterator[str]:
    """The sizes of several numbers in a normalised text: ``40x30``."""
    if not _MULTIPLIED.search(text):
        return
    yield from (run[0] for run in _RUN.finditer(text) if run.lastgroup == "dimensions")


def identifiers(text: str) -> Iterator[str]:
    """Model numbers written with separators, joined: ``tn-2110`` gives ``tn2110``."""
    if "-" not in text and "." not in text and "/" not in text and "_" not in text:
        return
    for run in _JOINED.findall(text):
        joined = _SEPARATOR.sub("", run)
        is_model = any(c.isdigit() for c in joined) and any(c.isalpha() for c in joined)
        if is_model and len(joined) <= TOKEN_MAX and not _NO_MODEL.fullmatch(run):
            yield joined
