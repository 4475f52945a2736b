"""Searches are counted without persons: texts, days, numbers."""

import datetime as dt
from pathlib import Path
from uuid import UUID

import pytest

from kensho.domain.searches import SearchCount, SearchOutcome, outcome_of
from kensho.domain.work_items import ItemChangeRequest, ItemWork
from kensho.http.search_tally import SearchTally
from kensho.storage import search_counts
from kensho.storage.search_counts import add_counts, totals
from kensho.storage.work_items import ItemFilter, WorkItemStore

WORK = UUID(int=1)
PAGE = f"/anime/{WORK}"
NOW = dt.datetime(2026, 11, 29, 12, tzinfo=dt.UTC)
NOTHING = SearchOutcome("kowboi", found=False)
FOUND = SearchOutcome("cowboy", found=True)
EVERY = ItemFilter(safe=False)


class Clock:
    def __init__(self) -> None:
        self.now_s = 0.0

    def __call__(self) -> float:
        return self.now_s


def work_of(work: UUID) -> tuple[ItemWork, bool] | None:
    return (ItemWork(work, "Cowboy", PAGE), False) if work == WORK else None


@pytest.mark.parametrize(
    ("typed", "text"),
    [
        ("  Kowboi!", "kowboi"),
        ("\uff23\uff2f\uff37\uff22\uff2f\uff39", "cowboy"),
        ("/home/ada/Film.mkv", None),
        (r"C:\Film.mkv", None),
        ("ada@example.org", None),
        ("https://example.org", None),
        ("0301234567", None),
        ("x" * 81, None),
        ("x", None),
        ("", None),
        ("12345 86", "12345 86"),
    ],
)
def test_only_what_may_be_a_title_is_counted(typed: str, text: str | None) -> None:
    outcome = outcome_of(typed, found=False)
    assert (outcome and outcome.text) == text


def test_a_text_that_finds_nothing_is_counted_once_for_the_same_page_again() -> None:
    tally = SearchTally(Clock())
    assert [tally.searched("a", NOTHING) for _ in range(3)] == ["nothing", None, None]
    assert tally.searched("b", NOTHING) == "nothing"
    assert tally.drain() == [SearchCount("kowboi", None, 2)]
    assert tally.drain() == []


def test_what_is_opened_after_a_corrected_text_counts_for_it() -> None:
    tally = SearchTally(Clock())
    tally.searched("a", NOTHING)
    assert tally.opened("a", PAGE) is None  # from elsewhere: no search has found it
    tally.searched("a", FOUND)
    assert tally.opened("b", PAGE) is None
    assert tally.opened("a", PAGE) == "corrected"
    assert tally.opened("a", PAGE) is None
    assert tally.drain() == [SearchCount("kowboi", None, 1), SearchCount("kowboi", WORK, 1)]
    assert not tally.is_waiting


def test_ten_minutes_later_it_is_another_matter() -> None:
    clock = Clock()
    tally = SearchTally(clock)
    tally.searched("a", NOTHING)
    tally.searched("a", FOUND)
    clock.now_s = 601
    assert tally.opened("a", PAGE) is None
    assert not tally.is_waiting


def test_clients_and_texts_that_are_held_are_bounded() -> None:
    tally = SearchTally(Clock())
    for number in range(20_000):
        tally.searched(f"client {number}", SearchOutcome(f"text {number}", found=False))
    assert len(tally._sessions) == 4_096
    assert len(tally.drain()) == 4_096


def test_nothing_that_is_held_tells_the_address() -> None:
    tally = SearchTally(Clock())
    tally.searched("203.0.113.9", NOTHING)
    (name,) = tally._sessions
    assert b"203" not in name
    assert SearchTally(Clock())._name("203.0.113.9") != name


def test_counts_of_processes_add_up_and_become_an_item_when_they_come_often(
    tmp_path: Path,
) -> None:
    store = WorkItemStore(tmp_path / "queue.db")
    for _ in range(4):
        add_counts(store.file, [SearchCount("kowboi", None, 1)], 90, NOW, work_of)
    assert store.page(EVERY, 9).items == []
    add_counts(store.file, [SearchCount("kowboi", None, 1)], 90, NOW, work_of)
    (item,) = store.page(EVERY, 9).items
    assert (item.kind, item.text) == ("search", "kowboi")
    assert item.evidence == ("5 searches in 90 days",)
    asked = ItemChangeRequest(action="wontfix", author="ada", reason="a mistake")
    store.change(item.id, asked, NOW)
    add_counts(store.file, [SearchCount("kowboi", None, 7)], 90, NOW, work_of)
    assert store.item(item.id).state == "wontfix"
    assert store.item(item.id).evidence == ("12 searches in 90 days",)
    assert totals(store.file) == [SearchCount("kowboi", None, 12)]


def test_a_text_that_leads_to_a_work_asks_whether_it_is_a_title(tmp_path: Path) -> None:
    store = WorkItemStore(tmp_path / "queue.db")
    counts = [SearchCount("kowboi", WORK, 3), SearchCount("kowboi", UUID(int=9), 3)]
    add_counts(store.file, counts, 90, NOW, work_of)
    (item,) = store.page(EVERY, 9).items
    assert item.sentence == "Is “kowboi” a title of Cowboy?"
    assert [one.id for one in item.works] == [WORK]


def test_days_that_are_over_are_forgotten(tmp_path: Path) -> None:
    store = WorkItemStore(tmp_path / "queue.db")
    for day in range(5):
        then = NOW + dt.timedelta(days=day)
        add_counts(store.file, [SearchCount(f"day {day}", None, 1)], 3, then, work_of)
    assert [one.text for one in totals(store.file)] == ["day 2", "day 3", "day 4"]


def test_what_is_kept_is_bounded_and_the_rarest_go_first(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = WorkItemStore(tmp_path / "queue.db")
    monkeypatch.setattr(search_counts, "_MOST_ROWS", 10)
    counts = [SearchCount(f"text {number:02}", None, 1 + number % 3) for number in range(30)]
    add_counts(store.file, counts, 90, NOW, work_of)
    kept = totals(store.file)
    assert len(kept) == 10
    assert {one.times for one in kept} == {3}


def test_no_column_has_room_for_a_person_or_a_time_of_day(tmp_path: Path) -> None:
    store = WorkItemStore(tmp_path / "queue.db")
    add_counts(store.file, [SearchCount("kowboi", WORK, 1)], 90, NOW, work_of)
    with store.file.reading() as opened:
        assert opened is not None
        assert opened.execute("SELECT * FROM search").fetchall() == [
            ("kowboi", "2026-11-29", str(WORK), 1)
        ]
