"""`/admin`: the films that managers look after, their calendar, and the form of a new one.

All of it works without scripts. Who may see it is decided here: managers for whom the flag `admin`
is on; to others there is no such page.
"""

import datetime as dt
from collections.abc import Callable, Mapping, Sequence
from math import ceil
from typing import Annotated, Any, Final, TypeAlias
from uuid import UUID

import msgspec
from litestar import Controller, Request, post
from litestar.di import NamedDependency
from litestar.params import SkipValidation
from msgspec import Meta

from kensho.discovery import suggestions
from kensho.discovery.search_views import Completion
from kensho.discovery.works import document, locate_film
from kensho.edges.accounts.account_store import AccountStore
from kensho.edges.accounts.audit import AuditLog, AuditRow
from kensho.edges.accounts.authentication import SessionCaller
from kensho.edges.accounts.limits import name_of
from kensho.edges.accounts.pages import answer
from kensho.edges.portal import admin_forms, admin_views
from kensho.edges.portal.admin_forms import CAPTION_ROWS, FormProblems, NewFilmForm
from kensho.edges.portal.admin_views import STATES
from kensho.edges.portal.movie_store import MovieStore
from kensho.edges.portal.movies import PublishingState
from kensho.edges.portal.seals import SourceSeals
from kensho.edges.portal.service import PortalService
from kensho.errors import (
    ChangedMeanwhileError,
    ConflictError,
    FieldProblem,
    InvalidInputError,
    KenshoError,
    NotFoundError,
    RateLimitedError,
    StorageError,
)
from kensho.http.authentication import MANAGER_PAGE_GUARDS, manager_of
from kensho.http.edge_limits import LIMITS_ITSELF, limits_of
from kensho.http.request_costs import costing
from kensho.http.responses import UncachedResponse
from kensho.platform.flags import Flags
from kensho.platform.sliding_limits import MANAGERS
from kensho.read_model.holder import Snapshot
from kensho.web import urls
from kensho.web.filtered_lists import ListPage
from kensho.web.forms import get_page, posted
from kensho.web.page_context import GivenPageServices, PageServices
from kensho.web.sign_in_page import going_to

FLAG: Final = "admin"
PER_PAGE: Final = 50
ACTED: Final[Mapping[str, Any] | None] = {**(costing(20) or {}), LIMITS_ITSELF: True}
"""Handlers that change something: they ask for the managers' limit, to tell of it on their page."""
TOLD: Final = (InvalidInputError, ConflictError, ChangedMeanwhileError, RateLimitedError)
"""What a manager is told of on the page that a form was sent from."""
DELETED: Final = "deleted"
"""What the list says was done to a film that stands in it no longer."""
_COST: Final[Mapping[str, Any] | None] = costing(20)
_MOST_FOUND: Final = 6
_MOST_ASKED: Final = 30
_S_PER_MIN: Final = 60


class FilmListForm(msgspec.Struct, frozen=True):
    """Which films are listed: of a state, with a text in their titles, from where on.

    `done` is what has just been done.
    """

    state: PublishingState | None = None
    q: Annotated[str, Meta(max_length=200)] = ""
    page: Annotated[int, Meta(ge=1, le=1_000)] = 1
    done: Annotated[str, Meta(max_length=20)] = ""


class CalendarForm(msgspec.Struct, frozen=True):
    """Which month is shown, such as `2026-12`."""

    month: Annotated[str, Meta(max_length=20)] = ""


class NewFilmAddress(msgspec.Struct, frozen=True):
    """From which film of the graph a new one is filled in; `find` looks for one by its title."""

    work: UUID | None = None
    find: Annotated[str, Meta(max_length=200)] = ""


class FilmAdmin(msgspec.Struct, frozen=True, kw_only=True):
    """What the pages of managers work with."""

    service: PortalService
    store: MovieStore
    seals: SourceSeals
    audit: AuditLog
    accounts: AccountStore
    flags: Flags
    snapshot: Callable[[], Snapshot]
    now: Callable[[], dt.datetime]
    loopback_allowed: bool

    def actor(self, request: Request[Any, Any, Any]) -> str:
        """Return who asks, as the audit log names them.

        Raises:
            NotFoundError: the pages are not switched on for them.
        """
        name = name_of(manager_of(request))
        if not self.flags.is_on(FLAG, name):
            raise NotFoundError("there is no such page")
        return name

    async def names(self, rows: Sequence[AuditRow]) -> Mapping[str, str]:
        """Return what those who acted are called; who has no account any more is not in it."""
        found: dict[str, str] = {}
        for actor in {row.actor for row in rows if row.actor}:
            try:
                account = await self.accounts.of_id(UUID(actor))
            except ValueError:  # a manager by token, or the service itself
                found[actor] = actor.removeprefix("manager:")
                continue
            if account is not None:
                found[actor] = account.username or account.email
        return found


GivenFilmAdmin: TypeAlias = NamedDependency[SkipValidation[FilmAdmin]]
"""The annotation under which handlers ask for `film_admin`."""


