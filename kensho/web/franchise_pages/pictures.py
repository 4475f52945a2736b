"""A franchise's map as pictures: `map.svg`, `small.svg`, `wide.svg`, `map.png`, `card.png`.

Guarantees: a picture holds no link and needs no style but its own. Pictures are tagged and kept for
the revision like pages.
"""

from collections.abc import Callable
from typing import Final
from uuid import UUID

import msgspec
from litestar import Controller, get
from litestar.params import FromPath

from kensho.http.pooled import pooled, pooled_picture
from kensho.http.request_costs import costing, public_costing
from kensho.http.responses import PreparedResponse, ResponseMeta
from kensho.web import descriptions
from kensho.web.forms import get_page
from kensho.web.franchise_pages import frame
from kensho.web.maps import pictures, small
from kensho.web.maps.map_store import DrawnMap
from kensho.web.maps.pictures import Drawing
from kensho.web.maps.svg import map_svg
from kensho.web.page_context import GivenPageContext, PageContext

_POLICY: Final = (
    b"default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; frame-ancestors 'none'"
)
"""A picture that is opened as a page runs no script, but may have a style element."""
_SVG: Final = ResponseMeta(b"image/svg+xml", ((b"content-security-policy", _POLICY),))
_PNG: Final = ResponseMeta(b"image/png")


class WideMapForm(msgspec.Struct, frozen=True):
    """Which work is ringed."""

    work: UUID | None = None


class FranchisePicturesController(Controller):
    """The pictures of a franchise."""

    path = "/hub/{slug:str}"
    opt = public_costing(3)

    @get("/map.svg", opt=costing(10))
    @pooled
    def as_svg(self, context: GivenPageContext, slug: FromPath[str]) -> PreparedResponse:
        """Return the whole map as an SVG file."""
        drawn = _drawn(context, slug)
        return context.respond(map_svg(drawn.map, context.messages).encode(), _SVG)

    @get("/small.svg")
    @pooled
    def small(self, context: GivenPageContext, slug: FromPath[str]) -> PreparedResponse:
        """Return the map without text, small enough for a list."""
        drawn = _drawn(context, slug)
        return context.respond(small.small_svg(drawn.map, small.SMALL).encode(), _SVG)

    @get_page("/wide.svg")
    @pooled
    def wide(
        self, context: GivenPageContext, form: WideMapForm, slug: FromPath[str]
    ) -> PreparedResponse:
        """Return the map without text, as wide as a page, with a work ringed."""
        drawn = _drawn(context, slug)
        chosen = None if form.work is None else str(form.work)
        return context.respond(small.small_svg(drawn.map, small.WIDE, chosen).encode(), _SVG)

    @get("/map.png", opt=costing(300))
    @pooled_picture
    def as_png(self, context: GivenPageContext, slug: FromPath[str]) -> PreparedResponse:
        """Return the whole map as a PNG file."""
        drawn = _drawn(context, slug)
        name = f"map {drawn.franchise.slug}"
        return _png(context, name, lambda: pictures.of_map(drawn.map, context.messages))

    @get("/card.png", opt=costing(200))
    @pooled_picture
    def as_card(self, context: GivenPageContext, slug: FromPath[str]) -> PreparedResponse:
        """Return the picture that other sites show beside a link: 1200 by 630 pixels."""
        drawn = _drawn(context, slug)
        size = descriptions.size(drawn.franchise, context.messages)
        franchise, name = drawn.franchise, f"card {drawn.franchise.slug}"
        return _png(context, name, lambda: pictures.of_card(franchise.title, size, drawn.map))


def _png(context: PageContext, name: str, draw: Callable[[], Drawing]) -> PreparedResponse:
    key = f"{name} {context.model.identity} {context.viewer.titles} {context.viewer.lang}"
    return context.respond(context.services.pictures.get(key, draw), _PNG)


def _drawn(context: PageContext, slug: str) -> DrawnMap:
    return context.franchise_map(frame.locate(context, slug))
