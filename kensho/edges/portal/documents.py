"""What the routes of the portal take and answer, in the camelCase of its published contract."""

import datetime as dt
from collections.abc import Callable
from typing import Annotated, Final, TypeAlias
from uuid import UUID

import msgspec
from msgspec import UNSET, Meta, UnsetType

from kensho.edges.portal.movies import (
    CaptionFormat,
    CaptionTrack,
    CheckStatus,
    ListedMovie,
    PortalMovie,
    PublishingState,
    SourceVariant,
    StreamSource,
    Visibility,
    blockers,
    publishing_state,
)
from kensho.read_model.views import Summary

MAX_CAPTION_CHARS: Final = 1_048_576
Unseal: TypeAlias = Callable[[UUID, StreamSource], str]
"""Opens the address of a film's source."""


class WindowBody(msgspec.Struct, frozen=True):
    """When a film is available, with the offset from UTC; a side that is left out is open.

    While one that is `exclusive`, which has both sides, is open, no other film plays.
    """

    start: dt.datetime | None = None
    end: dt.datetime | None = None
    exclusive: bool = False


class SourceBody(msgspec.Struct, frozen=True, rename="camel", kw_only=True):
    """A source; one that there is already can be named by its id instead of its address."""

    stream_source_id: UUID | None = None
    stream_url: str | None = None
    quality_tag: str | None = None
    drm_required: bool = False
    primary: bool = False


class CaptionBody(msgspec.Struct, frozen=True, rename="camel", kw_only=True):
    """A track of captions; one that there is already can be named by its id."""

    caption_track_id: UUID | None = None
    language_code: str | None = None
    caption_url: str | None = None
    format: CaptionFormat = "WEBVTT"
    is_default: bool = False


class CreateMovieBody(msgspec.Struct, frozen=True, rename="camel", kw_only=True):
    """A new film. One that is HIDDEN is a draft: what it lacks can follow."""

    title: str
    synopsis: str
    availability: WindowBody
    duration_minutes: int
    poster_url: str
    stream_sources: list[SourceBody]
    caption_tracks: list[CaptionBody]
    genres: list[str] = []
    work_id: UUID | None = None
    visibility: Visibility = "VISIBLE"


class PatchMovieBody(msgspec.Struct, frozen=True, rename="camel", kw_only=True):
    """What is to be changed of a film; lists and the window are replaced as a whole."""

    title: str | UnsetType = UNSET
    synopsis: str | UnsetType = UNSET
    availability: WindowBody | UnsetType = UNSET
    duration_minutes: int | UnsetType = UNSET
    poster_url: str | UnsetType = UNSET
    stream_sources: list[SourceBody] | UnsetType = UNSET
    caption_tracks: list[CaptionBody] | UnsetType = UNSET
    genres: list[str] | UnsetType = UNSET
    visibility: Visibility | UnsetType = UNSET


class VisibilityBody(msgspec.Struct, frozen=True):
    """Whether viewers see a film."""

    visibility: Visibility


class UploadCaptionBody(msgspec.Struct, frozen=True, rename="camel", kw_only=True):
    """A file of captions as text; it takes the place of the track of the same language."""

    language_code: str
    format: CaptionFormat = "WEBVTT"
    text: Annotated[str, Meta(max_length=MAX_CAPTION_CHARS)]
    is_default: bool = False


class StreamTokenBody(msgspec.Struct, frozen=True, rename="camel"):
    """Who watches: a hash that the viewer's player made of itself."""

    viewer_context: Annotated[str, Meta(min_length=1, max_length=200)]


class RefreshTokenBody(msgspec.Struct, frozen=True, rename="camel"):
    """The viewing session that goes on."""

    session_id: Annotated[str, Meta(min_length=1, max_length=200)]


class WindowView(msgspec.Struct, frozen=True, omit_defaults=True):
    """When a film is available; a side that is open is left out, as is that it is not alone."""

    start: dt.datetime | None = None
    end: dt.datetime | None = None
    exclusive: bool = False


class PortalSummary(Summary, frozen=True, kw_only=True):
    """A film in a list: what the graph tells of works, and what the portal tells of films."""

    movie_id: UUID = msgspec.field(name="movieId")
    slug: str
    portal_poster_url: str = msgspec.field(name="posterUrl")
    availability: WindowView
    visibility: Visibility


class PortalMovieList(msgspec.Struct, frozen=True):
    """Films in order of their start, then of their titles."""

    movies: list[PortalSummary]


class StreamSourceView(
    msgspec.Struct, frozen=True, rename="camel", kw_only=True, omit_defaults=True
):
    """A source, and what came of the last check; its address is shown to managers alone."""

    stream_source_id: UUID
    quality_tag: str | None = None
    drm_required: bool
    primary: bool
    validation_status: CheckStatus
    last_validated_at: dt.datetime | None = None
    stream_url: str | None = None
    problem: str | None = None
    duration_seconds: float | None = None
    variants: list[SourceVariant] | None = None


