"""Algorithms on small graphs of any hashable nodes: components, traversals, paths, orders.

A graph is given by its links, or by a function from a node to its neighbours, so that any
representation of it will do. The arrays of a snapshot have traversals of their own
(`kensho.read_model.walks`), which are bounded and vectorised.

Guarantees: pure, and iterative, so that no chain is too long for the stack. Results do not depend
on the order of the links, with one exception: of several equally short paths, the one whose links
come first is returned.

Performance: about 1 µs for a link or a node.
"""

import heapq
from collections.abc import Callable, Collection, Hashable, Iterable, Iterator, Mapping, Sequence
from graphlib import TopologicalSorter
from itertools import chain
from typing import Any, Final, Generic, TypeVar
from uuid import UUID

Node = TypeVar("Node", bound=Hashable)
Edge = TypeVar("Edge")
Sortable = TypeVar("Sortable", int, str, UUID)
Neighbours = Callable[[Node], Iterable[Node]]


class DisjointSets(Generic[Node]):
    """Groups of nodes that can be joined (union-find); a new node is a group by itself."""

    __slots__ = ("_parent",)

    def __init__(self) -> None:
        self._parent: Final[dict[Node, Node]] = {}

    def __iter__(self) -> Iterator[Node]:
        """Iterate over the nodes that were passed to `root` or `join`."""
        return iter(list(self._parent))

    def root(self, node: Node) -> Node:
        """Return the node that represents the group of `node`."""
        parent = self._parent
        # Compared by identity, because two UUIDs are slow to compare: a root is stored as
        # its own parent, as the same object.
        while (above := parent.setdefault(node, node)) is not node:
            parent[node] = node = parent[above]
        return node

    def join(self, one: Node, other: Node) -> bool:
        """Join the groups of two nodes under the root of `one`; return whether they differed."""
        root, joined = self.root(one), self.root(other)
        self._parent[joined] = root
        return root is not joined


def connected(links: Iterable[Sequence[Sortable]]) -> dict[Sortable, Sortable]:
    """Return for each node the smallest node of its component; a link may join several nodes."""
    groups: DisjointSets[Sortable] = DisjointSets()
    for link in links:
        for node in link:
            groups.join(link[0], node)
    root_of = {node: groups.root(node) for node in groups}
    smallest: dict[Sortable, Sortable] = {}
    for node in sorted(root_of):
        smallest.setdefault(root_of[node], node)
    return {node: smallest[root] for node, root in root_of.items()}


def reachable(starts: Iterable[Node], neighbours: Neighbours[Node]) -> set[Node]:
    """Return the nodes that can be reached from `starts`, which are among them."""
    found = set(starts)
    waiting = list(found)
    while waiting:
        new = set(neighbours(waiting.pop())) - found
        found |= new
        waiting.extend(new)
    return found


def levels(starts: Iterable[Node], neighbours: Neighbours[Node]) -> Iterator[set[Node]]:
    """Yield the starts, then the nodes one step away from them, then two, each node once."""
    level = set(starts)
    found = set(level)
    while level:
        yield level
        level = set(chain.from_iterable(map(neighbours, level))) - found
        found |= level


def shortest_path(
    start: Node, end: Node, edges: Callable[[Node], Iterable[tuple[Node, Edge]]]
) -> tuple[Edge, ...] | None:
    """Return the edges of a shortest path of one edge or more, or `None` if there is no path."""
    level: list[tuple[Node, tuple[Edge, ...]]] = [(start, ())]
    found = {start}
    while level:
        following: list[tuple[Node, tuple[Edge, ...]]] = []
        for node, path in level:
            for other, edge in edges(node):
                if other == end:
                    return (*path, edge)
                if other not in found:
                    found.add(other)
                    following.append((other, (*path, edge)))
        level = following
    return None


def cheapest_paths(
    start: Node, edges: Callable[[Node], Iterable[tuple[float, Node, Edge]]]
) -> dict[Node, tuple[Edge, ...]]:
    """Return the cheapest path to each reachable node; of equal paths, the first one found."""
    found: dict[Node, tuple[Edge, ...]] = {}
    queue: list[tuple[float, int, Node, tuple[Edge, ...]]] = [(0.0, 0, start, ())]
    pushed = 0
    while queue:
        cost, _, node, path = heapq.heappop(queue)
        if node in found:
            continue
        found[node] = path
        for step, other, edge in edges(node):
            if other not in found:
                pushed += 1
                heapq.heappush(queue, (cost + step, pushed, other, (*path, edge)))
    return found


def strongly_connected(edges: Iterable[tuple[Node, Node]]) -> list[list[Node]]:
    """Return the strongly connected components: single nodes, and groups of nodes on cycles."""
    onward: dict[Node, list[Node]] = {}
    back: dict[Node, list[Node]] = {}
    for source, target in edges:
        onward.setdefault(source, []).append(target)
        back.setdefault(target, []).append(source)
        onward.setdefault(target, [])
    left = dict.fromkeys(onward)
    groups: list[list[Node]] = []
    for node in reversed(_finished(onward)):  # Kosaraju: the node that finishes last comes first.
        if node in left:
            del left[node]
            group = [node]
            for member in group:
                for before in back.get(member, ()):
                    if before in left:
                        del left[before]
                        group.append(before)
            groups.append(group)
    return groups


def _finished(onward: Mapping[Node, Sequence[Node]]) -> list[Node]:
    """Return all nodes in the order in which a depth-first traversal finishes them."""
    done: list[Node] = []
    found: set[Node] = set()
    for start in onward:
        if start in found:
            continue
        found.add(start)
        stack = [(start, iter(onward[start]))]
        while stack:
            node, others = stack[-1]
            for other in others:
                if other not in found:
                    found.add(other)
                    stack.append((other, iter(onward[other])))
                    break
            else:
                done.append(node)
                stack.pop()
    return done


def topological_order(
    keys: Mapping[Node, Any], after: Mapping[Node, Collection[Node]]
) -> list[Node]:
    """Return the nodes of `keys` in topological order: each node before those `after` it.

    Of the nodes that may come next, the one with the smallest key comes first. Keys are unique.

    Raises:
        graphlib.CycleError: the nodes form a cycle, which the error names.
    """
    sorter: TopologicalSorter[Node] = TopologicalSorter(dict.fromkeys(keys, ()))
    for node, others in after.items():
        for other in others:
            sorter.add(other, node)
    sorter.prepare()
    found: list[Node] = []
    ready: list[tuple[Any, Node]] = []
    while sorter.is_active():
        for node in sorter.get_ready():
            heapq.heappush(ready, (keys[node], node))
        _, node = heapq.heappop(ready)
        found.append(node)
        sorter.done(node)
    return found


def last_successor(start: Node, successors: Mapping[Node, Node | None]) -> Node | None:
    """Return what `start` leads to in the end: the first that has no successor of its own.

    `None` where a successor is, and where they lead in a circle: to nothing that is there.
    """
    at: Node | None = start
    passed: set[Node] = set()
    while at is not None and at in successors:
        if at in passed:
            return None
        passed.add(at)
        at = successors[at]
    return at
