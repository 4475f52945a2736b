"""Read a source's file in a process of its own that may not grow by more than 1 GB.

It is forked from a server that has everything imported, so that it starts within milliseconds. Its
limit is on address space (`RLIMIT_AS`): a reader that holds what it shouldn't ends in
`MemoryError`, or is killed.
"""

import multiprocessing
import resource
from collections.abc import Mapping
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Final

import msgspec

from ingest.reading.files import SourceFile
from ingest.reading.rejects import Reject, RejectLog
from ingest.registry import SOURCES
from kensho.platform.settings import IngestSettings

_ALLOWED_BYTES: Final = 1024 * 1024 * 1024
_PATIENCE_S: Final = 60


class Outcome(msgspec.Struct, frozen=True):
    """How a reading ended: records, rejects as counted and as written, the error, and the cost."""

    records: int
    counted: int
    rejects: tuple[Reject, ...]
    error: str | None
    message: str
    grown_mb: int


def read_bounded(source: str, path: Path, limits: Mapping[str, int] | None = None) -> Outcome:
    """Return how reading a file ends; `error` is the name of the error's class, or `None`."""
    forks = multiprocessing.get_context("forkserver")
    forks.set_forkserver_preload([__name__])
    ours, theirs = forks.Pipe(duplex=False)
    process = forks.Process(target=_read, args=(theirs, source, path, dict(limits or {})))
    process.start()
    theirs.close()
    try:
        if not ours.poll(_PATIENCE_S):
            return Outcome(0, 0, (), "TimeoutError", f"not read within {_PATIENCE_S} s", 0)
        return msgspec.msgpack.decode(ours.recv_bytes(), type=Outcome)
    except EOFError:
        return Outcome(0, 0, (), "Killed", "the process died", 0)
    finally:
        process.kill()
        process.join()


def _read(line: Connection, source: str, path: Path, limits: dict[str, int]) -> None:
    before_kb = _size_kb()
    bound = before_kb * 1024 + _ALLOWED_BYTES
    resource.setrlimit(resource.RLIMIT_AS, (bound, resource.RLIM_INFINITY))
    log_path = path.with_name(f"{path.name}.rejects")
    bounds = IngestSettings(**limits)
    file, records, error, message = SourceFile(path, bounds), 0, None, ""
    with RejectLog(source, log_path, bounds.max_rejects) as log:
        try:
            SOURCES[source].snapshot(file)
            for _ in SOURCES[source].read(file, log):
                records += 1
        except Exception as found:  # noqa: BLE001 -- whoever asks looks at its class
            error, message = type(found).__name__, str(found)
    resource.setrlimit(resource.RLIMIT_AS, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
    written = log_path.read_bytes().splitlines() if log_path.exists() else []
    rejects = tuple(msgspec.json.decode(one, type=Reject) for one in written)
    grown_mb = max(0, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - _resident_kb) // 1024
    outcome = Outcome(records, log.count, rejects, error, message, grown_mb)
    line.send_bytes(msgspec.msgpack.encode(outcome))


def _size_kb() -> int:
    """Return the address space of this process."""
    return int(Path("/proc/self/statm").read_text("ascii").split()[0]) * (
        resource.getpagesize() // 1024
    )


_resident_kb: Final = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
"""What the server had resident when everything was imported; its forks begin with that."""
