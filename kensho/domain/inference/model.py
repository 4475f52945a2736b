"""Infers the kind of an untyped relation, with gradient-boosted decision trees over measures.

Each node of a tree compares one measure with a limit, and each leaf is a number. The leaves of all
trees of a kind are added up, and a softmax over the kinds turns the sums into probabilities. The
confidence is the share of correct results that cross-validation measured at that probability. Below
the threshold of the kind nothing is inferred, and the pair stays `related`. The reasons are the
measures that raised the sum of the inferred kind the most.

Guarantees: pure and deterministic. The result for (b, a) is the inverse of that for (a, b), because
measures are always taken from the earlier to the later work. `benchmarks/train_relations.py` trains
the model, and `ingest/models/relation_kinds.json` stores it.

Performance: 0.2 ms for a pair.
"""

import bisect
import math
from collections import defaultdict
from collections.abc import Mapping, Sequence
from itertools import islice
from typing import Final, NamedTuple, TypeAlias

import msgspec

from kensho.domain.inference.features import Pair, Vocabulary
from kensho.domain.inference.measures import PLACES, measured
from kensho.domain.inference.title_pairs import STEPS, WAYS
from kensho.domain.relations import FORWARD, INVERSE, Kind

Branch: TypeAlias = tuple[int, float, int, int, float]
"""A node of a tree: its measure, limit, node up to the limit, node above the limit, and mean value.

Measures and nodes are given by index. The measure of a leaf is -1; its value is what the tree adds
to the sum.
"""
Tree: TypeAlias = tuple[Branch, ...]

_MOST_REASONS: Final = 3
"""The most reasons in an explanation, which is one line; chosen by hand."""
_LEAST_WORTH: Final = 0.01
"""Measures that raised the sum by less are not mentioned; chosen by hand."""
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


class MeasureTable(msgspec.Struct, frozen=True):
    """The trees of each of `kinds`, the value that each sum starts from, and the `measures` used.

    The kind `related` stands for none of the others. `steps` are pairs of a predicted probability
    and the measured share of correct results, in rising order. `thresholds` are the probabilities
    from which a kind is inferred. A kind and its inverse share both, under the forward kind.
    """

    kinds: tuple[Kind, ...] = ("related",)
    measures: tuple[str, ...] = ()
    start: tuple[float, ...] = (0.0,)
    trees: tuple[tuple[Tree, ...], ...] = ((),)
    steps: dict[Kind, tuple[tuple[float, float], ...]] = {}
    thresholds: dict[Kind, float] = {}


class RelationModel(msgspec.Struct, frozen=True):
    """A model: `among` is for works with stated relations, `alone` for others.

    `phrases` are the English texts of measures.
    """

    vocabulary: Vocabulary = Vocabulary()
    phrases: dict[str, str] = {}
    among: MeasureTable = MeasureTable()
    alone: MeasureTable = MeasureTable()


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
    worth = _worth(table, judged.kind, measures)
    return Inference(kind, judged.confidence, _because(model.phrases, forward, measures, worth))


def judge(table: MeasureTable, measures: Mapping[str, float]) -> Judgement:
    """Return the likeliest kind for the measures of a pair, by the trees of a table."""
    values = [measures.get(name, 0.0) for name in table.measures]
    sums: list[float] = []
    for total, trees in zip(table.start, table.trees, strict=True):
        for tree in trees:
            # Inlined: 420 calls per pair would take as long as the comparisons themselves.
            measure, limit, below, above, worth = tree[0]
            while measure >= 0:
                place = below if values[measure] <= limit else above
                measure, limit, below, above, worth = tree[place]
            total += worth  # noqa: PLW2901 - the sum starts from what the table gives
        sums.append(total)
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


def _worth(table: MeasureTable, kind: Kind, measures: Mapping[str, float]) -> dict[str, float]:
    """Return by how much the comparisons of each measure changed the sum of a kind."""
    worth: defaultdict[str, float] = defaultdict(float)
    for tree in table.trees[table.kinds.index(kind)]:
        measure, limit, below, above, before = tree[0]
        while measure >= 0:
            name = table.measures[measure]
            place = below if measures.get(name, 0.0) <= limit else above
            measure, limit, below, above, after = tree[place]
            worth[name] += after - before
            before = after
    return worth


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
    if name in _CODED:
        pattern = phrases.get(f"{name}:{_CODED[name][int(value)]}", "")
    elif side in _STATED:
        pattern, about = phrases.get(side, "") if value else "", hint
    elif hint in _HINTS:
        pattern = phrases.get(hint, "") if value else ""
    else:
        pattern = phrases.get(name, "")
    return pattern.format(
        a=f"“{a.title}”", b=f"“{b.title}”", value=about, of=_SIDES.get(side, side),
        count=f"{value:.0f}",
        type_a=a.facts.anime_type, type_b=b.facts.anime_type, form_a=a.form, form_b=b.form,
        episodes_a=a.facts.episodes or "unknown", episodes_b=b.facts.episodes or "unknown",
        season_a=a.season or 1, season_b=b.season or 1, months=abs((b.month or 0) - (a.month or 0)),
    )  # fmt: skip
