"""The order of many texts that stand in one blob, by their bytes, as array operations.

Guarantees: the order is that of `sorted` over the texts' bytes, and equal texts stay in the order
they came in. No text holds a zero byte. Eight bytes are compared at a time, and only of texts that
agree so far.

Performance: 0.5 s for a million ends of titles, where `sorted` takes 1.5 s and 100 MB of slices.
"""

from typing import Any, Final

import numpy as np
import numpy.typing as npt

HEAD: Final = 8
"""Bytes compared at a time: those of a 64-bit number."""
_MASKS: Final = tuple(((1 << 8 * size) - 1) << 8 * (HEAD - size) for size in range(HEAD + 1))
"""What is kept of a head by a text that has only so many bytes left."""

Numbers = npt.NDArray[Any]


class TextBlob:
    """Texts in a blob, each from a byte in `starts` to one in `ends`."""

    def __init__(self, blob: bytes, starts: Numbers, ends: Numbers) -> None:
        self._starts = starts
        self._ends = ends
        # Every byte begins a number of eight; the last seven need something behind them.
        self._heads = np.ndarray(len(blob) + 1, ">u8", blob + bytes(HEAD), strides=(1,))

    def heads(self, texts: Numbers | slice = slice(None), skipped: int = 0) -> Numbers:
        """Return eight bytes of each text after `skipped` ones, as numbers that sort as they do."""
        starts, ends = self._starts[texts] + skipped, self._ends[texts]
        left = np.clip(ends - starts, 0, HEAD)
        heads: Numbers = self._heads[np.minimum(starts, ends)].astype(np.uint64)
        heads &= np.array(_MASKS, dtype=np.uint64)[left]
        return heads

    def order(self) -> npt.NDArray[np.intp]:
        """Return the places of the texts, in the order of the texts."""
        heads = self.heads()
        order = np.argsort(heads, kind="stable")
        heads = heads[order]
        runs, tied = _runs(heads, heads)
        places, skipped = np.flatnonzero(tied), HEAD
        while len(places):
            runs = runs[tied]
            texts = order[places]
            heads = self.heads(texts, skipped)
            again = np.lexsort((heads, runs))
            order[places] = texts[again]
            runs, tied = _runs(runs, heads[again])
            places = places[tied]
            skipped += HEAD
        return order


def _runs(runs: Numbers, heads: Numbers) -> tuple[Numbers, npt.NDArray[np.bool_]]:
    """Return the number of each run of neighbours that agree, and which of them may still differ.

    Those that have ended agree to the end.
    """
    differs = np.ones(len(heads) + 1, dtype=np.bool_)
    differs[1:-1] = (runs[1:] != runs[:-1]) | (heads[1:] != heads[:-1])
    return np.cumsum(differs[:-1]), ~(differs[:-1] & differs[1:]) & (heads != 0)
