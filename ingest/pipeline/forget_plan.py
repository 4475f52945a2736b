"""What forgetting a source takes out of the graph, by name, told before anything is written.

Works are decided as a run decides them: without the source's records, by `Identities`. A relation
goes where nobody else states it or one of its works goes, a title where no other source has it, a
franchise where less than two of its works are left. How franchises part whose works stay is known
when they have been computed; those that lose a work or a relation are counted.

Performance: reads all works, relations and records once, some 15 s for 43,000 works.
"""

import heapq
from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Final, TypeAlias
from uuid import UUID

import msgspec

from ingest.pipeline.franchises.computing import SOURCE as INFERRED
from ingest.pipeline.franchises.store import FranchiseStore
from ingest.pipeline.identity import Identities, SourceRole
from ingest.pipeline.leads import Leads
from ingest.pipeline.record_store import RecordStore
from ingest.source import Source
from kensho.storage import tables
from kensho.storage.gateway import Gateway
from kensho.storage.paging import pages

NAMES_SHOWN: Final = 8
"""Names of works, franchises and titles in a plan: a screen shows them with the rest."""
_LEAST_WORKS: Final = 2
"""One work is no franchise."""
_Ranked: TypeAlias = tuple[int, int, str]
"""How many works a franchise loses and has, and how it is named in a plan."""


class Losses(msgspec.Struct, frozen=True):
    """How many things go, and the names of the best known of them."""

    count: int = 0
    names: tuple[str, ...] = ()


class ForgetPlan(msgspec.Struct, frozen=True):
    """What goes if a source is forgotten.

    `parted` counts works that come apart, which begin again with an id of their own; `relations`
    counts by kind, `shrinking` names franchises that stay and lose works or relations.
    """

    source: str
    records: int
    works: Losses
    parted: int
    relations: dict[str, int]
    franchises: Losses
    shrinking: Losses
    titles: Losses

    @property
    def is_empty(self) -> bool:
        """Tell whether the source has said nothing."""
        return self.records == 0


class TitledWork(msgspec.Struct, frozen=True, array_like=True):
    """A work as plans name it; `sources` and `titles` are counts."""

    id: UUID
    title: str
    year: int | None
    sources: int
    titles: int

    @property
    def name(self) -> str:
        """The title, with the year where that is known."""
        return f"{self.title} ({self.year})" if self.year else self.title

    @property
    def known(self) -> tuple[float, str]:
        """Sorts the best-known last: in how many catalogues, under how many titles."""
        return (self.sources / 10 + self.titles / 60, self.title)


async def forget_plan(gateway: Gateway, source: str, sources: Mapping[str, Source]) -> ForgetPlan:
    """Return what goes if `source` is forgotten; writes nothing."""
    store = RecordStore(gateway)
    roles = {name: SourceRole(s.creates, s.groups, s.order) for name, s in sources.items()}
    records = await store.record_heads()
    leads, retired = Leads(await store.past_leads()), await store.retired()
    identities = Identities(records, roles, leads, retired)
    identities.reassign()
    said = records.pop(source, {})
    if sources[source].creates:
        works = (work for head in said.values() for work in head.works)
        leads.drop(source, said, works)
    identities.reassign()
    known = {work.id: work for work in await known_works(gateway)}
    gone = {work: one for work, one in known.items() if work not in identities.led}
    leaving = frozenset(gone)
    relations, touched = await _relations(gateway, source, leaving)
    franchises, shrinking = await _franchises(gateway, leaving, touched)
    about = {work for head in said.values() for work in head.works if work in known} - leaving
    return ForgetPlan(
        source=source,
        records=len(said),
        works=_losses(gone.values()),
        parted=len(identities.led - known.keys()),
        relations=dict(relations.most_common()),
        franchises=franchises,
        shrinking=shrinking,
        titles=await _titles(store, source, about, known),
    )


def _losses(works: Iterable[TitledWork]) -> Losses:
    every = list(works)
    best = heapq.nlargest(NAMES_SHOWN, every, key=lambda one: one.known)
    return Losses(len(every), tuple(one.name for one in best))


async def known_works(gateway: Gateway) -> list[TitledWork]:
    """Return all works of the graph, to be named in a plan."""
    found: list[TitledWork] = []
    for table in ("anime", "movie"):
        async for page in pages(gateway, "ingest.work_names", list[TitledWork], table=table):
            found += page
    return found


async def _relations(
    gateway: Gateway, source: str, gone: frozenset[UUID]
) -> tuple[Counter[str], set[UUID]]:
    """Return how many relations go, by kind, and the works that stay at their ends."""
    counts: Counter[str] = Counter()
    touched: set[UUID] = set()
    shape = list[tuple[UUID, UUID, str | None, frozenset[str]]]
    for table, usual in (("is_sequel_of", "sequel"), ("is_related_to", "related")):
        async for page in pages(gateway, "ingest.relation_sources", shape, table=table):
            for one, other, kind, stated_by in page:
                if {one, other}.isdisjoint(gone) and stated_by - {source, INFERRED}:
                    continue
                counts[kind or usual] += 1
                touched.update({one, other} - gone)
    return counts, touched


async def _franchises(
    gateway: Gateway, gone: frozenset[UUID], touched: set[UUID]
) -> tuple[Losses, Losses]:
    """Return the franchises that go, and those that stay and lose works or relations."""
    titles = {row.slug: row.title for row in await tables.franchises(gateway)}
    heads = (await FranchiseStore(gateway).members()).values()
    dissolving: list[_Ranked] = []
    shrinking: list[_Ranked] = []
    for head in heads:
        size, title = len(head.works), titles[head.slug]
        left = len(head.works - gone)
        if left < _LEAST_WORKS:
            dissolving.append((size, size, f"{title} ({size} works)"))
        elif left < size:
            shrinking.append((size - left, size, f"{title} ({left} of {size} works stay)"))
        elif not head.works.isdisjoint(touched):
            shrinking.append((0, size, f"{title} (relations only)"))
    return _largest(dissolving), _largest(shrinking)


def _largest(found: list[_Ranked]) -> Losses:
    return Losses(len(found), tuple(name for _, _, name in heapq.nlargest(NAMES_SHOWN, found)))


async def _titles(
    store: RecordStore, source: str, about: set[UUID], known: Mapping[UUID, TitledWork]
) -> Losses:
    """Return the titles of works that stay which no other source has."""
    count = 0
    best: list[tuple[tuple[float, str], str]] = []
    async for records in store.by_work():
        work = records[0].work
        if work not in about:
            continue
        own = {t.text for r in records if r.source == source for t in r.facts.titles}
        own -= {t.text for r in records if r.source != source for t in r.facts.titles}
        count += len(own)
        if own:
            heapq.heappush(best, (known[work].known, f"{min(own)}, of {known[work].name}"))
            if len(best) > NAMES_SHOWN:
                heapq.heappop(best)
    return Losses(count, tuple(name for _, name in sorted(best, reverse=True)))
