"""Bring the works of the graph in line with the kept records: compose, compare, write.

Works are written in batches (`ingest.pipeline.work_writer`) while the rest are composed. What
composes to the same digests is not written again, nor is a tag or an episode that stands as it is
composed.
"""

import asyncio
import uuid
from collections import Counter, defaultdict
from collections.abc import AsyncIterator, Callable, Collection, Iterable, Mapping, Sequence
from typing import Final

import msgspec

from ingest.pipeline.background_writer import cancelled
from ingest.pipeline.compose import Composer
from ingest.pipeline.identity import Identities
from ingest.pipeline.record_store import DEADLINE_S, RecordStore, as_json
from ingest.pipeline.rows import ComposedWork, EpisodeNode, KeptRecord, WorkDigests
from ingest.pipeline.work_rows import WorkRows
from ingest.pipeline.work_writer import RetiredRow, WorkWriter
from kensho.domain.works import TagCategory, WorkKind, tag_uuid
from kensho.storage.gateway import Gateway
from kensho.storage.paging import pages

WORKS_A_BATCH: Final = 250
"""About 3,500 taggings: larger batches are no faster and hold the writer longer."""


class NodeHead(msgspec.Struct, frozen=True):
    """What is known of a work's node without reading it.

    `when` is its date, as sortable text; `score` is 0..10.
    """

    table: WorkKind
    digests: WorkDigests
    when: str
    score: float | None


class WorkCounts(msgspec.Struct):
    """What a projection did to works."""

    added: int = 0
    changed: int = 0
    removed: int = 0
    unchanged: int = 0


class _TagRow(msgspec.Struct, omit_defaults=True):
    id: uuid.UUID
    name: str
    category: TagCategory | None = None


