"""Truth: what answers which query in a sample, known because the sample was made and not found.

A topic asks for something that the lexicon can name in every language; an offer's grade follows from its product
alone, so listings in all languages are judged alike, however well or badly their sellers write:

=========  ================================  ======================================================
topic      3                                 less
=========  ================================  ======================================================
kind       the kind                          1 a near kind
attribute  the kind with the attribute       2 the kind that says nothing of it; 1 with another value of it, or a near
                                             kind with the attribute
use        the same, of a use                the same
brand      the kind by the brand             2 a near kind by the brand; 1 the kind by another
maker      anything by the brand
model      the model                         1 the kind by the same brand
gift       a gift for the audience           2 a gift that says nothing of an audience; 1 something for the audience
=========  ================================  ======================================================
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cache
from typing import Literal

from eval.sample.offer import SampleOffer, sample_offer
from eval.sample.products import SampleProduct
from eval.sample.seeded_random import SeededRandom
from languages.lexicon import kinds, lexicon
from languages.phrase import noun_phrase, phrase_rules

Asked = Literal["kind", "attribute", "use", "brand", "maker", "model", "gift"]

COUNTS: Mapping[Asked, int] = {
    "kind": 55, "attribute": 45, "use": 16, "brand": 14, "maker": 6, "model": 14, "gift": 10,
}  # fmt: skip
"""Topics of each sort: 160 in all."""

ENOUGH = 3  # listings of grade 3 that a topic must have to be asked
_DRAWN_FROM = 20_000  # listings among which topics look for their products


@dataclass(frozen=True, slots=True)
class InformationNeed:
    """What one topic asks for, in no language. Fields that its sort does not need are empty."""

    qid: str
    asked: Asked
    kind_id: str = ""
    facet: str = ""
    value: str = ""
    brand: str = ""
    model: str = ""


def draw_information_needs(listings: int, seed: int) -> tuple[InformationNeed, ...]:
    """The topics of a sample, each with at least `ENOUGH` answers of grade 3 among its first 20,000 listings.

    A small sample has fewer: what too few listings answer is not asked.
    """
    offers = [sample_offer(number, seed) for number in range(min(listings, _DRAWN_FROM))]
    answers = Counter(want for offer in offers for want in _answered(offer.product))
    drawn: list[InformationNeed] = []
    for asked, count in COUNTS.items():
        enough = 1 if asked in ("brand", "model") else ENOUGH
        found: dict[InformationNeed, None] = {}
        for place, offer in enumerate(_shuffled(offers, seed, asked)):
            wants = [w for w in _answered(offer.product) if w.asked == asked and answers[w] >= enough]
            if wants:
                found[wants[SeededRandom(seed, f"want {asked}", place).below(len(wants))]] = None
            if len(found) == count:
                break
        drawn.extend(replace(want, qid=f"{asked}{place:03d}") for place, want in enumerate(found, 1))
    return tuple(drawn)


def judge(wants: Iterable[InformationNeed], offers: Iterable[SampleOffer]) -> Iterator[tuple[str, str, int]]:
    """(qid, listing id, grade) of every pair above grade 0, by listing."""
    by_kind: dict[str, list[InformationNeed]] = defaultdict(list)
    by_brand: dict[str, list[InformationNeed]] = defaultdict(list)
    gifts: list[InformationNeed] = []
    for want in wants:
        if want.asked == "maker":
            by_brand[want.brand].append(want)
        elif want.asked == "gift":
            gifts.append(want)
        else:
            for kind_id in (want.kind_id, *near(want.kind_id)):
                by_kind[kind_id].append(want)
    for offer in offers:
        product = offer.product
        for want in (*by_kind[product.trade.kind_id], *by_brand[product.brand or ""], *gifts):
            if value := grade(want, product):
                yield want.qid, offer.listing_id, value


def grade(want: InformationNeed, product: SampleProduct) -> int:
    """How well the product answers: 0 not at all, 3 as asked. See the module's table."""
    return _GRADES[want.asked](want, product)


