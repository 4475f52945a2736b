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
from kensho.search import readings
from kensho.search.finding import Evidence, Finder, Scored
from kensho.search.judging import Numbers, Scores
from kensho.search.readings import Reading


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
        self._finder: Final = Finder(arrays, blobs)

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
        order = np.lexsort((rows, -scores))
        rows, scores, via = rows[order], scores[order], via[order]
        entries = self._finder.rows.entry[rows]
        _, first = np.unique(entries, return_index=True)
        first.sort()
        enough = int(np.searchsorted(-scores[first], -ranking.LEAST, side="right"))
        hits, near = (
            Hits(entries[chosen], scores[chosen], rows[chosen], via[chosen])
            for chosen in (first[:enough], first[enough:])
        )
        return hits, near


def _best_of(found: list[Scored]) -> float:
    return max(float(scores.max(initial=0.0)) for _, scores in found)
