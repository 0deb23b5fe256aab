"""Errors as problem documents (RFC 9457), from one table of exceptions and statuses.

Each is documented in ``docs/api.md`` under the last part of its type. Details that only an operator
can act on go to the log; the client learns that the request was not at fault.
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
from search.understanding.understand import UnknownMarket

MEDIA_TYPE = "application/problem+json"


class BodyTooLarge(Exception):
    """The body is longer than the service accepts."""


class Overloaded(Exception):
    """More requests are waiting than can be answered in time."""


class InvalidRequest(Exception):
    """Request validation failed; stands for pydantic's errors."""


class BrokenJson(Exception):
    """The body is not JSON."""


class NotJson(Exception):
    """The content type of the body is not JSON."""


@dataclass(frozen=True, slots=True)
class ProblemType:
    """One row of the table. `detail` None gives the exception's own message."""

    exception: type[Exception]
    status: int
    slug: str
    title: str
    detail: str | None = None

    def problem(self, detail: str, instance: str, errors: Sequence[FieldError] = ()) -> Problem:
        """The document for one error of this type; `instance` is the request's path."""
        return Problem(
            type=f"/problems/{self.slug}",
            title=self.title,
            status=self.status,
            detail=detail,
            instance=instance,
            errors=tuple(errors) or None,
        )


_LATER = "the service is not ready; try again in some seconds"
_AGAIN = "the indexes do not answer now; try again in some seconds"

PROBLEM_TYPES: tuple[ProblemType, ...] = (  # the first that fits; any other error is a bug of ours, and a 500
    ProblemType(BrokenJson, 400, "broken-json", "The body is not JSON"),
    ProblemType(
        UnknownListing, 404, "unknown-listing", "There is no such listing", "no listing has the id in the path"
    ),
    ProblemType(ExpiredCursor, 410, "expired-cursor", "The cursor has expired"),
    ProblemType(BodyTooLarge, 413, "body-too-large", "The body is too large"),
    ProblemType(NotJson, 415, "not-json", "The body must be JSON"),
    ProblemType(InvalidRequest, 422, "invalid-request", "The request has a mistake"),
    ProblemType(InvalidCursor, 422, "invalid-cursor", "The cursor is not one of this query"),
    ProblemType(UnknownMarket, 422, "unknown-market", "There is no such market"),
    ProblemType(InvalidQuery, 422, "invalid-query", "The query cannot be understood"),
    ProblemType(SnapshotMissing, 503, "snapshot-missing", "Nothing is published yet", _LATER),
    ProblemType(SnapshotMismatch, 503, "snapshot-mismatch", "The catalogue does not fit this service", _LATER),
    ProblemType(IndexUnavailable, 503, "no-index", "No index answers", _AGAIN),
    ProblemType(FondacoError, 503, "not-ready", "The service is not ready", _LATER),
    ProblemType(Overloaded, 503, "overloaded", "Too many requests wait"),
)
_FRAMEWORK = {  # statuses that the framework decides
    404: ("unknown-path", "There is no such path"),
    405: ("method-not-allowed", "The path does not answer this method"),
}
_UNCAUGHT = ProblemType(
    Exception, 500, "internal", "Something went wrong here",
    "the mistake is ours and has been logged; name the request id when you report it",
)  # fmt: skip
_RETRY = {"Retry-After": "2"}  # seconds; with every 503


def problem_type_of(error: Exception) -> ProblemType:
    """The row of the table for an exception; an internal error for one without a row."""
    return next((row for row in PROBLEM_TYPES if isinstance(error, row.exception)), _UNCAUGHT)


def problem_response(error: Exception, instance: str, errors: Sequence[FieldError] = ()) -> Response:
    """The response to a request that ended in `error`. `instance` is the request's path."""
    problem_type = problem_type_of(error)
    detail = str(error) if problem_type.detail is None else problem_type.detail
    return _response(problem_type.problem(detail, instance, errors))


def add_problem_handlers(app: FastAPI) -> None:
    """Make every error of `app` a problem.

    Uncaught ones are answered, and logged, by `RequestMiddleware`.
    """
    for problem_type in PROBLEM_TYPES:
        app.add_exception_handler(problem_type.exception, _handle_known)
    app.add_exception_handler(RequestValidationError, _handle_invalid)
    app.add_exception_handler(HTTPException, _handle_framework)


async def _handle_known(request: Request, error: Exception) -> Response:
    return problem_response(error, request.url.path)


async def _handle_invalid(request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)
    validation_errors = error.errors()
    path = request.url.path
    if any(each["type"] == "json_invalid" for each in validation_errors):
        first = validation_errors[0]
        return problem_response(BrokenJson(f"{first['ctx']['error']} at character {first['loc'][-1]}"), path)
    content_type = request.headers.get("content-type", "")
    if isinstance(error.body, bytes) and "json" not in content_type:
        found = f"the content type is {content_type[:100]!r}" if content_type else "the body has no content type"
        return problem_response(NotJson(f"{found}; send it with Content-Type: application/json"), path)
    errors = [FieldError(pointer=_pointer(each["loc"]), detail=_sentence(each)) for each in validation_errors]
    detail = "; ".join(f"{field.pointer or 'body'}: {field.detail}" for field in errors[:3])
    return problem_response(InvalidRequest(detail), path, errors)


async def _handle_framework(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    path = request.url.path
    if error.status_code == 400:  # the framework's status for a body that is not even text
        return problem_response(BrokenJson("the body cannot be read as JSON in UTF-8"), path)
    status = error.status_code
    slug, title = _FRAMEWORK.get(status, ("http", HTTPStatus(status).phrase))
    allowed = (error.headers or {}).get("Allow")
    detail = f"{request.method} is not allowed here; use {allowed}" if allowed else f"there is nothing at {path[:200]}"
    return _response(ProblemType(HTTPException, status, slug, title).problem(detail, path), error.headers)


def _response(problem: Problem, headers: Mapping[str, str] | None = None) -> Response:
    all_headers = {**(headers or {}), **(_RETRY if problem.status == 503 else {})}
    return Response(problem.model_dump_json(exclude_none=True), problem.status, all_headers, MEDIA_TYPE)


def _pointer(location: tuple[int | str, ...]) -> str:
    where, *path = location
    joined = "".join(f"/{_escaped(str(part))}" for part in path if part != "[key]")
    return joined if where == "body" else f"#{where}{joined}"


def _escaped(part: str) -> str:
    """RFC 6901, 3. Half a surrogate pair, which UTF-8 cannot encode, is spelt out."""
    return part.replace("~", "~0").replace("/", "~1").encode("utf-8", "backslashreplace").decode()


def _sentence(error: Mapping[str, Any]) -> str:
    if error["type"] == "extra_forbidden":
        return "is not a known field; see /openapi.json for those that are"
    if error["type"] == "missing":
        return "is missing"
    text = str(error["msg"])
    return text[:1].lower() + text[1:]
