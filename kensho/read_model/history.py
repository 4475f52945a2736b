"""What changed with each publication: a folder beside the snapshots that outlives them.

A history is written anew with every publication and never changed: it has the deltas of the latest
publications, and their changes as documents with an index by franchise. A publication that could
not be compared with the one before, such as the first, is a gap: what changed then is not known.

Guarantees: as a snapshot, a history is whole or refused, and is not removed while it is open.
Changes are numbered in the order of publications, the oldest first, and within one in the order of
`change_lists`. A history of another version is refused.

Performance: 0.5 µs to read a document; a delta of 27,000 works with other scores takes 1.2 MB, and
0.07 s to unpack.
"""

import datetime as dt
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Final, Self
from uuid import UUID

import msgspec
import numpy as np
import numpy.typing as npt
import zstandard

from kensho.domain.deltas import Delta, EdgeKey, FactChanges, WorkCard, mentioned_works
from kensho.domain.relations import Kind
from kensho.domain.works import WorkKind
from kensho.errors import ReadModelError
from kensho.read_model.blobs import ID_BYTES, Documents, SortedTexts
from kensho.read_model.change_views import CHANGE_KINDS, Change, ChangeKind
from kensho.read_model.encoded import Encoded
from kensho.read_model.identity import is_identity, revision_of
from kensho.read_model.publications import IngestRun
from kensho.read_model.snapshot_folder import OpenFolder
from kensho.search.array_checks import ArrayChecks

HISTORY_VERSION: Final = 1
"""Raised by hand when what is written here changes; an older history is left behind then."""
WORKS_OF_A_CHANGE: Final = 2
"""As many as a relation has."""
_MOST_BYTES: Final = 1 << 30
"""The largest delta that is unpacked; one where all scores moved has 4 MB."""


class PublicationEntry(msgspec.Struct, frozen=True, omit_defaults=True):
    """A publication: what was published when, after what, and what came of comparing the two.

    `snapshot` and `before` are identities of snapshots; `runs` of ingestion ended between the two.
    `counts` are of changes by kind. `gap` tells why the changes are not known, where they are not.
    `delta` is where the delta lies among the packed ones.
    """

    snapshot: str
    at: str
    before: str | None = None
    runs: tuple[IngestRun, ...] = ()
    counts: dict[ChangeKind, int] = {}
    listed: int = 0
    delta: tuple[int, int] = (0, 0)
    gap: str | None = None

    @property
    def revision(self) -> int:
        """Return the revision that was published."""
        return revision_of(self.snapshot)


