"""How folders of snapshots and histories appear, are held open, and go.

Guarantees: a folder appears under its name as a whole; none is removed that somebody has open, in
any process.
"""

import contextlib
import fcntl
import os
import shutil
from pathlib import Path
from typing import Final

from kensho.errors import ReadModelError
from kensho.platform import private_files
from kensho.read_model.identity import is_history, is_identity

MANIFEST: Final = "manifest.json"
PART: Final = ".part-"
"""What begins so was not finished, and is removed by `sweep`."""


def take_over(part: Path, final: Path) -> None:
    """Rename a finished folder to its final name, and remove a damaged one of that name.

    A reader that still maps the latter keeps its pages. Others may read it as far as they may read
    the folder that it lies in.
    """
    private_files.share_as(part, final.parent)
    private_files.sync_folder(part)
    _discard(final)
    part.rename(final)
    private_files.sync_folder(final.parent)


def sweep(root: Path, *, keep: set[str]) -> None:
    """Remove the snapshots and histories not in `keep` that nobody has open, in any process.

    What builds that died have left behind goes too: call it only where no other build may run.
    """
    if not root.is_dir():
        return
    for path in root.iterdir():
        if path.name.startswith(PART):
            if path.is_dir():
                shutil.rmtree(path, ignore_errors=True)
            else:
                path.unlink(missing_ok=True)
        elif (is_snapshot(path.name) or is_history(path.name)) and path.name not in keep:
            _remove_unheld(path)


def is_snapshot(name: str) -> bool:
    """Tell whether a folder of this name is a snapshot, or one of a Kenshō before 0.2."""
    return is_identity(name) or name.isdecimal()


def _remove_unheld(folder: Path) -> None:
    """Remove `folder` unless somebody has it open."""
    with contextlib.suppress(OSError):
        descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            _discard(folder)
        finally:
            os.close(descriptor)


def _discard(folder: Path) -> None:
    """Rename a folder, so that nobody opens half of it, and then remove it."""
    gone = folder.with_name(f"{PART}gone-{folder.name}-{os.getpid()}")
    with contextlib.suppress(FileNotFoundError):
        folder.rename(gone)
    shutil.rmtree(gone, ignore_errors=True)


def held(folder: Path) -> int:
    """Open `folder`, lock it against removal, and return the descriptor that holds the lock.

    Raises:
        ReadModelError: it is not there, or is being removed.
    """
    try:
        descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    except OSError as error:
        raise ReadModelError(f"{folder / MANIFEST}: {error.strerror}") from error
    try:
        fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
        is_named = os.path.samestat(os.fstat(descriptor), folder.stat())
    except (BlockingIOError, FileNotFoundError):
        is_named = False
    except OSError:  # a file system without locks, where nothing is swept either
        return descriptor
    if not is_named:
        os.close(descriptor)
        raise ReadModelError(f"{folder / MANIFEST}: the snapshot is being removed")
    return descriptor
