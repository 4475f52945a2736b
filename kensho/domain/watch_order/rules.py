"""What works are released by, what relations say of their order, and which of them are set aside.

A sequel comes after what it continues, a prequel before it; a side story, a summary or a spin-off
after the work it belongs to. A side story that several works claim waits for those that were there
before it, or for the earliest. Where rules form a loop, the weakest is set aside: inferred
relations before stated ones, looser kinds before sequels, what contradicts the dates before what
agrees.

What curators say of the order of the story outranks every relation.

Guarantees: the rules that are kept form no loop, and do not depend on the order of relations. A
curated rule is always kept, but where records that a curator took for two turn out to be one work.
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
"""What works are released by: date, season, part, number, type, title, id."""

_YEAR_CHARS, _MONTH_CHARS = 4, 7
_TYPES: Final[Mapping[AnimeType, int]] = {"tv": 0, "movie": 1, "ova": 2, "ona": 3, "special": 4}
_FINAL: Final = 99
_NUMBER: Final = re.compile(r"(?<![0-9])[0-9]{1,3}(?![0-9])")
CURATED: Final = 4
CONTINUES: Final = 3
BELONGS: Final = 1
"""Ranks of rules: a curator's, what continues a story, what belongs to a work in any other way."""


def place_of(work: FranchiseWork) -> Place:
    """Return what a work is released by; of equal dates the first season, part and number."""
    words = folded(work.title)
    said = title_parts.parsed(words).parts
    number = _NUMBER.search(words)
    return (
        release_dates.day_key(work.date),
        _FINAL if said.final and said.season is None else said.season or 1,
        said.part or 1,
        int(number[0]) if number else 0,
        _TYPES.get(work.type, len(_TYPES)),
        words,
        work.id,
    )


def month_of(place: Place) -> int:
    """Return the month of a place, counted from year 0."""
    return 12 * int(place[0][:_YEAR_CHARS]) + int(place[0][_YEAR_CHARS + 1 : _MONTH_CHARS] or 0)


class OrderRule(msgspec.Struct, frozen=True, gc=False):
    """`first` comes before `then`, as a relation says, or a curator for a `reason`."""

    first: UUID
    then: UUID
    rank: int
    relation: Relation | None
    reason: str = ""


class SetAside(msgspec.Struct, frozen=True):
    """A relation that the order does not keep, and its cause.

    `later_parent`: another parent of a side story came out earlier. `curators` and `surer`: the
    rules `against` it, a chain from its later work to its earlier one, are surer; curators made
    some of them, or sources all. `release`: the order goes by release, which says the opposite.
    """

    relation: Relation
    cause: Literal["later_parent", "curators", "surer", "release"]
    against: tuple[OrderRule, ...] = ()


def order_rules(
    relations: Iterable[Relation],
    work_of: Mapping[UUID, UUID],
    places: Mapping[UUID, Place],
    hints: Iterable[OrderRule] = (),
    timelines: Iterable[Timeline] = (),
) -> tuple[list[OrderRule], list[SetAside]]:
    """Return what is said of the order of works, the surest first, and the relations set aside.

    `work_of` names the work that each record is of; relations to any other say nothing. `hints` are
    weaker than every relation that says something.
    """
    said = [*_said(relations, work_of, places), *hints]
    rules, late = _with_earliest_parents(said, places)
    kept, loops = _without_loops([*_curated(timelines, work_of), *rules])
    return kept, [*late, *loops]


def continued(
    relations: Iterable[Relation], work_of: Mapping[UUID, UUID], timelines: Iterable[Timeline]
) -> Iterator[tuple[UUID, UUID]]:
    """Yield the pairs of works of which one continues the other, as somebody says."""
    for relation in relations:
        one, other = work_of.get(relation.source), work_of.get(relation.target)
        if relation.kind in ("sequel", "prequel") and one and other and one != other:
            yield one, other
    for rule in _curated(timelines, work_of):
        yield rule.first, rule.then


def called_side_stories(
    relations: Iterable[Relation], work_of: Mapping[UUID, UUID]
) -> Iterator[UUID]:
    """Yield the works of which a relation says that they are a side story."""
    for relation in relations:
        if relation.kind in ("side_story", "parent_story"):
            side = relation.target if relation.kind == "side_story" else relation.source
            if side in work_of:
                yield work_of[side]


def _curated(timelines: Iterable[Timeline], work_of: Mapping[UUID, UUID]) -> Iterator[OrderRule]:
    for told in timelines:
        known = dict.fromkeys(work_of[work] for work in told.works if work in work_of)
        for first, then in pairwise(known):
            yield OrderRule(first, then, CURATED, None, told.reason)


def _said(
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
        key=lambda said: (
            -METHOD_RANK[said[1].method],
            -said[0].rank,
            -said[1].confidence,
            places[said[0].first] > places[said[0].then],  # What agrees with the dates is surer.
            relation_key(said[1]),
        )
    )
    return [rule for rule, _ in found]


def _with_earliest_parents(
    rules: Iterable[OrderRule], places: Mapping[UUID, Place]
) -> tuple[list[OrderRule], list[SetAside]]:
    """Return the rules without those by which a side story waits for later parents.

    A catalogue that lists a special with every season does not mean that it follows the last one.
    """
    said = list(rules)
    earliest: dict[UUID, Place] = {}
    for rule in said:
        if rule.rank < CONTINUES:
            parent = places[rule.first]
            earliest[rule.then] = min(parent, earliest.get(rule.then, parent))
    kept: list[OrderRule] = []
    aside: list[SetAside] = []
    for rule in said:
        parent = places[rule.first]
        is_late = places[rule.then] < parent
        if rule.relation and rule.rank < CONTINUES and is_late and earliest[rule.then] < parent:
            aside.append(SetAside(rule.relation, "later_parent"))
        else:
            kept.append(rule)
    return kept, aside


def _without_loops(rules: Iterable[OrderRule]) -> tuple[list[OrderRule], list[SetAside]]:
    """Return the rules that agree with all surer ones, and the relations of the others."""
    after: dict[UUID, dict[UUID, OrderRule]] = {}
    kept: list[OrderRule] = []
    aside: list[SetAside] = []
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
                aside.append(SetAside(rule.relation, cause, against))
        else:
            after.setdefault(rule.first, {})[rule.then] = rule
            kept.append(rule)
    return kept, aside
