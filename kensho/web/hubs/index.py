"""`/hubs`: all franchises as small maps, the most popular first, or those that a title may mean."""

from typing import Any, Final

import msgspec
from litestar import Controller, Request, get

from kensho.discovery import franchises
from kensho.http.privacy import PUBLIC
from kensho.http.response_cache import PreparedResponse
from kensho.read_model.franchise_views import FranchiseSummary
from kensho.web import forms, urls
from kensho.web.page_context import GivenPageContext

PER_PAGE: Final = 24
_CARDS: Final = msgspec.json.Decoder(list[FranchiseSummary])
_START: Final = "/hubs"


class IndexForm(msgspec.Struct, frozen=True):
    """Which part of the list is asked for."""

    cursor: str | None = None


class HubIndexController(Controller):
    """The list of franchises."""

    path = _START
    opt = PUBLIC

    @get()
    async def hubs(
        self, desk: GivenPageContext, request: Request[Any, Any, Any]
    ) -> PreparedResponse:
        """Show franchises, the most popular first."""
        form = forms.read(request, IndexForm)
        held = desk.held
        part = desk.cursors.cut(franchises.listed(held, None), _START, form.cursor, PER_PAGE)
        return desk.page(
            "hubs.html.jinja",
            held.model.identity,
            franchises=_CARDS.decode(franchises.cards(held.model.hubs, part.nodes)),
            first=part.first,
            total=part.total,
            start=_START,
            following=part.next_cursor and urls.asking(_START, {"cursor": part.next_cursor}),
        )
