"""Logs: structlog to standard error, as lines for people or as JSON.

Guarantees: no line shows the sign-in of a URL.

`REQUEST` is set once per request by the request pipeline; every log line written while that request
is served then carries its ids and the address of its client.
"""

import logging
import sys
from contextvars import ContextVar
from typing import Any, Final, Literal, NamedTuple

import structlog
from structlog.typing import EventDict, Processor, WrappedLogger
from typing_extensions import override

from kensho.platform.secret_values import masked

_LEVELS: Final = {
    "debug": logging.DEBUG,
    "info": logging.INFO,
    "warning": logging.WARNING,
    "error": logging.ERROR,
}


class RequestIds(NamedTuple):
    """What names a request in logs and traces, and who asked."""

    request_id: str
    trace_id: str
    client: str = ""


_TRACEBACKS: Final = structlog.processors.ExceptionRenderer(
    structlog.tracebacks.ExceptionDictTransformer(show_locals=False)
)
"""Without the values of variables: a read model among them takes seconds to write, and a secret
has no place in a log."""
REQUEST: Final[ContextVar[RequestIds | None]] = ContextVar("kensho_request", default=None)


def configure(
    level: Literal["debug", "info", "warning", "error"], form: Literal["console", "json"]
) -> None:
    """Set up logging for this process; call it once, from an entry point."""
    last: list[Processor] = (
        [_TRACEBACKS, structlog.processors.JSONRenderer()]
        if form == "json"
        else [
            structlog.dev.ConsoleRenderer(
                colors=sys.stderr.isatty(), exception_formatter=structlog.dev.plain_traceback
            )
        ]
    )
    structlog.configure(
        processors=[
            add_request_ids,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            *last,
            mask_line,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(_LEVELS[level]),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
        cache_logger_on_first_use=True,
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(_MaskingFormatter("%(levelname)s %(name)s: %(message)s"))
    logging.basicConfig(level=_LEVELS[level], handlers=[handler])


def mask_line(_logger: WrappedLogger, _method: str, line: Any) -> str:
    """Hide what is secret in the URLs of a finished line, tracebacks included."""
    return masked(str(line))


class _MaskingFormatter(logging.Formatter):
    """Hides what is secret in the URLs of lines that libraries write."""

    @override
    def format(self, record: logging.LogRecord) -> str:
        return masked(super().format(record))


def add_request_ids(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    """Add the ids of the request being served to a log line, where there is one."""
    ids = REQUEST.get()
    if ids is not None:
        event["request_id"] = ids.request_id
        event["trace_id"] = ids.trace_id
        if ids.client:
            event["client"] = ids.client
    return event
