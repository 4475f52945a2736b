"""What pages are made from: services that live as long as the application, and one snapshot.

A handler asks for a `context`, a `PageContext`: it holds the snapshot that was served when the
request arrived, and all that the page reads, its body and its entity tag come from that one. A new
page is a controller that returns `context.page("name.html.jinja", **variables)`; it is tagged,
compressed and kept for the snapshot like every read of the API.
"""

import datetime as dt
import secrets
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, Final, NamedTuple, Protocol, TypeAlias
from uuid import UUID

import msgspec
from litestar import Request
from litestar.di import NamedDependency, Provide
from litestar.params import SkipValidation
from msgspec.structs import replace
from typing_extensions import override

from kensho.discovery import time_travel
from kensho.discovery.browse import Calendar
from kensho.discovery.comparisons import KnownChanges
from kensho.discovery.curation import CurationService
from kensho.discovery.cursors import Cursors
from kensho.discovery.facets import FacetCounter
from kensho.discovery.filters import Filters, Nodes
from kensho.discovery.franchise_lists import FranchiseColumns
from kensho.discovery.health import HealthService
from kensho.discovery.listed_works import BriefEntry, WorkEntry, brief_works, listed_works
from kensho.discovery.preferred_titles import PreferredTitles
from kensho.discovery.reports import ReportIntake
from kensho.discovery.search import TitleSearch
from kensho.discovery.snapshot_service import PerSnapshot
from kensho.discovery.time_travel import PastModel
from kensho.discovery.work_lists import WorkOrders, WorkSorting
from kensho.discovery.work_queue import WorkQueue
from kensho.domain.searches import SearchOutcome
from kensho.http.responses import HTML, PreparedResponse, ResponseMeta
from kensho.read_model.franchise_views import FranchiseDetail
from kensho.read_model.holder import Snapshot, SnapshotHolder
from kensho.read_model.model import ReadModel
from kensho.web import filtered_lists, urls
from kensho.web.filtered_lists import FilteredList
from kensho.web.maps import map_store
from kensho.web.maps.map_input import EVERYTHING, MapSelection
from kensho.web.maps.map_store import DrawnMap, MapStore, MapView
from kensho.web.maps.pictures import PictureStore
from kensho.web.messages import Messages
from kensho.web.poster_store import PosterStore
from kensho.web.rendering import PAGE_HEADERS, Renderer
from kensho.web.viewer import ViewerPreferences, language_of, preferences_of

_PAST: Final = (b"x-robots-tag", b"noindex")
"""Search engines find what is true now."""
VARIES: Final = (b"vary", b"Cookie")
"""What a viewer prefers is said by cookies, where the address does not say it."""
PAGE_META: Final = ResponseMeta(media_type=HTML, headers=PAGE_HEADERS)
"""What a page is besides its bytes."""


class WatchLink(NamedTuple):
    """Where a work is watched: now, or from `opens_at` on."""

    path: str
    opens_at: dt.datetime | None = None


class WatchLinks(Protocol):
    """Where works can be watched, if streams are offered."""

    @property
    def revision(self) -> str:
        """Return ASCII letters and digits that are others when other works can be watched."""
        ...

    def of(self, work: UUID) -> WatchLink | None:
        """Return where a work is watched, now or soon, if it is."""
        ...


class SeveralLinks(WatchLinks):
    """Several ways to watch works: what can be watched now is named before what is to come."""

    def __init__(self, links: Sequence[WatchLinks]) -> None:
        self._links = links

    @property
    @override
    def revision(self) -> str:
        """Return what is another when any of them has changed; nothing where none has any."""
        return "x".join(filter(None, (one.revision for one in self._links)))

    @override
    def of(self, work: UUID) -> WatchLink | None:
        """Return where a work is watched."""
        found = [link for one in self._links if (link := one.of(work)) is not None]
        return min(found, key=lambda link: link.opens_at is not None, default=None)


class DailyPages:
    """Pages that are the same for a day, as bytes, for each way of reading them.

    Only those of the latest tag are kept, which tells the snapshot and the day.
    """

    def __init__(self) -> None:
        self._kept: tuple[str, dict[ViewerPreferences, bytes]] = "", {}

    def get(self, tag: str, viewer: ViewerPreferences, make: Callable[[], bytes]) -> bytes:
        """Return the page; it may be made twice where two threads ask for it at once."""
        kept = self._kept
        if kept[0] != tag:
            kept = self._kept = tag, {}
        if viewer not in kept[1]:
            kept[1][viewer] = make()
        return kept[1][viewer]


