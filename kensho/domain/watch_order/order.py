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

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from typing import Literal, NamedTuple, TypeAlias
from uuid import UUID

import msgspec

from kensho.domain import graphs, release_dates
from kensho.domain.franchise.franchises import Member
from kensho.domain.franchise.inputs import FranchiseWork, Relation, Timeline
from kensho.domain.franchise.lines import StoryLine, lines_of
from kensho.domain.watch_order.optional import optional_works
from kensho.domain.watch_order.rules import (
    CONTINUES,
    OrderRule,
    Place,
    SetAside,
    called_side_stories,
    order_rules,
    place_of,
)
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
    """A work in an order; positions count from 1, `line` is the number of its line from 0."""

    work: UUID
    position: int
    optional: bool
    because: tuple[PlacementReason, ...]
    line: int = 0


class WatchOrder(msgspec.Struct, frozen=True):
    """The steps of an order, the lines in the suggested sequence, and contradicting relations."""

    order: Order
    steps: tuple[OrderStep, ...]
    lines: tuple[StoryLine, ...] = ()
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
    the `story` order, lines, and which works are optional.
    """
    places = {member.work: place_of(works[member.work]) for member in members}
    work_of = {id_: member.work for member in members for id_ in (member.work, *member.also)}
    all_relations = list(relations)
    lines = lines_of(members, works, all_relations, timelines)
    told = _Told(places, {work: n for n, line in enumerate(lines) for work in line.works}, lines)
    hints = teasers(members, works, all_relations, work_of, places)
    story, against = order_rules(all_relations, work_of, places, hints, timelines)
    sides = set(called_side_stories(all_relations, work_of))
    continued = [(rule.first, rule.then) for rule in story if rule.rank >= CONTINUES]
    optional = optional_works(members, works, continued, lines, sides)
    if order == "story":
        ordered = _by_story(told, story)
        reasons = _reasons(ordered, story, told)
        return WatchOrder(order, _steps(ordered, reasons, optional, told), lines, tuple(against))
    stated = [rule for rule in story if rule.relation is not None]
    ordered = _by_release(told, stated)
    if order == "release":
        steps = _steps(ordered, _dated(ordered, stated, told), optional, told)
        return WatchOrder(order, steps, lines)
    return _essential([work for work in ordered if work not in optional], stated, against, told)


class _Told(NamedTuple):
    """What orders are made from: the place and the line of each work, and the lines."""

    places: Mapping[UUID, Place]
    line_of: Mapping[UUID, int]
    lines: Sequence[StoryLine]

    def telling(self, work: UUID) -> int:
        """Return the telling that a work is of: its line's if that is one, else the root's."""
        line = self.line_of[work]
        if self.lines[line].kind == "retelling":
            return line
        return next(n for n, one in enumerate(self.lines) if one.kind == "story")


def _by_release(told: _Told, rules: Sequence[OrderRule]) -> list[UUID]:
    """Return the works by release, one telling of the story after the other.

    A work that was set between two works which continue one another stands between them, though it
    came out after both.
    """
    keys = {work: (told.telling(work), place) for work, place in told.places.items()}
    wanted = dict(keys)
    after: dict[UUID, set[UUID]] = {}
    for firsts, between, thens in _insertions(rules, keys):
        wanted[between] = min(keys[then] for then in thens)
        after.setdefault(between, set()).update(thens)
        for first in firsts:
            after.setdefault(first, set()).add(between)
    return graphs.topological_order({work: (wanted[work], keys[work]) for work in keys}, after)


def _insertions(
    rules: Iterable[OrderRule], keys: Mapping[UUID, tuple[int, Place]]
) -> Iterator[tuple[set[UUID], UUID, set[UUID]]]:
    """Yield the works that were set between others later, with those before and after them.

    That is a work which came out after all that it leads to, but continues what all of that
    continues as well.
    """
    onward: dict[UUID, set[UUID]] = {}
    back: dict[UUID, set[UUID]] = {}
    for rule in rules:
        if rule.rank >= CONTINUES and _is_stated(rule):
            onward.setdefault(rule.first, set()).add(rule.then)
            back.setdefault(rule.then, set()).add(rule.first)
    for between, every in onward.items():
        thens = {one for one in every if keys[one] < keys[between]}
        earliest = min((keys[one] for one in thens), default=keys[between])
        firsts = {one for one in back.get(between, ()) if keys[one] < earliest}
        is_one_telling = all(keys[one][0] == keys[between][0] for one in thens)
        if firsts and thens and is_one_telling and all(back[one] & firsts for one in thens):
            yield firsts, between, thens


def _is_stated(rule: OrderRule) -> bool:
    return rule.relation is not None and rule.relation.method != "inferred"


def _steps(
    ordered: Iterable[UUID],
    reasons: Mapping[UUID, tuple[PlacementReason, ...]],
    optional: Collection[UUID],
    told: _Told,
) -> tuple[OrderStep, ...]:
    return tuple(
        OrderStep(work, position, work in optional, reasons[work], told.line_of[work])
        for position, work in enumerate(ordered, 1)
    )


def _dated(
    ordered: Sequence[UUID], rules: Sequence[OrderRule], told: _Told
) -> dict[UUID, tuple[PlacementReason, ...]]:
    """Return why each work stands where it does by release."""
    leads: dict[UUID, PlacementReason] = {}
    place = {work: number for number, work in enumerate(ordered)}
    for rule in reversed(rules):  # The surest is the last to be noted.
        is_late = told.places[rule.then] < told.places[rule.first]
        if rule.rank >= CONTINUES and is_late and place[rule.first] < place[rule.then]:
            leads[rule.first] = _leads_to(rule)
    found: dict[UUID, tuple[PlacementReason, ...]] = {}
    before: UUID | None = None
    for work in ordered:
        is_apart = before is not None and told.telling(before) != told.telling(work)
        reason = leads.get(work) if not is_apart else PlacementReason("apart")
        found[work] = (
            reason or _released(told.places[work], told.places[before] if before else None),
        )
        before = work
    return found


def _released(place: Place, before: Place | None) -> PlacementReason:
    date = place[0]
    if before is None or before[0] != date:
        return (
            PlacementReason("undated")
            if date.startswith(release_dates.UNKNOWN)
            else PlacementReason("date", date=date)
        )
    return PlacementReason("season" if before[1] != place[1] else "number", date=date)


def _essential(
    ordered: Sequence[UUID],
    rules: Iterable[OrderRule],
    set_aside: Iterable[SetAside],
    told: _Told,
) -> WatchOrder:
    """Return the needed works by release; relations that contradict it are set aside."""
    place = {work: number for number, work in enumerate(ordered)}
    applicable = [rule for rule in rules if rule.first in place and rule.then in place]
    agree = [rule for rule in applicable if place[rule.first] < place[rule.then]]
    against = [r.relation for r in applicable if r.relation and place[r.first] > place[r.then]]
    reasons = _reasons(ordered, agree, told)
    return WatchOrder(
        "essential",
        _steps(ordered, reasons, (), told),
        tuple(told.lines),
        (*set_aside, *(SetAside(relation, "release") for relation in against)),
    )


def _by_story(told: _Told, rules: Sequence[OrderRule]) -> list[UUID]:
    """Return the works line by line, so that each comes after what it continues.

    A side story comes after its parent within its line. What leads to a work is sorted by the line
    and the place of that work if those are earlier than its own.
    """
    kept = [one for one in rules if one.rank >= CONTINUES or _is_within_line(one, told)]
    after: dict[UUID, set[UUID]] = {}
    for rule in kept:
        after.setdefault(rule.first, set()).add(rule.then)
    keys = {work: (told.line_of[work], place) for work, place in told.places.items()}
    wanted = _wanted(keys, kept)
    return graphs.topological_order({work: (wanted[work], keys[work]) for work in keys}, after)


def _is_within_line(rule: OrderRule, told: _Told) -> bool:
    return told.line_of[rule.first] == told.line_of[rule.then]


def _wanted(
    keys: Mapping[UUID, tuple[int, Place]], rules: Iterable[OrderRule]
) -> dict[UUID, tuple[int, Place]]:
    """Return for each work the earliest key of the works that it leads to, itself included."""
    wanted = dict(keys)
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
    ordered: Sequence[UUID], rules: Sequence[OrderRule], told: _Told
) -> dict[UUID, tuple[PlacementReason, ...]]:
    """Return the reasons for the place of each work: the rules, the surest first, or its date."""
    found = _ruled(ordered, rules, told)
    before: UUID | None = None
    for work in ordered:
        if before is not None and told.line_of[work] != told.line_of[before]:
            found[work].insert(0, PlacementReason("apart"))
        if not found[work]:
            found[work].append(
                _released(told.places[work], told.places[before] if before else None)
            )
        before = work
    return {work: tuple(dict.fromkeys(reasons)) for work, reasons in found.items()}


def _ruled(
    ordered: Iterable[UUID], rules: Sequence[OrderRule], told: _Told
) -> dict[UUID, list[PlacementReason]]:
    """Return the rules that placed each work, the surest first."""
    found: dict[UUID, list[PlacementReason]] = {work: [] for work in ordered}
    for rule in rules:
        if rule.rank < CONTINUES and not _is_within_line(rule, told):
            continue
        found[rule.then].append(_follows(rule))
        if rule.rank == CONTINUES and told.places[rule.then] < told.places[rule.first]:
            found[rule.first].append(_leads_to(rule))
    for rule in rules:
        if rule.relation is None and not any(one.decided for one in found[rule.first]):
            found[rule.first].insert(0, _leads_to(rule))  # It begins a curated order.
    return found
