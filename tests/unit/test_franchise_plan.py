"""What is written of franchises: those that differ, whole; slugs are given once and lead on."""

from uuid import UUID

import msgspec

from ingest.pipeline.franchises.plan import FranchiseHead, FranchisePlan, franchise_uuid, plan
from ingest.pipeline.franchises.rows import FranchiseContent, GuestContent, MemberContent
from kensho.domain.slugs import PastSlug, SlugMemory, works_digest

A, B, C, D, E = (UUID(int=n) for n in range(1, 6))


def content(*works: UUID, title: str = "Fate", digest: str = "1") -> FranchiseContent:
    members = tuple(MemberContent(work, "anime", "main", ()) for work in works)
    return FranchiseContent(works[0], "anime", title, (title,), "2006", members, (), digest)


def stored(slug: str, *works: UUID, digest: str = "1") -> FranchiseHead:
    members = {(work, "anime") for work in works}
    return FranchiseHead(franchise_uuid(slug), slug, works[0], digest, members)  # type: ignore[arg-type]


def planned(
    known: list[FranchiseHead],
    *computed: FranchiseContent,
    unchanged: list[FranchiseHead] | None = None,
    redirects: dict[str, str | None] | None = None,
    memory: SlugMemory | None = None,
) -> FranchisePlan:
    return plan(known, redirects or {}, computed, unchanged or [], memory)


def test_a_new_franchise_gets_the_slug_of_its_title_and_the_id_of_its_slug() -> None:
    found = planned([], content(A, B))
    (row,) = found.put
    assert (row.slug, row.id, found.added) == ("fate", franchise_uuid("fate"), 1)


def test_a_franchise_that_stands_as_computed_is_not_written() -> None:
    found = planned([stored("fate", A, B)], content(A, B))
    assert found == FranchisePlan([], 0, [], {})


def test_a_franchise_whose_digest_differs_is_written_under_its_slug() -> None:
    found = planned([stored("fate", A, B)], content(A, B, title="Type-Moon", digest="2"))
    assert [(row.slug, row.title) for row in found.put] == [("fate", "Type-Moon")]
    assert found.added == 0


def test_a_franchise_that_lost_an_edge_is_written_though_its_digest_stands() -> None:
    found = planned([stored("fate", A)], content(A, B))
    assert [row.slug for row in found.put] == ["fate"]


def test_a_franchise_whose_member_moved_to_another_table_is_written() -> None:
    known = stored("fate", A)
    known.members = {(A, "anime"), (B, "movie")}
    assert [row.slug for row in planned([known], content(A, B)).put] == ["fate"]


def test_a_franchise_whose_guest_is_missing_is_written() -> None:
    visited = msgspec.structs.replace(content(A, B), guests=(GuestContent(C, "anime", ()),))
    assert [row.slug for row in planned([stored("fate", A, B)], visited).put] == ["fate"]


def test_what_was_not_computed_and_stands_is_left_alone() -> None:
    known = [stored("fate", A, B), stored("gundam", C, D)]
    assert planned(known, content(A, B), unchanged=[known[1]]) == FranchisePlan([], 0, [], {})


def test_a_franchise_that_is_no_more_is_dropped_and_its_slug_leads_nowhere() -> None:
    found = planned([stored("fate", A, B)])
    assert (found.drop, found.redirects) == ([franchise_uuid("fate")], {"fate": None})


def test_what_merged_leads_to_the_larger() -> None:
    known = [stored("fate", A, B, C), stored("prisma", D, E)]
    found = planned(known, content(A, B, C, D, E))
    assert [row.slug for row in found.put] == ["fate"]
    assert (found.drop, found.redirects) == ([franchise_uuid("prisma")], {"prisma": "fate"})


def test_what_splits_off_gets_a_new_slug() -> None:
    found = planned([stored("fate", A, B, C, D, E)], content(A, B, C), content(D, E))
    assert [row.slug for row in found.put] == ["fate", "fate-2006"]
    assert (found.drop, found.redirects) == ([], {})


def test_a_redirect_that_stands_is_not_written_again() -> None:
    found = planned([stored("fate", A, B)], content(A, B), redirects={"old": "fate"})
    assert found.redirects == {}


def test_a_redirect_follows_where_its_slug_went() -> None:
    known = [stored("fate", A, B, C), stored("prisma", D, E)]
    found = planned(known, content(A, B, C, D, E), redirects={"old": "prisma"})
    assert found.redirects == {"prisma": "fate"}
    assert found.members == {"prisma": [D, E]}


def test_a_slug_that_is_in_use_again_is_retired_no_more() -> None:
    memory = SlugMemory((), {"fate": frozenset((A, B, C))})
    found = planned([], content(A, B), redirects={"fate": None}, memory=memory)
    assert ([row.slug for row in found.put], found.returned) == (["fate"], ("fate",))


def test_an_unchanged_franchise_gives_its_slug_back_to_those_that_bore_it_before() -> None:
    memory = SlugMemory([PastSlug(works_digest((A, B)), "fate", 0)])
    known = stored("fate", C, D)
    found = planned([known], content(A, B), unchanged=[known], memory=memory)
    assert [row.slug for row in found.put] == ["fate"]
    assert found.moved == {"fate-2": known.id}


def test_a_franchise_of_an_older_graph_is_dropped_by_the_id_that_it_has() -> None:
    known = stored("alien-collection", A, B)
    known.id = E
    assert planned([known]).drop == [E]
