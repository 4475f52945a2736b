"""The line of each work on a map.

Works that continue one another are a continuity. The continuity with most of the main works is the
main line; any other that holds an alternative version or a spin-off is a line of its own, films and
later seasons included. The remaining works share one line for each role.

Guarantees: every work is on exactly one line.
Performance: 1 µs for a work or an edge.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Final, NamedTuple

from kensho.domain.graphs import DisjointSets
from kensho.domain.works import Role
from kensho.metro.edges import continues_story
from kensho.metro.inputs import MapEdge, MapWork
from kensho.metro.map import Line

_CONTINUING: Final[frozenset[Role]] = frozenset(("main", "film", "spin_off", "alternative"))
_SEPARATE: Final[frozenset[Role]] = frozenset(("spin_off", "alternative"))
_NAMES: Final[Mapping[Role, str]] = {
    "main": "Main line",
    "film": "Films",
    "side": "Side stories",
    "spin_off": "Spin-offs",
    "summary": "Summaries",
    "alternative": "Other versions",
    "crossover": "Crossovers",
    "music": "Music",
    "promotion": "Promotions",
}
_COLOURS: Final[Mapping[Role, int]] = {
    "main": 0,
    "film": 1,
    "side": 2,
    "spin_off": 4,
    "summary": 0,
    "alternative": 3,
    "crossover": 7,
    "music": 7,
    "promotion": 7,
}
_OWN_COLOURS: Final = (5, 6, 4, 3)


class LinedWorks(NamedTuple):
    """A line, and its works sorted by date."""

    line: Line
    works: tuple[MapWork, ...]


def lines_of(
    works: Sequence[MapWork], edges: Iterable[MapEdge], names: Mapping[str, str]
) -> list[LinedWorks]:
    """Return the lines of works that are sorted by date, the main line first."""
    neighbours = _neighbours(edges)
    continuing = [work for work in works if work.role in _CONTINUING]
    groups = _connected(continuing, neighbours)
    main = max(groups, key=lambda g: sum(w.role == "main" for w in g), default=())
    separate = [g for g in groups if g is not main and any(w.role in _SEPARATE for w in g)]
    separate += _connected([work for work in main if work.role in _SEPARATE], neighbours)
    own = [group for group in separate if len(group) > 1]
    owned = {work.id for group in own for work in group}
    shared: dict[Role, list[MapWork]] = {kind: [] for kind in _NAMES}
    for work in works:
        if work.id not in owned:
            shared[work.role].append(work)
    found = [_shared_line(kind, tuple(some)) for kind, some in shared.items() if some]
    return found + [_own_line(group, number, names) for number, group in enumerate(own)]


def _shared_line(kind: Role, works: tuple[MapWork, ...]) -> LinedWorks:
    return LinedWorks(Line(kind, _NAMES[kind], kind, _COLOURS[kind], len(works)), works)


def _own_line(works: tuple[MapWork, ...], number: int, names: Mapping[str, str]) -> LinedWorks:
    kind: Role = next(work.role for work in works if work.role in _SEPARATE)
    colour = _OWN_COLOURS[number % len(_OWN_COLOURS)]
    id_ = f"{kind}-{works[0].id}"
    return LinedWorks(Line(id_, names[works[0].id], kind, colour, len(works)), works)


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
