"""The truth of a sample: which listing answers which topic, and how well.

It is known because the sample is generated. A topic asks for something that the lexicon can name in
every language. An offer's grade follows from its product alone, so listings in all languages are
judged alike, whatever their sellers write:

=========  ================================  ==================================================
topic      grade 3                           lower grades
=========  ================================  ==================================================
kind       the kind                          1 a near kind
attribute  the kind with the attribute       2 the kind without a value; 1 with another value,
                                             or a near kind with the attribute
use        the same, of a use                the same
brand      the kind by the brand             2 a near kind by the brand; 1 the kind by another
maker      anything by the brand
model      the model                         1 the kind by the same brand
gift       a gift for the audience           2 a gift without an audience; 1 other things for it
=========  ================================  ==================================================
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
from languages.kinds import kinds
from languages.lexicon import lexicon
from languages.phrase import noun_phrase, phrase_rules

NeedType = Literal["kind", "attribute", "use", "brand", "maker", "model", "gift"]

COUNTS: Mapping[NeedType, int] = {
    "kind": 55, "attribute": 45, "use": 16, "brand": 14, "maker": 6, "model": 14, "gift": 10,
}  # fmt: skip
"""Topics of each type: 160 in all."""

MIN_ANSWERS = 3  # listings of grade 3 that a topic must have
_DRAWN_FROM = 20_000  # listings whose products topics ask for


@dataclass(frozen=True, slots=True)
class InformationNeed:
    """What one topic asks for, in no language. Fields that its type does not use are empty."""

    qid: str
    type: NeedType
    kind_id: str = ""
    facet: str = ""
    value: str = ""
    brand: str = ""
    model: str = ""


def draw_information_needs(listings: int, seed: int) -> tuple[InformationNeed, ...]:
    """The information needs that a sample's topics ask for.

    Each has at least `MIN_ANSWERS` answers of grade 3 among the first 20,000 listings; one is
    enough for a brand or a model. A small sample has fewer needs with enough answers.
    """
    offers = [sample_offer(number, seed) for number in range(min(listings, _DRAWN_FROM))]
    answers = Counter(need for offer in offers for need in _needs_answered_by(offer.product))
    drawn: list[InformationNeed] = []
    for type_, count in COUNTS.items():
        min_answers = 1 if type_ in ("brand", "model") else MIN_ANSWERS
        of_type: dict[InformationNeed, None] = {}  # in the order drawn, each once
        for place, offer in enumerate(_shuffled(offers, seed, type_)):
            answered = _needs_answered_by(offer.product)
            needs = [need for need in answered if need.type == type_ and answers[need] >= min_answers]
            if needs:
                of_type[needs[SeededRandom(seed, f"want {type_}", place).below(len(needs))]] = None
            if len(of_type) == count:
                break
        drawn.extend(replace(need, qid=f"{type_}{number:03d}") for number, need in enumerate(of_type, 1))
    return tuple(drawn)


def judge(needs: Iterable[InformationNeed], offers: Iterable[SampleOffer]) -> Iterator[tuple[str, str, int]]:
    """(qid, listing id, grade) of every pair above grade 0, by listing."""
    by_kind: dict[str, list[InformationNeed]] = defaultdict(list)
    by_brand: dict[str, list[InformationNeed]] = defaultdict(list)
    gifts: list[InformationNeed] = []
    for need in needs:
        if need.type == "maker":
            by_brand[need.brand].append(need)
        elif need.type == "gift":
            gifts.append(need)
        else:
            for kind_id in (need.kind_id, *near_kinds(need.kind_id)):
                by_kind[kind_id].append(need)
    for offer in offers:
        product = offer.product
        for need in (*by_kind[product.product_type.kind_id], *by_brand[product.brand or ""], *gifts):
            if grade := grade_of(need, product):
                yield need.qid, offer.listing_id, grade


def grade_of(need: InformationNeed, product: SampleProduct) -> int:
    """How well the product answers: from 0, not at all, to 3, fully. See the module's table."""
    return _GRADES[need.type](need, product)


