"""In which order to watch a franchise: by release, as its story runs, and what is essential.

`release` sorts by date, then season, then number. `story` puts each work after what it continues
and each prequel before it, side stories after their parents, otherwise by date. What tells the
story anew stands apart as a line of its own, and the best-known line comes first; spin-offs come
after. `essential` is for the first time: by release, for a late prequel presumes what it leads to,
without what is optional: summaries, songs, guests, brief side stories.

The law: an order is a permutation of its members (of those that are not optional); each step says
why it stands where it does. Ties that contradict one another are dropped from the weakest on and
listed in `set_aside`. Pure, and independent of the order of inputs. The cost: 20 ms for 250 works.
"""

import heapq
from collections.abc import Collection, Iterable, Mapping, Sequence, Set
from typing import Final, Literal, TypeAlias
from uuid import UUID

import msgspec

from kensho.domain.franchises import Member
from kensho.domain.hub_inputs import HubWork, Tie
from kensho.domain.order_rules import (
    BELONGS,
    CONTINUES,
    OrderRule,
    Place,
    SetAside,
    month_of,
    order_rules,
    place_of,
)
from kensho.domain.works import AnimeType

Order: TypeAlias = Literal["release", "story", "essential"]
Rule: TypeAlias = Literal["date", "season", "number", "undated", "after", "before", "apart"]

_OPTIONAL: Final = frozenset(("summary", "music", "crossover", "side", "spin_off"))
_LARGE: Final[frozenset[AnimeType]] = frozenset(("tv", "ona", "movie"))
_HERALD: Final = 3
"""What comes out at most so many months before its series announces it."""
_EARLIER: Final = "the essential goes by release, and what this puts later came out earlier"
_CLEARLY: Final = 0.05
"""By so much fame a telling is better known than the root; less is the noise of votes."""


class Because(msgspec.Struct, frozen=True, omit_defaults=True):
    """The rule that placed a step, with the tie or the date it went by."""

    rule: Rule
    tie: Tie | None = None
    date: str | None = None


class Step(msgspec.Struct, frozen=True):
    """A work in an order; positions count from 1. `strand` 0 is the story of the root."""

    work: UUID
    position: int
    optional: bool
    because: tuple[Because, ...]
    strand: int = 0


class WatchOrder(msgspec.Struct, frozen=True):
    """The steps of an order, and the ties that contradict it."""

    order: Order
    steps: tuple[Step, ...]
    set_aside: tuple[SetAside, ...] = ()


def watch_order(
    members: Sequence[Member], works: Mapping[UUID, HubWork], ties: Iterable[Tie], order: Order
) -> WatchOrder:
    """Return an order of a franchise's members, the first of which is its root.

    `ties` may hold any ties; those between members count.
    """
    places = {member.work: place_of(works[member.work]) for member in members}
    optional = {one.work for one in members if is_optional(one, works[one.work])}
    if order == "release":
        return WatchOrder(order, tuple(_by_release(places, optional)))
    work_of = {id_: member.work for member in members for id_ in (member.work, *member.also)}
    hints = _heralds(members, work_of, places)
    rules, set_aside = order_rules(ties, work_of, places, hints)
    if order == "essential":
        needed = {work: place for work, place in places.items() if work not in optional}
        return _essential(needed, rules, set_aside)
    strands = _strands(_apart(members, works), members[0].work, rules, places)
    ordered = _by_story(places, rules, strands, _turns(members, works, strands))
    reasons = _reasons(ordered, rules, strands, places)
    steps = tuple(
        Step(work, position, work in optional, reasons[work], strands[work])
        for position, work in enumerate(ordered, 1)
    )
    return WatchOrder(order, steps, tuple(set_aside))


def is_optional(member: Member, work: HubWork) -> bool:
    """Tell whether a story is whole without this work."""
    return bool(member.because) and (member.role in _OPTIONAL or work.is_minor)


def _by_release(places: Mapping[UUID, Place], optional: Collection[UUID]) -> Iterable[Step]:
    before: Place | None = None
    for position, (work, place) in enumerate(sorted(places.items(), key=lambda p: p[1]), 1):
        yield Step(work, position, work in optional, (_released(place, before),))
        before = place


def _released(place: Place, before: Place | None) -> Because:
    date = place[0]
    if before is None or before[0] != date:
        return Because("undated") if date.startswith("9999") else Because("date", date=date)
    return Because("season" if before[1:3] != place[1:3] else "number", date=date)


def _essential(
    needed: Mapping[UUID, Place], rules: Iterable[OrderRule], set_aside: Iterable[SetAside]
) -> WatchOrder:
    """Return these works by release, with the ties that agree; the others are set aside."""
    told = [rule for rule in rules if rule.first in needed and rule.then in needed]
    agree = [rule for rule in told if needed[rule.first] < needed[rule.then]]
    against = [rule.tie for rule in told if needed[rule.first] > needed[rule.then]]
    ordered = sorted(needed, key=needed.__getitem__)
    reasons = _reasons(ordered, agree, dict.fromkeys(ordered, 0), needed)
    steps = (Step(work, place, False, reasons[work]) for place, work in enumerate(ordered, 1))
    return WatchOrder(
        "essential", tuple(steps), (*set_aside, *(SetAside(tie, _EARLIER) for tie in against))
    )


def _heralds(
    members: Iterable[Member], work_of: Mapping[UUID, UUID], places: Mapping[UUID, Place]
) -> Iterable[OrderRule]:
    """Yield that what announced a work is watched after it: a special of the weeks before."""
    for member in members:
        if member.role in _OPTIONAL and member.because:
            tie = member.because[-1]
            ends = {work_of.get(tie.source), work_of.get(tie.target)} - {member.work, None}
            for host in ends:
                if host and 0 <= month_of(places[host]) - month_of(places[member.work]) <= _HERALD:
                    yield OrderRule(host, member.work, BELONGS, tie)


