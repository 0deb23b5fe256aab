"""A sense: words of several languages that mean the same. Every dictionary becomes senses."""

from __future__ import annotations

from typing import NamedTuple


class Word(NamedTuple):
    """A word or short phrase of a language, as a dictionary writes it."""

    language: str
    text: str


Sense = tuple[Word, ...]
"""The words of one meaning, in two or more languages, the usual one of each language first."""
