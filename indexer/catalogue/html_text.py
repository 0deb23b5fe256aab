"""Reads the text of HTML: without tags, scripts and styles, with its entities as characters."""

from __future__ import annotations

import html
import re
from functools import cache
from html.entities import html5
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import nh3

_BLOCK_NAMES = (
    "address|article|aside|blockquote|br|caption|center|dd|details|dialog|dir|div|dl|dt|fieldset|figcaption|figure|"
    "footer|form|h[1-6]|header|hgroup|hr|legend|li|main|menu|nav|ol|optgroup|option|p|pre|search|section|summary|"
    "table|tbody|td|tfoot|th|thead|tr|ul"
)
_INLINE_NAMES = (
    "a|abbr|acronym|area|audio|b|base|basefont|bdi|bdo|big|blink|body|button|canvas|cite|code|col|colgroup|data|"
    "datalist|del|dfn|em|embed|font|frame|frameset|head|html|i|iframe|img|input|ins|kbd|label|link|map|mark|marquee|"
    "math|meta|meter|nobr|noembed|noframes|noscript|object|output|param|path|picture|progress|q|rp|rt|ruby|s|samp|"
    "script|select|slot|small|source|span|strike|strong|style|sub|sup|svg|template|textarea|time|title|track|tt|u|var|"
    "video|wbr|[a-z][a-z0-9]*:[a-z]+"
)
_BLOCK = re.compile(rf"""</?(?:{_BLOCK_NAMES})(?=[\s/>])(?:[^<>"']|"[^"<]*"|'[^'<]*')*+>""", re.IGNORECASE)
_NOT_A_TAG = re.compile(rf"<(?!/?(?:{_BLOCK_NAMES}|{_INLINE_NAMES})(?=[\s/>])|!--|!doctype|\?)", re.IGNORECASE)
_CDATA = re.compile(r"<!\[CDATA\[|\]\]>")
_AMPERSAND = re.compile(r"&(#\d{1,8};|#[xX][0-9a-fA-F]{1,6};|[A-Za-z][A-Za-z0-9]{1,31};)?")
_SPACES = re.compile(r" [^\S\n]+|[^\S\n ][^\S\n]*")  # a single space stays as it is
_BREAKS = re.compile(r" ?\n[ \n]*")
_PASSES_MAX = 3  # a text escaped twice is common, one escaped three times is not


def html_text(text: str) -> str:
    """The text that a reader of `text` sees. A text without markup is given back as it is.

    A block (paragraph, line of a list, cell) begins a new line. A ``<`` that begins no tag of HTML
    is text, as in "size <10". A text that was escaped twice is unescaped twice.
    """
    if "<" not in text and "&" not in text:  # most texts
        return text
    for _ in range(_PASSES_MAX):
        plain = _once(text)
        if plain == text:
            break
        text = plain
    return text


def html_line(text: str) -> str:
    """The text of HTML on one line, for a title or a name."""
    plain = html_text(text)
    return plain if plain is text else " ".join(plain.split())


def _once(text: str) -> str:
    if "<" not in text:
        if "&" not in text or not _has_entity(text):
            return text
        return _tidy(html.unescape(_escape_ampersands(text)))
    try:
        text.encode()
    except UnicodeEncodeError:
        return text  # it is refused later, by name
    source = _CDATA.sub("", text)
    end = source.rfind(">") + 1  # a tag cannot begin after it: an unfinished one is text
    marked = _NOT_A_TAG.sub("&lt;", source[:end])
    if "<" not in marked and source is text and not _has_entity(text):
        return text
    marked = _BLOCK.sub("\n", marked + source[end:].replace("<", "&lt;"))
    return _tidy(html.unescape(_cleaner().clean(_escape_ampersands(marked))))


def _has_entity(text: str) -> bool:
    return "&" in text and ";" in text and html.unescape(_escape_ampersands(text)) != text


def _escape_ampersands(text: str) -> str:
    """`text` with ``&amp;`` for each ``&`` that begins no entity, as in "R&D; A&B"."""
    return _AMPERSAND.sub(_escape_ampersand, text) if "&" in text else text


def _escape_ampersand(match: re.Match[str]) -> str:
    name = match[1]
    is_entity = name is not None and (name[0] == "#" or name in html5)
    return match[0] if is_entity else "&amp;" + match[0][1:]


@cache
def _cleaner() -> nh3.Cleaner:
    import nh3

    return nh3.Cleaner(tags=set(), clean_content_tags={"script", "style"})


def _tidy(text: str) -> str:
    """`text` with single spaces and line ends, as a browser shows it."""
    text = _SPACES.sub(" ", text)
    return (_BREAKS.sub("\n", text) if "\n" in text else text).strip()
