"""The media files of a library: those of a folder, or those that a list names.

Guarantees: nothing is opened but a list. Files come in the order of their paths; links to folders
are not followed, so that no file comes twice and no walk goes in circles. What is hidden, what is a
sample and what can't be looked at is counted, never passed over in silence.
"""

import os
import re
from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Final, NamedTuple

EXTENSIONS: Final = frozenset(
    (
        *("avi", "divx", "flv", "m2ts", "m4v", "mkv", "mov", "mp4", "mpeg", "mpg", "ogm", "ogv"),
        *("rm", "rmvb", "strm", "ts", "webm", "wmv"),
    )
)
_SAMPLE: Final = re.compile(r"(?:^|[^a-z0-9])samples?(?:$|[^a-z0-9])", re.IGNORECASE)
_UNREADABLE: Final = re.compile("[\ud800-\udfff]")


class Library(NamedTuple):
    """The paths of media files, and how many others were skipped, by the reason."""

    paths: list[str]
    skipped: Counter[str]


def in_folder(folder: Path) -> Library:
    """Return the media files of a folder; paths begin with its own name, which may be a title."""
    found = Library([], Counter())
    _walk(folder, os.path.basename(folder.resolve()), found)  # noqa: PTH119 -- the root has no name
    found.paths.sort()
    return found


def in_list(lines: Iterable[str]) -> Library:
    """Return the paths of a list, one a line, whatever they end with; empty lines are none."""
    stripped = (line.strip("\r\n") for line in lines)
    return Library([readable(line) for line in stripped if line.strip()], Counter())


def is_media(name: str) -> bool:
    """Tell whether a file has the extension of a video."""
    return name.rpartition(".")[2].lower() in EXTENSIONS


def readable(name: str) -> str:
    """Return a name without the bytes of it that are not UTF-8."""
    return _UNREADABLE.sub("\ufffd", name)


def _walk(folder: Path, name: str, found: Library) -> None:
    folders = [(folder, name)]
    while folders:
        folder, name = folders.pop()
        try:
            entries = list(os.scandir(folder))
        except OSError:
            found.skipped["that can't be read"] += 1
            continue
        for entry in entries:
            path = f"{name}/{readable(entry.name)}" if name else readable(entry.name)
            if entry.is_dir(follow_symlinks=False):
                reason = _reason(entry.name)
                if reason:
                    found.skipped[reason] += 1
                else:
                    folders.append((Path(entry.path), path))
            elif is_media(entry.name):
                _add(path, entry.name, found)
            elif not entry.name.startswith("."):
                found.skipped["that are no videos"] += 1


def _add(path: str, name: str, found: Library) -> None:
    reason = _reason(name.rpartition(".")[0])
    if reason:
        found.skipped[reason] += 1
    else:
        found.paths.append(path)


def _reason(name: str) -> str | None:
    """Return why a file or a folder of this name is skipped, if it is."""
    if name.startswith(".") or not name:
        return "that are hidden"
    is_sample = name.lower() in ("sample", "samples") or _SAMPLE.search(name[-8:]) is not None
    return "that are samples" if is_sample else None


def slices(paths: list[str], size: int) -> Iterator[list[str]]:
    """Yield the paths, so many at a time."""
    for first in range(0, len(paths), size):
        yield paths[first : first + size]
