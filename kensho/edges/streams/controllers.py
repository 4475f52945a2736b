"""`/api/stream` and `/api/playback/events`: streams for who is signed in, and what players tell."""

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import Annotated, Any, Final, TypeAlias
from uuid import UUID

import msgspec
from litestar import Controller, Response, delete, post
from litestar.di import NamedDependency
from litestar.openapi.spec import Example
from litestar.params import Body, PathParameter, QueryParameter, SkipValidation

from kensho.api import examples
from kensho.api.operations import Documented, empty_operation, get_operation
from kensho.edges.accounts.authentication import SESSION_SECURITY, GivenSession
from kensho.edges.streams.playlists import Quality
from kensho.edges.streams.service import (
    LANGUAGE,
    MAX_EPISODE,
    AudioTrackView,
    PlaybackEvent,
    StreamAnswer,
    StreamService,
    StreamWish,
)
from kensho.edges.streams.slots import SubtitleFile
from kensho.http.request_costs import costing
from kensho.http.responses import UncachedResponse
from kensho.read_model.encoded import encoded

_NO_CONTENT: Final = 204
_COST: Final = 5
"""Three calls to the provider; what is kept costs one."""
GivenStreams: TypeAlias = NamedDependency[SkipValidation[StreamService]]
"""The annotation under which handlers ask for `streams`."""
WorkId: TypeAlias = Annotated[
    UUID,
    PathParameter(
        description="The id of a work.",
        examples=[Example(value=examples.FIRST_ID)],
    ),
]
EpisodeNumber: TypeAlias = Annotated[
    int,
    PathParameter(
        ge=1,
        le=MAX_EPISODE,
        description="The number of the episode, from 1; a film is its own first one.",
        examples=[Example(value=1)],
    ),
]
WishedQuality: TypeAlias = Annotated[
    Quality,
    QueryParameter(
        description="The most lines of picture; without a variant below, the lowest. `auto` lets"
        " the player choose.",
        examples=[Example(value="auto")],
    ),
]
WishedAudio: TypeAlias = Annotated[
    str | None,
    QueryParameter(
        pattern=LANGUAGE,
        description="The language to hear; else the original one.",
        examples=[Example(value="ja-JP")],
    ),
]
WishedSubtitles: TypeAlias = Annotated[
    str | None,
    QueryParameter(
        pattern=f"{LANGUAGE}|^none$",
        description="The language of subtitles to name first, or `none`.",
        examples=[Example(value="en-US")],
    ),
]
_ANSWER: Final = StreamAnswer(
    stream_url="https://media.example/s/5f2a/ja-JP/master.m3u8",
    expires_at=dt.datetime(2026, 11, 30, 12, 4, 30, tzinfo=dt.UTC),
    quality="auto",
    qualities=["720p", "480p", "360p"],
    audio="ja-JP",
    subtitles=[SubtitleFile("en-US", "https://media.example/s/5f2a/en-US.vtt", "vtt")],
    audio_tracks=[AudioTrackView("ja-JP", "Japanese"), AudioTrackView("en-US", "English")],
    session_id="mZ0l2c0qX5t1Yw3e",
)


class StreamWishQuery(msgspec.Struct, frozen=True, kw_only=True):
    """How the stream is wished."""

    quality: WishedQuality = "auto"
    audio: WishedAudio = None
    subtitles: WishedSubtitles = None


class StreamController(Controller):
    """Streams."""

    path = "/api/stream/{anime_id:str}/{episode:str}"
    security = SESSION_SECURITY
    tags: Sequence[str] | None = ("streams",)
    opt: Mapping[str, Any] | None = costing(_COST)

    @get_operation(
        None,
        Documented(
            "Play an episode",
            "The stream.",
            {
                403: "It is not offered where you are (`not_in_region`), or to your subscription"
                " (`not_entitled`).",
                404: "There is no such work or episode (`episode_not_found`), or no provider is"
                " known to offer it (`not_offered`).",
                409: "The subscription plays as much as it may (`too_many_streams`), or it is"
                " protected by DRM (`drm_protected`).",
                503: "The provider is away (`provider_unavailable`), blocks this service"
                " (`provider_blocked`) or refuses it (`provider_misconfigured`).",
            },
        ),
        _ANSWER,
    )
    async def read(
        self,
        streams: GivenStreams,
        session: GivenSession,
        anime_id: WorkId,
        episode: EpisodeNumber,
        query: StreamWishQuery,
    ) -> UncachedResponse[StreamAnswer]:
        """Return the address of an episode's stream, for whoever is signed in with the provider.

        It is good until `expires_at`; whoever plays on then asks again. The same answer is given
        until then, and holds one of the streams that the subscription may play at once.
        """
        wish = StreamWish(query.quality, query.audio, query.subtitles)
        answer = await streams.resolve(session, anime_id, episode, wish)
        return UncachedResponse(encoded(answer))

    @empty_operation(delete, None, Documented("Stop an episode", "It is given back."))
    async def stop(
        self,
        streams: GivenStreams,
        session: GivenSession,
        anime_id: WorkId,
        episode: EpisodeNumber,
    ) -> Response[None]:
        """Give back what is held of an episode, so that another can be played instead."""
        streams.release(session, anime_id, episode)
        return Response(None, status_code=_NO_CONTENT)


class PlaybackController(Controller):
    """What players tell."""

    path = "/api/playback/events"
    security = SESSION_SECURITY
    tags: Sequence[str] | None = ("streams",)

    @empty_operation(
        post,
        None,
        Documented(
            "Tell of playing",
            "It is noted.",
            {404: "The playback has ended (`ended`): ask for the stream again."},
        ),
    )
    async def tell(
        self,
        streams: GivenStreams,
        session: GivenSession,
        data: Annotated[PlaybackEvent, Body(description="What the player tells.")],
    ) -> Response[None]:
        """Tell how far an episode has played, that it stalled, failed or ended.

        `leave` gives back what is held of it besides, as `DELETE` of the stream does. The watch
        history is kept from it. Once in five seconds is enough; more often is refused.
        """
        await streams.tell(session, data)
        return Response(None, status_code=_NO_CONTENT)
