"""`/login`, `/register` and `/account`: pages that work without scripts.

Guarantees: what goes wrong is told at its field, what was typed stays but for passwords, and a form
leads on to paths of ours alone. Whoever signs in gets a new session; the one that the browser had
ends.
"""

from collections.abc import Mapping, Sequence
from math import ceil
from typing import Annotated, Any, Final, NamedTuple
from uuid import UUID

import msgspec
from litestar import Controller, Request, get, post
from msgspec import Meta

from kensho.discovery.related_works import title_of
from kensho.edges.accounts.auth_api import GivenSignIn, client_facts
from kensho.edges.accounts.authentication import GivenMaybeSession, GivenSession, is_manager_token
from kensho.edges.accounts.devices import device_name
from kensho.edges.accounts.me_api import GivenLists, PersonalLists
from kensho.edges.accounts.sessions import Realm, Session
from kensho.edges.accounts.signing_in import IssuedGrant, SignInService
from kensho.edges.accounts.watching import WatchState
from kensho.errors import (
    ConflictError,
    ForbiddenError,
    InvalidInputError,
    KenshoError,
    NotReadyError,
    OverloadedError,
    RateLimitedError,
    StorageError,
    UnauthorizedError,
    UpstreamError,
)
from kensho.http.authentication import access_of, session_of
from kensho.http.problem_details import kind_of
from kensho.http.request_costs import costing
from kensho.http.responses import HTML, UncachedResponse
from kensho.http.targets import FORM
from kensho.read_model.model import ReadModel
from kensho.web import urls
from kensho.web.forms import posted, read
from kensho.web.messages import Messages
from kensho.web.page_context import GivenPageServices, PageServices
from kensho.web.rendering import PAGE_HEADERS
from kensho.web.sign_in_page import going_to, own_path

_HASH_COST: Final = 50
_MINUTE_S: Final = 60
_MOST_LISTED: Final = 20
_REGISTER: Final = "/register"
_OUTSIDE: Final = (OverloadedError, StorageError, UpstreamError)
"""What keeps somebody from signing in that is no fault of theirs."""


class NextPage(msgspec.Struct, frozen=True):
    """Where to go from a form: all that its address may say."""

    next: Annotated[str, Meta(max_length=2_000)] = "/"


class LoginForm(NextPage, frozen=True):
    """Who signs in, and where."""

    name: Annotated[str, Meta(max_length=254)] = ""
    password: Annotated[str, Meta(max_length=1_000)] = ""
    realm: Realm | None = None


class RegisterForm(NextPage, frozen=True):
    """What an account is made of."""

    email: Annotated[str, Meta(max_length=300)] = ""
    username: Annotated[str, Meta(max_length=300)] = ""
    password: Annotated[str, Meta(max_length=1_000)] = ""


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


_ADDRESS: Final[Mapping[str, Any] | None] = {FORM: NextPage}


class LoginPageController(Controller):
    """Signing in."""

    path = "/login"
    opt = _ADDRESS

    @get()
    async def form(
        self,
        request: Request[Any, Any, Any],
        services: GivenPageServices,
        sign_in: GivenSignIn,
        maybe_session: GivenMaybeSession,
    ) -> UncachedResponse:
        """Show the form; who is signed in goes on."""
        address = read(request, NextPage)
        if maybe_session is not None:
            return going_to(own_path(address.next))
        return _login_page(services, sign_in.service, LoginForm(next=address.next), None)

    @post(opt=costing(_HASH_COST))
    async def sign_in(
        self, request: Request[Any, Any, Any], services: GivenPageServices, sign_in: GivenSignIn
    ) -> UncachedResponse:
        """Sign in and go on, or show the form again and say why not."""
        access, service = access_of(request), sign_in.service
        access.check_origin(request)
        form = LoginForm()
        try:
            form = await posted(request, LoginForm)
            if is_manager_token(form.password):
                cookie = await access.sign_in(request, form.name, form.password)
                return going_to(own_path(form.next), cookie)
            realms = realms_of(service)
            realm = form.realm if form.realm in realms else realms[0]
            given = service.credentials(
                email=form.name if realm == "account" else None,
                username=form.name if realm == "provider" else None,
                password=form.password,
                realm=realm,
            )
            grant = await service.sign_in(given, client_facts(request))
        except (
            InvalidInputError,
            UnauthorizedError,
            ForbiddenError,
            RateLimitedError,
            *_OUTSIDE,
        ) as error:
            return _login_page(services, service, form, error)
        return await _signed_in(request, grant, form)


