"""Works as lists on pages show them: score and votes, studio, genres, what to watch before.

Guarantees: every figure is what the snapshot holds. The number of a season is told only where a
title of the work says it. A date to come is later than the day of the snapshot.

Performance: 40 µs for a work.
"""

from collections.abc import Iterable, Iterator
from itertools import islice
from typing import Final, NamedTuple
from uuid import UUID

import msgspec

from kensho.discovery import related_works
from kensho.discovery.list_columns import NOTHING, ListColumns
from kensho.domain import title_parts
from kensho.read_model.columns import ANIME_TYPES
from kensho.read_model.model import ReadModel
from kensho.read_model.views import Summary

_GENRES: Final = 2
_TITLES_READ: Final = 12
"""Titles in which the number of a season is looked for: of works with a season, 99 in 100 have it
among these."""
_SERIES: Final = (ANIME_TYPES.index("tv"), ANIME_TYPES.index("ona"))


class LeadIn(NamedTuple):
    """What a work goes on from: the first work of its line, and how long it takes to get there.

    `season` is the number of the work's season, where a title says it.
    """

    id: UUID
    title: str
    season: int | None
    seconds: int


class BriefEntry(Summary, frozen=True, kw_only=True):
    """A work of which a list tells one line."""

    year: int | None
    score: float | None
    studio: str | None


class WorkEntry(BriefEntry, frozen=True, kw_only=True):
    """A work in a list; `next_date` is the first day to come, of an episode or of the start."""

    score_source: str | None
    votes: int | None
    genres: tuple[str, ...]
    lead_in: LeadIn | None = None
    next_date: str | None = None
    next_episode: int | None = None


class _Imdb(msgspec.Struct):
    votes: int | None


class _Stored(Summary, frozen=True, kw_only=True):
    """What is read of a detail."""

    synonyms: tuple[str, ...] = ()
    imdb: _Imdb | None = None
    score: float | None = None
    studios: tuple[str, ...] = ()


class _Further(msgspec.Struct):
    score_source: str | None = None
    start_date: str | None = None


class _Episode(msgspec.Struct):
    episode_number: int
    air_date: str | None = None


class _Episodes(msgspec.Struct):
    episodes: list[_Episode]


_STORED: Final = msgspec.json.Decoder(_Stored)
_FURTHER: Final = msgspec.json.Decoder(_Further)
_EPISODES: Final = msgspec.json.Decoder(_Episodes)


def listed_works(model: ReadModel, columns: ListColumns, nodes: Iterable[int]) -> list[WorkEntry]:
    """Return the works of these nodes as lists show them; `columns` are those of the model."""
    return [_listed(model, columns, int(node)) for node in nodes]


def brief_works(model: ReadModel, nodes: Iterable[int]) -> list[BriefEntry]:
    """Return the works of these nodes, of each what fits into a line: half of the time."""
    return [_brief(model, int(node)) for node in nodes]


def _brief(model: ReadModel, node: int) -> BriefEntry:
    stored = _STORED.decode(model.detail(node))
    return BriefEntry(
        id=stored.id,
        title=stored.title,
        poster_url=stored.poster_url,
        episodes=stored.episodes,
        status=stored.status,
        anime_type=stored.anime_type,
        imdb_rating=stored.imdb_rating,
        year=model.columns.year.item(node) or None,
        score=_score(stored),
        studio=stored.studios[0] if stored.studios else None,
    )


def _score(stored: _Stored) -> float | None:
    """Return the score of a work that is out: of what nobody has seen, it tells nothing."""
    return None if stored.status == "upcoming" else stored.score


def _listed(model: ReadModel, columns: ListColumns, node: int) -> WorkEntry:
    stored = _STORED.decode(model.detail(node))
    further = _FURTHER.decode(model.further(node).bytes)
    date, episode = _next(model, node, stored, further)
    return WorkEntry(
        id=stored.id,
        title=stored.title,
        poster_url=stored.poster_url,
        episodes=stored.episodes,
        status=stored.status,
        anime_type=stored.anime_type,
        imdb_rating=stored.imdb_rating,
        year=model.columns.year.item(node) or None,
        score=_score(stored),
        score_source=further.score_source,
        votes=stored.imdb.votes if stored.imdb else None,
        studio=stored.studios[0] if stored.studios else None,
        genres=tuple(islice(_genres(model, node), _GENRES)),
        lead_in=_lead_in(model, columns, node, stored),
        next_date=date,
        next_episode=episode,
    )


def _genres(model: ReadModel, node: int) -> Iterator[str]:
    tags = model.tags
    numbers: list[int] = model.tags_of(node).tolist()
    for number in numbers:
        if tags[number].category == "genre":
            yield tags[number].name


def _lead_in(model: ReadModel, columns: ListColumns, node: int, work: _Stored) -> LeadIn | None:
    start: int = columns.line_start.item(node)
    seconds: int = columns.seconds_before.item(node)
    if start == NOTHING or not seconds:
        return None
    is_series = model.columns.anime_type.item(node) in _SERIES
    season = _season(work) if is_series else None
    return LeadIn(model.id(start), related_works.title_of(model, start), season, seconds)


def _season(work: _Stored) -> int | None:
    """Return the number of the season, from 2 on, that a title of the work says."""
    for title in (work.title, *work.synonyms[:_TITLES_READ]):
        season = title_parts.read(title).parts.season
        if season is not None:
            return season if season > 1 else None
    return None


def _next(
    model: ReadModel, node: int, work: _Stored, further: _Further
) -> tuple[str | None, int | None]:
    """Return the first date to come, and of which episode it is; `None` for the start."""
    today = model.as_of.isoformat()
    if work.status == "upcoming":
        start = further.start_date
        return (start, None) if start is not None and start >= today[: len(start)] else (None, None)
    if work.status != "ongoing" or model.episodes.count(node) is None:
        return None, None
    coming = [
        (one.air_date, one.episode_number)
        for one in _EPISODES.decode(model.episodes.of(node).bytes).episodes
        if one.air_date is not None and one.air_date > today
    ]
    return min(coming, default=(None, None))
