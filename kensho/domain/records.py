"""What one source says of one thing.

The record, the unit that ingestion keeps, compares and can undo.

Every source adapter yields `Record`s and nothing else. A record names the thing by source ids
(`"mal:20"`), never by Kenshō's own, so it means the same whatever else is in the graph. The graph
is a pure function of all kept records: dropping a record takes back just what it said. Absent facts
stay absent; nothing is guessed here.
"""

import datetime as dt
from typing import Annotated, Literal, TypeAlias

import msgspec
from msgspec import Meta

from kensho.domain.relations import ClaimedKind, Method
from kensho.domain.works import (
    AnimeType,
    Count,
    Fraction,
    ImdbRating,
    Season,
    Status,
    TagCategory,
    TagName,
    TenScore,
    Title,
    TitleText,
    WorkKind,
)

EpisodeNumber: TypeAlias = Annotated[int, Meta(gt=0)]


class Tagging(msgspec.Struct, frozen=True, omit_defaults=True):
    """A tag on a work: folded name.

    Category where the source knows it, relevance 0..1 where it weighs.
    """

    name: TagName
    category: TagCategory | None = None
    relevance: Fraction | None = None


class Claim(msgspec.Struct, frozen=True, omit_defaults=True):
    """A stated relation: `target` is the `kind` of the record's own work.

    `target` is a source id.
    """

    kind: ClaimedKind
    target: str


class Mapping(msgspec.Struct, frozen=True, omit_defaults=True):
    """An id that covers the work with others, or some of its episodes, and so can't identify it.

    `season` is the provider's season; `first` and `last` bound the work's own episodes, both
    inclusive, where the source gives a range; `offset` is added to the work's episode number to get
    the provider's.
    """

    id: str
    season: int | None = None
    first: int | None = None
    last: int | None = None
    offset: int | None = None


class EpisodeFacts(msgspec.Struct, frozen=True, omit_defaults=True):
    """An episode: number, titles, air date, running time in seconds, filler and recap marks.

    `filler` is a source's yes or no; `canon` is the finer label of those that tell canon, mixed and
    filler apart.
    """

    number: EpisodeNumber
    titles: tuple[Title, ...] = ()
    air_date: dt.date | None = None
    duration_s: Count | None = None
    synopsis: str | None = None
    thumbnail_url: str | None = None
    filler: bool | None = None
    canon: Literal["canon", "mixed", "filler"] | None = None
    recap: bool | None = None


class Redirect(msgspec.Struct, frozen=True, omit_defaults=True):
    """Episodes `first..last` of the record's work are `to_first..to_last` of `target`.

    `None`: open end.
    """

    first: int
    last: int | None
    target: str
    to_first: int
    to_last: int | None


class Recommendation(msgspec.Struct, frozen=True, omit_defaults=True):
    """So many `votes` of viewers join the record's work to `target`."""

    target: str
    votes: Count


class Collection(msgspec.Struct, frozen=True, omit_defaults=True):
    """A franchise the source puts the work in: `id` as a source id, and its title."""

    id: str
    title: TitleText


class RecordFacts(msgspec.Struct, frozen=True, omit_defaults=True):
    """What a record says of the work itself."""

    titles: tuple[Title, ...] = ()
    anime_type: AnimeType | None = None
    episode_count: Count | None = None
    status: Status | None = None
    year: int | None = None
    season: Season | None = None
    start_date: dt.date | None = None
    end_date: dt.date | None = None
    duration_s: Count | None = None
    poster_url: str | None = None
    synopsis: str | None = None
    score: TenScore | None = None
    imdb: ImdbRating | None = None
    studios: tuple[str, ...] = ()
    producers: tuple[str, ...] = ()
    tags: tuple[Tagging, ...] = ()
    episodes: tuple[EpisodeFacts, ...] = ()
    mappings: tuple[Mapping, ...] = ()
    adult: bool | None = None


class RecordRelations(msgspec.Struct, frozen=True, omit_defaults=True):
    """What a record says of the work's relations to others; every end is a source id."""

    relations: tuple[Claim, ...] = ()
    recommendations: tuple[Recommendation, ...] = ()
    redirects: tuple[Redirect, ...] = ()
    same_as: tuple[str, ...] = ()
    collection: Collection | None = None


class Record(msgspec.Struct, frozen=True, omit_defaults=True):
    """One source's word on one work.

    `key` is the source id the record is about and unique in its source; `ids` are all the ids that
    identify the same work one to one (`key` among them), in the source's order: a new work gets its
    UUID from the first. `dead` says that the provider has deleted `key`: nothing else is stated.
    """

    key: str
    ids: tuple[str, ...]
    work_kind: WorkKind = "anime"
    facts: RecordFacts = RecordFacts()
    links: RecordRelations = RecordRelations()
    method: Method = "stated"
    dead: bool = False
