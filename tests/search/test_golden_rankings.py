"""Today's rankings are those of the golden files."""

from __future__ import annotations

import difflib
from collections import Counter

import pytest
from golden_rankings import CATALOGUE, RANKINGS, rankings, read_queries

from languages.locale import LANGUAGES
from search.engine import Engine

LINES_SHOWN = 60
QUERIES_MIN = 6


@pytest.fixture(scope="module")
def today(golden_engine: Engine) -> dict[str, str]:
    return rankings(golden_engine, read_queries())


def difference(name: str, text: str) -> str:
    """The first lines of the diff from a golden file to today's text, and what to do about it."""
    path = RANKINGS / name
    golden = path.read_text("utf-8") if path.exists() else ""
    lines = difflib.unified_diff(golden.splitlines(), text.splitlines(), f"golden/{name}", "today", n=2, lineterm="")
    shown = list(lines)
    rest = [f"... and {len(shown) - LINES_SHOWN} more lines"] if len(shown) > LINES_SHOWN else []
    head = f"The rankings of {name} have changed: run `make golden`, and review the diff that git shows."
    return "\n".join([head, *shown[:LINES_SHOWN], *rest])


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_rankings_of_a_language_are_the_golden_ones(language: str, today: dict[str, str]) -> None:
    path = RANKINGS / f"{language}.txt"
    golden = path.read_text("utf-8") if path.exists() else None

    if golden != today[path.name]:
        pytest.fail(difference(path.name, today[path.name]), pytrace=False)


def test_every_language_has_golden_queries_and_each_says_what_is_expected() -> None:
    queries = read_queries()
    counts = Counter(query.locale.language for query in queries)

    assert set(counts) == set(LANGUAGES)
    assert min(counts.values()) >= QUERIES_MIN
    assert max(Counter((str(query.locale), query.text) for query in queries).values()) == 1
    assert all(query.note for query in queries)


def test_golden_files_are_of_languages_with_queries(today: dict[str, str]) -> None:
    assert {path.name for path in RANKINGS.iterdir()} == set(today)


def test_the_golden_catalogue_is_ordered_by_id() -> None:
    lines = CATALOGUE.read_text("utf-8").splitlines()

    assert lines == sorted(lines)  # each line begins with its id: ties in a row's order are ties by id
