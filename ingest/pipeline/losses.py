"""Foresee what a release would take from its source and from the graph, before the first write.

What the kept records of a source say is compared with what the scanned ones say: relations, tags,
titles, ids, single facts and the rest (`LossKind`). A record whose key is another one in the new
release is found again by any of its ids. Of what the source would no longer say, it is told apart
what another source says too: that much the graph would not lose.

Guarantees: nothing is written. What is renamed counts as lost, though as much came for it.

Performance: kept records are read in batches, only those that changed or went; memory holds counts,
a few examples, and the pairs of works that would no longer be related.
"""

import itertools
import uuid
from collections import Counter, defaultdict
from collections.abc import Collection, Hashable, Iterable, Iterator, Mapping, Sequence
from typing import Final, NamedTuple, TypeVar

import msgspec

from ingest.pipeline.identity import Identities, RecordHead
from ingest.pipeline.record_ids import identifying_ids
from ingest.pipeline.record_store import RecordId, RecordStore, Statements
from ingest.pipeline.scan import SourceScan
from ingest.pipeline.statements import (
    RELATIONS,
    Counted,
    Pair,
    Said,
    pairs_in,
    parts_of,
    things_said,
)
from ingest.source_policies import LossKind
from kensho.domain.records import Record, RecordFacts, RecordRelations

EXAMPLES: Final = 3
"""Examples of each kind; a message of a dozen kinds still fits a screen."""
_RECORDS_A_BATCH: Final = 500
Thing = TypeVar("Thing")


class Loss(msgspec.Struct, frozen=True):
    """What would be lost of one kind (`field` tells which of the facts).

    `lost` of `before` things that the source says now; of them `alone` are said by no other source.
    Relations are counted by who states them, `alone` are pairs that nobody would relate any more.
    """

    kind: LossKind
    field: str
    lost: int
    before: int
    alone: int
    examples: tuple[str, ...] = ()


class Foreseen(NamedTuple):
    """The losses of a release by kind, and what decides which franchises hold together.

    `unrelated` are pairs of works that nothing would relate any more, `related` those that the
    changed records relate, `gone_works` the works that no record would make any more.
    """

    losses: list[Loss]
    unrelated: set[Pair]
    related: set[Pair]
    gone_works: set[uuid.UUID]


class _Compared(NamedTuple):
    """What kept records of one work said, and what stands in their place now."""

    work: uuid.UUID
    label: str
    before: Said
    now: Said


class _Example(NamedTuple):
    """Something that would be lost: of which record, and what; nothing where it is the record."""

    label: str
    thing: Hashable = None


