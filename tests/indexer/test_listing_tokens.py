"""The tokens of a listing: what a listing is, what is broader, and its brand's name."""

from __future__ import annotations

from collections import Counter

from indexer.stores.weighted_tokens import TITLE_WEIGHT, WeightedTokens
from languages.analyse import analyse


def counted(title: str, language: str = "en", brand: str | None = None) -> Counter[str]:
    tokens = WeightedTokens()
    tokens.add_title(analyse(title, language))
    if brand:
        tokens.add_name(brand)
    return Counter(tokens.repeated())


def test_what_is_called_shoes_weighs_more_than_a_kind_of_shoe() -> None:
    assert counted("Red shoes")["general:shoes"] == TITLE_WEIGHT
    assert 0 < counted("Red chelsea boots")["general:shoes"] < TITLE_WEIGHT


def test_what_a_listing_is_not_about_has_nothing_broader() -> None:
    assert counted("Laptop sleeve")["general:computer"] == 0


def test_a_kind_decides_before_general_nouns() -> None:
    title = "Smartphone with large screen, strong battery, fast charger and case"

    assert counted(title)["kind:smartphone"] == TITLE_WEIGHT
    assert counted(title)["general:battery"] < TITLE_WEIGHT


def test_a_brand_is_found_in_any_script() -> None:
    assert counted("Телефон", "ru", brand="Самсунг")["brand:samsung"] == TITLE_WEIGHT


def test_what_shoppers_add_to_any_thing_is_no_concept() -> None:
    assert not [
        token for token in counted("Cheap shoes from China wholesale") if token.startswith(("shop:", "condition:"))
    ]
