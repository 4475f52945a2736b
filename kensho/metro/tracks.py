"""The track of each work on a map, from the topmost track down.

The trunk of the main line has a track of its own, films run on the track above it and summaries
above those; side stories, music and promotions lie below. Every other line is a block: its trunk,
and tracks beside that for what accompanies it. Blocks whose times do not overlap share tracks, so
that a franchise of many short lines is no higher than its busiest years ask. A block is put on the
side of the main line where it is nearer to it; guests lie at the lower edge.

Guarantees: a trunk is on one track; what blocks have on one track does not overlap in time.
Performance: 1 µs for a work and track, 2 µs for a block and track.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from itertools import chain
from typing import Final, NamedTuple

from kensho.metro.inputs import MapWork
from kensho.metro.lines import Lane, LinedWorks

WorkChain = tuple[MapWork, ...]
"""Works that stay on one track together, sorted by date."""

_ABOVE: Final[tuple[Lane, ...]] = ("summary", "film")
_BELOW: Final[tuple[Lane, ...]] = ("side", "music", "promotion")
_WORKS_PER_TRACK: Final = 12
"""A lane grows by a track for each dozen works."""
_MAX_TRACKS: Final[Mapping[Lane, int]] = {"side": 5, "summary": 2, "promotion": 2}
"""Of a lane; lanes that are not listed have one track."""
_SPARE_TRACKS: Final = 3
"""How many more tracks there may be before a chain is put inside the span of another."""
_APART: Final = 2
"""More other works than these lie between two blocks on a track, or their names would touch."""


class Track(NamedTuple):
    """What a track carries: a lane of the main line, or blocks of other lines.

    `line` is the id of a line on it; `is_first` tells that the track above carries something else.
    """

    lane: Lane
    line: str
    is_first: bool
    is_main: bool


class TrackAssignment(NamedTuple):
    """The tracks from top to bottom, and the track of each work."""

    tracks: list[Track]
    of_work: dict[str, int]
    main: int


class _Row(NamedTuple):
    """A track to be: what it carries, and its works."""

    track: Track
    works: list[MapWork]


def tracks_of(
    lines: Sequence[LinedWorks],
    order: Mapping[str, int],
    chain_of: Mapping[str, str],
    neighbours: Mapping[str, Collection[str]],
) -> TrackAssignment:
    """Return the tracks of these lines, given the place of each work in order of time.

    `chain_of` names the chain that a work is part of, if it has to stay on one track with others.
    """
    above, trunk, below, guests = (list[_Row]() for _ in range(4))
    others = list[LinedWorks]()
    for line in lines:
        if line.is_main:
            above = _lanes(line, _ABOVE, order, chain_of, neighbours)
            trunk = _lanes(line, ("trunk",), order, chain_of, neighbours)
            below = _lanes(line, _BELOW, order, chain_of, neighbours)
        elif "guest" in line.lanes:
            guests = [_Row(Track("guest", line.line.id, True, False), list(line.works))]
        else:
            others.append(line)
    outer, lower = _placed(others, (len(above), len(below)), order, chain_of, neighbours)
    above, below = outer[::-1] + above, below + lower
    rows = [*above, *trunk, *below, *guests]
    of_work = {work.id: number for number, row in enumerate(rows) for work in row.works}
    return TrackAssignment([row.track for row in rows], of_work, len(above))


def _lanes(
    line: LinedWorks,
    lanes: Iterable[Lane],
    order: Mapping[str, int],
    chain_of: Mapping[str, str],
    neighbours: Mapping[str, Collection[str]],
) -> list[_Row]:
    """Return the rows of some lanes of a line."""
    rows = list[_Row]()
    for lane in lanes:
        works = line.lanes.get(lane, ())
        stack = _stack(lane, works, order, chain_of, neighbours) if works else []
        for depth, chains in enumerate(stack):
            on_row = sorted(chain.from_iterable(chains), key=lambda work: order[work.id])
            rows.append(_Row(Track(lane, line.line.id, depth == 0, line.is_main), on_row))
    return rows


class _Side:
    """The tracks on one side of the main line beyond its own, the nearest first."""

    def __init__(self, nearer: int) -> None:
        self.nearer: Final = nearer
        """How many tracks of the main line are between it and the first of these."""
        self.rows: Final[list[_Row]] = []
        self._taken: Final[list[list[tuple[int, int]]]] = []

    def first_free(self, spans: Sequence[tuple[int, int]]) -> int:
        """Return the nearest row from which rows are free for these times, one after the other."""
        return next(
            at
            for at in range(len(self.rows) + 1)
            if all(self._is_free(at + depth, span) for depth, span in enumerate(spans))
        )

    def _is_free(self, row: int, span: tuple[int, int]) -> bool:
        if row >= len(self.rows):
            return True
        start, end = span[0] - _APART, span[1] + _APART
        return all(until < start or end < since for since, until in self._taken[row])

    def put(self, at: int, block: Sequence[_Row], spans: Sequence[tuple[int, int]]) -> None:
        """Put the rows of a block from a row on."""
        for depth, (row, span) in enumerate(zip(block, spans, strict=True), at):
            if depth == len(self.rows):
                self.rows.append(_Row(row.track, []))
                self._taken.append([])
            self.rows[depth].works.extend(row.works)
            self._taken[depth].append(span)


def _placed(
    lines: Iterable[LinedWorks],
    nearer: tuple[int, int],
    order: Mapping[str, int],
    chain_of: Mapping[str, str],
    neighbours: Mapping[str, Collection[str]],
) -> tuple[list[_Row], list[_Row]]:
    """Return the rows above and below the main line that hold the blocks of lines."""
    above, below = _Side(nearer[0]), _Side(nearer[1])
    for line in sorted(lines, key=lambda one: order[one.works[0].id]):
        block = _lanes(line, ("trunk", "side"), order, chain_of, neighbours)
        spans = [(order[row.works[0].id], order[row.works[-1].id]) for row in block]
        # A line begins where its first work does: its name is before that of its trunk.
        spans[0] = min(spans[0][0], order[line.works[0].id]), spans[0][1]
        _, at, side = min(
            ((side.nearer + (at := side.first_free(spans)) + len(block), at, side)
             for side in (below, above)),
            key=lambda one: one[0],
        )  # fmt: skip
        side.put(at, block, spans)
    return above.rows, below.rows


def _stack(
    lane: Lane,
    works: WorkChain,
    order: Mapping[str, int],
    chain_of: Mapping[str, str],
    neighbours: Mapping[str, Collection[str]],
) -> list[list[WorkChain]]:
    """Return the chains of each track of one lane, the track nearest the trunk first."""
    if lane not in _MAX_TRACKS:
        return [[works]]
    found: dict[str, list[MapWork]] = {}
    for work in works:
        found.setdefault(chain_of.get(work.id, work.id), []).append(work)
    chains = sorted(map(tuple, found.values()), key=lambda some: order[some[0].id])
    most = min(_MAX_TRACKS[lane], -(-len(works) // _WORKS_PER_TRACK))
    return _assigned(chains, order, neighbours, (most, most + _SPARE_TRACKS * (lane == "side")))


def _assigned(
    chains: Iterable[WorkChain],
    order: Mapping[str, int],
    neighbours: Mapping[str, Collection[str]],
    most: tuple[int, int],
) -> list[list[WorkChain]]:
    """Assign chains to tracks so that no chain is inside the span of another on its track.

    A chain prefers to follow one that it is related to, then one that ended in an earlier year.
    `most` is how many tracks there may be, and how many if every track is within a chain's span.
    """
    tracks: list[list[WorkChain]] = []
    for works in chains:
        start, year = order[works[0].id], works[0].year
        free = [track for track in tracks if order[track[-1][-1].id] < start]
        of_other_year = [track for track in free if track[-1][-1].year != year]
        related = [
            track for track in of_other_year if track[-1][-1].id in neighbours.get(works[0].id, ())
        ]
        if not related and not of_other_year and len(tracks) < most[not free]:
            tracks.append([])
            of_other_year = tracks[-1:]
        chosen = related or of_other_year
        if not chosen:  # the track whose last work is the earliest
            chosen = [min(free or tracks, key=lambda track: order[track[-1][-1].id])]
        chosen[0].append(works)
    return tracks
