"""Read the graph at one revision and write a snapshot of it.

Guarantees: what is written is one moment of the graph. Every committed batch renews the graph's
lineage, so a reading is consistent if the lineage is the same after it as before. Otherwise it is
repeated, a few times; the last time with the writes of this process held back, which suffices for
an embedded store.

Performance: some 7 s for 40,000 works and 556,000 taggings, in pages between which the event loop
serves requests.
"""

import asyncio
import contextlib
import datetime as dt
from collections.abc import Callable, Iterator, Sequence, Set
from pathlib import Path
from types import TracebackType
from typing import Final, Self, TypeVar
from uuid import UUID

import numpy as np

from kensho.domain.studios import StudioNames
from kensho.domain.works import WorkKind
from kensho.errors import StorageError
from kensho.platform import memory
from kensho.read_model import titles
from kensho.read_model.building.episodes import episodes_inputs
from kensho.read_model.building.franchises import FranchiseCollector
from kensho.read_model.building.titles import TitleCollector
from kensho.read_model.building.united_works import UnitedWorks
from kensho.read_model.building.works import (
    UNPLACED_TAG,
    WorkExtras,
    as_shown,
    relation_input,
    sequel_input,
    work_input,
)
from kensho.read_model.building.writer import SnapshotWriter
from kensho.read_model.identity import GraphPoint
from kensho.read_model.inputs import (
    EdgeInput,
    RecommendationInput,
    RetiredInput,
    RetiredSlugInput,
    TaggingInput,
    TagInput,
)
from kensho.search.build import PackedTitleIndex
from kensho.storage import tables
from kensho.storage.gateway import Gateway
from kensho.storage.paging import Pages
from kensho.storage.rows import (
    EpisodeRow,
    GraphState,
    GuestRow,
    MembershipRow,
    RecommendationRow,
    RedirectRow,
    RelationRow,
    RetiredRow,
    RetiredSlugRow,
    SequelRow,
    StoredFranchise,
    StudiosRow,
    TaggingRow,
    TagRow,
    WorkRow,
)

Row = TypeVar("Row")

_WORK_TABLES: Final[tuple[WorkKind, ...]] = ("anime", "movie")
_TRIES: Final = 4
"""Few, since an ingest commits several batches a second: every reading during one is in vain."""


async def build(gateway: Gateway, root: Path, now: dt.datetime | None = None) -> Path:
    """Read the graph and write `root/<identity>/`; return that folder.

    Works have the statuses of the day, in UTC, of `now`, by default of the system's clock.

    Raises:
        StorageError: the graph can't be read, or other processes kept changing it.
        ReadModelError: the graph holds an edge with a missing end.
        OSError: the folder can't be written.
    """
    with await read(gateway, root, now) as reading:
        return await asyncio.to_thread(reading.written)


async def read(gateway: Gateway, root: Path, now: dt.datetime | None = None) -> "GraphReading":
    """Read the graph; what is made of it in `root` is removed if it is not written to its end.

    Raises as `build`.
    """
    for attempt in range(1, _TRIES + 1):
        settled = gateway.writes_held() if attempt == _TRIES else contextlib.nullcontext()
        async with settled:
            reading = await _read_once(gateway, root, now or dt.datetime.now(dt.UTC))
        if reading is not None:
            return reading
    raise StorageError(
        f"the graph changed under each of {_TRIES} readings; try again when the ingest is over"
    )


async def _read_once(gateway: Gateway, root: Path, now: dt.datetime) -> "GraphReading | None":
    state = await tables.state(gateway)
    with contextlib.ExitStack() as opened:
        model = opened.enter_context(SnapshotWriter(root, point_of(state)))
        builder = SnapshotBuilder(model, now)
        await _read_into(builder, gateway)
        if (await tables.state(gateway)).lineage != state.lineage:
            return None
        return GraphReading(model, builder, opened.pop_all())


class GraphReading:
    """A graph that was read: a context manager; the store is not needed any more."""

    def __init__(
        self, model: SnapshotWriter, builder: "SnapshotBuilder", opened: contextlib.ExitStack
    ) -> None:
        self._model = model
        self._builder = builder
        self._opened = opened

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._opened.__exit__(kind, error, trace)

    def written(self) -> Path:
        """Write the snapshot and return its folder; takes as long again as reading did."""
        memory.release()  # of an embedded engine that was closed after the reading: 250 MB
        self._builder.finish()
        folder = self._model.commit(built_at_s=int(self._builder.built_at.timestamp()))
        memory.release()  # what the build took is of no use to a service that goes on
        return folder


