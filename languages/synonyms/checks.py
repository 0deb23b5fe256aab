"""What is wrong with rules that are well written each by itself, or all together."""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Iterable, Iterator, Mapping, Sequence

from languages.synonyms.rule import SynonymRule, SynonymTerm, is_written_alike

SYNONYMS_MAX = 20
"""Of one word: each is a list of listings to read, in every search for it."""

Found = tuple[int, str]
"""A line and what is wrong there."""

_Pair = tuple[SynonymTerm, SynonymTerm]


def check_rules(rules: Sequence[SynonymRule], language: str) -> Iterator[Found]:
    """All that is wrong: words to themselves, pairs given twice, too many synonyms, circles."""
    fitting = [rule for rule in rules if _size(rule) <= SYNONYMS_MAX]
    yield from ((rule.line, _too_many(rule.left[0], _size(rule))) for rule in rules if _size(rule) > SYNONYMS_MAX)
    same = one_of_each(rules, language)
    lines: dict[_Pair, int] = {}
    for rule in fitting:
        yield from _pair_problems(rule, same, lines)
    yield from _crowded(lines)
    one_way = _one_way(fitting, same)
    yield from _circles({pair: line for pair, line in lines.items() if pair in one_way})


def one_of_each(rules: Iterable[SynonymRule], language: str) -> Mapping[SynonymTerm, SynonymTerm]:
    """Each term of the rules with the first one that is the same word or another form of it."""
    by_lemmas: dict[tuple[str, ...], list[SynonymTerm]] = defaultdict(list)
    same: dict[SynonymTerm, SynonymTerm] = {}
    for rule in rules:
        for term in (*rule.left, *rule.right):
            if term not in same:
                others = by_lemmas[term.lemmas]
                first = next(
                    (other for other in others if is_written_alike(other.written, term.written, language)), term
                )
                if first is term:
                    others.append(term)
                same[term] = first
    return same


def _size(rule: SynonymRule) -> int:
    """How many synonyms it gives to one word."""
    return len(rule.right) if rule.is_one_way else len(rule.left) - 1


def _pair_problems(
    rule: SynonymRule, same: Mapping[SynonymTerm, SynonymTerm], lines: dict[_Pair, int]
) -> Iterator[Found]:
    """Of one rule; its pairs are added to `lines`, those of the rules before."""
    told: set[frozenset[SynonymTerm]] = set()
    new: dict[_Pair, int] = {}
    for left, right in rule.pairs():
        pair = (same[left], same[right])
        if frozenset(pair) in told:
            continue
        if pair[0] == pair[1]:
            told.add(frozenset(pair))
            yield rule.line, _to_itself(left, right)
        elif pair in lines or pair in new:
            told.add(frozenset(pair))
            yield rule.line, _twice(left, right, lines.get(pair))
        else:
            new[pair] = rule.line
    lines |= new


def _to_itself(left: SynonymTerm, right: SynonymTerm) -> str:
    if left.text == right.text:
        return f"{left.text!r} is given as its own synonym; a word always finds itself: leave it out once"
    return f"{left.text!r} and {right.text!r} are read as one word, so the one finds the other: leave one out"


def _twice(left: SynonymTerm, right: SynonymTerm, line: int | None) -> str:
    where = "stands twice in this line" if line is None else f"stands in line {line} already"
    return f"that {left.text!r} also means {right.text!r} {where}; leave one out"


def _crowded(lines: Mapping[_Pair, int]) -> Iterator[Found]:
    """Words that several rules together give too many synonyms."""
    counts: dict[SynonymTerm, int] = defaultdict(int)
    for (left, _), line in lines.items():
        counts[left] += 1
        if counts[left] == SYNONYMS_MAX + 1:
            yield line, _too_many(left, counts[left])


def _too_many(term: SynonymTerm, count: int) -> str:
    return f"{term.text!r} has {count} synonyms or more, a word has at most {SYNONYMS_MAX}; keep those that buyers type"


def _one_way(rules: Iterable[SynonymRule], same: Mapping[SynonymTerm, SynonymTerm]) -> set[_Pair]:
    return {(same[left], same[right]) for rule in rules if rule.is_one_way for left, right in rule.pairs()}


def _circles(lines: Mapping[_Pair, int]) -> Iterator[Found]:
    """One-way rules that lead back to where they began, once for all that are connected so."""
    following: dict[SynonymTerm, list[SynonymTerm]] = defaultdict(list)
    for left, right in lines:
        following[left].append(right)
    for pairs in _connected(list(lines)):
        first = min(pairs, key=lambda pair: lines[pair])
        path = [first[0], *_path(first[1], first[0], following)]
        places = sorted({lines[pair] for pair in pairs})
        yield (
            lines[first],
            f"one-way rules go in a circle: {' => '.join(term.text for term in path)} "
            f"(line{'s' if len(places) > 1 else ''} {', '.join(map(str, places))}); for words that mean each other "
            f"write one line with commas: {', '.join(term.text for term in path[:-1])}",
        )


def _connected(pairs: Sequence[_Pair]) -> Iterator[list[_Pair]]:
    """The pairs that are part of a circle, by strongly connected component."""
    if not pairs:
        return
    import numpy as np
    from scipy.sparse import csr_array
    from scipy.sparse.csgraph import connected_components

    numbers = {term: number for number, term in enumerate(dict.fromkeys(term for pair in pairs for term in pair))}
    rows, columns = ([numbers[pair[side]] for pair in pairs] for side in (0, 1))
    graph = csr_array((np.ones(len(pairs), np.int8), (rows, columns)), shape=(len(numbers), len(numbers)))
    _, labels = connected_components(graph, connection="strong")
    circles: dict[int, list[_Pair]] = defaultdict(list)
    for pair, row, column in zip(pairs, rows, columns, strict=True):
        if labels[row] == labels[column]:
            circles[int(labels[row])].append(pair)
    yield from circles.values()


def _path(
    start: SynonymTerm, end: SynonymTerm, following: Mapping[SynonymTerm, Sequence[SynonymTerm]]
) -> list[SynonymTerm]:
    """The shortest way from one term to another, both included; there is one."""
    before: dict[SynonymTerm, SynonymTerm | None] = {start: None}
    waiting = deque([start])
    while end not in before:
        term = waiting.popleft()
        for successor in following.get(term, ()):
            if successor not in before:
                before[successor] = term
                waiting.append(successor)
    path: list[SynonymTerm] = []
    at: SynonymTerm | None = end
    while at is not None:
        path.append(at)
        at = before[at]
    return path[::-1]
