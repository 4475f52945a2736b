"""Identity against an oracle: which records share a work depends on what is held, and no more."""

import uuid

from hypothesis import given
from hypothesis import strategies as st

from ingest.pipeline.identity import Identities, RecordHead, SourceRole
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

Ledger = dict[str, dict[str, RecordHead]]
"""Source → key → record: what a store holds."""


@st.composite
def ledgers(draw: st.DrawFn) -> Ledger:
    """Return held records, attached to works at random: by any history, even by none."""
    free = iter(draw(st.permutations([uuid.UUID(int=n) for n in range(40)])))
    some = st.sampled_from([uuid.UUID(int=n) for n in range(6)])
    held: Ledger = {}
    for source, standing in ROLES.items():
        for key in draw(st.lists(st.sampled_from((*IDS, *TITLES)), unique=True, max_size=5)):
            more = draw(st.lists(st.sampled_from(IDS), max_size=3))
            ids = tuple(i for i in dict.fromkeys((key, *more)) if i not in TITLES)
            works = (next(free),) if standing.groups else (draw(some),)
            covers = () if standing.creates else tuple(draw(st.sets(st.sampled_from(TITLES))))
            is_dead = not standing.creates and draw(st.integers(0, 4)) == 0
            if ids or not standing.creates:
                held.setdefault(source, {})[key] = RecordHead("", ids, works, covers, is_dead)
    return held


def copied(held: Ledger) -> Ledger:
    return {source: dict(records) for source, records in held.items()}


def settled(held: Ledger) -> Identities:
    identities = Identities(copied(held), ROLES)
    identities.reassign()
    return identities


def groups(held: Ledger) -> set[frozenset[tuple[str, str]]]:
    """Return the records of each work that a maker's record is about."""
    at: dict[uuid.UUID, set[tuple[str, str]]] = {}
    for source, records in held.items():
        for key, record in records.items():
            for work in record.works:
                at.setdefault(work, set()).add((source, key))
    return {frozenset(g) for g in at.values() if any(ROLES[s].creates for s, _ in g)}


@given(ledgers())
def test_the_records_of_a_work_are_those_of_the_oracle(held: Ledger) -> None:
    assert groups(settled(held).records) == groups_of(held, ROLES)


@given(ledgers())
def test_what_is_settled_stays_settled(held: Ledger) -> None:
    assert settled(settled(held).records).records == settled(held).records


@given(ledgers(), st.randoms(use_true_random=False))
def test_the_order_in_which_records_are_held_does_not_matter(held: Ledger, random: object) -> None:
    shuffled: Ledger = {}
    for source in held:
        keys = list(held[source])
        random.shuffle(keys)  # type: ignore[attr-defined]
        shuffled[source] = {key: held[source][key] for key in keys}
    turned = dict(reversed(shuffled.items()))
    one, other = settled(held), settled(turned)
    assert one.records == other.records
    assert [one.owner(i) for i in IDS] == [other.owner(i) for i in IDS]


@given(ledgers())
def test_no_two_entries_of_the_grouping_source_share_a_work(held: Ledger) -> None:
    works = [r.works for r in settled(held).records.get("grouper", {}).values()]
    assert len(set(works)) == len(works)


@given(ledgers())
def test_an_id_belongs_to_a_work_that_a_record_with_it_is_about(held: Ledger) -> None:
    identities = settled(held)
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
    held: Ledger, source: str, ids: list[str]
) -> None:
    standing = ROLES[source]
    identities = settled(held)
    works = identities.attached(tuple(ids), source)
    if standing.creates or not works:
        return
    key = "zz:1"  # after all others of its source
    identities.records.setdefault(source, {})[key] = RecordHead("", tuple(ids), works)
    identities.reassign()
    assert identities.records[source][key].works == works
