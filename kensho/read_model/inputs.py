"""What the writer of a snapshot takes: works, relations, tags and franchises as plain values.

Guarantees: ends and keys are UUIDs and each relation comes once, in its canonical direction.
Documents are opaque bytes: they are stored, and later sent, as they come.
"""

from collections.abc import Mapping
from typing import NamedTuple
from uuid import UUID

import msgspec

from kensho.domain.relations import Kind
from kensho.domain.works import Season, TagCategory, WorkKind
from kensho.read_model.episodes import EpisodeCount


class SourceRef(NamedTuple):
    """An id of a work at a provider (`"mal:20"`), for its episodes `first..last` where known."""

    id: str
    first: int | None = None
    last: int | None = None


class WorkInput(msgspec.Struct, frozen=True):
    """A work: what lists sort and filter by, its source ids, and its three ready JSON documents.

    `imdb_rating` and `score` run 0..10; a movie has no season and the `anime_type` "movie".
    `is_film` tells that this or another record of the work is in the table of films.
    """

    id: UUID
    kind: WorkKind
    anime_type: str
    status: str
    year: int | None
    season: Season | None
    imdb_rating: float | None
    imdb_votes: int | None
    score: float | None
    adult: bool
    source_ids: tuple[SourceRef, ...]
    summary: bytes
    detail: bytes
    further: bytes = b"{}"
    studios: tuple[str, ...] = ()
    is_film: bool = False


class EdgeInput(NamedTuple):
    """A relation: `target` is the `kind` of `source`; `assertions` is JSON, kept as it comes.

    `inferred` tells that nobody states it.
    """

    source: UUID
    target: UUID
    kind: Kind
    assertions: bytes
    inferred: bool = False


class TaggingInput(NamedTuple):
    """A tag on a work, with its relevance 0..1."""

    work: UUID
    tag: UUID
    relevance: float


class TagInput(NamedTuple):
    """A tag: its folded name, and its category."""

    id: UUID
    name: str
    category: TagCategory


class EpisodesInput(NamedTuple):
    """The episodes of a work: a ready JSON document, and how many there are of which sort."""

    work: UUID
    document: bytes
    counts: EpisodeCount


class RecommendationInput(NamedTuple):
    """Viewers of one work recommend the other; each pair comes once."""

    work: UUID
    other: UUID
    votes: int


class RetiredInput(NamedTuple):
    """An id that is no longer a work: merged into `successor`, or removed (`None`).

    A successor may be no work any more either and lead on; a snapshot holds the last one.
    """

    id: UUID
    successor: UUID | None


class FranchiseInput(msgspec.Struct, frozen=True):
    """A franchise: its members, the root first; their further records; its guests.

    `documents` are its JSON documents, one for each of `franchises.DOCUMENT_NAMES`; the more
    `popularity`, the earlier it is listed; `adult` tells that all its members are.
    """

    slug: str
    members: tuple[UUID, ...]
    records: tuple[UUID, ...]
    guests: tuple[UUID, ...]
    popularity: float
    documents: Mapping[str, bytes]
    adult: bool = False


class RetiredSlugInput(NamedTuple):
    """A retired slug: its franchise became `successor`, or dissolved (`None`)."""

    slug: str
    successor: str | None
