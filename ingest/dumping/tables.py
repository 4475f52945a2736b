"""The graph as flat tables: their rows, and how they are read from a store.

Guarantees: rows come in the order of the ids of the graph, so equal graphs give equal tables. A
relation reads "`to` is the `kind` of `from`". What is derived again from these tables (episode
counts, status of today, similar works) is left out.

Performance: a page of the store at a time; some tables come of one reading.
"""

from collections.abc import AsyncGenerator, AsyncIterator, Mapping, Sequence
from operator import itemgetter
from typing import Final, TypeAlias
from uuid import UUID

import msgspec

from kensho.domain.relations import Assertion, Kind, Method, RelationKind
from kensho.domain.works import AnimeType, Role, Season, Status, TagCategory, Title, WorkKind
from kensho.storage import tables
from kensho.storage.gateway import Gateway
from kensho.storage.paging import pages
from kensho.storage.rows import MembershipReasonRow, WorkRow

Rows: TypeAlias = Mapping[str, Sequence[msgspec.Struct]]
"""Rows of some tables, by the names of the tables."""
_ENDS: Final = {"source": "from", "target": "to"}
_ASSERTIONS: Final = msgspec.json.Decoder(tuple[Assertion, ...])


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


async def all_rows(gateway: Gateway) -> AsyncGenerator[Rows]:
    """Yield the rows of all tables, page by page, those of each table in order."""
    for read in (_works, _tags, _relations, _franchises, _retired):
        async for rows in read(gateway):
            yield rows
        await gateway.checkpoint()  # an embedded engine keeps what it has read, until it is closed


async def _works(gateway: Gateway) -> AsyncIterator[Rows]:
    for works in (tables.anime(gateway), tables.movies(gateway)):
        async for page in works:
            yield {
                "works": [*map(_work, page)],
                "titles": [line for row in page for line in _titles(row)],
                "ids": [line for row in page for line in _ids(row)],
            }
    async for episodes in tables.episodes(gateway):
        yield {
            "episodes": [
                EpisodeLine(
                    *(one.id.episode, one.id.work, one.number, one.titles, one.duration_s),
                    *(one.air_date, one.synopsis, one.thumbnail_url),
                    *(one.filler, one.canon, one.recap),
                )
                for one in episodes
            ]
        }


async def _tags(gateway: Gateway) -> AsyncIterator[Rows]:
    async for tags in tables.tags(gateway):
        yield {"tags": [TagLine(one.id, one.name, one.category) for one in tags]}
    async for taggings in tables.taggings(gateway):
        yield {
            "taggings": [TaggingLine(one.id.work, one.id.tag, one.relevance) for one in taggings]
        }


async def _relations(gateway: Gateway) -> AsyncIterator[Rows]:
    async for sequels in tables.sequels(gateway):
        yield {
            "relations": [
                RelationLine(one.id.of, one.id.work, "sequel", _ASSERTIONS.decode(one.assertions))
                for one in sequels
            ]
        }
    async for relations in tables.relations(gateway):
        yield {
            "relations": [
                RelationLine(
                    one.id.of, one.id.work, one.id.kind, _ASSERTIONS.decode(one.assertions)
                )
                for one in relations
            ]
        }
    async for pairs in tables.same_as(gateway):
        yield {
            "same_works": [
                SameWorkLine(one.record, one.work, one.method, one.confidence) for one in pairs
            ]
        }
    async for recommended in tables.recommendations(gateway):
        yield {
            "recommendations": [
                RecommendationLine(one.work, one.other, one.votes) for one in recommended
            ]
        }
    async for redirects in tables.redirects(gateway):
        yield {
            "redirects": [
                RedirectLine(one.work, one.to, one.first, one.last, one.to_first)
                for one in redirects
            ]
        }


async def _franchises(gateway: Gateway) -> AsyncIterator[Rows]:
    yield {
        "franchises": [
            FranchiseRow(
                one.slug,
                one.title,
                one.root,
                tuple(TimelineLine(line.works, line.reason) for line in one.timelines),
            )
            for one in await tables.franchises(gateway)
        ]
    }
    async for members in tables.memberships(gateway):
        yield {
            "members": [
                MemberLine(one.work, one.slug, one.role, _reasons(one.because), one.record_of)
                for one in members
            ]
        }
    async for guests in tables.visits(gateway):
        yield {"guests": [GuestLine(one.work, one.slug, _reasons(one.because)) for one in guests]}


async def _retired(gateway: Gateway) -> AsyncIterator[Rows]:
    shape = list[tuple[UUID, UUID | None, tuple[str, ...]]]
    async for works in pages(gateway, "dumping.retired_works", shape):
        yield {"retired_works": [RetiredWorkLine(*row) for row in works]}
    slugs = list[tuple[str, str | None, tuple[UUID, ...]]]
    leads = list[tuple[str, str, UUID, int]]
    past = list[tuple[str, str, int]]
    yield {
        "retired_slugs": [
            RetiredSlugLine(*row)
            for row in sorted(
                await gateway.fetch("dumping.retired_slugs", into=slugs), key=itemgetter(0)
            )
        ],
        "past_leads": [
            PastLeadLine(*row)
            for row in sorted(await gateway.fetch("ingest.past_leads", into=leads))
        ],
        "past_slugs": [
            PastSlugLine(*row)
            for row in sorted(await gateway.fetch("ingest.past_slugs", into=past))
        ],
    }


def _work(row: WorkRow) -> WorkLine:
    return WorkLine(
        id=row.id,
        kind=row.kind,
        title=row.title,
        type=row.anime_type,
        status=row.status,
        year=row.year,
        season=row.season,
        start_date=row.start_date,
        end_date=row.end_date,
        episodes=row.episodes,
        duration_s=row.duration_s,
        score=row.score,
        score_source=row.score_source,
        imdb_id=row.imdb.id if row.imdb is not None else None,
        imdb_rating=row.imdb.rating if row.imdb is not None else None,
        imdb_votes=row.imdb.votes if row.imdb is not None else None,
        adult=row.adult,
        studios=row.studios,
        producers=row.producers,
        poster_url=row.poster_url,
        synopsis=row.synopsis,
    )


def _titles(row: WorkRow) -> list[TitleLine]:
    return [
        TitleLine(row.id, place, title.text, title.language, title.kind)
        for place, title in enumerate(row.titles)
    ]


def _ids(row: WorkRow) -> list[IdLine]:
    own = [IdLine(row.id, place, id_, identifies=True) for place, id_ in enumerate(row.sources)]
    return own + [
        IdLine(
            *(row.id, place, one.id),
            identifies=False,
            season=one.season,
            first=one.first,
            last=one.last,
            offset=one.offset,
        )
        for place, one in enumerate(row.mappings, start=len(own))
    ]


def _reasons(because: Sequence[MembershipReasonRow]) -> tuple[ReasonLine, ...]:
    return tuple(
        ReasonLine(one.source, one.target, one.kind, one.method, one.confidence) for one in because
    )
