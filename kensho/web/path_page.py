"""`/path`: how two works are connected, as a sentence, a route and its steps.

Guarantees: a path passes at most `MOST_WORKS` works, for a longer one says nothing of its ends; the
page says so then, and what the two share instead. A path that rests on a character which nobody
states to be shared is shown only to those who ask for it.
"""

from collections.abc import Iterator, Sequence
from typing import Final, Literal, NamedTuple
from uuid import UUID

import msgspec
from litestar import Controller
from markupsafe import Markup

from kensho.discovery import franchises, similar
from kensho.discovery.paths import MOST_PATHS
from kensho.discovery.similar import SharedFacts
from kensho.discovery.works import WorkService
from kensho.domain.relations import RelationKind
from kensho.http.pooled import pooled
from kensho.http.privacy import PUBLIC
from kensho.http.responses import PreparedResponse
from kensho.read_model.views import PathView, Summary
from kensho.web import descriptions, relation_texts, route_svg, urls, work_lookup
from kensho.web.forms import get_page
from kensho.web.messages import Messages
from kensho.web.page_context import GivenPageContext, PageContext
from kensho.web.route_svg import RouteSegment, RouteStation
from kensho.web.work_lookup import WorkLookup

MOST_WORKS: Final = 5
"""Works on a path, both ends included: of longer ones nobody tells why the ends are connected."""
_MOST: Final = 3
"""The closest path is drawn in full, and two others below it."""
_MOST_SHARED: Final = 6
"""Works that are recommended with both ends."""
_EXAMPLES: Final = 4
_LOOKED_AT: Final = 40
"""Franchises among which examples are looked for: of the best known, those of several lines."""


class PathForm(msgspec.Struct, frozen=True, rename={"start": "from", "goal": "to"}):
    """The two ends: ids or titles; and whether paths over inferred characters are shown."""

    start: str = ""
    goal: str = ""
    characters: Literal["inferred"] | None = None


class PathStep(NamedTuple):
    """A work of the path; what it is to the one before, and who says so."""

    work: Summary
    kind: str | None
    provenance: list[str]


class FoundPaths(NamedTuple):
    """The paths that are shown, and why others are not.

    `nearest` counts the works of the shortest path if that is too long; `guessed` the paths that
    rest on an inferred character.
    """

    shown: list[PathView]
    nearest: int | None = None
    guessed: int = 0


class ExamplePath(NamedTuple):
    """Two works that can be connected."""

    one: str
    other: str
    href: str


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
        found = _paths(context, start, goal, form)
        shown = found.shown if found else []
        return context.page(
            "path.html.jinja",
            start=start,
            goal=goal,
            is_same=start.work is not None and goal.work is not None and found is None,
            found=found,
            paths=shown,
            most_works=MOST_WORKS,
            guesses=_guesses(start, goal) if found and found.guessed else None,
            shared=_shared(context, start, goal) if found and not shown else None,
            routes=[_routes(context, path) for path in shown],
            steps=_steps(shown[0], context.messages) if shown else [],
            examples=[] if form.start or form.goal else list(_examples(context)),
        )


def _paths(
    context: PageContext, start: WorkLookup, goal: WorkLookup, form: PathForm
) -> FoundPaths | None:
    """Return the paths; `None` where there are no two works to connect."""
    if start.work is None or goal.work is None or start.work.id == goal.work.id:
        return None
    found = WorkService(context.snapshot).paths(start.work.id, goal.work.id, MOST_PATHS)
    paths = [_told(path, context.messages) for path in context.titles.applied(found.decode().paths)]
    return chosen(paths, guesses=form.characters is not None)


def _told(path: PathView, messages: Messages) -> PathView:
    """Return a path with its sentence in the words and titles of the page."""
    titles = [work.title for work in path.works]
    kinds: list[RelationKind] = [edge.kind for edge in path.edges]
    told = relation_texts.path(titles, kinds, messages)
    return msgspec.structs.replace(path, sentence=told)


def chosen(paths: Sequence[PathView], *, guesses: bool) -> FoundPaths:
    """Return the paths that are shown, with those over inferred characters where asked for."""
    near = [path for path in paths if len(path.works) <= MOST_WORKS]
    nearest = None if near else min((len(path.works) for path in paths), default=None)
    stated = [path for path in near if not rests_on_guess(path)]
    shown = near if guesses else stated
    return FoundPaths(shown[:_MOST], nearest, len(near) - len(shown))


def rests_on_guess(path: PathView) -> bool:
    """Tell whether a step of a path is a shared character that nobody states."""
    return any(
        edge.kind == "character" and descriptions.is_only_inferred(edge.assertions)
        for edge in path.edges
    )


def _guesses(start: WorkLookup, goal: WorkLookup) -> str | None:
    """Return the address that shows paths over inferred characters as well."""
    if start.work is None or goal.work is None:
        return None
    ends = {"from": start.work.id, "to": goal.work.id, "characters": "inferred"}
    return urls.with_query("/path", ends)


def _shared(context: PageContext, start: WorkLookup, goal: WorkLookup) -> SharedFacts | None:
    if start.work is None or goal.work is None:
        return None
    model = context.model
    one, other = model.node(start.work.id), model.node(goal.work.id)
    if one is None or other is None:
        return None
    found: SharedFacts = context.titles.applied(similar.shared(model, one, other, _MOST_SHARED))
    return found


def _examples(context: PageContext) -> Iterator[ExamplePath]:
    """Yield the roots of well-known franchises with the beginning of another of their lines."""
    listed = franchises.listed(context.snapshot, None, safe=True).nodes[:_LOOKED_AT]
    found = 0
    for number in map(int, listed):
        franchise = franchises.detail(context.model, number).decode()
        begun = {line.works[0] for line in franchise.lines if line.essential_total}
        title_of = {member.work.id: member.work.title for member in franchise.members}
        others = [work for work in title_of if work in begun and work != franchise.root]
        if others:
            yield _example(context, franchise.root, others[0], title_of)
            found += 1
        if found == _EXAMPLES:
            return


def _example(
    context: PageContext, one: UUID, other: UUID, title_of: dict[UUID, str]
) -> ExamplePath:
    first, second = (context.titles.of(work, title_of[work]) for work in (one, other))
    return ExamplePath(first, second, urls.path(one, other))


def _routes(context: PageContext, path: PathView) -> tuple[Markup, Markup]:
    """Return a path drawn in one row, and folded for a phone."""
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
    return route_svg.draw(stations, segments, label), route_svg.folded(stations, segments, label)


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
