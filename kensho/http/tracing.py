"""The ids of a request: `X-Request-ID` and W3C `traceparent`.

Both are taken from the request where they are well formed, and made otherwise. A caller's request
id is well formed if it has at most 128 visible ASCII characters, so that it can stand in a log line
and a header as it is. Of a well-formed `traceparent` the trace id and flags are kept, under a new
span id (https://www.w3.org/TR/trace-context/, version 00).
"""

import re
from random import Random
from typing import TYPE_CHECKING, Final, NamedTuple

from kensho.errors import SettingsError
from kensho.platform.installation import installed_version
from kensho.platform.settings import Settings
from kensho.platform.spans import SpanIds

if TYPE_CHECKING:
    from kensho.platform.telemetry import Telemetry

_REQUEST_ID: Final = re.compile(rb"[\x21-\x7e]{1,128}")
_TRACEPARENT: Final = re.compile(
    rb"(?!ff)[0-9a-f]{2}-(?!0{32})([0-9a-f]{32})-(?!0{16})([0-9a-f]{16})-([0-9a-f]{2})(?:-.*)?"
)
_NOT_SAMPLED: Final = b"00"
_NO_PARENT: Final = b""
_SPAN_ID: Final = slice(36, 52)


class Trace(NamedTuple):
    """A request's ids: its own, its trace's, and the `traceparent` it answers with.

    `parent_id` is that of its caller's span, if it named one.
    """

    request_id: bytes
    trace_id: bytes
    traceparent: bytes
    parent_id: bytes = b""

    @property
    def span_ids(self) -> SpanIds:
        """Return where the request stands in its trace."""
        return SpanIds(
            self.trace_id.decode(),
            self.traceparent[_SPAN_ID].decode(),
            self.parent_id.decode(),
            is_sampled_by_caller=bool(int(self.traceparent[-2:], 16) & 1),
        )

    def sampled(self, *, is_sampled: bool) -> "Trace":
        """Return the ids with the flag that tells others whether this trace is recorded."""
        return self._replace(traceparent=self.traceparent[:-2] + (b"01" if is_sampled else b"00"))


def read_trace(request_id: bytes | None, traceparent: bytes | None, random: Random) -> Trace:
    """Return the ids for a request that came with these headers."""
    bits = random.getrandbits(192)
    if request_id is None or _REQUEST_ID.fullmatch(request_id) is None:
        request_id = b"%032x" % (bits >> 64)
    match = _TRACEPARENT.fullmatch(traceparent) if traceparent is not None else None
    trace_id, parent_id, flags = (
        match.groups() if match else (b"%032x" % (bits >> 64 | 1), _NO_PARENT, _NOT_SAMPLED)
    )
    return Trace(
        request_id,
        trace_id,
        b"00-%b-%016x-%b" % (trace_id, bits & 0xFFFF_FFFF_FFFF_FFFF | 1, flags),
        parent_id,
    )


def telemetry_of(settings: Settings) -> "Telemetry | None":
    """Return what records and exports spans, if the settings ask for that.

    Raises:
        SettingsError: what it needs is not installed.
    """
    if settings.telemetry.endpoint is None:
        return None
    try:
        from kensho.platform.telemetry import Telemetry  # noqa: PLC0415 -- heavy, and optional
    except ImportError as error:
        raise SettingsError(
            "KENSHO_OTLP_ENDPOINT: spans need the extra `otel`: pip install 'kensho[otel]'"
        ) from error
    return Telemetry(settings.telemetry, installed_version())
