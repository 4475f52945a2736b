"""`/admin/films/{id}`: a film for those who look after it, and all that they do to it.

Each part of the page is a form of its own, which bears the revision that it was typed on. What goes
wrong is told on the same page, at its field, with what was typed. Where somebody else has changed
the film meanwhile, the page says who and what, shows the film as it is, and keeps what was typed:
sent again, it counts.
"""

from collections.abc import Awaitable, Callable, Mapping
from functools import partial
from typing import Annotated, Any, Final, Literal, NamedTuple, TypeAlias, TypeVar
from uuid import UUID

import msgspec
from litestar import Controller, Request, post
from litestar.datastructures import UploadFile
from litestar.di import NamedDependency, Provide
from litestar.exceptions import HTTPException
from litestar.params import FromPath, SkipValidation

from kensho.edges.accounts.audit import AuditQuery, AuditSlice
from kensho.edges.portal import admin_forms, admin_views, webvtt
from kensho.edges.portal.admin_forms import (
    AboutForm,
    CaptionForm,
    FormProblems,
    RevisionForm,
    SourceForm,
    UploadForm,
    VisibilityForm,
)
from kensho.edges.portal.admin_pages import (
    ACTED,
    DELETED,
    TOLD,
    FilmAdmin,
    GivenFilmAdmin,
    admin_page,
    problems_of,
    trouble_of,
)
from kensho.edges.portal.documents import caption_path
from kensho.edges.portal.editing_api import MAX_BODY_BYTES
from kensho.edges.portal.movies import PortalMovie, blockers, publishing_state
from kensho.edges.portal.webvtt import CaptionsError
from kensho.errors import ChangedMeanwhileError, InvalidInputError, KenshoError
from kensho.http.authentication import MANAGER_PAGE_GUARDS
from kensho.http.edge_limits import limits_of
from kensho.http.request_costs import costing
from kensho.http.responses import UncachedResponse
from kensho.platform.sliding_limits import MANAGERS
from kensho.web import forms, urls
from kensho.web.forms import get_page, posted
from kensho.web.page_context import GivenPageServices, PageServices
from kensho.web.sign_in_page import going_to

Form = TypeVar("Form", bound=msgspec.Struct)
Section: TypeAlias = Literal["head", "about", "sources", "captions", "upload"]
_PATH: Final = "/admin/films/{movie_id:str}"
_HISTORY: Final = 20
_DONE: Final = ("drafted", "published", "hidden", "saved", "checked", "undone")
_UNSUPPORTED: Final = 415
_UPLOAD: Final = "multipart/form-data"


class ManagedFilmAddress(msgspec.Struct, frozen=True):
    """What has just been done, whose captions are shown, and from where on the history is."""

    done: Annotated[str, msgspec.Meta(max_length=20)] = ""
    preview: UUID | None = None
    history: Annotated[str, msgspec.Meta(max_length=200)] = ""


class FailedForm(NamedTuple):
    """A form that could not be taken: its part of the page, what was typed, and why not."""

    section: Section
    given: msgspec.Struct
    error: KenshoError

    @property
    def is_late(self) -> bool:
        """Tell whether somebody else has changed the film meanwhile."""
        return isinstance(self.error, ChangedMeanwhileError)


_ANCHORS: Final[dict[Section, str]] = {
    "head": "content",
    "about": "about",
    "sources": "sources",
    "captions": "captions",
    "upload": "captions",
}


class FilmForm(NamedTuple):
    """A form that was sent from the page of a film."""

    request: Request[Any, Any, Any]
    services: PageServices
    admin: FilmAdmin
    movie: UUID

    async def done(
        self,
        section: Section,
        form_type: type[Form],
        change: Callable[[PortalMovie, Form, str], Awaitable[str | None]],
        read: Callable[[Request[Any, Any, Any], type[Form]], Awaitable[Form]] = posted,
    ) -> UncachedResponse:
        """Do what a form of a part asks for and go on to the page, or say there what is wrong.

        `change` may return what is said to have been done, if not that it is saved.
        """
        actor = self.admin.actor(self.request)
        form = form_type()
        try:
            form = await read(self.request, form_type)
            await limits_of(self.request).check(self.request, MANAGERS)
            movie = await self.admin.store.get(self.movie)
            told = await change(movie, form, actor)
        except TOLD as error:
            movie = await self.admin.store.get(self.movie)
            failed = FailedForm(section, form, error)
            address = ManagedFilmAddress()
            return await _page(self.request, self.services, self.admin, movie, address, failed)
        if told == DELETED:
            return going_to(urls.with_query(urls.film_admin(), {"done": told}))
        place = "" if section == "head" else f"#{_ANCHORS[section]}"
        page = urls.with_query(urls.managed_film(self.movie), {"done": told or "saved"})
        return going_to(page + place)


