"""Whether works are of the year and type that a query wishes for beside a title.

Guarantees: a wish is met, missed, or neither. Catalogues file the same short episode as a special,
an OVA or on the web, and a series on the web as one of television, so a type of the same family is
no miss. A year beside a later season is that in which the series began: "Fruits Basket (2019) S02".
"""

from typing import Any, Final, get_args

import numpy as np
import numpy.typing as npt

from kensho.domain.title_parts import TitleParts
from kensho.domain.works import AnimeType

TYPES: Final[tuple[AnimeType, ...]] = get_args(AnimeType)
_FAMILIES: Final[tuple[frozenset[AnimeType], ...]] = (
    frozenset(("special", "ova", "ona")),
    frozenset(("tv", "ona")),
)
_YEARS_OF_SEASON: Final = 3
"""A later season comes so many years after the one before it, or sooner."""

MET: Final = 1
MISSED: Final = -1


def met(
    wanted: TitleParts, years: npt.NDArray[Any], types: npt.NDArray[Any]
) -> npt.NDArray[np.int8]:
    """Return `MET`, `MISSED` or 0 for works of these years and types (by their place in `TYPES`).

    Zero is also what there is to say where nothing is wished for.
    """
    found = np.zeros(len(years), dtype=np.int8)
    if wanted.type is not None:
        near = [TYPES.index(one) for family in _FAMILIES if wanted.type in family for one in family]
        found[:] = np.where(types == TYPES.index(wanted.type), MET, MISSED)
        found[(found == MISSED) & np.isin(types, near)] = 0
    if wanted.year is not None:
        after = years.astype(np.int32) - wanted.year
        agrees = (after >= 0) & (after <= _YEARS_OF_SEASON * ((wanted.season or 1) - 1))
        found[:] = np.where(agrees, MET if wanted.type is None else found, MISSED)
    return found
