"""Judgement: a person's grade for one listing as an answer to one query. Files are TREC qrels."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from eval.trec import InvalidFile, is_id, read_columns, write_lines

COLUMNS = ("qid", "0", "listing_id", "grade")

Grades = Mapping[str, Mapping[str, int]]
"""Grade by qid, then by listing id."""


@dataclass(frozen=True, slots=True)
class Judgement:
    """How well a listing answers a query: 0 not at all, and the higher the better. Over 0 is relevant.

    Raises:
        ValueError: on construction, for an id that is empty or holds white space, or a negative grade.
    """

    qid: str
    listing_id: str
    grade: int

    def __post_init__(self) -> None:
        for name, text in (("qid", self.qid), ("listing_id", self.listing_id)):
            if not is_id(text):
                raise ValueError(f"{name} {text!r} must be one word: TREC files part their columns by white space")
        if self.grade < 0:
            raise ValueError(f"grade {self.grade} is negative; write 0 for a listing that is no answer")


def read_judgements(path: Path) -> tuple[Judgement, ...]:
    """Judgements from TREC qrels: qid, a column nobody reads, listing id, grade.

    Raises:
        InvalidFile: naming file and line: another number of columns, a grade that is no whole number from 0, a
            listing graded twice for one query; or no judgement at all.
        OSError: the file cannot be opened.
    """
    found: dict[tuple[str, str], Judgement] = {}
    for number, (qid, _, listing_id, grade) in read_columns(path, COLUMNS):
        try:
            judgement = Judgement(qid, listing_id, int(grade))
        except ValueError:
            raise InvalidFile(path, number, f"grade {grade!r} is not a whole number from 0") from None
        if (qid, listing_id) in found:
            raise InvalidFile(path, number, f"listing {listing_id} is graded a second time for query {qid}")
        found[qid, listing_id] = judgement
    if not found:
        raise InvalidFile(path, None, "holds no judgements")
    return tuple(found.values())


def write_judgements(path: Path, judgements: Iterable[Judgement]) -> None:
    """Write TREC qrels in the order given; what is written is read back the same."""
    write_lines(path, (f"{j.qid} 0 {j.listing_id} {j.grade}" for j in judgements))


def grades_of(judgements: Iterable[Judgement]) -> Grades:
    """The grades by qid and listing id."""
    grades: dict[str, dict[str, int]] = {}
    for judgement in judgements:
        grades.setdefault(judgement.qid, {})[judgement.listing_id] = judgement.grade
    return grades
