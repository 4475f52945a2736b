"""Record which process has an embedded store open, so that an error can name it.

The engine's own LOCK file excludes other processes, and does so even after `kill -9`; but the
engine is closed and opened again while a store is filled, so a lock of our own (`exclusive`) is
held all the time: nobody gets in between. The small file beside the store only explains: it is
written once the lock is held, so a stale one, whose process is gone, is simply replaced.
"""

import contextlib
import os
import sys
from collections.abc import Generator
from pathlib import Path

import msgspec

from kensho.errors import StoreInUseError
from kensho.platform import private_files
from kensho.platform.secret_values import masked


class Owner(msgspec.Struct, frozen=True):
    """The process that holds a store: its id and its command line."""

    pid: int
    command: str


@contextlib.contextmanager
def explained(url: str) -> Generator[None]:
    """Add the recorded owner's name to a `StoreInUseError` that the block raises."""
    try:
        yield
    except StoreInUseError as error:
        path = owner_file(url)
        owner = read_owner(path) if path is not None else None
        raise StoreInUseError(_sentence(url, owner)) from error


@contextlib.contextmanager
def exclusive(url: str) -> Generator[None]:
    """Keep other processes of Kenshō from opening an embedded store while the block runs.

    Raises:
        StoreInUseError: another process has it open.
    """
    path = owner_file(url)
    if path is None:
        yield
        return
    lock = path.with_name(path.name.removesuffix(".owner.json") + ".lock")
    try:
        file = private_files.locked_file(lock)
    except BlockingIOError as error:
        raise StoreInUseError(f"{lock} is locked") from error
    except OSError:  # a file system without `flock`, or one that can't be written to
        yield
        return
    with file:
        yield


@contextlib.contextmanager
def recorded(url: str) -> Generator[None]:
    """Record this process as the owner of the store at `url` while the block runs.

    Call it only while holding the lock of the store.
    """
    path = owner_file(url)
    if path is None:
        yield
        return
    _record(path, Owner(os.getpid(), " ".join([Path(sys.argv[0]).name, *sys.argv[1:]])))
    try:
        yield
    finally:
        path.unlink(missing_ok=True)


def owner_file(url: str) -> Path | None:
    """Return the owner file of an embedded store on disk; `None` for one in memory."""
    scheme, _, location = url.partition("://")
    if not location or scheme in ("mem", "memory"):
        return None
    store = Path(location)
    return store.with_name(store.name + ".owner.json")


def read_owner(path: Path) -> Owner | None:
    """Return the recorded owner, or `None` where none is recorded or the record can't be read."""
    try:
        return msgspec.json.decode(path.read_bytes(), type=Owner)
    except (OSError, msgspec.DecodeError):
        return None


def _record(path: Path, owner: Owner) -> None:
    part = path.with_suffix(".part")
    # Arguments that are no text, such as half of a character, reach Python as lone surrogates.
    command = masked(owner.command.encode("utf-8", "backslashreplace").decode())
    private_files.write_bytes(part, msgspec.json.encode(Owner(owner.pid, command)))
    part.replace(path)


def _sentence(url: str, owner: Owner | None) -> str:
    who = f"process {owner.pid} ({owner.command})" if owner else "another process"
    advice = "stop it, or let both use one server through a ws:// URL"
    return f"the store {masked(url)} is in use by {who}; {advice}"
