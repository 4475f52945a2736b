"""What must be true of every line and watch order, checked the slow and obvious way.

The checks know nothing of how orders are made: they read members, relations and steps, and name
what is broken. `benchmarks.bench_orders` counts them over a catalogue, the tests over random
franchises and over the slice of the real one.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from typing import Final, NamedTuple
from uuid import UUID

from kensho.domain.franchise.franchises import Franchise, Member
from kensho.domain.franchise.inputs import FranchiseWork, Relation
from kensho.domain.titles import folded
from kensho.domain.watch_order.order import Order, WatchOrder, watch_order

ORDERS: Final[tuple[Order, ...]] = ("release", "story", "essential")
_NEVER: Final = frozenset(("summary", "music", "promotion", "crossover"))


class BrokenInvariant(NamedTuple):
    """What is broken, and the works that show it."""

    rule: str
    works: tuple[UUID, ...]


def broken(
    one: Franchise, works: Mapping[UUID, FranchiseWork], relations: Sequence[Relation]
) -> list[BrokenInvariant]:
    """Return what is broken in the lines and orders of a franchise."""
    orders: dict[Order, WatchOrder] = {
        order: watch_order(one.members, works, relations, order, one.timelines) for order in ORDERS
    }
    record = {id_: m.work for m in one.members for id_ in (m.work, *m.also)}
    sequels = set(_sequels(relations, record))
    set_aside = {
        (record[aside.relation.source], record[aside.relation.target])
        for aside in orders["story"].set_aside
        if aside.relation.kind in ("sequel", "prequel")
    }
    kept = {
        (first, then)
        for first, then in sequels
        if (first, then) not in set_aside and (then, first) not in set_aside
    }
    return [
        *_lines(one.members, orders["story"]),
        *_permutations(one.members, orders),
        *_story(orders["story"], kept),
        *_essential(one.members, works, orders["essential"], kept),
        *_twins(one.members, works, orders, sequels),
        *_reasons(orders, relations, record),
    ]


def _sequels(
    relations: Iterable[Relation], record: Mapping[UUID, UUID]
) -> Iterator[tuple[UUID, UUID]]:
    for relation in relations:
        source, target = record.get(relation.source), record.get(relation.target)
        if source is None or target is None or source == target:
            continue
        if relation.kind == "sequel":
            yield source, target
        elif relation.kind == "prequel":
            yield target, source


def _lines(members: Sequence[Member], order: WatchOrder) -> Iterator[BrokenInvariant]:
    numbers: dict[UUID, list[int]] = {member.work: [] for member in members}
    for number, line in enumerate(order.lines):
        for work in line.works:
            numbers[work].append(number)
        if not line.title.strip():
            yield BrokenInvariant("a line has a title", line.works)
    for work, found in numbers.items():
        if len(found) != 1:
            yield BrokenInvariant("every member is in one line", (work,))
    for step in order.steps:
        if numbers[step.work] != [step.line]:
            yield BrokenInvariant("a step names the line of its work", (step.work,))


def _permutations(
    members: Sequence[Member], orders: Mapping[Order, WatchOrder]
) -> Iterator[BrokenInvariant]:
    every = sorted(member.work for member in members)
    for name in ("release", "story"):
        if sorted(step.work for step in orders[name].steps) != every:
            yield BrokenInvariant(f"{name} holds every member once", ())
    needed = [step.work for step in orders["release"].steps if not step.optional]
    if [step.work for step in orders["essential"].steps] != needed:
        yield BrokenInvariant("essential is release without what is optional", ())


def _story(order: WatchOrder, kept: Iterable[tuple[UUID, UUID]]) -> Iterator[BrokenInvariant]:
    place = {step.work: step.position for step in order.steps}
    for first, then in sorted(kept):
        if place[first] > place[then]:
            yield BrokenInvariant("no sequel before its predecessor in story", (first, then))


def _essential(
    members: Sequence[Member],
    works: Mapping[UUID, FranchiseWork],
    order: WatchOrder,
    kept: Iterable[tuple[UUID, UUID]],
) -> Iterator[BrokenInvariant]:
    role = {member.work: member.role for member in members}
    root = members[0].work
    inside = {step.work for step in order.steps}
    held = {_identity(works[work]) for work in inside}
    for first, then in sorted(kept):
        is_possible = role[first] not in _NEVER and not works[first].is_upcoming
        is_possible &= _identity(works[first]) not in held
        if then in inside and first not in inside and is_possible and then != root:
            yield BrokenInvariant("no sequel without its predecessor in essential", (first, then))
    for work in sorted(inside - {root}):
        if role[work] in _NEVER:
            yield BrokenInvariant(f"no {role[work]} in essential", (work,))
        if works[work].is_upcoming:
            yield BrokenInvariant("nothing unreleased in essential", (work,))


def _identity(work: FranchiseWork) -> tuple[str, str, str]:
    """Return what two works do not have in common: title, year and type."""
    return folded(work.title), work.date[:4], work.type


def _twins(
    members: Sequence[Member],
    works: Mapping[UUID, FranchiseWork],
    orders: Mapping[Order, WatchOrder],
    sequels: Collection[tuple[UUID, UUID]],
) -> Iterator[BrokenInvariant]:
    """Works are two, whatever they are called, if they continue one another or one catalogue lists
    both: two songs of one name, the two halves of a programme."""
    listed = {
        one.work: {
            source.partition(":")[0]
            for id_ in (one.work, *one.also)
            for source in works[id_].sources
        }
        for one in members
    }
    for name, order in orders.items():
        seen: dict[tuple[str, str, str], UUID] = {}
        for step in order.steps:
            work = works[step.work]
            key = _identity(work)
            known = seen.get(key, work.id)
            is_next = (known, work.id) in sequels or (work.id, known) in sequels
            is_told = not listed[known].isdisjoint(listed[work.id])
            if work.date and key in seen and not is_next and not is_told:
                yield BrokenInvariant(
                    f"no two steps of one title, year and type in {name}", (seen[key], work.id)
                )
            seen[key] = work.id


def _reasons(
    orders: Mapping[Order, WatchOrder],
    relations: Iterable[Relation],
    record: Mapping[UUID, UUID],
) -> Iterator[BrokenInvariant]:
    known = set(relations)
    for name, order in orders.items():
        for step in order.steps:
            if not step.because or len(set(step.because)) < len(step.because):
                yield BrokenInvariant(f"each step of {name} says why, once", (step.work,))
            for because in step.because:
                one = because.relation
                if one is not None and (
                    one not in known or step.work not in (record[one.source], record[one.target])
                ):
                    yield BrokenInvariant(f"every reason of {name} is a relation", (step.work,))
