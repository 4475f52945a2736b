"""Works by broadcast season, best first: a list is one slice of one array.

Order within a season: IMDb rating from high to low, then score from high to low, then UUID; works
without come last.
"""

from collections.abc import Mapping
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from kensho.domain.works import SEASONS, Season
from kensho.read_model.blobs import nothing_last
from kensho.read_model.columns import NO_SEASON, WorkColumns

_NONE: Final = np.empty(0, dtype=np.int32)


def pack(columns: WorkColumns) -> dict[str, npt.NDArray[Any]]:
    """Return the arrays of the works that have both a year and a season."""
    dated = np.flatnonzero((columns.year > 0) & (columns.season != NO_SEASON))
    key = columns.year[dated].astype(np.int32) * len(SEASONS) + columns.season[dated]
    rating, score = columns.imdb_rating[dated], columns.score[dated]
    order = np.lexsort((dated, nothing_last(score), nothing_last(rating), key))
    keys, starts = np.unique(key[order], return_index=True)
    return {
        "season_keys": keys.astype(np.int32),
        "season_offsets": np.append(starts, len(dated)).astype(np.int32),
        "season_nodes": dated[order].astype(np.int32),
    }


class Seasons:
    """The lists, found by year and season."""

    def __init__(self, arrays: Mapping[str, npt.NDArray[Any]]) -> None:
        offsets = arrays["season_offsets"].tolist()
        self._runs = {
            key: slice(offsets[place], offsets[place + 1])
            for place, key in enumerate(arrays["season_keys"].tolist())
        }
        self._nodes: npt.NDArray[np.int32] = arrays["season_nodes"]

    def nodes(self, year: int, season: Season) -> npt.NDArray[np.int32]:
        """Return the works of a season, best first; empty where there is none."""
        run = self._runs.get(year * len(SEASONS) + SEASONS.index(season))
        return _NONE if run is None else self._nodes[run]
