"""Stories told in films: which comes second, and what they are called together.

People ask for "harry potter 3" and "lord of the rings 2", numbers that no title bears. A franchise
of films alone is counted by date, and so are those of its films whose titles begin alike: "The
Hobbit: …".

Guarantees: the first film answers to the common name, a later one to it and its number.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from typing import Final, NamedTuple

from kensho.domain.popularity import PopularityFacts
from kensho.domain.titles import folded, without_article

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
    """Films that have a name in common: the first, and by their numbers those that follow."""

    name: str
    first: int
    following: Sequence[tuple[int, int]]


def film_series(
    name: str, members: Iterable[int], works: Sequence[PopularityFacts], titles: Sequence[str]
) -> Iterator[FilmSeries]:
    """Yield the stories of a franchise that is of films alone: the whole, then those within it."""
    films = sorted(members, key=lambda number: (works[number].month, number))
    if len(films) < _FEWEST or any(works[film].type != "movie" for film in films):
        return
    yield _story(name, films, titles)
    named: dict[str, list[int]] = {}
    for film in films:
        head = titles[film].partition(_COLON)[0]
        named.setdefault(folded(without_article(head) or head), []).append(film)
    for some in named.values():
        if len(some) >= _FEWEST and some != films:
            yield _story(titles[some[0]].partition(_COLON)[0], some, titles)


def _story(name: str, films: Sequence[int], titles: Sequence[str]) -> FilmSeries:
    said = {film: number for film in films if (number := _number_in(titles[film]))}
    counted = list(enumerate(films, start=1))
    if any(said.get(film, number) != number for number, film in counted):
        # Star Wars began with the fourth episode: only what is numbered has a number.
        counted = [(number, film) for film, number in said.items()]
    return FilmSeries(name, films[0], [(number, film) for number, film in counted if number > 1])


def _number_in(title: str) -> int | None:
    match = _NUMBER.search(folded(title))
    return match and (_ROMAN.get(match[1]) or int(match[1]))
