"""Finds the optional works of a franchise: those that whoever sees the essential may skip.

Summaries, songs, promotions, crossovers and works that are not released yet are optional, and so
are records that too few catalogues list to be more than a double of another. Of other works, those
are optional that are short beside the line they accompany, films that were released while a series
of the franchise ran, films of a kind with several side films, parodies, and spin-offs of which few
know. Side stories of full length are not: most who recommend an order count them in.

What continues only optional works is optional too, unless it is of the story itself; and what a
needed work continues is needed, however short. So nothing is essential without what it continues.

Guarantees: pure; the root is never optional. Summaries, songs, promotions, crossovers, doubles and
works to come are optional always.

Performance: 1 ms for 250 works.
"""

from collections.abc import Iterable, Mapping, Sequence, Set
from typing import Final
from uuid import UUID

from kensho.domain import graphs, title_parts
from kensho.domain.franchise.franchises import Member
from kensho.domain.franchise.inputs import FranchiseWork
from kensho.domain.franchise.lines import StoryLine
from kensho.domain.titles import folded
from kensho.domain.works import Role

NEVER_NEEDED: Final[frozenset[Role]] = frozenset(("summary", "music", "promotion", "crossover"))
_BESIDE: Final = NEVER_NEEDED | {"side", "spin_off"}
# The numbers below were chosen on the orders that `benchmarks.bench_orders` compares: it counts how
# many of their needed steps `essential` keeps (.94).
_WELL_KNOWN: Final = 4
"""If this many catalogues list the root, a work that few of them list is a double: the others have
it under another title."""
_EXTRAS: Final = ("picture drama", "music clip", "making of", "drama cd")
"""Forms of works, folded, that tell no story of their own however long they are."""
_LISTED: Final = 0.4
"""The share of the root's catalogues that list a side story: below it most are doubles."""
_RIVALS: Final = 0.75
"""The share of the root's popularity from which a spin-off is a series of its own that many see:
Gundam SEED and 00 have more than nine tenths."""
_FELLOWS: Final = 3
"""From this many side-story films on they are a habit, and other films of the same years are taken
to be side stories too."""
_YEARS: Final = 2
"""A film released more years than this after the side films may be of another kind: The First Slam
Dunk."""
_LONG_EPISODES: Final = 20
"""The fewest episodes of a series during which a film may be released: two cours, half a year."""
_EPISODES_A_MONTH: Final = 52 / 12
_MONTH_CHARS: Final = len("2006-04")


def is_beside(member: Member, work: FranchiseWork) -> bool:
    """Tell whether a work stands beside the story because of its role or because it is brief."""
    return bool(member.because) and (member.role in _BESIDE or work.is_minor)


def optional_works(
    members: Sequence[Member],
    works: Mapping[UUID, FranchiseWork],
    continued: Iterable[tuple[UUID, UUID]],
    lines: Sequence[StoryLine],
    sides: Set[UUID] = frozenset(),
) -> set[UUID]:
    """Return the works that may be skipped; `members` begin with the root.

    `continued` are pairs of works of which the second continues the first, without loops; `sides`
    are the works that any source calls a side story.
    """
    root = members[0].work
    others = [one for one in members if one.work != root]
    before: dict[UUID, set[UUID]] = {}
    near: dict[UUID, set[UUID]] = {}
    for first, then in continued:
        before.setdefault(then, set()).add(first)
        near.setdefault(first, set()).add(then)
        near.setdefault(then, set()).add(first)
    beside = {one.work for one in others if one.role in _BESIDE}
    heads = {work: _head(line, works, beside) for line in lines for work in line.works}
    never = {one.work for one in others if _is_never_needed(one, works, near, root)}
    doubles = _doubles(members, works, near)
    never |= doubles.keys()
    before = {
        then: {doubles.get(first, first) for first in firsts} for then, firsts in before.items()
    }
    optional = never | {
        one.work
        for one in others
        if _is_short_beside(works[one.work], heads[one.work])
        and (one.role != "main" or one.work not in near)
    }
    optional |= {
        work for line in lines if _is_passed_over(line, members, works) for work in line.works
    }
    optional |= _side_films(members, works, near, sides, optional)
    optional |= _continues_optional(members, before, optional)
    needed = {one.work for one in members} - optional | {root}
    return optional - _built_upon(needed, before, never) - {root}


def _is_never_needed(
    member: Member, works: Mapping[UUID, FranchiseWork], near: Mapping[UUID, Set[UUID]], root: UUID
) -> bool:
    """Tell whether nothing makes a work needed: its role, that it is to come, or is a double."""
    work = works[member.work]
    if member.role in NEVER_NEEDED or work.is_upcoming:
        return True
    return work.id not in near and _is_double(member, work, works[root])


