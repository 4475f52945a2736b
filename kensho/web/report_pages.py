"""`/report`: a form on which readers say what is wrong on a page; it needs no account, nor scripts.

Every page links it. Which page is meant comes with the link's `Referer`, or in the address, and can
be written by hand.
"""

import asyncio
from collections.abc import Mapping
from typing import Annotated, Any, Final
from urllib.parse import urlsplit

import msgspec
from litestar import Controller, Request, get, post
from msgspec import Meta

from kensho.discovery.reports import MAX_PAGE_CHARS, Report, ReportIntake
from kensho.errors import InvalidInputError, NotFoundError, NotReadyError
from kensho.http import hosts
from kensho.http.authentication import access_of
from kensho.http.responses import HTML, UncachedResponse
from kensho.http.targets import FORM
from kensho.read_model.holder import Snapshot
from kensho.web import urls
from kensho.web.forms import posted, read
from kensho.web.page_context import GivenPageServices, PageServices
from kensho.web.rendering import PAGE_HEADERS
from kensho.web.sign_in_page import going_to


class ReportAddress(msgspec.Struct, frozen=True):
    """Which page is meant: all that the address of the form may say."""

    page: Annotated[str, Meta(max_length=MAX_PAGE_CHARS)] = ""


_ADDRESS: Final[Mapping[str, Any] | None] = {FORM: ReportAddress}


class ReportController(Controller):
    """The form."""

    path = "/report"
    opt = _ADDRESS

    @get()
    async def form(
        self, request: Request[Any, Any, Any], services: GivenPageServices
    ) -> UncachedResponse:
        """Show the form."""
        page = read(request, ReportAddress).page or _referrer(request)
        return _page(services, _intake(services), Report(page=page))

    @post()
    async def send(
        self, request: Request[Any, Any, Any], services: GivenPageServices
    ) -> UncachedResponse:
        """Take a report, or show the form again and say what is missing."""
        intake = _intake(services)
        access_of(request).check_origin(request)
        report = Report()
        try:
            report = await posted(request, Report)
            intake.check(report)
        except InvalidInputError as error:
            return _page(services, intake, report, error)
        client = request.client
        address = client.host if client else ""
        await asyncio.to_thread(intake.take, report, address, _snapshot(services))
        return going_to(urls.report_sent())

    @get("/sent")
    async def sent(self, services: GivenPageServices) -> UncachedResponse:
        """Thank for a report."""
        _intake(services)
        body = services.renderer.page("report_sent.html.jinja")
        return UncachedResponse(body, media_type=HTML, headers=PAGE_HEADERS)


def _intake(services: PageServices) -> ReportIntake:
    if services.reports is None:
        raise NotFoundError("reports are not taken here")
    return services.reports


def _snapshot(services: PageServices) -> Snapshot | None:
    try:
        return services.snapshots.held
    except NotReadyError:
        return None


def _referrer(request: Request[Any, Any, Any]) -> str:
    """Return the page of ours that the link was followed from; nothing if that is not told."""
    try:
        parts = urlsplit(request.headers.get("referer", ""))
    except ValueError:
        return ""
    if parts.netloc.lower() != hosts.host_of(request.scope).lower():
        return ""
    path = f"{parts.path}?{parts.query}" if parts.query else parts.path
    return path if len(path) <= MAX_PAGE_CHARS and parts.path != urls.report() else ""


def _page(
    services: PageServices,
    intake: ReportIntake,
    report: Report,
    error: InvalidInputError | None = None,
) -> UncachedResponse:
    problems = dict(error.problems) if error else {}
    body = services.renderer.page(
        "report.html.jinja", form=report, problems=problems, made=intake.stamp(), path=urls.report()
    )
    status = 400 if error else 200
    return UncachedResponse(body, status=status, media_type=HTML, headers=PAGE_HEADERS)
