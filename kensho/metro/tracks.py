"""The track of each work on a map, from the topmost track down.

The main line has a track of its own. Films are on the track above it and summaries above those;
side stories, spin-offs, crossovers, music and promotions lie below. Alternative versions are on the
side with more space. Lines that end before others begin share a track.

Guarantees: a track holds works of one kind of line; a line with a track of its own is straight.
Performance: 1 µs for a work and track.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence, Sized
from itertools import chain
from typing import Final, Literal, NamedTuple, TypeAlias

from kensho.domain.works import Role
from kensho.metro.inputs import MapWork
from kensho.metro.lines import LinedWorks

WorkChain = tuple[MapWork, ...]
"""Works that stay on one track together, sorted by date."""

Band: TypeAlias = Role | Literal["low_summary"]
"""Neighbouring tracks of one kind of line; `low_summary` is for works below the main line."""

_ABOVE: Final[tuple[Band, ...]] = ("summary", "film")
_BELOW: Final[tuple[Band, ...]] = (
    "side", "spin_off", "low_summary", "crossover", "music", "promotion"
)  # fmt: skip
_WORKS_PER_TRACK: Final = 12
"""A band of tracks grows by one for each dozen works."""
_MAX_TRACKS: Final[Mapping[Role, int]] = {"side": 5, "spin_off": 3, "alternative": 3}
"""Of a band; kinds that are not listed have one track."""
_SPARE_TRACKS: Final = 3
"""How many more tracks there may be before a chain is put inside the span of another."""


class Track(NamedTuple):
    """The kind of line on a track, the id of one such line, and whether no track of it is above."""

    kind: Role
    line: str
    is_first: bool


class TrackAssignment(NamedTuple):
    """The tracks from top to bottom, and the track of each work."""

    tracks: list[Track]
    of_work: dict[str, int]
    main: int


def tracks_of(
    lines: Sequence[LinedWorks],
    order: Mapping[str, int],
    chain_of: Mapping[str, str],
    neighbours: Mapping[str, Collection[str]],
    low: Collection[str],
) -> TrackAssignment:
    """Return the tracks of these lines, given the place of each work in order of time.

    `chain_of` names the chain that a work is part of, if it has to stay on one track with others;
    `low` are the summaries that belong below the main line.
    """
    by_band = _bands(lines, low)
    stacks: dict[Band, list[list[WorkChain]]] = {}
    for band, in_band in by_band.items():
        stacks[band] = _stack(in_band, order, chain_of, neighbours)
    tracks, of_work = list[Track](), dict[str, int]()
    for band in _bands_from_top(stacks):
        line = by_band[band][0].line
        for depth, chains in enumerate(stacks[band]):
            of_work.update((work.id, len(tracks)) for work in chain.from_iterable(chains))
            tracks.append(Track(line.kind, line.id, depth == 0))
    main = next((n for n, track in enumerate(tracks) if track.kind == "main"), 0)
    return TrackAssignment(tracks, of_work, main)


def _bands(lines: Iterable[LinedWorks], low: Collection[str]) -> dict[Band, list[LinedWorks]]:
    bands: dict[Band, list[LinedWorks]] = {}
    for line in lines:
        if line.line.kind != "summary":
            bands.setdefault(line.line.kind, []).append(line)
            continue
        lower = tuple(work for work in line.works if work.id in low)
        upper = tuple(work for work in line.works if work.id not in low)
        parts: tuple[tuple[Band, WorkChain], ...] = (("summary", upper), ("low_summary", lower))
        bands.update((band, [line._replace(works=works)]) for band, works in parts if works)
    return bands


def _bands_from_top(stacks: Mapping[Band, Sized]) -> list[Band]:
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
    chain_of: Mapping[str, str],
    neighbours: Mapping[str, Collection[str]],
) -> list[list[WorkChain]]:
    """Return the chains of each track of one kind of line, the track nearest the main one first."""
    chains = sorted(
        (s for line in lines for s in _chains_of(line, chain_of)), key=lambda s: order[s[0].id]
    )
    kind = lines[0].line.kind
    total = sum(map(len, chains))
    most = min(_MAX_TRACKS.get(kind, 1), -(-total // _WORKS_PER_TRACK))
    spare = _SPARE_TRACKS if kind in _MAX_TRACKS else 0
    return _assigned(chains, order, neighbours, (most, most + spare))


def _chains_of(line: LinedWorks, chain_of: Mapping[str, str]) -> Iterable[WorkChain]:
    if line.line.kind not in _MAX_TRACKS or line.line.id != line.line.kind:
        return [line.works]
    found: dict[str, list[MapWork]] = {}
    for work in line.works:
        found.setdefault(chain_of.get(work.id, work.id), []).append(work)
    return map(tuple, found.values())


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
