"""The storefront page at ``/`` and its files, read when the application starts and answered from
memory.

The page is plain files in ``static/`` and uses the same HTTP API as everybody. Its words are in
``static/words.tsv`` (key, language, text), one row a cell, so that a speaker can read and correct
them.
"""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from itertools import cycle
from pathlib import Path
from typing import Any

import orjson
from fastapi import FastAPI
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.middleware.gzip import GZipMiddleware
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from languages.lexicon import group, lexicon
from languages.locale import LANGUAGES, Locale
from search.storefront.color_hex import colors_for

FOLDER = Path(__file__).parent / "static"
FALLBACK = "en"
RIGHT_TO_LEFT = ("ar", "he")
EXAMPLES_OF = ("en", "de", "ru", "ar", "hi", "zh", "ja", "ko", "th", "he")
"""Every welcome page shows one example query in each of these, besides the reader's own."""

MEDIA_TYPES = {
    ".html": "text/html; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".json": "application/json",
    ".svg": "image/svg+xml",
}
POLICY = {
    "default-src": "'none'",
    "script-src": "'self'",
    "style-src": "'self'",
    "img-src": "'self' https:",  # the pictures of listings are on their sellers' hosts
    "connect-src": "'self'",
    "base-uri": "'none'",
    "form-action": "'self'",
    "frame-ancestors": "'none'",
}
HEADERS = {
    "Content-Security-Policy": "; ".join(f"{name} {value}" for name, value in POLICY.items()),
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Cache-Control": "no-cache",  # revalidated with its ETag: page and scripts never have two versions
}
PICTURE_HEADERS = {**HEADERS, "Cache-Control": "public, max-age=86400"}
GZIP_MIN = 1_024  # bytes; below it the headers weigh as much as what is saved

Words = Mapping[str, Mapping[str, str]]
"""Key to language tag to text."""


@dataclass(frozen=True, slots=True)
class File:
    """One file of the page as it is answered."""

    body: bytes
    media_type: str
    headers: Mapping[str, str]
    etag: str

    @classmethod
    def of(cls, body: bytes, suffix: str, headers: Mapping[str, str] = HEADERS) -> File:
        """The tag is weak: a compressed body is the same file."""
        return cls(body, MEDIA_TYPES[suffix], headers, f'W/"{sha256(body).hexdigest()[:24]}"')

    def answer(self, request: Request) -> Response:
        """The file, or 304 where the browser has it."""
        headers = {**self.headers, "ETag": self.etag}
        etags = [tag.strip() for tag in request.headers.get("if-none-match", "").split(",")]
        if self.etag in etags or "*" in etags:
            return Response(status_code=304, headers=headers)
        return Response(self.body, headers=headers, media_type=self.media_type)


def add_storefront(app: FastAPI, folder: Path = FOLDER) -> None:
    """Answer ``/`` and ``/storefront/...`` with the page in `folder`.

    Everything is read here, once.

    Raises:
        ValueError: a row of ``words.tsv`` is not a key, a language and a text, or a text is given
            twice.
    """
    files = {f"/storefront/{path.name}": _file(path) for path in sorted(folder.iterdir()) if path.suffix in MEDIA_TYPES}
    files["/"] = files.pop("/storefront/index.html")
    pictures = {path.stem: _file(path, PICTURE_HEADERS) for path in sorted((folder / "pictures").glob("*.svg"))}
    words = read_words(folder / "words.tsv")
    words_by_tag = {tag: _json(words_for(words, tag, sorted(pictures))) for tag in words["language"]}
    drawings = read_drawings(folder / "drawings.tsv")
    categories_by_tag = {tag: _json(categories_for(tag, sorted(pictures), drawings)) for tag in words["language"]}
    colors = {language: _json(colors_for(language), PICTURE_HEADERS) for language in LANGUAGES}

    def choose_words(request: Request) -> File:
        return words_by_tag[_nearest(request.path_params["tag"], words_by_tag)]

    def choose_categories(request: Request) -> File:
        return categories_by_tag[_nearest(request.path_params["tag"], categories_by_tag)]

    def choose_colors(request: Request) -> File:
        return _found(colors, request.path_params["language"])

    def choose_picture(request: Request) -> File:
        return _found(pictures, request.path_params["slug"])

    for path, file in files.items():
        app.router.routes.append(_route(path, _always(file)))
    app.router.routes.append(_route("/storefront/words/{tag}.json", choose_words))
    app.router.routes.append(_route("/storefront/categories/{tag}.json", choose_categories))
    app.router.routes.append(_route("/storefront/colors/{language}.json", choose_colors))
    app.router.routes.append(_route("/storefront/pictures/{slug}.svg", choose_picture))


def read_words(path: Path) -> Words:
    """The words by key and language, in the table's order.

    Raises:
        ValueError: a row is not a key, a language and a text, or a text is given twice.
    """
    words: dict[str, dict[str, str]] = {}
    for number, line in enumerate(path.read_text("utf-8").splitlines(), start=1):
        cells = line.split("\t")
        if len(cells) != 3 or not all(cells):
            raise ValueError(f"{path.name}:{number} has {len(cells)} cells; write key, language and text, with tabs")
        key, tag, text = cells
        if tag in words.setdefault(key, {}):
            raise ValueError(f"{path.name}:{number} gives {key} in {tag} again; keep one of the two")
        words[key][tag] = text
    return words


