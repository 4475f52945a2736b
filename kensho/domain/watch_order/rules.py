"""The rules of watch orders: release places, rules from relations, and relations set aside.

A sequel comes after the work it continues, and a prequel before it. A side story, a summary or a
spin-off comes after its parent. A side story of several parents comes after those that were
released before it, or else after the earliest. Where rules form a loop, the weakest is set aside:
inferred relations before stated ones, looser kinds before sequels, and rules that contradict the
dates before those that agree. A curated order outranks every relation.

Guarantees: the rules that are kept form no loop and do not depend on the order of relations. A
curated rule is always kept, unless two records in it turn out to be the same work.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from itertools import pairwise
from typing import Final, Literal, TypeAlias
from uuid import UUID

import msgspec

from kensho.domain import graphs, release_dates, title_parts
from kensho.domain.franchise.inputs import FranchiseWork, Relation, Timeline, relation_key
from kensho.domain.relations import KIND_FACTS, METHOD_RANK
from kensho.domain.titles import folded
from kensho.domain.works import AnimeType

Place: TypeAlias = tuple[str, int, int, int, int, str, UUID]
"""The sort key of release order: date, season, type, part, number, title, id."""

_YEAR_CHARS, _MONTH_CHARS = 4, 7
_TYPES: Final[Mapping[AnimeType, int]] = {"tv": 0, "movie": 1, "ova": 2, "ona": 3, "special": 4}
_FINAL: Final = 99
_NUMBER: Final = re.compile(r"(?<![0-9])[0-9]{1,3}(?![0-9])")
CURATED: Final = 4
CONTINUES: Final = 3
BELONGS: Final = 1
"""Ranks of rules: curated, from a sequel or prequel, from any other kind of relation."""


def place_of(work: FranchiseWork) -> Place:
    """Return the place of a work in release order: by date, season, form, part and number."""
    words = folded(work.title)
    parts = title_parts.parsed(words).parts
    number = _NUMBER.search(words)
    return (
        release_dates.day_key(work.date),
        _FINAL if parts.final and parts.season is None else parts.season or 1,
        _form(work),
        parts.part or 1,
        int(number[0]) if number else 0,
        words,
        work.id,
    )


def _form(work: FranchiseWork) -> int:
    """Return the rank of a work's form; what is brief accompanies what came out with it."""
    return _TYPES.get(work.type, len(_TYPES)) + (len(_TYPES) if work.is_brief else 0)


def month_of(place: Place) -> int:
    """Return the month of a place, counted from year 0."""
    return 12 * int(place[0][:_YEAR_CHARS]) + int(place[0][_YEAR_CHARS + 1 : _MONTH_CHARS] or 0)


class OrderRule(msgspec.Struct, frozen=True, gc=False):
    """A rule that `first` comes before `then`, from a relation or from curators with a `reason`."""

    first: UUID
    then: UUID
    rank: int
    relation: Relation | None
    reason: str = ""


SetAsideCause: TypeAlias = Literal["later_parent", "curators", "surer", "release"]
"""Why an order contradicts a relation.

`later_parent`: another parent of the side story was released earlier. `curators` and `surer`: rules
that form a chain in the opposite direction outrank the relation; `curators` means that one of them
is curated. `release`: the order goes by release, which contradicts the relation.
"""


class SetAside(msgspec.Struct, frozen=True):
    """A relation that the order contradicts, the cause, and the chain of rules `against` it."""

    relation: Relation
    cause: SetAsideCause
    against: tuple[OrderRule, ...] = ()


def order_rules(
    relations: Iterable[Relation],
    work_of: Mapping[UUID, UUID],
    places: Mapping[UUID, Place],
    hints: Iterable[OrderRule] = (),
    timelines: Iterable[Timeline] = (),
) -> tuple[list[OrderRule], list[SetAside]]:
    """Return the rules about the order of works, the surest first, and the relations set aside.

    `work_of` maps each record to its work; relations to other records are ignored. `hints` are
    rules that are weaker than those of every relation.
    """
    found = [*_rules_of_relations(relations, work_of, places), *hints]
    rules, late = _with_earliest_parents(found, places)
    kept, loops = _without_loops([*_curated(timelines, work_of), *rules])
    return kept, [*late, *loops]


