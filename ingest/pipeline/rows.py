"""The shapes between kept records and rows of the graph; field names are those of the tables."""

import uuid

import msgspec

from kensho.domain.records import Mapping as IdMapping
from kensho.domain.records import RecordFacts
from kensho.domain.works import ImdbRating, TagCategory, Title, WorkKind


class KeptRecord(msgspec.Struct, frozen=True):
    """A record as the store keeps it, with the work it is attached to."""

    work: uuid.UUID
    source: str
    key: str
    work_kind: WorkKind
    ids: tuple[str, ...]
    facts: RecordFacts
    dead: bool = False


class SourceRank(msgspec.Struct, frozen=True):
    """What composition asks of a source: its rank, and whether it may say that a work exists."""

    rank: int
    creates: bool


class WorkNode(msgspec.Struct, frozen=True, omit_defaults=True):
    """A work in the shape of tables `anime` and `movie`, without its digest."""

    id: uuid.UUID
    title: str
    titles: tuple[Title, ...]
    status: str
    studios: tuple[str, ...]
    producers: tuple[str, ...]
    sources: tuple[str, ...]
    mappings: tuple[IdMapping, ...]
    anime_type: str | None = None
    episodes: int | None = None
    season: str | None = None
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


class EpisodeNode(msgspec.Struct, frozen=True, omit_defaults=True):
    """The row of an episode, in the shape of table `episode`, without its work."""

    id: uuid.UUID
    number: int
    titles: tuple[Title, ...]
    air_date: str | None = None
    duration_s: int | None = None
    synopsis: str | None = None
    thumbnail_url: str | None = None
    filler: bool | None = None
    canon: str | None = None
    recap: bool | None = None


class ComposedWork(msgspec.Struct, frozen=True):
    """A work as the graph is to hold it: node, relevance of tags, episodes, digest of all."""

    kind: WorkKind
    node: WorkNode
    tags: dict[str, float]
    episodes: tuple[EpisodeNode, ...]
    categories: dict[str, TagCategory]
    digest: str
