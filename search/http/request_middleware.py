"""Request middleware: gives each request an id, bounds its body and the queue, and writes its line
in the log.
"""

from __future__ import annotations

import logging
import re
import time
import uuid
from collections.abc import Awaitable, Callable

import orjson
from fastapi import Request
from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from search.http.problems import BodyTooLarge, Overloaded, problem_response

log = logging.getLogger(__name__)

BODY_MAX = 64 * 1024  # bytes; the longest query with every filter is a fifth of it
REQUESTS_MAX = 256  # some seconds of work for one worker; who waits longer has left
HEALTH = ("/healthz", "/readyz")  # always admitted, and logged at the debug level only
_ID = re.compile(r"[\w.:/+=-]{1,100}", re.ASCII)
_LOG_FIELDS = "fondaco.log_fields"


def add_to_log(request: Request, **fields: object) -> None:
    """Add fields to the request's line in the log."""
    request.scope[_LOG_FIELDS].update(fields)


class RequestMiddleware:
    """ASGI middleware.

    It responds itself to what is too large, too much, or has failed: always as a problem.
    """

    def __init__(self, app: ASGIApp, body_max: int = BODY_MAX, requests_max: int = REQUESTS_MAX) -> None:
        self._app = app
        self._body_max = body_max
        self._requests_max = requests_max
        self._requests = 0  # in progress; one event loop a worker, so no lock

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        request_log = RequestLog(scope, send)
        scope[_LOG_FIELDS] = request_log.fields
        self._requests += 1
        try:
            await self._admit(scope, receive, request_log)
        except Exception as error:
            log.exception("request %s failed", request_log.id)
            if request_log.status:
                raise  # part of the response is sent: only closing the connection can still signal the failure
            await self._respond(error, scope, receive, request_log)
        finally:
            self._requests -= 1
            request_log.write()

    async def _admit(self, scope: Scope, receive: Receive, request_log: RequestLog) -> None:
        if self._requests > self._requests_max and scope["path"] not in HEALTH:
            busy = Overloaded(f"{self._requests_max} requests are waiting already; try again in some seconds")
            await self._respond(busy, scope, receive, request_log)
            return
        body = await self._body(scope, receive)
        if body is None:
            large = BodyTooLarge(f"a body has at most {self._body_max:,} bytes")
            await self._respond(large, scope, receive, request_log)
            return
        await self._app(scope, _replay(body, receive), request_log.send)

    async def _body(self, scope: Scope, receive: Receive) -> list[Message] | None:
        """The body's messages; None as soon as they are too large, whatever length the header
        gives.
        """
        headers = Headers(scope=scope)
        content_length = headers.get("content-length", "0")
        if content_length == "0" and "transfer-encoding" not in headers:
            return []
        if content_length.isdecimal() and int(content_length) > self._body_max:
            return None
        messages: list[Message] = []
        size = 0
        while not messages or messages[-1].get("more_body", False):
            messages.append(await receive())
            size += len(messages[-1].get("body", b""))
            if size > self._body_max:
                return None
        return messages

    async def _respond(self, error: Exception, scope: Scope, receive: Receive, request_log: RequestLog) -> None:
        await problem_response(error, scope["path"])(scope, receive, request_log.send)


class RequestLog:
    """One request from its arrival to its line in the log."""

    def __init__(self, scope: Scope, send: Send) -> None:
        given = Headers(scope=scope).get("x-request-id", "")
        self.id = given if _ID.fullmatch(given) else uuid.uuid4().hex
        self.fields: dict[str, object] = {}
        self.status = 0  # until the response has started
        self._scope = scope
        self._send = send
        self._started = time.perf_counter()

    async def send(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.status = message["status"]
            MutableHeaders(scope=message)["X-Request-ID"] = self.id
        await self._send(message)

    def write(self) -> None:
        """Log the request's one line. Values are JSON, so a query cannot forge another line."""
        level = logging.DEBUG if self._scope["path"] in HEALTH and self.status < 400 else logging.INFO
        if not log.isEnabledFor(level):
            return
        elapsed_ms = (time.perf_counter() - self._started) * 1e3
        fields = "".join(f" {name}={_json(value)}" for name, value in self.fields.items())
        path = _json(self._scope["path"]).strip('"')
        log.log(
            level, "%s %s %d %.1f ms id=%s%s", self._scope["method"], path, self.status, elapsed_ms, self.id, fields
        )


def _json(value: object) -> str:
    return orjson.dumps(value, default=str).decode("utf-8", "backslashreplace")


def _replay(messages: list[Message], receive: Receive) -> Callable[[], Awaitable[Message]]:
    """A `receive` that first gives the messages that were read already, then the connection's next
    ones.
    """
    replayed = iter(messages)

    async def next_message() -> Message:
        for message in replayed:
            return message
        return await receive()

    return next_message
