"""Measure the metro map: layout and SVG of made-up franchises, and of every real one.

    python -m benchmarks.bench_map
    python -m benchmarks.bench_map --store surrealkv://var/kensho.db [--snapshots var/read_model]

Medians of processor time, since others may share the machine. Every franchise of the snapshot is
laid out; the hardest, those that take longest, have a line each. Crossings are those of seen routes
with one another, counted leg by leg, then those of labels by seen routes and tracks; a name is cut
where its label doesn't say all of it. `--save` keeps the hardest maps as SVG files to look at.
"""

import argparse
import gc
import random
import statistics
import time
from collections.abc import Callable, Mapping, Sequence
from itertools import combinations, pairwise
from pathlib import Path
from typing import Final

from kensho.cli.snapshots import open_snapshot
from kensho.discovery import franchises
from kensho.domain.relations import Kind
from kensho.domain.works import Role
from kensho.metro.inputs import MapContinuity, MapEdge, MapWork, MediaType
from kensho.metro.labels import SIZE, boxes_of
from kensho.metro.layout import metro_map
from kensho.metro.map import MetroMap, Point, Station
from kensho.metro.segments import Box
from kensho.read_model.holder import Snapshot
from kensho.web.maps import map_input, map_store
from kensho.web.maps.svg import MapLinks, map_svg
from kensho.web.messages import Messages
from tests.support.map_oracles import does_enter

MESSAGES: Final = Messages.read()
RUNS: Final = 9
HARDEST: Final = 30
BOLD: Final = 1.07
SIZES: Final = (1, 30, 150)
LIMIT_MS: Final = 30.0
MADE_ROLES: Final[Mapping[Role, tuple[float, MediaType, Kind]]] = {
    "main": (0.25, "series", "sequel"),
    "film": (0.15, "film", "side_story"),
    "side": (0.35, "special", "side_story"),
    "spin_off": (0.08, "series", "spin_off"),
    "alternative": (0.07, "series", "alternative_version"),
    "summary": (0.05, "special", "summary"),
    "music": (0.05, "music", "music_video"),
}
Given = tuple[str, list[MapWork], list[MapEdge], list[MapContinuity]]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--store", help="URL of an ingested store")
    parser.add_argument("--snapshots", type=Path, help="the folder of its snapshots")
    parser.add_argument("--save", type=Path, help="a folder to write the hardest maps to")
    options = parser.parse_args()
    print(f"{'':<26}{'works':>6}{'edges':>7}{'seen':>6}{'drawn':>7}{'layout':>9}{'SVG':>9}", end="")
    print(f"{'KB':>6}{'crossings':>11}{'labels crossed':>16}{'cut':>5}   size")
    for size in SIZES:
        report(made_up(size), None)
    if options.store or options.snapshots:
        report_all(open_snapshot(options.store, options.snapshots), options.save)


def report_all(snapshot: Snapshot, folder: Path | None) -> None:
    """Lay every franchise out, and report the hardest."""
    gc.collect()
    gc.freeze()  # as the service does once a snapshot is open
    took = list[tuple[float, int]]()
    for number in range(len(snapshot.model.franchises)):
        given = real(snapshot, number)
        began = time.process_time()
        metro_map(*given)
        took.append((1000 * (time.process_time() - began), number))
    took.sort(reverse=True)
    crossed = 0
    for _, number in took[:HARDEST]:
        crossed += report(real(snapshot, number), folder)
    times = sorted(ms for ms, _ in took)
    print(
        f"{len(times):,} franchises, laid out once each: {sum(times) / 1000:.1f} s,"
        f" median {statistics.median(times):.2f} ms, p99 {times[int(0.99 * len(times))]:.1f} ms,"
        f" slowest {times[-1]:.1f} ms; labels crossed in the {HARDEST} hardest: {crossed}"
    )


def real(snapshot: Snapshot, number: int) -> Given:
    """Return a franchise as its map is drawn from it."""
    model, titles = snapshot.model, snapshot.titles
    franchise = map_store.franchise_of(model, number)
    graph = franchises.graph(model, number)

    def popularity_of(work: object) -> float:
        node = model.node(work)  # type: ignore[arg-type]
        return 0.0 if node is None else titles.popularity.item(node)

    works = list(map_input.works_of(franchise, popularity_of))
    edges = list(map_input.edges_of(franchise, graph.edges, graph.bridges, str))
    return franchise.title, works, edges, map_input.continuities_of(franchise)


