"""The read model: one state of the graph, mapped from disk, for lists, look-ups and walks.

Guarantees: it answers for exactly one state of one graph, named by `identity`, and never changes; a
newer one is another `ReadModel`. Works are *nodes*, 0..works_total - 1 in UUID order. Opening
reads every file once to check its sum; after that, pages come from the page cache of the machine,
which all workers share. A model is closed when nobody holds it any more.
"""

import datetime as dt
import functools
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path
from typing import Final, NamedTuple, Self, cast
from uuid import UUID

import msgspec
import numpy as np
import numpy.typing as npt

from kensho.domain.relations import Kind
from kensho.domain.works import Season, WorkKind
from kensho.read_model import soundness
from kensho.read_model.adjacency import Adjacency, GraphEdge, Neighbour
from kensho.read_model.blobs import Documents, Ids, as_column, numbers_of
from kensho.read_model.columns import WORK_KINDS, WorkColumns
from kensho.read_model.encoded import Encoded
from kensho.read_model.episodes import Episodes
from kensho.read_model.franchises import Franchises
from kensho.read_model.paths import Paths
from kensho.read_model.seasons import Seasons
from kensho.read_model.similar import SimilarityIndex
from kensho.read_model.snapshot_folder import OpenFolder
from kensho.read_model.source_ids import Resolved, SourceIds
from kensho.read_model.tags import TagColumns, TagCount, Tags
from kensho.read_model.views import FurtherFacts
from kensho.read_model.walks import Walk, WalkLimits, walk

_EDGE_ARRAYS: Final = (
    "edge_source",
    "edge_target",
    "edge_kind",
    "neighbour_offsets",
    "neighbour_nodes",
    "neighbour_kinds",
    "neighbour_edges",
)
_SEASON_ARRAYS: Final = ("season_keys", "season_offsets", "season_nodes")
_TAG_ARRAYS: Final = ("tag_offsets", "tag_nodes", "tag_relevances", "node_tag_offsets", "node_tags")
_PATH_ARRAYS: Final = (
    "neighbour_offsets",
    "neighbour_nodes",
    "neighbour_kinds",
    "neighbour_edges",
    "neighbour_costs",
)
_LIKENESS_ARRAYS: Final = (
    *_TAG_ARRAYS,
    "similar_by_tag",
    "similar_by_node",
    "studio_offsets",
    "studio_nodes",
    "node_studio_offsets",
    "node_studios",
    "recommended_offsets",
    "recommended_nodes",
    "recommended_votes",
)
_SOURCE_ARRAYS: Final = (
    "source_ends",
    "source_offsets",
    "source_nodes",
    "source_first",
    "source_last",
)


_MOST_SECONDS: Final = np.iinfo(np.int32).max


class _Timed(msgspec.Struct):
    """What is read of a detail to know how long a work is."""

    episodes: int | None
    duration_s: int | None = None


class RetiredWork(NamedTuple):
    """A work that is no longer in the graph: merged into `successor`, or removed (`None`)."""

    successor: UUID | None


