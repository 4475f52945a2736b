"""Relations: what sources say of a pair from both ends becomes one edge, and none of it is lost."""

import uuid
from collections.abc import Iterable

import msgspec
import pytest

from ingest.pipeline.relations import (
    TURNED,
    ClaimEvidence,
    ClaimOrigin,
    RelationEdge,
    RelationResolver,
    is_denied,
    with_inferred_kind,
)
from kensho.domain.relations import INVERSE, KINDS, SYMMETRIC, Assertion, ClaimedKind, Kind, Method

OLD, NEW, UNDATED = (uuid.UUID(int=n) for n in (3, 2, 1))
WHEN = {OLD: "1999-04-01", NEW: "2001"}
RANK = {"strong": 70, "weak": 20}

Claimed = (
    tuple[uuid.UUID, ClaimedKind, uuid.UUID, ClaimOrigin]
    | tuple[uuid.UUID, ClaimedKind, uuid.UUID, ClaimOrigin, ClaimEvidence]
)
DENIED = ClaimEvidence("the site mixed them up", "alice", "see the credits", denied=True)


def said(
    source: str = "weak", snapshot: str = "2026-01-01", method: Method = "stated"
) -> ClaimOrigin:
    return ClaimOrigin(source, snapshot, method)


def edges(*claims: Claimed) -> list[RelationEdge]:
    relations = RelationResolver(WHEN, RANK)
    for claim in claims:
        relations.add(*claim)
    return list(relations.edges())


def only(*claims: Claimed) -> RelationEdge:
    (edge,) = edges(*claims)
    return edge


def read(edge: RelationEdge) -> tuple[uuid.UUID, Kind, uuid.UUID]:
    return edge.source, edge.kind, edge.target


def kinds(edge: RelationEdge) -> set[tuple[str, Kind]]:
    return {(a.source, a.kind) for a in edge.assertions}


def test_the_sequel_on_a_works_page_comes_after_the_work() -> None:
    assert read(only((OLD, "sequel", NEW, said()))) == (OLD, "sequel", NEW)


def test_the_prequel_on_a_works_page_comes_before_the_work() -> None:
    assert read(only((NEW, "prequel", OLD, said()))) == (OLD, "sequel", NEW)


def test_a_sequel_that_came_out_earlier_is_still_the_sequel() -> None:
    assert read(only((NEW, "sequel", OLD, said()))) == (NEW, "sequel", OLD)


@pytest.mark.parametrize("kind", [k for k in KINDS if k not in SYMMETRIC])
def test_a_kind_reads_the_same_from_either_end(kind: Kind) -> None:
    forth, back = only((OLD, kind, NEW, said())), only((NEW, INVERSE[kind], OLD, said()))
    assert read(forth) == read(back)
    assert forth.assertions == back.assertions


@pytest.mark.parametrize(
    ("kind", "forward"),
    [
        ("prequel", "sequel"),
        ("parent_story", "side_story"),
        ("full_story", "summary"),
        ("source", "adaptation"),
        ("contains", "compilation"),
        ("promotes", "music_video"),
    ],
)
def test_an_edge_runs_from_the_parent_to_the_child(kind: ClaimedKind, forward: Kind) -> None:
    assert read(only((OLD, kind, NEW, said()))) == (NEW, forward, OLD)


@pytest.mark.parametrize("claim", [(NEW, "spin_off", OLD), (OLD, "spun_off_from", NEW)])
def test_a_spin_off_is_never_older_than_what_it_spun_off_from(
    claim: tuple[uuid.UUID, ClaimedKind, uuid.UUID],
) -> None:
    edge = only((*claim, said()))
    assert read(edge) == (OLD, "spin_off", NEW)
    assert [one.because for one in edge.assertions] == [TURNED]


def test_two_pages_that_call_each_other_spin_offs_agree_on_the_later_one() -> None:
    edge = only((NEW, "spin_off", OLD, said()), (OLD, "spin_off", NEW, said()))
    assert (read(edge), edge.conflict) == ((OLD, "spin_off", NEW), False)
    assert [one.because for one in edge.assertions] == [None]


def test_a_spin_off_of_a_work_without_a_date_is_left_as_it_is_stated() -> None:
    edge = only((UNDATED, "spin_off", OLD, said()))
    assert (read(edge), edge.assertions[0].because) == ((UNDATED, "spin_off", OLD), None)


def test_a_curator_may_say_that_a_spin_off_came_first() -> None:
    edge = only((NEW, "spin_off", OLD, said(method="curated")))
    assert read(edge) == (NEW, "spin_off", OLD)


