"""The vocabulary of the graph: what a work is, and which values its facts may take.

The limits here are those of the data model and are asserted a second time by `graph_schema/`; a
value that breaks one is refused before it is written, with the field named. Ids are UUIDs that
survive re-ingestion.
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
    "main", "film", "side", "spin_off", "summary", "alternative", "crossover", "music"
]
"""What a work is to its franchise."""

SEASONS: Final[tuple[Season, ...]] = ("winter", "spring", "summer", "fall")
MAX_TITLE_CHARS: Final = 500
MAX_TAG_CHARS: Final = 50
MIN_YEAR: Final = 1900
YEARS_AHEAD: Final = 5
"""A year may lie at most this far in the future: announced works do, typing errors do more."""

TitleText: TypeAlias = Annotated[str, Meta(min_length=1, max_length=MAX_TITLE_CHARS)]
TagName: TypeAlias = Annotated[str, Meta(min_length=1, max_length=MAX_TAG_CHARS)]
Fraction: TypeAlias = Annotated[float, Meta(ge=0, le=1)]
TenScore: TypeAlias = Annotated[float, Meta(ge=0, le=10)]
Count: TypeAlias = Annotated[int, Meta(ge=0)]

NAMESPACE: Final = uuid.UUID("6b656e73-686f-5a00-8000-616e696d6521")
"""The root of every UUIDv5 that Kenshō gives; changing it would change every id."""


def work_uuid(source_id: str) -> uuid.UUID:
    """Return the id that a new work gets from its first source id, such as `"mal:20"`."""
    return uuid.uuid5(NAMESPACE, source_id)


def tag_uuid(name: str) -> uuid.UUID:
    """Return the id of the tag of this (already folded) name."""
    return uuid.uuid5(NAMESPACE, f"tag:{name}")


def episode_uuid(work: uuid.UUID, number: int) -> uuid.UUID:
    """Return the id of a work's episode.

    Derived, so that it survives re-ingestion with its work.
    """
    return uuid.uuid5(work, f"episode:{number}")


class Title(msgspec.Struct, frozen=True, omit_defaults=True):
    """A title of a work: its text, BCP 47 language where known, and its role."""

    text: TitleText
    language: str | None = None
    kind: TitleKind = "synonym"


class ImdbRating(msgspec.Struct, frozen=True, omit_defaults=True):
    """What IMDb itself says of a title: its id, mean rating 0..10 and the number of votes."""

    id: str
    rating: TenScore | None = None
    votes: Count | None = None
