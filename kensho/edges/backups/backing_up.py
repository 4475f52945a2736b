"""Make a backup, check one, and put one back.

Guarantees: a backup is of one point in time of the store, and was read again and compared before it
gets its name. A restore opens, checks and compares the whole file before it touches anything, and
then puts back the store whole or not at all. Then the files are put in their places; a restore that
is cut between them can be run again.

Performance: 110,000 rows (10,000 accounts, the rest audit) are 13 MB and take 1.5 s of a processor
to back up, 10 s to restore.
"""

import datetime as dt
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final, NamedTuple

import msgspec

from kensho.edges.backups import kept_files, sealed_files, store_rows
from kensho.edges.backups.messages import BackupMessage, Contents, KeptFile, RowsPage, Tallies
from kensho.edges.store import edge_store_settings
from kensho.errors import NotFoundError, SettingsError, SourceFileError, StorageError
from kensho.platform import private_files
from kensho.platform.installation import data_root, installed_version
from kensho.platform.secret_values import Secret
from kensho.platform.settings import Settings
from kensho.storage import migrations, queries
from kensho.storage.gateway import Gateway

_LEAST_KEY_CHARS: Final = 16
_encoder: Final = msgspec.msgpack.Encoder()
_decoder: Final = msgspec.msgpack.Decoder(BackupMessage)


class Restored(NamedTuple):
    """What a restore put back: rows of the store, files, and files that were there as they are."""

    rows: int
    files: int
    unchanged: int


def key_of(settings: Settings) -> Secret:
    """Return the key of backups.

    Raises:
        SettingsError: none is set, or it is too short.
    """
    key = settings.backup.key
    if key is None:
        said = "no backup is made or opened without a key; `openssl rand -base64 32` makes one"
        raise SettingsError(f"{sealed_files.KEY_VARIABLE}_FILE is not set: {said}")
    if len(key.reveal()) < _LEAST_KEY_CHARS:
        said = f"(hidden) is not usable: expected {_LEAST_KEY_CHARS} characters at least"
        raise SettingsError(f"{sealed_files.KEY_VARIABLE}: {said}")
    return key


async def back_up(settings: Settings, path: Path, now: dt.datetime) -> Contents:
    """Write a backup, which takes the place of a file of this name, and return what it has.

    Raises:
        NotFoundError: edges are switched on, and there is no store of theirs.
        StoreInUseError: a server has the embedded store open.
        StorageError: something can't be read or written; what was there is there still.
    """
    key = key_of(settings)
    part = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        with sealed_files.written(part, key, installed_version(), now.isoformat()) as seal:
            contents = await _write(settings, _Keeping(seal), now)
        if check(part, key) != contents:
            raise StorageError(f"what was written to {part} is not what was read")
        part.replace(path)
        private_files.sync_folder(path.parent)
    except OSError as error:
        raise StorageError(f"can't write {path}: {error.strerror or error}") from error
    finally:
        part.unlink(missing_ok=True)
    return contents


class _Keeping:
    """Seals messages, and counts them."""

    def __init__(self, seal: Callable[[bytes, bool], None]) -> None:
        self._seal = seal
        self.tallies = Tallies()

    def keep(self, message: RowsPage | KeptFile) -> None:
        """Write a message that is not the last."""
        self.tallies.add(message)
        self._seal(_encoder.encode(message), False)

    def end(self, contents: Contents) -> None:
        """Write the last message."""
        self._seal(_encoder.encode(contents), True)


async def _write(settings: Settings, keeping: _Keeping, now: dt.datetime) -> Contents:
    store = edge_store_settings(settings)
    taken: tuple[migrations.Applied, ...] = ()
    if not store.is_absent:
        known = queries.load(data_root("queries"))
        async with Gateway.open(store, known) as gateway:
            taken = tuple(await migrations.applied(gateway))
            schema = await store_rows.schema_of(store_rows.steps_taken(_steps(), taken), known)
            tables = sorted(schema.tables) if taken else []
            for table in tables:
                keeping.tallies.begin(table)
            async for page in store_rows.read(gateway, tables):
                keeping.keep(page)
    if not taken and settings.edges.names:
        raise NotFoundError(f"there is no store of the edges at {store.shown_url}")
    for file in kept_files.read(settings):
        keeping.keep(file)
    absent = () if taken else (f"a store of the edges: there is none at {store.shown_url}",)
    contents = Contents(
        kensho=installed_version(),
        made_at=now.isoformat(),
        migrations=taken,
        tables=keeping.tallies.tables,
        files=keeping.tallies.files,
        notes=(*absent, *kept_files.notes(settings)),
    )
    keeping.end(contents)
    return contents


def _steps() -> tuple[migrations.Migration, ...]:
    return migrations.load(data_root("graph_schema") / "edges")


def check(path: Path, key: Secret) -> Contents:
    """Open the whole of a backup, compare it with what it says of itself, and return that.

    Raises:
        SettingsError: it was sealed with another key.
        SourceFileError: it can't be read, was changed or cut, or is not what it says.
    """
    tallies, contents = Tallies(), None
    for message in _messages(path, key):
        if isinstance(message, Contents):
            contents = message
        else:
            tallies.add(message)
    if contents is None:
        raise SourceFileError(f"{path} does not say what it has")
    told = {table.name: table for table in contents.tables if table.rows}
    if told != {table.name: table for table in tallies.tables} or contents.files != tallies.files:
        raise SourceFileError(f"{path} has other rows or files than it says")
    return contents


async def restore(
    settings: Settings, path: Path, *, replace: bool, files_too: bool = True
) -> Restored:
    """Put a backup back: its rows into the store that the settings name, its files in their places.

    Raises:
        SettingsError, SourceFileError: as `check`; nothing was touched.
        SchemaVersionError: a newer Kenshō made it; nothing was touched.
        ConflictError: the store has rows, or files differ, and they are not to be replaced; nothing
            was touched.
        StorageError: the store can't be opened or refused the rows, and is as it was; or a file
            can't be put in its place.
    """
    key = key_of(settings)
    contents = check(path, key)
    known = queries.load(data_root("queries"))
    taken = store_rows.steps_taken(_steps(), contents.migrations)
    with kept_files.staged(settings) as files:
        for message in _messages(path, key) if files_too else ():
            if isinstance(message, KeptFile):
                files.add(message, replace=replace)
        if taken:
            schema = await store_rows.schema_of(taken, known)
            store, pages = edge_store_settings(settings), _pages(path, key)
            await store_rows.restore(store, known, schema, pages, replace=replace)
        return Restored(contents.rows, files.put(), files.unchanged)


def _pages(path: Path, key: Secret) -> Iterator[RowsPage]:
    return (one for one in _messages(path, key) if isinstance(one, RowsPage))


def _messages(path: Path, key: Secret) -> Iterator[BackupMessage]:
    for content, is_last in sealed_files.messages(path, key):
        try:
            message = _decoder.decode(content)
        except msgspec.DecodeError as error:
            raise SourceFileError(f"{path} has what this Kenshō can't read: {error}") from error
        if isinstance(message, Contents) is not is_last:
            raise SourceFileError(f"{path} does not end with what it has")
        yield message
