"""Topic: one evaluated query, as a shopper types it, with its locale."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path

from eval.trec import InvalidFile, is_id, read_lines
from languages.locale import Locale

COLUMNS = ("qid", "locale", "query")
UNDETERMINED = Locale("und")  # the tag of BCP 47
SEPARATOR = "::"
"""Between the parts of a qid: public topic ids have dots, dashes and underscores, but not this."""

_DOTTED_PARTS = 3


@dataclass(frozen=True, slots=True)
class Topic:
    """One query to evaluate.

    A qid may have the form ``query::locale::kind``. ``q002::pt-BR::typo`` is the judged query
    ``q002`` in Brazilian Portuguese, with a typing error. Several topics can so share the
    judgements of one query. The former form ``q002.pt-BR.typo`` is read only where its locale is
    the topic's own and its kind a word, so that public ids such as ``10.6`` and ``2023.1`` stay
    whole.

    Raises:
        ValueError: on construction, for a qid that is empty or has white space, or an empty
            query.
    """

    qid: str
    locale: Locale
    query: str

    def __post_init__(self) -> None:
        if not is_id(self.qid):
            raise ValueError(f"qid {self.qid!r} must be one word: white space separates the columns of TREC files")
        if not self.query or self.query.isspace():
            raise ValueError(f"topic {self.qid} has an empty query")

    @property
    def judged_query(self) -> str:
        """The first part of the qid: the judged query's id, by `judged_query_of`."""
        return self._parts[0]

    @property
    def kind(self) -> str:
        """How it is typed (``clean``, ``typo``): the last of three or more parts of a qid, or
        ``""``.
        """
        return self._parts[-1] if len(self._parts) > 2 else ""

    @property
    def is_dotted(self) -> bool:
        """Whether the parts of the qid are separated by dots, as they were formerly."""
        return len(self._parts) > 1 and SEPARATOR not in self.qid

    @property
    def _parts(self) -> list[str]:
        parts = self.qid.split(SEPARATOR)
        if len(parts) == 1:
            parts = self.qid.split(".")
            if len(parts) != _DOTTED_PARTS or not (_is_tag_of(parts[1], self.locale) and parts[2].isalpha()):
                return [self.qid]
        return parts if all(parts) else [self.qid]


def _is_tag_of(tag: str, locale: Locale) -> bool:
    try:
        return Locale.parse(tag) == locale
    except ValueError:
        return False


def judged_query_of(topic: Topic, judged_queries: Collection[str]) -> str:
    """The id of the query whose judgements count for this topic.

    It is the topic's qid where `judged_queries` has it, otherwise the first part of the qid.
    """
    return topic.qid if topic.qid in judged_queries else topic.judged_query


def topic_from_qid(qid: str) -> Topic:
    """A topic from its qid alone: with the locale and the kind in the qid, or locale ``und``.

    The query is not known; the qid takes its place.
    """
    parts = qid.split(SEPARATOR)
    locale = UNDETERMINED
    if len(parts) > 2:
        try:
            locale = Locale.parse(parts[1])
        except ValueError:
            locale = UNDETERMINED
    return Topic(qid, locale, qid)


def read_topics(path: Path) -> tuple[Topic, ...]:
    """Topics from tab-separated lines, with a header that names ``qid``, ``locale`` and ``query``.

    Columns may have any order; others are ignored. Quotes are ordinary characters.

    Raises:
        InvalidFile: naming file and line: a column is missing, a row has another length, a locale
            is not a language tag, a query is empty, a qid is repeated or has white space; or there
            is no topic.
        OSError: the file cannot be opened.
    """
    lines = read_lines(path)
    header = next(lines, None)
    if header is None:
        raise InvalidFile(path, None, f"is empty; its first line names the columns: {' '.join(COLUMNS)}")
    names = [name.strip() for name in header[1].split("\t")]
    missing = [name for name in COLUMNS if name not in names]
    if missing:
        raise InvalidFile(path, header[0], f"the header lacks {', '.join(missing)}; it has {', '.join(names)}")
    topics: dict[str, Topic] = {}
    for number, line in lines:
        fields = line.split("\t")
        if len(fields) != len(names):
            raise InvalidFile(path, number, f"has {len(fields)} columns, the header has {len(names)}")
        topic = _topic(path, number, dict(zip(names, fields, strict=True)))
        if topic.qid in topics:
            raise InvalidFile(path, number, f"qid {topic.qid} is repeated")
        topics[topic.qid] = topic
    if not topics:
        raise InvalidFile(path, None, "has a header and no topics")
    return tuple(topics.values())


def _topic(path: Path, number: int, fields: Mapping[str, str]) -> Topic:
    try:
        return Topic(fields["qid"].strip(), Locale.parse(fields["locale"]), fields["query"].strip())
    except ValueError as error:
        raise InvalidFile(path, number, str(error)) from None
