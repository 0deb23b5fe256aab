"""The term index: which terms a catalogue has, and which of them are near a query."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from eval.sample.sample import sample_listings, sample_sellers, sample_shipping, sellers_for
from indexer.build.build import build
from indexer.build.settings import CatalogueSource
from indexer.catalogue.catalogue import open_catalogue
from indexer.catalogue.records import listing_to_record
from indexer.catalogue.reference_data import read_markets, read_rates
from indexer.encoders.encoder import Vectors
from indexer.encoders.hashing import HashingEncoder
from indexer.market import ReferenceData
from indexer.open_snapshot import open_snapshot
from indexer.stores.catalogue_terms import CatalogueTerm, TermCounts, catalogue_terms, title_terms
from indexer.stores.term_index import TermIndex, write_term_index
from indexer.stores.vector import STORED_DTYPE, StoredVectors
from languages.analyse import analyse
from languages.lexicon import group
from languages.locale import LANGUAGES

NAMES = sorted({kind.name for language in LANGUAGES for kind in group("kind", language).values()})


def encode(texts: Sequence[str]) -> StoredVectors:
    return HashingEncoder().encode_queries(texts).astype(STORED_DTYPE)


@pytest.fixture(scope="module")
def bridge(tmp_path_factory: pytest.TempPathFactory) -> TermIndex:
    folder = tmp_path_factory.mktemp("bridge")
    write_term_index([CatalogueTerm(name, name, 3) for name in NAMES], encode, folder)
    return TermIndex(folder)


def test_a_title_gives_its_words_and_adjacent_pairs_with_their_lemmas() -> None:
    assert title_terms("Leather Bags, black", "en") == {
        ("leather", "leather"),
        ("bags", "bag"),
        ("black", "black"),
        ("leather bags", "leather bag"),
        ("bags black", "bag black"),
    }


def test_a_number_is_not_a_term_and_separates_its_neighbours() -> None:
    assert title_terms("Toner TN-2110 schwarz 1,5 l", "de") == {
        ("toner", "ton"),
        ("tn", "tn"),
        ("toner tn", "ton tn"),
        ("schwarz", "schwarz"),
    }


def test_a_short_run_of_an_unspaced_script_is_a_term_of_its_bigrams() -> None:
    assert title_terms("電気ケトル 1.5L", "ja") == {("電気ケトル", "電気 気ケ ケト トル")}
    assert title_terms("ステンレス製電気ケトルと急須", "ja") == set()


@given(st.sampled_from(NAMES), st.sampled_from(LANGUAGES))
def test_every_lemma_of_a_term_is_one_that_the_analysis_gives(name: str, language: str) -> None:
    analysed = {token.lemma for token in analyse(name, language).tokens}
    lemmas = {lemma for _, term_lemmas in title_terms(name, language) for lemma in term_lemmas.split()}

    assert lemmas <= analysed


def test_nearly_every_name_of_the_lexicon_has_a_term() -> None:
    without = [name for name in NAMES if not title_terms(name, "en")]

    assert len(without) < 0.05 * len(NAMES)


def test_terms_come_most_frequent_first_and_rare_ones_not_at_all() -> None:
    titles = [("red kettle", "en")] * 3 + [("blue kettle", "en")] * 4 + [("green cup", "en")] * 2
    counts = [(term.text, term.listings) for term in catalogue_terms(titles)]

    assert counts == [("kettle", 7), ("blue", 4), ("blue kettle", 4), ("red", 3), ("red kettle", 3)]
    assert [term.text for term in catalogue_terms(titles, limit=2)] == ["kettle", "blue"]


def test_one_word_of_two_languages_is_a_term_for_each_lemma() -> None:
    titles = [("laptops", "en")] * 3 + [("laptops", "nl")] * 3 + [("laptops", "uk")] * 3

    assert {(term.text, term.lemmas) for term in catalogue_terms(titles)} == {
        ("laptops", "laptop"),
        ("laptops", "laptops"),
    }


def test_counts_are_exact_while_nothing_was_dropped() -> None:
    counts = TermCounts(counters=10)
    for number in range(10):
        for _ in range(number + 1):
            counts.add([(f"t{number}", "")])
    counted = [(term.text, term.listings) for term in counts.most_common(at_least=1)]

    assert counted == [(f"t{number}", number + 1) for number in reversed(range(10))]
    assert counts.lost == 0


@given(st.lists(st.integers(0, 30), max_size=300), st.integers(2, 12))
def test_a_count_is_never_too_high_and_too_low_by_at_most_what_was_lost(stream: list[int], counters: int) -> None:
    counts = TermCounts(counters)
    for number in stream:
        counts.add([(str(number), "")])
    kept = {term.text: term.listings for term in counts.most_common(at_least=1)}

    assert len(kept) <= counters
    for number in set(stream):
        true = stream.count(number)
        assert true - counts.lost <= kept.get(str(number), 0) <= true


@given(st.lists(st.integers(1, 4), min_size=5, max_size=40), st.integers(2, 4))
def test_the_rarer_half_is_dropped_of_equals_the_first_by_text(frequencies: list[int], counters: int) -> None:
    counts = TermCounts(counters)
    counts.add({(f"{number:02d}", ""): frequency for number, frequency in enumerate(frequencies)})
    kept = sorted(((frequency, f"{number:02d}") for number, frequency in enumerate(frequencies)), reverse=True)
    kept = kept[: counters // 2]

    assert sorted(((t.listings, t.text) for t in counts.most_common(at_least=1)), reverse=True) == kept
    assert counts.lost == kept[-1][0]


def test_too_few_counters_are_refused() -> None:
    with pytest.raises(ValueError, match="at least 2 counters, got 1"):
        TermCounts(1)


def test_a_term_is_nearest_to_itself_and_above_chance(bridge: TermIndex) -> None:
    for name in NAMES[::40]:
        own = encode([name]).astype(np.float32)[0]
        nearest = bridge.nearest(own, 3)

        assert encode([nearest[0].term.text])[0] @ own == pytest.approx(
            1.0, abs=0.01
        )  # the name, or one it cannot tell
        assert [near.excess for near in nearest] == sorted((near.excess for near in nearest), reverse=True)
        assert all(near.excess > 0 for near in nearest)


def test_an_excess_is_what_a_scan_of_all_terms_gives(bridge: TermIndex) -> None:
    query = encode(["coffee"])[0].astype(np.float32)
    cosines = encode(NAMES).astype(np.float64) @ query
    excess = (cosines - cosines.mean()) / cosines.std() - np.sqrt(2 * np.log(len(NAMES)))
    nearest = bridge.nearest(query, 5)

    assert [near.excess for near in nearest] == pytest.approx(np.sort(excess[excess > 0])[::-1][:5], abs=0.01)
    assert len(nearest) > 1
    assert nearest[0].term.text == NAMES[int(excess.argmax())]


def test_a_zero_query_has_no_neighbours(bridge: TermIndex) -> None:
    assert bridge.nearest(np.zeros(256, np.float32), 10) == []


@pytest.mark.parametrize("names", [[], ["kettle"], ["kettle", "cup"]])
def test_a_catalogue_of_at_most_two_terms_gives_no_neighbours(names: list[str], tmp_path: Path) -> None:
    write_term_index([CatalogueTerm(name, name, 3) for name in names], encode, tmp_path)

    assert TermIndex(tmp_path).nearest(encode(["kettle"])[0].astype(np.float32), 10) == []


def test_a_text_of_two_lemmas_is_encoded_once(tmp_path: Path) -> None:
    seen: list[str] = []

    def counting(texts: Sequence[str]) -> StoredVectors:
        seen.extend(texts)
        return encode(texts)

    write_term_index(
        [CatalogueTerm("bags", "bag", 3), CatalogueTerm("cup", "cup", 3), CatalogueTerm("bags", "bags", 3)],
        counting,
        tmp_path,
    )
    vectors = np.load(tmp_path / "vectors.npy")

    assert seen == ["bags", "cup"]
    assert np.array_equal(vectors, encode(["bags", "cup", "bags"]))


class Counting(HashingEncoder):
    """Remembers how many texts it read as queries."""

    def __init__(self) -> None:
        super().__init__()
        self.queries = 0

    def encode_queries(self, texts: Sequence[str]) -> Vectors:
        self.queries += len(texts)
        return super().encode_queries(texts)


def test_a_second_build_encodes_no_term_that_the_first_one_has(tmp_path: Path) -> None:
    catalogue, encoder = tmp_path / "catalogue.jsonl", Counting()
    records = [orjson.dumps(listing_to_record(listing)) for listing in sample_listings(500, 7)]
    catalogue.write_bytes(b"\n".join(records) + b"\n")
    sellers = tuple(sample_sellers(sellers_for(500), 7))
    reference_data = ReferenceData(sellers, tuple(sample_shipping()), read_markets(), read_rates())
    source = CatalogueSource(str(catalogue), lambda skip: open_catalogue(catalogue, skip=skip), reference_data)
    encoded, snapshots = [], []
    for _ in range(2):
        build(source, tmp_path / "out", encoder)
        encoded.append(encoder.queries)
        snapshots.append(open_snapshot(tmp_path / "out"))
    first, second = snapshots

    assert encoded[0] == encoded[1] > 100
    assert len(first.bridge) == len(second.bridge) > 100
    assert np.array_equal(*(np.load(snapshot.folder / "bridge" / "vectors.npy") for snapshot in snapshots))
