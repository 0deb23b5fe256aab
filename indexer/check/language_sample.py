"""Compares the locale that listings give with the language that their texts are in, by a sample."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from itertools import islice

from indexer.check.reservoir import Reservoir
from languages.detect import detect
from languages.detection.second_opinion import langdetect_guess
from languages.locale import LANGUAGES

_KEPT = 200  # texts of each language
_DETECTED = 600  # texts of all languages together; a doubted one takes 5 ms
_TEXT_LENGTH = 300
_MIN_LETTERS = 20  # a shorter text is detected badly


@dataclass(frozen=True, slots=True)
class Disagreement:
    """Texts of one language, by the locale of their listings: how many look like another one."""

    language: str
    detected: str  # the other language that most of them look like
    differing: int  # texts that look like it
    sampled: int
    example: str  # listing id

    @property
    def share(self) -> float:
        return self.differing / self.sampled


class LanguageSample:
    """At most 200 texts of each language, with the ids of their listings."""

    def __init__(self) -> None:
        self._samples: dict[str, Reservoir[tuple[str, str]]] = {}

    def add(self, language: str, listing_id: str, title: str, description: str | None) -> None:
        if language not in LANGUAGES:  # the detector does not know it, and would name another
            return
        sample = self._samples.get(language)
        if sample is None:
            sample = self._samples[language] = Reservoir(_KEPT)
        sample.add((listing_id, f"{title}. {(description or '')[:_TEXT_LENGTH]}"[:_TEXT_LENGTH]))

    def disagreements(self) -> list[Disagreement]:
        """One for each language of which some texts look like another; most doubtful first."""
        budget = max(20, _DETECTED // max(1, len(self._samples)))
        compared = [
            _compare(language, list(islice(sample, budget))) for language, sample in sorted(self._samples.items())
        ]
        return sorted((d for d in compared if d is not None), key=lambda d: -d.share)


def _compare(language: str, texts: list[tuple[str, str]]) -> Disagreement | None:
    votes: Counter[str] = Counter()
    examples: dict[str, str] = {}
    for listing_id, text in texts:
        if sum(map(str.isalpha, text)) >= _MIN_LETTERS:
            detected = _detected(text, language)
            votes[detected] += 1
            examples.setdefault(detected, listing_id)
    others = [(count, other) for other, count in votes.items() if other != language]
    if not others:
        return None
    count, other = max(others)
    return Disagreement(language, other, count, votes.total(), examples[other])


def _detected(text: str, language: str) -> str:
    """The language that a text looks like: another than its own only where both detectors agree."""
    detected = next(iter(detect(text)), language)
    return detected if detected == language or langdetect_guess(text) == detected else language
