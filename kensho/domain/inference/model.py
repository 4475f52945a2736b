"""Infers the kind of an untyped relation, with gradient-boosted decision trees over measures.

Each branch of a tree compares a measure with a limit, and each leaf is a number. The leaves of all
trees of a kind are added up, and a softmax over the kinds turns the sums into probabilities. The
confidence is the share of correct results that cross-validation measured at that probability. Below
the threshold of the kind nothing is inferred, and the pair stays `related`. The reasons are the
measures that raised the sum of the inferred kind the most.

Guarantees: pure and deterministic. The result for (b, a) is the inverse of that for (a, b), because
measures are always taken from the earlier to the later work. `benchmarks/train_relations.py` trains
the model, and `ingest/models/relation_kinds.json` stores it; `docs/models/relation-kinds.md` is its
card. All numbers that are added up are integers, so that every machine gets the same sums.

Performance: 0.2 ms for a pair: all comparisons are made at once, tree by tree would take 0.7 ms.
"""

import bisect
import math
from collections.abc import Mapping, Sequence
from functools import cached_property
from itertools import islice
from typing import Final, NamedTuple

import msgspec
import numpy as np
import numpy.typing as npt

from kensho.domain.inference.features import Pair, Vocabulary
from kensho.domain.inference.measures import PLACES, measured
from kensho.domain.inference.title_pairs import STEPS, WAYS
from kensho.domain.relations import FORWARD, INVERSE, Kind

_MOST_REASONS: Final = 3
"""The most reasons in an explanation, which is one line; chosen by hand."""
_LEAST_WORTH: Final = 0.01
"""Measures that raised the sum by less are not mentioned; chosen by hand."""
UNIT: Final = 0.0001
"""What the integers of leaves and means count."""
_ALL_LEAVES: Final = np.uint16(0xFFFF)
_PLACE: Final = np.zeros(1 << 16, dtype=np.int64)
"""By a number of which one bit is set, the place of that bit."""
_PLACE[1 << np.arange(16)] = np.arange(16)
_SIDES: Final = {"a": "the earlier work", "b": "the later work"}
_CODED: Final[Mapping[str, Sequence[str]]] = {
    "names": WAYS,
    "season": STEPS,
    "tvdb": PLACES,
    "tmdb": PLACES,
}
"""Measures whose values are indexes into a sequence of words."""
_HINTS: Final = ("mark", "told", "tag")
_STATED: Final = ("a_has", "b_has", "path")
_OF_BOTH_DATES: Final = frozenset(("gap", "gap_share", "after_end", "forms", "season:back"))
"""Phrases that tell which of two works was released first, or how long before the other."""


class Trees(msgspec.Struct, frozen=True):
    """Decision trees in columns: all branches of a tree after each other, root first.

    `kinds` holds the index of the kind of each tree, `branches` how many branches it has (at least
    one and at most 15), so that it has one leaf more. The branch `i` compares the measure of index
    `measures[i]` with `limits[i]`. Its `below[i]` leaves are those of values up to the limit, and
    the next `above[i]` are those of values above it; they follow the leaves of `first[i]`, counted
    within the tree. `means` are the mean values of branches, and `leaves` the values of leaves, in
    units of 0.0001.
    """

    kinds: tuple[int, ...] = ()
    branches: tuple[int, ...] = ()
    measures: tuple[int, ...] = ()
    limits: tuple[float, ...] = ()
    first: tuple[int, ...] = ()
    below: tuple[int, ...] = ()
    above: tuple[int, ...] = ()
    means: tuple[int, ...] = ()
    leaves: tuple[int, ...] = ()


class MeasureTable(msgspec.Struct, frozen=True, dict=True):
    """The `trees` of all `kinds`, and the `measures` that they compare.

    The kind `related` stands for none of the others. `steps` are pairs of a predicted probability
    and the measured share of correct results, in rising order. `thresholds` are the probabilities
    from which a kind is inferred. A kind and its inverse share both, under the forward kind.
    """

    kinds: tuple[Kind, ...] = ("related",)
    measures: tuple[str, ...] = ()
    trees: Trees = Trees()
    steps: dict[Kind, tuple[tuple[float, float], ...]] = {}
    thresholds: dict[Kind, float] = {}

    @cached_property
    def scorer(self) -> "TreeScorer":
        """The trees, arranged for comparing many measures at once."""
        return TreeScorer(self)


