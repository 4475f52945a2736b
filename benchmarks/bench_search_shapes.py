"""How well searches read what libraries, sites and people write around a title.

    python -m benchmarks.bench_search_shapes --snapshot FOLDER [--data ../shared/data] [--misses]

Each shape of `search_shapes` is written around the title of works of the snapshot (the first of
their stories, so that the right answer is one work): the best known, or with `--seed` some drawn
from the 1,000 best known. `search_cases.jsonl` holds real texts.
"""

import argparse
import gzip
import json
import random
import statistics
import time
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import Any, Final, NamedTuple

from benchmarks.search_shapes import GIVEN, INVENTED, KEPT_BACK, LATER, Asked, Shape, Work
from benchmarks.spoken_shapes import ASKED, LAST, MISSPELT, WRITTEN
from kensho.discovery.cursors import Cursors
from kensho.discovery.filters import Filters
from kensho.discovery.search import SearchRequest, TitleSearch
from kensho.errors import InvalidInputError
from kensho.platform.secret_values import Secret
from kensho.read_model.holder import Snapshot

WORKS: Final = 60
_DRAWN_FROM: Final = 1_000
CASES: Final = "queries/search_cases.jsonl"


class Result(NamedTuple):
    """Whether the right work came first, and whether the episode was read as it was written."""

    work: bool
    episode: bool
    seconds: float


class Reader:
    """Asks the search of a snapshot in this process."""

    def __init__(self, snapshot: Snapshot) -> None:
        self._snapshot = snapshot
        self._search = TitleSearch(Cursors(Secret("a benchmark signs its cursors")), safe=True)

    def answer(self, text: str) -> tuple[Any, float]:
        """Return the page of a text, as JSON has it, and the seconds of a processor that it took.

        It is asked for twice, and the shorter time counts: what else the machine does is not ours.
        """
        request = SearchRequest(text=text, filters=Filters(safe=True), limit=3)
        began = time.thread_time()
        page = self._search.page(self._snapshot, request)
        then = time.thread_time()
        self._search.page(self._snapshot, request)
        return json.loads(page.bytes), min(then - began, time.thread_time() - then)

    def result(self, asked: Asked, right: set[str]) -> Result:
        """Return whether a text was understood; `right` are the ids of the works it may mean."""
        try:
            page, seconds = self.answer(asked.text)
        except InvalidInputError:  # a refused text is a miss, whatever it says
            return Result(work=False, episode=False, seconds=0.0)
        first = page["results"][0]["id"] if page["results"] else None
        read = page["read_as"]
        release = read.get("release") or {}
        episode = read.get("episode", release.get("episode"))
        return Result(first in right, asked.episode in (None, episode), seconds)


def best_known(snapshot: Snapshot, data: Path) -> Iterator[Work]:
    """Yield the works that viewers recommend most often, the first of their stories."""
    path = data / "recommendations" / "anilist_recommendations.json.gz"
    votes: dict[str, int] = {}
    for one, others in json.loads(gzip.decompress(path.read_bytes())).items():
        for other, count in others.items():
            votes[one] = votes.get(one, 0) + count
            votes[other] = votes.get(other, 0) + count
    model, franchises = snapshot.model, snapshot.model.franchises
    roots = set()
    for number in range(len(franchises.listed)):
        roots.add(int(franchises.members(number)[0]))
    for mal, _ in sorted(votes.items(), key=lambda pair: -pair[1]):
        found = model.resolve(f"mal:{mal}")
        if len(found) == 1 and found[0].node in roots:
            work = _work(snapshot, found[0].node)
            if work is not None:
                yield work


