"""Finds the rows that share most grams with a query: postings read rarest first, within a budget.

Guarantees: rows are numbered by the length of their letters, so a gram's postings are ordered by
length too, and only the slice of lengths that a match can have is read. The rarest grams tell most
and cost least; those that the budget does not reach tell little. What comes out are candidates,
which `rerank` judges.

Performance: 40,000 postings take about 0.2 ms at 280,000 rows.
"""

from collections.abc import Mapping
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from kensho.search import code_points
from kensho.search.rows import distinct

LENGTH_BOUNDS: Final = (0, 4, 6, 8, 10, 12, 15, 18, 22, 27, 33, 41, 52, 66, 90, 1 << 15)
"""Lengths at which postings may be cut, about a third apart."""
BUDGET: Final = 12_000
"""Postings read for a query at 250,000 rows; it grows with the rows beyond that."""
_ROWS_AT_BUDGET: Final = 300_000
_SHORTEST: Final = 0.6
"""A row shorter than this part of the query shares too little with it."""
_LONGEST: Final = 1.7
"""A half-typed query with an error may be this much shorter than the row meant."""
_ROWS_AT_ONCE: Final = 20_000
CANDIDATES: Final = 72

Rows = npt.NDArray[np.int32]


def pack(letters: list[str], lengths: npt.NDArray[np.int32]) -> dict[str, npt.NDArray[Any]]:
    """Return the index of rows whose letters these are, in ascending order of length."""
    grams, rows = _all_grams(letters)
    # A gram's rows come in ascending order, because all of its places are pairs or all triples.
    order = np.argsort(grams, kind="stable")
    grams, rows = grams[order], rows[order]
    del order
    kept = np.ones(len(grams), dtype=bool)
    kept[1:] = (grams[1:] != grams[:-1]) | (rows[1:] != rows[:-1])
    grams, rows = grams[kept], rows[kept]
    begins = np.ones(len(grams), dtype=bool)
    begins[1:] = grams[1:] != grams[:-1]
    bounds = np.searchsorted(lengths, LENGTH_BOUNDS)
    return {
        "ngram_codes": grams[begins],
        "ngram_cuts": _cuts(rows, begins, bounds),
        "ngram_rows": rows,
        "ngram_length_bounds": bounds.astype(np.int32),
    }


def _all_grams(letters: list[str]) -> tuple[code_points.Codes, Rows]:
    """Return the grams of all rows, some thousands at a time: it takes 200 bytes for a letter."""
    grams = [np.empty(0, dtype=np.uint64)]
    rows = [np.empty(0, dtype=np.int32)]
    for first in range(0, len(letters), _ROWS_AT_ONCE):
        found, owners = code_points.ngrams_of_all(letters[first : first + _ROWS_AT_ONCE])
        grams.append(found)
        rows.append(owners + np.int32(first))
    return np.concatenate(grams), np.concatenate(rows)


def _cuts(
    rows: Rows, begins: npt.NDArray[np.bool_], bounds: npt.NDArray[np.intp]
) -> npt.NDArray[np.int32]:
    """Return where each gram's postings pass each bound: shape (grams, bounds)."""
    passed = np.searchsorted(bounds, np.arange(int(bounds[-1])), side="right")
    cells = (np.cumsum(begins, dtype=np.int64) - 1) * len(bounds)
    cells += passed[rows]
    counts = np.bincount(cells, minlength=int(begins.sum()) * len(bounds))
    return np.cumsum(counts).reshape(-1, len(bounds)).astype(np.int32)


def budget_of(rows: int) -> int:
    """Return how many postings are read for a query of so many rows."""
    return max(BUDGET, BUDGET * rows // _ROWS_AT_BUDGET)


class NgramIndex:
    """An open gram index."""

    def __init__(self, arrays: Mapping[str, npt.NDArray[Any]]) -> None:
        self._names = arrays["ngram_codes"]
        self._cuts = arrays["ngram_cuts"]
        self._rows = arrays["ngram_rows"]
        self._bounds = arrays["ngram_length_bounds"].tolist()
        self._budget = budget_of(self._bounds[-1])

    def candidates(self, letters: str, wanted: int = CANDIDATES) -> Rows:
        """Return about `wanted` rows that share most grams with `letters`, in no order."""
        if not len(self._names):
            return np.empty(0, dtype=np.int32)
        grams = code_points.ngrams_of(letters)
        places = self._names.searchsorted(grams)
        np.minimum(places, len(self._names) - 1, out=places)
        places = places[self._names[places] == grams]
        first, last = window(len(letters))
        lowest, highest = self._bounds[first], self._bounds[last]
        if not len(places) or lowest == highest:
            return np.empty(0, dtype=np.int32)
        cuts = self._cuts[places]
        starts, ends = cuts[:, first], cuts[:, last]
        order = np.argsort(ends - starts, kind="stable")
        starts, ends = starts[order], ends[order]
        spent = np.cumsum(ends - starts)
        reached = max(int(np.searchsorted(spent, self._budget, side="right")), 1)
        read = np.concatenate(
            [
                self._rows[start:end]
                for start, end in zip(
                    starts[:reached].tolist(), ends[:reached].tolist(), strict=True
                )
            ]
        )
        return self._most_shared(read, lowest, wanted)

    @staticmethod
    def _most_shared(read: Rows, lowest: int, wanted: int) -> Rows:
        """Return the rows that come most often in `read`; of equals those with the least number.

        Those are shorter, so that what they share is a larger part of them.
        """
        read = read - lowest
        shared = np.bincount(read)
        each = shared.take(read)
        # A row that comes n times stands n times in `read`.
        rows_by_shared = np.bincount(each)
        rows_by_shared[1:] //= np.arange(1, len(rows_by_shared))
        above = np.cumsum(rows_by_shared[::-1])
        least = len(above) - 1 - int(np.searchsorted(above, wanted))
        found = distinct(read[each >= least])
        if len(found) > wanted:
            found = found[np.argsort(-shared[found], kind="stable")[:wanted]]
        return found + np.int32(lowest)


def window(length: int) -> tuple[int, int]:
    """Return the bounds between which rows may match a text of this length."""
    shortest, longest = length * _SHORTEST - 1, length * _LONGEST + 4
    first = max(sum(bound <= shortest for bound in LENGTH_BOUNDS) - 1, 0)
    last = min(sum(bound <= longest for bound in LENGTH_BOUNDS), len(LENGTH_BOUNDS) - 1)
    return first, last
