"""Read and write the edges between works: what is stored is compared, and what differs written."""

import uuid
from collections.abc import AsyncIterator, Iterable, Sequence
from functools import partial
from typing import Final

import msgspec

from ingest.pipeline.background_writer import BackgroundWriter
from ingest.pipeline.claims import EdgeId, EdgeTable, Fields, StoredEdges
from ingest.pipeline.record_store import DEADLINE_S, as_json
from kensho.domain.works import WorkKind
from kensho.storage.gateway import Gateway
from kensho.storage.paging import pages

EDGES_A_BATCH: Final = 1000
"""A relation takes some 370 bytes of JSON: under 0.5 MB a transaction."""
WORKS_A_BATCH: Final = 250
"""Some 1,500 edges."""
_PUT: Final[dict[EdgeTable, str]] = {
    "is_sequel_of": "ingest.put_sequels",
    "is_related_to": "ingest.put_relations",
    "is_same_as": "ingest.put_same_as",
    "is_recommended_with": "ingest.put_recommendations",
    "redirects_episodes_to": "ingest.put_redirects",
    "is_not_related_to": "ingest.put_denials",
}
_IN_THE_ID: Final = frozenset(("in", "out", "kind", "first", "to_first"))
"""Fields that repeat a part of the edge's id."""


class EdgeCounts(msgspec.Struct):
    """What happened to the edges; `unresolved` counts ids that no work of the graph carries.

    `by_kind` counts all relations, `inferred` those of which nobody states the kind; `undecided`
    are ids that curators' decisions name and no work carries.
    """

    added: int = 0
    changed: int = 0
    removed: int = 0
    unresolved: int = 0
    by_kind: dict[str, int] = {}
    inferred: dict[str, int] = {}
    undecided: tuple[str, ...] = ()


class WorkEdgeStore:
    """The tables of edges between works."""

    def __init__(self, gateway: Gateway) -> None:
        self._gateway = gateway

    async def edges_of(self, ends: Sequence[tuple[WorkKind, uuid.UUID]]) -> StoredEdges:
        """Return the stored edges that have an end in these works."""
        found: StoredEdges = {table: {} for table in _PUT}
        for start in range(0, len(ends), WORKS_A_BATCH):
            some = ends[start : start + WORKS_A_BATCH]
            for row in await self._gateway.fetch(
                "ingest.edges_of",
                {"works": as_json(some)},
                into=list[Fields],
                deadline_s=DEADLINE_S,
            ):
                table = msgspec.convert(row.pop("table"), EdgeTable)
                found[table][msgspec.convert(row["id"], EdgeId)] = row
        return found

    async def write(
        self,
        desired: dict[EdgeTable, dict[EdgeId, Fields]],
        counts: EdgeCounts,
        stored: StoredEdges | None,
    ) -> None:
        """Write edges where they differ: of all, or from those that are `stored`.

        `desired` is used up.
        """
        for table, edges in desired.items():
            rows = (
                pages(self._gateway, "ingest.edge_heads", list[Fields], table=table)
                if stored is None
                else _page(stored[table].values())
            )
            await self._write(table, rows, edges, counts)
            edges.clear()

    async def _write(
        self,
        table: EdgeTable,
        stored: AsyncIterator[list[Fields]],
        desired: dict[EdgeId, Fields],
        counts: EdgeCounts,
    ) -> None:
        drop, changed = await _compare(stored, desired)
        counts.removed += len(drop)
        counts.changed += changed
        counts.added += len(desired) - changed
        ids = sorted(desired, key=_text)
        async with BackgroundWriter() as writer:
            for start in range(0, len(drop), EDGES_A_BATCH):
                params = {"table": table, "ids": as_json(drop[start : start + EDGES_A_BATCH])}
                await writer.write(
                    self._gateway.execute("ingest.drop_edges", params, deadline_s=DEADLINE_S)
                )
            for start in range(0, len(ids), EDGES_A_BATCH):
                rows = [
                    {"id": edge_id, **desired[edge_id]}
                    for edge_id in ids[start : start + EDGES_A_BATCH]
                ]
                await writer.checkpoint(self._gateway)
                await writer.write_beside(partial(self._put, table, as_json(rows)))

    async def _put(self, table: EdgeTable, edges: str, lane: int) -> None:
        params = {"edges": edges, "lane": lane}
        await self._gateway.execute(_PUT[table], params, deadline_s=DEADLINE_S)


async def _page(rows: Iterable[Fields]) -> AsyncIterator[list[Fields]]:
    yield list(rows)


async def _compare(
    stored: AsyncIterator[list[Fields]], desired: dict[EdgeId, Fields]
) -> tuple[list[EdgeId], int]:
    """Take out of `desired` what is stored; return the ids to drop, and how many rows differ."""
    drop: list[EdgeId] = []
    changed = 0
    async for page in stored:
        for row in page:
            edge_id = msgspec.convert(row["id"], EdgeId)
            wanted = desired.get(edge_id)
            if wanted is None:
                drop.append(edge_id)
            elif _same(row, wanted):
                del desired[edge_id]
            else:
                changed += 1
    return drop, changed


def _same(row: Fields, wanted: Fields) -> bool:
    """Tell whether a stored row says what is wanted; compared as the JSON that it came as."""
    fields = (wanted.keys() | row.keys()) - _IN_THE_ID - {"id"}
    decoded = msgspec.json.decode(msgspec.json.encode(wanted), type=Fields)
    return all(decoded.get(name) == row.get(name) for name in fields)


def _text(edge_id: EdgeId) -> tuple[str, ...]:
    return tuple(str(part) for part in edge_id)
