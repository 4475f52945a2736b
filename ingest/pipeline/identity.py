"""Identity: which work a record is about, decided from source ids alone.

A work is found by any of its ids. A source that groups (`Source.groups`, anime-offline-database)
decides which ids belong together; other sources that make works attach to what those before them
say, and make a new work only where no id is known. Sources that only enrich attach to what the
makers, and the enrichers before them, know; what fits nothing enriches nothing. So which records
share a work is a function of the kept records (`Identities.reassign`), whatever the order in which
they came. The UUID it bears is history: a new work's is derived from its first id, so the same dump
gives the same ids on every machine, and when works are joined or taken apart, the part that keeps
its first id keeps its UUID.

Everything here is in memory: about 250 bytes for each source id known, 60 MB for 200,000.
"""

import uuid
from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Final, NamedTuple, TypeAlias

import msgspec

from kensho.domain.records import Record
from kensho.domain.works import NAMESPACE, work_uuid

_SERIES_PROVIDERS: Final = ("imdb:", "tmdb:", "tvdb:")

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


class Identities:
    """Who owns each source id, and which records are kept, as far as ingestion has come."""

    def __init__(
        self, records: dict[str, dict[str, RecordHead]], roles: Mapping[str, SourceRole]
    ) -> None:
        """Index `records` (source → key → record); call `reassign` before asking for owners."""
        self.records = records
        self.retired: set[uuid.UUID] = set()
        self.contested = False
        """Whether records have named an id of two works since the last `reassign`."""
        self.disturbed: set[uuid.UUID] = set()
        """Works that lost an id to another one, or to none, in `reassign`."""
        self._roles = roles
        self._owner: dict[str, uuid.UUID] = {}
        self._enriched: dict[str, SourcePosition] = {}  # ids that an enricher alone gives to a work
        self._covered: dict[str, dict[uuid.UUID, SourcePosition]] = {}
        self._taken: set[uuid.UUID] = set()

    def reassign(self) -> list[Move]:
        """Decide the works of all kept records anew, and return the records that have to move.

        The order is fixed (makers, then enrichers; by order, then by key), so the outcome depends
        on the records alone. Afterwards `records` is as decided, and a second call moves nothing.
        """
        before, self._owner = self._owner, {}
        self._enriched, self._covered = {}, {}
        self._taken = {
            w for rs in self.records.values() for head in rs.values() for w in head.works
        }
        self.contested = False
        placed: set[uuid.UUID] = set()
        moves: list[Move] = []
        for source in sorted(self.records, key=self._position):
            for key in sorted(self.records[source]):
                moves += self._reassign_record(source, key, placed)
        self.disturbed |= {w for i, w in before.items() if self._owner.get(i) != w}
        return moves

    def _reassign_record(self, source: str, key: str, placed: set[uuid.UUID]) -> list[Move]:
        head = self.records[source][key]
        creates, groups, _ = self._role(source)
        works = head.works if groups else self.attached(lookup_ids(key, head.ids, creates), source)
        fits = bool(works) or creates
        if not works:
            works = head.works if placed.isdisjoint(head.works) else self._replacement(source, key)
        if creates:
            placed.update(works)
        if fits:
            self._assign_ids(source, msgspec.structs.replace(head, works=works))
        if works == head.works:
            return []
        self.records[source][key] = msgspec.structs.replace(head, works=works)
        return [Move(source, key, head.works, works)]

    def _replacement(self, source: str, key: str) -> tuple[uuid.UUID, ...]:
        """Return where a record goes whose work is another's now.

        A maker's makes a new one; an enricher's waits apart, where it enriches nothing.
        """
        if self._role(source).creates:
            return (self.new_uuid(self.records[source][key].ids or (key,)),)
        return (uuid.uuid5(NAMESPACE, f"unmatched:{source}:{key}"),)

    def _role(self, source: str) -> SourceRole:
        return self._roles.get(source, SourceRole(creates=False, groups=False, order=1_000_000))

    def _position(self, source: str) -> SourcePosition:
        creates, groups, order = self._role(source)
        return (not creates, not groups, order, source)

    def _assign_ids(self, source: str, head: RecordHead) -> None:
        """Give the ids of a placed record to its work; the first to name an id keeps it."""
        position = self._position(source)
        if len(head.works) == 1 and not head.dead:
            for source_id in head.ids:
                self._assign_id(source_id, head.works[0], position)
        for source_id in head.covers:
            works = self._covered.setdefault(source_id, {})
            for work in head.works:
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

    def about(self, record: Record, source: str) -> tuple[uuid.UUID, ...]:
        """Return the works that a new record of `source` is about; none where none is known."""
        creates = self._role(source).creates
        ids = identifying_ids(record, creates=creates)
        return self.attached(lookup_ids(record.key, ids, creates), source)

    def new_uuid(self, ids: Iterable[str]) -> uuid.UUID:
        """Return a UUID that no work has, from the first id that gives one."""
        candidates = [work_uuid(source_id) for source_id in ids]
        free = next((c for c in candidates if c not in self._taken), candidates[0])
        while free in self._taken:
            free = uuid.uuid5(free, "again")
        self._taken.add(free)
        return free

    def keep(
        self, source: str, record: Record, digest: str, works: tuple[uuid.UUID, ...]
    ) -> RecordHead:
        """Keep a record from now on, and return its head."""
        ids = identifying_ids(record, creates=self._role(source).creates)
        head = RecordHead(digest, ids, works, covered_ids(record), record.dead)
        self.records.setdefault(source, {})[record.key] = head
        self._taken.update(works)
        self._assign_ids(source, head)
        return head


