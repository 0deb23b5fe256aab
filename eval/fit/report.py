"""FitReport: the fitted numbers, what they were fitted on, and how well they predict."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from eval.fit.evidence import by_topic
from eval.fit.examples import Examples, Mask, query_key, require_fittable
from eval.fit.logistic import OneSided, log_loss
from eval.fit.order_figures import OrderFigures, order_figures
from eval.fit.reliability import Bin, reliability
from eval.fit.validation import HeldOut, Way, folds, hold_out
from indexer.progress import ProgressCallback, no_progress
from ranking.candidate import Floats
from ranking.relevance import RelevanceModel

ALL = "all"
"""Of all catalogues together, each with the same weight."""


@dataclass(frozen=True, slots=True)
class CatalogueCounts:
    """What a catalogue gives to the fit."""

    catalogue: str
    topics: int
    queries: int
    languages: int
    judged: int  # candidates
    relevant: int  # of the judged ones
    left_out: int  # candidates of which nothing is known


@dataclass(frozen=True, slots=True)
class Prediction:
    """How well a model predicts a catalogue's candidates, and how it orders them.

    `order` is None for all catalogues together: their figures are not comparable.
    """

    log_loss: float
    order: OrderFigures | None


@dataclass(frozen=True, slots=True)
class Comparison:
    """The predictions of one catalogue by the base model and by fitted ones.

    `way` says what these did not know; None where nothing was held out.
    """

    way: Way | None
    catalogue: str
    base: Prediction
    fitted: Prediction


@dataclass(frozen=True, slots=True)
class FitReport:
    """All that a fit tells.

    `alone` has the numbers that each catalogue would give by itself; `folds` the numbers without
    each fold. `reliability`, by catalogue and of ALL, is of predictions with the query held out.
    """

    base: RelevanceModel
    fitted: RelevanceModel
    alone: Mapping[str, RelevanceModel]
    folds: Mapping[str, Mapping[str, RelevanceModel]]
    counts: tuple[CatalogueCounts, ...]
    comparisons: tuple[Comparison, ...]
    reliability: Mapping[str, tuple[Bin, ...]]
    base_reliability: Mapping[str, tuple[Bin, ...]]
    notes: tuple[str, ...]  # which way of holding out was not possible, and why


def fit_report(
    examples: Examples, base: RelevanceModel, seed: int = 0, progress: ProgressCallback = no_progress
) -> FitReport:
    """Fit the model and cross-validate the fit. `seed` is of the folds.

    Raises:
        OneSided: in some catalogue all candidates are relevant, or none is.
    """
    require_fittable(examples)
    names = examples.evidence.catalogues
    catalogue = by_topic(examples.evidence, lambda topic: topic.catalogue)
    alone = {name: examples.fit(base, catalogue == name) for name in names}
    fitted = examples.fit(base)
    held_out, notes = _hold_out_all(examples, base, seed, progress)
    masks = {name: catalogue == name for name in names}
    predictions: dict[Way | None, Floats] = {None: examples.predict(fitted)}
    predictions |= {one.way: one.predictions for one in held_out}
    reliable = predictions.get(Way.QUERY)
    return FitReport(
        base,
        fitted,
        alone,
        {one.way.value: one.models for one in held_out},
        tuple(_counts(examples, name, masks[name]) for name in names),
        _comparisons(examples, examples.predict(base), predictions, masks),
        {} if reliable is None else _reliability(examples, reliable, masks),
        _reliability(examples, examples.predict(base), masks),
        notes,
    )


def _hold_out_all(
    examples: Examples, base: RelevanceModel, seed: int, progress: ProgressCallback
) -> tuple[list[HeldOut], tuple[str, ...]]:
    """Every way of holding out that the examples allow, and why the others are not possible."""
    total = sum(len(set(folds(examples.evidence, way, seed).values())) for way in Way)
    done = 0

    def report() -> None:
        nonlocal done
        done += 1
        progress("fit", done, total, done)

    held_out, notes = [], []
    for way in Way:
        try:
            held_out.append(hold_out(examples, way, base, seed, report))
        except OneSided as error:
            notes.append(f"not held out by {way}: {error}")
    return held_out, tuple(notes)


def _counts(examples: Examples, name: str, mask: Mask) -> CatalogueCounts:
    topics = [topic for topic in examples.evidence.topics if topic.catalogue == name]
    known = examples.is_known & mask
    return CatalogueCounts(
        catalogue=name,
        topics=len(topics),
        queries=len({query_key(topic) for topic in topics}),
        languages=len({topic.topic.locale.language for topic in topics}),
        judged=int(np.count_nonzero(known)),
        relevant=int(examples.relevant[known].sum()),
        left_out=int(np.count_nonzero(mask & ~known)),
    )


def _comparisons(
    examples: Examples, of_base: Floats, predictions: Mapping[Way | None, Floats], masks: Mapping[str, Mask]
) -> tuple[Comparison, ...]:
    base = {name: _prediction(examples, of_base, masks, name) for name in _groups(masks)}
    return tuple(
        Comparison(way, name, base[name], _prediction(examples, values, masks, name))
        for way, values in predictions.items()
        for name in base
    )


def _prediction(examples: Examples, values: Floats, masks: Mapping[str, Mask], name: str) -> Prediction:
    weights = examples.weights(masks.get(name))
    order = order_figures(examples.evidence, name, values) if name in masks else None
    return Prediction(log_loss(values, examples.relevant, weights), order)


def _reliability(examples: Examples, values: Floats, masks: Mapping[str, Mask]) -> dict[str, tuple[Bin, ...]]:
    return {name: reliability(values, examples.relevant, examples.weights(masks.get(name))) for name in _groups(masks)}


def _groups(masks: Mapping[str, Mask]) -> Sequence[str]:
    """ALL where there are several catalogues, then each."""
    return [*([ALL] if len(masks) > 1 else []), *masks]
