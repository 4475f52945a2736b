"""The episodes of a work, by number: one hop in the graph, answered by the engine itself.

The read model has no episodes: they are many, change weekly, and are read one work at a time. So
this answer has the graph's own revision, and is unavailable while the engine is.
"""

from collections.abc import Mapping
from typing import Literal
from uuid import UUID

import msgspec

from kensho.domain.works import Title, WorkKind
from kensho.storage.gateway import Gateway


class EpisodeView(msgspec.Struct, frozen=True, omit_defaults=True):
    """An episode; `titles` by BCP 47 language ("und": not stated), `duration` in seconds."""

    id: UUID
    episode_number: int
    titles: dict[str, str]
    title: str | None = None
    duration: int | None = None
    air_date: str | None = None
    synopsis: str | None = None
    thumbnail_url: str | None = None
    filler: bool | None = None
    canon: Literal["canon", "mixed", "filler"] | None = None
    recap: bool | None = None


class EpisodeList(msgspec.Struct, frozen=True):
    """All episodes of a work that the graph knows."""

    episodes: list[EpisodeView]
    total: int


class EpisodeRow(msgspec.Struct, frozen=True):
    """A row of `episode`."""

    id: UUID
    number: int
    titles: tuple[Title, ...]
    air_date: str | None = None
    duration_s: int | None = None
    synopsis: str | None = None
    thumbnail_url: str | None = None
    filler: bool | None = None
    canon: Literal["canon", "mixed", "filler"] | None = None
    recap: bool | None = None


class EpisodesOfWork(msgspec.Struct, frozen=True):
    """A work's episodes, and the revision of the graph they were read at."""

    revision: int
    episodes: list[EpisodeRow]


class EpisodeCount(msgspec.Struct, frozen=True):
    """How many episodes of a work are listed, and how many of them are filler and recaps.

    `judged` are those that somebody calls filler or not.
    """

    id: UUID
    listed: int
    judged: int
    filler: int
    recap: int


class EpisodeCounts(msgspec.Struct, frozen=True):
    """The counts of works that have episodes, and the revision of the graph they were read at."""

    revision: int
    works: list[EpisodeCount]


async def counts(gateway: Gateway, works: Mapping[UUID, WorkKind]) -> EpisodeCounts:
    """Return how many episodes these works have; those without any are left out.

    Raises:
        StorageError: the engine can't be reached or is late.
    """
    anime = [str(work) for work, kind in works.items() if kind == "anime"]
    movies = [str(work) for work, kind in works.items() if kind == "movie"]
    return await gateway.fetch(
        "episodes.counts", {"anime": anime, "movies": movies}, into=EpisodeCounts
    )


async def of_work(gateway: Gateway, work: UUID, kind: WorkKind) -> tuple[int, EpisodeList]:
    """Return the graph's revision and the work's episodes.

    Raises:
        StorageError: the engine can't be reached or is late.
    """
    found = await gateway.fetch(
        "episodes.of_work", {"table": kind, "work": work}, into=EpisodesOfWork
    )
    views = [_view(row) for row in found.episodes]
    return found.revision, EpisodeList(views, len(views))


def _view(row: EpisodeRow) -> EpisodeView:
    titles: dict[str, str] = {}
    for title in row.titles:
        titles.setdefault(title.language or "und", title.text)
    return EpisodeView(
        id=row.id,
        episode_number=row.number,
        titles=titles,
        title=titles.get("en") or next(iter(titles.values()), None),
        duration=row.duration_s,
        air_date=row.air_date,
        synopsis=row.synopsis,
        thumbnail_url=row.thumbnail_url,
        filler=row.filler,
        canon=row.canon,
        recap=row.recap,
    )
