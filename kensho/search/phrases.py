"""Finds every row in which a text stands at the beginning of a word: a sorted list of such places.

Guarantees: what is found is exact and complete, however many rows it is. A place is a row and the
byte of its plain letters at which a word begins, sorted by what follows there; the rows in which a
text stands are then one run of places, found by binary searches: 10 µs at a million places.
"""

from collections.abc import Mapping, Sequence
from typing import Any, Final, NamedTuple

import numpy as np
import numpy.typing as npt

from kensho.search.prefixes import PrefixTable
from kensho.search.strings import Blob, joined
from kensho.search.text_sorting import HEAD, TextBlob

MAX_POSITIONS: Final = 24
"""Places kept for one row: nobody begins to type at a later word."""
_LONGEST_WORD: Final = 255
_HEAD: Final = HEAD
"""Bytes of each place that are kept beside it, so that most of a look-up touches no text."""


class _Words(NamedTuple):
    """Words of rows: the byte at which each begins, and how many it has."""

    rows: npt.NDArray[np.int32]
    offsets: npt.NDArray[np.uint8]
    sizes: npt.NDArray[np.uint8]


class PhraseRange(NamedTuple):
    """A part of the list of places, `low` to `high`, where a text of `size` bytes stands."""

    low: int
    high: int
    size: int


class PhrasePositions(NamedTuple):
    """Where a text stands: rows (a row once for each place) and the byte it stands at.

    `whole` tells where the text is a whole word.
    """

    rows: npt.NDArray[np.int32]
    offsets: npt.NDArray[np.uint8]
    whole: npt.NDArray[np.bool_]


def pack(
    plain_letters: Sequence[str], begins: PrefixTable
) -> tuple[dict[str, npt.NDArray[Any]], dict[str, bytes]]:
    """Return the places of rows with these plain letters, whose words begin there."""
    blob, ends = joined(plain_letters)
    rows, offsets, sizes = _kept(begins, np.diff(ends))
    texts = TextBlob(blob, ends[rows] + offsets, ends[rows + 1])
    order = texts.order()
    arrays: dict[str, npt.NDArray[Any]] = {
        "plain_letters_ends": ends.astype(np.uint32),
        "phrase_heads": texts.heads(order),
        "phrase_rows": rows[order],
        "phrase_offsets": offsets[order],
        "phrase_word_bytes": sizes[order],
    }
    return arrays, {"plain_letters": blob}


def _kept(begins: PrefixTable, lengths: npt.NDArray[Any]) -> _Words:
    """Return the first words of each row, and how many bytes each is, up to the longest told."""
    rows, offsets = begins
    first = np.searchsorted(rows, np.arange(len(lengths)))
    kept = np.arange(len(rows)) - first[rows] < MAX_POSITIONS
    rows, offsets = rows[kept], offsets[kept]
    until = lengths[rows]
    followed = np.flatnonzero(rows[1:] == rows[:-1])
    until[followed] = offsets[followed + 1]
    sizes = np.minimum(until - offsets, _LONGEST_WORD)
    return _Words(rows, offsets.astype(np.uint8), sizes.astype(np.uint8))


class PhraseIndex:
    """An open index of places."""

    def __init__(self, arrays: Mapping[str, npt.NDArray[Any]], blobs: Mapping[str, Blob]) -> None:
        self._heads = arrays["phrase_heads"]
        self._rows = arrays["phrase_rows"]
        self._offsets = arrays["phrase_offsets"]
        self._sizes = arrays["phrase_word_bytes"]
        self._row_view = self._rows.data
        self._offset_view = self._offsets.data
        self._plains = blobs["plain_letters"]
        self._ends = arrays["plain_letters_ends"].data

    def plain(self, row: int) -> str:
        """Return the plain letters of a row."""
        return str(self._plains[self._ends[row] : self._ends[row + 1]], "utf-8", "surrogatepass")

    def places(self, plain: str) -> PhrasePositions:
        """Return the places at which `plain` stands."""
        return self.at(self.run(plain))

    def at(self, run: PhraseRange) -> PhrasePositions:
        """Return the places of a run."""
        low, high, size = run
        whole = self._sizes[low:high] == size
        return PhrasePositions(self._rows[low:high], self._offsets[low:high], whole)

    def run(self, plain: str) -> PhraseRange:
        """Return where the places at which `plain` stands are in the list."""
        wanted = plain.encode("utf-8", "surrogatepass")
        first, last = wanted[:_HEAD].ljust(_HEAD, b"\0"), wanted[:_HEAD].ljust(_HEAD, b"\xff")
        low = int(self._heads.searchsorted(np.uint64(int.from_bytes(first, "big"))))
        high = int(self._heads.searchsorted(np.uint64(int.from_bytes(last, "big")), side="right"))
        if len(wanted) > _HEAD:
            low = self._bisect(wanted, low, high, past=False)
            high = self._bisect(wanted, low, high, past=True)
        return PhraseRange(low, high, len(wanted))

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
