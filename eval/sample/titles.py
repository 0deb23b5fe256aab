"""The texts of a sample listing: a title in one of seven styles, attributes and a description."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from eval.sample.offer import SampleOffer
from eval.sample.product_types import product_types
from eval.sample.seeded_random import SeededRandom
from languages.lexicon import Entry, lexicon
from languages.locale import Locale
from languages.phrase import PhraseRules, noun_phrase, phrase_rules

_UNCASED = frozenset(("ar", "he", "hi", "ja", "ko", "th", "zh"))
_STYLES = (*["plain"] * 28, *["brand first"] * 24, *["keywords"] * 12, *["capitals"] * 7, *["emoji"] * 9,
           *["model last"] * 12, *["from chinese"] * 8)  # fmt: skip
_EMOJI = ("🔥", "⭐", "🎁", "✅", "🚚", "💥")
_SENTENCES = Path(__file__).with_name("sentences.tsv")
_ATTRIBUTES = ("color", "material", "style", "feature", "audience", "use")


@dataclass(frozen=True, slots=True)
class Words:
    """A product's words in one locale.

    `name` is what the seller calls the product: the name of `noun`, or a synonym. Modifiers agree
    only with the name of `noun`, since the lexicon has no gender for synonyms.
    """

    locale: Locale
    rules: PhraseRules
    noun: Entry
    name: str
    entries: Mapping[str, tuple[Entry, ...]]
    size: str

    def all(self, *facets: str) -> list[Entry]:
        return [entry for facet in facets for entry in self.entries.get(facet, ())]

    def named(self, *facets: str) -> list[str]:
        """The names of the entries, as attributes spell them in this locale."""
        return [entry.named(self.locale) for entry in self.all(*facets)]


def words_of(offer: SampleOffer, rng: SeededRandom) -> Words:
    """The product's words.

    Most sellers use the everyday name, others a synonym, a few what buyers type.
    """
    product = offer.product
    locale = offer.locale
    entries = lexicon(locale.language)
    noun = entries[f"kind:{product.product_type.kind_id}"]
    name = noun.named(locale)
    percentile = rng.below(100)
    if percentile >= 65 and noun.synonyms and locale.script != "Hant":
        name = noun.synonyms[rng.below(len(noun.synonyms))]
    if percentile >= 94 and noun.typed and locale.script != "Hant":
        name = noun.typed[rng.below(len(noun.typed))]
    facet_entries = {
        facet: tuple(entries[f"{facet}:{value}"] for value in values) for facet, values in product.facet_values.items()
    }
    size = (
        ""
        if product.size is None
        else _sizes(product.product_type.unit, product.product_type.sizes, locale.language)[product.size]
    )
    return Words(locale, phrase_rules()[locale.language], noun, name, facet_entries, size)


def title(offer: SampleOffer, words: Words, rng: SeededRandom) -> str:
    """A title in one of seven styles. It starts with a capital letter where the script has them."""
    product = offer.product
    style = _STYLES[rng.below(len(_STYLES))]
    mark = product.model if rng.percent(70) else ""
    short = rng.percent(50)
    if offer.stuffed:
        return _write(words, _spaced(product.brand, words.name, mark), *_other_kinds(offer, rng), words.size)
    if style == "brand first":
        head = _spaced(product.brand, mark, _phrase(words, "style", "color"))
        return _write(
            words, head, *_beside(words, "material", "feature"), words.size, *([] if short else _beside(words, "use"))
        )
    if style == "keywords":
        others = [name for name in (words.noun.name, *words.noun.synonyms) if name != words.name]
        listed = [] if words.locale.script == "Hant" else others
        return _write(words, _spaced(product.brand, words.name, *listed), *words.named(*_ATTRIBUTES), words.size, mark)
    if style == "capitals":
        return _in_capitals(
            words, _write(words, _branded(product.brand, words, _phrase(words, "color")), words.size, mark)
        )
    if style == "emoji":
        head = _spaced(_branded(product.brand, words, _phrase(words, "color", "style")), mark)
        tail = _beside(words, "material", "use" if short else "audience")
        return f"{_EMOJI[rng.below(len(_EMOJI))]} {_write(words, head, *tail, words.size)} {product.product_type.emoji}"
    if style == "model last":
        head = _branded(product.brand, words, _phrase(words, "color", "material"))
        return f"{_write(words, head, *_beside(words, 'feature', 'audience'), words.size)} ({product.model})"
    if style == "from chinese":
        return _from_chinese(offer, words, rng)
    head = _spaced(_branded(product.brand, words, _phrase(words, "style", "color")), mark)
    return _write(words, head, *_beside(words, "material" if short else "feature"), words.size)


def attributes(words: Words) -> dict[str, str]:
    """The attributes.

    Names are English, so that one filter works for every language; values are in the locale.
    """
    values = {facet: ", ".join(words.named(facet)) for facet in _ATTRIBUTES if facet in words.entries}
    return values | ({"size": words.size} if words.size else {})


def description(offer: SampleOffer, words: Words, rng: SeededRandom) -> str:
    """A few short sentences: what it is, its attributes, and a closing sentence."""
    rules = words.rules
    brand = offer.product.brand
    openings, closings = _sentences(words.locale)
    opening = openings[rng.below(len(openings))]
    first = opening.format(brand=brand, term=words.name) if brand else words.name + rules.stop
    names = lexicon(words.locale.language)
    facts = [
        names[f"name:{facet}"].named(words.locale) + rules.colon + rules.comma.join(words.named(facet))
        for facet in _ATTRIBUTES
        if facet in words.entries
    ]
    middle = (rules.stop + (rules.space or "")).join(_capital(words, fact) for fact in facts)
    parts = (_capital(words, first), middle + rules.stop if middle else "", closings[rng.below(len(closings))])
    return (rules.space if rules.stop else " ").join(part for part in parts if part)


def _phrase(words: Words, *facets: str) -> str:
    """The name with its modifiers.

    They follow as a list where the gender of the name is not known.
    """
    if words.name == words.noun.name and words.locale.script != "Hant":
        return noun_phrase(words.noun, words.all(*facets))
    return words.rules.comma.join([words.name, *words.named(*facets)])


def _beside(words: Words, *facets: str) -> list[str]:
    """Modifiers that stand apart from the name, so without agreement."""
    if words.locale.script == "Hant":
        return words.named(*facets)
    return [entry.name if entry.agrees else entry.form("") for entry in words.all(*facets)]


def _from_chinese(offer: SampleOffer, words: Words, rng: SeededRandom) -> str:
    """A title translated word by word from Chinese: the year, all modifiers, then the noun."""
    names = lexicon(words.locale.language)
    new = names["condition:new"].named(words.locale)
    tail = names["condition:wholesale"].named(words.locale) if rng.percent(40) else ""
    text = _spaced(str(2024 + rng.below(3)), new, *words.named("use", "style", "material", "color", "feature"),
                   words.name, *words.named("audience"), words.size, tail)  # fmt: skip
    return text if words.locale.language in _UNCASED else " ".join(map(str.capitalize, text.split()))


def _other_kinds(offer: SampleOffer, rng: SeededRandom) -> list[str]:
    """Names of three to five other kinds: queries for them find this listing."""
    types = product_types()
    entries = lexicon(offer.locale.language)
    count, others = 3 + rng.below(3), set[str]()
    while len(others) < count:
        others.add(types[rng.below(len(types))].kind_id)
        others.discard(offer.product.product_type.kind_id)
    return [entries[f"kind:{kind}"].named(offer.locale) for kind in sorted(others)]


def _write(words: Words, head: str, *extras: str) -> str:
    return _capital(words, words.rules.comma.join([head, *filter(None, extras)]))


def _branded(brand: str | None, words: Words, phrase: str) -> str:
    return _spaced(brand, phrase) if words.rules.brand_first else _spaced(phrase, brand)


def _spaced(*parts: str | None) -> str:
    return " ".join(filter(None, parts))


def _capital(words: Words, text: str) -> str:
    if words.locale.language == "tr" and text[:1] == "i":
        return "İ" + text[1:]
    return text[:1].upper() + text[1:]


def _in_capitals(words: Words, text: str) -> str:
    language = words.locale.language
    if language in _UNCASED:
        return f"{text.upper()}！" if language in ("ja", "zh") else f"{text.upper()}!"
    return (text.replace("i", "İ") if language == "tr" else text).upper()


@cache
def _sizes(unit: str | None, sizes: tuple[str, ...], language: str) -> tuple[str, ...]:
    pattern = lexicon(language)[f"unit:{unit}"].form("")
    mark = phrase_rules()[language].decimal
    return tuple(pattern.format(number.replace(".", mark).replace("x", " x ")) for number in sizes)


@cache
def _sentences(locale: Locale) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Openings (with ``{brand}`` and ``{term}``) and closings of a description."""
    rows = [line.split("\t") for line in _SENTENCES.read_text("utf-8").splitlines()[1:]]
    for tag in (str(locale), locale.language):
        openings = tuple(text for part, of, text in rows if part == "opening" and of == tag)
        if openings:
            return openings, tuple(text for part, of, text in rows if part == "closing" and of == tag)
    raise ValueError(f"{_SENTENCES.name} has no sentences in {locale.language}")
