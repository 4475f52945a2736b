"""The JSON documents of works and of relations between them.

A member that is always there has no default and may be null; one that is there only when known has
the default `None`, which is left out of the JSON. The read model keeps a summary and a detail of
every work as bytes; other documents of works are one of these with further members.

Guarantees: a relation reads "`to` is the `kind` of `from`" in every document.
"""

from uuid import UUID

import msgspec

from kensho.domain.relations import Assertion, Kind
from kensho.domain.works import AnimeType, Season, Status, TagCategory, Title, WorkKind


class Summary(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A work in a list."""

    id: UUID
    title: str
    poster_url: str | None
    episodes: int | None
    status: Status
    anime_type: AnimeType
    imdb_rating: float | None = None


class SeasonView(msgspec.Struct, frozen=True):
    """When a work was first shown; the season of a film is often unknown."""

    season: Season | None
    year: int | None


class ImdbView(msgspec.Struct, frozen=True):
    """What IMDb says: its id, mean rating 0..10, number of votes."""

    id: str
    rating: float | None
    votes: int | None


class TagView(msgspec.Struct, frozen=True):
    """A tag of a work; relevance 0..1."""

    id: UUID
    name: str
    category: TagCategory
    relevance: float


class SourceView(msgspec.Struct, frozen=True):
    """A page of another catalogue about the same work."""

    provider: str
    id: str
    url: str


class FranchiseRef(msgspec.Struct, frozen=True):
    """The franchise a work belongs to."""

    slug: str
    title: str


class FurtherFacts(msgspec.Struct, frozen=True, omit_defaults=True):
    """What pages tell of a work beyond its detail: titles of a stated language, dates, the scorer.

    Dates are ISO 8601; `score_source` names the source that the score is of.
    """

    titles: tuple[Title, ...] = ()
    score_source: str | None = None
    start_date: str | None = None
    end_date: str | None = None


class DeniedView(msgspec.Struct, frozen=True):
    """A work that curators say is not related: what is asserted of it, and the denials."""

    id: UUID
    assertions: tuple[Assertion, ...]


class StoredDetail(Summary, frozen=True, kw_only=True, omit_defaults=True):
    """All that is known of a work by itself: `Detail` without its neighbours.

    `also` are the ids of further records of the work in the graph, which lead to this one; `denied`
    are works that sources relate to it and curators do not; `adult` is there only where it is true.
    """

    synonyms: tuple[str, ...]
    synopsis: str | None = None
    anime_season: SeasonView
    imdb: ImdbView | None = None
    score: float | None = None
    duration_s: int | None = None
    studios: tuple[str, ...]
    producers: tuple[str, ...]
    tags: tuple[TagView, ...]
    sources: tuple[SourceView, ...]
    franchise: FranchiseRef | None = None
    also: tuple[UUID, ...] = ()
    denied: tuple[DeniedView, ...] = ()
    adult: bool = False


class RelatedWork(Summary, frozen=True, kw_only=True, omit_defaults=True):
    """A neighbour of a work: it is the `kind` of the work whose page this is."""

    kind: Kind
    assertions: tuple[Assertion, ...]


class RelatedAnime(msgspec.Struct, frozen=True):
    """The neighbours of a work, one hop away, each group by year and then title."""

    sequels: tuple[RelatedWork, ...]
    prequels: tuple[RelatedWork, ...]
    related: tuple[RelatedWork, ...]


class GraphNode(Summary, frozen=True, kw_only=True, omit_defaults=True):
    """A work in the graph around another; distance in hops."""

    distance: int


class TaggedWork(Summary, frozen=True, kw_only=True, omit_defaults=True):
    """A work in the list of a tag; relevance 0..1."""

    relevance: float


class SimilarityReason(msgspec.Struct, frozen=True, omit_defaults=True):
    """Why a work is similar: rare tags that both have, a studio of both, or viewers' votes."""

    tags: tuple[str, ...] | None = None
    studio: str | None = None
    recommended: int | None = None


class SimilarWork(Summary, frozen=True, kw_only=True, omit_defaults=True):
    """A similar work; score 0..1."""

    score: float
    why: tuple[SimilarityReason, ...]


class SimilarList(msgspec.Struct, frozen=True):
    """The works most similar to one, of other stories than its own."""

    similar: list[SimilarWork]


class EpisodeRange(msgspec.Struct, frozen=True):
    """Episodes of a work, both ends included; an open end is null."""

    first: int | None
    last: int | None


class ResolvedWork(msgspec.Struct, frozen=True, omit_defaults=True):
    """A work behind an id of another catalogue; `episodes` where the id covers a part of it."""

    id: UUID
    kind: WorkKind
    title: str
    episodes: EpisodeRange | None = None


class Detail(StoredDetail, frozen=True, kw_only=True, omit_defaults=True):
    """A work with all that is known of it, and its neighbours."""

    related_anime: RelatedAnime


class RelationEnds(msgspec.Struct, frozen=True, rename={"source": "from", "target": "to"}):
    """The two works of a relation."""

    source: UUID
    target: UUID


class RelationView(RelationEnds, frozen=True):
    """A relation, and which sources say so."""

    kind: Kind
    assertions: tuple[Assertion, ...]


class Neighbourhood(msgspec.Struct, frozen=True):
    """The graph around a work, nearest first; `truncated` when more lies within the depth."""

    nodes: list[GraphNode]
    edges: list[RelationView]
    truncated: bool


class PathView(msgspec.Struct, frozen=True):
    """A connection: as a sentence, its works in order, and the edges between them."""

    sentence: str
    works: list[Summary]
    edges: list[RelationView]


class PathList(msgspec.Struct, frozen=True):
    """The closest connections first; none where there is none."""

    paths: list[PathView]
