"""The edge of what players tell, which is there as soon as another one plays anything."""

from collections.abc import Mapping, Sequence
from typing import Any

from litestar.types import ControllerRouterHandler
from typing_extensions import override

from kensho.api.providers import provided
from kensho.edges.edge import Edge, EdgeCore
from kensho.edges.playback.controllers import PlaybackController
from kensho.edges.playback.events import PlaybackEvents, Player
from kensho.edges.playback.figures import PlaybackFigures


class PlaybackEdge(Edge):
    """Takes what players tell of streams of the `players`."""

    def __init__(self, core: EdgeCore, players: Sequence[Player]) -> None:
        figures = PlaybackFigures(core.metrics.registry, core.redis)
        self._events = PlaybackEvents(players, figures)

    @property
    @override
    def route_handlers(self) -> Sequence[ControllerRouterHandler]:
        """Return the route."""
        return (PlaybackController,)

    @property
    @override
    def dependencies(self) -> Mapping[str, Any]:
        """Return what it asks for."""
        return provided({"playback_events": lambda: self._events})
