"""The senses of one entry of a dictionary that people read: a headword, then lines of translations.

```text
Kessel /kˈɛsəl/ <masc, n, sg>
 [techn.] boiler <n>, furnace <n>
      "einen Kessel befahren"  - inspect a boiler
   Synonym: {Heizkessel}
 see: {Heizkessel}, {Kessel}
```
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from indexer.dictionaries.sense import Sense, Word
from indexer.dictionaries.short_terms import short_terms, without_notes

_NOT_A_TRANSLATION = re.compile(r"^\s{3,}|^\s*[\"„“«]|^\s*(?:see|see also|synonyms?|antonyms?|notes?):", re.IGNORECASE)
_NUMBER = re.compile(r"^\s*(?:\d+|[a-z])[.)]\s*")
_NOT_LETTERS = re.compile(r"[\W_]+")


@dataclass(frozen=True, slots=True)
class LanguagePair:
    """The languages of a dictionary's headwords and of its translations.

    Raises:
        ValueError: on construction, if they are the same.
    """

    source: str
    target: str

    def __post_init__(self) -> None:
        if self.source == self.target:
            raise ValueError(f"a dictionary translates into another language, not from {self.source} to {self.target}")


def entry_senses(index_words: Sequence[str], text: str, pair: LanguagePair) -> Iterator[Sense]:
    """The senses of the entry that `index_words` lead to, one for each line of translations.

    The first line has the headwords as people write them, if a word of the index is among them;
    otherwise (many StarDict files) the words of the index are the headwords.
    """
    lines = text.splitlines()
    if lines and _is_headline(lines[0], index_words):
        headwords, lines = short_terms(lines[0], pair.source), lines[1:]
    else:
        headwords = tuple(term for word in index_words for term in short_terms(word, pair.source))
    words = tuple(Word(pair.source, headword) for headword in headwords)
    for line in lines if words else ():
        if not _NOT_A_TRANSLATION.search(line):
            translations = short_terms(_NUMBER.sub("", line), pair.target)
            if translations:
                yield words + tuple(Word(pair.target, translation) for translation in translations)


def _is_headline(line: str, index_words: Sequence[str]) -> bool:
    """Whether the line, or a piece of it between commas, is a word of the index."""
    plain = without_notes(line)
    forms = {_fold(form) for form in (plain, *plain.split(","))}
    return not forms.isdisjoint(_fold(word) for word in index_words)


def _fold(word: str) -> str:
    """Letters and digits alone, without case: what an index keeps of a headword."""
    return _NOT_LETTERS.sub("", word).casefold()