GivenFilmForm: TypeAlias = NamedDependency[SkipValidation[FilmForm]]
"""The annotation under which handlers ask for `film_form`."""


def _film_form(
    request: Request[Any, Any, Any],
    services: GivenPageServices,
    film_admin: GivenFilmAdmin,
    movie_id: FromPath[str],
) -> FilmForm:
    return FilmForm(request, services, film_admin, forms.work_id(movie_id))


_GIVEN: Final[Mapping[str, Any]] = {"film_form": Provide(_film_form, sync_to_thread=False)}


class FilmAdminController(Controller):
    """A film, and what is done to it."""

    path = _PATH
    guards = MANAGER_PAGE_GUARDS
    opt: Mapping[str, Any] | None = costing(20)
    dependencies: Any = _GIVEN

    @get_page()
    async def film(
        self,
        request: Request[Any, Any, Any],
        services: GivenPageServices,
        film_admin: GivenFilmAdmin,
        movie_id: FromPath[str],
        form: ManagedFilmAddress,
    ) -> UncachedResponse:
        """Show the film: what it is, its sources and captions, and its history."""
        film_admin.actor(request)
        movie = await film_admin.store.get(forms.work_id(movie_id))
        return await _page(request, services, film_admin, movie, form, None)

    @post("/about", opt=ACTED)
    async def about(self, film_form: GivenFilmForm) -> UncachedResponse:
        """Change what the film is, and when it is available."""

        async def change(movie: PortalMovie, form: AboutForm, actor: str) -> None:
            body = admin_forms.changes(form, movie)
            await film_form.admin.service.patch(movie.id, body, actor, form.revision)

        return await film_form.done("about", AboutForm, change)

    @post("/sources", opt=ACTED)
    async def sources(self, film_form: GivenFilmForm) -> UncachedResponse:
        """Add, replace or remove a source, play another one, or look at all of them again."""

        async def change(movie: PortalMovie, form: SourceForm, actor: str) -> str:
            if form.action == "check":
                await film_form.admin.service.recheck(movie)
                return "checked"
            body = admin_forms.with_source(movie, form)
            await film_form.admin.service.patch(movie.id, body, actor, form.revision)
            return "saved"

        return await film_form.done("sources", SourceForm, change)

    @post("/captions", opt=ACTED)
    async def captions(self, film_form: GivenFilmForm) -> UncachedResponse:
        """Add captions from an address, remove some, or choose those that are on by default."""

        async def change(movie: PortalMovie, form: CaptionForm, actor: str) -> None:
            body = admin_forms.with_captions(movie, form)
            await film_form.admin.service.patch(movie.id, body, actor, form.revision)

        return await film_form.done("captions", CaptionForm, change)

    @post("/visibility", opt=ACTED)
    async def visibility(self, film_form: GivenFilmForm) -> UncachedResponse:
        """Publish or hide the film."""

        async def change(movie: PortalMovie, form: VisibilityForm, actor: str) -> str:
            service = film_form.admin.service
            await service.set_visibility(movie.id, form.visibility, actor, form.revision)
            return "published" if form.visibility == "VISIBLE" else "hidden"

        return await film_form.done("head", VisibilityForm, change)

    @post("/undo", opt=ACTED)
    async def undo(self, film_form: GivenFilmForm) -> UncachedResponse:
        """Take back the last change."""

        async def change(movie: PortalMovie, form: RevisionForm, actor: str) -> str:
            await film_form.admin.service.undo(movie.id, actor, form.revision)
            return "undone"

        return await film_form.done("head", RevisionForm, change)

    @post("/delete", opt=ACTED)
    async def delete(self, film_form: GivenFilmForm) -> UncachedResponse:
        """Delete the film, which was never published, and go on to the list."""

        async def change(movie: PortalMovie, form: RevisionForm, actor: str) -> str:
            await film_form.admin.service.delete(movie.id, actor, form.revision)
            return DELETED

        return await film_form.done("head", RevisionForm, change)