def query_text(need: InformationNeed, language: str, seed: int) -> str:
    """How a buyer asks for it in `language`: by the kind's everyday name or another one."""
    entries = lexicon(language)
    if need.type == "maker":
        return need.brand
    if need.type == "model":
        return need.model if SeededRandom(seed, need.qid, 0).percent(50) else f"{need.brand} {need.model}"
    if need.type == "gift":
        gift = entries["use:gift"].name
        audience = entries[f"audience:{need.value}"].form("")
        return f"{audience} {gift}" if phrase_rules()[language].order == "before" else f"{gift} {audience}"
    noun = entries[f"kind:{need.kind_id}"]
    if need.type in ("attribute", "use"):
        return noun_phrase(noun, [entries[f"{need.facet}:{need.value}"]])
    rng = SeededRandom(seed, f"query {need.qid}", sum(language.encode()))
    other_names = (*noun.synonyms, *noun.typed)
    name = other_names[rng.below(len(other_names))] if other_names and rng.percent(40) else noun.name
    return f"{need.brand} {name}" if need.type == "brand" else name


def mixed_query(need: InformationNeed, language: str) -> str | None:
    """The query half in English; None where buyers do not type so.

    Every second need keeps its noun and gets the English modifier; the others get the English noun.
    """
    if language == "en" or need.type not in ("attribute", "use"):
        return None
    noun, english_noun = (lexicon(code)[f"kind:{need.kind_id}"] for code in (language, "en"))
    modifier, english_modifier = (lexicon(code)[f"{need.facet}:{need.value}"] for code in (language, "en"))
    if sum(need.qid.encode()) % 2:
        return f"{english_modifier.form('')} {noun.name}"
    return f"{modifier.form(noun.gender)} {english_noun.name}"


@cache
def near_kinds(kind_id: str) -> frozenset[str]:
    """Kinds that a buyer may accept instead: those the lexicon calls near, in either direction."""
    return frozenset(kinds()[kind_id].near) | {other.kind_id for other in kinds().values() if kind_id in other.near}


def _needs_answered_by(product: SampleProduct) -> Iterator[InformationNeed]:
    """Every information need that the product answers with grade 3."""
    kind_id = product.product_type.kind_id
    brand = product.brand
    yield InformationNeed("", "kind", kind_id)
    for facet, values in product.facet_values.items():
        yield from (
            InformationNeed("", "use" if facet == "use" else "attribute", kind_id, facet, value) for value in values
        )
    if brand:
        yield InformationNeed("", "brand", kind_id, brand=brand)
        yield InformationNeed("", "maker", brand=brand)
        yield InformationNeed("", "model", kind_id, brand=brand, model=product.model)
    if product.has("use", "gift"):
        yield from (
            InformationNeed("", "gift", facet="audience", value=value)
            for value in product.facet_values.get("audience", ())
        )


def _shuffled(offers: list[SampleOffer], seed: int, type_: str) -> Iterator[SampleOffer]:
    places = sorted(range(len(offers)), key=lambda place: SeededRandom(seed, f"order {type_}", place).below(1 << 60))
    return (offers[place] for place in places)


def _of_kind(need: InformationNeed, product: SampleProduct) -> int:
    kind_id = product.product_type.kind_id
    return 3 if kind_id == need.kind_id else 1 if kind_id in near_kinds(need.kind_id) else 0


def _with_attribute(need: InformationNeed, product: SampleProduct) -> int:
    kind_id = product.product_type.kind_id
    has_value = product.has(need.facet, need.value)
    if kind_id == need.kind_id:
        # a product may have many features: one that it states does not exclude another
        has_other_value = need.facet in product.facet_values and need.facet != "feature"
        return 3 if has_value else 1 if has_other_value else 2
    return 1 if has_value and kind_id in near_kinds(need.kind_id) else 0


def _by_brand(need: InformationNeed, product: SampleProduct) -> int:
    kind_id = product.product_type.kind_id
    same_brand = product.brand == need.brand
    if kind_id == need.kind_id:
        return 3 if same_brand else 1
    return 2 if same_brand and kind_id in near_kinds(need.kind_id) else 0


def _by_maker(need: InformationNeed, product: SampleProduct) -> int:
    return 3 if product.brand == need.brand else 0


def _of_model(need: InformationNeed, product: SampleProduct) -> int:
    if product.brand != need.brand or product.product_type.kind_id != need.kind_id:
        return 0
    return 3 if product.model == need.model else 1


def _as_gift(need: InformationNeed, product: SampleProduct) -> int:
    is_gift = product.has("use", "gift")
    audience = product.facet_values.get("audience", ())
    if need.value in audience:
        return 3 if is_gift else 1
    return 2 if is_gift and not audience else 0


_GRADES: Mapping[NeedType, Callable[[InformationNeed, SampleProduct], int]] = {
    "kind": _of_kind, "attribute": _with_attribute, "use": _with_attribute, "brand": _by_brand, "maker": _by_maker,
    "model": _of_model, "gift": _as_gift,
}  # fmt: skip
