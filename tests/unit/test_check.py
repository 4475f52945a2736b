"""The check: each rule finds its fault and nothing else."""

import datetime as dt
import uuid
from collections.abc import Iterable

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.checks.findings import CheckedWork, Finding
from ingest.checks.franchises import CheckedFranchises
from ingest.checks.graph import EDGE_TABLES, CheckedEdge, CheckedGraph, findings
from ingest.pipeline.census import Census, SourceCoverage
from kensho.domain.relations import Assertion, Kind
from kensho.storage.rows import (
    GuestRow,
    MembershipReasonRow,
    MembershipRow,
    RetiredSlugRow,
    StoredFranchise,
)

A, B, C = (uuid.UUID(int=n) for n in (1, 2, 3))
WORKS = (
    CheckedWork(A, "Alpha", ("mal:1",), 2001, "2001-01-05", "2001-03-30"),
    CheckedWork(B, "Beta", ("mal:2",), 2002, "2002-01-05", "2002-03-30"),
    CheckedWork(C, "Gamma", ("mal:3",)),
)


def edge(
    table: str,
    start: uuid.UUID,
    end: uuid.UUID,
    *,
    conflict: bool = False,
    kind: str | None = None,
) -> CheckedEdge:
    return CheckedEdge(table, (start, end), start, end, conflict, kind)


def sequel(later: uuid.UUID, earlier: uuid.UUID, *, conflict: bool = False) -> list[CheckedEdge]:
    return [
        edge("is_sequel_of", later, earlier, conflict=conflict),
        edge("is_prequel_of", earlier, later),
    ]


def found(
    *edges: CheckedEdge,
    works: Iterable[CheckedWork] = WORKS,
    recorded: Iterable[uuid.UUID] = (A, B, C),
    composed: bool = True,
    **more: object,
) -> list[Finding]:
    by_table = {table: [e for e in edges if e.table == table] for table in EDGE_TABLES}
    known = {w.id: w for w in works}
    graph = CheckedGraph(known, by_table, frozenset(recorded), composed, day=dt.date(2026, 6, 1))
    return list(findings(msgspec.structs.replace(graph, **more)))


def only(results: list[Finding]) -> Finding:
    (finding,) = results
    return finding


def test_a_sound_graph_has_no_findings() -> None:
    assert found(*sequel(B, A), edge("is_related_to", A, C)) == []


def test_a_graph_behind_its_records_is_an_error() -> None:
    finding = only(found(composed=False))
    assert (finding.severity, finding.rule) == ("error", "graph lags its records")


def test_a_sequel_edge_without_its_mirror_is_an_error() -> None:
    finding = only(found(edge("is_sequel_of", B, A)))
    assert (finding.severity, finding.rule) == ("error", "mirror edge missing")
    assert finding.sentence == f"Beta ({B}) and Alpha ({A}): the prequel edge is missing"


def test_a_mirror_without_its_sequel_edge_is_an_error() -> None:
    finding = only(found(edge("is_prequel_of", A, B)))
    assert finding.sentence == f"Beta ({B}) and Alpha ({A}): the sequel edge is missing"


def test_an_edge_whose_end_is_not_in_the_graph_is_an_error() -> None:
    finding = only(found(CheckedEdge("has_tag", (A, B), A, None)))
    assert (finding.severity, finding.rule) == ("error", "dangling end")


def test_an_edge_whose_row_names_other_ends_is_an_error() -> None:
    finding = only(found(CheckedEdge("has_tag", (A, B), A, C)))
    assert finding.sentence == f"has_tag {A} → {B}: its row names other ends than its id"


def test_two_works_that_follow_each_other_are_an_error_once() -> None:
    rules = [f.rule for f in found(*sequel(B, A), *sequel(A, B))]
    assert rules.count("sequel of each other") == 1


def test_an_id_of_two_works_is_an_error() -> None:
    duplicate = CheckedWork(uuid.UUID(int=9), "Alpha again", ("mal:1",))
    finding = only(found(works=[*WORKS, duplicate], recorded=[A, B, C, duplicate.id]))
    assert (finding.severity, finding.rule) == ("error", "id carried twice")
    assert finding.sentence.startswith("mal:1: carried by Alpha")


