"""Read the graph as the rules of `kensho check` need it, page by page.

Performance: about 150 MB for 40,000 works.
"""

import datetime as dt
import uuid
from collections.abc import Set
from typing import Final

import msgspec

from ingest.checks import franchises
from ingest.checks.findings import CheckedWork
from ingest.checks.graph import EDGE_TABLES, CheckedEdge, CheckedGraph, Pair
from ingest.pipeline.census import last_census
from kensho.domain.relations import Assertion
from kensho.storage.gateway import Gateway
from kensho.storage.paging import pages

_OTHER_NODES: Final = ("tag", "episode", "franchise")
_TYPED: Final = ("is_sequel_of", "is_related_to")


class _EdgeRow(msgspec.Struct, frozen=True):
    id: tuple[str | int, ...]
    start: uuid.UUID | None = msgspec.field(name="in", default=None)
    end: uuid.UUID | None = msgspec.field(name="out", default=None)
    conflict: bool | None = None


async def read_graph(
    gateway: Gateway, day: dt.date | None = None, origin: str = ""
) -> CheckedGraph:
    """Read what the rules need; `day` is the current one in UTC by default."""
    works = {w.id: w for table in ("anime", "movie") for w in await _works(gateway, table)}
    # Looked up here: to ask the engine whether each end exists takes twice as long as the rest.
    nodes = {i for table in _OTHER_NODES for i in await _nodes(gateway, table)} | works.keys()
    edges = {table: await _edges(gateway, table, nodes) for table in EDGE_TABLES}
    meta = await gateway.fetch("meta.revision", into=dict[str, object])
    return CheckedGraph(
        works,
        edges,
        await _recorded(gateway),
        bool(meta["composed"]),
        await franchises.read_franchises(gateway),
        day or dt.datetime.now(dt.UTC).date(),
        await _asserted(gateway),
        await last_census(gateway),
        origin,
    )


async def _works(gateway: Gateway, table: str) -> list[CheckedWork]:
    found = pages(gateway, "check.works", list[CheckedWork], table=table)
    return [work async for page in found for work in page]


async def _nodes(gateway: Gateway, table: str) -> list[uuid.UUID]:
    found = pages(gateway, "check.nodes", list[uuid.UUID], table=table)
    return [node async for page in found for node in page]


async def _edges(gateway: Gateway, table: str, nodes: Set[uuid.UUID]) -> list[CheckedEdge]:
    found: list[CheckedEdge] = []
    async for page in pages(gateway, "check.edges", list[_EdgeRow], table=table):
        for row in page:
            start, end = (i if i in nodes else None for i in (row.start, row.end))
            kind = str(row.id[2]) if table == "is_related_to" else None
            edge = CheckedEdge(table, _ends(row.id), start, end, bool(row.conflict), kind)
            found.append(edge)
    return found


def _ends(edge_id: tuple[str | int, ...]) -> Pair:
    return uuid.UUID(str(edge_id[0])), uuid.UUID(str(edge_id[1]))


async def _asserted(gateway: Gateway) -> dict[tuple[str, Pair], list[Assertion]]:
    """Return the assertions of edges on which kinds conflict, and of spin-offs."""
    shape = list[tuple[tuple[str | int, ...], list[Assertion]]]
    return {
        (table, _ends(edge_id)): said
        for table in _TYPED
        async for page in pages(gateway, "check.typed_edges", shape, table=table)
        for edge_id, said in page
    }


async def _recorded(gateway: Gateway) -> frozenset[uuid.UUID]:
    found = pages(gateway, "check.record_works", list[uuid.UUID])
    return frozenset([work async for page in found for work in page])
