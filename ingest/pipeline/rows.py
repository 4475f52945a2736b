"""The shapes between kept records and rows of the graph; field names are those of the tables."""

import hashlib
import uuid
from typing import Final, NamedTuple, Self

import msgspec

from kensho.domain.records import Mapping as IdMapping
from kensho.domain.records import RecordFacts
from kensho.domain.works import ImdbRating, TagCategory, Title, WorkKind

_DIGEST_BYTES: Final = 8
_NODE_PARTS: Final = 3


class WorkDigests(NamedTuple):
    """Digests of the parts of a work: what differs is written, and what follows from it computed.

    `rating`, the score and what IMDb says, is kept apart, because every release moves it for most
    works; `facts` are all other fields of the node. A part that is not there, or not known, is
    empty.
    """

    facts: str = ""
    tags: str = ""
    episodes: str = ""
    rating: str = ""

    @classmethod
    def parsed(cls, node: str, rating: str) -> Self:
        """Return the digests that are stored; of a node of an older form no part is known."""
        parts = node.split(".")
        if len(parts) != _NODE_PARTS:
            return cls(rating=rating)
        facts, tags, episodes = parts
        return cls(facts, tags, episodes, rating)

    @property
    def node(self) -> str:
        """The form in which those of all but the rating are stored."""
        return ".".join(self[:_NODE_PARTS])


def part_digest(value: object) -> str:
    """Return a digest of a part of a work: of its JSON."""
    return hashlib.blake2b(msgspec.json.encode(value), digest_size=_DIGEST_BYTES).hexdigest()


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
    """A work as the graph is to hold it: node, relevance of tags, episodes, digests of these."""

    kind: WorkKind
    node: WorkNode
    tags: dict[str, float]
    episodes: tuple[EpisodeNode, ...]
    categories: dict[str, TagCategory]
    digests: WorkDigests
