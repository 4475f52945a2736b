"""Watch orders of a franchise: by release, by story, and the essential works.

`release` sorts by date, then season, then number. `story` follows the curated order if there is
one. Otherwise a work comes after those it continues, a prequel before the work it leads to, and a
side story after its parent; the rest is sorted by date. Retellings form storylines of their own, of
which the best known comes first; spin-offs follow. `essential` is for first-time viewers: by
release, because a prequel that came out later presumes the works it leads to, and without optional
works.

Guarantees: an order is a permutation of the members, or of those that are not optional, and each
step has its reasons. Where relations contradict one another, the weakest are dropped and listed in
`set_aside`. Pure, and independent of the order of inputs.

Performance: 20 ms for 250 works.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Literal, TypeAlias
from uuid import UUID

import msgspec

from kensho.domain import graphs, release_dates
from kensho.domain.franchise.franchises import Member
from kensho.domain.franchise.inputs import FranchiseWork, Relation, Timeline
from kensho.domain.watch_order.optional import optional_works
from kensho.domain.watch_order.rules import (
    CONTINUES,
    OrderRule,
    Place,
    SetAside,
    called_side_stories,
    continued,
    order_rules,
    place_of,
)
from kensho.domain.watch_order.storylines import storylines_of, turns_of
from kensho.domain.watch_order.teasers import teasers

Order: TypeAlias = Literal["release", "story", "essential"]
Rule: TypeAlias = Literal[
    "date", "season", "number", "undated", "after", "before", "apart", "curated"
]


class CuratedPlacement(msgspec.Struct, frozen=True):
    """A curated placement of a step, after `work` or before it, with the curators' reason."""

    work: UUID
    reason: str
    is_before: bool = False


class PlacementReason(msgspec.Struct, frozen=True, omit_defaults=True):
    """The rule that placed a step, with the relation, the date or the decision that it used."""

    rule: Rule
    relation: Relation | None = None
    date: str | None = None
    decided: CuratedPlacement | None = None


class OrderStep(msgspec.Struct, frozen=True):
    """A work in an order; positions count from 1. `storyline` 0 is the story of the root."""

    work: UUID
    position: int
    optional: bool
    because: tuple[PlacementReason, ...]
    storyline: int = 0


class WatchOrder(msgspec.Struct, frozen=True):
    """The steps of an order, and the relations that contradict it."""

    order: Order
    steps: tuple[OrderStep, ...]
    set_aside: tuple[SetAside, ...] = ()


def watch_order(
    members: Sequence[Member],
    works: Mapping[UUID, FranchiseWork],
    relations: Iterable[Relation],
    order: Order,
    timelines: Sequence[Timeline] = (),
) -> WatchOrder:
    """Return a watch order of a franchise; the first of `members` is its root.

    `relations` and `timelines` may contain other works, which are ignored. Timelines affect only
    the `story` order, and which works are optional.
    """
    places = {member.work: place_of(works[member.work]) for member in members}
    work_of = {id_: member.work for member in members for id_ in (member.work, *member.also)}
    all_relations = list(relations)
    sides = set(called_side_stories(all_relations, work_of))
    optional = optional_works(members, works, continued(all_relations, work_of, timelines), sides)
    if order == "release":
        return WatchOrder(order, tuple(_by_release(places, optional)))
    hints = teasers(members, works, all_relations, work_of, places)
    curated = timelines if order == "story" else ()
    rules, set_aside = order_rules(all_relations, work_of, places, hints, curated)
    if order == "essential":
        needed = {work: place for work, place in places.items() if work not in optional}
        return _essential(needed, rules, set_aside)
    storylines = storylines_of(members, works, rules, places)
    ordered = _by_story(places, rules, storylines, turns_of(members, works, storylines))
    reasons = _reasons(ordered, rules, storylines, places)
    steps = tuple(
        OrderStep(work, position, work in optional, reasons[work], storylines[work])
        for position, work in enumerate(ordered, 1)
    )
    return WatchOrder(order, steps, tuple(set_aside))


def _by_release(places: Mapping[UUID, Place], optional: Collection[UUID]) -> Iterable[OrderStep]:
    before: Place | None = None
    for position, (work, place) in enumerate(sorted(places.items(), key=lambda p: p[1]), 1):
        yield OrderStep(work, position, work in optional, (_released(place, before),))
        before = place


