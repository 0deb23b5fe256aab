"""The table of a machine's ways to run a model, as ``fondaco encode --ways`` prints it."""

from __future__ import annotations

from pathlib import Path

from indexer.encoders.way_report import WayReport
from indexer.encoders.ways import Choice, WayFigures

BASE = "torch-f32"  # what the others are compared with

_HEADS = ("way", "texts/s", "to torch-f32", "query ms", "cosine", "lowest", "used for")


def way_table(report: WayReport, file: Path) -> str:
    """A line for each way, then where and when it was measured, and how to measure again."""
    base = next((row.listings_per_s for row in report.ways if row.way == BASE), None)
    rows = [_HEADS, *(_cells(row, base, report.choice) for row in report.ways)]
    widths = [max(len(row[column]) for row in rows) for column in range(len(_HEADS))]
    lines = ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows]
    refused = [f"{row.way} is not used: {row.refused}" for row in report.ways if row.refused]
    measured = (
        f"Measured on {report.processor} with {report.threads} threads, {report.measured_at}. "
        f"To measure again, remove the file:\n{file}"
    )
    return "\n".join([*lines, *refused, "", measured])


def _cells(row: WayFigures, base: float | None, choice: Choice) -> tuple[str, ...]:
    uses = [name for name, way in (("queries", choice.queries), ("listings", choice.listings)) if way == row.way]
    rate = row.listings_per_s
    return (
        row.way,
        "" if rate is None else f"{rate:,.0f}",
        "" if rate is None or base is None else f"{rate / base:.1f}",
        "" if row.query_ms is None else f"{row.query_ms:.1f}",
        "" if row.cosine_mean is None else f"{row.cosine_mean:.4f}",
        "" if row.cosine_min is None else f"{row.cosine_min:.4f}",
        "refused" if row.refused else ", ".join(uses),
    )
