"""Identity: which work a record is about, decided from source ids alone.

A work is found by any of its ids. A source that groups (`Source.groups`, anime-offline-database)
decides which ids belong together; other sources that make works attach to what those before them
say, and make a new work only where no id is known. Sources that only enrich attach to what the
makers, and the enrichers before them, know; what fits nothing enriches nothing. So which records
share a work is a function of the kept records (`Identities.reassign`), whatever the order in which
they came.

The UUID it bears is history. A new work's is derived from its first id, so the same dump gives the
same ids on every machine. When works are joined or taken apart, the part whose record led the work
first keeps its UUID (`ingest.pipeline.leads`); a work that nobody knows by its record is known by
the ids that it had when it was retired. No other work ever gets its UUID.

Everything here is in memory: about 250 bytes for each source id known, 60 MB for 200,000.
"""

import uuid
from collections import Counter
from collections.abc import Iterable, Mapping, Set
from typing import Final, NamedTuple, Self, TypeAlias

import msgspec

from ingest.pipeline.leads import Leads, PastLead, RecordKey
from ingest.pipeline.record_ids import covered_ids, identifying_ids, lookup_ids
from kensho.domain.curator_acts import CuratorAct, IdStatement
from kensho.domain.records import Record
from kensho.domain.works import NAMESPACE, work_uuid

_NOBODY: Final = uuid.UUID(int=0)
SourcePosition: TypeAlias = tuple[bool, bool, int, str]
"""Sorts sources by the order in which they decide: see `SourceRole`; by name among equals."""
_BEFORE_ALL: Final[SourcePosition] = (False, False, -1, "")
"""Before every source: no enricher brought the id, a maker states it."""
_LAST_MAKER: Final[SourcePosition] = (True, False, -1, "")
"""After every maker and before every enricher."""


class SourceRole(NamedTuple):
    """What identity asks of a source: may it make works, does it group, when does it run.

    Makers decide before enrichers, among them those that group, then the earlier in order.
    """

    creates: bool
    groups: bool
    order: int


class RecordHead(msgspec.Struct, frozen=True):
    """What is known of a kept record without reading it: digest, ids, and its works, sorted."""

    digest: str
    ids: tuple[str, ...]
    works: tuple[uuid.UUID, ...]
    covers: tuple[str, ...] = ()
    dead: bool = False


class Move(NamedTuple):
    """A kept record that belongs to other works than it is attached to."""

    source: str
    key: str
    old: tuple[uuid.UUID, ...]
    new: tuple[uuid.UUID, ...]


class IdentityState(msgspec.Struct, array_like=True):
    """All that `Identities` knows once it is settled, to be taken up by a later run."""

    records: dict[str, dict[str, RecordHead]]
    retired: dict[uuid.UUID, tuple[str, ...]]
    leaders: dict[uuid.UUID, RecordKey]
    past: list[PastLead]
    owner: dict[str, uuid.UUID]
    enriched: dict[str, SourcePosition]
    covered: dict[str, dict[uuid.UUID, SourcePosition]]
    taken: set[uuid.UUID]
    led: set[uuid.UUID]
    parted: dict[str, frozenset[str]]


