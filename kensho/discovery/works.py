"""One work, or a batch of works, by id.

Ids stay the same when everything is ingested again. The id of a merged work leads to its successor,
that of a removed work is gone for good, and any other is unknown. These are three different errors,
so that a client knows what to do with an id it has stored.
"""

from collections.abc import Sequence
from typing import Any, Final
from uuid import UUID

import msgspec

from kensho.discovery.field_selection import Fields, selected
from kensho.discovery.neighbourhood import neighbourhood
from kensho.discovery.paths import paths
from kensho.discovery.related_works import related_anime, summary_of
from kensho.discovery.similar import similar
from kensho.discovery.snapshot_service import SnapshotService
from kensho.discovery.time_travel import as_of
from kensho.domain.relations import Kind
from kensho.domain.works import SEASONS
from kensho.errors import GoneError, MovedError, NotFoundError
from kensho.read_model.encoded import Encoded, encoded
from kensho.read_model.episodes import EpisodeList
from kensho.read_model.model import ReadModel
from kensho.read_model.views import (
    Detail,
    Neighbourhood,
    PathList,
    SimilarList,
    StoredDetail,
    Summary,
)

DETAIL_FIELDS: Final = Detail.__struct_fields__
SUMMARY_FIELDS: Final = Summary.__struct_fields__
_DETAILED: Final = frozenset(DETAIL_FIELDS) - frozenset((*SUMMARY_FIELDS, "franchise"))
_RELATED: Final = "related_anime"


class WorkBatch(msgspec.Struct, frozen=True):
    """Works in the asked order, each once; `moved` tells which ids now answer under another."""

    items: list[Detail]
    missing: list[UUID]
    moved: dict[str, UUID]


class WorkService(SnapshotService):
    """Works by id, of one snapshot."""

    def as_of(self, text: str | None) -> "WorkService":
        """Return the works as they were then; `None` is now. Raises as `time_travel.as_of`."""
        if text is None:
            return self
        return WorkService(self.snapshot, safe=self._safe, past=as_of(self.snapshot, text))

    def detail(self, work: UUID, fields: Fields | None = None) -> Encoded[Detail]:
        """Return all that is known of a work, or only these `fields`; raises as `locate`."""
        return document(self.model, locate(self.model, work), fields)

    def film(self, work: UUID, fields: Fields | None = None) -> Encoded[Detail]:
        """Return all that is known of a film; raises as `locate_film`."""
        return document(self.model, locate_film(self.model, work), fields)

    def batch(self, works: Sequence[UUID], fields: Fields | None = None) -> Encoded[WorkBatch]:
        """Return the works of these ids, in order; a merged id answers with its successor."""
        nodes: dict[int, None] = {}
        missing: list[UUID] = []
        moved: dict[str, UUID] = {}
        for work in dict.fromkeys(works):
            try:
                nodes[locate(self.model, work)] = None
            except MovedError as error:
                successor = UUID(error.successor)
                moved[str(work)] = successor
                nodes[locate(self.model, successor)] = None
            except (GoneError, NotFoundError):
                missing.append(work)
        items = [document(self.model, node, fields).as_raw() for node in nodes]
        return encoded(WorkBatch(items, missing, moved))

    def episodes(self, work: UUID) -> Encoded[EpisodeList]:
        """Return all episodes of a work that the graph knows, by number; raises as `locate`."""
        return self.model.episodes.of(locate(self.model, work))

    def neighbourhood(
        self, work: UUID, kinds: frozenset[Kind] | None, depth: int
    ) -> Encoded[Neighbourhood]:
        """Return the graph within `depth` hops of a work; raises as `locate`."""
        return neighbourhood(self.model, locate(self.model, work), kinds, depth)

    def similar(self, work: UUID, limit: int) -> Encoded[SimilarList]:
        """Return the works most similar to one; raises as `locate`."""
        return similar(self.snapshot, locate(self.model, work), limit)

    def paths(self, start: UUID, goal: UUID, limit: int) -> Encoded[PathList]:
        """Return the closest connections of two works; merged ids mean their successors.

        Raises:
            InvalidInputError: both ends are the same work.
            GoneError, NotFoundError: as `locate`, for either end.
        """
        ends = locate_successor(self.model, start), locate_successor(self.model, goal)
        return paths(self.model, *ends, limit)


def locate(model: ReadModel, work: UUID) -> int:
    """Return the node of `work`.

    Raises:
        MovedError: the work was merged into another.
        GoneError: the work was removed.
        NotFoundError: there never was such an id.
    """
    node = model.node(work)
    if node is not None:
        return node
    retired = model.retired(work)
    if retired is None:
        raise NotFoundError(f"there is no work {work}")
    if retired.successor is None:
        raise GoneError(f"the work {work} was removed")
    raise MovedError(
        f"the work {work} is now {retired.successor}", successor=str(retired.successor)
    )


def locate_film(model: ReadModel, work: UUID) -> int:
    """Return the node of a film; raises as `locate`, and for a work that is none."""
    node = locate(model, work)
    if not model.columns.film.item(node):
        raise NotFoundError(f"the work {work} is no film")
    return node


def locate_successor(model: ReadModel, work: UUID) -> int:
    """Return the node of `work`, or of the work that it was merged into.

    Raises:
        GoneError, NotFoundError: as `locate`.
        MovedError: the successor was itself merged since.
    """
    try:
        return locate(model, work)
    except MovedError as error:
        return locate(model, UUID(error.successor))


def listed_work(model: ReadModel, node: int, fields: Fields | None) -> Encoded[Any]:
    """Return a work of a list: its summary, or all of it where `fields` asks for more.

    Performance: the summary is ready; a detail is ten times as long, and neighbours take 3 µs each.
    """
    if fields is None or not is_detailed(fields):
        return summary_of(model, node)
    stored = Encoded(StoredDetail, model.detail(node))
    if _RELATED not in fields:
        return stored
    return stored.extended(Detail, related_anime=related_anime(model, node))


def is_detailed(fields: Fields) -> bool:
    """Tell whether a list needs more of its works for these fields than their summaries."""
    return not _DETAILED.isdisjoint(fields)


def dated(model: ReadModel, node: int) -> dict[str, object]:
    """Return the kind, year and season of a work, as members of its document in a list."""
    columns = model.columns
    season = columns.season.item(node)
    return {
        "kind": model.kind(node),
        "year": columns.year.item(node) or None,
        "season": SEASONS[season] if season >= 0 else None,
    }


def document(model: ReadModel, node: int, fields: Fields | None = None) -> Encoded[Detail]:
    """Return all that is known of a node, or only these `fields` of it."""
    if fields is not None and _RELATED not in fields:
        return selected(Encoded(Detail, model.detail(node)), fields)
    stored = Encoded(StoredDetail, model.detail(node))
    whole = stored.extended(Detail, related_anime=related_anime(model, node))
    return selected(whole, fields)
