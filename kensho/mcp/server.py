"""The tools as a server of the Model Context Protocol, bound to the SDK.

Guarantees: a call reads the snapshot that is served when it arrives, and the answer names it under
`_meta`. What a caller can mend is an error of the tool that names argument and value; what is wrong
here is logged, and told without its particulars. No answer is longer than `MAX_ANSWER_BYTES`.
"""

import asyncio
import contextlib
import functools
from collections.abc import AsyncGenerator, Mapping
from typing import Any, Final

import anyio
import anyio.to_thread
import msgspec
import structlog
from mcp import MCPError
from mcp.server import Server
from mcp_types import (
    INVALID_PARAMS,
    CallToolRequestParams,
    CallToolResult,
    ListToolsResult,
    TextContent,
    Tool,
    ToolAnnotations,
)

from kensho.errors import KenshoError, NotReadyError
from kensho.mcp.arguments import read_arguments
from kensho.mcp.schemas import schema_of
from kensho.mcp.tools import TOOLS, ReadTool, ToolCall, ToolParts
from kensho.read_model.holder import SnapshotHolder

MAX_ANSWER_BYTES: Final = 131_072
"""Some 30,000 tokens; the longest answers to the catalogue of 43,000 works have 30 KB."""
_THREADS: Final = 2
"""Calls share Python's lock: more make nothing faster; the second lets a short one pass."""
_INSTRUCTIONS: Final = (
    "Kenshō knows how anime and anime films hang together: franchises, relations between works with"
    " the catalogues that state them, watch orders with reasons, similar works. All tools only"
    " read. Begin with `search` (titles) or `match` (file names) and go on with the ids they"
    " answer."
)
_log = structlog.get_logger("kensho.mcp")


class ToolServer:
    """Answers calls of tools from the snapshot that is published."""

    def __init__(self, holder: SnapshotHolder, parts: ToolParts, refresh_every_s: float) -> None:
        """Take what follows the snapshots, looked for every so many seconds."""
        self._holder = holder
        self._parts = parts
        self._refresh_every_s = refresh_every_s
        self._threads = anyio.CapacityLimiter(_THREADS)

    def bound(self, version: str) -> Server[None]:
        """Return the server for the SDK's transports; it follows what is published meanwhile."""

        @contextlib.asynccontextmanager
        async def lifespan(_: Server[None]) -> AsyncGenerator[None]:
            await self._holder.refresh()
            following = asyncio.create_task(self._holder.watch(self._refresh_every_s))
            try:
                yield
            finally:
                following.cancel()
                with contextlib.suppress(asyncio.CancelledError):
                    await following

        return Server(
            "kensho",
            title="Kenshō",
            version=version,
            instructions=_INSTRUCTIONS,
            lifespan=lifespan,
            on_list_tools=self._list_tools,
            on_call_tool=self._call_tool,
        )

    async def _list_tools(self, _context: object, _params: object) -> ListToolsResult:
        return ListToolsResult(tools=[*map(described, TOOLS.values())])

    async def _call_tool(self, _context: object, params: CallToolRequestParams) -> CallToolResult:
        tool = TOOLS.get(params.name)
        if tool is None:
            known = ", ".join(TOOLS)
            raise MCPError(INVALID_PARAMS, f"there is no tool {params.name!r}; known are {known}")
        asking = functools.partial(self._answer, tool, params.arguments or {})
        try:
            return await anyio.to_thread.run_sync(asking, limiter=self._threads)
        except NotReadyError:
            return _failed("no catalogue is published yet; the server's log tells why")
        except KenshoError as error:
            return _failed(error.message)
        except Exception:  # noqa: BLE001 -- the SDK would tell the caller what it says
            _log.exception("tool_failed", tool=tool.name)
            return _failed("something is wrong here; the server's log tells what")

    def _answer(self, tool: ReadTool, given: Mapping[str, Any]) -> CallToolResult:
        snapshot = self._holder.held
        asked: Any = read_arguments(tool.form, given)
        call = ToolCall(snapshot, self._parts, include_adult=asked.include_adult)
        return answered(snapshot.identity, msgspec.json.encode(tool.run(call, asked)))


def described(tool: ReadTool) -> Tool:
    """Return a tool as clients list it."""
    return Tool(
        name=tool.name,
        title=tool.title,
        description=tool.description,
        input_schema=schema_of(tool.form),
        output_schema=schema_of(tool.answer),
        annotations=ToolAnnotations(
            read_only_hint=True, destructive_hint=False, idempotent_hint=True, open_world_hint=False
        ),
    )


def answered(identity: str, document: bytes) -> CallToolResult:
    """Return a document of a snapshot as an answer: structured, and as text for older clients.

    One that is too long is an error.
    """
    if len(document) > MAX_ANSWER_BYTES:
        return _failed(
            f"the answer has {len(document)} bytes, at most {MAX_ANSWER_BYTES} are sent: ask for"
            " fewer by a smaller limit"
        )
    return CallToolResult(
        content=[TextContent(text=document.decode())],
        structured_content=msgspec.json.decode(document),
        _meta={"snapshot": identity},
    )


def _failed(message: str) -> CallToolResult:
    return CallToolResult(content=[TextContent(text=message)], is_error=True)