def _released(place: Place, before: Place | None) -> PlacementReason:
    date = place[0]
    if before is None or before[0] != date:
        return (
            PlacementReason("undated")
            if date.startswith(release_dates.UNKNOWN)
            else PlacementReason("date", date=date)
        )
    return PlacementReason("season" if before[1:3] != place[1:3] else "number", date=date)


def _essential(
    needed: Mapping[UUID, Place], rules: Iterable[OrderRule], set_aside: Iterable[SetAside]
) -> WatchOrder:
    """Return the `needed` works by release; relations that contradict it are set aside."""
    applicable = [rule for rule in rules if rule.first in needed and rule.then in needed]
    agree = [rule for rule in applicable if needed[rule.first] < needed[rule.then]]
    against = [r.relation for r in applicable if r.relation and needed[r.first] > needed[r.then]]
    ordered = sorted(needed, key=needed.__getitem__)
    reasons = _reasons(ordered, agree, dict.fromkeys(ordered, 0), needed)
    steps = (OrderStep(work, place, False, reasons[work]) for place, work in enumerate(ordered, 1))
    return WatchOrder(
        "essential",
        tuple(steps),
        (*set_aside, *(SetAside(relation, "release") for relation in against)),
    )


def _by_story(
    places: Mapping[UUID, Place],
    rules: Sequence[OrderRule],
    storylines: Mapping[UUID, int],
    turns: Mapping[int, tuple[bool, float, int]],
) -> list[UUID]:
    """Return the works by storyline, so that all rules within one hold, otherwise by release.

    A prequel is sorted by the place of the work that it leads to if that is earlier than its own.
    """
    inside = [rule for rule in rules if storylines[rule.first] == storylines[rule.then]]
    after: dict[UUID, set[UUID]] = {}
    for rule in inside:
        after.setdefault(rule.first, set()).add(rule.then)
    wanted = _wanted_places(places, inside)
    keys = {work: (turns[storylines[work]], wanted[work], place) for work, place in places.items()}
    return graphs.topological_order(keys, after)


def _wanted_places(places: Mapping[UUID, Place], rules: Iterable[OrderRule]) -> dict[UUID, Place]:
    """Return for each work the earliest place of the works that it leads to, itself included."""
    wanted = dict(places)
    continues = [rule for rule in rules if rule.rank >= CONTINUES]
    changed = True
    while changed:  # Rules form no loops, so this ends; chains of sequels are mostly in order.
        changed = False
        for rule in reversed(continues):
            if wanted[rule.then] < wanted[rule.first]:
                wanted[rule.first] = wanted[rule.then]
                changed = True
    return wanted


def _follows(rule: OrderRule) -> PlacementReason:
    if rule.relation is None:
        return PlacementReason("curated", decided=CuratedPlacement(rule.first, rule.reason))
    return PlacementReason("after", rule.relation)


def _leads_to(rule: OrderRule) -> PlacementReason:
    if rule.relation is None:
        return PlacementReason(
            "curated", decided=CuratedPlacement(rule.then, rule.reason, is_before=True)
        )
    return PlacementReason("before", rule.relation)


def _reasons(
    ordered: Sequence[UUID],
    rules: Sequence[OrderRule],
    storylines: Mapping[UUID, int],
    places: Mapping[UUID, Place],
) -> dict[UUID, tuple[PlacementReason, ...]]:
    """Return the reasons for the place of each work: the rules, the surest first, or its date."""
    found = _ruled(ordered, rules, storylines, places)
    before: UUID | None = None
    for work in ordered:
        if before is not None and storylines[work] != storylines[before]:
            found[work].insert(0, PlacementReason("apart"))
        if not found[work]:
            found[work].append(_released(places[work], places[before] if before else None))
        before = work
    return {work: tuple(reasons) for work, reasons in found.items()}


def _ruled(
    ordered: Iterable[UUID],
    rules: Sequence[OrderRule],
    storylines: Mapping[UUID, int],
    places: Mapping[UUID, Place],
) -> dict[UUID, list[PlacementReason]]:
    """Return the rules that placed each work, the surest first."""
    found: dict[UUID, list[PlacementReason]] = {work: [] for work in ordered}
    for rule in rules:
        if storylines[rule.first] != storylines[rule.then]:
            continue
        found[rule.then].append(_follows(rule))
        if rule.rank == CONTINUES and places[rule.then] < places[rule.first]:
            found[rule.first].append(_leads_to(rule))
    for rule in rules:
        if rule.relation is None and not any(one.decided for one in found[rule.first]):
            found[rule.first].insert(0, _leads_to(rule))  # It begins a curated order.
    return found
