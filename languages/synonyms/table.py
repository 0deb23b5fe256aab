"""Which synonyms the words of a query have."""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from languages.analyse import Token
from languages.phrase_table import as_written
from languages.synonyms.checks import one_of_each
from languages.synonyms.read import SynonymFile
from languages.synonyms.rule import SynonymRule, SynonymTerm, is_written_alike


@dataclass(frozen=True, slots=True)
class SynonymMatch:
    """The words ``tokens[start:stop]`` of a text, and what they also mean."""

    start: int
    stop: int
    synonyms: tuple[SynonymTerm, ...]


class SynonymTable:
    """The rules of one file by their left sides. Never changes."""

    def __init__(self, language: str, rules: Sequence[SynonymRule]) -> None:
        self.language = language
        same = one_of_each(rules, language)
        synonyms: dict[SynonymTerm, dict[SynonymTerm, None]] = defaultdict(dict)
        for rule in rules:
            for left, right in rule.pairs():
                synonyms[same[left]][same[right]] = None
        self._by_lemmas: dict[tuple[str, ...], list[tuple[tuple[str, ...], tuple[SynonymTerm, ...]]]] = defaultdict(
            list
        )
        for term, others in synonyms.items():
            self._by_lemmas[term.lemmas].append((term.written, tuple(others)))
        lengths: dict[str, set[int]] = defaultdict(set)
        for lemmas in self._by_lemmas:
            lengths[lemmas[0]].add(len(lemmas))
        self._lengths = {lemma: tuple(sorted(sizes, reverse=True)) for lemma, sizes in lengths.items()}

    def matches(self, tokens: Sequence[Token]) -> tuple[SynonymMatch, ...]:
        """The left sides among some words, in order; each token has a lemma.

        Matches never overlap; the longest wins, of equals the first.
        """
        lemmas = tuple(token.lemma for token in tokens)
        taken: set[int] = set()
        chosen: list[SynonymMatch] = []
        for match in sorted(self._all(tokens, lemmas), key=lambda match: (match.start - match.stop, match.start)):
            positions = range(match.start, match.stop)
            if taken.isdisjoint(positions):
                taken.update(positions)
                chosen.append(match)
        return tuple(sorted(chosen, key=lambda match: match.start))

    def _all(self, tokens: Sequence[Token], lemmas: tuple[str, ...]) -> Iterator[SynonymMatch]:
        for start, lemma in enumerate(lemmas):
            for length in self._lengths.get(lemma, ()):
                stop = start + length
                for written, synonyms in self._by_lemmas.get(lemmas[start:stop], ()) if stop <= len(lemmas) else ():
                    surfaces = [as_written(token.surface, token.lemma) for token in tokens[start:stop]]
                    if is_written_alike(written, surfaces, self.language):
                        yield SynonymMatch(start, stop, synonyms)


class Synonyms:
    """The tables of a folder at one moment, by locale. Never changes.

    `version` is a hash of all of its files; "" where there are no rules. Tables of files that are
    in the `former` synonyms too are those of the former: they are large.
    """

    def __init__(self, files: Mapping[str, SynonymFile] | None = None, former: Synonyms | None = None) -> None:
        self._files = {tag: file for tag, file in (files or {}).items() if file.rules}
        self._tables: dict[str, SynonymTable] = {
            tag: former._tables[tag]
            if former is not None and former._files.get(tag) is file
            else SynonymTable(file.language, file.rules)
            for tag, file in self._files.items()
        }
        content = "".join(f"{tag} {self._files[tag].digest}\n" for tag in sorted(self._files))
        self.version = hashlib.blake2b(content.encode(), digest_size=6).hexdigest() if content else ""

    def __bool__(self) -> bool:
        return bool(self._tables)

    def tables(self, language: str, region: str | None) -> tuple[SynonymTable, ...]:
        """Those of a language: of the region (``pt-BR``), then of the whole language (``pt``)."""
        tags = (f"{language}-{region}", language)
        return tuple(self._tables[tag] for tag in tags if tag in self._tables)


NO_SYNONYMS = Synonyms()
