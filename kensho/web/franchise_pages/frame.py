"""What all pages of a franchise share: finding it by its slug, its tabs, and its description.

A slug that was retired leads to the one that took its place, a dissolved one is gone.
"""

from collections.abc import Iterator
from typing import Any, Final

from markupsafe import Markup

from kensho.discovery import franchises
from kensho.errors import NotFoundError
from kensho.http.responses import PreparedResponse
from kensho.read_model.franchise_views import FranchiseDetail, FranchiseSummary
from kensho.web import descriptions, urls
from kensho.web.page_context import PageContext

GRAPH_FORMATS: Final = (
    ("json", "JSON"),
    ("graphml", "GraphML"),
    ("gexf", "GEXF"),
    ("cypher", "Cypher"),
    ("dot", "DOT"),
)
EMBED_SIZE: Final = (800, 520)
"""Width and height of the frame in which other sites show a map, unless they ask for less."""
_MOST_SLUG_CHARS: Final = 100
"""Slugs have at most 80 characters, and a number where two are alike; see `domain.slugs`."""


def locate(context: PageContext, slug: str) -> int:
    """Return the number of a franchise; raises as `franchises.locate`."""
    if len(slug) > _MOST_SLUG_CHARS:
        raise NotFoundError("no slug is that long")
    return franchises.locate(context.model, slug)


def tab_page(
    context: PageContext,
    franchise: FranchiseDetail,
    tab: str,
    *,
    tag: bytes | None = None,
    keep: bool = True,
    **variables: Any,
) -> PreparedResponse:
    """Return a page of a franchise; `tag` and `keep` as `PageContext.page` takes them."""
    tabs = tab_paths(franchise.slug)
    return context.page(
        f"franchise_{tab}.html.jinja",
        tag=tag,
        keep=keep,
        franchise=franchise,
        tab=tab,
        tabs=tabs,
        path=tabs[tab],
        description=describe(context, franchise),
        namesakes=list(_namesakes(context, franchise)),
        share_formats=GRAPH_FORMATS,
        snippet=_snippet(context, franchise),
        **variables,
    )


def _namesakes(context: PageContext, franchise: FranchiseDetail) -> Iterator[FranchiseSummary]:
    """Yield the franchises of the same name, with what tells them apart."""
    for one in franchise.namesakes:
        number = context.model.franchises.number(one.slug)
        if number is not None:
            yield franchises.summary(context.model, number).decode()


def _snippet(context: PageContext, franchise: FranchiseDetail) -> str:
    """Return the element by which other sites show the map in a frame."""
    url = context.absolute(urls.embed(franchise.slug))
    title = context.messages.format("franchise.picture_alt", title=franchise.title)
    return iframe(url, title, *EMBED_SIZE)


def tab_paths(slug: str) -> dict[str, str]:
    """Return the paths of a franchise's pages."""
    start = urls.franchise(slug)
    return {
        "overview": start,
        "map": urls.franchise_map(slug),
        "order": urls.watch_order(slug, "release"),
        "episodes": f"{start}/episodes",
    }


def describe(context: PageContext, franchise: FranchiseDetail) -> str:
    """Return a franchise in a sentence, for other sites."""
    works = descriptions.size(franchise, context.messages)
    return context.messages.format("franchise.described", title=franchise.title, works=works)


def iframe(url: str, title: str, width: int, height: int) -> str:
    """Return a frame of this size that shows `url`, as HTML."""
    opening = Markup('<iframe src="{}" title="{}" width="{}" height="{}"').format(
        url, title, width, height
    )
    return f'{opening} loading="lazy" allowfullscreen></iframe>'
