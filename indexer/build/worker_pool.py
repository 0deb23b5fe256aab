"""Processes that run one function on many messages. Results come in the order of the messages."""

from __future__ import annotations

import multiprocessing
import signal
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor, wait
from contextlib import contextmanager
from itertools import islice
from multiprocessing import resource_tracker
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess
from queue import SimpleQueue
from types import TracebackType
from typing import Generic, Self, TypeVar

from indexer.build.worker import serve
from indexer.errors import BuildWorkerFailed
from indexer.progress import REPORT_S

M = TypeVar("M")  # a message
R = TypeVar("R")  # its result

_AHEAD = 2  # messages for each worker that are sent or answered and not yet taken: bounds memory
_END_S = 1.0  # how long a worker that was killed may take to end
_RESUME = "The same command resumes where the build stopped"


class WorkerPool(Generic[M, R]):
    """`count` processes that run `function`, with one thread each.

    They are started by spawn: a fork would copy the threads and locks of this process. A thread of
    this process waits for each of them, so that sending never blocks the caller. They ignore
    Ctrl-C: `close` ends them, and they end by themselves when this process dies.
    """

    def __init__(self, count: int, function: Callable[[M], R]) -> None:
        self._count = count
        self._threads = ThreadPoolExecutor(count, "build-worker")
        with _interrupts_blocked():  # the processes inherit it
            self._workers = [_Worker(function) for _ in range(count)]
        self._idle: SimpleQueue[_Worker[M, R]] = SimpleQueue()
        for worker in self._workers:
            self._idle.put(worker)

    def submit(self, message: M) -> Future[R]:
        """The result of a message, in time. Messages are begun in the order of their submission."""
        return self._threads.submit(self._run, message)

    def map(self, messages: Iterable[M], waiting: Callable[[], None]) -> Iterator[tuple[M, R]]:
        """Each message with its result, in order; `waiting` is called while there is none.

        Raises:
            BuildWorkerFailed: the function raised, or a worker died.
        """
        source = iter(messages)
        calls: deque[tuple[M, Future[R]]] = deque()
        while True:
            for message in islice(source, _AHEAD * self._count - len(calls)):
                calls.append((message, self.submit(message)))
            if not calls:
                return
            message, call = calls.popleft()
            while not wait([call], REPORT_S).done:
                waiting()
            yield message, call.result()

    def close(self) -> None:
        """End all workers, whatever they do."""
        self._threads.shutdown(wait=False, cancel_futures=True)
        for worker in self._workers:
            worker.process.kill()
        for worker in self._workers:
            worker.process.join(_END_S)
        self._threads.shutdown(wait=True)
        for worker in self._workers:
            worker.connection.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _run(self, message: M) -> R:
        worker = self._idle.get()
        try:
            return worker.run(message)
        finally:
            self._idle.put(worker)


class _Worker(Generic[M, R]):
    """One process, and this side of its pipe."""

    def __init__(self, function: Callable[[M], R]) -> None:
        context = multiprocessing.get_context("spawn")
        self.connection: Connection
        self.connection, theirs = context.Pipe()
        self.process: BaseProcess = context.Process(target=serve, args=(theirs,), daemon=True)
        self.process.start()
        theirs.close()  # the process has the only one left: this side sees when it dies
        self._function: Callable[[M], R] | None = function  # None when it was sent

    def run(self, message: M) -> R:
        """The function's result for a message."""
        try:
            if self._function is not None:
                self.connection.send(self._function)
                self._function = None
            self.connection.send(message)
            succeeded, answer = self.connection.recv()
        except (EOFError, OSError):
            raise BuildWorkerFailed(self._death()) from None
        if succeeded:
            return answer  # type: ignore[no-any-return]  # a pipe has no types
        error, trace = answer
        raise BuildWorkerFailed(f"a worker process of the build failed: {error}. {_RESUME}") from _Trace(trace)

    def _death(self) -> str:
        self.process.join(_END_S)
        ends = time.monotonic() + _END_S
        while (code := self.process.exitcode) is None and time.monotonic() < ends:
            time.sleep(0.01)  # another thread has its status, and has not set it yet
        reason = f"by signal {-code}, perhaps because memory ran out" if code and code < 0 else f"with exit code {code}"
        return f"a worker process of the build ended {reason}. {_RESUME}; --workers 1 takes the least memory"


class _Trace(Exception):
    """Where a worker failed: the traceback as text, since a traceback cannot be sent."""


@contextmanager
def _interrupts_blocked() -> Iterator[None]:
    """Keep SIGINT from this thread, and for ever from the processes that it starts meanwhile.

    The resource tracker of multiprocessing is started first: its start unblocks SIGINT.
    """
    resource_tracker.ensure_running()
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
