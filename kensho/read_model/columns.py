"""The facts that lists sort, filter and count works by, as numpy columns by node.

An absent number is 0 for a year, -1 for a season or votes, and nan for a rating.
"""

from collections.abc import Mapping
from typing import Any, Final, NamedTuple, cast, get_args

import numpy as np
import numpy.typing as npt

from kensho.domain.works import SEASONS, AnimeType, Status, WorkKind
from kensho.read_model.inputs import WorkInput

WORK_KINDS: Final[tuple[str, ...]] = get_args(WorkKind)
ANIME_TYPES: Final[tuple[str, ...]] = get_args(AnimeType)
STATUSES: Final[tuple[str, ...]] = get_args(Status)
NO_SEASON: Final = -1

_TYPES: Final[Mapping[str, str]] = {
    "kind": "u1",
    "anime_type": "u1",
    "status": "u1",
    "year": "i2",
    "season": "i1",
    "imdb_rating": "f8",
    "imdb_votes": "i4",
    "score": "f8",
    "adult": "?",
    "film": "?",
}


class WorkColumns(NamedTuple):
    """One array of shape (works,) for each fact.

    `kind`, `anime_type` and `status` are codes into `WORK_KINDS`, `ANIME_TYPES` and `STATUSES`;
    `season` is a code into `SEASONS`; `film` tells that a work is also in the table of films.
    """

    kind: npt.NDArray[np.uint8]
    anime_type: npt.NDArray[np.uint8]
    status: npt.NDArray[np.uint8]
    year: npt.NDArray[np.int16]
    season: npt.NDArray[np.int8]
    imdb_rating: npt.NDArray[np.float64]
    imdb_votes: npt.NDArray[np.int32]
    score: npt.NDArray[np.float64]
    adult: npt.NDArray[np.bool_]
    film: npt.NDArray[np.bool_]

    def taken(self, order: npt.NDArray[Any]) -> "WorkColumns":
        """Return these columns in another order of works."""
        columns = cast("tuple[npt.NDArray[Any], ...]", self)
        return WorkColumns(*(column[order] for column in columns))


WorkFacts = tuple[int, int, int, int, int, float, int, float, bool, bool]


def facts_of(work: WorkInput) -> WorkFacts:
    """Return the row of `work`, as codes and with stand-ins for what is absent."""
    return (
        WORK_KINDS.index(work.kind),
        ANIME_TYPES.index(work.anime_type),
        STATUSES.index(work.status),
        work.year or 0,
        NO_SEASON if work.season is None else SEASONS.index(work.season),
        np.nan if work.imdb_rating is None else work.imdb_rating,
        -1 if work.imdb_votes is None else work.imdb_votes,
        np.nan if work.score is None else work.score,
        work.adult,
        work.is_film or work.kind == "movie",
    )


def columns_of(rows: list[WorkFacts]) -> WorkColumns:
    """Return the columns of these rows."""
    columns = zip(*rows, strict=True) if rows else ((),) * len(_TYPES)
    return WorkColumns(
        *(
            np.array(column, dtype=kind)
            for column, kind in zip(columns, _TYPES.values(), strict=True)
        )
    )
