"""How the sample's sellers write: titles in six styles, and a description, in the listing's language."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

from indexer.sample_draws import Draws
from indexer.sample_kinds import TRADES
from indexer.sample_products import SampleProduct
from languages.sample_words import sample_kinds, sample_phrases

_BRAND_BEFORE_NOUN = frozenset(("de", "en", "hi", "ja", "ko", "nl", "sv", "tr", "zh"))
_COMMA = {"ar": "، ", "ja": " ", "ko": " ", "th": " ", "zh": " "}
_DECIMAL_POINT = frozenset(("ar", "en", "he", "hi", "ja", "ko", "th", "zh"))
_UNCASED = frozenset(("ar", "he", "hi", "ja", "ko", "th", "zh"))
_STYLES = (*["plain"] * 30, *["brand first"] * 25, *["stuffed"] * 12, *["capitals"] * 8, *["emoji"] * 9,
           *["model last"] * 16)  # fmt: skip
_SHOUTS = ("🔥", "⭐", "🎁", "✅", "🚚", "💥")


@dataclass(frozen=True, slots=True)
class Words:
    """A product in one language, ready to be put in order; absent parts are empty."""

    language: str
    names: tuple[str, ...]
    name: str
    color: str
    color_phrase: str
    material: str
    size: str
    use: str


def words_of(product: SampleProduct, language: str, draws: Draws) -> Words:
    """The product's words in `language`: two thirds of the sellers use the everyday name, the others a synonym."""
    names = sample_kinds()[product.trade.kind_id].names[language]
    name = names[0 if draws.below(3) else draws.below(len(names))]
    color = _word("color", product.color, language)
    phrase = _word("phrase", "color", language).format(color) if color else ""
    material, use = _word("material", product.material, language), _word("use", product.use, language)
    size = "" if product.size is None else _sizes(product.kind, language)[product.size]
    return Words(language, names, name, color, phrase, material, size, use)


def title(product: SampleProduct, words: Words, draws: Draws) -> str:
    """A title in one of six styles, starting with a capital where the script has them."""
    style = _STYLES[draws.below(len(_STYLES))]
    mark = product.model if draws.percent(70) else ""
    extras = [words.color_phrase, words.material if draws.percent(60) else "", words.size]
    if style == "brand first":
        extras.reverse()
        return _write(words, _spaced(product.brand, mark, words.name), *extras, words.use if draws.percent(40) else "")
    if style == "stuffed":
        others = [name for name in words.names if name != words.name]
        return _write(words, _spaced(product.brand, words.name, *others, words.use, *extras, mark))
    if style == "capitals":
        return _shout(words.language, _write(words, _branded(product.brand, words), *extras, mark))
    if style == "emoji":
        shout = _SHOUTS[draws.below(len(_SHOUTS))]
        text = _write(words, _spaced(_branded(product.brand, words), mark), *extras, words.use)
        return f"{shout} {text} {product.trade.emoji}"
    if style == "model last":
        return f"{_write(words, _branded(product.brand, words), words.use, *extras)} ({product.model})"
    return _write(words, _spaced(_branded(product.brand, words), mark), *extras)


def description(product: SampleProduct, words: Words, draws: Draws) -> str:
    """Two or three short sentences: what it is, its colour and material, how the seller serves."""
    sentences = sample_phrases("sentence", words.language)
    openings, closings = sentences["opening"], sentences["closing"]
    opening = openings[draws.below(len(openings))]
    stop, space, colon = {"ja": ("。", "", "："), "zh": ("。", "", "："), "hi": ("।", " ", ": ")}.get(
        words.language, ("." if words.language != "th" else "", " ", " : " if words.language == "fr" else ": ")
    )
    text = opening.format(brand=product.brand, term=words.name) if product.brand else words.name + stop
    facts = [
        f"{_word('name', name, words.language)}{colon}{value}"
        for name, value in (("color", words.color), ("material", words.material))
        if value
    ]
    middle = _comma(words.language).join(facts) + stop if facts else ""
    parts = [_capital(words.language, text), _capital(words.language, middle), closings[draws.below(len(closings))]]
    return space.join(part for part in parts if part)


def _write(words: Words, head: str, *extras: str) -> str:
    text = _comma(words.language).join([head, *filter(None, extras)])
    return _capital(words.language, text)


def _branded(brand: str | None, words: Words) -> str:
    return _spaced(brand, words.name) if words.language in _BRAND_BEFORE_NOUN else _spaced(words.name, brand)


def _spaced(*parts: str | None) -> str:
    return " ".join(filter(None, parts))


def _comma(language: str) -> str:
    return _COMMA.get(language, ", ")


def _capital(language: str, text: str) -> str:
    if language == "tr" and text[:1] == "i":
        return "İ" + text[1:]
    return text[:1].upper() + text[1:]


def _shout(language: str, text: str) -> str:
    if language in _UNCASED:
        return f"{text.upper()}！" if language in ("ja", "zh") else f"{text.upper()}!"
    return (text.replace("i", "İ") if language == "tr" else text).upper()


@cache
def _word(group: str, name: str | None, language: str) -> str:
    return "" if name is None else sample_phrases(group, language)[name][0]


@cache
def _sizes(kind: int, language: str) -> tuple[str, ...]:
    trade = TRADES[kind]
    pattern = _word("unit", trade.unit, language)
    point = "." if language in _DECIMAL_POINT else ","
    return tuple(pattern.format(number.replace(".", point).replace("x", " x ")) for number in trade.sizes)
