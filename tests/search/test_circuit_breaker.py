"""The guard: what has failed often is left out, one probe at a time finds out when it is back, and nobody waits."""

from __future__ import annotations

import logging
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from hypothesis import given
from hypothesis import strategies as st

from indexer.errors import ClusterRefused, FondacoError, IndexUnavailable
from search.circuit_breaker import RETRY_MAX_S, CircuitBreaker


class Clock:
    """A clock moved by hand."""

    def __init__(self) -> None:
        self.now = 1_000.0

    def __call__(self) -> float:
        return self.now


class Asked:
    """Something that answers, or fails with `error`, and counts how often it was asked."""

    def __init__(self) -> None:
        self.error: Exception | None = None
        self.times = 0

    def __call__(self) -> str:
        self.times += 1
        if self.error:
            raise self.error
        return "an answer"


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def guard(clock: Clock) -> CircuitBreaker:
    return CircuitBreaker("the index", failures=3, retry_s=5.0, clock=clock)


def fail(guard: CircuitBreaker, asked: Asked, times: int, error: FondacoError | None = None) -> None:
    asked.error = error or IndexUnavailable("no route to it")
    for _ in range(times):
        with pytest.raises(FondacoError):
            guard(asked)


def test_an_answer_is_given_on(guard: CircuitBreaker) -> None:
    assert guard(Asked()) == "an answer"
    assert (guard.is_open, guard.reason) == (False, None)


def test_a_failure_is_raised_as_it_is(guard: CircuitBreaker) -> None:
    asked = Asked()
    asked.error = ClusterRefused("no such user")

    with pytest.raises(ClusterRefused, match="no such user"):
        guard(asked)
    assert not guard.is_open


def test_the_third_failure_in_a_row_opens_it_and_nothing_is_asked_then(guard: CircuitBreaker) -> None:
    asked = Asked()
    fail(guard, asked, 3)

    assert (guard.is_open, guard.reason, asked.times) == (True, "no route to it", 3)
    with pytest.raises(IndexUnavailable, match=r"the index is not asked for another 5\.0 s: no route to it"):
        guard(asked)
    assert asked.times == 3


def test_an_answer_begins_the_count_anew(guard: CircuitBreaker) -> None:
    asked = Asked()
    fail(guard, asked, 2)
    asked.error = None
    guard(asked)
    fail(guard, asked, 2)

    assert not guard.is_open


def test_an_answered_probe_closes_it(guard: CircuitBreaker, clock: Clock) -> None:
    asked = Asked()
    fail(guard, asked, 3)
    clock.now += 5.0
    asked.error = None

    assert guard.is_open
    assert guard(asked) == "an answer"
    assert (guard.is_open, guard.reason) == (False, None)
    fail(guard, asked, 2)
    assert not guard.is_open


def test_each_failed_probe_doubles_the_wait_up_to_a_minute(guard: CircuitBreaker, clock: Clock) -> None:
    asked = Asked()
    fail(guard, asked, 3)
    waits = []
    for _ in range(6):
        asked_before, waited = asked.times, 0.0
        while asked.times == asked_before:
            clock.now += 0.5
            waited += 0.5
            with pytest.raises(IndexUnavailable):
                guard(asked)
        waits.append(waited)

    assert waits == [5.0, 10.0, 20.0, 40.0, RETRY_MAX_S, RETRY_MAX_S]


def test_a_recovery_forgets_the_doubled_wait(guard: CircuitBreaker, clock: Clock) -> None:
    asked = Asked()
    fail(guard, asked, 3)
    for wait in (5.0, 10.0):
        clock.now += wait
        fail(guard, asked, 1)
    clock.now += 20.0
    asked.error = None
    guard(asked)
    fail(guard, asked, 3)
    clock.now += 5.0
    asked.error = None

    assert guard(asked) == "an answer"


def test_a_mistake_of_ours_is_no_failure_of_the_index(guard: CircuitBreaker, clock: Clock) -> None:
    asked = Asked()
    asked.error = RuntimeError("ours")
    for _ in range(5):
        with pytest.raises(RuntimeError, match="ours"):
            guard(asked)

    assert not guard.is_open


def test_a_probe_that_ends_in_a_mistake_of_ours_is_followed_by_another(guard: CircuitBreaker, clock: Clock) -> None:
    asked = Asked()
    fail(guard, asked, 3)
    clock.now += 5.0
    asked.error = RuntimeError("ours")
    with pytest.raises(RuntimeError):
        guard(asked)
    asked.error = None
    with pytest.raises(IndexUnavailable):
        guard(asked)
    clock.now += 5.0

    assert guard(asked) == "an answer"


