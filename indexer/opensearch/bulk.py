"""BulkWriter: writes documents to an index, some requests at a time, and accounts for each of them.

Documents that a busy or unreachable cluster did not accept are sent again, and only those.
Documents that it refuses are reported with the reason. A document counts as written only when
OpenSearch has acknowledged it.
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

REJECTIONS_KEPT = 1_000  # with their reasons; more are only counted
_ID_BYTES_MAX = 512  # OpenSearch's own limit; a longer id would fail its whole request
_RETRY_STATUSES = frozenset((429, 502, 503, 504))
_CONFLICT = 409  # of a document to create: it exists already
_FIRST_PAUSE_S = 0.1  # before a request is sent again: a random time up to this, doubled at each attempt
_LONGEST_PAUSE_S = 15.0
_UPDATE_OPTIONS = {"retry_on_conflict": 5}


@dataclass(frozen=True, slots=True)
class Rejection:
    """A document that OpenSearch refused, and why. The same document would be refused again."""

    id: str
    status: int
    type: str
    reason: str


@dataclass(frozen=True, slots=True)
class BulkReport:
    """Counts of documents. In the end ``added = acknowledged + already_there + rejected_count``."""

    added: int
    acknowledged: int  # written by this writer
    already_there: int  # created before: by a build that was interrupted, or by a request whose response was lost
    rejected: tuple[Rejection, ...]  # the first `REJECTIONS_KEPT`
    rejected_count: int
    retried: int  # documents sent again, each time counted
    bytes: int  # of all requests, including those sent again
    seconds: float

    @property
    def answered(self) -> int:
        return self.acknowledged + self.already_there + self.rejected_count


@dataclass(frozen=True, slots=True)
class _Item:
    """One action of a bulk request."""

    verb: str  # create, index or update
    id: str
    lines: bytes  # as they are sent: action and source


class BulkWriter:
    """Writes documents to one existing index, as a context manager.

    Leaving the block waits until every document is answered. At most ``settings.bulk_window``
    requests are in flight, fewer while the cluster pushes back; no more are queued, so `create` and
    `update` wait for room. Requests may overtake each other, so give one writer each id only once.
    Call it from one thread. `on_acknowledged` receives how many documents each response has
    acknowledged, one call at a time, from any thread.
    """

    def __init__(
        self, cluster: Cluster, index: str, *, on_acknowledged: Callable[[int], None] = lambda documents: None
    ) -> None:
        self.cluster = cluster
        self.index = index
        self._on_acknowledged = on_acknowledged
        self._window = BulkWindow(cluster.settings.bulk_window)
        self._threads = ThreadPoolExecutor(cluster.settings.bulk_window, "bulk")
        self._batch: list[_Item] = []
        self._batch_bytes = 0
        self._counts_lock = threading.RLock()  # for all below
        self._added = 0
        self._acknowledged = 0
        self._already_there = 0
        self._rejected: list[Rejection] = []
        self._rejected_count = 0
        self._retried = 0
        self._bytes = 0
        self._started = time.monotonic()
        self._last_progress = self._started
        self._ended: float | None = None

    def __enter__(self) -> Self:
        """
        Raises:
            ClusterMismatch: there is no such index; a bulk request would create one without types.
        """
        try:
            if not self.cluster.exists(f"/{self.index}"):
                where = f"OpenSearch at {self.cluster.access.shown}"
                raise ClusterMismatch(f"{where} has no index {self.index}; create it first")
        except BaseException:
            self._threads.shutdown()
            raise
        self._started = time.monotonic()
        self._last_progress = self._started
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            if error is None:
                self.flush()
                report = self.report
                assert report.answered == report.added, f"{report.answered} of {report.added} documents were answered"
        finally:
            self._window.stop()  # waiting retries give up; requests in flight are answered first
            self._threads.shutdown()
            self._ended = time.monotonic()

    def create(self, doc_id: str, source: Mapping[str, Any]) -> None:
        """Write a new document, unless that id exists already. Waits while the window is full.

        Raises:
            IndexUnavailable: the cluster accepted nothing for ``settings.bulk_patience_s``.
            ClusterRefused: this user may not write here.
            ClusterMismatch: the request itself was refused.
            ValueError: the id is empty or longer than 512 bytes.
            TypeError: JSON cannot represent a value of `source`.
        """
        self._add("create", doc_id, {"_id": doc_id}, source)

    def replace(self, doc_id: str, source: Mapping[str, Any]) -> None:
        """Write a document, replacing any of that id. Raises as `create`."""
        self._add("index", doc_id, {"_id": doc_id}, source)

    def update(self, doc_id: str, partial: Mapping[str, Any]) -> None:
        """Change the fields of `partial`; a missing document is a rejection. Raises as `create`."""
        self._add("update", doc_id, {"_id": doc_id, **_UPDATE_OPTIONS}, {"doc": partial})

    def flush(self) -> None:
        """Wait until everything added is answered. Raises as `create`."""
        self._dispatch()
        self._window.drain()

    @property
    def report(self) -> BulkReport:
        """The counts so far; final when the block has ended."""
        with self._counts_lock:
            seconds = (self._ended or time.monotonic()) - self._started
            return BulkReport(
                added=self._added,
                acknowledged=self._acknowledged,
                already_there=self._already_there,
                rejected=tuple(self._rejected),
                rejected_count=self._rejected_count,
                retried=self._retried,
                bytes=self._bytes,
                seconds=seconds,
            )

    def _add(self, verb: str, doc_id: str, action: Mapping[str, Any], source: Mapping[str, Any]) -> None:
        self._window.check()
        size = len(doc_id.encode("utf-8"))
        if not 0 < size <= _ID_BYTES_MAX:
            raise ValueError(f"the id {doc_id[:40]!r} has {size} bytes; OpenSearch accepts 1 to {_ID_BYTES_MAX}")
        lines = b"%b\n%b\n" % (orjson.dumps({verb: action}), orjson.dumps(source, option=orjson.OPT_SERIALIZE_NUMPY))
        settings = self.cluster.settings
        if self._batch and self._batch_bytes + len(lines) > settings.bulk_bytes:
            self._dispatch()
        self._batch.append(_Item(verb, doc_id, lines))
        self._batch_bytes += len(lines)
        with self._counts_lock:
            self._added += 1
        if len(self._batch) >= settings.bulk_items:
            self._dispatch()

    def _dispatch(self) -> None:
        """Give the batch to a thread, as soon as one is free."""
        self._window.check()
        if self._batch:
            self._window.enter()
            self._threads.submit(self._deliver, self._batch)
            self._batch = []
            self._batch_bytes = 0

    def _deliver(self, batch: list[_Item]) -> None:
        try:
            self._send_until_answered(batch)
        except BaseException as error:  # `create` and `flush` raise it in the writer's thread
            self._window.fail(error)
        finally:
            self._window.leave()

    def _send_until_answered(self, batch: list[_Item]) -> None:
        started = time.monotonic()
        attempt = 0
        while self._window.may_send():
            sent = len(batch)
            try:
                batch, reason = self._send(batch)
            except IndexUnavailable as error:
                reason = str(error)
            self._window.sent(pushed_back=bool(batch))
            if not batch:
                return
            attempt = 0 if len(batch) < sent else attempt + 1
            with self._counts_lock:
                idle_s = time.monotonic() - max(self._last_progress, started)
                self._retried += len(batch)
            if idle_s > self.cluster.settings.bulk_patience_s:
                raise IndexUnavailable(self._gave_up_text(reason))
            longest_s = min(_LONGEST_PAUSE_S, _FIRST_PAUSE_S * 2 ** min(attempt, 16))
            self._window.pause(random.uniform(0, longest_s))

    def _send(self, batch: list[_Item]) -> tuple[list[_Item], str]:
        """Send one request; returns the items to send again, and the first one's reason."""
        lines = b"".join(item.lines for item in batch)
        with self._counts_lock:
            self._bytes += len(lines)
        answers = self.cluster.bulk(self.index, lines)
        if len(answers) != len(batch):
            raise ClusterMismatch(f"OpenSearch answered {len(answers)} of the {len(batch)} documents of a bulk request")
        acknowledged = already_there = 0
        rejected: list[Rejection] = []
        retries: list[_Item] = []
        retry_reason = ""
        for item, answer in zip(batch, answers, strict=True):
            status = int(answer[item.verb]["status"])
            error = answer[item.verb].get("error") or {}
            if 200 <= status < 300:
                acknowledged += 1
            elif status == _CONFLICT and item.verb == "create":
                already_there += 1
            elif status in _RETRY_STATUSES:
                retries.append(item)
                retry_reason = retry_reason or self.cluster.item_error_text(self.index, status, error)
            else:
                rejected.append(Rejection(item.id, status, str(error.get("type")), _reason(error)))
        self._count(acknowledged, already_there, rejected)
        return retries, retry_reason

    def _count(self, acknowledged: int, already_there: int, rejected: list[Rejection]) -> None:
        with self._counts_lock:
            self._acknowledged += acknowledged
            self._already_there += already_there
            self._rejected += rejected[: max(0, REJECTIONS_KEPT - len(self._rejected))]
            self._rejected_count += len(rejected)
            if acknowledged or already_there or rejected:
                self._last_progress = time.monotonic()
            if acknowledged or already_there:
                self._on_acknowledged(acknowledged + already_there)

    def _gave_up_text(self, reason: str) -> str:
        report = self.report
        written = report.acknowledged + report.already_there
        return (
            f"{reason}; nothing was accepted for {self.cluster.settings.bulk_patience_s} s. {written} of the "
            f"{report.added} documents so far are written; the same command continues from there"
        )


def _reason(error: Mapping[str, Any]) -> str:
    """OpenSearch's reason and its causes: often only a cause says which value was wrong."""
    reasons: list[str] = []
    cause: Any = error  # as JSON has it
    while isinstance(cause, Mapping) and len(reasons) < 4:
        reasons.append(str(cause.get("reason")))
        cause = cause.get("caused_by")
    return ": ".join(reasons)[:500]
