"""`/`: an atlas. What is on now, which franchises moved lately, and one map of the day.

Guarantees: what is shown follows from the snapshot and the day alone, so that everybody sees the
same on one day.

Performance: 4 ms, once for each day, snapshot and way of reading it.
"""

import functools
from typing import Final
from zlib import crc32

import numpy as np
from litestar import Controller, get

from kensho.discovery.adult import franchises_shown
from kensho.discovery.filters import Nodes
from kensho.http.pooled import pooled
from kensho.http.privacy import PUBLIC
from kensho.http.responses import PreparedResponse
from kensho.web import filtered_lists
from kensho.web.page_context import PAGE_META, GivenPageContext, PageContext
from kensho.web.season_page import SeasonOfYear, first_works, latest_season

_WORKS: Final = 12
"""Two rows of six."""
_MOVED: Final = 8
_POPULAR: Final = 8
"""Two rows of four small maps."""
_LATELY_DAYS: Final = 183
"""Half a year: what moved in this season or the last, where catalogues are some weeks behind."""
_MAPS: Final = 200
"""Maps that have their day: of the best known franchises, half a year of days without any again."""
_FEWEST_STATIONS: Final = 8
_MOST_STATIONS: Final = 60
"""Stations of a map of the day: with fewer there is little to see, and more can't be read small."""


class HomePageController(Controller):
    """The first page."""

    path = "/"
    opt = PUBLIC

    @get()
    @pooled
    def home(self, context: GivenPageContext) -> PreparedResponse:
        """Show where to start: search, what is on, what moved, and a map."""
        tag = f"{context.model.identity}x{context.today.toordinal()}"
        pages = context.services.daily_pages
        body = pages.get(tag, context.viewer, functools.partial(_rendered, context))
        # The service's cache forgets by the graph; the day changes by the calendar.
        return context.respond(body, PAGE_META._replace(tag=tag.encode()), keep=False)


def _rendered(context: PageContext) -> bytes:
    model = context.model
    season = latest_season(context)
    works = first_works(context, season)
    listed = franchises_shown(model, model.franchises.listed, safe=context.is_safe)
    today = map_of_the_day(context, listed)
    return context.render(
        "home.html.jinja",
        season=season,
        is_now=season == SeasonOfYear.of(context.today),
        works=context.listed_works(works[:_WORKS]),
        total=len(works),
        moved=filtered_lists.franchise_summaries(model, moved_lately(context, listed)[:_MOVED]),
        today=filtered_lists.franchise_summaries(model, today),
        franchises_total=len(listed),
        franchises=filtered_lists.franchise_summaries(model, listed[:_POPULAR]),
    )


def moved_lately(context: PageContext, listed: Nodes) -> Nodes:
    """Return those of these franchises of which a work began lately, in their order."""
    moved = context.services.franchise_columns.of(context.model).moved[listed]
    since = np.datetime64(context.model.as_of, "D") - _LATELY_DAYS
    return listed[moved >= since]


def map_of_the_day(context: PageContext, listed: Nodes) -> Nodes:
    """Return one of the best known of these franchises, another each day; none where none fits."""
    works = context.services.franchise_columns.of(context.model).works[listed]
    fitting = listed[(works >= _FEWEST_STATIONS) & (works <= _MOST_STATIONS)][:_MAPS]
    if not len(fitting):
        return fitting
    # By turns in an order that looks like chance, so that no map comes twice before all have come.
    slugs = context.model.franchises.slug
    shuffled = sorted(fitting.tolist(), key=lambda number: crc32(slugs(number).encode()))
    place = context.today.toordinal() % len(shuffled)
    return np.array(shuffled[place : place + 1], dtype=np.int32)
