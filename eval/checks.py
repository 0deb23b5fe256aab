"""What an evaluation needs of its settings and files, checked before anything is measured."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from eval.figures import label_of
from eval.group_by import GroupBy
from eval.judgement import Judgement
from eval.measure import is_of_judged_share, parse_measures
from eval.run import Run
from eval.settings import EvaluationSettings
from eval.topic import Topic
from languages.locale import Locale


def measures_of(settings: EvaluationSettings) -> tuple[str, ...]:
    """The measures; where judgements are complete, without those of how much is judged.

    Raises:
        ValueError: a measure is not known, or none is left.
    """
    measures = parse_measures(settings.measures)
    if not settings.complete:
        return measures
    kept = tuple(name for name in measures if not is_of_judged_share(name))
    if not kept:
        raise ValueError(f"with complete judgements {', '.join(measures)} is always 1; name another measure")
    return kept


def home_of(topics: Sequence[Topic], settings: EvaluationSettings) -> str | None:
    """The home locale as topics write it.

    Raises:
        ValueError: no topic has it.
    """
    if settings.home is None:
        return None
    home = str(Locale.parse(settings.home))
    locales = sorted({str(topic.locale) for topic in topics})
    if home not in locales:
        raise ValueError(
            f"--home {settings.home}: no topic has this locale; the topics' locales are {', '.join(locales)}"
        )
    return home


def topics_of_kinds(topics: Sequence[Topic], kinds: Sequence[str]) -> list[Topic]:
    """The topics of some kinds; all where none is named.

    Raises:
        ValueError: no topic is of one of these kinds.
    """
    existing = {label_of(topic, GroupBy.KIND) for topic in topics}
    if unknown := sorted(set(kinds) - existing):
        raise ValueError(
            f"no topic is of kind {', '.join(unknown)}; the topics' kinds are {', '.join(sorted(existing))}"
        )
    return [topic for topic in topics if not kinds or label_of(topic, GroupBy.KIND) in kinds]


def require_answers(name: str, run: Run, topics: Sequence[Topic]) -> None:
    """Check that a run answers a topic.

    Raises:
        ValueError: it answers none; the message has an id of each.
    """
    if not any(topic.qid in run.rankings for topic in topics):
        raise ValueError(
            f"run {name} answers none of the {len(topics)} topics: it has {min(run.rankings)} ..., "
            f"they are {min(topic.qid for topic in topics)} ..."
        )


def require_judged_listings(name: str, run: Run, judgements: Sequence[Judgement]) -> None:
    """Check that a run and the judgements are of one catalogue: that they share a listing id.

    Raises:
        ValueError: they share none; the message has ids of both.
    """
    judged = {judgement.listing_id for judgement in judgements}
    found = {answer.listing_id for ranking in run.rankings.values() for answer in ranking}
    if found.isdisjoint(judged):
        raise ValueError(
            f"run {name} and the judgements share no listing id: the run has {_examples(found)}, "
            f"the judgements have {_examples(judged)}"
        )


def _examples(names: Iterable[str]) -> str:
    """The first three names."""
    return ", ".join(sorted(names)[:3])
