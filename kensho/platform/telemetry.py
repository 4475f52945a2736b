"""Spans of requests, exported by OpenTelemetry over OTLP/HTTP.

Loaded only where `KENSHO_OTLP_ENDPOINT` is set. A request begins a span only if it is sampled; all
others cost a comparison. Spans wait in a bounded queue for a thread of the exporter.

Guarantees: nothing of the export is on a request's path. A receiver that is slow, cuts or is down
costs spans and log lines, never an answer: an attempt ends after `EXPORT_TIMEOUT_S`, a full queue
drops spans, and `open` ends within `_CLOSE_S` of its block. A caller that has its trace sampled
decides for us as well, but no more than `KENSHO_OTLP_REQUESTS_PER_S` requests a second are sampled
in a process, whatever callers say.

Performance: 0.2 ms of a processor for a recorded request with one part, its export included; 1 µs
for one that is not recorded (`benchmarks/bench_telemetry.py`).
"""

import asyncio
import contextlib
import threading
from collections.abc import AsyncGenerator, Callable, Generator
from time import monotonic
from typing import Final

import structlog
from opentelemetry import trace
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from opentelemetry.sdk.trace.id_generator import IdGenerator, RandomIdGenerator
from opentelemetry.sdk.trace.sampling import ALWAYS_ON
from opentelemetry.trace import (
    NonRecordingSpan,
    SpanContext,
    SpanKind,
    Status,
    StatusCode,
    TraceFlags,
)
from typing_extensions import override

from kensho.platform.edge_settings import TelemetrySettings
from kensho.platform.redaction import redacted_text
from kensho.platform.spans import PartKind, Span, SpanIds, Value

EXPORT_TIMEOUT_S: Final = 1.0
"""Of one attempt, its retries included; a receiver beside the service answers in milliseconds."""
_CLOSE_S: Final = 0.5
"""How long the last spans may take at the end: it is a part of the time to stop."""
_QUEUE: Final = 2_048
_BATCH: Final = 512
_EVERY_MS: Final = 1_000
_PATH: Final = "/v1/traces"
_SAMPLED: Final = TraceFlags(TraceFlags.SAMPLED)
_ID_SPACE: Final = 1 << 64
_INSIDE: Final[frozenset[PartKind]] = frozenset(("cache", "snapshot"))
"""Parts that ask nobody else."""
_SERVER_ERROR: Final = 500
_log = structlog.get_logger("kensho.telemetry")


class _GivenIds(IdGenerator):
    """Gives the next span of this thread the ids that it was told, and random ones to others."""

    def __init__(self) -> None:
        self._random = RandomIdGenerator()
        self._given = threading.local()

    @contextlib.contextmanager
    def given(self, ids: SpanIds) -> Generator[None]:
        self._given.ids = ids
        try:
            yield
        finally:
            del self._given.ids

    @override
    def generate_trace_id(self) -> int:
        ids: SpanIds | None = getattr(self._given, "ids", None)
        return self._random.generate_trace_id() if ids is None else int(ids.trace_id, 16)

    @override
    def generate_span_id(self) -> int:
        ids: SpanIds | None = getattr(self._given, "ids", None)
        return self._random.generate_span_id() if ids is None else int(ids.span_id, 16)


class RecordedSpan:
    """A span that is exported once it has ended: of a request, or of a part of one."""

    __slots__ = ("_name", "_span", "_tracer")

    def __init__(self, tracer: trace.Tracer, span: trace.Span, name: str) -> None:
        self._tracer = tracer
        self._span = span
        self._name = name

    @property
    def traceparent(self) -> str:
        """Return the W3C header that names this span."""
        context = self._span.get_span_context()
        return f"00-{context.trace_id:032x}-{context.span_id:016x}-01"

    def part(self, kind: PartKind, name: str) -> Span:
        """Begin a span within this one."""
        name = redacted_text(name)
        span = self._tracer.start_span(
            name,
            trace.set_span_in_context(self._span),
            SpanKind.INTERNAL if kind in _INSIDE else SpanKind.CLIENT,
            attributes={"kensho.part": kind},
            record_exception=False,
        )
        return RecordedSpan(self._tracer, span, name)

    def note(self, name: str, value: Value) -> None:
        """Add an attribute."""
        self._span.set_attribute(name, redacted_text(value) if isinstance(value, str) else value)

    def fail(self, reason: str) -> None:
        """Say that it failed."""
        self._span.set_status(Status(StatusCode.ERROR, redacted_text(reason)))

    def answered(self, route: str, status: int) -> None:
        """Say by which route, or none, a request was answered, and how."""
        if route:
            self._span.update_name(f"{self._name} {route}")
            self._span.set_attribute("http.route", route)
        self._span.set_attribute("http.response.status_code", status)
        if status >= _SERVER_ERROR:
            self.fail(str(status))

    def end(self) -> None:
        """End it, and let it be exported."""
        self._span.end()


