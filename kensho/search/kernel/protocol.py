"""What a kernel does: every part of a search whose time grows with the rows that it looks at.

Guarantees: the two kernels give the same answers, to the last bit. `NumpyKernel` runs everywhere;
`CompiledKernel` is C, runs where `kensho kernel` has compiled it, and takes a fifth of the time.
One contract suite runs against both.
"""

from collections.abc import Sequence
from typing import Final, NamedTuple, Protocol

import numpy as np
import numpy.typing as npt

from kensho.search.keys import Key
from kensho.search.phrases import PhraseRange

Numbers = npt.NDArray[np.int32]
Scores = npt.NDArray[np.float32]


class ScoredRows(NamedTuple):
    """Rows and their scores, in no order; a row may occur twice."""

    rows: Numbers
    scores: Scores

    @property
    def best(self) -> float:
        """Return the best score, or 0 of no rows."""
        scores = self.scores
        return float(scores[scores.argmax()]) if len(scores) else 0.0  # `max` takes thrice as long


NO_ROWS: Final = ScoredRows(np.empty(0, dtype=np.int32), np.empty(0, dtype=np.float32))


class BestRows(NamedTuple):
    """Entries, best first, with the score and row of each, and the number of its list.

    The first `hits` of them are close enough to the best to be hits.
    """

    entries: Numbers
    scores: Scores
    rows: Numbers
    lists: npt.NDArray[np.uint8]
    hits: int


class Kernel(Protocol):
    """Answers from the arrays of one index; several threads may ask at once."""

    def phrase_range(self, plain: str) -> PhraseRange:
        """Return the range of phrase positions at which `plain` occurs."""
        ...

    def equal(self, letters: str) -> list[int]:
        """Return the rows with exactly these letters, ascending."""
        ...

    def inexact(self, key: Key, occurs: PhraseRange, known: float) -> ScoredRows:
        """Return all rows that contain the query or are near it; `occurs` is where it occurs.

        `known` is how much popularity counts for the share of a title that is not typed.
        """
        ...

    def likeness(self, key: Key, row: int) -> float:
        """Return how alike a row is to the query by edits, as `inexact` compares it."""
        ...

    def best(self, found: Sequence[ScoredRows]) -> BestRows:
        """Return the best row of each entry in these lists; of equals, the one that comes first."""
        ...
