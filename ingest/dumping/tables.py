"""The graph as flat tables, as they are read from a store.

Guarantees: rows come in the order of the ids of the graph, so equal graphs give equal tables.

Performance: a page of the store at a time; some tables come of one reading.
"""

from collections.abc import AsyncGenerator, AsyncIterator, Mapping, Sequence
from operator import itemgetter
from typing import Final, TypeAlias
from uuid import UUID

import msgspec

from ingest.dumping.lines import (
    EpisodeLine,
    FranchiseRow,
    GuestLine,
    IdLine,
    MemberLine,
    PastLeadLine,
    PastSlugLine,
    ReasonLine,
    RecommendationLine,
    RedirectLine,
    RelationLine,
    RetiredSlugLine,
    RetiredWorkLine,
    SameWorkLine,
    TaggingLine,
    TagLine,
    TimelineLine,
    TitleLine,
    WorkLine,
)
from kensho.domain.relations import Assertion
from kensho.storage import tables
from kensho.storage.gateway import Gateway
from kensho.storage.paging import pages
from kensho.storage.rows import MembershipReasonRow, WorkRow

Rows: TypeAlias = Mapping[str, Sequence[msgspec.Struct]]
"""Rows of some tables, by the names of the tables."""
_ASSERTIONS: Final = msgspec.json.Decoder(tuple[Assertion, ...])


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
