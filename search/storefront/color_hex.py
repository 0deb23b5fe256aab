"""The colour that a listing's drawing is painted in, from the colour that its seller names in any
language.

This belongs to the page: it reads ``/storefront/colors/{language}.json`` and looks a listing's
colour up.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping

from languages.lexicon import Entry, group
from languages.normalise import normalise

COLOR_HEX = {
    "black": "#2b2b2f", "white": "#e9e9ec", "grey": "#8d9096", "charcoal": "#4a4d52", "silver": "#b4bac2",
    "gold": "#c9a227", "rose_gold": "#c98a7d", "red": "#c8303a", "burgundy": "#7d2138", "pink": "#e27ba0",
    "hot_pink": "#e0358a", "light_pink": "#efb3c8", "purple": "#7d4aa8", "lilac": "#b79ad6", "blue": "#2f6fc4",
    "navy_blue": "#22345f", "light_blue": "#7db5e6", "turquoise": "#2bb5b0", "teal": "#1f7d80", "green": "#3c9550",
    "dark_green": "#23573a", "light_green": "#8cc77d", "olive": "#7a7a35", "mint": "#8fd6bd", "yellow": "#e3c02f",
    "mustard": "#c79a2b", "orange": "#e2802b", "coral": "#ea7460", "peach": "#efae8c", "beige": "#d3c2a3",
    "cream": "#e6dcc0", "ivory": "#e8e2d0", "brown": "#80573a", "dark_brown": "#53382a", "camel": "#b98a57",
    "khaki": "#96895c", "bronze": "#93693a", "copper": "#b3683f",
}  # fmt: skip
"""By the lexicon's colours. A transparent or many-coloured thing has no colour of its own."""


def colors_for(language: str) -> dict[str, str]:
    """``#rrggbb`` by the names of colours in a language, with the English ones beside them.

    A name is lower case in compatibility form (NFKC), as a browser makes it, and as `normalise`
    does.
    """
    return _colors(group("color", "en")) | _colors(group("color", language))


def _colors(entries: Mapping[str, Entry]) -> dict[str, str]:
    colors: dict[str, str] = {}
    for key, entry in entries.items():
        if key in COLOR_HEX:
            for text in entry.texts():
                colors[unicodedata.normalize("NFKC", text).lower()] = COLOR_HEX[key]
                colors[normalise(text)] = COLOR_HEX[key]
    return colors
