"""Copy a store, so that something can be tried on the copy.

Guarantees: nobody writes to the store while it is copied, and the copy is removed afterwards.

Performance: half a second for the 600 MB of the full catalogue in the system's cache.
"""

import contextlib
import shutil
import tempfile
from collections.abc import Generator, Mapping
from pathlib import Path
from typing import Final

import msgspec

from kensho.errors import InvalidInputError, StorageError
from kensho.storage import ownership
from kensho.storage.compaction import copy_rows
from kensho.storage.gateway import Gateway
from kensho.storage.queries import NamedQuery
from kensho.storage.store_settings import StoreSettings

_NAME: Final = "kensho.db"


async def copied_into(
    folder: Path, settings: StoreSettings, queries: Mapping[str, NamedQuery]
) -> StoreSettings:
    """Copy a store of any kind into an embedded one in `folder`; return how that is reached.

    The files of an embedded store are copied, the rows of one on a server. Of a store that does not
    exist yet, or ends with its process, the copy is not there either.

    Performance: a server's million rows take a minute and a half.

    Raises:
        StoreInUseError: another process has the embedded store open.
        StorageError: it can't be read, or copied.
    """
    target = folder / _NAME
    fresh = msgspec.structs.replace(settings, url=f"surrealkv://{target}", username=None)
    if settings.is_in_memory or settings.is_absent:
        return fresh
    if settings.path is None:
        async with Gateway.open(settings, queries) as source:
            await copy_rows(source, fresh, queries)
        return fresh
    try:
        with ownership.explained(settings.url), ownership.exclusive(settings.url):
            shutil.copytree(settings.path, target)
    except OSError as error:
        raise StorageError(f"can't copy {settings.path}: {error}") from error
    return fresh


@contextlib.contextmanager
def copied(settings: StoreSettings) -> Generator[StoreSettings]:
    """Copy the store that `settings` name; yield the settings of the copy.

    Raises:
        InvalidInputError: it is no embedded store on this disk.
        StoreInUseError: another process has it open.
        StorageError: there is no room for the copy, or the store can't be read.
    """
    path = settings.path
    if path is None or settings.is_absent:
        raise InvalidInputError.of(
            "--dry-run",
            f"{settings.shown_url} is no embedded store on this disk: nothing can be"
            " tried on a copy of it",
        )
    with tempfile.TemporaryDirectory(prefix=f".{path.name}.trial-", dir=path.parent) as scratch:
        copy = Path(scratch, path.name)
        try:
            with ownership.explained(settings.url), ownership.exclusive(settings.url):
                shutil.copytree(path, copy)
        except OSError as error:
            raise StorageError(f"can't copy {path}: {error}") from error
        yield msgspec.structs.replace(settings, url=f"surrealkv://{copy}")
