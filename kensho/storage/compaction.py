"""Rewrite an embedded store, so that it takes no more room than what it holds.

The engine appends values to a log that it never shortens: every row that is written anew stays
there in each of its versions. So the rows are copied, as they are, into a new store beside the old
one, and the two folders change places in one step of the file system.

Guarantees: whatever ends the process, the path leads to a whole store, the old one or the new one,
both of the same rows; what is left beside it is removed by the next compaction. No other process
has the store open while it is exchanged. What was copied is read again and compared before.

Performance: 1.5 minutes of CPU for a million rows; memory for a page of rows and what the engine
takes; on disk as much again as the store will take.
"""

import contextlib
import ctypes
import fcntl
import hashlib
import itertools
import os
import shutil
from collections.abc import AsyncIterator, Generator, Iterator, Mapping
from pathlib import Path
from typing import Final, NamedTuple
from uuid import UUID

import msgspec

from kensho.errors import InvalidInputError, StorageError, StoreInUseError
from kensho.storage import migrations
from kensho.storage.gateway import Gateway
from kensho.storage.queries import NamedQuery
from kensho.storage.store_settings import StoreSettings

_ROWS_A_PAGE: Final = 2000
"""Of records, whose rows are the largest, some 3 MB."""
_DEADLINE_S: Final = 600.0
_LOCK: Final = "LOCK"
"""The engine holds an exclusive `flock` on this file of a store that is open."""
_SUFFIX: Final = ".compacting"
_EXCHANGE: Final = 2
_AT_FDCWD: Final = -100
"""RENAME_EXCHANGE and AT_FDCWD of Linux."""


class Compaction(msgspec.Struct, frozen=True):
    """What a compaction did: rows that the store holds, and bytes on disk before and after."""

    rows: int
    before_bytes: int
    after_bytes: int


class _TableIds(msgspec.Struct, frozen=True, array_like=True):
    """How many rows a table has, and what the id of one of them is; other ids may be otherwise."""

    count: int
    are_uuids: bool
    begin_with_uuids: bool


class _Page(NamedTuple):
    """Which rows a page has: the query that reads it, and its parameters."""

    query: str
    params: dict[str, object]


async def compact(settings: StoreSettings, queries: Mapping[str, NamedQuery]) -> Compaction:
    """Rewrite the embedded store that `settings` name.

    Raises:
        InvalidInputError: the store is no embedded one on disk, or does not exist.
        StoreInUseError: another process has it open.
        StorageError: it can't be read, copied or exchanged; it is as it was.
    """
    path = settings.path
    if path is None or settings.is_absent:
        raise InvalidInputError.of(
            "--store", f"{settings.shown_url} is no embedded store on this disk"
        )
    before_bytes, beside = size_of(path), path.with_name(path.name + _SUFFIX)
    shutil.rmtree(beside, ignore_errors=True)
    try:
        fresh = msgspec.structs.replace(settings, url=f"surrealkv://{beside}")
        async with Gateway.open(settings, queries) as source:
            rows = await copy_rows(source, fresh, queries)
        left = _listing(path)
        with locked(path), locked(beside):
            if _listing(path) != left:
                raise StoreInUseError(f"another process wrote to {path} meanwhile; try again")
            _flush(beside)
            _exchange(path, beside)
    except OSError as error:
        raise StorageError(f"can't compact {path}: {error}") from error
    finally:
        shutil.rmtree(beside, ignore_errors=True)
    return Compaction(rows, before_bytes, size_of(path))


def take_place(beside: Path, path: Path) -> None:
    """Put a store that nobody has open in the place of another, if there is one, in one step.

    What stood there stands beside then.

    Raises:
        StoreInUseError: another process has one of them open.
        OSError: it can't be put there.
    """
    if not path.exists():
        _flush(beside)
        beside.rename(path)
        _flush_folder(path.parent)
        return
    with locked(path), locked(beside):
        _flush(beside)
        _exchange(path, beside)


def size_of(path: Path) -> int:
    """Return how many bytes the files of a store have."""
    return sum(file.stat().st_size for file in path.rglob("*") if file.is_file())