def words_for(words: Words, tag: str, pictures: Sequence[str] = ()) -> dict[str, Any]:
    """All the start page needs to speak one language.

    Keys: ``tag``, ``dir``, ``words`` (key to text), ``languages`` (tag to its own name),
    ``categories`` (slug to translated name, of those that have a drawing of their own),
    ``examples`` (pairs of language and query), ``pictures`` (drawn slugs that are no category of
    the lexicon). The other categories are in `categories_for`.
    """
    chain = _chain(tag)
    categories = _categories(chain)
    return {
        "tag": tag,
        "dir": "rtl" if chain[-1] in RIGHT_TO_LEFT else "ltr",
        "words": {key: _first(by_tag, chain) for key, by_tag in words.items() if not key.startswith("example_")},
        "languages": words["language"],
        "categories": {name: text for name, text in categories.items() if name in pictures},
        "examples": list(_examples(words, chain)),
        "pictures": [name for name in pictures if name not in categories],
    }


def categories_for(tag: str, pictures: Sequence[str], drawings: Mapping[str, str]) -> dict[str, dict[str, str]]:
    """What the page needs to name and draw the categories that have no drawing of their own.

    Keys: ``names`` (slug to translated name), ``drawings`` (slug to the slug of the drawing that it
    shares). The page asks for them with its first results, so that the start page stays small.
    """
    english = group("category", FALLBACK)
    return {
        "names": {name: text for name, text in _categories(_chain(tag)).items() if name not in pictures},
        "drawings": {slug(english[key].name): drawing for key, drawing in drawings.items()},
    }


def read_drawings(path: Path) -> Mapping[str, str]:
    """The drawing that a category shares with another one, by ids of categories; none without the
    file.

    Raises:
        ValueError: a row is not a category of the lexicon and a drawing.
    """
    if not path.is_file():
        return {}
    known, drawings = group("category", FALLBACK), {}
    for number, line in enumerate(path.read_text("utf-8").splitlines()[1:], start=2):
        cells = line.split("\t")
        if len(cells) != 2 or cells[0] not in known or not cells[1]:
            raise ValueError(f"{path.name}:{number} is not a category of the lexicon and a drawing, with a tab between")
        drawings[cells[0]] = cells[1]
    return drawings


def _categories(chain: Sequence[str]) -> dict[str, str]:
    """The lexicon's categories and departments as this language calls them, by the slug of their
    English names.
    """
    locale, english = Locale.parse(chain[0]), lexicon(FALLBACK)
    entries = {
        f"{name}:{key}": entry
        for name in ("category", "department")
        for key, entry in group(name, locale.language).items()
    }
    return {slug(english[entry_id].name): entry.named(locale) for entry_id, entry in entries.items()}


def slug(name: str) -> str:
    """``Women's clothing`` as it stands in an address and in the name of a picture:
    ``womens_clothing``.
    """
    return re.sub(r"[^a-z]+", "_", re.sub("['’]", "", name.lower()))


def _examples(words: Words, chain: Sequence[str]) -> Iterator[tuple[str, str]]:
    """The reader's own, then one in each of some other languages."""
    examples = [by_tag for key, by_tag in words.items() if key.startswith("example_")]
    for by_tag in examples:
        yield chain[0], _first(by_tag, chain)
    others = [tag for tag in EXAMPLES_OF if tag != chain[-1]]
    for tag, by_tag in zip(others, cycle(examples), strict=False):
        if tag in by_tag:
            yield tag, by_tag[tag]


def _first(by_tag: Mapping[str, str], chain: Sequence[str]) -> str:
    return next(by_tag[tag] for tag in (*chain, FALLBACK) if tag in by_tag)


def _chain(tag: str) -> tuple[str, ...]:
    """``zh-Hant-TW`` is read as itself, then as zh-Hant, then as zh."""
    locale = Locale.parse(tag)
    script = locale.script
    if locale.language == "zh" and script is None and locale.region in ("TW", "HK", "MO"):
        script = "Hant"
    tags = (tag, f"{locale.language}-{script}", f"{locale.language}-{locale.region}", locale.language)
    return tuple(dict.fromkeys(known for known in tags if not known.endswith("None")))


def _nearest(tag: str, known: Mapping[str, object]) -> str:
    try:
        chain = _chain(tag)
    except ValueError:  # no language tag at all
        raise HTTPException(404) from None
    return next((tag for tag in chain if tag in known), FALLBACK)


def _file(path: Path, headers: Mapping[str, str] = HEADERS) -> File:
    return File.of(path.read_bytes(), path.suffix, headers)


def _json(content: Mapping[str, object], headers: Mapping[str, str] = HEADERS) -> File:
    return File.of(orjson.dumps(content), ".json", headers)


def _found(files: Mapping[str, File], name: str) -> File:
    if name not in files:
        raise HTTPException(404)
    return files[name]


def _always(file: File) -> Callable[[Request], File]:
    return lambda _: file


def _route(path: str, choose: Callable[[Request], File]) -> Route:
    async def answer(request: Request) -> Response:
        return choose(request).answer(request)

    endpoint: Callable[[Request], Awaitable[Response]] = answer
    return Route(path, endpoint, middleware=[Middleware(GZipMiddleware, minimum_size=GZIP_MIN)])
