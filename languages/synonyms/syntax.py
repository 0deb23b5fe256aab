r"""The format of a line: Solr's, which Lucene, Elasticsearch and OpenSearch read too.

``sofa, couch`` mean each other; who types the left side of ``trainers => running shoes`` also means
the right one. A line that begins with ``#`` is a comment. A backslash makes a character of a word
of what separates words: ``\,``, ``\=>``, ``\#``, and ``\\`` for itself.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

LINE_MAX = 2_000  # characters

_PIECE = re.compile(r"\\(?P<escaped>.)|(?P<arrow>=>)|(?P<comma>,)|(?P<plain>.)", re.DOTALL)
_ESCAPED = re.compile(r"\\.", re.DOTALL)
_LOOKALIKES = {  # what is typed for a comma or an arrow, on keyboards of other scripts
    "，": ",", "、": ",", "،": ",", "﹐": ",", "->": "=>", "→": "=>", "⇒": "=>", "＝＞": "=>", "=＞": "=>", "<=": "=>",
}  # fmt: skip


class InvalidLine(ValueError):
    """A line that is no rule; the message says how to mend it."""


@dataclass(frozen=True, slots=True)
class WrittenRule:
    """The texts of a rule. `right` is () where the terms mean each other."""

    left: tuple[str, ...]
    right: tuple[str, ...] = ()


def parse_line(line: str) -> WrittenRule | None:
    """The rule of a line; None for a blank line and a comment.

    Raises:
        InvalidLine: it is no rule.
    """
    stripped = line.strip()
    if not stripped or stripped.startswith("#"):
        return None
    _check_marks(stripped)
    sides = _sides(stripped)
    if len(sides) > 2:
        raise InvalidLine("has more than one =>; write one rule a line")
    if any(not text for side in sides for text in side):
        raise InvalidLine(_empty(sides))
    if len(sides) == 1 and len(sides[0]) == 1:
        raise InvalidLine(f"{sides[0][0]!r} has no synonym; write {sides[0][0]}, OTHER or {sides[0][0]} => OTHER")
    return WrittenRule(*map(tuple, sides))


def _check_marks(line: str) -> None:
    if len(line) > LINE_MAX:
        raise InvalidLine(f"has {len(line):,} characters, at most {LINE_MAX:,} are read; write several lines")
    plain = _ESCAPED.sub("", line)
    if plain.endswith("\\"):
        raise InvalidLine(
            "ends with a backslash, which belongs before a character; remove it, or write \\\\ for itself"
        )
    if re.search(r"\s#", plain):
        raise InvalidLine("has a # after the rule; give a comment a line of its own, or write \\# for the character")
    for mark, meant in _LOOKALIKES.items():
        if mark in plain:
            raise InvalidLine(f"has {mark!r}; write {meant} between words, or \\{mark} for the character itself")


def _sides(line: str) -> list[list[str]]:
    """The texts of each side, without the backslashes; spaces inside a text count once."""
    sides = [[""]]
    for piece in _PIECE.finditer(line):
        if piece["arrow"]:
            sides.append([""])
        elif piece["comma"]:
            sides[-1].append("")
        else:
            sides[-1][-1] += piece["escaped"] or piece["plain"]
    return [[" ".join(text.split()) for text in side] for side in sides]


def _empty(sides: list[list[str]]) -> str:
    names = ("left of", "right of")
    for side, name in zip(sides, names, strict=False):
        if len(sides) > 1 and not any(side):
            return f"has nothing {name} =>; write a word there, or remove the line"
    return "has a comma with no word beside it; remove the comma, or write \\, for the character"
