"""What taking a run back does: which records go, are as before and return, and which are kept.

A record is taken back where the run was the last to write it. Where a later run of the source wrote
it again, that one's word stands; and a record that the run added stays where a curator has since
stated something about the work that it makes. Which run wrote a record last is told by the journals
of all later runs, in their order: a run that was taken back itself does not count.

Performance: reads the keys of all later journals of the source, and the images of the run's own one
page after another.
"""

import heapq
import itertools
from collections import Counter, defaultdict
from collections.abc import AsyncIterator, Iterable, Mapping
from typing import Final, Literal, NamedTuple, TypeAlias
from uuid import UUID

import msgspec

from ingest.pipeline.forget_plan import NAMES_SHOWN, TitledWork, known_works
from ingest.pipeline.identity import Identities
from ingest.pipeline.journal import Before, Journal, JournalRun, RecordImage
from ingest.source import Source
from ingest.sources.curated_franchises import SOURCE as SHIPPED
from kensho.domain.records import RecordRelations
from kensho.errors import InvalidInputError, NotFoundError
from kensho.storage.gateway import Gateway
from kensho.storage.paging import pages
from kensho.storage.runs import RunRecord

_Rank: TypeAlias = tuple[float, str]
Fate: TypeAlias = Literal["goes", "as_before", "returns"]
"""What becomes of a record: the run added it, changed it, or removed it."""
_UNDOABLE: Final = ("finished", "failed")


class Statement(NamedTuple):
    """A record of a curator: the run that brought it, and the works that it names."""

    source: str
    key: str
    run: UUID
    works: frozenset[UUID]


class NamedRecords(msgspec.Struct, frozen=True):
    """How many records, and the names of the best known of their works."""

    count: int = 0
    names: tuple[str, ...] = ()

    @property
    def said(self) -> str:
        """The names in a row, and how many there are besides."""
        rest = self.count - len(self.names)
        return "; ".join(self.names) + (f"; and {rest:,} more" if rest > 0 else "")


class KeptRecords(msgspec.Struct, frozen=True):
    """Records that stay as they are because of a later act, `why` in one clause."""

    run: UUID
    source: str
    why: str
    records: NamedRecords

    @property
    def sentence(self) -> str:
        """Say what is kept, and why."""
        return f"{self.records.count:,} records are kept, for {self.why}: {self.records.said}"


class RollbackPlan(msgspec.Struct, frozen=True):
    """What taking a run back does to the records of its source."""

    run: UUID
    source: str
    at: str
    goes: NamedRecords
    as_before: NamedRecords
    returns: NamedRecords
    kept: tuple[KeptRecords, ...] = ()

    @property
    def is_empty(self) -> bool:
        """Tell whether nothing can be taken back."""
        return not (self.goes.count or self.as_before.count or self.returns.count)


class Revocable(NamedTuple):
    """The records that taking back a run writes: by page of its journal; and the others, by why.

    The reason is the run that wrote them since, or a curator's statement about their works.
    """

    keys: Mapping[int, list[str]]
    later: Mapping[str, UUID]
    stated: Mapping[str, Statement]

    def is_taken_back(self, key: str) -> bool:
        """Tell whether the record of this key is taken back."""
        return key not in self.later and key not in self.stated


def require_undoable(run: RunRecord) -> None:
    """Refuse to take back what can't be.

    Raises:
        InvalidInputError: the run wrote nothing, was taken back already, or its journal is gone.
    """
    why = {
        "running": "it has not ended",
        "refused": "it wrote nothing: it was refused",
        "waiting": "it wrote nothing: it waits, and 'kensho reject' drops it",
        "rejected": "it wrote nothing: it was rejected",
        "rolled_back": "it was taken back already",
    }.get(run.state)
    if why is None and run.journal_bytes is None:
        changed = any(run.counts.get(name) for name in ("added", "changed", "removed"))
        why = "what it replaced is not kept" if changed else "it changed nothing"
    if why is not None or run.state not in _UNDOABLE:
        raise InvalidInputError.of("RUN", f"run {run.id} can't be taken back: {why or run.state}")