def _apart(members: Iterable[Member], works: Mapping[UUID, HubWork]) -> set[UUID]:
    """Return alternatives and those spin-offs that are no brief extras."""
    return {
        member.work
        for member in members
        if member.role == "alternative"
        or (member.role == "spin_off" and works[member.work].type in _LARGE)
    }


def _strands(
    apart: Set[UUID], root: UUID, rules: Iterable[OrderRule], places: Mapping[UUID, Place]
) -> dict[UUID, int]:
    """Return the number of the story that each work tells, the root's being 0.

    Works that continue one another are a line. A line is a strand of its own where it is an
    alternative or a spin-off; any other goes with the first parent of its works, or with the root.
    """
    near: dict[UUID, list[UUID]] = {}
    parents: dict[UUID, list[UUID]] = {}
    for rule in rules:
        if rule.rank == CONTINUES:
            near.setdefault(rule.first, []).append(rule.then)
            near.setdefault(rule.then, []).append(rule.first)
        else:
            parents.setdefault(rule.then, []).append(rule.first)
    strands = dict.fromkeys(_reached(root, near), 0)
    last = 0
    for work in sorted(places, key=places.__getitem__):
        if work in strands:
            continue
        line = _reached(work, near)
        if apart.isdisjoint(line):
            hosts = {host for one in line for host in parents.get(one, ()) if host in strands}
            strand = strands[min(hosts, key=places.__getitem__)] if hosts else 0
        else:
            last = strand = last + 1
        strands.update(dict.fromkeys(line, strand))
    return strands


def _turns(
    members: Sequence[Member], works: Mapping[UUID, HubWork], strands: Mapping[UUID, int]
) -> dict[int, tuple[bool, float, int]]:
    """Return what strands are sorted by: those told anew by fame, then those that were spun off.

    Whoever recommends a story that was told twice begins with the telling that is known best; of
    tellings known alike, with the root's.
    """
    best = {0: works[members[0].work].fame + _CLEARLY}
    for member in members:
        strand = strands[member.work]
        best[strand] = max(works[member.work].fame, best.get(strand, 0.0))
    spun = {strands[member.work] for member in members if member.role == "spin_off"} - {0}
    return {strand: (strand in spun, -fame, strand) for strand, fame in best.items()}


def _reached(start: UUID, near: Mapping[UUID, Iterable[UUID]]) -> set[UUID]:
    found, waiting = {start}, [start]
    while waiting:
        new = set(near.get(waiting.pop(), ())) - found
        found |= new
        waiting.extend(new)
    return found


def _by_story(
    places: Mapping[UUID, Place],
    rules: Sequence[OrderRule],
    strands: Mapping[UUID, int],
    turns: Mapping[int, tuple[bool, float, int]],
) -> list[UUID]:
    """Return the works so that all rules hold inside a strand, otherwise by release.

    A prequel stands where what it leads to stands: it takes that work's place if it is earlier.
    """
    inside = [rule for rule in rules if strands[rule.first] == strands[rule.then]]
    after: dict[UUID, set[UUID]] = {}
    waits_for = dict.fromkeys(places, 0)
    for rule in inside:
        if rule.then not in after.setdefault(rule.first, set()):
            after[rule.first].add(rule.then)
            waits_for[rule.then] += 1
    wanted = _wanted_places(places, inside)
    ready = [
        (turns[strands[work]], wanted[work], places[work])
        for work, many in waits_for.items()
        if not many
    ]
    heapq.heapify(ready)
    found: list[UUID] = []
    while ready:
        work = heapq.heappop(ready)[2][-1]
        found.append(work)
        for then in after.get(work, ()):
            waits_for[then] -= 1
            if not waits_for[then]:
                heapq.heappush(ready, (turns[strands[then]], wanted[then], places[then]))
    return found


def _wanted_places(places: Mapping[UUID, Place], rules: Iterable[OrderRule]) -> dict[UUID, Place]:
    """Return the earliest place of what each work leads up to, itself included."""
    wanted = dict(places)
    continues = [rule for rule in rules if rule.rank == CONTINUES]
    changed = True
    while changed:  # Rules form no loops, so this ends; chains of sequels are mostly in order.
        changed = False
        for rule in reversed(continues):
            if wanted[rule.then] < wanted[rule.first]:
                wanted[rule.first] = wanted[rule.then]
                changed = True
    return wanted


def _reasons(
    ordered: Sequence[UUID],
    rules: Iterable[OrderRule],
    strands: Mapping[UUID, int],
    places: Mapping[UUID, Place],
) -> dict[UUID, tuple[Because, ...]]:
    """Return why each work stands where it does, the surest tie first, or its date."""
    found: dict[UUID, list[Because]] = {work: [] for work in ordered}
    for rule in rules:
        if strands[rule.first] != strands[rule.then]:
            continue
        found[rule.then].append(Because("after", rule.tie))
        if rule.rank == CONTINUES and places[rule.then] < places[rule.first]:
            found[rule.first].append(Because("before", rule.tie))
    before: UUID | None = None
    for work in ordered:
        if before is not None and strands[work] != strands[before]:
            found[work].insert(0, Because("apart"))
        if not found[work]:
            found[work].append(_released(places[work], places[before] if before else None))
        before = work
    return {work: tuple(reasons) for work, reasons in found.items()}
