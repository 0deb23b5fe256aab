"""Reads the items of a product feed in XML, RSS or Atom. A broken item costs one item.

Each item is parsed by itself by the standard library's ElementTree (expat). The feed's own document
type is not part of what is parsed, so that no entity of it is expanded and nothing is fetched.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from html.entities import html5
from xml.etree import ElementTree
from xml.sax.saxutils import quoteattr

from indexer.catalogue.files.jsonl import cut_file
from indexer.catalogue.files.source import Source
from indexer.catalogue.files.xml_segments import Segment, Segments
from indexer.catalogue.records import refuse
from indexer.listing import InvalidRecord, Rejected

Item = dict[str, list[str | dict[str, str]]]
"""One offer of a feed: all values of each attribute; a nested one ({country, price}) is a dict."""

PREFIXES_MAX = 100  # a hostile feed must not fill the memory with declarations
GOOGLE = "http://base.google.com/ns/1.0"
_GOOGLE = re.compile(r"^(?:https?:)?//(?:www\.)?base\.google\.com/ns/1\.0/?$", re.IGNORECASE)
_TEXTS = frozenset({"title", "description", "structured_title", "structured_description", "summary", "content"})
"""Elements whose children are HTML, not attributes of their own."""

_COMMENT = re.compile(rb"<!--.*?(?:-->|\Z)", re.DOTALL)
_NAMESPACE = re.compile(rb"""\sxmlns(?::([\w.-]+))?\s*=\s*("[^"<]*"|'[^'<]*')""")
_ENTITY = re.compile(rb"<!ENTITY\s+(?:%\s+)?([^\s\"'<>]+)")
_PREFIX = re.compile(rb"</?([A-Za-z_][\w.-]*):|\s([A-Za-z_][\w.-]*):[\w.-]+\s*=")
_SUSPECT = re.compile(r"&(?!(?:amp|lt|gt|quot|apos);)|[\x01-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")
_CONTROL = re.compile(r"[\x01-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")
_REPAIRABLE = re.compile(
    r"<!\[CDATA\[.*?\]\]>|<!--.*?-->"  # left as they are
    r"|&(?:#(\d{1,8});|#[xX]([0-9a-fA-F]{1,6});|([A-Za-z][\w.-]{0,63});)?"
    r"|<(?![A-Za-z_/!?:])",
    re.DOTALL,
)
_MARKED_UP = re.compile(
    r"(<((?:[\w.-]+:)?(?:title|description))(?:\s[^<>]*)?>)(?!\s*<!\[CDATA\[)(.*?)(</\2\s*>)", re.DOTALL
)
_XML_ENTITIES = frozenset({"amp", "lt", "gt", "quot", "apos"})


def read_xml(source: Source) -> Iterator[tuple[int, Item | Rejected]]:
    """Every ``item`` or ``entry``, numbered from 1; a cut file ends with a Rejected."""
    segments = Segments(source)
    namespaces: Namespaces | None = None
    number = 0
    for number, segment in enumerate(segments, start=1):
        namespaces = namespaces or Namespaces(segments.head)
        if segment.is_file_end:
            yield number, cut_file(number, ValueError(segment.problem))
            return
        try:
            yield number, _item(segment, namespaces)
        except InvalidRecord as error:
            yield number, refuse(number, error)
    if segments.damage:
        yield number + 1, cut_file(number + 1, ValueError(segments.damage))


class Namespaces:
    """The declarations before the first item: prefixes, and the names of entities."""

    def __init__(self, head: bytes) -> None:
        head = _COMMENT.sub(b"", head)
        self.by_prefix: dict[str, str] = {}
        for match in _NAMESPACE.finditer(head):
            if len(self.by_prefix) < PREFIXES_MAX:
                self.by_prefix[(match[1] or b"").decode("utf-8", "replace")] = match[2][1:-1].decode("utf-8", "replace")
        self.by_prefix.setdefault("g", GOOGLE)  # feeds do forget to declare it
        self.entities = frozenset(name.decode("utf-8", "replace") for name in _ENTITY.findall(head))

    def root(self) -> str:
        """The opening tag of an element that declares them."""
        names = {f"xmlns:{prefix}" if prefix else "xmlns": name for prefix, name in self.by_prefix.items()}
        return f"<feed {' '.join(f'{name}={quoteattr(value)}' for name, value in names.items())}>"

    def declare(self, text: str) -> bool:
        """Declare the prefixes in `text` that no declaration names; whether there are any."""
        prefixes = {one or two for one, two in _PREFIX.findall(text.encode("utf-8", "replace"))}
        unknown = {prefix.decode() for prefix in prefixes} - {*self.by_prefix, "xmlns", "xml"}
        if len(self.by_prefix) + len(unknown) > PREFIXES_MAX:
            return False
        self.by_prefix.update({prefix: prefix for prefix in unknown})
        return bool(unknown)


def unknown_namespaces(source: Source, size: int = 1 << 16) -> list[tuple[str, str]]:
    """The prefixes of the first items whose namespace is not Google's, with the namespace."""
    head = source.head(size)
    declared = Namespaces(head).by_prefix
    prefixes = {match.decode() for match in re.findall(rb"<([A-Za-z_][\w.-]*):(?:price|title|id)[\s>/]", head)}
    foreign = [(prefix, declared[prefix]) for prefix in sorted(prefixes & declared.keys())]
    if any(_GOOGLE.match(name) for _, name in foreign) or re.search(rb"<price[\s>]", head):
        return []
    return foreign


