"""Find the works that a name with a number means: seasons of a series, films of a series.

People ask for "harry potter 3" and "lord of the rings 2", numbers that no title has. A series that
begins a chain of sequels is followed by its later seasons. A franchise of films alone is counted by
date, and so are those of its films whose titles begin alike: "The Hobbit: …".

Guarantees: pure; the same graph gives the same numbers. The first film answers to the common name,
a later one to it and its number.
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Final, NamedTuple

from kensho.domain import graphs
from kensho.domain.popularity import KindEdge, PopularityFacts
from kensho.domain.titles import folded, without_article
from kensho.domain.works import AnimeType

_SERIES: Final[frozenset[AnimeType]] = frozenset(("tv", "ona"))


def later_seasons(
    works: Sequence[PopularityFacts], edges: Iterable[KindEdge]
) -> list[list[tuple[int, int]]]:
    """Return (season, work) of the sequels of each work that begins a chain of series."""
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


def franchise_groups(works_total: int, franchises: Iterable[Sequence[int]]) -> list[int]:
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


_FEWEST: Final = 2
_COLON: Final = ": "
_NUMBER: Final = re.compile(
    r"\b(?:episode|chapter|vol|volume) (i{1,3}|i?v|vi{1,3}|i?x|[0-9]{1,2})\b"
)
_ROMAN: Final = {
    roman: n
    for n, roman in enumerate(["i", "ii", "iii", "iv", "v", "vi", "vii", "viii", "ix", "x"], 1)
}


class FilmSeries(NamedTuple):
    """Films with a common name: the first, and the later ones by number."""

    name: str
    first: int
    following: Sequence[tuple[int, int]]


def film_series(
    name: str, members: Iterable[int], works: Sequence[PopularityFacts], titles: Sequence[str]
) -> Iterator[FilmSeries]:
    """Yield the series of a franchise that has films only: the whole, then those within it."""
    films = sorted(members, key=lambda number: (works[number].month, number))
    if len(films) < _FEWEST or any(works[film].type != "movie" for film in films):
        return
    yield _series(name, films, titles)
    named: dict[str, list[int]] = {}
    for film in films:
        head = titles[film].partition(_COLON)[0]
        named.setdefault(folded(without_article(head) or head), []).append(film)
    for some in named.values():
        if len(some) >= _FEWEST and some != films:
            yield _series(titles[some[0]].partition(_COLON)[0], some, titles)


def _series(name: str, films: Sequence[int], titles: Sequence[str]) -> FilmSeries:
    said = {film: number for film in films if (number := _number_in(titles[film]))}
    counted = list(enumerate(films, start=1))
    if any(said.get(film, number) != number for number, film in counted):
        # Star Wars began with the fourth episode: only films with a number in the title count.
        counted = [(number, film) for film, number in said.items()]
    return FilmSeries(name, films[0], [(number, film) for number, film in counted if number > 1])


def _number_in(title: str) -> int | None:
    match = _NUMBER.search(folded(title))
    return match and (_ROMAN.get(match[1]) or int(match[1]))
