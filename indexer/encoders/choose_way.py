"""Chooses how this machine runs a model: by a remembered measurement, or by measuring once."""

from __future__ import annotations

import logging
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, cast

from indexer.encoders.child import ChildFailed, run_in_child
from indexer.encoders.encoder import EncoderUnavailable
from indexer.encoders.measure_ways import measure_model
from indexer.encoders.model import Model
from indexer.encoders.processor import processor_flags, processor_name
from indexer.encoders.way_report import (
    WayReport,
    library_versions,
    measuring_lock,
    read_report,
    report_file,
    write_report,
)
from indexer.encoders.ways import Choice, WayFigures, choose, likely_way
from indexer.threads import usable_cores
from languages.cache import announce

log = logging.getLogger(__name__)


def chosen_ways(model: Model, library: str = "") -> Choice:
    """The ways for queries and listings; the first call on a machine measures them.

    `library` allows only that library's ways. Where nothing can be measured or remembered, a
    warning says so, and the processor's features decide.

    Raises:
        EncoderUnavailable: no way of `library` runs the model.
    """
    path = report_file(model)
    try:
        report = read_report(path) or _measure_once(model, path)
    except (ChildFailed, OSError) as error:
        return _likely(model, library, error)
    if not library:
        return report.choice
    choice = choose(report.ways, library)
    if choice is None:
        reasons = "; ".join(f"{row.way}: {row.refused}" for row in report.ways if row.way.startswith(library))
        raise EncoderUnavailable(f"{library} cannot run {model.name} ({reasons})")
    return choice


def measured_ways(model: Model) -> WayReport:
    """The figures of every way on this machine; measured unless they are remembered.

    Raises:
        ChildFailed: no way runs, or the process that measures was killed.
        OSError: they are not remembered, and the cache is not writable.
    """
    path = report_file(model)
    return read_report(path) or _measure_once(model, path)


def _measure_once(model: Model, path: Path) -> WayReport:
    """Measure and remember; a process that had to wait reads what the other one measured."""
    with measuring_lock():
        report = read_report(path)
        if report is None:
            report = _measure(model)
            write_report(path, report)
    return report


def _measure(model: Model) -> WayReport:
    threads = usable_cores()
    announce(f"encoder {model.name}: finding the fastest way to run it on this machine, once, in a minute or two")
    rows = run_in_child(measure_model, (model, threads), lambda text: announce(f"encoder: {text}"))
    ways = tuple(WayFigures(**row) for row in cast("list[dict[str, Any]]", rows))
    choice = choose(ways)
    if choice is None:
        raise ChildFailed("; ".join(f"{row.way}: {row.refused}" for row in ways))
    for row in ways:
        if row.refused:
            announce(f"encoder: {row.way} is not used: {row.refused}")
    by_name = {row.way: row for row in ways}
    announce(
        f"encoder: {choice.listings} for listings ({by_name[choice.listings].listings_per_s:,.0f} texts/s), "
        f"{choice.queries} for queries ({by_name[choice.queries].query_ms} ms)"
    )
    now = datetime.now(UTC).isoformat(timespec="seconds")
    return WayReport(model.name, processor_name(), library_versions(), threads, now, choice, ways)


def _likely(model: Model, library: str, error: Exception) -> Choice:
    way = "torch-f32"
    if library != "torch" and model.mean_pooling_only:
        way = likely_way(processor_flags(), _int8_at_hand(model))
    log.warning(
        "the ways to run %s could not be measured (%s); %s is used. Run 'fondaco encode --ways' once with a "
        "writable FONDACO_CACHE, or name a way in FONDACO_ENCODER_BACKEND",
        model.name, error, way,
    )  # fmt: skip
    return Choice(way, way)


def _int8_at_hand(model: Model) -> bool:
    from indexer.encoders.quantise import int8_folder

    try:
        return int8_folder(model).is_dir()
    except (ImportError, OSError):
        return False
