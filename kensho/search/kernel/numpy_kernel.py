"""The kernel in numpy: some 120 array operations for a search.

Guarantees: where the order of equals matters it is that of their places, so that another kernel can
do the same. Cost at 250,000 titles: 0.5 ms for a search.
"""

from collections.abc import Mapping, Sequence
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from kensho.domain import ranking
from kensho.search.kernel.protocol import BestRows, Numbers, ScoredRows, Scores
from kensho.search.keys import Key, weight_of
from kensho.search.ngrams import NgramIndex
from kensho.search.phrases import PhraseIndex, PhraseRange
from kensho.search.rows import TitleRows, distinct
from kensho.search.scorer import Scorer
from kensho.search.symspell import SymSpellIndex
from kensho.search.words import WordIndex

TOLERANT_FROM: Final = 4
"""Shorter texts must stand in a title as they are; a Han character counts as two letters."""
_JUDGED_PHRASES: Final = 48
"""Longer runs of titles that hold the query are scored by their length and fame alone."""
_STEPS: Final = 1 << 24
"""Scores are told apart as finely as a 32-bit float can."""
_PLACE_BITS: Final = 32
_PLACE_MASK: Final = (1 << _PLACE_BITS) - 1


class NumpyKernel:
    """Answers by array operations."""

    def __init__(
        self,
        arrays: Mapping[str, npt.NDArray[Any]],
        rows: TitleRows,
        phrases: PhraseIndex,
        words: WordIndex,
        judge: Scorer,
    ) -> None:
        self._rows = rows
        self._phrases = phrases
        self._words = words
        self._judge = judge
        self._grams = NgramIndex(arrays)
        self._deletions = SymSpellIndex(arrays)
        self._entries = len(arrays["entry_popularity"])

    def run(self, plain: str) -> PhraseRange:
        """Return the places at which `plain` stands."""
        return self._phrases.run(plain)

    def equal(self, letters: str) -> list[int]:
        """Return the rows with exactly these letters, ascending."""
        return self._rows.equal(letters)

    def inexact(self, key: Key, run: PhraseRange) -> ScoredRows:
        """Return all rows that hold the query or are near it; `run` is where it stands."""
        places, scattered = self._phrases.at(run), self._words.rows(key.words)
        held = np.concatenate((places.rows, scattered))
        worth = np.concatenate(
            (self._judge.phrase(key, places), self._judge.scattered(key, scattered))
        )
        likely = np.arange(len(held))
        if len(likely) > _JUDGED_PHRASES:
            likely = _likeliest(worth + self._judge.ties(held))
        first = held[likely]
        rows = distinct(np.concatenate((first, *self._near(key))))
        phrase = np.zeros(len(rows), dtype=np.float32)
        np.maximum.at(phrase, np.searchsorted(rows, first), worth[likely])
        if not len(rows):
            return ScoredRows(rows, phrase)
        scores = self._judge.parts(key, rows, phrase).total()
        if len(likely) < len(worth):
            # All of them once more, as their places alone are worth: the better score counts.
            rows = np.concatenate((rows, held))
            scores = np.concatenate((scores, worth + self._judge.ties(held)))
        return ScoredRows(rows, scores)

    def best(self, found: Sequence[ScoredRows]) -> BestRows:
        """Return the best row of each entry in these lists; of equals the one that comes first."""
        rows = np.concatenate([rows for rows, _ in found])
        scores = np.concatenate([scores for _, scores in found])
        sizes = [len(rows) for rows, _ in found]
        lists = np.repeat(np.arange(len(found), dtype=np.uint8), sizes)
        order = _descending(scores)
        rows, scores, lists = rows[order], scores[order], lists[order]
        entries = self._rows.entry[rows]
        first = _first_of_each(entries, self._entries)
        best = float(scores[0]) if len(scores) else 0.0
        least = max(ranking.LEAST, best - ranking.SPREAD)
        hits = int(np.count_nonzero(scores[first] >= least))
        return BestRows(entries[first], scores[first], rows[first], lists[first], hits)

    def _near(self, key: Key) -> list[Numbers]:
        if weight_of(key.letters) < TOLERANT_FROM:
            return []
        found = [self._deletions.candidates(key.letters), self._grams.candidates(key.letters)]
        if key.native != key.plain:
            found.append(self._deletions.candidates(key.native))
        return found


def _likeliest(values: Scores) -> npt.NDArray[np.intp]:
    """Return the places of the highest values, of equals the first."""
    least = np.partition(values, -_JUDGED_PHRASES)[-_JUDGED_PHRASES]
    places = np.concatenate((np.flatnonzero(values > least), np.flatnonzero(values == least)))
    return places[:_JUDGED_PHRASES]


def _descending(scores: Scores) -> npt.NDArray[np.int64]:
    """Return the places of `scores` from high to low, equal ones in their order.

    Sorted as whole numbers, which takes a quarter of the time of a stable sort: 22,000 titles hold
    an S.
    """
    ranks = (scores * -_STEPS).astype(np.int64) << _PLACE_BITS
    order: npt.NDArray[np.int64] = np.sort(ranks | np.arange(len(scores))) & _PLACE_MASK
    return order


def _first_of_each(entries: Numbers, total: int) -> npt.NDArray[np.int64]:
    """Return the places at which each entry comes first, ascending."""
    places: npt.NDArray[np.int64] = np.arange(len(entries), dtype=np.int64)
    first = np.empty(total, dtype=np.int64)
    first[entries[::-1]] = places[::-1]  # of several writes to one place the last one stays
    firsts: npt.NDArray[np.int64] = places[first[entries] == places]
    return firsts