class RollbackReading:
    """Reads what is to be taken back of a run; `load` first."""

    def __init__(
        self,
        gateway: Gateway,
        identities: Identities,
        sources: Mapping[str, Source],
        run: RunRecord,
    ) -> None:
        self._gateway = gateway
        self._identities = identities
        self._creates = run.source in sources and sources[run.source].creates
        self._sources = sources
        self.journal = Journal(gateway)
        self.run = run
        self.runs: dict[UUID, JournalRun] = {}
        self.revocable = Revocable({}, {}, {})
        self._keys: dict[int, list[str]] = {}

    async def load(self) -> None:
        """Find out which records the run was the last to write."""
        runs = await self.journal.runs()
        self.runs = {one.id: one for one in runs}
        if self.run.id not in self.runs:
            raise NotFoundError(f"what run {self.run.id} replaced is not kept")
        by_page = self._keys = await self.journal.keys(self.run.id)
        mine = {key for keys in by_page.values() for key in keys}
        written_by = await self._last_writers(mine, runs)
        later = {key: by for key, by in written_by.items() if by is not None and by != self.run.id}
        own = {
            page: [key for key in keys if written_by[key] is not None]
            for page, keys in by_page.items()
        }
        self.revocable = Revocable(own, later, {})
        stated = await self._stated() if self._creates else {}
        self.revocable = Revocable(own, later, stated)

    async def _last_writers(self, mine: set[str], runs: list[JournalRun]) -> dict[str, UUID | None]:
        """Return who wrote each record last; `None`: an act before the run, put back since."""
        written_by: dict[str, UUID | None] = {}
        before: dict[UUID, dict[str, UUID | None]] = {}
        place = next(n for n, one in enumerate(runs) if one.id == self.run.id)
        for one in runs[place:]:
            if one.source != self.run.source:
                continue
            by_page = await self.journal.keys(one.id)
            keys = mine.intersection(itertools.chain.from_iterable(by_page.values()))
            before[one.id] = {key: written_by.get(key) for key in keys}
            undone = before.get(one.undoes, {}) if one.undoes is not None else {}
            for key in keys:
                is_own = one.undoes is None or one.id == self.run.id
                written_by[key] = one.id if is_own else undone.get(key)
        return written_by

    async def pages(self) -> AsyncIterator[Before]:
        """Yield what stood before the run, a page at a time, of the records that it takes back."""
        for page, keys in self.revocable.keys.items():
            images = await self._images(page)
            found = {key: images[key] for key in keys if self.revocable.is_taken_back(key)}
            if found:
                yield found

    async def _images(self, page: int) -> Before:
        images = await self.journal.images(self.run.id, page)
        return dict(zip(self._keys[page], images, strict=True))

    def fate(self, key: str, before: RecordImage | None) -> Fate:
        """Tell what becomes of a record that is taken back."""
        if before is None:
            return "goes"
        kept = self._identities.records.get(self.run.source, {})
        return "as_before" if key in kept else "returns"

    async def _stated(self) -> dict[str, Statement]:
        """Return the records that the run added and of whose works a curator has spoken since."""
        added = {
            key
            for page, keys in self.revocable.keys.items()
            for key, before in (await self._images(page)).items()
            if before is None and key in keys and self.revocable.is_taken_back(key)
        }
        going = self._going(added)
        if not going:
            return {}
        about: dict[UUID, Statement] = {}
        async for statement in self._statements():
            for work in statement.works & going.keys():
                about.setdefault(work, statement)
        return {key: about[work] for work, keys in going.items() if work in about for key in keys}

    def _going(self, added: set[str]) -> dict[UUID, list[str]]:
        """Return the works that no maker's record would be about any more, with the added ones."""
        kept = self._identities.records
        going: defaultdict[UUID, list[str]] = defaultdict(list)
        for key in added & kept.get(self.run.source, {}).keys():
            for work in kept[self.run.source][key].works:
                going[work].append(key)
        for source, records in kept.items() if going else ():
            if not self._sources[source].creates:
                continue
            for key, head in records.items():
                if source != self.run.source or key not in added:
                    for work in head.works:
                        going.pop(work, None)
        return going

    async def _statements(self) -> AsyncIterator[Statement]:
        """Yield what curators stated after the run.

        What comes with Kenshō is brought in line by every run: it is no act, and returns by itself.
        """
        since = self.runs[self.run.id].journal_from
        ignored = {self.run.source, SHIPPED.name}
        shape = list[tuple[UUID, str, str, UUID, str | None]]
        async for rows in pages(self._gateway, "ingest.curated_claims", shape):
            for work, source, key, run, links in rows:
                by = self.runs.get(run)
                if by is None or by.journal_from <= since or source in ignored:
                    continue
                named = {work, *self._targets(links)}
                yield Statement(source, key, run, frozenset(named))

    def _targets(self, links: str | None) -> Iterable[UUID]:
        said = msgspec.json.decode(links or "{}", type=RecordRelations)
        targets = [one.target for one in said.relations] + list(said.same_as)
        owners = map(self._identities.owner, targets)
        return (owner for owner in owners if owner is not None)

    async def plan(self) -> RollbackPlan:
        """Return what taking the run back does, by name."""
        names = _Names(self._identities, await known_works(self._gateway), self.run.source)
        async for before in self.pages():
            for key, image in before.items():
                names.add(self.fate(key, image), key, image)
        kept: dict[tuple[UUID, str, str], None] = {}
        reasons = {key: self._written_since(run) for key, run in self.revocable.later.items()}
        reasons |= {key: self._stated_since(one) for key, one in self.revocable.stated.items()}
        for key, reason in reasons.items():
            kept[reason] = None
            names.add(reason, key, None)
        return RollbackPlan(
            self.run.id,
            self.run.source,
            self.run.started_at,
            names.of("goes"),
            names.of("as_before"),
            names.of("returns"),
            tuple(KeptRecords(*reason, names.of(reason)) for reason in kept),
        )

    def _written_since(self, run: UUID) -> tuple[UUID, str, str]:
        by = self.runs[run]
        what = "took back another run" if by.undoes else "wrote them"
        return run, by.source, f"run {str(run)[:8]} of {by.started_at[:10]} {what} since"

    def _stated_since(self, one: Statement) -> tuple[UUID, str, str]:
        at = self.runs[one.run].started_at[:10]
        by = f"(run {str(one.run)[:8]} of {at})"
        return one.run, one.source, f"{one.source} has spoken of their works since {by}"


class _Names:
    """Counts records by what becomes of them, and keeps the names of the best known works."""

    def __init__(self, identities: Identities, works: Iterable[TitledWork], source: str) -> None:
        self._records = identities.records.get(source, {})
        self._works = {work.id: work for work in works}
        self._counts: Counter[object] = Counter()
        self._best: defaultdict[object, list[tuple[_Rank, str]]] = defaultdict(list)

    def add(self, group: object, key: str, image: RecordImage | None) -> None:
        self._counts[group] += 1
        head = self._records.get(key)
        works = () if head is None else head.works
        known = next((self._works[work] for work in works if work in self._works), None)
        if known is not None:
            ranked = (known.known, known.name)
        else:
            title = None if image is None else image.title
            ranked = ((0.0, title or key), title or key)
        best = self._best[group]
        heapq.heappush(best, ranked)
        if len(best) > NAMES_SHOWN:
            heapq.heappop(best)

    def of(self, group: object) -> NamedRecords:
        names = (name for _, name in sorted(self._best[group], reverse=True))
        return NamedRecords(self._counts[group], tuple(dict.fromkeys(names)))