class PageServices(msgspec.Struct, frozen=True):
    """What pages are made with while the application runs."""

    snapshots: SnapshotHolder
    cursors: Cursors
    films: PerSnapshot[Nodes]
    calendar: Calendar
    search: TitleSearch
    facets: PerSnapshot[FacetCounter]
    now: Callable[[], dt.datetime]
    renderer: Renderer
    maps: MapStore
    version: str
    queue: WorkQueue
    curation: CurationService
    orders: WorkOrders = msgspec.field(default_factory=WorkOrders)
    """All works in each order, for lists of them."""
    franchise_columns: PerSnapshot[FranchiseColumns] = msgspec.field(
        default_factory=lambda: PerSnapshot(FranchiseColumns)
    )
    """What lists of franchises need."""
    chosen: Callable[[int], int] = secrets.randbelow
    """Chooses one of so many, as chance will have it."""
    daily_pages: DailyPages = msgspec.field(default_factory=DailyPages)
    changes: KnownChanges = msgspec.field(default_factory=KnownChanges)
    pictures: PictureStore = msgspec.field(default_factory=PictureStore)
    posters: PosterStore | None = None
    """Fetches posters, where this service hands them on."""
    reports: ReportIntake | None = None
    """Takes what readers report, where that is offered."""
    watch_links: WatchLinks | None = None
    """Where works can be watched, where that is offered."""
    offers: Callable[[], Mapping[str, bool]] = dict
    """Tells what people can do beside reading, and whether they can now."""
    origin: str = ""
    """Scheme and host of the public address, for what other sites read of a page."""
    health_details: bool = False
    """Whether the page about the service tells why something is not well."""
    problems: Callable[[], Mapping[str, str]] = dict
    """Tells what around the service is not as it should be, and why."""
    is_draining: Callable[[], bool] = bool
    """Tells whether the process was told to stop."""

    def prepare(self, snapshot: Snapshot) -> None:
        """Make all that is made once for a snapshot, or once: whoever asks first would wait for it.

        It takes 1.5 s of a processor for 40,000 works, and 0.5 s more the first time.
        """
        model = snapshot.model
        self.renderer.prepare()
        self.orders.prepare(snapshot)
        self.facets.of(model)
        self.films.of(model)
        self.franchise_columns.of(model).prepare(model)

    def in_language(self, language: str) -> "PageServices":
        """Return the services of pages in a language."""
        renderer = self.renderer.in_language(language)
        return self if renderer is self.renderer else replace(self, renderer=renderer)

    def health(self) -> HealthService:
        """Return what tells how the service is."""
        return HealthService(
            self.snapshots,
            self.now,
            self.version,
            details=self.health_details,
            problems=self.problems,
            is_draining=self.is_draining,
        )

    def context(self, viewer: ViewerPreferences | None = None) -> "PageContext":
        """Return the context of a viewer's request that arrives now; raises `NotReadyError`."""
        viewer, held = viewer or ViewerPreferences(), self.snapshots.held
        titles = PreferredTitles(held.model, viewer.titles)
        return PageContext(self, held, titles, viewer=viewer)


