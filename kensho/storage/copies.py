"""Copy a store, so that something can be tried on the copy.

Guarantees: nobody writes to an embedded store while it is copied, and the copy is removed
afterwards, or else with the next one.

Performance: half a second for the 600 MB of the full catalogue in the system's cache.
"""

import contextlib
import shutil
import tempfile
from collections.abc import Generator, Mapping
from pathlib import Path
from typing import Final

import msgspec

from kensho.errors import StorageError
from kensho.platform import private_files
from kensho.storage import ownership
from kensho.storage.compaction import copy_rows
from kensho.storage.gateway import Gateway
from kensho.storage.queries import NamedQuery
from kensho.storage.store_settings import StoreSettings

_NAME: Final = "kensho.db"
_PREFIX: Final = ".kensho-dry-run-"
_LOCK: Final = ".lock"


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
            _copy_standing(settings, fresh)
    except OSError as error:
        raise StorageError(f"can't copy {settings.path}: {error}") from error
    return fresh


def _copy_standing(settings: StoreSettings, fresh: StoreSettings) -> None:
    """Copy what an ingest keeps beside a store; without it the next one takes longer."""
    source, target = settings.standing_path, fresh.standing_path
    if source is not None and target is not None:
        with contextlib.suppress(OSError):
            shutil.copy2(source, target)


@contextlib.contextmanager
def folder_beside(store: StoreSettings) -> Generator[Path]:
    """Make a folder beside the store, and remove it with all that killed processes left there."""
    beside = Path(tempfile.gettempdir()) if store.path is None else store.path.parent
    private_files.make_folder(beside)
    for left in beside.glob(f"{_PREFIX}*"):
        with contextlib.suppress(OSError), private_files.locked_file(left / _LOCK):
            shutil.rmtree(left, ignore_errors=True)
    folder = Path(tempfile.mkdtemp(prefix=_PREFIX, dir=beside)).absolute()
    try:
        with private_files.locked_file(folder / _LOCK):
            yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)
