"""Ask JSON interfaces of others, at the pace that they allow, again where that may help.

Guarantees: every request waits for its turn (`RequestPacer`), has bounds in time and size and names
the program; redirects are not followed; plain http is for loopback hosts alone. Transport faults,
429, 5xx, pages of HTML and broken JSON are tried again a bounded number of times, after as long as
`Retry-After` asks. Any other answer is the caller's, with its status.
"""

import time
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Final, Self, TypeAlias

import httpx
import msgspec

from kensho.errors import UpstreamError, UpstreamUnavailableError
from kensho.platform.http_client import (
    answered,
    is_html,
    is_loopback,
    may_pass,
    require_secure,
    retry_after_s,
    user_agent,
)
from kensho.platform.request_pacing import RequestPacer, StatedLimit
from kensho.platform.secret_values import masked

_MAX_DIGITS: Final = 12

TryAgain: TypeAlias = Callable[[object], str | None]
"""Tells why a document is no answer yet, such as an error that will pass; `None`: it is one."""


class Clock(msgspec.Struct, frozen=True):
    """Steady seconds, how to wait, and the time of day."""

    monotonic: Callable[[], float] = time.monotonic
    sleep: Callable[[float], None] = time.sleep
    now: Callable[[], datetime] = lambda: datetime.now(UTC)


class ApiLimits(msgspec.Struct, frozen=True):
    """How long, how much and how often; pauses double each time."""

    body_bytes: int = 16 * 1024 * 1024
    connect_s: float = 10
    silence_s: float = 30
    total_s: float = 120
    attempts: int = 6
    first_pause_s: float = 2
    longest_pause_s: float = 900
    """A server that asks for more is asked again another day."""


class ApiAnswer(msgspec.Struct, frozen=True):
    """An answer: its status, and its document, decoded."""

    status: int
    document: object


class _PassingError(Exception):
    """A fault that may pass; with the seconds that the server asks to wait, if it does."""

    def __init__(self, message: str, pause_s: float | None = None) -> None:
        super().__init__(message)
        self.pause_s = pause_s


def _is_answer(_document: object) -> None:
    return None


class ApiClient:
    """A client of one interface that keeps its connection; a context manager.

    Raises:
        InvalidInputError: the endpoint is neither https nor of this machine.
    """

    def __init__(
        self,
        endpoint: str,
        pacer: RequestPacer,
        *,
        limits: ApiLimits | None = None,
        clock: Clock | None = None,
    ) -> None:
        require_secure(endpoint)
        self.endpoint = endpoint.rstrip("/")
        self._pacer = pacer
        self._limits = limits or ApiLimits()
        self._clock = clock or Clock()
        self._client = httpx.Client(
            follow_redirects=False,
            headers={"User-Agent": user_agent()},
            timeout=httpx.Timeout(self._limits.silence_s, connect=self._limits.connect_s),
            trust_env=not is_loopback(httpx.URL(endpoint).host),
        )

    def __enter__(self) -> Self:
        """Return the client."""
        return self

    def __exit__(self, *_: object) -> None:
        """Close its connections."""
        self._client.close()

    def get(
        self, path: str, params: Mapping[str, str], *, accept: str = "application/json"
    ) -> ApiAnswer:
        """Ask for a document by its path below the endpoint.

        Raises:
            UpstreamUnavailableError: there is no answer within the limits.
            UpstreamError: the answer leads elsewhere, or is larger than allowed.
        """
        url, headers = f"{self.endpoint}{path}", {"Accept": accept}
        request = self._client.build_request("GET", url, params=dict(params), headers=headers)
        return self._ask(request, _is_answer)

    def post(self, document: object, try_again: TryAgain = _is_answer) -> ApiAnswer:
        """Send a document to the endpoint itself, as GraphQL does.

        Raises:
            UpstreamUnavailableError: there is no answer within the limits.
            UpstreamError: the answer leads elsewhere, or is larger than allowed.
        """
        headers = {"Content-Type": "application/json", "Accept": "application/json"}
        body = msgspec.json.encode(document)
        request = self._client.build_request("POST", self.endpoint, content=body, headers=headers)
        return self._ask(request, try_again)

    def _ask(self, request: httpx.Request, try_again: TryAgain) -> ApiAnswer:
        limits, shown = self._limits, masked(str(request.url))
        for attempt in range(limits.attempts):
            try:
                return self._try(request, try_again)
            except (httpx.TransportError, _PassingError) as error:
                told = error.pause_s if isinstance(error, _PassingError) else None
                reason = masked(str(error)) or type(error).__name__
                pause_s = limits.first_pause_s * 2**attempt if told is None else told
                if pause_s > limits.longest_pause_s or attempt + 1 == limits.attempts:
                    raise UpstreamUnavailableError(
                        f"{shown}: {reason}", retry_after_s=round(pause_s)
                    ) from error
                self._pacer.hold(self._clock.monotonic() + pause_s)
        raise UpstreamUnavailableError(f"{shown}: no attempt is allowed")

    def _try(self, request: httpx.Request, try_again: TryAgain) -> ApiAnswer:
        clock = self._clock
        wait_s = self._pacer.wait_s(clock.monotonic())
        while wait_s > 0:
            clock.sleep(wait_s)
            wait_s = self._pacer.wait_s(clock.monotonic())
        try:
            response = self._client.send(request, stream=True)
            try:
                body = self._body(response)
            finally:
                response.close()
        finally:
            self._pacer.sent(clock.monotonic())
        self._pacer.heard(self._told(response), clock.monotonic())
        answer = self._answer(response, body)
        reason = try_again(answer.document)
        if reason is not None:
            raise _PassingError(reason)
        return answer

    def _body(self, response: httpx.Response) -> bytes:
        deadline = self._clock.monotonic() + self._limits.total_s
        pieces: list[bytes] = []
        left = self._limits.body_bytes
        for piece in response.iter_bytes():
            left -= len(piece)
            if left < 0:
                raise UpstreamError(
                    f"{masked(str(response.url))}: sends over {self._limits.body_bytes:,} bytes"
                )
            if self._clock.monotonic() > deadline:
                raise _PassingError(f"took over {self._limits.total_s:g} s")
            pieces.append(piece)
        return b"".join(pieces)

    def _answer(self, response: httpx.Response, body: bytes) -> ApiAnswer:
        status = response.status_code
        told = answered(response)
        if may_pass(status):
            header = response.headers.get("Retry-After")
            raise _PassingError(told, retry_after_s(header, self._clock.now()))
        if response.is_redirect:
            where = masked(response.headers.get("Location", ""))
            raise UpstreamError(f"{masked(str(response.url))}: {told}, which leads to {where!r}")
        if is_html(body):
            raise _PassingError(f"{told} with an HTML page where JSON was expected")
        try:
            return ApiAnswer(status, msgspec.json.decode(body))
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
            raise _PassingError(f"{told} with broken JSON: {error}") from error

    def _told(self, response: httpx.Response) -> StatedLimit:
        limit, remaining, reset = (
            _whole(response.headers.get(f"X-RateLimit-{name}"))
            for name in ("Limit", "Remaining", "Reset")
        )
        resets_in_s = None if reset is None else reset - self._clock.now().timestamp()
        return StatedLimit(limit, remaining, resets_in_s)


def _whole(text: str | None) -> int | None:
    if text is None or not (text.isascii() and text.isdigit()):
        return None
    return int(text[:_MAX_DIGITS])
