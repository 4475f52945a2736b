"""The relations of the graph as compressed sparse rows: the neighbours of each work.

An edge is kept once (source, target, kind: "`target` is the `kind` of `source`") and read from both
ends; from the target it reads as the inverse kind. A work's neighbours are in UUID order, then by
kind. Relations of a work to itself are left out: they say nothing, and a walk would never take
them.
"""

from collections.abc import Collection, Mapping, Sequence
from typing import Any, Final, NamedTuple

import numpy as np
import numpy.typing as npt

from kensho.domain.relations import INVERSE, KINDS, Kind
from kensho.read_model.blobs import offsets_of

CODE: Final[Mapping[Kind, int]] = {kind: code for code, kind in enumerate(KINDS)}
INVERSE_CODE: Final = tuple(CODE[INVERSE[kind]] for kind in KINDS)


class Neighbour(NamedTuple):
    """A work one hop away: it is the `kind` of the work asked about, by the edge `edge`."""

    node: int
    kind: Kind
    edge: int


class GraphEdge(NamedTuple):
    """An edge in its canonical direction: `target` is the `kind` of `source`."""

    source: int
    target: int
    kind: Kind


class PackedEdges(NamedTuple):
    """The arrays to store, and which inputs became edges: edge number → place among the inputs."""

    arrays: dict[str, npt.NDArray[Any]]
    kept: npt.NDArray[np.int64]


def pack(
    source: npt.NDArray[np.int32],
    target: npt.NDArray[np.int32],
    kind: npt.NDArray[np.uint8],
    works_total: int,
) -> PackedEdges:
    """Return the arrays of these edges, each (source, target, kind) once, numbered in order."""
    order = np.lexsort((kind, target, source))
    rows = np.stack((source, target, kind.astype(np.int32)), axis=1)[order]
    first = np.ones(len(rows), dtype=bool)
    first[1:] = np.any(rows[1:] != rows[:-1], axis=1)
    first &= rows[:, 0] != rows[:, 1]
    kept, edges = order[first], rows[first]
    return PackedEdges(_arrays(edges, works_total), kept)


def _arrays(edges: npt.NDArray[np.int32], works_total: int) -> dict[str, npt.NDArray[Any]]:
    source, target, kind = edges[:, 0], edges[:, 1], edges[:, 2]
    number = np.arange(len(edges), dtype=np.int32)
    owner = np.concatenate((source, target))
    other = np.concatenate((target, source))
    as_read = np.concatenate((kind, np.array(INVERSE_CODE, dtype=np.int32)[kind]))
    edge = np.concatenate((number, number))
    order = np.lexsort((edge, as_read, other, owner))
    return {
        "edge_source": np.ascontiguousarray(source),
        "edge_target": np.ascontiguousarray(target),
        "edge_kind": kind.astype(np.uint8),
        "neighbour_offsets": offsets_of(owner[order], works_total),
        "neighbour_nodes": other[order],
        "neighbour_kinds": as_read[order].astype(np.uint8),
        "neighbour_edges": edge[order],
    }


class NeighbourRows(NamedTuple):
    """Neighbours of several works as columns; `kinds` are codes as read from the owner."""

    owners: npt.NDArray[np.int64]
    others: npt.NDArray[np.int32]
    kinds: npt.NDArray[np.uint8]
    edges: npt.NDArray[np.int32]


class Adjacency:
    """The edges of the graph, by work."""

    def __init__(self, arrays: Mapping[str, npt.NDArray[Any]]) -> None:
        self._arrays = arrays
        self.works_total: Final = len(arrays["neighbour_offsets"]) - 1
        self.edges_total: Final = len(arrays["edge_source"])
        # Memoryviews: reading one number costs a third of what numpy's own indexing does.
        views = {name: array.data for name, array in arrays.items()}
        self._source, self._target = views["edge_source"], views["edge_target"]
        self._kind = views["edge_kind"]
        self._offsets = views["neighbour_offsets"]
        self._nodes, self._kinds = views["neighbour_nodes"], views["neighbour_kinds"]
        self._edges = views["neighbour_edges"]

    def edge(self, number: int) -> GraphEdge:
        """Return the edge of this number."""
        return GraphEdge(self._source[number], self._target[number], KINDS[self._kind[number]])

    def neighbours(self, node: int) -> Sequence[Neighbour]:
        """Return the neighbours of `node`, one for each edge, in UUID order, then by kind."""
        return [Neighbour(other, KINDS[code], edge) for other, code, edge in self.rows(node)]

    def neighbours_of(self, node: int, kinds: Collection[Kind]) -> Sequence[Neighbour]:
        """Return the neighbours of `node` by edges of these kinds, as `neighbours` does."""
        codes = {KINDS.index(kind) for kind in kinds}
        return [
            Neighbour(other, KINDS[code], edge)
            for other, code, edge in self.rows(node)
            if code in codes
        ]

    def neighbours_by(self, node: int, kind: Kind) -> list[int]:
        """Return the neighbours of `node` by edges of this kind as read from it, in UUID order."""
        code = KINDS.index(kind)
        return [other for other, found, _ in self.rows(node) if found == code]

    def rows(self, node: int) -> "zip[tuple[int, int, int]]":
        """Return (neighbour, kind code as read from `node`, edge) of each of its edges."""
        run = slice(self._offsets[node], self._offsets[node + 1])
        return zip(
            self._nodes[run].tolist(),
            self._kinds[run].tolist(),
            self._edges[run].tolist(),
            strict=True,
        )

    def rows_of(self, nodes: npt.NDArray[np.int64]) -> NeighbourRows:
        """Return the rows of each of `nodes`, in their order."""
        starts = self._arrays["neighbour_offsets"][nodes]
        counts = self._arrays["neighbour_offsets"][nodes + 1] - starts
        before = np.cumsum(counts) - counts
        total = int(counts.sum())
        places = np.repeat(starts - before, counts) + np.arange(total, dtype=np.int64)
        columns = (
            self._arrays[f"neighbour_{name}"][places] for name in ("nodes", "kinds", "edges")
        )
        return NeighbourRows(np.repeat(nodes, counts), *columns)

    def others(self, node: int) -> list[int]:
        """Return the neighbours of `node`, whatever they are to it."""
        return self._nodes[self._offsets[node] : self._offsets[node + 1]].tolist()
