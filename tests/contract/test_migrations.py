"""Migrations: all or nothing, once, in order, and never over a database newer than us."""

import asyncio
import os
import signal
import subprocess
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from kensho.errors import SchemaVersionError, StorageError
from kensho.storage import migrations
from kensho.storage.gateway import Gateway
from kensho.storage.store_settings import StoreSettings
from tests.support.stores import MEMORY, own_migrations, own_queries

pytestmark = pytest.mark.contract

GOOD = {
    "0001_shelf.surql": "DEFINE TABLE shelf SCHEMALESS; CREATE shelf:a SET n = 1;",
    "0002_books.surql": "-- a comment to end with\nDEFINE TABLE book SCHEMALESS; -- and one more",
}


@pytest.fixture
async def empty() -> AsyncIterator[Gateway]:
    async with Gateway.open(MEMORY, own_queries()) as gateway:
        yield gateway


def folder(tmp_path: Path, files: dict[str, str]) -> Path:
    for name, text in files.items():
        (tmp_path / name).write_text(text, "utf-8")
    return tmp_path


def numbers(steps: "tuple[migrations.Migration, ...] | list[migrations.Applied]") -> list[int]:
    return [step.number for step in steps]


async def has_table(gateway: Gateway, table: str) -> bool:
    """Tell whether a table is defined: creating it a second time is refused."""
    try:
        await gateway.run_script(f"BEGIN; DEFINE TABLE {table}; THROW 'undo'; COMMIT;")
    except StorageError as error:
        return "already exists" in error.message
    raise AssertionError


async def test_a_fresh_database_takes_every_migration_in_order(empty: Gateway) -> None:
    taken = await migrations.migrate(empty, own_migrations())
    assert taken == own_migrations()
    assert numbers(await migrations.applied(empty)) == list(range(1, len(taken) + 1))
    await migrations.require_current(empty, own_migrations())


async def test_a_second_run_takes_none(empty: Gateway) -> None:
    await migrations.migrate(empty, own_migrations())
    assert await migrations.migrate(empty, own_migrations()) == ()


async def test_a_migration_may_end_in_a_comment(empty: Gateway, tmp_path: Path) -> None:
    steps = migrations.load(folder(tmp_path, GOOD))
    assert numbers(await migrations.migrate(empty, steps)) == [1, 2]
    assert await has_table(empty, "book")


async def test_a_database_takes_just_the_steps_it_lacks(empty: Gateway, tmp_path: Path) -> None:
    steps = migrations.load(folder(tmp_path, GOOD))
    await migrations.migrate(empty, steps[:1])
    assert numbers(await migrations.migrate(empty, steps)) == [2]


@pytest.mark.parametrize(
    "broken",
    [
        "DEFINE TABLE half; THROW 'no';",
        "DEFINE TABLE half; CREATE shelf:a SET n = 2;",
        "DEFINE TABLE half; CREATE shelf:b SET n = 2; DEFINE TABLE shelf;",
        "DEFINE TABLE half; not SurrealQL at all",
    ],
)
async def test_a_migration_that_fails_leaves_neither_schema_nor_record(
    empty: Gateway, tmp_path: Path, broken: str
) -> None:
    steps = migrations.load(folder(tmp_path, {**GOOD, "0003_broken.surql": broken}))
    with pytest.raises(StorageError):
        await migrations.migrate(empty, steps)
    assert numbers(await migrations.applied(empty)) == [1, 2]
    assert not await has_table(empty, "half")


async def test_a_mended_migration_goes_on_where_the_broken_one_failed(
    empty: Gateway, tmp_path: Path
) -> None:
    broken = migrations.load(folder(tmp_path, {**GOOD, "0003_mend.surql": "THROW 'no';"}))
    with pytest.raises(StorageError):
        await migrations.migrate(empty, broken)
    mended = migrations.load(folder(tmp_path, {"0003_mend.surql": "DEFINE TABLE mended;"}))
    assert numbers(await migrations.migrate(empty, mended)) == [3]