class ReadModel:
    """An open read model; `ReadModel.open(folder)`."""

    def __init__(self, folder: OpenFolder) -> None:
        """Check and open the model of `folder`.

        Raises:
            ReadModelError: an array or a text is not as it must be; its file is named.
        """
        soundness.check_model(folder)

        def arrays(names: Sequence[str]) -> Mapping[str, npt.NDArray[np.generic]]:
            return {name: folder.array(name) for name in names}

        self.revision: Final = folder.manifest.point.revision
        self.identity: Final = folder.manifest.point.identity
        self.built_at_s: Final = folder.manifest.built_at_s
        self._folder: Final = folder  # which is locked against removal while somebody holds it
        self.counts: Final[Mapping[str, int]] = folder.manifest.counts
        self.columns: Final = WorkColumns(*(folder.array(name) for name in WorkColumns._fields))
        self._ids = Ids(folder.blob("ids.bin"))
        self.works_total: Final = len(self._ids)
        self._summaries = Documents(folder, "summary")
        self._details = Documents(folder, "detail")
        self._further = Documents(folder, "further")
        self.episodes: Final = Episodes(folder)
        self._assertions = Documents(folder, "assertions")
        self._adjacency = Adjacency(arrays(_EDGE_ARRAYS))
        self._seasons = Seasons(arrays(_SEASON_ARRAYS))
        self._tags = Tags(arrays(_TAG_ARRAYS), folder.blob("tags.json")[:])
        self.tag_names: Final = [tag.name for tag in self._tags.listed]
        self._source_ids = SourceIds(arrays(_SOURCE_ARRAYS), folder.blob("source_ids.bin"))
        self.paths: Final = Paths(arrays(_PATH_ARRAYS))
        self.likeness: Final = SimilarityIndex(arrays(_LIKENESS_ARRAYS))
        self.studios: Final = msgspec.json.decode(folder.blob("studios.json")[:], type=list[str])
        self.franchises: Final = Franchises(folder)
        self._records = Ids(folder.blob("records.bin"))
        self._record_nodes = folder.array("record_nodes")
        self._retired = Ids(folder.blob("retired.bin"))
        self._successors = Ids(folder.blob("successors.bin"))

    @property
    def as_of(self) -> dt.date:
        """Return the day, in UTC, on which the works have the statuses that they are shown with."""
        return dt.datetime.fromtimestamp(self.built_at_s, dt.UTC).date()

    @classmethod
    def open(cls, folder: Path) -> Self:
        """Check and map `folder`.

        Raises:
            ReadModelError: a file is missing or damaged (it is named), or the version is another.
        """
        return cls(OpenFolder.open(folder))

    def unmap_pages(self) -> None:
        """Let go of the pages that were read, as `OpenFolder.unmap_pages` does."""
        self._folder.unmap_pages()

    def node(self, work: UUID) -> int | None:
        """Return the node of `work`, or of the work that it is a further record of.

        `None` means that the graph has no such work at this revision.
        """
        node = self._ids.find(work)
        if node is not None or (record := self._records.find(work)) is None:
            return node
        return int(self._record_nodes[record])

    def nodes(self, works: npt.NDArray[np.bytes_]) -> npt.NDArray[np.int32]:
        """Return the node of each of many ids of 16 bytes; -1 where it is none of a work."""
        return numbers_of(works, as_column(self._folder.blob("ids.bin")[:]))

    def id(self, node: int) -> UUID:
        """Return the id of a node."""
        return self._ids[node]

    def kind(self, node: int) -> WorkKind:
        """Tell whether a node is a series or a film of the graph."""
        return cast("WorkKind", WORK_KINDS[self.columns.kind[node]])

    def retired(self, work: UUID) -> RetiredWork | None:
        """Return where a retired id leads; `None` for an id that is not retired."""
        number = self._retired.find(work)
        if number is None:
            return None
        successor = self._successors[number]
        return RetiredWork(successor if successor.int else None)

    def summary(self, node: int) -> bytes:
        """Return the stored summary of a node: a JSON object."""
        return self._summaries[node]

    def detail(self, node: int) -> bytes:
        """Return the stored detail of a node, without its neighbours: a JSON object."""
        return self._details[node]

    def further(self, node: int) -> Encoded[FurtherFacts]:
        """Return the facts of a node that only pages show."""
        return Encoded(FurtherFacts, self._further[node])

    @functools.cached_property
    def seconds(self) -> npt.NDArray[np.int32]:
        """How long each work is in all its episodes, in seconds; 0 where that is not known.

        Read of the details when it is first asked for, in 0.1 s for 40,000 works.
        """
        read = msgspec.json.Decoder(_Timed).decode
        timed = (read(self.detail(node)) for node in range(self.works_total))
        lengths = ((one.duration_s or 0) * (one.episodes or 0) for one in timed)
        return np.fromiter((min(one, _MOST_SECONDS) for one in lengths), dtype=np.int32)

    @property
    def relations_total(self) -> int:
        """Return how many edges there are; they are numbered from 0."""
        return self._adjacency.edges_total

    def edge(self, edge: int) -> GraphEdge:
        """Return an edge in its canonical direction."""
        return self._adjacency.edge(edge)

    def assertions(self, edge: int) -> bytes:
        """Return the assertions of an edge: a JSON array."""
        return self._assertions[edge]

    def neighbours(self, node: int) -> Sequence[Neighbour]:
        """Return the works one hop away, one for each edge, in UUID order, then by kind."""
        return self._adjacency.neighbours(node)

    def neighbours_of(self, node: int, kinds: Collection[Kind]) -> Sequence[Neighbour]:
        """Return the works one hop away by relations of these kinds, as `neighbours` does."""
        return self._adjacency.neighbours_of(node, kinds)

    def neighbours_by(self, node: int, kind: Kind) -> list[int]:
        """Return the works one hop away by relations of this kind, in UUID order."""
        return self._adjacency.neighbours_by(node, kind)

    def walk(
        self, node: int, kinds: frozenset[Kind] | None, depth: int, max_nodes: int, max_edges: int
    ) -> Walk:
        """Return what is within `depth` hops along `kinds` (`None`: all), nearest first, then UUID.

        `max_nodes` counts the start, which comes first, at distance 0; what the bounds leave out is
        the farthest.
        """
        return walk(self._adjacency, node, kinds, WalkLimits(depth, max_nodes, max_edges))

    def season_nodes(self, year: int, season: Season) -> npt.NDArray[np.int32]:
        """Return a season's works: best IMDb rating first, then score (none last), then UUID."""
        return self._seasons.nodes(year, season)

    @property
    def tags(self) -> Sequence[TagCount]:
        """Every tag, most works first, then by name; a tag's place is its number."""
        return self._tags.listed

    def tag(self, name_or_id: UUID | str) -> int | None:
        """Return the number of the tag of this id (or its text) or folded name, or `None`."""
        return self._tags.number(name_or_id)

    def tag_nodes(self, tag: int) -> tuple[npt.NDArray[np.int32], npt.NDArray[np.float64]]:
        """Return a tag's works and relevances: most relevant first, then best score, then UUID."""
        return self._tags.nodes(tag)

    @property
    def taggings(self) -> TagColumns:
        """All taggings as mapped columns, to count over many works."""
        return self._tags.columns

    def tags_of(self, node: int) -> npt.NDArray[np.int32]:
        """Return the numbers of a work's tags: most relevant first, then by name."""
        return self._tags.of(node)

    def resolve(self, source_id: str) -> list[Resolved]:
        """Return the works behind a source id: without a range first, then by range, then UUID."""
        return self._source_ids.resolve(source_id)
