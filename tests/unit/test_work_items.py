"""The file of work items: several writers, faults, and what a change may be."""

import datetime as dt
import multiprocessing
import stat
from pathlib import Path
from uuid import UUID

import pytest

from kensho.domain.work_items import FoundItem, ItemAction, ItemChangeRequest, ItemWork
from kensho.errors import (
    ConflictError,
    InvalidInputError,
    NotFoundError,
    SchemaVersionError,
    StorageError,
)
from kensho.storage.work_items import ItemFilter, WorkItemStore

NOW = dt.datetime(2026, 11, 29, 12, tzinfo=dt.UTC)
WORK = UUID(int=1)


def found(about: str = "one", **more: object) -> FoundItem:
    given: dict[str, object] = {"kind": "conflict", "about": (about,), "sentence": about, **more}
    return FoundItem(**given)  # type: ignore[arg-type]


def asked(action: ItemAction, **more: object) -> ItemChangeRequest:
    given: dict[str, object] = {"action": action, "author": "ada", "reason": "so", **more}
    return ItemChangeRequest(**given)  # type: ignore[arg-type]


def test_without_a_file_there_are_no_items_and_reading_makes_none(tmp_path: Path) -> None:
    store = WorkItemStore(tmp_path / "queue.db")
    assert store.page(ItemFilter(), 10).items == []
    assert store.counts(safe=True) == {}
    with pytest.raises(NotFoundError, match="0123"):
        store.item("0123")
    assert list(tmp_path.iterdir()) == []


def test_the_file_is_its_owner_s_only(tmp_path: Path) -> None:
    store = WorkItemStore(tmp_path / "var" / "queue.db")
    store.add(found(), NOW)
    for path in (tmp_path / "var").iterdir():
        assert stat.S_IMODE(path.stat().st_mode) == 0o600, path


def test_an_item_bears_its_evidence_its_works_and_its_history(tmp_path: Path) -> None:
    store = WorkItemStore(tmp_path / "queue.db")
    work = ItemWork(WORK, "Alpha", f"/anime/{WORK}", "https://example.org/1")
    one = found(works=(work,), evidence=("somebody says so",), weight=0.5)
    store.refresh(("conflict",), [one], NOW)
    store.change(one.id, asked("assign", assignee="bob"), NOW)
    item = store.change(one.id, asked("accept"), NOW)
    assert (item.works, item.evidence, item.assignee) == ((work,), ("somebody says so",), "bob")
    changes = [(c.author, c.action, c.before, c.after, c.reason) for c in store.changes(one.id)]
    assert changes == [
        ("ada", "assign", "open", "open", "so"),
        ("ada", "accept", "open", "accepted", "so"),
    ]
    assert [one.id for one in store.page(ItemFilter(work=WORK), 9).items] == [one.id]
    assert store.page(ItemFilter(work=UUID(int=2)), 9).items == []
    assert store.page(ItemFilter(assignee="bob"), 9).total == 1
    assert store.page(ItemFilter(assignee=""), 9).total == 0


def test_what_was_seen_before_somebody_s_change_is_refused_and_the_other_named(
    tmp_path: Path,
) -> None:
    store = WorkItemStore(tmp_path / "queue.db")
    store.add(found(), NOW)
    seen = store.item(found().id)
    store.change(seen.id, asked("accept", version=seen.version), NOW)
    with pytest.raises(ConflictError, match="ada has changed it since: it is accepted now"):
        store.change(seen.id, asked("wontfix", version=seen.version), NOW)
    assert store.item(seen.id).state == "accepted"


@pytest.mark.parametrize(
    ("more", "field"),
    [
        ({"action": "wontfix", "reason": " "}, "reason"),
        ({"action": "accept", "reason": "x" * 1_001}, "reason"),
        ({"action": "accept", "author": ""}, "author"),
        ({"action": "assign", "assignee": "x" * 65}, "assignee"),
    ],
)
def test_a_change_that_makes_no_sense_is_refused_by_its_field(
    tmp_path: Path, more: dict[str, object], field: str
) -> None:
    store = WorkItemStore(tmp_path / "queue.db")
    store.add(found(), NOW)
    given: dict[str, object] = {"author": "ada", **more}
    with pytest.raises(InvalidInputError, match=field):
        store.change(found().id, ItemChangeRequest(**given), NOW)  # type: ignore[arg-type]
    assert store.changes(found().id) == []


def write(path: Path, name: str) -> None:
    store = WorkItemStore(path)
    for number in range(20):
        store.add(found(f"{name} {number}"), NOW)
        store.change(found("shared").id, asked("assign", author=name, assignee=f"{number}"), NOW)


def test_processes_that_write_at_once_lose_nothing(tmp_path: Path) -> None:
    path = tmp_path / "queue.db"
    WorkItemStore(path).add(found("shared"), NOW)
    context = multiprocessing.get_context("spawn")
    writers = [context.Process(target=write, args=(path, name)) for name in ("a", "b", "c")]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join(60)
        assert writer.exitcode == 0
    store = WorkItemStore(path)
    assert store.page(ItemFilter(), 1).total == 61
    changes = store.changes(found("shared").id)
    assert {(one.author, one.assignee) for one in changes} == {
        (name, f"{number}") for name in "abc" for number in range(20)
    }
    assert store.item(found("shared").id).version == 61


def test_a_file_that_is_none_of_ours_is_told_by_its_path(tmp_path: Path) -> None:
    path = tmp_path / "queue.db"
    path.write_bytes(b"this is no database" * 100)
    with pytest.raises(StorageError, match=r"queue\.db"):
        WorkItemStore(path).page(ItemFilter(), 1)
    with pytest.raises(StorageError, match=r"queue\.db"):
        WorkItemStore(path).add(found(), NOW)


def test_a_file_of_a_newer_version_is_left_alone(tmp_path: Path) -> None:
    store = WorkItemStore(tmp_path / "queue.db")
    store.add(found(), NOW)
    with store.file.writing() as opened:
        opened.execute("PRAGMA user_version = 99")
    with pytest.raises(SchemaVersionError, match="99"):
        store.page(ItemFilter(), 1)
