"""Metrics for Prometheus: requests by route, method and status, their duration, the revision.

Routes are labelled by their templates, so that ids never become labels.

Performance: a labelled counter is looked up once and kept, because `labels()` costs more than
counting.
"""

from typing import Final

from prometheus_client import (
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    ProcessCollector,
    generate_latest,
)

CONTENT_TYPE: Final = b"text/plain; version=0.0.4; charset=utf-8"
_METHODS: Final = frozenset(("GET", "HEAD", "POST", "OPTIONS", "PUT", "PATCH", "DELETE"))
_BUCKETS_S: Final = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1.0, 5.0)
"""Around the promises: 5 ms for lists, 10 ms for a work."""


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
        self._revision = Gauge(
            "kensho_graph_revision", "Revision of the graph served", registry=self._registry
        )
        self._counted: dict[tuple[str, str, int], tuple[Counter, Histogram]] = {}

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

    def render(self, revision: int | None) -> bytes:
        """Return the text that Prometheus scrapes."""
        self._revision.set(-1 if revision is None else revision)
        return generate_latest(self._registry)
