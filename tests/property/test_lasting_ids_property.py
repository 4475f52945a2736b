"""UUIDs that last, against an oracle that remembers everything.

Whatever runs there were, where the kept records are again what they were once, each has the work
that it had then. The oracle is a dictionary of all states that there were. It needs no rule for
who leads a work, who returns first, or which works merged and parted meanwhile.
"""

import random
import uuid
from collections.abc import Mapping
from typing import Final, TypeAlias

from hypothesis import given
from hypothesis import strategies as st

from ingest.pipeline.grouping import Grouping
from ingest.pipeline.identity import Identities, RecordHead, SourceRole
from ingest.pipeline.leads import Leads, PastLead
from kensho.domain.works import work_uuid
from tests.support.records import record

ROLES: Final = {
    "grouper": SourceRole(creates=True, groups=True, order=10),
    "site": SourceRole(creates=True, groups=False, order=20),
    "other-site": SourceRole(creates=True, groups=False, order=30),
    "ids": SourceRole(creates=False, groups=False, order=40),
}
MAKERS: Final = ("grouper", "site", "other-site")
IDS: Final = tuple("abcdef")

Dump: TypeAlias = dict[str, tuple[str, ...]]
"""Key → ids: all that a source says."""
Said: TypeAlias = dict[str, Dump]


class Store:
    """What is kept between runs, and runs over it, which go as those of the pipeline do."""

    def __init__(self) -> None:
        self.records: dict[str, dict[str, RecordHead]] = {}
        self.leads: list[PastLead] = []
        self.retired: dict[uuid.UUID, tuple[str, ...]] = {}
        self.ids: dict[uuid.UUID, tuple[str, ...]] = {}

    def loaded(self) -> Identities:
        kept = {source: dict(records) for source, records in self.records.items()}
        return Identities(kept, ROLES, Leads(self.leads), self.retired)

    def run(self, source: str, dump: Dump, *, killed_at: int | None = None) -> None:
        """Take a dump in; a run that is killed has written some records, and nothing else."""
        identities = self.loaded()
        self.settle(identities)
        keys = {key: self.said(source).get(key) != ids for key, ids in dump.items()}
        grouping = Grouping(identities, source, keys) if ROLES[source].groups else None
        for number, key in enumerate(key for key, changed in keys.items() if changed):
            if number == killed_at:
                self.records = identities.records
                self.leads += identities.leads.drain()
                return
            self.place(identities, grouping, source, key, dump[key])
        kept = identities.records.get(source, {})
        missing = [key for key in kept if key not in dump]
        if source in MAKERS:
            works = [work for key in missing for work in kept[key].works]
            identities.leads.drop(source, missing, works)
        for key in missing:
            del kept[key]
        self.settle(identities)

    def place(
        self,
        identities: Identities,
        grouping: Grouping | None,
        source: str,
        key: str,
        ids: tuple[str, ...],
    ) -> None:
        said = record(key, *ids[1:]) if key == ids[0] else record(key, *ids)
        known = identities.records.get(source, {}).get(key)
        works: tuple[uuid.UUID, ...]
        if grouping is not None:
            works = (grouping.place(said),)
        else:
            works = identities.about(said, source)
            if not works and known is not None:
                works = known.works
            if not works and source in MAKERS:
                works = (identities.own_work(source, key, said.ids),)
        if works:
            identities.keep(source, said, "", works)

    def settle(self, identities: Identities) -> None:
        identities.reassign()
        assert identities.reassign() == []
        self.records = identities.records
        self.leads += identities.leads.drain()
        now = {work: self.ids_of(identities, work) for work in self.works()}
        gone = self.ids.keys() - now.keys()
        self.retired |= {work: self.ids[work] for work in gone}
        self.retired = {work: ids for work, ids in self.retired.items() if work not in now}
        self.ids = now

    def ids_of(self, identities: Identities, work: uuid.UUID) -> tuple[str, ...]:
        return tuple(i for i in IDS if identities.owner(i) == work)

    def works(self) -> set[uuid.UUID]:
        return {w for s in MAKERS for head in self.records.get(s, {}).values() for w in head.works}

    def said(self, source: str) -> Dump:
        return {key: head.ids for key, head in self.records.get(source, {}).items()}

    def state(self) -> frozenset[tuple[str, str, tuple[str, ...]]]:
        return frozenset((s, key, ids) for s in MAKERS for key, ids in self.said(s).items())

    def assigned(self) -> Mapping[tuple[str, str], tuple[uuid.UUID, ...]]:
        return {(s, k): h.works for s in MAKERS for k, h in self.records.get(s, {}).items()}


Run: TypeAlias = tuple[str, Dump, int | None]
"""A source, what it says now, and after how many records the run is killed."""

chances = st.integers(0, 2**40).map(random.Random)
"""Histories are long: drawn value by value they would take Hypothesis longer than running them."""


