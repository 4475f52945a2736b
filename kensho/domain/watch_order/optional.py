"""Finds the optional works of a franchise: those that its story is complete without.

Summaries, songs, crossovers, side stories and spin-offs are optional by their role, and so is a
brief work of any role. For other works, catalogues often do not say how they relate to their
series. One that no relation connects with the story is optional if only one catalogue lists it or
its episodes are short. Such a film is also optional if it was released while its series ran, or if
most films of the franchise are side stories. A film that is called a side story but continues a
work that is not optional is not optional either.

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
# Chosen by hand on the published watch orders that `benchmarks.bench_franchises` compares: it
# measures the agreement on optional works as "covering" (.853, docs/decisions/0009).
_WELL_KNOWN: Final = 4
"""If this many catalogues list the root, a work that only one of them lists is a duplicate: the
others have it under another title."""
_FELLOWS: Final = 2
"""From this many side-story films on, other films of the same years are taken to be side stories
too."""
_YEARS: Final = 2
"""A film released more years than this after the side films may be of another kind: The First Slam
Dunk."""
_LONG_EPISODES: Final = 20
"""The fewest episodes of a series during which a film may be released: two cours, half a year."""
_EPISODES_A_MONTH: Final = 52 / 12
_MONTH_CHARS: Final = len("2006-04")


def is_beside(member: Member, work: FranchiseWork) -> bool:
    """Tell whether a work is optional because of its role or because it is brief."""
    return bool(member.because) and (member.role in _BY_ROLE or work.is_minor)


def optional_works(
    members: Sequence[Member],
    works: Mapping[UUID, FranchiseWork],
    continued: Iterable[tuple[UUID, UUID]],
    sides: Set[UUID] = frozenset(),
) -> set[UUID]:
    """Return the works that may be skipped; `members` begin with the root.

    `continued` are pairs of works of which one continues the other; `sides` are the works that
    any source calls a side story.
    """
    near = _neighbours(continued)
    root = works[members[0].work]
    side_films = {
        member.work
        for member in members[1:]
        if member.role == "film" and member.work in sides and not works[member.work].is_minor
    }
    beside = {
        member.work for member in members if is_beside(member, works[member.work])
    } | side_films
    needed_films = {film for film in side_films if near.get(film, set()) - beside}
    unrelated = {
        member.work
        for member in members[1:]
        if member.work not in near and _is_stray(works[member.work], root)
    }
    optional = (beside | unrelated) - needed_films
    return optional | _films_beside(members, works, near, optional, side_films & optional)


def _is_stray(work: FranchiseWork, root: FranchiseWork) -> bool:
    """Tell whether a work that no relation continues is a duplicate of another, or a short."""
    if work.is_short and not root.is_short:
        return True
    if len(root.sources) < _WELL_KNOWN or root.kind != "anime":
        return False
    return work.kind != "anime" or len(work.sources) == 1


def _films_beside(
    members: Sequence[Member],
    works: Mapping[UUID, FranchiseWork],
    near: Mapping[UUID, Iterable[UUID]],
    optional: Set[UUID],
    side_films: Set[UUID],
) -> Set[UUID]:
    """Return the optional films among those that no relation connects with a series."""
    if works[members[0].work].type == "movie":
        return frozenset()  # The films are the story of the franchise.
    kept = [works[member.work] for member in members if member.work not in optional]
    connected = graphs.reachable(
        (work.id for work in kept if work.type != "movie"), lambda work: near.get(work, ())
    )
    role = {member.work: member.role for member in members}
    unconnected = [work for work in kept if role[work.id] == "film" and work.id not in connected]
    series = [work for work in kept if _is_long(work)]
    dated = sorted(works[film].date[:4] for film in side_films if works[film].date)
    years = dated if len(side_films) >= len(unconnected) else ()
    return {
        film.id
        for film in unconnected
        if _is_among(film, years) or any(_runs_beside(one_series, film) for one_series in series)
    }


def _is_among(film: FranchiseWork, years: Sequence[str]) -> bool:
    """Tell whether a film was released within the years of the side films, which are sorted."""
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
    """Tell whether a film with the name of a series was released while the series ran."""
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
