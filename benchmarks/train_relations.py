"""Make the numbers of `ingest/curation/inference.json`: what each sign is worth, and how surely.

    pip install scikit-learn    # only here; Kenshō itself does without
    python -m benchmarks.train_relations --store surrealkv://var/kensho.db --data ../shared/data

The labels are the pairs whose kind a source states. Of each pair the model sees what it will see of
an untyped one: what the pages of *other* works state, never what either work's own page does (an
untyped pair is one on whose pages nothing is stated). The numbers are those of a logistic
regression; steps and thresholds come from cross-validation over franchises. No randomness: the same
store and data give the same file. Takes a minute.
"""

import argparse
import pickle
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Final, NamedTuple
from uuid import UUID

import msgspec
import numpy as np
from sklearn.feature_extraction import DictVectorizer
from sklearn.isotonic import IsotonicRegression
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GroupKFold

from benchmarks.franchise_data import hub_row
from ingest.pipeline.hubs.facts import pair_facts
from ingest.reading.files import SourceFile
from ingest.reading.rejects import RejectLog
from ingest.sources import anilist, aodb, jikan
from kensho.domain.inference import Model, Table, family, in_order, judge, names, signs
from kensho.domain.pair_features import Profile, Reader, Surroundings, Vocabulary
from kensho.domain.records import Record
from kensho.domain.relations import INVERSE, Kind
from kensho.storage import snapshot
from kensho.storage.gateway import Gateway
from kensho.storage.opening import run_on_store

MODEL: Final = Path("ingest/curation/inference.json")
FLOORS: Final[dict[str, float]] = {
    "sequel": 0.98,
    "side_story": 0.87,
    "alternative_version": 0.95,  # read by eye, half of the untyped ones said at 0.88 were wrong
}
FLOOR: Final = 0.88
"""The precision from which a kind is said: what issue 4 asks for, and a margin for the choosing."""
FEWEST_FRANCHISES: Final = 10
LEAST: Final = 0.5
"""No kind is said that is less likely than all others together, however right it was so far."""
FEWEST_SAID: Final = 20
STRENGTH: Final = 0.1
"""Inverse regularisation; 0.05 to 0.2 do alike."""
FEWEST_HELD: Final = 4
FOLDS: Final = 5
UNLISTED_WEIGHT: Final = 0.25
"""Each pair is learnt from a second time without providers' lists, for graphs that lack them."""
LARGE_COMPONENT: Final = 150
_LOOSE: Final = ("strangers", "share_word")


class Label(NamedTuple):
    """A stated relation: `b` is the `kind` of `a`."""

    a: str
    b: str
    kind: Kind


class Graph(NamedTuple):
    """All that training and measuring read; `own` are pairs that only this work's page states."""

    around: Surroundings
    profiles: dict[str, Profile]
    edges: list[tuple[str, str]]
    labels: list[Label]
    lists: dict[tuple[str, str], frozenset[str]]
    pages: dict[str, frozenset[str]]
    own: dict[str, frozenset[frozenset[str]]]
    groups: dict[str, str]


class Example(NamedTuple):
    """A pair as it is learnt from, the earlier work first."""

    kind: Kind
    signs: tuple[str, ...]
    group: int
    is_tellable: bool


class Judged(NamedTuple):
    """A judgement of a pair of a franchise that the judge had not seen."""

    probability: float
    is_right: bool
    group: int


def main() -> None:
    """Train on the store and data of the command line and write the file."""
    graph = read_graph(parsed_arguments())
    known = msgspec.json.decode(MODEL.read_bytes(), type=Model)
    tables = {}
    for name in ("among", "alone"):
        tables[name] = table(examples(graph, alone=name == "alone"))
    model = Model(known.vocabulary, known.phrases, **tables)
    MODEL.write_bytes(msgspec.json.encode(model).replace(b'],"', b'],\n"') + b"\n")
    for name, made in tables.items():
        print(name, len(made.weights), "signs, said from", made.thresholds)


