"""Renders a FitReport for a terminal of 80 columns, and as JSON."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict
from itertools import groupby

from eval.fit.record import FitRecord, record_table
from eval.fit.reliability import Bin
from eval.fit.report import ALL, Comparison, FitReport, Prediction
from eval.fit.validation import Way
from ranking.relevance import RelevanceModel

_NAME_WIDTH = 14
_HELD_OUT = {
    None: "nothing",
    Way.QUERY: "a fifth of queries",
    Way.LANGUAGE: "a language",
    Way.CATALOGUE: "a catalogue",
}


def terminal(report: FitReport, record: FitRecord) -> str:
    """The tables, at most 80 columns wide."""
    blocks = [
        [f"The first {record.candidates} candidates of each topic; relevant from grade {record.relevant_from}"],
        _counts(report),
        _numbers(report),
        _comparisons(report.comparisons),
        *([_reliability(report)] if report.reliability else []),
        list(report.notes),
    ]
    return "\n\n".join("\n".join(block) for block in blocks if block) + "\n"


def as_json(report: FitReport, record: FitRecord) -> str:
    """Every figure: also those by language, and the numbers without each fold."""
    content = {
        "fitted": asdict(report.fitted),
        "base": asdict(report.base),
        "alone": {name: asdict(model) for name, model in report.alone.items()},
        "folds": {way: {name: asdict(m) for name, m in models.items()} for way, models in report.folds.items()},
        "counts": [asdict(counts) for counts in report.counts],
        "comparisons": [_comparison(comparison) for comparison in report.comparisons],
        "reliability": _bins(report.reliability),
        "base_reliability": _bins(report.base_reliability),
        "notes": list(report.notes),
        "record": record_table(report, record),
    }
    return json.dumps(content, ensure_ascii=False, indent=2, default=str) + "\n"


def _counts(report: FitReport) -> list[str]:
    head = ("", "topics", "queries", "languages", "judged", "relevant", "left out")
    rows = [
        (
            _short(counts.catalogue),
            *(f"{number:,}" for number in (counts.topics, counts.queries, counts.languages, counts.judged)),
            f"{counts.relevant / counts.judged:.1%}",
            f"{counts.left_out:,}",
        )
        for counts in report.counts
    ]
    return _table([head, *rows])


def _numbers(report: FitReport) -> list[str]:
    models = {"before": report.base, "fitted": report.fitted}
    if len(report.alone) > 1:
        models |= {f"{_short(name)} alone": model for name, model in report.alone.items()}
    head = ("", "bias", "lexical", "vector", "floor")
    return _table([head, *((name, *_model(model)) for name, model in models.items())])


def _model(model: RelevanceModel) -> tuple[str, ...]:
    return f"{model.bias:.3f}", f"{model.lexical:.3f}", f"{model.vector:.3f}", f"{model.floor:.2f}"


def _comparisons(comparisons: Iterable[Comparison]) -> list[str]:
    """Log loss, then the mean of nDCG@10 over languages and the worst language's."""
    rows: list[Sequence[str]] = [
        ("", "log loss", "", "nDCG@10", "", "", ""),
        ("held out", "before", "fitted", "before", "worst", "fitted", "worst"),
    ]
    for way, group in groupby(comparisons, key=lambda one: one.way):
        rows.append((_HELD_OUT[way], *[""] * 6))
        rows += [
            (
                f"  {_short(one.catalogue)}",
                *(f"{prediction.log_loss:.4f}" for prediction in (one.base, one.fitted)),
                *_order(one.base),
                *_order(one.fitted),
            )
            for one in group
        ]
    return _table(rows)


def _order(prediction: Prediction) -> tuple[str, str]:
    order = prediction.order
    if order is None:
        return "", ""
    return f"{order.mean:.4f}", f"{order.by_language[order.worst]:.3f} {order.worst}"


def _reliability(report: FitReport) -> list[str]:
    """A table of all catalogues together, then one of each."""
    lines = ["Predictions with the query held out, and the share of relevant listings"]
    for name, bins in report.reliability.items():
        head = ("all catalogues" if name == ALL else _short(name), "candidates", "predicted", "relevant")
        rows = [(f"{one.low:.1f} to {one.high:.1f}", f"{one.count:,}", *map(_mean, _means(one))) for one in bins]
        lines += ["", *_table([head, *rows])]
    return lines


def _means(one: Bin) -> tuple[float | None, float | None]:
    return one.mean_prediction, one.relevant


def _mean(value: float | None) -> str:
    return "" if value is None else f"{value:.3f}"


def _table(rows: Sequence[Sequence[str]]) -> list[str]:
    """Columns as wide as they need: the first to the left, the others to the right."""
    from rich.cells import cell_len

    widths = [max(cell_len(row[column]) for row in rows) for column in range(len(rows[0]))]
    lines = []
    for row in rows:
        gaps = [" " * (width - cell_len(cell)) for cell, width in zip(row, widths, strict=True)]
        cells = [
            cell + gap if place == 0 else gap + cell for place, (cell, gap) in enumerate(zip(row, gaps, strict=True))
        ]
        lines.append("  ".join(cells).rstrip())
    return lines


def _short(name: str) -> str:
    from rich.cells import cell_len, set_cell_size

    return name if cell_len(name) <= _NAME_WIDTH else set_cell_size(name, _NAME_WIDTH - 1).rstrip() + "…"


def _comparison(one: Comparison) -> dict[str, object]:
    return {
        "held_out": None if one.way is None else one.way.value,
        "catalogue": one.catalogue,
        "base": _prediction(one.base),
        "fitted": _prediction(one.fitted),
    }


def _prediction(prediction: Prediction) -> dict[str, object]:
    order = prediction.order
    figures = (
        {} if order is None else {"mean": order.mean, "worst": order.worst, "by_language": dict(order.by_language)}
    )
    return {"log_loss": prediction.log_loss, "nDCG@10": figures or None}


def _bins(tables: Mapping[str, Sequence[Bin]]) -> dict[str, list[dict[str, object]]]:
    return {name: [asdict(one) for one in bins] for name, bins in tables.items()}
