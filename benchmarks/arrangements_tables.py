"""The figures of arrangements.py in Markdown, as docs/figures.md has them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from statistics import fmean
from typing import Any

from latency import PHASES

from indexer.arrangement import Arrangement

PLAIN, TOKENS, STANDARD = "plain", "peer-tokens", "peer-standard"
"""Our engine without expansions; OpenSearch's fusion of the same tokens; OpenSearch as usually set
up.
"""

Figures = dict[str, Any]


def tables(figures: Figures) -> str:
    """The figures in Markdown, as docs/figures.md has them."""
    kinds = Arrangement.OPENSEARCH.kinds
    building = [
        [kind, *(figures["building"][kind][key] for key in ("documents_s", "seconds", "writing_s"))] for kind in kinds
    ]
    size = [
        [name, *(by_kind.get(kind, "") for kind in kinds), round(sum(by_kind.values()), 1)]
        for name, by_kind in figures["bytes_a_listing"].items()
    ]
    systems = [*Arrangement, PLAIN, TOKENS, STANDARD]
    ndcg = [
        [locale, *(f"{by_system[system]:.3f}" for system in systems)]
        for locale, by_system in _with_means(figures["ndcg"]).items()
    ]
    times = figures["milliseconds"]
    phases = [*PHASES, "total"]
    by_phase = [
        [f"{name} {point}", *(times[name][phase][point] for phase in phases)]
        for name in Arrangement
        for point in ("p50", "p99")
    ]
    names = [*Arrangement, TOKENS, STANDARD]
    in_all = [
        [
            name,
            *(times[name]["total"][point] for point in ("p50", "p99")),
            *(figures["four_at_once"][name][key] for key in ("per_s", "p50", "p99")),
            *(figures[key].get(name, "") for key in ("recall_at_100", "same_first_20")),
        ]
        for name in names
    ]  # fmt: skip
    return "\n\n".join(
        (
            _table(["index", "documents/s", "seconds in all", "of which writing"], building),
            f"seconds of sending in the builds: {figures['building']['send_s']}",
            _table(["bytes a listing", *kinds, "in all"], size),
            _table(["nDCG@10", *systems], ndcg),
            _table(["milliseconds", *phases], by_phase),
            _table(["", "p50", "p99", "four at once: searches/s", "p50", "p99", "recall@100", "the same 20"], in_all),
        )
    )


def _with_means(by_locale: dict[str, dict[str, float]]) -> dict[str, dict[str, float]]:
    """`by_locale` with the means over all languages, and over all but the catalogue's."""
    others = [by_system for locale, by_system in by_locale.items() if locale != "en"]
    means = {}
    for rows in (list(by_locale.values()), others):
        means[f"mean of {len(rows)}"] = {system: fmean(row[system] for row in rows) for system in rows[0]}
    return by_locale | means


def _table(header: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    lines = [f"| {' | '.join(map(str, header))} |", "|---|" + "---:|" * (len(header) - 1)]
    return "\n".join(lines + [f"| {' | '.join(map(str, row))} |" for row in rows])
