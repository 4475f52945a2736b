"""Metrics for Prometheus: requests by route, method and status, their duration, the revision.

Routes are labelled by their templates, so that ids never become labels. Where several workers
serve, each tells its figures to the others (`kensho.platform.metrics_board`), and whichever is
scraped tells all of them, with the label `worker`: the number of its slot, which its successor has
too.

Performance: a labelled counter is looked up once and kept, because `labels()` costs more than
counting. Telling the figures of 100 routes takes 6 ms of a
processor every 2 s, on a thread, and nothing where there is one worker.
"""

from collections.abc import Callable, Iterable, Mapping
from typing import Final

import msgspec
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

from kensho.platform.machine_metrics import MachineMetrics
from kensho.platform.worker_board import Workers
from kensho.read_model.last_ingest import LastIngest

CONTENT_TYPE: Final = b"text/plain; version=0.0.4; charset=utf-8"
_METHODS: Final = frozenset(("GET", "HEAD", "POST", "OPTIONS", "PUT", "PATCH", "DELETE"))
_BUCKETS_S: Final = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.2, 0.5, 1.0, 5.0)
"""Around the promises: 5 ms for lists, 10 ms for a work; 200 and 500 ms are service levels."""
_WORKER: Final = "worker"


_CONDITIONS: Final = ("clock", "disk", "folder", "read_model", "workers")


class MetricSample(msgspec.Struct, frozen=True, array_like=True):
    """One figure, as Prometheus writes it."""

    name: str
    labels: dict[str, str]
    value: float


class MetricFigures(msgspec.Struct, frozen=True, array_like=True):
    """The figures of one metric of one worker."""

    name: str
    documentation: str
    type: str
    samples: list[MetricSample]


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


class _IngestCollector(Collector):
    """How the last ingest ended; a server that nobody ingests beside tells nothing."""

    def __init__(self) -> None:
        self.last: LastIngest | None = None

    @override
    def collect(self) -> Iterable[Metric]:
        """Yield the figures, where an ingest has ended."""
        if self.last is not None:
            yield GaugeMetricFamily(
                "kensho_ingest_exit_code",
                "Exit code of the last ingest; 0 is well",
                self.last.exit_code,
            )
            yield GaugeMetricFamily(
                "kensho_ingest_ended_timestamp_seconds",
                "When the last ingest ended",
                self.last.ended_at_s,
            )


class _MergedCollector(Collector):
    """The figures of several workers as one, each with the name of its worker."""

    def __init__(self, figures: Mapping[str, list[MetricFigures]]) -> None:
        self._figures = figures

    @override
    def collect(self) -> Iterable[Metric]:
        """Yield each metric once, with the samples of all workers."""
        merged: dict[str, Metric] = {}
        for worker, metrics in self._figures.items():
            for one in metrics:
                metric = merged.get(one.name)
                if metric is None:
                    metric = merged[one.name] = Metric(one.name, one.documentation, one.type)
                for sample in one.samples:
                    metric.add_sample(sample.name, {**sample.labels, _WORKER: worker}, sample.value)
        return merged.values()


