"""What a page is served from, handed to handlers as one dependency, and the way to answer with one.

A new page is a controller that calls `desk.page("name.html.jinja", identity, **context)`: the
answer is tagged, compressed and kept for the snapshot like every read of the API.
"""

import datetime as dt
from collections.abc import Callable
from typing import Any, Final, TypeAlias
from uuid import UUID

import msgspec
from litestar.di import NamedDependency
from litestar.params import SkipValidation

from kensho.discovery.browse import Calendar, Films
from kensho.discovery.cursors import Cursors
from kensho.discovery.search import TitleSearch
from kensho.http.response_cache import HTML, PreparedResponse, ResponseMeta
from kensho.read_model.holder import Snapshot, SnapshotHolder
from kensho.read_model.identity import revision_of
from kensho.read_model.model import ReadModel
from kensho.storage.gateway import Gateway
from kensho.web import urls
from kensho.web.listing import ListFilters
from kensho.web.maps.map_store import MapStore
from kensho.web.maps.picture import Pictures
from kensho.web.rendering import PAGE_HEADERS, Renderer

_FORM: Final = ResponseMeta(media_type=HTML, headers=PAGE_HEADERS)


class PageContext(msgspec.Struct, frozen=True):
    """The open rooms that pages are made from; `clock` is steady and in seconds."""

    gateway: Gateway
    catalogue: SnapshotHolder
    cursors: Cursors
    films: Films
    calendar: Calendar
    searching: TitleSearch
    sifting: ListFilters
    clock: Callable[[], float]
    today: Callable[[], dt.date]
    renderer: Renderer
    version: str
    maps: MapStore = msgspec.field(default_factory=MapStore)
    pictures: Pictures = msgspec.field(default_factory=Pictures)
    origin: str = ""
    """Scheme and host of the public address, for what other sites read of a page."""

    @property
    def model(self) -> ReadModel:
        """Return the read model of now, for one page; raises `NotReadyError`."""
        return self.catalogue.current

    @property
    def held(self) -> Snapshot:
        """Return the read model with its titles; raises as `model`."""
        return self.catalogue.held

    def page(
        self,
        template: str,
        identity: str,
        *,
        tag: bytes | None = None,
        keep: bool = True,
        **context: Any,
    ) -> PreparedResponse:
        """Return the page as an answer; `tag` and `keep` as `platform.answers` takes them."""
        body = self.body(template, revision=revision_of(identity), **context)
        form = _FORM if tag is None else _FORM._replace(tag=tag)
        return PreparedResponse(body, identity, form=form, keep=keep)

    def body(self, template: str, **context: Any) -> bytes:
        """Return a page, or a part of one, that knows what every page does."""
        return self.renderer.page(
            template,
            origin=self.origin,
            place_of=self.place_of,
            year_of=self.year_of,
            **context,
        )

    def source(self, name: str) -> str:
        """Return what a source is called, by its name in assertions."""
        return self.renderer.wording.name("provider", name)

    def place_of(self, work: UUID) -> str:
        """Return the path of a work's page."""
        model = self.model
        node = model.node(work)
        is_film = node is not None and model.kind(node) == "movie"
        return urls.film(work) if is_film else urls.anime(work)

    def year_of(self, work: UUID) -> int | None:
        """Return the year of a work, where it is known."""
        model = self.model
        node = model.node(work)
        return None if node is None else model.columns.year.item(node) or None


GivenPageContext: TypeAlias = NamedDependency[SkipValidation[PageContext]]
"""The annotation under which handlers ask for `desk`."""
