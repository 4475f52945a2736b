"""`/hubs`: all franchises as small maps, the most popular first, or those that a title may mean."""

from typing import Any, Final

import msgspec
from litestar import Controller, Request, get

from kensho.discovery import franchises
from kensho.discovery.hub_views import HubCard
from kensho.platform.answers import Answer
from kensho.web import asking, places
from kensho.web.desk import GivenWebDesk

PER_PAGE: Final = 24
_CARDS: Final = msgspec.json.Decoder(list[HubCard])
_START: Final = "/hubs"


class IndexForm(msgspec.Struct, frozen=True):
    """Which part of the list is asked for."""

    cursor: str | None = None


class HubIndexController(Controller):
    """The list of franchises."""

    path = _START

    @get()
    async def hubs(self, desk: GivenWebDesk, request: Request[Any, Any, Any]) -> Answer:
        """Show franchises, the most popular first."""
        form = asking.read(request, IndexForm)
        held = desk.held
        part = desk.cursors.cut(franchises.listed(held, None), _START, form.cursor, PER_PAGE)
        return desk.page(
            "hubs.html.jinja",
            held.model.revision,
            franchises=_CARDS.decode(franchises.cards(held.model.hubs, part.nodes)),
            first=part.first,
            total=part.total,
            start=_START,
            following=part.next_cursor and places.asking(_START, {"cursor": part.next_cursor}),
        )
