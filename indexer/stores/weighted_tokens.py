"""The tokens of a listing with their frequencies, weighted by the text that they stand in.

One field with weighted frequencies, so that a word saturates once whatever texts it stands in
(BM25F: Robertson, Zaragoza & Taylor, CIKM 2004, section 3). Beside its words, a text gives the
lexicon's entries that it mentions: *kettle*, *bouilloire* and *чайник* are one more token,
``kind:kettle``, and a query in any language finds it by one list of listings.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from functools import lru_cache
from itertools import chain, repeat

from languages.analyse import AnalysedText, Token, analyse
from languages.kinds import KIND, broader, is_thing, narrowest, shares, with_broader
from languages.lexicon_match import entries_of
from languages.mentions import Mention, read_entries, read_mentions
from languages.names import name_ids
from languages.normalise import normalise

TITLE_WEIGHT = 6
DESCRIPTION_WEIGHT = 2
OTHER_WEIGHT = 1
"""Of category and attributes.

On 39 judged queries over 19,406 English products, nDCG@10 of words alone is 0.75 with these
weights in one field, and 0.70 with three fields whose scores are added (docs/relevance.md)."""

ASIDE_WEIGHT = 2
"""Of a kind in a title that is about something else: the laptop of a laptop sleeve."""

BROADER_SHARE = 0.5
"""Of the weight of what a listing is, what each broader entry weighs: *shoes* finds every kind of
shoe, below what is called so."""

THINGS_MAX = 2
"""A title that names more things (a set of knife, fork and spoon) is about none of them: each is
mentioned."""

STUFFED = 4
"""A title that names so many kinds is written to be found by all, and is found by none of them.

Even a weight of 1 is much in a short text, where a word saturates soon."""

FILLER = "_"
"""Stands for what the words of a title lost in weight. No text has it as a word. Without it a
stuffed title would count as a short one, whose words say more."""

CONCEPTS_MAX = 40  # of a listing, those of the heaviest texts: more come from stuffed texts


_FREQUENT_MAX = 40  # characters; a longer text seldom comes again


class WeightedTokens:
    """Collects a listing's tokens. `names` are words of its brand, which no noun phrase ends at."""

    def __init__(self, names: Collection[str] = ()) -> None:
        self._names = names
        self._words: Counter[str] = Counter()
        self._concepts: Counter[str] = Counter()
        self._heads: set[str] = set()  # the things that the titles are about
        self._aside: set[str] = set()  # those that they mention besides

    def add_title(self, analysed: AnalysedText) -> None:
        """A title: the things that it is not about weigh less, with their words."""
        mentions = read_mentions(analysed, self._names)
        heads = _heads(mentions)
        named = len(narrowest(heads))
        about = with_broader(heads)
        weights = {mention: _title_weight(mention, about, named) for mention in mentions}
        self._heads |= heads if named <= THINGS_MAX else set()
        self._aside |= {thing for mention in mentions for thing in mention.things} - self._heads
        ordinary = TITLE_WEIGHT if named <= THINGS_MAX else ASIDE_WEIGHT
        lemmas, parts = _lemmas(analysed)
        by_position = {
            position: min(weight, _word_weight(lemmas[position], mention, analysed.language or ""))
            for mention, weight in weights.items()
            for position in range(mention.start, mention.stop)
        }
        for position, lemma in enumerate(lemmas):
            weight = by_position.get(position, ordinary)
            self._words[lemma] += weight
            self._words[FILLER] += TITLE_WEIGHT - weight
        self._add_parts(parts)
        self._add_concepts([(mention.entry_ids, weight) for mention, weight in weights.items()])

    def add(self, text: str, language: str | None, weight: int) -> None:
        """Any other text, in a language or in none."""
        read = _frequent_text if len(text) <= _FREQUENT_MAX else _read
        lemmas, parts, entries = read(text, language)
        for lemma in lemmas:
            self._words[lemma] += weight
        self._add_parts(parts)
        if entries:
            self._add_concepts([(entry_ids, weight) for entry_ids in entries])

    def _add_parts(self, lemmas: Iterable[str]) -> None:
        """Parts of words that are there already: they must not make a text much longer, since in a
        long text each word says less.
        """
        for lemma in lemmas:
            self._words[lemma] += OTHER_WEIGHT

    def add_name(self, text: str) -> None:
        """A brand: a buyer may write it in another script."""
        self._add_concepts([((name_id,), TITLE_WEIGHT) for name_id in name_ids(normalise(text))])

    def repeated(self) -> tuple[str, ...]:
        """Every token as often as it weighs, words first."""
        concepts = {concept: self._concept_weight(concept) for concept, _ in self._concepts.most_common(CONCEPTS_MAX)}
        counts = chain(self._words.items(), self._with_broader(concepts).items())  # a count of 0 repeats nothing
        return tuple(chain.from_iterable(repeat(token, count) for token, count in counts))

    def _concept_weight(self, concept: str) -> int:
        """Of a listing that is about one thing, every other thing is mentioned in passing.

        A thing that its title mentions as something else is so in its description too.
        """
        if concept in self._heads or not is_thing(concept):
            return self._concepts[concept]
        if self._heads:
            return OTHER_WEIGHT
        return min(self._concepts[concept], ASIDE_WEIGHT) if concept in self._aside else self._concepts[concept]

    def _with_broader(self, concepts: Mapping[str, int]) -> Mapping[str, int]:
        """The concepts with those broader than what the listing is."""
        weights = dict(concepts)
        for concept, weight in concepts.items():
            is_it = concept in self._heads if self._heads else is_thing(concept) and concept not in self._aside
            if is_it:
                for above in broader(concept):
                    weights[above] = max(weights.get(above, 0), round(BROADER_SHARE * weight))
        return weights

    def _add_concepts(self, weights: Iterable[tuple[tuple[str, ...], int]]) -> None:
        """The concepts of one text. Each weighs once: saying it in five ways gains nothing."""
        heaviest: Counter[str] = Counter()
        for entry_ids, weight in weights:
            for entry_id, share in shares(entry_ids).items():
                shared = max(1, round(weight * share)) if weight else 0
                heaviest[entry_id] = max(heaviest[entry_id], shared)
        self._concepts.update(heaviest)