def parsed_arguments() -> argparse.Namespace:
    """Return the store's URL (or a pickle of its rows) and the folder of data."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--store", required=True, help="URL of an ingested store")
    parser.add_argument("--rows", type=Path, help="pickled rows of that store, to save a minute")
    parser.add_argument("--data", type=Path, default=Path("../shared/data"))
    return parser.parse_args()


async def _rows(gateway: Gateway) -> dict[str, list[Any]]:
    tables = ("anime", "movies", "tags", "taggings", "sequels", "relations")
    return {
        name: [row async for page in getattr(snapshot, name)(gateway) for row in page]
        for name in tables
    }


def read_graph(arguments: argparse.Namespace) -> Graph:
    """Return the store's related works, and from the data who lists and who states what."""
    rows = (
        pickle.loads(arguments.rows.read_bytes())
        if arguments.rows
        else run_on_store(arguments.store, _rows)
    )
    labels = [label(r, "sequel") for r in rows["sequels"]]
    labels += [label(r, r.id.kind) for r in rows["relations"]]
    edges = sorted((one.a, one.b) for one in labels)
    labels = sorted(one for one in labels if one.kind != "related")
    vocabulary = msgspec.json.decode(MODEL.read_bytes(), type=Model).vocabulary
    profiles = read_profiles(rows, {work for edge in edges for work in edge}, vocabulary)
    works = {source: str(w.id) for w in (*rows["anime"], *rows["movies"]) for source in w.sources}
    lists, pages = read_lists(arguments.data, works)
    around = Surroundings(profiles.values(), edges, labels, lists, pages)
    own = read_own(arguments.data, works)
    groups = franchises(profiles, edges, labels)
    return Graph(around, profiles, edges, labels, lists, pages, own, groups)


def label(row: Any, kind: Kind) -> Label:
    """Return a relation as it is stated; what was inferred of it is no label."""
    is_inferred = b'"inferred"' in bytes(row.assertions)
    return Label(str(row.id.of), str(row.id.work), "related" if is_inferred else kind)


def read_profiles(
    rows: Mapping[str, list[Any]], wanted: set[str], vocabulary: Vocabulary
) -> dict[str, Profile]:
    """Return the profiles of the works wanted."""
    tags: defaultdict[UUID, list[UUID]] = defaultdict(list)
    named = {tag.id: tag.name for tag in rows["tags"]}
    for row in rows["taggings"]:
        tags[row.id.work].append(row.id.tag)
    reader = Reader(vocabulary)
    works = (work for work in (*rows["anime"], *rows["movies"]) if str(work.id) in wanted)
    facts = (pair_facts(hub_row(work, tags[work.id]), named) for work in works)
    return {one.key: reader.profile(one) for one in facts}


def read_lists(
    data: Path, works: Mapping[str, str]
) -> tuple[dict[tuple[str, str], frozenset[str]], dict[str, frozenset[str]]]:
    """Return which providers list a work as related to another, and which have a page of it."""
    lists: defaultdict[tuple[str, str], set[str]] = defaultdict(set)
    pages: defaultdict[str, set[str]] = defaultdict(set)
    for record in records(data / "aodb/anime-offline-database.jsonl.zst", aodb.SOURCE):
        here = next((works[one] for one in record.ids if one in works), None)
        if here is not None:
            pages[here].update(one.partition(":")[0] for one in record.ids)
            for claim in record.links.relations:
                if there := works.get(claim.target):
                    lists[here, there].add(claim.target.partition(":")[0])
    return (
        {pair: frozenset(found) for pair, found in lists.items()},
        {work: frozenset(found) for work, found in pages.items()},
    )


def read_own(data: Path, works: Mapping[str, str]) -> dict[str, frozenset[frozenset[str]]]:
    """Return by work the pairs that its page alone states."""
    stated: defaultdict[frozenset[str], set[str]] = defaultdict(set)
    for path, source in (
        ("jikan/jikan_v4_full.jsonl.zst", jikan.SOURCE),
        ("anilist/anilist_media.jsonl.zst", anilist.SOURCE),
    ):
        for record in records(data / path, source):
            for claim in record.links.relations:
                here, there = works.get(record.key), works.get(claim.target)
                if here and there:
                    stated[frozenset((here, there))].add(here)
    own: defaultdict[str, set[frozenset[str]]] = defaultdict(set)
    for pair, pages in stated.items():
        if len(pages) == 1:
            own[min(pages)].add(pair)
    return {work: frozenset(pairs) for work, pairs in own.items()}


