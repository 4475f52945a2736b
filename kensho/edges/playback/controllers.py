"""`/api/playback/events`: what players tell."""

from collections.abc import Sequence
from typing import Annotated, Any, TypeAlias

from litestar import Controller, Response, post
from litestar.di import NamedDependency
from litestar.params import Body, SkipValidation

from kensho.api.operations import Documented, empty_operation
from kensho.edges.accounts.authentication import GivenMaybeSession
from kensho.edges.playback.documents import PlaybackEvent
from kensho.edges.playback.events import PlaybackEvents

_NO_CONTENT = 204
GivenPlaybackEvents: TypeAlias = NamedDependency[SkipValidation[PlaybackEvents]]
"""The annotation under which handlers ask for `playback_events`."""


class PlaybackController(Controller):
    """What players tell."""

    path = "/api/playback/events"
    tags: Sequence[str] | None = ("playback",)
    include_in_schema: bool | Any = True

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
        playback_events: GivenPlaybackEvents,
        maybe_session: GivenMaybeSession,
        data: Annotated[PlaybackEvent, Body(description="What the player tells.")],
    ) -> Response[None]:
        """Tell how an episode or a film plays: that it began, goes on, stalled, failed or ended.

        `leave` gives back what is held of an episode besides, as `DELETE` of its stream does. Of
        episodes the watch history is kept from it. Once in five seconds is enough; more often is
        refused.
        """
        await playback_events.tell(maybe_session, data)
        return Response(None, status_code=_NO_CONTENT)
