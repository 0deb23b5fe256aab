"""The file that a fit writes: the model's numbers, and the record of what they were fitted on."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from eval.fit.judged_catalogue import JudgedCatalogue
from eval.fit.order_figures import OrderFigures
from eval.fit.report import FitReport
from eval.trec import write_lines
from ranking.relevance_file import LIMITS, RECORD, VERSION

_HEAD = (
    "# A relevance model that `fondaco fit` wrote: fondaco serve --relevance FILE uses it. The numbers say how",
    "# likely a listing answers a query: 1 / (1 + exp(-(bias + lexical * L + vector * (1 - L) * z))). The record",
    "# is for people.",
)


@dataclass(frozen=True, slots=True)
class FitRecord:
    """What a fit was made with. `digests` are the SHA-256 of topics and judgements, by path."""

    fitted_on: date
    fondaco: str  # the version
    candidates: int
    relevant_from: int
    keep_order: bool
    seed: int
    catalogues: tuple[JudgedCatalogue, ...]
    generations: tuple[int, ...]  # of the snapshots
    encoders: tuple[str, ...]
    digests: Mapping[str, str]


def write_relevance(path: Path, report: FitReport, record: FitRecord) -> None:
    """Write the fitted model; `read_relevance` reads the same numbers back.

    Raises:
        OSError: the file cannot be written.
    """
    numbers = [f"{key} = {_value(getattr(report.fitted, key))}" for key in LIMITS]
    write_lines(path, [*_HEAD, f"version = {VERSION}", *numbers, *_lines((RECORD,), record_table(report, record))])


def record_table(report: FitReport, record: FitRecord) -> dict[str, Any]:
    """The record: how it was fitted, the catalogues, and the figures of the cross-validation."""
    return {
        "fitted_on": record.fitted_on,
        "fondaco": record.fondaco,
        "candidates": record.candidates,
        "relevant_from": record.relevant_from,
        "keep_order": record.keep_order,
        "seed": record.seed,
        "catalogue": [_catalogue(report, record, place) for place in range(len(record.catalogues))],
        "cross_validation": [
            {
                "held_out": one.way.value,
                "catalogue": one.catalogue,
                "log_loss": round(one.fitted.log_loss, 5),
                "log_loss_before": round(one.base.log_loss, 5),
                **_figures("", one.fitted.order),
                **_figures("_before", one.base.order),
            }
            for one in report.comparisons
            if one.way is not None
        ],
    }


def _catalogue(report: FitReport, record: FitRecord, place: int) -> dict[str, Any]:
    catalogue, counts = record.catalogues[place], report.counts[place]
    return {
        "name": catalogue.name,
        "snapshot": str(catalogue.snapshot),
        "generation": record.generations[place],
        "encoder": record.encoders[place],
        "topics": str(catalogue.topics),
        "topics_sha256": record.digests[str(catalogue.topics)],
        "qrels": str(catalogue.qrels),
        "qrels_sha256": record.digests[str(catalogue.qrels)],
        "complete": catalogue.complete,
        "topics_count": counts.topics,
        "queries": counts.queries,
        "languages": counts.languages,
        "judged_candidates": counts.judged,
        "relevant_candidates": counts.relevant,
        "candidates_left_out": counts.left_out,
    }


def _figures(suffix: str, order: OrderFigures | None) -> dict[str, Any]:
    if order is None:
        return {}
    worst = order.worst
    return {
        f"ndcg{suffix}": round(order.mean, 5),
        f"ndcg_worst{suffix}": round(order.by_language[worst], 5),
        f"worst{suffix}": worst,
    }


def _lines(path: Sequence[str], table: Mapping[str, Any], *, is_item: bool = False) -> list[str]:
    """A table in TOML, its lists of tables after its values."""
    name = ".".join(path)
    lines = ["", f"[[{name}]]" if is_item else f"[{name}]"]
    lines += [f"{key} = {_value(value)}" for key, value in table.items() if not isinstance(value, list)]
    for key, value in table.items():
        if isinstance(value, list):
            lines += [line for item in value for line in _lines((*path, key), item, is_item=True)]
    return lines


def _value(value: object) -> str:
    """A value in TOML. A JSON string is one of TOML too, but for one control character."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, int | float):
        return repr(value)
    return json.dumps(str(value), ensure_ascii=False).replace("\x7f", "\\u007f")
