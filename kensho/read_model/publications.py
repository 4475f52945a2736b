"""Which snapshots of a folder are served: the file `current.json` and what it says.

Guarantees: the file names sound snapshots only, since it is replaced after they are on disk. One
folder may hold the snapshots of several stores, each followed by the servers of that store. A
server whose store is in another place, or that has none, follows what was published last.
"""

import datetime as dt
from pathlib import Path
from typing import Final

import msgspec

from kensho.errors import ReadModelError
from kensho.read_model.identity import is_history, is_identity, revision_of

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


class PublishedSnapshot(msgspec.Struct, frozen=True):
    """A snapshot that was published, and when: a time in ISO 8601, with its zone."""

    snapshot: str
    at: str

    @property
    def revision(self) -> int:
        """Return the revision that was published."""
        return revision_of(self.snapshot)


class Publication(msgspec.Struct, frozen=True, omit_defaults=True):
    """What is served of one store: its snapshot, the one before, and the latest runs by source.

    `history` is the folder that tells what changed with the latest publications. `at` is when this
    was published, and `earlier` are publications before it whose snapshots stay, the latest first.
    """

    snapshot: str
    previous: str | None = None
    runs: tuple[IngestRun, ...] = ()
    history: str | None = None
    at: str | None = None
    earlier: tuple[PublishedSnapshot, ...] = ()

    @property
    def snapshots(self) -> tuple[str, ...]:
        """Return the identities of the snapshots that must be kept, the current one first."""
        previous = () if self.previous is None else (self.previous,)
        earlier = (one.snapshot for one in self.earlier)
        return tuple(dict.fromkeys((self.snapshot, *previous, *earlier)))

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
        _check_times(publication, where)
    return found


def _check_times(publication: Publication, where: object) -> None:
    for at in (publication.at, *(one.at for one in publication.earlier)):
        try:
            has_zone = at is None or dt.datetime.fromisoformat(at).tzinfo is not None
        except ValueError:
            has_zone = False
        if not has_zone:
            raise ReadModelError(f"{where}: {at!r} is no time with a zone")
