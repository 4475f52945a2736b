"""Files and folders that only their owner may use, whatever the umask of the process.

What exists keeps its mode, except files that are written anew: an operator who opens a folder to
others is not overruled. Such files can be locked, and the names in a folder be brought to disk.
"""

import contextlib
import errno
import fcntl
import os
import stat
from collections.abc import Generator
from pathlib import Path
from typing import IO, Final

_FOLDER: Final = 0o700
_FILE: Final = 0o600
_OTHERS_READ_FOLDER: Final = 0o055
_OTHERS_READ_FILE: Final = 0o044


def make_folder(path: Path) -> None:
    """Make a folder and the missing ones above it, each for its owner only.

    Raises:
        OSError: one can't be made, or `path` is something else.
    """
    missing = [one for one in (path, *path.parents) if not one.exists()]
    for one in reversed(missing):
        with contextlib.suppress(FileExistsError):  # another process was first
            one.mkdir(_FOLDER)
            # A folder that hands on its group goes on doing so.
            one.chmod(_FOLDER | one.stat().st_mode & stat.S_ISGID)
    if not path.is_dir():
        raise NotADirectoryError(errno.ENOTDIR, os.strerror(errno.ENOTDIR), str(path))


def opener(path: str, flags: int) -> int:
    """Open a file for its owner only: the `opener` of `open`."""
    descriptor = os.open(path, flags, _FILE)
    with contextlib.suppress(PermissionError):  # it is another user's, who let us write
        if stat.S_ISREG(os.fstat(descriptor).st_mode):
            os.fchmod(descriptor, _FILE)
    return descriptor


def write_bytes(path: Path, content: bytes) -> None:
    """Write a file for its owner only."""
    with open(path, "wb", opener=opener) as file:
        file.write(content)


def locked_file(path: Path) -> IO[bytes]:
    """Return the file at `path`, made if it is missing, which nobody else locks until it is closed.

    Raises:
        BlockingIOError: another process holds it now.
        OSError: it can't be made or locked.
    """
    make_folder(path.parent)
    file = open(path, "ab", opener=opener)  # noqa: SIM115 -- the caller closes it
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        file.close()
        raise
    return file


@contextlib.contextmanager
def waited_lock(path: Path) -> Generator[None]:
    """Hold the lock of the file at `path`, made if it is missing; waits for whoever holds it.

    Raises:
        OSError: it can't be made or locked.
    """
    with path.open("ab") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


@contextlib.contextmanager
def only_writer(path: Path) -> Generator[None]:
    """Be the only one who writes the file at `path`; its folder is made, and others are waited for.

    Raises:
        OSError: the folder or the lock beside the file can't be made.
    """
    make_folder(path.parent)
    with waited_lock(path.with_name(f"{path.name}.lock")):
        yield


def replace_bytes(path: Path, content: bytes) -> None:
    """Write a file for its owner only, as a whole: readers see what was before, or all of this."""
    part = path.with_name(f"{path.name}.{os.getpid()}")
    write_bytes(part, content)
    part.replace(path)


def sync_folder(path: Path) -> None:
    """Bring the names in a folder to disk."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def share_as(path: Path, root: Path) -> None:
    """Let those read `path`, a file or a folder with its files, who may read the folder `root`."""
    of_root = stat.S_IMODE(root.stat().st_mode)
    if not path.is_dir():
        path.chmod(_FILE | of_root & _OTHERS_READ_FILE)
        return
    for file in path.iterdir():
        file.chmod(_FILE | of_root & _OTHERS_READ_FILE)
    path.chmod(_FOLDER | of_root & _OTHERS_READ_FOLDER)


def close_to_others(folder: Path) -> None:
    """Take a folder, and all that is in it, from everybody but its owner."""
    for place, folders, files in os.walk(folder):
        for path in (Path(place), *(Path(place, name) for name in folders)):
            _set_mode(path, _FOLDER)
        for name in files:
            _set_mode(Path(place, name), _FILE)


def _set_mode(path: Path, mode: int) -> None:
    with contextlib.suppress(OSError):  # another's, or gone meanwhile
        if not path.is_symlink():
            path.chmod(mode)
