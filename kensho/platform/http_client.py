"""Read files over HTTP as streams, bounded in size and time.

Guarantees: no more is read than the caller allows, redirects are not followed, every wait has a
bound, and plain http is for loopback hosts alone, so that nobody on the way can alter what is read.
"""

import contextlib
import ipaddress
from collections.abc import Generator, Iterator
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from typing import Final

import httpx

from kensho.errors import InvalidInputError, UpstreamError
from kensho.platform.installation import installed_version
from kensho.platform.secret_values import masked

_CHUNK_BYTES: Final = 256 * 1024
_HTML_STARTS: Final = (b"<!doctype html", b"<html")
_SNIFFED_BYTES: Final = 64
_MAX_DIGITS: Final = 9
"""Of a number of seconds: 30 years are as good as never."""
_TIMEOUT: Final = httpx.Timeout(30.0, connect=10.0)
"""Seconds of silence: a file server on a busy disk answers well within."""


class HttpClient:
    """A client that keeps its connections; a context manager."""

    def __init__(self) -> None:
        self._client = httpx.Client(
            timeout=_TIMEOUT, follow_redirects=False, headers={"user-agent": user_agent()}
        )

    def __enter__(self) -> "HttpClient":
        """Return the client."""
        return self

    def __exit__(self, *_: object) -> None:
        """Close its connections."""
        self._client.close()

    def read(self, url: str, most_bytes: int) -> Iterator[bytes]:
        """Yield the content of `url` piece by piece.

        Raises:
            InvalidInputError: it is plain http to another machine, or no address of http at all.
            UpstreamError: it can't be reached, answers anything but 200, or sends more than
                `most_bytes`.
        """
        require_secure(url)
        shown = masked(url)
        left = most_bytes
        with _translated(shown), self._client.stream("GET", url) as response:
            if response.status_code != HTTPStatus.OK:
                raise UpstreamError(f"{shown}: answered {response.status_code}")
            for piece in response.iter_bytes(_CHUNK_BYTES):
                left -= len(piece)
                if left < 0:
                    raise UpstreamError(f"{shown}: sends more than {most_bytes} bytes")
                yield piece


def user_agent() -> str:
    """Return how every request names this program, for those who run the servers."""
    return f"kensho/{installed_version()} (+https://github.com/kensho-graph/kensho)"


def may_pass(status: int) -> bool:
    """Tell whether a request that was answered so may succeed later: 429 and 5xx."""
    return status == HTTPStatus.TOO_MANY_REQUESTS or status >= HTTPStatus.INTERNAL_SERVER_ERROR


def answered(response: httpx.Response) -> str:
    """Return how messages tell of an answer that is no success."""
    return f"the server answers {response.status_code} {response.reason_phrase}".rstrip()


def is_html(content: bytes) -> bool:
    """Tell whether content begins as a page of HTML, which proxies and portals send for files."""
    return content[:_SNIFFED_BYTES].lstrip().lower().startswith(_HTML_STARTS)


def retry_after_s(value: str | None, now: datetime | None = None) -> float | None:
    """Return the seconds that a `Retry-After` header asks to wait; `None` where it says nothing."""
    if value is None or not value.strip():
        return None
    text = value.strip()
    if text.isascii() and text.isdigit():
        return float(text[:_MAX_DIGITS])
    try:
        until = parsedate_to_datetime(text)
    except ValueError:
        return None
    zoned = until if until.tzinfo else until.replace(tzinfo=UTC)
    return max(0.0, (zoned - (now or datetime.now(UTC))).total_seconds())


def require_secure(url: str) -> None:
    """Refuse an address that is neither https nor of this machine.

    Raises:
        InvalidInputError: it is; names it.
    """
    shown = masked(url)
    try:
        address = httpx.URL(url)
    except httpx.InvalidURL as error:
        raise InvalidInputError.of("url", f"{shown!r} is no address: {error}") from error
    if address.scheme == "https" or (address.scheme == "http" and is_loopback(address.host)):
        return
    raise InvalidInputError.of("url", f"{shown!r}: only https, or http of this machine, is read")


def is_loopback(host: str) -> bool:
    """Tell whether a host is this machine, by its name or its address."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


@contextlib.contextmanager
def _translated(url: str) -> Generator[None]:
    try:
        yield
    except httpx.HTTPError as error:
        raise UpstreamError(f"{url}: {masked(str(error)) or type(error).__name__}") from error