class History:
    """An open history."""

    def __init__(self, folder: OpenFolder) -> None:
        """Check and open the history of `folder`.

        Raises:
            ReadModelError: something in it is not as it must be; its file is named.
        """
        self.name: Final = folder.path.name
        self.entries: Final[Sequence[PublicationEntry]] = folder.decoded(
            "publications.json", list[PublicationEntry]
        )
        """The publications, the oldest first."""
        _check(folder, self.entries)
        self.kinds: Final[npt.NDArray[np.uint8]] = folder.array("change_kinds")
        """The kind of each change, as a code into `CHANGE_KINDS`."""
        listed = [entry.listed for entry in self.entries]
        self.publication_of: Final[npt.NDArray[np.int64]] = np.repeat(
            np.arange(len(listed)), listed
        )
        """The number of the publication that each change came with."""
        self.works: Final = np.frombuffer(
            folder.blob("change_works.bin")[:], f"S{ID_BYTES}"
        ).reshape(-1, WORKS_OF_A_CHANGE)
        """The works that must be shown for a change to be; shape (changes, 2)."""
        self.adult: Final[npt.NDArray[np.bool_]] = folder.array("change_adult")
        """Whether what a change tells of was adult, as far as the history knows."""
        self._ids = folder.blob("change_ids.bin")[:]
        self._numbers: dict[UUID, int] | None = None
        self._documents = Documents(folder, "changes")
        self._slugs = SortedTexts(folder.array("slugs_ends"), folder.blob("slugs.bin"))
        self._slug_offsets = folder.array("slug_offsets")
        self._slug_changes = folder.array("slug_changes")
        self._deltas = folder.blob("deltas.bin")
        self._folder: Final = folder  # which is locked against removal while somebody holds it

    @classmethod
    def open(cls, folder: Path) -> Self:
        """Check and map `folder`.

        Raises:
            ReadModelError: a file is missing or damaged (it is named), or the version is another.
        """
        try:
            return cls(OpenFolder.open(folder, HISTORY_VERSION))
        except (LookupError, ValueError) as error:  # msgspec's errors are of the latter
            raise ReadModelError(f"{folder}: is no history: {error!r}") from error

    def __len__(self) -> int:
        """Return how many changes are listed."""
        return len(self.kinds)

    def change(self, number: int) -> Encoded[Change]:
        """Return a change."""
        return Encoded(Change, self._documents[number])

    def id(self, number: int) -> UUID:
        """Return the id of a change."""
        return UUID(bytes=self._ids[ID_BYTES * number : ID_BYTES * (number + 1)])

    def number(self, change: UUID) -> int | None:
        """Return the number of the change of this id, or `None`."""
        if self._numbers is None:  # needed only by readers whose page is of an older snapshot
            self._numbers = {self.id(number): number for number in range(len(self))}
        return self._numbers.get(change)

    def of_franchise(self, slug: str) -> npt.NDArray[np.int32]:
        """Return the numbers of the changes that tell of a franchise or its works, ascending."""
        place = self._slugs.find(slug)
        if place is None:
            return np.empty(0, dtype=np.int32)
        found: npt.NDArray[np.int32] = self._slug_changes[
            self._slug_offsets[place] : self._slug_offsets[place + 1]
        ]
        return found

    def slugs(self) -> list[list[str]]:
        """Return the franchises of each change."""
        found: list[list[str]] = [[] for _ in range(len(self))]
        offsets: list[int] = self._slug_offsets.tolist()
        for place in range(len(self._slugs)):
            changes: list[int] = self._slug_changes[offsets[place] : offsets[place + 1]].tolist()
            for number in changes:
                found[number].append(self._slugs[place])
        return found

    def packed_delta(self, publication: int) -> bytes:
        """Return the delta of a publication as it is stored; empty at a gap."""
        start, end = self.entries[publication].delta
        return self._deltas[start:end]

    def delta(self, publication: int) -> Delta | None:
        """Return what a publication changed; `None` where that is not known.

        Raises:
            ReadModelError: it can't be read.
        """
        packed = self.packed_delta(publication)
        return unpacked(packed) if packed else None


class _PackedDelta(msgspec.Struct, frozen=True, array_like=True):
    """A delta as it is stored: its works by their places among `ids`, which are 16 bytes each."""

    ids: bytes
    cards: list[tuple[str, WorkKind, str, int | None, bool, str | None, float] | None]
    titles: dict[str, str]
    came: list[int]
    went: list[tuple[int, int | None]]
    changed: list[tuple[int, FactChanges]]
    edges_came: list[tuple[int, int, Kind]]
    edges_went: list[tuple[int, int, Kind]]
    franchises: dict[str, FactChanges]


_LEVEL: Final = 6
"""Of zstd: a delta of 27,000 scores takes 0.15 s."""


