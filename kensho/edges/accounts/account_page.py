"""`/account`: who is signed in and where, and what they watch; it works without scripts."""

from collections.abc import Sequence
from typing import Annotated, Any, Final, NamedTuple
from uuid import UUID

import msgspec
from litestar import Controller, Request, get, post
from msgspec import Meta

from kensho.discovery.related_works import title_of
from kensho.edges.accounts.auth_api import GivenSignIn, client_facts
from kensho.edges.accounts.authentication import GivenMaybeSession, GivenSession
from kensho.edges.accounts.devices import device_name
from kensho.edges.accounts.me_api import GivenLists, PersonalLists
from kensho.edges.accounts.pages import HASH_COST, answer, trouble_of
from kensho.edges.accounts.sessions import Session
from kensho.edges.accounts.signing_in import SignInService
from kensho.edges.accounts.watching import WatchState
from kensho.errors import (
    InvalidInputError,
    KenshoError,
    NotReadyError,
    OverloadedError,
    RateLimitedError,
)
from kensho.http.authentication import access_of
from kensho.http.request_costs import costing
from kensho.http.responses import UncachedResponse
from kensho.read_model.model import ReadModel
from kensho.web import urls
from kensho.web.forms import posted
from kensho.web.messages import Messages, clock
from kensho.web.page_context import GivenPageServices, PageServices
from kensho.web.sign_in_page import going_to

_MOST_LISTED: Final = 20


class SessionForm(msgspec.Struct, frozen=True):
    """Which session is to end."""

    session: Annotated[str, Meta(max_length=64)] = ""


class PasswordForm(msgspec.Struct, frozen=True):
    """The password that counts, and the one that is to."""

    present: Annotated[str, Meta(max_length=1_000)] = ""
    password: Annotated[str, Meta(max_length=1_000)] = ""


class SessionLine(NamedTuple):
    """A session as the account's page lists it; times are ISO 8601 in UTC."""

    id: str
    device: str
    since: str
    until: str
    is_this: bool


class WatchedLine(NamedTuple):
    """An episode that somebody may go on with; `at` is minutes and seconds."""

    title: str
    url: str
    episode: int
    at: str
    is_finished: bool


class WatchlistLine(NamedTuple):
    """A work of somebody's list."""

    title: str
    url: str
    state: WatchState
    progress: int


class AccountPageController(Controller):
    """The account of whoever is signed in."""

    path = "/account"

    @get()
    async def account(
        self,
        services: GivenPageServices,
        sign_in: GivenSignIn,
        personal: GivenLists,
        maybe_session: GivenMaybeSession,
    ) -> UncachedResponse:
        """Show who is signed in, where else, and what they watch; others sign in first."""
        session = maybe_session
        if session is None:
            return going_to(urls.sign_in(urls.account()))
        return await _account_page(services, sign_in.service, personal, session, None)

    @post("/password", opt=costing(HASH_COST))
    async def change_password(
        self,
        request: Request[Any, Any, Any],
        services: GivenPageServices,
        session: GivenSession,
        sign_in: GivenSignIn,
        personal: GivenLists,
    ) -> UncachedResponse:
        """Replace the password, or say on the page why not; other sessions end."""
        service = sign_in.service
        try:
            form = await posted(request, PasswordForm)
            await service.change_password(
                session, form.present, form.password, client_facts(request)
            )
        except (InvalidInputError, RateLimitedError, OverloadedError) as error:
            return await _account_page(services, service, personal, session, error)
        return going_to(urls.account())

    @post("/sessions/end")
    async def end_one(
        self, request: Request[Any, Any, Any], session: GivenSession, sign_in: GivenSignIn
    ) -> UncachedResponse:
        """End another session of the same person; one that is over, or not theirs, is passed by."""
        form = await posted(request, SessionForm)
        await sign_in.service.end_other(session, form.session)
        return going_to(urls.account())

    @post("/sessions/end-others")
    async def end_others(self, session: GivenSession, sign_in: GivenSignIn) -> UncachedResponse:
        """End all other sessions."""
        await sign_in.service.sign_out_all(session, besides=True)
        return going_to(urls.account())

    @post("/sessions/end-all")
    async def end_all(
        self, request: Request[Any, Any, Any], session: GivenSession, sign_in: GivenSignIn
    ) -> UncachedResponse:
        """End all sessions, this one too."""
        await sign_in.service.sign_out_all(session, besides=False)
        return going_to("/", await access_of(request).sign_out(request))

    @post("/history/forget")
    async def forget(self, session: GivenSession, personal: GivenLists) -> UncachedResponse:
        """Forget what was watched."""
        await personal.watching.forget(session.subject)
        return going_to(urls.account())


async def _account_page(
    services: PageServices,
    service: SignInService,
    personal: PersonalLists,
    session: Session,
    error: KenshoError | None,
) -> UncachedResponse:
    account, messages = await service.account_of(session), services.renderer.messages
    model = _model(personal)
    problems = dict(error.problems) if isinstance(error, InvalidInputError) else {}
    body = services.renderer.page(
        "account.html.jinja",
        path=urls.account(),
        session=session,
        shown=session.name if account is None else account.username or account.email,
        email="" if account is None else account.email,
        sessions=_session_lines(await service.sessions_of(session), session, messages),
        continuing=await _continuing(personal, session, model),
        watchlist=await _listed(personal, session, model),
        problems=problems,
        trouble=None if problems else trouble_of(messages, error),
    )
    return answer(body, error)


def _session_lines(
    sessions: Sequence[Session], this: Session, messages: Messages
) -> list[SessionLine]:
    return [
        SessionLine(
            one.id,
            device_name(one.device, messages),
            one.created_at.isoformat(),
            one.ends_at.isoformat(),
            one.id == this.id,
        )
        for one in sessions
    ]


async def _continuing(
    personal: PersonalLists, session: Session, model: ReadModel | None
) -> list[WatchedLine]:
    found = await personal.watching.continuing(session.subject, _MOST_LISTED)
    return [
        WatchedLine(
            *_named(model, one.work), one.episode, clock(int(one.position_s)), one.is_finished
        )
        for one in found
    ]


async def _listed(
    personal: PersonalLists, session: Session, model: ReadModel | None
) -> list[WatchlistLine]:
    found = await personal.watching.watchlist(session.subject, None, None, _MOST_LISTED)
    return [WatchlistLine(*_named(model, one.work), one.state, one.progress) for one in found]


def _named(model: ReadModel | None, work: UUID) -> tuple[str, str]:
    """Return title and page of a work; of one that the snapshot does not have, its id."""
    node = None if model is None else model.node(work)
    if model is None or node is None:
        return str(work), urls.anime(work)
    is_film = model.kind(node) == "movie"
    return title_of(model, node), urls.film(work) if is_film else urls.anime(work)


def _model(personal: PersonalLists) -> ReadModel | None:
    try:
        return personal.model()
    except NotReadyError:
        return None
