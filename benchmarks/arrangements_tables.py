"""The figures of arrangements.py in Markdown, as docs/figures.md has them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from statistics import fmean
from typing import Any

from latency import PHASES

from indexer.arrangement import Arrangement

PLAIN, TOKENS, STANDARD = "plain", "peer-tokens", "peer-standard"
"""Ours with the query's own words alone; OpenSearch's fusion of the same tokens; OpenSearch as usually set up."""

Figures = dict[str, Any]


def tables(figures: Figures) -> str:
    """The figures in Markdown, as docs/figures.md has them."""
    kinds, bytes_of = Arrangement.OPENSEARCH.kinds, figures["bytes_a_listing"]
    building = [
        [kind, *(figures["building"][kind][key] for key in ("documents_s", "seconds", "writing_s"))] for kind in kinds
    ]
    size = [
        [engines, *(of.get(kind, "") for kind in kinds), round(sum(of.values()), 1)] for engines, of in bytes_of.items()
    ]
    ways = [*Arrangement, PLAIN, TOKENS, STANDARD]
    ndcg = [[locale, *(f"{found[way]:.3f}" for way in ways)] for locale, found in _with_means(figures["ndcg"]).items()]
    rows, phases = figures["milliseconds"], [*PHASES, "total"]
    speed = [[f"{e} {p}", *(rows[e][phase][p] for phase in phases)] for e in Arrangement for p in ("p50", "p99")]
    names = [*Arrangement, TOKENS, STANDARD]
    both = [
        [
            name,
            *(rows[name]["total"][p] for p in ("p50", "p99")),
            *(figures["four_at_once"][name][key] for key in ("per_s", "p50", "p99")),
            *(figures[key].get(name, "") for key in ("recall_at_100", "same_first_20")),
        ]
        for name in names
    ]  # fmt: skip
    return "\n\n".join(
        (
            _table(["index", "documents/s", "seconds in all", "of which writing"], building),
            f"seconds of the builds' sending: {figures['building']['send_s']}",
            _table(["bytes a listing", *kinds, "in all"], size),
            _table(["nDCG@10", *ways], ndcg),
            _table(["milliseconds", *phases], speed),
            _table(["", "p50", "p99", "four at once: searches/s", "p50", "p99", "recall@100", "the same 20"], both),
        )
    )


def _with_means(by_locale: dict[str, dict[str, float]]) -> dict[str, dict[str, float]]:
    """And the means over all languages, and over all but the catalogue's."""
    others = [found for locale, found in by_locale.items() if locale != "en"]
    means = {f"mean of {len(of)}": of for of in (list(by_locale.values()), others)}
    return by_locale | {name: {way: fmean(found[way] for found in of) for way in of[0]} for name, of in means.items()}


def _table(heads: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    lines = [f"| {' | '.join(map(str, heads))} |", "|---|" + "---:|" * (len(heads) - 1)]
    return "\n".join(lines + [f"| {' | '.join(map(str, row))} |" for row in rows])
