"""Serves the tools: to the process that started this one, or over HTTP.

Guarantees: over HTTP no session is kept, so that an idle client costs nothing; a request is
answered only if it names a host and an origin that are listed, or this machine itself, and only
so many at once, each within a deadline. After SIGTERM no more is accepted, and requests may end.
"""

import asyncio
import signal
import socket
from typing import Any, Final, NamedTuple

import structlog
from mcp.server import Server
from mcp.server.stdio import stdio_server
from mcp.server.transport_security import TransportSecuritySettings
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from kensho.errors import SettingsError
from kensho.platform.listening import is_loopback, listen
from kensho.platform.settings import McpSettings, Settings
from kensho.platform.socket_server import SharedSocketServer

PATH: Final = "/mcp"
_OWN_HOSTS: Final = ("127.0.0.1", "localhost", "[::1]")
_DRAIN_SHARE: Final = 0.9
"""The part of the deadline that requests may use; the rest is for closing."""
_NOT_ALLOWED: Final = 405
_LATE: Final = 408
_BUSY: Final = 503
_log = structlog.get_logger("kensho.mcp")


async def serve_stdio(server: Server[None]) -> None:
    """Serve the process that started this one, until it closes our standard input."""
    async with stdio_server() as (reading, writing):
        await server.run(reading, writing, server.create_initialization_options())


async def serve_http(server: Server[None], settings: Settings) -> None:
    """Serve over HTTP until SIGTERM or SIGINT.

    Raises:
        SettingsError: it would listen to other machines, and no host is allowed; or the address is
            taken, or none of this machine.
    """
    app = http_app(server, settings)
    place = settings.mcp
    timeout_s = settings.connections.send_timeout_s
    with listen(place.host, place.port, send_timeout_s=timeout_s) as listening:
        async with server.session_manager.run():
            _log.info("serving", url=f"http://{place.host}:{place.port}{PATH}")
            await _serve_until_stopped(app, listening, settings)


def http_app(server: Server[None], settings: Settings) -> ASGIApp:
    """Return the server as an application; raises `SettingsError` if no host is allowed."""
    if not (is_loopback(settings.mcp.host) or settings.mcp.allowed_hosts):
        raise SettingsError(
            f"KENSHO_MCP_HOST: {settings.mcp.host!r} is reached from other machines; name the hosts"
            " that they may ask for in KENSHO_MCP_ALLOWED_HOSTS"
        )
    app = server.streamable_http_app(
        streamable_http_path=PATH,
        json_response=True,
        stateless_http=True,
        max_request_body_size=settings.http.max_body_bytes,
        transport_security=_allowed(settings.mcp),
    )
    deadline_s = settings.connections.body_timeout_s + settings.work.deadline_s
    return BoundedRequests(app, settings.mcp.max_requests, deadline_s).served


class BoundedRequests:
    """Serves requests of an application: POST only, so many at once, each within a deadline.

    A GET would open a stream on which nothing is ever sent, since the tools tell nothing unasked.
    """

    def __init__(self, app: ASGIApp, most: int, deadline_s: float) -> None:
        self._app = app
        self._most = most
        self._deadline_s = deadline_s
        self._requests = 0

    async def served(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        refusal = self._refusal(scope)
        if refusal is not None:
            await refusal(scope, receive, send)
            return
        self._requests += 1
        answer = _Answer(send)
        try:
            async with asyncio.timeout(self._deadline_s):
                await self._app(scope, receive, answer.send)
        except TimeoutError:
            if answer.has_begun:
                raise
            late = PlainTextResponse(f"not done within {self._deadline_s:g} s", _LATE)
            await late(scope, receive, send)
        finally:
            self._requests -= 1

    def _refusal(self, scope: Scope) -> ASGIApp | None:
        if scope["method"] != "POST":
            return PlainTextResponse("send requests by POST", _NOT_ALLOWED, {"allow": "POST"})
        if self._requests >= self._most:
            return PlainTextResponse("too many requests at once", _BUSY, {"retry-after": "1"})
        return None


class _Answer:
    """Sends an answer, and remembers whether it has begun."""

    def __init__(self, send: Send) -> None:
        self._send = send
        self.has_begun = False

    async def send(self, message: Message) -> None:
        self.has_begun = True
        await self._send(message)


class _Ending(NamedTuple):
    """What may end the serving: the server itself, by an error, or a signal."""

    server: asyncio.Task[None]
    signal: asyncio.Task[bool]


async def _serve_until_stopped(app: ASGIApp, listening: socket.socket, settings: Settings) -> None:
    stopped = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stopped.set)
    server: Any = SharedSocketServer(app, listening, settings.connections)
    ending = _Ending(asyncio.create_task(server.serve()), asyncio.create_task(stopped.wait()))
    await asyncio.wait(ending, return_when=asyncio.FIRST_COMPLETED)
    ending.signal.cancel()
    if ending.server.done():
        ending.server.result()  # it could not start
    server.stop()
    listening.close()  # clients are refused then, and do not wait for nobody
    await asyncio.wait((ending.server,), timeout=settings.server.stop_deadline_s * _DRAIN_SHARE)


def _allowed(settings: McpSettings) -> TransportSecuritySettings:
    """Return which hosts and origins requests may name: this machine's own, and those listed."""
    hosts = [*_OWN_HOSTS, *settings.allowed_hosts]
    own = [f"http://{host}" for host in _OWN_HOSTS]
    return TransportSecuritySettings(
        allowed_hosts=[pattern for host in hosts for pattern in (host, f"{host}:*")],
        allowed_origins=[*own, *(f"{origin}:*" for origin in own), *settings.allowed_origins],
    )
