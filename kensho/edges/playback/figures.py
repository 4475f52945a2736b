"""Figures of playing: how fast it starts, how long it stalls, what fails, and how many watch now.

The share of stalling is that of `kensho_playback_stalled_seconds_total` in the sum of itself and
`kensho_playback_played_seconds_total`; that of failures is the events `error` in those of `start`
and `error`. Labels are the edge (`streams`, `portal`) and the kind of an event, and no others.

A viewer is one whose player told something within `SEEN_S`, and not of its end. Over a Redis all
processes know all viewers, and each tells the same number: take the largest of the workers'. While
Redis is away each tells of those that told it.
"""

from collections import OrderedDict
from collections.abc import Callable
from time import monotonic, time
from typing import TYPE_CHECKING, Final, Literal, TypeAlias, get_args

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

from kensho.edges.playback.documents import PlaybackEvent
from kensho.errors import RedisDownError

if TYPE_CHECKING:
    from kensho.platform.redis import RedisDoor

PlayingEdge: TypeAlias = Literal["streams", "portal"]
SEEN_S: Final = 30.0
"""A player tells once in ten seconds; two that got lost are no end."""
_MOST_VIEWERS: Final = 65_536
"""Of one edge and process; they take some 10 MB. Beyond, the longest silent is forgotten."""
_STARTUP_S: Final = (0.25, 0.5, 1.0, 1.5, 2.0, 3.0, 4.0, 6.0, 10.0, 20.0, 60.0)
_MS: Final = 1_000


class Viewers:
    """Who watches now, as their players told."""

    def __init__(
        self,
        name: str,
        door: "RedisDoor | None",
        clock_s: Callable[[], float] = monotonic,
        wall_s: Callable[[], float] = time,
    ) -> None:
        self._key = f"viewers:{name}"
        self._door = door
        self._clock_s = clock_s
        self._wall_s = wall_s  # that all machines share
        self._seen: OrderedDict[str, float] = OrderedDict()
        self._shared: tuple[float, int] | None = None

    async def note(self, playback: str, *, is_over: bool) -> None:
        """Note that a player told something, and whether it was its end."""
        self._seen.pop(playback, None)
        if not is_over:
            self._seen[playback] = self._clock_s()
            if len(self._seen) > _MOST_VIEWERS:
                self._seen.popitem(last=False)
        if self._door is not None:
            await self._share(self._door, playback, is_over=is_over)

    def count(self) -> int:
        """Return how many watch now, as far as is known here."""
        now_s = self._clock_s()
        while self._seen and now_s - next(iter(self._seen.values())) > SEEN_S:
            self._seen.popitem(last=False)
        if self._shared is not None and now_s - self._shared[0] <= SEEN_S:
            return self._shared[1]
        return len(self._seen)

    async def _share(self, door: "RedisDoor", playback: str, *, is_over: bool) -> None:
        now_s = self._wall_s()
        act = ("ZREM", self._key, playback) if is_over else ("ZADD", self._key, now_s, playback)
        try:
            replies = await door.commands(
                act,
                ("ZREMRANGEBYSCORE", self._key, "-inf", now_s - SEEN_S),
                ("EXPIRE", self._key, int(2 * SEEN_S)),
                ("ZCARD", self._key),
            )
        except RedisDownError:
            self._shared = None
            return
        self._shared = (self._clock_s(), int(replies[-1]))


class PlaybackFigures:
    """What is counted of playing."""

    def __init__(
        self,
        registry: CollectorRegistry,
        door: "RedisDoor | None" = None,
        clock_s: Callable[[], float] = monotonic,
    ) -> None:
        self._events = Counter(
            "kensho_playback_events",
            "What players told.",
            ("edge", "kind"),
            registry=registry,
        )
        self._startup = Histogram(
            "kensho_playback_startup_seconds",
            "From the wish to play to the first picture, as players told.",
            ("edge",),
            buckets=_STARTUP_S,
            registry=registry,
        )
        self._played = Counter(
            "kensho_playback_played_seconds",
            "Time that players played.",
            ("edge",),
            registry=registry,
        )
        self._stalled = Counter(
            "kensho_playback_stalled_seconds",
            "Time that players stood still though they should have played.",
            ("edge",),
            registry=registry,
        )
        self._bytes = Counter(
            "kensho_streaming_bandwidth_bytes", "Bytes that players received.", registry=registry
        )
        gauge = Gauge(
            "kensho_playback_viewers",
            "Who watches now; of several workers the largest counts.",
            ("edge",),
            registry=registry,
        )
        edges: tuple[PlayingEdge, ...] = get_args(PlayingEdge)
        self._viewers = {edge: Viewers(edge, door, clock_s) for edge in edges}
        for edge, viewers in self._viewers.items():
            gauge.labels(edge).set_function(viewers.count)

    async def take(self, edge: PlayingEdge, event: PlaybackEvent) -> None:
        """Count an event."""
        self._events.labels(edge, event.kind).inc()
        self._bytes.inc(event.bytes)
        self._played.labels(edge).inc(event.played_ms / _MS)
        self._stalled.labels(edge).inc(event.stalled_ms / _MS)
        if event.kind == "start" and event.startup_ms is not None:
            self._startup.labels(edge).observe(event.startup_ms / _MS)
        await self._viewers[edge].note(event.session_id, is_over=event.kind in {"end", "leave"})