def made_up(size: int) -> Given:
    """Return a franchise like real ones: a main line, the rest hung on it, all of it "related"."""
    chance = random.Random(size)
    roles = chance.choices(list(MADE_ROLES), [share for share, *_ in MADE_ROLES.values()], k=size)
    works, edges = list[MapWork](), list[MapEdge]()
    roles[0] = "main"
    for number, role in enumerate(roles):
        _, type_, kind = MADE_ROLES[role]
        date = f"{1980 + 45 * number // size}-{1 + number % 12:02}"
        title = f"Example {' '.join(chance.sample(WORDS, chance.randint(1, 5)))} {number}"
        works.append(MapWork(id=f"w{number}", title=title, type=type_, role=role, date=date))
        mains = [work.id for work in works[:-1] if work.role == "main"]
        if mains:
            near = mains[-1] if role == "main" else chance.choice(mains[-6:])
            edges.append(MapEdge(source=near, target=works[-1].id, kind=kind))
    pairs = combinations([work.id for work in works], 2)
    related = chance.sample([*pairs], min(8 * size, size * (size - 1) // 2))
    edges += [MapEdge(source=one, target=other, kind="related") for one, other in related]
    return "Example", works, edges, []


WORDS: Final = [
    "Senshi",
    "Kagami",
    "Hoshi",
    "no",
    "Rebellion",
    "Second",
    "Season",
    "Memory",
    "Special",
    "Wing",
    "War",
    "Legend",
]


def report(given: Given, folder: Path | None) -> int:
    """Print a line about a map, and return how many of its labels are crossed."""
    title, works, edges, _ = given
    drawn = metro_map(*given)
    layout_ms = median_ms(lambda: metro_map(*given))
    svg_ms = median_ms(lambda: map_svg(drawn, MESSAGES, links=MapLinks()))
    svg = map_svg(drawn, MESSAGES, links=MapLinks())
    missed = " MISSED" if layout_ms > LIMIT_MS else ""
    seen = sum(not route.is_quiet for route in drawn.routes)
    print(f"{title[:25]:<26}{len(works):>6}{len(edges):>7}{seen:>6}{len(drawn.routes):>7}", end="")
    print(f"{layout_ms:>6.1f} ms{svg_ms:>6.1f} ms{len(svg) // 1000:>6}", end="")
    crossed = labels_crossed(drawn)
    cut = sum(station.label.is_cut for station in drawn.stations)
    print(f"{crossings(drawn):>11}{crossed:>16}{cut:>5}   ", end="")
    print(f"{drawn.width:.0f} x {drawn.height:.0f}{missed}")
    if folder:
        folder.mkdir(parents=True, exist_ok=True)
        name = "".join(letter if letter.isalnum() else "-" for letter in title)
        (folder / f"{name}-{len(works)}.svg").write_text(svg, "utf-8")
    return crossed


def median_ms(run: Callable[[], object]) -> float:
    times: list[float] = []
    for _ in range(RUNS):
        began = time.process_time()
        run()
        times.append(1000 * (time.process_time() - began))
    return statistics.median(times)


def labels_crossed(drawn: MetroMap) -> int:
    """Count the labels that a seen route or a track crosses, slowly and surely."""
    legs = [leg for route in drawn.routes if not route.is_quiet for leg in pairwise(route.points)]
    legs += [((span.x_from, span.y), (span.x_to, span.y)) for span in drawn.tracks]
    return sum(
        any(does_enter(*leg, box) for leg in legs for box in label_boxes(station))
        for station in drawn.stations
    )


def label_boxes(station: Station) -> Sequence[Box]:
    is_bold = station.line == "main" and station.is_trunk
    return boxes_of(station.label, SIZE * BOLD if is_bold else SIZE)


def crossings(drawn: MetroMap) -> int:
    """Count the pairs of legs of different seen routes that cross, slowly and surely."""
    seen = [route for route in drawn.routes if not route.is_quiet]
    legs = [(route.id, leg) for route in seen for leg in pairwise(route.points)]
    return sum(
        one != other and do_cross(*leg, *far) for (one, leg), (other, far) in combinations(legs, 2)
    )


def do_cross(a: Point, b: Point, c: Point, d: Point) -> bool:
    return turn(a, b, c) * turn(a, b, d) < 0 and turn(c, d, a) * turn(c, d, b) < 0


def turn(a: Point, b: Point, c: Point) -> int:
    turned = (b[0] - a[0]) * (c[1] - a[1]) - (b[1] - a[1]) * (c[0] - a[0])
    return (turned > 1) - (turned < -1)


if __name__ == "__main__":
    main()
