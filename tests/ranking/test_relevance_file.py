"""The file of a relevance model: what is shipped, and what is refused and why."""

from __future__ import annotations

import re
from dataclasses import asdict
from pathlib import Path

import pytest

from ranking.relevance import RelevanceModel
from ranking.relevance_file import LIMITS, SHIPPED, InvalidRelevance, read_relevance, shipped_relevance

NUMBERS = "bias = -3\nlexical = 6\nvector = 0.5\nnear_bias = -4\nnear_vector = 1\nfloor = 0.25\n"


def written(folder: Path, text: str) -> Path:
    path = folder / "relevance.toml"
    path.write_text(text, encoding="utf-8")
    return path


def test_a_file_holds_every_number_of_a_model(tmp_path: Path) -> None:
    model = read_relevance(written(tmp_path, "version = 2\n" + NUMBERS))

    assert model == RelevanceModel(-3.0, 6.0, 0.5, -4.0, 1.0, 0.25)
    assert set(asdict(model)) == set(LIMITS)


def test_the_record_of_a_fit_may_hold_anything(tmp_path: Path) -> None:
    record = '[record]\nfitted_on = 2026-11-26\n[[record.catalogue]]\nname = "products"\n'

    assert read_relevance(written(tmp_path, f"version = 2\n{NUMBERS}{record}")).floor == 0.25


def test_the_shipped_model_is_read_once_and_what_is_near_is_no_answer() -> None:
    assert shipped_relevance() is shipped_relevance()
    assert shipped_relevance() == read_relevance(SHIPPED)
    assert 0.0 < shipped_relevance().floor < 0.5


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("version = ", "file: is not TOML: "),
        (NUMBERS, "version: is missing; write version = 2"),
        ("version = 1\n" + NUMBERS, "version: must be 2 (got 1); fit it again: fondaco fit"),
        ("version = true\n" + NUMBERS, "version: must be 2 (got True)"),
        ("version = 2\nweight = 2\n" + NUMBERS, "weight: is not a key of a relevance model; the keys are version, "),
        ("version = 2\n" + NUMBERS.replace("floor = 0.25\n", ""), "floor: is missing; a model names every number"),
        ("version = 2\n" + NUMBERS.replace("6", "'6'"), "lexical: must be a number (got '6')"),
        ("version = 2\n" + NUMBERS.replace("6", "-6"), "lexical: must lie between 0 and 1000 (got -6)"),
        ("version = 2\n" + NUMBERS.replace("-3", "nan"), "bias: must lie between -1000 and 1000 (got nan)"),
        (
            "version = 2\n" + NUMBERS.replace("6", "2"),
            "lexical: lexical 2 is below 6 times vector 0.5: more words of the query would make a near listing",
        ),
        ("version = 2\n" + NUMBERS.replace("0.25", "1.5"), "floor: must lie between 0 and 1 (got 1.5)"),
    ],
)
def test_what_breaks_a_rule_is_refused_with_file_key_and_reason(tmp_path: Path, text: str, message: str) -> None:
    path = written(tmp_path, text)

    with pytest.raises(InvalidRelevance, match=re.escape(f"relevance {path}: {message}")):
        read_relevance(path)
