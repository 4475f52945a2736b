"""Lists of works: a season of a year, and the films.

Lists come in the read model's own order; a filter keeps that order and a total counts what it kept,
exactly. Works that lack the value a list is sorted by come last, and equal ones in the order of
their ids.
"""

import datetime as dt
from collections.abc import Callable, Iterable
from typing import Literal, TypeAlias

import msgspec
import numpy as np
import numpy.typing as npt

from kensho.discovery import splicing
from kensho.discovery.related_works import title_of
from kensho.discovery.splicing import Fields
from kensho.domain.works import MIN_YEAR, YEARS_AHEAD, AnimeType, Season, Status
from kensho.errors import InvalidInputError
from kensho.read_model.columns import ANIME_TYPES, STATUSES, WORK_KINDS
from kensho.read_model.model import ReadModel

Nodes: TypeAlias = npt.NDArray[np.int32]
Sorting: TypeAlias = Literal["rating", "score", "title"]


class BrowseFilters(msgspec.Struct, frozen=True):
    """What a list keeps; `None` keeps all. `tag` is an id or a name."""

    type: AnimeType | None = None
    status: Status | None = None
    tag: str | None = None


def season(
    model: ReadModel, year: int, name: Season, filters: BrowseFilters, sort: Sorting
) -> Nodes:
    """Return the works of a season, best IMDb rating first, or by `sort`."""
    return _sorted(model, _kept(model, model.season_nodes(year, name), filters), sort)


class Calendar:
    """Knows which years there are: from 1900 up to five ahead of the clock's."""

    def __init__(self, clock: Callable[[], dt.datetime]) -> None:
        self._clock = clock

    @property
    def last_year(self) -> int:
        """Return the last year that works may have."""
        return self._clock().year + YEARS_AHEAD

    def check(self, year: int) -> None:
        """Raise `InvalidInputError` for a year that no work can have."""
        if not MIN_YEAR <= year <= self.last_year:
            raise InvalidInputError.of("year", f"{year} is not within {MIN_YEAR}..{self.last_year}")


class Films:
    """The films by IMDb rating, then votes, then title; sorted once for each snapshot."""

    def __init__(self) -> None:
        self._identity = ""
        self._nodes: Nodes = np.empty(0, dtype=np.int32)

    def nodes(self, model: ReadModel, year: int | None) -> Nodes:
        """Return the films of a year, or all."""
        if self._identity != model.identity:
            self._nodes, self._identity = _films(model), model.identity
        return self._nodes if year is None else self._nodes[model.columns.year[self._nodes] == year]


def page_of(model: ReadModel, nodes: Iterable[int], fields: Fields | None) -> bytes:
    """Return the summaries of `nodes` as a JSON array."""
    return splicing.array(splicing.selected(model.summary(int(node)), fields) for node in nodes)


def _kept(model: ReadModel, nodes: Nodes, filters: BrowseFilters) -> Nodes:
    columns = model.columns
    if filters.type is not None:
        nodes = nodes[columns.anime_type[nodes] == ANIME_TYPES.index(filters.type)]
    if filters.status is not None:
        nodes = nodes[columns.status[nodes] == STATUSES.index(filters.status)]
    if filters.tag is not None:
        tag = model.tag(filters.tag)
        tagged = model.tag_nodes(tag)[0] if tag is not None else nodes[:0]
        nodes = nodes[np.isin(nodes, tagged)]
    return nodes


def _films(model: ReadModel) -> Nodes:
    columns = model.columns
    films = np.flatnonzero(columns.kind == WORK_KINDS.index("movie")).astype(np.int32)
    titled = np.array(sorted(films.tolist(), key=_by_title(model)), dtype=np.int32)
    rating = np.nan_to_num(columns.imdb_rating[titled], nan=-1.0)
    return titled[np.lexsort((-columns.imdb_votes[titled], -rating))]


def _sorted(model: ReadModel, nodes: Nodes, sort: Sorting) -> Nodes:
    if sort == "title":
        return np.array(sorted(nodes.tolist(), key=_by_title(model)), dtype=np.int32)
    if sort == "score":
        scores = model.columns.score[nodes]
        return nodes[np.lexsort((nodes, -np.nan_to_num(scores, nan=-1.0)))]
    return nodes


def _by_title(model: ReadModel) -> Callable[[int], tuple[str, int]]:
    return lambda node: (title_of(model, node).casefold(), node)
