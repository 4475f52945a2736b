"""Rehearses docs/rollback.md: a new version comes, expands the schema, and the old one goes on."""

import datetime as dt
import shutil
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any, Final
from uuid import uuid4

import pytest
from httpx import AsyncClient

from kensho.edges.backups import backing_up, sealed_files
from kensho.edges.store import edge_store_settings, opened_edge_store
from kensho.errors import SchemaVersionError, StorageError
from kensho.platform.environment import with_changes
from kensho.platform.installation import data_root
from kensho.platform.secret_values import Secret
from kensho.platform.settings import Settings
from kensho.read_model.building.publishing import publish
from kensho.storage import migrations
from kensho.storage.gateway import Gateway
from kensho.storage.migrations import Migration
from tests.integration.conftest import running, settings_for, until_ready
from tests.support.rpc_bridge import DATABASE, PASSWORD, USERNAME, RpcBridge
from tests.support.stores import open_graph, own_queries, read_query
from tests.support.videos import PASSWORD as OF_PEOPLE

EDGES: Final = data_root("graph_schema") / "edges"
NOW: Final = dt.datetime(2026, 11, 30, tzinfo=dt.UTC)
EXPAND: Final = """-- works with: {former:04}
-- What the next version adds: a field that it fills in, and a table of its own.
DEFINE FIELD pronoun ON account TYPE option<string>;
DEFINE INDEX account_pronoun ON account FIELDS pronoun;
UPDATE account SET pronoun = 'they';
DEFINE TABLE badge SCHEMAFULL;
DEFINE FIELD account ON badge TYPE uuid;
CREATE badge SET account = (SELECT VALUE record::id(id) FROM account LIMIT 1)[0];
"""
CONTRACT: Final = """-- What nobody reads any more goes.
UPDATE account SET username = NONE;
REMOVE FIELD username ON account;
"""


def versions(folder: Path) -> tuple[tuple[Migration, ...], tuple[Migration, ...]]:
    """Return the migrations of the next version, and of the one that contracts after it."""
    shutil.copytree(EDGES, folder)
    former = len(migrations.load(EDGES))
    (folder / f"{former + 1:04}_pronouns.surql").write_text(EXPAND.format(former=former), "utf-8")
    next_one = migrations.load(folder)
    (folder / f"{former + 2:04}_no_usernames.surql").write_text(CONTRACT, "utf-8")
    return next_one, migrations.load(folder)


async def people(api: AsyncClient, name: str) -> dict[str, str]:
    """Register somebody, and return what shows who they are."""
    body = {"email": f"{name}@example.org", "password": OF_PEOPLE, "username": name}
    answer = await api.post("/api/auth/register", json=body)
    assert answer.status_code == 201, answer.text
    return {"authorization": f"Bearer {answer.json()['token']}"}


async def signs_in(api: AsyncClient, name: str) -> bool:
    body = {"email": f"{name}@example.org", "password": OF_PEOPLE}
    return (await api.post("/api/auth/login", json=body)).status_code == 200


@pytest.fixture
async def settings(small_store: str, tmp_path: Path) -> AsyncIterator[Settings]:
    """Return the settings of a server whose edges are in a store that others open too."""
    async with open_graph(url=small_store) as graph:
        await publish(graph, tmp_path / "read_model")
    async with RpcBridge.running() as bridge:
        yield with_changes(
            settings_for(small_store, tmp_path),
            edges=("accounts",),
            edges_store_url=bridge.url,
            edges_store_database=DATABASE,
            edges_store_username=USERNAME,
            edges_store_password=Secret(PASSWORD),
        )


