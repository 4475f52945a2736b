"""Make the numbers of `ingest/models/relation_kinds.json`: decision trees, and how sure they are.

    pip install --require-hashes --requirement requirements-train.lock
    python -m benchmarks.train_relations --store surrealkv://var/kensho.db --data ../shared/data

LightGBM grows the trees, only here; Kenshō itself does without. The labels are the pairs whose kind
a source states, and those that curators type where no source does. What a work's page states comes
or goes as a whole, and mostly with the pages of its whole franchise. So one table learns from pairs
around which nothing is stated ("alone"), another from what the pages of *other* works state, never
of what either work's own page does ("among"). Steps and thresholds come from cross-validation over
franchises. The same store, data and release of LightGBM give the same file. Takes three minutes.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import accumulate
from typing import Any, Final, NamedTuple

import lightgbm
import msgspec
import numpy as np
from sklearn.isotonic import IsotonicRegression
from sklearn.model_selection import GroupKFold

from benchmarks.relation_labels import MODEL, Example, View, examples, parsed_arguments, read_graph
from kensho.domain.inference.features import Vocabulary
from kensho.domain.inference.model import (
    UNIT,
    MeasureTable,
    RelationModel,
    Trees,
    family,
    judge,
)
from kensho.domain.relations import Kind

VERSION: Final = "4"
"""The version of the model; raise it with each training whose file is kept, and tell of it in
`docs/models/relation-kinds.md`."""
VIEWS: Final[tuple[View, ...]] = ("among", "alone")
FLOORS: Final[dict[Kind, float]] = {
    "sequel": 0.972,
    "summary": 0.955,
    "side_story": 0.915,
    "character": 0.88,
}
"""The precision from which a kind is said; kinds without one are never said. Issue 12 asks for .97
of sequels, .95 of summaries, and .95 of all stories together, which side stories of .915 give; a
margin is for the choosing on few labels. Characters keep strangers out of a franchise."""
UNCOUNTED: Final[frozenset[Kind]] = frozenset(("other", "character"))
"""Labels that are no error where a side story is said: human sources agree on them in half of the
cases."""
CONTESTED: Final[frozenset[Kind]] = UNCOUNTED | {"alternative_version", "side_story"}
"""Labels that are no error where a summary is said of a work that a source tags as a recap or a
compilation, or whose title says so: of the films that retell Attack on Titan one page says that
they are another version, while their tags say that they are cut from the series."""
RECAP_SIGNS: Final = ("tag:recap", "tag:compilation", "mark:recap")
FEWEST_FRANCHISES: Final = 10
FEWEST_SAID: Final = 40
LEARNT: Final[tuple[Kind, ...]] = (
    "sequel", "prequel", "side_story", "parent_story", "summary", "full_story", "spin_off",
    "spun_off_from", "alternative_version", "alternative_setting", "character"
)  # fmt: skip
"""All others are learnt as `related`."""
BOOSTING: Final[dict[str, Any]] = {
    "objective": "multiclass",
    "n_estimators": 110,
    "num_leaves": 15,
    "learning_rate": 0.1,
    "min_child_samples": 20,
    "reg_lambda": 5,
    "colsample_bynode": 0.15,
    "use_missing": False,
    "random_state": 1,
    "deterministic": True,
    "force_row_wise": True,
    "n_jobs": 1,
    "verbosity": -1,
}
"""The seed decides which measures a branch chooses from."""
FOLDS: Final = 5
BARE_WEIGHT: Final = 0.15
"""Each pair is learnt from a second time without lists, tags and the like, for graphs without."""


class Judged(NamedTuple):
    """A judgement of a pair of a franchise that the judge had not seen.

    `is_recap` tells whether sources say of the work that the kind is said of that it is a recap.
    """

    odds: float
    kind: Kind
    truth: Kind
    group: int
    is_recap: bool = False

    @property
    def is_right(self) -> bool:
        return self.kind == self.truth

    @property
    def counts(self) -> bool:
        """Whether the label is one that the kind is judged by."""
        if family(self.kind) == "summary":
            return not (self.is_recap and self.truth in CONTESTED)
        return family(self.kind) != "side_story" or self.truth not in UNCOUNTED


class Fold(NamedTuple):
    """The places of test examples and of taught ones, and the trees grown from all others."""

    test: list[int]
    taught: list[int]
    grown: MeasureTable


def main() -> None:
    """Train on the store and data of the command line and write the file."""
    graph = read_graph(parsed_arguments())
    known = msgspec.json.decode(MODEL.read_bytes(), type=Wording)
    tables = {
        view: table(examples(graph, view), examples(graph, view, graph.curated)) for view in VIEWS
    }
    model = RelationModel(known.vocabulary, known.phrases, version=VERSION, **tables)
    MODEL.write_bytes(msgspec.json.encode(model) + b"\n")
    for name, made in tables.items():
        print(name, len(made.measures), "measures, said from", made.thresholds)


class Wording(msgspec.Struct, frozen=True):
    """What is written by hand in the file."""

    vocabulary: Vocabulary
    phrases: dict[str, str]


def folds(learnt: Sequence[Example], taught: Sequence[Example]) -> Iterator[Fold]:
    """Yield trees for each fifth, grown from the others; no franchise is in two fifths."""
    every = [*learnt, *taught]
    count = len(learnt)
    for train, test in GroupKFold(FOLDS).split(every, groups=[one.group for one in every]):
        places = test.tolist()
        yield Fold(
            [place for place in places if place < count],
            [place - count for place in places if place >= count],
            grown([every[place] for place in train]),
        )


def judged(made: MeasureTable, one: Example) -> Judged:
    """Return what trees say of an example."""
    said = judge(made, one.held)
    side = "b" if said.kind == "summary" else "a"
    is_recap = any(one.held.get(f"{side}:{sign}") for sign in RECAP_SIGNS)
    return Judged(said.odds, said.kind, one.kind, one.group, is_recap)


def table(learnt: Sequence[Example], taught: Sequence[Example]) -> MeasureTable:
    """Return trees learnt from all examples, with steps and thresholds by cross-validation.

    `taught` are pairs that curators type: trees learn from them, but thresholds are chosen on pairs
    that sources type alone.
    """
    found = [judged(fold.grown, learnt[one]) for fold in folds(learnt, taught) for one in fold.test]
    return decided(grown([*learnt, *taught]), found)


def decided(made: MeasureTable, found: Iterable[Judged]) -> MeasureTable:
    """Return a table with steps and thresholds by judgements of franchises it has not seen."""
    by_kind: defaultdict[Kind, list[Judged]] = defaultdict(list)
    for one in found:
        if one.counts:
            by_kind[family(one.kind)].append(one)
    steps = {kind: calibrated(by_kind[kind]) for kind in sorted(FLOORS)}
    limits = {kind: threshold(floor, by_kind[kind]) for kind, floor in sorted(FLOORS.items())}
    thresholds: dict[Kind, float] = {k: v for k, v in limits.items() if v is not None}
    return MeasureTable(made.kinds, made.measures, made.trees, steps, thresholds)


def grown(learnt: Sequence[Example]) -> MeasureTable:
    """Return the trees of a gradient boosting over all measures."""
    held = [one.held for one in learnt] + [one.bare for one in learnt]
    weights = [1 - BARE_WEIGHT] * len(learnt) + [BARE_WEIGHT] * len(learnt)
    kinds = [one.kind if one.kind in LEARNT else "related" for one in learnt] * 2
    measures = sorted({name for one in held for name in one})
    matrix = np.array([[one.get(name, 0.0) for name in measures] for one in held])
    model = lightgbm.LGBMClassifier(**BOOSTING).fit(matrix, kinds, sample_weight=weights)
    names = tuple(model.classes_.tolist())
    dumped = model.booster_.dump_model()["tree_info"]
    trees = columns([one["tree_structure"] for one in dumped], len(names))
    used = sorted(set(trees.measures))
    place = {measure: n for n, measure in enumerate(used)}
    trees = msgspec.structs.replace(trees, measures=tuple(place[one] for one in trees.measures))
    return MeasureTable(names, tuple(measures[one] for one in used), trees)


def columns(roots: Sequence[Mapping[str, Any]], kinds: int) -> Trees:
    """Return trees as they are shipped; `roots` take the kinds in turn.

    A tree of one leaf adds the same to every pair: the next tree of its kind adds it.
    """
    made: defaultdict[str, list[Any]] = defaultdict(list)
    constant = [0] * kinds
    for n, root in enumerate(roots):
        kind = n % kinds
        if "leaf_value" in root:
            constant[kind] += units(root["leaf_value"])
            continue
        before = len(made["limits"])
        written(root, 0, constant[kind], made)
        constant[kind] = 0
        made["kinds"].append(kind)
        made["branches"].append(len(made["limits"]) - before)
    return Trees(**{name: tuple(values) for name, values in made.items()})


def written(node: Mapping[str, Any], first: int, more: int, made: Mapping[str, list[Any]]) -> int:
    """Write a node and all beneath it, each worth so much more; return its number of leaves."""
    if "leaf_value" in node:
        made["leaves"].append(units(node["leaf_value"]) + more)
        return 1
    place = len(made["limits"])
    made["measures"].append(int(node["split_feature"]))
    made["limits"].append(float(f"{node['threshold']:.6g}"))
    made["means"].append(units(node["internal_value"]) + more)
    for name in ("first", "below", "above"):
        made[name].append(first)
    made["below"][place] = written(node["left_child"], first, more, made)
    made["above"][place] = written(node["right_child"], first + made["below"][place], more, made)
    return int(made["below"][place] + made["above"][place])


def units(value: float) -> int:
    return round(value / UNIT)


def calibrated(judged: Sequence[Judged]) -> tuple[tuple[float, float], ...]:
    """Return the knots of an isotonic regression of being right on probability."""
    model = IsotonicRegression(y_min=0.02, y_max=0.97, out_of_bounds="clip")
    model.fit([one.odds for one in judged], [float(one.is_right) for one in judged])
    knots = zip(model.X_thresholds_, model.y_thresholds_, strict=True)
    return tuple((round(float(x), 4), round(float(y), 3)) for x, y in knots)


def threshold(floor: float, judged: Iterable[Judged]) -> float | None:
    """Return the least probability from which on a kind is right as often as its floor asks."""
    ranked = sorted(judged, reverse=True)
    share = [right / n for n, right in enumerate(accumulate(one.is_right for one in ranked), 1)]
    good = [n for n, one in enumerate(share) if one >= floor]
    said = ranked[: good[-1] + 1] if good else []
    if len(said) < FEWEST_SAID or len({one.group for one in said}) < FEWEST_FRANCHISES:
        return None
    return round(said[-1].odds, 4)


if __name__ == "__main__":
    main()
