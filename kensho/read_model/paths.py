"""The cheapest paths from one work to another along relations, each work at most once.

Guarantees: a path's cost is the sum of its edges' costs; the cheapest path comes first, among
equals the one of fewest edges, then the one whose works come first in UUID order, whatever order
the graph was read in. Paths differ in the works they pass: of several edges between two works the
cheapest is taken, then the first by kind and number. Costs are symmetric, so that the way back
costs the same.

How: distances to the goal are relaxed in waves over the mapped arrays, until the start is settled.
They are exact, so a search that follows them (A*) looks at little more than the path it finds. The
next paths are those that leave a found one somewhere (Yen 1971; each deviation once, Lawler 1972);
a deviation is searched only when its lower bound is the least of all, and put off where it turns
out much dearer.

Performance: 2 to 7 ms in the largest component, and no memory between two calls. A graph
object of rustworkx found one path as fast but no k best ones, and cost each worker memory and time
to open (docs/decisions/0009).
"""

import bisect
import heapq
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cache
from itertools import pairwise
from typing import Any, Final, NamedTuple, TypeAlias

import numpy as np
import numpy.typing as npt

from kensho.domain.relations import KIND_FACTS, KINDS, Assertion, Kind

MAX_PATHS: Final = 5


_HOP: Final = 1024
"""A cost is counted in 1/1024, and each edge adds one: among equals the fewest edges win."""
_WINDOW: Final = 45 * _HOP
"""How far ahead of the nearest work a wave goes; between 30 and 70 it makes no difference."""
_FAR: Final = 1 << 30
_SLACK: Final = 24 * _HOP
"""How much dearer than its bound a deviation may first get; it is put off where it would."""
_NEVER: Final = -1  # of a blocked node: no way to it is shorter, so that none is taken
PATIENCE: Final = 128  # nodes that a deviation looks at before it takes its distances anew


class PathEdge(NamedTuple):
    """An edge as walked: `target` is the `kind` of `source`, by the edge `edge`."""

    source: int
    target: int
    kind: Kind
    edge: int


class Path(NamedTuple):
    """A path from the start to the goal; the lower its cost, the closer its ends."""

    cost: int
    edges: tuple[PathEdge, ...]


def only_inferred(kind: Kind, assertions: Iterable[Assertion]) -> bool:
    """Tell whether no source and no curator says that an edge is of this kind."""
    return all(a.method == "inferred" for a in assertions if a.kind == kind)


def pack(
    kinds: npt.NDArray[np.uint8],
    inferred: npt.NDArray[np.bool_],
    neighbour_edges: npt.NDArray[np.int32],
) -> dict[str, npt.NDArray[Any]]:
    """Return the array to store, the costs of the adjacency's rows; two arguments are by edge."""
    weights = [KIND_FACTS[kind].path for kind in KINDS]
    stated = np.array([weight.stated for weight in weights], dtype=np.uint8)
    guessed = np.array([weight.inferred for weight in weights], dtype=np.uint8)
    costs = np.where(inferred, guessed[kinds], stated[kinds])
    return {"neighbour_costs": costs[neighbour_edges]}