@pytest.mark.parametrize("kind", SYMMETRIC)
def test_a_kind_without_direction_runs_from_the_earlier_to_the_later(kind: Kind) -> None:
    assert read(only((NEW, kind, OLD, said()))) == (OLD, kind, NEW)
    assert read(only((OLD, kind, NEW, said()))) == (OLD, kind, NEW)


def test_a_work_without_a_date_counts_as_the_latest() -> None:
    assert read(only((UNDATED, "other", NEW, said()))) == (NEW, "other", UNDATED)


def test_works_of_one_date_are_ordered_by_id() -> None:
    one, other = uuid.UUID(int=8), uuid.UUID(int=9)
    assert read(only((other, "character", one, said()))) == (one, "character", other)


@pytest.mark.parametrize(
    ("back", "kind"),
    [
        ("side_story", "side_story"),
        ("summary", "summary"),
        ("spin_off", "spin_off"),
        ("compilation", "compilation"),
    ],
)
def test_a_parent_is_what_the_other_end_says_of_its_child(back: ClaimedKind, kind: Kind) -> None:
    edge = only((NEW, "parent", OLD, said()), (OLD, back, NEW, said()))
    assert read(edge) == (OLD, kind, NEW)
    assert not edge.conflict


def test_a_parent_of_which_the_other_end_is_silent_is_the_parent_story() -> None:
    assert read(only((NEW, "parent", OLD, said()))) == (OLD, "side_story", NEW)


def test_a_parent_is_not_explained_by_another_source() -> None:
    edge = only((NEW, "parent", OLD, said("strong")), (OLD, "summary", NEW, said("weak")))
    assert kinds(edge) == {("strong", "side_story"), ("weak", "summary")}


def test_a_parent_is_not_explained_by_a_kind_that_is_no_child() -> None:
    edge = only((NEW, "parent", OLD, said()), (OLD, "character", NEW, said()))
    assert kinds(edge) == {("weak", "side_story"), ("weak", "character")}


def test_a_parent_explained_in_two_ways_is_read_alike_in_any_order() -> None:
    claims: list[Claimed] = [
        (NEW, "parent", OLD, said()),
        (OLD, "spin_off", NEW, said()),
        (OLD, "side_story", NEW, said()),
    ]
    assert edges(*claims) == edges(*reversed(claims))


def test_a_typed_kind_beats_an_untyped_one_of_any_rank() -> None:
    edge = only((OLD, "related", NEW, said("strong")), (OLD, "sequel", NEW, said("weak")))
    assert edge.kind == "sequel"
    assert not edge.conflict


def test_the_stronger_of_two_stating_sources_wins() -> None:
    edge = only((OLD, "sequel", NEW, said("strong")), (OLD, "side_story", NEW, said("weak")))
    assert edge.kind == "sequel"


def test_a_curator_beats_a_stronger_source() -> None:
    edge = only(
        (OLD, "sequel", NEW, said("strong")),
        (OLD, "side_story", NEW, said("weak", method="curated")),
    )
    assert edge.kind == "side_story"


def test_what_is_stated_beats_what_is_inferred() -> None:
    edge = only(
        (OLD, "sequel", NEW, said("strong", method="inferred")),
        (OLD, "side_story", NEW, said("weak")),
    )
    assert edge.kind == "side_story"


def test_a_contradiction_stays_visible() -> None:
    edge = only((OLD, "sequel", NEW, said("strong")), (OLD, "side_story", NEW, said("weak")))
    assert edge.conflict
    assert kinds(edge) == {("strong", "sequel"), ("weak", "side_story")}


def test_a_curators_decision_leaves_the_contradiction_visible() -> None:
    edge = only(
        (OLD, "sequel", NEW, said("strong")),
        (OLD, "side_story", NEW, said("weak", method="curated")),
    )
    assert edge.conflict


def test_sources_that_agree_from_both_ends_do_not_contradict() -> None:
    edge = only((OLD, "sequel", NEW, said("strong")), (NEW, "prequel", OLD, said("weak")))
    assert not edge.conflict
    assert kinds(edge) == {("strong", "sequel"), ("weak", "sequel")}


def test_an_untyped_claim_is_no_contradiction() -> None:
    edge = only((OLD, "related", NEW, said("strong")), (NEW, "prequel", OLD, said("weak")))
    assert not edge.conflict
    assert kinds(edge) == {("strong", "related"), ("weak", "sequel")}


def test_the_losers_are_read_along_the_edge() -> None:
    edge = only((NEW, "sequel", OLD, said("strong")), (OLD, "sequel", NEW, said("weak")))
    assert read(edge) == (NEW, "sequel", OLD)
    assert kinds(edge) == {("strong", "sequel"), ("weak", "prequel")}


