"""Sort many codes with their rows, a part of them at a time.

Guarantees: the order is that of one stable sort of everything.
Performance: beside what is sorted, an eighth of it is held; a sort of all at once holds four times
as much as there is.
"""

from collections.abc import Iterator, Sequence
from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt

from kensho.search.code_points import Codes

_PARTS: Final = 8
_SAMPLED: Final = 64
"""One code of so many is looked at to find where parts of equal size begin."""

Rows = npt.NDArray[np.int32]


class CodedRows(NamedTuple):
    """Codes, and the row of each."""

    codes: Codes
    rows: Rows

    def in_order(self) -> "CodedRows":
        """Return these in ascending order of codes; equal ones keep their order."""
        order = np.argsort(self.codes, kind="stable")
        return CodedRows(self.codes[order], self.rows[order])


def merged(pieces: Sequence[CodedRows]) -> Iterator[CodedRows]:
    """Yield all in ascending order, in parts that begin with a new code.

    Each piece is in ascending order. Of equal codes those of an earlier piece come first.
    """
    firsts = _first_codes(pieces)
    starts = [np.append(np.searchsorted(p.codes, firsts), len(p.codes)).tolist() for p in pieces]
    for part in range(len(firsts)):
        taken = [
            (piece.codes[start[part] : start[part + 1]], piece.rows[start[part] : start[part + 1]])
            for piece, start in zip(pieces, starts, strict=True)
        ]
        codes, rows = zip(*taken, strict=True)
        yield CodedRows(np.concatenate(codes), np.concatenate(rows)).in_order()


def _first_codes(pieces: Sequence[CodedRows]) -> Codes:
    """Return the first code of each part, ascending; the first part begins with the least code."""
    if not pieces:
        return np.empty(0, dtype=np.uint64)
    sample = np.sort(np.concatenate([piece.codes[::_SAMPLED] for piece in pieces]))
    bounds = sample[np.arange(1, _PARTS) * len(sample) // _PARTS] if len(sample) else sample
    return np.unique(np.append(np.zeros(1, dtype=np.uint64), bounds))
