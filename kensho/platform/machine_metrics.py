"""What the machine room counts: calls to other services, their breakers, and layers of caches.

`kensho.http.metrics` hands its registry in, so that all of it stands in one exposition. A part that
is made without one counts into a registry of its own, which nobody reads.

Upstreams and layers are few and named by the program, so that labels never come from outside.
"""

from typing import Final, Literal, TypeAlias

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

CallOutcome: TypeAlias = Literal["ok", "failed", "timeout", "refused", "exhausted", "cancelled"]
"""How a call ended: `refused` by an open breaker, `exhausted` because no connection was free."""
CacheLayer: TypeAlias = Literal["l1", "l2", "l3"]
CacheOutcome: TypeAlias = Literal["hit", "miss", "joined", "unreachable", "warmed"]
"""`joined` waited for what another was making; `warmed` was made before anybody asked."""
_BUCKETS_S: Final = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
"""From Redis on the same machine to a provider at its deadline."""
_CachePair: TypeAlias = tuple[CacheLayer, CacheOutcome]


class MachineMetrics:
    """Counts into one registry."""

    def __init__(self, registry: CollectorRegistry | None = None) -> None:
        own = CollectorRegistry() if registry is None else registry
        self._calls = Counter(
            "kensho_upstream_requests",
            "Calls to other services by how they ended",
            ("upstream", "outcome"),
            registry=own,
        )
        self._seconds = Histogram(
            "kensho_upstream_seconds",
            "Time of calls to other services that were not refused at once",
            ("upstream",),
            buckets=_BUCKETS_S,
            registry=own,
        )
        self._open = Gauge(
            "kensho_upstream_calls_open",
            "Calls to other services that are being made",
            ("upstream",),
            registry=own,
        )
        self._retries = Counter(
            "kensho_upstream_retries",
            "Further attempts after one that failed",
            ("upstream",),
            registry=own,
        )
        self._breaker = Gauge(
            "kensho_breaker_state",
            "0 closed, 1 half open, 2 open",
            ("upstream",),
            registry=own,
        )
        self._opened = Counter(
            "kensho_breaker_opened", "Times that a breaker opened", ("upstream",), registry=own
        )
        self._cache = Counter(
            "kensho_cache_requests",
            "Look-ups in caches by layer and what they found",
            ("layer", "outcome"),
            registry=own,
        )
        self._cache_pairs: dict[_CachePair, Counter] = {}

    def count_call(self, upstream: str, outcome: CallOutcome, seconds: float | None = None) -> None:
        """Count a call; one that was not made at all has no time."""
        self._calls.labels(upstream, outcome).inc()
        if seconds is not None:
            self._seconds.labels(upstream).observe(seconds)

    def count_retry(self, upstream: str) -> None:
        """Count a further attempt."""
        self._retries.labels(upstream).inc()

    def hold(self, upstream: str, calls: int) -> None:
        """Add to the calls that are being made, or with a negative number take away."""
        self._open.labels(upstream).inc(calls)

    def note_breaker(self, upstream: str, state: int, *, opened: bool) -> None:
        """Take over the state of a breaker: 0 closed, 1 half open, 2 open."""
        self._breaker.labels(upstream).set(state)
        if opened:
            self._opened.labels(upstream).inc()

    def count_cache(self, layer: CacheLayer, outcome: CacheOutcome) -> None:
        """Count a look-up in a layer of the caches."""
        pair = (layer, outcome)
        counter = self._cache_pairs.get(pair)
        if counter is None:
            counter = self._cache_pairs[pair] = self._cache.labels(layer, outcome)
        counter.inc()
