"""Calls to another service over HTTP: bounded in number, time and size, and given up in time.

Each `Upstream` has a pool of connections of its own, so that a slow service holds no more than
those: a call that finds none free fails at once (the bulkhead). A call has one deadline, its
attempts and the pauses between them included. What fails is tried again after a pause with jitter,
or after what `Retry-After` asks where that ends before the deadline. A `Breaker` leaves a service
alone that fails again and again.

Guarantees: a request that may change something is not repeated once it may have arrived, unless
the caller says that it may be. Redirects are not followed. A call that is cancelled counts neither
way and gives its connection back. Errors and logs name the service and never an address, a header
or a body, any of which may hold a secret.

A request may ask to hear of an answer that comes `after` its deadline, or after its caller has
gone: what it took at the service must be given back. Such a call holds its connection until then.

What was answered before can be served on while a service is away: `LastGood` says so in its type.
"""

import asyncio
import contextlib
import time
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Generator, Mapping
from http import HTTPStatus
from http.cookiejar import DefaultCookiePolicy
from math import ceil
from typing import Any, Final, Generic, NamedTuple, TypeVar, cast

import httpx
import msgspec
import stamina

from kensho.errors import UpstreamError, UpstreamUnavailableError
from kensho.platform import spans
from kensho.platform.breaker import Breaker, BreakerState
from kensho.platform.clock import Clock
from kensho.platform.http_client import (
    is_loopback,
    may_pass,
    require_secure,
    retry_after_s,
    user_agent,
)
from kensho.platform.machine_metrics import CallOutcome, MachineMetrics

EXHAUSTED: Final = "pool_exhausted"
"""The `code` of the error of a call that found no connection free."""
TIMED_OUT: Final = "timeout"
UNREACHABLE: Final = "unreachable"
TOO_LARGE: Final = "too_large"
_LONGEST_RETRY_AFTER_S: Final = 3_600
_REPEATABLE: Final = frozenset(("GET", "HEAD", "OPTIONS", "PUT", "DELETE"))
"""Methods that mean the same when they arrive twice (RFC 9110 §9.2.2)."""
_PAUSE_GROWTH: Final = 2.0
LATE_S: Final = 30.0
"""For so long after its deadline an answer is waited for, where somebody wants to hear of it."""
_T = TypeVar("_T")


class UpstreamRules(msgspec.Struct, frozen=True, kw_only=True):
    """The bounds of calls to one service."""

    connections: int = 8
    """Calls that are made at once."""
    wait_s: float = 0.1
    """How long a call waits for one of the connections."""
    connect_s: float = 2.0
    deadline_s: float = 8.0
    """How long a call takes at most, all attempts included."""
    attempts: int = 3
    first_pause_s: float = 0.1
    """The pause before the second attempt; it doubles, and as much again is added at random."""
    most_bytes: int = 1_048_576
    """The largest answer that is read."""
    failures: int = 5
    """Failures in a row after which the service is left alone."""
    open_s: float = 10.0
    """For so long, so that a service that is back is used again within half a minute."""


class UpstreamAnswer(NamedTuple):
    """An answer that is neither 429 nor a failure of the service (5xx)."""

    status: int
    headers: httpx.Headers
    body: bytes


class UpstreamRequest(msgspec.Struct, frozen=True, kw_only=True):
    """What is asked of a path below the service's address, with one body at most."""

    method: str
    path: str
    headers: Mapping[str, str] = {}
    query: Mapping[str, str] = {}
    form: Mapping[str, str] | None = None
    json: Any = None
    is_repeatable: bool | None = None
    """Whether it may arrive twice; by default as its method says."""
    is_due: bool = False
    """Whether it is made even where the service is left alone: it gives back what was taken."""
    after: "Callable[[UpstreamAnswer], None] | None" = None
    """Is told of an answer that nobody waits for any more, within `LATE_S`; it must not raise."""

    def __post_init__(self) -> None:
        """Refuse what would be asked of another host, or in two bodies.

        Raises:
            ValueError: it is.
        """
        if not self.path.startswith("/") or self.path.startswith("//"):
            raise ValueError(f"{self.path!r} is no path")
        if self.form is not None and self.json is not None:
            raise ValueError("a request has one body")

    def may_repeat(self) -> bool:
        """Tell whether it may arrive twice."""
        return self.method in _REPEATABLE if self.is_repeatable is None else self.is_repeatable