class Telemetry:
    """Decides which requests are sampled, and records their spans while it is open."""

    def __init__(
        self, settings: TelemetrySettings, version: str, clock_s: Callable[[], float] = monotonic
    ) -> None:
        self._settings = settings
        self._version = version
        self._clock_s = clock_s
        self._below = int(settings.sample_share * _ID_SPACE)
        self._ids = _GivenIds()
        self._tracer: trace.Tracer | None = None
        self._second = 0.0
        self._begun = 0

    @contextlib.asynccontextmanager
    async def open(self) -> AsyncGenerator[None]:
        """Export spans while the block runs; what is left then has `_CLOSE_S`."""
        exporter = _exporter(self._settings)
        processor = BatchSpanProcessor(exporter, _QUEUE, _EVERY_MS, _BATCH)
        provider = TracerProvider(
            sampler=ALWAYS_ON,  # what is not sampled never begins a span
            resource=Resource.create(
                {"service.name": self._settings.service_name, "service.version": self._version}
            ),
            id_generator=self._ids,
            shutdown_on_exit=False,
        )
        provider.add_span_processor(processor)
        self._tracer = provider.get_tracer("kensho", self._version)
        try:
            yield
        finally:
            self._tracer = None
            await asyncio.to_thread(_close, processor)

    def begin(self, ids: SpanIds, method: str, request_id: str) -> RecordedSpan | None:
        """Return the span of a request that begins now, or `None` if it is not recorded."""
        tracer = self._tracer
        if tracer is None or not self._is_wanted(ids) or not self._has_room():
            return None
        parent = None
        if ids.parent_id:
            caller = SpanContext(
                int(ids.trace_id, 16), int(ids.parent_id, 16), is_remote=True, trace_flags=_SAMPLED
            )
            parent = trace.set_span_in_context(NonRecordingSpan(caller))
        attributes = {"http.request.method": method, "kensho.request_id": redacted_text(request_id)}
        with self._ids.given(ids):
            span = tracer.start_span(method, parent, SpanKind.SERVER, attributes)
        return RecordedSpan(tracer, span, method)

    def _is_wanted(self, ids: SpanIds) -> bool:
        """Follow the caller; otherwise sample by the id, as others that see the trace would."""
        if ids.parent_id:
            return ids.is_sampled_by_caller
        return int(ids.trace_id[16:], 16) < self._below

    def _has_room(self) -> bool:
        now_s = self._clock_s()
        if now_s - self._second >= 1:
            self._second, self._begun = now_s, 0
        self._begun += 1
        return self._begun <= self._settings.requests_per_s


def _exporter(settings: TelemetrySettings) -> OTLPSpanExporter:
    headers: dict[str, str] = {}
    if settings.token is not None:
        headers["authorization"] = f"Bearer {settings.token.reveal()}"
    return OTLPSpanExporter(
        endpoint=f"{(settings.endpoint or '').rstrip('/')}{_PATH}",
        headers=headers,
        timeout=EXPORT_TIMEOUT_S,
    )


def _close(processor: BatchSpanProcessor) -> None:
    """Let the last spans be exported: a receiver that hangs is waited for `_CLOSE_S`."""
    closing = threading.Thread(target=processor.shutdown, daemon=True)
    closing.start()
    closing.join(_CLOSE_S)
    if closing.is_alive():
        _log.warning("spans_left", reason="the receiver did not take them in time")