def called_side_stories(
    relations: Iterable[Relation], work_of: Mapping[UUID, UUID]
) -> Iterator[UUID]:
    """Yield the works that a relation calls a side story."""
    for relation in relations:
        if relation.kind in ("side_story", "parent_story"):
            side = relation.target if relation.kind == "side_story" else relation.source
            if side in work_of:
                yield work_of[side]


def _curated(timelines: Iterable[Timeline], work_of: Mapping[UUID, UUID]) -> Iterator[OrderRule]:
    for timeline in timelines:
        ordered = dict.fromkeys(work_of[work] for work in timeline.works if work in work_of)
        for first, then in pairwise(ordered):
            yield OrderRule(first, then, CURATED, None, timeline.reason)


def _rules_of_relations(
    relations: Iterable[Relation], work_of: Mapping[UUID, UUID], places: Mapping[UUID, Place]
) -> list[OrderRule]:
    found: list[tuple[OrderRule, Relation]] = []
    for relation in relations:
        source, target = work_of.get(relation.source), work_of.get(relation.target)
        if source is None or target is None or source == target:
            continue
        facts = KIND_FACTS[relation.kind]
        if facts.order_rank is not None:
            first, then = (source, target) if facts.is_forward else (target, source)
            found.append((OrderRule(first, then, facts.order_rank, relation), relation))
    found.sort(
        key=lambda pair: (
            -METHOD_RANK[pair[1].method],
            -pair[0].rank,
            -pair[1].confidence,
            # Rules that agree with the dates are surer.
            places[pair[0].first] > places[pair[0].then],
            relation_key(pair[1]),
        )
    )
    return [rule for rule, _ in found]


def _with_earliest_parents(
    rules: Iterable[OrderRule], places: Mapping[UUID, Place]
) -> tuple[list[OrderRule], list[SetAside]]:
    """Return the rules without those that place a side story after its later parents.

    A catalogue that lists a special with every season does not mean that it follows the last one.
    """
    all_rules = list(rules)
    earliest: dict[UUID, Place] = {}
    for rule in all_rules:
        if rule.rank < CONTINUES:
            parent = places[rule.first]
            earliest[rule.then] = min(parent, earliest.get(rule.then, parent))
    kept: list[OrderRule] = []
    set_aside: list[SetAside] = []
    for rule in all_rules:
        parent = places[rule.first]
        is_late = places[rule.then] < parent
        if rule.relation and rule.rank < CONTINUES and is_late and earliest[rule.then] < parent:
            set_aside.append(SetAside(rule.relation, "later_parent"))
        else:
            kept.append(rule)
    return kept, set_aside


def _without_loops(rules: Iterable[OrderRule]) -> tuple[list[OrderRule], list[SetAside]]:
    """Return the rules that agree with all surer ones, and the relations of the other rules."""
    after: dict[UUID, dict[UUID, OrderRule]] = {}
    kept: list[OrderRule] = []
    set_aside: list[SetAside] = []
    for rule in rules:
        if rule.then in after.get(rule.first, ()):
            kept.append(rule)
        elif (
            against := graphs.shortest_path(
                rule.then, rule.first, lambda work: after.get(work, {}).items()
            )
        ) is not None:
            if rule.relation is not None:
                is_curated = any(one.relation is None for one in against)
                cause: Literal["curators", "surer"] = "curators" if is_curated else "surer"
                set_aside.append(SetAside(rule.relation, cause, against))
        else:
            after.setdefault(rule.first, {})[rule.then] = rule
            kept.append(rule)
    return kept, set_aside
