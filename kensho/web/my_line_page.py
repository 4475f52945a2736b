"""`/my`: what somebody has seen and what is next, which their browser knows and nobody else.

The page is the same for everybody: its script reads the browser's storage, and asks for the steps
of franchises at `/hub/{slug}/steps`.
"""

import msgspec
from litestar import Controller, get
from litestar.params import FromPath

from kensho.discovery import viewing_guide
from kensho.http.privacy import PUBLIC
from kensho.http.responses import JSON, PreparedResponse, ResponseMeta
from kensho.web.franchise_pages import frame
from kensho.web.page_context import GivenPageContext
from kensho.web.rendering import PAGE_HEADERS


class MyLinePageController(Controller):
    """What somebody has seen."""

    path = "/my"
    opt = PUBLIC

    @get()
    async def my_line(self, context: GivenPageContext) -> PreparedResponse:
        """Show the page that the browser fills in."""
        return context.page("my_line.html.jinja")


class FranchiseStepsController(Controller):
    """The steps of a franchise, for the scripts of pages."""

    path = "/hub/{slug:str}/steps"
    opt = PUBLIC

    @get()
    async def steps(self, context: GivenPageContext, slug: FromPath[str]) -> PreparedResponse:
        """Return the steps that are not optional, as JSON."""
        found = viewing_guide.essential_steps(context.model, frame.locate(context, slug))
        body = msgspec.json.encode(context.titles.applied(found))
        return context.respond(body, ResponseMeta(media_type=JSON, headers=PAGE_HEADERS))
