"""Which works of a franchise tell one story, and in which order the stories come.

Works that continue one another, or that a curator puts in one row, are a line. A line is a
storyline of its own where it is an alternative or a spin-off; any other goes with the first parent
of its works, or with the root. Storyline 0 is the story of the root.

Guarantees: pure; every work is in one storyline, and works that continue one another are in the
same.
"""

from collections.abc import Iterable, Mapping, Sequence, Set
from typing import Final
from uuid import UUID

from kensho.domain import graphs
from kensho.domain.franchise.franchises import Member
from kensho.domain.franchise.inputs import FranchiseWork
from kensho.domain.watch_order.rules import CONTINUES, OrderRule, Place
from kensho.domain.works import AnimeType

_LARGE: Final[frozenset[AnimeType]] = frozenset(("tv", "ona", "movie"))
_CLEARLY: Final = 0.05
"""By so much popularity a telling is better known than the root; less is the noise of votes. Chosen
by hand; tellings in this order give a mean tau of .898 (docs/decisions/0009)."""


def storylines_of(
    members: Sequence[Member],
    works: Mapping[UUID, FranchiseWork],
    rules: Iterable[OrderRule],
    places: Mapping[UUID, Place],
) -> dict[UUID, int]:
    """Return the number of the story that each work tells, the root's being 0."""
    near: dict[UUID, list[UUID]] = {}
    parents: dict[UUID, list[UUID]] = {}
    for rule in rules:
        if rule.rank >= CONTINUES:
            near.setdefault(rule.first, []).append(rule.then)
            near.setdefault(rule.then, []).append(rule.first)
        else:
            parents.setdefault(rule.then, []).append(rule.first)
    apart = _apart(members, works)

    def beside(work: UUID) -> Iterable[UUID]:
        return near.get(work, ())

    storylines = dict.fromkeys(graphs.reachable((members[0].work,), beside), 0)
    last = 0
    for work in sorted(places, key=places.__getitem__):
        if work in storylines:
            continue
        line = graphs.reachable((work,), beside)
        if apart.isdisjoint(line):
            hosts = {host for one in line for host in parents.get(one, ()) if host in storylines}
            storyline = storylines[min(hosts, key=places.__getitem__)] if hosts else 0
        else:
            last = storyline = last + 1
        storylines.update(dict.fromkeys(line, storyline))
    return storylines


def turns_of(
    members: Sequence[Member], works: Mapping[UUID, FranchiseWork], storylines: Mapping[UUID, int]
) -> dict[int, tuple[bool, float, int]]:
    """Return what storylines are sorted by: those told anew by popularity, then the spin-offs.

    Whoever recommends a story that was told twice begins with the telling that is known best; of
    tellings known alike, with the root's.
    """
    best = {0: works[members[0].work].popularity + _CLEARLY}
    for member in members:
        storyline = storylines[member.work]
        best[storyline] = max(works[member.work].popularity, best.get(storyline, 0.0))
    spun = {storylines[member.work] for member in members if member.role == "spin_off"} - {0}
    return {
        storyline: (storyline in spun, -popularity, storyline)
        for storyline, popularity in best.items()
    }


def _apart(members: Iterable[Member], works: Mapping[UUID, FranchiseWork]) -> Set[UUID]:
    """Return alternatives and those spin-offs that are no brief extras."""
    return {
        member.work
        for member in members
        if member.role == "alternative"
        or (member.role == "spin_off" and works[member.work].type in _LARGE)
    }
