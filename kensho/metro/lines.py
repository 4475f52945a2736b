"""The line of each work on a map, and the lane of the line that it runs on.

Lines are the continuities of the franchise, where works say theirs. Else works that continue one
another are a continuity: the one with most of the main works is the main line, and any other that
holds an alternative version or a spin-off is a line of its own. Guests are one line, at the edge.

A line has a trunk, the works it consists of, and lanes beside it for what accompanies them. Films
are of the trunk, but for those of the main line, which have a lane; unless that line is nothing
else, as a collection of films is. Series that are side stories are of the trunk of a line that is
not the main one.

Guarantees: every work is on exactly one line and in one lane; a line has a trunk.
Performance: 1 µs for a work or an edge.
"""

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Final, Literal, NamedTuple, TypeAlias

from kensho.domain.graphs import DisjointSets
from kensho.domain.works import Role
from kensho.metro.edges import continues_story, is_unspecific
from kensho.metro.inputs import MapContinuity, MapEdge, MapWork
from kensho.metro.map import Line

Lane: TypeAlias = Literal["summary", "film", "trunk", "side", "music", "promotion", "guest"]
"""What a track of a line carries."""
MAIN_LINE: Final = "main"
GUESTS: Final = "guests"
_CONTINUING: Final[frozenset[Role]] = frozenset(("main", "film", "spin_off", "alternative"))
_SEPARATE: Final[frozenset[Role]] = frozenset(("spin_off", "alternative"))
_FILMS: Final = frozenset(("film", "movie"))
_LANES: Final[Mapping[Role, Lane]] = {
    "main": "trunk",
    "film": "film",
    "summary": "summary",
    "music": "music",
    "promotion": "promotion",
}
"""The lanes of the main line; its other works are side stories to it."""
_OWN_COLOURS: Final = (1, 2, 3, 4, 5, 6)
_GUESTS_COLOUR: Final = 7
_GUESTS_NAME: Final = "Crossovers"


class LinedWorks(NamedTuple):
    """A line, its works sorted by date, and the same by lanes."""

    line: Line
    works: tuple[MapWork, ...]
    lanes: Mapping[Lane, tuple[MapWork, ...]]

    @property
    def is_main(self) -> bool:
        """Whether this is the main line."""
        return self.line.id == MAIN_LINE


def lines_of(
    works: Sequence[MapWork],
    edges: Iterable[MapEdge],
    names: Mapping[str, str],
    continuities: Sequence[MapContinuity] = (),
) -> list[LinedWorks]:
    """Return the lines of works that are sorted by date: the main line first, guests last.

    `names` are those of works by id, and of continuities by `name_key`.
    """
    members = [work for work in works if not work.is_guest]
    number_of = _numbers(members, edges)
    by_number: dict[int, list[MapWork]] = {}
    for work in members:
        by_number.setdefault(number_of[work.id], []).append(work)
    titled = {one.number for one in continuities}
    main = _main_number(by_number, continuities)
    found = [_main_line(main, by_number.pop(main), names, titled)] if by_number else []
    # A line keeps its colour when others are left out.
    places = {one.number: n for n, one in enumerate(c for c in continuities if not c.is_main)}
    for place, (number, some) in enumerate(by_number.items()):
        colour = _OWN_COLOURS[places.get(number, place) % len(_OWN_COLOURS)]
        found.append(_own_line(number, some, colour, names, titled))
    guests = tuple(work for work in works if work.is_guest)
    if guests:
        line = Line(GUESTS, _GUESTS_NAME, "crossover", _GUESTS_COLOUR, len(guests))
        found.append(LinedWorks(line, guests, {"guest": guests}))
    return found


def name_key(number: int) -> str:
    """Return the key under which the name of a continuity is found among those of works."""
    return f"line-{number}"


def _main_number(
    by_number: Mapping[int, Sequence[MapWork]], continuities: Iterable[MapContinuity]
) -> int:
    for one in continuities:
        if one.is_main and one.number in by_number:
            return one.number
    return max(by_number, key=lambda n: (_mains(by_number[n]), -n), default=0)


def _mains(works: Iterable[MapWork]) -> int:
    return sum(work.role == "main" for work in works)


