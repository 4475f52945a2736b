"""The storylines of a franchise, and the order in which they are watched.

Works that continue one another, or that follow one another in a curated order, are a line. A line
with an alternative or a spin-off is a storyline of its own. Any other line belongs to the storyline
of the first parent of its works, or else to that of the root, which is storyline 0.

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
"""A retelling comes before the storyline of the root if it leads in popularity by more than this; a
smaller lead is the noise of votes. Chosen by hand; the mean tau of the resulting orders is .898
(docs/decisions/0009)."""


def storylines_of(
    members: Sequence[Member],
    works: Mapping[UUID, FranchiseWork],
    rules: Iterable[OrderRule],
    places: Mapping[UUID, Place],
) -> dict[UUID, int]:
    """Return the number of the storyline of each work; that of the root is 0."""
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
            hosts = {
                host for member in line for host in parents.get(member, ()) if host in storylines
            }
            storyline = storylines[min(hosts, key=places.__getitem__)] if hosts else 0
        else:
            last = storyline = last + 1
        storylines.update(dict.fromkeys(line, storyline))
    return storylines


def turns_of(
    members: Sequence[Member], works: Mapping[UUID, FranchiseWork], storylines: Mapping[UUID, int]
) -> dict[int, tuple[bool, float, int]]:
    """Return the sort key of each storyline: retellings by popularity come before spin-offs.

    Published watch orders begin with the best-known telling of a story, and with that of the root
    if others are about as well known.
    """
    best = {0: works[members[0].work].popularity + _CLEARLY}
    for member in members:
        storyline = storylines[member.work]
        best[storyline] = max(works[member.work].popularity, best.get(storyline, 0.0))
    spin_offs = {storylines[member.work] for member in members if member.role == "spin_off"} - {0}
    return {
        storyline: (storyline in spin_offs, -popularity, storyline)
        for storyline, popularity in best.items()
    }


def _apart(members: Iterable[Member], works: Mapping[UUID, FranchiseWork]) -> Set[UUID]:
    """Return the alternatives, and the spin-offs that are series or films."""
    return {
        member.work
        for member in members
        if member.role == "alternative"
        or (member.role == "spin_off" and works[member.work].type in _LARGE)
    }
