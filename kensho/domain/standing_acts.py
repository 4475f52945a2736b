"""Which acts of curators count: not those that were undone, nor those that a later one overrules.

An act overrules an earlier one that says otherwise of the same thing. Acts that only add up, such
as two values of a fact, both count: their ranks decide between them (`ingest.pipeline.ranks`).

Guarantees: pure, and a function of all acts: whoever is undone counts as though it had never been,
so undoing an act that overruled another brings that one back.
"""

from collections import defaultdict
from collections.abc import Callable, Hashable, Iterable, Iterator, Sequence
from itertools import pairwise
from typing import Final, TypeAlias

import msgspec

from kensho.domain.curator_acts import (
    CuratorAct,
    CuratorStatement,
    EpisodeStatement,
    FactStatement,
    FranchiseJoin,
    FranchiseMove,
    FranchiseRename,
    FranchiseSplit,
    IdStatement,
    MappingStatement,
    NewWork,
    RelationStatement,
    SameWorkStatement,
    StoryOrder,
    TagStatement,
    TitleStatement,
    Undoing,
    canonical_value,
    works_named,
)
from kensho.domain.relations import INVERSE, Kind

WorkOf: TypeAlias = Callable[[str], Hashable]
"""The work that a source id names, or anything else that is one for all ids of a work."""
Pair: TypeAlias = frozenset[Hashable]

EPISODE_FACTS: Final = ("title", "air_date", "duration_s", "filler", "canon", "recap")


_SLOT_FIELDS: Final[dict[type[CuratorStatement], tuple[str, ...]]] = {
    TitleStatement: ("text",),
    TagStatement: ("name",),
    IdStatement: ("id",),
    MappingStatement: ("id", "season"),
}
"""What of a statement tells apart the things that a work has several of."""


def settled(acts: Iterable[CuratorAct], work_of: WorkOf) -> list[CuratorAct]:
    """Return all acts in the order of time, each with why it does not count any more."""
    ordered = sorted(acts, key=lambda act: act.id)
    undone: dict[str, str] = {}
    for act in reversed(ordered):
        if isinstance(act.says, Undoing) and act.id not in undone:
            undone[act.says.of] = act.id
    overruled: dict[str, str] = {}
    newer: defaultdict[Hashable, list[CuratorAct]] = defaultdict(list)
    for act in reversed(ordered):
        if act.id in undone or isinstance(act.says, Undoing):
            continue
        subjects = set(_subjects(act.says, work_of))
        later = {one.id: one for subject in subjects for one in newer[subject]}
        by = next((one for one in later.values() if overrules(one.says, act.says, work_of)), None)
        if by is None:
            by = _together(act.says, list(later.values()), work_of)
        if by is not None:
            overruled[act.id] = by.id
            continue
        for subject in subjects:
            newer[subject].append(act)
    return [
        msgspec.structs.replace(
            act, undone_by=undone.get(act.id), overruled_by=overruled.get(act.id)
        )
        for act in ordered
    ]


def overrules(new: CuratorStatement, old: CuratorStatement, work_of: WorkOf) -> bool:
    """Tell whether a later statement takes the place of an earlier one."""
    slots, others = set(_slots(new, work_of)), set(_slots(old, work_of))
    if others and others <= slots:
        return True
    if isinstance(new, RelationStatement) and isinstance(old, RelationStatement):
        return _pair(new, work_of) == _pair(old, work_of) and _replaces(new, old, work_of)
    if isinstance(new, FranchiseRename) and isinstance(old, FranchiseRename):
        return work_of(old.work) in {work_of(one) for one in (new.work, *new.members)}
    if isinstance(new, StoryOrder) and isinstance(old, StoryOrder):
        return contradict([work_of(w) for w in new.works], [work_of(w) for w in old.works])
    return False


def contradict(one: Sequence[Hashable], other: Sequence[Hashable]) -> bool:
    """Tell whether two orders put works that both name in another sequence."""
    place = {work: number for number, work in enumerate(one)}
    shared = [place[work] for work in other if work in place]
    return any(first > then for first, then in pairwise(shared))


def together_pairs(says: CuratorStatement, work_of: WorkOf) -> list[tuple[Hashable, Hashable]]:
    """Return the pairs of works that a statement puts into one franchise."""
    if isinstance(says, FranchiseJoin):
        first, *rest = (work_of(one) for one in says.works)
        return [(one, other) for other in rest for one in (first,)]
    if isinstance(says, FranchiseMove):
        return [(work_of(says.to), work_of(one)) for one in says.works]
    return []


def apart_pairs(says: CuratorStatement, work_of: WorkOf) -> list[tuple[Hashable, Hashable]]:
    """Return the pairs of works that a statement puts into different franchises."""
    if isinstance(says, FranchiseSplit):
        others = says.others
    elif isinstance(says, FranchiseMove):
        others = says.away_from
    else:
        return []
    return [(work_of(one), work_of(other)) for one in says.works for other in others]


def _together(
    old: CuratorStatement, later: Sequence[CuratorAct], work_of: WorkOf
) -> CuratorAct | None:
    """Return the last of the acts that leave nothing of what a statement says of franchises."""
    mine = [
        *((frozenset(pair), True) for pair in together_pairs(old, work_of)),
        *((frozenset(pair), False) for pair in apart_pairs(old, work_of)),
    ]
    if not mine:
        return None
    against: dict[tuple[Pair, bool], CuratorAct] = {}
    for act in later:
        for pair in together_pairs(act.says, work_of):
            against.setdefault((frozenset(pair), False), act)
        for pair in apart_pairs(act.says, work_of):
            against.setdefault((frozenset(pair), True), act)
    by = [against.get(one) for one in mine]
    return None if None in by else by[0]


def _slots(says: CuratorStatement, work_of: WorkOf) -> Iterator[Hashable]:
    """Yield what a statement decides alone: a later one that decides all of it overrules it."""
    match says:
        case FactStatement():
            yield "fact", work_of(says.work), says.field, repr(canonical_value(says))
        case TitleStatement() | TagStatement() | IdStatement() | MappingStatement():
            told = (getattr(says, name) for name in _SLOT_FIELDS[type(says)])
            yield type(says).__name__, work_of(says.work), *told
        case EpisodeStatement():
            yield from _episode_slots(says, work_of)
        case SameWorkStatement():
            yield "same", frozenset((work_of(says.work), work_of(says.other)))
        case NewWork():
            yield "work", frozenset(says.ids)


def _episode_slots(says: EpisodeStatement, work_of: WorkOf) -> Iterator[Hashable]:
    for name in ("rank", *EPISODE_FACTS):
        if getattr(says, name) is not None:
            yield "episode", work_of(says.work), says.number, name


def _subjects(says: CuratorStatement, work_of: WorkOf) -> Iterator[Hashable]:
    """Yield what statements share that may overrule one another."""
    yield from (work_of(one) for one in works_named(says))
    if isinstance(says, FranchiseRename):
        yield from (work_of(one) for one in says.members)


def _pair(says: RelationStatement, work_of: WorkOf) -> Pair:
    return frozenset((work_of(says.work), work_of(says.other)))


def _replaces(new: RelationStatement, old: RelationStatement, work_of: WorkOf) -> bool:
    is_turned = work_of(new.work) != work_of(old.work)
    kind: Kind = INVERSE[old.kind] if is_turned else old.kind
    if not new.denied:
        return not old.denied or kind in (new.kind, "related")
    return new.kind in (kind, "related")
