"""What players tell, as it comes over the wire: bounded in size."""

from typing import Annotated, Final, Literal, TypeAlias

import msgspec
from msgspec import Meta

_MAX_BYTES: Final = 4_000_000_000
"""Between two events: more than a minute of the best line there is."""
_MAX_POSITION_S: Final = 360_000.0
_MAX_MS: Final = 600_000
"""Of waiting or playing between two events."""
EventKind: TypeAlias = Literal["start", "progress", "stall", "error", "end", "leave"]
Milliseconds: TypeAlias = Annotated[float, Meta(ge=0, le=_MAX_MS)]


class PlaybackEvent(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """What a player tells: `bytes` and `bitrate` (bits a second) since it told last, seconds.

    `startup_ms` passed from the wish to play to the first picture, which `start` tells; since it
    told last it played for `played_ms`, and stood still for `stalled_ms` though it should have
    played. Who leaves gives back what is held of an episode besides: a page that is closed sends
    one request, since of two nobody knows which arrives first.
    """

    session_id: Annotated[str, Meta(min_length=1, max_length=64)]
    kind: EventKind
    bytes: Annotated[int, Meta(ge=0, le=_MAX_BYTES)] = 0
    bitrate: Annotated[float, Meta(ge=0, le=1e10)] = 0
    position: Annotated[float, Meta(ge=0, le=_MAX_POSITION_S)] = 0
    duration: Annotated[float, Meta(gt=0, le=_MAX_POSITION_S)] | None = None
    startup_ms: Milliseconds | None = None
    played_ms: Milliseconds = 0
    stalled_ms: Milliseconds = 0
