"""The edge of reports of browsers: on as soon as any edge is, unless its flag is off."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any, Final, TypeAlias

from litestar import Controller, Request, Response, post
from litestar.di import NamedDependency
from litestar.params import Body, SkipValidation
from litestar.types import ControllerRouterHandler
from litestar.types.empty import EmptyType
from typing_extensions import override

from kensho.api.operations import Documented, empty_operation
from kensho.api.providers import provided
from kensho.edges.client_logs.reports import (
    MOST_BYTES,
    ClientReports,
    ErrorReport,
    FrontendReport,
    PerformanceReport,
)
from kensho.edges.edge import Edge, EdgeCore
from kensho.http.metrics import ClientMetrics

FOLDER: Final = Path(__file__).parent
_TAKEN: Final = "It was taken."
GivenReports: TypeAlias = NamedDependency[SkipValidation[ClientReports]]
"""The annotation under which handlers ask for `client_reports`."""


class ClientLogsController(Controller):
    """What browsers report of pages."""

    path = "/api/logs"
    tags: Sequence[str] | None = ("logs",)
    request_max_body_size: int | EmptyType | None = MOST_BYTES

    @empty_operation(post, "/frontend", Documented("Report something of a page", _TAKEN))
    async def frontend(
        self,
        request: Request[Any, Any, Any],
        client_reports: GivenReports,
        data: Annotated[FrontendReport, Body(description="What happened.")],
    ) -> Response[None]:
        """Log what a page of ours wants to be known."""
        client_reports.admit(_address(request))
        client_reports.take_log(data)
        return Response(None)

    @empty_operation(post, "/error", Documented("Report an error of a script", _TAKEN))
    async def error(
        self,
        request: Request[Any, Any, Any],
        client_reports: GivenReports,
        data: Annotated[ErrorReport, Body(description="The error, and where it came from.")],
    ) -> Response[None]:
        """Log an error that no script caught."""
        client_reports.admit(_address(request))
        client_reports.take_error(data)
        return Response(None)

    @empty_operation(post, "/performance", Documented("Report how fast a page was", _TAKEN))
    async def performance(
        self,
        request: Request[Any, Any, Any],
        client_reports: GivenReports,
        data: Annotated[PerformanceReport, Body(description="The web vitals of one page.")],
    ) -> Response[None]:
        """Count web vitals: `kensho_web_vital_seconds` and `kensho_web_vital_layout_shift`."""
        client_reports.admit(_address(request))
        client_reports.take_vitals(data)
        return Response(None)


class ClientLogsEdge(Edge):
    """Reports of browsers, and the script that sends them from every page."""

    def __init__(self, core: EdgeCore) -> None:
        core.renderer.report_scripts()
        self._reports = ClientReports(ClientMetrics(core.metrics.registry))

    @property
    @override
    def route_handlers(self) -> Sequence[ControllerRouterHandler]:
        """Return the routes of reports."""
        return (ClientLogsController,)

    @property
    @override
    def dependencies(self) -> Mapping[str, Any]:
        """Return what they ask for."""
        return provided({"client_reports": lambda: self._reports})


def _address(request: Request[Any, Any, Any]) -> str:
    return request.client.host if request.client is not None else ""
