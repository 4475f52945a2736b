"""Popularity: how well known each work is (0..1), which ranks works that share a name.

No source states popularity, so it is estimated from how many catalogues list a work, in how many
titles, how often viewers recommend it and how they score it. The first work of a series gains
further points. A work counts as a later one if the graph calls it a sequel, or if a related work
with the same name was released before it.

Guarantees: pure arithmetic, so that the same graph gives the same order. The popularity of a work
depends only on its connected component of the graph. An ingest computes one component at a time and
a snapshot all at once; both pass the facts in the store to `popularity_facts`, but that an ingest
reads scores in steps, so that franchises do not follow each of their moves.

Performance: 60 µs for a work, nearly all of it for reading its titles.
"""

from collections.abc import Iterable, Mapping, Sequence
from math import log1p
from typing import Final

import msgspec
import numpy as np
import numpy.typing as npt

from kensho.domain import graphs, release_dates, title_parts
from kensho.domain.relations import Kind
from kensho.domain.titles import squeezed
from kensho.domain.works import AnimeType

# The weights of a sum of at most 1. They were set by hand on labelled queries for titles that
# several works share: 444 of 453 find the right work first (`benchmarks.bench_search`).
# `tests/unit/test_popularity.py` and the tests of the catalogue check that the first work of a
# series ranks before its sequels.
_MOST_TITLES: Final = 60
_MOST_SOURCES: Final = 10
_MOST_VOTES: Final = 3000
"""More titles, sources or votes than this add nothing. Chosen by hand."""
_BEST_SCORE: Final = 10.0
_LISTED: Final = 0.60
"""The most that titles, sources, votes and score add together."""
_BEGINNING: Final = 0.30
"""Added for the first work of a series."""
_LATER: Final = 0.01
"""Subtracted for each sequel between a work and the first of its series."""
_DEEPEST: Final = 5
"""The most sequels that are counted: from the fifth on all lose the same."""
_TYPE: Final = 0.10
"""The most that the type adds; `_RANKS` gives the share of each type."""
_PART: Final = 0.10
"""Subtracted for a later part of a season: who wants it names the part."""
_ALONE: Final = 0.5
"""The factor for a work that only one catalogue lists: it often is a duplicate of a work that the
other catalogues list once."""
_DERIVED: Final[frozenset[Kind]] = frozenset(("side_story", "summary", "spin_off"))
"""Kinds of works that begin no series: people who ask for Naruto do not mean the parody."""
_COMMON_SCORE: Final = 5.5
_GOOD_SCORES: Final = 3.5
_HIGHEST_SCORE: Final = 9.3
"""No work that many have scored has more at any catalogue; announced ones have up to 10."""
_SCORED: Final = 0.3
"""In lists scores from 5.5 to 9 add up to 0.3. Chosen by hand: of the works of fall 2024, Dandadan
is the eleventh so and Ranma the fifteenth; without it Dandadan stands behind 25 others."""
_RANKS: Final[Mapping[AnimeType, float]] = {"tv": 1.0, "movie": 0.7, "ova": 0.4, "ona": 0.4}
_LOWEST: Final = 0.1


