"""What browsers may report, with its bounds, and what becomes of it: log lines and metrics.

Guarantees: of one address few reports are taken in a minute. Nothing that was sent is answered, and
none of it becomes a label. Lines bear paths without their queries, and pass the redaction of all
log lines.
"""

from collections.abc import Callable
from time import monotonic
from typing import Annotated, Final, Literal, TypeAlias

import msgspec
import structlog
from msgspec import Meta

from kensho.errors import RateLimitedError
from kensho.http.metrics import ClientMetrics
from kensho.platform.rate_limits import RateLimiter

MOST_BYTES: Final = 16_384
_REPORTS: Final = 30
_WINDOW_S: Final = 60
"""A page reports five errors at most and its times once; people open few pages a minute."""
_MS: Final = 1_000
Text: TypeAlias = Annotated[str, Meta(max_length=1_000)]
Page: TypeAlias = Annotated[str, Meta(max_length=1_000)]
Id: TypeAlias = Annotated[str, Meta(max_length=128)]
Milliseconds: TypeAlias = Annotated[float, Meta(ge=0, le=600_000)]
_log: Final = structlog.get_logger("kensho.client")


class FrontendReport(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Something that a page wants to be known, such as that a player could not start."""

    message: Text
    level: Literal["debug", "info", "warning", "error"] = "info"
    page: Page = ""
    request_id: Id = ""


class ErrorReport(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """An error that no script caught."""

    message: Text
    page: Page = ""
    source: Page = ""
    line: Annotated[int, Meta(ge=0, le=10_000_000)] = 0
    column: Annotated[int, Meta(ge=0, le=10_000_000)] = 0
    stack: Annotated[str, Meta(max_length=8_000)] = ""
    request_id: Id = ""


class PerformanceReport(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How fast a page was, as web vitals: times in milliseconds, and the score of its shifts."""

    page: Page = ""
    ttfb: Milliseconds | None = None
    fcp: Milliseconds | None = None
    lcp: Milliseconds | None = None
    inp: Milliseconds | None = None
    cls: Annotated[float, Meta(ge=0, le=100)] | None = None


class ClientReports:
    """Takes reports of browsers."""

    def __init__(self, metrics: ClientMetrics, clock_s: Callable[[], float] = monotonic) -> None:
        self._metrics = metrics
        self._clock_s = clock_s
        self._limiter = RateLimiter(_REPORTS, _WINDOW_S)

    def admit(self, address: str) -> None:
        """Count a report of an address.

        Raises:
            RateLimitedError: there were too many in the last minute.
        """
        name = self._limiter.name_of(address) or address
        decision = self._limiter.judge(name, 1, self._clock_s())
        if not decision.allowed:
            raise RateLimitedError(
                f"at most {_REPORTS} reports in {_WINDOW_S} seconds",
                retry_after_s=decision.retry_after_s,
                scope="client_logs",
            )

    def take_log(self, report: FrontendReport) -> None:
        """Log what a page wants to be known."""
        self._metrics.count_report("frontend")
        _log.info(
            "client_log",
            severity=report.level,
            message=report.message,
            page=_path(report.page),
            of_request=report.request_id,
        )

    def take_error(self, report: ErrorReport) -> None:
        """Log an error of a script."""
        self._metrics.count_report("error")
        _log.warning(
            "client_error",
            message=report.message,
            page=_path(report.page),
            source=_path(report.source),
            place=f"{report.line}:{report.column}",
            stack=report.stack,
            of_request=report.request_id,
        )

    def take_vitals(self, report: PerformanceReport) -> None:
        """Take over how fast a page was."""
        self._metrics.count_report("performance")
        for name in ("ttfb", "fcp", "lcp", "inp"):
            value: float | None = getattr(report, name)
            if value is not None:
                self._metrics.observe_vital(name, value / _MS)
        if report.cls is not None:
            self._metrics.observe_shift(report.cls)


def _path(address: str) -> str:
    """Return an address without its query and fragment, which may tell what somebody looked for."""
    return address.partition("?")[0].partition("#")[0]
