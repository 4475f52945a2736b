"""Tells whether works are of the year and type that a query asks for beside a title.

Guarantees: a work agrees with what is asked for, conflicts with it, or neither. Catalogues file the
same short episode as a special, an OVA or an ONA, and a web series as one of television, so types
of one family do not conflict. A year beside a later season is the year in which the series began:
"Fruits Basket (2019) S02".
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

AGREES: Final = 1
CONFLICTS: Final = -1


def agreement(
    wanted: TitleParts, years: npt.NDArray[Any], types: npt.NDArray[Any]
) -> npt.NDArray[np.int8]:
    """Return `AGREES`, `CONFLICTS` or 0 for each work, given its year and its index in `TYPES`.

    Zero also stands for a query that asks for neither a year nor a type.
    """
    found = np.zeros(len(years), dtype=np.int8)
    if wanted.type is not None:
        near = [TYPES.index(one) for family in _FAMILIES if wanted.type in family for one in family]
        found[:] = np.where(types == TYPES.index(wanted.type), AGREES, CONFLICTS)
        found[(found == CONFLICTS) & np.isin(types, near)] = 0
    if wanted.year is not None:
        after = years.astype(np.int32) - wanted.year
        agrees = (after >= 0) & (after <= _YEARS_OF_SEASON * ((wanted.season or 1) - 1))
        found[:] = np.where(agrees, AGREES if wanted.type is None else found, CONFLICTS)
    return found
