"""Metrics for Prometheus: requests by route, method and status, their duration, the revision.

Routes are labelled by their templates, so that ids never become labels.

Performance: a labelled counter is looked up once and kept, because `labels()` costs more than
counting.
"""

from collections.abc import Iterable, Mapping
from typing import Final

from prometheus_client import (
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    ProcessCollector,
    generate_latest,
)
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector
from typing_extensions import override

from kensho.platform.worker_board import Workers

CONTENT_TYPE: Final = b"text/plain; version=0.0.4; charset=utf-8"
_METHODS: Final = frozenset(("GET", "HEAD", "POST", "OPTIONS", "PUT", "PATCH", "DELETE"))
_BUCKETS_S: Final = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1.0, 5.0)
"""Around the promises: 5 ms for lists, 10 ms for a work."""


_CONDITIONS: Final = ("clock", "disk", "folder", "read_model", "workers")


class _WorkerCollector(Collector):
    """Figures of all workers, the same whichever of them is scraped."""

    def __init__(self) -> None:
        self.workers: Workers | None = None

    @override
    def collect(self) -> Iterable[Metric]:
        """Yield the figures, where a supervisor runs the workers."""
        if self.workers is not None:
            yield GaugeMetricFamily(
                "kensho_workers", "Workers that there should be", self.workers.wanted
            )
            yield GaugeMetricFamily(
                "kensho_workers_serving", "Workers that serve", self.workers.serving
            )
            yield CounterMetricFamily(
                "kensho_worker_restarts",
                "Workers that ended by themselves and were replaced",
                self.workers.restarts,
            )


class Metrics:
    """The metrics of one application, in a registry of its own."""

    def __init__(self) -> None:
        self._registry = CollectorRegistry()
        ProcessCollector(registry=self._registry)
        self._requests = Counter(
            "kensho_http_requests",
            "Requests answered",
            ("method", "route", "status"),
            registry=self._registry,
        )
        self._seconds = Histogram(
            "kensho_http_request_seconds",
            "Time to answer",
            ("route",),
            buckets=_BUCKETS_S,
            registry=self._registry,
        )
        self._hits = Counter(
            "kensho_answer_cache_hits", "Answers sent as kept bytes", registry=self._registry
        )
        self._searches = Counter(
            "kensho_searches",
            "Searches by what they found, and texts without result that were then corrected",
            ("outcome",),
            registry=self._registry,
        )
        self._revision = Gauge(
            "kensho_graph_revision", "Revision of the graph served", registry=self._registry
        )
        self._built = Gauge(
            "kensho_snapshot_built_timestamp_seconds",
            "When the snapshot that is served was built; 0 while there is none",
            registry=self._registry,
        )
        self._well = Gauge(
            "kensho_well",
            "1, or 0 where readiness tells a problem",
            ("what",),
            registry=self._registry,
        )
        self._workers = _WorkerCollector()
        self._registry.register(self._workers)
        self._counted: dict[tuple[str, str, int], tuple[Counter, Histogram]] = {}

    @property
    def registry(self) -> CollectorRegistry:
        """Return what others count into too, so that all stands in one exposition."""
        return self._registry

    def count_request(self, method: str, route: str, status: int, seconds: float) -> None:
        """Count a request."""
        key = (method if method in _METHODS else "other", route or "unmatched", status)
        children = self._counted.get(key)
        if children is None:
            children = (
                self._requests.labels(key[0], key[1], str(status)),
                self._seconds.labels(key[1]),
            )
            self._counted[key] = children
        children[0].inc()
        children[1].observe(seconds)

    def count_hit(self) -> None:
        """Count an answer sent as kept bytes."""
        self._hits.inc()

    def count_search(self, outcome: str) -> None:
        """Count a search, `found` or `nothing`, or a text that was `corrected`."""
        self._searches.labels(outcome).inc()

    def note_conditions(
        self, problems: Mapping[str, str], workers: Workers | None, built_at_s: float
    ) -> None:
        """Take over what is told in the next `render` of the service as a whole."""
        for what in _CONDITIONS:
            self._well.labels(what).set(what not in problems)
        self._workers.workers = workers
        self._built.set(built_at_s)

    def render(self, revision: int | None) -> bytes:
        """Return the text that Prometheus scrapes."""
        self._revision.set(-1 if revision is None else revision)
        return generate_latest(self._registry)