def query(want: InformationNeed, language: str, seed: int) -> str:
    """How a buyer who writes `language` asks for it: by the everyday name, or by one of the others."""
    entries, rules = lexicon(language), phrase_rules()[language]
    if want.asked == "maker":
        return want.brand
    if want.asked == "model":
        return want.model if SeededRandom(seed, want.qid, 0).percent(50) else f"{want.brand} {want.model}"
    if want.asked == "gift":
        gift, who = entries["use:gift"].name, entries[f"audience:{want.value}"].form("")
        return " ".join((who, gift) if rules.order == "before" else (gift, who))
    noun = entries[f"kind:{want.kind_id}"]
    if want.asked in ("attribute", "use"):
        return noun_phrase(noun, [entries[f"{want.facet}:{want.value}"]])
    draws = SeededRandom(seed, f"query {want.qid}", sum(language.encode()))
    others = (*noun.synonyms, *noun.typed)
    name = others[draws.below(len(others))] if others and draws.percent(40) else noun.name
    return f"{want.brand} {name}" if want.asked == "brand" else name


def mixed_query(want: InformationNeed, language: str) -> str | None:
    """Half in English, as buyers type who know the thing by its English name; None where that is not done.

    Every second want keeps its noun and has the English word beside it, the others the reverse.
    """
    if language == "en" or want.asked not in ("attribute", "use"):
        return None
    own, english = lexicon(language), lexicon("en")
    noun, word = f"kind:{want.kind_id}", f"{want.facet}:{want.value}"
    if sum(want.qid.encode()) % 2:
        return f"{english[word].form('')} {own[noun].name}"
    return f"{own[word].form(own[noun].gender)} {english[noun].name}"


@cache
def near(kind_id: str) -> frozenset[str]:
    """Kinds that a buyer of this one would accept instead: those it names, and those that name it."""
    return frozenset(kinds()[kind_id].near) | {other.kind_id for other in kinds().values() if kind_id in other.near}


def _answered(product: SampleProduct) -> Iterator[InformationNeed]:
    """Every want that the product answers with grade 3."""
    kind_id, brand = product.trade.kind_id, product.brand
    yield InformationNeed("", "kind", kind_id)
    for facet, values in product.words.items():
        yield from (
            InformationNeed("", "use" if facet == "use" else "attribute", kind_id, facet, value) for value in values
        )
    if brand:
        yield InformationNeed("", "brand", kind_id, brand=brand)
        yield InformationNeed("", "maker", brand=brand)
        yield InformationNeed("", "model", kind_id, brand=brand, model=product.model)
    if product.has("use", "gift"):
        yield from (
            InformationNeed("", "gift", facet="audience", value=who) for who in product.words.get("audience", ())
        )


def _shuffled(offers: list[SampleOffer], seed: int, asked: str) -> Iterator[SampleOffer]:
    places = sorted(range(len(offers)), key=lambda place: SeededRandom(seed, f"order {asked}", place).below(1 << 60))
    return (offers[place] for place in places)


def _of_kind(want: InformationNeed, product: SampleProduct) -> int:
    kind_id = product.trade.kind_id
    return 3 if kind_id == want.kind_id else 1 if kind_id in near(want.kind_id) else 0


def _with_attribute(want: InformationNeed, product: SampleProduct) -> int:
    kind_id, has = product.trade.kind_id, product.has(want.facet, want.value)
    if kind_id == want.kind_id:
        return 3 if has else 1 if want.facet in product.words and want.facet != "feature" else 2
    return 1 if has and kind_id in near(want.kind_id) else 0


def _by_brand(want: InformationNeed, product: SampleProduct) -> int:
    kind_id, same = product.trade.kind_id, product.brand == want.brand
    if kind_id == want.kind_id:
        return 3 if same else 1
    return 2 if same and kind_id in near(want.kind_id) else 0


def _by_maker(want: InformationNeed, product: SampleProduct) -> int:
    return 3 if product.brand == want.brand else 0


def _of_model(want: InformationNeed, product: SampleProduct) -> int:
    if product.brand != want.brand or product.trade.kind_id != want.kind_id:
        return 0
    return 3 if product.model == want.model else 1


def _as_gift(want: InformationNeed, product: SampleProduct) -> int:
    is_gift, audience = product.has("use", "gift"), product.words.get("audience", ())
    if want.value in audience:
        return 3 if is_gift else 1
    return 2 if is_gift and not audience else 0


_GRADES: Mapping[Asked, Callable[[InformationNeed, SampleProduct], int]] = {
    "kind": _of_kind, "attribute": _with_attribute, "use": _with_attribute, "brand": _by_brand, "maker": _by_maker,
    "model": _of_model, "gift": _as_gift,
}  # fmt: skip
