"""Which snapshots of a folder are served: the file `current.json` and what it says.

Guarantees: the file names sound snapshots only, since it is replaced after they are on disk. One
folder may hold the snapshots of several stores, each followed by the servers of that store. A
server whose store is in another place, or that has none, follows what was published last.
"""

from pathlib import Path
from typing import Final

import msgspec

from kensho.errors import ReadModelError
from kensho.read_model.identity import is_history, is_identity

CURRENT: Final = "current.json"
"""A fixed name, so that a plain file server can offer the folder as it is."""


class IngestRun(msgspec.Struct, frozen=True):
    """A run of ingestion over a source; publications of a Kenshō before 0.3 have no `id`.

    `snapshot` is empty where the date is not known.
    """

    source: str
    state: str
    snapshot: str | None = None
    finished_at: str | None = None
    id: str | None = None


class Publication(msgspec.Struct, frozen=True, omit_defaults=True):
    """What is served of one store: its snapshot, the one before, and the latest runs by source.

    `history` is the folder that tells what changed with the latest publications.
    """

    snapshot: str
    previous: str | None = None
    runs: tuple[IngestRun, ...] = ()
    history: str | None = None

    @property
    def snapshots(self) -> tuple[str, ...]:
        """Return the identities of the snapshots that must be kept, the current one first."""
        return (self.snapshot,) if self.previous is None else (self.snapshot, self.previous)

    @property
    def folders(self) -> tuple[str, ...]:
        """Return the names of all folders that must be kept."""
        return self.snapshots if self.history is None else (*self.snapshots, self.history)


class Publications(msgspec.Struct, frozen=True):
    """What is served of each store, by the store's fingerprint; `latest` was published last."""

    latest: str
    stores: dict[str, Publication]

    def of(self, store: str, *, or_latest: bool) -> Publication | None:
        """Return what is published of a store, or else what was published last of any."""
        found = self.stores.get(store)
        return self.stores.get(self.latest) if found is None and or_latest else found


def read(root: Path) -> Publications | None:
    """Return what is published in `root`; `None` where nothing is.

    Raises:
        ReadModelError: the file that tells it can't be read.
    """
    path = root / CURRENT
    try:
        return decoded(path.read_bytes(), path)
    except FileNotFoundError:
        return None
    except OSError as error:
        raise ReadModelError(f"{path}: {error.strerror}") from error


def nothing_in(root: Path) -> str:
    """Return the message that nothing usable is published in `root`, and what to do."""
    return (
        f"no snapshot is published in {root}:"
        " run 'kensho ingest', 'kensho snapshot publish' or 'kensho snapshot fetch'"
    )


def decoded(text: bytes, where: object) -> Publications:
    """Return what the file of this text says, which was read at `where`.

    Raises:
        ReadModelError: it is damaged.
    """
    try:
        found = msgspec.json.decode(text, type=Publications)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise ReadModelError(f"{where}: {error}") from error
    for publication in found.stores.values():
        if not all(map(is_identity, publication.snapshots)):
            raise ReadModelError(f"{where}: {publication.snapshot!r} names no snapshot")
        if publication.history is not None and not is_history(publication.history):
            raise ReadModelError(f"{where}: {publication.history!r} names no history")
    return found