def point_of(state: GraphState) -> GraphPoint:
    """Return the state of the graph, which identifies the snapshot of it."""
    return GraphPoint(state.revision, state.identity.hex, state.lineage.hex)


async def _read_into(builder: "SnapshotBuilder", gateway: Gateway) -> None:
    """Read all tables; tags and memberships come before works, whose documents contain them."""
    franchises = await tables.franchises(gateway)
    await _each(tables.same_as(gateway), builder.united.add_same)
    slugs = {row.slug for row in franchises}
    await _each(tables.memberships(gateway), lambda rows: builder.add_shown_with(rows, slugs))
    builder.united.settle()
    await _each(tables.denials(gateway), builder.united.add_denials)
    builder.add_franchises(franchises)
    await _each(tables.memberships(gateway), builder.add_memberships)
    await _each(tables.visits(gateway), builder.add_visits)
    builder.add_retired_slugs(await tables.retired_slugs(gateway))
    await _each(tables.tags(gateway), builder.add_tags)
    await _each(tables.taggings(gateway), builder.add_taggings)
    builder.finish_taggings()
    await _each(tables.episodes(gateway), builder.add_episodes)
    for table in _WORK_TABLES:
        await _each(tables.studios(gateway, table), builder.add_studios)
    await _each(tables.anime(gateway), builder.add_works)
    await _each(tables.movies(gateway), builder.add_works)
    await _each(tables.sequels(gateway), builder.add_sequels)
    await _each(tables.relations(gateway), builder.add_relations)
    await _each(tables.recommendations(gateway), builder.add_recommendations)
    await _each(tables.retired(gateway), builder.add_retired)
    await _each(tables.redirects(gateway), builder.add_redirects)