def _work(snapshot: Snapshot, node: int) -> Work | None:
    model = snapshot.model
    detail = json.loads(bytes(model.detail(node)))
    titles = json.loads(model.further(node).bytes).get("titles", [])
    if detail.get("anime_type") != "tv":
        return None

    def official(language: str) -> str | None:
        kinds = ("official", "main")
        return next(
            (t["text"] for t in titles if t["language"] == language and t.get("kind") in kinds),
            None,
        )

    season = detail.get("anime_season") or {}
    ids: dict[str, str] = {}
    for one in detail["sources"]:
        ids.setdefault(one["provider"], one["id"].rpartition("/")[2])
    japanese, english = official("ja"), official("en")
    if not japanese or not english or not season.get("year"):
        return None
    return Work(
        node,
        detail["title"],
        english,
        japanese,
        season["year"],
        detail.get("episodes") or 0,
        ids,
    )


def main() -> None:
    """Print the share of right answers of each shape, and of the real cases."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--snapshot", type=Path, required=True)
    parser.add_argument("--data", type=Path, default=Path("../shared/data"))
    parser.add_argument("--works", type=int, default=WORKS)
    parser.add_argument("--seed", type=int)
    parser.add_argument("--misses", action="store_true")
    options = parser.parse_args()
    snapshot = Snapshot.open(options.snapshot)
    reader = Reader(snapshot)
    drawn_from = options.works if options.seed is None else _DRAWN_FROM
    works = list(islice(best_known(snapshot, options.data), drawn_from))
    if options.seed is not None:
        works = random.Random(options.seed).sample(works, options.works)
    for heading, shapes in (
        ("shapes", GIVEN),
        ("kept back", KEPT_BACK),
        ("invented", INVENTED),
        ("later", LATER),
        ("written", WRITTEN),
        ("asked", ASKED),
        ("last", LAST),
        ("misspelt", MISSPELT),
    ):
        report(heading, shapes, works, reader, snapshot, misses=options.misses)
    report_cases(reader, snapshot, options.data / CASES, misses=options.misses)


def report(
    heading: str,
    shapes: dict[str, Shape],
    works: list[Work],
    reader: Reader,
    snapshot: Snapshot,
    *,
    misses: bool,
) -> None:
    """Print a line for each shape, and their mean."""
    shares, times = [], []
    for name, shape in shapes.items():
        results = []
        for work in works:
            asked = shape(work)
            if asked is None:
                continue
            right = {str(snapshot.model.id(work.node))}
            result = reader.result(asked, right)
            results.append(result)
            if misses and not (result.work and result.episode):
                print(f"    {'episode' if result.work else 'WORK'} {asked.text}")
        if results:
            work_share = statistics.mean(one.work for one in results)
            episode = statistics.mean(one.episode for one in results)
            shares.append(work_share)
            times += [one.seconds for one in results]
            print(f"{heading}: {name:22} work {work_share:.3f} episode {episode:.3f}")
    p95 = statistics.quantiles(times, n=20)[-1] * 1e3
    print(
        f"{heading}: mean {statistics.mean(shares):.3f}, lowest {min(shares):.3f},"
        f" processor time p95 {p95:.2f} ms (at most 2), longest {max(times) * 1e3:.2f} (at most 10)"
    )


def report_cases(reader: Reader, snapshot: Snapshot, path: Path, *, misses: bool) -> None:
    """Print how many real texts find their work and their episode."""
    work = episode = total = stated = 0
    for line in path.read_text("utf-8").splitlines():
        case = json.loads(line)
        expected = case["expected_mal"]
        mals = expected if isinstance(expected, list) else [expected] if expected else []
        right = {
            str(snapshot.model.id(f.node)) for m in mals for f in snapshot.model.resolve(f"mal:{m}")
        }
        asked = Asked(case["query"], case["expected_episode"], case["expected_season"])
        result = reader.result(asked, right)
        if not right:
            continue
        total += 1
        work += result.work
        stated += asked.episode is not None
        episode += asked.episode is not None and result.episode
        if misses and not (result.work and result.episode):
            missed = "episode" if result.work else "WORK"
            print(f"    {missed} {case['kind']}: {asked.text} -> {mals}")
    print(f"cases: work {work}/{total} = {work / total:.3f}")
    print(f"cases: episode {episode}/{stated} = {episode / stated:.3f}")


if __name__ == "__main__":
    main()