class Paths:
    """The paths of a graph: `pack`'s array beside those of the adjacency."""

    def __init__(self, arrays: Mapping[str, npt.NDArray[Any]], patience: int = PATIENCE) -> None:
        self.patience: Final = patience
        self._offsets = arrays["neighbour_offsets"]
        self._nodes, self._costs = arrays["neighbour_nodes"], arrays["neighbour_costs"]
        # Memoryviews: reading one number costs a third of what numpy's own indexing does.
        self._rows = [arrays[f"neighbour_{name}"].data for name in ("costs", "kinds", "edges")]
        self._starts, self._others = self._offsets.data, self._nodes.data

    def best(self, start: int, goal: int, most: int) -> list[Path]:
        """Return the `most` (1..5) cheapest paths, cheapest first; a path has at least one edge."""
        if start == goal:
            return []
        return [self._path(nodes) for nodes in _Search(self, goal, most).run(start)]

    def ways(self, node: int) -> dict[int, int]:
        """Return the cost of the cheapest edge to each neighbour of `node`."""
        run = slice(self._starts[node], self._starts[node + 1])
        costs: dict[int, int] = {}
        for other, cost in zip(self._others[run].tolist(), self._rows[0][run], strict=True):
            costs[other] = min(cost * _HOP + 1, costs.get(other, _FAR))
        return costs

    def distances(
        self, goal: int, ways: Mapping[int, int], blocked: Sequence[int], worth: int = _FAR
    ) -> npt.NDArray[np.int32] | None:
        """Return each node's distance to `goal`, or a lower bound if farther than `ways` lead.

        `blocked` nodes are as if they were not there. `None`: none of `ways` leads to the goal for
        `worth` or less.
        """
        distance = np.full(len(self._offsets) - 1, _FAR, dtype=np.int32)
        distance[list(blocked)] = _NEVER
        distance[goal] = 0
        first, along = np.array([*ways]), np.array([*ways.values()])
        waits = np.zeros(len(distance), dtype=np.bool_)
        waits[goal] = True
        while ways and len(waiting := np.flatnonzero(waits)):
            here = distance[waiting]
            nearest = int(here.min())
            if nearest > int((distance[first] + along).min()):
                return np.minimum(distance, nearest)
            if nearest > worth:
                return None
            now = waiting[here <= nearest + _WINDOW]
            waits[now] = False
            waits[self._relaxed(distance, now)] = True
        return distance if ways and np.any(distance[first] < _FAR) else None

    def _relaxed(
        self, distance: npt.NDArray[np.int32], nodes: npt.NDArray[Any]
    ) -> npt.NDArray[np.int32]:
        """Go one edge on from `nodes`; return the nodes that this brought nearer."""
        starts = self._offsets[nodes]
        counts = self._offsets[nodes + 1] - starts
        before = np.cumsum(counts) - counts
        rows = np.repeat(starts - before, counts) + np.arange(int(counts.sum()))
        others: npt.NDArray[np.int32] = self._nodes[rows]
        through = np.repeat(distance[nodes] + 1, counts) + self._costs[rows].astype(np.int32) * _HOP
        nearer = through < distance[others]
        np.minimum.at(distance, others[nearer], through[nearer])
        return others[nearer]

    def _path(self, nodes: Sequence[int]) -> Path:
        costs, edges = zip(*(self._step(*pair) for pair in pairwise(nodes)), strict=True)
        return Path(sum(costs), edges)

    def _step(self, source: int, target: int) -> tuple[int, PathEdge]:
        """Return the cheapest edge from `source` to `target`, with its cost."""
        end = self._starts[source + 1]
        first = bisect.bisect_left(self._others, target, self._starts[source], end)
        last = bisect.bisect_right(self._others, target, first, end)
        cost, code, edge = min(zip(*(column[first:last] for column in self._rows), strict=True))
        return cost, PathEdge(source, target, KINDS[code], edge)


class _Candidate(NamedTuple):
    """A path that was found, or the beginning of paths that cost `cost` or more.

    It is the first of those, or stands for those, that begin with `nodes[: at + 1]` and go on to
    none of `closed`. Beginnings come first among equals: their path may precede a found one.
    `ahead` tells each node's distance to the goal, or less; what leaves this path inherits it.
    """

    cost: int
    found: bool
    nodes: tuple[int, ...]
    at: int
    closed: frozenset[int]
    ahead: Sequence[int]
    slack: int = _SLACK


_Nodes: TypeAlias = tuple[int, ...]
_Label: TypeAlias = tuple[int, _Nodes]  # what a path so far will cost at least, and its nodes