async def test_the_old_version_serves_on_after_the_new_one_expanded_the_schema(
    settings: Settings, tmp_path: Path
) -> None:
    next_one, last_one = versions(tmp_path / "edges")
    store = edge_store_settings(settings)
    pronouns = read_query(
        "pronouns",
        "RETURN encoding::json::encode((SELECT email, username, pronoun FROM account));",
    )
    async with running(settings) as old:
        await until_ready(old)
        ada = await people(old, "ada")
        # The new version comes up beside the old one.
        async with Gateway.open(store, {**own_queries(), "pronouns": pronouns}) as new:
            await migrations.migrate(new, next_one)
            # The old one has not noticed: it knows who asks, reads, and writes.
            assert (await old.get("/api/auth/me", headers=ada)).status_code == 200
            await people(old, "grace")
            assert await signs_in(old, "grace")
            # The new one reads what the old one wrote, and what it did not touch.
            rows = await new.fetch("pronouns", into=list[dict[str, Any]])
            told = {row["email"]: (row["username"], row.get("pronoun")) for row in rows}
            assert told == {
                "ada@example.org": ("ada", "they"),
                "grace@example.org": ("grace", None),
            }
    # Back again: the old version is started anew over the new schema.
    async with running(settings) as old:
        await until_ready(old)
        assert await signs_in(old, "ada")
        await people(old, "joan")
    # And forward, with nothing to do twice.
    async with Gateway.open(store, own_queries()) as new:
        assert await migrations.migrate(new, next_one) == ()
        # Once all run the new version, the next one contracts: the old one is refused from then on.
        await migrations.migrate(new, last_one)
    with pytest.raises(SchemaVersionError, match="newer Kenshō wrote it"):
        async with opened_edge_store(store):
            pass


async def test_what_can_not_be_taken_back_is_restored(
    settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The last way back: the backup that was made before the schema contracted."""
    monkeypatch.setattr(sealed_files, "_COST", 2)
    _, last_one = versions(tmp_path / "edges")
    kept = with_changes(settings, backup_key=Secret("a key of rehearsals, long enough"))
    store, file = edge_store_settings(settings), tmp_path / "b"
    async with opened_edge_store(store) as gateway:
        await gateway.execute(
            "edges.add_account",
            {
                "id": uuid4(),
                "email": "ada@example.org",
                "password": "$argon2id$v=19$",
                "username": "ada",
                "role": "viewer",
            },
        )
        await backing_up.back_up(kept, file, NOW)
        await migrations.migrate(gateway, last_one)
    with pytest.raises(SchemaVersionError):  # nor does the old version back up what it can't read
        await backing_up.back_up(kept, tmp_path / "c", NOW)
    async with RpcBridge.running() as other:
        back = with_changes(kept, edges_store_url=other.url)
        await backing_up.restore(back, file, replace=True)
        async with opened_edge_store(edge_store_settings(back)) as old:
            rows = await old.fetch(
                "edges.accounts", {"after": "", "limit": 9}, into=list[dict[str, Any]]
            )
            assert [(row["email"], row["username"]) for row in rows] == [("ada@example.org", "ada")]


@pytest.mark.parametrize("told", ["0003", "0000", "0002\n-- works with: 0001", "0009"])
def test_a_migration_works_with_one_that_came_before(tmp_path: Path, told: str) -> None:
    for number in (1, 2):
        (tmp_path / f"000{number}_a.surql").write_text("DEFINE TABLE a;")
    (tmp_path / "0003_b.surql").write_text(f"-- works with: {told}\nDEFINE TABLE b;")
    with pytest.raises(StorageError, match="names one earlier migration"):
        migrations.load(tmp_path)


def test_a_step_is_passed_over_only_by_code_that_it_works_with() -> None:
    works_with = {1: None, 2: 1, 3: 2}
    one, two, three = (Migration(n, "a", "", str(n), w) for n, w in works_with.items())
    taken = [
        migrations.Applied(one.number, one.name, one.checksum, one.works_with)
        for one in (one, two, three)
    ]
    assert migrations.pending((one, two), taken) == ()
    with pytest.raises(SchemaVersionError, match="0003"):
        migrations.pending((one,), taken)
    assert migrations.pending((one,), taken[:2]) == ()
    assert migrations.pending((one, two, three), taken[:1]) == (two, three)
