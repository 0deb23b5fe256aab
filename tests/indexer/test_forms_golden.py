"""The example of every form: each record of it as one line, listing, rejection or left out.

``python -m tests.indexer.test_forms_golden`` is not needed to change a golden file: correct it by
hand, as a speaker of the shop's language would.
"""

from __future__ import annotations

import gzip
from pathlib import Path
from typing import Any

import orjson
import pytest

from indexer.catalogue.catalogue import Defaults, Outcome, open_catalogue
from indexer.catalogue.records import listing_to_record
from indexer.listing import LeftOut, Listing, Rejected
from languages.locale import Locale

FORMS = Path(__file__).with_name("forms")
ENGLISH = {"locale": "en-GB", "seller_id": "SHOP"}
EXAMPLES: dict[str, tuple[str, dict[str, str]]] = {
    "shopify.csv": ("shopify", {**ENGLISH, "currency": "EUR"}),
    "shopify_new_headers.csv": ("shopify", {**ENGLISH, "currency": "USD"}),
    "woocommerce.csv": ("woocommerce", {**ENGLISH, "currency": "EUR"}),
    "woocommerce_german.csv": ("woocommerce", {"locale": "de-DE", "seller_id": "LADEN", "currency": "EUR"}),
    "openai.jsonl": ("openai", {"locale": "en-US"}),
    "openai_new_fields.csv": ("openai", {"locale": "en-US"}),
    "google_brackets.tsv": ("google-tsv", {"locale": "de-DE", "seller_id": "LADEN"}),
    "google_french.tsv": ("google-tsv", {"locale": "fr-FR", "seller_id": "MAGASIN"}),
    "google_japanese.tsv": ("google-tsv", {"locale": "ja-JP", "seller_id": "MISE"}),
    "google.csv": ("google-csv", ENGLISH),
    "own_array.json": ("json", {}),
}


def defaults(given: dict[str, str]) -> Defaults:
    locale = given.get("locale")
    return Defaults(
        locale=None if locale is None else Locale.parse(locale),
        seller_id=given.get("seller_id"),
        currency=given.get("currency"),
    )


def as_json(outcome: Outcome) -> dict[str, Any]:
    if isinstance(outcome, LeftOut):
        return {"left_out": outcome.reason}
    if isinstance(outcome, Rejected):
        return {"rejected": outcome.field, "value": outcome.value, "reason": outcome.reason}
    return listing_to_record(outcome)


@pytest.mark.parametrize("name", EXAMPLES)
def test_the_example_of_a_form_gives_its_golden_listings(name: str) -> None:
    form, given = EXAMPLES[name]
    catalogue = open_catalogue(FORMS / name, defaults=defaults(given))
    outcomes = [{"record": number, **as_json(outcome)} for number, outcome in catalogue]
    golden = [orjson.loads(line) for line in (FORMS / f"{name}.golden.jsonl").read_bytes().splitlines()]

    assert outcomes == golden
    assert catalogue.form == form
    assert catalogue.bytes_read == catalogue.bytes_total


@pytest.mark.parametrize("name", EXAMPLES)
def test_the_numbers_of_a_forms_records_have_no_gap(name: str) -> None:
    catalogue = open_catalogue(FORMS / name, defaults=defaults(EXAMPLES[name][1]))
    numbers = [number for number, _ in catalogue]

    assert numbers == list(range(1, len(numbers) + 1))


@pytest.mark.parametrize("name", EXAMPLES)
def test_a_form_read_from_any_record_gives_the_same_tail(name: str) -> None:
    given = defaults(EXAMPLES[name][1])
    whole = open_catalogue(FORMS / name, defaults=given)
    outcomes = list(whole)
    for skip in range(len(outcomes) + 2):
        tail = open_catalogue(FORMS / name, defaults=given, skip=skip)

        assert list(tail) == outcomes[skip:]
        assert tail.templates == whole.templates


@pytest.mark.parametrize("name", EXAMPLES)
def test_a_form_is_recognised_without_its_name_and_compressed(tmp_path: Path, name: str) -> None:
    form, given = EXAMPLES[name]
    upload = tmp_path / "upload"
    upload.write_bytes(gzip.compress((FORMS / name).read_bytes()))
    catalogue = open_catalogue(upload, defaults=defaults(given))

    assert catalogue.form == form
    assert list(catalogue) == list(open_catalogue(FORMS / name, defaults=defaults(given)))


@pytest.mark.parametrize("name", EXAMPLES)
def test_listing_ids_of_a_form_are_unique_and_without_white_space(name: str) -> None:
    catalogue = open_catalogue(FORMS / name, defaults=defaults(EXAMPLES[name][1]))
    ids = [outcome.listing_id for _, outcome in catalogue if isinstance(outcome, Listing)]

    assert len(set(ids)) == len(ids) > 0
    assert not [listing_id for listing_id in ids if listing_id.split() != [listing_id]]
