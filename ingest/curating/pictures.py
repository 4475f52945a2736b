"""What franchises and works look like before and after an act, and what differs between the two.

Guarantees: members, roles and slugs are those of the store. Orders are computed by the code that
makes them for a snapshot, of the works' own popularity, which there also depends on works
elsewhere.

Performance: half a second for all members of the full catalogue, twice an act.
"""

from collections.abc import Iterable, Mapping, Sequence
from itertools import chain
from typing import Final
from uuid import UUID

import msgspec

from ingest.curating.naming import Names, titles_of
from ingest.pipeline.record_store import DEADLINE_S, as_json
from kensho.domain.curation_documents import FranchiseDifference
from kensho.domain.popularity import own_popularity
from kensho.domain.works import WorkKind
from kensho.read_model.building.franchises import FranchiseCollector, known_work
from kensho.read_model.building.works import relation_input, sequel_input
from kensho.read_model.franchise_views import ORDERS
from kensho.storage.gateway import Gateway
from kensho.storage.paging import pages
from kensho.storage.rows import MembershipRow, RelationRow, SequelRow, StoredFranchise, WorkRow

_MOST_NAMED: Final = 100


class _Step(msgspec.Struct, frozen=True):
    work: "_WorkId"
    optional: bool = False


class _WorkId(msgspec.Struct, frozen=True):
    id: UUID


class _Order(msgspec.Struct, frozen=True):
    steps: tuple[_Step, ...]


class Picture(msgspec.Struct, frozen=True):
    """The franchises of the graph: title and digest by slug, slug by work; orders of some."""

    titles: dict[str, str]
    digests: dict[str, str]
    home: dict[UUID, str]
    orders: dict[str, dict[str, tuple[UUID, ...]]]


NO_PICTURE: Final = Picture({}, {}, {}, {})


async def picture(gateway: Gateway, works: Iterable[UUID]) -> Picture:
    """Return the franchises, and the orders of those that these works are of."""
    rows = await gateway.fetch(
        "curating.franchise_titles",
        into=list[tuple[UUID, str, str, str]],
        deadline_s=DEADLINE_S,
    )
    slug_of = {franchise: slug for franchise, slug, _, _ in rows}
    home: dict[UUID, str] = {}
    async for page in pages(gateway, "curating.members", list[tuple[UUID, UUID]]):
        home.update((work, slug_of[franchise]) for work, franchise in page)
    shown = set(home.values())
    titles = {slug: title for _, slug, title, _ in rows if slug in shown}
    digests = {slug: digest for _, slug, _, digest in rows if slug in shown}
    slugs = {home[work] for work in works if work in home}
    return Picture(titles, digests, home, await orders_of(gateway, slugs))


async def orders_of(
    gateway: Gateway, slugs: Iterable[str]
) -> dict[str, dict[str, tuple[UUID, ...]]]:
    """Return the watch orders of franchises, by slug and name of the order."""
    wanted = sorted(slugs)
    if not wanted:
        return {}
    params = {"slugs": as_json(wanted)}
    rows = await gateway.fetch(
        "curating.franchises_named", params, into=list[StoredFranchise], deadline_s=DEADLINE_S
    )
    collector = FranchiseCollector()
    collector.add_franchises(rows)
    members = [
        row
        for slug in wanted
        for row in await gateway.fetch(
            "curating.memberships_of",
            {"slug": slug},
            into=list[MembershipRow],
            deadline_s=DEADLINE_S,
        )
    ]
    collector.add_memberships(members)
    works = await _works(gateway, [row.work for row in members])
    collector.add_works(works)
    related, sequels = await gateway.fetch(
        "curating.relations_of",
        {"works": as_json([work.id for work in works])},
        into=tuple[list[RelationRow], list[SequelRow]],
        deadline_s=DEADLINE_S,
    )
    known = {work.id for work in works}
    edges = [*map(relation_input, related), *map(sequel_input, sequels)]
    collector.add_edges([e for e in edges if e.source in known and e.target in known])
    popularity = [
        own_popularity(known_work(work).own) for work in sorted(works, key=lambda one: one.id.int)
    ]
    return {
        made.slug: {name: _steps(made.documents[name]) for name in ORDERS}
        for made in collector.inputs(popularity, lambda _: ())
    }


async def _works(gateway: Gateway, works: Sequence[UUID]) -> list[WorkRow]:
    tables: tuple[WorkKind, ...] = ("anime", "movie")
    named = [(table, work) for table in tables for work in dict.fromkeys(works)]
    return await gateway.fetch(
        "curating.works_of", {"works": as_json(named)}, into=list[WorkRow], deadline_s=DEADLINE_S
    )


def _steps(document: bytes) -> tuple[UUID, ...]:
    return tuple(step.work.id for step in msgspec.json.decode(document, type=_Order).steps)


async def differences(
    gateway: Gateway, before: Picture, after: Picture, known: Mapping[UUID, str]
) -> list[FranchiseDifference]:
    """Return what became of each franchise that is not as it was, works by their titles.

    `known` are titles of works that may be no more.
    """
    slugs = sorted(
        slug
        for slug in before.titles.keys() | after.titles.keys()
        if before.digests.get(slug) != after.digests.get(slug)
        or before.titles.get(slug) != after.titles.get(slug)
        or before.orders.get(slug, {}) != after.orders.get(slug, before.orders.get(slug, {}))
    )
    moved = {
        work
        for work in before.home.keys() | after.home.keys()
        if before.home.get(work) != after.home.get(work)
    }
    ordered = chain.from_iterable(
        steps
        for one in (before, after)
        for slug in slugs
        for steps in one.orders.get(slug, {}).values()
    )
    named = {**known, **titles_of(await Names(gateway).cards({*moved, *ordered}))}
    found = (_difference(slug, before, after, moved, named) for slug in slugs)
    return [one for one in found if one is not None]


def _difference(
    slug: str, before: Picture, after: Picture, moved: Iterable[UUID], named: Mapping[UUID, str]
) -> FranchiseDifference | None:
    def told(works: Iterable[UUID]) -> tuple[str, ...]:
        return tuple(named.get(work, str(work)) for work in works)

    was, now = before.titles.get(slug), after.titles.get(slug)
    joined = sorted(told(w for w in moved if after.home.get(w) == slug))
    left = sorted(told(w for w in moved if before.home.get(w) == slug))
    orders = {
        name: (told(before.orders.get(slug, {}).get(name, ())), told(steps))
        for name, steps in after.orders.get(slug, {}).items()
        if before.orders.get(slug, {}).get(name, ()) != steps
    }
    if was == now and not joined and not left and not orders:
        return None
    return FranchiseDifference(
        slug=slug,
        title=now or was or slug,
        is_new=was is None,
        is_gone=now is None,
        title_before=was if was is not None and now is not None and was != now else None,
        joined=tuple(joined[:_MOST_NAMED]),
        left=tuple(left[:_MOST_NAMED]),
        orders=orders,
    )