def test_where_each_is_called_the_sequel_of_the_other_the_later_one_is() -> None:
    edge = only((NEW, "sequel", OLD, said()), (OLD, "sequel", NEW, said()))
    assert read(edge) == (OLD, "sequel", NEW)
    assert edge.conflict


def test_a_claim_from_both_ends_is_asserted_once() -> None:
    edge = only((OLD, "sequel", NEW, said()), (NEW, "prequel", OLD, said()))
    assert len(edge.assertions) == 1


def test_what_a_source_says_from_both_ends_it_has_said_since_the_older_snapshot() -> None:
    edge = only(
        (OLD, "sequel", NEW, said(snapshot="2026-02-01")),
        (NEW, "prequel", OLD, said(snapshot="2026-01-01")),
    )
    assert [a.snapshot for a in edge.assertions] == ["2026-01-01"]


def test_an_assertion_says_who_when_what_how_and_how_surely() -> None:
    (assertion,) = only((OLD, "sequel", NEW, said("weak", "2026-03-01", "curated"))).assertions
    assert (assertion.source, assertion.snapshot, assertion.kind) == (
        "weak",
        "2026-03-01",
        "sequel",
    )
    assert (assertion.method, assertion.confidence) == ("curated", 1.0)


def test_a_work_is_not_related_to_itself() -> None:
    assert edges((OLD, "sequel", OLD, said())) == []


def test_each_pair_has_one_edge() -> None:
    pairs: Iterable[Claimed] = [
        (OLD, "sequel", NEW, said()),
        (NEW, "character", OLD, said()),
        (OLD, "sequel", UNDATED, said()),
        (UNDATED, "other", NEW, said()),
    ]
    found = [frozenset((e.source, e.target)) for e in edges(*pairs)]
    assert len(found) == len(set(found)) == 3


def test_a_curators_words_are_part_of_the_assertion() -> None:
    words = ClaimEvidence("it is so", "alice", "see the credits")
    (one,) = only((OLD, "sequel", NEW, said(method="curated"), words)).assertions
    assert (one.because, one.by, one.note, one.denied) == (
        "it is so",
        "alice",
        "see the credits",
        False,
    )


@pytest.mark.parametrize("other", ["sequel", "related"])
def test_a_denied_kind_loses_and_stays_visible_with_the_reason(other: Kind) -> None:
    edge = only(
        (OLD, "sequel", NEW, said()),
        (OLD, "side_story", NEW, said("strong", method="curated")),
        (OLD, other, NEW, said("weak", method="curated"), DENIED),
    )
    assert (read(edge), edge.conflict) == ((OLD, "side_story", NEW), False)
    assert {(a.kind, a.denied, a.by) for a in edge.assertions} == {
        ("side_story", False, None),
        ("sequel", False, None),
        (other, True, "alice"),
    }


def test_what_is_denied_altogether_is_no_relation_and_says_who_said_otherwise() -> None:
    edge = only(
        (OLD, "sequel", NEW, said()),
        (NEW, "related", OLD, said("strong")),
        (NEW, "related", OLD, said(method="curated"), DENIED),
    )
    assert is_denied(edge)
    assert {(a.source, a.kind, a.denied) for a in edge.assertions} == {
        ("weak", "sequel", False),
        ("strong", "related", False),
        ("weak", "related", True),
    }


def test_a_denial_of_one_kind_leaves_the_others() -> None:
    edge = only(
        (OLD, "sequel", NEW, said()),
        (OLD, "related", NEW, said("strong")),
        (NEW, "prequel", OLD, said(method="curated"), DENIED),
    )
    assert not is_denied(edge)
    assert edge.kind == "related"
    inferred = Assertion("kensho", "1", "sequel", "inferred", 0.9)
    assert with_inferred_kind(edge, inferred) == edge
    summary = msgspec.structs.replace(inferred, kind="summary")
    assert with_inferred_kind(edge, summary).kind == "summary"


def test_a_denial_loses_to_a_curator_of_higher_rank() -> None:
    edge = only(
        (OLD, "sequel", NEW, said("strong", method="curated")),
        (OLD, "sequel", NEW, said("weak", method="curated"), DENIED),
    )
    assert read(edge) == (OLD, "sequel", NEW)
    assert [a.denied for a in edge.assertions] == [False]


def test_a_denial_of_what_nobody_says_is_no_edge() -> None:
    assert edges((OLD, "sequel", NEW, said(method="curated"), DENIED)) == []
