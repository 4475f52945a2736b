"""Make the numbers of `kensho/discovery/confidence.py`, and print how reliable a confidence is.

    python -m benchmarks.train_confidence --snapshot FOLDER [--data ../shared/data] [--fit]

Texts whose right answer is known: shapes around titles of well-known and of any works, spoilt
titles, the labelled queries, real cases; and texts that have no work here, by hand
(`labelled/no_work.toml`) and by leaving the story that is meant out of the hits. Half of the works
and texts, chosen by their names, is learnt from; the figures are of the other half. Weights keep
their signs (`SIGNS`), so that a confidence is monotone in every measure. The same snapshot and data
give the same numbers.
"""

import argparse
import json
import random
import tomllib
import zlib
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice, pairwise
from pathlib import Path
from typing import Final, NamedTuple, cast

import numpy as np

from benchmarks import labelled_queries
from benchmarks.bench_search_shapes import CASES, best_known
from benchmarks.search_shapes import GIVEN, KEPT_BACK, Asked, Work
from kensho.discovery import best_hits, confidence
from kensho.discovery.confidence import INEXACT, SIGNS, Measures, features
from kensho.discovery.episode_numbers import line_of
from kensho.discovery.filters import Filters
from kensho.discovery.hit_serializer import chosen_hits
from kensho.discovery.search import SearchRequest, found_hits
from kensho.errors import InvalidInputError
from kensho.read_model.holder import Snapshot
from kensho.search.keys import key_of

NO_WORK: Final = Path(__file__).parent / "labelled" / "no_work.toml"
SEED: Final = 14
KNOWN: Final = 400
ANY: Final = 1_500
SHAPES_EACH: Final = 4
LEFT_OUT: Final = 400
STEPS: Final = 6_000
RATE: Final = 0.02
LEAST: Final = 0.005
RIDGE: Final = 3e-4
SURE: Final = 0.95
BINS: Final = (0.0, 0.1, 0.3, 0.5, 0.7, 0.8, 0.9, 0.95, 0.98, 1.01)


class Example(NamedTuple):
    """A text, the works any of which is right, and of which kind it is; `name` chooses its half."""

    text: str
    right: frozenset[int]
    kind: str
    name: str
    is_left_out: bool = False


class Judged(NamedTuple):
    """An example, what was measured of its answer, and whether that is right."""

    example: Example
    measures: Measures | None
    is_right: bool

    @property
    def is_learnt(self) -> bool:
        """Return whether this is of the half that is learnt from."""
        return zlib.crc32(self.example.name.encode()) % 2 == 0


def examples(snapshot: Snapshot, data: Path) -> Iterator[Example]:
    """Yield all examples."""
    rng = random.Random(SEED)
    shapes = {**GIVEN, **KEPT_BACK}
    for work in islice(best_known(snapshot, data), KNOWN):
        for name in ("plain", *rng.sample(sorted(shapes), SHAPES_EACH)):
            asked = shapes[name](work)
            if asked is not None:
                yield Example(asked.text, frozenset((work.node,)), "shape", work.title)
    yield from of_any_work(snapshot, rng)
    yield from of_files(snapshot, data)
    for kind, texts in tomllib.loads(NO_WORK.read_text("utf-8")).items():
        yield from (Example(text, frozenset(), kind, text) for text in texts)


def of_any_work(snapshot: Snapshot, rng: random.Random) -> Iterator[Example]:
    """Yield titles of works drawn by lot: as they are, in a shape, spoilt, and as if unknown."""
    model = snapshot.model
    nodes = rng.sample(range(model.works_total), ANY)
    for number, node in enumerate(nodes):
        detail = json.loads(bytes(model.detail(node)))
        if detail.get("adult"):
            continue
        titles = [one["text"] for one in json.loads(model.further(node).bytes).get("titles", [])]
        title = rng.choice(titles) if titles else detail["title"]
        year = int(model.columns.year[node]) or 2000
        work = Work(node, title, title, title, year, detail.get("episodes") or 0, {})
        own = same_works(snapshot, node, title)
        yield Example(title, own, "any", title)
        shape = rng.choice(sorted(GIVEN))
        asked: Asked | None = GIVEN[shape](work)
        if asked is not None and "{i}" not in asked.text:
            yield Example(asked.text, own, "any shape", title)
        text = spoilt(title, rng)
        if number % 3 == 0 and snapshot.titles.index.bearers(key_of(text).letters).keys() <= own:
            yield Example(text, own, "any spoilt", title)
        if number < LEFT_OUT:
            text = asked.text if asked is not None and number % 2 else title
            yield Example(text, own, "left out", title, is_left_out=True)


def same_works(snapshot: Snapshot, node: int, title: str) -> frozenset[int]:
    """Return the works of that title that are right as well: filed twice, or of which it is a part.

    A work that two catalogues list in different years by one is the same; where no season is asked
    for, the first is meant.
    """
    model, works = snapshot.model, {node}
    year = int(model.columns.year[node])
    for other in snapshot.titles.index.bearers(key_of(title).letters):
        if other < model.works_total:
            began = int(model.columns.year[other])
            is_near = year and began and abs(year - began) <= 1
            if is_near or node in line_of(model, other):
                works.add(other)
    return frozenset(works)


