"""What viewers ask for to play a film: tickets, and captions."""

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import Annotated, Any, Final, TypeAlias
from uuid import UUID

import msgspec
from litestar import Controller, Request, get
from litestar.di import NamedDependency
from litestar.openapi import ResponseSpec
from litestar.params import Body, PathParameter, SkipValidation
from litestar.types import ASGIApp

from kensho.api.operations import Documented, post_operation
from kensho.api.parameters import EXAMPLE_ID, WorkId
from kensho.edges.accounts.authentication import GivenMaybeSession
from kensho.edges.portal.documents import (
    RefreshTokenBody,
    StreamTokenBody,
    StreamTokenView,
    TicketCaption,
    caption_path,
)
from kensho.edges.portal.movie_store import MovieStore
from kensho.edges.portal.movies_api import caller_or_nobody
from kensho.edges.portal.viewing import ViewingService
from kensho.errors import ConflictError, ForbiddenError, NotFoundError
from kensho.http.problem_details import TELLS_ISSUES
from kensho.http.request_costs import costing
from kensho.http.responses import UncachedResponse

_COST: Final = 4
"""Two reads and a write of the store."""
_VTT: Final = b"text/vtt; charset=utf-8"
_OPT: Final[Mapping[str, Any]] = {**(costing(_COST) or {}), TELLS_ISSUES: True}
_ID: Final = UUID(EXAMPLE_ID)
_ANSWER: Final = StreamTokenView(
    signed_url=f"https://cdn.example/hls/eyJhbGciOiJIUzI1NiJ9.eyJhdWQiOiJ2In0.mac/{_ID}/master.m3u8",
    expires_at=dt.datetime(2026, 12, 1, 18, 5, tzinfo=dt.UTC),
    session_id="mZ0l2c0qX5t1Yw3emZ0l2c0qX5t1Yw3emZ0l2c0qX5t",
    refresh_after=210,
    captions=[TicketCaption(language_code="en", url=caption_path(_ID, _ID), is_default=True)],
)
_NOT_AVAILABLE: Final = "It is hidden, or out of its window (`not_available`)."
_BLOCKED: Final = "It can't be played now: `captions_missing` or `source_invalid`."
TrackId: TypeAlias = Annotated[UUID, PathParameter(description="The id of a track of captions.")]


class ViewerParts(msgspec.Struct, frozen=True):
    """What the handlers here use."""

    viewing: ViewingService
    store: MovieStore


GivenViewers: TypeAlias = NamedDependency[SkipValidation[ViewerParts]]
"""The annotation under which handlers ask for `viewers`."""


class StreamTokenController(Controller):
    """Tickets that play a film for minutes."""

    path = "/api/movies/{work_id:str}/stream-token"
    tags: Sequence[str] | None = ("portal",)
    opt: Mapping[str, Any] | None = _OPT

    @post_operation(
        None,
        Documented(
            "Play a film",
            "The stream.",
            {403: _NOT_AVAILABLE, 404: "There is no such film.", 409: _BLOCKED},
        ),
        _ANSWER,
    )
    async def begin(
        self,
        viewers: GivenViewers,
        maybe_session: GivenMaybeSession,
        work_id: WorkId,
        data: Annotated[StreamTokenBody, Body(description="Who watches.")],
    ) -> UncachedResponse[StreamTokenView]:
        """Return the address of a film's stream, and of its captions, for a new viewing session."""
        viewer = None if maybe_session is None else maybe_session.subject
        answer = await viewers.viewing.begin(work_id, data.viewer_context, viewer)
        return UncachedResponse(msgspec.json.encode(answer))

    @post_operation(
        "/refresh",
        Documented(
            "Play on",
            "The stream.",
            {
                403: f"{_NOT_AVAILABLE} Or somebody else began it (`not_your_session`).",
                404: "The viewing session is over (`viewing_ended`): begin anew.",
                409: _BLOCKED,
            },
        ),
        _ANSWER,
    )
    async def go_on(
        self,
        viewers: GivenViewers,
        maybe_session: GivenMaybeSession,
        work_id: WorkId,
        data: Annotated[RefreshTokenBody, Body(description="The viewing session.")],
    ) -> UncachedResponse[StreamTokenView]:
        """Return the next address of a stream that is watched, before the last one is over."""
        viewer = None if maybe_session is None else maybe_session.subject
        answer = await viewers.viewing.go_on(work_id, data.session_id, viewer)
        return UncachedResponse(msgspec.json.encode(answer))


class CaptionController(Controller):
    """The text of captions."""

    path = "/api/movies/{work_id:str}/captions/{track_id:str}"
    tags: Sequence[str] | None = ("portal",)

    @get(
        None,
        summary="Read captions",
        responses={
            200: ResponseSpec(
                str, generate_examples=False, description="WebVTT.", media_type="text/vtt"
            )
        },
    )
    async def read(
        self,
        request: Request[Any, Any, Any],
        viewers: GivenViewers,
        work_id: WorkId,
        track_id: TrackId,
    ) -> ASGIApp:
        """Return the captions of a film that plays now; managers read those of others too."""
        caller = await caller_or_nobody(request)
        if caller is None or caller.role != "manager":
            try:
                await viewers.viewing.playable(work_id)
            except (ForbiddenError, ConflictError) as error:
                raise NotFoundError("there are no such captions now") from error
        text = await viewers.store.caption(work_id, track_id)
        if text is None:
            raise NotFoundError(f"there are no captions '{track_id}' of this film")
        return UncachedResponse(text.encode(), media_type=_VTT)