class LossForecast:
    """Compares one scanned source with what is kept of it; `makers` are the sources of works."""

    def __init__(
        self,
        record_store: RecordStore,
        identities: Identities,
        scan: SourceScan,
        makers: Collection[str],
    ) -> None:
        self._record_store = record_store
        self._identities = identities
        self._scan = scan
        self._makers = makers
        self._source = scan.source.name
        self._kept: Mapping[str, RecordHead] = identities.records.get(self._source, {})
        self._removed = {key for key in self._kept if scan.drops(key)}
        self._before: Counter[Counted] = Counter(scan.said)
        self._lost: Counter[Counted] = Counter()
        self._alone: Counter[Counted] = Counter()
        self._examples: dict[Counted, list[_Example]] = defaultdict(list)
        self._unrelated: set[Pair] = set()
        self._related: set[Pair] = set()
        self._gone_ids: set[str] = set()
        self._new_ids: set[str] = set()

    def _said(self, facts: RecordFacts, links: RecordRelations) -> Said:
        return things_said(facts, links, self._identities.owner)

    async def foresee(self) -> Foreseen:
        """Return what would be lost; reads kept records, writes nothing."""
        places = {i: key for key in sorted(self._removed) for i in self._kept[key].ids}
        changed = (record for _, record in self._scan.changed_records())
        for batch in _batches(changed, _RECORDS_A_BATCH):
            await self._compare(list(self._pairs(batch, places)))
        gone = sorted(self._removed)
        for keys in _batches(gone, _RECORDS_A_BATCH):
            await self._compare([(None, [key]) for key in keys])
        self._count_records(gone)
        works = self._count_works(gone)
        self._count_ids()
        await self._decide_relations(works)
        kinds = [counted for counted in sorted(self._lost) if self._lost[counted]]
        losses = [await self._loss(counted) for counted in kinds]
        return Foreseen(losses, self._unrelated, self._related, works)

    def _pairs(
        self, batch: Sequence[Record], places: Mapping[str, str]
    ) -> Iterator[tuple[Record | None, list[str]]]:
        """Yield each record with the keys of the kept records in whose place it stands."""
        creates = self._scan.source.creates
        for record in batch:
            ids = identifying_ids(record, creates=creates)
            keys = [record.key] if record.key in self._kept else []
            for key in dict.fromkeys(places[i] for i in ids if i in places):
                if key in self._removed:
                    self._removed.discard(key)
                    keys.append(key)
            known = {i for key in keys for i in self._kept[key].ids}
            self._new_ids.update(i for i in ids if i not in known)
            self._gone_ids.update(known.difference(ids))
            yield record, keys

    async def _compare(self, wanted: Sequence[tuple[Record | None, list[str]]]) -> None:
        """Count what the records of some keys say, and what is not said in their place."""
        ids: list[RecordId] = [
            (self._kept[key].works[0], self._source, key) for _, keys in wanted for key in keys
        ]
        stored = {row.id[2]: row for row in await self._record_store.statements_by_id(ids)}
        losing: list[_Compared] = []
        for record, keys in wanted:
            now = self._said(record.facts, record.links) if record is not None else {}
            rows = [stored[key] for key in keys if key in stored]
            if record is None:
                self._gone_ids.update(i for key in keys for i in self._kept[key].ids)
            if not rows:
                continue
            one = self._compared(rows, now)
            self._related.update(pairs_in(one.work, now))
            if self._loses(one):
                losing.append(one)
        await self._count(losing)

    def _compared(self, rows: Sequence[Statements], now: Said) -> _Compared:
        before: Said = {}
        for row in rows:
            _unite(before, self._said(row.facts, row.links))
        work, _, key = rows[0].id
        titles = rows[0].facts.titles
        return _Compared(work, f"{titles[0].text} ({key})" if titles else key, before, now)

    def _loses(self, one: _Compared) -> bool:
        loses = False
        for counted, things in one.before.items():
            self._before[counted] += len(things)
            loses = loses or not things <= one.now.get(counted, set())
        return loses

    async def _count(self, compared: Sequence[_Compared]) -> None:
        """Count what is lost, and of it what no other source says."""
        others = await self._said_by_others([one.work for one in compared])
        for one in compared:
            for counted, things in one.before.items():
                lost = things - one.now.get(counted, set())
                if not lost:
                    continue
                self._lost[counted] += len(lost)
                self._give_example(counted, one.label, lost)
                if counted == RELATIONS:
                    self._unrelated.update(pairs_in(one.work, {counted: lost}))
                else:
                    self._alone[counted] += len(lost - others.get(one.work, {}).get(counted, set()))

    async def _said_by_others(self, works: Sequence[uuid.UUID]) -> dict[uuid.UUID, Said]:
        found: dict[uuid.UUID, Said] = {}
        for row in await self._record_store.statements_of(works):
            if row.id[1] != self._source:
                _unite(found.setdefault(row.id[0], {}), self._said(row.facts, row.links))
        return found

    async def _decide_relations(self, gone: set[uuid.UUID]) -> None:
        """Leave in `_unrelated` the pairs that no record of either end relates any more."""
        lost = {pair for pair in self._unrelated if not gone.isdisjoint(pair)}
        self._unrelated -= self._related
        works = sorted({work for pair in self._unrelated - lost for work in pair})
        for some in _batches(works, _RECORDS_A_BATCH):
            for row in await self._record_store.claims_of(some):
                work, source, key = row.id
                if source != self._source or self._scan.stands(key):
                    said = self._said(row.facts, row.links)
                    self._unrelated.difference_update(pairs_in(work, said))
        self._unrelated |= lost
        self._alone[RELATIONS] = len(self._unrelated)

    def _give_example(self, counted: Counted, label: str, lost: set[Hashable]) -> None:
        examples = self._examples[counted]
        if len(examples) < EXAMPLES:  # one of each work, so that they differ
            examples.append(_Example(label, min(lost, key=_by_clarity)))

    def _count_records(self, gone: Sequence[str]) -> None:
        counted: Counted = ("records", "")
        self._before[counted] = len(self._kept)
        self._lost[counted] = self._alone[counted] = len(gone)
        self._examples[counted] = [_Example(key) for key in gone[:EXAMPLES]]

    def _count_works(self, gone: Sequence[str]) -> set[uuid.UUID]:
        """Count the works that no record would make any more, and return them."""
        going = {work for key in gone for work in self._kept[key].works}
        if self._source not in self._makers:
            return set()
        for source in self._makers if going else ():
            for key, head in self._identities.records.get(source, {}).items():
                if source != self._source or key not in self._removed:
                    going.difference_update(head.works)
        counted: Counted = ("works", "")
        self._before[counted] = len({w for head in self._kept.values() for w in head.works})
        self._lost[counted] = self._alone[counted] = len(going)
        named = (key for key in gone if not going.isdisjoint(self._kept[key].works))
        self._examples[counted] = [_Example(key) for key in itertools.islice(named, EXAMPLES)]
        return going

    def _count_ids(self) -> None:
        counted: Counted = ("ids", "")
        lost = self._gone_ids - self._new_ids
        elsewhere: set[str] = set()
        for source, records in self._identities.records.items() if lost else ():
            for key, head in records.items():
                if source != self._source:
                    elsewhere.update(lost.intersection(head.ids))
                elif self._scan.stands(key):
                    lost.difference_update(head.ids)
        self._before[counted] = sum(len(head.ids) for head in self._kept.values())
        self._lost[counted] = len(lost)
        self._alone[counted] = len(lost - elsewhere)
        self._examples[counted] = [_Example(one) for one in sorted(lost)[:EXAMPLES]]

    async def _loss(self, counted: Counted) -> Loss:
        examples = [await self._told(one) for one in self._examples[counted]]
        lost, before = self._lost[counted], self._before[counted]
        return Loss(*counted, lost, before, self._alone[counted], tuple(examples))

    async def _told(self, example: _Example) -> str:
        """Return an example in words, works by their titles."""
        if example.thing is None or example.thing is True:
            return example.label
        parts = parts_of(example.thing)
        words = [await self._name(part) for part in parts if part is not None]
        return f"{example.label}: {' '.join(words)}"

    async def _name(self, part: object) -> str:
        if not isinstance(part, uuid.UUID):
            return str(part)
        rows = await self._record_store.statements_of([part])
        titles = (row.facts.titles[0].text for row in rows if row.facts.titles)
        return next(titles, str(part))


def _by_clarity(thing: Hashable) -> tuple[bool, str]:
    """Sort what names a work of the graph, by its title then, before bare ids."""
    return (not any(isinstance(part, uuid.UUID) for part in parts_of(thing)), str(thing))


def _unite(into: Said, said: Said) -> None:
    for counted, things in said.items():
        into[counted] = into[counted] | things if counted in into else things


def _batches(things: Iterable[Thing], size: int) -> Iterator[list[Thing]]:
    iterator = iter(things)
    while batch := list(itertools.islice(iterator, size)):
        yield batch
