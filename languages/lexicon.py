"""The lexicon: what a shop calls things, in every language we analyse.

Written for this project. ``words/`` has one table per language, so that a speaker can read and
correct it alone. ``words/de.tsv`` has one row per entry, with these columns:

``entry``     group and name: ``kind:kettle``, ``color:black``, ``category:cookware``
``english``   the English name, for orientation
``name``      the everyday name: ``pt`` Brazil's, ``zh`` simplified, ``es`` Spain's, ``en`` American
``gender``    of a kind's head noun, where words agree with it: ``m f n c``, plural ``p mp fp np``
``forms``     the form beside a kind's name: empty for the name itself, one form for all genders,
              or ``m=…;f=…``
``synonyms``  other everyday names, separated by ``|``
``regional``  ``pt-PT=…;zh-Hant=…`` where a region has another name or spelling
``typed``     other ways to type it: loanwords, in Latin letters and in the language's script,
              separated by ``|``

`languages.kinds` has what kinds of product there are, and how they stand to each other.
"""

from __future__ import annotations

import mmap
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from sys import intern

from languages.locale import LANGUAGES, Locale

COLUMNS = ("entry", "english", "name", "gender", "forms", "synonyms", "regional", "typed")
REGIONAL = {"es-MX": "es", "pt-PT": "pt", "en-GB": "en", "zh-Hant": "zh", "de-AT": "de", "de-CH": "de", "fr-CA": "fr"}
"""The regions that a table may give forms for, and the language each belongs to."""

