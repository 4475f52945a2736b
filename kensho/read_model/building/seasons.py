"""Which works are listed together, and which seasons follow a series: for search results.

Guarantees: pure arithmetic over what the graph says, so that the same graph gives the same order.
How well known a work is says `kensho.domain.popularity`.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Final

from kensho.domain import graphs
from kensho.domain.popularity import KindEdge, PopularityFacts
from kensho.domain.works import AnimeType

_SERIES: Final[frozenset[AnimeType]] = frozenset(("tv", "ona"))


def seasons(
    works: Sequence[PopularityFacts], edges: Iterable[KindEdge]
) -> list[list[tuple[int, int]]]:
    """Return for each series that begins a chain of sequels the later ones, by place in it."""
    following: dict[int, list[int]] = {}
    preceded: set[int] = set()
    for work, sequel, kind in edges:
        if kind == "sequel" and {works[work].type, works[sequel].type} <= _SERIES:
            following.setdefault(work, []).append(sequel)
            preceded.add(sequel)
    found: list[list[tuple[int, int]]] = [[] for _ in works]
    for first in following.keys() - preceded:
        found[first] = list(_sequels(first, following))
    return found


def _sequels(first: int, following: Mapping[int, Sequence[int]]) -> Iterator[tuple[int, int]]:
    walked = graphs.levels((first,), lambda work: following.get(work, ()))
    for season, level in enumerate(walked, start=1):
        if season > 1:
            yield from ((season, work) for work in sorted(level))


def groups(works_total: int, franchises: Iterable[Sequence[int]]) -> list[int]:
    """Return a group number for each work, the same for the works of one franchise.

    No work is in two franchises; one in none is a group of its own. Groups are numbered from 0 by
    their first work.
    """
    first = list(range(works_total))
    for members in franchises:
        earliest = min(members)
        for member in members:
            first[member] = earliest
    numbers: dict[int, int] = {}
    return [numbers.setdefault(work, len(numbers)) for work in first]
