"""A receiver of OTLP over HTTP on loopback: it decodes real protobuf, and can be slow or cut."""

import contextlib
import gzip
import threading
import time
from collections.abc import Callable, Iterator
from typing import Final, Literal, NamedTuple, TypeAlias, cast

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import (
    ExportTraceServiceRequest,
    ExportTraceServiceResponse,
)
from opentelemetry.proto.common.v1.common_pb2 import AnyValue

from tests.support.loopback_servers import LoopbackServer, QuietHandler, running

Mood: TypeAlias = Literal["well", "slow", "cut", "refusing"]
"""`slow` answers nothing until the test ends, `cut` hangs up, `refusing` answers 503."""
_PATIENCE_S: Final = 20.0
Attribute: TypeAlias = str | bool | int | float


class ReceivedSpan(NamedTuple):
    """A span as the protocol says it, ids in hexadecimal; `parent_id` is empty for a root."""

    name: str
    kind: int
    trace_id: str
    span_id: str
    parent_id: str
    attributes: dict[str, Attribute]
    is_error: bool
    resource: dict[str, Attribute]


class OtlpReceiver(LoopbackServer):
    """What was received, and how the receiver feels."""

    def __init__(self) -> None:
        super().__init__(_Handler)
        self.mood: Mood = "well"
        self.spans: list[ReceivedSpan] = []
        self.raw: list[bytes] = []
        self.tried = 0
        self.authorizations: set[str | None] = set()
        self.released = threading.Event()
        self.endpoint = f"http://127.0.0.1:{self.server_port}"

    def until(self, holds: Callable[[list[ReceivedSpan]], bool]) -> list[ReceivedSpan]:
        """Wait until what was received holds; return it."""
        limit = time.monotonic() + _PATIENCE_S
        while not holds(self.spans):
            assert time.monotonic() < limit, f"{len(self.spans)} spans came, not these"
            time.sleep(0.02)
        return list(self.spans)

    def until_tried(self, times: int) -> None:
        """Wait until an exporter came so often."""
        limit = time.monotonic() + _PATIENCE_S
        while self.tried < times:
            assert time.monotonic() < limit, "nobody came"
            time.sleep(0.02)


class _Handler(QuietHandler):
    def do_POST(self) -> None:  # noqa: N802 -- the name that http.server calls
        receiver = cast("OtlpReceiver", self.server)
        body = self.rfile.read(int(self.headers["content-length"]))
        receiver.tried += 1
        receiver.authorizations.add(self.headers.get("authorization"))
        if receiver.mood == "slow":
            receiver.released.wait(_PATIENCE_S)
            self.close_connection = True
            return
        if receiver.mood == "cut":
            self.close_connection = True
            return
        if receiver.mood == "refusing" or self.path != "/v1/traces":
            self._answer(503, b"")
            return
        assert self.headers["content-type"] == "application/x-protobuf"
        if self.headers.get("content-encoding") == "gzip":
            body = gzip.decompress(body)
        receiver.raw.append(body)
        receiver.spans.extend(_decoded(body))
        self._answer(200, ExportTraceServiceResponse().SerializeToString())

    def _answer(self, status: int, body: bytes) -> None:
        self.send_response(status)
        self.send_header("content-type", "application/x-protobuf")
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


def _decoded(body: bytes) -> Iterator[ReceivedSpan]:
    request = ExportTraceServiceRequest.FromString(body)
    for resource in request.resource_spans:
        of_resource = {one.key: _value(one.value) for one in resource.resource.attributes}
        for scope in resource.scope_spans:
            for span in scope.spans:
                yield ReceivedSpan(
                    span.name,
                    span.kind,
                    span.trace_id.hex(),
                    span.span_id.hex(),
                    span.parent_span_id.hex(),
                    {one.key: _value(one.value) for one in span.attributes},
                    span.status.code == span.status.STATUS_CODE_ERROR,
                    of_resource,
                )


def _value(value: AnyValue) -> Attribute:
    kind = value.WhichOneof("value")
    assert kind in {"string_value", "bool_value", "int_value", "double_value"}, kind
    return cast("Attribute", getattr(value, kind))


@contextlib.contextmanager
def otlp_receiver() -> Iterator[OtlpReceiver]:
    """Run a receiver until the block ends."""
    with running(OtlpReceiver()) as receiver:
        try:
            yield receiver
        finally:
            receiver.released.set()
