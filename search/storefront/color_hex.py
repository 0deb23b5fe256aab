"""Tint: the colour that a listing's drawing is painted in, from the colour that its seller names in any language."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache

from languages.lexicon import group
from languages.locale import LANGUAGES
from languages.normalise import normalise

TINTS = {
    "black": "#2b2b2f", "white": "#e9e9ec", "grey": "#8d9096", "charcoal": "#4a4d52", "silver": "#b4bac2",
    "gold": "#c9a227", "rose_gold": "#c98a7d", "red": "#c8303a", "burgundy": "#7d2138", "pink": "#e27ba0",
    "hot_pink": "#e0358a", "light_pink": "#efb3c8", "purple": "#7d4aa8", "lilac": "#b79ad6", "blue": "#2f6fc4",
    "navy_blue": "#22345f", "light_blue": "#7db5e6", "turquoise": "#2bb5b0", "teal": "#1f7d80", "green": "#3c9550",
    "dark_green": "#23573a", "light_green": "#8cc77d", "olive": "#7a7a35", "mint": "#8fd6bd", "yellow": "#e3c02f",
    "mustard": "#c79a2b", "orange": "#e2802b", "coral": "#ea7460", "peach": "#efae8c", "beige": "#d3c2a3",
    "cream": "#e6dcc0", "ivory": "#e8e2d0", "brown": "#80573a", "dark_brown": "#53382a", "camel": "#b98a57",
    "khaki": "#96895c", "bronze": "#93693a", "copper": "#b3683f",
}  # fmt: skip
"""By the lexicon's colours; a transparent or many-coloured thing has no tint of its own."""


def color_hex_of(attributes: Mapping[str, str], language: str) -> str | None:
    """``#rrggbb`` for an attribute ``color`` that the lexicon of `language`, or English, knows; None for any other."""
    text = next((value for name, value in attributes.items() if name.casefold() in ("color", "colour")), None)
    if text is None:
        return None
    word = normalise(text)
    return _tints(language).get(word) or _tints("en").get(word)


@cache
def _tints(language: str) -> Mapping[str, str]:
    colors = group("color", language) if language in LANGUAGES else {}
    return {normalise(text): TINTS[key] for key, one in colors.items() if key in TINTS for text in one.texts()}