def packed(delta: Delta) -> bytes:
    """Return a delta as it is stored: the same for equal ones."""
    ids = sorted(mentioned_works(delta), key=lambda work: work.bytes)
    place = {work: number for number, work in enumerate(ids)}

    def edges(keys: Iterable[EdgeKey]) -> list[tuple[int, int, Kind]]:
        return sorted((place[one.source], place[one.target], one.kind) for one in keys)

    cards = (delta.cards.get(work) for work in ids)
    stored = _PackedDelta(
        ids=b"".join(work.bytes for work in ids),
        cards=[None if card is None else msgspec.structs.astuple(card) for card in cards],
        titles=delta.titles,
        came=sorted(place[work] for work in delta.came),
        went=sorted(
            (place[work], None if into is None else place[into])
            for work, into in delta.went.items()
        ),
        changed=sorted((place[work], changes) for work, changes in delta.changed.items()),
        edges_came=edges(delta.edges_came),
        edges_went=edges(delta.edges_went),
        franchises=delta.franchises,
    )
    return zstandard.ZstdCompressor(level=_LEVEL).compress(msgspec.json.encode(stored))


def unpacked(data: bytes) -> Delta:
    """Return the delta that is stored so.

    Raises:
        ReadModelError: it can't be read.
    """
    try:
        text = zstandard.ZstdDecompressor().decompress(data, max_output_size=_MOST_BYTES)
        return _unpacked(msgspec.json.decode(text, type=_PackedDelta))
    except (zstandard.ZstdError, LookupError, ValueError, MemoryError) as error:
        raise ReadModelError(f"a delta can't be read: {error!r}") from error


def _unpacked(stored: _PackedDelta) -> Delta:
    ids = [UUID(bytes=stored.ids[at : at + ID_BYTES]) for at in range(0, len(stored.ids), ID_BYTES)]
    return Delta(
        cards={
            work: WorkCard(*card)
            for work, card in zip(ids, stored.cards, strict=True)
            if card is not None
        },
        titles=stored.titles,
        came=frozenset(ids[place] for place in stored.came),
        went={ids[place]: None if into is None else ids[into] for place, into in stored.went},
        changed={ids[place]: changes for place, changes in stored.changed},
        edges_came=frozenset(EdgeKey(ids[a], ids[b], kind) for a, b, kind in stored.edges_came),
        edges_went=frozenset(EdgeKey(ids[a], ids[b], kind) for a, b, kind in stored.edges_went),
        franchises=stored.franchises,
    )


def _check(folder: OpenFolder, entries: Sequence[PublicationEntry]) -> None:
    """Check all that is used as an index into another file."""
    where = f"{folder.path}/"
    checks = ArrayChecks(folder.arrays(), where)
    total = sum(entry.listed for entry in entries)
    checks.within("change_kinds", "u1", total, low=0, end=len(CHANGE_KINDS))
    flags = checks.array("change_adult", "?", total)
    checks.wrong("change_adult", flags.view(np.uint8) > 1, "is neither true nor false")
    places = checks.within(
        "changes_places", "i8", total, 2, low=0, end=len(folder.blob("changes.bin")) + 1
    )
    checks.wrong("changes_places", places[:, 1] < places[:, 0], "ends before it begins")
    for file, size in (("change_ids.bin", 1), ("change_works.bin", WORKS_OF_A_CHANGE)):
        if len(folder.blob(file)) != total * size * ID_BYTES:
            raise ReadModelError(f"{where}{file}: has not {total} entries")
    stops = checks.ascending("slugs_ends", "i8", None, strictly=False)
    slugs = folder.blob("slugs.bin")[:]
    if (int(stops[-1]) if len(stops) else 0) != len(slugs) or not slugs.isascii():
        checks.refuse("slugs_ends", "does not span its file, or that is not of ASCII letters")
    changes = checks.within("slug_changes", "i4", None, low=0, end=max(total, 1))
    checks.offsets("slug_offsets", "i4", len(stops), len(changes))
    packed_bytes = len(folder.blob("deltas.bin"))
    for entry in entries:
        start, end = entry.delta
        if entry.listed < 0 or not 0 <= start <= end <= packed_bytes:
            raise ReadModelError(f"{where}publications.json: {entry.snapshot} has no such delta")
        names = (entry.snapshot, entry.before or entry.snapshot)
        if not all(map(is_identity, names)):
            raise ReadModelError(f"{where}publications.json: {names} name no snapshots")
        dt.datetime.fromisoformat(entry.at)
