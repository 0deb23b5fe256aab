"""Recognises text whose letters were lost or doubled on the way into a catalogue."""

from __future__ import annotations

import re

DOUBLE_ENCODED = "UTF-8 that was read as another encoding"
LOST = "letters that were replaced by U+FFFD"
QUESTION_MARKS = "question marks in place of letters"
MARKUP = "HTML tags or entities"
CONTROLS = "control characters"

_LENGTH = 300  # characters of a text that are looked at
# A lead byte of UTF-8 with its next byte, read as Windows-1252 or -1251. ftfy is asked only then:
# it is slow.
_SUSPICIOUS = re.compile("[\xc2-\xf4][^\x00-\x7f\xc0-\xff]|[РС][^\x00-\x7f\u0400-\u044f]")
_MARKUP = re.compile(r"&(?:[a-zA-Z]{2,8}|#\d{2,5}|#x[0-9a-fA-F]{2,5});|</?[a-zA-Z][a-zA-Z0-9]{0,9}(?:\s[^<>]*)?/?>")
_QUESTION = re.compile(r"[^\W\d_]\?{1,2}[^\W\d_]")
_CONTROL = re.compile("[\x01-\x08\x0b\x0c\x0e-\x1f\x80-\x9f]")


def broken_text(text: str) -> str | None:
    """What is broken in the first 300 characters of a text, or None."""
    text = text[:_LENGTH]
    if ("&" in text or "<" in text) and _MARKUP.search(text):
        return MARKUP
    if "?" in text and "://" not in text and _QUESTION.search(text):
        return QUESTION_MARKS
    if text.isascii():
        return CONTROLS if not text.isprintable() and _CONTROL.search(text) else None
    if "\ufffd" in text:
        return LOST
    if _SUSPICIOUS.search(text) and _is_double_encoded(text):
        return DOUBLE_ENCODED
    return CONTROLS if _CONTROL.search(text) else None


def _is_double_encoded(text: str) -> bool:
    from ftfy.badness import is_bad

    return bool(is_bad(text))
