"""The works that an id of another catalogue stands for.

`"mal:20"` stands for one work; a tvdb id may stand for many, each for some of its episodes.
"""

from array import array
from collections.abc import Iterable, Mapping
from typing import Any, Final, NamedTuple

import numpy as np
import numpy.typing as npt

from kensho.read_model.blobs import SortedTexts, joined, offsets_of
from kensho.read_model.inputs import SourceRef
from kensho.read_model.snapshot_folder import Blob

_NO_NUMBER: Final = -(2**31)
"""Below every episode number, so that entries without a range sort first."""


class Resolved(NamedTuple):
    """A work behind a source id; `first..last` are its episodes that the id covers, where known."""

    node: int
    first: int | None
    last: int | None


class References:
    """Source ids in the making, as columns: 400,000 tuples would burden Python's collector."""

    def __init__(self) -> None:
        self._keys: list[bytes] = []
        self._first, self._last, self._owners = array("i"), array("i"), array("i")

    def add(self, owner: int, refs: Iterable[SourceRef]) -> None:
        """Add the source ids of the work `owner`."""
        for key, first, last in refs:
            self._keys.append(key.encode())
            self._first.append(_NO_NUMBER if first is None else first)
            self._last.append(_NO_NUMBER if last is None else last)
            self._owners.append(owner)

    def pack(self, node_of: npt.NDArray[np.int32]) -> tuple[dict[str, npt.NDArray[Any]], bytes]:
        """Return the arrays and the keys, each entry once; `node_of` is the node of each owner."""
        keys = sorted(set(self._keys))
        number_of = {key: number for number, key in enumerate(keys)}
        numbers = np.fromiter((number_of[key] for key in self._keys), np.int32, len(self._keys))
        nodes = node_of[np.array(self._owners, dtype=np.int32)]
        rows = np.stack(
            (numbers, np.array(self._first, np.int32), nodes, np.array(self._last, np.int32))
        )
        rows = rows[:, np.lexsort(rows[::-1])]
        fresh = np.ones(rows.shape[1], dtype=bool)
        fresh[1:] = np.any(rows[:, 1:] != rows[:, :-1], axis=0)
        numbers, first, nodes, last = rows[:, fresh]
        ends, data = joined(keys)
        return {
            "source_ends": ends,
            "source_offsets": offsets_of(numbers, len(keys)),
            "source_first": first,
            "source_nodes": nodes,
            "source_last": last,
        }, data


class SourceIds:
    """The works behind each source id."""

    def __init__(self, arrays: Mapping[str, npt.NDArray[Any]], keys: Blob) -> None:
        self._arrays = arrays
        self._keys = SortedTexts(arrays["source_ends"], keys)

    def resolve(self, source_id: str) -> list[Resolved]:
        """Return the works behind `source_id`: without a range first, then by range, then UUID."""
        number = self._keys.find(source_id)
        if number is None:
            return []
        offsets = self._arrays["source_offsets"]
        run = slice(offsets[number], offsets[number + 1])
        nodes, first, last = (
            self._arrays[name][run].tolist()
            for name in ("source_nodes", "source_first", "source_last")
        )
        return [
            Resolved(node, _read(start), _read(end))
            for node, start, end in zip(nodes, first, last, strict=True)
        ]


def _read(number: int) -> int | None:
    return None if number == _NO_NUMBER else number