class Identities:
    """Who owns each source id, and which records are kept, as far as ingestion has come."""

    def __init__(
        self,
        records: dict[str, dict[str, RecordHead]],
        roles: Mapping[str, SourceRole],
        leads: Leads | None = None,
        retired: Mapping[uuid.UUID, tuple[str, ...]] | None = None,
    ) -> None:
        """Index `records` (source → key → record); call `reassign` before asking for owners.

        `retired` are the works that are no more, with the ids that they had.
        """
        self.records = records
        self.leads = leads or Leads()
        self.retired: dict[uuid.UUID, tuple[str, ...]] = dict(retired or {})
        self.contested = False
        """Whether records have named an id of two works since the last `reassign`."""
        self.settled = False
        """Whether all records that were kept or dropped since the last `reassign` let it stand."""
        self.disturbed: set[uuid.UUID] = set()
        """Works that lost an id to another one, or to none, in `reassign`."""
        self._roles = roles
        self._owner: dict[str, uuid.UUID] = {}
        self._enriched: dict[str, SourcePosition] = {}  # ids that an enricher alone gives to a work
        self._covered: dict[str, dict[uuid.UUID, SourcePosition]] = {}
        self._taken: set[uuid.UUID] = set()
        self._led: set[uuid.UUID] = set()  # works that a maker's record is about
        self._retired_with: dict[str, list[uuid.UUID]] | None = None
        self._parted: Mapping[str, frozenset[str]] = {}
        self.is_as_taken_up = False
        """Whether every id is still of the work that `taken_up` gave it."""

    @classmethod
    def taken_up(cls, state: IdentityState, roles: Mapping[str, SourceRole]) -> Self:
        """Go on where an earlier run ended, given what `state` told then; it is used up."""
        found = cls(state.records, roles, Leads.taken_up(state.past, state.leaders), state.retired)
        found._owner, found._enriched, found._covered = state.owner, state.enriched, state.covered
        found._taken, found._led, found._parted = state.taken, state.led, state.parted
        found.settled = found.is_as_taken_up = True
        return found

    def state(self) -> IdentityState:
        """Return all that is known; only of use while `settled`."""
        return IdentityState(
            records=self.records,
            retired=self.retired,
            leaders=self.leads.current,
            past=self.leads.all_past(),
            owner=self._owner,
            enriched=self._enriched,
            covered=self._covered,
            taken=self._taken,
            led=self._led,
            parted=dict(self._parted),
        )

    def part(self, parted: Mapping[str, frozenset[str]]) -> bool:
        """Keep ids apart from others that records name beside them, as curators decided.

        Each id is not of the work that any of its others names. Returns whether that is news;
        `reassign` must then be called.
        """
        is_new, self._parted = self._parted != parted, parted
        self.settled &= not is_new
        return is_new

    def _own_ids(self, key: str, ids: tuple[str, ...]) -> tuple[str, ...]:
        """Return the ids of a record without those that curators say are another work's.

        A record that is about such an id itself keeps it, and loses the others.
        """
        if not self._parted or self._parted.keys().isdisjoint(ids):
            return ids
        lost: set[str] = set()
        for one in ids:
            others = self._parted.get(one, frozenset()).intersection(ids)
            lost |= others if one == key else ({one} if others else set())
        return tuple(one for one in ids if one not in lost)

    def reassign(self) -> list[Move]:
        """Decide the works of all kept records anew, and return the records that have to move.

        The order is fixed (makers, then enrichers; by order, then by key), so which records share a
        work depends on the records alone, and which UUID it bears on them and the leads of the
        past. Afterwards `records` is as decided, and a second call moves nothing.
        """
        before, self._owner = self._owner, {}
        self._enriched, self._covered = {}, {}
        self.is_as_taken_up = False
        self._taken = {
            w for rs in self.records.values() for head in rs.values() for w in head.works
        }
        ordered = sorted(self.records, key=self._position)
        makers = [source for source in ordered if self._role(source).creates]
        if not self.leads.begun:
            self.leads.begin(
                ((source, key), self.records[source][key].works[0])
                for source in makers
                for key in sorted(self.records[source])
            )
        self.contested = False
        moves = self._reassign_makers(makers)
        for source in ordered[len(makers) :]:
            for key in sorted(self.records[source]):
                moves += self._reassign_enricher(source, key)
        self.disturbed |= {w for i, w in before.items() if self._owner.get(i) != w}
        self.settled = True
        return moves

    def _reassign_makers(self, sources: Iterable[str]) -> list[Move]:
        leader_of: dict[RecordKey, RecordKey] = {}
        owner: dict[str, RecordKey] = {}
        for source in sources:
            groups = self._role(source).groups
            for key, head in sorted(self.records[source].items()):
                record = (source, key)
                ids = self._own_ids(key, head.ids)
                known = None if groups else next((owner[i] for i in ids if i in owner), None)
                leader = leader_of[record] = known or record
                if not head.dead:
                    for source_id in ids:
                        self.contested |= owner.setdefault(source_id, leader) != leader
        work_of = self._works_of([r for r, leader in leader_of.items() if r == leader])
        self._owner = {source_id: work_of[leader] for source_id, leader in owner.items()}
        self.leads.settle(work_of)
        moves: list[Move] = []
        for (source, key), leader in leader_of.items():
            works = (work_of[leader],)
            self._cover(source, self.records[source][key], works)
            moves += self._moved(source, key, works)
        return moves

    def _works_of(self, leaders: list[RecordKey]) -> dict[RecordKey, uuid.UUID]:
        """Return the UUID of the work that each of these records leads.

        Who has no lead stays in the work that it is attached to, if nobody has that; first those
        that were no work of their own before.
        """
        found = self.leads.matched(leaders)
        self._led = set(found.values())
        others = [record for record in leaders if record not in found]
        own = {record: self._remembered(self._head(record).ids) for record in others}
        for record in sorted(others, key=lambda record: own[record] is not None):
            work, ids = self._head(record).works[0], self._head(record).ids
            had = self.retired.get(work)
            if work in self._led or (had and set(had).isdisjoint(ids)):
                work = self._remembered(ids) or self.new_uuid(ids or (record[1],))
            found[record] = work
            self._led.add(work)
        return found

    def _head(self, record: RecordKey) -> RecordHead:
        return self.records[record[0]][record[1]]

    def _reassign_enricher(self, source: str, key: str) -> list[Move]:
        head = self.records[source][key]
        works = self.attached(lookup_ids(key, self._own_ids(key, head.ids), False), source)
        if works:
            self._assign_ids(source, key, msgspec.structs.replace(head, works=works))
        elif self._led.isdisjoint(head.works):
            works = head.works
        else:  # Its work is another's now: it waits apart, where it enriches nothing.
            works = (uuid.uuid5(NAMESPACE, f"unmatched:{source}:{key}"),)
        return self._moved(source, key, works)

    def _moved(self, source: str, key: str, works: tuple[uuid.UUID, ...]) -> list[Move]:
        head = self.records[source][key]
        if works == head.works:
            return []
        self.records[source][key] = msgspec.structs.replace(head, works=works)
        return [Move(source, key, head.works, works)]

    def _role(self, source: str) -> SourceRole:
        return self._roles.get(source, SourceRole(creates=False, groups=False, order=1_000_000))

    def _position(self, source: str) -> SourcePosition:
        creates, groups, order = self._role(source)
        return (not creates, not groups, order, source)

    def _assign_ids(self, source: str, key: str, head: RecordHead) -> None:
        """Give the ids of a placed record to its work; the first to name an id keeps it."""
        position = self._position(source)
        if len(head.works) == 1 and not head.dead:
            for source_id in self._own_ids(key, head.ids):
                self._assign_id(source_id, head.works[0], position)
        self._cover(source, head, head.works)

    def _cover(self, source: str, head: RecordHead, about: Iterable[uuid.UUID]) -> None:
        for source_id in head.covers:
            position, works = self._position(source), self._covered.setdefault(source_id, {})
            for work in about:
                works[work] = min(position, works.get(work, position))

    def _assign_id(self, source_id: str, work: uuid.UUID, position: SourcePosition) -> None:
        owner = self._owner.get(source_id)
        if owner is None:
            self._owner[source_id] = work
            if position > _LAST_MAKER:
                self._enriched[source_id] = position
            return
        self.contested |= owner != work
        by = self._enriched.get(source_id)
        if by is not None and position < by:
            if position > _LAST_MAKER:
                self._enriched[source_id] = position
            else:
                del self._enriched[source_id]

    def owner(self, source_id: str) -> uuid.UUID | None:
        """Return the work that this id identifies."""
        return self._owner.get(source_id)

    @property
    def led(self) -> Set[uuid.UUID]:
        """The works that a maker's record is about; the others are none."""
        return self._led

    def works_total(self) -> int:
        """Return how many works have at least one record."""
        return len(self._taken)

    def attached(self, ids: Iterable[str], source: str) -> tuple[uuid.UUID, ...]:
        """Return the works that a record of `source` with `ids` is about; none where none is known.

        The owner of the first known id; for an enricher, also all that it covers. An enricher knows
        what makers say and what enrichers before it brought: what it said itself proves nothing.
        """
        position, creates = self._position(source), self._role(source).creates
        found: set[uuid.UUID] = set()
        for source_id in ids:
            if not creates and source_id in self._covered:
                found.update(w for w, by in self._covered[source_id].items() if by < position)
            owner = self._owner.get(source_id)
            if owner is None or self._enriched.get(source_id, _BEFORE_ALL) >= position:
                continue
            if not found:
                return (owner,)
            found.add(owner)
        return tuple(sorted(found))

    def waiting(self, source: str, key: str) -> tuple[uuid.UUID, ...]:
        """Return where a record waits that must be kept though no work has any of its ids."""
        kept = self.records.get(source, {}).get(key)
        if kept is not None:
            return kept.works
        return (uuid.uuid5(NAMESPACE, f"unmatched:{source}:{key}"),)

    def about(self, record: Record, source: str) -> tuple[uuid.UUID, ...]:
        """Return the works that a new record of `source` is about; none where none is known."""
        creates = self._role(source).creates
        ids = self._own_ids(record.key, identifying_ids(record, creates=creates))
        found = self.attached(lookup_ids(record.key, ids, creates), source)
        if found or creates or record.facts.act is None:
            return found
        return self.waiting(source, record.key)  # what a curator said is never left out

    def own_work(self, source: str, key: str, ids: tuple[str, ...]) -> uuid.UUID:
        """Return the UUID of the work that a new record of a maker leads.

        That of a work which it led before, else of a retired one of its ids, else a new one.
        """
        led = next((w for w in self.leads.past((source, key)) if w not in self._led), None)
        return led or self._remembered(ids) or self.new_uuid(ids)

    def _remembered(self, ids: Iterable[str]) -> uuid.UUID | None:
        """Return the retired work that had most of these ids, if there is one that nobody has."""
        if not self.retired:
            return None
        if self._retired_with is None:
            self._retired_with = {}
            for work, had in self.retired.items():
                for source_id in had:
                    self._retired_with.setdefault(source_id, []).append(work)
        shared = Counter(
            work
            for source_id in ids
            for work in self._retired_with.get(source_id, ())
            if work not in self._led
        )
        return max(shared, key=lambda work: (shared[work], str(work))) if shared else None

    def retire(self, work: uuid.UUID, ids: tuple[str, ...]) -> None:
        """Take note that a work is no more, and which ids it had."""
        self.retired[work] = ids
        self._retired_with = None

    def new_uuid(self, ids: Iterable[str]) -> uuid.UUID:
        """Return a UUID that no work has or had, from the first id that gives one."""
        candidates = [work_uuid(source_id) for source_id in ids]
        free = next((c for c in candidates if self._is_new(c)), candidates[0])
        while not self._is_new(free):
            free = uuid.uuid5(free, "again")
        self._taken.add(free)
        return free

    def _is_new(self, work: uuid.UUID) -> bool:
        if work in self._taken or self.leads.reserved(work):
            return False
        # Of a work that was retired before ids were remembered, this is how it is known again.
        return not self.retired.get(work)

    def keep(
        self, source: str, record: Record, digest: str, works: tuple[uuid.UUID, ...]
    ) -> RecordHead:
        """Keep a record from now on, and return its head."""
        ids = identifying_ids(record, creates=self._role(source).creates)
        head = RecordHead(digest, ids, works, covered_ids(record), record.dead)
        records = self.records.setdefault(source, {})
        old = records.get(record.key)
        self.settled &= self._lets_stand(source, record.key, old, head)
        if self._role(source).creates:
            self._note_leads(source, record.key, old, works)
        records[record.key] = head
        self._taken.update(works)
        self._assign_ids(source, record.key, head)
        return head

    def _lets_stand(self, source: str, key: str, old: RecordHead | None, head: RecordHead) -> bool:
        """Tell whether `reassign` would decide the same with a record as without it.

        It does where the record is as it was but for what it says, and where a new one of an
        enricher, such as an act of a curator, names what its work has already.
        """
        if old is not None:
            return head == msgspec.structs.replace(old, digest=head.digest)
        if self._role(source).creates or head.dead:
            return False
        position, found = self._position(source), set[uuid.UUID]()
        for source_id in self._own_ids(key, head.ids):
            by = self._enriched.get(source_id)
            if by is not None and by >= position:
                return False
            found.add(self._owner.get(source_id, _NOBODY))
        return found == set(head.works) and len(found) == 1 and not head.covers

    def restore(self, source: str, key: str, head: RecordHead) -> None:
        """Keep a record as it was before; `reassign` decides what becomes of its ids."""
        self.settled = False
        self.records.setdefault(source, {})[key] = head

    def drop(self, source: str, key: str) -> None:
        """Keep a record no longer; `reassign` decides what becomes of its ids."""
        self.settled = False
        del self.records[source][key]

    def _note_leads(
        self, source: str, key: str, old: RecordHead | None, works: tuple[uuid.UUID, ...]
    ) -> None:
        """Note the leads that a maker's record takes from others, or gives up, by its works."""
        self._led.update(works)
        for work in works:
            leader = self.leads.current.get(work, (source, key))
            if (self._position(source), key) < (self._position(leader[0]), leader[1]):
                self.leads.note(work)
        for work in old.works if old is not None else ():
            if work not in works and self.leads.current.get(work) == (source, key):
                self.leads.note(work)


def parted_ids(acts: Iterable[CuratorAct]) -> dict[str, frozenset[str]]:
    """Return the ids that curators deprecate, each with the ids of the work that it is not of."""
    found: dict[str, frozenset[str]] = {}
    for act in acts:
        says = act.says
        if act.stands and isinstance(says, IdStatement) and says.rank == "deprecated":
            others = frozenset((says.work, *says.beside)) - {says.id}
            found[says.id] = found.get(says.id, frozenset()) | others
    return found