class TreeScorer:
    """Evaluates all trees of a table at once.

    The leaves of a tree are bits of a number. A branch whose value is above its limit rules out
    the leaves below; of the leaves that no branch rules out, the first is the one that is reached.
    """

    def __init__(self, table: MeasureTable) -> None:
        trees = table.trees
        branches = np.array(trees.branches, dtype=np.int64)
        first, below = (np.array(one, dtype=np.int64) for one in (trees.first, trees.below))
        self._names = table.measures
        self._kinds, self._kind_count = np.array(trees.kinds, dtype=np.int64), len(table.kinds)
        self._measures = np.array(trees.measures, dtype=np.int64)
        self._limits = np.array(trees.limits, dtype=np.float64)
        self._ruled_out = (~(((1 << below) - 1) << first)).astype(np.uint16)
        self._leaves = np.array(trees.leaves, dtype=np.int64)
        self._roots = np.cumsum(branches) - branches
        self._first_leaf = np.cumsum(branches + 1) - branches - 1
        self._means = np.array(trees.means, dtype=np.int64)
        self._first, self._size = first, below + np.array(trees.above, dtype=np.int64)
        self._tree = np.repeat(np.arange(len(branches)), branches)
        kind_of_branch = self._kinds[self._tree]
        self._branches = [np.flatnonzero(kind_of_branch == one) for one in range(self._kind_count)]

    def sums(self, measures: Mapping[str, float]) -> list[float]:
        """Return for each kind the sum of the leaves that are reached."""
        if not len(self._roots):
            return [0.0] * self._kind_count
        values = self._leaves[self._first_leaf + self._reached(measures)]
        totals = np.bincount(self._kinds, weights=values, minlength=self._kind_count)
        return [float(one) * UNIT for one in totals]

    def worth(self, kind: int, measures: Mapping[str, float]) -> dict[str, float]:
        """Return by how much the comparisons of each measure changed the sum of a kind.

        A comparison changed the mean value of its branch to that of the next branch on the way to
        the leaf that is reached, the last one to the value of the leaf.
        """
        branches = self._branches[kind]
        if not len(branches):
            return {}
        tree = self._tree[branches]
        leaf = self._reached(measures)[tree]
        place = leaf - self._first[branches]
        on_way = (place >= 0) & (place < self._size[branches])
        way, tree, leaf = branches[on_way], tree[on_way], leaf[on_way]
        after = np.where(
            np.append(tree[1:] == tree[:-1], False),
            np.append(self._means[way[1:]], 0),
            self._leaves[self._first_leaf[tree] + leaf],
        )
        names = self._measures[way]
        totals = np.bincount(names, weights=after - self._means[way])
        return {self._names[one]: float(totals[one]) * UNIT for one in np.unique(names).tolist()}

    def _reached(self, measures: Mapping[str, float]) -> npt.NDArray[np.int64]:
        """Return by tree the leaf that is reached."""
        values = np.array([measures.get(name, 0.0) for name in self._names])
        is_above = values[self._measures] > self._limits
        left = np.where(is_above, self._ruled_out, _ALL_LEAVES)
        left = np.bitwise_and.reduceat(left, self._roots)
        reached: npt.NDArray[np.int64] = _PLACE[left & (~left + np.uint16(1))]
        return reached


class RelationModel(msgspec.Struct, frozen=True):
    """A model: `among` is for works with stated relations, `alone` for others.

    `version` is that of its card (`docs/models/relation-kinds.md`). `phrases` are the English
    texts of measures.
    """

    vocabulary: Vocabulary = Vocabulary()
    phrases: dict[str, str] = {}
    among: MeasureTable = MeasureTable()
    alone: MeasureTable = MeasureTable()
    version: str = ""


class Inference(msgspec.Struct, frozen=True):
    """The inferred kind of the second work to the first, with confidence (0..1) and reason."""

    kind: Kind
    confidence: float
    because: str