class SnapshotBuilder:
    """Pass rows on to what is made of them: the read model, its documents and the title index.

    Records of one work come first (`united`), then franchises, memberships, tags and taggings,
    then works, then edges.
    """

    def __init__(self, model: SnapshotWriter, built_at: dt.datetime) -> None:
        self._model = model
        self.built_at: Final = built_at
        self.united: Final = UnitedWorks()
        self._day = built_at.astimezone(dt.UTC).date()
        self._studios = StudioNames()
        self.names = TitleCollector()
        self._franchises = FranchiseCollector()
        self._work_extras = WorkExtras()
        self._slugs: set[str] = set()
        self._ids: dict[UUID, UUID] = {}

    def add_shown_with(self, rows: Sequence[MembershipRow], slugs: Set[str]) -> None:
        """Add what the franchises of these slugs show with a member."""
        self.united.add_shown_with(row for row in rows if row.slug in slugs)

    def add_franchises(self, rows: Sequence[StoredFranchise]) -> None:
        """Add franchises."""
        self._slugs.update(row.slug for row in rows)
        self._franchises.add_franchises(self.united.franchises(rows))

    def add_visits(self, rows: Sequence[GuestRow]) -> None:
        """Add guests of franchises."""
        self._franchises.add_visits(self.united.visits(rows))

    def add_retired_slugs(self, rows: Sequence[RetiredSlugRow]) -> None:
        """Add retired slugs."""
        self._model.add_retired_slugs(RetiredSlugInput(row.slug, row.successor) for row in rows)

    def add_tags(self, rows: Sequence[TagRow]) -> None:
        """Add tags."""
        self._work_extras.add_tags(rows)
        self._model.add_tags(
            TagInput(row.id, row.name, row.category or UNPLACED_TAG) for row in rows
        )

    def add_taggings(self, rows: Sequence[TaggingRow]) -> None:
        """Add taggings, all of one work's in a row."""
        self._add_taggings(self.united.taggings(rows))

    def finish_taggings(self) -> None:
        """Add the taggings of works with several records."""
        self._add_taggings(self.united.last_taggings())

    def _add_taggings(self, rows: Sequence[TaggingRow]) -> None:
        self._work_extras.add_taggings(rows)
        self._model.add_taggings(
            TaggingInput(row.id.work, row.id.tag, row.relevance) for row in rows
        )

    def add_episodes(self, rows: Sequence[EpisodeRow]) -> None:
        """Add episodes, all of one work's in one call."""
        self._model.add_episodes(episodes_inputs(self.united.episodes(rows)))

    def add_studios(self, rows: Sequence[StudiosRow]) -> None:
        """Learn how studios and producers are written, before works come."""
        for row in rows:
            self._studios.learn((*row.studios, *row.producers))

    def add_works(self, rows: Sequence[WorkRow]) -> None:
        """Add works."""
        whole = [
            as_shown(row, self._day, self._studios, self._work_extras.tag_names(row.id))
            for row in self.united.works(rows)
        ]
        self._ids |= {row.id: row.id for row in whole}
        self._model.add_works(
            work_input(
                row,
                self._work_extras,
                also=self.united.also(row.id),
                is_film=self.united.is_film(row),
                denied=self.united.denied(row.id),
            )
            for row in whole
        )
        self._franchises.add_works(whole)
        self.names.add_works(whole)

    def add_memberships(self, rows: Sequence[MembershipRow]) -> None:
        """Add members of franchises."""
        # Memberships that an older version wrote stay until the next ingest: without a franchise.
        rows = self.united.memberships([row for row in rows if row.slug in self._slugs])
        self._franchises.add_memberships(rows)
        self._work_extras.add_memberships(rows)
        self.names.add_memberships(rows)

    def add_sequels(self, rows: Sequence[SequelRow]) -> None:
        """Add sequel edges."""
        self._add_edges(self.united.edges([sequel_input(row) for row in rows]))

    def add_relations(self, rows: Sequence[RelationRow]) -> None:
        """Add the relation edges of every other kind."""
        self._add_edges(self.united.edges([relation_input(row) for row in rows]))

    def _add_edges(self, edges: Sequence[EdgeInput]) -> None:
        # Every row has brought ids of its own; one object stands for each work from here on.
        known = self._ids
        edges = [
            edge._replace(
                source=known.get(edge.source, edge.source),
                target=known.get(edge.target, edge.target),
            )
            for edge in edges
        ]
        self._model.add_edges(edges)
        self._franchises.add_edges(edges)
        self.names.add_edges([(edge.source, edge.target, edge.kind) for edge in edges])

    def add_recommendations(self, rows: Sequence[RecommendationRow]) -> None:
        """Add recommended pairs."""
        self._add_recommendations(self.united.recommendations(rows))

    def _add_recommendations(self, rows: Sequence[RecommendationRow]) -> None:
        self._model.add_recommendations(
            RecommendationInput(row.work, row.other, row.votes) for row in rows
        )
        self._franchises.add_recommendations(rows)
        self.names.add_recommendations(rows)

    def add_retired(self, rows: Sequence[RetiredRow]) -> None:
        """Add ids that are no longer works."""
        self._model.add_retired(
            RetiredInput(row.id, row.successor and self.united.work(row.successor)) for row in rows
        )

    def add_redirects(self, rows: Sequence[RedirectRow]) -> None:
        """Add episodes that belong to another work."""
        self.names.add_redirects(self.united.redirects(rows))

    def finish(self) -> None:
        """Write what needs all rows: the title index, and the documents of franchises."""
        self._model.add_episodes(episodes_inputs(self.united.last_episodes()))
        self._add_edges(self.united.last_edges())
        self._add_recommendations(self.united.last_recommendations())
        self._model.add_records(self.united.records)
        titles.write(self._model.folder, _releasing(self.names.parts()))
        # As the index holds them, whose numbers have half the places.
        popularity = np.array(self.names.popularity, dtype=np.float32).tolist()
        self.names = TitleCollector()
        memory.release()
        found = self._franchises.inputs(popularity, self._work_extras.tags_of, self.united.also)
        self._model.add_franchises(found)


def _releasing(parts: Iterator[PackedTitleIndex]) -> Iterator[PackedTitleIndex]:
    """Yield the parts, and return freed memory to the system before each.

    An engine that was closed also goes on freeing for a while.
    """
    for part in parts:
        yield part
        del part
        memory.release()


async def _each(pages: Pages[Row], use: Callable[[list[Row]], None]) -> None:
    """Use each page in a thread, so that requests are served meanwhile."""
    async with contextlib.aclosing(pages) as open_pages:
        async for rows in open_pages:
            await asyncio.to_thread(use, rows)
