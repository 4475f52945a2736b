"""Which works of a franchise its story is whole without.

By role: summaries, songs, guests, side stories and spin-offs; and brief works of any role. Of other
works catalogues seldom say what they are to their series. One that no relation joins to the story
is beside it where hardly anybody knows it, where its episodes are short, and a film also where it
was shown while its series ran, or where most films of the franchise are side stories. A side film
that continues a needed work, as somebody says, is needed.

Guarantees: pure; the root is never optional.

Performance: 1 ms for 250 works.
"""

from collections.abc import Iterable, Mapping, Sequence, Set
from typing import Final
from uuid import UUID

from kensho.domain import graphs, title_parts
from kensho.domain.franchise.franchises import Member
from kensho.domain.franchise.inputs import FranchiseWork
from kensho.domain.titles import folded

_BY_ROLE: Final = frozenset(("summary", "music", "crossover", "side", "spin_off"))
# Chosen by hand on the orders of people that `benchmarks.bench_franchises` compares: what is left
# out of the essential is counted there as covering (.853, docs/decisions/0009).
_WELL_KNOWN: Final = 4
"""Of a work that so many catalogues list, a part that one alone lists is a record without its pair:
the others have the same under another title."""
_FELLOWS: Final = 2
"""So many films that are side stories tell what the others are."""
_YEARS: Final = 2
"""What comes so much later than the others may be of another kind: The First Slam Dunk."""
_LONG_EPISODES: Final = 20
"""A series of two cours runs for half a year: a film is made beside it, not after it."""
_EPISODES_A_MONTH: Final = 52 / 12
_MONTH_CHARS: Final = len("2006-04")


def is_beside(member: Member, work: FranchiseWork) -> bool:
    """Tell whether a work is optional by its role or for being brief."""
    return bool(member.because) and (member.role in _BY_ROLE or work.is_minor)


def optional_works(
    members: Sequence[Member],
    works: Mapping[UUID, FranchiseWork],
    continued: Iterable[tuple[UUID, UUID]],
    sides: Set[UUID] = frozenset(),
) -> set[UUID]:
    """Return the works that may be left out; `members` begin with the root.

    `continued` are pairs of works of which one continues the other, `sides` the works that anybody
    calls a side story.
    """
    near = _neighbours(continued)
    root = works[members[0].work]
    side_films = {
        one.work
        for one in members[1:]
        if one.role == "film" and one.work in sides and not works[one.work].is_minor
    }
    beside = {one.work for one in members if is_beside(one, works[one.work])} | side_films
    brought = {film for film in side_films if near.get(film, set()) - beside}
    strays = {
        one.work for one in members[1:] if one.work not in near and _is_stray(works[one.work], root)
    }
    aside = (beside | strays) - brought
    return aside | _films_beside(members, works, near, aside, side_films & aside)


def _is_stray(work: FranchiseWork, root: FranchiseWork) -> bool:
    """Tell whether what nobody joins to a story is a double of a part of it, or a short series."""
    if work.is_short and not root.is_short:
        return True
    if len(root.sources) < _WELL_KNOWN or root.kind != "anime":
        return False
    return work.kind != "anime" or len(work.sources) == 1


def _films_beside(
    members: Sequence[Member],
    works: Mapping[UUID, FranchiseWork],
    near: Mapping[UUID, Iterable[UUID]],
    aside: Set[UUID],
    side_films: Set[UUID],
) -> Set[UUID]:
    """Return which of the films that no relation joins to a series are beside it."""
    if works[members[0].work].type == "movie":
        return frozenset()  # A franchise of films has no other story.
    kept = [works[one.work] for one in members if one.work not in aside]
    told = graphs.reachable(
        (work.id for work in kept if work.type != "movie"), lambda work: near.get(work, ())
    )
    role = {one.work: one.role for one in members}
    loose = [work for work in kept if role[work.id] == "film" and work.id not in told]
    series = [work for work in kept if _is_long(work)]
    dated = sorted(works[film].date[:4] for film in side_films if works[film].date)
    years = dated if len(side_films) >= len(loose) else ()
    return {
        film.id
        for film in loose
        if _is_among(film, years) or any(_runs_beside(one, film) for one in series)
    }


def _is_among(film: FranchiseWork, years: Sequence[str]) -> bool:
    """Tell whether a film is of the years of the side films, which are given in order."""
    if len(years) < _FELLOWS or not film.date:
        return False
    return int(years[0]) - _YEARS <= int(film.date[:4]) <= int(years[-1]) + _YEARS


def _is_long(work: FranchiseWork) -> bool:
    return (
        work.type == "tv"
        and not work.is_short
        and (work.episodes or 0) >= _LONG_EPISODES
        and len(work.date) >= _MONTH_CHARS
    )


def _runs_beside(series: FranchiseWork, film: FranchiseWork) -> bool:
    """Tell whether a film that bears the name of a series was shown while it ran."""
    if len(film.date) < _MONTH_CHARS:
        return False
    later = _month(film.date) - _month(series.date)
    if not 0 < later < (series.episodes or 0) / _EPISODES_A_MONTH:
        return False
    stem = title_parts.parsed(folded(series.title)).stem
    return f"{folded(film.title)} ".startswith(f"{stem} ")


def _month(date: str) -> int:
    """Return the month of YYYY-MM, counted from year 0."""
    return 12 * int(date[:4]) + int(date[5:7])


def _neighbours(pairs: Iterable[tuple[UUID, UUID]]) -> dict[UUID, set[UUID]]:
    near: dict[UUID, set[UUID]] = {}
    for one, other in pairs:
        near.setdefault(one, set()).add(other)
        near.setdefault(other, set()).add(one)
    return near