_Read = tuple[tuple[str, ...], tuple[str, ...], tuple[tuple[str, ...], ...]]
"""A text's lemmas, those of parts of its words, and the entries that it mentions."""


def _read(text: str, language: str | None) -> _Read:
    analysed = analyse(text, language)
    return (*_lemmas(analysed), read_entries(analysed))


def _lemmas(analysed: AnalysedText) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The lemmas of a text, and those of parts of its words: the digits of a model number, its
    beginning.
    """
    added = [token for token in analysed.tokens[len(analysed.written) :] if token.lemma]
    whole = (token.lemma for token in (*analysed.written, *added) if token.lemma)
    parts = {token.lemma for token in added if _is_part(token)}
    written = {token.lemma for token in analysed.written}
    return tuple(lemma for lemma in whole if lemma in written or lemma not in parts), tuple(sorted(parts - written))


def _is_part(token: Token) -> bool:
    return token.surface.endswith("*") or token.lemma.isalpha() or token.lemma.isdigit()


_frequent_text = lru_cache(maxsize=50_000)(_read)  # 20 MB; listings share their attributes and categories


def brand_words(brand: str | None) -> frozenset[str]:
    """The normalised words of a brand."""
    return frozenset(token.surface for token in analyse(brand, None).tokens) if brand else frozenset()


def _heads(mentions: Sequence[Mention]) -> frozenset[str]:
    """What a title is about: kinds of product, or general nouns where it names no kind.

    A laptop's title also says *screen*, *battery* and *case*.
    """
    things = frozenset(thing for mention in mentions if mention.is_head for thing in mention.things)
    return frozenset(thing for thing in things if thing.startswith(KIND)) or things


def _title_weight(mention: Mention, about: Collection[str], named: int) -> int:
    """The weight of a mention in a title that is about these things, so many of them apart."""
    if not mention.things:
        return TITLE_WEIGHT
    if named >= STUFFED:
        return 0
    is_head = mention.is_head and any(thing in about for thing in mention.things)
    return TITLE_WEIGHT if is_head and named <= THINGS_MAX else ASIDE_WEIGHT


def _word_weight(lemma: str, mention: Mention, language: str) -> int:
    """A word that alone names another thing says little: the wallet of a wallet case."""
    if mention.stop - mention.start == 1 or not mention.things:
        return TITLE_WEIGHT
    alone = set(filter(is_thing, entries_of((lemma,), language)))
    return ASIDE_WEIGHT if alone and alone.isdisjoint(with_broader(frozenset(mention.things))) else TITLE_WEIGHT
