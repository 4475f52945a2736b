"""Measure the metro map: layout and SVG of made-up franchises, and of the largest real ones.

    python -m benchmarks.bench_map
    python -m benchmarks.bench_map --store surrealkv://var/kensho.db

Medians of processor time, since others may share the machine. Crossings are those of routes with
routes, counted leg by leg; a name is cut where its label doesn't say all of it. `--save` keeps
every map as an SVG file to look at.
"""

import argparse
import random
import statistics
import time
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import combinations, pairwise
from pathlib import Path
from typing import Final
from uuid import UUID

from benchmarks import franchise_data
from ingest import curation
from kensho.domain.franchise.franchises import Franchise, franchises
from kensho.domain.franchise.inputs import FranchiseWork, Relation
from kensho.domain.relations import Kind
from kensho.domain.works import AnimeType, Role
from kensho.metro.inputs import GuestOf, MapEdge, MapWork, MediaType
from kensho.metro.layout import metro_map
from kensho.metro.map import MetroMap, Point
from kensho.web.maps.svg import MapLinks, map_svg
from kensho.web.messages import Messages

MESSAGES: Final = Messages.read()
RUNS: Final = 9
SHOWN: Final = 12
SIZES: Final = (1, 30, 150)
LIMIT_MS: Final = 30.0
TYPES: Final[Mapping[AnimeType, MediaType]] = {
    "tv": "series",
    "movie": "film",
    "ova": "ova",
    "ona": "ona",
    "special": "special",
    "unknown": "special",
}
MADE_ROLES: Final[Mapping[Role, tuple[float, MediaType, Kind]]] = {
    "main": (0.25, "series", "sequel"),
    "film": (0.15, "film", "side_story"),
    "side": (0.35, "special", "side_story"),
    "spin_off": (0.08, "series", "spin_off"),
    "alternative": (0.07, "series", "alternative_version"),
    "summary": (0.05, "special", "summary"),
    "music": (0.05, "music", "music_video"),
}
Given = tuple[str, list[MapWork], list[MapEdge]]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--store", help="URL of an ingested store")
    parser.add_argument("--save", type=Path, help="a folder to write the maps to")
    options = parser.parse_args()
    print(f"{'':<26}{'works':>6}{'edges':>7}{'drawn':>7}{'layout':>9}{'SVG':>9}{'KB':>6}", end="")
    print(f"{'crossings':>11}{'cut':>5}   size")
    for size in SIZES:
        report(made_up(size), options.save)
    if options.store:
        for given in real(options.store):
            report(given, options.save)


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
    return "Example", works, edges


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


def real(store_url: str) -> Iterator[Given]:
    """Yield the largest franchises of a store as maps are given them."""
    graph = franchise_data.real(store_url)
    relations = graph.relations("stated", "inferred", "curated")
    found = franchises(
        graph.works.values(),
        relations,
        curation.load().policy,
        collections=graph.collections,
    )
    from_work: dict[UUID, list[Relation]] = defaultdict(list)
    for relation in relations:
        from_work[relation.source].append(relation)
    homes = {member.work: one for one in found for member in one.members}
    for one in found[:SHOWN]:
        yield given_of(one, graph.works, from_work, homes)


def given_of(
    one: Franchise,
    works: Mapping[UUID, FranchiseWork],
    from_work: Mapping[UUID, Sequence[Relation]],
    homes: Mapping[UUID, Franchise],
) -> Given:
    record = {
        id_: str(member.work) for member in one.members for id_ in (member.work, *member.also)
    }
    members = [map_work(works[member.work], member.role) for member in one.members]
    for guest in one.guests:
        record[guest.work] = str(guest.work)
        home = homes.get(guest.work)
        other = (GuestOf(str(home.root), home.title),) if home else ()
        members.append(map_work(works[guest.work], "crossover", other))
    edges = [
        MapEdge(
            source=record[relation.source],
            target=record[relation.target],
            kind=relation.kind,
            method=relation.method,
            confidence=relation.confidence,
        )
        for id_ in record
        for relation in from_work.get(id_, ())
        if relation.target in record
    ]
    return one.title, members, edges


def map_work(work: FranchiseWork, role: Role, guest_of: tuple[GuestOf, ...] = ()) -> MapWork:
    return MapWork(
        id=str(work.id),
        title=work.title,
        type="music" if work.is_music else TYPES[work.type],
        role=role,
        date=work.date,
        episodes=work.episodes,
        duration_s=work.duration_s,
        guest_of=guest_of,
    )


def report(given: Given, folder: Path | None) -> None:
    title, works, edges = given
    drawn = metro_map(*given)
    layout_ms = median_ms(lambda: metro_map(*given))
    svg_ms = median_ms(lambda: map_svg(drawn, MESSAGES, links=MapLinks()))
    svg = map_svg(drawn, MESSAGES, links=MapLinks())
    missed = " MISSED" if len(works) <= max(SIZES) and layout_ms > LIMIT_MS else ""
    print(f"{title[:25]:<26}{len(works):>6}{len(edges):>7}{len(drawn.routes):>7}", end="")
    print(
        f"{layout_ms:>6.1f} ms{svg_ms:>6.1f} ms{len(svg) // 1000:>6}{crossings(drawn):>11}", end=""
    )
    cut = sum(station.label.is_cut for station in drawn.stations)
    print(f"{cut:>5}   {drawn.width:.0f} x {drawn.height:.0f}{missed}")
    if folder:
        folder.mkdir(parents=True, exist_ok=True)
        name = "".join(letter if letter.isalnum() else "-" for letter in title)
        (folder / f"{name}-{len(works)}.svg").write_text(svg, "utf-8")


def median_ms(run: Callable[[], object]) -> float:
    times: list[float] = []
    for _ in range(RUNS):
        began = time.process_time()
        run()
        times.append(1000 * (time.process_time() - began))
    return statistics.median(times)


def crossings(drawn: MetroMap) -> int:
    """Count the pairs of legs of different routes that cross, slowly and surely."""
    legs = [(route.id, leg) for route in drawn.routes for leg in pairwise(route.points)]
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
