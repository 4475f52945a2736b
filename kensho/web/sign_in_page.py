"""`/login`: signing in and out, where somebody can sign in."""

import re
from collections.abc import Mapping
from typing import Annotated, Any, Final

import msgspec
from litestar import Controller, Request, get, post
from msgspec import Meta

from kensho.errors import KenshoError, NotFoundError, UnauthorizedError
from kensho.http.authentication import access_of
from kensho.http.problem_details import kind_of
from kensho.http.responses import HTML, UncachedResponse
from kensho.http.targets import FORM
from kensho.web import urls
from kensho.web.forms import posted, read
from kensho.web.page_context import GivenPageServices, PageServices
from kensho.web.rendering import PAGE_HEADERS

_SEE_OTHER: Final = 303
_LOCAL: Final = re.compile(r"/(?![/\\])[\x21-\x7e]{0,1999}")
"""A path of ours; two slashes would begin the name of another host."""


class SignInAddress(msgspec.Struct, frozen=True):
    """Where to go from the form: all that its address may say."""

    next: Annotated[str, Meta(max_length=2_000)] = "/"


class SignInForm(SignInAddress, frozen=True):
    """Who signs in."""

    name: Annotated[str, Meta(max_length=64)] = ""
    token: Annotated[str, Meta(max_length=200)] = ""


_ADDRESS: Final[Mapping[str, Any] | None] = {FORM: SignInAddress}


class SignInController(Controller):
    """Signing in."""

    path = "/login"
    opt = _ADDRESS

    @get()
    async def form(
        self, request: Request[Any, Any, Any], services: GivenPageServices
    ) -> UncachedResponse:
        """Show the form."""
        _check_offered(request)
        address = read(request, SignInAddress)
        return _page(services, SignInForm(next=address.next), None)

    @post()
    async def sign_in(
        self, request: Request[Any, Any, Any], services: GivenPageServices
    ) -> UncachedResponse:
        """Sign in and go on, or show the form again and say why not."""
        _check_offered(request)
        form = await posted(request, SignInForm)
        try:
            cookie = await access_of(request).sign_in(request, form.name, form.token)
        except UnauthorizedError as error:
            return _page(services, form, error)
        return going_to(own_path(form.next), cookie)


class SignOutController(Controller):
    """Signing out."""

    path = "/logout"

    @post()
    async def sign_out(self, request: Request[Any, Any, Any]) -> UncachedResponse:
        """Sign out, and go to the start."""
        return going_to("/", await access_of(request).sign_out(request))


def own_path(text: str) -> str:
    """Return a path of ours that a form was sent from, or the start where it is none."""
    return text if _LOCAL.fullmatch(text) else "/"


def going_to(path: str, cookie: str | None = None) -> UncachedResponse:
    """Return the answer to a form that was taken: the browser goes on to a page."""
    headers = [(b"location", path.encode("ascii")), *PAGE_HEADERS]
    if cookie is not None:
        headers.append((b"set-cookie", cookie.encode("ascii")))
    return UncachedResponse(b"", status=_SEE_OTHER, media_type=HTML, headers=headers)


def _check_offered(request: Request[Any, Any, Any]) -> None:
    if not access_of(request).authentication.is_offered():
        raise NotFoundError("there is no manager here; `kensho managers add` makes one")


def _page(services: PageServices, form: SignInForm, error: KenshoError | None) -> UncachedResponse:
    body = services.renderer.page(
        "sign_in.html.jinja", form=form, is_wrong=error is not None, path=urls.sign_in()
    )
    status = 200 if error is None else kind_of(error).status
    return UncachedResponse(body, status=status, media_type=HTML, headers=PAGE_HEADERS)
