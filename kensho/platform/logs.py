"""Logs: structlog to standard error, as lines for people or as JSON.

Guarantees: no line shows the sign-in of a URL, a password, a token or a cookie, by the name or by
the form of a value (`kensho.platform.redaction`). Where a limit is set, no kind of line (the text
of its event) is written more often a minute; how many were left out is told in one line afterwards.
Writing never fails or waits: what a full disk, or a reader that hangs, does not take is lost.

`REQUEST` is set once per request by the request pipeline; every log line written while that request
is served then carries its ids and the address of its client.
"""

import logging
import os
import select
import sys
import threading
from collections.abc import Callable
from contextlib import suppress
from contextvars import ContextVar
from time import monotonic
from typing import Any, Final, Literal, NamedTuple, TextIO, cast

import structlog
from structlog.typing import EventDict, Processor, WrappedLogger
from typing_extensions import override

from kensho.platform.redaction import redacted, redacted_text
from kensho.platform.secret_values import masked

_TELLS_ADDRESSES: Final = ("httpx", "httpcore")
"""Loggers that tell each address that is asked, which may bear a token, from `info` on."""
_LEVELS: Final = {
    "debug": logging.DEBUG,
    "info": logging.INFO,
    "warning": logging.WARNING,
    "error": logging.ERROR,
}


class RequestIds(NamedTuple):
    """What names a request in logs and traces, and who asked.

    `traceparent` is what requests to others bear that are made for it; `tells_trace` is whether
    problem documents name the trace.
    """

    request_id: str
    trace_id: str
    client: str = ""
    traceparent: str = ""
    tells_trace: bool = False


_TRACEBACKS: Final = structlog.processors.ExceptionRenderer(
    structlog.tracebacks.ExceptionDictTransformer(show_locals=False)
)
"""Without the values of variables: a read model among them takes seconds to write, and a secret
has no place in a log."""
REQUEST: Final[ContextVar[RequestIds | None]] = ContextVar("kensho_request", default=None)


LEFT_OUT: Final = "log_lines_left_out"
_WINDOW_S: Final = 60.0
_MOST_KINDS: Final = 256
"""Kinds that are counted apart, at most; events are named in the code, and libraries have few."""
_OTHERS: Final = "other"


class LineLimiter:
    """Counts log lines by kind, and tells which may be written: so many a minute of each."""

    def __init__(self, per_minute: int, clock: Callable[[], float] = monotonic) -> None:
        self._per_minute = per_minute
        self._clock = clock
        self._counts: dict[str, int] = {}
        self._ends_at = 0.0
        self._lock = threading.Lock()

    def admits(self, kind: str) -> bool:
        """Count a line of this kind, and tell whether it may be written."""
        with self._lock:
            if kind not in self._counts and len(self._counts) >= _MOST_KINDS:
                kind = _OTHERS
            self._counts[kind] = count = self._counts.get(kind, 0) + 1
            return count <= self._per_minute

    def left_out(self) -> dict[str, int]:
        """Return how many lines of which kinds were left out of a minute that has ended.

        They are told once. Ask before each line: it begins the next minute.
        """
        now = self._clock()
        if now < self._ends_at:
            return {}
        with self._lock:
            counts, self._counts = self._counts, {}
            self._ends_at = now + _WINDOW_S
        return {
            kind: count - self._per_minute
            for kind, count in counts.items()
            if count > self._per_minute
        }


