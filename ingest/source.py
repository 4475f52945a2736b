"""What a source is: a name, a licence, a rank among the others, and a reader of its files.

The rank decides whose fact wins where several sources state one (higher wins) and whose relation
kind wins among stated ones. `creates` says whether a record that fits no known work makes a new
one. Readers only read: they get an open `SourceFile` and somewhere to report rejects, and yield
records in file order without holding the file.
"""

from collections.abc import Callable, Iterator
from pathlib import PurePath
from typing import TypeAlias

import msgspec

from ingest.reading.files import PACKINGS, SourceFile
from ingest.reading.rejects import Rejects
from kensho.domain.records import Record

Reader: TypeAlias = Callable[[SourceFile, Rejects], Iterator[Record]]
SnapshotReader: TypeAlias = Callable[[SourceFile], str | None]


def packed(name: str) -> tuple[str, ...]:
    """Return the names of a dump as it is, and as it is packed."""
    return tuple(f"{name}{ending}" for ending in ("", ".zst", ".gz", ".xz", ".zip"))


def undated(_file: SourceFile) -> None:
    """Return no snapshot date: the file carries none."""


def packed_form(path: PurePath) -> tuple[str, str]:
    """Return the release that a file is of and the form in which it is that: here, its packing.

    Files of one release and one form are parts of it; of several forms one is enough.
    """
    if path.suffix in PACKINGS:
        return str(path.with_suffix("")), path.suffix
    return str(path), ""


def only_release(path: PurePath) -> tuple[str, str]:
    """Return the form of a file of which each other file of the source is another form."""
    return "", path.name


class Source(msgspec.Struct, frozen=True):
    """One upstream; `patterns` are globs that its files match in a data folder.

    `read` raises `SourceFileError` where the file as a whole is not this source's. `snapshot`
    returns the date (ISO 8601) that the file itself carries. `groups` says that each record is one
    whole work, so that two of its records never share one: such a source decides which ids belong
    together. `order` places the source in a run over many: ids before enrichments. `form_of` tells
    which files of a folder are the same release in other forms.
    """

    name: str
    title: str
    licence: str
    order: int
    rank: int
    patterns: tuple[str, ...]
    read: Reader
    snapshot: SnapshotReader = undated
    creates: bool = False
    groups: bool = False
    form_of: Callable[[PurePath], tuple[str, str]] = packed_form

    @property
    def place(self) -> tuple[bool, bool, int, str]:
        """Return the sort key of a run over many sources: those that make works come first."""
        return (not self.creates, not self.groups, self.order, self.name)