class Judgement(NamedTuple):
    """The likeliest kind, with its probability and measured confidence.

    `is_said` tells whether the probability reaches the threshold of the kind.
    """

    kind: Kind
    odds: float
    confidence: float
    is_said: bool


def infer(model: RelationModel, pair: Pair) -> Inference | None:
    """Return the kind that `pair.b` is of `pair.a`, or `None` if it cannot be inferred."""
    forward = in_order(pair)
    if not pair.is_tellable:
        return None
    table = model.among if forward.a.known or forward.b.known else model.alone
    measures = measured(forward)
    judged = judge(table, measures)
    if not judged.is_said:
        return None
    kind = judged.kind if forward is pair else INVERSE[judged.kind]
    worth = table.scorer.worth(table.kinds.index(judged.kind), measures)
    return Inference(kind, judged.confidence, _because(model.phrases, forward, measures, worth))


def judge(table: MeasureTable, measures: Mapping[str, float]) -> Judgement:
    """Return the likeliest kind for the measures of a pair, by the trees of a table."""
    sums = table.scorer.sums(measures)
    best = max(sums)
    kind = table.kinds[sums.index(best)]
    odds = 1 / math.fsum(math.exp(one_sum - best) for one_sum in sums)
    return Judgement(
        kind,
        odds,
        _measured(table.steps.get(family(kind), ()), odds),
        odds >= table.thresholds.get(family(kind), math.inf),
    )


def family(kind: Kind) -> Kind:
    """Return the forward kind of a kind and its inverse, such as `sequel` for a prequel."""
    return kind if kind in FORWARD else INVERSE[kind]


def in_order(pair: Pair) -> Pair:
    """Return the pair with the earlier work first: by date, then season, number, length and key."""
    if pair.a.profile.order <= pair.b.profile.order:
        return pair
    return Pair(pair.b, pair.a, pair.around)


def _measured(steps: tuple[tuple[float, float], ...], odds: float) -> float:
    """Return the measured share at this probability, interpolated between the steps around it."""
    if not steps:
        return odds
    place = bisect.bisect_right(steps, odds, key=lambda step: step[0])
    if place == 0 or place == len(steps):
        return steps[max(0, place - 1)][1]
    (x, low), (end, high) = steps[place - 1], steps[place]
    return low + (high - low) * (odds - x) / (end - x)


def _because(
    phrases: Mapping[str, str],
    forward: Pair,
    measures: Mapping[str, float],
    worth: Mapping[str, float],
) -> str:
    """Return the strongest reasons as one line of English; equal ones are sorted by name."""
    ranked = sorted(worth, key=lambda name: (-worth[name], name))
    found = (
        _phrase(phrases, name, measures.get(name, 0.0), forward)
        for name in ranked
        if worth[name] > _LEAST_WORTH
    )
    reasons = islice(dict.fromkeys(filter(None, found)), _MOST_REASONS)
    return "; ".join(reasons) or "no single reason, but many small ones"


def _phrase(phrases: Mapping[str, str], name: str, value: float, forward: Pair) -> str:
    """Return the English phrase for a value of a measure, or "" if there is none."""
    side, _, what = name.partition(":")
    a, b = forward.a.profile, forward.b.profile
    hint, _, about = what.partition(":")
    months = None if a.month is None or b.month is None else abs(b.month - a.month)
    key = f"{name}:{_CODED[name][int(value)]}" if name in _CODED else name
    if months is None and key in _OF_BOTH_DATES:
        return ""
    if name in _CODED:
        pattern = phrases.get(key, "")
    elif side in _STATED:
        pattern, about = phrases.get(side, "") if value else "", hint
    elif hint in _HINTS:
        pattern = phrases.get(hint, "") if value else ""
    else:
        pattern = phrases.get(key, "")
    return pattern.format(
        a=f"“{a.title}”", b=f"“{b.title}”", value=about, of=_SIDES.get(side, side),
        count=f"{value:.0f}",
        type_a=a.facts.anime_type, type_b=b.facts.anime_type, form_a=a.form, form_b=b.form,
        episodes_a=a.facts.episodes or "unknown", episodes_b=b.facts.episodes or "unknown",
        season_a=a.season or 1, season_b=b.season or 1, months=months,
    )  # fmt: skip
