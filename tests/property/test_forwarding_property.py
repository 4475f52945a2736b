"""The client behind trusted proxies is found, whatever that client put into the headers."""

from ipaddress import ip_address, ip_network
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from kensho.http.forwarding import TrustedProxies

NETWORKS = ("10.0.0.0/8", "fd00::/8")
PROXIES = st.ip_addresses(network="10.0.0.0/8") | st.ip_addresses(network="fd00::/8")
CLIENTS = st.ip_addresses().filter(
    lambda address: (
        not any(address in ip_network(network) for network in NETWORKS)
        and getattr(address, "ipv4_mapped", None) is None
    )
)
SAID = st.text(st.characters(codec="latin-1", exclude_characters="\r\n"), max_size=60) | st.lists(
    st.sampled_from(['for="', "10.1.1.1", ",", ";", "for=8.8.8.8", '"', "[", "\\", "8.8.8.8"]),
    max_size=8,
).map("".join)


def scope_of(peer: str, headers: dict[bytes, list[str]]) -> dict[str, Any]:
    lines = [(name, text.encode("latin-1")) for name, texts in headers.items() for text in texts]
    return {"client": (peer, 1234), "headers": lines, "scheme": "http"}


def client_of(peer: object, headers: dict[bytes, list[str]]) -> str:
    scope = scope_of(str(peer), headers)
    TrustedProxies(NETWORKS).apply(scope)  # type: ignore[arg-type]  # as much of a scope as is read
    client: str = scope["client"][0]
    return client


def plain(address: Any, *, port: bool) -> str:
    if not port:
        return str(address)
    return f"[{address}]:4711" if address.version == 6 else f"{address}:4711"


def forwarded(address: Any, *, port: bool) -> str:
    bare = f"[{address}]" if address.version == 6 else str(address)
    return f'proto=https;for="{bare}:4711"' if port or address.version == 6 else f"for={bare}"


CHAINS = st.tuples(CLIENTS, st.lists(PROXIES, min_size=1, max_size=5), st.booleans(), st.booleans())


@given(CHAINS, SAID, st.sampled_from([b"x-forwarded-for", b"forwarded"]))
def test_what_trusted_proxies_appended_names_the_client(
    chain: tuple[Any, list[Any], bool, bool], said: str, header: bytes
) -> None:
    client, proxies, port, split = chain
    written = plain if header == b"x-forwarded-for" else forwarded
    appended = [written(hop, port=port) for hop in (client, *proxies[:-1])]
    lines = [said, ", ".join(appended)] if split else [", ".join([said, *appended])]
    assert ip_address(client_of(proxies[-1], {header: lines})) == client


@given(CHAINS, SAID, SAID)
def test_a_header_that_no_proxy_writes_names_nobody_else(
    chain: tuple[Any, list[Any], bool, bool], said: str, other: str
) -> None:
    client, proxies, port, _ = chain
    appended = ", ".join([said, *(plain(hop, port=port) for hop in (client, *proxies[:-1]))])
    found = client_of(proxies[-1], {b"x-forwarded-for": [appended], b"forwarded": [other]})
    assert ip_address(found) in (client, proxies[-1])


@given(CLIENTS, SAID, SAID)
def test_an_untrusted_peer_is_the_client(peer: Any, said: str, other: str) -> None:
    headers = {b"x-forwarded-for": [said], b"forwarded": [other], b"x-forwarded-proto": ["https"]}
    scope = scope_of(str(peer), headers)
    TrustedProxies(NETWORKS).apply(scope)  # type: ignore[arg-type]  # as much of a scope as is read
    assert (scope["client"][0], scope["scheme"]) == (str(peer), "http")


@given(PROXIES, st.binary(max_size=200))
def test_no_header_makes_it_fail(peer: Any, said: bytes) -> None:
    scope: dict[str, Any] = {
        "client": (str(peer), 1),
        "headers": [(b"forwarded", said), (b"x-forwarded-for", said)],
        "scheme": "http",
    }
    TrustedProxies(NETWORKS).apply(scope)  # type: ignore[arg-type]  # as much of a scope as is read
    ip_address(str(scope["client"][0]))  # raises if it is none
