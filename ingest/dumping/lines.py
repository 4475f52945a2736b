"""The tables of a dump: what their lines hold.

A relation reads "`to` is the `kind` of `from`". What is derived again from these tables (episode
counts, status of today, similar works) is left out.
"""

from collections.abc import Mapping
from typing import Final
from uuid import UUID

import msgspec

from kensho.domain.relations import Assertion, Kind, Method, RelationKind
from kensho.domain.works import AnimeType, Role, Season, Status, TagCategory, Title, WorkKind

_ENDS: Final = {"source": "from", "target": "to"}


class WorkLine(msgspec.Struct, frozen=True, kw_only=True):
    """A work: a series or a film; its further titles, ids and tags are tables of their own."""

    id: UUID
    kind: WorkKind
    title: str
    type: AnimeType
    status: Status
    year: int | None
    season: Season | None
    start_date: str | None
    end_date: str | None
    episodes: int | None
    duration_s: int | None
    score: float | None
    score_source: str | None
    imdb_id: str | None
    imdb_rating: float | None
    imdb_votes: int | None
    adult: bool | None
    studios: tuple[str, ...]
    producers: tuple[str, ...]
    poster_url: str | None
    synopsis: str | None


class TitleLine(msgspec.Struct, frozen=True):
    """A title of a work, in the order of the work; language in BCP 47 where it is known."""

    work: UUID
    position: int
    text: str
    language: str | None
    kind: str


class IdLine(msgspec.Struct, frozen=True):
    """An id of another catalogue; one that does not identify covers a season or some episodes."""

    work: UUID
    position: int
    id: str
    identifies: bool
    season: int | None = None
    first: int | None = None
    last: int | None = None
    offset: int | None = None


class TagLine(msgspec.Struct, frozen=True):
    """A tag."""

    id: UUID
    name: str
    category: TagCategory | None


class TaggingLine(msgspec.Struct, frozen=True):
    """A tag of a work; relevance 0..1."""

    work: UUID
    tag: UUID
    relevance: float


class EpisodeLine(msgspec.Struct, frozen=True):
    """An episode of a work."""

    id: UUID
    work: UUID
    number: int
    titles: tuple[Title, ...]
    duration_s: int | None
    air_date: str | None
    synopsis: str | None
    thumbnail_url: str | None
    filler: bool | None
    canon: str | None
    recap: bool | None


class RelationLine(msgspec.Struct, frozen=True, rename=_ENDS):
    """A relation, and who asserts what of the two works, read in the same direction."""

    source: UUID
    target: UUID
    kind: Kind
    assertions: tuple[Assertion, ...]


class SameWorkLine(msgspec.Struct, frozen=True):
    """A record of the graph that is of the same work as another, which stands for it."""

    record: UUID
    work: UUID
    method: Method
    confidence: float


class RecommendationLine(msgspec.Struct, frozen=True):
    """Two works that viewers recommend together."""

    work: UUID
    other: UUID
    votes: int


class RedirectLine(msgspec.Struct, frozen=True, rename=_ENDS):
    """Episodes `first..last` of a work are those from `to_first` on of another."""

    source: UUID
    target: UUID
    first: int
    last: int | None
    to_first: int


class ReasonLine(msgspec.Struct, frozen=True, rename=_ENDS):
    """A relation that is part of the reason why a work belongs to a franchise."""

    source: UUID
    target: UUID
    kind: RelationKind
    method: Method
    confidence: float


class TimelineLine(msgspec.Struct, frozen=True):
    """Works in the order of their story, by curators, and the reason."""

    works: tuple[UUID, ...]
    reason: str


class FranchiseRow(msgspec.Struct, frozen=True):
    """A franchise; its root is the work that it begins with."""

    slug: str
    title: str
    root: UUID
    timelines: tuple[TimelineLine, ...]


class MemberLine(msgspec.Struct, frozen=True):
    """A work of a franchise: its role, and the relations from the root to it."""

    work: UUID
    franchise: str
    role: Role
    because: tuple[ReasonLine, ...]
    record_of: UUID | None


class GuestLine(msgspec.Struct, frozen=True):
    """A work that shows in a franchise and is not of it, and the relations that lead to it."""

    work: UUID
    franchise: str
    because: tuple[ReasonLine, ...]


class RetiredWorkLine(msgspec.Struct, frozen=True):
    """An id that is no work any more, the work that it leads to, if any, and the ids it had."""

    id: UUID
    successor: UUID | None
    ids: tuple[str, ...]


class RetiredSlugLine(msgspec.Struct, frozen=True):
    """A slug that is no franchise any more, the one it leads to, if any, and the works it had."""

    slug: str
    successor: str | None
    members: tuple[UUID, ...]


class PastLeadLine(msgspec.Struct, frozen=True):
    """A record that led a work and leads it no more: the work returns with it (decision 0025)."""

    source: str
    key: str
    work: UUID
    since: int


class PastSlugLine(msgspec.Struct, frozen=True):
    """The works of a franchise that bore a slug and bears it no more, by a digest of them."""

    works: str
    slug: str
    since: int


TABLES: Final[Mapping[str, type[msgspec.Struct]]] = {
    "works": WorkLine,
    "titles": TitleLine,
    "ids": IdLine,
    "tags": TagLine,
    "taggings": TaggingLine,
    "episodes": EpisodeLine,
    "relations": RelationLine,
    "same_works": SameWorkLine,
    "recommendations": RecommendationLine,
    "redirects": RedirectLine,
    "franchises": FranchiseRow,
    "members": MemberLine,
    "guests": GuestLine,
    "retired_works": RetiredWorkLine,
    "retired_slugs": RetiredSlugLine,
    "past_leads": PastLeadLine,
    "past_slugs": PastSlugLine,
}
"""The tables of a dump, and the rows of each."""