class RegisterPageController(Controller):
    """Making an account."""

    path = _REGISTER
    opt = _ADDRESS

    @get()
    async def form(
        self, request: Request[Any, Any, Any], services: GivenPageServices
    ) -> UncachedResponse:
        """Show the form."""
        return _register_page(services, RegisterForm(next=read(request, NextPage).next), None)

    @post(opt=costing(_HASH_COST))
    async def register(
        self, request: Request[Any, Any, Any], services: GivenPageServices, sign_in: GivenSignIn
    ) -> UncachedResponse:
        """Make the account and go on, or show the form again and say what is wrong."""
        access_of(request).check_origin(request)
        form = RegisterForm()
        try:
            form = await posted(request, RegisterForm)
            grant = await sign_in.service.register(
                form.email, form.password, form.username or None, client_facts(request)
            )
        except (InvalidInputError, ConflictError, RateLimitedError, *_OUTSIDE) as error:
            return _register_page(services, form, error)
        return await _signed_in(request, grant, form)


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

    @post("/password", opt=costing(_HASH_COST))
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
        trouble=None if problems else _trouble(messages, error),
    )
    return _answer(body, error)


def realms_of(service: SignInService) -> list[Realm]:
    """Return where one can sign in."""
    realms: list[Realm] = ["account"] if service.offers_accounts else []
    return [*realms, "provider"] if service.provider is not None or not realms else realms


async def _signed_in(
    request: Request[Any, Any, Any], grant: IssuedGrant, form: NextPage
) -> UncachedResponse:
    """Return the answer to who has just signed in; the browser's former session ends."""
    access = access_of(request)
    former = session_of(request)
    if former is not None:
        await access.authentication.sign_out(former)
    return going_to(own_path(form.next), access.cookie(grant.secret or ""))


def _login_page(
    services: PageServices, service: SignInService, form: LoginForm, error: KenshoError | None
) -> UncachedResponse:
    is_wrong = isinstance(error, UnauthorizedError | InvalidInputError)
    body = services.renderer.page(
        "login.html.jinja",
        form=form,
        path=urls.sign_in(),
        offers_realms=realms_of(service),
        register_url=urls.with_query(_REGISTER, {"next": _further(form)}),
        is_wrong=is_wrong,
        trouble=_trouble(services.renderer.messages, error),
    )
    return _answer(body, error)


def _register_page(
    services: PageServices, form: RegisterForm, error: KenshoError | None
) -> UncachedResponse:
    messages = services.renderer.messages
    problems: Mapping[str, str] = {}
    if isinstance(error, InvalidInputError):
        problems = dict(error.problems)
    elif isinstance(error, ConflictError):
        problems = dict(error.issues)
    trouble = messages.format("register.wrong") if problems else _trouble(messages, error)
    body = services.renderer.page(
        "register.html.jinja",
        form=form,
        path=_REGISTER,
        login_url=urls.with_query(urls.sign_in(), {"next": _further(form)}),
        problems=problems,
        trouble=trouble,
    )
    return _answer(body, error)


def _trouble(messages: Messages, error: KenshoError | None) -> str | None:
    """Return what is told of an error above a form."""
    if error is None:
        return None
    if isinstance(error, RateLimitedError):
        minutes = max(1, ceil(error.retry_after_s / _MINUTE_S))
        return messages.format("login.later", minutes=minutes)
    if isinstance(error, ForbiddenError):
        return messages.format("login.refused")
    return messages.format("login.away" if isinstance(error, _OUTSIDE) else "login.wrong")


def _answer(body: bytes, error: KenshoError | None) -> UncachedResponse:
    headers = list(PAGE_HEADERS)
    if isinstance(error, RateLimitedError):
        headers.append((b"retry-after", b"%d" % error.retry_after_s))
    status = 200 if error is None else kind_of(error).status
    return UncachedResponse(body, status=status, media_type=HTML, headers=headers)


def _further(form: NextPage) -> str | None:
    """Return where a form leads on to, for the link to another form; nothing for the start."""
    path = own_path(form.next)
    return None if path == "/" else path


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
        WatchedLine(*_named(model, one.work), one.episode, _clock(one.position_s), one.is_finished)
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


def _clock(seconds: float) -> str:
    """Return a position as players show it: 4:05, 1:02:30."""
    minutes, rest = divmod(int(seconds), _MINUTE_S)
    hours, minutes = divmod(minutes, _MINUTE_S)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"
