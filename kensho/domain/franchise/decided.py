"""The policy of franchises as acts of curators change it: joins, cuts, names, orders of stories.

Guarantees: pure. An act wins over every earlier act, and over what the curators' files decide; of
what it contradicts the rest stays. Works are told apart by what `work_of` makes of their ids, so it
does not matter which id of a work a decision names.
"""

from collections.abc import Hashable, Iterable, Sequence
from itertools import chain, pairwise
from typing import Final

import msgspec

from kensho.domain import graphs
from kensho.domain.curator_acts import (
    CuratorAct,
    FranchiseJoin,
    FranchiseMove,
    FranchiseRename,
    FranchiseSplit,
    StoryOrder,
)
from kensho.domain.franchise.policy import Chronology, Cut, Join, Policy, Rename
from kensho.domain.standing_acts import WorkOf

_LEAST: Final = 2


class _Franchises:
    """Which pairs of works are decided to be together or apart, newest decisions first."""

    def __init__(self, work_of: WorkOf) -> None:
        self._work_of = work_of
        self._apart: set[frozenset[Hashable]] = set()
        self._together: set[frozenset[Hashable]] = set()
        self.joins: list[Join] = []
        self.cuts: list[Cut] = []

    def join(self, works: Sequence[str], reason: str) -> None:
        """Join works, but for those that are decided to be apart from the ones before them."""
        kept: list[str] = []
        for one in works:
            if not any(self._pair(one, other) in self._apart for other in kept):
                kept.append(one)
        if len(kept) >= _LEAST:
            self.joins.append(Join(tuple(kept), reason))
            self._together |= {self._pair(kept[0], other) for other in kept[1:]}

    def cut(self, works: Sequence[str], others: Sequence[str], reason: str) -> None:
        """Keep works apart, but for pairs that are decided to be together."""
        for one in works:
            left = tuple(o for o in others if self._pair(one, o) not in self._together)
            if left:
                self.cuts.append(Cut((one,), left, reason))
                self._apart |= {self._pair(one, other) for other in left}

    def keep_cut(self, cut: Cut) -> None:
        """Keep an older cut as it is where nothing contradicts it."""
        pairs = (self._pair(one, other) for one in cut.works for other in cut.others)
        if self._together.isdisjoint(pairs):
            self.cuts.append(cut)
        else:
            self.cut(cut.works, cut.others, cut.reason)

    def _pair(self, one: str, other: str) -> frozenset[Hashable]:
        return frozenset((self._work_of(one), self._work_of(other)))


def decided_policy(policy: Policy, acts: Iterable[CuratorAct], work_of: WorkOf) -> Policy:
    """Return a policy with what the acts of curators that stand decide of franchises."""
    newest = sorted((act for act in acts if act.stands), key=lambda act: act.id, reverse=True)
    decided = [act for act in newest if isinstance(act.says, _OF_FRANCHISES)]
    if not decided:
        return policy
    found = _Franchises(work_of)
    for act in decided:
        says = act.says
        if isinstance(says, FranchiseJoin):
            found.join(says.works, act.reason)
        elif isinstance(says, FranchiseSplit):
            found.cut(says.works, says.others, act.reason)
        elif isinstance(says, FranchiseMove):
            found.cut(says.works, says.away_from, act.reason)
            found.join((says.to, *says.works), act.reason)
    own_joins, own_cuts = found.joins, found.cuts
    found.joins, found.cuts = [], []
    for join in policy.join:
        found.join(join.works, join.reason)
    for cut in policy.cut:
        found.keep_cut(cut)
    renames = _renames(policy, decided, work_of)
    return msgspec.structs.replace(
        policy,
        join=(*found.joins, *reversed(own_joins)),
        cut=(*found.cuts, *reversed(own_cuts)),
        rename=renames,
        chronology=_chronologies(policy, decided, work_of),
    )


def _renames(policy: Policy, acts: Iterable[CuratorAct], work_of: WorkOf) -> tuple[Rename, ...]:
    """Return what franchises are called, without names of franchises that were given another."""
    given = [(act.says, act.reason) for act in acts if isinstance(act.says, FranchiseRename)]
    renamed = {work_of(one) for says, _ in given for one in (says.work, *says.members)}
    kept = (one for one in policy.rename if work_of(one.work) not in renamed)
    own = (Rename(says.work, says.title, reason) for says, reason in reversed(given))
    return (*kept, *own)


def _chronologies(
    policy: Policy, acts: Iterable[CuratorAct], work_of: WorkOf
) -> tuple[Chronology, ...]:
    """Return the orders of stories; of those that contradict one another the newest is kept."""
    own = [
        Chronology(act.says.works, act.reason) for act in acts if isinstance(act.says, StoryOrder)
    ]
    if not own:
        return policy.chronology
    after: dict[Hashable, set[Hashable]] = {}
    kept: list[Chronology] = []
    for one in chain(own, policy.chronology):
        steps = [*pairwise(work_of(work) for work in one.works)]
        trial = {work: set(later) for work, later in after.items()}
        for first, then in steps:
            trial.setdefault(first, set()).add(then)
        if not _leads_back(steps, trial):
            after = trial
            kept.append(one)
    return tuple(reversed(kept))


def _leads_back(
    steps: Iterable[tuple[Hashable, Hashable]], after: dict[Hashable, set[Hashable]]
) -> bool:
    return any(
        first in graphs.reachable((then,), lambda work: after.get(work, ()))
        for first, then in steps
    )


_OF_FRANCHISES: Final = (FranchiseJoin, FranchiseSplit, FranchiseMove, FranchiseRename, StoryOrder)