def _is_double(member: Member, work: FranchiseWork, root: FranchiseWork) -> bool:
    """Tell whether a work that nothing continues is another record of a work listed elsewhere."""
    if len(root.sources) < _WELL_KNOWN or root.kind != "anime":
        return False
    if member.role in ("side", "spin_off") and len(work.sources) < _LISTED * len(root.sources):
        return True
    return work.kind != "anime" or len(work.sources) == 1


def _doubles(
    members: Sequence[Member], works: Mapping[UUID, FranchiseWork], near: Mapping[UUID, Set[UUID]]
) -> dict[UUID, UUID]:
    """Return works with the title, year and type of one that is the root or listed more, and that.

    Works that continue one another are two, whatever they are called.
    """
    first: dict[tuple[str, str, str], UUID] = {}
    root, *others = (works[one.work] for one in members)
    others.sort(key=lambda work: (-len(work.sources), work.id))
    doubles: dict[UUID, UUID] = {}
    for work in (root, *others):
        key = (folded(work.title), work.date[:4], work.type)
        known = first.setdefault(key, work.id)
        if work.date and known != work.id and known not in near.get(work.id, ()):
            doubles[work.id] = known
    return doubles


def _head(line: StoryLine, works: Mapping[UUID, FranchiseWork], beside: Set[UUID]) -> FranchiseWork:
    """Return the first work of a line that is not minor, or its first.

    A short one beside the story leads no line that has others: fifty clips of a minute, dated by
    their year alone, stand before the series that they accompany.
    """
    known = [works[work] for work in line.works]
    major = [work for work in known if not work.is_minor]
    told = (work for work in major if not (work.is_short and work.id in beside))
    return next(told, (*major, *known)[0])


def _is_short_beside(work: FranchiseWork, head: FranchiseWork) -> bool:
    """Tell whether a work is short, or of unknown length and minor, beside the line it is in."""
    if head.is_short or work.id == head.id:
        return False
    if any(words in folded(work.title) for words in _EXTRAS):
        return True
    if work.duration_s is None:
        return work.is_minor
    return work.is_short and work.popularity <= head.popularity


def _is_passed_over(
    line: StoryLine, members: Sequence[Member], works: Mapping[UUID, FranchiseWork]
) -> bool:
    """Tell whether a line is a parody, or a spin-off of which few who know the root know."""
    root = works[members[0].work]
    head = _head(line, works, frozenset())
    if line.kind in ("story", "retelling"):
        return False
    if head.is_parody and not root.is_parody:
        return True
    return line.kind == "spin_off" and head.popularity < _RIVALS * root.popularity


def _side_films(
    members: Sequence[Member],
    works: Mapping[UUID, FranchiseWork],
    near: Mapping[UUID, Set[UUID]],
    sides: Set[UUID],
    optional: Set[UUID],
) -> Set[UUID]:
    """Return the films beside a series: several side stories, or shown while the series ran."""
    if works[members[0].work].type == "movie":
        return frozenset()  # The films are the story of the franchise.
    kept = [works[one.work] for one in members if one.work not in optional]
    films = {one.work for one in members if one.role == "film"}
    main = {work.id for work in kept if work.id not in films and work.type == "tv"}
    side_films = {work for work in films & sides if not near.get(work, frozenset()) & main}
    connected = graphs.reachable(main, lambda work: near.get(work, ()))
    unsure = [work for work in kept if work.id in films - connected or work.id in side_films]
    series = [work for work in kept if _is_long(work)]
    years = sorted(works[film].date[:4] for film in side_films if works[film].date)
    return {
        film.id
        for film in unsure
        if (
            len(side_films) >= max(_FELLOWS, len(unsure) - len(side_films))
            and _is_among(film, years)
        )
        or any(_runs_beside(one, film) for one in series)
    }


def _is_among(film: FranchiseWork, years: Sequence[str]) -> bool:
    """Tell whether a film was released within the years of the side films, which are sorted."""
    if not film.date or not years:
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


def _continues_optional(
    members: Sequence[Member], before: Mapping[UUID, Set[UUID]], optional: Set[UUID]
) -> Set[UUID]:
    """Return the works beside the story that continue optional works only, at any distance."""
    beside = {one.work for one in members if one.role != "main"} - optional
    found: set[UUID] = set()
    while more := {
        work
        for work in beside - found
        if (firsts := before.get(work)) and firsts <= optional | found
    }:
        found |= more
    return found


def _built_upon(
    needed: Iterable[UUID], before: Mapping[UUID, Set[UUID]], never: Set[UUID]
) -> set[UUID]:
    """Return what needed works continue, at any distance, but for what is never needed."""
    return graphs.reachable(needed, lambda work: before.get(work, frozenset()) - never)
