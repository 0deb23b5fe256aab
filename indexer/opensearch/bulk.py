"""BulkWriter: documents into an index, a few requests at a time, every one of them answered for.

What a busy or a lost cluster did not take is sent again, and that alone; what it refuses is told with its reason.
Nothing counts as written that OpenSearch did not say it has written.
"""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Self

import orjson

from indexer.errors import ClusterMismatch, IndexUnavailable
from indexer.opensearch.bulk_window import BulkWindow
from indexer.opensearch.connection import Cluster

KEPT = 1_000  # rejections, with their reasons
_ID_BYTES = 512  # of an id, by OpenSearch's own rule; a longer one fails its whole request
_AGAIN = frozenset((429, 502, 503, 504))
_THERE = 409
_FIRST_S, _LONGEST_S = 0.1, 15.0  # before a request is sent again: anywhere from nothing to this, doubled each time
_UPDATE = {"retry_on_conflict": 5}


@dataclass(frozen=True, slots=True)
class Rejection:
    """A document that OpenSearch refused, and why. Sent again as it is, it would be refused again."""

    id: str
    status: int
    type: str
    reason: str


@dataclass(frozen=True, slots=True)
class BulkReport:
    """What became of the documents: in the end, ``added = acknowledged + already_there + rejected_count``."""

    added: int
    acknowledged: int  # written by this writer
    already_there: int  # created before: by a build that was cut off, or by a request whose answer was lost
    rejected: tuple[Rejection, ...]  # the first 1,000
    rejected_count: int
    retried: int  # documents sent again, each time counted
    bytes: int  # of all requests, those sent again among them
    seconds: float

    @property
    def answered(self) -> int:
        return self.acknowledged + self.already_there + self.rejected_count


@dataclass(frozen=True, slots=True)
class _Item:
    verb: str
    id: str
    lines: bytes


