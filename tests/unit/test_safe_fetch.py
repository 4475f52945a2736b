"""Requests to addresses that others chose reach nothing inside, and end."""

import asyncio
import ipaddress
import socket
import ssl
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from kensho.errors import InvalidInputError, UpstreamError, UpstreamUnavailableError
from kensho.platform.safe_fetch import RequestBounds, SafeFetcher, checked_url, is_public
from tests.support.film_origin import origin_running
from tests.support.webhook_receivers import Receiver, receiving

OWN = RequestBounds(total_s=5, loopback_allowed=True)


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with receiving() as receiver:
        yield receiver


@pytest.mark.parametrize(
    "address",
    [
        *("127.0.0.1", "127.8.8.8", "0.0.0.0", "10.1.2.3", "172.16.0.1", "192.168.1.1"),
        *("169.254.169.254", "100.64.0.1", "198.18.0.1", "192.0.2.1", "203.0.113.9", "240.0.0.1"),
        *("255.255.255.255", "224.0.0.1", "239.1.1.1", "192.0.0.1"),
        *("::", "::1", "fe80::1", "fc00::1", "fd12::1", "ff02::1", "ff0e::1", "2001:db8::1"),
        *("64:ff9b::7f00:1", "64:ff9b::808:808", "64:ff9b:1::1", "::ffff:10.0.0.1"),
        *("::ffff:127.0.0.1", "2002:7f00:1::", "2002:0a00:1::1", "2001:0:7f00:1::"),
    ],
)
def test_what_is_inside_is_not_public(address: str) -> None:
    assert not is_public(ipaddress.ip_address(address))


@pytest.mark.parametrize(
    "address", ["1.1.1.1", "8.8.8.8", "93.184.216.34", "2606:4700::1111", "::ffff:8.8.8.8"]
)
def test_what_is_outside_is_public(address: str) -> None:
    assert is_public(ipaddress.ip_address(address))


@pytest.mark.parametrize(
    "url",
    [
        *("http://anime.example/hook", "ftp://anime.example", "file:///etc/passwd", "", "x"),
        *("https://", "https://user:hidden@anime.example/", "//anime.example", "https://[::1"),
        *("http://127.0.0.1:1/", "gopher://127.0.0.1", "https://a" + "x" * 3_000),
    ],
)
def test_what_is_no_address_to_ask_is_refused_by_its_name(url: str) -> None:
    with pytest.raises(InvalidInputError) as error:
        checked_url(url, loopback_allowed=False)
    assert error.value.problems[0].field == "url"
    assert "hidden" not in error.value.message


@pytest.mark.parametrize(
    "url",
    [
        *(
            "https://127.0.0.1/",
            "https://localhost:8700/api",
            "https://10.0.0.1/",
            "https://[::1]/",
        ),
        *("https://169.254.169.254/latest/meta-data", "https://2130706433/", "https://0x7f.1/"),
        *("https://[64:ff9b::a00:1]/", "https://[::ffff:10.0.0.1]/"),
    ],
)
async def test_what_leads_inside_is_refused(url: str) -> None:
    fetcher = SafeFetcher(RequestBounds(total_s=5))
    for asked in (fetcher.check(url), fetcher.post(url, b"", {})):
        with pytest.raises((InvalidInputError, UpstreamUnavailableError)):
            await asked


async def test_this_machine_is_reached_where_that_is_allowed(receiver: Receiver) -> None:
    answer = await SafeFetcher(OWN).post(receiver.url, b"{}", {"x-own": "1"})
    assert answer.status == 204
    (received,) = receiver.received
    assert (received.body, received.headers["x-own"]) == (b"{}", "1")
    assert received.headers["host"] == f"127.0.0.1:{receiver.server_address[1]}"
    with pytest.raises(InvalidInputError):
        await SafeFetcher(RequestBounds()).post(receiver.url, b"{}", {})


async def test_a_name_is_resolved_once_and_the_checked_address_is_asked(
    receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []
    real = socket.getaddrinfo

    def resolve(host: Any, *given: Any, **named: Any) -> Any:
        asked.append(host)
        if len(asked) > 1 and host == "localhost":
            raise socket.gaierror("it leads elsewhere by now")
        return real("127.0.0.1" if host == "localhost" else host, *given, **named)

    monkeypatch.setattr(socket, "getaddrinfo", resolve)
    url = receiver.url.replace("127.0.0.1", "localhost")
    assert (await SafeFetcher(OWN).post(url, b"", {})).status == 204
    assert asked.count("localhost") == 1
    assert receiver.received[0].headers["host"].startswith("localhost:")


async def test_a_name_of_which_any_address_is_inside_is_refused(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    found = [
        (socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, 443))
        for address in ("93.184.216.34", "10.0.0.1")
    ]
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_given, **_named: found)
    with pytest.raises(InvalidInputError, match=r"10\.0\.0\.1"):
        await SafeFetcher(RequestBounds()).check("https://anime.example/hook")