async def test_a_migration_cut_by_kill_leaves_the_database_as_it_was(tmp_path: Path) -> None:
    steps = folder(tmp_path, GOOD)
    url = f"surrealkv://{tmp_path}/store"
    async with Gateway.open(StoreSettings(url), own_queries()) as gateway:
        await migrations.migrate(gateway, migrations.load(steps))
    folder(steps, {"0003_slow.surql": "DEFINE TABLE half; CREATE shelf:b; sleep(60s);"})
    program = [sys.executable, "-m", "tests.support.store_owner", "migrate", url, str(steps)]
    with subprocess.Popen(program, stdout=subprocess.PIPE, text=True) as migrating:  # noqa: ASYNC220 - a killed child needs no loop
        assert migrating.stdout is not None
        assert migrating.stdout.readline() == "open\n"
        await asyncio.sleep(
            0.2
        )  # into the slow step; the outcome must hold wherever the kill falls
        os.kill(migrating.pid, signal.SIGKILL)
        migrating.communicate()
    async with Gateway.open(StoreSettings(url), own_queries()) as gateway:
        assert numbers(await migrations.applied(gateway)) == [1, 2]
        assert not await has_table(gateway, "half")
        await gateway.run_script("CREATE shelf:b;")


async def test_a_newer_database_is_refused_by_its_number(empty: Gateway, tmp_path: Path) -> None:
    steps = migrations.load(folder(tmp_path, GOOD))
    await migrations.migrate(empty, steps)
    with pytest.raises(SchemaVersionError, match=r"migration 0002 \(books\).*newer Kenshō"):
        await migrations.migrate(empty, steps[:1])


async def test_a_migration_whose_text_changed_is_refused(empty: Gateway, tmp_path: Path) -> None:
    await migrations.migrate(empty, migrations.load(folder(tmp_path, GOOD)))
    changed = {"0001_shelf.surql": GOOD["0001_shelf.surql"] + " "}
    steps = migrations.load(folder(tmp_path, changed))
    with pytest.raises(SchemaVersionError, match=r"0001 \(shelf\).*another text"):
        await migrations.migrate(empty, steps)


async def test_a_lagging_database_is_refused_with_the_command_that_helps(
    empty: Gateway, tmp_path: Path
) -> None:
    steps = migrations.load(folder(tmp_path, GOOD))
    await migrations.migrate(empty, steps[:1])
    with pytest.raises(SchemaVersionError, match=r"lacks migration 0002 \(books\).*kensho migrate"):
        await migrations.require_current(empty, steps)


async def test_asking_what_is_pending_changes_nothing(empty: Gateway, tmp_path: Path) -> None:
    steps = migrations.load(folder(tmp_path, GOOD))
    assert numbers(migrations.pending(steps, await migrations.applied(empty))) == [1, 2]
    assert await migrations.applied(empty) == []
    assert not await has_table(empty, "shelf")


@pytest.mark.parametrize(
    ("files", "complaint"),
    [
        (["0001_a.surql", "0003_c.surql"], r"found \[1, 3\]"),
        (["0002_b.surql"], r"found \[2\]"),
        (["0000_a.surql", "0001_b.surql"], r"found \[0, 1\]"),
        (["0001_a.surql", "0002_b.surql", "0002_c.surql"], r"found \[1, 2, 2\]"),
        (["1_a.surql"], "1_a.surql: a migration is named"),
        (["0001-a.surql"], "0001-a.surql: a migration is named"),
        (["0001_A.surql"], "0001_A.surql: a migration is named"),
        (["0001_a.surql", "add_tags.surql"], "add_tags.surql: a migration is named"),
    ],
)
def test_a_gap_a_twin_or_a_misnamed_file_is_refused(
    tmp_path: Path, files: list[str], complaint: str
) -> None:
    folder(tmp_path, dict.fromkeys(files, "DEFINE TABLE shelf;"))
    with pytest.raises(StorageError, match=complaint):
        migrations.load(tmp_path)


def test_a_write_in_a_migration_may_return_nothing(tmp_path: Path) -> None:
    folder(
        tmp_path, {"0001_a.surql": "DEFINE TABLE shelf;\nCREATE shelf:a SET n = 1\nRETURN NONE;"}
    )
    assert numbers(migrations.load(tmp_path)) == [1]


def test_the_snapshot_and_other_files_are_no_migrations(tmp_path: Path) -> None:
    folder(tmp_path, {**GOOD, "SNAPSHOT.surql": "x", "README.md": "x"})
    assert numbers(migrations.load(tmp_path)) == [1, 2]


@pytest.mark.parametrize(
    "word", ["BEGIN", "COMMIT", "CANCEL", "RETURN 1", "return 1", "OPTION IMPORT"]
)
def test_a_migration_that_would_leave_its_transaction_is_refused(tmp_path: Path, word: str) -> None:
    folder(tmp_path, {"0001_a.surql": f"DEFINE TABLE half;\n{word};\nDEFINE TABLE rest;"})
    with pytest.raises(StorageError, match=f"a migration has no {word.split(maxsplit=1)[0]}"):
        migrations.load(tmp_path)
