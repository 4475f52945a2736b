"""Logs: structlog to standard error, as lines for people or as JSON.

`REQUEST` is set once per request by the request pipeline; every log line written while that request
is served then carries its ids and the address of its client.
"""

import logging
import sys
from contextvars import ContextVar
from typing import Final, Literal, NamedTuple

import structlog
from structlog.typing import EventDict, Processor, WrappedLogger

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
        ],
        wrapper_class=structlog.make_filtering_bound_logger(_LEVELS[level]),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
        cache_logger_on_first_use=True,
    )
    logging.basicConfig(
        level=_LEVELS[level], stream=sys.stderr, format="%(levelname)s %(name)s: %(message)s"
    )


def add_request_ids(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    """Add the ids of the request being served to a log line, where there is one."""
    ids = REQUEST.get()
    if ids is not None:
        event["request_id"] = ids.request_id
        event["trace_id"] = ids.trace_id
        if ids.client:
            event["client"] = ids.client
    return event