_FOLDER = Path(__file__).parent / "words"
_LINE = re.compile(rb"^([^\t\n]+)[^\n]*$", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Entry:
    """The words for one thing in one language.

    ``forms[""]`` is for every gender that `forms` does not name.
    """

    entry_id: str
    language: str
    name: str
    gender: str = ""
    forms: Mapping[str, str] | None = None
    synonyms: tuple[str, ...] = ()
    regional: Mapping[str, str] | None = None
    typed: tuple[str, ...] = ()

    def form(self, gender: str) -> str:
        """The form that is used beside a noun of this gender."""
        forms = self.forms or {}
        return forms.get(gender) or forms.get("") or self.name

    @property
    def agrees(self) -> bool:
        """Whether the form depends on the noun's gender."""
        return self.forms is not None and "" not in self.forms

    def named(self, locale: Locale) -> str:
        """The name in `locale`: the region's own where there is one, else the language's."""
        if not self.regional:
            return self.name
        tags = (f"{locale.language}-{locale.script}", f"{locale.language}-{locale.region}")
        return next((self.regional[tag] for tag in tags if tag in self.regional), self.name)

    def texts(self) -> tuple[str, ...]:
        """All its texts without duplicates: name, synonyms, regional, typed and inflected forms."""
        regional = self.regional or {}
        forms = self.forms or {}
        texts = (self.name, *self.synonyms, *regional.values(), *self.typed, *forms.values())
        return tuple(dict.fromkeys(texts))


def table_files(language: str) -> tuple[Path, ...]:
    """The files that the phrases of one of our languages come from."""
    return (_FOLDER / f"{language}.tsv", _FOLDER / "names.tsv", _FOLDER / "shop_words.tsv")


class _Table(Mapping[str, Entry]):
    """The entries of a language, parsed when they are first asked for.

    A service names a few of each language. The file is mapped: all workers of a machine share it.
    """

    def __init__(self, language: str) -> None:
        self._language = language
        self._name = f"{language}.tsv"
        with (_FOLDER / self._name).open("rb") as file:
            self._lines = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
        self._begins: dict[str, int] = {}  # of the entries' lines
        self._parsed: dict[str, Entry] = {}
        head, *lines = _LINE.finditer(self._lines)
        _check_columns(self._name, head[0].decode("utf-8"), COLUMNS)
        for line in lines:
            entry_id = intern(line[1].decode("utf-8"))
            if entry_id in self._begins:
                raise self._problem(line.start(), f"{entry_id} appears a second time")
            self._begins[entry_id] = line.start()

    def __getitem__(self, entry_id: str) -> Entry:
        entry = self._parsed.get(entry_id)
        if entry is None:
            begin = self._begins[entry_id]
            line = self._lines[begin : self._lines.find(b"\n", begin)].decode("utf-8")
            try:
                entry = self._parsed[entry_id] = _entry(self._language, _cells(line, COLUMNS))
            except ValueError as problem:
                raise self._problem(begin, str(problem)) from None
        return entry

    def __iter__(self) -> Iterator[str]:
        return iter(self._begins)

    def __len__(self) -> int:
        return len(self._begins)

    def _problem(self, begin: int, reason: str) -> ValueError:
        number = self._lines[:begin].count(b"\n") + 1
        return ValueError(f"{self._name}, line {number}: {reason}")


@cache
def lexicon(language: str) -> Mapping[str, Entry]:
    """The entries of a language by id, in the table's order; empty for a language without a table.

    Raises:
        ValueError: with file and line, for other column names or an id that appears twice; and when
            an entry is read, for other columns, an empty name or a form of an unknown region.
    """
    return _Table(language) if language in LANGUAGES else {}


@cache
def group(name: str, language: str) -> Mapping[str, Entry]:
    """The entries of a group (``color``, ``material`` ...) by name; empty for an unknown group."""
    entries = lexicon(language)
    return {key.partition(":")[2]: entry for key, entry in entries.items() if key.partition(":")[0] == name}


def _entry(language: str, row: Mapping[str, str]) -> Entry:
    if not row["name"]:
        raise ValueError(f"{row['entry']} has no name")
    return Entry(
        entry_id=row["entry"],
        language=language,
        name=row["name"],
        gender=row["gender"],
        forms=_forms(row["forms"]) if row["forms"] else None,
        synonyms=_parts(row["synonyms"]),
        regional=_regional(language, row["regional"]) if row["regional"] else None,
        typed=_parts(row["typed"]),
    )


def _forms(cell: str) -> Mapping[str, str]:
    return _pairs(cell) if "=" in cell else {"": cell}


def _regional(language: str, cell: str) -> Mapping[str, str]:
    forms = _pairs(cell)
    for tag in forms:
        if REGIONAL.get(tag) != language:
            tags = sorted(regional for regional, parent in REGIONAL.items() if parent == language)
            raise ValueError(f"{tag} is no regional form of {language}; known: {', '.join(tags) or 'none'}")
    return forms


def _parts(cell: str) -> tuple[str, ...]:
    return tuple(cell.split("|")) if cell else ()


def _pairs(cell: str) -> Mapping[str, str]:
    pairs = [part.partition("=") for part in cell.split(";")]
    if not all(key and value for key, _, value in pairs):
        raise ValueError(f"{cell!r} is not key=form;key=form")
    return {key: value for key, _, value in pairs}


def read_table(name: str, columns: tuple[str, ...]) -> Iterator[tuple[int, Mapping[str, str]]]:
    """The rows of a small table of ``words/``, with their line numbers.

    Raises:
        ValueError: with file and line, for other column names or a row with other columns.
    """
    head, *lines = (_FOLDER / name).read_text("utf-8").splitlines()
    _check_columns(name, head, columns)
    for number, line in enumerate(lines, 2):
        try:
            yield number, _cells(line, columns)
        except ValueError as problem:
            raise ValueError(f"{name}, line {number}: {problem}") from None


def _check_columns(name: str, head: str, columns: tuple[str, ...]) -> None:
    if tuple(head.split("\t")) != columns:
        raise ValueError(f"{name}, line 1: must be the column names {' '.join(columns)}, separated by tabs")


def _cells(line: str, columns: tuple[str, ...]) -> Mapping[str, str]:
    cells = line.split("\t")
    if len(cells) != len(columns):
        raise ValueError(f"has {len(cells)} cells, expected {len(columns)}, separated by tabs")
    return dict(zip(columns, cells, strict=True))