def _main_line(
    number: int, works: Sequence[MapWork], names: Mapping[str, str], titled: Collection[int]
) -> LinedWorks:
    mains = [work for work in works if work.role == "main"]
    is_collection = all(work.type in _FILMS for work in mains)
    lanes: dict[Lane, list[MapWork]] = {}
    for work in works:
        lane: Lane = _LANES.get(work.role, "side")
        if lane == "film" and is_collection:
            lane = "trunk"
        lanes.setdefault(lane, []).append(work)
    name = names[name_key(number)] if number in titled else "Main line"
    line = Line(MAIN_LINE, name, "main", 0, len(works), number if number in titled else None)
    return LinedWorks(line, tuple(works), _with_trunk(lanes))


def _own_line(
    number: int,
    works: Sequence[MapWork],
    colour: int,
    names: Mapping[str, str],
    titled: Collection[int],
) -> LinedWorks:
    lanes: dict[Lane, list[MapWork]] = {}
    for work in works:
        is_trunk = work.role in _CONTINUING or (work.role, work.type) == ("side", "series")
        lane: Lane = "trunk" if is_trunk else "side"
        lanes.setdefault(lane, []).append(work)
    trunk = _with_trunk(lanes)
    kinds: Counter[Role] = Counter(work.role for work in trunk["trunk"] if work.role in _SEPARATE)
    kind: Role = kinds.most_common(1)[0][0] if kinds else "main"
    is_titled = number in titled
    name = names[name_key(number)] if is_titled else names[trunk["trunk"][0].id]
    id_ = name_key(number) if is_titled else f"{kind}-{works[0].id}"
    line = Line(id_, name, kind, colour, len(works), number if is_titled else None)
    return LinedWorks(line, tuple(works), trunk)


def _with_trunk(lanes: dict[Lane, list[MapWork]]) -> dict[Lane, tuple[MapWork, ...]]:
    """Return lanes of which one is the trunk: the longest, where no work is of it."""
    if "trunk" not in lanes:
        longest = max(lanes, key=lambda lane: (lane in {"film", "side"}, len(lanes[lane]), lane))
        lanes["trunk"] = lanes.pop(longest)
    return {lane: tuple(works) for lane, works in lanes.items()}


def _numbers(works: Sequence[MapWork], edges: Iterable[MapEdge]) -> dict[str, int]:
    """Return the number of each work's continuity: its own, or that of what it continues."""
    if any(work.line is not None for work in works):
        return {work.id: work.line or 0 for work in works}
    told = list(edges)
    neighbours = _neighbours(told)
    continuing = [work for work in works if work.role in _CONTINUING]
    groups = _connected(continuing, neighbours)
    main = max(groups, key=_mains, default=())
    separate = [g for g in groups if g is not main and any(w.role in _SEPARATE for w in g)]
    separate += _connected([work for work in main if work.role in _SEPARATE], neighbours)
    found = {work.id: number for number, group in enumerate(separate, 1) for work in group}
    accompanying = {work.id for work in works if work.role not in _CONTINUING}
    hosts: dict[str, int] = {}
    for edge in told:
        for one, other in ((edge.source, edge.target), (edge.target, edge.source)):
            if one in accompanying and other not in accompanying and not is_unspecific(edge):
                hosts[one] = min(hosts.get(one, found.get(other, 0)), found.get(other, 0))
    return {work.id: found.get(work.id, hosts.get(work.id, 0)) for work in works}


def _neighbours(edges: Iterable[MapEdge]) -> dict[str, list[str]]:
    neighbours: dict[str, list[str]] = {}
    for edge in edges:
        if continues_story(edge):
            neighbours.setdefault(edge.source, []).append(edge.target)
            neighbours.setdefault(edge.target, []).append(edge.source)
    return neighbours


def _connected(
    works: Sequence[MapWork], neighbours: Mapping[str, Collection[str]]
) -> list[tuple[MapWork, ...]]:
    """Return the groups of works that sequels connect, in order of their first works."""
    groups: DisjointSets[str] = DisjointSets()
    ids = {work.id for work in works}
    for work in works:
        for other in neighbours.get(work.id, ()):
            if other in ids:
                groups.join(work.id, other)
    found: dict[str, list[MapWork]] = {}
    for work in works:
        found.setdefault(groups.root(work.id), []).append(work)
    return list(map(tuple, found.values()))
