"""Kinds of product, general nouns, and what is broader."""

from __future__ import annotations

from pathlib import Path

import pytest

from languages import lexicon as lexicon_module
from languages.kinds import GENERAL, KIND, broader, general_nouns, is_thing, kinds, narrowest, shares
from languages.lexicon import group


def test_there_are_a_thousand_kinds_and_three_hundred_general_nouns() -> None:
    assert len(kinds()) >= 1_000
    assert len(general_nouns()) >= 300
    assert list(group("general", "en")) == list(general_nouns())


def test_nearly_every_kind_is_below_something() -> None:
    assert sum(not kind.broader for kind in kinds().values()) < 0.03 * len(kinds())


def test_broader_entries_come_nearest_first() -> None:
    assert broader("kind:kids_winter_jacket") == ("kind:jacket", "general:outerwear", "general:clothes")
    assert broader("general:boots") == ("general:shoes",)
    assert broader("color:red") == broader("kind:nothing") == ()


def test_nothing_is_broader_than_itself() -> None:
    entries = [*(KIND + kind for kind in kinds()), *(GENERAL + noun for noun in general_nouns())]

    assert [entry for entry in entries if any(entry in broader(above) for above in broader(entry))] == []


def test_of_an_entry_and_a_broader_one_the_narrower_is_left() -> None:
    assert narrowest(("kind:chelsea_boots", "general:boots", "general:shoes", "general:bag")) == {
        "kind:chelsea_boots",
        "general:bag",
    }


def test_an_entry_and_a_broader_one_are_not_two_readings() -> None:
    assert shares(("kind:area_rug", "general:carpet")) == {"kind:area_rug": 1.0, "general:carpet": 0.5}
    assert shares(("general:nut", "general:key")) == {"general:nut": 0.5, "general:key": 0.5}


def test_what_a_thing_is_and_how_it_is() -> None:
    assert is_thing("kind:kettle")
    assert is_thing("general:lamp")
    assert not is_thing("color:red")


@pytest.mark.parametrize(
    ("table", "text", "reason"),
    [
        ("general_nouns.tsv", "general\tbroader\nboots\tfootwear\n", "line 2: broader footwear is neither"),
        (
            "kinds.tsv",
            "kind\tcategory\tdepartment\tnear\tbroader\ntent\tc\td\tyurt\t\n",
            "line 2: near yurt is no kind",
        ),
        (
            "kinds.tsv",
            "kind\tcategory\tdepartment\tnear\tbroader\ntent\tc\td\t\tyurt\n",
            "line 2: broader yurt is neither",
        ),
    ],
)
def test_an_unknown_entry_is_named_with_its_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, table: str, text: str, reason: str
) -> None:
    (tmp_path / "general_nouns.tsv").write_text("general\tbroader\nboots\t\n", encoding="utf-8")
    (tmp_path / "kinds.tsv").write_text("kind\tcategory\tdepartment\tnear\tbroader\n", encoding="utf-8")
    (tmp_path / table).write_text(text, encoding="utf-8")
    monkeypatch.setattr(lexicon_module, "_FOLDER", tmp_path)

    with pytest.raises(ValueError, match=reason):
        general_nouns.__wrapped__() if table.startswith("general") else kinds.__wrapped__()
