"""Leads: which record a work goes by, kept for as long as the store, so that UUIDs last.

A work is led by the first of the makers' records that are about it. A record that led a work has a
lead on its UUID for good: when it stops leading, because it is gone or is about another work now,
the lead is stored. Where it leads a work again, it has that UUID again, whoever bore it meanwhile.
Of several records with a lead on one UUID the one that had it first takes precedence, and of
several leads of one record the first.

Guarantees: leads are only ever added, and later ones never outrank earlier ones. So whenever the
kept records are again what they were, each work has the UUID that it had then, whatever happened
between.

Performance: nothing is stored of works that go on; a source that is forgotten stores one row a
record, some 100 bytes.
"""

import uuid
from collections.abc import Collection, Iterable, Mapping
from typing import NamedTuple, Self, TypeAlias

RecordKey: TypeAlias = tuple[str, str]
"""Source and key of a record."""


class PastLead(NamedTuple):
    """A record that led a work and stopped; `since` orders the leads, the first lowest."""

    source: str
    key: str
    work: uuid.UUID
    since: int


class Leads:
    """The leads of the past, and which record leads each work now."""

    def __init__(self, stored: Iterable[PastLead] = ()) -> None:
        """Begin with what is stored; call `begin` before asking for works."""
        self.begun = False
        self.current: dict[uuid.UUID, RecordKey] = {}
        self._of: dict[RecordKey, dict[uuid.UUID, int]] = {}
        self._works: set[uuid.UUID] = set()
        self._unstored: list[PastLead] = []
        self._next = 0
        for lead in sorted(stored, key=lambda lead: lead.since):
            self._add(lead)

    @classmethod
    def taken_up(cls, past: Iterable[PastLead], current: dict[uuid.UUID, RecordKey]) -> Self:
        """Go on where an earlier run ended: with all leads of the past and those of then."""
        leads = cls(past)
        leads.begun, leads.current = True, current
        return leads

    def all_past(self) -> list[PastLead]:
        """Return all leads of the past, stored or not, in their order."""
        found = (
            PastLead(*record, work, since)
            for record, led in self._of.items()
            for work, since in led.items()
        )
        return sorted(found, key=lambda lead: lead.since)

    def _add(self, lead: PastLead) -> None:
        self._of.setdefault((lead.source, lead.key), {})[lead.work] = lead.since
        self._works.add(lead.work)
        self._next = max(self._next, lead.since + 1)

    def begin(self, attached: Iterable[tuple[RecordKey, uuid.UUID]]) -> None:
        """Take each work to be led by the first of the makers' records attached to it, once."""
        self.begun = True
        for record, work in attached:
            self.current.setdefault(work, record)

    def past(self, record: RecordKey) -> Collection[uuid.UUID]:
        """Return the works that a record led and stopped leading, the first one first."""
        return self._of.get(record, {}).keys()

    def reserved(self, work: uuid.UUID) -> bool:
        """Tell whether a UUID is that of a work which some record leads or led."""
        return work in self.current or work in self._works

    def matched(self, leaders: Iterable[RecordKey]) -> dict[RecordKey, uuid.UUID]:
        """Return the UUIDs of those `leaders` that have a lead, each UUID once."""
        leaders = dict.fromkeys(leaders)
        past = sorted(
            (since, record, work)
            for record in leaders.keys() & self._of.keys()
            for work, since in self._of[record].items()
        )
        found: dict[RecordKey, uuid.UUID] = {}
        taken: set[uuid.UUID] = set()
        for _, record, work in past:
            if record not in found and work not in taken:
                found[record] = work
                taken.add(work)
        for work, record in self.current.items():
            if record in leaders and record not in found and work not in taken:
                found[record] = work
                taken.add(work)
        return found

    def settle(self, led: Mapping[RecordKey, uuid.UUID]) -> None:
        """Take note of who leads which work now; what others led becomes their past."""
        stopped = [(w, record) for w, record in self.current.items() if led.get(record) != w]
        for work, record in sorted(stopped):
            self._stop(record, work)
        self.current = {work: record for record, work in led.items()}

    def drop(self, source: str, keys: Iterable[str], works: Iterable[uuid.UUID]) -> None:
        """Take note that records of a source go, which were attached to `works`."""
        gone = {(source, key) for key in keys}
        for work in sorted(set(works)):
            record = self.current.get(work)
            if record in gone:
                self._stop(record, work)
                del self.current[work]

    def note(self, work: uuid.UUID) -> None:
        """Keep the lead on a work whose record may lose it in what is about to be written.

        Then a run that is killed before it settles forgets nothing.
        """
        leader = self.current.get(work)
        if leader is not None:
            self._stop(leader, work)

    def _stop(self, record: RecordKey, work: uuid.UUID) -> None:
        if work not in self._of.get(record, ()):
            lead = PastLead(*record, work, self._next)
            self._add(lead)
            self._unstored.append(lead)

    def drain(self) -> list[PastLead]:
        """Return the leads that have to be stored, once."""
        found, self._unstored = self._unstored, []
        return found
