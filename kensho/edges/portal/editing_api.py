"""What managers do to films over the API: make, change, publish, hide, delete; upload captions."""

import datetime as dt
import re
from collections.abc import Mapping, Sequence
from typing import Annotated, Any, Final, TypeAlias
from uuid import UUID

from litestar import Controller, Request, Response, delete
from litestar.di import NamedDependency
from litestar.params import Body, SkipValidation

from kensho.api.operations import Documented, empty_operation, patch_operation, post_operation
from kensho.api.parameters import EXAMPLE_ID, WorkId
from kensho.edges.accounts.limits import name_of
from kensho.edges.portal.documents import (
    CaptionView,
    CreateMovieBody,
    MovieDetail,
    PatchMovieBody,
    StreamSourceView,
    UploadCaptionBody,
    VisibilityBody,
    WindowView,
    caption_path,
)
from kensho.edges.portal.movies_api import GivenPortal, detail_answer
from kensho.edges.portal.service import PortalService
from kensho.errors import InvalidInputError
from kensho.http.authentication import MANAGER_GUARDS, MANAGER_SECURITY, manager_of
from kensho.http.problem_details import TELLS_ISSUES
from kensho.http.request_costs import costing
from kensho.http.responses import UncachedResponse

MAX_BODY_BYTES: Final = 2_200_000
"""A file of captions of 1 MiB, every other character escaped as JSON has it."""
_WRITE_COST: Final = 20
"""A write takes 5 ms, and what is fetched first is waited for and costs little."""
_CREATED: Final = 201
_REVISION: Final = re.compile(r'"(0|[1-9]\d{0,9})"')
_OPT: Final[Mapping[str, Any]] = {**(costing(_WRITE_COST) or {}), TELLS_ISSUES: True}
_CHANGED: Final = "It has another revision than `If-Match` says."
_MISSING: Final = "There is no such film (`movie_not_found`)."
_WRONG: Final = "`issues` name every field that is wrong, and what to do."
_AT: Final = dt.datetime(2026, 12, 1, 18, 0, tzinfo=dt.UTC)
_ID: Final = UUID(EXAMPLE_ID)
EXAMPLE: Final = MovieDetail(
    id=_ID,
    title="Night Train",
    poster_url=None,
    episodes=1,
    status="finished",
    anime_type="movie",
    movie_id=_ID,
    slug="night-train",
    portal_poster_url="https://img.example/night-train.jpg",
    availability=WindowView(_AT, None),
    visibility="VISIBLE",
    synopsis="A train, and a night.",
    genres=["drama"],
    duration_minutes=93,
    stream_sources=[
        StreamSourceView(
            stream_source_id=_ID,
            drm_required=False,
            primary=True,
            validation_status="VALID",
            last_validated_at=_AT,
            stream_url="https://origin.example/night-train/master.m3u8",
        )
    ],
    caption_tracks=[
        CaptionView(
            caption_track_id=_ID,
            language_code="en",
            format="WEBVTT",
            caption_url=caption_path(_ID, _ID),
            is_default=True,
            validation_status="VALID",
            last_validated_at=_AT,
            cues=812,
        )
    ],
    state="scheduled",
    blockers=[],
    revision=1,
)
GivenPortalService: TypeAlias = NamedDependency[SkipValidation[PortalService]]
"""The annotation under which handlers ask for `portal_service`."""


