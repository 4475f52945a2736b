"""Relations against an oracle: the same edges in any order of claims, whichever end states them."""

import uuid
from typing import get_args

from hypothesis import given
from hypothesis import strategies as st

from ingest.pipeline.relations import TURNED, ClaimOrigin, RelationResolver
from kensho.domain.relations import INVERSE, KINDS, ClaimedKind, Method
from tests.support.ingest_oracles import Edge, Statement, edges_of

CLAIMED: tuple[ClaimedKind, ...] = (*KINDS, "parent")
WORKS = tuple(uuid.UUID(int=n) for n in (7, 3, 9, 1))
WHEN = {WORKS[0]: "2001-04-01", WORKS[1]: "1999", WORKS[2]: "2001-04-01"}
RANK = {"a": 70, "b": 50}
AMBIGUOUS = frozenset(("parent", "parent_story", "side_story"))
"""Kinds whose meaning depends on what the other end says: stated from there, they mean less."""

works = st.sampled_from(WORKS)
voices = st.builds(
    ClaimOrigin,
    st.sampled_from(("a", "b", "c")),
    st.sampled_from(("2026-01-01", "2026-02-01")),
    st.sampled_from(get_args(Method)),
)
statements = st.lists(
    st.builds(Statement, works, st.sampled_from(CLAIMED), works, voices), max_size=12
)
plain = st.lists(
    st.builds(
        Statement, works, st.sampled_from([k for k in KINDS if k not in AMBIGUOUS]), works, voices
    ),
    max_size=12,
)


def edges(said: list[Statement]) -> set[Edge]:
    relations = RelationResolver(WHEN, RANK)
    for statement in said:
        relations.add(*statement)
    found = [
        Edge(
            e.source,
            e.target,
            e.kind,
            frozenset((a.source, a.snapshot, a.kind, a.method) for a in e.assertions),
            e.conflict,
        )
        for e in relations.edges()
    ]
    assert len(found) == len({frozenset((e.source, e.target)) for e in found})
    return set(found)


@given(statements)
def test_the_edges_are_those_of_the_oracle(said: list[Statement]) -> None:
    assert edges(said) == edges_of(said, WHEN, RANK)


@given(statements, st.randoms(use_true_random=False))
def test_the_order_of_claims_does_not_matter(said: list[Statement], random: object) -> None:
    shuffled = list(said)
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    assert edges(shuffled) == edges(said)


@given(plain, st.lists(st.booleans(), min_size=12, max_size=12))
def test_it_does_not_matter_which_end_states_a_claim(
    said: list[Statement], turned: list[bool]
) -> None:
    from_either = [
        Statement(s.target, INVERSE[s.kind], s.work, s.said)  # type: ignore[index]
        if turn
        else s
        for s, turn in zip(said, turned, strict=False)
    ]
    assert edges(from_either) == edges(said)


@given(statements)
def test_nobody_who_speaks_of_a_pair_is_left_out(said: list[Statement]) -> None:
    for edge in edges(said):
        ends = {edge.source, edge.target}
        speakers = {s.said.source for s in said if {s.work, s.target} == ends}
        assert {source for source, _, _, _ in edge.voices} == speakers


@given(statements)
def test_no_spin_off_is_older_than_what_it_spun_off_from_unless_a_curator_says_so(
    said: list[Statement],
) -> None:
    relations = RelationResolver(WHEN, RANK)
    for statement in said:
        relations.add(*statement)
    for edge in relations.edges():
        for one in edge.assertions:
            assert one.because in (None, TURNED)
            if one.method == "curated" or not {edge.source, edge.target} <= WHEN.keys():
                assert one.because is None
            elif one.kind in ("spin_off", "spun_off_from"):
                first, then = edge.source, edge.target
                if one.kind == "spun_off_from":
                    first, then = then, first
                known = min(len(WHEN[first]), len(WHEN[then]))
                assert WHEN[first][:known] <= WHEN[then][:known]
