"""`/posters/{work}/{version}`: the poster of a work, handed on where posters are proxied.

Guarantees: only posters of works are fetched, by the addresses that the snapshot has, never one
that a request names; `version` tells which poster of the work, in which size, and so an answer
never becomes another. A browser keeps it for a year.
"""

from typing import Final
from uuid import UUID

from litestar import Controller, get
from litestar.params import FromPath
from litestar.types import Receive, Scope, Send

from kensho.discovery import works
from kensho.discovery.related_works import summary_of
from kensho.errors import NotFoundError
from kensho.http.request_costs import public_costing
from kensho.http.request_state import state_of
from kensho.http.response_cache import CachedResponse
from kensho.web import forms, posters
from kensho.web.page_context import GivenPageContext, PageContext
from kensho.web.poster_store import Poster

_FOR_EVER: Final = b"public, max-age=31536000, immutable"


class PosterResponse:
    """A picture as a response, or 304 where the browser has it."""

    def __init__(self, poster: Poster, version: str) -> None:
        etag = f'"{version}"'.encode()
        headers = [
            (b"content-type", poster.media_type),
            (b"etag", etag),
            (b"cache-control", _FOR_EVER),
            (b"x-content-type-options", b"nosniff"),
            (b"content-security-policy", b"default-src 'none'"),
        ]
        self._response = CachedResponse(poster.body, headers, etag=etag, identity="")

    async def __call__(self, scope: Scope, _receive: Receive, send: Send) -> None:
        """Send the picture."""
        await self._response.send(state_of(scope).if_none_match, send)


class PosterController(Controller):
    """Posters of works."""

    path = "/posters/{work_id:str}"
    opt = public_costing(1)

    @get("/{version:str}")
    async def poster(
        self, context: GivenPageContext, work_id: FromPath[str], version: FromPath[str]
    ) -> PosterResponse:
        """Return the poster of a work."""
        store = context.services.posters
        if store is None:
            raise NotFoundError("posters are loaded from their hosts")
        url = _url_of(context, forms.work_id(work_id), version)
        return PosterResponse(await store.get(url), version)


def _url_of(context: PageContext, work: UUID, version: str) -> str:
    """Return the address of a work's poster in one of its sizes.

    Raises:
        NotFoundError: the work has no poster of this version.
    """
    model = context.snapshot.model
    summary = summary_of(model, works.locate(model, work)).decode()
    for one in posters.variants(summary.poster_url):
        if posters.version_of(one.url) == version:
            return one.url
    raise NotFoundError("the work has another poster")
