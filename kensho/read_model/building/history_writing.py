"""Writes the history of publications: the one before, and what changed with a new snapshot.

Guarantees: a history is on disk as a whole before a publication names it, as snapshots are; a
publication never fails because what changed can't be told: that is a gap in the history, which says
why. What is kept is bounded in number and size; the oldest goes first.

Performance: comparing two snapshots of 39,000 works takes up to 2 s of the publishing process, and
listing what changed 0.5 s.
"""

import datetime as dt
import hashlib
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Final, NamedTuple, Self

import msgspec
import numpy as np
import structlog

from kensho.errors import ReadModelError
from kensho.platform import memory
from kensho.platform.settings import SnapshotSettings
from kensho.read_model.blobs import ID_BYTES, NewDocuments, joined
from kensho.read_model.change_lists import ListedChange, changes_of
from kensho.read_model.change_views import CHANGE_KINDS
from kensho.read_model.comparison import delta_between
from kensho.read_model.history import (
    HISTORY_VERSION,
    WORKS_OF_A_CHANGE,
    History,
    PublicationEntry,
    packed,
)
from kensho.read_model.publications import IngestRun, Publication
from kensho.read_model.snapshot_folder import NewFolder, OpenFolder

_DIGEST_BYTES: Final = 8
_NO_ID: Final = bytes(ID_BYTES)
_FIRST: Final = "it is the first publication that is known"
_log = structlog.get_logger("kensho.read_model")


class HistoryLimits(msgspec.Struct, frozen=True):
    """How many publications a history has at most, in how many bytes, and how many snapshots stay.

    The snapshots of the latest publications stay, the current one counted.
    """

    publications: int
    bytes: int
    snapshots: int = 2

    @classmethod
    def of(cls, settings: SnapshotSettings) -> Self:
        """Return the limits that the environment sets."""
        return cls(settings.history_publications, settings.history_bytes, settings.snapshots_kept)


DEFAULT_LIMITS: Final = HistoryLimits.of(SnapshotSettings())


class _StoredChange(NamedTuple):
    """A change as it is written, and what it is found by."""

    document: bytes
    kind: int
    id: bytes
    works: bytes
    adult: bool
    slugs: Sequence[str]


class _Kept(NamedTuple):
    """A publication with its packed delta and its changes."""

    entry: PublicationEntry
    delta: bytes
    changes: Sequence[_StoredChange]

    @property
    def size_bytes(self) -> int:
        """Return about how much of the history is of this publication."""
        return len(self.delta) + sum(
            len(change.document) + len(change.works) + ID_BYTES for change in self.changes
        )


class NewPublication(NamedTuple):
    """What is published in the place of another, when, and the latest runs of ingestion."""

    snapshot: str
    at: dt.datetime
    runs: Sequence[IngestRun]


def extend_history(
    root: Path, last: Publication, new: NewPublication, limits: HistoryLimits
) -> str | None:
    """Write the history with what changes from the last publication to the new one.

    Return the name of its folder; that of the one before where it can't be written, and `None`
    where none is kept. Only one caller at a time may do so in one folder.
    """
    if limits.publications == 0:
        return None
    if new.snapshot == last.snapshot:
        return last.history
    try:
        return _written(root, last, new, limits)
    except (ReadModelError, OSError) as error:
        _log.warning("history_not_written", reason=str(error))
        return last.history


def _written(root: Path, last: Publication, new: NewPublication, limits: HistoryLimits) -> str:
    after = OpenFolder.open(root / new.snapshot)
    kept = _kept(root, last)
    told = {run.id for one in kept for run in one.entry.runs}
    untold = [run for run in new.runs if run.id not in told]
    kept.append(_compared(root, last.snapshot, after, new._replace(runs=untold)))
    kept = _within(kept, limits)
    entries = _entries(kept)
    text = msgspec.json.encode(entries)
    name = f"history-{hashlib.blake2b(text, digest_size=_DIGEST_BYTES).hexdigest()}"
    point = after.manifest.point
    with NewFolder(root, point, name, HISTORY_VERSION) as folder:
        folder.file("publications.json").write(text)
        deltas = folder.file("deltas.bin")
        for one in kept:
            deltas.write(one.delta)
        changes = [change for one in kept for change in one.changes]
        _write_changes(folder, changes)
        counts = {"publications": len(kept), "changes": len(changes)}
        folder.commit(counts, built_at_s=int(new.at.timestamp()))
    return name


def _kept(root: Path, last: Publication) -> list[_Kept]:
    """Return what the history has so far; it begins anew where it can't be read."""
    if last.history is not None:
        try:
            history = History.open(root / last.history)
        except ReadModelError as error:
            _log.warning("history_begins_anew", reason=error.message)
        else:
            return list(_of_history(history))
    built_at = built_at_of(root / last.snapshot)
    return [_Kept(PublicationEntry(last.snapshot, built_at.isoformat(), gap=_FIRST), b"", ())]


