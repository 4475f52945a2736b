"""Hands each handler the one service that it uses, bound to the snapshot of its request.

Guarantees: a service is made when the request arrives and reads one snapshot from then on, so that
document, entity tag and cursor of an answer are of the same one.

One dependency a handler, because Litestar resolves several in a task group, anew for every request.
"""

from collections.abc import Callable, Mapping
from typing import TypeAlias

import msgspec
from litestar.di import NamedDependency, Provide
from litestar.params import SkipValidation

from kensho.discovery.browse import BrowseService, Calendar
from kensho.discovery.changes import ChangeService
from kensho.discovery.comparisons import KnownChanges
from kensho.discovery.curation import CurationService
from kensho.discovery.cursors import Cursors
from kensho.discovery.filters import Nodes
from kensho.discovery.franchises import FranchiseService
from kensho.discovery.health import HealthService
from kensho.discovery.resolve import ResolveService
from kensho.discovery.search import SearchService, TitleSearch
from kensho.discovery.snapshot_service import PerSnapshot
from kensho.discovery.tags import TagService
from kensho.discovery.work_lists import WorkListService, WorkOrders
from kensho.discovery.work_queue import WorkQueue
from kensho.discovery.works import WorkService
from kensho.read_model.holder import Snapshot

GivenWorks: TypeAlias = NamedDependency[SkipValidation[WorkService]]
GivenWorkLists: TypeAlias = NamedDependency[SkipValidation[WorkListService]]
GivenBrowse: TypeAlias = NamedDependency[SkipValidation[BrowseService]]
GivenTags: TypeAlias = NamedDependency[SkipValidation[TagService]]
GivenSearch: TypeAlias = NamedDependency[SkipValidation[SearchService]]
GivenResolve: TypeAlias = NamedDependency[SkipValidation[ResolveService]]
GivenChanges: TypeAlias = NamedDependency[SkipValidation[ChangeService]]
GivenChangeSource: TypeAlias = NamedDependency[SkipValidation[Callable[[], ChangeService]]]
GivenFranchises: TypeAlias = NamedDependency[SkipValidation[FranchiseService]]
GivenQueue: TypeAlias = NamedDependency[SkipValidation[WorkQueue]]
GivenHealth: TypeAlias = NamedDependency[SkipValidation[HealthService]]
GivenCuration: TypeAlias = NamedDependency[SkipValidation[CurationService]]
GivenExposition: TypeAlias = NamedDependency[SkipValidation[Callable[[], bytes]]]
"""The annotations under which handlers ask for `works`, `browse`, and so on."""


class SharedParts(msgspec.Struct, frozen=True):
    """What services of all requests have in common."""

    cursors: Cursors
    films: PerSnapshot[Nodes]
    calendar: Calendar
    search: TitleSearch
    orders: WorkOrders
    changes: KnownChanges = msgspec.field(default_factory=KnownChanges)


def providers(snapshot: Callable[[], Snapshot], shared: SharedParts) -> dict[str, Provide]:
    """Return the dependencies of the API's handlers; `snapshot` returns the one served now."""

    def browse() -> BrowseService:
        return BrowseService(snapshot(), shared.calendar, shared.cursors, shared.films, safe=safe)

    safe = shared.search.safe

    def lists() -> WorkListService:
        return WorkListService(
            snapshot(), shared.calendar, shared.cursors, shared.orders, safe=shared.search.safe
        )

    def change_service() -> ChangeService:
        return ChangeService(snapshot(), shared.cursors, shared.changes, safe=safe)

    makers: dict[str, Callable[[], object]] = {
        "works": lambda: WorkService(snapshot()),
        "browse": browse,
        "lists": lists,
        "tags": lambda: TagService(snapshot(), shared.cursors, safe=safe),
        "search": lambda: SearchService(snapshot(), shared.search, shared.calendar),
        "resolve": lambda: ResolveService(snapshot()),
        "changes": change_service,
        "change_source": lambda: change_service,
        "franchises": lambda: FranchiseService(snapshot(), shared.cursors, safe=safe),
    }
    return provided(makers)


def curation_providers(curation: Callable[[], CurationService]) -> dict[str, Provide]:
    """Return the dependency of what managers do."""
    return provided({"curation": curation})


def health_providers(
    health: Callable[[], HealthService], exposition: Callable[[], bytes]
) -> dict[str, Provide]:
    """Return the dependencies of the probes, and of what Prometheus scrapes."""
    return provided({"health": health, "exposition": lambda: exposition})


def queue_provider(queue: WorkQueue) -> dict[str, Provide]:
    """Return the dependency of the routes of work items, which read no snapshot."""
    return provided({"queue": lambda: queue})


def provided(makers: Mapping[str, Callable[[], object]]) -> dict[str, Provide]:
    """Return dependencies of handlers, given what makes each of them at once."""
    return {name: Provide(make, sync_to_thread=False) for name, make in makers.items()}