class PageContext(msgspec.Struct, frozen=True):
    """The services and the one snapshot that a request is answered from.

    A page of an earlier time is made from `past`, which the reader called `asked`.
    """

    services: PageServices
    snapshot: Snapshot
    titles: PreferredTitles
    """The titles of works as the viewer prefers them."""
    past: PastModel | None = None
    asked: str | None = None
    viewer: ViewerPreferences = ViewerPreferences()

    @property
    def model(self) -> ReadModel:
        """Return the read model of the snapshot, or of the earlier one."""
        return self.snapshot.model if self.past is None else self.past.model

    def as_of(self, text: str | None) -> "PageContext":
        """Return the context of what was served then; `None` is now.

        Raises:
            InvalidInputError, NotKeptError: as `time_travel.as_of`.
        """
        if text is None:
            return self
        past = time_travel.as_of(self.snapshot, text)
        titles = PreferredTitles(past.model, self.viewer.titles)
        return PageContext(self.services, self.snapshot, titles, past, text, self.viewer)

    def then(self, path: str) -> str:
        """Return the path of a page as it was at the time of this one."""
        return path if self.asked is None else urls.at_time(path, self.asked)

    @property
    def messages(self) -> Messages:
        """Return the words of the pages, in the language that the viewer prefers."""
        return self.services.renderer.messages_in(self.viewer.lang)

    @property
    def today(self) -> dt.date:
        """Return the day on which the page is shown, in UTC."""
        return self.services.now().date()

    @property
    def is_safe(self) -> bool:
        """Tell whether lists leave adult works out unless they are asked for."""
        return self.services.search.safe

    def page(
        self,
        template: str,
        *,
        tag: bytes | None = None,
        keep: bool = True,
        outcome: SearchOutcome | None = None,
        **variables: Any,
    ) -> PreparedResponse:
        """Return a page as a response; `tag` and `keep` as `respond` takes them.

        `outcome` tells what was searched for, where that is counted.
        """
        body = self.render(template, **variables)
        return self.respond(body, PAGE_META._replace(tag=tag, outcome=outcome), keep=keep)

    def respond(
        self, body: bytes, meta: ResponseMeta = PAGE_META, *, keep: bool = True
    ) -> PreparedResponse:
        """Return a body that was made from this snapshot, as a response of its identity.

        `keep` is false where the body also depends on something that the identity says nothing of;
        `meta.tag` must name that then.
        """
        meta = meta._replace(headers=(*meta.headers, VARIES))
        if self.past is not None:
            meta = meta._replace(headers=(*meta.headers, _PAST))
        return PreparedResponse(body, self.model.identity, meta=meta, keep=keep)

    def render(self, template: str, **variables: Any) -> bytes:
        """Return a page, or a part of one; `variables` come beside what every template knows."""
        return self.services.renderer.page(
            template,
            self.viewer.lang,
            revision=self.model.revision,
            as_of=self.model.as_of.isoformat(),
            origin=self.services.origin,
            url_of=self.url_of,
            year_of=self.year_of,
            past=self.past,
            then=self.then,
            viewer=self.viewer,
            **self.titles.applied(variables),
        )

    def filtered(self, nodes: Nodes, filters: Filters) -> FilteredList:
        """Return those of `nodes` that pass, in their order, and counts of what else is."""
        counter = self.services.facets.of(self.model)
        return filtered_lists.filtered(self.model, nodes, filters, counter)

    def ordered(self, sort: WorkSorting) -> Nodes:
        """Return all works in an order, by title as the viewer calls them."""
        return self.services.orders.of(self.snapshot, sort, self.viewer.titles)

    def listed_works(self, nodes: Iterable[int]) -> list[WorkEntry]:
        """Return works as lists show them."""
        return listed_works(self.model, self.services.orders.columns(self.model), nodes)

    def brief_works(self, nodes: Iterable[int]) -> list[BriefEntry]:
        """Return works as lists show them that have a line for each."""
        return brief_works(self.model, nodes)

    def franchise_map(self, number: int, selection: MapSelection = EVERYTHING) -> DrawnMap:
        """Return a franchise with its map; one of an earlier time is drawn each time."""
        view = MapView(self.model, self.url_of, self.titles, self.viewer.lang, self.popularity_of)
        return self.services.maps.get(view, number, selection, is_kept=self.past is None)

    def popularity_of(self, work: UUID) -> float:
        """Return how well known a work is today, 0..1; 0 where that is not known."""
        node = self.snapshot.model.node(work)
        return 0.0 if node is None else self.snapshot.titles.popularity.item(node)

    def franchise(self, number: int) -> FranchiseDetail:
        """Return a franchise, its works called as the viewer prefers."""
        found: FranchiseDetail = self.titles.applied(map_store.franchise_of(self.model, number))
        return found

    def absolute(self, path: str) -> str:
        """Return the whole address of a path, or the path where no public address is set."""
        return f"{self.services.origin}{path}"

    def source_name(self, source: str) -> str:
        """Return what a source is called, by its name in assertions."""
        return self.messages.label("provider", source)

    def url_of(self, work: UUID) -> str:
        """Return the path of a work's page, as it was at the time of this one."""
        return self.then(self.today_url_of(work))

    def today_url_of(self, work: UUID) -> str:
        """Return the path of a work's page."""
        node = self.model.node(work)
        is_film = node is not None and self.model.kind(node) == "movie"
        return urls.film(work) if is_film else urls.anime(work)

    def watch_link_of(self, work: UUID) -> WatchLink | None:
        """Return where a work can be watched, now or soon, if it can be."""
        links = self.services.watch_links
        return None if links is None or self.past is not None else links.of(work)

    @property
    def linked_tag(self) -> bytes | None:
        """Return the tag of a page that tells where a work can be watched, where that is offered.

        Kept pages are forgotten when the links change, which no snapshot tells of.
        """
        links = self.services.watch_links
        if links is None or self.past is not None or not links.revision:
            return None
        return f"{self.model.identity}w{links.revision}".encode()

    def year_of(self, work: UUID) -> int | None:
        """Return the year of a work, where it is known."""
        node = self.model.node(work)
        return None if node is None else self.model.columns.year.item(node) or None


def page_dependencies(services: Callable[[], PageServices]) -> dict[str, Provide]:
    """Return what handlers of pages may ask for, as the viewer of each request prefers it.

    Their router declares `BY_PREFERENCE`. Litestar copies the instances that a router is given, but
    not functions.
    """

    def page_services(request: Request[Any, Any, Any]) -> PageServices:
        return services().in_language(language_of(request))

    def page_context(request: Request[Any, Any, Any]) -> PageContext:
        return services().context(preferences_of(request))

    return {
        "context": Provide(page_context, sync_to_thread=False),
        "services": Provide(page_services, sync_to_thread=False),
    }


GivenPageContext: TypeAlias = NamedDependency[SkipValidation[PageContext]]
"""The annotation under which handlers ask for `context`."""
GivenPageServices: TypeAlias = NamedDependency[SkipValidation[PageServices]]
"""The annotation under which handlers ask for `services`, where no snapshot need be open."""
