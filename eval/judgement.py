"""Judgement: a person's grade for one listing as an answer to one query.

Its files are TREC qrels.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from eval.trec import InvalidFile, is_id, read_columns, write_lines

COLUMNS = ("qid", "0", "listing_id", "grade")

GRADE_MAX = 1_000_000
"""The tools count in 32 bits: figures of larger grades would be wrong."""

Grades = Mapping[str, Mapping[str, int]]
"""Grade by qid, then by listing id."""


@dataclass(frozen=True, slots=True)
class Judgement:
    """How well a listing answers a query: 0 is not at all, higher is better, over 0 is relevant.

    A negative grade is judged and not relevant too: some public qrels mark spam with -2.

    Raises:
        ValueError: on construction: an id is empty or has white space, or the grade is too large.
    """

    qid: str
    listing_id: str
    grade: int

    def __post_init__(self) -> None:
        for name, text in (("qid", self.qid), ("listing_id", self.listing_id)):
            if not is_id(text):
                raise ValueError(f"{name} {text!r} must be one word: white space separates the columns of TREC files")
        if abs(self.grade) > GRADE_MAX:
            raise ValueError(f"grade {self.grade} is not between -{GRADE_MAX:,} and {GRADE_MAX:,}")


def read_judgements(path: Path) -> tuple[Judgement, ...]:
    """Judgements from TREC qrels: qid, an ignored column, listing id, grade.

    Raises:
        InvalidFile: naming file and line: another number of columns, a grade that is not a whole
            number or too large, a listing graded twice for one query; or there is no judgement.
        OSError: the file cannot be opened.
    """
    judgements: dict[tuple[str, str], Judgement] = {}
    for number, (qid, _, listing_id, grade) in read_columns(path, COLUMNS):
        try:
            value = int(grade)
        except ValueError:
            raise InvalidFile(path, number, f"grade {grade!r} is not a whole number") from None
        try:
            judgement = Judgement(qid, listing_id, value)
        except ValueError as error:
            raise InvalidFile(path, number, str(error)) from None
        if (qid, listing_id) in judgements:
            raise InvalidFile(path, number, f"listing {listing_id} is graded twice for query {qid}")
        judgements[qid, listing_id] = judgement
    if not judgements:
        raise InvalidFile(path, None, "has no judgements")
    return tuple(judgements.values())


def write_judgements(path: Path, judgements: Iterable[Judgement]) -> None:
    """Write TREC qrels in the given order. `read_judgements` reads the same judgements back."""
    write_lines(path, (f"{judgement.qid} 0 {judgement.listing_id} {judgement.grade}" for judgement in judgements))


def grades_by_query(judgements: Iterable[Judgement]) -> Grades:
    """The grades by qid and listing id; a negative grade counts as 0."""
    grades: dict[str, dict[str, int]] = {}
    for judgement in judgements:
        grades.setdefault(judgement.qid, {})[judgement.listing_id] = max(0, judgement.grade)
    return grades
