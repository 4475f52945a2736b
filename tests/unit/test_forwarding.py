"""Addresses of clients behind proxies, case by case."""

from typing import Any

import pytest

from kensho.http.forwarding import TrustedProxies

XFF = b"x-forwarded-for"
FORWARDED = b"forwarded"


def applied(peer: str, *headers: tuple[bytes, str], trusted: tuple[str, ...]) -> dict[str, Any]:
    scope: Any = {
        "client": (peer, 5),
        "scheme": "http",
        "headers": [(name, value.encode()) for name, value in headers],
    }
    TrustedProxies(trusted).apply(scope)
    found: dict[str, Any] = scope
    return found


@pytest.mark.parametrize(
    ("header", "value", "client"),
    [
        (XFF, "192.0.2.7", "192.0.2.7"),
        (XFF, "203.0.113.9, 192.0.2.7", "192.0.2.7"),
        (XFF, "192.0.2.7, 10.0.0.2", "192.0.2.7"),
        (XFF, "192.0.2.7:4711", "192.0.2.7"),
        (XFF, "[2001:db8::1]:4711", "2001:db8::1"),
        (XFF, "2001:DB8::1", "2001:db8::1"),
        (XFF, "::ffff:192.0.2.7", "192.0.2.7"),
        (XFF, "10.0.0.3, 10.0.0.2", "10.0.0.3"),
        (XFF, "", "10.0.0.1"),
        (XFF, "unknown", "10.0.0.1"),
        (XFF, "192.0.2.7, nonsense", "10.0.0.1"),
        (XFF, "nonsense, 192.0.2.7", "192.0.2.7"),
        (XFF, "192.0.2.7, nonsense, 10.0.0.2", "10.0.0.2"),
        (XFF, "192.0.2.7,", "10.0.0.1"),
        (XFF, "192.0.2.07", "10.0.0.1"),
        (XFF, "fe80::1%eth0", "10.0.0.1"),
        (FORWARDED, "for=192.0.2.7", "192.0.2.7"),
        (FORWARDED, 'For="[2001:db8::1]:4711";proto=https;by=10.0.0.1', "2001:db8::1"),
        (FORWARDED, "for=203.0.113.9, for=192.0.2.7;host=x, for=10.0.0.2", "192.0.2.7"),
        (FORWARDED, 'for="evil, for=192.0.2.7', "192.0.2.7"),
        (FORWARDED, 'for="192.0.2.7, 10.0.0.2"', "10.0.0.1"),
        (FORWARDED, "for=_hidden", "10.0.0.1"),
        (FORWARDED, "for=unknown, for=10.0.0.2", "10.0.0.2"),
        (FORWARDED, "for=1.1.1.1;for=192.0.2.7", "10.0.0.1"),
        (FORWARDED, "proto=https", "10.0.0.1"),
    ],
)
def test_the_first_address_from_the_right_that_is_no_proxy_is_the_client(
    header: bytes, value: str, client: str
) -> None:
    assert applied("10.0.0.1", (header, value), trusted=("10.0.0.0/8",))["client"][0] == client


def test_headers_that_disagree_are_not_believed() -> None:
    both = ((XFF, "192.0.2.7"), (FORWARDED, "for=203.0.113.9"))
    assert applied("10.0.0.1", *both, trusted=("10.0.0.0/8",))["client"][0] == "10.0.0.1"
    agreed = ((XFF, "192.0.2.7"), (FORWARDED, "for=192.0.2.7"))
    assert applied("10.0.0.1", *agreed, trusted=("10.0.0.0/8",))["client"][0] == "192.0.2.7"


@pytest.mark.parametrize("trusted", [(), ("127.0.0.0/8",), ("::/0",)])
def test_nothing_is_believed_of_a_peer_that_is_not_trusted(trusted: tuple[str, ...]) -> None:
    headers = ((XFF, "192.0.2.7"), (b"x-forwarded-proto", "https"))
    found = applied("10.0.0.1", *headers, trusted=trusted)
    assert (found["client"], found["scheme"]) == (("10.0.0.1", 5), "http")


def test_an_ipv4_proxy_may_be_seen_by_its_ipv6_address() -> None:
    found = applied("::ffff:10.0.0.1", (XFF, "192.0.2.7"), trusted=("10.0.0.0/8",))
    assert found["client"][0] == "192.0.2.7"


@pytest.mark.parametrize(
    ("header", "value", "scheme"),
    [
        (b"x-forwarded-proto", "https", "https"),
        (b"x-forwarded-proto", "http, https", "https"),
        (b"x-forwarded-proto", "javascript", "http"),
        (FORWARDED, "for=192.0.2.7;proto=HTTPS", "https"),
    ],
)
def test_the_scheme_is_the_one_that_the_nearest_proxy_was_called_by(
    header: bytes, value: str, scheme: str
) -> None:
    assert applied("10.0.0.1", (header, value), trusted=("10.0.0.0/8",))["scheme"] == scheme
