"""The limit on what a client may ask for, by what it costs."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kensho.platform.rate_limits import RateLimiter


def allows(limiter: RateLimiter, address: str) -> bool:
    """Tell whether a request for one unit is allowed."""
    name = limiter.name_of(address)
    return name is None or limiter.judge(name, 1, 0.0).allowed


def told(limiter: RateLimiter, client: str, cost: float, now: float) -> dict[bytes, bytes]:
    return dict(limiter.judge(client, cost, now).headers)


def test_a_client_may_spend_a_window_at_once_and_then_what_comes_back() -> None:
    limiter = RateLimiter(10, 5)
    assert [limiter.judge("a", 4, 0.0).allowed for _ in range(3)] == [True, True, False]
    assert limiter.judge("a", 4, 0.9).allowed is False, "2 were left, 1.8 are back"
    assert limiter.judge("a", 4, 1.0).allowed is True
    assert limiter.judge("a", 10, 100.0).allowed is True, "no more than a window's are saved"
    assert limiter.judge("a", 0.1, 100.0).allowed is False


def test_clients_are_counted_apart() -> None:
    limiter = RateLimiter(1, 60)
    assert limiter.judge("a", 1, 0.0).allowed is True
    assert limiter.judge("b", 1, 0.0).allowed is True
    assert limiter.judge("a", 1, 0.0).allowed is False


def test_one_request_is_never_too_much_but_is_paid_for() -> None:
    limiter = RateLimiter(10, 10)
    assert limiter.judge("a", 30, 0.0).allowed is True
    assert limiter.judge("a", 1, 20.0).allowed is False
    assert limiter.judge("a", 1, 21.0).allowed is True


def test_headers_say_what_is_left_and_when_to_come_back() -> None:
    limiter = RateLimiter(100, 10)
    assert told(limiter, "a", 30.5, 0.0) == {
        b"ratelimit-policy": b'"default";q=100;w=10',
        b"ratelimit": b'"default";r=69;t=4',
    }
    assert told(limiter, "a", 100, 0.0) == {
        b"ratelimit-policy": b'"default";q=100;w=10',
        b"ratelimit": b'"default";r=69;t=4',
        b"retry-after": b"4",
    }


@pytest.mark.parametrize(
    ("one", "other", "is_same"),
    [
        ("2001:db8::1", "2001:db8::ffff:1", True),
        ("2001:db8::1", "2001:db8:0:0:ffff::1", True),
        ("2001:db8::1", "2001:DB8:0::1%eth0", True),
        ("2001:db8::1", "2001:db8:0:1::1", False),
        ("::ffff:192.0.2.1", "192.0.2.1", True),
        ("::ffff:192.0.2.1", "::ffff:192.0.2.2", False),
        ("192.0.2.1", "192.0.2.2", False),
    ],
)
def test_a_network_of_ipv6_is_one_client(one: str, other: str, is_same: bool) -> None:
    limiter = RateLimiter(1, 60)
    assert allows(limiter, one) is True
    assert allows(limiter, other) is not is_same


def test_exempt_networks_are_not_limited() -> None:
    limiter = RateLimiter(1, 60, ("127.0.0.1", "::1", "10.0.0.0/8"))
    for client in ("127.0.0.1", "::1", "10.9.8.7", "::ffff:127.0.0.1"):
        assert limiter.name_of(client) is None
    assert [allows(limiter, "127.0.0.2") for _ in range(2)] == [True, False]


@given(
    st.lists(st.tuples(st.sampled_from("ab"), st.floats(0.1, 8), st.floats(0, 3)), max_size=60),
    st.integers(1, 20),
    st.integers(1, 9),
)
def test_no_span_of_time_has_more_than_a_window_and_what_came_back(
    asked: list[tuple[str, float, float]], units: int, window_s: int
) -> None:
    limiter = RateLimiter(units, window_s)
    now = 0.0
    spent: dict[str, list[tuple[float, float]]] = {"a": [], "b": []}
    for client, wanted, pause in asked:
        now += pause
        cost = min(wanted, units)
        decision = limiter.judge(client, cost, now)
        headers = dict(decision.headers)
        if decision.allowed:
            spent[client].append((now, cost))
        else:
            back_s = int(headers[b"retry-after"])
            assert back_s >= 1
            model = RateLimiterModel(units, window_s, spent[client])
            assert model.left(now + back_s) >= cost - 1e-6
        left = RateLimiterModel(units, window_s, spent[client]).left(now)
        remaining = int(headers[b"ratelimit"].split(b";r=")[1].split(b";")[0])
        assert math.floor(left - 1e-6) <= remaining <= left + 1e-6
    for times in spent.values():
        for first, _ in times:
            for last, _ in times:
                inside = sum(cost for at, cost in times if first <= at <= last)
                assert inside <= units + (last - first) * units / window_s + 1e-6 or last < first


class RateLimiterModel:
    """What is left in a bucket, told from all that was spent: slow and obvious."""

    def __init__(self, units: int, window_s: int, spent: list[tuple[float, float]]) -> None:
        self._units, self._per_second, self._spent = units, units / window_s, spent

    def left(self, now: float) -> float:
        """Return what is left at a time."""
        left, at = float(self._units), 0.0
        for when, cost in self._spent:
            left = min(self._units, left + (when - at) * self._per_second) - cost
            at = when
        return min(self._units, left + (now - at) * self._per_second)


def test_many_clients_take_bounded_memory() -> None:
    limiter = RateLimiter(1, 60)
    for number in range(40_000):
        limiter.judge(f"10.{number >> 16}.{number >> 8 & 255}.{number & 255}", 1, 0.0)
    assert limiter.judge("10.0.0.0", 1, 0.0).allowed is True, "forgotten"
    assert limiter.judge("10.0.156.63", 1, 0.0).allowed is False
