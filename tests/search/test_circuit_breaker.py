"""The circuit breaker: an index that keeps failing is not called, and single probes find out when
it answers again.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

import pytest
from hypothesis import given
from hypothesis import strategies as st

from indexer.errors import ClusterRefused, FondacoError, IndexUnavailable
from search.retrieval.circuit_breaker import RETRY_MAX_S, CircuitBreaker

T = TypeVar("T")


class Clock:
    """A clock moved by hand."""

    def __init__(self) -> None:
        self.now = 1_000.0

    def __call__(self) -> float:
        return self.now


class Index:
    """An index that answers, or fails with `error`, and counts its calls."""

    def __init__(self) -> None:
        self.error: Exception | None = None
        self.calls = 0

    def __call__(self) -> str:
        self.calls += 1
        if self.error:
            raise self.error
        return "an answer"


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def breaker(clock: Clock) -> CircuitBreaker:
    return CircuitBreaker("the index", failures=3, retry_s=5.0, clock=clock)


def call(breaker: CircuitBreaker, function: Callable[[], T]) -> T:
    with breaker.protect():
        return function()


def fail(breaker: CircuitBreaker, index: Index, times: int, error: FondacoError | None = None) -> None:
    index.error = error or IndexUnavailable("no route to it")
    for _ in range(times):
        with pytest.raises(FondacoError):
            call(breaker, index)


def test_an_answer_is_passed_through(breaker: CircuitBreaker) -> None:
    assert call(breaker, Index()) == "an answer"
    assert (breaker.is_open, breaker.reason) == (False, None)


def test_a_failure_is_raised_unchanged(breaker: CircuitBreaker) -> None:
    index = Index()
    index.error = ClusterRefused("no such user")

    with pytest.raises(ClusterRefused, match="no such user"):
        call(breaker, index)
    assert not breaker.is_open


def test_the_third_failure_in_a_row_opens_the_breaker_and_stops_calls(breaker: CircuitBreaker) -> None:
    index = Index()
    fail(breaker, index, 3)

    assert (breaker.is_open, breaker.reason, index.calls) == (True, "no route to it", 3)
    with pytest.raises(IndexUnavailable, match=r"the index is not called for another 5\.0 s: no route to it"):
        call(breaker, index)
    assert index.calls == 3


def test_an_answer_resets_the_count_of_failures(breaker: CircuitBreaker) -> None:
    index = Index()
    fail(breaker, index, 2)
    index.error = None
    call(breaker, index)
    fail(breaker, index, 2)

    assert not breaker.is_open


def test_an_answered_probe_closes_the_breaker(breaker: CircuitBreaker, clock: Clock) -> None:
    index = Index()
    fail(breaker, index, 3)
    clock.now += 5.0
    index.error = None

    assert breaker.is_open
    assert call(breaker, index) == "an answer"
    assert (breaker.is_open, breaker.reason) == (False, None)
    fail(breaker, index, 2)
    assert not breaker.is_open


def test_each_failed_probe_doubles_the_wait_up_to_a_minute(breaker: CircuitBreaker, clock: Clock) -> None:
    index = Index()
    fail(breaker, index, 3)
    waits = []
    for _ in range(6):
        calls_before, waited = index.calls, 0.0
        while index.calls == calls_before:
            clock.now += 0.5
            waited += 0.5
            with pytest.raises(IndexUnavailable):
                call(breaker, index)
        waits.append(waited)

    assert waits == [5.0, 10.0, 20.0, 40.0, RETRY_MAX_S, RETRY_MAX_S]


def test_a_recovery_resets_the_doubled_wait(breaker: CircuitBreaker, clock: Clock) -> None:
    index = Index()
    fail(breaker, index, 3)
    for wait in (5.0, 10.0):
        clock.now += wait
        fail(breaker, index, 1)
    clock.now += 20.0
    index.error = None
    call(breaker, index)
    fail(breaker, index, 3)
    clock.now += 5.0
    index.error = None

    assert call(breaker, index) == "an answer"


def test_a_bug_does_not_count_as_a_failure_of_the_index(breaker: CircuitBreaker, clock: Clock) -> None:
    index = Index()
    index.error = RuntimeError("ours")
    for _ in range(5):
        with pytest.raises(RuntimeError, match="ours"):
            call(breaker, index)

    assert not breaker.is_open


def test_a_probe_that_ends_in_a_bug_is_followed_by_another(breaker: CircuitBreaker, clock: Clock) -> None:
    index = Index()
    fail(breaker, index, 3)
    clock.now += 5.0
    index.error = RuntimeError("ours")
    with pytest.raises(RuntimeError):
        call(breaker, index)
    index.error = None
    with pytest.raises(IndexUnavailable):
        call(breaker, index)
    clock.now += 5.0

    assert call(breaker, index) == "an answer"


def test_opening_and_closing_are_logged_once_and_requests_are_not(
    breaker: CircuitBreaker, clock: Clock, caplog: pytest.LogCaptureFixture
) -> None:
    index = Index()
    with caplog.at_level(logging.DEBUG, "search.retrieval.circuit_breaker"):
        fail(breaker, index, 20)
        clock.now += 5.0
        fail(breaker, index, 20)
        clock.now += 10.0
        index.error = None
        call(breaker, index)
        call(breaker, index)

    assert [(record.levelname, record.getMessage()) for record in caplog.records] == [
        ("ERROR", "the index is not used after 3 failures in a row: no route to it"),
        ("INFO", "the index answers again"),
    ]


# --- threads


def test_of_many_calls_one_is_a_probe_and_the_others_fail_at_once(breaker: CircuitBreaker, clock: Clock) -> None:
    index = Index()
    fail(breaker, index, 3)
    clock.now += 5.0
    inside, leave = threading.Event(), threading.Event()

    def slow() -> str:
        inside.set()
        assert leave.wait(10)
        return "at last"

    with ThreadPoolExecutor(9) as pool:
        probe = pool.submit(call, breaker, slow)
        assert inside.wait(10)
        others = [pool.submit(call, breaker, index) for _ in range(8)]
        refused = [type(other.exception(10)) for other in others]  # while the probe is still under way
        leave.set()

        assert refused == [IndexUnavailable] * 8
        assert (probe.result(10), index.calls, breaker.is_open) == ("at last", 3, False)


def test_many_calls_run_at_the_same_time_while_the_breaker_is_closed(breaker: CircuitBreaker) -> None:
    """Each call waits until all are inside: with a lock held during a call, the first would wait
    for ever.
    """
    together = threading.Barrier(8, timeout=10)
    with ThreadPoolExecutor(8) as pool:
        arrived = list(pool.map(lambda _: call(breaker, together.wait), range(8)))

    assert sorted(arrived) == list(range(8))


def test_a_call_started_before_opening_neither_closes_the_breaker_nor_lengthens_the_wait(
    breaker: CircuitBreaker, clock: Clock
) -> None:
    leave, inside = threading.Event(), threading.Barrier(3, timeout=10)

    def late(error: FondacoError | None) -> str:
        inside.wait()
        assert leave.wait(10)
        if error:
            raise error
        return "late"

    index = Index()
    with ThreadPoolExecutor(2) as pool:
        answered = pool.submit(call, breaker, lambda: late(None))
        failed = pool.submit(call, breaker, lambda: late(IndexUnavailable("late too")))
        inside.wait()
        fail(breaker, index, 3)
        leave.set()

        assert answered.result(10) == "late"
        assert str(failed.exception(10)) == "late too"
    assert (breaker.is_open, breaker.reason) == (True, "no route to it")
    clock.now += 5.0
    index.error = None
    assert call(breaker, index) == "an answer"


def test_a_probe_without_an_answer_is_abandoned_and_its_late_result_ignored(
    breaker: CircuitBreaker, clock: Clock
) -> None:
    index = Index()
    fail(breaker, index, 3)
    clock.now += 5.0
    inside, leave = threading.Event(), threading.Event()

    def lost() -> str:
        inside.set()
        assert leave.wait(10)
        raise IndexUnavailable("after a long time")

    with ThreadPoolExecutor(1) as pool:
        probe = pool.submit(call, breaker, lost)
        assert inside.wait(10)
        clock.now += 5.0
        index.error = None

        assert call(breaker, index) == "an answer"
        leave.set()
        assert str(probe.exception(10)) == "after a long time"
    assert not breaker.is_open
    fail(breaker, index, 2)
    assert not breaker.is_open


# --- compared with a plain model


class Plain:
    """The circuit breaker as it is described, for one caller at a time."""

    def __init__(self, failures: int, retry_s: float) -> None:
        self.failures, self.retry_s = failures, retry_s
        self.row, self.wait, self.open_until = 0, retry_s, -1.0

    def allows(self, now: float) -> bool:
        return self.row < self.failures or now >= self.open_until

    def after(self, now: float, answers: bool) -> None:
        if answers:
            self.row = 0
            return
        self.row += 1
        if self.row >= self.failures:
            self.wait = self.retry_s if self.row == self.failures else min(60.0, 2 * self.wait)
            self.open_until = now + self.wait


@given(
    st.integers(1, 4),
    st.sampled_from([0.5, 5.0, 30.0]),
    st.lists(st.tuples(st.sampled_from([0.0, 0.5, 4.5, 5.0, 31.0, 60.0]), st.booleans()), max_size=60),
)
def test_the_breaker_calls_exactly_when_the_plain_model_does(
    failures: int, retry_s: float, steps: list[tuple[float, bool]]
) -> None:
    clock, index = Clock(), Index()
    breaker, plain = CircuitBreaker("it", failures, retry_s, clock), Plain(failures, retry_s)
    for later, answers in steps:
        clock.now += later
        index.error = None if answers else IndexUnavailable("no route to it")
        before, expected = index.calls, plain.allows(clock.now)
        try:
            call(breaker, index)
            answered = True
        except IndexUnavailable:
            answered = False

        assert index.calls - before == expected
        assert answered == (expected and answers)
        if expected:
            plain.after(clock.now, answers)
        assert breaker.is_open == (plain.row >= failures)
