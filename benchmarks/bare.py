"""The yardstick: a bare Litestar handler that returns a body of the size given.

Served as Kenshō is.
"""

import asyncio
import sys

from granian.constants import Interfaces
from granian.server.embed import Server
from litestar import Litestar, get
from litestar.params import FromPath


async def main(port: int, size_bytes: int) -> None:
    body = b'{"x":"' + b"x" * (size_bytes - 8) + b'"}'

    @get("/api/anime/{work_id:str}", media_type="application/json")
    async def read(work_id: FromPath[str]) -> bytes:  # noqa: ARG001 -- read, as Kenshō reads it
        return body

    app = Litestar([read], openapi_config=None, logging_config=None)
    server = Server(
        app, "127.0.0.1", port, interface=Interfaces.ASGINL, log_enabled=False, websockets=False
    )
    await server.serve()


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1]), int(sys.argv[2])))
