"""Reads the records of a JSON array, alone or inside an object, in bounded memory."""

from __future__ import annotations

import codecs
import json
import re
from collections.abc import Iterator

from indexer.catalogue.files.jsonl import cut_file
from indexer.catalogue.files.lines import LINE_MAX
from indexer.catalogue.files.source import DamagedFile, Source
from indexer.catalogue.records import Record, refuse
from indexer.listing import InvalidRecord, Rejected

WRAPPED = re.compile(r'\s*\{(?:[^\[{]|\{[^\[{}]*\})*?"(?:products|items|listings|records|feed|data)"\s*:\s*(?=\[)')
"""The start of an object that holds the array in one of its fields."""

_BETWEEN = re.compile(r"[\s,]*")
_NEXT_OBJECT = re.compile(r"\}\s*,\s*(?=\{)")
_DECODER = json.JSONDecoder()


def read_json_array(source: Source, skip: int) -> Iterator[tuple[int, Record | Rejected]]:
    """Each element after the first `skip`, numbered from 1.

    An element that is not valid JSON is rejected, and reading goes on at the next object.
    """
    elements = _Elements(source)
    number = 0
    try:
        for number, element in enumerate(elements, start=1):
            if number > skip:
                yield number, _checked(number, element)
    except DamagedFile as error:
        if number + 1 > skip:
            yield number + 1, cut_file(number + 1, error)


def _checked(number: int, element: object) -> Record | Rejected:
    if isinstance(element, InvalidRecord):
        return refuse(number, element)
    if not isinstance(element, dict):
        return refuse(number, InvalidRecord("record", repr(element)[:200], "is not a JSON object {...}"))
    return element


class _Elements:
    """The elements of an array. An error of one is given in its place."""

    def __init__(self, source: Source) -> None:
        self._pieces = source.pieces()
        # Invalid bytes become surrogates, so that only the record that holds them is rejected.
        self._decode = codecs.getincrementaldecoder("utf-8")("surrogateescape").decode
        self._text = ""
        self._at = 0
        self._whole = False

    def __iter__(self) -> Iterator[object]:
        self._more()
        start = WRAPPED.match(self._text) or re.match(r"\s*", self._text)
        self._at = (start.end() if start else 0) + 1  # after the bracket
        while True:
            self._at = self._after(_BETWEEN)
            if self._at == len(self._text):
                if not self._more():
                    raise DamagedFile("the JSON array has no end")
                continue
            if self._text[self._at] == "]":
                return
            yield self._element()

    def _element(self) -> object:
        while True:
            try:
                element, self._at = _DECODER.raw_decode(self._text, self._at)
            except RecursionError:
                return self._broken("is nested too deeply")
            except json.JSONDecodeError as error:
                if len(self._text) - self._at > LINE_MAX:
                    return self._broken(f"is longer than {LINE_MAX:,} bytes, or not valid JSON: {error.msg}")
                if not self._more():
                    return self._broken(f"is not valid JSON: {error.msg}")
            else:
                # A number at the end of the text may go on in the next piece.
                return element

    def _broken(self, reason: str) -> InvalidRecord:
        """The error of the element here; the position moves to the next object."""
        error = InvalidRecord("record", self._text[self._at : self._at + 200], reason)
        self._at += 1
        while not (found := _NEXT_OBJECT.search(self._text, self._at)):
            self._at = max(self._at, len(self._text) - LINE_MAX)
            if not self._more():
                self._text, self._at = "]", 0
                return error
        self._at = found.end()
        return error

    def _after(self, pattern: re.Pattern[str]) -> int:
        found = pattern.match(self._text, self._at)
        return found.end() if found else self._at

    def _more(self) -> bool:
        """Read a piece; whether there was one."""
        for piece in self._pieces:
            text = self._decode(piece.removeprefix(codecs.BOM_UTF8) if not self._text else piece)
            self._text = self._text[self._at :] + text
            self._at = 0
            return True
        return False
