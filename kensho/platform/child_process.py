"""Run one function of this program in a process of its own, for what takes a lot of memory once.

The child is a new interpreter (`python -m`), so that nothing of the parent's memory, threads or
locks is in it, and all that it took goes back to the system when it ends. It is handed bytes on its
standard input and answers with bytes on its standard output; what it logs goes where the parent
logs.

Guarantees: the child ends when the parent does, however that ends. It is killed at its deadline and
when the caller is cancelled.
"""

import asyncio
import contextlib
import os
import signal
import sys
import threading
from asyncio import StreamReader, StreamWriter
from asyncio.subprocess import PIPE, Process
from collections.abc import Callable
from typing import Final, cast

from kensho.errors import ChildEndedError

_LENGTH_BYTES: Final = 8
_PARENT_GONE: Final = 70
"""The exit code of a child whose parent has died (`EX_SOFTWARE`); nobody is left to read it."""


async def call(module: str, request: bytes, *, deadline_s: float) -> bytes:
    """Return what `module`, which calls `answer` when it is run, makes of `request`.

    Raises:
        ChildEndedError: the child did not end within `deadline_s`, or ended without an answer.
    """
    # -P: what lies in the current folder must not take the place of the program's modules.
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-P", "-m", module, stdin=PIPE, stdout=PIPE
    )
    try:
        async with asyncio.timeout(deadline_s):
            answer = await _exchanged(process, request)
            code = await process.wait()
    except TimeoutError as error:
        raise ChildEndedError(f"it did not end within {deadline_s:g} s") from error
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    if code != 0:
        raise ChildEndedError(_ending(code))
    return answer


def answer(make: Callable[[bytes], bytes]) -> None:
    """Answer the request of the parent, as the whole of what this process does."""
    size = int.from_bytes(sys.stdin.buffer.read(_LENGTH_BYTES), "big")
    request = sys.stdin.buffer.read(size)
    threading.Thread(target=_end_with_parent, name="end-with-parent", daemon=True).start()
    sys.stdout.buffer.write(make(request))
    sys.stdout.buffer.flush()


async def _exchanged(process: Process, request: bytes) -> bytes:
    """Send a request and return the answer; the input stays open for as long as this one lives."""
    given, told = cast("StreamWriter", process.stdin), cast("StreamReader", process.stdout)
    with contextlib.suppress(BrokenPipeError, ConnectionResetError):  # its exit code tells why
        given.write(len(request).to_bytes(_LENGTH_BYTES, "big") + request)
        await given.drain()
    return await told.read()


def _end_with_parent() -> None:
    """End this process, at once, when the other end of its input is closed."""
    os.read(sys.stdin.fileno(), 1)
    os._exit(_PARENT_GONE)


def _ending(code: int) -> str:
    if code >= 0:
        return f"it ended with code {code}; what it wrote to standard error tells why"
    name = signal.Signals(-code).name
    why = "; the system does so where memory is short" if name == "SIGKILL" else ""
    return f"it was ended by {name}{why}"
