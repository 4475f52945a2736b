"""How well known works are, and which comes first of those that share a name.

Guarantees: pure arithmetic over what the graph says, so that the same graph gives the same order.
Nobody tells the graph how popular a work is; that many catalogues list it, in many languages, and
that viewers recommend it, does. A work is no beginning where the graph calls it a sequel, or where
a neighbour that came before it bears one of its names. A work's fame depends on itself and its
neighbours alone.
"""

from collections.abc import Iterable, Mapping, Sequence
from math import log1p
from typing import Final

import msgspec

from kensho.domain import graphs
from kensho.domain.relations import Kind
from kensho.domain.works import AnimeType, Season

_MOST_TITLES: Final = 60
_MOST_SOURCES: Final = 10
_MOST_VOTES: Final = 3000
_BEST_SCORE: Final = 10.0
_FAME: Final = 0.60
_BEGINNING: Final = 0.30
_LATER: Final = 0.01
_DEEPEST: Final = 5
"""Each sequel comes behind the one before it; from the fifth on all are alike."""
_TYPE: Final = 0.10
_PART: Final = 0.10
"""The second half of a season is asked for by name, or not meant."""
_ALONE: Final = 0.5
"""What a single catalogue lists is often a second entry of a work that others list once."""
_RANKS: Final[Mapping[AnimeType, float]] = {"tv": 1.0, "movie": 0.7, "ova": 0.4, "ona": 0.4}
_LOWEST: Final = 0.1
_MONTHS: Final[Mapping[Season, str]] = {
    "winter": "01",
    "spring": "04",
    "summer": "07",
    "fall": "10",
}
_UNDATED: Final = "9999"
_MONTH_CHARS: Final = len("2026-11")


class PopularityFacts(msgspec.Struct, gc=False):
    """What is known of a work that says how well known it is.

    `names` are its titles as the title index reads them, without markers; `marked` tells whether
    the main title has one, `is_part` whether that is of a later part.
    """

    type: AnimeType
    date: str
    titles: int
    sources: int
    score: float | None
    names: frozenset[str]
    marked: bool
    is_part: bool
    votes: int = 0


KindEdge = tuple[int, int, Kind]
"""From a work to what is its `kind`."""


def date_of(start: str | None, year: int | None, season: Season | None) -> str:
    """Return the month in which a work was first shown, as text; the unknown sorts last."""
    if start is not None:
        return start[:_MONTH_CHARS]
    return f"{year}-{_MONTHS[season] if season else '12'}" if year is not None else _UNDATED


def popularity_of(works: Sequence[PopularityFacts], edges: Iterable[KindEdge]) -> list[float]:
    """Return how well known each work is, 0..1."""
    known_edges = list(edges)
    later, depths = _later(works, known_edges), _depths(works, known_edges)
    return [
        _known(work, begins=number not in later, depth=depths.get(number, 0))
        for number, work in enumerate(works)
    ]


def _known(work: PopularityFacts, *, begins: bool, depth: int) -> float:
    whole = (
        _FAME * _fame(work)
        + _BEGINNING * (begins and not work.marked)
        - _LATER * min(depth, _DEEPEST)
        - _PART * work.is_part
        + _TYPE * _RANKS.get(work.type, _LOWEST)
    )
    return max(0.0, whole if work.sources > 1 else whole * _ALONE)


def _fame(work: PopularityFacts) -> float:
    return (
        0.40 * min(1.0, log1p(work.titles) / log1p(_MOST_TITLES))
        + 0.20 * min(1.0, work.sources / _MOST_SOURCES)
        + 0.25 * min(1.0, log1p(work.votes) / log1p(_MOST_VOTES))
        + 0.15 * (work.score or 0.0) / _BEST_SCORE
    )


def _later(works: Sequence[PopularityFacts], edges: Iterable[KindEdge]) -> set[int]:
    """Return the works that came after a neighbour which they follow, or whose name they share.

    A series is preceded by series only: what comes before it as a special or film announces it.
    """
    later: set[int] = set()
    for one, other, kind in edges:
        first, second = sorted((one, other), key=lambda number: works[number].date)
        before, after = works[first], works[second]
        if before.date == after.date:
            later.update((other,) if kind == "sequel" else ())
        elif _rank(before) >= _rank(after) and (kind == "sequel" or before.names & after.names):
            later.add(second)
    return later


def _depths(works: Sequence[PopularityFacts], edges: Sequence[KindEdge]) -> dict[int, int]:
    """Return how many sequels each work is away from the nearest work that is none."""
    following: dict[int, list[int]] = {}
    for one, other, kind in edges:
        if kind == "sequel" and _rank(works[one]) >= _rank(works[other]):
            following.setdefault(one, []).append(other)
    preceded = {other for sequels in following.values() for other in sequels}
    begin = set(following) - preceded
    return {
        work: depth
        for depth, level in enumerate(graphs.levels(begin, lambda work: following.get(work, ())))
        for work in level
    }


def _rank(work: PopularityFacts) -> float:
    return _RANKS.get(work.type, _LOWEST)
