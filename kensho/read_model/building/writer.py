"""Write the folder of a snapshot from works, edges, tags and taggings that come in any order.

Guarantees: the same inputs give the same folder, whatever order they came in; an end that names no
work is refused, as the graph itself refuses it. Works are numbered in UUID order: that number is
the *node*.

Performance: documents go to disk as they arrive, so that a build holds ids and numbers only: about
80 MB at 40,000 works and 556,000 taggings.
"""

from array import array
from collections.abc import Iterable
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Self
from uuid import UUID

import msgspec
import numpy as np
import numpy.typing as npt

from kensho.domain.graphs import last_successor
from kensho.errors import ReadModelError
from kensho.read_model import adjacency, paths, seasons, similar, source_ids
from kensho.read_model import tags as tagging
from kensho.read_model.blobs import ID_BYTES, NewDocuments, as_blob, as_column, numbers_of
from kensho.read_model.columns import WorkColumns, WorkFacts, columns_of, facts_of
from kensho.read_model.episodes import EpisodeCount
from kensho.read_model.franchises import NewFranchises
from kensho.read_model.identity import GraphPoint
from kensho.read_model.inputs import (
    EdgeInput,
    EpisodesInput,
    FranchiseInput,
    RecommendationInput,
    RetiredInput,
    RetiredSlugInput,
    TaggingInput,
    TagInput,
    WorkInput,
)
from kensho.read_model.snapshot_folder import NewFolder

_NO_ID = bytes(ID_BYTES)


class SnapshotInputs(msgspec.Struct, frozen=True):
    """A whole graph, for `write`."""

    works: Iterable[WorkInput] = ()
    edges: Iterable[EdgeInput] = ()
    tags: Iterable[TagInput] = ()
    taggings: Iterable[TaggingInput] = ()
    retired: Iterable[RetiredInput] = ()
    episodes: Iterable[EpisodesInput] = ()
    recommendations: Iterable[RecommendationInput] = ()
    franchises: Iterable[FranchiseInput] = ()
    retired_slugs: Iterable[RetiredSlugInput] = ()


def write(root: Path, point: GraphPoint, inputs: SnapshotInputs) -> Path:
    """Write the read model of `inputs` as `root/<identity>/` and return that folder.

    Raises:
        ReadModelError: an edge, a tagging or a franchise names a work or tag that is not among the
        inputs.
    """
    with SnapshotWriter(root, point) as build:
        build.add_works(inputs.works)
        build.add_edges(inputs.edges)
        build.add_tags(inputs.tags)
        build.add_taggings(inputs.taggings)
        build.add_episodes(inputs.episodes)
        build.add_retired(inputs.retired)
        build.add_recommendations(inputs.recommendations)
        build.add_franchises(inputs.franchises)
        build.add_retired_slugs(inputs.retired_slugs)
        return build.commit()


