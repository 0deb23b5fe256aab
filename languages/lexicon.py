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

``words/kinds.tsv`` gives the category, the department and the near kinds of each kind of product.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from languages.locale import LANGUAGES, Locale

COLUMNS = ("entry", "english", "name", "gender", "forms", "synonyms", "regional", "typed")
KIND_COLUMNS = ("kind", "category", "department", "near")
REGIONAL = {"es-MX": "es", "pt-PT": "pt", "en-GB": "en", "zh-Hant": "zh", "de-AT": "de", "de-CH": "de", "fr-CA": "fr"}
"""The regions that a table may give forms for, and the language each belongs to."""

_FOLDER = Path(__file__).parent / "words"


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


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of product; `near` are the kinds that a buyer of this one would accept instead."""

    kind_id: str
    category: str
    department: str
    near: tuple[str, ...]


@cache
def lexicon(language: str) -> Mapping[str, Entry]:
    """The entries of a language by id, in the table's order; empty for a language without a table.

    Raises:
        ValueError: with file and line, for a row with other columns, an empty name or a form of an
            unknown region.
    """
    if language not in LANGUAGES:
        return {}
    entries: dict[str, Entry] = {}
    for number, row in _rows(f"{language}.tsv", COLUMNS):
        try:
            entry = _entry(language, row)
        except ValueError as problem:
            raise ValueError(f"{language}.tsv, line {number}: {problem}") from None
        if entry.entry_id in entries:
            raise ValueError(f"{language}.tsv, line {number}: {entry.entry_id} appears a second time")
        entries[entry.entry_id] = entry
    return entries


@cache
def kinds() -> Mapping[str, Kind]:
    """The kinds of product by id, in the table's order.

    Raises:
        ValueError: with file and line, for a row with other columns or a near kind that is not in
            the table.
    """
    rows = list(_rows("kinds.tsv", KIND_COLUMNS))
    kind_ids = {row["kind"] for _, row in rows}
    by_id: dict[str, Kind] = {}
    for number, row in rows:
        near = tuple(row["near"].split())
        if unknown := set(near) - kind_ids:
            raise ValueError(f"kinds.tsv, line {number}: near {' '.join(sorted(unknown))} is no kind of this table")
        by_id[row["kind"]] = Kind(row["kind"], row["category"], row["department"], near)
    return by_id


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


def _rows(name: str, columns: tuple[str, ...]) -> Iterator[tuple[int, dict[str, str]]]:
    with (_FOLDER / name).open(encoding="utf-8") as file:
        for number, line in enumerate(file, 1):
            cells = line.rstrip("\n").split("\t")
            if number == 1:
                if tuple(cells) != columns:
                    raise ValueError(f"{name}, line 1: must be the column names {' '.join(columns)}, separated by tabs")
            elif len(cells) != len(columns):
                raise ValueError(
                    f"{name}, line {number}: has {len(cells)} cells, expected {len(columns)}, separated by tabs"
                )
            else:
                yield number, dict(zip(columns, cells, strict=True))