class BulkWriter:
    """Writes documents to one index that exists. A context manager; leaving it waits until every document is answered.

    At most ``settings.bulk_window`` requests are under way, fewer while the cluster pushes back, and no more are held:
    `create` and `update` wait for room. Requests overtake each other, so one writer takes an id once. Used from one
    thread. ``acknowledged`` is told how many documents each answer found written; one call at a time, from any thread.
    """

    def __init__(
        self, cluster: Cluster, index: str, *, acknowledged: Callable[[int], None] = lambda documents: None
    ) -> None:
        self.cluster, self.index, self._tell = cluster, index, acknowledged
        settings = cluster.settings
        self._window = BulkWindow(settings.bulk_window)
        self._threads = ThreadPoolExecutor(settings.bulk_window, "bulk")
        self._batch: list[_Item] = []
        self._batch_bytes = 0
        self._counts = threading.RLock()
        self._added = self._acknowledged = self._already_there = self._rejected_count = self._retried = self._bytes = 0
        self._rejected: list[Rejection] = []
        self._started = self._progress = time.monotonic()
        self._ended: float | None = None

    def __enter__(self) -> Self:
        """
        Raises:
            ClusterMismatch: the index is not there; a bulk request would make one without a mapping.
        """
        try:
            if not self.cluster.exists(f"/{self.index}"):
                where = f"OpenSearch at {self.cluster.access.shown}"
                raise ClusterMismatch(f"{where} has no index {self.index}; make it first")
        except BaseException:
            self._threads.shutdown()
            raise
        self._started = self._progress = time.monotonic()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            if error is None:
                self.flush()
                told = self.report
                assert told.answered == told.added, f"{told.answered} of {told.added} documents were answered"
        finally:
            self._window.stop()  # whoever waits to send again gives up; what is under way is answered first
            self._threads.shutdown()
            self._ended = time.monotonic()

    def create(self, doc_id: str, source: Mapping[str, Any]) -> None:
        """Write a new document; waits while the window is full. One of that id that is there already stays as it is.

        Raises:
            IndexUnavailable: the cluster took nothing for ``settings.bulk_patience_s``.
            ClusterRefused: this user may not write here.
            ClusterMismatch: the request itself was refused.
            ValueError: the id is empty or longer than 512 bytes.
            TypeError: JSON has nothing for a value of `source`.
        """
        self._add("create", doc_id, {"_id": doc_id}, source)

    def replace(self, doc_id: str, source: Mapping[str, Any]) -> None:
        """Write a document, over the one of that id if there is one. `Raises` as `create`."""
        self._add("index", doc_id, {"_id": doc_id}, source)

    def update(self, doc_id: str, partial: Mapping[str, Any]) -> None:
        """Change the fields that `partial` has. A document that is not there is a rejection. `Raises` as `create`."""
        self._add("update", doc_id, {"_id": doc_id, **_UPDATE}, {"doc": partial})

    def flush(self) -> None:
        """Wait until everything added is answered. `Raises` as `create`."""
        self._dispatch()
        self._window.drain()

    @property
    def report(self) -> BulkReport:
        """The counts so far; all of them once the block is left."""
        with self._counts:
            seconds = (self._ended or time.monotonic()) - self._started
            return BulkReport(
                self._added, self._acknowledged, self._already_there, tuple(self._rejected), self._rejected_count,
                self._retried, self._bytes, seconds,
            )  # fmt: skip

    def _add(self, verb: str, doc_id: str, action: Mapping[str, Any], source: Mapping[str, Any]) -> None:
        self._window.check()
        size = len(doc_id.encode("utf-8"))
        if not 0 < size <= _ID_BYTES:
            raise ValueError(f"the id {doc_id[:40]!r} has {size} bytes; OpenSearch takes 1 to {_ID_BYTES}")
        lines = b"%b\n%b\n" % (orjson.dumps({verb: action}), orjson.dumps(source, option=orjson.OPT_SERIALIZE_NUMPY))
        settings = self.cluster.settings
        if self._batch and self._batch_bytes + len(lines) > settings.bulk_bytes:
            self._dispatch()
        self._batch.append(_Item(verb, doc_id, lines))
        self._batch_bytes += len(lines)
        with self._counts:
            self._added += 1
        if len(self._batch) >= settings.bulk_items:
            self._dispatch()

    def _dispatch(self) -> None:
        """Hand the batch to a thread, once one is free."""
        self._window.check()
        if self._batch:
            self._window.enter()
            batch, self._batch, self._batch_bytes = self._batch, [], 0
            self._threads.submit(self._deliver, batch)

    def _deliver(self, batch: list[_Item]) -> None:
        try:
            self._send_until_answered(batch)
        except BaseException as error:  # a thread's error is the writer's: `create` and `flush` raise it
            self._window.fail(error)
        finally:
            self._window.leave()

    def _send_until_answered(self, left: list[_Item]) -> None:
        began, attempt = time.monotonic(), 0
        while True:
            if not self._window.may_send():
                return
            sent = len(left)
            try:
                left, why = self._send(left)
            except IndexUnavailable as error:
                why = str(error)
            self._window.sent(pushed_back=bool(left))
            if not left:
                return
            attempt = 0 if len(left) < sent else attempt + 1
            with self._counts:
                idle = time.monotonic() - max(self._progress, began)
                self._retried += len(left)
            if idle > self.cluster.settings.bulk_patience_s:
                raise IndexUnavailable(self._gave_up(why))
            self._window.pause(random.uniform(0, min(_LONGEST_S, _FIRST_S * 2 ** min(attempt, 16))))

    def _send(self, batch: list[_Item]) -> tuple[list[_Item], str]:
        """Send one request; gives back what has to be sent again, and why."""
        lines = b"".join(item.lines for item in batch)
        with self._counts:
            self._bytes += len(lines)
        answers = self.cluster.bulk(self.index, lines)
        if len(answers) != len(batch):
            raise ClusterMismatch(f"OpenSearch answered {len(answers)} of the {len(batch)} documents of a bulk request")
        again, why, acknowledged, there = list[_Item](), "", 0, 0
        rejected = list[Rejection]()
        for item, answer in zip(batch, answers, strict=True):
            status, error = int(answer[item.verb]["status"]), answer[item.verb].get("error") or {}
            if 200 <= status < 300:
                acknowledged += 1
            elif status == _THERE and item.verb == "create":
                there += 1
            elif status in _AGAIN:
                again.append(item)
                why = why or self.cluster.item_error_text(self.index, status, error)
            else:
                rejected.append(Rejection(item.id, status, str(error.get("type")), _reason(error)))
        self._count(acknowledged, there, rejected)
        return again, why

    def _count(self, acknowledged: int, there: int, rejected: list[Rejection]) -> None:
        with self._counts:
            self._acknowledged += acknowledged
            self._already_there += there
            self._rejected += rejected[: max(0, KEPT - len(self._rejected))]
            self._rejected_count += len(rejected)
            if acknowledged or there or rejected:
                self._progress = time.monotonic()
            if acknowledged or there:
                self._tell(acknowledged + there)

    def _gave_up(self, why: str) -> str:
        told, patience = self.report, self.cluster.settings.bulk_patience_s
        return (
            f"{why}; nothing was taken for {patience} s. {told.acknowledged + told.already_there} of the {told.added} "
            "documents so far are written; the same command goes on from there"
        )


def _reason(error: Mapping[str, Any]) -> str:
    """OpenSearch's reason with what caused it: the cause alone says which value it was."""
    reasons, one = list[str](), error
    while isinstance(one, Mapping) and len(reasons) < 4:
        reasons.append(str(one.get("reason")))
        one = one.get("caused_by")  # type: ignore[assignment]  # anything may come over the wire
    return ": ".join(reasons)[:500]
