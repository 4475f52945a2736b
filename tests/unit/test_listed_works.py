"""What lists tell of works: what to watch first, dates to come, and how well known they are."""

import datetime as dt
from collections.abc import Iterator
from itertools import combinations
from typing import Any, Final
from uuid import UUID

import numpy as np
import pytest

from kensho.discovery import best_works
from kensho.discovery.list_columns import NOTHING, ListColumns
from kensho.discovery.listed_works import LeadIn, WorkEntry, brief_works, listed_works
from kensho.domain import popularity
from kensho.read_model.holder import Snapshot
from kensho.storage.rows import EpisodeId, EpisodeRow, StoredFranchise
from tests.support import franchise_snapshots
from tests.support.franchise_snapshots import Rows, member, relation, work

HOUR_S: Final = 3_600
FIRST, SECOND, FILM, SONG, ALONE, COMING, RUNNING = (UUID(int=n) for n in range(1, 8))
WORKS: Final = [
    work(1, "Ship", start_date="2000-01-01", end_date="2000-06-20", episodes=5, duration_s=HOUR_S),
    work(2, "Ship 3rd Season", start_date="2003-01-01", episodes=2, duration_s=HOUR_S, score=8.1),
    work(3, "Ship at Sea", start_date="2004-01-01", anime_type="movie", studios=("Dock", "Yard")),
    work(4, "Ship: Song", start_date="2005-01-01", anime_type="special"),
    work(5, "Harbour", start_date="1999-10-01", end_date="2000-02-14", year=1999, score=9.9),
    work(6, "Ship 4", start_date="2026-12-24", status="upcoming", score=10.0),
    work(7, "Quay", start_date="2025-10-04", status="ongoing", year=2025, score=7.0),
]
MEMBERS: Final = [
    member(1, "ship", role="main"),
    member(2, "ship", relation(1, 2), role="main"),
    member(3, "ship", relation(2, 3), role="film"),
    member(4, "ship", relation(1, 4, "music_video"), role="music"),
    member(6, "ship", relation(2, 6), role="main"),
]
EPISODES: Final = [
    EpisodeRow(EpisodeId(RUNNING, UUID(int=100 + n)), n, (), air_date=date)
    for n, date in enumerate(("2025-10-04", "2026-11-28", "2026-12-05", "2026-12-12"), 1)
]


@pytest.fixture(scope="module")
def held() -> Iterator[Snapshot]:
    rows = Rows(
        works=WORKS,
        franchises=[StoredFranchise("ship", "Ship", FIRST, "d")],
        memberships=MEMBERS,
        edges=[
            (FIRST, SECOND, "sequel", "stated"),
            (SECOND, FILM, "sequel", "stated"),
            (SECOND, COMING, "sequel", "stated"),
            (FIRST, SONG, "music_video", "stated"),
        ],
        tags=[(FIRST, "drama"), (FIRST, "sea"), (FIRST, "comedy"), (FIRST, "action")],
        genres=("drama", "comedy", "action"),
        episodes=EPISODES,
    )
    with franchise_snapshots.opened(rows) as snapshot:
        yield snapshot


def entry(held: Snapshot, of: UUID) -> WorkEntry:
    model = held.model
    node = model.node(of)
    assert node is not None
    [found] = listed_works(model, ListColumns(model), [node])
    return found


def test_a_later_season_tells_what_to_watch_first(held: Snapshot) -> None:
    assert entry(held, SECOND).lead_in == LeadIn(FIRST, "Ship", 3, 5 * HOUR_S)
    assert entry(held, FILM).lead_in == LeadIn(FIRST, "Ship", None, 7 * HOUR_S)
    for one in (FIRST, SONG, ALONE):
        assert entry(held, one).lead_in is None


def test_an_entry_has_two_genres_and_the_first_studio(held: Snapshot) -> None:
    assert entry(held, FIRST).genres == ("action", "comedy")
    assert entry(held, FILM).studio == "Dock"
    assert entry(held, ALONE).studio is None


