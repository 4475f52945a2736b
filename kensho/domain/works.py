"""The vocabulary of the graph: the facts of a work and the values that they may take.

The limits here are those of the data model, and `graph_schema/` asserts them a second time. A value
outside its limits is rejected before it is written, by an error that names the field. Ids are UUIDs
that stay the same when everything is ingested again.
"""

import uuid
from typing import Annotated, Final, Literal, TypeAlias

import msgspec
from msgspec import Meta

WorkKind: TypeAlias = Literal["anime", "movie"]
AnimeType: TypeAlias = Literal["tv", "movie", "ova", "ona", "special", "unknown"]
Status: TypeAlias = Literal["finished", "ongoing", "upcoming", "unknown"]
Season: TypeAlias = Literal["winter", "spring", "summer", "fall"]
TitleKind: TypeAlias = Literal["main", "official", "synonym", "short"]
TagCategory: TypeAlias = Literal["genre", "theme", "demographic", "content"]
Role: TypeAlias = Literal[
    "main",
    "film",
    "side",
    "spin_off",
    "summary",
    "alternative",
    "crossover",
    "music",
    "promotion",
]
"""The role of a work in its franchise.

`promotion` are works that advertise another or show its stage: promotional videos, commercials,
openings of games, manner movies, concerts. A `music` work shows a song.
"""

SEASONS: Final[tuple[Season, ...]] = ("winter", "spring", "summer", "fall")
MAX_TITLE_CHARS: Final = 500
MAX_TAG_CHARS: Final = 50
MIN_YEAR: Final = 1900
YEARS_AHEAD: Final = 5
"""A year may lie at most this far in the future; beyond it, years are typing errors."""

TitleText: TypeAlias = Annotated[str, Meta(min_length=1, max_length=MAX_TITLE_CHARS)]
TagName: TypeAlias = Annotated[str, Meta(min_length=1, max_length=MAX_TAG_CHARS)]
Fraction: TypeAlias = Annotated[float, Meta(ge=0, le=1)]
TenScore: TypeAlias = Annotated[float, Meta(ge=0, le=10)]
Count: TypeAlias = Annotated[int, Meta(ge=0)]

NAMESPACE: Final = uuid.UUID("6b656e73-686f-5a00-8000-616e696d6521")
"""The namespace of every UUIDv5 that Kenshō assigns; changing it would change every id."""


def work_uuid(source_id: str) -> uuid.UUID:
    """Return the id of a new work, derived from its first source id, such as `"mal:20"`."""
    return uuid.uuid5(NAMESPACE, source_id)


def tag_uuid(name: str) -> uuid.UUID:
    """Return the id of a tag, derived from its name, which must be folded already."""
    return uuid.uuid5(NAMESPACE, f"tag:{name}")


def episode_uuid(work: uuid.UUID, number: int) -> uuid.UUID:
    """Return the id of an episode, derived from its work's id and its number.

    It stays the same for as long as the id of the work does.
    """
    return uuid.uuid5(work, f"episode:{number}")


class Title(msgspec.Struct, frozen=True, omit_defaults=True):
    """A title of a work: its text, its BCP 47 language where known, and its kind."""

    text: TitleText
    language: str | None = None
    kind: TitleKind = "synonym"


class ImdbRating(msgspec.Struct, frozen=True, omit_defaults=True):
    """The rating on IMDb: the title's id, the mean rating (0..10) and the number of votes."""

    id: str
    rating: TenScore | None = None
    votes: Count | None = None