class LimitedLines:
    """Drops log events of structlog, and records of the standard library, beyond the limit."""

    def __init__(self, limiter: LineLimiter) -> None:
        self._limiter = limiter

    def __call__(self, _logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
        """Pass on a log event.

        Raises:
            DropEvent: there were too many of its kind.
        """
        if not self._is_written(str(event["event"])):
            raise structlog.DropEvent
        return event

    def filter(self, record: logging.LogRecord) -> bool:
        """Tell whether a record may be written: `msg` is the same for all of a kind."""
        return self._is_written(f"{record.name} {record.msg}")

    def _is_written(self, kind: str) -> bool:
        if kind == LEFT_OUT:
            return True
        for other, lines in self._limiter.left_out().items():
            structlog.get_logger("kensho").warning(LEFT_OUT, of=other, lines=lines)
        return self._limiter.admits(kind)


class LossyStream:
    """A stream of text that never fails or waits; what can't be written at once is lost."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor
        self._poll = select.poll()
        self._poll.register(descriptor, select.POLLOUT)

    def write(self, text: str) -> int:
        """Write as much of `text` as is taken; return its length all the same."""
        data = text.encode(errors="backslashreplace")
        with suppress(OSError):
            for start in range(0, len(data), select.PIPE_BUF):  # so much a pipe takes whole
                if not self._poll.poll(0):
                    break
                os.write(self._descriptor, data[start : start + select.PIPE_BUF])
        return len(text)

    def flush(self) -> None:
        """Do nothing: nothing is held back."""


def _standard_error() -> TextIO:
    try:
        return cast("TextIO", LossyStream(sys.stderr.fileno()))
    except (AttributeError, OSError):  # a stand-in without a descriptor, or none at all
        return sys.stderr


def configure(
    level: Literal["debug", "info", "warning", "error"],
    form: Literal["console", "json"],
    lines_per_minute: int = 0,
) -> None:
    """Set up logging for this process; call it once, from an entry point.

    At most `lines_per_minute` lines of each kind are written; 0 writes all.
    """
    stream = _standard_error()
    limited = LimitedLines(LineLimiter(lines_per_minute)) if lines_per_minute else None
    last: list[Processor] = (
        [_TRACEBACKS, redact, structlog.processors.JSONRenderer(), mask_line]
        if form == "json"
        else [
            redact,
            structlog.dev.ConsoleRenderer(
                colors=sys.stderr.isatty(), exception_formatter=structlog.dev.plain_traceback
            ),
            redact_line,
        ]
    )
    # The list is changed in place: loggers that were used before hold it, and would go on as they
    # were told first.
    processors = structlog.get_config()["processors"]
    processors[:] = [
        *([limited] if limited else []),
        add_request_ids,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        *last,
    ]
    structlog.configure(
        processors=processors,
        wrapper_class=structlog.make_filtering_bound_logger(_LEVELS[level]),
        logger_factory=structlog.WriteLoggerFactory(stream),
        cache_logger_on_first_use=True,
    )
    handler = logging.StreamHandler(stream)
    handler.setFormatter(_MaskingFormatter("%(levelname)s %(name)s: %(message)s"))
    if limited is not None:
        handler.addFilter(limited.filter)
    logging.basicConfig(level=_LEVELS[level], handlers=[handler])
    for name in _TELLS_ADDRESSES:
        logging.getLogger(name).setLevel(logging.WARNING)


def redact(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    """Hide what is secret in the values of a log event, by their names and by their form."""
    return cast("EventDict", redacted(event))


def redact_line(_logger: WrappedLogger, _method: str, line: Any) -> str:
    """Hide what has the form of a secret in a finished line for people, tracebacks included."""
    return redacted_text(str(line))


def mask_line(_logger: WrappedLogger, _method: str, line: Any) -> str:
    """Hide what is secret in the URLs of a finished line, which stays the JSON that it is."""
    return masked(str(line))


class _MaskingFormatter(logging.Formatter):
    """Hides what is secret in lines that libraries write."""

    @override
    def format(self, record: logging.LogRecord) -> str:
        return redacted_text(super().format(record))


def add_request_ids(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    """Add the ids of the request being served to a log line, where there is one."""
    ids = REQUEST.get()
    if ids is not None:
        event["request_id"] = ids.request_id
        event["trace_id"] = ids.trace_id
        if ids.client:
            event["client"] = ids.client
    return event
