"""A franchise's map as pictures: `map.svg`, `small.svg`, `wide.svg`, `map.png`, `card.png`.

Guarantees: a picture holds no link and needs no style but its own. Pictures are tagged and kept for
the revision like pages.
"""

from typing import Any, Final
from uuid import UUID

import msgspec
from litestar import Controller, Request, get
from litestar.params import FromPath

from kensho.http.privacy import PUBLIC
from kensho.http.response_cache import PreparedResponse, ResponseMeta
from kensho.web import forms
from kensho.web.hubs import pages as hubs
from kensho.web.maps import picture
from kensho.web.maps import small as map_small
from kensho.web.maps.map_store import DrawnMap
from kensho.web.maps.svg import map_svg
from kensho.web.page_context import GivenPageContext, PageContext

_POLICY: Final = b"default-src 'none'; style-src 'unsafe-inline'"
"""A picture that is opened as a page runs nothing; its style element stands in it."""
_SVG: Final = ResponseMeta(b"image/svg+xml", ((b"content-security-policy", _POLICY),))
_PNG: Final = ResponseMeta(b"image/png")


class WideForm(msgspec.Struct, frozen=True):
    """Which work is ringed."""

    work: UUID | None = None


class HubPicturesController(Controller):
    """The pictures of a franchise."""

    path = "/hub/{slug:str}"
    opt = PUBLIC

    @get("/map.svg")
    async def as_svg(self, desk: GivenPageContext, slug: FromPath[str]) -> PreparedResponse:
        """Return the whole map as an SVG file."""
        drawn = _drawn(desk, slug)
        return PreparedResponse(map_svg(drawn.map).encode(), desk.model.identity, form=_SVG)

    @get("/small.svg")
    async def small(self, desk: GivenPageContext, slug: FromPath[str]) -> PreparedResponse:
        """Return the map without words, small enough for a list."""
        drawn = _drawn(desk, slug)
        made = map_small.small_svg(drawn.map, map_small.SMALL)
        return PreparedResponse(made.encode(), desk.model.identity, form=_SVG)

    @get("/wide.svg")
    async def wide(
        self, desk: GivenPageContext, request: Request[Any, Any, Any], slug: FromPath[str]
    ) -> PreparedResponse:
        """Return the map without words, as wide as a page, with a work ringed."""
        chosen = forms.read(request, WideForm).work
        drawn = _drawn(desk, slug)
        made = map_small.small_svg(
            drawn.map, map_small.WIDE, None if chosen is None else str(chosen)
        )
        return PreparedResponse(made.encode(), desk.model.identity, form=_SVG)

    @get("/map.png")
    async def as_png(self, desk: GivenPageContext, slug: FromPath[str]) -> PreparedResponse:
        """Return the whole map as a PNG file."""
        drawn = _drawn(desk, slug)
        name = f"map {drawn.hub.slug} {desk.model.identity}"
        made = await desk.pictures.of(name, picture.of_map(drawn.map))
        return PreparedResponse(made, desk.model.identity, form=_PNG)

    @get("/card.png")
    async def as_card(self, desk: GivenPageContext, slug: FromPath[str]) -> PreparedResponse:
        """Return the picture that other sites show beside a link: 1200 by 630 pixels."""
        drawn = _drawn(desk, slug)
        says = hubs.counted(desk, drawn.hub)
        name = f"card {drawn.hub.slug} {desk.model.identity}"
        made = await desk.pictures.of(name, picture.of_card(drawn.hub.title, says, drawn.map))
        return PreparedResponse(made, desk.model.identity, form=_PNG)


def _drawn(desk: PageContext, slug: str) -> DrawnMap:
    number = hubs.located(desk, slug)
    return desk.maps.of_hub(desk.model, number, desk.source, desk.place_of)
