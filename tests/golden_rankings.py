"""The golden rankings: what today's search makes of the queries in ``tests/golden/queries.tsv``.

``make golden`` writes one file a language in ``tests/golden/rankings``: each query as it is
understood, and its first results with their evidence. A change of ranking is then a diff that a
person reviews.

The numbers are the same on every machine. The catalogue has one seller and one price, so that
nothing but relevance and the buyer's language decides; the encoder has no weights, and its cosines
are exact; numbers are rounded, and listings whose scores differ by no more than noise stand in the
order of their ids.
"""

from __future__ import annotations

import csv
import math
import sys
import tempfile
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from unittest.mock import patch

import numpy as np

from indexer.build.build import build
from indexer.build.settings import BuildSettings, CatalogueSource
from indexer.catalogue.catalogue import open_catalogue
from indexer.catalogue.reference_data import read_markets, read_rates
from indexer.encoders.encoder import Vectors
from indexer.encoders.hashing import HashingEncoder
from indexer.market import ReferenceData, Seller
from indexer.snapshot.generations import generation_manifest
from languages.locale import Locale
from ranking.query import Query, QueryPart, UnderstoodQuery
from search.bootstrap import EngineSettings, open_generation
from search.engine import Engine
from search.page import Page, Result
from search.results import Ranking

GOLDEN = Path(__file__).parent / "golden"
CATALOGUE = GOLDEN / "catalogue.jsonl"
QUERIES = GOLDEN / "queries.tsv"
RANKINGS = GOLDEN / "rankings"

NOW = 1_793_491_200  # 2026-11-01, midnight UTC
SHOWN = 10
DEPTH = 40  # results that are read: those that tie with the last one shown are among them
NOISE = 1e-6
"""Scores that differ by less are equal: machines may differ in their last bits."""

EXPANSIONS_SHOWN = 6
UNSURE = 1.0 - NOISE


class ExactEncoder(HashingEncoder):
    """The hashing encoder with vectors of multiples of 2^-11.

    Products of two are multiples of 2^-22, and their sums are below 2, so a float32 has them
    exactly: a cosine is the same in whatever order a machine adds.
    """

    def _encode(self, texts: Sequence[str]) -> Vectors:
        return np.ldexp(np.rint(np.ldexp(super()._encode(texts), 11)), -11).astype(np.float32)


@dataclass(frozen=True, slots=True)
class GoldenQuery:
    """A query of the golden rankings, and what a person expects to be first."""

    locale: Locale
    text: str
    note: str


@dataclass(frozen=True, slots=True)
class Scores:
    """The evidence for one listing; 0 and NaN where an index says nothing."""

    lexical: float
    vector: float  # standard score of the cosine
    relevance: float


def read_queries(path: Path = QUERIES) -> tuple[GoldenQuery, ...]:
    """The golden queries, in the order of the file."""
    with path.open(encoding="utf-8", newline="") as lines:
        rows = csv.DictReader(lines, delimiter="\t", quoting=csv.QUOTE_NONE)
        return tuple(GoldenQuery(Locale.parse(row["locale"]), row["query"], row["note"]) for row in rows)


def open_golden_engine(folder: Path) -> Engine:
    """An engine over the golden catalogue, published in `folder`."""
    encoder = ExactEncoder()
    reference_data = ReferenceData((Seller("golden", "Golden"),), (), read_markets(), read_rates())
    source = CatalogueSource(str(CATALOGUE), lambda skip: open_catalogue(CATALOGUE, skip=skip), reference_data)
    build(source, folder, encoder, BuildSettings(encoder="hashing", max_rejected=0))
    settings = EngineSettings(threads=1)
    return open_generation(folder, generation_manifest(folder), None, settings, [encoder]).engine


def rankings(engine: Engine, queries: Iterable[GoldenQuery]) -> dict[str, str]:
    """The text of every golden file, by its name."""
    texts: dict[str, list[str]] = defaultdict(list)
    for query in queries:
        texts[f"{query.locale.language}.txt"].append("".join(f"{line}\n" for line in _lines(engine, query)))
    return {name: "\n".join(blocks) for name, blocks in sorted(texts.items())}


def write_rankings(texts: Mapping[str, str], folder: Path = RANKINGS) -> None:
    """Write the golden files, and remove those of languages without queries."""
    folder.mkdir(parents=True, exist_ok=True)
    for path in folder.glob("*.txt"):
        if path.name not in texts:
            path.unlink()
    for name, text in texts.items():
        (folder / name).write_text(text, encoding="utf-8", newline="\n")


