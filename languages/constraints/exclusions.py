"""What is not wanted, in words: ``-rot``, ``without lid``, ``蓋なし``, ``ढक्कन के बिना``.

What the lexicon knows as a phrase stays one: ``sans fil`` is wireless, and nothing is excluded.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import islice

from languages.analyse import analyse
from languages.constraints.constraint import Constraint
from languages.constraints.matching import begins_word, comparable, ends_word, is_unspaced
from languages.constraints.tables import ExclusionPhrase, exclusion_phrases, words_of_kind
from languages.function_words import function_words
from languages.kinds import is_thing
from languages.lexicon import lexicon
from languages.lexicon_match import match_lexicon
from languages.shop_words import is_shop_word

_DASHED = re.compile(r"(?:^|(?<=\s))-(?:\"([^\"]+)\"|(?=[^\W\d_])([^\s,;]+))")
_WORD = re.compile(r"[^\s,;:!?()\"]+")
_DASHED_MIN = 3  # letters of a word after a dash; one letter before it, as in "t -shirt", is of the same word
EXCLUSIONS_MAX = 4
_ARTICLES_MAX = 2
_UNSPACED_MAX = 8  # characters of what is not wanted, where the lexicon does not say where it ends


@dataclass(frozen=True, slots=True)
class KnownSpan:
    """Where the lexicon knows a phrase, in characters, and the entries it names."""

    start: int
    stop: int
    entry_ids: tuple[str, ...]

    def moved(self, by: int) -> KnownSpan:
        """The same in a text that has so many characters more at its beginning."""
        return KnownSpan(self.start + by, self.stop + by, self.entry_ids)


def read_exclusions(form: str, text: str, languages: Sequence[str]) -> list[Constraint]:
    """What a text excludes, in order, without overlaps, by the phrases of its likely languages.

    `form` is the text in the form in which phrases are.
    """
    options = list(islice(_dashed(form, text, languages), EXCLUSIONS_MAX))
    for language in languages:
        for phrase in exclusion_phrases().get(language, ()):
            words = phrase.before or phrase.after
            place = form.find(words)
            while place >= 0 and len(options) < EXCLUSIONS_MAX:
                constraint = _read(form, text, phrase, place)
                if constraint is not None:
                    options.append(constraint)
                place = form.find(words, place + 1)
    found: list[Constraint] = []
    for one in sorted(options, key=lambda one: (one.start, -one.stop, len(one.excluded))):
        if not found or one.start >= found[-1].stop:
            found.append(one)
    return found


@lru_cache(maxsize=64)  # of one query, asked for each phrase
def known_spans(text: str, language: str) -> tuple[KnownSpan, ...]:
    """The phrases of a text that the lexicon of a language knows."""
    tokens = [token for token in analyse(text, language).tokens if token.lemma]
    surfaces = [token.surface for token in tokens]
    places = _places(text.lower(), [token.lemma if len(token.surface) == 1 else token.surface for token in tokens])
    spans: list[KnownSpan] = []
    for match in match_lexicon([token.lemma for token in tokens], language, surfaces):
        first, last = places[match.start], places[match.stop - 1]
        if first is not None and last is not None:
            spans.append(KnownSpan(first[0], last[1], match.entry_ids))
    return tuple(spans)


def _places(text: str, words: Sequence[str]) -> list[tuple[int, int] | None]:
    """Where each word stands in a text; None for one that does not, such as a joined number."""
    places: list[tuple[int, int] | None] = []
    start = 0
    for word in words:
        place = text.find(word, start)
        places.append(None if place < 0 else (place, place + len(word)))
        if place >= 0:
            start = place + (1 if is_unspaced(word[0]) else len(word))
    return places


def _dashed(form: str, text: str, languages: Sequence[str]) -> Iterator[Constraint]:
    """``kleid -rot``: a dash before a word, and none behind it."""
    for match in _DASHED.finditer(form):
        group = 1 if match.group(1) else 2
        start, stop = match.span(group)
        before = _WORD.findall(form[: match.start()])
        if stop - start < _DASHED_MIN and not is_unspaced(form[start]):
            continue
        if before and len(before[-1]) == 1 and before[-1].isalpha() and not is_unspaced(before[-1]):
            continue
        if any(_joins(known_spans(text, language), match.start(), start) for language in languages[:2]):
            continue
        yield _exclusion(text, match.start(), match.end(), start, stop)


def _read(form: str, text: str, phrase: ExclusionPhrase, place: int) -> Constraint | None:
    """The exclusion that a phrase says at a place of the text; None where it says none."""
    words = phrase.before or phrase.after
    end = place + len(words)
    is_word = begins_word(form, place) and ends_word(form, end)
    if not (is_word or _is_joined(phrase)) or _is_known_phrase(text, place, end, phrase.language):
        return None
    if phrase.before:
        known = tuple(span.moved(end) for span in known_spans(text[end:], phrase.language))
        wanted = _following(form, end, phrase, known)
    else:
        known = known_spans(text[:place], phrase.language)
        wanted = _preceding(form, place, phrase, known)
    if wanted is None or not form[slice(*wanted)].strip() or _is_weak(form, wanted, phrase, known):
        return None
    start, stop = min(place, wanted[0]), max(end, wanted[1])
    if phrase.before and phrase.after:
        rest = form[stop:].lstrip(" ")
        stop = len(form) - len(rest) + len(phrase.after)
        if not rest.startswith(phrase.after) or not ends_word(form, stop):
            return None
    return _exclusion(text, start, _with_particle(form, stop, phrase.language), *wanted)


def _is_joined(phrase: ExclusionPhrase) -> bool:
    """Whether the words for *without* may be written together with what is not wanted."""
    if phrase.language == "ko":
        return bool(phrase.after)
    return phrase.language == "he" and phrase.before[-1:] in ("מ", "ב", "ל")


def _is_known_phrase(text: str, start: int, stop: int, language: str) -> bool:
    """Whether the lexicon has some words inside a longer phrase: the *sans* of ``sans fil``."""
    words = comparable(text[start:stop])
    return any(
        span.start <= start
        and span.stop >= stop
        and (span.start, span.stop) != (start, stop)
        and any(words in text for entry_id in span.entry_ids for text in _texts(entry_id, language))
        for span in known_spans(text, language)
    )


@lru_cache(maxsize=1_000)
def _texts(entry_id: str, language: str) -> tuple[str, ...]:
    """All ways to write an entry, as they are compared."""
    entry = lexicon(language).get(entry_id)
    return () if entry is None else tuple(comparable(text) for text in entry.texts())


def _is_weak(form: str, wanted: tuple[int, int], phrase: ExclusionPhrase, known: Sequence[KnownSpan]) -> bool:
    """Whether the words after a *not* are none that the lexicon knows as how a thing is."""
    meant = [span for span in known if (span.start, span.stop) == wanted]
    if any(all(map(is_shop_word, span.entry_ids)) for span in meant):
        return True
    if phrase.needs_meaning:
        return not any(not is_thing(entry_id) for span in meant for entry_id in span.entry_ids)
    return wanted[1] - wanted[0] < 2 and not is_unspaced(form[wanted[0]])


def _following(form: str, end: int, phrase: ExclusionPhrase, known: Sequence[KnownSpan]) -> tuple[int, int] | None:
    """What stands behind the words for *without*, less articles."""
    articles = function_words(phrase.language)
    place = end
    for _ in range(_ARTICLES_MAX + 1):
        while place < len(form) and form[place] == " ":
            place += 1
        meant = [span for span in known if span.start == place]
        if meant:
            longest = max(meant, key=lambda span: span.stop)
            return longest.start, longest.stop
        match = _WORD.match(form, place)
        if match is None:
            return None
        if match.group() not in articles or is_unspaced(form[place]):
            return (place, match.end()) if _is_a_word(form, place, match.end(), phrase) else None
        place = match.end()
    return None


def _preceding(form: str, place: int, phrase: ExclusionPhrase, known: Sequence[KnownSpan]) -> tuple[int, int] | None:
    """What stands before the words for *without*."""
    end = len(form[:place].rstrip(" "))
    meant = [span for span in known if span.stop == end]
    if meant:
        longest = min(meant, key=lambda span: span.start)
        return longest.start, longest.stop
    words = list(_WORD.finditer(form, 0, end))
    if not words or words[-1].end() != end:
        return None
    start = words[-1].start()
    return (start, end) if _is_a_word(form, start, end, phrase) else None


def _is_a_word(form: str, start: int, end: int, phrase: ExclusionPhrase) -> bool:
    """Whether some characters are one word: of a script without spaces, only a short run."""
    if not any(character.isalpha() for character in form[start:end]):
        return False
    if phrase.language == "ko" or not is_unspaced(form[start]):
        return True
    return end - start <= _UNSPACED_MAX


def _with_particle(form: str, stop: int, language: str) -> int:
    """The end of an exclusion with the particle behind it: ``蓋なしの鍋``."""
    for word in words_of_kind("after").get(language, ()):
        if form.startswith(word, stop) and (word in ("の", "的") or ends_word(form, stop + len(word))):
            return stop + len(word) if word in ("の", "的", "의") else stop
    return stop


def _joins(known: Collection[KnownSpan], stop: int, start: int) -> bool:
    """Whether a known phrase has what ends at `stop` and what begins at `start`: ``t -shirt``."""
    return any(span.start < stop and span.stop > start for span in known)


def _exclusion(text: str, start: int, stop: int, first: int, last: int) -> Constraint:
    return Constraint("exclude", start, stop, text[start:stop], excluded=text[first:last])
