"""Where to begin with a franchise, what a line needs first, and where a work stands in its line."""

from collections.abc import Iterator, Sequence
from typing import Final, Literal
from uuid import UUID

import pytest

from kensho.discovery import franchises
from kensho.discovery import viewing_guide as guides
from kensho.domain.relations import Kind, Method
from kensho.domain.works import Title
from kensho.read_model.holder import Snapshot
from kensho.storage.rows import EpisodeId, EpisodeRow, StoredFranchise
from tests.support import franchise_snapshots
from tests.support.franchise_snapshots import Rows, member, relation, work

MECHA, SECOND, FILM, AGAIN, BESIDE, EARLIER, DRAMA = (UUID(int=n) for n in range(1, 8))
HALF_HOUR_S = 1_800
WORKS = [
    work(1, "Mecha", start_date="2000-01-01", year=2000, episodes=6, duration_s=HALF_HOUR_S),
    work(2, "Mecha 2", start_date="2002-01-01", year=2002, episodes=4, duration_s=HALF_HOUR_S),
    work(3, "Mecha: the film", anime_type="movie", start_date="2000-01-20", year=2000),
    work(4, "Mecha Reborn", start_date="2010-01-01", year=2010, episodes=2, duration_s=HALF_HOUR_S),
    work(5, "Hangar Girls", start_date="2005-01-01", year=2005, episodes=12),
    work(6, "Mecha Origin", start_date="2012-01-01", year=2012, episodes=12),
    work(7, "Mecha: Bath", anime_type="special", start_date="2001-01-01", year=2001),
]
EDGES: Final[list[tuple[UUID, UUID, Kind, Method]]] = [
    (MECHA, SECOND, "sequel", "stated"),
    (MECHA, FILM, "side_story", "stated"),
    (MECHA, AGAIN, "alternative_version", "stated"),
    (MECHA, BESIDE, "spin_off", "stated"),
    (MECHA, EARLIER, "prequel", "stated"),
    (MECHA, DRAMA, "summary", "stated"),
]
MEMBERS = [
    member(1, "mecha", role="main"),
    member(2, "mecha", relation(1, 2), role="main"),
    member(3, "mecha", relation(1, 3, "side_story"), role="film"),
    member(4, "mecha", relation(1, 4, "alternative_version"), role="alternative"),
    member(5, "mecha", relation(1, 5, "spin_off"), role="spin_off"),
    member(6, "mecha", relation(1, 6, "prequel"), role="main"),
    member(7, "mecha", relation(1, 7, "summary"), role="summary"),
]
CANON: Final[tuple[Literal["canon", "filler"] | None, ...]] = (
    "canon",
    "filler",
    "filler",
    "canon",
    "filler",
    None,
)
EPISODES = [
    EpisodeRow(
        EpisodeId(MECHA, UUID(int=90 + number)),
        number,
        (Title(f"Part {number}", kind="main"),),
        air_date=f"2000-01-{number * 7 - 6:02}",
        canon=canon,
    )
    for number, canon in enumerate(CANON, 1)
]


def rows(edges: Sequence[tuple[UUID, UUID, Kind, Method]]) -> Rows:
    return Rows(
        works=WORKS,
        franchises=[StoredFranchise("mecha", "Mecha", MECHA, "d")],
        memberships=MEMBERS,
        edges=edges,
        episodes=EPISODES,
    )


@pytest.fixture(scope="module")
def held() -> Iterator[Snapshot]:
    with franchise_snapshots.opened(rows(EDGES)) as held:
        yield held


def lines(held: Snapshot) -> dict[str, guides.LineGuide]:
    found = guides.guide(held.model, 0)
    return {one.line.title: one for one in (*found.lines, *found.skipped)}


def test_one_begins_with_the_story_and_needs_nothing(held: Snapshot) -> None:
    first = guides.guide(held.model, 0).lines[0]
    assert first.start is not None
    assert (first.line.title, first.start.work.title, first.need) == ("Mecha", "Mecha", None)
    assert first.fillers == 3


def test_a_line_tells_what_it_needs(held: Snapshot) -> None:
    need = lines(held)["Mecha Reborn"].need
    assert need is not None
    assert (need.kind, need.line.title, need.work.title) == ("retells", "Mecha", "Mecha")


def test_a_retelling_that_goes_on_from_another_line_needs_that(held: Snapshot) -> None:
    told = [*EDGES, (AGAIN, SECOND, "prequel", "stated")]
    with franchise_snapshots.opened(rows(told)) as other:
        need = lines(other)["Mecha Reborn"].need
    assert need is not None
    assert (need.kind, need.work.title) == ("continues", "Mecha 2")


def test_a_late_prequel_of_both_tellings_is_a_line_of_its_own() -> None:
    told = [*EDGES, (AGAIN, EARLIER, "prequel", "stated")]
    with franchise_snapshots.opened(rows(told)) as other:
        need = lines(other)["Mecha Origin"].need
    assert need is not None
    assert (need.kind, need.work.title) == ("leads_to", "Mecha")


def test_a_line_that_may_be_left_out_has_no_start(held: Snapshot) -> None:
    skipped = guides.guide(held.model, 0).skipped
    assert [(one.line.title, one.start, one.steps) for one in skipped] == [
        ("Hangar Girls", None, 0)
    ]


def test_steps_and_what_may_be_skipped_are_all_works_once(held: Snapshot) -> None:
    found = lines(held).values()
    told = [one.steps + len(one.skippable) for one in found]
    assert sum(told) == len(WORKS)
    whole = guides.guide(held.model, 0)
    assert whole.steps == sum(one.steps for one in found)


def test_a_work_has_neighbours_in_its_line(held: Snapshot) -> None:
    model = held.model
    node = model.node(SECOND)
    assert node is not None
    place = guides.place(model, node)
    assert place is not None
    assert place.step is not None
    assert 1 < place.step <= place.steps_total
    assert place.before is not None
    assert place.before.id in {MECHA, FILM}
    assert place.works == {one.id for one in WORKS}


def test_places_of_a_line_are_a_chain(held: Snapshot) -> None:
    """Who goes on from each step passes all steps of the line once, and comes back the same way."""
    model = held.model
    for line in lines(held).values():
        at = line.start.work.id if line.start else None
        passed: list[UUID] = []
        while at is not None:
            passed.append(at)
            place = guides.place(model, model.node(at) or 0)
            assert place is not None
            assert place.step == len(passed)
            if place.after is not None:
                back = guides.place(model, model.node(place.after.id) or 0)
                assert back is not None
                assert back.before is not None
                assert back.before.id == at
            at = place.after.id if place.after is not None else None
        assert len(passed) == line.steps


def test_a_film_came_out_among_the_episodes_of_its_series(held: Snapshot) -> None:
    steps = franchises.watch_order(held.model, 0, "release").decode().steps
    among = guides.among_episodes(held.model, steps)
    assert {work: (one.series.id, one.episode) for work, one in among.items()} == {FILM: (MECHA, 3)}


def test_filler_is_told_in_runs(held: Snapshot) -> None:
    assert guides.filler_ranges(held.model, MECHA) == [(2, 3), (5, 5)]
    assert guides.filler_ranges(held.model, SECOND) == []
