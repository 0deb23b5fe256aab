"""Topic: one evaluated query, in the words and the locale of a shopper who types it."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path

from eval.trec import InvalidFile, is_id, read_lines
from languages.locale import Locale

COLUMNS = ("qid", "locale", "query")
UNKNOWN = Locale("und")  # BCP 47: undetermined


@dataclass(frozen=True, slots=True)
class Topic:
    """One query to evaluate.

    A qid may be ``judged.locale.kind``, as in ``q002.pt-BR.typo``: the judged query ``q002``, written in Brazilian
    Portuguese, with a typing error. Several topics may share the judgements of one query in this way.

    Raises:
        ValueError: on construction, for a qid that is empty or holds white space, or an empty query.
    """

    qid: str
    locale: Locale
    query: str

    def __post_init__(self) -> None:
        if not is_id(self.qid):
            raise ValueError(f"qid {self.qid!r} must be one word: TREC files part their columns by white space")
        if not self.query or self.query.isspace():
            raise ValueError(f"topic {self.qid} has an empty query")

    @property
    def judged_as(self) -> str:
        """The judged query's id that the qid says: what stands before the first dot. See `judged_id`."""
        return self.qid.partition(".")[0]

    @property
    def kind(self) -> str:
        """How it was typed (``clean``, ``typo`` ...): the qid's last part, or ``""`` when it has fewer than three."""
        parts = self.qid.split(".")
        return parts[-1] if len(parts) > 2 else ""


def judged_id(topic: Topic, judged: Collection[str]) -> str:
    """The id under which `judged` (ids of judged queries) knows this topic.

    A qid that is judged as it stands is used as it is; otherwise the part before its first dot.
    """
    return topic.qid if topic.qid in judged else topic.judged_as


def topic_of(qid: str) -> Topic:
    """A topic from its qid alone: locale and kind as the qid says, locale ``und`` where it says none.

    The query is not known and stands as the qid.
    """
    parts = qid.split(".")
    locale = UNKNOWN
    if len(parts) > 2:
        try:
            locale = Locale.parse(parts[1])
        except ValueError:
            locale = UNKNOWN
    return Topic(qid, locale, qid)


def read_topics(path: Path) -> tuple[Topic, ...]:
    """Topics from tab-separated lines under a header that names ``qid``, ``locale`` and ``query``.

    Columns may stand in any order; others are ignored. Quotes are ordinary characters.

    Raises:
        InvalidFile: naming file and line: a column missing, a row of another length, a locale that is no language
            tag, an empty query, a qid that is repeated or holds white space; or no topic at all.
        OSError: the file cannot be opened.
    """
    lines = read_lines(path)
    header = next(lines, None)
    if header is None:
        raise InvalidFile(path, None, f"is empty; its first line names the columns: {' '.join(COLUMNS)}")
    names = [name.strip() for name in header[1].split("\t")]
    missing = [name for name in COLUMNS if name not in names]
    if missing:
        raise InvalidFile(path, header[0], f"the header lacks {', '.join(missing)}; it names {', '.join(names)}")
    topics: dict[str, Topic] = {}
    for number, line in lines:
        fields = line.split("\t")
        if len(fields) != len(names):
            raise InvalidFile(path, number, f"has {len(fields)} columns, the header has {len(names)}")
        topic = _topic(path, number, dict(zip(names, fields, strict=True)))
        if topic.qid in topics:
            raise InvalidFile(path, number, f"qid {topic.qid} stands here a second time")
        topics[topic.qid] = topic
    if not topics:
        raise InvalidFile(path, None, "holds a header and no topics")
    return tuple(topics.values())


def _topic(path: Path, number: int, fields: Mapping[str, str]) -> Topic:
    try:
        return Topic(fields["qid"].strip(), Locale.parse(fields["locale"]), fields["query"].strip())
    except ValueError as problem:
        raise InvalidFile(path, number, str(problem)) from None
