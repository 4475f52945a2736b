"""How well known works are, 0..1, and which comes first of those that share a name.

Nobody tells the graph how popular a work is; that many catalogues list it, in many languages, and
that viewers recommend it, does. A work is no beginning where the graph calls it a sequel, or where
a neighbour that came before it bears one of its names.

Guarantees: pure arithmetic over what the graph says, so that the same graph gives the same order.
A work's popularity depends on itself and its connected works alone, so that an ingest may compute
a component of the graph at a time and a snapshot all at once: both call `popularity_facts` with the
facts that the store holds, and get the same.

Performance: 60 µs for a work, nearly all of it for reading its titles.
"""

from collections.abc import Iterable, Mapping, Sequence
from math import log1p
from typing import Final

import msgspec

from kensho.domain import graphs, release_dates, title_parts
from kensho.domain.relations import Kind
from kensho.domain.titles import folded, squeezed
from kensho.domain.works import AnimeType

# Weights of a sum that runs up to 1. They were set by hand on labelled queries whose titles several
# works share: 444 of 453 find theirs first (`benchmarks.bench_search`). That a beginning comes
# before what follows it is pinned by `tests/unit/test_popularity.py` and the catalogue's tests.
_MOST_TITLES: Final = 60
_MOST_SOURCES: Final = 10
_MOST_VOTES: Final = 3000
"""From so many titles, sources and votes on, more say nothing. Chosen by hand."""
_BEST_SCORE: Final = 10.0
_LISTED: Final = 0.60
"""What being listed, translated, recommended and liked gives at most."""
_BEGINNING: Final = 0.30
"""What a work gains that follows no other."""
_LATER: Final = 0.01
"""What each step away from the beginning costs."""
_DEEPEST: Final = 5
"""Each sequel comes behind the one before it; from the fifth on all are alike."""
_TYPE: Final = 0.10
"""What the form gives at most, by `_RANKS`."""
_PART: Final = 0.10
"""What a later part of a season loses: it is asked for by name, or not meant."""
_ALONE: Final = 0.5
"""What is left to a work that a single catalogue lists: such often is a second entry of a work that
the others list once."""
_RANKS: Final[Mapping[AnimeType, float]] = {"tv": 1.0, "movie": 0.7, "ova": 0.4, "ona": 0.4}
_LOWEST: Final = 0.1


class PopularityFacts(msgspec.Struct, frozen=True, gc=False):
    """What is known of a work that says how well known it is.

    `month` is that of `release_dates.month_key`, `titles` and `sources` are how many it has.
    `names` are its titles' letters without season, part, year and type, so that "Naruto OVA" bears
    the name of Naruto; `is_later` tells whether the main title counts a later season or part, or
    the last, `is_part` whether any title counts a later part.
    """

    type: AnimeType
    month: str
    titles: int
    sources: int
    score: float | None
    names: frozenset[str]
    is_later: bool
    is_part: bool
    votes: int = 0


KindEdge = tuple[int, int, Kind]
"""From a work to what is its `kind`."""


def popularity_facts(
    titles: Sequence[str],
    date: str,
    *,
    anime_type: AnimeType,
    sources: int,
    score: float | None,
    votes: int = 0,
) -> PopularityFacts:
    """Return what says how well known a work is.

    `titles` begin with the main one, `date` is that of `release_dates.release_date`, `sources` is
    how many catalogues list the work, and `votes` of viewers recommend it.
    """
    parsed = [title_parts.parsed(folded(title)) for title in titles]
    return PopularityFacts(
        type=anime_type,
        month=release_dates.month_key(date),
        titles=len(titles),
        sources=sources,
        score=score,
        names=frozenset(squeezed(one.core) for one in parsed),
        is_later=bool(title_parts.marker(parsed[0].parts)),
        is_part=any((one.parts.part or 1) > 1 for one in parsed),
        votes=votes,
    )


def popularity_of(works: Sequence[PopularityFacts], edges: Iterable[KindEdge]) -> list[float]:
    """Return how well known each work is, 0..1."""
    known_edges = list(edges)
    later, depths = _later(works, known_edges), _depths(works, known_edges)
    return [
        _popularity(work, begins=number not in later, depth=depths.get(number, 0))
        for number, work in enumerate(works)
    ]


def _popularity(work: PopularityFacts, *, begins: bool, depth: int) -> float:
    whole = (
        _LISTED * _listed(work)
        + _BEGINNING * (begins and not work.is_later)
        - _LATER * min(depth, _DEEPEST)
        - _PART * work.is_part
        + _TYPE * _RANKS.get(work.type, _LOWEST)
    )
    return max(0.0, whole if work.sources > 1 else whole * _ALONE)


def _listed(work: PopularityFacts) -> float:
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
        first, second = sorted((one, other), key=lambda number: works[number].month)
        before, after = works[first], works[second]
        if before.month == after.month:
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
