"""EvaluationSettings: what to measure, how to group it, and what to compare with."""

from __future__ import annotations

from dataclasses import dataclass

from eval.group_by import GroupBy

DEFAULT_MEASURES = ("nDCG@10", "RR@10", "R@100", "Judged@10")


@dataclass(frozen=True, slots=True)
class EvaluationSettings:
    """How runs are evaluated.

    `measures` are names of ir_measures, as ``nDCG@10``. `kinds` keeps only topics of these kinds;
    empty keeps all. `baseline` names the run that the others are compared with. `home` is a locale:
    the mean of the other locales then gets its own row. `seed` is of shuffles, intervals and tests.
    `complete` declares that every relevant listing is judged: what has no judgement is not
    relevant, and measures of how much is judged have nothing to say.
    """

    measures: tuple[str, ...] = DEFAULT_MEASURES
    group_by: GroupBy = GroupBy.BOTH
    kinds: tuple[str, ...] = ()
    baseline: str | None = None
    home: str | None = None
    seed: int = 0
    complete: bool = False
