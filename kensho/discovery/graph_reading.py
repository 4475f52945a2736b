"""Reads the graph at one revision and writes the read model of it.

The law: what is written is one moment of the graph. The revision moves with every committed batch,
so a reading is good if the revision is the same after it as before. A reading that was overtaken is
thrown away and begun again, a few times; the last time with this process's writes held back, which
settles it for an embedded store. Cost: some 7 s for 40,000 works and 556,000 taggings, in pages
between which the event loop serves requests.
"""

import asyncio
import contextlib
import zlib
from array import array
from collections.abc import Callable, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Final, TypeVar
from uuid import UUID

import msgspec

from kensho.discovery import fame, title_reading, titles, views
from kensho.discovery.title_reading import TitleReading
from kensho.discovery.views import FranchiseView, TagView
from kensho.domain import slots, source_ids
from kensho.domain import titles as folding
from kensho.domain.relations import Assertion, Kind
from kensho.errors import StorageError
from kensho.graph import paths, similar
from kensho.graph.build import Build
from kensho.graph.inputs import (
    EdgeInput,
    RecommendationInput,
    RetiredInput,
    SourceRef,
    TaggingInput,
    TagInput,
    WorkInput,
)
from kensho.graph.paths import only_inferred
from kensho.platform import memory
from kensho.search import scripts
from kensho.storage import snapshot
from kensho.storage.gateway import Gateway
from kensho.storage.paging import Pages
from kensho.storage.rows import (
    Membership,
    Recommendation,
    RelationRow,
    Retired,
    SequelRow,
    Tag,
    TaggingRow,
    Work,
)

Row = TypeVar("Row")

_ASSERTIONS: Final = msgspec.json.Decoder(list[Assertion])
_MAKERS: Final = (
    views.__file__,
    source_ids.__file__,
    folding.__file__,
    slots.__file__,
    fame.__file__,
    title_reading.__file__,
    paths.__file__,
    similar.__file__,
    __file__,
)
_TRIES: Final = 4
"""An ingest commits several batches a second: readings amid one fail, so tries are few."""


def document_stamp() -> str:
    """Name the maker of documents and title index: other code may make others."""
    makers = [Path(module) for module in _MAKERS]
    makers += sorted(Path(scripts.__file__).parent.glob("*.py"))
    return f"{zlib.crc32(b''.join(maker.read_bytes() for maker in makers)):08x}"


async def build(gateway: Gateway, root: Path) -> Path:
    """Read the graph and write `root/<revision>/`; return that folder.

    Raises:
        StorageError: the graph can't be read, or other processes kept changing it.
        ReadModelError: the graph holds an edge with a missing end.
        OSError: the folder can't be written.
    """
    for attempt in range(1, _TRIES + 1):
        settled = gateway.writes_held() if attempt == _TRIES else contextlib.nullcontext()
        async with settled:
            folder = await _build_once(gateway, root)
        if folder is not None:
            return folder
    raise StorageError(
        f"the graph changed under each of {_TRIES} readings; try again when the ingest is over"
    )


async def _build_once(gateway: Gateway, root: Path) -> Path | None:
    revision = (await snapshot.state(gateway)).revision
    with Build(root, revision) as model:
        names = TitleReading()
        await _read_into(model, names, gateway)
        if (await snapshot.state(gateway)).revision != revision:
            return None
        return await asyncio.to_thread(_committed, model, names)


def _committed(model: Build, names: TitleReading) -> Path:
    titles.write(model.folder, names.packed())
    folder = model.commit(document_stamp())
    memory.release()  # the build took a gigabyte that the service has no use for
    return folder


async def _read_into(model: Build, names: TitleReading, gateway: Gateway) -> None:
    """Read everything; tags and memberships come before the works whose documents tell of them."""
    intake = _Intake(model, names)
    await _each(snapshot.tags(gateway), intake.add_tags)
    await _each(snapshot.memberships(gateway), intake.add_memberships)
    await _each(snapshot.taggings(gateway), intake.add_taggings)
    await _each(snapshot.anime(gateway), intake.add_works)
    await _each(snapshot.movies(gateway), intake.add_works)
    await _each(snapshot.sequels(gateway), intake.add_sequels)
    await _each(snapshot.relations(gateway), intake.add_relations)
    await _each(snapshot.recommendations(gateway), intake.add_recommendations)
    await _each(snapshot.retired(gateway), intake.add_retired)
    await _each(snapshot.same_as(gateway), names.add_same)
    await _each(snapshot.redirects(gateway), names.add_redirects)