class CaptionFileController(Controller):
    """Files of captions that managers send."""

    path = f"{_PATH}/upload"
    guards = MANAGER_PAGE_GUARDS
    dependencies: Any = _GIVEN
    request_max_body_size: int | Any | None = MAX_BODY_BYTES

    @post(opt=ACTED)
    async def upload(self, film_form: GivenFilmForm) -> UncachedResponse:
        """Give the film captions of a language, in place of those that it has."""

        async def change(movie: PortalMovie, form: UploadForm, actor: str) -> None:
            body = admin_forms.uploaded(form)
            await film_form.admin.service.upload(movie.id, body, actor, form.revision)

        return await film_form.done("upload", UploadForm, change, _uploaded)


async def _uploaded(request: Request[Any, Any, Any], _: type[UploadForm]) -> UploadForm:
    """Return the fields of a form with a file, and the file as text.

    Raises:
        InvalidInputError: a field has no value of its type.
        HTTPException: 415, the body is no such form.
    """
    if request.content_type[0] != _UPLOAD:
        raise HTTPException(status_code=_UNSUPPORTED, detail=f"send the form as {_UPLOAD}")
    given = await request.form()
    fields = {name: value.strip() for name, value in given.items() if isinstance(value, str)}
    try:
        form = msgspec.convert(fields, UploadForm, strict=False)
    except msgspec.ValidationError as error:
        raise InvalidInputError.of("file", str(error)) from error
    file = given.get("file")
    content = await file.read() if isinstance(file, UploadFile) else b""
    if not content:
        return msgspec.structs.replace(form, file="", unread="choose a file of captions")
    try:
        return msgspec.structs.replace(form, file=webvtt.decoded(content), unread="")
    except CaptionsError as error:
        return msgspec.structs.replace(form, file="", unread=error.problems[0].message)


async def _page(
    request: Request[Any, Any, Any],
    services: PageServices,
    admin: FilmAdmin,
    movie: PortalMovie,
    address: ManagedFilmAddress,
    failed: FailedForm | None,
) -> UncachedResponse:
    messages = services.renderer.messages
    now = admin.now()
    slice_ = await _history(admin, movie.id, address.history)
    names = await admin.names(slice_.rows)
    former = None if address.history else await admin.store.former(movie.id)
    shown = next((one for one in movie.captions if one.id == address.preview), None)
    text = None if shown is None else await admin.store.caption(movie.id, shown.id)
    return admin_page(
        services,
        request,
        "admin_film.html.jinja",
        error=None if failed is None else failed.error,
        film=movie,
        own=urls.managed_film(movie.id),
        state=publishing_state(movie, now),
        starts_at=admin_views.iso(movie.starts_at),
        ends_at=admin_views.iso(movie.ends_at),
        blocked=blockers(movie),
        about=_given(failed, "about", admin_forms.form_of(movie)),
        source_form=_given(failed, "sources", SourceForm()),
        caption_form=_given(failed, "captions", CaptionForm()),
        upload_form=_given(failed, "upload", UploadForm()),
        failed=failed,
        problems=FormProblems({}, ())
        if failed is None
        else problems_of(failed.error, failed.given),
        trouble=None if failed is None else trouble_of(services, failed.error),
        done=address.done if address.done in _DONE and failed is None else None,
        sources=[
            admin_views.source_line(one, admin.seals.open(movie.id, one)) for one in movie.sources
        ],
        preview_of=None if shown is None else shown.id,
        preview=() if text is None else admin_views.preview(text),
        caption_path=partial(caption_path, movie.id),
        history=admin_views.history(slice_.rows, names, messages),
        further=slice_.mark
        and urls.with_query(urls.managed_film(movie.id), {"history": slice_.mark}),
        can_undo=former is not None,
        can_delete=movie.visibility == "HIDDEN" and not await admin.store.was_published(movie.id),
        work_path=None if movie.work is None else urls.film(movie.work),
    )


def _given(
    failed: FailedForm | None, section: Section, otherwise: msgspec.Struct
) -> msgspec.Struct:
    """Return what was typed in a part of the page, if it could not be taken."""
    return otherwise if failed is None or failed.section != section else failed.given


async def _history(admin: FilmAdmin, movie: UUID, mark: str) -> AuditSlice:
    query = AuditQuery(object=f"movie:{movie}", mark=mark or None, limit=_HISTORY)
    return await admin.audit.page(query)