def spoilt(title: str, rng: random.Random) -> str:
    """Return a title with an error, or the beginning of it."""
    at = rng.randrange(len(title))
    if rng.random() < 0.3:  # noqa: PLR2004
        return title[: max(4, len(title) * 2 // 3)].strip() or title
    return title[:at] + title[at + 1 :] if len(title) > 5 else title  # noqa: PLR2004


def of_files(snapshot: Snapshot, data: Path) -> Iterator[Example]:
    """Yield the real cases and the labelled queries."""
    for line in (data / CASES).read_text("utf-8").splitlines():
        case = json.loads(line)
        mals = case["expected_mal"]
        found: list[int] = cast("list[int]", mals) if isinstance(mals, list) else [mals or 0]
        yield Example(
            case["query"], nodes_of(snapshot, (f"mal:{m}" for m in found)), "case", case["query"]
        )
    for row in labelled_queries.load():
        yield Example(row.query, nodes_of(snapshot, row.ids), "labelled", row.query)


def nodes_of(snapshot: Snapshot, ids: Iterable[str]) -> frozenset[int]:
    """Return the works of source ids."""
    return frozenset(match.node for one in ids for match in snapshot.model.resolve(one))


def judged(snapshot: Snapshot, example: Example) -> Judged:
    """Return what is measured of the answer to an example."""
    request = SearchRequest(text=example.text[-1000:], filters=Filters(safe=False), limit=1)
    try:
        found = found_hits(snapshot, request)
    except InvalidInputError:
        return Judged(example, None, is_right=False)
    right = example.right
    if example.is_left_out:
        groups = snapshot.titles.groups
        gone = {snapshot.titles.group(node) for node in right}
        kept = ~np.isin(groups[found.works.entries], list(gone))
        found = found._replace(works=chosen_hits(found.works, kept))
        right = frozenset[int]()
    best = best_hits.best_hit(snapshot, found)
    if best is None:
        return Judged(example, None, is_right=False)
    return Judged(example, best.measures, is_right=int(found.works.entries[0]) in right)


def fitted(rows: Sequence[Judged]) -> dict[str, float]:
    """Return the weights of a logistic model whose weights keep the signs of `SIGNS`."""
    names = [*SIGNS]
    x = np.array([[features(row.measures)[n] for n in names] for row in rows if row.measures])
    right = np.array([float(row.is_right) for row in rows])
    x = np.hstack((x, np.ones((len(x), 1))))
    signs = np.array([*SIGNS.values(), 0])
    weights, first, second = np.zeros((3, len(signs)))
    for step in range(1, STEPS + 1):  # Adam, with the signs restored after each step
        wrong_by = 1 / (1 + np.exp(-(x @ weights))) - right
        slope = x.T @ wrong_by / len(x) + RIDGE * weights
        first, second = 0.9 * first + 0.1 * slope, 0.999 * second + 0.001 * slope**2
        move = first / (1 - 0.9**step) / (np.sqrt(second / (1 - 0.999**step)) + 1e-9)
        weights = weights - RATE * move
        weights = np.where(signs * weights < 0, 0.0, weights)
    named = zip((*names, "_"), weights.tolist(), strict=True)
    return {name: round(weight, 2) for name, weight in named if abs(weight) >= LEAST}


def report(rows: Sequence[Judged]) -> None:
    """Print the reliability curve, and precision and recall where an answer is sure."""
    values = np.array([said(row) for row in rows])
    right = np.array([row.is_right for row in rows])
    for low, high in pairwise(BINS):
        here = (values >= low) & (values < high)
        if here.any():
            shares = f"said {values[here].mean():.3f}  right {right[here].mean():.3f}"
            print(f"{low:.2f}..{min(high, 1):.2f}  n {here.sum():5}  {shares}")
    sure = values >= SURE
    precision, recall = right[sure].mean(), (sure & right).sum() / right.sum()
    print(f"at {SURE}: precision {precision:.4f} of {sure.sum()}, recall {recall:.4f}")
    for kind in sorted({row.example.kind for row in rows}):
        here = np.array([row.example.kind == kind for row in rows])
        shares = f"right {right[here].mean():.3f} sure {sure[here].mean():.3f}"
        print(f"{kind:14} n {here.sum():5} {shares} wrong and sure {(here & sure & ~right).sum()}")


def said(row: Judged) -> float:
    """Return the confidence of an answer; 0 where there is none."""
    return confidence.confidence(row.measures) if row.measures else 0.0


def print_fitted(rows: Sequence[Judged]) -> None:
    """Fit both models, print their numbers, and use them."""
    learnt = [row for row in rows if row.is_learnt and row.measures]
    inexact = [row for row in learnt if row.measures and row.measures.match in INEXACT]
    exact = [row for row in learnt if row.measures and row.measures.match not in {"id", *INEXACT}]
    for name, of_kind in (("EXACT", exact), ("ALIKE", inexact)):
        table = fitted(of_kind)
        print(f"{name}: Final[Mapping[str, float]] = {json.dumps(table)}")
        setattr(confidence, name, table)


def main() -> None:
    """Fit, or report."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--snapshot", type=Path, required=True)
    parser.add_argument("--data", type=Path, default=Path("../shared/data"))
    parser.add_argument("--fit", action="store_true")
    parser.add_argument("--wrong", action="store_true", help="print what is sure and wrong")
    options = parser.parse_args()
    snapshot = Snapshot.open(options.snapshot)
    rows = [judged(snapshot, one) for one in examples(snapshot, options.data)]
    if options.fit:
        print_fitted(rows)
    print("learnt half")
    report([row for row in rows if row.is_learnt])
    print("held-out half")
    report([row for row in rows if not row.is_learnt])
    for row in rows if options.wrong else ():
        if not row.is_right and said(row) >= SURE:
            print(row.example.kind, row.example.text, row.measures)


if __name__ == "__main__":
    main()
