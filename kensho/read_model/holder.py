"""Hold the snapshot that is served, and replace it by a newer one while requests go on.

Guarantees: `held` is always a whole snapshot of one state of the graph. It opens what is published
in a folder and writes nothing. A newer snapshot is opened, and prepared for who asks first, beside
the old one and takes its place by one assignment; a request keeps the snapshot it began with, and
the last to let go closes it. One that can't be opened is never served: the sound one before stays,
and `last_error` says why.
"""

import asyncio
import contextlib
import gc
import weakref
from collections.abc import Callable
from pathlib import Path
from typing import Final, NamedTuple, Self

import structlog

from kensho.errors import NotReadyError, ReadModelError
from kensho.platform import memory
from kensho.read_model import publications
from kensho.read_model.folder_lives import MANIFEST
from kensho.read_model.history import History
from kensho.read_model.model import ReadModel
from kensho.read_model.past import Past, PastModels
from kensho.read_model.publications import Publication
from kensho.read_model.snapshot_folder import OpenFolder
from kensho.read_model.titles import Titles

_RETRY_S: Final = 30.0
"""A snapshot that can't be opened is read whole each time it is tried: half a second of a core."""
_COLLECTIONS: Final = 12
"""How often a snapshot that was replaced is looked after, a refresh apart: for a minute, longer
than a request may take. A collection walks what was made since the start, in 10 ms."""

_log = structlog.get_logger("kensho.read_model")
_MOST_MAPPED_BYTES: Final = 112 * 2**20
"""How much of files a process has mapped before it lets go of the snapshot's: libraries are 40 MiB
of it. To map a page again costs some 0.1 µs, so that a refresh under full load costs 3 ms."""


class _Replaced(NamedTuple):
    """The model of a snapshot that was replaced, and how many collections may still be made."""

    model: "weakref.ref[ReadModel]"
    collections: int


class Snapshot(NamedTuple):
    """What is served of one state of the graph; `history` tells what changed with it, and before.

    There is none for the first that is published in a folder, or where it can't be opened. `past`
    has the earlier snapshots that are kept, where they may be asked for.
    """

    model: ReadModel
    titles: Titles
    history: History | None = None
    past: Past | None = None

    @property
    def identity(self) -> str:
        """Return the name of the state: its revision, and a token of its own."""
        return self.model.identity

    @classmethod
    def open(cls, folder: Path) -> Self:
        """Check and map `folder`.

        Raises:
            ReadModelError: a file is missing or damaged (it is named), or the version is another.
        """
        opened = OpenFolder.open(folder)
        if opened.manifest.point.identity != folder.name:
            raise ReadModelError(f"{folder}: holds {opened.manifest.point.identity}")
        try:
            snapshot = cls(ReadModel(opened), Titles(opened))
        except (LookupError, ValueError) as error:  # msgspec's errors are of the latter
            raise ReadModelError(f"{folder}: holds other files than expected: {error!r}") from error
        if len(snapshot.titles.groups) != snapshot.model.works_total:
            raise ReadModelError(f"{folder}: has titles of {len(snapshot.titles.groups)} works")
        return snapshot

    @classmethod
    def published(cls, root: Path, publication: Publication, identity: str | None = None) -> Self:
        """Open what a publication names, with its history; or another snapshot that it keeps.

        Raises:
            ReadModelError: as `open`. A history that can't be opened is left out.
        """
        snapshot = cls.open(root / (identity or publication.snapshot))
        if publication.history is None:
            return snapshot
        try:
            return snapshot._replace(history=History.open(root / publication.history))
        except ReadModelError as error:
            _log.warning("history_not_served", reason=error.message)
            return snapshot


