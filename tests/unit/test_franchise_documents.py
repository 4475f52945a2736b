"""Franchises of the read model: slugs, members, tags, and what is half written."""

from collections.abc import Mapping
from uuid import UUID

import msgspec
import pytest

from kensho.discovery import franchises
from kensho.errors import GoneError, MovedError, NotFoundError, ReadModelError
from kensho.read_model.building.writer import SnapshotInputs
from kensho.read_model.franchise_views import WatchOrderDocument
from kensho.read_model.franchises import DOCUMENT_NAMES
from kensho.read_model.holder import Snapshot
from kensho.read_model.inputs import FranchiseInput
from kensho.storage.rows import (
    MembershipReasonRow,
    MembershipRow,
    RetiredSlugRow,
    StoredFranchise,
    TimelineRow,
)
from tests.support import franchise_snapshots, read_models
from tests.support.franchise_snapshots import Rows, member, relation

ZERO, NIGHT, FILM = (
    franchise_snapshots.work(1, "Fate/Zero", year=2011, season="fall", start_date="2011-10-02"),
    franchise_snapshots.work(2, "Fate/stay night", year=2006, season="winter"),
    franchise_snapshots.work(
        3, "Fate/stay night: the film", kind="movie", anime_type="movie", year=2010
    ),
)
FATE = StoredFranchise("fate", "Fate", NIGHT.id, "d")
BACK = relation(2, 1, "prequel")


def rows(*memberships: MembershipRow, **more: object) -> Rows:
    known = {
        "works": [ZERO, NIGHT, FILM],
        "franchises": [FATE],
        "memberships": memberships,
        "edges": [(NIGHT.id, ZERO.id, "prequel", "stated")],
    }
    return Rows(**{**known, **more})  # type: ignore[arg-type]


def story(held: Snapshot) -> WatchOrderDocument:
    number = franchises.locate(held.model, "fate")
    return franchises.watch_order(held.model, number, "story").decode()


def test_a_prequel_says_what_it_leads_up_to() -> None:
    with franchise_snapshots.opened(rows(member(2, "fate"), member(1, "fate", BACK))) as held:
        found = story(held)
    assert [step.work.title for step in found.steps] == ["Fate/Zero", "Fate/stay night"]
    assert [[because.text for because in step.because] for step in found.steps] == [
        ["leads up to Fate/stay night, says MyAnimeList"],
        ["continues Fate/Zero, says MyAnimeList"],
    ]


def test_what_curators_say_of_the_story_is_told_apart_from_the_reason() -> None:
    reason = "the war of the mages comes ten years before"
    fate = msgspec.structs.replace(FATE, timelines=(TimelineRow((ZERO.id, NIGHT.id), reason),))
    said = [(NIGHT.id, ZERO.id, "sequel", "stated")]
    with franchise_snapshots.opened(
        rows(member(2, "fate"), member(1, "fate", BACK), franchises=[fate], edges=said)
    ) as held:
        found = story(held)
    zero, night = found.steps
    assert [because.rule for because in night.because] == ["curated"]
    assert night.because[0].spoiler == zero.because[0].spoiler == reason
    words = "in the chronology of the curators"
    assert night.because[0].text == f"comes after Fate/Zero {words}"
    assert zero.because[0].text == f"leads up to Fate/stay night {words}"
    assert [(one.why, one.spoiler) for one in found.set_aside] == [
        ("the curators say the opposite", reason)
    ]


def test_a_tie_of_another_record_is_told_of_the_work() -> None:
    film = member(3, "fate", record_of=NIGHT.id)
    told = rows(
        member(2, "fate"),
        member(1, "fate", relation(3, 1, "prequel")),
        film,
        edges=[(FILM.id, ZERO.id, "prequel", "inferred")],
    )
    with franchise_snapshots.opened(told) as held:
        (_, last) = story(held).steps
        graph = franchises.graph(held.model, 0)
    assert last.because[0].text == "continues Fate/Zero, as Kenshō infers"
    because = {node.title: node.because for node in graph.nodes}
    assert because == {
        "Fate/stay night": "the franchise begins with it",
        "Fate/stay night: the film": "another record of Fate/stay night",
        "Fate/Zero": "Fate/Zero is the prequel of Fate/stay night.",
    }