async def copy_rows(
    source: Gateway, fresh: StoreSettings, queries: Mapping[str, NamedQuery]
) -> int:
    """Copy all rows, and then what rules them: no event, default or date is made anew."""
    schema = await migrations.schema_of(source)
    copied: list[tuple[_Page, bytes]] = []
    rows = 0
    async with Gateway.open(fresh, queries) as target:
        for table in schema.tables:
            is_relation = " TYPE RELATION " in schema.tables[table]
            kind = "RELATION" if is_relation else "NORMAL"
            await target.run_script(f"DEFINE TABLE {table} TYPE {kind} SCHEMALESS;")
            put = "storage.put_edges" if is_relation else "storage.put_rows"
            count, pages = await _pages(source, table)
            rows += count
            async for page, told in _read(source, pages):
                await target.execute(put, {"rows": told}, deadline_s=_DEADLINE_S)
                copied.append((page, _digest(told)))
                if target.checkpoint_is_due:
                    await target.checkpoint()
            if (await _pages(target, table))[0] != count:
                raise StorageError(f"table {table}: not all of its {count:,} rows were copied")
        for text in schema.definitions():
            await target.run_script(f"{text};", deadline_s=_DEADLINE_S)
        await target.checkpoint()
        async for page, told in _read(target, [page for page, _ in copied]):
            _require_equal(page, told, copied)
    return rows


async def _pages(gateway: Gateway, table: str) -> tuple[int, list[_Page]]:
    """Return how many rows a table has, and the pages that they are read in."""
    ids = await gateway.fetch(
        "storage.table_ids", {"table": table}, into=_TableIds, deadline_s=_DEADLINE_S
    )
    if not ids.are_uuids and not ids.begin_with_uuids:
        return ids.count, [_Page("storage.whole_table", {"table": table})] if ids.count else []
    query = "storage.rows_by_id" if ids.are_uuids else "storage.rows_by_first"
    ranges = _ranges(1 + ids.count // _ROWS_A_PAGE)
    return ids.count, [_Page(query, {"table": table, "first": a, "last": b}) for a, b in ranges]


def _ranges(parts: int) -> Iterator[tuple[UUID, UUID]]:
    """Yield the UUIDs in so many ranges of one width: those of rows are spread evenly."""
    ends = [(part << 128) // parts for part in range(parts + 1)]
    for first, end in itertools.pairwise(ends):
        yield UUID(int=first), UUID(int=end - 1)


async def _read(gateway: Gateway, pages: list[_Page]) -> AsyncIterator[tuple[_Page, bytes]]:
    for page in pages:
        yield page, await gateway.fetch_bytes(page.query, page.params, deadline_s=_DEADLINE_S)


def _require_equal(page: _Page, told: bytes, copied: list[tuple[_Page, bytes]]) -> None:
    known, digest = copied.pop(0)
    if known != page or digest != _digest(told):
        raise StorageError(f"table {page.params['table']}: rows were not copied as they are")


def _digest(told: bytes) -> bytes:
    return hashlib.blake2b(told, digest_size=16).digest()


def _listing(path: Path) -> list[tuple[str, int, int]]:
    """Return the files of a store; every process that opens it changes some of them."""
    found = ((file, file.stat()) for file in sorted(path.rglob("*")) if file.name != _LOCK)
    return [(str(file), facts.st_size, facts.st_mtime_ns) for file, facts in found]


@contextlib.contextmanager
def locked(path: Path) -> Generator[None]:
    """Keep the engine of any process from opening a store while the block runs."""
    descriptor = os.open(path / _LOCK, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        yield
    except BlockingIOError as error:
        raise StoreInUseError(f"another process has opened {path} meanwhile") from error
    finally:
        os.close(descriptor)


def _flush(folder: Path) -> None:
    """Bring a folder and all that is in it to disk."""
    for path in (*folder.rglob("*"), folder):
        descriptor = os.open(path, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


def _exchange(one: Path, other: Path) -> None:
    """Let two folders change places, in one step."""
    library = ctypes.CDLL(None, use_errno=True)
    names = (os.fsencode(one), os.fsencode(other))
    if library.renameat2(_AT_FDCWD, names[0], _AT_FDCWD, names[1], _EXCHANGE) != 0:
        number = ctypes.get_errno()
        raise OSError(number, f"folders can't be exchanged here: {os.strerror(number)}")
    _flush_folder(one.parent)


def _flush_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
