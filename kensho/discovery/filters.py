"""The filters of every list of works: seasons, films, searches, pages of the explorer.

Guarantees: a filter keeps the order of the works that it is given.
"""

from collections.abc import Iterable
from typing import Final

import msgspec
import numpy as np
import numpy.typing as npt

from kensho.domain.works import SEASONS, AnimeType, Season, Status
from kensho.read_model.columns import ANIME_TYPES, STATUSES
from kensho.read_model.model import ReadModel

Nodes = npt.NDArray[np.int32]
Mask = npt.NDArray[np.bool_]
_ADULT: Final = "adult"


class Filters(msgspec.Struct, frozen=True, kw_only=True):
    """What a list keeps; `None` keeps all. `tag` is an id or a name; `safe` hides adult works."""

    type: AnimeType | None = None
    status: Status | None = None
    season: Season | None = None
    year: int | None = None
    tag: str | None = None
    safe: bool = True


ALL_WORKS: Final = Filters(safe=False)


class FilterMasks:
    """Which of these works pass which filter."""

    def __init__(
        self, model: ReadModel, filters: Filters, nodes: Nodes, unhidden: Mask | None = None
    ) -> None:
        """`unhidden` works pass although they are adult."""
        self._nodes = nodes
        self._masks = dict(_masks(model, filters, nodes, unhidden))

    @property
    def names(self) -> Iterable[str]:
        """Return the names of the filters that are set."""
        return self._masks.keys()

    @property
    def kept(self) -> Mask | None:
        """Return which works pass every filter; `None` means all."""
        return _all(self._masks.values())

    @property
    def adult_hidden(self) -> int:
        """Return how many works are left out only because they are adult."""
        if _ADULT not in self._masks:
            return 0
        others = self._all_but(_ADULT)
        adult = ~self._masks[_ADULT]
        return int(np.count_nonzero(adult if others is None else adult & others))

    def nodes(self, but: str | None = None) -> Nodes:
        """Return the works that pass every filter, or every one `but` this."""
        mask = self._all_but(but)
        return self._nodes if mask is None else self._nodes[mask]

    def _all_but(self, but: str | None) -> Mask | None:
        return _all(mask for name, mask in self._masks.items() if name != but)


def kept(model: ReadModel, filters: Filters, nodes: Nodes) -> Nodes:
    """Return those of `nodes` that pass every filter."""
    return FilterMasks(model, filters, nodes).nodes()


def _masks(
    model: ReadModel, filters: Filters, nodes: Nodes, unhidden: Mask | None
) -> Iterable[tuple[str, Mask]]:
    """Yield each filter that is set, by name, with the works that pass it."""
    columns = model.columns
    if filters.type is not None:
        yield "type", columns.anime_type[nodes] == ANIME_TYPES.index(filters.type)
    if filters.status is not None:
        yield "status", columns.status[nodes] == STATUSES.index(filters.status)
    if filters.season is not None:
        yield "season", columns.season[nodes] == SEASONS.index(filters.season)
    if filters.year is not None:
        yield "year", columns.year[nodes] == filters.year
    if filters.tag is not None:
        yield "tag", _tagged(model, filters.tag)[nodes]
    if filters.safe and (adult := _hidden(model, nodes, unhidden)).any():
        yield _ADULT, ~adult


def _hidden(model: ReadModel, nodes: Nodes, unhidden: Mask | None) -> Mask:
    adult: Mask = model.columns.adult[nodes]
    return adult if unhidden is None else adult & ~unhidden


def _tagged(model: ReadModel, tag: str) -> Mask:
    """Return for each work whether it has the tag; none does where there is no such tag."""
    tagged = np.zeros(model.works_total, dtype=np.bool_)
    number = model.tag(tag)
    if number is not None:
        tagged[model.tag_nodes(number)[0]] = True
    return tagged


def _all(masks: Iterable[Mask]) -> Mask | None:
    found: Mask | None = None
    for mask in masks:
        found = mask if found is None else found & mask
    return found
