"""What every answer passes on its way out: common headers, no body for HEAD, its status noted."""

from typing import Final, TypeAlias

from litestar.types import Message, Scope, Send

from kensho.http import privacy
from kensho.http.request_state import limit_of
from kensho.http.tracing import Trace

_POLICY: Final = (
    b"content-security-policy",
    b"default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
)
"""Of an answer that states none of its own: as a page it loads and runs nothing, in no frame."""
_CLOSE: Final = ((b"connection", b"close"),)
_LIMIT: Final = (b"ratelimit", b"ratelimit-policy")

Headers: TypeAlias = list[tuple[bytes, bytes]]


class ResponseTap:
    """One answer on its way out: adds common headers, drops HEAD's body, notes the status.

    `scope` is set once the request goes on to its route. An answer of a route that is not declared
    public leaves as private, whatever made it: a handler, a guard or an error.
    """

    __slots__ = ("_send", "ends_connection", "extra", "head", "scope", "status", "trace")

    def __init__(self, send: Send, trace: Trace, *, head: bool) -> None:
        self._send = send
        self.trace = trace
        self.head = head
        self.ends_connection = False
        self.extra: Headers = []
        self.scope: Scope | None = None
        self.status = 0

    async def send(self, message: Message) -> None:
        """Pass a message of the answer on."""
        if message["type"] == "http.response.start":
            self.status = message["status"]
            headers = message["headers"]
            extra = self.extra
            if self.scope is not None:
                if privacy.is_private(self.scope):
                    headers = privacy.made_private(headers)
                limit = limit_of(self.scope)
                if limit:
                    extra = [*(pair for pair in extra if pair[0] not in _LIMIT), *limit]
            has_policy = any(name == _POLICY[0] for name, _ in headers)
            message["headers"] = [
                *headers,
                (b"x-request-id", self.trace.request_id),
                (b"traceparent", self.trace.traceparent),
                (b"x-content-type-options", b"nosniff"),
                *(() if has_policy else (_POLICY,)),
                *(_CLOSE if self.ends_connection else ()),
                *extra,
            ]
        elif self.head and message["type"] == "http.response.body":
            message["body"] = b""
        await self._send(message)

    async def send_whole(self, status: int, headers: Headers, body: bytes) -> None:
        """Send an answer that is made before routing."""
        length = [] if status == 204 else [(b"content-length", b"%d" % len(body))]  # noqa: PLR2004
        await self.send(
            {"type": "http.response.start", "status": status, "headers": [*headers, *length]}
        )
        await self.send({"type": "http.response.body", "body": body, "more_body": False})