class SnapshotHolder:
    """The snapshot in use; `refresh` before serving, `watch` while serving."""

    def __init__(self, root: Path, store: str, *, or_latest: bool, past_open: int = 0) -> None:
        """Follow what is published in `root` of the store of this fingerprint.

        With `or_latest`, what was published last of any store is followed where there is none of
        that store. So many earlier snapshots may be open at once; with 0 there is no past.
        """
        self._root = root
        self._store = store
        self._or_latest = or_latest
        self._held: Snapshot | None = None
        self._refused = ("", 0)
        self._retry_at_s = 0.0
        self._changing = asyncio.Lock()
        self._replaced: list[_Replaced] = []
        self._listeners: list[Callable[[], None]] = []
        self._prepare: Callable[[Snapshot], None] | None = None
        self._past = PastModels(root, past_open) if past_open else None
        self.publication: Publication | None = None
        """What was published when this was looked up last."""
        self.last_error: str | None = None
        """Why what is published is not served; `None` where it is."""
        self.build_error: str | None = None
        """Why nothing could be published by this process, where it tried."""

    @property
    def current(self) -> ReadModel:
        """Return the model in use; hold on to it for the length of a request.

        Raises:
            NotReadyError: no snapshot is open.
        """
        return self.held.model

    @property
    def held(self) -> Snapshot:
        """Return the snapshot in use; raises as `current`."""
        if self._held is None:
            reason = self.last_error or "the snapshot is still being opened"
            failed = f"; building one failed: {self.build_error}" if self.build_error else ""
            raise NotReadyError(f"{reason}{failed}")
        return self._held

    def prepare_with(self, prepare: Callable[[Snapshot], None]) -> None:
        """Call `prepare`, on a thread, with each snapshot before it is taken into use.

        A snapshot for which it fails is not served.
        """
        self._prepare = prepare

    def listen(self, listener: Callable[[], None]) -> None:
        """Call `listener` in the event loop whenever another snapshot was taken into use."""
        self._listeners.append(listener)

    async def refresh(self) -> bool:
        """Open what is published, if it is not in use; return whether any snapshot is in use."""
        async with self._changing:
            try:
                await self._follow(await asyncio.to_thread(self._published))
            except Exception as error:  # noqa: BLE001 -- requests go on with what is in use
                reason = error.message if isinstance(error, ReadModelError) else repr(error)
                if reason != self.last_error:
                    _log.warning("snapshot_not_served", reason=reason)
                self.last_error = reason
        return self._held is not None

    async def watch(self, every_s: float) -> None:
        """Refresh for ever, `every_s` after each time."""
        while True:
            await asyncio.sleep(every_s)
            await self.refresh()
            self._collect_replaced()
            await self._unmap_pages()

    def _collect_replaced(self) -> None:
        """Close the snapshots that were replaced, if only cycles of garbage hold them.

        Some collections are tried: an export holds one for as long as its reader takes, and then
        what it reads stays mapped, no more.
        """
        held = [one for one in self._replaced if one.model() is not None and one.collections]
        if held:
            gc.collect()
        self._replaced = [one._replace(collections=one.collections - 1) for one in held]
        for one in held:
            if (model := one.model()) is not None:
                model.unmap_pages()

    async def _unmap_pages(self) -> None:
        """Let go of the snapshot's pages where many are mapped; the system's cache keeps them.

        Else a process that has served everything is as large as the snapshot, and a machine that
        counts what is mapped as in use looks full.
        """
        if self._held is not None and memory.mapped_bytes() > _MOST_MAPPED_BYTES:
            await asyncio.to_thread(self._held.model.unmap_pages)
            if self._past is not None:
                await asyncio.to_thread(self._past.unmap_pages)

    def _published(self) -> Publication:
        found = publications.read(self._root)
        publication = found.of(self._store, or_latest=self._or_latest) if found else None
        if publication is None:
            raise ReadModelError(publications.nothing_in(self._root))
        return publication

    async def _follow(self, publication: Publication) -> None:
        self.publication = publication
        wanted = publication.snapshot
        if self._held is None or self._held.identity != wanted:
            now_s = asyncio.get_running_loop().time()
            found = wanted, await asyncio.to_thread(_inode, self._root / wanted)
            if found == self._refused and now_s < self._retry_at_s:
                return
            self._refused, self._retry_at_s = found, now_s + _RETRY_S
            await self._exchange(publication)
        elif not await asyncio.to_thread((self._root / wanted / MANIFEST).exists):
            raise ReadModelError(f"{self._root / wanted} is gone; it is served from memory")
        self._refused, self.last_error = ("", 0), None

    async def _exchange(self, publication: Publication) -> None:
        try:
            await self._open(publication, publication.snapshot)
        except ReadModelError:
            if self._held is None and publication.previous is not None:
                with contextlib.suppress(ReadModelError):
                    await self._open(publication, publication.previous)
            raise

    async def _open(self, publication: Publication, identity: str) -> None:
        replaced = self._held
        opened = await asyncio.to_thread(Snapshot.published, self._root, publication, identity)
        if self._past is not None:
            past = Past.of(publication, opened.model, self._past)
            opened = opened._replace(past=past)
            kept = [] if past is None else [one.snapshot for one in past.publications]
            await asyncio.to_thread(self._past.keep, kept)
        if self._prepare is not None:
            await asyncio.to_thread(self._prepare, opened)
        if replaced is None:
            # What opening and preparing took; later it would hold up requests, for 10 ms.
            await asyncio.to_thread(memory.release)
        self._held = opened
        if replaced is None:
            # Collections need not walk what the program consists of, 30 ms of the event loop. Later
            # this would keep for ever what requests under way hold in cycles: whole snapshots.
            gc.freeze()
        else:
            self._replaced.append(_Replaced(weakref.ref(replaced.model), _COLLECTIONS))
        model = self._held.model
        _log.info("snapshot_opened", identity=identity, **model.counts)
        for listener in self._listeners:
            listener()


def _inode(folder: Path) -> int:
    """Return what tells a folder from one that took its place; 0 where there is none."""
    try:
        return folder.stat().st_ino
    except OSError:
        return 0