class PopularityFacts(msgspec.Struct, frozen=True, gc=False):
    """The facts of a work from which its popularity is computed.

    `month` is a `release_dates.month_key`; `titles` and `sources` are counts. `names` are the
    letters of its titles without season, part, year and type, so that "Naruto OVA" has the name of
    Naruto. `is_later` tells whether the main title names a later season or part, or the final one;
    `is_part` tells whether any title names a later part.
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


Figures = npt.NDArray[np.float64]
KindEdge = tuple[int, int, Kind]
"""The numbers of two works, and the kind that the second is of the first."""


def popularity_facts(
    titles: Sequence[str],
    date: str,
    *,
    anime_type: AnimeType,
    sources: int,
    score: float | None,
    votes: int = 0,
) -> PopularityFacts:
    """Return the facts from which the popularity of a work is computed.

    `titles` begin with the main title; `date` is a `release_dates.release_date`; `sources` is the
    number of catalogues that list the work, and `votes` that of viewers who recommend it.
    """
    parsed = list(map(title_parts.read, titles))
    return PopularityFacts(
        type=anime_type,
        month=release_dates.month_key(date),
        titles=len(titles),
        sources=sources,
        score=score,
        names=frozenset(squeezed(title.core) for title in parsed),
        is_later=bool(title_parts.marker(parsed[0].parts)),
        is_part=any((title.parts.part or 1) > 1 for title in parsed),
        votes=votes,
    )


def popularity_of(works: Sequence[PopularityFacts], edges: Iterable[KindEdge]) -> list[float]:
    """Return the popularity of each work (0..1); `edges` refer to works by their position."""
    known_edges = list(edges)
    later, depths = _later(works, known_edges), _depths(works, known_edges)
    return [
        _popularity(work, is_first=number not in later, depth=depths.get(number, 0))
        for number, work in enumerate(works)
    ]


def _popularity(work: PopularityFacts, *, is_first: bool, depth: int) -> float:
    total = (
        _LISTED * _listed(work)
        + _BEGINNING * (is_first and not work.is_later)
        - _LATER * min(depth, _DEEPEST)
        - _PART * work.is_part
        + _TYPE * _RANKS.get(work.type, _LOWEST)
    )
    return max(0.0, total if work.sources > 1 else total * _ALONE)


def own_popularity(work: PopularityFacts) -> float:
    """Return the popularity of a work (0..1) as if it were no part of a series.

    What tells a story anew competes with what tells it first, and is not its continuation.
    """
    own = _LISTED * _listed(work) + _TYPE * _RANKS.get(work.type, _LOWEST)
    return own / (_LISTED + _TYPE) * (1.0 if work.sources > 1 else _ALONE)


def own_popularity_of(
    anime_type: AnimeType, *, titles: int, sources: int, score: float | None, votes: int
) -> float:
    """Return `own_popularity` of what is known without reading titles."""
    facts = PopularityFacts(
        anime_type,
        "",
        titles,
        sources,
        score,
        frozenset(),
        is_later=False,
        is_part=False,
        votes=votes,
    )
    return own_popularity(facts)


def popularity_in_lists(
    own: Figures, of_first: Figures, scores: Figures, sources: Figures
) -> Figures:
    """Return how well known works are in lists of works with different names, all of one length.

    There a sequel does not compete with what it continues: half of it is as well known as that is.
    `own` and `of_first` are `own_popularity` of the works and of what their lines begin with. A
    good score adds to it, the more the more catalogues list the work: what is new has few titles
    and recommendations yet.
    """
    known = (own + np.maximum(own, of_first)) / 2
    good = np.clip((np.nan_to_num(credible(scores)) - _COMMON_SCORE) / _GOOD_SCORES, 0, 1)
    return known + _SCORED * good * np.minimum(sources / _MOST_SOURCES, 1)


def credible(scores: Figures) -> Figures:
    """Return scores without those that only a few viewers give, of what hardly anybody has seen."""
    return np.where(scores > _HIGHEST_SCORE, np.nan, scores)


def _listed(work: PopularityFacts) -> float:
    return (
        0.40 * min(1.0, log1p(work.titles) / log1p(_MOST_TITLES))
        + 0.20 * min(1.0, work.sources / _MOST_SOURCES)
        + 0.25 * min(1.0, log1p(work.votes) / log1p(_MOST_VOTES))
        + 0.15 * (work.score or 0.0) / _BEST_SCORE
    )


def _later(works: Sequence[PopularityFacts], edges: Iterable[KindEdge]) -> set[int]:
    """Return the works that came out after a related work whose sequel or namesake they are.

    Only works of the same or a higher rank of type count as earlier: a special or film that was
    released before a series announces it. What derives from a work that came out no later begins
    nothing, whatever the types.
    """
    later: set[int] = set()
    for source, target, kind in edges:
        first, second = sorted((source, target), key=lambda number: works[number].month)
        before, after = works[first], works[second]
        if kind in _DERIVED and works[source].month <= works[target].month:
            later.add(target)
        if before.month == after.month:
            later.update((target,) if kind == "sequel" else ())
        elif _rank(before) >= _rank(after) and (kind == "sequel" or before.names & after.names):
            later.add(second)
    return later


def _depths(works: Sequence[PopularityFacts], edges: Sequence[KindEdge]) -> dict[int, int]:
    """Return how many sequels lie between each work and the nearest work that is not a sequel."""
    following: dict[int, list[int]] = {}
    for source, target, kind in edges:
        if kind == "sequel" and _rank(works[source]) >= _rank(works[target]):
            following.setdefault(source, []).append(target)
    preceded = {sequel for sequels in following.values() for sequel in sequels}
    first_works = set(following) - preceded
    return {
        work: depth
        for depth, level in enumerate(
            graphs.levels(first_works, lambda work: following.get(work, ()))
        )
        for work in level
    }


def _rank(work: PopularityFacts) -> float:
    return _RANKS.get(work.type, _LOWEST)