def test_opening_and_closing_have_a_line_each_and_requests_none(
    guard: CircuitBreaker, clock: Clock, caplog: pytest.LogCaptureFixture
) -> None:
    asked = Asked()
    with caplog.at_level(logging.DEBUG, "search.circuit_breaker"):
        fail(guard, asked, 20)
        clock.now += 5.0
        fail(guard, asked, 20)
        clock.now += 10.0
        asked.error = None
        guard(asked)
        guard(asked)

    assert [(record.levelname, record.getMessage()) for record in caplog.records] == [
        ("ERROR", "the index is left out after 3 failures in a row: no route to it"),
        ("INFO", "the index answers again"),
    ]


# --- threads


def test_one_of_many_is_let_through_as_a_probe_and_the_others_do_not_wait_for_it(
    guard: CircuitBreaker, clock: Clock
) -> None:
    asked = Asked()
    fail(guard, asked, 3)
    clock.now += 5.0
    inside, leave = threading.Event(), threading.Event()

    def slow() -> str:
        inside.set()
        assert leave.wait(10)
        return "at last"

    with ThreadPoolExecutor(9) as pool:
        probe = pool.submit(guard, slow)
        assert inside.wait(10)
        others = [pool.submit(guard, asked) for _ in range(8)]
        refused = [type(one.exception(10)) for one in others]  # while the probe is still under way
        leave.set()

        assert refused == [IndexUnavailable] * 8
        assert (probe.result(10), asked.times, guard.is_open) == ("at last", 3, False)


def test_many_are_asked_at_once_while_it_is_closed(guard: CircuitBreaker) -> None:
    """Each waits for all the others to be inside: with a lock held while asking, the first would wait for ever."""
    together = threading.Barrier(8, timeout=10)
    with ThreadPoolExecutor(8) as pool:
        arrived = list(pool.map(lambda _: guard(together.wait), range(8)))

    assert sorted(arrived) == list(range(8))


def test_what_was_asked_before_it_opened_neither_closes_it_nor_lengthens_the_wait(
    guard: CircuitBreaker, clock: Clock
) -> None:
    leave, inside = threading.Event(), threading.Barrier(3, timeout=10)

    def late(error: FondacoError | None) -> str:
        inside.wait()
        assert leave.wait(10)
        if error:
            raise error
        return "late"

    asked = Asked()
    with ThreadPoolExecutor(2) as pool:
        answered = pool.submit(guard, lambda: late(None))
        failed = pool.submit(guard, lambda: late(IndexUnavailable("late too")))
        inside.wait()
        fail(guard, asked, 3)
        leave.set()

        assert answered.result(10) == "late"
        assert str(failed.exception(10)) == "late too"
    assert (guard.is_open, guard.reason) == (True, "no route to it")
    clock.now += 5.0
    asked.error = None
    assert guard(asked) == "an answer"


def test_a_probe_that_does_not_come_back_is_given_up_and_says_nothing_any_more(
    guard: CircuitBreaker, clock: Clock
) -> None:
    asked = Asked()
    fail(guard, asked, 3)
    clock.now += 5.0
    inside, leave = threading.Event(), threading.Event()

    def lost() -> str:
        inside.set()
        assert leave.wait(10)
        raise IndexUnavailable("after a long time")

    with ThreadPoolExecutor(1) as pool:
        probe = pool.submit(guard, lost)
        assert inside.wait(10)
        clock.now += 5.0
        asked.error = None

        assert guard(asked) == "an answer"
        leave.set()
        assert str(probe.exception(10)) == "after a long time"
    assert not guard.is_open
    fail(guard, asked, 2)
    assert not guard.is_open


# --- the law


class Plain:
    """The guard as it is described, for one caller at a time."""

    def __init__(self, failures: int, retry_s: float) -> None:
        self.failures, self.retry_s = failures, retry_s
        self.row, self.wait, self.open_until = 0, retry_s, -1.0

    def asks(self, now: float) -> bool:
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
def test_it_asks_when_the_plain_description_says_so(
    failures: int, retry_s: float, steps: list[tuple[float, bool]]
) -> None:
    clock, asked = Clock(), Asked()
    guard, plain = CircuitBreaker("it", failures, retry_s, clock), Plain(failures, retry_s)
    for later, answers in steps:
        clock.now += later
        asked.error = None if answers else IndexUnavailable("away")
        before, expected = asked.times, plain.asks(clock.now)
        try:
            guard(asked)
            answered = True
        except IndexUnavailable:
            answered = False

        assert asked.times - before == expected
        assert answered == (expected and answers)
        if expected:
            plain.after(clock.now, answers)
        assert guard.is_open == (plain.row >= failures)