def records(path: Path, source: Any) -> Iterator[Record]:
    """Return the records of a file."""
    found: Iterator[Record] = source.read(SourceFile(path), RejectLog(source.name, None))
    return found


def franchises(
    profiles: Mapping[str, Profile], edges: Sequence[tuple[str, str]], labels: Iterable[Label]
) -> dict[str, str]:
    """Return the franchise of each work: connected by any relation.

    In components too large for one franchise only works of like names are connected, and those of a
    labelled pair, so that no label stands between two franchises.
    """
    component = connected(edges)
    sizes = Counter(component.values())
    near = [
        (a, b)
        for a, b in edges
        if sizes[component[a]] <= LARGE_COMPONENT or names(profiles[a], profiles[b]) not in _LOOSE
    ]
    alone = [(work, work) for work in component]
    return connected([*alone, *near, *((one.a, one.b) for one in labels)])


def connected(edges: Iterable[tuple[str, str]]) -> dict[str, str]:
    """Return for each node one that stands for its component."""
    above: dict[str, str] = {}

    def top(node: str) -> str:
        while above.setdefault(node, node) != node:
            above[node] = node = above[above[node]]
        return node

    for a, b in edges:
        low, high = sorted((top(a), top(b)))
        above[high] = low
    return {node: top(node) for node in above}


def examples(graph: Graph, *, alone: bool) -> list[Example]:
    """Return the labelled pairs; `alone` with no stated kind around them."""
    groups = {name: n for n, name in enumerate(sorted(set(graph.groups.values())))}
    made = []
    for a, b, kind in graph.labels:
        withheld = graph.own.get(a, frozenset()) | graph.own.get(b, frozenset())
        pair = graph.around.pair(a, b, None if alone else withheld)
        forward = in_order(pair)
        read = kind if forward is pair else INVERSE[kind]
        made.append(
            Example(read, tuple(sorted(signs(forward))), groups[graph.groups[a]], pair.is_tellable)
        )
    return made


def folds(learnt: Sequence[Example]) -> Iterator[tuple[list[Example], list[Example]]]:
    """Yield training and test examples, of no franchise in both."""
    split = GroupKFold(FOLDS).split(learnt, groups=[one.group for one in learnt])
    for train, test in split:
        yield [learnt[i] for i in train], [learnt[i] for i in test]


def table(learnt: Sequence[Example]) -> Table:
    """Return weights learnt from all examples, with steps and thresholds by cross-validation."""
    judged: defaultdict[Kind, list[Judged]] = defaultdict(list)
    for train, test in folds(learnt):
        made = weighed(train)
        for one in test:
            said = judge(made, one.signs)
            judged[family(said.kind)].append(
                Judged(said.confidence, said.kind == one.kind, one.group)
            )
    whole = weighed(learnt)
    steps = {kind: calibrated(found) for kind, found in sorted(judged.items())}
    said = {kind: threshold(kind, found) for kind, found in sorted(judged.items())}
    thresholds: dict[Kind, float] = {k: v for k, v in said.items() if v is not None}
    return Table(whole.kinds, whole.weights, steps, thresholds)


def weighed(learnt: Sequence[Example]) -> Table:
    """Return the weights of a multinomial logistic regression, to three digits."""
    held = Counter(sign for one in learnt for sign in one.signs)
    rows = [[s for s in one.signs if held[s] >= FEWEST_HELD] for one in learnt]
    rows += [[s for s in row if not s.startswith("listed")] for row in rows]
    weights = [1 - UNLISTED_WEIGHT] * len(learnt) + [UNLISTED_WEIGHT] * len(learnt)
    vectors = DictVectorizer()
    matrix = vectors.fit_transform([dict.fromkeys(row, 1) for row in rows])
    model = LogisticRegression(C=STRENGTH, max_iter=2000, tol=1e-6)
    model.fit(matrix, [one.kind for one in learnt] * 2, sample_weight=weights)
    columns = zip(vectors.get_feature_names_out(), model.coef_.T, strict=True)
    made = {str(sign): rounded(column) for sign, column in columns}
    return Table(tuple(model.classes_.tolist()), {"always": rounded(model.intercept_), **made})


def rounded(values: Iterable[float]) -> tuple[float, ...]:
    """Return numbers short enough for a file."""
    return tuple(round(float(one), 3) + 0.0 for one in values)


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