def _item(segment: Segment, namespaces: Namespaces) -> Item:
    """The attributes of an item.

    Raises:
        InvalidRecord: it cannot be read.
    """
    if segment.problem:
        raise InvalidRecord("record", _start(segment), segment.problem)
    try:
        text = segment.data.decode()
    except UnicodeDecodeError as error:
        reason = f"is not valid UTF-8 at byte {error.start}: name the file's encoding in its first line, "
        raise InvalidRecord("record", _start(segment), reason + 'such as <?xml encoding="windows-1252"?>') from None
    if "\x00" in text:
        raise InvalidRecord("record", _start(segment), "holds a NUL byte")
    try:
        return _attributes(_parse(text, namespaces))
    except ElementTree.ParseError as error:
        raise InvalidRecord("record", _start(segment), f"is broken XML: {error.msg}") from None
    except RecursionError:
        raise InvalidRecord("record", _start(segment), "holds elements in too many others") from None


def _start(segment: Segment) -> bytes:
    """What identifies a broken item: its id, or its beginning."""
    id_ = re.search(rb"<(?:[\w.-]+:)?id>\s*(?:<!\[CDATA\[)?([^<>\]]{1,200})", segment.data)
    return id_[1].strip() if id_ else segment.data[:200]


def _parse(text: str, namespaces: Namespaces) -> ElementTree.Element:
    """The element of an item; what can be repaired without a guess is repaired.

    Raises:
        ElementTree.ParseError: it is not XML.
        InvalidRecord: it uses an entity of the feed's own.
    """
    if _SUSPECT.search(text):
        text = _repair(text, namespaces)
    for attempt in (_as_it_is, _repair, _declare, _escape_markup):
        try:
            text = attempt(text, namespaces)
            return ElementTree.fromstring(f"{namespaces.root()}{text}</feed>")[0]
        except ElementTree.ParseError as error:
            problem = error
    raise problem


def _as_it_is(text: str, namespaces: Namespaces) -> str:
    return text


def _declare(text: str, namespaces: Namespaces) -> str:
    namespaces.declare(text)
    return text


def _repair(text: str, namespaces: Namespaces) -> str:
    """`text` with a bare ``&`` or ``<`` as text and HTML's entities as characters.

    A control character becomes a space.
    """

    def replace(match: re.Match[str]) -> str:
        whole, decimal, hexadecimal, name = match[0], match[1], match[2], match[3]
        if whole == "<":
            return "&lt;"
        if whole[0] == "<" or name in _XML_ENTITIES:
            return whole
        if decimal or hexadecimal:
            return _character(int(decimal) if decimal else int(hexadecimal, 16))
        if name and name in namespaces.entities:
            raise InvalidRecord("record", whole, "uses an entity, which is not expanded")
        character = html5.get(f"{name};") if name else None
        return "&amp;" + whole[1:] if character is None else _escaped(character)

    return _CONTROL.sub(" ", _REPAIRABLE.sub(replace, text))


def _character(code: int) -> str:
    """The character of a numeric reference; a space for one that XML does not allow."""
    is_allowed = code in (9, 10, 13) or 0x20 <= code < 0xD800 or 0xE000 <= code <= 0x10FFFF
    return _escaped(chr(code)) if is_allowed and code not in (0xFFFE, 0xFFFF) else " "


def _escaped(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def _escape_markup(text: str, namespaces: Namespaces) -> str:
    """`text` with the tags in titles and descriptions as text: a ``<br>`` is not XML."""
    return _MARKED_UP.sub(lambda match: match[1] + match[3].replace("<", "&lt;") + match[4], text)


def _attributes(item: ElementTree.Element) -> Item:
    """Google's attributes; where they lack, those without a namespace or in the item's own."""
    google: Item = {}
    plain: Item = {}
    own_space = item.tag.rpartition("}")[0]
    for child in item:
        space, _, name = child.tag.rpartition("}")
        if _is_google(space[1:]):
            into = google
        elif space in ("", own_space):
            into = plain
        else:
            continue
        into.setdefault(name, []).append(_value(name, child))
    return {**plain, **google}


def _is_google(space: str) -> bool:
    return space == GOOGLE or (space != "" and _GOOGLE.match(space) is not None)


def _value(name: str, element: ElementTree.Element) -> str | dict[str, str]:
    if not len(element):
        return (element.text or "").strip()
    if name in _TEXTS:
        return "".join(_markup(element)).strip()
    return {_local(child): text for child in element if (text := "".join(child.itertext()).strip())} or (
        "".join(element.itertext()).strip()
    )


def _local(element: ElementTree.Element) -> str:
    return element.tag.rpartition("}")[2]


def _markup(element: ElementTree.Element) -> Iterator[str]:
    """The content of an element as HTML."""
    yield _escaped(element.text or "")
    for child in element:
        yield f"<{_local(child)}>"
        yield from _markup(child)
        yield f"</{_local(child)}>{_escaped(child.tail or '')}"
