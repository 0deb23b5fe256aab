"""Reads a file of synonyms: its rules, and all that is wrong with it."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from languages.analyse import Token, analyse
from languages.normalise import normalise
from languages.phrase_table import as_written
from languages.synonyms.checks import check_rules
from languages.synonyms.rule import SynonymProblem, SynonymRule, SynonymTerm
from languages.synonyms.scripts import foreign_letters, languages_of, mixed_word, script_names
from languages.synonyms.syntax import InvalidLine, WrittenRule, parse_line

TERM_MAX = 100  # characters of a word or phrase
RULES_MAX = 20_000  # of one file: some 50 MB in each worker, and four seconds to read
FILE_MAX = 5_000_000  # bytes


@dataclass(frozen=True, slots=True)
class SynonymFile:
    """The rules of one file. `digest` changes with its content."""

    language: str
    rules: tuple[SynonymRule, ...]
    digest: str


def read_file(path: Path, language: str) -> tuple[SynonymFile, tuple[SynonymProblem, ...]]:
    """The rules of a file that can be read, and what is wrong with the others.

    Raises:
        OSError: the file cannot be opened.
    """
    with path.open("rb") as file:
        content = file.read(FILE_MAX + 1)
    digest = hashlib.blake2b(content, digest_size=8).hexdigest()
    if len(content) > FILE_MAX:
        reason = f"is larger than {FILE_MAX:,} bytes; is it a file of synonyms?"
        return SynonymFile(language, (), digest), (SynonymProblem(path.name, 0, reason),)
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        reason = f"byte {content[error.start]:#04x} is not UTF-8; save the file in UTF-8"
        return SynonymFile(language, (), digest), (SynonymProblem(path.name, line, reason),)
    rules, problems = read_rules(text, language, path.name)
    return SynonymFile(language, rules, digest), problems


def read_rules(text: str, language: str, file: str) -> tuple[tuple[SynonymRule, ...], tuple[SynonymProblem, ...]]:
    """The rules of a text that can be read, and everything that is wrong with it, by line.

    Never raises. `file` is its name in the problems.
    """
    rules: list[SynonymRule] = []
    problems: list[SynonymProblem] = []
    for number, line in enumerate(text.replace("\r\n", "\n").replace("\r", "\n").split("\n"), start=1):
        try:
            written = parse_line(line)
        except InvalidLine as error:
            problems.append(SynonymProblem(file, number, str(error)))
            continue
        if written is None:
            continue
        reasons = list(_term_problems(written, language))
        problems += (SynonymProblem(file, number, reason) for reason in reasons)
        if not reasons:
            rules.append(_rule(number, written, language))
    if len(rules) > RULES_MAX:
        reason = f"is rule {RULES_MAX + 1:,} of the file, which may have {RULES_MAX:,}; remove rules that nobody types"
        problems.append(SynonymProblem(file, rules[RULES_MAX].line, reason))
    problems += (SynonymProblem(file, number, reason) for number, reason in check_rules(rules[:RULES_MAX], language))
    return tuple(rules[:RULES_MAX]), tuple(sorted(problems))


@lru_cache(maxsize=1024)  # a term is checked, then read
def read_term(text: str, language: str) -> SynonymTerm:
    """A text as the analysis reads it; without lemmas where it has no word."""
    tokens = _leading(text, [token for token in analyse(text, language).tokens if token.lemma])
    written = tuple(as_written(token.surface, token.lemma) for token in tokens)
    return SynonymTerm(text, tuple(token.lemma for token in tokens), written)


def _leading(text: str, tokens: Sequence[Token]) -> Sequence[Token]:
    """The tokens that stand in the text one after another.

    What the analysis adds at the end of a whole text (*wh1000xm5* of ``wh-1000xm5``) does not stand
    behind the same words of a longer one.
    """
    normalised = normalise(text)
    place = 0
    for count, token in enumerate(tokens):
        place = normalised.find(token.surface, place)
        if place < 0:
            return tokens[:count] or tokens
        place += len(token.surface)
    return tokens


def _rule(number: int, written: WrittenRule, language: str) -> SynonymRule:
    left, right = (tuple(read_term(text, language) for text in side) for side in (written.left, written.right))
    return SynonymRule(number, left, right)


def _term_problems(written: WrittenRule, language: str) -> Iterator[str]:
    for text in dict.fromkeys((*written.left, *written.right)):
        reason = _term_problem(text, language)
        if reason is not None:
            yield reason


def _term_problem(text: str, language: str) -> str | None:
    if len(text) > TERM_MAX:
        return f"'{text[:20]}...' has {len(text)} characters, a term at most {TERM_MAX}; write it shorter"
    if foreign := foreign_letters(text, language):
        homes = languages_of(foreign[0])
        where = f"; it may belong in {' or '.join(f'{home}.txt' for home in homes[:2])}" if homes else ""
        return (
            f"{text!r} has letters that {language!r} is not written in ({foreign[:10]}); "
            f"they must be {script_names(language)}{where}"
        )
    if word := mixed_word(text):
        return f"{word!r} mixes Cyrillic and Latin letters, which look alike; type it in one script"
    if not read_term(text, language).lemmas:
        return f"{text!r} has no letter and no digit, so nobody can search for it; remove it"
    return None