class MovieEditingController(Controller):
    """What managers do to films."""

    path = "/api/movies"
    guards = MANAGER_GUARDS
    security = MANAGER_SECURITY
    tags: Sequence[str] | None = ("portal",)
    opt: Mapping[str, Any] | None = _OPT

    @post_operation(
        None,
        Documented(
            "Make a film",
            "The film.",
            {
                400: _WRONG,
                409: "Another film has the title (`title_taken`) or the work (`work_taken`).",
            },
        ),
        EXAMPLE,
        status=_CREATED,
    )
    async def create(
        self,
        request: Request[Any, Any, Any],
        portal: GivenPortal,
        portal_service: GivenPortalService,
        data: Annotated[CreateMovieBody, Body(description="The film.")],
    ) -> UncachedResponse[MovieDetail]:
        """Make a film; its sources and captions are looked at at once.

        A `HIDDEN` one is a draft, and may lack what a visible one needs.
        """
        made = await portal_service.create(data, name_of(manager_of(request)))
        return detail_answer(portal, made, is_manager=True, status=_CREATED)

    @patch_operation(
        "/{work_id:str}",
        Documented(
            "Change a film",
            "The film as it is then.",
            {400: _WRONG, 404: _MISSING, 409: "Another film has the title.", 412: _CHANGED},
        ),
        EXAMPLE,
    )
    async def change(
        self,
        request: Request[Any, Any, Any],
        portal: GivenPortal,
        portal_service: GivenPortalService,
        work_id: WorkId,
        data: Annotated[PatchMovieBody, Body(description="What is to be changed.")],
    ) -> UncachedResponse[MovieDetail]:
        """Change what is named of a film, of the revision in `If-Match` if that is sent."""
        actor, expected = name_of(manager_of(request)), _expected(request)
        made = await portal_service.patch(work_id, data, actor, expected)
        return detail_answer(portal, made, is_manager=True)

    @post_operation(
        "/{work_id:str}/visibility",
        Documented(
            "Publish or hide a film",
            "The film as it is then.",
            {
                404: _MISSING,
                409: "Something blocks publishing it: `captions_missing` or `source_invalid`.",
                412: _CHANGED,
            },
        ),
        EXAMPLE,
    )
    async def show(
        self,
        request: Request[Any, Any, Any],
        portal: GivenPortal,
        portal_service: GivenPortalService,
        work_id: WorkId,
        data: Annotated[VisibilityBody, Body(description="Whether viewers see it.")],
    ) -> UncachedResponse[MovieDetail]:
        """Publish or hide a film, at once."""
        actor, expected = name_of(manager_of(request)), _expected(request)
        made = await portal_service.set_visibility(work_id, data.visibility, actor, expected)
        return detail_answer(portal, made, is_manager=True)

    @empty_operation(
        delete,
        "/{work_id:str}",
        Documented(
            "Delete a film",
            "The film is gone.",
            {404: _MISSING, 409: "It was published once (`was_published`).", 412: _CHANGED},
        ),
    )
    async def delete_(
        self,
        request: Request[Any, Any, Any],
        portal_service: GivenPortalService,
        work_id: WorkId,
    ) -> Response[None]:
        """Delete a film that was never published, of the revision in `If-Match` if that is sent.

        What viewers may have seen can be hidden, and stays.
        """
        actor, expected = name_of(manager_of(request)), _expected(request)
        await portal_service.delete(work_id, actor, expected)
        return Response(None)


class CaptionUploadController(Controller):
    """Captions that managers upload."""

    path = "/api/movies/{work_id:str}/captions"
    guards = MANAGER_GUARDS
    security = MANAGER_SECURITY
    tags: Sequence[str] | None = ("portal",)
    opt: Mapping[str, Any] | None = _OPT
    request_max_body_size: int | Any | None = MAX_BODY_BYTES

    @post_operation(
        None,
        Documented(
            "Upload captions",
            "The film as it is then.",
            {400: _WRONG, 404: _MISSING, 412: _CHANGED},
        ),
        EXAMPLE,
        status=_CREATED,
    )
    async def upload(
        self,
        request: Request[Any, Any, Any],
        portal: GivenPortal,
        portal_service: GivenPortalService,
        work_id: WorkId,
        data: Annotated[UploadCaptionBody, Body(description="A file of captions.")],
    ) -> UncachedResponse[MovieDetail]:
        """Give a film captions of a language; every line that is wrong is named."""
        actor, expected = name_of(manager_of(request)), _expected(request)
        made = await portal_service.upload(work_id, data, actor, expected)
        return detail_answer(portal, made, is_manager=True, status=_CREATED)


def _expected(request: Request[Any, Any, Any]) -> int | None:
    """Return the revision that a change is meant for, if any is named."""
    given = request.headers.get("if-match", "").strip()
    if given in ("", "*"):
        return None
    match = _REVISION.fullmatch(given)
    if match is None:
        said = f'{given[:80]!r} is no revision, such as "3" in the ETag of an answer'
        raise InvalidInputError.of("If-Match", said)
    return int(match[1])
