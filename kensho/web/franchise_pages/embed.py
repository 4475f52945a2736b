"""`/embed/hub/{slug}` and `/oembed`: a franchise's map for other sites to show in a frame.

Guarantees: only this page may be framed, by anyone; it has no search and no foot, and a link back.
oEmbed (https://oembed.com) answers for the pages of franchises, as JSON; its addresses are absolute
where the service has a public URL, or the host that was asked is an allowed one.
"""

from typing import Any, Final
from urllib.parse import unquote, urlsplit

import msgspec
from litestar import Controller, Request, get
from litestar.params import FromPath
from markupsafe import Markup

from kensho.errors import InvalidInputError, MovedError, NotFoundError
from kensho.http.pooled import pooled
from kensho.http.privacy import PUBLIC
from kensho.http.request_costs import public_costing
from kensho.http.request_state import state_of
from kensho.http.responses import HTML, PreparedResponse, ResponseMeta, UncachedResponse
from kensho.web import urls
from kensho.web.forms import get_page
from kensho.web.franchise_pages import frame
from kensho.web.page_context import GivenPageContext, PageContext
from kensho.web.rendering import FRAMED_HEADERS

_FRAMED: Final = ResponseMeta(HTML, FRAMED_HEADERS)
_LEAST_SIZE: Final = (200, 160)
"""Width and height of the smallest frame that is offered, whatever a site asks for."""
_DAY_S: Final = 86_400
_THUMBNAIL_SIZE: Final = (1200, 630)
"""Width and height of `card.png`."""
_LEAST_PARTS: Final = 3
"""The parts of a franchise's path at least: nothing, `hub`, the slug."""


class OembedForm(msgspec.Struct, frozen=True):
    """What oEmbed asks: the page's address, the largest frame there is room for, the format."""

    url: str = ""
    maxwidth: int | None = None
    maxheight: int | None = None
    format: str = "json"


class EmbedController(Controller):
    """The page for frames."""

    path = "/embed/hub/{slug:str}"
    opt = public_costing(15)

    @get()
    @pooled
    def embedded(self, context: GivenPageContext, slug: FromPath[str]) -> PreparedResponse:
        """Show the map and little else."""
        drawn = context.franchise_map(frame.locate(context, slug))
        body = context.render(
            "embed.html.jinja",
            franchise=drawn.franchise,
            svg=Markup(drawn.svg.replace("<a ", '<a target="_top" ')),  # noqa: S704 -- made safe by `map_svg`
        )
        return context.respond(body, _FRAMED)


class OembedController(Controller):
    """What sites ask that show a link as what it leads to."""

    path = "/oembed"
    opt = PUBLIC

    @get_page()
    async def oembed(
        self, context: GivenPageContext, form: OembedForm, request: Request[Any, Any, Any]
    ) -> UncachedResponse:
        """Return how to show a franchise's map in a frame."""
        if form.format != "json":
            raise InvalidInputError.of("format", f"{form.format!r} is none; there is json")
        origin = state_of(request.scope).hosts.origin_of(request.scope)
        own = origin or str(request.base_url)  # a page may be named by the host that was asked
        number = _locate_current(context, slug_of(form.url, own))
        franchise = context.franchise(number)
        width, height = (
            _within(usual, most, least)
            for usual, most, least in zip(
                frame.EMBED_SIZE, (form.maxwidth, form.maxheight), _LEAST_SIZE, strict=True
            )
        )
        url = f"{origin}{urls.embed(franchise.slug)}"
        title = context.messages.format("franchise.picture_alt", title=franchise.title)
        document: dict[str, object] = {
            "version": "1.0",
            "type": "rich",
            "title": franchise.title,
            "provider_name": context.messages.format("site.name"),
            "provider_url": f"{origin}/",
            "cache_age": _DAY_S,
            "html": frame.iframe(url, title, width, height),
            "width": width,
            "height": height,
            **_thumbnail(f"{origin}{urls.franchise(franchise.slug)}/card.png", form),
        }
        return UncachedResponse(msgspec.json.encode(document))


def slug_of(url: str, origin: str) -> str:
    """Return the slug of the franchise whose page is at `url`, one of `origin` or a bare path.

    Raises:
        NotFoundError: no page of a franchise is there.
    """
    try:
        known = urlsplit(url.strip())
    except ValueError as error:
        raise NotFoundError(f"{url!r} is no address") from error
    parts = known.path.split("/")
    is_ours = known.scheme in ("", "http", "https")
    is_ours = is_ours and known.netloc in ("", urlsplit(origin).netloc)
    if not is_ours or len(parts) < _LEAST_PARTS or parts[1] != "hub" or not parts[2]:
        raise NotFoundError(f"nothing can be shown of {url!r}")
    return unquote(parts[2])


def _locate_current(context: PageContext, slug: str) -> int:
    """Return a franchise, or the one that took its place: other sites keep old addresses."""
    try:
        return frame.locate(context, slug)
    except MovedError as error:
        return frame.locate(context, error.successor)


def _thumbnail(url: str, form: OembedForm) -> dict[str, object]:
    """Return the picture beside a link, where there is room for it: it has one size."""
    width, height = _THUMBNAIL_SIZE
    if (form.maxwidth or width) < width or (form.maxheight or height) < height:
        return {}
    return {"thumbnail_url": url, "thumbnail_width": width, "thumbnail_height": height}


def _within(usual: int, most: int | None, least: int) -> int:
    return usual if most is None else max(least, min(usual, most))
