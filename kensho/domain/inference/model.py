"""Which kind an untyped relation is, judged by measures and a table of small trees of decisions.

A tree asks of one measure at a time whether it is above a limit, and ends in a number; the numbers
of a kind's trees add up, and the sums are read as odds (gradient boosting). How often such
judgements were right is looked up in steps that cross-validation measured; below a kind's threshold
nothing is said, and the pair stays `related`. A reason is a measure whose questions moved the sum
of the kind that was said the most.

Guarantees: pure and deterministic, and the judgement of (a, b) is that of (b, a) read from the
other end, for measures are taken of the pair in order of time. `benchmarks/train_relations.py`
makes the numbers, `ingest/models/relation_kinds.json` holds them.

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
"""A number of a measure, its limit, the branch up to the limit and above, and the mean worth here.

The measure of an end is -1; its worth is what the tree adds.
"""
Tree: TypeAlias = tuple[Branch, ...]

_MOST_REASONS: Final = 3
"""A reason is one line; chosen by hand."""
_LEAST_WORTH: Final = 0.01
"""Measures that moved the sum by less are not told; chosen by hand."""
_SIDES: Final = {"a": "the earlier work", "b": "the later work"}
_CODED: Final[Mapping[str, Sequence[str]]] = {
    "names": WAYS,
    "season": STEPS,
    "tvdb": PLACES,
    "tmdb": PLACES,
}
"""Measures whose numbers are places in a row of words."""
_HINTS: Final = ("mark", "told", "tag")
_STATED: Final = ("a_has", "b_has", "path")


class MeasureTable(msgspec.Struct, frozen=True):
    """The trees of each of `kinds`, what their sums `start` from, and the `measures` they ask for.

    `related` among the kinds is none of them. `steps` are (judged probability, measured share of
    right ones) in rising order, and `thresholds` the probability from which a kind is said. A kind
    and its inverse share the last two, under the name of the forward one.
    """

    kinds: tuple[Kind, ...] = ("related",)
    measures: tuple[str, ...] = ()
    start: tuple[float, ...] = (0.0,)
    trees: tuple[tuple[Tree, ...], ...] = ((),)
    steps: dict[Kind, tuple[tuple[float, float], ...]] = {}
    thresholds: dict[Kind, float] = {}


class RelationModel(msgspec.Struct, frozen=True):
    """A table for pairs around which kinds are stated, one for the others; measures in English."""

    vocabulary: Vocabulary = Vocabulary()
    phrases: dict[str, str] = {}
    among: MeasureTable = MeasureTable()
    alone: MeasureTable = MeasureTable()


class Inference(msgspec.Struct, frozen=True):
    """The second work is the `kind` of the first: how surely (0..1), and why, as one line."""

    kind: Kind
    confidence: float
    because: str


class Judgement(NamedTuple):
    """The likeliest kind, how likely by its odds, how likely as measured, and if it is said."""

    kind: Kind
    odds: float
    confidence: float
    is_said: bool


def infer(model: RelationModel, pair: Pair) -> Inference | None:
    """Return what `pair.b` is of `pair.a`, or `None` where it can't be told."""
    forward = in_order(pair)
    if not pair.is_tellable:
        return None
    table = model.among if forward.a.known or forward.b.known else model.alone
    held = measured(forward)
    judged = judge(table, held)
    if not judged.is_said:
        return None
    kind = judged.kind if forward is pair else INVERSE[judged.kind]
    worth = _worth(table, judged.kind, held)
    return Inference(kind, judged.confidence, _because(model.phrases, forward, held, worth))


def judge(table: MeasureTable, held: Mapping[str, float]) -> Judgement:
    """Return what a table makes of the measures of a pair."""
    values = [held.get(name, 0.0) for name in table.measures]
    sums: list[float] = []
    for total, trees in zip(table.start, table.trees, strict=True):
        for tree in trees:
            # Written out: 420 calls for a pair would take as long as the questions themselves.
            measure, limit, below, above, worth = tree[0]
            while measure >= 0:
                place = below if values[measure] <= limit else above
                measure, limit, below, above, worth = tree[place]
            total += worth  # noqa: PLW2901 - the sum starts from what the table gives
        sums.append(total)
    best = max(sums)
    kind = table.kinds[sums.index(best)]
    odds = 1 / math.fsum(math.exp(one - best) for one in sums)
    return Judgement(
        kind,
        odds,
        _measured(table.steps.get(family(kind), ()), odds),
        odds >= table.thresholds.get(family(kind), math.inf),
    )


def family(kind: Kind) -> Kind:
    """Return the kind by whose name it and its inverse are counted: `sequel` for a prequel."""
    return kind if kind in FORWARD else INVERSE[kind]


def in_order(pair: Pair) -> Pair:
    """Return the pair, the earlier work first: by date, else season, number, length, key."""
    if pair.a.profile.order <= pair.b.profile.order:
        return pair
    return Pair(pair.b, pair.a, pair.around)


def _worth(table: MeasureTable, kind: Kind, held: Mapping[str, float]) -> dict[str, float]:
    """Return by how much each measure moved the sum of a kind."""
    worth: defaultdict[str, float] = defaultdict(float)
    for tree in table.trees[table.kinds.index(kind)]:
        measure, limit, below, above, before = tree[0]
        while measure >= 0:
            name = table.measures[measure]
            place = below if held.get(name, 0.0) <= limit else above
            measure, limit, below, above, after = tree[place]
            worth[name] += after - before
            before = after
    return worth


def _measured(steps: tuple[tuple[float, float], ...], odds: float) -> float:
    """Return the measured share at these odds, between the two steps around them."""
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
    held: Mapping[str, float],
    worth: Mapping[str, float],
) -> str:
    """Return the strongest reasons as one line of English; of equals the first by name."""
    ranked = sorted(worth, key=lambda name: (-worth[name], name))
    said = (
        _phrase(phrases, name, held.get(name, 0.0), forward)
        for name in ranked
        if worth[name] > _LEAST_WORTH
    )
    reasons = islice(dict.fromkeys(filter(None, said)), _MOST_REASONS)
    return "; ".join(reasons) or "no single reason, but many small ones"


def _phrase(phrases: Mapping[str, str], name: str, value: float, forward: Pair) -> str:
    """Return what a measure says in English; "" where nothing worth a word."""
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
