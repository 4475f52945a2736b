"""Spans: the parts of a request that a trace shows, for whoever records them.

This module knows no OpenTelemetry: `kensho.platform.telemetry` does, and is loaded only where spans
are exported. Code that has a part worth seeing writes `with spans.part("store",
"accounts.by_name"):`.

Guarantees: a part is recorded only within a request that is sampled. Names and values of attributes
tell no secret (`kensho.platform.redaction`): put no text of a caller into a name.

Performance: 0.2 µs for a part of a request that is not sampled.
"""

from contextlib import AbstractContextManager, nullcontext
from contextvars import ContextVar, Token
from types import TracebackType
from typing import Final, Literal, NamedTuple, Protocol, TypeAlias

from kensho.platform.logs import REQUEST

PartKind: TypeAlias = Literal["cache", "redis", "snapshot", "store", "upstream"]
"""`snapshot` is the making and sending of an answer from the read model, `redis` what is shared."""
Value: TypeAlias = str | int | float | bool


class SpanIds(NamedTuple):
    """Where a request stands in its trace: the ids, in hexadecimal, and what its caller decided."""

    trace_id: str
    span_id: str
    parent_id: str = ""
    is_sampled_by_caller: bool = False


class Span(Protocol):
    """Something that takes a while, within a trace."""

    @property
    def traceparent(self) -> str:
        """Return the W3C header that names this span as the parent of what others do for it."""
        ...

    def part(self, kind: PartKind, name: str) -> "Span":
        """Begin a span within this one."""
        ...

    def note(self, name: str, value: Value) -> None:
        """Add an attribute."""
        ...

    def fail(self, reason: str) -> None:
        """Say that it failed."""
        ...

    def end(self) -> None:
        """End it; nothing can be added then."""
        ...


class RequestSpan(Span, Protocol):
    """The span of a whole request."""

    def answered(self, route: str, status: int) -> None:
        """Say by which route, or none, it was answered, and how."""
        ...


class Tracing(Protocol):
    """Decides which requests are recorded."""

    def begin(self, ids: SpanIds, method: str, request_id: str) -> RequestSpan | None:
        """Return the span of a request that begins now, or `None` if it is not recorded."""
        ...


CURRENT: Final[ContextVar[Span | None]] = ContextVar("kensho_span", default=None)
"""The span within which code runs, if its request is sampled."""
_NOTHING: Final[AbstractContextManager[Span | None]] = nullcontext()


def part(kind: PartKind, name: str) -> AbstractContextManager[Span | None]:
    """Return a block that is recorded as a part of the current span; `None` if none is."""
    parent = CURRENT.get()
    return _NOTHING if parent is None else Within(parent.part(kind, name))


def outgoing() -> str | None:
    """Return the `traceparent` of a request to others that is made now, if it is for a request."""
    span = CURRENT.get()
    if span is not None:
        return span.traceparent
    ids = REQUEST.get()
    return ids.traceparent if ids is not None and ids.traceparent else None


class Within:
    """A block within a span, which ends with it; an error that leaves it is told by its class."""

    __slots__ = ("_span", "_token")

    def __init__(self, span: Span) -> None:
        self._span = span
        self._token: Token[Span | None] | None = None

    def __enter__(self) -> Span:
        self._token = CURRENT.set(self._span)
        return self._span

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._token is not None:
            CURRENT.reset(self._token)
        if kind is not None:
            self._span.fail(kind.__name__)
        self._span.end()