class SnapshotWriter:
    """Writes a snapshot: a context manager; call `commit` at the end of the block.

    Other files of the snapshot are written into `folder` before that.
    """

    def __init__(self, root: Path, point: GraphPoint) -> None:
        self.folder: Final = NewFolder(root, point)
        self._work_ids = bytearray()
        self._facts: list[WorkFacts] = []
        self._references = source_ids.References()
        self._edge_sources, self._edge_targets = bytearray(), bytearray()
        self._edge_kinds = bytearray()
        self._edge_inferred = bytearray()
        self._assertions_seen: dict[bytes, tuple[int, int]] = {}
        self._studios: list[tuple[str, ...]] = []
        self._recommended, self._recommending = bytearray(), bytearray()
        self._votes = array("i")
        self._tags: list[TagInput] = []
        self._tagged_works, self._tagged_tags = bytearray(), bytearray()
        self._relevances = array("d")
        self._episode_works = bytearray()
        self._episode_counts = array("i")
        self._retired: list[RetiredInput] = []
        self._records: list[tuple[UUID, UUID]] = []

    def __enter__(self) -> Self:
        self.folder.__enter__()
        self._summaries = NewDocuments(self.folder, "summary")
        self._details = NewDocuments(self.folder, "detail")
        self._further = NewDocuments(self.folder, "further")
        self._episodes = NewDocuments(self.folder, "episodes")
        self._assertions = NewDocuments(self.folder, "assertions")
        self._franchises = NewFranchises(self.folder)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.folder.__exit__(kind, error, trace)

    def add_works(self, works: Iterable[WorkInput]) -> None:
        """Add works."""
        for work in works:
            self._references.add(len(self._facts), work.source_ids)
            self._work_ids += work.id.bytes
            self._facts.append(facts_of(work))
            self._studios.append(work.studios)
            self._summaries.add(work.summary)
            self._details.add(work.detail)
            self._further.add(work.further)

    def add_episodes(self, lists: Iterable[EpisodesInput]) -> None:
        """Add the episodes of works, each work once."""
        for entry in lists:
            self._episode_works += entry.work.bytes
            self._episode_counts.extend(entry.counts)
            self._episodes.add(entry.document)

    def add_edges(self, edges: Iterable[EdgeInput]) -> None:
        """Add relations."""
        for edge in edges:
            self._edge_sources += edge.source.bytes
            self._edge_targets += edge.target.bytes
            self._edge_kinds.append(adjacency.CODE[edge.kind])
            self._edge_inferred.append(edge.inferred)
            self._add_assertions(edge.assertions)

    def _add_assertions(self, assertions: bytes) -> None:
        # Most edges bear one of a few texts (one source, one snapshot): each is stored once.
        place = self._assertions_seen.get(assertions)
        if place is None:
            self._assertions_seen[assertions] = self._assertions.add(assertions)
        else:
            self._assertions.repeat(place)

    def add_tags(self, tags: Iterable[TagInput]) -> None:
        """Add tags."""
        self._tags += tags

    def add_taggings(self, taggings: Iterable[TaggingInput]) -> None:
        """Add tags on works."""
        for entry in taggings:
            self._tagged_works += entry.work.bytes
            self._tagged_tags += entry.tag.bytes
            self._relevances.append(entry.relevance)

    def add_retired(self, retired: Iterable[RetiredInput]) -> None:
        """Add ids that are no longer works."""
        self._retired += retired

    def add_records(self, records: Iterable[tuple[UUID, UUID]]) -> None:
        """Add ids of further records, each with the work that it leads to."""
        self._records += records

    def add_recommendations(self, recommendations: Iterable[RecommendationInput]) -> None:
        """Add recommended pairs; one with an end that is no work is passed over."""
        for entry in recommendations:
            self._recommending += entry.work.bytes
            self._recommended += entry.other.bytes
            self._votes.append(entry.votes)

    def add_franchises(self, franchises: Iterable[FranchiseInput]) -> None:
        """Add franchises."""
        for franchise in franchises:
            self._franchises.add(franchise)

    def add_retired_slugs(self, slugs: Iterable[RetiredSlugInput]) -> None:
        """Add retired slugs of franchises."""
        self._franchises.add_retired(slugs)

    def commit(self, *, built_at_s: int = 0) -> Path:
        """Sort everything, bring it to disk and return the finished folder.

        Raises:
            ReadModelError: an edge, a tagging or a franchise names a work or tag that was not
            added, or a work or franchise came twice.
        """
        arrived = as_column(self._work_ids)
        order = np.argsort(arrived, kind="stable")
        ids = arrived[order]
        if np.any(ids[1:] == ids[:-1]):
            raise ReadModelError("a work came twice")
        columns = columns_of(self._facts).taken(order)
        self.folder.arrays(columns._asdict())
        self.folder.file("ids.bin").write(as_blob(ids))
        for documents in (self._summaries, self._details, self._further):
            self.folder.arrays(documents.arrays(order))
        self.folder.arrays(seasons.pack(columns))
        counts = {
            "works": len(ids),
            "anime": int(np.count_nonzero(columns.kind == 0)),
            "movies": int(np.count_nonzero(columns.kind == 1)),
            "edges": self._finish_edges(ids),
            "tags": len(self._tags),
            "taggings": self._finish_tags(ids, columns),
            "episodes": self._finish_episodes(ids),
            "source_ids": self._finish_source_ids(order),
            "recommendations": self._finish_likeness(ids, order),
            "retired": self._finish_retired(),
            "records": self._finish_records(ids),
            "franchises": self._franchises.write(ids),
        }
        return self.folder.commit(counts, built_at_s=built_at_s)

    def _finish_edges(self, ids: npt.NDArray[np.bytes_]) -> int:
        packed = adjacency.pack(
            _known(as_column(self._edge_sources), ids, "an edge"),
            _known(as_column(self._edge_targets), ids, "an edge"),
            np.frombuffer(bytes(self._edge_kinds), dtype=np.uint8),
            len(ids),
        )
        inferred = np.frombuffer(bytes(self._edge_inferred), dtype=np.bool_)[packed.kept]
        costs = paths.pack(packed.arrays["edge_kind"], inferred, packed.arrays["neighbour_edges"])
        self.folder.arrays(packed.arrays | costs | self._assertions.arrays(packed.kept))
        return len(packed.kept)

    def _finish_tags(self, ids: npt.NDArray[np.bytes_], columns: WorkColumns) -> int:
        tag_ids = as_column(b"".join(tag.id.bytes for tag in self._tags))
        by_id = np.argsort(tag_ids, kind="stable")
        places = by_id[_known(as_column(self._tagged_tags), tag_ids[by_id], "a tagging")].astype(
            np.int32
        )
        nodes = _known(as_column(self._tagged_works), ids, "a tagging")
        taggings = tagging.TaggingColumns(
            nodes, places, np.array(self._relevances, dtype=np.float64)
        )
        listed, numbers = tagging.counted(self._tags, taggings)
        numbered = taggings._replace(tag=numbers[places])
        arrays = tagging.pack(numbered, columns.score, [tag.name for tag in listed])
        self.folder.arrays(arrays | similar.pack_tags(arrays))
        self.folder.file("tags.json").write(msgspec.json.encode(listed))
        return len(nodes)

    def _finish_episodes(self, ids: npt.NDArray[np.bytes_]) -> int:
        nodes = _known(as_column(self._episode_works), ids, "a list of episodes")
        order = np.argsort(nodes, kind="stable")
        counts = np.array(self._episode_counts, dtype=np.int32)
        counts = counts.reshape(-1, len(EpisodeCount._fields))[order]
        self.folder.arrays({"episode_nodes": nodes[order], "episode_counts": counts})
        self.folder.arrays(self._episodes.arrays(order))
        return int(counts[:, 0].sum())

    def _finish_likeness(self, ids: npt.NDArray[np.bytes_], order: npt.NDArray[Any]) -> int:
        places: list[int] = order.tolist()
        studios, names = similar.pack_studios([self._studios[place] for place in places])
        one = numbers_of(as_column(self._recommending), ids)
        other = numbers_of(as_column(self._recommended), ids)
        known = (one >= 0) & (other >= 0)
        votes = np.array(self._votes, dtype=np.int32)[known]
        pairs = similar.Pairs(one[known], other[known], votes)
        self.folder.arrays(studios | similar.pack_recommended(pairs, len(ids)))
        self.folder.file("studios.json").write(msgspec.json.encode(names))
        return len(votes)

    def _finish_source_ids(self, order: npt.NDArray[Any]) -> int:
        node_of = np.empty(len(order), dtype=np.int32)
        node_of[order] = np.arange(len(order), dtype=np.int32)
        arrays, keys = self._references.pack(node_of)
        self.folder.arrays(arrays)
        self.folder.file("source_ids.bin").write(keys)
        return len(arrays["source_ends"])

    def _finish_retired(self) -> int:
        retired = sorted(self._retired, key=lambda entry: entry.id.bytes)
        self.folder.file("retired.bin").write(b"".join(entry.id.bytes for entry in retired))
        following = {entry.id: entry.successor for entry in retired}
        ends = (last_successor(entry.id, following) for entry in retired)
        successors = (end.bytes if end else _NO_ID for end in ends)
        self.folder.file("successors.bin").write(b"".join(successors))
        return len(retired)

    def _finish_records(self, ids: npt.NDArray[np.bytes_]) -> int:
        records = sorted((record.bytes, work.bytes) for record, work in self._records)
        works = as_column(b"".join(work for _, work in records))
        self.folder.file("records.bin").write(b"".join(record for record, _ in records))
        self.folder.arrays({"record_nodes": _known(works, ids, "a record")})
        return len(records)


def _known(
    wanted: npt.NDArray[np.bytes_], ids: npt.NDArray[np.bytes_], what: str
) -> npt.NDArray[np.int32]:
    numbers = numbers_of(wanted, ids)
    if np.any(numbers < 0):
        missing = as_blob(wanted[numbers < 0][:1]).hex()
        raise ReadModelError(f"{what} names {missing}, which was not added")
    return numbers
