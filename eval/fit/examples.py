"""Examples: the judged candidates, and how much each weighs."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from eval.fit.evidence import UNJUDGED, Evidence, Ints, JudgedTopic, by_topic
from eval.fit.logistic import OneSided, fit_logistic
from ranking.candidate import Floats
from ranking.relevance import RelevanceModel

Mask = npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True, eq=False)
class Examples:
    """The evidence with its labels, all columns (n,).

    A candidate is relevant from a grade on. Candidates of which nothing is known have weight 0.
    With `keep_order` a fit changes the bias and the scale of a model alone.
    """

    evidence: Evidence
    relevant_from: int
    keep_order: bool = False

    @property
    def is_known(self) -> Mask:
        """Which candidates are judged, or not relevant because the judgements are complete."""
        known: Mask = self.evidence.grade != UNJUDGED
        return known

    @property
    def relevant(self) -> Floats:
        """1 where relevant, 0 elsewhere."""
        return (self.evidence.grade >= self.relevant_from).astype(np.float64)

    def weights(self, mask: Mask | None = None) -> Floats:
        """The weight of each candidate among those of a mask; they sum to 1.

        Each catalogue weighs the same, in it each judged query, in it each candidate. So neither a
        query in many languages nor one with many judgements decides for the others.
        """
        mask = self.is_known if mask is None else mask & self.is_known
        catalogues = _codes(self.evidence, lambda topic: topic.catalogue)
        queries = _codes(self.evidence, query_key)
        weights = np.zeros(len(self.evidence))
        per_query = np.bincount(queries[mask], minlength=queries.max(initial=0) + 1)
        weights[mask] = 1.0 / per_query[queries[mask]]  # a query weighs 1
        per_catalogue = np.bincount(catalogues[mask], weights[mask], minlength=catalogues.max(initial=0) + 1)
        weights[mask] /= per_catalogue[catalogues[mask]]
        normalised: Floats = weights / max(weights.sum(), 1e-300)
        return normalised

    def fit(self, base: RelevanceModel, mask: Mask | None = None) -> RelevanceModel:
        """The model fitted on the candidates of a mask; None is all.

        Raises:
            OneSided: they are all relevant, or none is.
        """
        mask = self.is_known if mask is None else mask & self.is_known
        weights = self.weights(mask)[mask]
        columns = self.evidence.lexical[mask], self.evidence.vector[mask]
        return fit_logistic(*columns, self.relevant[mask], weights, base, keep_order=self.keep_order)

    def predict(self, model: RelevanceModel) -> Floats:
        """The relevance of each candidate by a model.  # (n,)"""
        return model.probability(self.evidence.lexical, self.evidence.vector)


def query_key(topic: JudgedTopic) -> str:
    """The judged query of a topic, unique over catalogues."""
    return f"{topic.catalogue}\t{topic.query}"


def require_fittable(examples: Examples) -> None:
    """Check that relevant and other listings are known in every catalogue.

    Raises:
        OneSided: a catalogue has only one of them; the message says how to mend it.
    """
    catalogues = by_topic(examples.evidence, lambda topic: topic.catalogue)
    for name in examples.evidence.catalogues:
        labels = examples.relevant[examples.is_known & (catalogues == name)]
        of_grade = f"of its {len(labels):,} judged candidates {{}} relevant (grade {examples.relevant_from} or more)"
        if not labels.any():
            raise OneSided(f"{name}: {of_grade.format('none is')}; give a lower --relevant-from, or more topics")
        if labels.all():
            raise OneSided(
                f"{name}: {of_grade.format('all are')}; judge listings that do not answer, give a higher "
                "--relevant-from, or declare with --complete that every relevant listing is judged"
            )


def _codes(evidence: Evidence, value: Callable[[JudgedTopic], str]) -> Ints:
    """A property of each candidate's topic as numbers from 0.  # (n,)"""
    names: dict[str, int] = {}
    codes = [names.setdefault(value(topic), len(names)) for topic in evidence.topics]
    return np.array(codes, np.int64)[evidence.topic]
