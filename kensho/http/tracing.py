"""The ids of a request: `X-Request-ID` and W3C `traceparent`.

Both are taken from the request where they are well formed, and made otherwise. A caller's request
id is well formed if it has at most 128 visible ASCII characters, so that it can stand in a log line
and a header as it is. Of a well-formed `traceparent` the trace id and flags are kept, under a new
span id (https://www.w3.org/TR/trace-context/, version 00).
"""

import re
from random import Random
from typing import Final, NamedTuple

_REQUEST_ID: Final = re.compile(rb"[\x21-\x7e]{1,128}")
_TRACEPARENT: Final = re.compile(
    rb"(?!ff)[0-9a-f]{2}-(?!0{32})([0-9a-f]{32})-(?!0{16})[0-9a-f]{16}-([0-9a-f]{2})(?:-.*)?"
)
_NOT_SAMPLED: Final = b"00"


class Trace(NamedTuple):
    """A request's ids: its own, its trace's, and the `traceparent` it answers with."""

    request_id: bytes
    trace_id: bytes
    traceparent: bytes


def read_trace(request_id: bytes | None, traceparent: bytes | None, random: Random) -> Trace:
    """Return the ids for a request that came with these headers."""
    bits = random.getrandbits(192)
    if request_id is None or _REQUEST_ID.fullmatch(request_id) is None:
        request_id = b"%032x" % (bits >> 64)
    match = _TRACEPARENT.fullmatch(traceparent) if traceparent is not None else None
    trace_id, flags = match.groups() if match else (b"%032x" % (bits >> 64 | 1), _NOT_SAMPLED)
    return Trace(
        request_id,
        trace_id,
        b"00-%b-%016x-%b" % (trace_id, bits & 0xFFFF_FFFF_FFFF_FFFF | 1, flags),
    )
