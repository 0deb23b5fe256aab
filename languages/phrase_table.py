"""The phrases of the lexicon as a text's lemmas, compiled and memory-mapped.

A phrase is one way to write an entry, as `analyse` reads it. The phrases of a language are compiled
on first use, in about half a second, into the cache folder, and again when its table or the
analysis changes. A folder holds, for the workers of a machine to share:

  phrases.marisa   a trie of the phrases, each lemma with a space after it
  records.bin      of each phrase, by its number in the trie: a line with the entries it names, then
                   a line for each way to write it: words, a tab, the entries that are written so
  records_at.npy   (phrases + 1,) int64: where each record begins
"""

from __future__ import annotations

import hashlib
import mmap
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.metadata import version
from pathlib import Path

import marisa_trie
import numpy as np
import numpy.typing as npt

from languages.analyse import analyse
from languages.cache import load_compiled
from languages.lexicon import Entry, lexicon, table_files
from languages.names import known_names
from languages.normalise import fold, normalise
from languages.shop_words import SHOP_WORD, shop_words

GROUPS = frozenset(
    ("kind", "general", "topic", "color", "material", "use", "audience", "style", "feature", "condition")
)
"""The groups of entries that are matched.

Units and names of attributes are in every title and say nothing.
"""

Written = tuple[str, ...]
"""The words of a phrase, normalised; of a script without spaces, its pairs of characters."""

_DIGRAPHS = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue"})


@dataclass(frozen=True, slots=True)
class Phrase:
    """The entries that a phrase names, several where it is ambiguous; and those by how the phrase
    is written.
    """

    entry_ids: tuple[str, ...]
    written: Mapping[Written, tuple[str, ...]]


class PhraseTable:
    """The phrases of one language."""

    def __init__(self, folder: Path) -> None:
        self._trie = marisa_trie.Trie().mmap(str(folder / "phrases.marisa"))
        self._at: npt.NDArray[np.int64] = np.load(folder / "records_at.npy", mmap_mode="r")
        with (folder / "records.bin").open("rb") as file:
            self._records = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)

    def spans(self, lemmas: Sequence[str]) -> Iterator[tuple[int, int, int]]:
        """Where phrases stand in some lemmas: start, stop and number of the phrase."""
        text = " ".join(lemmas) + " "
        begin = 0
        for start, lemma in enumerate(lemmas):
            for phrase, number in self._trie.iter_prefixes_with_ids(text[begin : begin + _CHARACTERS_MAX]):
                yield start, start + phrase.count(" "), number
            begin += len(lemma) + 1

    def find(self, lemmas: Sequence[str]) -> int | None:
        """The number of the phrase that is exactly these lemmas; None if there is none."""
        number: int | None = self._trie.get(_key(lemmas))
        return number

    def phrase(self, number: int) -> Phrase:
        """The phrase of a number that this table gave."""
        record = self._records[int(self._at[number]) : int(self._at[number + 1])].decode("utf-8")
        entry_ids, *forms = record.splitlines()
        written = (form.split("\t") for form in forms)
        return Phrase(
            tuple(entry_ids.split(" ")), {tuple(words.split(" ")): tuple(ids.split(" ")) for words, ids in written}
        )


_CHARACTERS_MAX = 200  # of a phrase


@cache
def phrase_table(language: str) -> PhraseTable | None:
    """The phrases of a language; None for a language without a table.

    Without a writable cache folder they are compiled for this process alone.
    """
    if not lexicon(language):
        return None
    return load_compiled(
        f"lexicon/{language}-{_digest(language)}", lambda folder: _compile(language, folder), PhraseTable
    )


def _digest(language: str) -> str:
    """Of all that the phrases depend on: the tables and the analysis."""
    content = [path.read_bytes() for path in table_files(language)]
    return hashlib.sha256(b"\0".join([analysis_digest(), *content])).hexdigest()[:16]


@cache
def analysis_digest() -> bytes:
    """A hash of the analysis: this room's code and rules, the stemmer and the lemmatiser."""
    room = Path(__file__).parent
    paths = sorted(path for pattern in ("*.py", "analysis/*.py", "rules/*.toml") for path in room.glob(pattern))
    sources = [path.read_bytes() for path in paths]
    versions = [version(package).encode() for package in ("snowballstemmer", "simplemma")]
    return hashlib.sha256(b"\0".join([*versions, *sources])).digest()


def _compile(language: str, folder: Path) -> None:
    phrases = _phrases(language)
    trie = marisa_trie.Trie(map(_key, phrases))
    records = {trie[_key(lemmas)]: _record(phrase) for lemmas, phrase in phrases.items()}
    ordered = [records[number] for number in range(len(records))]
    trie.save(str(folder / "phrases.marisa"))
    (folder / "records.bin").write_bytes(b"".join(ordered))
    np.save(folder / "records_at.npy", np.cumsum([0, *map(len, ordered)], dtype=np.int64))


def _key(lemmas: Sequence[str]) -> str:
    return "".join(f"{lemma} " for lemma in lemmas)


def _record(phrase: Phrase) -> bytes:
    forms = (f"{' '.join(words)}\t{' '.join(ids)}" for words, ids in phrase.written.items())
    return "\n".join((" ".join(phrase.entry_ids), *forms)).encode("utf-8")


def _phrases(language: str) -> Mapping[tuple[str, ...], Phrase]:
    """A phrase that is a name or synonym belongs to those entries only, never to a mere form."""
    by_name: dict[tuple[str, ...], dict[str, None]] = {}
    by_form: dict[tuple[str, ...], dict[str, None]] = {}
    written: dict[tuple[str, ...], dict[Written, dict[str, None]]] = {}
    for entry_id, names_only, texts in _texts(language):
        for text in (spelling for written_as in texts for spelling in _spellings(written_as, language)):
            tokens = [token for token in analyse(text, language).written if token.lemma]
            if lemmas := tuple(token.lemma for token in tokens):
                (by_name if names_only else by_form).setdefault(lemmas, {})[entry_id] = None
                form = tuple(as_written(token.surface, token.lemma) for token in tokens)
                written.setdefault(lemmas, {}).setdefault(form, {})[entry_id] = None
    return {
        lemmas: Phrase(tuple(ids), {form: tuple(entries) for form, entries in written[lemmas].items()})
        for lemmas, ids in (by_form | by_name).items()
    }


def _texts(language: str) -> Iterator[tuple[str, bool, Sequence[str]]]:
    """Each entry that is matched: its id, whether these are its names alone, and the texts."""
    for entry_id, entry in lexicon(language).items():
        if entry_id.partition(":")[0] in GROUPS:
            yield entry_id, True, names(entry)
            yield entry_id, False, entry.texts()
    for name_id, name in known_names().items():
        yield name_id, True, name.written(language)
    yield SHOP_WORD, True, shop_words(language)


def names(entry: Entry) -> tuple[str, ...]:
    """The name of an entry, then its synonyms."""
    return (entry.name, *entry.synonyms)


def as_written(surface: str, lemma: str) -> str:
    """A word as it is written; a pair of characters is its lemma."""
    return lemma if len(surface) == 1 else surface


def _spellings(text: str, language: str) -> tuple[str, ...]:
    """A text, and the ways to type it without its marks: ``cafetiere``, ``guertel``."""
    normalised = normalise(text)
    folded = " ".join(fold(word) for word in normalised.split(" "))
    digraphs = normalised.translate(_DIGRAPHS) if language == "de" else normalised
    return tuple(dict.fromkeys((normalised, folded, digraphs)))
