"""`/login` and `/register`: pages that work without scripts.

Guarantees: what goes wrong is told at its field, what was typed stays but for passwords, and a form
leads on to paths of ours alone. Whoever signs in gets a new session; the one that the browser had
ends.
"""

from collections.abc import Mapping
from math import ceil
from typing import Annotated, Any, Final

import msgspec
from litestar import Controller, Request, get, post
from msgspec import Meta

from kensho.edges.accounts.auth_api import GivenSignIn, client_facts
from kensho.edges.accounts.authentication import GivenMaybeSession, is_manager_token
from kensho.edges.accounts.sessions import Realm
from kensho.edges.accounts.signing_in import IssuedGrant, SignInService
from kensho.errors import (
    ConflictError,
    ForbiddenError,
    InvalidInputError,
    KenshoError,
    OverloadedError,
    RateLimitedError,
    StorageError,
    UnauthorizedError,
    UpstreamError,
)
from kensho.http.authentication import access_of, session_of
from kensho.http.problem_details import kind_of
from kensho.http.request_costs import costing
from kensho.http.response_cache import Headers
from kensho.http.responses import HTML, UncachedResponse
from kensho.http.targets import FORM
from kensho.web import urls
from kensho.web.forms import posted, read
from kensho.web.messages import Messages
from kensho.web.page_context import GivenPageServices, PageServices
from kensho.web.rendering import PAGE_HEADERS
from kensho.web.sign_in_page import going_to, own_path

HASH_COST: Final = 50
_MINUTE_S: Final = 60
_REGISTER: Final = "/register"
_OUTSIDE: Final = (OverloadedError, StorageError, UpstreamError)
"""What keeps somebody from signing in that is no fault of theirs."""


class NextPage(msgspec.Struct, frozen=True):
    """Where to go from a form: all that its address may say."""

    next: Annotated[str, Meta(max_length=2_000)] = "/"


class LoginAddress(NextPage, frozen=True):
    """Where to go from the form, and where one is to sign in, if that matters."""

    realm: Realm | None = None


class LoginForm(LoginAddress, frozen=True):
    """Who signs in, and where."""

    name: Annotated[str, Meta(max_length=254)] = ""
    password: Annotated[str, Meta(max_length=1_000)] = ""


class RegisterForm(NextPage, frozen=True):
    """What an account is made of."""

    email: Annotated[str, Meta(max_length=300)] = ""
    username: Annotated[str, Meta(max_length=300)] = ""
    password: Annotated[str, Meta(max_length=1_000)] = ""


_ADDRESS: Final[Mapping[str, Any] | None] = {FORM: NextPage}


class LoginPageController(Controller):
    """Signing in."""

    path = "/login"
    opt: Mapping[str, Any] | None = {FORM: LoginAddress}

    @get()
    async def form(
        self,
        request: Request[Any, Any, Any],
        services: GivenPageServices,
        sign_in: GivenSignIn,
        maybe_session: GivenMaybeSession,
    ) -> UncachedResponse:
        """Show the form; who is signed in goes on."""
        address = read(request, LoginAddress)
        if maybe_session is not None:
            return going_to(own_path(address.next))
        form = LoginForm(next=address.next, realm=address.realm)
        return _login_page(services, sign_in.service, form, None)

    @post(opt=costing(HASH_COST))
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

    @post(opt=costing(HASH_COST))
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
        trouble=trouble_of(services.renderer.messages, error),
    )
    return answer(body, error)


def _register_page(
    services: PageServices, form: RegisterForm, error: KenshoError | None
) -> UncachedResponse:
    messages = services.renderer.messages
    problems: Mapping[str, str] = {}
    if isinstance(error, InvalidInputError):
        problems = dict(error.problems)
    elif isinstance(error, ConflictError):
        problems = dict(error.issues)
    trouble = messages.format("register.wrong") if problems else trouble_of(messages, error)
    body = services.renderer.page(
        "register.html.jinja",
        form=form,
        path=_REGISTER,
        login_url=urls.with_query(urls.sign_in(), {"next": _further(form)}),
        problems=problems,
        trouble=trouble,
    )
    return answer(body, error)


def trouble_of(messages: Messages, error: KenshoError | None) -> str | None:
    """Return what is told of an error above a form."""
    if error is None:
        return None
    if isinstance(error, RateLimitedError):
        minutes = max(1, ceil(error.retry_after_s / _MINUTE_S))
        return messages.format("login.later", minutes=minutes)
    if isinstance(error, ForbiddenError):
        return messages.format("login.refused")
    return messages.format("login.away" if isinstance(error, _OUTSIDE) else "login.wrong")


def answer(
    body: bytes, error: KenshoError | None, page_headers: Headers = PAGE_HEADERS
) -> UncachedResponse:
    """Return a page, with the status of the error that it tells of, if there is one."""
    headers = list(page_headers)
    if isinstance(error, RateLimitedError):
        headers.append((b"retry-after", b"%d" % error.retry_after_s))
    status = 200 if error is None else kind_of(error).status
    return UncachedResponse(body, status=status, media_type=HTML, headers=headers)


def _further(form: NextPage) -> str | None:
    """Return where a form leads on to, for the link to another form; nothing for the start."""
    path = own_path(form.next)
    return None if path == "/" else path