class FilmListController(Controller):
    """The films, and when they are available."""

    path = urls.film_admin()
    guards = MANAGER_PAGE_GUARDS
    opt = _COST

    @get_page()
    async def films(
        self,
        request: Request[Any, Any, Any],
        services: GivenPageServices,
        film_admin: GivenFilmAdmin,
        form: FilmListForm,
    ) -> UncachedResponse:
        """List films by their start: of a state, or with a text in their titles."""
        film_admin.actor(request)
        films = await film_admin.store.overview()
        found, counts = admin_views.listed(films, film_admin.now(), form.q, form.state)
        list_page = ListPage(urls.film_admin(), {"state": form.state, "q": form.q or None})
        first = (form.page - 1) * PER_PAGE
        return admin_page(
            services,
            request,
            "admin_films.html.jinja",
            form=form,
            is_deleted=form.done == DELETED,
            total=len(films),
            found=found[first : first + PER_PAGE],
            matching=len(found),
            states=[
                (one, counts[one], list_page.url(state=None if form.state == one else one))
                for one in STATES
                if counts[one] or form.state == one
            ],
            previous_url=list_page.url(page=form.page - 1 if form.page > 2 else None)  # noqa: PLR2004 -- the first has none
            if form.page > 1
            else None,
            next_url=list_page.url(page=form.page + 1) if len(found) > first + PER_PAGE else None,
        )

    @get_page("/calendar")
    async def calendar(
        self,
        request: Request[Any, Any, Any],
        services: GivenPageServices,
        film_admin: GivenFilmAdmin,
        form: CalendarForm,
    ) -> UncachedResponse:
        """Show a month: which films begin and end when, in UTC."""
        film_admin.actor(request)
        now = film_admin.now()
        first = admin_views.month_of(form.month, now.date())
        month = admin_views.month(await film_admin.store.overview(), first, now)
        return admin_page(services, request, "admin_calendar.html.jinja", month=month)


class NewFilmController(Controller):
    """The form of a new film."""

    path = urls.new_film()
    guards = MANAGER_PAGE_GUARDS

    @get_page()
    async def form(
        self,
        request: Request[Any, Any, Any],
        services: GivenPageServices,
        film_admin: GivenFilmAdmin,
        form: NewFilmAddress,
    ) -> UncachedResponse:
        """Show the form, filled in from a film of the graph if one is named."""
        film_admin.actor(request)
        given = NewFilmForm() if form.work is None else _filled_in(film_admin, form.work)
        found = _found(film_admin, form.find)
        return _new_page(services, request, given, None, find=form.find, found=found)

    @post(opt=ACTED)
    async def make(
        self,
        request: Request[Any, Any, Any],
        services: GivenPageServices,
        film_admin: GivenFilmAdmin,
    ) -> UncachedResponse:
        """Make the film, as a draft or published at once; or say at each field what is wrong."""
        actor = film_admin.actor(request)
        given = NewFilmForm()
        try:
            given = await posted(request, NewFilmForm)
            await limits_of(request).check(request, MANAGERS)
            body = admin_forms.new_film(given, loopback_allowed=film_admin.loopback_allowed)
            made = await film_admin.service.create(body, actor)
        except (*TOLD, StorageError) as error:
            return _new_page(services, request, given, error)
        done = "published" if made.visibility == "VISIBLE" else "drafted"
        return going_to(urls.with_query(urls.managed_film(made.id), {"done": done}))


def _new_page(
    services: PageServices,
    request: Request[Any, Any, Any],
    given: NewFilmForm,
    error: KenshoError | None,
    *,
    find: str = "",
    found: Sequence[Completion] = (),
) -> UncachedResponse:
    return admin_page(
        services,
        request,
        "admin_new_film.html.jinja",
        error=error,
        given=given,
        problems=problems_of(error, given),
        trouble=trouble_of(services, error),
        rows=CAPTION_ROWS,
        find=find,
        found=found,
    )


def admin_page(
    services: PageServices,
    request: Request[Any, Any, Any],
    template: str,
    *,
    error: KenshoError | None = None,
    **variables: Any,
) -> UncachedResponse:
    """Return a page of managers, with the status of the error that it tells of."""
    caller = manager_of(request)
    shown = caller.session.name if isinstance(caller, SessionCaller) else caller.name
    return answer(services.renderer.page(template, manager=shown, **variables), error)


def problems_of(error: KenshoError | None, form: msgspec.Struct) -> FormProblems:
    """Return what an error says of a form."""
    found: Sequence[FieldProblem] = ()
    if isinstance(error, InvalidInputError):
        found = error.problems
    elif isinstance(error, ConflictError):
        found = error.issues
    return admin_forms.named(found, form)


def trouble_of(services: PageServices, error: KenshoError | None) -> str | None:
    """Return what is told above a form of an error that is of no field."""
    messages = services.renderer.messages
    if isinstance(error, RateLimitedError):
        seconds = max(1, error.retry_after_s)
        minutes = ceil(seconds / _S_PER_MIN)
        key = "film_admin.too_often" if seconds <= _S_PER_MIN else "film_admin.too_often_long"
        return messages.format(key, s=seconds, min=minutes)
    if isinstance(error, StorageError):
        return messages.format("film_admin.away")
    if isinstance(error, ConflictError) and not error.issues:
        return error.message
    return None


def _filled_in(film_admin: FilmAdmin, work: UUID) -> NewFilmForm:
    """Return the form with what the graph knows of a film."""
    model = film_admin.snapshot().model
    detail = document(model, locate_film(model, work)).decode()
    return NewFilmForm(
        title=detail.title,
        synopsis=detail.synopsis or "",
        genres=", ".join(one.name for one in detail.tags[:3]),
        minutes=str(round(detail.duration_s / _S_PER_MIN)) if detail.duration_s else "",
        poster=detail.poster_url or "",
        work=str(detail.id),
    )


def _found(film_admin: FilmAdmin, text: str) -> Sequence[Completion]:
    """Return films of the graph that a text may mean."""
    if not text.strip():
        return ()
    found = suggestions.completions(film_admin.snapshot(), text, _MOST_ASKED, safe=True)
    films = [one for one in found.decode().suggestions if one.kind == "movie"]
    return films[:_MOST_FOUND]
