"""Send requests to addresses that others chose, such that nothing inside is reached by them.

Guarantees: only https, and hosts of this machine where that is allowed. A name is resolved once,
every address that it has must be public, and the connection goes to one of those that were checked,
with the name for TLS; so no answer of a name server in between leads elsewhere. No redirect is
followed, no proxy of the environment is used, and a request is bounded in time and size as a whole.

Python calls 64:ff9b::/96 (which reaches IPv4 addresses through a translator) and some multicast
addresses global; addresses that hold others (mapped, 6to4, Teredo) are judged by those they hold.
"""

import asyncio
import contextlib
import ipaddress
import socket
import ssl
from collections.abc import AsyncGenerator, AsyncIterator, Generator, Mapping
from ipaddress import IPv4Address, IPv6Address
from typing import Final, NamedTuple, TypeAlias

import httpx
import msgspec

from kensho.errors import InvalidInputError, UpstreamError, UpstreamUnavailableError
from kensho.platform.http_client import is_loopback, user_agent
from kensho.platform.secret_values import masked

Address: TypeAlias = IPv4Address | IPv6Address
_TRANSLATED: Final = (
    ipaddress.IPv6Network("64:ff9b::/96"),
    ipaddress.IPv6Network("64:ff9b:1::/48"),
)
_MOST_URL_CHARS: Final = 2_000
_HTTPS_PORT: Final = 443
_HTTP_PORT: Final = 80


class RequestBounds(msgspec.Struct, frozen=True):
    """What requests may reach, and how long and how much they may take.

    `loopback_allowed` lets them reach this machine, by http too. Other hosts are asked at `ports`,
    where any are named. `hosts` are reached wherever their names lead, and at any port, because
    who runs the service named them.
    """

    total_s: float = 10.0
    body_bytes: int = 65_536
    loopback_allowed: bool = False
    ports: frozenset[int] = frozenset()
    hosts: frozenset[str] = frozenset()


class FetchedAnswer(NamedTuple):
    """An answer: its status, the headers by name, and what was read of its body."""

    status: int
    headers: Mapping[str, str]
    body: bytes


class FetchedStream(NamedTuple):
    """An answer that is read piece by piece: its status, the headers by name, and the pieces."""

    status: int
    headers: Mapping[str, str]
    pieces: AsyncIterator[bytes]


class CheckedPlace(NamedTuple):
    """Where a request goes: the name that is asked for, and the address that was checked."""

    url: httpx.URL
    address: Address


