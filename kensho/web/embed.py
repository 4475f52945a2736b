"""`/embed/hub/{slug}` and `/oembed`: a franchise's map for other sites to show in a frame.

Guarantees: only this page may be framed, by anyone; it has no search and no foot, and a link back.
oEmbed (https://oembed.com) answers for the pages of franchises, as JSON; its addresses are those of
the host that was asked, for it names no other.
"""

from typing import Any, Final
from urllib.parse import unquote, urlsplit

import msgspec
from litestar import Controller, Request, get
from litestar.params import FromPath
from markupsafe import Markup

from kensho.errors import InvalidInputError, MovedError, NotFoundError
from kensho.http.privacy import PUBLIC
from kensho.http.response_cache import HTML, PreparedResponse, ResponseMeta, UncachedResponse
from kensho.web import forms, urls
from kensho.web.hubs import pages as hubs
from kensho.web.maps import map_store as map_shelf
from kensho.web.page_context import GivenPageContext, PageContext
from kensho.web.rendering import FRAMED_HEADERS

_FORM: Final = ResponseMeta(HTML, FRAMED_HEADERS)
_SIZE: Final = (800, 520)
_LEAST: Final = (200, 160)
_DAY_S: Final = 86_400
_CARD: Final = (1200, 630)
_PARTS: Final = 3
"""Of a hub's path at least: nothing, `hub`, the slug."""


class EmbedForm(msgspec.Struct, frozen=True):
    """What oEmbed asks: the page's address, the largest frame there is room for, the format."""

    url: str = ""
    maxwidth: int | None = None
    maxheight: int | None = None
    format: str = "json"


class EmbedController(Controller):
    """The page for frames."""

    path = "/embed/hub/{slug:str}"
    opt = PUBLIC

    @get()
    async def embedded(self, desk: GivenPageContext, slug: FromPath[str]) -> PreparedResponse:
        """Show the map and little else."""
        model = desk.model
        drawn = desk.maps.of_hub(model, hubs.located(desk, slug), desk.source, desk.place_of)
        body = desk.body(
            "embed.html.jinja",
            revision=model.revision,
            hub=drawn.hub,
            svg=Markup(drawn.inline.replace("<a ", '<a target="_top" ')),  # noqa: S704 -- made safe by `map_svg`
        )
        return PreparedResponse(body, model.identity, form=_FORM)


class OembedController(Controller):
    """What sites ask that show a link as what it leads to."""

    path = "/oembed"
    opt = PUBLIC

    @get()
    async def oembed(
        self, desk: GivenPageContext, request: Request[Any, Any, Any]
    ) -> UncachedResponse:
        """Return how to show a franchise's map in a frame."""
        form = forms.read(request, EmbedForm)
        if form.format != "json":
            raise InvalidInputError.of("format", f"{form.format!r} is none; there is json")
        origin = desk.origin or str(request.base_url).rstrip("/")
        hub = map_shelf.hub_of(desk.model, _located(desk, slug_of(form.url, origin)))
        wide = _within(_SIZE[0], form.maxwidth, _LEAST[0])
        high = _within(_SIZE[1], form.maxheight, _LEAST[1])
        place = f"{origin}{urls.embedded(hub.slug)}"
        named = desk.renderer.wording.say("hub.picture_alt", title=hub.title)
        said: dict[str, object] = {
            "version": "1.0",
            "type": "rich",
            "title": hub.title,
            "provider_name": desk.renderer.wording.say("site.name"),
            "provider_url": f"{origin}/",
            "cache_age": _DAY_S,
            "html": hubs.frame(place, named, wide, high),
            "width": wide,
            "height": high,
            **_thumbnail(f"{origin}{urls.hub(hub.slug)}/card.png", form),
        }
        return UncachedResponse(msgspec.json.encode(said))


def slug_of(url: str, origin: str) -> str:
    """Return the slug of the franchise whose page is at `url`, one of `origin` or a bare path.

    Raises:
        NotFoundError: it is no such page's.
    """
    try:
        known = urlsplit(url.strip())
    except ValueError as error:
        raise NotFoundError(f"{url!r} is no address") from error
    parts = known.path.split("/")
    is_ours = known.scheme in ("", "http", "https")
    is_ours = is_ours and known.netloc in ("", urlsplit(origin).netloc)
    if not is_ours or len(parts) < _PARTS or parts[1] != "hub" or not parts[2]:
        raise NotFoundError(f"nothing can be shown of {url!r}")
    return unquote(parts[2])


def _located(desk: PageContext, slug: str) -> int:
    """Return a franchise, or the one that took its place: other sites keep old addresses."""
    try:
        return hubs.located(desk, slug)
    except MovedError as error:
        return hubs.located(desk, error.successor)


def _thumbnail(url: str, form: EmbedForm) -> dict[str, object]:
    """Return the picture beside a link, where there is room for it: it has one size."""
    wide, high = _CARD
    if (form.maxwidth or wide) < wide or (form.maxheight or high) < high:
        return {}
    return {"thumbnail_url": url, "thumbnail_width": wide, "thumbnail_height": high}


def _within(usual: int, most: int | None, least: int) -> int:
    return usual if most is None else max(least, min(usual, most))
