"""Which lane each work of a map stands on, from the topmost lane down.

The main line has a lane of its own; films are on the one above it, summaries above those. Side
stories, spin-offs, crossovers and music lie below. Alternative versions run where there is more
room. Lines that are over before others begin share a lane.

Guarantees: a lane holds works of one kind of line; a line with a lane of its own is straight. The
cost: 1 µs for a work and lane.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence, Sized
from itertools import chain
from typing import Final, Literal, NamedTuple, TypeAlias

from kensho.metro.inputs import MapWork
from kensho.metro.lines import LinedWorks
from kensho.metro.map import LineKind

Strand = tuple[MapWork, ...]
"""Works that stand on one lane together, by date."""

Band: TypeAlias = LineKind | Literal["low_summary"]
"""Lanes of one kind of line; summaries of what lies below the main line are below it, too."""

_ABOVE: Final[tuple[Band, ...]] = ("summary", "film")
_BELOW: Final[tuple[Band, ...]] = ("side", "spin_off", "low_summary", "crossover", "music")
_WORKS_PER_LANE: Final = 12
_MOST_LANES: Final[Mapping[LineKind, int]] = {"side": 5, "spin_off": 3, "alternative": 3}
_SPARE_LANES: Final = 3
"""How many lanes more there may be before a work stands inside another line."""


class Track(NamedTuple):
    """A lane: what kind of line it carries, the line that names it, whether it is the first so."""

    kind: LineKind
    line: str
    is_first: bool


class TrackAssignment(NamedTuple):
    """The lanes from top to bottom, and the lane of each work."""

    lanes: list[Track]
    of_work: dict[str, int]
    main: int


def tracks_of(
    lines: Sequence[LinedWorks],
    order: Mapping[str, int],
    chains: Mapping[str, str],
    near: Mapping[str, Collection[str]],
    low: Collection[str],
) -> TrackAssignment:
    """Return the lanes of these lines, given the place of each work in time.

    `chains` names the chain that a work is part of, if it should stay on one lane with others;
    `low` are the works that belong below the main line.
    """
    by_band = _bands(lines, low)
    stacks: dict[Band, list[list[Strand]]] = {}
    for band, some in by_band.items():
        stacks[band] = _stack(some, order, chains, near)
    lanes, of_work = list[Track](), dict[str, int]()
    for band in _from_the_top(stacks):
        line = by_band[band][0].line
        for depth, strands in enumerate(stacks[band]):
            of_work.update((work.id, len(lanes)) for work in chain.from_iterable(strands))
            lanes.append(Track(line.kind, line.id, depth == 0))
    main = next((n for n, lane in enumerate(lanes) if lane.kind == "main"), 0)
    return TrackAssignment(lanes, of_work, main)


def _bands(lines: Iterable[LinedWorks], low: Collection[str]) -> dict[Band, list[LinedWorks]]:
    bands: dict[Band, list[LinedWorks]] = {}
    for line in lines:
        if line.line.kind != "summary":
            bands.setdefault(line.line.kind, []).append(line)
            continue
        lower = tuple(work for work in line.works if work.id in low)
        upper = tuple(work for work in line.works if work.id not in low)
        parts: tuple[tuple[Band, Strand], ...] = (("summary", upper), ("low_summary", lower))
        bands.update((band, [line._replace(works=works)]) for band, works in parts if works)
    return bands


def _from_the_top(stacks: Mapping[Band, Sized]) -> list[Band]:
    above = sum(len(stacks.get(band, ())) for band in _ABOVE)
    below = sum(len(stacks.get(band, ())) for band in _BELOW)
    bands: tuple[Band, ...] = (
        ("alternative", *_ABOVE, "main", *_BELOW)
        if above <= below
        else (*_ABOVE, "main", _BELOW[0], "alternative", *_BELOW[1:])
    )
    return [band for band in bands if band in stacks]


def _stack(
    lines: Sequence[LinedWorks],
    order: Mapping[str, int],
    chains: Mapping[str, str],
    near: Mapping[str, Collection[str]],
) -> list[list[Strand]]:
    """Return the strands of each lane of one kind of line, the lane nearest the main one first."""
    strands = sorted(
        (s for line in lines for s in _strands(line, chains)), key=lambda s: order[s[0].id]
    )
    kind = lines[0].line.kind
    total = sum(map(len, strands))
    most = min(_MOST_LANES.get(kind, 1), -(-total // _WORKS_PER_LANE))
    spare = _SPARE_LANES if kind in _MOST_LANES else 0
    return _packed(strands, order, near, (most, most + spare))


def _strands(line: LinedWorks, chains: Mapping[str, str]) -> Iterable[Strand]:
    if line.line.kind not in _MOST_LANES or line.line.id != line.line.kind:
        return [line.works]
    found: dict[str, list[MapWork]] = {}
    for work in line.works:
        found.setdefault(chains.get(work.id, work.id), []).append(work)
    return map(tuple, found.values())


def _packed(
    strands: Iterable[Strand],
    order: Mapping[str, int],
    near: Mapping[str, Collection[str]],
    most: tuple[int, int],
) -> list[list[Strand]]:
    """Return strands on lanes: works of one year side by side, none inside another strand.

    Where there is a choice a strand follows one that it is tied to. `most` are how many lanes there
    may be, and how many if all are inside a strand.
    """
    lanes: list[list[Strand]] = []
    for strand in strands:
        start, year = order[strand[0].id], strand[0].year
        free = [lane for lane in lanes if order[lane[-1][-1].id] < start]
        fresh = [lane for lane in free if lane[-1][-1].year != year]
        tied = [lane for lane in fresh if lane[-1][-1].id in near.get(strand[0].id, ())]
        if not tied and not fresh and len(lanes) < most[not free]:
            lanes.append([])
            fresh = lanes[-1:]
        pick = (tied or fresh or [min(free or lanes, key=lambda lane: order[lane[-1][-1].id])])[0]
        pick.append(strand)
    return lanes