def test_dates_to_come_are_those_after_the_day_of_the_snapshot(held: Snapshot) -> None:
    assert held.model.as_of == dt.date(2026, 11, 29)
    coming, running = entry(held, COMING), entry(held, RUNNING)
    assert (coming.next_date, coming.next_episode) == ("2026-12-24", None)
    assert (running.next_date, running.next_episode) == ("2026-12-05", 3)
    assert entry(held, FIRST).next_date is None


def test_what_nobody_has_seen_has_no_score(held: Snapshot) -> None:
    assert entry(held, COMING).score is None
    assert entry(held, SECOND).score == 8.1


@pytest.mark.parametrize(
    ("began_before", "still_on", "found"),
    [
        ("2000-01-01", "2000-01-29", [ALONE]),
        ("2000-04-01", "2000-04-29", [FIRST]),
        ("2000-07-01", "2000-07-29", []),
        ("2026-01-01", "2026-01-29", [RUNNING]),
        ("2027-01-01", "2027-01-29", []),
    ],
)
def test_a_series_goes_on_until_it_ends(
    held: Snapshot, began_before: str, still_on: str, found: list[UUID]
) -> None:
    day = dt.date.fromisoformat
    nodes = ListColumns(held.model).shown_since(day(began_before), day(still_on))
    assert [held.model.id(node) for node in nodes.tolist()] == found


def test_lines_begin_with_their_first_step(held: Snapshot) -> None:
    columns = ListColumns(held.model)
    node = held.model.node
    assert columns.line_start[node(FIRST)] == columns.line_start[node(ALONE)] == NOTHING
    assert columns.line_start[node(FILM)] == node(FIRST)


def test_the_best_are_settled_and_their_scores_credible(held: Snapshot) -> None:
    nodes = np.arange(held.model.works_total, dtype=np.int32)
    best = best_works.best(held.model, nodes, 3)
    assert [held.model.id(node) for node in best.tolist()] == [RUNNING]


def test_franchises_with_works_are_counted(held: Snapshot) -> None:
    model = held.model
    nodes = np.array([model.node(one) for one in (FIRST, FILM, ALONE)], dtype=np.int32)
    [found] = best_works.franchises_with(model, nodes, share=0.4, safe=True)
    assert found == best_works.FranchiseShare(0, 2, 5)
    assert best_works.franchises_with(model, nodes, share=0.5, safe=True) == []


def figures(*values: float) -> popularity.Figures:
    return np.array(values, dtype=np.float64)


def test_a_sequel_is_half_as_well_known_as_what_it_continues() -> None:
    own, first = figures(0.2, 0.2, 0.6), figures(0.2, 0.8, 0.6)
    known = popularity.popularity_in_lists(own, first, figures(*[np.nan] * 3), figures(1, 1, 1))
    assert known.tolist() == pytest.approx([0.2, 0.5, 0.6])


def test_good_scores_of_many_catalogues_make_better_known() -> None:
    plain: dict[str, Any] = {"own": figures(0.5), "of_first": figures(0.5)}

    def known(score: float, sources: float) -> float:
        found = popularity.popularity_in_lists(
            scores=figures(score), sources=figures(sources), **plain
        )
        return float(found[0])

    ordered = [known(*one) for one in ((5.0, 9), (8.0, 2), (8.0, 9), (9.0, 9), (9.0, 10))]
    assert all(low < high for low, high in combinations(ordered, 2))
    assert known(9.9, 9) == known(np.nan, 9) == 0.5


def test_a_line_for_a_work_says_what_its_entry_says(held: Snapshot) -> None:
    nodes = range(held.model.works_total)
    entries = listed_works(held.model, ListColumns(held.model), nodes)
    for brief, entry in zip(brief_works(held.model, nodes), entries, strict=True):
        assert all(getattr(brief, name) == getattr(entry, name) for name in brief.__struct_fields__)
