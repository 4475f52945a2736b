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

from kensho.discovery.cursors import Cursors, OrderedList
from kensho.discovery.field_selection import Fields, selected
from kensho.discovery.filters import Filters, Nodes, kept
from kensho.discovery.related_works import summary_of, title_of
from kensho.discovery.snapshot_service import PerSnapshot, SnapshotService
from kensho.domain.works import MIN_YEAR, YEARS_AHEAD, Season
from kensho.errors import InvalidInputError
from kensho.read_model.encoded import Encoded, encoded
from kensho.read_model.holder import Snapshot
from kensho.read_model.model import ReadModel
from kensho.read_model.views import Summary

Sorting: TypeAlias = Literal["rating", "score", "title"]


class Pagination(msgspec.Struct, frozen=True):
    """Where a page stands among all pages."""

    page: int
    limit: int
    total_pages: int
    total_items: int


class SeasonPage(msgspec.Struct, frozen=True):
    """A page of a season."""

    anime: list[Summary]
    pagination: Pagination


class FilmList(msgspec.Struct, frozen=True):
    """A page of films; `total` counts all pages, `next_cursor` is null on the last."""

    movies: list[Summary]
    total: int
    next_cursor: str | None


class SeasonRequest(msgspec.Struct, frozen=True, kw_only=True):
    """Which season is asked for, and which page of it."""

    year: int
    season: Season
    filters: Filters
    sort: Sorting = "rating"
    page: int = 1
    limit: int
    fields: Fields | None = None


class FilmsRequest(msgspec.Struct, frozen=True, kw_only=True):
    """Which films are asked for: of a year or all, and which page of them."""

    year: int | None = None
    cursor: str | None = None
    limit: int
    safe: bool = True
    fields: Fields | None = None


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


class BrowseService(SnapshotService):
    """Seasons and films, of one snapshot."""

    def __init__(
        self,
        snapshot: Snapshot,
        calendar: Calendar,
        cursors: Cursors,
        films: PerSnapshot[Nodes],
        *,
        safe: bool = True,
    ) -> None:
        super().__init__(snapshot, safe=safe)
        self._calendar = calendar
        self._cursors = cursors
        self._films = films

    def season(self, request: SeasonRequest) -> Encoded[SeasonPage]:
        """Return a page of a season.

        Raises:
            InvalidInputError: no work can have the year.
        """
        self._calendar.check(request.year)
        model = self.model
        nodes = season(model, request.year, request.season, request.filters, request.sort)
        total = len(nodes)
        first = (request.page - 1) * request.limit
        works = summaries(model, nodes[first : first + request.limit], request.fields)
        pagination = Pagination(request.page, request.limit, -(-total // request.limit), total)
        return encoded(SeasonPage(works, pagination))

    def films(self, request: FilmsRequest) -> Encoded[FilmList]:
        """Return a page of films by IMDb rating, then votes, then title; of a year, or all.

        Raises:
            InvalidInputError: no work can have the year, or the cursor is not one of this list.
        """
        year, safe = request.year, request.safe
        if year is not None:
            self._calendar.check(year)
        model = self.model
        nodes = kept(model, Filters(year=year, safe=safe), self._films.of(model))
        ordered = OrderedList(nodes, model.identity, model.id, model.node)
        query = f"movies?year={year}&safe={safe}"
        part = self._cursors.cut(ordered, query, request.cursor, request.limit)
        works = summaries(model, part.nodes, request.fields)
        return encoded(FilmList(works, part.total, part.next_cursor))


def season(model: ReadModel, year: int, name: Season, filters: Filters, sort: Sorting) -> Nodes:
    """Return the works of a season, best IMDb rating first, or by `sort`."""
    return _sorted(model, kept(model, filters, model.season_nodes(year, name)), sort)


def summaries(model: ReadModel, nodes: Iterable[int], fields: Fields | None) -> list[Summary]:
    """Return the summaries of `nodes`, ready to be encoded."""
    return [selected(summary_of(model, int(node)), fields).as_raw() for node in nodes]


def films(model: ReadModel) -> Nodes:
    """Return the films by IMDb rating, then votes, then title; unrated ones last."""
    columns = model.columns
    films = np.flatnonzero(columns.film).astype(np.int32)
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
