"""The circuit breaker under a clock of the test's own, and against a slow oracle."""

import asyncio
from contextlib import AbstractContextManager
from typing import Final

import pytest
from hypothesis import given
from hypothesis import strategies as st
from prometheus_client import CollectorRegistry, generate_latest

from kensho.errors import UpstreamUnavailableError
from kensho.platform.breaker import CIRCUIT_OPEN, Breaker, BreakerState
from kensho.platform.machine_metrics import MachineMetrics

FAILURES: Final = 3
OPEN_S: Final = 10.0


class HandClock:
    """A clock that moves when the test says so."""

    def __init__(self) -> None:
        self.now_s = 0.0

    def __call__(self) -> float:
        return self.now_s


class BoomError(Exception):
    pass


@pytest.fixture
def clock() -> HandClock:
    return HandClock()


@pytest.fixture
def breaker(clock: HandClock) -> Breaker:
    return Breaker("far", failures=FAILURES, open_s=OPEN_S, clock=clock)


def state_of(breaker: Breaker) -> BreakerState:
    """Return the state as of now, which no type checker may think it knows."""
    return breaker.state


def fail(breaker: Breaker) -> None:
    with pytest.raises(BoomError), breaker.attempt():
        raise BoomError


def test_it_opens_after_failures_in_a_row_and_says_how_long(
    breaker: Breaker, clock: HandClock
) -> None:
    for _ in range(FAILURES - 1):
        fail(breaker)
    with breaker.attempt():
        pass  # a success between them
    for _ in range(FAILURES):
        assert state_of(breaker) is BreakerState.CLOSED
        fail(breaker)
    assert state_of(breaker) is BreakerState.OPEN
    clock.now_s = 2.5
    with pytest.raises(UpstreamUnavailableError) as refused, breaker.attempt():
        raise AssertionError("it let a call pass")
    assert refused.value.code == CIRCUIT_OPEN
    assert refused.value.retry_after_s == 8
    assert "far" in refused.value.message


async def test_half_open_it_lets_exactly_one_of_ten_through(
    breaker: Breaker, clock: HandClock
) -> None:
    for _ in range(FAILURES):
        fail(breaker)
    clock.now_s = OPEN_S
    go_on = asyncio.Event()

    async def call() -> str:
        with breaker.attempt():
            await go_on.wait()
            return "answered"

    calls = [asyncio.create_task(call()) for _ in range(10)]
    await asyncio.sleep(0)
    go_on.set()
    ends = await asyncio.gather(*calls, return_exceptions=True)
    assert ends.count("answered") == 1
    assert sum(isinstance(one, UpstreamUnavailableError) for one in ends) == 9
    assert state_of(breaker) is BreakerState.CLOSED


async def test_a_call_that_is_cancelled_counts_neither_way(
    breaker: Breaker, clock: HandClock
) -> None:
    async def hang() -> None:
        with breaker.attempt():
            await asyncio.Event().wait()

    async def cancel_one() -> None:
        task = asyncio.create_task(hang())
        await asyncio.sleep(0)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    for _ in range(2 * FAILURES):
        await cancel_one()
    assert state_of(breaker) is BreakerState.CLOSED
    for _ in range(FAILURES):
        fail(breaker)
    clock.now_s = OPEN_S
    for _ in range(3):  # each gives the one place back
        await cancel_one()
        assert state_of(breaker) is BreakerState.HALF_OPEN
    with breaker.attempt():
        pass
    assert state_of(breaker) is BreakerState.CLOSED


def test_errors_that_are_not_the_services_do_not_count(breaker: Breaker, clock: HandClock) -> None:
    for tells in (False, None):

        def is_failure(_error: Exception, tells: bool | None = tells) -> bool | None:
            return tells

        for _ in range(2 * FAILURES):
            with pytest.raises(BoomError), breaker.attempt(is_failure):
                raise BoomError
        assert state_of(breaker) is BreakerState.CLOSED
    for _ in range(FAILURES):
        fail(breaker)
    clock.now_s = OPEN_S
    with pytest.raises(BoomError), breaker.attempt(lambda _: None):
        raise BoomError
    assert state_of(breaker) is BreakerState.HALF_OPEN  # nothing was learned
    with pytest.raises(BoomError), breaker.attempt(lambda _: False):
        raise BoomError
    assert state_of(breaker) is BreakerState.CLOSED


