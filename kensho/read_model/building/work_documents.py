"""Makes the documents of a work of its stored row: its summary, its detail, its further facts."""

from collections.abc import Sequence
from typing import TypeAlias

from kensho.domain import ids
from kensho.read_model.views import (
    FranchiseRef,
    FurtherFacts,
    ImdbView,
    SeasonView,
    SourceView,
    StoredDetail,
    Summary,
    TagView,
)
from kensho.storage.rows import WorkRow

Tags: TypeAlias = Sequence[TagView]


def summary_of(row: WorkRow) -> Summary:
    """Return the work as a list shows it."""
    return Summary(
        id=row.id,
        title=row.title,
        poster_url=row.poster_url,
        episodes=row.episodes,
        status=row.status,
        anime_type=row.anime_type,
        imdb_rating=row.imdb.rating if row.imdb else None,
    )


def detail_of(row: WorkRow, tags: Tags, franchise: FranchiseRef | None = None) -> StoredDetail:
    """Return the work as its own page shows it, without the neighbours."""
    return StoredDetail(
        id=row.id,
        title=row.title,
        poster_url=row.poster_url,
        episodes=row.episodes,
        status=row.status,
        anime_type=row.anime_type,
        imdb_rating=row.imdb.rating if row.imdb else None,
        synonyms=_synonyms(row),
        synopsis=row.synopsis,
        anime_season=SeasonView(season=row.season, year=row.year),
        imdb=ImdbView(row.imdb.id, row.imdb.rating, row.imdb.votes) if row.imdb else None,
        score=row.score,
        duration_s=row.duration_s,
        studios=tuple(row.studios),
        producers=tuple(row.producers),
        tags=tuple(sorted(tags, key=lambda tag: (-tag.relevance, tag.name))),
        sources=tuple(_source(source) for source in row.sources),
        franchise=franchise,
    )


def further_of(row: WorkRow) -> FurtherFacts:
    """Return the further facts of a stored work."""
    stated = tuple(title for title in row.titles if title.language is not None)
    return FurtherFacts(stated, row.score_source, row.start_date, row.end_date)


def _synonyms(row: WorkRow) -> tuple[str, ...]:
    texts = dict.fromkeys(title.text for title in row.titles)
    texts.pop(row.title, None)
    return tuple(texts)


def _source(source_id: str) -> SourceView:
    provider, _, local = source_id.partition(":")
    return SourceView(provider=provider, id=local, url=ids.url_of(source_id))
