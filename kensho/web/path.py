"""`/path`: how two works are connected, as a sentence, a route and its steps."""

from typing import Any, Final, NamedTuple

import msgspec
from litestar import Controller, Request, get

from kensho.discovery import paths as connections
from kensho.http.privacy import PUBLIC
from kensho.http.response_cache import PreparedResponse
from kensho.read_model.relation_views import PathView
from kensho.read_model.views import Summary
from kensho.web import forms, provenance, route_svg, work_lookup
from kensho.web.messages import Messages
from kensho.web.page_context import GivenPageContext, PageContext
from kensho.web.route_svg import Leg, Stop
from kensho.web.work_lookup import NamedWork

_MOST: Final = 3


class PathForm(msgspec.Struct, frozen=True, rename={"start": "from", "goal": "to"}):
    """The two ends: ids or titles."""

    start: str = ""
    goal: str = ""


class PathStep(NamedTuple):
    """A work on the way; what it is to the one before, and who says so."""

    work: Summary
    kind: str | None
    lines: list[str]


class PathPageController(Controller):
    """Connections."""

    path = "/path"
    opt = PUBLIC

    @get()
    async def connect(
        self, desk: GivenPageContext, request: Request[Any, Any, Any]
    ) -> PreparedResponse:
        """Show how two works are connected, or ask which."""
        form = forms.read(request, PathForm)
        start, goal = (
            await work_lookup.find_work(desk, form.start),
            await work_lookup.find_work(desk, form.goal),
        )
        ways = _ways(desk, start, goal)
        wording = desk.renderer.wording
        return desk.page(
            "path.html.jinja",
            desk.model.identity,
            form=form,
            start=start,
            goal=goal,
            is_same=start.work is not None and goal.work is not None and ways is None,
            ways=ways,
            routes=[_route(desk, way, wording) for way in ways or ()],
            steps=_steps(ways[0], wording) if ways else [],
        )


def _ways(desk: PageContext, start: NamedWork, goal: NamedWork) -> list[PathView] | None:
    """Return the ways; `None` where there are no two works to connect."""
    if start.work is None or goal.work is None or start.work.id == goal.work.id:
        return None
    return connections.paths(desk.model, start.work.id, goal.work.id, _MOST).decode().paths


def _route(desk: PageContext, way: PathView, wording: Messages) -> Any:
    stops = [Stop(work.title, work.anime_type, desk.place_of(work.id)) for work in way.works]
    legs = [
        Leg(
            edge.kind, wording.name("kind", edge.kind), provenance.is_only_inferred(edge.assertions)
        )
        for edge in way.edges
    ]
    label = wording.say(
        "path.picture", one=way.works[0].title, other=way.works[-1].title, sentence=way.sentence
    )
    return route_svg.drawn(stops, legs, label)


def _steps(way: PathView, wording: Messages) -> list[PathStep]:
    first, *others = way.works
    return [
        PathStep(first, None, []),
        *(
            PathStep(
                work,
                wording.name("kind", edge.kind),
                provenance.told(edge.assertions, edge.kind, wording),
            )
            for work, edge in zip(others, way.edges, strict=True)
        ),
    ]
