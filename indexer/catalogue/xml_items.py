"""Reads the items of a product feed in XML, RSS or Atom, without building a tree.

Nothing is fetched and no entity is expanded. Expat is used, not lxml: its default handler reports
an entity without expanding it, and it delivers text in pieces, so that an item of any size is
rejected without holding it in memory, and reading goes on after it.
"""

from __future__ import annotations

from collections.abc import Iterator
from xml.parsers import expat

from indexer.catalogue.jsonl import cut_file
from indexer.catalogue.lines import LINE_MAX
from indexer.catalogue.records import refuse
from indexer.catalogue.source import DamagedFile, Source
from indexer.listing import InvalidRecord, Rejected

Item = dict[str, list[str | dict[str, str]]]
"""One offer of a feed: all values of each attribute; a nested one ({country, price}) is a dict."""

PREFIXES_MAX = 100  # a hostile feed must not fill the memory with declarations
GOOGLE = "http://base.google.com/ns/1.0"
_PLAIN = frozenset({"", "http://www.w3.org/2005/Atom", "http://purl.org/rss/1.0/"})


def read_xml(source: Source) -> Iterator[tuple[int, Item | Rejected]]:
    """Every ``item`` or ``entry``, numbered from 1. Invalid XML gives one Rejected and ends it."""
    feed = _Feed()
    try:
        for piece in source.pieces():
            # Expat parses a piece as a whole; small steps keep few items in memory.
            for start in range(0, len(piece), 1 << 14):
                feed.parse(piece[start : start + (1 << 14)])
                yield from feed.take()
        feed.parse(b"", last=True)
    except DamagedFile as error:
        yield from feed.take()
        yield feed.count + 1, cut_file(feed.count + 1, error)
    except expat.ExpatError as error:
        yield from feed.take()
        yield feed.count + 1, cut_file(feed.count + 1, ValueError(f"the XML is cut or broken: {error}"))
    else:
        yield from feed.take()


class _Feed:
    """The state of the parser: the position in the document, and the current item."""

    def __init__(self) -> None:
        self.count = 0
        self._items: list[tuple[int, Item | Rejected]] = []
        self._namespaces = {"": "", "g": GOOGLE}  # prefix -> namespace; some feeds do not declare g
        self._depth = 0  # elements open inside the item; 0 is the item itself
        self._bytes_parsed = 0
        self._begin()
        self._inside = False
        self._parser = self._new_parser()

    def _begin(self) -> None:
        """Start a new item."""
        self._inside = True
        self._depth = 0
        self._size = 0
        self._google: Item = {}
        self._plain: Item = {}
        self._target: Item | None = None
        self._nested: dict[str, str] = {}
        self._field = ""
        self._pieces: list[str] = []
        self._error: InvalidRecord | None = None

    def parse(self, data: bytes, last: bool = False) -> None:
        self._bytes_parsed += len(data)
        self._parser.Parse(data, last)
        # Expat holds a whole tag in memory; text comes in pieces and is cut in _text.
        if self._bytes_parsed - self._parser.CurrentByteIndex > LINE_MAX:
            raise expat.ExpatError(f"a tag or comment is longer than {LINE_MAX:,} bytes")

    def take(self) -> list[tuple[int, Item | Rejected]]:
        """The items that are complete; each is given once."""
        items = self._items
        self._items = []
        self.count = items[-1][0] if items else self.count
        return items

    def _new_parser(self) -> expat.XMLParserType:
        parser = expat.ParserCreate()
        parser.buffer_text = True
        parser.StartElementHandler = self._start
        parser.EndElementHandler = self._end
        parser.CharacterDataHandler = self._text
        parser.DefaultHandler = _nothing  # its presence stops expat from expanding entities
        parser.SkippedEntityHandler = self._entity
        # An empty external subset replaces the real one, so that an undeclared entity (&nbsp;) is
        # skipped and reported, and does not end the document.
        parser.ExternalEntityRefHandler = self._external
        parser.SetParamEntityParsing(expat.XML_PARAM_ENTITY_PARSING_ALWAYS)
        parser.UseForeignDTD(True)
        return parser

    def _external(self, context: str | None, base: str | None, system: str | None, public: str | None) -> int:
        if context is None:
            self._parser.ExternalEntityParserCreate(None).Parse(b"", True)
        else:
            self._entity(context, False)
        return 1

    def _entity(self, name: str, is_parameter: bool) -> None:
        if self._inside and self._error is None:
            self._error = InvalidRecord(self._field or "record", f"&{name};", "uses an entity, which is not expanded")

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        prefix, _, local = name.rpartition(":")
        for key, value in attributes.items():
            if (key == "xmlns" or key.startswith("xmlns:")) and len(self._namespaces) < PREFIXES_MAX:
                self._namespaces[key[6:]] = value
        if not self._inside:
            if local in ("item", "entry"):
                self._begin()
            return
        self._depth += 1
        self._size += len(name) + sum(map(len, attributes.values())) + 2
        if self._depth == 1:
            namespace = self._namespaces.get(prefix, prefix)
            self._target = self._google if namespace == GOOGLE else self._plain if namespace in _PLAIN else None
            self._field = local
            self._nested = {}
            self._pieces = []
        elif self._depth == 2:
            self._pieces = []

    def _text(self, data: str) -> None:
        if self._inside and self._depth:
            self._size += len(data.encode())
            if self._size <= LINE_MAX:
                self._pieces.append(data)

    def _end(self, name: str) -> None:
        if not self._inside:
            return
        if self._depth == 0:
            self._finish()
            return
        if self._size <= LINE_MAX and self._target is not None:
            if self._depth == 2:
                self._nested[name.rpartition(":")[2]] = "".join(self._pieces).strip()
            elif self._depth == 1:
                self._target.setdefault(self._field, []).append(self._nested or "".join(self._pieces).strip())
        self._depth -= 1

    def _finish(self) -> None:
        self._inside = False
        number = self._items[-1][0] + 1 if self._items else self.count + 1
        if self._size > LINE_MAX:
            # The id identifies it, if it came before the limit.
            item_id = (self._google.get("id") or self._plain.get("id") or [""])[0]
            self._error = InvalidRecord("record", item_id, f"is longer than {LINE_MAX:,} bytes")
        item = {**self._plain, **self._google} if self._error is None else refuse(number, self._error)
        self._items.append((number, item))


def _nothing(data: str) -> None:
    """Ignore comments, instructions and declarations: they do not describe an offer."""