def test_a_work_of_two_records_of_one_catalogue_is_an_error() -> None:
    finding = only(found(edge("is_same_as", B, A)))
    assert (finding.severity, finding.rule) == ("error", "two works as one")
    assert finding.sentence == f"mal lists both Alpha ({A}) and Beta ({B})"


def test_two_records_that_lead_to_a_third_are_of_one_work() -> None:
    works = [CheckedWork(A, "Alpha", ("mal:1",)), CheckedWork(B, "Beta", ("ann:1",))]
    works.append(CheckedWork(C, "Gamma", ("ann:2",)))
    finding = only(found(edge("is_same_as", B, A), edge("is_same_as", C, A), works=works))
    assert finding.sentence.startswith("ann lists both")
    assert found(edge("is_same_as", B, A), works=works) == []


def test_what_is_announced_for_a_past_day_is_a_notice() -> None:
    late = CheckedWork(C, "Gamma", ("mal:3",), 2026, "2026-05-31", status="upcoming")
    finding = only(found(works=[*WORKS[:2], late]))
    assert (finding.severity, finding.rule) == ("notice", "announced in the past")
    assert found(works=[*WORKS[:2], msgspec.structs.replace(late, start_date="2026-06-01")]) == []


def test_a_work_without_a_record_is_an_error() -> None:
    finding = only(found(recorded=[A, B]))
    assert (finding.severity, finding.rule) == ("error", "work without a record")


def test_a_loop_of_sequels_is_a_notice_that_names_the_works() -> None:
    loop = found(*sequel(B, A), *sequel(C, B), *sequel(A, C))
    (finding,) = [f for f in loop if f.rule == "loop of sequels"]
    assert finding.severity == "notice"
    assert all(name in finding.sentence for name in ("Alpha", "Beta", "Gamma"))


def test_a_chain_is_no_loop() -> None:
    assert found(*sequel(B, A), *sequel(C, B), *sequel(C, A)) == []


def test_a_contradiction_of_sources_is_a_notice() -> None:
    finding = only(found(*sequel(B, A, conflict=True)))
    assert (finding.severity, finding.rule) == ("notice", "sources contradict")


def test_an_end_before_the_start_is_a_notice() -> None:
    odd = CheckedWork(C, "Gamma", ("mal:3",), 2001, "2001-05-01", "2001-04-01")
    finding = only(found(works=[*WORKS[:2], odd]))
    assert (finding.severity, finding.rule) == ("notice", "impossible date")


def test_a_year_far_from_the_start_is_a_notice() -> None:
    odd = CheckedWork(C, "Gamma", ("mal:3",), 2003, "2001-05-01")
    assert only(found(works=[*WORKS[:2], odd])).rule == "impossible date"


def test_a_winter_season_may_start_in_december() -> None:
    winter = CheckedWork(C, "Gamma", ("mal:3",), 2002, "2001-12-28")
    assert found(works=[*WORKS[:2], winter]) == []


def test_a_prequel_that_was_made_later_is_no_finding() -> None:
    assert found(*sequel(A, B)) == []


def test_a_later_season_that_is_called_the_prequel_is_a_notice() -> None:
    second = CheckedWork(B, "Alpha 2nd Season", ("mal:2",), 2002, "2002-01-05", "2002-03-30")
    finding = only(found(*sequel(A, B), works=[WORKS[0], second, WORKS[2]]))
    assert (finding.severity, finding.rule) == ("notice", "sequel turned round")
    assert finding.kinds == ("sequel",)


def said(source: str, kind: Kind) -> Assertion:
    return Assertion(source, "2026-01-01", kind, "stated", 1.0)


def test_a_spin_off_before_its_parent_is_a_notice_that_names_who_says_so() -> None:
    early = edge("is_related_to", B, A, kind="spin_off")
    told = {("is_related_to", (B, A)): [said("jikan", "spin_off"), said("aodb", "related")]}
    finding = only(found(early, asserted=told))
    assert (finding.rule, finding.kinds) == ("spin-off before its parent", ("spin_off",))
    assert finding.sources == ("jikan",)
    assert found(edge("is_related_to", A, B, kind="spin_off")) == []