class Grouping:
    """Places the records of one run of one grouping source, so that no two of them share a work."""

    def __init__(
        self, identities: Identities, source: str, keys_in_file: Mapping[str, bool]
    ) -> None:
        """Prepare to place the records of a file; `keys_in_file` says of each if it changed."""
        kept = identities.records.get(source, {})
        self._identities = identities
        self._keys_in_file = keys_in_file
        self._placed = {kept[key].works[0] for key, changed in keys_in_file.items() if not changed}
        self._key_of = {record.works[0]: key for key, record in kept.items()}

    def place(self, record: Record) -> uuid.UUID:
        """Return the work that most ids of `record` name, if it is free, or a new one."""
        owners = Counter(o for i in record.ids if (o := self._identities.owner(i)) is not None)
        free = [o for o in owners if self._may_take(o, record)]
        if free:
            first = work_uuid(record.ids[0])
            work = max(free, key=lambda o: (o == first, owners[o], str(o)))
        else:
            work = self._identities.new_uuid(record.ids)
        self._placed.add(work)
        return work

    def _may_take(self, work: uuid.UUID, record: Record) -> bool:
        if work in self._placed:
            return False
        holder = self._key_of.get(work)
        # The record that stood for this work in the last dump keeps it, if it is in this
        # one too.
        return holder is None or holder in record.ids or holder not in self._keys_in_file


def identifying_ids(record: Record, *, creates: bool) -> tuple[str, ...]:
    """Return the ids of a record that stand for its work alone.

    IMDb, TMDB and TVDB count a whole series as one title, so their ids identify films, never an
    anime entry.
    """
    if record.work_kind == "movie" and creates:
        return record.ids
    return tuple(i for i in record.ids if not i.startswith(_SERIES_PROVIDERS))


def lookup_ids(key: str, ids: Iterable[str], creates: bool) -> tuple[str, ...]:
    """Return the ids by which a record's work is looked for, in order of trust.

    An enricher's key may be no identifying id: IMDb's ratings are about all that its title covers.
    """
    return tuple(ids) if creates else (key, *(i for i in ids if i != key))


def covered_ids(record: Record) -> tuple[str, ...]:
    """Return the IMDb ids that a record maps its work to, which bring IMDb's own ratings."""
    return tuple(sorted({m.id for m in record.facts.mappings if m.id.startswith("imdb:")}))
