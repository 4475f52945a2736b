"""Finds the rows that share most n-grams with a query: postings are read rarest first, in a budget.

Rows are numbered by the length of their letters, so the postings of an n-gram are ordered by length
too, and only the part of lengths that can match is read. The rarest n-grams say most and cost
least; those beyond the budget say little.

Guarantees: what is found are candidates, which the scorer scores.
Performance: 40,000 postings take about 0.2 ms at 280,000 rows.
"""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from kensho.search import code_points
from kensho.search.rows import distinct
from kensho.search.sorting import CodedRows, merged
from kensho.search.strings import in_lists

LENGTH_BOUNDS: Final = (0, 4, 6, 8, 10, 12, 15, 18, 22, 27, 33, 41, 52, 66, 90, 1 << 15)
"""Lengths at which postings may be cut, each about a quarter more than the one before."""
BUDGET: Final = 12_000
"""Postings that are read for a query. With postings cut by length, 12,000 find what 40,000 found
without: hit@10 is .9976 and .9980 (docs/decisions/0008)."""
_ROWS_AT_BUDGET: Final = 300_000
"""Beyond so many rows the budget grows with them: quality fell to .887 at 2,500,000 otherwise."""
_MIN_LENGTH_RATIO: Final = 0.6
"""Rows shorter than this share of the query, less one letter, have too little in common with it."""
_MAX_LENGTH_RATIO: Final = 1.7
"""A half-typed query with an error is completed up to so many times its length."""
CANDIDATES: Final = 72
"""Rows that are scored; the design chose 64 to 128. Why 72 is not on record."""

Rows = npt.NDArray[np.int32]
_NO_ROWS: Final = np.empty(0, np.int32)


def pack(letters: Iterable[str], lengths: npt.NDArray[np.int32]) -> dict[str, npt.NDArray[Any]]:
    """Return the index of rows whose letters these are, in ascending order of length."""
    bounds = np.searchsorted(lengths, LENGTH_BOUNDS)
    names, cuts, rows = [np.empty(0, np.uint64)], [np.empty((0, len(bounds)), np.int32)], [_NO_ROWS]
    total = 0
    for part in merged(list(_ngrams(letters))):
        begins = np.ones(len(part.codes), dtype=np.bool_)
        begins[1:] = part.codes[1:] != part.codes[:-1]
        names.append(part.codes[begins])
        cuts.append(_cuts(part.rows, begins, bounds) + np.int32(total))
        rows.append(part.rows)
        total += len(part.rows)
    return {
        "ngram_codes": np.concatenate(names),
        "ngram_cuts": np.concatenate(cuts),
        "ngram_rows": np.concatenate(rows),
        "ngram_length_bounds": bounds.astype(np.int32),
    }


def _ngrams(letters: Iterable[str]) -> Iterator[CodedRows]:
    """Yield the n-grams of some thousand rows at a time, sorted, each once for a row."""
    first = 0
    for some in in_lists(letters):
        codes, owners = code_points.ngrams_of_all(some)
        # The rows of an n-gram come in ascending order: it is a pair everywhere, or a triple.
        codes, rows = CodedRows(codes, owners + np.int32(first)).in_order()
        kept = np.ones(len(codes), dtype=np.bool_)
        kept[1:] = (codes[1:] != codes[:-1]) | (rows[1:] != rows[:-1])
        yield CodedRows(codes[kept], rows[kept])
        first += len(some)


def _cuts(
    rows: Rows, begins: npt.NDArray[np.bool_], bounds: npt.NDArray[np.intp]
) -> npt.NDArray[np.int32]:
    """Return where the postings of each n-gram pass each bound: shape (n-grams, bounds)."""
    passed = np.searchsorted(bounds, np.arange(int(bounds[-1])), side="right")
    cells = (np.cumsum(begins, dtype=np.int64) - 1) * len(bounds)
    cells += passed[rows]
    counts = np.bincount(cells, minlength=int(begins.sum()) * len(bounds))
    return np.cumsum(counts).reshape(-1, len(bounds)).astype(np.int32)


def budget_of(rows: int) -> int:
    """Return how many postings are read for a query of so many rows."""
    return max(BUDGET, BUDGET * rows // _ROWS_AT_BUDGET)


class NgramIndex:
    """An open index of n-grams."""

    def __init__(self, arrays: Mapping[str, npt.NDArray[Any]]) -> None:
        self._names = arrays["ngram_codes"]
        self._cuts = arrays["ngram_cuts"]
        self._rows = arrays["ngram_rows"]
        self._bounds = arrays["ngram_length_bounds"].tolist()
        self._budget = budget_of(self._bounds[-1])

    def candidates(self, letters: str, wanted: int = CANDIDATES) -> Rows:
        """Return about `wanted` rows that share most n-grams with `letters`, in no order."""
        if not len(self._names):
            return np.empty(0, dtype=np.int32)
        codes = code_points.ngrams_of(letters)
        places = self._names.searchsorted(codes)
        np.minimum(places, len(self._names) - 1, out=places)
        places = places[self._names[places] == codes]
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
        """Return the rows that occur most often in `read`; of equals those with the lowest number.

        Those are shorter, so what they share is a larger part of them.
        """
        read = read - lowest
        shared = np.bincount(read)
        each = shared.take(read)
        # A row that occurs n times was counted n times here.
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
    shortest, longest = length * _MIN_LENGTH_RATIO - 1, length * _MAX_LENGTH_RATIO + 4
    first = max(sum(bound <= shortest for bound in LENGTH_BOUNDS) - 1, 0)
    last = min(sum(bound <= longest for bound in LENGTH_BOUNDS), len(LENGTH_BOUNDS) - 1)
    return first, last