class SafeFetcher:
    """Sends requests; one is made for many."""

    def __init__(self, limits: RequestBounds, tls: ssl.SSLContext | None = None) -> None:
        """Take the authorities of certificates, by default those that httpx brings."""
        self._limits = limits
        self._tls = tls or httpx.create_ssl_context()

    async def post(self, url: str, body: bytes, headers: Mapping[str, str]) -> FetchedAnswer:
        """Send `body` and return the answer, whatever its status.

        Raises:
            InvalidInputError: the address is none that may be reached.
            UpstreamUnavailableError: there is no answer within the limits.
            UpstreamError: it is larger than is read.
        """
        return await self._asked("POST", url, body, headers)

    async def get(self, url: str) -> FetchedAnswer:
        """Return what an address answers, whatever its status; the body as it was before coding.

        Raises:
            InvalidInputError, UpstreamUnavailableError, UpstreamError: as `post`; and the last
                where the body is compressed, which was not asked for.
        """
        answer = await self._asked("GET", url, b"", {"Accept-Encoding": "identity"})
        coding = answer.headers.get("content-encoding", "identity")
        if coding.strip().lower() not in ("", "identity"):
            raise UpstreamError(f"{masked(url)}: answers compressed ({coding[:40]!r})")
        return answer

    @contextlib.asynccontextmanager
    async def stream(self, url: str) -> AsyncGenerator[FetchedStream]:
        """Hold what an address answers open while the block runs, to be read piece by piece.

        All of it is within the limits: a larger one raises `UpstreamError` while it is read, and a
        slower or broken one `UpstreamUnavailableError`.

        Raises:
            InvalidInputError, UpstreamUnavailableError: as `post`.
        """
        with _told(url, self._limits.total_s):
            async with asyncio.timeout(self._limits.total_s):
                place = await self._checked(url)
                named = {"Accept-Encoding": "identity"}
                async with self._opened("GET", place, b"", named) as response:
                    pieces = self._pieces(response, place.url)
                    yield FetchedStream(response.status_code, response.headers, pieces)

    async def _asked(
        self, method: str, url: str, body: bytes, headers: Mapping[str, str]
    ) -> FetchedAnswer:
        with _told(url, self._limits.total_s):
            async with asyncio.timeout(self._limits.total_s):
                place = await self._checked(url)
                async with self._opened(method, place, body, headers) as response:
                    pieces = [piece async for piece in self._pieces(response, place.url)]
                    return FetchedAnswer(response.status_code, response.headers, b"".join(pieces))

    async def check(self, url: str) -> CheckedPlace:
        """Return where an address leads now.

        Raises:
            InvalidInputError: it is none that may be reached.
            UpstreamUnavailableError: its name can't be resolved within the limits.
        """
        try:
            async with asyncio.timeout(self._limits.total_s):
                return await self._checked(url)
        except (TimeoutError, OSError) as error:
            raise UpstreamUnavailableError(f"{masked(url)}: can't be resolved: {error}") from error

    async def _checked(self, url: str) -> CheckedPlace:
        address = checked_url(url, loopback_allowed=self._limits.loopback_allowed)
        port = address.port or (_HTTPS_PORT if address.scheme == "https" else _HTTP_PORT)
        self._check_port(address, port, url)
        loop = asyncio.get_running_loop()
        found = await loop.getaddrinfo(address.host, port, type=socket.SOCK_STREAM)
        addresses = [ipaddress.ip_address(str(one[4][0]).partition("%")[0]) for one in found]
        for one in addresses:
            self._check_address(address, one, url)
        if not addresses:
            raise UpstreamUnavailableError(f"{masked(url)}: has no address")
        return CheckedPlace(address, addresses[0])

    def _check_port(self, url: httpx.URL, port: int, shown: str) -> None:
        limits = self._limits
        if not limits.ports or port in limits.ports or url.host in limits.hosts:
            return
        if limits.loopback_allowed and is_loopback(url.host):
            return
        wanted = ", ".join(map(str, sorted(limits.ports)))
        raise InvalidInputError.of("url", f"{masked(shown)!r}: port {port} is not one of {wanted}")

    def _check_address(self, url: httpx.URL, address: Address, shown: str) -> None:
        if address.is_loopback and self._limits.loopback_allowed:
            return
        if url.scheme == "https" and url.host in self._limits.hosts:
            return
        if url.scheme != "https" or not is_public(address):
            raise InvalidInputError.of(
                "url", f"{masked(shown)!r} leads to {address}, which is no public address"
            )

    @contextlib.asynccontextmanager
    async def _opened(
        self, method: str, place: CheckedPlace, body: bytes, headers: Mapping[str, str]
    ) -> AsyncGenerator[httpx.Response]:
        named = {**headers, "Host": place.url.netloc.decode("ascii"), "User-Agent": user_agent()}
        async with httpx.AsyncClient(
            verify=self._tls,
            trust_env=False,
            follow_redirects=False,
            timeout=self._limits.total_s,
            # A connection is of a name, and the pool would know it by its address.
            limits=httpx.Limits(max_keepalive_connections=0),
        ) as client:
            request = client.build_request(
                method,
                place.url.copy_with(host=str(place.address)),
                content=body or None,
                headers=named,
                extensions={"sni_hostname": place.url.host},
            )
            response = await client.send(request, stream=True)
            try:
                yield response
            finally:
                await response.aclose()

    async def _pieces(self, response: httpx.Response, url: httpx.URL) -> AsyncGenerator[bytes]:
        left = self._limits.body_bytes
        async for piece in response.aiter_raw():
            left -= len(piece)
            if left < 0:
                raise UpstreamError(
                    f"{masked(str(url))}: answers over {self._limits.body_bytes:,} bytes"
                )
            yield piece


@contextlib.contextmanager
def _told(url: str, total_s: float) -> Generator[None]:
    """Turn the errors of HTTP and of time into ours."""
    try:
        yield
    except TimeoutError as error:
        raise UpstreamUnavailableError(f"{masked(url)}: no answer within {total_s:g} s") from error
    except (httpx.HTTPError, ssl.SSLError, OSError) as error:
        reason = masked(str(error)) or type(error).__name__
        raise UpstreamUnavailableError(f"{masked(url)}: {reason}") from error


def checked_url(text: str, *, loopback_allowed: bool) -> httpx.URL:
    """Return an address that is sound by itself; what its name leads to is not looked at.

    Raises:
        InvalidInputError: it is not https, or it holds a name and password; names it.
    """
    shown = masked(text)
    try:
        url = httpx.URL(text)
    except (httpx.InvalidURL, TypeError) as error:
        raise InvalidInputError.of("url", f"{shown!r} is no address: {error}") from error
    if len(text) > _MOST_URL_CHARS:
        raise InvalidInputError.of("url", f"an address has at most {_MOST_URL_CHARS} letters")
    is_own = loopback_allowed and url.scheme == "http" and is_loopback(url.host)
    if not url.host or not (url.scheme == "https" or is_own):
        raise InvalidInputError.of("url", f"{shown!r}: only https addresses are asked")
    if url.userinfo:
        raise InvalidInputError.of("url", f"{shown!r}: no name and password may stand in it")
    return url


def is_public(address: Address) -> bool:
    """Tell whether an address is one of the public network, and of one machine."""
    if isinstance(address, IPv6Address):
        held = address.ipv4_mapped or address.sixtofour
        teredo = address.teredo
        if held is not None or teredo is not None:
            inner = [held] if held is not None else [*(teredo or ())]
            return all(is_public(one) for one in inner)
        if any(address in network for network in _TRANSLATED):
            return False
    return address.is_global and not (
        address.is_multicast or address.is_reserved or address.is_unspecified
    )
