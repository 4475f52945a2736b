"""`/movies` and `/hubs`: the lists of films and of franchises.

Guarantees: every state of a list is an address, and its filters are links that say how much they
leave.
"""

from collections.abc import Mapping
from itertools import islice
from typing import Any, Final

import msgspec
import numpy as np
from litestar import Controller

from kensho.discovery.adult import franchises_shown
from kensho.discovery.filters import Nodes
from kensho.discovery.franchise_lists import (
    FRANCHISE_SIZES,
    FranchiseFacets,
    FranchiseFilters,
    FranchiseSize,
    FranchiseSorting,
    find_franchises,
)
from kensho.discovery.work_lists import WorkSorting
from kensho.domain.works import WorkKind
from kensho.http.pooled import pooled
from kensho.http.privacy import PUBLIC
from kensho.http.responses import PreparedResponse
from kensho.read_model.franchise_views import FranchiseSummary
from kensho.read_model.model import ReadModel
from kensho.web import browse_page, filtered_lists, urls
from kensho.web.browse_page import BrowseForm
from kensho.web.filtered_lists import FilterChoice, FilterGroup, ListPage
from kensho.web.forms import get_page
from kensho.web.messages import Messages
from kensho.web.page_context import GivenPageContext

FILMS_PER_PAGE: Final = 48
"""Eight rows of the six works that a grid shows side by side on a laptop."""
FRANCHISES_PER_PAGE: Final = 24
"""Six rows of the four small maps that a laptop shows side by side."""
_COLLECTIONS: Final = 8
"""Two rows of four."""
FILM_SORTS: Final[tuple[WorkSorting, ...]] = ("popularity", "rating", "score", "date", "title")
FRANCHISE_SORTS: Final[tuple[FranchiseSorting, ...]] = ("popularity", "moved", "size", "title")
_KINDS: Final[tuple[WorkKind, ...]] = ("anime", "movie")


class FilmsForm(msgspec.Struct, frozen=True):
    """Which films are asked for: anime or not, or both; `page` counts from 1."""

    kind: WorkKind | None = None
    year: int | None = None
    sort: WorkSorting = "popularity"
    page: int = 1


class FranchiseListForm(msgspec.Struct, frozen=True):
    """Which franchises are asked for; `page` counts from 1."""

    q: str | None = None
    letter: str | None = None
    genre: str | None = None
    size: FranchiseSize | None = None
    sort: FranchiseSorting = "popularity"
    page: int = 1


class FilmsPageController(Controller):
    """All films, those that are anime and those that are not, of all years or of one."""

    path = "/movies"
    opt = PUBLIC

    @get_page()
    @pooled
    def films(self, context: GivenPageContext, form: FilmsForm) -> PreparedResponse:
        """Show films."""
        model = context.model
        masks = browse_page.listed(
            context,
            BrowseForm(
                kind=form.kind, type="movie", since=form.year, until=form.year, sort=form.sort
            ),
        ).masks
        nodes, of_all_kinds = masks.nodes(), masks.nodes(but="kind")
        page = ListPage(urls.films(), _changed(form))
        part = filtered_lists.page_of(nodes, form.page, FILMS_PER_PAGE)
        is_anime = model.columns.kind[of_all_kinds] == 0
        counts = {"anime": int(is_anime.sum()), "movie": int((~is_anime).sum())}
        return context.page(
            "films.html.jinja",
            form=form,
            page=page,
            part=part,
            kinds=[("all", None, len(of_all_kinds)), *((one, one, counts[one]) for one in _KINDS)],
            years=_years(model, masks.nodes(but="years")),
            works=context.listed_works(part.nodes),
            sorts=FILM_SORTS,
            more_url=urls.browse(
                **{"type": "movie", "kind": form.kind, "from": form.year, "to": form.year}
            ),
            collections=([] if page.parameters else _collections(model, safe=context.is_safe)),
        )


class FranchiseListController(Controller):
    """The franchises as small maps."""

    path = "/hubs"
    opt = PUBLIC

    @get_page()
    @pooled
    def franchises(self, context: GivenPageContext, form: FranchiseListForm) -> PreparedResponse:
        """Show franchises, the most popular first."""
        columns = context.services.franchise_columns.of(context.model)
        filters = FranchiseFilters(
            text=form.q, letter=form.letter, genre=form.genre, size=form.size, safe=context.is_safe
        )
        found = find_franchises(
            context.snapshot, columns, filters, form.sort, context.viewer.titles
        )
        page = ListPage(urls.franchises(), _changed(form))
        part = filtered_lists.page_of(found.numbers, form.page, FRANCHISES_PER_PAGE)
        return context.page(
            "franchises.html.jinja",
            form=form,
            page=page,
            part=part,
            franchises=filtered_lists.franchise_summaries(context.model, part.nodes),
            filters=_groups(page, found.facets, context.messages),
            sorts=FRANCHISE_SORTS,
        )


def _changed(form: msgspec.Struct) -> dict[str, object]:
    """Return the parameters of the address that has this form, without those left as they are."""
    return {
        field.name: getattr(form, field.name)
        for field in msgspec.structs.fields(form)
        if getattr(form, field.name) != field.default
    }


def _years(model: ReadModel, nodes: Nodes) -> dict[int, int]:
    """Return how many works there are of each year, the latest first."""
    years, counts = np.unique(model.columns.year[nodes], return_counts=True)
    pairs = zip(years.tolist(), counts.tolist(), strict=True)
    return {year: count for year, count in sorted(pairs, reverse=True) if year}


def _groups(page: ListPage, facets: FranchiseFacets, messages: Messages) -> list[FilterGroup]:
    """Return the filters of franchises with their values."""
    sizes = {one: facets.size[one] for one in FRANCHISE_SIZES if one in facets.size}

    def choices(name: str, counts: Mapping[Any, int]) -> list[FilterChoice]:
        chosen = page.parameters.get(name)
        return [
            FilterChoice(
                messages.tag(value) if name == "genre" else messages.label(name, value),
                count,
                page.url(**{name: None if value == chosen else value}),
                value == chosen,
            )
            for value, count in counts.items()
        ]

    return [
        FilterGroup("letter", choices("letter", facets.letter)),
        FilterGroup("genre", choices("genre", facets.genre)),
        FilterGroup("size", choices("size", sizes)),
    ]


def _collections(model: ReadModel, *, safe: bool) -> list[FranchiseSummary]:
    """Return the most popular franchises that begin with a film."""
    stored = model.franchises
    begun_by_film = (
        number
        for number in franchises_shown(model, stored.listed, safe=safe).tolist()
        if model.columns.film.item(int(stored.members(number)[0]))
    )
    return filtered_lists.franchise_summaries(model, islice(begun_by_film, _COLLECTIONS))