def test_its_state_is_told(clock: HandClock) -> None:
    registry = CollectorRegistry()
    breaker = Breaker(
        "far", failures=1, open_s=OPEN_S, clock=clock, metrics=MachineMetrics(registry)
    )

    def told() -> str:
        return generate_latest(registry).decode()

    assert 'kensho_breaker_state{upstream="far"} 0.0' in told()
    fail(breaker)
    assert 'kensho_breaker_state{upstream="far"} 2.0' in told()
    clock.now_s = OPEN_S
    with breaker.attempt():
        assert 'kensho_breaker_state{upstream="far"} 1.0' in told()
    assert 'kensho_breaker_state{upstream="far"} 0.0' in told()
    assert 'kensho_breaker_opened_total{upstream="far"} 1.0' in told()


class SlowBreaker:
    """What a breaker must do, worked out anew from everything that ever happened.

    Of the calls that ended since the state last changed, and had begun since then, a failure streak
    as long as `FAILURES` opens it; so does one failure of the call that passes half open.
    """

    def __init__(self) -> None:
        self.log: list[tuple[str, int, float, str]] = []

    def turns(self) -> list[tuple[float, bool, int]]:
        """Return when the state changed, whether it opened, and at which event."""
        turns: list[tuple[float, bool, int]] = [(0.0, False, -1)]
        for at, (kind, call, time_s, end) in enumerate(self.log):
            if kind != "end" or end == "cancelled" or self.begun(call) < turns[-1][2]:
                continue
            if turns[-1][1]:
                turns.append((time_s, end == "failed", at))
                continue
            streak = 0
            for kind_, call_, _, end_ in self.log[turns[-1][2] + 1 : at + 1]:
                if kind_ == "end" and end_ != "cancelled" and self.begun(call_) > turns[-1][2]:
                    streak = streak + 1 if end_ == "failed" else 0
            if streak >= FAILURES:
                turns.append((time_s, True, at))
        return turns

    def begun(self, call: int) -> int:
        return next(at for at, one in enumerate(self.log) if one[:2] == ("begin", call))

    def lets_pass(self, now_s: float) -> bool:
        opened_s, is_open, at = self.turns()[-1]
        if not is_open:
            return True
        begun = {one[1] for one in self.log[at + 1 :] if one[0] == "begin"}
        ended = {one[1] for one in self.log[at + 1 :] if one[0] == "end"}
        return now_s - opened_s >= OPEN_S and not begun - ended


@given(
    st.lists(
        st.one_of(
            st.just(("begin", 0)),
            st.tuples(st.sampled_from(("ok", "failed", "failed", "cancelled")), st.integers(0, 5)),
            st.tuples(st.just("wait"), st.sampled_from((1, 9, 10))),
        ),
        max_size=60,
    )
)
def test_it_does_what_a_slow_oracle_says(steps: list[tuple[str, int]]) -> None:
    clock, oracle = HandClock(), SlowBreaker()
    breaker = Breaker("far", failures=FAILURES, open_s=OPEN_S, clock=clock)
    running: list[tuple[int, AbstractContextManager[None]]] = []
    calls = 0
    for what, number in steps:
        if what == "wait":
            clock.now_s += number
        elif what == "begin":
            calls += 1
            expected = oracle.lets_pass(clock.now_s)
            begun = breaker.attempt()
            try:
                begun.__enter__()
            except UpstreamUnavailableError:
                assert not expected
            else:
                assert expected
                oracle.log.append(("begin", calls, clock.now_s, ""))
                running.append((calls, begun))
        elif running:
            call, attempt = running.pop(number % len(running))
            error = {"ok": None, "failed": BoomError(), "cancelled": asyncio.CancelledError()}[what]
            kind = None if error is None else type(error)
            assert not attempt.__exit__(kind, error, None)
            oracle.log.append(("end", call, clock.now_s, what))
    is_open = oracle.turns()[-1][1]
    assert (state_of(breaker) is BreakerState.CLOSED) == (not is_open)
