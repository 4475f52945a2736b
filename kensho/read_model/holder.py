"""Holds the current read model and exchanges it for a newer one, without a request noticing.

Guarantees: `current` is always a whole model of one revision. A newer one is made or opened beside
it and takes its place by one assignment; a request keeps the model it began with, and the last to
let go closes it. A folder that is missing, damaged, of another format or of other documents is made
anew from the graph. Workers of one machine share the folders: one of them builds, under a file
lock, the others open what it built.
"""

import asyncio
import contextlib
import fcntl
import gc
from collections.abc import AsyncGenerator
from pathlib import Path
from typing import IO, Final, NamedTuple, Self

import structlog

from kensho.errors import NotReadyError, ReadModelError
from kensho.read_model import snapshot_folder
from kensho.read_model.building.builder import build, point_of
from kensho.read_model.identity import revision_of
from kensho.read_model.model import ReadModel
from kensho.read_model.snapshot_folder import OpenFolder
from kensho.read_model.titles import Titles
from kensho.storage import tables
from kensho.storage.gateway import Gateway
from kensho.storage.rows import GraphState

_LOCK: Final = ".lock"
_LOCK_PAUSE_S: Final = 0.05
_LONGEST_PAUSE_S: Final = 30.0


class Snapshot(NamedTuple):
    """What is served of one revision of the graph."""

    model: ReadModel
    titles: Titles

    @classmethod
    def open(cls, folder: Path) -> Self:
        """Check and map `folder`.

        Raises:
            ReadModelError: a file is missing or damaged (it is named), or the version is another.
        """
        opened = OpenFolder.open(folder)
        return cls(ReadModel(opened), Titles(opened))


class SnapshotHolder:
    """The read model in use; `open_or_build` before serving, `watch` while serving."""

    def __init__(self, gateway: Gateway, root: Path) -> None:
        self._gateway = gateway
        self._root = root
        self._held: Snapshot | None = None
        self._changing = asyncio.Lock()
        self._log = structlog.get_logger("kensho.read_model")
        self.last_error: str | None = None
        """Why the last attempt to follow the graph failed; `None` after one that did not."""

    @property
    def current(self) -> ReadModel:
        """Return the model in use; hold on to it for the length of a request.

        Raises:
            NotReadyError: none is open yet.
        """
        return self.held.model

    @property
    def held(self) -> Snapshot:
        """Return the model in use with its titles; raises as `current`."""
        if self._held is None:
            raise NotReadyError("the read model is still being built")
        return self._held

    async def open_or_build(self) -> None:
        """Open the model of the graph's revision, or build it.

        Raises:
            StorageError, ReadModelError, OSError: as `graph_reading.build`.
        """
        await self._follow(await tables.state(self._gateway))

    async def open_latest(self) -> bool:
        """Open the newest sound model, when the graph can't be asked; return whether one was."""
        async with self._changing:
            for folder in sorted(_folders(self._root), key=lambda path: -revision_of(path.name)):
                if self._held is None:
                    self._held = await self._opened(folder)
            return self._held is not None

    async def refresh(self) -> bool:
        """Bring the model up to the graph; return whether it was exchanged.

        Raises:
            StorageError, ReadModelError, OSError: as `graph_reading.build`; the old model stays in
            use.
        """
        return await self._follow(await tables.state(self._gateway))

    async def watch(self, every_s: float) -> None:
        """Refresh for ever, `every_s` after each time; failures are kept, logged and tried again.

        While an ingest writes (the graph is not composed) the revision keeps moving, and a reading
        would only be overtaken: the model is exchanged once it is done, or once the revision has
        stood still for one period.
        """
        pause_s, seen = every_s, -1
        while True:
            await asyncio.sleep(pause_s)
            try:
                state = await tables.state(self._gateway)
                if state.composed or state.revision == seen:
                    await self._follow(state)
            except Exception as error:  # noqa: BLE001 - requests go on with the old model
                self.last_error = str(error) or type(error).__name__
                self._log.warning(
                    "read_model_refresh_failed", error=self.last_error, retry_in_s=pause_s
                )
                pause_s = min(pause_s * 2, max(every_s, _LONGEST_PAUSE_S))
            else:
                seen, pause_s, self.last_error = state.revision, every_s, None

    async def _follow(self, state: GraphState) -> bool:
        async with self._changing:
            identity = point_of(state).identity
            folder = self._root / identity
            held = self._held is not None and self._held.model.identity == identity
            if held and (folder / snapshot_folder.MANIFEST).exists():
                return False
            self._held = await self._opened(folder) or await self._built(folder)
            gc.freeze()  # a collection that walks all of a model holds the event loop for 30 ms
            model = self._held.model
            self._log.info("read_model_opened", revision=model.revision, **model.counts)
            return True

    async def _built(self, folder: Path) -> Snapshot:
        async with _alone(self._root):
            made = await self._opened(folder)
            if made is None:  # or another worker has built it while this one waited
                made = await asyncio.to_thread(
                    Snapshot.open, await build(self._gateway, self._root)
                )
            kept = {used.model.identity for used in (made, self._held) if used is not None}
            await asyncio.to_thread(snapshot_folder.sweep, self._root, keep=kept)
            return made

    async def _opened(self, folder: Path) -> Snapshot | None:
        try:
            return await asyncio.to_thread(Snapshot.open, folder)
        except ReadModelError as error:
            self._log.info("read_model_unusable", reason=error.message)
            return None


def _folders(root: Path) -> list[Path]:
    return (
        [path for path in root.iterdir() if snapshot_folder.is_snapshot(path.name)]
        if root.is_dir()
        else []
    )


@contextlib.asynccontextmanager
async def _alone(root: Path) -> AsyncGenerator[None, None]:
    """Hold the builders' lock of `root`; the system lets go of it when its holder dies."""
    with _lock_file(root) as file:
        while not _locked(file.fileno()):  # noqa: ASYNC110 - its holder may be another process
            await asyncio.sleep(_LOCK_PAUSE_S)
        yield


def _lock_file(root: Path) -> IO[bytes]:
    root.mkdir(parents=True, exist_ok=True)
    return (root / _LOCK).open("wb")


def _locked(descriptor: int) -> bool:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
