"""Reads dictionaries in tab-separated tables, plain or compressed.

Two forms, told apart by their header:

  en pos gloss lang text [translit]    one translation of an English word a row; rows with the same
                                       first three cells, one after another, are one sense
  en de fr ...                         a glossary: a column for each language, a sense a row;
                                       a cell may hold several forms, separated by |
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import groupby
from pathlib import Path

from indexer.catalogue.files.lines import BOM, LINE_MAX
from indexer.catalogue.files.source import DamagedFile, Source
from indexer.dictionaries.language_codes import is_language_code, language_from_code
from indexer.dictionaries.sense import Sense, Word
from indexer.dictionaries.short_terms import short_terms
from indexer.errors import DictionaryRefused
from indexer.progress import ProgressCallback

_TRANSLATIONS = ("en", "pos", "gloss", "lang", "text")
_STEP = 20_000  # rows between two reports
_MEND = "give it a header of en, pos, gloss, lang, text, or one of two or more language tags such as en, de, fr"

Row = tuple[int, list[str]]
"""The number of a row's line, and its cells."""


class TableFile:
    """A table of translations, or a glossary."""

    licence = None

    def __init__(self, path: Path) -> None:
        self.files = (path,)
        header = next(_rows(Source(path)), None)
        if header is None:
            raise DictionaryRefused(f"{path}: is empty; {_MEND}")
        self._header = [cell.strip().casefold() for cell in header[1]]
        self.form = "translations" if tuple(self._header[:5]) == _TRANSLATIONS else "glossary"
        if self.form == "glossary":
            _check_languages(path, header[0], self._header)

    def senses(self, progress: ProgressCallback) -> Iterator[Sense]:
        source = Source(self.files[0])
        rows = self._checked(_rows(source), source, progress)
        if self.form == "translations":
            yield from _translations(rows, self.files[0])
        else:
            yield from _glossary(rows, self._header)

    def _checked(self, rows: Iterator[Row], source: Source, progress: ProgressCallback) -> Iterator[Row]:
        """The rows below the header, each with a cell for each column."""
        next(rows)
        for done, (number, cells) in enumerate(rows):
            if done % _STEP == 0:
                progress("read", source.bytes_read, source.bytes_total, done)
            if len(cells) != len(self._header):
                raise DictionaryRefused(
                    f"{source.path}:{number}: has {len(cells)} cells, the header has {len(self._header)}; "
                    "separate the cells of this line by tabs, empty ones too"
                )
            yield number, cells


def _check_languages(path: Path, number: int, header: Sequence[str]) -> None:
    strange = [cell for cell in header if not is_language_code(cell)]
    if strange:
        raise DictionaryRefused(f"{path}:{number}: the column {strange[0]!r} is no language; {_MEND}")
    if len({language_from_code(cell) for cell in header}) < 2:
        raise DictionaryRefused(f"{path}:{number}: has one language alone; {_MEND}")


def _translations(rows: Iterator[Row], path: Path) -> Iterator[Sense]:
    """A sense for each run of rows with the same English word, part of speech and gloss."""
    for (english, _, _), group in groupby(rows, key=lambda row: row[1][:3]):
        words = [Word("en", term) for term in short_terms(english, "en")]
        for number, cells in group:
            language = _language(path, number, cells[3])
            words.extend(Word(language, term) for term in short_terms(cells[4], language))
        yield tuple(words)


def _language(path: Path, number: int, code: str) -> str:
    try:
        return language_from_code(code)
    except ValueError:
        reason = f"lang {code!r} is no language tag; write one such as de or pt-BR"
        raise DictionaryRefused(f"{path}:{number}: {reason}") from None


def _glossary(rows: Iterator[Row], header: Sequence[str]) -> Iterator[Sense]:
    """A sense for each row. The shop's own forms are kept as they are."""
    languages = [language_from_code(cell) for cell in header]
    for _, cells in rows:
        forms = zip(languages, (cell.split("|") for cell in cells), strict=True)
        yield tuple(Word(language, form.strip()) for language, cell in forms for form in cell if form.strip())


def _rows(source: Source) -> Iterator[Row]:
    """The number and cells of every line that is not blank, the header first.

    Raises:
        DictionaryRefused: the file is damaged, or a line is not in UTF-8.
    """
    number = 0
    try:
        for number, line in enumerate(_lines(source), start=1):
            if len(line) > LINE_MAX:
                raise DictionaryRefused(f"{source.path}:{number}: is longer than a row may be; is this a table?")
            if line and not line.isspace():
                yield number, line.decode("utf-8").split("\t")
    except UnicodeDecodeError as error:
        reason = f"is not UTF-8 at byte {error.start}; save the file as UTF-8"
        raise DictionaryRefused(f"{source.path}:{number}: {reason}") from None
    except DamagedFile as error:
        raise DictionaryRefused(f"{source.path}: {error}, after line {number:,}; get the file again") from error


def _lines(source: Source) -> Iterator[bytes]:
    """The lines without their ends, blank ones too, so that they can be numbered.

    Memory holds one piece and at most LINE_MAX bytes more: a longer line is cut there.
    """
    tail = b""
    for position, piece in enumerate(source.pieces()):
        lines = (tail + (piece if position else piece.removeprefix(BOM))).split(b"\n")
        tail = lines.pop()[: LINE_MAX + 1]
        for line in lines:
            yield line.removesuffix(b"\r")
    yield tail
