"""Names that every marketplace sees: brands, series of devices, makes of vehicles, characters.

They are never translated, and written in each script as its readers write them: *iPhone*, *айфон*,
*アイフォン*. ``words/names.tsv`` has one row for each, with these columns:

``name``      group and id: ``brand:apple``, ``series:iphone``, ``make:toyota``
``latin``     as it is written in Latin letters, ways to write it separated by ``|``
``about``     kinds and general nouns that it makes or is: ``smartphone``
``ar`` ...    as it is written in this language's script, ways separated by ``|``; may be empty
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from itertools import chain

from languages.kinds import GENERAL, KIND, general_nouns, kinds
from languages.lexicon import read_table
from languages.normalise import normalise

TYPES = ("brand", "series", "make", "character")
_BEGINNINGS = tuple(f"{type_}:" for type_ in TYPES)
SCRIPT_LANGUAGES = ("ar", "he", "hi", "ja", "ko", "ru", "th", "uk", "zh")
COLUMNS = ("name", "latin", "about", *SCRIPT_LANGUAGES)


@dataclass(frozen=True, slots=True)
class Name:
    """A name. `about` are entries that it makes or is; `spellings` are by language, the Latin ones
    under "".
    """

    name_id: str
    about: tuple[str, ...]
    spellings: Mapping[str, tuple[str, ...]]

    def written(self, language: str) -> tuple[str, ...]:
        """How texts in a language write it: in Latin letters, and in the language's script."""
        return (*self.spellings[""], *self.spellings.get(language, ()))


def is_name(entry_id: str) -> bool:
    """Whether an entry is a name, which every language writes as it is, at most in its script."""
    return entry_id.startswith(_BEGINNINGS)


def name_ids(text: str) -> tuple[str, ...]:
    """The names that a normalised text is, in whatever script: those of a listing's brand."""
    return _by_spelling().get(text, ())


@cache
def _by_spelling() -> Mapping[str, tuple[str, ...]]:
    names: dict[str, dict[str, None]] = {}
    for name in known_names().values():
        for spelling in chain.from_iterable(name.spellings.values()):
            names.setdefault(normalise(spelling), {})[name.name_id] = None
    return {spelling: tuple(ids) for spelling, ids in names.items()}


@cache
def known_names() -> Mapping[str, Name]:
    """The names by id, in the table's order.

    Raises:
        ValueError: with file and line, for other columns, an unknown type or an unknown kind.
    """
    names: dict[str, Name] = {}
    for number, row in read_table("names.tsv", COLUMNS):
        name_id, about = row["name"], row["about"].split()
        if name_id.partition(":")[0] not in TYPES or name_id in names:
            raise ValueError(
                f"names.tsv, line {number}: {name_id} is of no known type ({', '.join(TYPES)}), or not new"
            )
        if unknown := [one for one in about if one not in kinds() and one not in general_nouns()]:
            raise ValueError(
                f"names.tsv, line {number}: about {' '.join(unknown)} is neither a general noun nor a kind"
            )
        spellings = {"": tuple(row["latin"].split("|"))}
        spellings |= {language: tuple(row[language].split("|")) for language in SCRIPT_LANGUAGES if row[language]}
        names[name_id] = Name(name_id, tuple((KIND if one in kinds() else GENERAL) + one for one in about), spellings)
    return names