class _Intake:
    """Hands rows on to all that is made of them: the read model, its documents and the titles."""

    def __init__(self, model: Build, names: TitleReading) -> None:
        self._model = model
        self._names = names
        self._surroundings = Surroundings()

    def add_tags(self, rows: Sequence[Tag]) -> None:
        self._surroundings.add_tags(rows)
        self._model.add_tags(TagInput(row.id, row.name, row.category) for row in rows)

    def add_taggings(self, rows: Sequence[TaggingRow]) -> None:
        self._surroundings.add_taggings(rows)
        self._model.add_taggings(
            TaggingInput(row.id.work, row.id.tag, row.relevance) for row in rows
        )

    def add_works(self, rows: Sequence[Work]) -> None:
        self._model.add_works(work_input(row, self._surroundings) for row in rows)
        self._names.add_works(rows)

    def add_memberships(self, rows: Sequence[Membership]) -> None:
        self._surroundings.add_memberships(rows)
        self._names.add_memberships(rows)

    def add_sequels(self, rows: Sequence[SequelRow]) -> None:
        self._add_edges([sequel_input(row) for row in rows])

    def add_relations(self, rows: Sequence[RelationRow]) -> None:
        self._add_edges([relation_input(row) for row in rows])

    def _add_edges(self, edges: Sequence[EdgeInput]) -> None:
        self._model.add_edges(edges)
        self._names.add_edges([(edge.source, edge.target, edge.kind) for edge in edges])

    def add_recommendations(self, rows: Sequence[Recommendation]) -> None:
        self._model.add_recommendations(
            RecommendationInput(row.work, row.other, row.votes) for row in rows
        )
        self._names.add_recommendations(rows)

    def add_retired(self, rows: Sequence[Retired]) -> None:
        self._model.add_retired(RetiredInput(row.id, row.successor) for row in rows)


async def _each(pages: Pages[Row], use: Callable[[list[Row]], None]) -> None:
    """Use each page in a thread, so that requests are served meanwhile."""
    async with contextlib.aclosing(pages) as open_pages:
        async for rows in open_pages:
            await asyncio.to_thread(use, rows)


class Surroundings:
    """What documents tell of a work beyond its own row: tags and franchise, kept as numbers."""

    def __init__(self) -> None:
        self._tags: list[Tag] = []
        self._tag_places: dict[UUID, int] = {}
        self._tagged, self._relevances = array("i"), array("d")
        self._runs: dict[UUID, tuple[int, int]] = {}
        self._franchises: dict[UUID, FranchiseView] = {}

    def add_tags(self, rows: Sequence[Tag]) -> None:
        """Learn tags."""
        for row in rows:
            self._tag_places[row.id] = len(self._tags)
            self._tags.append(row)

    def add_taggings(self, rows: Sequence[TaggingRow]) -> None:
        """Learn taggings, all of one work's in a row; a tag not learnt before is passed over."""
        for row in rows:
            work = row.id.work
            place = self._tag_places.get(row.id.tag)
            if place is None:
                continue  # newer than the tags read: the revision has moved, this reading is void
            start, _ = self._runs.get(work, (len(self._tagged), 0))
            self._tagged.append(place)
            self._relevances.append(row.relevance)
            self._runs[work] = (start, len(self._tagged))

    def add_memberships(self, rows: Sequence[Membership]) -> None:
        """Learn franchises; a work in several is told of the first by title."""
        for row in rows:
            known = self._franchises.get(row.work)
            if known is None or (row.title, row.slug) < (known.title, known.slug):
                self._franchises[row.work] = FranchiseView(slug=row.slug, title=row.title)

    def tags_of(self, work: UUID) -> list[TagView]:
        """Return the tags of a work, in no order."""
        start, end = self._runs.get(work, (0, 0))
        run = zip(self._tagged[start:end], self._relevances[start:end], strict=True)
        tagged = [(self._tags[place], relevance) for place, relevance in run]
        return [TagView(tag.id, tag.name, tag.category, relevance) for tag, relevance in tagged]

    def franchise_of(self, work: UUID) -> FranchiseView | None:
        """Return the franchise of a work, or `None`."""
        return self._franchises.get(work)


def work_input(row: Work, surroundings: Surroundings) -> WorkInput:
    """Return the work as the read model keeps it, with its two documents."""
    detail = views.detail_of(row, surroundings.tags_of(row.id), surroundings.franchise_of(row.id))
    return WorkInput(
        id=row.id,
        kind=row.kind,
        anime_type=row.anime_type,
        status=row.status,
        year=row.year,
        season=row.season,
        imdb_rating=row.imdb.rating if row.imdb else None,
        imdb_votes=row.imdb.votes if row.imdb else None,
        score=row.score,
        adult=bool(row.adult),
        source_ids=(
            *map(SourceRef, row.sources),
            *(SourceRef(m.id, m.first, m.last) for m in row.mappings),
        ),
        summary=msgspec.json.encode(views.summary_of(row)),
        detail=msgspec.json.encode(detail),
        studios=tuple(row.studios),
    )


def sequel_input(row: SequelRow) -> EdgeInput:
    """Return a sequel edge in its canonical direction: from the earlier work to its sequel."""
    return _edge_input(row.id.of, row.id.work, "sequel", bytes(row.assertions))


def relation_input(row: RelationRow) -> EdgeInput:
    """Return a relation edge, whose rows already read in the canonical direction."""
    return _edge_input(row.id.of, row.id.work, row.id.kind, bytes(row.assertions))


def _edge_input(source: UUID, target: UUID, kind: Kind, assertions: bytes) -> EdgeInput:
    return EdgeInput(source, target, kind, assertions, _only_inferred(kind, assertions))


@lru_cache(maxsize=4096)
def _only_inferred(kind: Kind, assertions: bytes) -> bool:
    """Tell whether nobody states that an edge is of this kind; 76,000 edges have 72 texts."""
    return only_inferred(kind, _ASSERTIONS.decode(assertions))
