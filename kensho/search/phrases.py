"""Finds every row in which a text stands at the beginning of a word: a sorted list of such places.

The law: what is found is exact and complete, however many rows it is. A place is a row and the
byte of its plain letters at which a word begins, sorted by what follows there; the rows in which a
text stands are then one run of places, found by binary searches: 10 µs at a million places.
"""

from array import array
from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Any, Final, NamedTuple

import numpy as np
import numpy.typing as npt

from kensho.search.strings import Blob

MAX_PLACES: Final = 24
"""Places kept for one row: nobody begins to type at a later word."""
_LONGEST_WORD: Final = 255
_HEAD: Final = 8
"""Bytes of each place that are kept beside it, so that most of a look-up touches no text."""


class Places(NamedTuple):
    """Where a text stands: rows (a row once for each place) and the byte it stands at.

    `whole` tells where the text is a whole word.
    """

    rows: npt.NDArray[np.int32]
    offsets: npt.NDArray[np.uint8]
    whole: npt.NDArray[np.bool_]


def pack(
    plains: Sequence[bytes], starts: Sequence[Sequence[int]]
) -> tuple[dict[str, npt.NDArray[Any]], dict[str, bytes]]:
    """Return the places of rows with these plain letters, whose words begin at these bytes."""
    rows, offsets, sizes = array("i"), array("B"), array("B")
    for row, begins in enumerate(starts):
        for begin, end in pairwise((*begins[:MAX_PLACES], len(plains[row]))):
            rows.append(row)
            offsets.append(begin)
            sizes.append(min(end - begin, _LONGEST_WORD))
    tails = [plains[row][offset:] for row, offset in zip(rows, offsets, strict=True)]
    order = sorted(range(len(tails)), key=tails.__getitem__)
    ends = np.cumsum([0, *map(len, plains)])
    arrays: dict[str, npt.NDArray[Any]] = {
        "phrase_ends": ends.astype(np.uint32),
        "phrase_heads": _heads([tails[place] for place in order]),
        "phrase_rows": np.array(rows, dtype=np.int32)[order],
        "phrase_offsets": np.array(offsets, dtype=np.uint8)[order],
        "phrase_sizes": np.array(sizes, dtype=np.uint8)[order],
    }
    return arrays, {"plains": b"".join(plains)}


def _heads(tails: list[bytes]) -> npt.NDArray[np.uint64]:
    """Return the first eight bytes of each text as a number that sorts as they do."""
    padded = b"".join(tail[:_HEAD].ljust(_HEAD, b"\0") for tail in tails)
    return np.frombuffer(padded, dtype=">u8").astype(np.uint64)


class PhraseIndex:
    """An open index of places."""

    def __init__(self, arrays: Mapping[str, npt.NDArray[Any]], blobs: Mapping[str, Blob]) -> None:
        self._heads = arrays["phrase_heads"]
        self._rows = arrays["phrase_rows"]
        self._offsets = arrays["phrase_offsets"]
        self._sizes = arrays["phrase_sizes"]
        self._row_view = self._rows.data
        self._offset_view = self._offsets.data
        self._plains = blobs["plains"]
        self._ends = arrays["phrase_ends"].data

    def plain(self, row: int) -> str:
        """Return the plain letters of a row."""
        return str(self._plains[self._ends[row] : self._ends[row + 1]], "utf-8", "surrogatepass")

    def places(self, plain: str) -> Places:
        """Return the places at which `plain` stands."""
        wanted = plain.encode("utf-8", "surrogatepass")
        first, last = wanted[:_HEAD].ljust(_HEAD, b"\0"), wanted[:_HEAD].ljust(_HEAD, b"\xff")
        low = int(self._heads.searchsorted(np.uint64(int.from_bytes(first, "big"))))
        high = int(self._heads.searchsorted(np.uint64(int.from_bytes(last, "big")), side="right"))
        if len(wanted) > _HEAD:
            low = self._bisect(wanted, low, high, past=False)
            high = self._bisect(wanted, low, high, past=True)
        whole = self._sizes[low:high] == len(wanted)
        return Places(self._rows[low:high], self._offsets[low:high], whole)

    def _bisect(self, wanted: bytes, low: int, high: int, *, past: bool) -> int:
        size = len(wanted)
        while low < high:
            middle = (low + high) // 2
            row = self._row_view[middle]
            start = self._ends[row] + self._offset_view[middle]
            head = self._plains[start : min(start + size, self._ends[row + 1])]
            if head < wanted or (past and head == wanted):
                low = middle + 1
            else:
                high = middle
        return low