def test_a_contradiction_names_the_kinds_the_sources_and_both_pages() -> None:
    told = {("is_sequel_of", (B, A)): [said("jikan", "sequel"), said("anilist", "side_story")]}
    origin = "https://anime.example"
    finding = only(found(*sequel(B, A, conflict=True), asserted=told, origin=origin))
    assert finding.kinds == ("sequel", "side_story")
    assert finding.sources == ("anilist", "jikan")
    expected = f"Beta ({B}) is to Alpha ({A}): sequel (jikan) or side story (anilist)"
    assert finding.sentence == expected
    assert [(work.page, work.provider_page) for work in finding.works] == [
        (f"{origin}/anime/{A}", "https://myanimelist.net/anime/1"),
        (f"{origin}/anime/{B}", "https://myanimelist.net/anime/2"),
    ]


def test_works_of_one_name_form_and_year_that_nobody_relates_are_a_notice() -> None:
    double = CheckedWork(B, "ALPHA!", ("ann:2",), 2001)
    works = [WORKS[0], double, WORKS[2]]
    finding = only(found(works=works))
    assert (finding.severity, finding.rule) == ("notice", "double")
    assert found(*sequel(B, A), works=works) == []
    assert found(edge("is_same_as", B, A), works=works) == []
    assert only(found(edge("is_related_to", A, B, kind="related"), works=works)).rule == "double"


@pytest.mark.parametrize(
    "other",
    [
        CheckedWork(B, "Alpha", ("mal:2",), 2001),
        CheckedWork(B, "Alpha", ("ann:2",), 2002),
        CheckedWork(B, "Alpha", ("ann:2",)),
        CheckedWork(B, "Alpha", ("ann:2",), 2001, anime_type="movie"),
    ],
    ids=["listed by one catalogue", "of another year", "undated", "of another form"],
)
def test_what_is_not_alike_is_no_double(other: CheckedWork) -> None:
    assert found(works=[WORKS[0], other, WORKS[2]]) == []


def test_what_the_last_run_took_is_a_notice_for_each_work() -> None:
    census = Census(lost_tags=(A, uuid.UUID(int=99)), lost_relations=(A, C))
    results = found(census=census)
    assert {f.rule for f in results} == {"lost in the last run"}
    assert [f.sentence for f in results] == [
        f"Alpha ({A}): lost all its tags",
        f"Alpha ({A}): lost all its relations",
        f"Gamma ({C}): lost all its relations",
    ]


def test_a_source_that_speaks_of_fewer_works_is_a_notice() -> None:
    before = {"a": SourceCoverage(1000, 1000), "b": SourceCoverage(10, 10)}
    now = {"a": SourceCoverage(991, 991)}
    finding = only(found(census=Census(coverage=now, before=before)))
    assert (finding.rule, finding.sources) == ("coverage dropped", ("b",))
    assert finding.sentence == "b: speaks of 0 works, of 10 before"


ALL_FINDINGS = (
    *sequel(B, A, conflict=True),
    *sequel(A, B),
    edge("is_sequel_of", C, A),
    edge("is_related_to", B, C, conflict=True, kind="summary"),
    CheckedEdge("has_tag", (A, B), A, None),
    CheckedEdge("has_tag", (C, B), C, None),
)


@given(st.permutations(ALL_FINDINGS), st.permutations(WORKS))
def test_the_id_of_a_finding_does_not_depend_on_the_order(
    edges: list[CheckedEdge], works: list[CheckedWork]
) -> None:
    def by_id(results: list[Finding]) -> dict[str, tuple[str, str]]:
        assert len({f.id for f in results}) == len(results)
        return {f.id: (f.rule, f.state) for f in results}

    composed = by_id(found(*ALL_FINDINGS, composed=False, recorded=[A]))
    assert by_id(found(*edges, works=works, composed=False, recorded=[A])) == composed


