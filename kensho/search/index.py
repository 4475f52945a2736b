"""The title index: which entries a text may mean, best first.

The law: one hit for an entry, by its best title; the same index gives the same hits in the same
order. An index never changes; its arrays are mapped from disk and shared by processes. Cost at
250,000 titles: about 0.5 ms for a search.
"""

from collections.abc import Mapping
from typing import Any, Final, NamedTuple

import numpy as np
import numpy.typing as npt

from kensho.domain import ranking
from kensho.search import readings, scripts
from kensho.search.finding import Evidence, Finder, Scored
from kensho.search.judging import Numbers, Scores
from kensho.search.readings import Reading

_STEPS: Final = 1 << 24
"""Scores are told apart as finely as a 32-bit float can."""
_PLACE_BITS: Final = 32
_PLACE_MASK: Final = (1 << _PLACE_BITS) - 1


class Hits(NamedTuple):
    """Entries, best first, with the score and row of each, and the number of its reading."""

    entries: Numbers
    scores: Scores
    rows: Numbers
    readings: npt.NDArray[np.uint8]


class Found(NamedTuple):
    """What a search came to: how the text was read, the hits, and what is too far off to be one."""

    readings: tuple[Reading, ...]
    hits: Hits
    near: Hits


class TitleIndex:
    """An open index."""

    def __init__(self, arrays: Mapping[str, npt.NDArray[Any]], blobs: Mapping[str, Any]) -> None:
        scripts.prepare()
        self._finder: Final = Finder(arrays, blobs)
        self._known = arrays["entry_known"]

    def __len__(self) -> int:
        """Return how many rows there are: distinct spellings of titles."""
        return len(self._finder.rows)

    def search(self, text: str) -> Found:
        """Return what `text` may mean; any text will do, a hopeless one finds nothing."""
        typed = readings.as_typed(text)
        tried, found = [typed], [self._finder.scored(typed)]
        best = _best_of(found)
        for reading in readings.others(typed, best):
            tried.append(reading)
            found.append(self._finder.scored(reading))
        if _best_of(found) < ranking.DOUBTFUL:
            for reading in readings.last_resorts(typed):
                tried.append(reading)
                found.append(self._finder.scored(reading))
        return Found(tuple(tried), *self._best(found))

    def title(self, row: int, reading: Reading) -> str:
        """Return the title of a row that is most like what was typed, as it is written."""
        texts = self._finder.rows.texts(row)
        return reading.text if reading.text in texts else texts[0]

    def evidence(self, reading: Reading, row: int) -> Evidence:
        """Return why `row` scores what it scores."""
        return self._finder.evidence(reading, row)

    def _best(self, found: list[Scored]) -> tuple[Hits, Hits]:
        """Return one hit for each entry, best first, and what is below the least score of a hit."""
        rows = np.concatenate([rows for rows, _ in found])
        scores = np.concatenate([scores for _, scores in found])
        sizes = [len(rows) for rows, _ in found]
        via = np.repeat(np.arange(len(found), dtype=np.uint8), sizes)
        order = _descending(scores)
        rows, scores, via = rows[order], scores[order], via[order]
        entries = self._finder.rows.entry[rows]
        first = _first_of_each(entries, len(self._known))
        best = float(scores[0]) if len(scores) else 0.0
        least = max(ranking.LEAST, best - ranking.SPREAD)
        enough = int(np.count_nonzero(scores[first] >= least))
        hits, near = (
            Hits(entries[chosen], scores[chosen], rows[chosen], via[chosen])
            for chosen in (first[:enough], first[enough:])
        )
        return hits, near


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


def _best_of(found: list[Scored]) -> float:
    return max(float(scores.max(initial=0.0)) for _, scores in found)
