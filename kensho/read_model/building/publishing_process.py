"""Publish the snapshot of a store in a process of its own, which gives back all that it took.

Building takes several hundred megabytes for half a minute. The embedded store must not be open in
the calling process, since one process at a time owns it.

Guarantees: errors are raised here as they would be by `publish_store`. Whatever ends the child
leaves the old snapshot served; what it has left behind is removed by the next publication.
"""

import asyncio
import contextlib
import resource
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path
from time import monotonic
from typing import Final

import msgspec
import structlog

from kensho.errors import (
    ChildEndedError,
    DeadlineExceededError,
    KenshoError,
    PublicationError,
    RuleViolationError,
    SchemaVersionError,
    StorageError,
    StoreInUseError,
    StoreUnavailableError,
)
from kensho.platform import child_process, environment, logs, memory
from kensho.platform.secret_values import Secret
from kensho.platform.settings import SnapshotSettings
from kensho.read_model.building.history_writing import HistoryLimits
from kensho.read_model.publications import Publication
from kensho.storage.store_settings import StoreSettings

_ERRORS: Final[dict[str, type[KenshoError]]] = {
    kind.__name__: kind
    for kind in (
        DeadlineExceededError,
        RuleViolationError,
        SchemaVersionError,
        StorageError,
        StoreInUseError,
        StoreUnavailableError,
    )
}
"""The errors that callers tell apart; any other is one of publishing."""
_PUBLISH_PAUSE_S: Final = 5.0
_PUBLISH_TRIES: Final = 60
"""For five minutes at most: an ingest takes three."""
_log = structlog.get_logger("kensho.read_model")
_KIB_PER_MAXRSS: Final = 1 if sys.platform == "linux" else 1024
"""Linux counts the peak in KiB, BSD and macOS in bytes."""


class _Request(msgspec.Struct, frozen=True):
    """What is to be published where; it travels by pipe, for it may hold a password."""

    store: dict[str, str | int | float | None]
    root: str
    limits: HistoryLimits


class _Outcome(msgspec.Struct, frozen=True):
    """What was published, or the class and message of the error; and the peak of the memory."""

    published: Publication | None = None
    kind: str = ""
    message: str = ""
    peak_mib: int = 0


async def publish_apart(store: StoreSettings, settings: SnapshotSettings) -> Publication:
    """Publish the snapshot of a store that this process does not have open.

    Raises:
        StorageError: as `publish_store`.
        PublicationError: as `publish_store`; or the child did not end in time, or was killed.
    """
    root, began = settings.read_model_dir, monotonic()
    limits = HistoryLimits.of(settings)
    request = msgspec.json.encode(_Request(told(store), str(root.absolute()), limits))
    try:
        answer = await child_process.call(__name__, request, deadline_s=settings.publish_deadline_s)
    except ChildEndedError as error:
        raise PublicationError(
            f"can't publish the snapshot in {root}: of the process that builds it: {error}"
        ) from error
    outcome = msgspec.json.decode(answer, type=_Outcome)
    if outcome.published is None:
        raise _ERRORS.get(outcome.kind, PublicationError)(outcome.message)
    _log.info(
        "snapshot_published",
        identity=outcome.published.snapshot,
        seconds=round(monotonic() - began, 1),
        peak_mib=outcome.peak_mib,
    )
    return outcome.published


class Republishing:
    """Publishes a store anew after each change, beside whatever the process does.

    Changes that come while it publishes are published together, once more.
    """

    def __init__(
        self,
        store: StoreSettings,
        settings: SnapshotSettings,
        published: Callable[[], Awaitable[None]],
    ) -> None:
        """Publish `store`, and await `published` after each publication."""
        self._store = store
        self._settings = settings
        self._published = published
        self._is_due = False
        self._task: asyncio.Task[None] | None = None

    def publish_soon(self) -> None:
        """Publish what has changed; returns at once."""
        self._is_due = True
        if self._task is None or self._task.done():
            self._task = asyncio.get_running_loop().create_task(self._publish())

    async def stop(self) -> None:
        """Publish no more; what is being built is given up."""
        if self._task is not None:
            self._task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._task

    async def _publish(self) -> None:
        tries = 0
        while self._is_due and tries < _PUBLISH_TRIES:
            self._is_due = False
            try:
                await publish_apart(self._store, self._settings)
            except KenshoError as error:  # such as an ingest that began, which will publish too
                _log.warning("snapshot_not_published", reason=error.message)
                self._is_due, tries = True, tries + 1
                await asyncio.sleep(_PUBLISH_PAUSE_S)
            else:
                await self._published()


def told(store: StoreSettings) -> dict[str, str | int | float | None]:
    """Return settings of a store as they travel to a process; its password is among them."""
    fields = msgspec.structs.asdict(store)
    path, password = store.path, store.password
    return fields | {
        "url": store.url if path is None else f"surrealkv://{path}",
        "password": None if password is None else password.reveal(),
    }


def _outcome(request: bytes) -> bytes:
    # The parent need not load what builds: a tenth of a second of each command, 110 modules.
    from kensho.read_model.building.publishing import publish_store  # noqa: PLC0415

    asked = msgspec.json.decode(request, type=_Request)
    password = asked.store["password"]
    store = msgspec.convert(asked.store | {"password": None}, StoreSettings)
    if password is not None:
        store = msgspec.structs.replace(store, password=Secret(str(password)))
    try:
        outcome = _Outcome(asyncio.run(publish_store(store, Path(asked.root), asked.limits)))
    except KenshoError as error:
        outcome = _Outcome(kind=type(error).__name__, message=error.message)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // _KIB_PER_MAXRSS // 1024
    return msgspec.json.encode(msgspec.structs.replace(outcome, peak_mib=peak))


def main() -> None:
    """Publish what the parent asks for and tell it what came of it."""
    memory.return_early()
    settings = environment.load()
    logs.configure(settings.logs.level, settings.logs.format)
    child_process.answer(_outcome)


if __name__ == "__main__":
    main()
