"""Measure how well kinds of untyped relations are inferred: by cross-validation over franchises.

    pip install scikit-learn
    python -m benchmarks.bench_inference --store surrealkv://var/kensho.db --data ../shared/data

Franchises are split in five; each fifth is told by a model whose trees, steps and thresholds come
from the others alone. Views are those of `benchmarks.relation_labels`: "alone" withholds every
stated kind, "among" shows what pages of other works state, "next_to" withholds the pair alone, and
is told by the model of "among". Precision counts a pair as right only if kind and direction are;
coverage is the share of all pairs of a kind that are so told, "named" of those that get the kind in
whatever direction. What coverage the best threshold would have at a precision is told from behind:
no model can know it. Then all untyped pairs are told with the model as shipped, and timed.
"""

import random
import time
from collections import Counter
from collections.abc import Iterable, Sequence
from itertools import accumulate, pairwise
from typing import Final, NamedTuple

import msgspec

from benchmarks.relation_labels import (
    MODEL,
    Example,
    Graph,
    View,
    examples,
    parsed_arguments,
    read_graph,
)
from benchmarks.train_relations import folds, table
from kensho.domain.inference.features import Reader
from kensho.domain.inference.model import (
    Inference,
    MeasureTable,
    RelationModel,
    family,
    infer,
    judge,
)
from kensho.domain.inference.neighbourhood import RelatedPairs
from kensho.domain.relations import INVERSE, Kind

VIEWS: Final[dict[View, tuple[View, ...]]] = {"alone": ("alone",), "among": ("among", "next_to")}
"""What a model learns from, and what it tells."""
BINS: Final = (0.0, 0.5, 0.7, 0.8, 0.9, 0.95, 1.01)
PRECISIONS: Final = (0.97, 0.95, 0.9, 0.85, 0.8)
CURVES: Final[tuple[Kind, ...]] = ("sequel", "side_story")
SHOWN: Final = 40


class Told(NamedTuple):
    """A labelled pair, what was judged of it, and whether that would have been said."""

    truth: Kind
    kind: Kind
    odds: float
    confidence: float
    is_said: bool


def main() -> None:
    graph = read_graph(parsed_arguments())
    for learnt, views in VIEWS.items():
        seen = [examples(graph, view) for view in views]
        for view, found in zip(views, told(examples(graph, learnt), seen), strict=True):
            print(f"\n{view}: kind, pairs, said, precision, direction, coverage, named, if forced")
            report(found)
    model = msgspec.json.decode(MODEL.read_bytes(), type=RelationModel)
    report_untyped(model, graph)


def told(learnt: Sequence[Example], views: Sequence[Sequence[Example]]) -> list[list[Told]]:
    """Return by view what is told of each fifth by a model of the others as learnt."""
    found: list[list[Told]] = [[] for _ in views]
    for train, test in folds(learnt):
        made = table([learnt[place] for place in train])
        for seen, told_of_it in zip(views, found, strict=True):
            told_of_it.extend(judged(made, seen[place]) for place in test)
    return found


def judged(made: MeasureTable, one: Example) -> Told:
    said = judge(made, one.held)
    is_said = said.is_said and one.is_tellable
    return Told(one.kind, said.kind, said.odds, said.confidence, is_said)


def report(found: Sequence[Told]) -> None:
    """Print a line for each kind, one for all, and how far confidence is what it says."""
    for kind in sorted({family(one.truth) for one in found}):
        meant = [one for one in found if family(one.truth) == kind]
        judged = [one for one in found if family(one.kind) == kind]
        said = [one for one in judged if one.is_said]
        of_kind = [one for one in said if family(one.truth) == kind]
        print(
            f"  {kind:20} {len(meant):5} {len(said):5}  {share(right(said), said):6.3f} "
            f"{share(right(of_kind), of_kind):6.3f} {share(right(said), meant):6.3f} "
            f"{share(of_kind, meant):6.3f} {share(right(judged), meant):6.3f}"
        )
    said = [one for one in found if one.is_said]
    print(
        f"  {'all':20} {len(found):5} {len(said):5}  {share(right(said), said):6.3f} "
        f"{'':6} {share(said, found):6.3f}"
    )
    for kind in CURVES:
        print(
            f"  {kind}: " + ", ".join(f"{at:.2f} {best(found, kind, at):.3f}" for at in PRECISIONS)
        )
    for low, high in pairwise(BINS):
        inside = [one for one in found if low <= one.confidence < high and one.kind != "related"]
        mean = sum(one.confidence for one in inside) / max(1, len(inside))
        print(
            f"  confidence {low:.2f}..{high:.2f}: {len(inside):5} pairs, said {mean:.3f}, "
            f"right {share(right(inside), inside):.3f}"
        )


def best(found: Sequence[Told], kind: Kind, precision: float) -> float:
    """Return the coverage that the best threshold would have at a precision."""
    ranked = sorted(
        (one for one in found if family(one.kind) == kind), key=lambda one: one.odds, reverse=True
    )
    counts = accumulate(one.kind == one.truth for one in ranked)
    reached = (count for n, count in enumerate(counts, 1) if count >= precision * n)
    return max(reached, default=0) / sum(family(one.truth) == kind for one in found)


def right(found: Iterable[Told]) -> list[Told]:
    return [one for one in found if one.kind == one.truth]


def share(part: Sequence[Told], whole: Sequence[Told]) -> float:
    return len(part) / len(whole) if whole else 0.0


def report_untyped(model: RelationModel, graph: Graph) -> None:
    """Tell all untyped pairs, print kinds, time, and some for the eye."""
    reader = Reader(model.vocabulary)
    began = time.process_time()
    for one in graph.profiles.values():
        reader.profile(one.facts)
    read = time.process_time()
    around = RelatedPairs(
        graph.profiles.values(), graph.edges, graph.labels, graph.lists, graph.pages
    )
    placed = time.process_time()
    inferred = {
        (pair.a.profile.facts.key, pair.b.profile.facts.key): infer(model, pair)
        for pair in around.untold()
    }
    print(
        f"\n{len(graph.profiles)} works read in {read - began:.1f} s of processor, placed in "
        f"{placed - read:.1f} s; of {len(graph.edges) - len(graph.labels)} untyped pairs "
        f"{len(inferred)} judged in {time.process_time() - placed:.1f} s"
    )
    kinds = Counter(one.kind if one else "related" for one in inferred.values())
    print(", ".join(f"{kind} {count}" for kind, count in kinds.most_common()))
    said = sorted((edge, one) for edge, one in inferred.items() if one)
    for (a, b), found in random.Random(4).sample(said, min(SHOWN, len(said))):
        print(line(graph, a, b, found))


def line(graph: Graph, a: str, b: str, one: Inference) -> str:
    if one.kind in ("prequel", "parent_story", "full_story"):
        a, b, one = b, a, msgspec.structs.replace(one, kind=INVERSE[one.kind])
    first, second = (graph.profiles[work] for work in (a, b))
    ends = (f"{x.title[:45]} ({x.facts.anime_type} {x.facts.date[:4]})" for x in (second, first))
    return f"  {one.confidence:.2f} {f' is the {one.kind} of '.join(ends)}: {one.because}"


if __name__ == "__main__":
    main()
