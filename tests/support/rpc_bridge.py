"""A SurrealDB server for tests: its CBOR RPC over WebSocket, with the embedded engine behind it.

The engine's own `execute(bytes) -> bytes` speaks just the messages that a server does, so the
bridge only passes them on, and keeps for each socket what a real server keeps for each session:
whether it has signed in and chosen a database. A socket that has not done both is refused, so that
a client which forgets to do it again after a loss is found out. On command it drops every
connection, goes deaf, or stops listening.
"""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from http import HTTPStatus
from typing import Any, Final

from surrealdb.data.cbor import decode, encode
from surrealdb_embedded import AsyncEmbeddedDB
from websockets.asyncio.server import Server, ServerConnection, serve
from websockets.exceptions import ConnectionClosed
from websockets.http11 import Request, Response
from websockets.typing import Subprotocol

USERNAME: Final = "keeper"
PASSWORD: Final = "of the gate"
NAMESPACE: Final = "kensho"
DATABASE: Final = "kensho"


class RpcBridge:
    """A listening bridge. Use `async with RpcBridge.running() as bridge`."""

    def __init__(self, engine: AsyncEmbeddedDB) -> None:
        self.requests: list[str] = []
        """The methods that came in, in order, over all sockets."""
        self.delay_s = 0.0
        self._engine = engine
        self._server: Server | None = None
        self._port = 0
        self._hearing = asyncio.Event()
        self._hearing.set()

    @classmethod
    @contextlib.asynccontextmanager
    async def running(cls) -> AsyncIterator["RpcBridge"]:
        """Run a bridge over a new engine in memory."""
        engine = AsyncEmbeddedDB("mem://")
        await engine.connect()
        await engine.execute(encode({"id": "0", "method": "use", "params": [NAMESPACE, DATABASE]}))
        bridge = cls(engine)
        await bridge.start()
        try:
            yield bridge
        finally:
            await bridge.stop()
            await engine.close()
            await asyncio.sleep(0.02)  # as Gateway.open: let the engine's threads let go of Python

    @property
    def url(self) -> str:
        """The address, the same after `stop` and `start`."""
        return f"ws://127.0.0.1:{self._port}"

    @property
    def open_connections(self) -> int:
        """How many sockets are connected now."""
        return len(self._sockets())

    async def wait_unused(self) -> None:
        """Wait until no socket is connected."""
        await asyncio.gather(*(socket.wait_closed() for socket in self._sockets()))

    async def start(self) -> None:
        """Listen (again)."""
        self._server = await serve(
            self._serve,
            "127.0.0.1",
            self._port,
            subprotocols=[Subprotocol("cbor")],
            process_request=self._admit,
            max_size=None,
            ping_interval=None,
        )
        self._port = self._server.sockets[0].getsockname()[1]

    async def stop(self) -> None:
        """Refuse connections, and lose the open ones, until `start`; the data stay."""
        self.resume()
        if self._server is not None:
            for listening in self._server.sockets:
                asyncio.get_running_loop().remove_reader(listening.fileno())
            await asyncio.sleep(0)  # or asyncio leaves open what it has accepted a moment ago
            await self.drop_all()
            self._server.close()
            await self._server.wait_closed()
            self._server = None

    async def drop_all(self) -> None:
        """Cut every open connection without a closing handshake, as a lost network does."""
        lost = list(self._sockets())
        for socket in lost:
            socket.transport.abort()
        await asyncio.gather(*(socket.wait_closed() for socket in lost))

    def stall(self) -> None:
        """Accept connections and bytes, and never answer, until `resume`."""
        self._hearing.clear()
        for socket in self._sockets():
            socket.transport.pause_reading()

    def resume(self) -> None:
        """Answer again, also what came in during the stall."""
        self._hearing.set()
        for socket in self._sockets():
            socket.transport.resume_reading()

    def _sockets(self) -> frozenset[ServerConnection]:
        return frozenset(self._server.connections) if self._server is not None else frozenset()

    async def _admit(self, socket: ServerConnection, request: Request) -> Response | None:
        await self._hearing.wait()
        return (
            None if request.path == "/rpc" else socket.respond(HTTPStatus.NOT_FOUND, "no such path")
        )

    async def _serve(self, socket: ServerConnection) -> None:
        session = _Session()
        calls: set[asyncio.Task[None]] = set()
        try:
            async for message in socket:
                call = asyncio.create_task(self._answer(socket, session, message))
                calls.add(call)
                call.add_done_callback(calls.discard)
        except ConnectionClosed:
            pass  # how a cut connection ends
        finally:
            for call in calls:
                call.cancel()  # a lost session drops what it asked for
            await asyncio.gather(*calls, return_exceptions=True)

    async def _answer(
        self, socket: ServerConnection, session: "_Session", message: bytes | str
    ) -> None:
        await self._hearing.wait()
        await asyncio.sleep(self.delay_s)
        raw = message if isinstance(message, bytes) else message.encode()
        request = decode(raw)
        self.requests.append(request["method"])
        answer = session.answer(request)
        if answer is None:
            reply = await self._engine.execute(raw)
        else:
            reply = encode({"id": request["id"], **answer})
        await self._hearing.wait()
        with contextlib.suppress(ConnectionClosed):
            await socket.send(reply)


class _Session:
    """What a server knows of one socket."""

    def __init__(self) -> None:
        self._signed_in = False
        self._database: tuple[str, str] | None = None

    def answer(self, request: dict[str, Any]) -> dict[str, object] | None:
        """Return the bridge's own answer; `None` where the engine's is due."""
        refusal = f"Method not found: {request['method']}"
        match request["method"], request.get("params"):
            case "signin", [{"user": user, "pass": password}]:
                self._signed_in = (user, password) == (USERNAME, PASSWORD)
                if self._signed_in:
                    return {"result": "a.b.c"}
                refusal = "There was a problem with authentication"
            case "use", [namespace, database]:
                self._database = (namespace, database)
                return {"result": None}
            case "query", _ if not self._signed_in:
                refusal = "IAM error: Not enough permissions to perform this action"
            case "query", _ if self._database != (NAMESPACE, DATABASE):
                refusal = "Specify a namespace to use"
            case "query", _:
                return None
        return {"error": {"code": -32000, "kind": "NotAllowed", "message": refusal}}
