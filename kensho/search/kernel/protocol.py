"""What a kernel does: everything of a search whose time grows with the rows it looks at.

Guarantees: there are two kernels, and they give the same answers to the last bit. `ArrayKernel` is
numpy and runs everywhere; `CompiledKernel` is C, runs where it could be compiled when Kenshō was
installed, and takes a fifth of the time. One contract suite runs against both.
"""

from collections.abc import Sequence
from typing import NamedTuple, Protocol

import numpy as np
import numpy.typing as npt

from kensho.search.keys import Key
from kensho.search.phrases import PhraseRange

Numbers = npt.NDArray[np.int32]
Scores = npt.NDArray[np.float32]


class ScoredRows(NamedTuple):
    """Rows and their scores, in no order; a row may come twice."""

    rows: Numbers
    scores: Scores


class BestRows(NamedTuple):
    """Entries, best first, with the score and row of each, and the place of its list.

    The first `hits` of them are no further below the best than a hit may be.
    """

    entries: Numbers
    scores: Scores
    rows: Numbers
    lists: npt.NDArray[np.uint8]
    hits: int


class Kernel(Protocol):
    """Answers from the arrays of one index; may be asked by several threads."""

    def run(self, plain: str) -> PhraseRange:
        """Return the places at which `plain` stands."""
        ...

    def equal(self, letters: str) -> list[int]:
        """Return the rows with exactly these letters, ascending."""
        ...

    def inexact(self, key: Key, run: PhraseRange) -> ScoredRows:
        """Return all rows that hold the query or are near it; `run` is where it stands."""
        ...

    def best(self, found: Sequence[ScoredRows]) -> BestRows:
        """Return the best row of each entry in these lists; of equals the one that comes first."""
        ...