class FailedAttemptError(Exception):
    """An attempt failed: how it is counted, told and named to programs.

    `pause_s` is what the service asked to wait. Of a request that `was_not_done` it is known that
    it changed nothing. `is_failure` is whether it speaks against the service.
    """

    def __init__(
        self,
        told: str,
        code: str,
        *,
        outcome: CallOutcome = "failed",
        pause_s: float | None = None,
        was_not_done: bool = False,
        is_failure: bool = True,
    ) -> None:
        super().__init__(told)
        self.told = told
        self.code = code
        self.outcome: CallOutcome = outcome
        self.pause_s = pause_s
        self.was_not_done = was_not_done
        self.is_failure = is_failure


class Upstream:
    """One service at one address; an async context manager that closes its connections."""

    def __init__(
        self,
        name: str,
        base_url: str,
        rules: UpstreamRules | None = None,
        *,
        metrics: MachineMetrics | None = None,
        clock: Clock = time.monotonic,
        transport: httpx.AsyncBaseTransport | None = None,
    ) -> None:
        require_secure(base_url)
        self.name = name
        self.rules = rules or UpstreamRules()
        self._metrics = metrics or MachineMetrics()
        self._clock = clock
        self.breaker = Breaker(
            name,
            failures=self.rules.failures,
            open_s=self.rules.open_s,
            clock=clock,
            metrics=self._metrics,
        )
        rule = self.rules
        self._timeout = httpx.Timeout(rule.deadline_s, connect=rule.connect_s, pool=rule.wait_s)
        self._patience = httpx.Timeout(
            rule.deadline_s + LATE_S, connect=rule.connect_s, pool=rule.wait_s
        )
        self._client = httpx.AsyncClient(
            base_url=base_url,
            transport=transport,
            limits=httpx.Limits(
                max_connections=rule.connections, max_keepalive_connections=rule.connections
            ),
            timeout=self._timeout,
            headers={"user-agent": user_agent(), "accept-encoding": "identity"},
            trust_env=not is_loopback(httpx.URL(base_url).host),
        )
        self._late: set[asyncio.Task[UpstreamAnswer]] = set()
        # What the service tells one user must not be sent back with what another one asks.
        self._client.cookies.jar.set_policy(DefaultCookiePolicy(allowed_domains=()))

    async def __aenter__(self) -> "Upstream":
        """Return the service."""
        return self

    async def __aexit__(self, *_: object) -> None:
        """Close its connections; no answer is waited for any more."""
        for task in tuple(self._late):
            task.cancel()
        await asyncio.gather(*self._late, return_exceptions=True)
        await self._client.aclose()

    async def ask(self, request: UpstreamRequest) -> UpstreamAnswer:
        """Return the answer to a request.

        Raises:
            UpstreamUnavailableError: the service is left alone (code `circuit_open`), has no
                connection free (`pool_exhausted`), can't be reached (`unreachable`), takes too
                long (`timeout`), or answers 429 or 5xx (`http_429`, `http_503`...).
            UpstreamError: the answer is larger than `most_bytes` (code `too_large`).
        """
        began_s = self._clock()
        outcome: CallOutcome = "cancelled"
        try:
            with spans.part("upstream", self.name):
                answer = await self._attempts(request)
            outcome = "ok"
        except FailedAttemptError as error:
            outcome = error.outcome
            raise self._unavailable(error) from None
        except UpstreamUnavailableError:  # of the breaker
            outcome = "refused"
            raise
        except UpstreamError:
            outcome = "failed"
            raise
        finally:
            is_made = outcome not in ("refused", "exhausted")
            self._metrics.count_call(
                self.name, outcome, self._clock() - began_s if is_made else None
            )
        return answer

    async def _attempts(self, request: UpstreamRequest) -> UpstreamAnswer:
        until_s = asyncio.get_running_loop().time() + self.rules.deadline_s
        return await self._retried(request, until_s, lambda: self._attempt(request, until_s))

    async def _retried(
        self, request: UpstreamRequest, until_s: float, attempt_once: Callable[[], Awaitable[_T]]
    ) -> _T:
        """Return what an attempt returned, the last one where several were made until a time."""
        rules, now_s = self.rules, asyncio.get_running_loop().time
        longest_pause_s = 0.0

        def again(error: Exception) -> bool | float:
            if not isinstance(error, FailedAttemptError) or error.outcome == "exhausted":
                return False
            if self.breaker.state is not BreakerState.CLOSED and not request.is_due:
                return False  # so that the error tells what opened it
            if not (error.was_not_done or request.may_repeat()):
                return False
            pause_s = longest_pause_s if error.pause_s is None else error.pause_s
            if now_s() + pause_s >= until_s:
                return False
            return True if error.pause_s is None else error.pause_s

        attempts = stamina.retry_context(
            on=again,
            attempts=rules.attempts,
            timeout=None,  # no pause begins that does not end before the deadline
            wait_initial=rules.first_pause_s,
            wait_max=rules.deadline_s,
            wait_jitter=rules.first_pause_s,
            wait_exp_base=_PAUSE_GROWTH,
        )
        async for attempt in attempts:
            longest_pause_s = rules.first_pause_s * (1 + _PAUSE_GROWTH ** (attempt.num - 1))
            with attempt:
                if attempt.num > 1:
                    self._metrics.count_retry(self.name)
                with self._admitted(request):
                    return await attempt_once()
        raise AssertionError("no attempt was made")  # pragma: no cover -- one always is

    def _admitted(self, request: UpstreamRequest) -> contextlib.AbstractContextManager[None]:
        """Return what lets an attempt pass: the breaker, unless it is open and the call is due."""
        is_closed = self.breaker.state is BreakerState.CLOSED
        if request.is_due and not is_closed:
            return contextlib.nullcontext()
        return self.breaker.attempt(speaks_against)

    async def _attempt(self, request: UpstreamRequest, until_s: float) -> UpstreamAnswer:
        """Make one attempt.

        Raises:
            FailedAttemptError: it failed.
            UpstreamError: the answer is too large.
        """
        with self._translated():
            if request.after is None:
                answer = await self._exchange(request, until_s)
            else:
                answer = await self._exchange_or_late(request, until_s, request.after)
        self._check_status(answer.status, answer.headers)
        return answer

    @contextlib.contextmanager
    def _translated(self) -> Generator[None]:
        """Turn the errors of HTTP and of time into that of an attempt."""
        try:
            yield
        except httpx.PoolTimeout as error:
            told = f"all of its {self.rules.connections} connections are busy"
            raise FailedAttemptError(
                told, EXHAUSTED, outcome="exhausted", was_not_done=True, is_failure=False
            ) from error
        except (httpx.ConnectError, httpx.ConnectTimeout) as error:
            raise FailedAttemptError("can't be reached", UNREACHABLE, was_not_done=True) from error
        except (httpx.TimeoutException, TimeoutError) as error:
            raise FailedAttemptError(
                "did not answer in time", TIMED_OUT, outcome="timeout"
            ) from error
        except httpx.HTTPError as error:
            raise FailedAttemptError("broke off", UNREACHABLE) from error

    def _check_status(self, status: int, headers: httpx.Headers) -> None:
        """Raise `FailedAttemptError` for an answer that the next attempt may not have."""
        if not may_pass(status):
            return
        is_busy = status == HTTPStatus.TOO_MANY_REQUESTS
        pause_s = retry_after_s(headers.get("retry-after"))
        raise FailedAttemptError(
            f"answers {status}",
            f"http_{status}",
            pause_s=pause_s,
            was_not_done=is_busy or pause_s is not None,
            is_failure=not is_busy,
        )

    async def _exchange(self, request: UpstreamRequest, until_s: float) -> UpstreamAnswer:
        self._metrics.hold(self.name, 1)
        try:
            async with asyncio.timeout_at(until_s), self._open(request) as response:
                return await self._read(response)
        finally:
            self._metrics.hold(self.name, -1)

    async def _exchange_or_late(
        self, request: UpstreamRequest, until_s: float, after: "Callable[[UpstreamAnswer], None]"
    ) -> UpstreamAnswer:
        """Return the answer; one that comes when nobody waits any more is told to `after`."""
        task = asyncio.create_task(self._exchange(request, until_s + LATE_S))
        self._late.add(task)
        task.add_done_callback(self._late.discard)
        try:
            async with asyncio.timeout_at(until_s):
                return await asyncio.shield(task)
        finally:
            if not task.done():
                task.add_done_callback(lambda late: _tell(late, after))

    def _open(
        self, request: UpstreamRequest
    ) -> contextlib.AbstractAsyncContextManager[httpx.Response]:
        return self._client.stream(
            request.method,
            request.path,
            headers=traced(request.headers),
            params=dict(request.query) or None,
            data=None if request.form is None else dict(request.form),
            json=request.json,
            timeout=self._timeout if request.after is None else self._patience,
        )

    async def _read(self, response: httpx.Response) -> UpstreamAnswer:
        pieces: list[bytes] = []
        left = self.rules.most_bytes
        async for piece in response.aiter_bytes():
            left -= len(piece)
            if left < 0:
                raise UpstreamError(
                    f"{self.name}: sends more than {self.rules.most_bytes} bytes", code=TOO_LARGE
                )
            pieces.append(piece)
        return UpstreamAnswer(response.status_code, response.headers, b"".join(pieces))

    def _unavailable(self, error: FailedAttemptError) -> UpstreamUnavailableError:
        after_s = self.rules.open_s if error.pause_s is None else error.pause_s
        return UpstreamUnavailableError(
            f"{self.name}: {error.told}",
            code=error.code,
            retry_after_s=max(1, min(ceil(after_s), _LONGEST_RETRY_AFTER_S)),
        )