async def test_no_redirect_is_followed(receiver: Receiver) -> None:
    receiver.behaviour = "redirect"
    assert (await SafeFetcher(OWN).post(receiver.url, b"", {})).status == 307
    assert receiver.followed == 0


@pytest.mark.parametrize(
    ("behaviour", "error"),
    [
        ("hang", UpstreamUnavailableError),
        ("drip", UpstreamUnavailableError),
        ("reset", UpstreamUnavailableError),
        ("large", UpstreamError),
    ],
)
async def test_a_request_ends_whatever_the_other_side_does(
    receiver: Receiver, behaviour: str, error: type[UpstreamError]
) -> None:
    receiver.behaviour = behaviour
    limits = RequestBounds(total_s=0.5, body_bytes=10_000, loopback_allowed=True)
    async with asyncio.timeout(30):
        with pytest.raises(error):
            await SafeFetcher(limits).post(receiver.url, b"", {})


async def test_where_nobody_listens_it_is_told() -> None:
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{closed.getsockname()[1]}/"
        with pytest.raises(UpstreamUnavailableError):
            await SafeFetcher(OWN).post(url, b"", {})


def certificate(folder: Path, name: str) -> tuple[Path, Path]:
    """Make a certificate of `name`, signed by itself."""
    key, cert = folder / "key.pem", folder / "cert.pem"
    subject = ["-subj", f"/CN={name}", "-addext", f"subjectAltName=DNS:{name}", "-days", "2"]
    command = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", *subject]
    subprocess.run(
        [*command, "-keyout", str(key), "-out", str(cert)], check=True, capture_output=True
    )
    return key, cert


@pytest.mark.parametrize("name", ["localhost", "anime.example"])
async def test_tls_is_for_the_name_though_an_address_is_connected_to(
    receiver: Receiver, tmp_path: Path, name: str
) -> None:
    key, cert = certificate(tmp_path, name)
    names: list[str | None] = []
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server.load_cert_chain(cert, key)
    server.sni_callback = lambda _socket, named, _context: names.append(named)
    receiver.socket = server.wrap_socket(receiver.socket, server_side=True)
    fetcher = SafeFetcher(OWN, ssl.create_default_context(cafile=str(cert)))
    url = receiver.url.replace("http://127.0.0.1", "https://localhost")
    if name == "localhost":
        assert (await fetcher.post(url, b"", {})).status == 204
    else:
        with pytest.raises(UpstreamUnavailableError, match="certificate"):
            await fetcher.post(url, b"", {})
    assert names == ["localhost"]


async def test_what_is_got_is_bounded_plain_and_at_a_known_port() -> None:
    with origin_running() as origin:
        own = SafeFetcher(RequestBounds(total_s=5, loopback_allowed=True, ports=frozenset((443,))))
        answer = await own.get(origin.url("/film/en.vtt"))
        assert (answer.status, answer.body[:6]) == (200, b"WEBVTT")
        assert (await own.get(origin.url("/none"))).status == 404
        origin.files["/moved"] = 302
        assert (await own.get(origin.url("/moved"))).status == 302
        assert origin.asked[-1] == "/moved"
        origin.files["/large"] = b"x" * 100_000
        with pytest.raises(UpstreamError, match="65,536 bytes"):
            await own.get(origin.url("/large"))
        with pytest.raises(InvalidInputError, match="port 22 is not one of 443"):
            await own.get("https://anime.example:22/a.m3u8")


async def test_a_host_that_the_operator_named_may_be_inside(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    found = [(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("10.0.0.1", 8443))]
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_given, **_named: found)
    bounds = RequestBounds(ports=frozenset((443,)), hosts=frozenset(("origin.example",)))
    await SafeFetcher(bounds).check("https://origin.example:9000/a.m3u8")
    for url in ("https://other.example/a.m3u8", "http://origin.example:9000/a.m3u8"):
        with pytest.raises(InvalidInputError):
            await SafeFetcher(bounds).check(url)