def built_at_of(folder: Path) -> dt.datetime:
    """Return when a snapshot was built; the beginning of time where that can't be read."""
    try:
        built_at_s = OpenFolder.open(folder, None).manifest.built_at_s
    except ReadModelError:
        built_at_s = 0
    return dt.datetime.fromtimestamp(built_at_s, dt.UTC)


def _of_history(history: History) -> Iterator[_Kept]:
    slugs = history.slugs()
    first = 0
    for publication, entry in enumerate(history.entries):
        numbers = range(first, first + entry.listed)
        first += entry.listed
        changes = [
            _StoredChange(
                history.change(number).bytes,
                int(history.kinds[number]),
                history.id(number).bytes,
                history.works[number].tobytes(),
                bool(history.adult[number]),
                slugs[number],
            )
            for number in numbers
        ]
        yield _Kept(entry, bytes(history.packed_delta(publication)), changes)


def _compared(root: Path, before: str, after: OpenFolder, new: NewPublication) -> _Kept:
    """Return the new publication with what changed, or with why that is not known."""
    entry = PublicationEntry(new.snapshot, new.at.isoformat(timespec="seconds"), before=before)
    try:
        old = OpenFolder.open(root / before, None)
        with memory.without_cycle_collection():
            delta = delta_between(old, after)
    except ReadModelError as error:
        _log.warning("publications_not_compared", reason=error.message)
        return _Kept(msgspec.structs.replace(entry, gap=error.message), b"", ())
    changes = changes_of(delta, f"{before}..{new.snapshot}")
    counts = dict.fromkeys(CHANGE_KINDS, 0)
    for one in changes:
        counts[one.change.kind] += 1
    entry = msgspec.structs.replace(
        entry,
        runs=tuple(_since(new.runs, old.manifest.built_at_s)),
        counts={kind: count for kind, count in counts.items() if count},
    )
    listed = [one for one in changes if one.change.kind != "figures_moved"]
    return _Kept(entry, packed(delta), [_stored(one) for one in listed])


def _since(runs: Iterable[IngestRun], built_at_s: int) -> Iterator[IngestRun]:
    """Yield the runs that ended after the snapshot before was built."""
    for run in runs:
        if run.finished_at is not None and _timestamp(run.finished_at) >= built_at_s:
            yield run


def _timestamp(text: str) -> float:
    """Return the time that a text of the store tells, which has nanoseconds."""
    try:
        return dt.datetime.fromisoformat(f"{text[:19]}+00:00").timestamp()
    except ValueError:
        return 0.0


def _stored(one: ListedChange) -> _StoredChange:
    works = b"".join(work.bytes for work in one.works)
    return _StoredChange(
        msgspec.json.encode(one.change),
        CHANGE_KINDS.index(one.change.kind),
        one.change.id.bytes,
        works.ljust(WORKS_OF_A_CHANGE * ID_BYTES, b"\0"),
        one.adult,
        one.slugs,
    )


def _within(kept: list[_Kept], limits: HistoryLimits) -> list[_Kept]:
    """Return the latest publications that the limits leave room for; the newest always stays."""
    *older, newest = kept
    if newest.size_bytes > limits.bytes:
        gap = f"more changed than is kept: {newest.size_bytes} bytes"
        newest = _Kept(msgspec.structs.replace(newest.entry, gap=gap), b"", ())
    chosen, size_bytes = [newest], newest.size_bytes
    for one in reversed(older):
        size_bytes += one.size_bytes
        if len(chosen) == limits.publications or size_bytes > limits.bytes:
            break
        chosen.append(one)
    return chosen[::-1]


def _entries(kept: Sequence[_Kept]) -> list[PublicationEntry]:
    """Return the publications with where their changes and deltas lie."""
    entries: list[PublicationEntry] = []
    start = 0
    for one in kept:
        place = (start, start + len(one.delta))
        start = place[1]
        entries.append(msgspec.structs.replace(one.entry, listed=len(one.changes), delta=place))
    return entries


def _write_changes(folder: NewFolder, changes: Sequence[_StoredChange]) -> None:
    documents = NewDocuments(folder, "changes")
    for change in changes:
        documents.add(change.document)
    by_slug: dict[str, list[int]] = {}
    for number, change in enumerate(changes):
        for slug in change.slugs:
            by_slug.setdefault(slug, []).append(number)
    slugs = sorted(by_slug, key=str.encode)
    ends, texts = joined([slug.encode() for slug in slugs])
    runs = [by_slug[slug] for slug in slugs]
    folder.arrays(
        {
            **documents.arrays(np.arange(len(changes))),
            "change_kinds": np.array([change.kind for change in changes], dtype=np.uint8),
            "change_adult": np.array([change.adult for change in changes], dtype=np.bool_),
            "slugs_ends": ends,
            "slug_offsets": np.cumsum([0, *map(len, runs)], dtype=np.int32),
            "slug_changes": np.array([n for run in runs for n in run], dtype=np.int32),
        }
    )
    folder.file("slugs.bin").write(texts)
    folder.file("change_ids.bin").write(b"".join(change.id for change in changes))
    folder.file("change_works.bin").write(b"".join(change.works for change in changes))