def test_a_reason_whose_path_is_broken_is_not_told() -> None:
    broken = MembershipReasonRow(UUID(int=7), ZERO.id, "sequel", "stated", 1.0)
    with franchise_snapshots.opened(rows(member(2, "fate"), member(1, "fate", broken))) as held:
        graph = franchises.graph(held.model, 0)
    assert {node.title: node.because for node in graph.nodes}["Fate/Zero"] is None


def test_what_contradicts_an_order_is_set_aside_by_titles() -> None:
    loop = [(NIGHT.id, ZERO.id, "prequel", "stated"), (NIGHT.id, ZERO.id, "sequel", "inferred")]
    with franchise_snapshots.opened(
        rows(member(2, "fate"), member(1, "fate", BACK), edges=loop)
    ) as held:
        (aside,) = story(held).set_aside
    assert aside.edge.method == "inferred"
    assert aside.cause == "surer"
    assert aside.why == "surer ties say the opposite: Fate/Zero is the prequel of Fate/stay night"


@pytest.mark.parametrize(
    "half_written",
    [
        rows(),
        rows(member(1, "fate", BACK)),  # without its root
        rows(member(2, "fate"), works=[ZERO, FILM], edges=[]),
        rows(member(2, "fate"), franchises=[]),
    ],
)
def test_a_franchise_that_is_half_written_is_none(half_written: Rows) -> None:
    with franchise_snapshots.opened(half_written) as held:
        assert len(held.model.franchises) == 0
        assert set(held.model.franchises.by_node.tolist()) == {-1}


def test_a_franchise_of_an_older_version_is_left_out() -> None:
    with franchise_snapshots.opened(rows(member(2, "fate"), franchises=[])) as held:
        assert b"franchise" not in held.model.detail(1)


def test_retired_slugs_lead_to_their_successor_or_nowhere() -> None:
    retired = [RetiredSlugRow("type-moon", "fate"), RetiredSlugRow("carnival", None)]
    with franchise_snapshots.opened(rows(member(2, "fate"), retired=retired)) as held:
        assert franchises.locate(held.model, "fate") == 0
        with pytest.raises(MovedError) as moved:
            franchises.locate(held.model, "type-moon")
        assert moved.value.successor == "fate"
        with pytest.raises(GoneError):
            franchises.locate(held.model, "carnival")
        with pytest.raises(NotFoundError, match="fat"):
            franchises.locate(held.model, "fat")
        assert franchises.find_franchise(held, "stay night") == 0


def test_the_root_leads_even_where_others_are_older() -> None:
    with franchise_snapshots.opened(
        rows(member(2, "fate", BACK), member(1, "fate"), franchises=[_rooted(ZERO.id)])
    ) as held:
        franchise = franchises.detail(held.model, 0).decode()
    assert [one.work.title for one in franchise.members] == ["Fate/Zero", "Fate/stay night"]


def _rooted(work: UUID) -> StoredFranchise:
    return msgspec.structs.replace(FATE, root=work)


def franchise_input(
    slug: str, *members: int, documents: Mapping[str, bytes] | None = None
) -> FranchiseInput:
    works = tuple(UUID(int=number) for number in members)
    return FranchiseInput(
        slug, works, (), (), 1.0, documents or dict.fromkeys(DOCUMENT_NAMES, b"{}")
    )


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ([franchise_input("fate", 9)], "a franchise names a work"),
        ([franchise_input("fate"), franchise_input("fate")], "a franchise came twice"),
    ],
)
def test_franchises_that_can_not_be_are_refused(given: list[FranchiseInput], said: str) -> None:
    with (
        pytest.raises(ReadModelError, match=said),
        read_models.opened(SnapshotInputs(franchises=given)),
    ):
        pass


def test_a_tag_tells_which_document_ends_where() -> None:
    one = franchise_input(
        "a", documents={**dict.fromkeys(DOCUMENT_NAMES, b"{}"), "summary": b"12", "detail": b"3"}
    )
    other = franchise_input(
        "b", documents={**dict.fromkeys(DOCUMENT_NAMES, b"{}"), "summary": b"1", "detail": b"23"}
    )
    with read_models.opened(SnapshotInputs(franchises=[one, other])) as model:
        assert model.franchises.tag(0, "detail") != model.franchises.tag(1, "detail")
        assert [model.franchises.slug(number) for number in range(2)] == ["a", "b"]
