"""Which edges a map draws: each once, and none that says nothing new.

An edge and its inverse are one. Real groups are near-cliques of edges without a kind (3,900 of
Gundam's 4,100 say only "related"): drawn, they would hide the rest. So of the kinds that hold for a
whole group as soon as they hold along a path, a spanning forest is drawn, made of those edges that
are drawn most simply; the others are folded and named. Every edge of any other kind is drawn.

Guarantees: what was connected stays connected; the order of edges does not matter. The cost: 6 ms
for 4,000 edges.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Final, NamedTuple, TypeAlias

from kensho.domain.franchise.inputs import METHOD_RANK, RelationKind
from kensho.domain.graphs import DisjointSets
from kensho.domain.relations import FORWARD, INVERSE
from kensho.metro.inputs import MapEdge

_UNTOLD: Final[frozenset[RelationKind]] = frozenset(("related", "joined", "same_work"))
"""Kinds that say no more than that two works belong together."""
_SPREADING: Final[frozenset[RelationKind]] = frozenset(
    ("alternative_version", "alternative_setting", "same_setting")
)
"""Kinds that hold between any two works of a group, once they hold along a path."""

_INVERSE: Final[Mapping[RelationKind, RelationKind]] = {
    **dict[RelationKind, RelationKind](INVERSE.items()),
    "same_work": "same_work",
    "joined": "joined",
}

_Key: TypeAlias = tuple[int, int, RelationKind]
"""The places in time of an edge's source and target, and its kind."""
EdgeCost: TypeAlias = Callable[[MapEdge], tuple[float, ...]]


class ChosenEdges(NamedTuple):
    """The edges that are drawn, and those that are not."""

    drawn: list[MapEdge]
    folded: list[MapEdge]


def edge_id(edge: MapEdge) -> str:
    """Return what names an edge on a map."""
    return f"{edge.source} {edge.kind} {edge.target}"


def is_unspecific(edge: MapEdge) -> bool:
    """Tell whether an edge says only that works are of one group."""
    return edge.kind in _UNTOLD or edge.kind in _SPREADING


def merged_edges(edges: Iterable[MapEdge], order: Mapping[str, int]) -> list[MapEdge]:
    """Return each edge among the works of `order` once, in its canonical direction, sorted.

    Where kinds read alike from both ends the earlier work comes first. The surest word wins; all
    sources are kept.
    """
    found: dict[_Key, list[MapEdge]] = {}
    place = order.get
    for edge in edges:
        source, target, kind = place(edge.source), place(edge.target), edge.kind
        if source is None or target is None or source == target:
            continue
        if kind not in FORWARD:
            inverse: RelationKind = _INVERSE[kind]
            if inverse != kind or source > target:
                source, target, kind = target, source, inverse
        found.setdefault((source, target, kind), []).append(edge)
    at = {number: work for work, number in order.items()}
    return [_one((at[key[0]], at[key[1]], key[2]), found[key]) for key in sorted(found)]


def chosen_edges(edges: Sequence[MapEdge], effort: EdgeCost) -> ChosenEdges:
    """Return which of some merged edges are drawn, given how hard each is to draw."""
    joined, drawn, folded = DisjointSets[str](), list[MapEdge](), list[MapEdge]()
    told = [edge for edge in edges if edge.kind not in _UNTOLD]
    by_kind = {kind: DisjointSets[str]() for kind in _SPREADING}
    for edge in sorted(told, key=lambda e: (e.kind in _SPREADING, *effort(e))):
        if edge.kind in by_kind and not by_kind[edge.kind].join(edge.source, edge.target):
            folded.append(edge)
        else:
            drawn.append(edge)
            joined.join(edge.source, edge.target)
    untold = [edge for edge in edges if edge.kind in _UNTOLD]
    ends = {edge.source for edge in untold} | {edge.target for edge in untold}
    # Those inside a group say nothing new whatever their effort: it need not be found out.
    group = {work: joined.root(work) for work in ends}
    folded += [edge for edge in untold if group[edge.source] == group[edge.target]]
    news = [edge for edge in untold if group[edge.source] != group[edge.target]]
    for edge in sorted(news, key=effort):
        (drawn if joined.join(edge.source, edge.target) else folded).append(edge)
    return ChosenEdges(drawn, folded)


def _one(key: tuple[str, str, RelationKind], said: Sequence[MapEdge]) -> MapEdge:
    """Return what is said of one edge as one edge."""
    source, target, kind = key
    best = said[0]
    if len(said) == 1 and best.source == source and best.kind == kind:
        return best
    if len(said) > 1:
        best = max(said, key=lambda e: (METHOD_RANK[e.method], e.confidence))
    sources = {source for edge in said for source in edge.sources}
    return MapEdge(
        source=source,
        target=target,
        kind=kind,
        method=best.method,
        confidence=best.confidence,
        sources=tuple(sorted(sources)),
    )
