"""The slice of the real catalogue, ingested, and what is computed from it.

The store is filled by the command line in a process of its own, as a curator does it: the tracing
of coverage would double the time. Works are named by their MyAnimeList numbers.
"""

import asyncio
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final, NamedTuple
from uuid import UUID

from benchmarks import franchise_data
from benchmarks.bench_franchises import computed
from benchmarks.franchise_data import Graph
from ingest.pipeline.franchises import rules
from kensho.domain.franchise.franchises import Franchise
from kensho.domain.franchise.inputs import Relation
from kensho.domain.watch_order.order import Order, watch_order
from kensho.read_model.building.builder import build
from kensho.read_model.holder import Snapshot
from kensho.storage import tables
from kensho.storage.gateway import Gateway
from kensho.storage.rows import MembershipRow
from kensho.storage.store_settings import StoreSettings
from tests.support.servers import environment, free_port
from tests.support.stores import own_queries

FOLDER: Final = Path(__file__).parents[1] / "data" / "catalogue"
_MAL: Final = "mal:"


class RealCatalogue(NamedTuple):
    """The graph of the slice, its snapshot, and the work of each MyAnimeList number."""

    graph: Graph
    relations: Sequence[Relation]
    franchises: Sequence[Franchise]
    stored: Mapping[UUID, MembershipRow]
    slugs: Mapping[str, UUID]
    snapshot: Snapshot
    number: Mapping[UUID, int]

    def work(self, number: int) -> UUID:
        """Return the work of a MyAnimeList number."""
        return self.graph.by_source[f"{_MAL}{number}"]

    def franchise(self, number: int) -> Franchise:
        """Return the franchise that a work is at home in."""
        slug = self.stored[self.work(number)].slug
        return next(one for one in self.franchises if one.root == self.slugs[slug])

    def order(self, number: int, order: Order) -> list[int | None]:
        """Return a watch order of a work's franchise, as MyAnimeList numbers."""
        one = self.franchise(number)
        home = {id_ for member in one.members for id_ in (member.work, *member.also)}
        inside = [tie for tie in self.relations if tie.source in home and tie.target in home]
        steps = watch_order(one.members, self.graph.works, inside, order, one.timelines).steps
        return [self.number.get(step.work) for step in steps]

    def found(self, text: str, most: int = 5) -> list[int | None]:
        """Return the works that a search finds, best first, as MyAnimeList numbers."""
        model, titles = self.snapshot.model, self.snapshot.titles
        entries = titles.index.search(text).hits.entries.tolist()
        works = [model.id(entry) for entry in entries if entry < len(titles.groups)]
        return [self.number.get(work) for work in works[:most]]


def ingested(folder: Path) -> RealCatalogue:
    """Ingest the slice into `folder` and read what the tests ask of it; takes some 20 s."""
    url = f"surrealkv://{folder / 'kensho.db'}"
    command = [sys.executable, "-m", "kensho.cli", "ingest", "--all", str(FOLDER)]
    command += ["--rejects", str(folder / "rejects")]
    command += ["--no-curation"]  # what rules make of sources is pinned, not what curators state
    subprocess.run(
        command, env=environment(url, folder, free_port()), check=True, capture_output=True
    )
    return asyncio.run(_read(url, folder))


async def _read(url: str, folder: Path) -> RealCatalogue:
    async with Gateway.open(StoreSettings(url), own_queries()) as gateway:
        graph = await franchise_data.read(gateway)
        members = [row async for page in tables.memberships(gateway) for row in page]
        rows = await tables.franchises(gateway)
        snapshot = Snapshot.open(await build(gateway, folder / "snapshots"))
    relations = graph.relations("stated", "inferred", "curated")
    found, _ = computed(graph, relations, rules.load().policy)
    numbers = {
        work: int(id_.removeprefix(_MAL))
        for id_, work in graph.by_source.items()
        if id_.startswith(_MAL)
    }
    return RealCatalogue(
        graph=graph,
        relations=relations,
        franchises=found,
        stored={row.work: row for row in members},
        slugs={row.slug: row.root for row in rows},
        snapshot=snapshot,
        number=numbers,
    )
