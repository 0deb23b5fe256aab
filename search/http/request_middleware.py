"""Request middleware: gives each request an id, bounds its body and the queue, and writes its line in the log."""

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
WAITING_MAX = 256  # some seconds of work for one worker: who waits longer has gone
HEALTH = ("/healthz", "/readyz")  # always let in, and told to the log only when it is asked to debug
_ID = re.compile(r"[\w.:/+=-]{1,100}", re.ASCII)
_FACTS = "fondaco.facts"


def note(request: Request, **facts: object) -> None:
    """Add facts to the request's line in the log."""
    request.scope[_FACTS].update(facts)


class RequestMiddleware:
    """ASGI middleware. Answers itself what is too large, too much, or has failed: always as a problem."""

    def __init__(self, app: ASGIApp, body_max: int = BODY_MAX, waiting_max: int = WAITING_MAX) -> None:
        self._app, self._body_max, self._waiting_max = app, body_max, waiting_max
        self._inside = 0  # one event loop a worker: no lock

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        visit = RequestLog(scope, send)
        scope[_FACTS] = visit.facts
        self._inside += 1
        try:
            await self._let_in(scope, receive, visit)
        except Exception as error:
            log.exception("request %s failed", visit.id)
            if visit.status:
                raise  # half an answer is out: only the connection can still say that it failed
            await self._answer(error, scope, receive, visit)
        finally:
            self._inside -= 1
            visit.tell()

    async def _let_in(self, scope: Scope, receive: Receive, visit: RequestLog) -> None:
        if self._inside > self._waiting_max and scope["path"] not in HEALTH:
            busy = Overloaded(f"{self._waiting_max} requests wait already; ask again in some seconds")
            await self._answer(busy, scope, receive, visit)
            return
        body = await self._body(scope, receive)
        if body is None:
            large = BodyTooLarge(f"a body has at most {self._body_max:,} bytes")
            await self._answer(large, scope, receive, visit)
            return
        await self._app(scope, _replay(body, receive), visit.send)

    async def _body(self, scope: Scope, receive: Receive) -> list[Message] | None:
        """The body's messages; None as soon as they are too large, whatever the length that was promised."""
        headers = Headers(scope=scope)
        promised = headers.get("content-length", "0")
        if promised == "0" and "transfer-encoding" not in headers:
            return []
        if promised.isdecimal() and int(promised) > self._body_max:
            return None
        messages: list[Message] = []
        size = 0
        while not messages or messages[-1].get("more_body", False):
            messages.append(await receive())
            size += len(messages[-1].get("body", b""))
            if size > self._body_max:
                return None
        return messages

    async def _answer(self, error: Exception, scope: Scope, receive: Receive, visit: RequestLog) -> None:
        await problem_response(error, scope["path"])(scope, receive, visit.send)


class RequestLog:
    """One request from its arrival to its line in the log."""

    def __init__(self, scope: Scope, send: Send) -> None:
        given = Headers(scope=scope).get("x-request-id", "")
        self.id = given if _ID.fullmatch(given) else uuid.uuid4().hex
        self.facts: dict[str, object] = {}
        self.status = 0  # until the answer has begun
        self._scope, self._send = scope, send
        self._arrived = time.perf_counter()

    async def send(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.status = message["status"]
            MutableHeaders(scope=message)["X-Request-ID"] = self.id
        await self._send(message)

    def tell(self) -> None:
        """The request's one line. Values are JSON: a query cannot pretend to be another line."""
        level = logging.DEBUG if self._scope["path"] in HEALTH and self.status < 400 else logging.INFO
        if not log.isEnabledFor(level):
            return
        waited = (time.perf_counter() - self._arrived) * 1e3
        facts = "".join(f" {name}={_plain(value)}" for name, value in self.facts.items())
        path = _plain(self._scope["path"]).strip('"')
        log.log(level, "%s %s %d %.1f ms id=%s%s", self._scope["method"], path, self.status, waited, self.id, facts)


def _plain(value: object) -> str:
    return orjson.dumps(value, default=str).decode("utf-8", "backslashreplace")


def _replay(messages: list[Message], receive: Receive) -> Callable[[], Awaitable[Message]]:
    """A `receive` that gives what was read already, then goes on with the connection's own."""
    waiting = iter(messages)

    async def next_message() -> Message:
        for message in waiting:
            return message
        return await receive()

    return next_message
