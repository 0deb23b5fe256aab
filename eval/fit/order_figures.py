"""OrderFigures: how well predictions order the candidates, by language."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from eval.fit.evidence import Evidence
from eval.measure import measure
from eval.run import Run
from ranking.candidate import Floats

MEASURE = "nDCG@10"
DEPTH = 10


@dataclass(frozen=True, slots=True)
class OrderFigures:
    """MEASURE by language: the mean of each language's topics."""

    by_language: Mapping[str, float]

    @property
    def mean(self) -> float:
        """The mean of the languages, each counted once."""
        return float(np.mean(list(self.by_language.values())))

    @property
    def worst(self) -> str:
        """The language with the lowest figure."""
        return min(self.by_language, key=lambda language: (self.by_language[language], language))


def order_figures(evidence: Evidence, catalogue: str, predictions: Floats) -> OrderFigures:
    """The figures of a catalogue's candidates in the order of their predictions, (n,).

    Unjudged candidates count as not relevant; relevant listings that are no candidates count in the
    best possible order. Ties keep the order of the evidence.

    Raises:
        ValueError: no topic has a relevant judgement.
    """
    topics = {place: topic for place, topic in enumerate(evidence.topics) if topic.catalogue == catalogue}
    order = np.lexsort((-predictions, evidence.topic))
    starts = np.searchsorted(evidence.topic, np.arange(len(evidence.topics) + 1))
    rankings = {
        topic.topic.qid: [
            (evidence.listing_ids[at], -float(rank))
            for rank, at in enumerate(order[starts[place] : starts[place + 1]][:DEPTH])
        ]
        for place, topic in topics.items()
    }
    of_topics = [topic.topic for topic in topics.values()]
    figures = measure(Run.ranked("fit", rankings), evidence.judgements[catalogue], of_topics, [MEASURE])
    values: dict[str, list[float]] = {}
    for topic, value in zip(figures.topics, figures.values[:, 0], strict=True):
        values.setdefault(topic.locale.language, []).append(float(value))
    return OrderFigures({language: float(np.mean(values[language])) for language in sorted(values)})
