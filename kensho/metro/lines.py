"""Which line each work of a map is on.

Works that continue one another are a continuity. The one with most of the main works is the main
line; any other that holds an alternative version or a spin-off is a line of its own, films and
later seasons included. All other works of one role share a line.

Guarantees: every work is on exactly one line. The cost: 1 µs for a work or an edge.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Final, NamedTuple

from kensho.domain.franchise.roles import Role
from kensho.domain.graphs import DisjointSets
from kensho.metro.inputs import MapEdge, MapWork
from kensho.metro.map import Line, LineKind

_CONTINUING: Final[frozenset[Role]] = frozenset(("main", "film", "spin_off", "alternative"))
_APART: Final[frozenset[Role]] = frozenset(("spin_off", "alternative"))
_NAMES: Final[Mapping[LineKind, str]] = {
    "main": "Main line",
    "film": "Films",
    "side": "Side stories",
    "spin_off": "Spin-offs",
    "summary": "Summaries",
    "alternative": "Other versions",
    "crossover": "Crossovers",
    "music": "Music",
}
_COLOURS: Final[Mapping[LineKind, int]] = {
    "main": 0,
    "film": 1,
    "side": 2,
    "spin_off": 4,
    "summary": 0,
    "alternative": 3,
    "crossover": 7,
    "music": 7,
}
_OWN_COLOURS: Final = (5, 6, 4, 3)


class LinedWorks(NamedTuple):
    """A line, and its works by date."""

    line: Line
    works: tuple[MapWork, ...]


def lines_of(
    works: Sequence[MapWork], edges: Iterable[MapEdge], names: Mapping[str, str]
) -> list[LinedWorks]:
    """Return the lines that these works, sorted by date, make up; the main one first."""
    near = _near(edges)
    continuing = [work for work in works if work.role in _CONTINUING]
    groups = _connected(continuing, near)
    trunk = max(groups, key=lambda g: sum(w.role == "main" for w in g), default=())
    apart = [g for g in groups if g is not trunk and any(w.role in _APART for w in g)]
    apart += _connected([work for work in trunk if work.role in _APART], near)
    own = [group for group in apart if len(group) > 1]
    owned = {work.id for group in own for work in group}
    shared: dict[LineKind, list[MapWork]] = {kind: [] for kind in _NAMES}
    for work in works:
        if work.id not in owned:
            shared[work.role].append(work)
    found = [_shared_line(kind, tuple(some)) for kind, some in shared.items() if some]
    return found + [_own_line(group, number, names) for number, group in enumerate(own)]


def _shared_line(kind: LineKind, works: tuple[MapWork, ...]) -> LinedWorks:
    return LinedWorks(Line(kind, _NAMES[kind], kind, _COLOURS[kind], len(works)), works)


def _own_line(works: tuple[MapWork, ...], number: int, names: Mapping[str, str]) -> LinedWorks:
    kind: LineKind = next(work.role for work in works if work.role in _APART)
    colour = _OWN_COLOURS[number % len(_OWN_COLOURS)]
    id_ = f"{kind}-{works[0].id}"
    return LinedWorks(Line(id_, names[works[0].id], kind, colour, len(works)), works)


def _near(edges: Iterable[MapEdge]) -> dict[str, list[str]]:
    near: dict[str, list[str]] = {}
    for edge in edges:
        if edge.kind == "sequel":
            near.setdefault(edge.source, []).append(edge.target)
            near.setdefault(edge.target, []).append(edge.source)
    return near


def _connected(
    works: Sequence[MapWork], near: Mapping[str, Collection[str]]
) -> list[tuple[MapWork, ...]]:
    """Return the groups of works that sequels connect, by their first works."""
    groups: DisjointSets[str] = DisjointSets()
    ids = {work.id for work in works}
    for work in works:
        for other in near.get(work.id, ()):
            if other in ids:
                groups.join(work.id, other)
    found: dict[str, list[MapWork]] = {}
    for work in works:
        found.setdefault(groups.root(work.id), []).append(work)
    return list(map(tuple, found.values()))