class Metrics:
    """The metrics of one application, in registries of its own.

    `registry` takes further ones of this process, such as those of edges; `requests_open` is
    counted by the pipeline.
    """

    def __init__(self) -> None:
        self.registry: Final = CollectorRegistry()
        self._service = CollectorRegistry()
        self.requests_open = 0
        ProcessCollector(registry=self.registry)
        self._requests = Counter(
            "kensho_http_requests",
            "Requests answered",
            ("method", "route", "status"),
            registry=self.registry,
        )
        self._seconds = Histogram(
            "kensho_http_request_seconds",
            "Time to answer",
            ("route",),
            buckets=_BUCKETS_S,
            registry=self.registry,
        )
        self._hits = Counter(
            "kensho_answer_cache_hits", "Answers sent as kept bytes", registry=self.registry
        )
        self._searches = Counter(
            "kensho_searches",
            "Searches by what they found, and texts without result that were then corrected",
            ("outcome",),
            registry=self.registry,
        )
        self._revision = Gauge(
            "kensho_graph_revision", "Revision of the graph served", registry=self.registry
        )
        self._built = Gauge(
            "kensho_snapshot_built_timestamp_seconds",
            "When the snapshot that is served was built; 0 while there is none",
            registry=self.registry,
        )
        self._well = Gauge(
            "kensho_well",
            "1, or 0 where readiness tells a problem",
            ("what",),
            registry=self._service,
        )
        self._workers = _WorkerCollector()
        self._service.register(self._workers)
        self._ingest = _IngestCollector()
        self._service.register(self._ingest)
        self.machine: Final = MachineMetrics(self.registry)
        self._counted: dict[tuple[str, str, int], tuple[Counter, Histogram]] = {}
        self._outcomes: dict[str, Counter] = {}
        self.follow(
            "kensho_http_requests_open",
            "Requests that are being answered, streams of events among them",
            lambda: self.requests_open,
        )

    def follow(self, name: str, documentation: str, value: Callable[[], float]) -> None:
        """Tell a figure that is asked for whenever all are told."""
        Gauge(name, documentation, registry=self.registry).set_function(value)

    def count_request(self, method: str, route: str, status: int, seconds: float | None) -> None:
        """Count a request; of one whose answer went on, how long it took says nothing."""
        key = (method if method in _METHODS else "other", route or "unmatched", status)
        children = self._counted.get(key)
        if children is None:
            children = (
                self._requests.labels(key[0], key[1], str(status)),
                self._seconds.labels(key[1]),
            )
            self._counted[key] = children
        children[0].inc()
        if seconds is not None:
            children[1].observe(seconds)

    def count_hit(self) -> None:
        """Count an answer sent as kept bytes."""
        self._hits.inc()

    def count_search(self, outcome: str) -> None:
        """Count a search, `found` or `nothing`, or a text that was `corrected`."""
        child = self._outcomes.get(outcome)
        if child is None:
            child = self._outcomes[outcome] = self._searches.labels(outcome)
        child.inc()

    def note_snapshot(self, revision: int | None, built_at_s: float) -> None:
        """Take over what is told of the snapshot that this worker serves."""
        self._revision.set(-1 if revision is None else revision)
        self._built.set(built_at_s)

    def note_conditions(
        self,
        problems: Mapping[str, str],
        workers: Workers | None,
        last_ingest: LastIngest | None = None,
    ) -> None:
        """Take over what is told in the next `render` of the service as a whole."""
        for what in _CONDITIONS:
            self._well.labels(what).set(what not in problems)
        self._workers.workers = workers
        self._ingest.last = last_ingest

    def told(self) -> bytes:
        """Return the figures of this worker, as `render` of another takes them."""
        return msgspec.msgpack.encode(
            [
                MetricFigures(
                    metric.name,
                    metric.documentation,
                    metric.type,
                    [MetricSample(one.name, one.labels, one.value) for one in metric.samples],
                )
                for metric in self.registry.collect()
            ]
        )

    def render(self, workers: Mapping[str, bytes] | None = None) -> bytes:
        """Return what Prometheus scrapes: of this worker, or of `workers` by their names."""
        if workers is None:
            return generate_latest(self._service) + generate_latest(self.registry)
        figures = {
            worker: msgspec.msgpack.decode(told, type=list[MetricFigures])
            for worker, told in workers.items()
        }
        merged = CollectorRegistry()
        merged.register(_MergedCollector(figures))
        return generate_latest(self._service) + generate_latest(merged)


class ClientMetrics:
    """What browsers report; `registry` is that of `Metrics`."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self._reports = Counter(
            "kensho_client_reports", "Reports of browsers, by kind", ("kind",), registry=registry
        )
        self._vitals = Histogram(
            "kensho_web_vital_seconds",
            "Web vitals that are times: ttfb, fcp, lcp, inp",
            ("name",),
            buckets=(0.1, 0.2, 0.5, 1.0, 1.8, 2.5, 4.0, 8.0),
            registry=registry,
        )
        self._shift = Histogram(
            "kensho_web_vital_layout_shift",
            "The web vital that is a score: cls",
            buckets=(0.01, 0.05, 0.1, 0.25, 1.0),
            registry=registry,
        )

    def count_report(self, kind: str) -> None:
        """Count a report: `frontend`, `error` or `performance`."""
        self._reports.labels(kind).inc()

    def observe_vital(self, name: str, seconds: float) -> None:
        """Take over a time that a browser measured."""
        self._vitals.labels(name).observe(seconds)

    def observe_shift(self, score: float) -> None:
        """Take over how far a page's parts moved while it was loaded."""
        self._shift.observe(score)
