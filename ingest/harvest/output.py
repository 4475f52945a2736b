"""Write what a walk brings into a file, so that a kill at any moment loses a step at most.

While a walk runs, its records and its place are in `.harvest/` beside FILE. A step is appended,
flushed to the disk, and only then noted with its place and the size of the part: what stands beyond
that size, a torn line included, is cut off when the walk goes on. At the end the part takes the
place of FILE, or, where only what changed was asked for, is merged into it: FILE is whole at all
times.

Guarantees: a walk that was killed, however often, leaves the same file as one that was not, where
the interface answers the same. One process at a time writes a file. A walk is not taken up with
other wishes than it was begun with.
"""

import contextlib
import os
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import IO, BinaryIO, Final, Self

import msgspec

from ingest.harvest.walking import LeftOut, Step
from kensho.errors import InvalidInputError, SourceFileError
from kensho.platform import private_files

_FOLDER: Final = ".harvest"
_PART: Final = ".part"
_STATE: Final = ".state.json"
_LOCK: Final = ".lock"
_MERGED: Final = ".merged"


class HarvestPlan(msgspec.Struct, frozen=True):
    """What was wished for: another plan is another walk."""

    source: str
    endpoint: str
    since: str | None = None
    limit: int | None = None
    ids: str | None = None


class HarvestState(msgspec.Struct, frozen=True):
    """How far a walk has come; without a cursor it has ended."""

    plan: HarvestPlan
    cursor: dict[str, object] | None = None
    size_bytes: int = 0
    records: int = 0
    left_out: tuple[LeftOut, ...] = ()
    gone: tuple[str, ...] = ()


class HarvestFile:
    """The file of a harvest, with its part and its state; a context manager that excludes others.

    Raises:
        SourceFileError: another process writes it now, or it can't be written.
    """

    def __init__(self, path: Path, plan: HarvestPlan) -> None:
        self.path = path
        self.state = HarvestState(plan)
        self._folder = path.parent / _FOLDER
        self._part_path = self._folder / f"{path.name}{_PART}"
        self._state_path = self._folder / f"{path.name}{_STATE}"
        self._stack = contextlib.ExitStack()
        self._part: BinaryIO | None = None

    def __enter__(self) -> Self:
        """Keep others out."""
        self._stack.enter_context(_alone(self._folder / f"{self.path.name}{_LOCK}", self.path))
        return self

    def __exit__(self, *_: object) -> None:
        """Close the part, and let others in."""
        self._stack.close()

    def resume(self, *, restart: bool = False) -> bool:
        """Take up a walk that was begun, and tell whether there is one; `restart` forgets it.

        Raises:
            InvalidInputError: one was begun with other wishes.
        """
        found = None if restart else self._read_state()
        if found is not None and found.plan != self.state.plan:
            raise InvalidInputError.of(
                "--out",
                f"{str(self.path)!r} has a walk of its own, begun with {_shown(found.plan)};"
                " go on with the same, or use --restart",
            )
        size = self._part_path.stat().st_size if self._part_path.is_file() else -1
        if found is not None and size < found.size_bytes and not self._is_in_place(found):
            found = None
        if found is None:
            self._state_path.unlink(missing_ok=True)
            self._part_path.unlink(missing_ok=True)
            return False
        self.state = found
        if size >= found.size_bytes:
            self._open_part()
        return True

    def _is_in_place(self, state: HarvestState) -> bool:
        """Tell whether the part of an ended walk has become the file already."""
        if state.cursor is not None or state.plan.since is not None or not self.path.is_file():
            return False
        return self.path.stat().st_size == state.size_bytes

    def append(self, step: Step) -> None:
        """Keep what a step brought, then its place."""
        lines = b"".join(msgspec.json.encode(record) + b"\n" for record in step.records)
        part = self._open_part() if self._part is None else self._part
        if lines:
            part.write(lines)
            part.flush()
            os.fsync(part.fileno())
        cursor = None if step.cursor is None else msgspec.to_builtins(step.cursor)
        self.state = msgspec.structs.replace(
            self.state,
            cursor=cursor,
            size_bytes=self.state.size_bytes + len(lines),
            records=self.state.records + len(step.records),
            left_out=(*self.state.left_out, *step.left_out),
            gone=(*self.state.gone, *step.gone),
        )
        self._write_state()

    def finish(self, key: str) -> None:
        """Put the part in the place of the file, or merge it in; `key` names a record in it."""
        if self._part_path.is_file():
            if self.state.plan.since is None:
                self._part_path.replace(self.path)
            else:
                self._merge(key)
        private_files.sync_folder(self.path.parent)
        self._part_path.unlink(missing_ok=True)
        self._state_path.unlink(missing_ok=True)

    def _merge(self, key: str) -> None:
        """Replace what changed, drop what is gone, add what is new; the order of FILE stays."""
        new = {_key_in(line, key): line for line in _lines(self._part_path)}
        gone = {one.partition(":")[2] for one in self.state.gone}
        merged = self._folder / f"{self.path.name}{_MERGED}"
        with open(merged, "wb", opener=private_files.opener) as file:
            for line in _lines(self.path):
                name = _key_in(line, key)
                if name not in gone:
                    file.write(new.pop(name, line))
            file.writelines(new.values())
            file.flush()
            os.fsync(file.fileno())
        merged.replace(self.path)

    def _open_part(self) -> BinaryIO:
        """Open the part, and cut off what stands beyond the last step that was noted."""
        part = open(self._part_path, "ab", opener=private_files.opener)  # noqa: SIM115 -- the stack closes it
        self._stack.enter_context(part).truncate(self.state.size_bytes)
        self._part = part
        return part

    def _read_state(self) -> HarvestState | None:
        try:
            return msgspec.json.decode(self._state_path.read_bytes(), type=HarvestState)
        except (OSError, msgspec.DecodeError, UnicodeDecodeError):
            return None

    def _write_state(self) -> None:
        written = self._state_path.with_name(f"{self._state_path.name}.new")
        with open(written, "wb", opener=private_files.opener) as file:
            file.write(msgspec.json.encode(self.state))
            file.flush()
            os.fsync(file.fileno())
        written.replace(self._state_path)


def _alone(lock: Path, path: Path) -> IO[bytes]:
    """Return the lock of `path`; others are kept out until it is closed."""
    try:
        return private_files.locked_file(lock)
    except BlockingIOError as error:
        raise SourceFileError(f"{path}: another process writes it now") from error
    except OSError as error:
        raise SourceFileError(f"{path}: can't be written: {error.strerror}") from error


def _shown(plan: HarvestPlan) -> str:
    given = {name: value for name, value in msgspec.structs.asdict(plan).items() if value}
    return ", ".join(f"{name} {value}" for name, value in given.items())


def _lines(path: Path) -> Iterator[bytes]:
    with path.open("rb") as file:
        for line in file:
            yield line if line.endswith(b"\n") else line + b"\n"


def _key_in(line: bytes, key: str) -> str:
    """Return what names the record on a line; a line without is named by itself."""
    try:
        return bytes(msgspec.json.decode(line, type=dict[str, msgspec.Raw])[key]).decode()
    except (msgspec.DecodeError, KeyError, UnicodeDecodeError, RecursionError):
        return line.decode("utf-8", "replace")


def limited(step: Step, most: int) -> Step:
    """Return the step with at most so many records; it is the last one where there are more."""
    if len(step.records) < most:
        return step
    records: Sequence[object] = step.records[:most]
    return msgspec.structs.replace(step, records=records, cursor=None)
