"""The pace of requests: whatever a server tells, no window has more than it allows."""

from hypothesis import given
from hypothesis import strategies as st

from kensho.platform.request_pacing import RateWindow, RequestPacer, StatedLimit

seconds = st.floats(0, 50, allow_nan=False)
windows = st.lists(
    st.builds(RateWindow, st.integers(1, 8), st.floats(0.5, 60)), min_size=1, max_size=3
)
told = st.builds(
    StatedLimit,
    st.none() | st.integers(-3, 40),
    st.none() | st.integers(-3, 40),
    st.none() | st.floats(-100, 1000),
)
pauses = st.lists(st.tuples(seconds, seconds, st.none() | told), max_size=60)


def walked(
    pacer: RequestPacer, given_: list[tuple[float, float, StatedLimit | None]]
) -> list[float]:
    """Send requests as soon as they may be after a pause; return when the server counted each.

    A request is counted at any time between being sent and being answered.
    """
    now = 0.0
    counted: list[float] = []
    for pause, latency, heard in given_:
        now += pause
        now += pacer.wait_s(now)
        assert pacer.wait_s(now) < 1e-6
        counted.append(now + latency / 3)
        now += latency
        pacer.sent(now)
        if heard is not None:
            pacer.heard(heard, now)
    return counted


def most_in(counted: list[float], window_s: float) -> int:
    return max((sum(t <= one < t + window_s - 1e-6 for one in counted) for t in counted), default=0)


@given(windows, pauses)
def test_no_window_has_more_requests_than_it_allows(
    limits: list[RateWindow], given_: list[tuple[float, float, StatedLimit | None]]
) -> None:
    counted = walked(RequestPacer(limits), given_)
    assert all(most_in(counted, one.seconds) <= one.requests for one in limits)


@given(st.integers(1, 5), st.integers(5, 9), pauses)
def test_what_a_server_tells_never_allows_more_than_is_documented(
    begin: int, most: int, given_: list[tuple[float, float, StatedLimit | None]]
) -> None:
    counted = walked(RequestPacer([RateWindow(begin, 60.0)], most=most), given_)
    assert most_in(counted, 60.0) <= most


@given(st.integers(1, 60), pauses)
def test_a_lower_limit_holds_from_the_answer_that_tells_it(
    limit: int, given_: list[tuple[float, float, StatedLimit | None]]
) -> None:
    pacer = RequestPacer([RateWindow(60, 60.0)])
    pacer.heard(StatedLimit(limit), 0.0)
    counted = walked(pacer, [(pause, latency, None) for pause, latency, _ in given_])
    assert most_in(counted, 60.0) <= limit


@given(st.floats(0, 1000), st.floats(0, 1000))
def test_a_hold_is_kept_to_its_end_and_no_longer(now: float, until: float) -> None:
    pacer = RequestPacer([RateWindow(5, 1.0)])
    pacer.hold(until)
    assert pacer.wait_s(now) == max(0.0, until - now)


def test_no_request_left_means_waiting_until_the_window_ends_and_at_most_its_length() -> None:
    for resets, waits in ((7.0, 7.0), (None, 60.0), (9_999.0, 60.0), (-5.0, 0.0)):
        pacer = RequestPacer([RateWindow(30, 60.0)])
        pacer.heard(StatedLimit(30, 0, resets), 100.0)
        assert pacer.wait_s(100.0) == waits