class _Search:
    """One search for the cheapest paths to a goal."""

    def __init__(self, paths: Paths, goal: int, most: int) -> None:
        self._paths, self._goal = paths, goal
        self._most = min(most, MAX_PATHS)
        self._costs: list[int] = []  # of the found paths, the cheapest first
        self._ways = cache(paths.ways)

    def run(self, start: int) -> list[_Nodes]:
        """Return the nodes of each path, the cheapest first."""
        distances = self._paths.distances(self._goal, self._ways(start), [start])
        if distances is None:
            return []
        heap = [_Candidate(0, False, (start,), 0, frozenset(), distances.data, _FAR)]
        taken: list[_Nodes] = []
        while heap and len(taken) < self._most:
            candidate = heapq.heappop(heap)
            if candidate.found:
                taken.append(candidate.nodes)
                following = self._branches(candidate)
            else:
                following = self._completed(candidate)
            for one in following:
                heapq.heappush(heap, one)
        return taken

    def _ceiling(self) -> int:
        """Return the cost above which no path can be among the answers."""
        return self._costs[self._most - 1] if len(self._costs) >= self._most else _FAR

    def _branches(self, path: _Candidate) -> Iterator[_Candidate]:
        """Yield the beginnings of all paths that leave `path` where it left its own or later."""
        gone = 0
        for at, (node, after) in enumerate(pairwise(path.nodes)):
            if at >= path.at:
                closed = path.closed | {after} if at == path.at else frozenset((after,))
                branch = _Candidate(0, False, path.nodes[: at + 1], at, closed, path.ahead)
                ways = self._open(branch)
                ends = [gone + cost + path.ahead[other] for other, cost in ways.items()]
                if ends and min(ends) <= self._ceiling():
                    yield branch._replace(cost=min(ends))
            gone += self._ways(node)[after]

    def _completed(self, beginning: _Candidate) -> Iterator[_Candidate]:
        """Yield the first of the paths that begin so, if there is one worth having."""
        most, ahead = self._ceiling(), beginning.ahead
        ceiling = min(most, beginning.cost + beginning.slack)
        label, sure = self._followed(beginning, ahead, ceiling, self._paths.patience)
        if not sure:
            # The beginning cuts what the distances follow: they are taken anew, without it.
            ways, worth = self._open(beginning), ceiling - self._gone(beginning)
            distances = self._paths.distances(self._goal, ways, beginning.nodes, worth)
            if distances is not None:
                ahead = distances.data
                label, _ = self._followed(beginning, ahead, ceiling, _FAR)
        if label is not None:
            bisect.insort(self._costs, label[0])
            cost, nodes = label
            yield beginning._replace(cost=cost, found=True, nodes=nodes, ahead=ahead)
        elif ceiling < most:
            yield beginning._replace(cost=ceiling + 1, ahead=ahead, slack=8 * beginning.slack)

    def _followed(
        self, beginning: _Candidate, ahead: Sequence[int], ceiling: int, patience: int
    ) -> tuple[_Label | None, bool]:
        """Return the first path that begins so, and whether `patience` sufficed to be sure."""
        path, gone, ways = beginning.nodes, self._gone(beginning), self._open(beginning)
        passed = set(path)
        labels: dict[int, _Label] = {}
        heap: list[_Label] = []
        for _ in range(patience):
            for other, along in ways.items():
                least = gone + along + ahead[other]
                if least <= ceiling and other not in passed:
                    label = (least, (*path, other))
                    if other not in labels or label < labels[other]:
                        labels[other] = label
                        heapq.heappush(heap, label)
            if not heap:
                return None, True
            cost, path = heapq.heappop(heap)
            node = path[-1]
            if node == self._goal:
                return (cost, path), True
            # An entry of a node that was passed is an older, worse label of it.
            ways = {} if node in passed else self._ways(node)
            passed.add(node)
            gone = cost - ahead[node]
        return None, False

    def _open(self, beginning: _Candidate) -> dict[int, int]:
        """Return the ways on from the last node of a beginning."""
        shut = beginning.closed.union(beginning.nodes)
        ways = self._ways(beginning.nodes[-1])
        return {other: cost for other, cost in ways.items() if other not in shut}

    def _gone(self, beginning: _Candidate) -> int:
        return sum(self._ways(node)[after] for node, after in pairwise(beginning.nodes))
