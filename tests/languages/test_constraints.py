"""Prices and exclusions in words, in 22 languages."""

from __future__ import annotations

from collections import Counter
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from languages.constraints import tables
from languages.constraints.amounts import read_number
from languages.constraints.constraint import Constraint
from languages.constraints.matching import comparable
from languages.constraints.parse import parse
from languages.detect import detect
from languages.lexicon import lexicon
from languages.locale import LANGUAGES, Locale
from languages.normalise import normalise

_GOLDEN = Path(__file__).parent.parent / "golden" / "constraints.tsv"
ROWS = [tuple(line.split("\t")) for line in _GOLDEN.read_text("utf-8").splitlines()[1:]]


def shown(constraint: Constraint) -> str:
    """As the golden file writes it: ``price_max 20 EUR``, ``exclude deckel``."""
    if constraint.kind == "exclude":
        return f"exclude {constraint.excluded}"
    amounts = [f"{one:f}" for one in (constraint.amount_min, constraint.amount_max) if one is not None]
    return " ".join([constraint.kind, *amounts, *filter(None, [constraint.currency])])


@pytest.mark.parametrize(("language", "text", "read", "rest"), ROWS)
def test_a_speaker_reads_the_same(language: str, text: str, read: str, rest: str) -> None:
    normalised = normalise(text)
    parsed = parse(normalised, detect(normalised, Locale(language)))

    assert ("; ".join(map(shown, parsed.constraints)) or "-", parsed.rest) == (read, rest)


def test_every_language_has_rows_with_and_without_a_constraint() -> None:
    read = Counter(language for language, _, one, _ in ROWS if one != "-")
    unread = Counter(language for language, _, one, _ in ROWS if one == "-")

    assert {language for language in LANGUAGES if read[language] >= 5 and unread[language] >= 2} == set(LANGUAGES)
    assert min((read + unread).values()) >= 8


@pytest.mark.parametrize("language", LANGUAGES)
def test_what_the_lexicon_calls_things_is_no_constraint(language: str) -> None:
    texts = {normalise(text) for entry in lexicon(language).values() for text in entry.texts()}

    assert [text for text in sorted(texts) if parse(text, {language: 1.0}, "USD").constraints] == []


@pytest.mark.parametrize(
    ("text", "currency", "expected"),
    [
        ("lamp under $20", "CAD", "price_max 20 CAD"),
        ("lamp under $20", "EUR", "price_max 20 USD"),
        ("lamp under 20 pounds", "GBP", "price_max 20 GBP"),
        ("lamp under 20 kr", "NOK", "price_max 20 NOK"),
        ("lamp under 20", "JPY", "price_max 20"),
    ],
)
def test_an_ambiguous_currency_is_the_buyers(text: str, currency: str, expected: str) -> None:
    assert [shown(one) for one in parse(text, {"en": 1.0}, currency).constraints] == [expected]


@pytest.mark.parametrize(
    "text",
    [
        "dumbbell under 20 pounds",  # a weight, where nobody pays in pounds
        "under 20",
        "without lid",
        "-red",
        "under 20 €",
        "for under 20",
        "air max 90",
        "iphone 15 pro max 500 usd",
        "size under 42",
        "desk 1/2 under",
        "wh-1000 under",
        "cable under 20cm",
        "bottle under 50%",
        "toyota under 2013",
    ],
)
def test_what_is_no_constraint_stays_in_the_words(text: str) -> None:
    parsed = parse(text, {"en": 1.0}, "USD")

    assert (parsed.constraints, parsed.rest) == ((), text)


@pytest.mark.parametrize(
    ("written", "value"),
    [
        ("1.000", "1000"),
        ("1 000", "1000"),
        ("1'000", "1000"),
        ("1,000.50", "1000.50"),
        ("1.000,50", "1000.50"),
        ("2,5", "2.5"),
        ("2.5", "2.5"),
        ("1,00,000", "100000"),
        ("0.125", "0.125"),
        ("12.345.678", "12345678"),
    ],
)
def test_numbers_are_read_as_they_are_written(written: str, value: str) -> None:
    assert read_number(written) == Decimal(value)


def test_two_constraints_of_one_query_are_both_read() -> None:
    parsed = parse("topf ohne deckel unter 30 €", {"de": 1.0}, "EUR")

    assert [shown(one) for one in parsed.constraints] == ["exclude deckel", "price_max 30 EUR"]
    assert [one.text for one in parsed.constraints] == ["ohne deckel", "unter 30 €"]
    assert parsed.rest == "topf"


_WRITTEN = (
    "unter 20 €|ohne|-rot|without lid|до 1000 руб|2万円以下|20-30 €|kettle|max|under|$|बिना|없는|ไม่มี|١٠٠|не|1.000"
    "|tl'den ucuz|{n}|-|\"|ß|İ|\u200f|k|万"
)
_PIECES = st.sampled_from(_WRITTEN.split("|"))
_TEXTS = st.one_of(st.text(max_size=60), st.lists(_PIECES, max_size=8).map(" ".join))
_SHARES = st.dictionaries(st.sampled_from(LANGUAGES), st.floats(0.0, 1.0), max_size=4)


@given(_TEXTS, _SHARES, st.sampled_from([None, "EUR", "JPY", "GBP", "XXX"]))
def test_reading_never_fails_and_its_spans_are_slices_in_order(
    text: str, languages: dict[str, float], currency: str | None
) -> None:
    parsed = parse(text, languages, currency)

    assert parsed == parse(text, languages, currency)
    place = 0
    for one in parsed.constraints:
        assert place <= one.start < one.stop <= len(text)
        assert text[one.start : one.stop] == one.text
        assert one.kind == "exclude" or one.amount_min is not None or one.amount_max is not None
        assert one.excluded in one.text
        place = one.stop
    assert parsed.rest.strip() or not parsed.constraints
    assert parsed.constraints or parsed.rest == text


@given(st.text())
def test_the_compared_form_is_as_long_as_the_text(text: str) -> None:
    assert len(comparable(text)) == len(text)


def test_a_row_of_an_unknown_language_or_kind_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    row = {"language": "de", "kind": "price_maximum", "needs": "", "phrases": "unter {n}"}
    monkeypatch.setattr(tables, "read_table", lambda *_: iter([(7, row)]))

    with pytest.raises(ValueError, match=r"constraint_phrases\.tsv, line 7: de price_maximum"):
        tables._rows.__wrapped__()


def test_every_language_has_phrases_of_each_kind() -> None:
    prices = {(phrase.language, phrase.kind) for phrase in tables.price_phrases()}

    assert {
        (language, kind) for language in LANGUAGES for kind in ("price_max", "price_min", "price_between")
    } <= prices
    assert set(LANGUAGES) <= set(tables.exclusion_phrases())