class Served(NamedTuple, Generic[_T]):
    """What is served; `is_stale` if the service is away and this is of `age_s` seconds before."""

    value: _T
    is_stale: bool
    age_s: float


class LastGood(Generic[_T]):
    """Keeps what a service answered last, by key, to be served on while it is away."""

    def __init__(self, *, most: int, kept_s: float, clock: Clock = time.monotonic) -> None:
        self._most = most
        self._kept_s = kept_s
        self._clock = clock
        self._kept: OrderedDict[str, tuple[float, _T]] = OrderedDict()

    async def get(self, key: str, make: Callable[[], Awaitable[_T]]) -> Served[_T]:
        """Return what `make` returns; where its service is unavailable, what it returned last.

        Raises:
            UpstreamUnavailableError: the service is away, and nothing is kept of it.
        """
        try:
            value = await make()
        except UpstreamUnavailableError:
            made_at_s, last = self._kept.get(key, (float("-inf"), None))
            age_s = self._clock() - made_at_s
            if age_s > self._kept_s:
                raise
            return Served(cast("_T", last), is_stale=True, age_s=age_s)
        self._kept[key] = (self._clock(), value)
        self._kept.move_to_end(key)
        if len(self._kept) > self._most:
            self._kept.popitem(last=False)
        return Served(value, is_stale=False, age_s=0.0)

    def forget(self, key: str) -> None:
        """Keep nothing under a key any more."""
        self._kept.pop(key, None)


def _tell(late: "asyncio.Task[UpstreamAnswer]", after: Callable[[UpstreamAnswer], None]) -> None:
    """Tell of an answer that came late; a failure is nobody's any more."""
    if not late.cancelled() and late.exception() is None:
        after(late.result())


def traced(headers: Mapping[str, str]) -> dict[str, str]:
    """Return headers with the trace that a request is made for, if it is for one."""
    traceparent = spans.outgoing()
    return {**headers, "traceparent": traceparent} if traceparent else dict(headers)


def speaks_against(error: Exception) -> bool | None:
    """Tell whether an error of an attempt speaks against the service, if it tells anything."""
    if not isinstance(error, FailedAttemptError):
        return False
    return None if error.outcome == "exhausted" else error.is_failure
