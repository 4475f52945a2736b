"""`/curate`: the log of acts, histories of works and franchises, and a form to state something.

Every form is first answered by what would change, by name, with a button that makes the act. All of
it works without scripts. Pages are for managers alone and kept nowhere.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Annotated, Any, Final, cast, get_args

import msgspec
from litestar import Controller, Request, get, post
from litestar.params import FromPath
from msgspec import Meta

from kensho.domain.curation_documents import ActDraft, ActLog, ActOutcome, HistoryDocument
from kensho.domain.curator_acts import CuratorAct, FactField, Rank, works_named
from kensho.domain.relations import KINDS
from kensho.domain.works import AnimeType, TitleKind, WorkKind
from kensho.errors import InvalidInputError, KenshoError, StoreInUseError
from kensho.http.authentication import MANAGER_PAGE_GUARDS, manager_of
from kensho.http.problem_details import kind_of
from kensho.http.request_costs import costing
from kensho.http.responses import HTML, UncachedResponse
from kensho.web import urls
from kensho.web.forms import get_page, posted
from kensho.web.page_context import GivenPageServices, PageServices
from kensho.web.rendering import PAGE_HEADERS
from kensho.web.sign_in_page import going_to

_LISTED: Final = 50
_COST: Final[Mapping[str, Any] | None] = costing(100)
_Line = Annotated[str, Meta(max_length=500)]
_Text = Annotated[str, Meta(max_length=10_000)]
WORK_ACTS: Final = ("fact", "title", "tag", "id", "mapping", "relation", "same", "episode")
_NEW_WORK: Final = "work"
"""The act by which a work is added; its form is of no work."""
FRANCHISE_ACTS: Final = ("rename", "move", "join", "split", "order")
_FIELDS: Final[Mapping[str, tuple[str, ...]]] = {
    "fact": ("field", "value", "rank"),
    "title": ("text", "language", "title_kind", "rank"),
    "tag": ("tag", "relevance", "rank"),
    "id": ("id", "rank"),
    "mapping": ("id", "season", "first", "last", "rank"),
    "relation": ("kind", "other", "denied"),
    "same": ("other", "denied"),
    "episode": ("number", "title", "air_date", "filler", "rank"),
    "rename": ("title",),
    "move": ("works",),
    "join": ("works",),
    "split": ("works",),
    "order": ("works",),
    "undo": ("of",),
    "work": (
        "title",
        "ids",
        "language",
        "work_kind",
        "anime_type",
        "year",
        "start_date",
        "episode_count",
    ),
}
"""What each act takes, in the order of its form."""
_NAMED: Final = {"title_kind": "kind", "tag": "name", "work_kind": "kind"}
"""Fields of the form that statements call otherwise."""
_NUMBERS: Final = frozenset(("season", "first", "last", "number", "year", "episode_count"))
CHOICES: Final[Mapping[str, tuple[str, ...]]] = {
    "field": get_args(FactField),
    "rank": ("normal", "preferred", "deprecated"),
    "title_kind": get_args(TitleKind),
    "kind": KINDS,
    "denied": ("no", "yes"),
    "filler": ("", "no", "yes"),
    "work_kind": get_args(WorkKind),
    "anime_type": ("", *get_args(AnimeType)),
}
if set(CHOICES["rank"]) != set(get_args(Rank)):  # pragma: no cover -- a slip while writing
    raise AssertionError("a rank is missing in the form")


class FindForm(msgspec.Struct, frozen=True):
    """Which work or franchise to look at."""

    name: _Line = ""


class StatementForm(msgspec.Struct, frozen=True):
    """What is stated: the fields of all acts, of which each takes some."""

    act: _Line = ""
    step: _Line = "preview"
    reason: _Line = ""
    source: Annotated[str, Meta(max_length=2_000)] = ""
    against: _Line = ""
    field: _Line = ""
    value: _Text = ""
    rank: _Line = "normal"
    text: _Line = ""
    language: _Line = ""
    title_kind: _Line = "official"
    tag: _Line = ""
    relevance: _Line = "1"
    id: _Line = ""
    season: _Line = ""
    first: _Line = ""
    last: _Line = ""
    kind: _Line = ""
    other: _Line = ""
    denied: _Line = "no"
    number: _Line = ""
    title: _Line = ""
    air_date: _Line = ""
    filler: _Line = ""
    works: _Text = ""
    of: _Line = ""
    ids: _Text = ""
    work_kind: _Line = "anime"
    anime_type: _Line = ""
    year: _Line = ""
    start_date: _Line = ""
    episode_count: _Line = ""

    def fields(self) -> Iterator[tuple[str, str]]:
        """Yield the fields that the act takes, with their values."""
        for name in (*_FIELDS.get(self.act, ()), "reason", "source", "against"):
            yield name, getattr(self, name)


class CurationLogController(Controller):
    """The log of acts."""

    path = "/curate"
    guards = MANAGER_PAGE_GUARDS
    opt = _COST

    @get_page()
    async def log(
        self, request: Request[Any, Any, Any], services: GivenPageServices, form: FindForm
    ) -> UncachedResponse:
        """List the latest acts, or go to the history of what is looked for."""
        if form.name.strip():
            return going_to(urls.curation_history(form.name.strip()))
        found, problem = ActLog([], 0, None), None
        try:
            found = await services.curation.log(_LISTED)
        except KenshoError as error:
            problem = error
        return _page(services, request, "curate.html.jinja", problem, log=found)


class CurationHistoryController(Controller):
    """The history of a work or a franchise."""

    path = "/curate/history"
    guards = MANAGER_PAGE_GUARDS
    opt = _COST

    @get("/{name:str}")
    async def history(
        self, request: Request[Any, Any, Any], services: GivenPageServices, name: FromPath[str]
    ) -> UncachedResponse:
        """Show who said what, since when, and what else was said."""
        found = await services.curation.history(name)
        return _page(services, request, "curate_history.html.jinja", None, found=found)


class CurationEditController(Controller):
    """The form to state something of a work or a franchise."""

    path = "/curate/edit"
    guards = MANAGER_PAGE_GUARDS
    opt = _COST

    @get("/{name:str}")
    async def form(
        self, request: Request[Any, Any, Any], services: GivenPageServices, name: FromPath[str]
    ) -> UncachedResponse:
        """Show the forms of all acts."""
        found = await services.curation.history(name)
        given = StatementForm(against=found.version or "")
        return _edit_page(services, request, found, given, None, None)

    @post("/{name:str}", status_code=200)
    async def state(
        self, request: Request[Any, Any, Any], services: GivenPageServices, name: FromPath[str]
    ) -> UncachedResponse:
        """Show what would change; or make the act, and go to the history."""
        given = await posted(request, StatementForm)
        outcome: ActOutcome | None = None
        problem: KenshoError | None = None
        is_trial = given.step != "make"
        try:
            draft = _draft(given, name, manager_of(request).name)
            outcome = await services.curation.act(draft, is_trial=is_trial)
        except KenshoError as error:
            problem = error
        if outcome is not None and not is_trial:
            return going_to(urls.curation_history(name))
        if isinstance(problem, StoreInUseError):
            found = HistoryDocument(
                name, name, "anime" if ":" in name else "franchise", (), (), None
            )
        else:
            found = await services.curation.history(name)
        return _edit_page(services, request, found, given, outcome, problem)


class NewWorkController(Controller):
    """The form to add a work that no source lists."""

    path = "/curate/work"
    guards = MANAGER_PAGE_GUARDS
    opt = _COST

    @get()
    async def form(
        self, request: Request[Any, Any, Any], services: GivenPageServices
    ) -> UncachedResponse:
        """Show the form."""
        return _new_work_page(services, request, StatementForm(act=_NEW_WORK), None, None)

    @post(status_code=200)
    async def add(
        self, request: Request[Any, Any, Any], services: GivenPageServices
    ) -> UncachedResponse:
        """Show what would come of it; or add the work, and go to its history."""
        given = msgspec.structs.replace(await posted(request, StatementForm), act=_NEW_WORK)
        outcome: ActOutcome | None = None
        problem: KenshoError | None = None
        is_trial = given.step != "make"
        try:
            draft = _draft(given, None, manager_of(request).name)
            outcome = await services.curation.act(draft, is_trial=is_trial)
        except KenshoError as error:
            problem = error
        if outcome is not None and not is_trial:
            return going_to(urls.curation_history(works_named(outcome.acts[0].says)[0]))
        return _new_work_page(services, request, given, outcome, problem)


def _new_work_page(
    services: PageServices,
    request: Request[Any, Any, Any],
    given: StatementForm,
    outcome: ActOutcome | None,
    problem: KenshoError | None,
) -> UncachedResponse:
    title = services.renderer.messages.format("curate.new_work")
    found = HistoryDocument("", title, _NEW_WORK, (), (), None)
    return _edit_page(services, request, found, given, outcome, problem)


def _draft(given: StatementForm, name: str | None, author: str) -> ActDraft:
    """Return what a form states of the work or franchise `name`; of none, where it adds a work.

    Raises:
        InvalidInputError: a field has no value of its kind; names it.
    """
    if given.act not in _FIELDS or (given.act == _NEW_WORK) is not (name is None):
        raise InvalidInputError.of("act", f"{given.act!r} names no act")
    says: dict[str, Any] = {"act": given.act}
    for field in _FIELDS[given.act]:
        text = getattr(given, field)
        if text != "":
            says[_NAMED.get(field, field)] = _value(field, text)
    if given.act in ("rename", *WORK_ACTS):
        says["work"] = name
    elif given.act == "move":
        says["to"] = name
    elif given.act == "join":
        says["works"] = [name, *says.get("works", ())]
    return ActDraft(says, author, given.reason, given.source or None, given.against or None)


def _value(field: str, text: str) -> object:
    if field in ("works", "ids"):
        return text.split()
    if field in ("denied", "filler"):
        return text == "yes"
    if field not in _NUMBERS and field != "relevance":
        return text
    try:
        return float(text) if field == "relevance" else int(text)
    except ValueError as error:
        raise InvalidInputError.of(field, f"{text!r} is no number") from error


def _edit_page(
    services: PageServices,
    request: Request[Any, Any, Any],
    found: HistoryDocument,
    given: StatementForm,
    outcome: ActOutcome | None,
    problem: KenshoError | None,
) -> UncachedResponse:
    is_new = found.kind == _NEW_WORK
    own = FRANCHISE_ACTS if found.kind == "franchise" else WORK_ACTS
    return _page(
        services,
        request,
        "curate_edit.html.jinja",
        problem,
        found=found,
        given=given,
        outcome=outcome,
        acts=(_NEW_WORK,) if is_new else own,
        action=urls.curation_new_work() if is_new else urls.curation_edit(found.name),
        takes=_FIELDS,
        choices=CHOICES,
    )


def _page(
    services: PageServices,
    request: Request[Any, Any, Any],
    template: str,
    problem: KenshoError | None,
    **variables: Any,
) -> UncachedResponse:
    status = 200 if problem is None else kind_of(problem).status
    body = services.renderer.page(
        template,
        who=manager_of(request).name,
        problem=None if problem is None else _told(services, problem),
        stated=_Stated(services),
        **variables,
    )
    return UncachedResponse(body, status=status, media_type=HTML, headers=PAGE_HEADERS)


def _told(services: PageServices, problem: KenshoError) -> str:
    """Return what is wrong in words; what is on our side is told in a few."""
    if isinstance(problem, StoreInUseError):
        return services.renderer.messages.format("curate.busy")
    if kind_of(problem).status >= 500:  # noqa: PLR2004 -- a fault of ours
        return services.renderer.messages.format("curate.failed")
    return problem.message


class _Stated:
    """Says an act in words, for templates."""

    def __init__(self, services: PageServices) -> None:
        self._messages = services.renderer.messages

    def __call__(self, act: CuratorAct, titles: Mapping[str, str]) -> str:
        parts = [
            f"{self._messages.label('act_field', name)} {_shown(value, titles)}"
            for name, value in msgspec.structs.asdict(act.says).items()
            if name not in ("beside", "members") and value not in (None, (), False)
        ]
        return ", ".join(parts)


def _shown(value: object, titles: Mapping[str, str]) -> str:
    if isinstance(value, tuple):
        several = cast("Sequence[object]", value)
        return " · ".join(_shown(one, titles) for one in several)
    text = str(value)
    return f"{titles[text]} ({text})" if text in titles else text
