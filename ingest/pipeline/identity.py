"""Identity: which work a record is about, decided from source ids alone.

A work is found by any of its ids. A source that groups (`Source.groups`, anime-offline-database)
decides which ids belong together; other sources that make works attach to what those before them
say, and make a new work only where no id is known. Sources that only enrich attach to what the
makers, and the enrichers before them, know; what fits nothing enriches nothing. So which records
share a work is a function of the held records (`Identities.settle`), whatever the order in which
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

Place: TypeAlias = tuple[bool, bool, int, str]
"""Sorts sources by the order in which they decide: see `SourceStanding`; by name among equals."""
_NOBODY: Final[Place] = (False, False, -1, "")
"""Before every source: no enricher brought the id, a maker states it."""
_LAST_MAKER: Final[Place] = (True, False, -1, "")
"""After every maker and before every enricher."""


class SourceStanding(NamedTuple):
    """What identity asks of a source: may it make works, does it group, when does it run.

    Makers decide before enrichers, among them those that group, then the earlier in order.
    """

    creates: bool
    groups: bool
    order: int


class HeldRecord(msgspec.Struct, frozen=True):
    """A record that the store keeps.

    Its digest, its ids, and the works that it is attached to, sorted.
    """

    digest: str
    ids: tuple[str, ...]
    works: tuple[uuid.UUID, ...]
    covers: tuple[str, ...] = ()
    dead: bool = False


class Move(NamedTuple):
    """A held record that belongs to other works than it is attached to."""

    source: str
    key: str
    old: tuple[uuid.UUID, ...]
    new: tuple[uuid.UUID, ...]


class Identities:
    """Who owns each source id, and which records are held, as far as ingestion has come."""

    def __init__(
        self, held: dict[str, dict[str, HeldRecord]], standings: Mapping[str, SourceStanding]
    ) -> None:
        """Index `held` (source → key → record); call `settle` before asking for owners."""
        self.held = held
        self.retired: set[uuid.UUID] = set()
        self.contested = False
        """Whether records have named an id of two works since the last `settle`."""
        self.disturbed: set[uuid.UUID] = set()
        """Works that lost an id to another one, or to none, when works were settled."""
        self._standings = standings
        self._owner: dict[str, uuid.UUID] = {}
        self._brought: dict[str, Place] = {}  # ids that an enricher alone ties to a work
        self._covered: dict[str, dict[uuid.UUID, Place]] = {}
        self._taken: set[uuid.UUID] = set()

    def settle(self) -> list[Move]:
        """Decide the works of all held records anew, and return the records that have to move.

        The order is fixed (makers, then enrichers; by order, then by key), so the outcome depends
        on the records alone. Afterwards `held` is as decided, and a second call moves nothing.
        """
        before, self._owner = self._owner, {}
        self._brought, self._covered = {}, {}
        self._taken = {w for rs in self.held.values() for held in rs.values() for w in held.works}
        self.contested = False
        placed: set[uuid.UUID] = set()
        moves: list[Move] = []
        for source in sorted(self.held, key=self._place):
            for key in sorted(self.held[source]):
                moves += self._settle(source, key, placed)
        self.disturbed |= {w for i, w in before.items() if self._owner.get(i) != w}
        return moves

    def _settle(self, source: str, key: str, placed: set[uuid.UUID]) -> list[Move]:
        held = self.held[source][key]
        creates, groups, _ = self._standing(source)
        works = held.works if groups else self.attached(seeking(key, held.ids, creates), source)
        fits = bool(works) or creates
        if not works:
            works = held.works if placed.isdisjoint(held.works) else self._elsewhere(source, key)
        if creates:
            placed.update(works)
        if fits:
            self._claim(source, msgspec.structs.replace(held, works=works))
        if works == held.works:
            return []
        self.held[source][key] = msgspec.structs.replace(held, works=works)
        return [Move(source, key, held.works, works)]

    def _elsewhere(self, source: str, key: str) -> tuple[uuid.UUID, ...]:
        """Return where a record goes whose work is another's now.

        A maker's makes a new one; an enricher's waits apart, where it enriches nothing.
        """
        if self._standing(source).creates:
            return (self.mint(self.held[source][key].ids or (key,)),)
        return (uuid.uuid5(NAMESPACE, f"unmatched:{source}:{key}"),)

    def _standing(self, source: str) -> SourceStanding:
        return self._standings.get(
            source, SourceStanding(creates=False, groups=False, order=1_000_000)
        )

    def _place(self, source: str) -> Place:
        creates, groups, order = self._standing(source)
        return (not creates, not groups, order, source)

    def _claim(self, source: str, held: HeldRecord) -> None:
        """Give the ids of a placed record to its work; of several claimants the first keeps one."""
        place = self._place(source)
        if len(held.works) == 1 and not held.dead:
            for source_id in held.ids:
                self._claim_id(source_id, held.works[0], place)
        for source_id in held.covers:
            works = self._covered.setdefault(source_id, {})
            for work in held.works:
                works[work] = min(place, works.get(work, place))

    def _claim_id(self, source_id: str, work: uuid.UUID, place: Place) -> None:
        owner = self._owner.get(source_id)
        if owner is None:
            self._owner[source_id] = work
            if place > _LAST_MAKER:
                self._brought[source_id] = place
            return
        self.contested |= owner != work
        by = self._brought.get(source_id)
        if by is not None and place < by:
            if place > _LAST_MAKER:
                self._brought[source_id] = place
            else:
                del self._brought[source_id]

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
        place, creates = self._place(source), self._standing(source).creates
        found: set[uuid.UUID] = set()
        for source_id in ids:
            if not creates and source_id in self._covered:
                found.update(w for w, by in self._covered[source_id].items() if by < place)
            owner = self._owner.get(source_id)
            if owner is None or self._brought.get(source_id, _NOBODY) >= place:
                continue
            if not found:
                return (owner,)
            found.add(owner)
        return tuple(sorted(found))

    def about(self, record: Record, source: str) -> tuple[uuid.UUID, ...]:
        """Return the works that a new record of `source` is about; none where none is known."""
        creates = self._standing(source).creates
        ids = identifying(record, creates=creates)
        return self.attached(seeking(record.key, ids, creates), source)

    def mint(self, ids: Iterable[str]) -> uuid.UUID:
        """Return a UUID that no work has, from the first id that gives one."""
        candidates = [work_uuid(source_id) for source_id in ids]
        free = next((c for c in candidates if c not in self._taken), candidates[0])
        while free in self._taken:
            free = uuid.uuid5(free, "again")
        self._taken.add(free)
        return free

    def keep(
        self, source: str, record: Record, digest: str, works: tuple[uuid.UUID, ...]
    ) -> HeldRecord:
        """Hold a record from now on, and return what is held of it."""
        ids = identifying(record, creates=self._standing(source).creates)
        held = HeldRecord(digest, ids, works, covered_ids(record), record.dead)
        self.held.setdefault(source, {})[record.key] = held
        self._taken.update(works)
        self._claim(source, held)
        return held


class Grouping:
    """Places the records of one run of one grouping source, so that no two of them share a work."""

    def __init__(
        self, identities: Identities, source: str, keys_in_file: Mapping[str, bool]
    ) -> None:
        """Prepare to place the changed records of a file.

        `keys_in_file` says of each key whether it changed.
        """
        held = identities.held.get(source, {})
        self._identities = identities
        self._keys_in_file = keys_in_file
        self._placed = {held[key].works[0] for key, changed in keys_in_file.items() if not changed}
        self._key_of = {record.works[0]: key for key, record in held.items()}

    def place(self, record: Record) -> uuid.UUID:
        """Return the work of `record`.

        The one most of its ids name, if it is free, or a new one.
        """
        owners = Counter(o for i in record.ids if (o := self._identities.owner(i)) is not None)
        free = [o for o in owners if self._may_take(o, record)]
        if free:
            first = work_uuid(record.ids[0])
            work = max(free, key=lambda o: (o == first, owners[o], str(o)))
        else:
            work = self._identities.mint(record.ids)
        self._placed.add(work)
        return work

    def _may_take(self, work: uuid.UUID, record: Record) -> bool:
        if work in self._placed:
            return False
        holder = self._key_of.get(work)
        # The record that stood for this work in the last dump has the first claim, if it is in this
        # one too.
        return holder is None or holder in record.ids or holder not in self._keys_in_file


def identifying(record: Record, *, creates: bool) -> tuple[str, ...]:
    """Return the ids of a record that stand for its work alone.

    IMDb, TMDB and TVDB count a whole series as one title, so their ids identify films, never an
    anime entry.
    """
    if record.work_kind == "movie" and creates:
        return record.ids
    return tuple(i for i in record.ids if not i.startswith(_SERIES_PROVIDERS))


def seeking(key: str, ids: Iterable[str], creates: bool) -> tuple[str, ...]:
    """Return the ids by which a record's work is looked for, in order of trust.

    An enricher's key may be no identifying id: IMDb's ratings are about all that its title covers.
    """
    return tuple(ids) if creates else (key, *(i for i in ids if i != key))


def covered_ids(record: Record) -> tuple[str, ...]:
    """Return the IMDb ids a record maps its work to.

    IMDb's own ratings are attached through them.
    """
    return tuple(sorted({m.id for m in record.facts.mappings if m.id.startswith("imdb:")}))
