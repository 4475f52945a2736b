"""`/path`: how two works are connected, as a sentence, a route and its steps."""

from typing import Final, NamedTuple

import msgspec
from litestar import Controller
from markupsafe import Markup

from kensho.discovery.works import WorkService
from kensho.http.pooled import pooled
from kensho.http.privacy import PUBLIC
from kensho.http.responses import PreparedResponse
from kensho.read_model.views import PathView, Summary
from kensho.web import descriptions, route_svg, work_lookup
from kensho.web.forms import get_page
from kensho.web.messages import Messages
from kensho.web.page_context import GivenPageContext, PageContext
from kensho.web.route_svg import RouteSegment, RouteStation
from kensho.web.work_lookup import WorkLookup

_MOST: Final = 3
"""The closest path is drawn in full, and two others below it."""


class PathForm(msgspec.Struct, frozen=True, rename={"start": "from", "goal": "to"}):
    """The two ends: ids or titles."""

    start: str = ""
    goal: str = ""


class PathStep(NamedTuple):
    """A work of the path; what it is to the one before, and who says so."""

    work: Summary
    kind: str | None
    provenance: list[str]


class PathPageController(Controller):
    """Connections."""

    path = "/path"
    opt = PUBLIC

    @get_page()
    @pooled
    def connect(self, context: GivenPageContext, form: PathForm) -> PreparedResponse:
        """Show how two works are connected, or ask which."""
        start = work_lookup.find_work(context, form.start)
        goal = work_lookup.find_work(context, form.goal)
        found = _paths(context, start, goal)
        return context.page(
            "path.html.jinja",
            start=start,
            goal=goal,
            is_same=start.work is not None and goal.work is not None and found is None,
            paths=found,
            routes=[_route(context, path) for path in found or ()],
            steps=_steps(found[0], context.messages) if found else [],
        )


def _paths(context: PageContext, start: WorkLookup, goal: WorkLookup) -> list[PathView] | None:
    """Return the paths; `None` where there are no two works to connect."""
    if start.work is None or goal.work is None or start.work.id == goal.work.id:
        return None
    found = WorkService(context.snapshot).paths(start.work.id, goal.work.id, _MOST)
    paths: list[PathView] = context.titles.applied(found.decode().paths)
    return paths


def _route(context: PageContext, path: PathView) -> Markup:
    messages = context.messages
    stations = [
        RouteStation(work.title, work.anime_type, context.url_of(work.id)) for work in path.works
    ]
    segments = [
        RouteSegment(
            edge.kind,
            messages.label("kind", edge.kind),
            descriptions.is_only_inferred(edge.assertions),
        )
        for edge in path.edges
    ]
    label = messages.format(
        "path.picture", one=path.works[0].title, other=path.works[-1].title, sentence=path.sentence
    )
    return route_svg.draw(stations, segments, label)


def _steps(path: PathView, messages: Messages) -> list[PathStep]:
    first, *others = path.works
    return [
        PathStep(first, None, []),
        *(
            PathStep(
                work,
                messages.label("kind", edge.kind),
                descriptions.provenance(edge.assertions, edge.kind, messages),
            )
            for work, edge in zip(others, path.edges, strict=True)
        ),
    ]