def _lines(engine: Engine, golden: GoldenQuery) -> Iterator[str]:
    query = Query(golden.text, golden.locale, now=NOW, size=DEPTH)
    page, scores = _search(engine, query)
    yield f"{golden.locale} | {golden.text}"
    yield f"  expected: {golden.note}"
    yield from _query_lines(page.understood)
    yield f"  found {page.found}"
    answers = {result.listing_id for result in page.results}
    for rank, result in enumerate(_by_score(page)[:SHOWN], start=1):
        yield _result_line(rank, result, scores[result.listing_id], result.listing_id in answers)


def _query_lines(understood: UnderstoodQuery) -> Iterator[str]:
    shares = sorted(understood.languages.items(), key=lambda pair: (-_rounded(pair[1], 2), pair[0]))
    likely = [f"{language} {_number(share)}" for language, share in shares[:3] if share >= 0.04]
    certainty = "" if understood.certainty > UNSURE else f"  certainty {_number(understood.certainty)}"
    if understood.repairs:
        made = (f"{repair.original} > {repair.repaired} ({repair.kind})" for repair in understood.repairs)
        yield f"  repaired: {', '.join(made)}"
    yield f"  languages: {', '.join(likely) or 'none'}{certainty}"
    for part in understood.parts:
        yield _part_line(part)
        if part.meanings:
            yield f"      means: {_weights((m.entry_id, m.probability) for m in part.meanings)}"
        for source in sorted({expansion.source for expansion in part.expansions}):
            weights = ((e.text, e.weight) for e in part.expansions if e.source == source)
            yield f"      {source}: {_weights(weights)}"


def _part_line(part: QueryPart) -> str:
    certainty = "" if part.certainty > UNSURE else f"  certainty {_number(part.certainty)}"
    return f"  part: {part.text}  importance {_number(part.importance)}{certainty}"


def _weights(pairs: Iterable[tuple[str, float]]) -> str:
    """The heaviest texts with their weights; equal ones by the alphabet."""
    ordered = sorted(pairs, key=lambda pair: (-_rounded(pair[1], 2), pair[0]))
    shown = [f"{text} {_number(weight)}" for text, weight in ordered[:EXPANSIONS_SHOWN]]
    others = len(ordered) - len(shown)
    return ", ".join([*shown, f"{others} more"] if others else shown)


def _result_line(rank: int, result: Result, scores: Scores, is_answer: bool) -> str:
    kind = "answer" if is_answer else "near  "
    evidence = f"{_number(scores.relevance)}  words {_number(scores.lexical)}  vector {_number(scores.vector, 1):>4}"
    text = result.text
    return f"  {rank:>2} {kind} {evidence}  {text.locale:<7} {text.listing_id}  {text.title[:70].rstrip()}"


def _by_score(page: Page) -> list[Result]:
    """The results of a page, answers first; those of one score, but for noise, by their ids."""
    return [result for results in (page.results, page.near) for result in _without_noise(results)]


def _without_noise(results: Sequence[Result]) -> Iterator[Result]:
    ties: list[Result] = []
    for result in results:
        if ties and ties[-1].score - result.score > NOISE:
            yield from sorted(ties, key=lambda tie: tie.listing_id)
            ties = []
        ties.append(result)
    yield from sorted(ties, key=lambda tie: tie.listing_id)


def _search(engine: Engine, query: Query) -> tuple[Page, dict[str, Scores]]:
    """The page, and the evidence for each of its results by the id of the listing.

    A page has no lexical and vector scores, so the ranking is kept on its way to the page.
    """
    kept: list[Ranking] = []

    def rank(*ranked: Any) -> Ranking:
        kept.append(Engine._rank(engine, *ranked))
        return kept[-1]

    with patch.object(engine, "_rank", rank):
        page = engine.search(query)
    (ranking,) = kept
    candidates = ranking.candidates
    columns = (candidates.lexical_scores, candidates.vector_scores, ranking.blended.relevance)
    values = (Scores(*(float(column[position]) for column in columns)) for position in ranking.positions)
    return page, {result.listing_id: scores for result, scores in zip(_results(page), values, strict=False)}


def _results(page: Page) -> tuple[Result, ...]:
    return (*page.results, *page.near)


def _number(value: float, digits: int = 2) -> str:
    return "-" if math.isnan(value) else f"{_rounded(value, digits):.{digits}f}"


def _rounded(value: float, digits: int) -> float:
    """Rounded, with exact halves and the noise around them always upwards; never -0."""
    return round(value + 10 * NOISE, digits) + 0.0


def main() -> None:
    """Write the golden files."""
    with tempfile.TemporaryDirectory() as folder:
        texts = rankings(open_golden_engine(Path(folder) / "snapshot"), read_queries())
    write_rankings(texts)
    sys.stdout.write(f"{len(texts)} files in {RANKINGS}: review their diff, then commit it with the change\n")


if __name__ == "__main__":
    main()