def test_a_finding_that_changes_keeps_its_id_and_has_another_state() -> None:
    odd = CheckedWork(C, "Gamma", ("mal:3",), 2001, "2001-05-01", "2001-04-01")
    other = msgspec.structs.replace(odd, end_date="2001-04-02")
    one, two = (only(found(works=[*WORKS[:2], work])) for work in (odd, other))
    assert one.id == two.id
    assert one.state != two.state


def test_errors_come_first() -> None:
    announced = msgspec.structs.replace(WORKS[0], status="upcoming")
    works = [announced, *WORKS[1:]]
    severities = [f.severity for f in found(works=works, composed=False)]
    assert severities == ["error", "notice"]


FRANCHISE = StoredFranchise("alpha", "Alpha", A, "1")
REASON = MembershipReasonRow(A, B, "sequel", "stated", 1.0)


def member(
    work: uuid.UUID,
    *because: MembershipReasonRow,
    slug: str = "alpha",
    record_of: uuid.UUID | None = None,
) -> MembershipRow:
    return MembershipRow(work, slug, "Alpha", because=because, record_of=record_of)


def franchise_findings(*members: MembershipRow, **more: object) -> set[str]:
    """Return the rules that a graph with one sequel and one franchise breaks."""
    edges = {table: [e for e in sequel(B, A) if e.table == table] for table in EDGE_TABLES}
    sound = CheckedFranchises(franchises=[FRANCHISE], members=members)
    checked = msgspec.structs.replace(sound, **more)
    works = {w.id: w for w in WORKS}
    graph = CheckedGraph(works, edges, frozenset(works), composed=True, franchises=checked)
    return {finding.rule for finding in findings(graph)}


def test_a_sound_franchise_has_no_findings() -> None:
    assert franchise_findings(member(A), member(B, REASON)) == set()


def test_a_work_at_home_in_two_franchises_is_an_error() -> None:
    beta = StoredFranchise("beta", "Beta", B, "1")
    twice = (member(A), member(B, REASON), member(B, slug="beta"), member(C, slug="beta"))
    assert "in two franchises" in franchise_findings(*twice, franchises=[FRANCHISE, beta])


def test_a_reason_that_is_no_tie_of_the_graph_is_an_error() -> None:
    wrong = MembershipReasonRow(A, C, "summary", "stated", 1.0)
    assert franchise_findings(member(A), member(C, wrong)) == {"reason without a relation"}


def test_a_reason_read_from_the_wrong_end_is_an_error() -> None:
    turned = MembershipReasonRow(B, A, "sequel", "stated", 1.0)
    assert franchise_findings(member(A), member(B, turned)) == {"reason without a relation"}


def test_a_curators_decision_is_a_reason() -> None:
    joined = MembershipReasonRow(A, C, "joined", "curated", 1.0)
    assert franchise_findings(member(A), member(C, joined)) == set()


def test_two_records_of_one_work_need_their_tie() -> None:
    same = MembershipReasonRow(A, C, "same_work", "stated", 1.0)
    assert franchise_findings(member(A), member(C, same, record_of=A)) == {
        "reason without a relation"
    }


def test_a_root_that_is_not_at_home_is_an_error() -> None:
    assert franchise_findings(member(B)) == {"not a member"}


def test_a_record_of_a_work_that_is_elsewhere_is_an_error() -> None:
    assert franchise_findings(member(A), member(C, record_of=B)) == {"not a member"}


def test_a_member_that_is_its_own_guest_is_an_error() -> None:
    assert franchise_findings(member(A), guests=[GuestRow(A, "alpha", ())]) == {"not a member"}


def test_a_slug_that_leads_to_none_that_stands_is_an_error() -> None:
    assert franchise_findings(member(A), retired=[RetiredSlugRow("old", "gone")]) == {
        "slug leads nowhere"
    }


def test_a_slug_that_stands_and_is_retired_is_an_error() -> None:
    assert franchise_findings(member(A), retired=[RetiredSlugRow("alpha", None)]) == {
        "slug leads nowhere"
    }


def test_a_slug_that_leads_nowhere_by_itself_is_none() -> None:
    assert franchise_findings(member(A), retired=[RetiredSlugRow("old", None)]) == set()
