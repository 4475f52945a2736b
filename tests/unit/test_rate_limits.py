"""The limit on requests per client and minute."""

from kensho.platform.rate_limits import WINDOW_S, RateLimiter


def test_a_client_is_refused_after_its_quota_and_let_in_when_the_window_ends() -> None:
    limiter = RateLimiter(2)
    assert [limiter.judge("a", 0.0).allowed for _ in range(3)] == [True, True, False]
    assert limiter.judge("a", WINDOW_S - 0.1).allowed is False
    assert limiter.judge("a", WINDOW_S).allowed is True


def test_clients_are_counted_apart() -> None:
    limiter = RateLimiter(1)
    assert limiter.judge("a", 0.0).allowed is True
    assert limiter.judge("b", 0.0).allowed is True
    assert limiter.judge("a", 0.0).allowed is False


def test_headers_say_what_is_left_and_when_to_come_back() -> None:
    limiter = RateLimiter(1)
    assert dict(limiter.judge("a", 0.0).headers) == {
        b"ratelimit-policy": b'"default";q=1;w=60',
        b"ratelimit": b'"default";r=0;t=60',
    }
    assert dict(limiter.judge("a", 30.0).headers)[b"retry-after"] == b"30"
