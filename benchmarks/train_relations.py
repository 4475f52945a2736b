"""Make the numbers of `ingest/models/relation_kinds.json`: decision trees, and how sure they are.

    pip install scikit-learn    # only here; Kenshō itself does without
    python -m benchmarks.train_relations --store surrealkv://var/kensho.db --data ../shared/data

The labels are the pairs whose kind a source states. What a work's page states comes or goes as a
whole, and mostly with the pages of its whole franchise. So one table learns from pairs around which
nothing is stated ("alone"), another from what the pages of *other* works state, never of what
either work's own page does ("among"). Steps and thresholds come from cross-validation over
franchises. The same store and data give the same file where one thread computes
(OMP_NUM_THREADS=1). Takes two minutes.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, Final, NamedTuple

import msgspec
import numpy as np
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.isotonic import IsotonicRegression
from sklearn.model_selection import GroupKFold

from benchmarks.relation_labels import MODEL, Example, View, examples, parsed_arguments, read_graph
from kensho.domain.inference.model import Branch, MeasureTable, RelationModel, Tree, family, judge
from kensho.domain.relations import Kind

VIEWS: Final[tuple[View, ...]] = ("among", "alone")
FLOORS: Final[dict[str, float]] = {
    "sequel": 0.975,
    "side_story": 0.86,
    "alternative_version": 0.95,  # read by eye, half of the untyped ones said at 0.88 were wrong
}
FLOOR: Final = 0.88
"""The precision from which a kind is said: what issue 4 asks for, and a margin for the choosing."""
FEWEST_FRANCHISES: Final = 10
LEAST: Final = 0.5
"""No kind is said that is less likely than all others together, however right it was so far."""
FEWEST_SAID: Final = 40
LEARNT: Final[tuple[Kind, ...]] = (
    "sequel", "prequel", "side_story", "summary", "alternative_version", "character"
)  # fmt: skip
"""Kinds that are told; of all others, and of a side story before its series, there are too few that
are told right, and the fewer kinds, the better each is told from the rest."""
BOOSTING: Final[dict[str, Any]] = {
    "max_iter": 60,
    "learning_rate": 0.1,
    "max_leaf_nodes": 8,
    "min_samples_leaf": 20,
    "l2_regularization": 5,
    "max_features": 0.15,
    "early_stopping": False,
    "random_state": 1,
}
"""Twice the trees or leaves do alike; the seed decides which measures a branch chooses from."""
MOST_MEASURES: Final = 120
"""Of some 400: those that gain most in a first round; with all of them it is no better."""
FIRST_ROUND: Final = 25
FOLDS: Final = 5
BARE_WEIGHT: Final = 0.15
"""Each pair is learnt from a second time without lists, tags and the like, for graphs without."""


class Judged(NamedTuple):
    """A judgement of a pair of a franchise that the judge had not seen."""

    probability: float
    is_right: bool
    group: int


def main() -> None:
    """Train on the store and data of the command line and write the file."""
    graph = read_graph(parsed_arguments())
    known = msgspec.json.decode(MODEL.read_bytes(), type=RelationModel)
    tables = {view: table(examples(graph, view)) for view in VIEWS}
    model = RelationModel(known.vocabulary, known.phrases, **tables)
    MODEL.write_bytes(msgspec.json.encode(model).replace(b"]],[[", b"]],\n[[") + b"\n")
    for name, made in tables.items():
        print(name, len(made.measures), "measures, said from", made.thresholds)


def folds(learnt: Sequence[Example]) -> Iterator[tuple[list[int], list[int]]]:
    """Yield the places of training and of test examples, of no franchise in both."""
    split = GroupKFold(FOLDS).split(learnt, groups=[one.group for one in learnt])
    for train, test in split:
        yield train.tolist(), test.tolist()


def table(learnt: Sequence[Example]) -> MeasureTable:
    """Return trees learnt from all examples, with steps and thresholds by cross-validation."""
    judged: defaultdict[Kind, list[Judged]] = defaultdict(list)
    for train, test in folds(learnt):
        made = grown([learnt[place] for place in train])
        for one in (learnt[place] for place in test):
            said = judge(made, one.held)
            judged[family(said.kind)].append(Judged(said.odds, said.kind == one.kind, one.group))
    judged.pop("related", None)
    whole = grown(learnt)
    steps = {kind: calibrated(each) for kind, each in sorted(judged.items())}
    found = {kind: threshold(kind, each) for kind, each in sorted(judged.items())}
    thresholds: dict[Kind, float] = {k: v for k, v in found.items() if v is not None}
    return msgspec.structs.replace(whole, steps=steps, thresholds=thresholds)


def grown(learnt: Sequence[Example]) -> MeasureTable:
    """Return the trees of a gradient boosting over the measures that gain most."""
    held = [one.held for one in learnt] + [one.bare for one in learnt]
    weights = [1 - BARE_WEIGHT] * len(learnt) + [BARE_WEIGHT] * len(learnt)
    kinds = [one.kind if one.kind in LEARNT else "related" for one in learnt] * 2
    measures = sorted({name for one in held for name in one})
    first = boosted(held, measures, kinds, weights, max_iter=FIRST_ROUND)
    measures = sorted(sorted(measures, key=gains(first, measures).__getitem__)[-MOST_MEASURES:])
    model = boosted(held, measures, kinds, weights)
    trees = tuple(
        tuple(tree(one[place].nodes) for one in model._predictors)  # noqa: SLF001 - no other way
        for place in range(len(model.classes_))
    )
    start = rounded(model._baseline_prediction[0])  # noqa: SLF001 - the same
    return MeasureTable(tuple(model.classes_.tolist()), tuple(measures), start, trees)


def boosted(
    held: Sequence[Mapping[str, float]],
    measures: Sequence[str],
    kinds: Sequence[str],
    weights: Sequence[float],
    **settings: int,
) -> Any:
    """Return a model fitted to these measures."""
    matrix = np.array([[one.get(name, 0.0) for name in measures] for one in held])
    return HistGradientBoostingClassifier(**{**BOOSTING, **settings}).fit(
        matrix, kinds, sample_weight=weights
    )


def gains(model: Any, measures: Sequence[str]) -> dict[str, float]:
    """Return what the branches of a model gain by each measure."""
    found = dict.fromkeys(measures, 0.0)
    for one in model._predictors:  # noqa: SLF001 - no other way
        for made in one:
            for node in made.nodes:
                if not node["is_leaf"]:
                    found[measures[node["feature_idx"]]] += float(node["gain"])
    return found


def tree(nodes: Any) -> Tree:
    """Return a tree as it is shipped; the worth of a branch is the mean of its ends."""
    made: list[Branch] = []
    sizes: list[float] = []
    for node in nodes[::-1]:  # ends come after their branches
        count = float(node["count"])
        if node["is_leaf"]:
            made.append((-1, 0.0, 0, 0, round(float(node["value"]), 4)))
        else:
            below, above = (int(node[side]) for side in ("left", "right"))
            ends = [
                (made[len(nodes) - 1 - end], sizes[len(nodes) - 1 - end]) for end in (below, above)
            ]
            worth = sum(end[4] * size for end, size in ends) / count
            limit = float(f"{node['num_threshold']:.5g}")
            made.append((int(node["feature_idx"]), limit, below, above, round(worth, 4)))
        sizes.append(count)
    return tuple(made[::-1])


def rounded(values: Iterable[float]) -> tuple[float, ...]:
    """Return numbers short enough for a file."""
    return tuple(round(float(one), 4) + 0.0 for one in values)


def calibrated(judged: Sequence[Judged]) -> tuple[tuple[float, float], ...]:
    """Return the knots of an isotonic regression of being right on probability."""
    model = IsotonicRegression(y_min=0.02, y_max=0.97, out_of_bounds="clip")
    model.fit([one.probability for one in judged], [float(one.is_right) for one in judged])
    knots = zip(model.X_thresholds_, model.y_thresholds_, strict=True)
    return tuple((round(float(x), 4), round(float(y), 3)) for x, y in knots)


def threshold(kind: Kind, judged: Iterable[Judged]) -> float | None:
    """Return the least probability from which on the kind is right as often as its floor asks."""
    ranked = sorted(judged, reverse=True)
    sizes = Counter(one.group for one in ranked)
    is_right = np.array([one.is_right for one in ranked])
    fair = np.array([sizes[one.group] ** -0.5 for one in ranked])  # large franchises weigh less
    share = np.cumsum(is_right) / np.arange(1, len(ranked) + 1)
    if kind not in FLOORS:
        share = np.minimum(share, np.cumsum(is_right * fair) / np.cumsum(fair))
    good = [n for n, one in enumerate(share) if one >= FLOORS.get(kind, FLOOR)]
    said = ranked[: good[-1] + 1] if good else []
    if len(said) < FEWEST_SAID or len({one.group for one in said}) < FEWEST_FRANCHISES:
        return None
    return max(LEAST, round(said[-1].probability, 4))


if __name__ == "__main__":
    main()