def a_dump(chance: random.Random) -> Dump:
    keys = chance.sample(IDS, chance.randint(0, 4))
    more = {key: chance.sample(IDS, chance.randint(0, 2)) for key in keys}
    return {key: tuple(dict.fromkeys((key, *more[key]))) for key in keys}


def a_catalogue(chance: random.Random) -> Said:
    return {source: a_dump(chance) for source in ROLES}


def a_part(chance: random.Random, whole: Dump) -> Dump:
    """Return all, nothing, or some of what a source says."""
    share = chance.choice((0.0, 1.0, 1.0, 0.5))
    return {key: ids for key, ids in whole.items() if chance.random() < share}


def a_history(chance: random.Random) -> list[Run]:
    """Return runs over one or two catalogues: what a source says in one of them, or a part."""
    said = [a_catalogue(chance) for _ in range(chance.randint(1, 2))]
    sources = [chance.choice(tuple(ROLES)) for _ in range(chance.randint(3, 16))]
    return [(source, a_part(chance, chance.choice(said)[source]), None) for source in sources]


@given(chances)
def test_where_records_are_again_what_they_were_each_has_its_work_again(
    chance: random.Random,
) -> None:
    store = Store()
    seen: dict[object, object] = {}
    for source, dump, _ in a_history(chance):
        if chance.random() < 0.2:
            store.run(source, dump, killed_at=chance.randint(0, 2))
            store.settle(store.loaded())
            assert seen.setdefault(store.state(), store.assigned()) == store.assigned()
        store.run(source, dump)
        assert seen.setdefault(store.state(), store.assigned()) == store.assigned()


@given(chances)
def test_to_forget_and_take_in_again_changes_no_id(chance: random.Random) -> None:
    store, said = Store(), a_catalogue(chance)
    for source, dump, _ in a_history(chance):
        store.run(source, dump)
    for source in ROLES:
        store.run(source, said[source])
    expected = store.assigned()
    for _ in range(chance.randint(1, 6)):
        source = chance.choice(tuple(ROLES))
        store.run(source, a_part(chance, said[source]))
    for source in chance.sample(tuple(ROLES), len(ROLES)):
        store.run(source, said[source])
    assert store.assigned() == expected


@given(chances)
def test_a_work_that_goes_on_keeps_its_id_unless_one_returns_that_bore_it(
    chance: random.Random,
) -> None:
    store = Store()
    for source, dump, _ in a_history(chance):
        before = leaders(store)
        returned = {lead.work for lead in store.leads}
        evicted = {(lead.source, lead.key) for lead in store.leads}
        store.run(source, dump)
        after = {record: work for work, record in leaders(store).items()}
        for work, leader in before.items():
            if leader in after and work not in returned and leader not in evicted:
                assert after[leader] == work


@given(chances)
def test_no_id_is_given_to_another_work(chance: random.Random) -> None:
    store = Store()
    had: dict[uuid.UUID, set[str]] = {}
    led: set[tuple[tuple[str, str], uuid.UUID]] = set()
    for source, dump, _ in a_history(chance):
        store.run(source, dump)
        for work, leader in leaders(store).items():
            ids = {i for head in heads(store) if work in head.works for i in head.ids}
            assert work not in had or (leader, work) in led or not ids.isdisjoint(had[work])
            led.add((leader, work))
            had.setdefault(work, set()).update(ids)


def heads(store: Store) -> list[RecordHead]:
    return [head for records in store.records.values() for head in records.values()]


def leaders(store: Store) -> dict[uuid.UUID, tuple[str, str]]:
    found: dict[uuid.UUID, tuple[str, str]] = {}
    for source in MAKERS:
        for key, head in sorted(store.records.get(source, {}).items()):
            found.setdefault(head.works[0], (source, key))
    return found


def test_what_an_enricher_knows_by_another_id_returns_as_itself() -> None:
    store = Store()
    store.run("grouper", {"a": ("a", "b"), "c": ("c",)})
    store.run("ids", {"a": ("a", "b")})
    store.run("grouper", {"c": ("c",)})
    store.run("grouper", {"b": ("b", "a"), "c": ("c",)})
    assert store.assigned()["grouper", "b"] == (work_uuid("a"),)


def test_works_that_merged_part_with_the_ids_that_they_had() -> None:
    store = Store()
    store.run("site", {"a": ("a",), "b": ("b",)})
    store.run("grouper", {"c": ("c", "a", "b")})
    store.run("grouper", {})
    assert store.assigned() == {("site", i): (work_uuid(i),) for i in "ab"}


def test_an_id_that_moved_takes_no_uuid_along() -> None:
    store = Store()
    store.run("grouper", {"a": ("a", "e", "f"), "b": ("b",)})
    store.run("grouper", {"a": ("a",), "b": ("b", "e", "f")})
    assert store.assigned() == {("grouper", i): (work_uuid(i),) for i in "ab"}
