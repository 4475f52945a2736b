"""Identity against an oracle: which records share a work depends on what is kept, and no more."""

import uuid

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from ingest.pipeline.identity import Identities, IdentityState, RecordHead, SourceRole
from kensho.domain.records import Record
from tests.support.ingest_oracles import groups_of

ROLES = {
    "grouper": SourceRole(creates=True, groups=True, order=10),
    "site": SourceRole(creates=True, groups=False, order=20),
    "other-site": SourceRole(creates=True, groups=False, order=30),
    "ids": SourceRole(creates=False, groups=False, order=40),
    "extra": SourceRole(creates=False, groups=False, order=60),
}
IDS = tuple(f"{provider}:{n}" for provider in ("mal", "anidb", "anilist") for n in range(3))
TITLES = ("imdb:tt1", "imdb:tt2")

Records = dict[str, dict[str, RecordHead]]
"""Source → key → record: what a store holds."""


@st.composite
def ledgers(draw: st.DrawFn) -> Records:
    """Return kept records, attached to works at random: by any history, even by none."""
    free = iter(draw(st.permutations([uuid.UUID(int=n) for n in range(40)])))
    some = st.sampled_from([uuid.UUID(int=n) for n in range(6)])
    kept: Records = {}
    for source, role in ROLES.items():
        for key in draw(st.lists(st.sampled_from((*IDS, *TITLES)), unique=True, max_size=5)):
            more = draw(st.lists(st.sampled_from(IDS), max_size=3))
            ids = tuple(i for i in dict.fromkeys((key, *more)) if i not in TITLES)
            works = (next(free),) if role.groups else (draw(some),)
            covers = () if role.creates else tuple(draw(st.sets(st.sampled_from(TITLES))))
            is_dead = not role.creates and draw(st.integers(0, 4)) == 0
            if ids or not role.creates:
                kept.setdefault(source, {})[key] = RecordHead("", ids, works, covers, is_dead)
    return kept


def copied(kept: Records) -> Records:
    return {source: dict(records) for source, records in kept.items()}


def assigned(kept: Records) -> Identities:
    identities = Identities(copied(kept), ROLES)
    identities.reassign()
    return identities


def groups(kept: Records) -> set[frozenset[tuple[str, str]]]:
    """Return the records of each work that a maker's record is about."""
    at: dict[uuid.UUID, set[tuple[str, str]]] = {}
    for source, records in kept.items():
        for key, record in records.items():
            for work in record.works:
                at.setdefault(work, set()).add((source, key))
    return {frozenset(g) for g in at.values() if any(ROLES[s].creates for s, _ in g)}


@given(ledgers())
def test_the_records_of_a_work_are_those_of_the_oracle(kept: Records) -> None:
    assert groups(assigned(kept).records) == groups_of(kept, ROLES)


@given(ledgers())
def test_what_is_assigned_stays_assigned(kept: Records) -> None:
    assert assigned(assigned(kept).records).records == assigned(kept).records


@given(ledgers(), st.randoms(use_true_random=False))
def test_the_order_in_which_records_are_kept_does_not_matter(kept: Records, random: object) -> None:
    shuffled: Records = {}
    for source in kept:
        keys = list(kept[source])
        random.shuffle(keys)  # type: ignore[attr-defined]
        shuffled[source] = {key: kept[source][key] for key in keys}
    turned = dict(reversed(shuffled.items()))
    one, other = assigned(kept), assigned(turned)
    assert one.records == other.records
    assert [one.owner(i) for i in IDS] == [other.owner(i) for i in IDS]


@given(ledgers())
def test_no_two_entries_of_the_grouping_source_share_a_work(kept: Records) -> None:
    works = [r.works for r in assigned(kept).records.get("grouper", {}).values()]
    assert len(set(works)) == len(works)


@given(ledgers())
def test_an_id_belongs_to_a_work_that_a_record_with_it_is_about(kept: Records) -> None:
    identities = assigned(kept)
    for source_id in IDS:
        owner = identities.owner(source_id)
        claimants = [
            r.works
            for records in identities.records.values()
            for r in records.values()
            if source_id in r.ids and not r.dead
        ]
        assert owner is None or (owner,) in claimants


@given(ledgers(), st.sampled_from(tuple(ROLES)), st.lists(st.sampled_from(IDS), max_size=3))
def test_a_new_record_is_placed_where_it_will_stay(
    kept: Records, source: str, ids: list[str]
) -> None:
    role = ROLES[source]
    identities = assigned(kept)
    works = identities.attached(tuple(ids), source)
    if role.creates or not works:
        return
    key = "zz:1"  # after all others of its source
    identities.records.setdefault(source, {})[key] = RecordHead("", tuple(ids), works)
    identities.reassign()
    assert identities.records[source][key].works == works


def owners(identities: Identities) -> dict[str, uuid.UUID | None]:
    return {source_id: identities.owner(source_id) for source_id in (*IDS, *TITLES, "zz:1")}


@given(ledgers(), st.sampled_from(tuple(ROLES)), st.lists(st.sampled_from(IDS), max_size=3))
def test_a_record_after_which_all_stands_moves_nothing(
    kept: Records, source: str, ids: list[str]
) -> None:
    identities = assigned(kept)
    record = Record("zz:1", ("zz:1", *ids) if ROLES[source].creates else tuple(ids))
    works = identities.about(record, source)
    if not works:
        return
    before = owners(identities)
    identities.keep(source, record, "", works)
    if identities.settled:
        assert identities.reassign() == []
        assert owners(identities) == before


@given(ledgers(), st.sampled_from(tuple(ROLES)), st.lists(st.sampled_from(IDS), max_size=3))
def test_what_is_taken_up_goes_on_as_what_was_read(
    kept: Records, source: str, ids: list[str]
) -> None:
    identities, read = assigned(kept), assigned(kept)
    told = msgspec.msgpack.decode(msgspec.msgpack.encode(identities.state()), type=IdentityState)
    taken_up = Identities.taken_up(told, ROLES)
    assert owners(taken_up) == owners(read)
    record = Record("zz:1", tuple(ids))
    assert taken_up.about(record, source) == read.about(record, source)
    for one in (taken_up, read):
        for works in [one.about(record, source)]:
            if works:
                one.keep(source, record, "", works)
        one.reassign()
    assert taken_up.records == read.records
    assert owners(taken_up) == owners(read)
