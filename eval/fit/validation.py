"""Cross-validation: what models predict of candidates that they were not fitted on."""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum

import numpy as np

from eval.fit.evidence import Evidence, JudgedTopic, by_topic
from eval.fit.examples import Examples, query_key
from eval.fit.logistic import OneSided
from ranking.candidate import Floats
from ranking.relevance import RelevanceModel

QUERY_FOLDS = 5


class Way(StrEnum):
    """What is held out: a fifth of the judged queries, a language, a catalogue."""

    QUERY = "query"
    LANGUAGE = "language"
    CATALOGUE = "catalogue"


@dataclass(frozen=True, slots=True, eq=False)
class HeldOut:
    """The predictions for each candidate by a model that knows nothing of its fold."""

    way: Way
    predictions: Floats  # (n,)
    models: Mapping[str, RelevanceModel]  # by the fold that each leaves out


def folds(evidence: Evidence, way: Way, seed: int = 0) -> dict[JudgedTopic, str]:
    """The fold of each topic.

    By query, all topics of a judged query, in whatever language, are in one of at most QUERY_FOLDS
    folds, and each fold has its share of every catalogue's queries.
    """
    if way is Way.LANGUAGE:
        return {topic: topic.topic.locale.language for topic in evidence.topics}
    if way is Way.CATALOGUE:
        return {topic: topic.catalogue for topic in evidence.topics}
    fold_of: dict[str, str] = {}
    for name in evidence.catalogues:
        queries = sorted({query_key(topic) for topic in evidence.topics if topic.catalogue == name})
        random.Random(seed).shuffle(queries)
        fold_of |= {query: str((len(fold_of) + place) % QUERY_FOLDS + 1) for place, query in enumerate(queries)}
    return {topic: fold_of[query_key(topic)] for topic in evidence.topics}


def hold_out(
    examples: Examples, way: Way, base: RelevanceModel, seed: int = 0, report: Callable[[], None] = lambda: None
) -> HeldOut:
    """Fit without each fold in turn, and predict that fold. `report` is called after each fold.

    Raises:
        OneSided: there is one fold alone, or without one nothing is relevant or everything is.
    """
    fold_of = folds(examples.evidence, way, seed)
    names = sorted(set(fold_of.values()))
    if len(names) < 2:
        raise OneSided(f"there is only one {way}")
    fold = by_topic(examples.evidence, fold_of.__getitem__)
    predictions = np.zeros(len(examples.evidence))
    models = {}
    for name in names:
        try:
            models[name] = examples.fit(base, fold != name)
        except OneSided as error:
            raise OneSided(f"without {name} {error}") from None
        predictions[fold == name] = examples.predict(models[name])[fold == name]
        report()
    return HeldOut(way, predictions, models)
