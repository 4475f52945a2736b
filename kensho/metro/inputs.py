"""What a franchise's metro map is drawn from: works, and the edges among them.

Guarantees: plain values. A continuity is a line of the franchise: works that continue one another
and what accompanies them. An edge reads as every edge of the graph does, "`target` is the `kind` of
`source`". Works and edges may come in any order and an edge may come twice, from either end.
"""

from functools import lru_cache
from typing import Final, Literal, TypeAlias

import msgspec

from kensho.domain.relations import Method, RelationKind
from kensho.domain.works import Role, Status

MediaType: TypeAlias = Literal["series", "film", "ova", "special", "ona", "music", "movie"]
"""A "movie" is a film of the other catalogue; it is drawn like a film."""

_YEAR_CHARS: Final = 4


class GuestOf(msgspec.Struct, frozen=True, gc=False):
    """Another franchise that a crossover belongs to as well."""

    slug: str
    title: str


class MapContinuity(msgspec.Struct, frozen=True, gc=False):
    """A line of the franchise, named by its number in works; `is_main` is that of the root."""

    number: int
    title: str
    is_main: bool = False


class MapWork(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """A work on a map; `date` is as much of YYYY-MM-DD as is known, or empty.

    `line` is the number of its continuity. A guest belongs to another franchise, or to none; it
    stands at the edge, and its date moves no year of the map. `short_title` is a title by which a
    source knows the work, never one made up; `popularity` is 0..1.
    """

    id: str
    title: str
    type: MediaType
    role: Role
    date: str = ""
    short_title: str | None = None
    episodes: int | None = None
    duration_s: int | None = None
    status: Status = "unknown"
    guest_of: tuple[GuestOf, ...] = ()
    is_guest: bool = False
    line: int | None = None
    popularity: float = 0.0

    @property
    def year(self) -> int | None:
        """The year of the date."""
        return _year_of(self.date[:_YEAR_CHARS])


class MapEdge(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """`target` is the `kind` of `source`: how it is known, how surely (0..1), who says so."""

    source: str
    target: str
    kind: RelationKind
    method: Method = "stated"
    confidence: float = 1.0
    sources: tuple[str, ...] = ()


@lru_cache(maxsize=256)
def _year_of(text: str) -> int | None:
    """Return the year that four characters are; a layout asks a thousand times for some fifty."""
    # A digit may be "²", which is no part of a number.
    return int(text) if text.isdecimal() and len(text) == _YEAR_CHARS else None