class WorkProjection:
    """Composes works and has those written that differ.

    `composed` is set once all are: then `heads` are those of the nodes as they are going to be.
    """

    def __init__(
        self,
        gateway: Gateway,
        composer: Composer,
        identities: Identities,
        tell: Callable[[ComposedWork, Mapping[str, uuid.UUID]], None],
    ) -> None:
        """Compose works; `tell` is told of each before it is written, with the ids of tags."""
        self._tell = tell
        self._gateway = gateway
        self._record_store = RecordStore(gateway)
        self._composer = composer
        self._identities = identities
        self._stored_tags: dict[str, TagCategory | None] = {}
        self._tags: dict[str, TagCategory | None] = {}
        self._tag_ids: dict[str, uuid.UUID] = {}
        self._stored: dict[uuid.UUID, NodeHead] = {}
        self.composed: Final = asyncio.Event()
        self.heads: dict[uuid.UUID, NodeHead] = {}
        self.has_tags: dict[uuid.UUID, bool] = {}
        """Of each work that was composed, whether it has tags."""
        self.changed_facts = False
        """Whether a work came, went, or has another fact than tags, episodes and its rating."""
        self.counts = WorkCounts()

    async def load(self, heads: dict[uuid.UUID, NodeHead] | None = None) -> None:
        """Read the heads of all nodes (2 s for 40,000), if they are not known, and of tags."""
        if heads is not None:
            self.heads = heads
        else:
            await self._load_heads()
        self._stored = dict(self.heads)
        tags = await self._gateway.fetch(
            "ingest.tag_heads", into=list[tuple[uuid.UUID, str, TagCategory | None]]
        )
        self._stored_tags = {name: category for _, name, category in tags}
        self._tag_ids = {name: tag for tag, name, _ in tags}

    async def _load_heads(self) -> None:
        for table in ("anime", "movie"):
            shape = list[tuple[uuid.UUID, str, str, int | None, str | None, float | None]]
            async for page in pages(self._gateway, "ingest.node_heads", shape, table=table):
                for work, node, rating, year, date, score in page:
                    when = date or (str(year) if year else "9999")
                    digests = WorkDigests.parsed(node, rating)
                    self.heads[work] = NodeHead(table, digests, when, score)

    async def project(
        self, works: Collection[uuid.UUID] | None, advance: Callable[[int], None]
    ) -> None:
        """Compose `works` (`None`: all) and write what differs; `advance` is told of works done.

        Categories of tags are derived anew from all works; a run over some can only narrow them.
        """
        self._tags = {} if works is None else dict(self._stored_tags)
        writer = WorkWriter(self._gateway, advance)
        writing = asyncio.create_task(writer.write())
        try:
            gone = await self._compose(works, writer, writing)
            writer.end()
            if gone:  # nothing may be derived of them
                await writing
                await self._retire(gone, writer)
            self.composed.set()
            await writing
        finally:
            await cancelled(writing)
        await self._finish_tags(is_whole=works is None)

    async def _compose(
        self,
        works: Collection[uuid.UUID] | None,
        writer: WorkWriter,
        writing: asyncio.Task[None],
    ) -> list[uuid.UUID]:
        """Compose works, hand over those that differ, and return those that go."""
        batch: list[ComposedWork] = []
        gone: list[uuid.UUID] = []
        seen: set[uuid.UUID] = set()
        told = 0
        async for work, records in self._records(works):
            composed = self._composer.compose(records, self._carried_by(work))
            seen.add(work)
            if composed is not None:
                self._compare(composed, batch)
            elif work in self.heads:
                gone.append(work)
            if len(batch) >= WORKS_A_BATCH:
                await self._hand_over(writer, batch, len(seen) - told)
                batch, told = [], len(seen)
                if writing.done():
                    writing.result()  # raises what it failed of
        await self._hand_over(writer, batch, len(seen) - told)
        expected = self._stored.keys() if works is None else works
        return gone + [work for work in expected if work not in seen and work in self.heads]

    async def _hand_over(self, writer: WorkWriter, batch: list[ComposedWork], works: int) -> None:
        """Have works of no other batch written; the tags that they bear stand before."""
        if not batch:
            writer.pass_over(works)
            return
        await self._put_tags({n for c in batch for n in c.tags if n not in self._stored_tags})
        rows = self._rows(batch)
        await self._compare_parts([c for c in batch if self._stands(c)], rows)
        refiled: list[RetiredRow] = [
            (before.table, c.node.id, c.kind, c.node.id, ())
            for c in batch
            if (before := self._stored.get(c.node.id)) is not None and before.table != c.kind
        ]
        for c in batch:
            self._tell(c, self._tag_ids)
        writer.add(rows.params(), refiled, works)

    def _carried_by(self, work: uuid.UUID) -> Callable[[str], bool]:
        return lambda source_id: self._identities.owner(source_id) == work

    async def _records(
        self, works: Collection[uuid.UUID] | None
    ) -> AsyncIterator[tuple[uuid.UUID, list[KeptRecord]]]:
        if works is None:
            async for records in self._record_store.by_work():
                yield records[0].work, records
            return
        ordered = sorted(works)
        for start in range(0, len(ordered), WORKS_A_BATCH):
            found = await self._record_store.of_works(ordered[start : start + WORKS_A_BATCH])
            for work, records in found.items():
                if records:
                    yield work, records

    def _compare(self, composed: ComposedWork, batch: list[ComposedWork]) -> None:
        self._file_tags(composed)
        self.has_tags[composed.node.id] = bool(composed.tags)
        node = composed.node
        head = self._stored.get(node.id)
        if head is None:
            self.counts.added += 1
        elif head.digests != composed.digests:
            self.counts.changed += 1
        else:
            self.counts.unchanged += 1
            return
        self.changed_facts |= (
            head is None
            or head.table != composed.kind
            or head.digests.facts != composed.digests.facts
        )
        batch.append(composed)
        when = node.start_date or (str(node.year) if node.year else "9999")
        self.heads[node.id] = NodeHead(composed.kind, composed.digests, when, node.score)

    def _file_tags(self, composed: ComposedWork) -> None:
        for name in composed.tags:
            known = self._tags.get(name)
            self._tags[name] = self._composer.category(name, composed.categories.get(name), known)

    async def _put_tags(self, names: Iterable[str]) -> None:
        rows = [_TagRow(tag_uuid(name), name, self._tags[name]) for name in sorted(names)]
        if rows:
            await self._gateway.execute(
                "ingest.put_tags", {"tags": as_json(rows)}, deadline_s=DEADLINE_S
            )
            self._stored_tags.update((row.name, row.category) for row in rows)

    async def _finish_tags(self, *, is_whole: bool) -> None:
        """File tags as they ended up, and drop those that no work bears any more."""
        stored = self._stored_tags
        await self._put_tags(
            [n for n, c in self._tags.items() if n not in stored or stored[n] != c]
        )
        if is_whole or self.counts.changed or self.counts.removed:
            unused = await self._gateway.fetch(
                "ingest.unused_tags", into=list[uuid.UUID], deadline_s=DEADLINE_S
            )
            if unused:
                await self._gateway.execute("ingest.drop_tags", {"tags": as_json(unused)})

    def _stands(self, work: ComposedWork) -> bool:
        """Tell whether the store holds a work in the table that it belongs to."""
        head = self._stored.get(work.node.id)
        return head is not None and head.table == work.kind

    def _rows(self, batch: list[ComposedWork]) -> WorkRows:
        """Return the rows to write, but for tags and episodes that have to be compared."""
        rows = WorkRows()
        for c in batch:
            self._tag_ids.update((n, tag_uuid(n)) for n in c.tags if n not in self._tag_ids)
            if self._stands(c):
                rows.add_node(c, self._stored[c.node.id].digests)
                continue
            rows.add_new(c, self._tag_ids)
            if c.node.id in self._stored or c.node.id in self._identities.retired:
                rows.returned.append(c.node.id)
        return rows

    async def _compare_parts(self, works: Iterable[ComposedWork], rows: WorkRows) -> None:
        """Add the tags and episodes that differ, of works that the graph holds."""
        tagged: list[ComposedWork] = []
        serial: list[ComposedWork] = []
        for work in works:
            before = self._stored[work.node.id].digests
            if work.digests.tags != before.tags:
                tagged.append(work)
            if work.digests.episodes != before.episodes:
                serial.append(work)
        taggings = await self._stored_taggings([work.node.id for work in tagged])
        for work in tagged:
            rows.add_tags(work, self._tag_ids, taggings.get(work.node.id, {}))
        episodes = await self._stored_episodes([(work.kind, work.node.id) for work in serial])
        for work in serial:
            rows.add_episodes(work, episodes.get(work.node.id, []))

    async def _stored_taggings(
        self, works: Sequence[uuid.UUID]
    ) -> dict[uuid.UUID, dict[uuid.UUID, float]]:
        found: dict[uuid.UUID, dict[uuid.UUID, float]] = {}
        if works:
            for work, tag, relevance in await self._gateway.fetch(
                "ingest.taggings_of",
                {"works": as_json(works)},
                into=list[tuple[uuid.UUID, uuid.UUID, float]],
                deadline_s=DEADLINE_S,
            ):
                found.setdefault(work, {})[tag] = relevance
        return found

    async def _stored_episodes(
        self, works: Sequence[tuple[WorkKind, uuid.UUID]]
    ) -> dict[uuid.UUID, list[EpisodeNode]]:
        found: dict[uuid.UUID, list[EpisodeNode]] = {}
        if works:
            for work, episode in await self._gateway.fetch(
                "ingest.episodes_of",
                {"works": as_json(works)},
                into=list[tuple[uuid.UUID, EpisodeNode]],
                deadline_s=DEADLINE_S,
            ):
                found.setdefault(work, []).append(episode)
        return found

    async def _retire(self, works: Collection[uuid.UUID], writer: WorkWriter) -> None:
        self.changed_facts = True
        rows: list[RetiredRow] = []
        ids_of = await self._source_ids(works)
        for work in sorted(works):
            table, ids = self.heads[work].table, ids_of.get(work, ())
            successor = self._successor(ids, works)
            heir = self.heads[successor].table if successor else None
            rows.append((table, work, heir, successor, ids))
        await writer.retire(rows)
        for _, work, _, _, ids in rows:
            del self.heads[work]
            self._identities.retire(work, ids)
        self.counts.removed += len(rows)

    async def _source_ids(self, works: Iterable[uuid.UUID]) -> dict[uuid.UUID, tuple[str, ...]]:
        """Return the source ids of works of the graph."""
        tables: defaultdict[WorkKind, list[uuid.UUID]] = defaultdict(list)
        for work in works:
            tables[self.heads[work].table].append(work)
        shape = list[tuple[uuid.UUID, tuple[str, ...]]]
        found: dict[uuid.UUID, tuple[str, ...]] = {}
        for table, stored in tables.items():
            for start in range(0, len(stored), WORKS_A_BATCH):
                params = {"table": table, "works": stored[start : start + WORKS_A_BATCH]}
                found.update(await self._gateway.fetch("ingest.sources_of", params, into=shape))
        return found

    def _successor(self, ids: Iterable[str], gone: Collection[uuid.UUID]) -> uuid.UUID | None:
        """Return the work that most of these ids name now, if it is not `gone` as well."""
        owners = Counter(
            owner
            for i in ids
            if (owner := self._identities.owner(i)) is not None
            and owner not in gone
            and owner in self.heads
        )
        return max(owners, key=lambda o: (owners[o], str(o))) if owners else None
