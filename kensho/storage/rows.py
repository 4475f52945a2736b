"""Rows of the graph as Structs, in the shape in which `queries/read_model/*.surql` return them.

An absent field arrives as JSON null and stays `None`. Rows arrive as JSON arrays: the engine makes
those in two thirds of the time of objects. The id of an edge is derived from its ends (`[in, out]`,
and the kind where there may be several), so the id alone states them. `gc=False` keeps Python's
collector from walking a million rows that can't form cycles.
"""

from typing import Literal
from uuid import UUID

import msgspec

from kensho.domain.records import Mapping
from kensho.domain.relations import Assertion, Kind, Method, RelationKind
from kensho.domain.works import (
    AnimeType,
    ImdbRating,
    Role,
    Season,
    Status,
    TagCategory,
    Title,
    WorkKind,
)


class GraphState(msgspec.Struct, frozen=True):
    """The state of the graph; `composed` is false while an ingest changes it, or after one was cut.

    `identity` is that of the store; `lineage` changes with every write that raises the revision.
    """

    revision: int
    composed: bool
    identity: UUID
    lineage: UUID


class WorkRow(msgspec.Struct, frozen=True, array_like=True):
    """A row of `anime` or `movie`; a film is of type "movie", without season and episodes."""

    id: UUID
    kind: WorkKind
    title: str
    titles: tuple[Title, ...]
    status: Status
    sources: tuple[str, ...]
    anime_type: AnimeType = "movie"
    mappings: tuple[Mapping, ...] = ()
    studios: tuple[str, ...] = ()
    producers: tuple[str, ...] = ()
    episodes: int | None = None
    season: Season | None = None
    year: int | None = None
    start_date: str | None = None
    end_date: str | None = None
    duration_s: int | None = None
    poster_url: str | None = None
    synopsis: str | None = None
    score: float | None = None
    score_source: str | None = None
    imdb: ImdbRating | None = None
    adult: bool | None = None


class StudiosRow(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """The studios and producers of a work, as its sources write them."""

    studios: tuple[str, ...]
    producers: tuple[str, ...]


class TagRow(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """A row of `tag`."""

    id: UUID
    name: str
    category: TagCategory | None


class TaggingId(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """The id of a `has_tag` edge."""

    work: UUID
    tag: UUID


class TaggingRow(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """A row of `has_tag`; relevance 0..1."""

    id: TaggingId
    relevance: float


class EpisodeId(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """The id of a `has_episode` edge."""

    work: UUID
    episode: UUID


class EpisodeRow(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """A row of `episode`, under the id of the edge that leads to it."""

    id: EpisodeId
    number: int
    titles: tuple[Title, ...]
    duration_s: int | None = None
    air_date: str | None = None
    synopsis: str | None = None
    thumbnail_url: str | None = None
    filler: bool | None = None
    canon: Literal["canon", "mixed", "filler"] | None = None
    recap: bool | None = None


class SequelId(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """The id of an `is_sequel_of` edge: `work` is the sequel of `of`."""

    work: UUID
    of: UUID


class SequelRow(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """A row of `is_sequel_of`; `assertions` is their JSON."""

    id: SequelId
    assertions: msgspec.Raw


class RelationId(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """The id of an `is_related_to` edge: `work` is the `kind` of `of`."""

    of: UUID
    work: UUID
    kind: Kind


class RelationRow(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """A row of `is_related_to`; `assertions` is their JSON."""

    id: RelationId
    assertions: msgspec.Raw


class DenialRow(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """Two works that curators say are not related; assertions say what `other` is to `work`."""

    work: UUID
    other: UUID
    assertions: tuple[Assertion, ...]


class MembershipReasonRow(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """A relation that is a reason for a membership: `target` is the `kind` of `source`."""

    source: UUID
    target: UUID
    kind: RelationKind
    method: Method
    confidence: float


class TimelineRow(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """Works in the order of their story according to curators, and the reason."""

    works: tuple[UUID, ...]
    reason: str


class StoredFranchise(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """A row of `franchise`; `digest` changes whenever its members or reasons do."""

    slug: str
    title: str
    root: UUID
    digest: str
    timelines: tuple[TimelineRow, ...] = ()


class MembershipRow(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """A row of `in_franchise`, with the franchise's slug and title.

    `because` is the path from the franchise's root to the work; `record_of` is the member that
    this one is another record of.
    """

    work: UUID
    slug: str
    title: str
    role: Role = "main"
    because: tuple[MembershipReasonRow, ...] = ()
    record_of: UUID | None = None


class GuestRow(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """A row of `visits_franchise`: a guest of a franchise, and the relations that make it one."""

    work: UUID
    slug: str
    because: tuple[MembershipReasonRow, ...]


class RetiredSlugRow(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """A retired slug and the slug in use that it leads to, `None` where it leads nowhere."""

    slug: str
    successor: str | None


class SamePairRow(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """A row of `is_same_as`: `record` is a record of the work that `work` stands for."""

    record: UUID
    work: UUID
    method: Method = "stated"
    confidence: float = 1.0


class RecommendationRow(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """A row of `is_recommended_with`: viewers of one recommend the other; each pair comes once."""

    work: UUID
    other: UUID
    votes: int


class RedirectRow(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """A row of `redirects_episodes_to`: episodes first..last of `work` are `to_first`.. of `to`."""

    work: UUID
    to: UUID
    first: int
    last: int | None
    to_first: int


class RetiredRow(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """A row of `retired_work`; `successor` is `None` where the work was removed.

    A successor may be retired too and lead on.
    """

    id: UUID
    successor: UUID | None
