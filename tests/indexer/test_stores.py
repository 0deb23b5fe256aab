"""Small stores on disk, row by row: ids, vocabulary, documents and the texts that are shown."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from indexer.listing import Listing
from indexer.stores import texts, vocabulary
from indexer.stores.documents import read_documents, to_batch, write_documents
from indexer.stores.hashes import hash_texts
from indexer.stores.ids import Ids, write_ids
from indexer.stores.lexical import FIELDS, Document
from indexer.stores.listing_text import ListingText, to_document, to_passage
from indexer.stores.texts import Texts, write_texts
from indexer.stores.vocabulary import Vocabulary, write_vocabulary
from languages.locale import Locale

DOCUMENTS = [
    Document(("red", "red", "lamp", "desk"), ("Red", "Lamps"), ("brand=acme",)),
    Document(("red", "red"), ("Red", "Red")),
    Document(("desk",), (), ("brand=acme", "seller=s")),
]


def listing(number: int) -> Listing:
    return Listing(
        f"L{number}", "S", Locale("en"), f"Lamp {number}", 100, "EUR",
        brand="Acme", description="A lamp. " * 50, category=("Home", "Lamps"), attributes={"colour": "red"},
    )  # fmt: skip


def test_ids_give_the_row_of_each_id_whatever_part_it_is_in(tmp_path: Path) -> None:
    names = [f"listing {row}" for row in range(1_000)]
    write_ids([hash_texts(names[:300]), hash_texts([]), hash_texts(names[300:])], tmp_path)
    ids = Ids(tmp_path)

    assert len(ids) == 1_000
    assert ids.rows_of([*reversed(names), "absent"]) == {name: row for row, name in enumerate(names)}


def test_no_ids_give_no_rows(tmp_path: Path) -> None:
    write_ids([], tmp_path)

    assert (len(Ids(tmp_path)), Ids(tmp_path).rows_of(["a"])) == (0, {})


@pytest.mark.parametrize("distinct_max", [1, 1_000])
def test_a_vocabulary_counts_the_listings_of_each_word(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, distinct_max: int
) -> None:
    monkeypatch.setattr(vocabulary, "_DISTINCT_MAX", distinct_max)  # at 1 every document is merged by itself
    write_vocabulary(DOCUMENTS, tmp_path)
    words = Vocabulary(tmp_path)

    assert words.listings == 3
    for field in FIELDS:
        counts = Counter(word for document in DOCUMENTS for word in set(document.field(field)))
        assert {word: words.doc_freq(field, word) for word in counts} == counts
        assert words.doc_freq(field, "absent") == 0
    assert [(words.totals(field).listings, words.totals(field).tokens) for field in FIELDS] == [(3, 7), (2, 4)]


@pytest.mark.parametrize("start", range(4))
def test_documents_are_read_from_any_row(tmp_path: Path, start: int) -> None:
    write_documents(tmp_path / "documents.arrow", [to_batch(DOCUMENTS[:2]), to_batch(DOCUMENTS[2:])])

    assert list(read_documents(tmp_path / "documents.arrow", start)) == DOCUMENTS[start:]


def test_texts_are_taken_by_row_and_read_from_any_row(tmp_path: Path) -> None:
    batches = [texts.to_batch([listing(number) for number in rows]) for rows in (range(3), range(3, 10))]
    count = write_texts(tmp_path / "texts.arrow", batches)
    stored = Texts(tmp_path / "texts.arrow")
    third = ListingText(
        "L3", "S", "en", "Lamp 3", "A lamp. " * 50, "Acme", None, None, ("Home", "Lamps"), {"colour": "red"},
        None, None, False,
    )  # fmt: skip

    assert count == len(stored) == 10
    assert stored.take([3, 0, 3])[0] == stored.take([3])[0] == third
    assert [text.listing_id for text in stored.take([9, 2, 3])] == ["L9", "L2", "L3"]
    assert [name for batch in stored.ids() for name in batch] == [f"L{number}" for number in range(10)]
    for start in range(11):
        assert [text.title for text in stored.read(start)] == [f"Lamp {number}" for number in range(start, 10)]
    with pytest.raises(IndexError, match="row 10 of 10"):
        stored.take([10])


def test_the_groups_of_rows_are_read_without_their_texts(tmp_path: Path) -> None:
    groups = [None, "lamp", None, "cup", "lamp", "lamp", None]
    every = [replace(listing(number), group_id=group_id) for number, group_id in enumerate(groups)]
    write_texts(tmp_path / "texts.arrow", [texts.to_batch(every[:2]), texts.to_batch(every[2:])])
    stored = Texts(tmp_path / "texts.arrow")

    assert stored.group_ids(np.arange(7)) == [group or f"L{number}" for number, group in enumerate(groups)]
    assert stored.group_ids(np.array([5, 0, 1, 5, 3])) == ["lamp", "L0", "lamp", "lamp", "cup"]
    assert stored.group_ids(np.empty(0, np.int64)) == []
    with pytest.raises(IndexError, match="row 7 of 7"):
        stored.group_ids(np.array([7]))


def test_the_three_texts_of_a_listing_are_made_of_its_fields() -> None:
    document = to_document(listing(7))

    assert document.exact[:3] == ("lamp", "7", "acme")
    assert Counter(document.text)["lamp"] == 6 + 1 + 2 * 50  # title, category, description
    assert Counter(document.text)["home"] == 1
    assert document.filters == (
        "category=home", "category=home > lamps", "seller=s", "brand=acme", "attribute.colour=red"
    )  # fmt: skip
    assert to_passage(listing(7)) == ("Acme Lamp 7. " + "A lamp. " * 50)[:160]
