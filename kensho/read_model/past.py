"""What was published before and is still there: earlier snapshots, opened when they are asked for.

Guarantees: an earlier model is one that was published, as it was; nothing of it is computed anew.
At most so many are open at once, the one that was asked for longest ago is closed for another. None
is open that is no longer kept, so that its folder can go.

Performance: 0.2 s of processor time to open one of 40,000 works for the first time, 30 ms to open
it again in the same process, whose files are never changed in place; 3 MB while it is open. Titles
are left out: the past is not searched.
"""

import threading
from collections import OrderedDict
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import NamedTuple

from kensho.errors import ReadModelError
from kensho.read_model import titles
from kensho.read_model.folder_lives import MANIFEST
from kensho.read_model.model import ReadModel
from kensho.read_model.publications import Publication, PublishedSnapshot
from kensho.read_model.snapshot_folder import Manifest, OpenFolder


class PastModels:
    """Opens the earlier snapshots of a folder, at most `most` at once; any thread may ask."""

    def __init__(self, root: Path, most: int) -> None:
        self._root = root
        self._most = most
        self._models: OrderedDict[str, ReadModel] = OrderedDict()
        self._checked: dict[str, tuple[int, int]] = {}
        self._changing = threading.Lock()

    def model(self, identity: str) -> ReadModel:
        """Return the model of a snapshot, opened if it is not.

        Raises:
            ReadModelError: it is gone, damaged, or of another version.
        """
        with self._changing:
            found = self._models.get(identity)
            if found is None:
                found = self._models[identity] = self._opened(identity)
            self._models.move_to_end(identity)
            while len(self._models) > self._most:
                _, closed = self._models.popitem(last=False)
                closed.unmap_pages()
        return found

    def is_readable(self, identity: str) -> bool:
        """Tell whether a snapshot is there and of this version, by its manifest alone."""
        path = self._root / identity / MANIFEST
        try:
            Manifest.of(path.read_bytes(), path)
        except (OSError, ReadModelError):
            return False
        return True

    def keep(self, identities: Iterable[str]) -> None:
        """Close the models of all other snapshots: they may be removed."""
        kept = set(identities)
        with self._changing:
            for identity in self._models.keys() - kept:
                self._models.pop(identity).unmap_pages()
            self._checked = {one: at for one, at in self._checked.items() if one in kept}

    def unmap_pages(self) -> None:
        """Let go of the pages that were read, as `OpenFolder.unmap_pages` does."""
        with self._changing:
            for model in self._models.values():
                model.unmap_pages()

    def _opened(self, identity: str) -> ReadModel:
        path = self._root / identity
        try:
            stat = path.stat()
        except OSError as error:
            raise ReadModelError(f"{path}: {error.strerror}") from error
        told = stat.st_dev, stat.st_ino
        is_checked = self._checked.get(identity) == told
        folder = OpenFolder.open(path, without=titles.PREFIX, is_checked=is_checked)
        if folder.manifest.point.identity != identity:
            raise ReadModelError(f"{path}: holds {folder.manifest.point.identity}")
        try:
            model = ReadModel(folder)
        except (LookupError, ValueError) as error:  # msgspec's errors are of the latter
            raise ReadModelError(f"{path}: holds other files than expected: {error!r}") from error
        self._checked[identity] = told
        return model


class Past(NamedTuple):
    """The publications whose snapshots are kept, the oldest first, and what opens them.

    The last is the one that is served now.
    """

    publications: Sequence[PublishedSnapshot]
    current: ReadModel
    models: PastModels

    @classmethod
    def of(cls, publication: Publication, current: ReadModel, models: PastModels) -> "Past | None":
        """Return the past of what is served now; `None` where that is not what was published."""
        if publication.snapshot != current.identity or publication.at is None:
            return None
        now = PublishedSnapshot(publication.snapshot, publication.at)
        return cls((*reversed(publication.earlier), now), current, models)

    def model(self, place: int) -> ReadModel:
        """Return the model of a publication by its place; raises as `PastModels.model`."""
        identity = self.publications[place].snapshot
        return self.current if identity == self.current.identity else self.models.model(identity)

    def earliest_readable(self) -> PublishedSnapshot:
        """Return the earliest publication from which on something can be told."""
        readable = (
            one
            for one in self.publications
            if one.snapshot == self.current.identity or self.models.is_readable(one.snapshot)
        )
        return next(readable, self.publications[-1])
