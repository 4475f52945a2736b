"""The arrays of a few edges, given as (source, target, kind) by node."""

from collections.abc import Collection, Sequence
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

from kensho.domain.relations import Kind
from kensho.read_model import adjacency, paths
from kensho.read_model.adjacency import CODE

Edge: TypeAlias = tuple[int, int, Kind]


def edge_arrays(
    works: int, edges: Sequence[Edge], inferred: Collection[Edge] = ()
) -> dict[str, npt.NDArray[Any]]:
    """Return the arrays of the adjacency and of the costs of its rows."""
    source, target = (np.array([e[end] for e in edges], dtype=np.int32) for end in (0, 1))
    codes = np.array([CODE[kind] for _, _, kind in edges], dtype=np.uint8)
    packed = adjacency.pack(source, target, codes, works)
    guessed = np.array([edge in inferred for edge in edges], dtype=np.bool_)[packed.kept]
    arrays = packed.arrays
    return arrays | paths.pack(arrays["edge_kind"], guessed, arrays["neighbour_edges"])
