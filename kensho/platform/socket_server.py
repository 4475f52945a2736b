"""granian as a part of a process of ours: it serves an application from a socket that is bound."""

import os
import socket
from typing import Any, Final

import granian.net
from granian.constants import HTTPModes, Interfaces
from granian.http import HTTP1Settings, HTTP2Settings
from granian.server.embed import Server
from typing_extensions import override

from kensho.platform.listening import BACKLOG
from kensho.platform.settings import ConnectionSettings

_H2_STREAMS: Final = 100


class SharedSocketServer(Server):
    """granian's embedded server, accepting from a socket that is bound already."""

    def __init__(self, app: Any, listening: socket.socket, limits: ConnectionSettings) -> None:
        super().__init__(
            app,
            interface=Interfaces.ASGINL,
            backlog=BACKLOG,
            backpressure=limits.max_connections,
            http=HTTPModes.auto if limits.http2 else HTTPModes.http1,
            http1_settings=HTTP1Settings(
                header_read_timeout=int(limits.header_timeout_s * 1_000),
                max_buffer_size=limits.max_head_bytes,
            ),
            http2_settings=HTTP2Settings(
                max_headers_size=limits.max_head_bytes, max_concurrent_streams=_H2_STREAMS
            ),
            websockets=False,
            log_enabled=False,  # it can't log as JSON, and calls this mode of it experimental
        )
        self._listening = listening

    @override
    def _init_shared_socket(self) -> None:
        """Take a duplicate of the socket: granian closes what it is given."""
        holder_of: Any = vars(granian.net)["SocketHolder"]  # its stub has no constructor
        vars(self)["_shd"] = holder_of(os.dup(self._listening.fileno()), False, BACKLOG)
