"""Records: what one source says about one work, the unit that ingestion stores and can undo.

Every source adapter yields `Record`s and nothing else. A record names its work by source ids
(`"mal:20"`), never by Kenshō's own ids, so it means the same whatever else is in the graph. The
graph is a pure function of all stored records: removing a record removes only what that record
contributed. A fact that the source does not give stays absent; nothing is guessed here.
"""

import datetime as dt
from typing import Annotated, Literal, TypeAlias

import msgspec
from msgspec import Meta

from kensho.domain.curator_acts import CuratorAct
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
    """A tag on a work, by its folded name.

    `category` is `None` where the source gives none; `relevance` (0..1) is `None` where the source
    does not weigh its tags. A `spoiler` gives the plot away: no work shows it, whoever else states
    it.
    """

    name: TagName
    category: TagCategory | None = None
    relevance: Fraction | None = None
    spoiler: bool = False


class Claim(msgspec.Struct, frozen=True, omit_defaults=True):
    """A relation as a source states it: `target` is the `kind` of the record's own work.

    `target` is a source id; with `kind="sequel"` it is the sequel of the record's work. A `denied`
    claim says that it is not; that it is not `related` denies every kind. Curators say why
    (`reason`), who they are (`by`) and what they rest on (`note`).
    """

    kind: ClaimedKind
    target: str
    reason: str | None = None
    by: str | None = None
    note: str | None = None
    denied: bool = False


class Mapping(msgspec.Struct, frozen=True, omit_defaults=True):
    """An id that covers several works or only some episodes, and so cannot identify the work.

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
    """An episode: number, titles, air date, running time in seconds, filler and recap flags.

    `filler` is a plain yes or no. `canon` is the finer label of sources that distinguish canon,
    mixed and filler episodes.
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

    A `last` or `to_last` of `None` means that the range has no end.
    """

    first: int
    last: int | None
    target: str
    to_first: int
    to_last: int | None


class Recommendation(msgspec.Struct, frozen=True, omit_defaults=True):
    """A recommendation of `target` to viewers of the record's work, with its number of votes."""

    target: str
    votes: Count


class Collection(msgspec.Struct, frozen=True, omit_defaults=True):
    """A collection in which the source lists the work: its source id and its title."""

    id: str
    title: TitleText


class RecordFacts(msgspec.Struct, frozen=True, omit_defaults=True):
    """What a record says about the work itself; `act` where it is a curator's act that says it."""

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
    act: CuratorAct | None = None


class RecordRelations(msgspec.Struct, frozen=True, omit_defaults=True):
    """What a record says about relations to other works, which are all given by source ids.

    `same_as` are records of one work, `different_from` such as are another work.
    """

    relations: tuple[Claim, ...] = ()
    recommendations: tuple[Recommendation, ...] = ()
    redirects: tuple[Redirect, ...] = ()
    same_as: tuple[str, ...] = ()
    collection: Collection | None = None
    different_from: tuple[str, ...] = ()


class Record(msgspec.Struct, frozen=True, omit_defaults=True):
    """Everything that one source says about one work.

    `key` is the source id that the record is about, or `act:` and the id of a curator's act; it is
    unique within its source. `ids` are all ids that identify the same work one to one, `key`
    included where it is a source id, in the source's order: a new work
    gets its UUID from the first. `dead` means that the provider has deleted the page of `key`; such
    a record states nothing else.
    """

    key: str
    ids: tuple[str, ...]
    work_kind: WorkKind = "anime"
    facts: RecordFacts = RecordFacts()
    links: RecordRelations = RecordRelations()
    method: Method = "stated"
    dead: bool = False