class CaptionView(msgspec.Struct, frozen=True, rename="camel", kw_only=True, omit_defaults=True):
    """A track of captions; `captionUrl` is where it is served from as WebVTT.

    Managers see where it came from (`originalUrl`), if it was not uploaded.
    """

    caption_track_id: UUID
    language_code: str
    format: CaptionFormat
    caption_url: str
    is_default: bool
    validation_status: CheckStatus
    last_validated_at: dt.datetime | None = None
    cues: int = 0
    original_url: str | None = None
    problem: str | None = None


class BlockerView(msgspec.Struct, frozen=True):
    """Why a film can't be published: the field to change, and what is wrong with it."""

    code: str
    field: str
    error: str


class MovieDetail(PortalSummary, frozen=True, kw_only=True):
    """A film with all that callers may see of it; `state`, `blockers` and `revision` are managers'.

    Where the film is linked to one of the graph, all that is known of that stands here too.
    """

    synopsis: str
    genres: list[str]
    duration_minutes: int = msgspec.field(name="durationMinutes")
    stream_sources: list[StreamSourceView] = msgspec.field(name="streamSources")
    caption_tracks: list[CaptionView] = msgspec.field(name="captionTracks")
    work_id: UUID | None = msgspec.field(name="workId", default=None)
    state: PublishingState | None = None
    blockers: list[BlockerView] | None = None
    revision: int | None = None


class TicketCaption(msgspec.Struct, frozen=True, rename="camel", kw_only=True):
    """A track of captions that a player offers."""

    language_code: str
    url: str
    is_default: bool


class StreamTokenView(msgspec.Struct, frozen=True, rename="camel", kw_only=True):
    """A stream that plays until `expiresAt`; after `refreshAfter` seconds its player asks again.

    `sessionId` is what it shows then, and is nobody else's to know.
    """

    signed_url: str
    expires_at: dt.datetime
    session_id: str
    refresh_after: int
    captions: list[TicketCaption]


def summary_members(movie: ListedMovie) -> dict[str, object]:
    """Return the portal's members of a film in a list, by their names on the wire."""
    return {
        "movieId": movie.id,
        "slug": movie.slug,
        "posterUrl": movie.poster_url,
        "availability": WindowView(movie.starts_at, movie.ends_at, movie.exclusive),
        "visibility": movie.visibility,
    }


def detail_members(
    movie: PortalMovie, now: dt.datetime, unseal: Unseal | None
) -> dict[str, object]:
    """Return the portal's members of a film, by their names on the wire.

    With what opens the addresses of its sources, all that managers see.
    """
    members: dict[str, object] = {
        **summary_members(movie),
        "title": movie.title,
        "synopsis": movie.synopsis,
        "genres": list(movie.genres),
        "durationMinutes": movie.duration_minutes,
        "streamSources": [_source_view(movie, one, unseal) for one in movie.sources],
        "captionTracks": [
            _caption_view(movie, one, is_manager=unseal is not None) for one in movie.captions
        ],
    }
    if movie.work is not None:
        members["workId"] = movie.work
    if unseal is not None:
        members["state"] = publishing_state(movie, now)
        members["blockers"] = [BlockerView(*one) for one in blockers(movie)]
        members["revision"] = movie.revision
    return members


def unlinked_summary(movie: ListedMovie) -> Summary:
    """Return a film of which the graph knows nothing as a work of a list."""
    return Summary(
        id=movie.id,
        title=movie.title,
        poster_url=movie.poster_url,
        episodes=1,
        status="unknown",
        anime_type="movie",
    )


def caption_path(movie: UUID, track: UUID) -> str:
    """Return where a track of captions is served from."""
    return f"/api/movies/{movie}/captions/{track}"


def _source_view(
    movie: PortalMovie, source: StreamSource, unseal: Unseal | None
) -> StreamSourceView:
    view = StreamSourceView(
        stream_source_id=source.id,
        quality_tag=source.quality_tag,
        drm_required=source.drm_required,
        primary=source.primary,
        validation_status=source.status,
        last_validated_at=source.validated_at,
    )
    if unseal is None:
        return view
    return msgspec.structs.replace(
        view,
        stream_url=unseal(movie.id, source),
        problem=source.problem,
        duration_seconds=source.duration_s,
        variants=list(source.variants),
    )


def _caption_view(movie: PortalMovie, track: CaptionTrack, *, is_manager: bool) -> CaptionView:
    return CaptionView(
        caption_track_id=track.id,
        language_code=track.language,
        format=track.format,
        caption_url=caption_path(movie.id, track.id),
        is_default=track.is_default,
        validation_status=track.status,
        last_validated_at=track.validated_at,
        cues=track.cues,
        original_url=track.url if is_manager else None,
        problem=track.problem if is_manager else None,
    )
