"""Problems: errors as RFC 9457 documents, from one table of exception and status.

Each is documented in ``docs/api.md`` under the last part of its type. What only an operator can mend is told to the
log; the buyer hears that it is not their fault.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import Response
from starlette.exceptions import HTTPException

from indexer.errors import FondacoError, IndexUnavailable, SnapshotMismatch, SnapshotMissing
from search.cursor import ExpiredCursor, InvalidCursor
from search.engine import UnknownListing
from search.http.translate import InvalidQuery
from search.http.wire import FieldError, Problem
from search.understand import UnknownMarket

MEDIA_TYPE = "application/problem+json"


class BodyTooLarge(Exception):
    """A body longer than the door lets in."""


class Overloaded(Exception):
    """More requests wait than could be answered in time."""


class InvalidRequest(Exception):
    """The body or the parameters have not the form of a request; stands for pydantic's errors."""


class BrokenJson(Exception):
    """The body is not JSON."""


class NotJson(Exception):
    """The body is said to be something else than JSON."""


@dataclass(frozen=True, slots=True)
class Kind:
    """One row of the table. `detail` None tells the exception's own message."""

    exception: type[Exception]
    status: int
    slug: str
    title: str
    detail: str | None = None


_LATER = "the service is not ready; ask again in some seconds"
_AGAIN = "what this page is made from does not answer now; ask again in some seconds"

KINDS: tuple[Kind, ...] = (  # the first that fits; a ValueError of no kind here is our own mistake, and a 500
    Kind(BrokenJson, 400, "broken-json", "The body is not JSON"),
    Kind(UnknownListing, 404, "unknown-listing", "There is no such listing", "no listing has the id in the path"),
    Kind(ExpiredCursor, 410, "expired-cursor", "The list is no longer held"),
    Kind(BodyTooLarge, 413, "body-too-large", "The body is too large"),
    Kind(NotJson, 415, "not-json", "The body must be JSON"),
    Kind(InvalidRequest, 422, "invalid-request", "The request has a mistake"),
    Kind(InvalidCursor, 422, "invalid-cursor", "The cursor is not one of this query"),
    Kind(UnknownMarket, 422, "unknown-market", "There is no such market"),
    Kind(InvalidQuery, 422, "invalid-query", "The query cannot be understood"),
    Kind(SnapshotMissing, 503, "snapshot-missing", "Nothing is published yet", _LATER),
    Kind(SnapshotMismatch, 503, "snapshot-mismatch", "The catalogue does not fit this service", _LATER),
    Kind(IndexUnavailable, 503, "no-index", "No index answers", _AGAIN),
    Kind(FondacoError, 503, "not-ready", "The service is not ready", _LATER),
    Kind(Overloaded, 503, "overloaded", "Too many requests wait"),
)
_OUTSIDE = {  # statuses that the framework decides
    404: ("unknown-path", "There is no such path"),
    405: ("method-not-allowed", "The path does not answer this method"),
}
_UNCAUGHT = Kind(
    Exception, 500, "internal", "Something went wrong here",
    "the mistake is ours and has been logged; name the request id when you report it",
)  # fmt: skip
_RETRY = {"Retry-After": "2"}  # seconds; with every 503


def kind_of(error: Exception) -> Kind:
    """The row of the table for an exception; the last resort for one that has none."""
    return next((kind for kind in KINDS if isinstance(error, kind.exception)), _UNCAUGHT)


def problem_response(error: Exception, instance: str, errors: Sequence[FieldError] = ()) -> Response:
    """The answer to a request that ended in `error`. `instance` is the request's path."""
    kind = kind_of(error)
    detail = kind.detail if kind.detail is not None else str(error)
    return _response(kind.slug, kind.title, kind.status, detail, instance, errors)


def install(app: FastAPI) -> None:
    """Make every error of `app` a problem. Uncaught ones are the door's to answer, once it has logged them."""
    for kind in KINDS:
        app.add_exception_handler(kind.exception, _known)
    app.add_exception_handler(RequestValidationError, _invalid)
    app.add_exception_handler(HTTPException, _outside)


async def _known(request: Request, error: Exception) -> Response:
    return problem_response(error, request.url.path)


async def _invalid(request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)
    found = error.errors()
    path = request.url.path
    if any(one["type"] == "json_invalid" for one in found):
        at, why = found[0]["loc"][-1], found[0]["ctx"]["error"]
        return problem_response(BrokenJson(f"{why} at character {at}"), path)
    kind = request.headers.get("content-type", "")
    if isinstance(error.body, bytes) and "json" not in kind:
        said = f"the body is said to be {kind[:100]!r}" if kind else "the body has no content type"
        return problem_response(NotJson(f"{said}; send it with Content-Type: application/json"), path)
    errors = [FieldError(pointer=_pointer(one["loc"]), detail=_sentence(one)) for one in found]
    detail = "; ".join(f"{one.pointer or 'body'}: {one.detail}" for one in errors[:3])
    return problem_response(InvalidRequest(detail), path, errors)


async def _outside(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    path = request.url.path
    if error.status_code == 400:  # what the framework says of a body that is not even text
        return problem_response(BrokenJson("the body cannot be read as JSON in UTF-8"), path)
    slug, title = _OUTSIDE.get(error.status_code, ("http", HTTPStatus(error.status_code).phrase))
    allowed = (error.headers or {}).get("Allow")
    detail = f"{request.method} is not answered here; use {allowed}" if allowed else f"there is nothing at {path[:200]}"
    return _response(slug, title, error.status_code, detail, path, headers=error.headers)


def _response(
    slug: str,
    title: str,
    status: int,
    detail: str,
    instance: str,
    errors: Sequence[FieldError] = (),
    headers: Mapping[str, str] | None = None,
) -> Response:
    problem = Problem(
        type=f"/problems/{slug}",
        title=title,
        status=status,
        detail=detail,
        instance=instance,
        errors=tuple(errors) or None,
    )
    more = {**(headers or {}), **(_RETRY if status == 503 else {})}
    return Response(problem.model_dump_json(exclude_none=True), status, more, MEDIA_TYPE)


def _pointer(location: tuple[int | str, ...]) -> str:
    where, *path = location
    joined = "".join(f"/{_escaped(str(part))}" for part in path if part != "[key]")
    return joined if where == "body" else f"#{where}{joined}"


def _escaped(part: str) -> str:
    """RFC 6901, 3; half a character, which UTF-8 cannot carry, is spelt out."""
    return part.replace("~", "~0").replace("/", "~1").encode("utf-8", "backslashreplace").decode()


def _sentence(error: Mapping[str, Any]) -> str:
    if error["type"] == "extra_forbidden":
        return "is not a field that is known here; see /openapi.json for those that are"
    if error["type"] == "missing":
        return "is missing"
    text = str(error["msg"])
    return text[:1].lower() + text[1:]
