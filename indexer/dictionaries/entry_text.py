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
from indexer.dictionaries.short_terms import has_sounds, short_terms, without_notes

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

    A headline has the headwords as people write them. It is the first of several lines if a word of
    the index is in it, and so is a later line that has sounds too: homographs share an entry. An
    entry without one (many StarDict files) has the words of the index as its headwords.
    """
    lines = [line for line in text.splitlines() if line.strip()]
    headwords = tuple(term for word in index_words for term in short_terms(word, pair.source))
    folded = {_fold(word) for word in index_words}
    for position, line in enumerate(lines):
        may_be_headline = has_sounds(line) or (position == 0 and len(lines) > 1)
        if may_be_headline and not folded.isdisjoint(_forms(line)):
            headwords = short_terms(line, pair.source) or headwords
        elif not _NOT_A_TRANSLATION.search(line):
            translations = short_terms(_NUMBER.sub("", line), pair.target)
            if headwords and translations:
                words = [(pair.source, headword) for headword in headwords]
                words += [(pair.target, translation) for translation in translations]
                yield tuple(Word(language, word) for language, word in words)


def _forms(line: str) -> Iterator[str]:
    """The line and its pieces between commas, folded."""
    plain = without_notes(line)
    yield _fold(plain)
    yield from map(_fold, plain.split(","))


def _fold(word: str) -> str:
    """Letters and digits alone, without case: what an index keeps of a headword."""
    return _NOT_LETTERS.sub("", word).casefold()
