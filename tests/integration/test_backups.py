"""`kensho backup` and `kensho restore`: rehearsed with accounts, films and videos that go on."""

import asyncio
import datetime as dt
import json
import os
import sqlite3
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import closing
from pathlib import Path
from typing import Any, Final, NamedTuple
from uuid import uuid4

import msgspec
import pytest
from httpx import AsyncClient
from hypothesis import HealthCheck, given
from hypothesis import settings as examples
from hypothesis import strategies as st

from kensho.edges.backups import backing_up, sealed_files, store_rows
from kensho.edges.backups.messages import Contents, KeptFile, RowsPage, Tallies
from kensho.edges.store import edge_store_settings, opened_edge_store
from kensho.errors import (
    ConflictError,
    RuleViolationError,
    SettingsError,
    SourceFileError,
    StorageError,
    StoreInUseError,
)
from kensho.platform import environment
from kensho.platform.installation import data_root
from kensho.platform.secret_values import Secret
from kensho.platform.settings import Settings
from kensho.storage import migrations
from kensho.storage.gateway import Gateway
from kensho.storage.store_settings import StoreSettings
from tests.integration.conftest import running, settings_for, until_ready
from tests.integration.test_portal import film, made, play
from tests.support.command_line import run_here
from tests.support.film_origin import FilmOrigin
from tests.support.rpc_bridge import DATABASE, PASSWORD, USERNAME, RpcBridge
from tests.support.stores import own_queries, read_query
from tests.support.videos import asked, person

KEY: Final = "a key that seals the backups of tests"
NOW: Final = dt.datetime(2026, 11, 30, 12, tzinfo=dt.UTC)


@pytest.fixture(scope="module", autouse=True)
def _cheap_keys() -> Iterator[None]:
    """Derive keys fast: what scrypt costs is no matter of these tests."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sealed_files, "_COST", 2)
        yield


def variables(folder: Path, **more: str) -> dict[str, str | None]:
    """Return the variables of a Kenshō whose things all lie in a folder."""
    return {
        "KENSHO_EDGES": "accounts,portal,generation",
        "KENSHO_EDGES_STORE_URL": f"surrealkv://{folder / 'edges.db'}",
        "KENSHO_SECRET_FILE": str(folder / "secret"),
        "KENSHO_MANAGERS_FILE": str(folder / "managers.json"),
        "KENSHO_QUEUE_FILE": str(folder / "queue.db"),
        "KENSHO_WEBHOOKS_DIR": str(folder / "webhooks"),
        "KENSHO_CURATION_DIR": str(folder / "curation"),
        "KENSHO_PORTAL_KEYS_FILE": str(folder / "portal_keys.json"),
        "KENSHO_PROVIDER_LINKS": str(folder / "links.json"),
        "KENSHO_PORTAL_LOOPBACK": "true",
        "KENSHO_GENERATION_JOBS": "0",
        "KENSHO_GENERATION_URL": "http://127.0.0.1:9/v1",
        "KENSHO_BACKUP_KEY": KEY,
        **more,
    }


async def run(
    *arguments: str, given: str | None = None, **told: str | None
) -> tuple[int, str, str]:
    """Run a command on a thread, whose loop is its own; return its code and what it says."""
    ended = await asyncio.to_thread(run_here, list(arguments), told, None, given)
    return ended.returncode, ended.stdout, ended.stderr


def serving(store: str, folder: Path) -> Settings:
    """Return the settings of a server with all edges over the small graph."""
    told = {name: text for name, text in variables(folder).items() if text is not None}
    del told["KENSHO_BACKUP_KEY"]
    own = environment.load(told)
    core = settings_for(store, folder)
    return msgspec.structs.replace(
        core,
        **{
            section: getattr(own, section)
            for section in ("edges", "edge_store", "portal", "generation", "curation", "webhooks")
        },
    )


def names(contents: Contents) -> dict[str, int]:
    """Return how many rows there are of each table that has any."""
    return {table.name: table.rows for table in contents.tables if table.rows}


class _Lost(NamedTuple):
    """A machine that is lost: what was on it, and its backup."""

    folder: Path
    backup: Path
    movie: str
    job: str
    sessions: tuple[Mapping[str, str], ...]


@pytest.fixture
async def lost(small_store: str, tmp_path: Path, origin: FilmOrigin) -> _Lost:
    """Let people sign up, sign out, publish and ask for videos; back it up."""
    folder, file = tmp_path / "first", tmp_path / "b"
    grace = ("accounts", "create", "grace@example.org", "--role", "manager", "--password-stdin")
    assert (await run(*grace, given=PASSWORD, **variables(folder)))[0] == 0
    (folder / "curation" / "franchises").mkdir(parents=True)
    (folder / "curation" / "franchises" / "sea.toml").write_text("# ours\n")
    (folder / "curation" / ".git").mkdir()
    (folder / "curation" / ".git" / "HEAD").write_text("ref")
    async with running(serving(small_store, folder)) as api:
        await until_ready(api)
        manager = await sign_in(api, "grace@example.org")
        ada, gone = await person(api), await person(api)
        movie = (await made(api, manager, film(origin)))["movieId"]
        job = await asked(api, ada)
        assert (await api.post("/api/auth/logout", headers=gone.headers)).status_code == 204
        own = environment.load(_text(variables(folder)))
        with pytest.raises(StoreInUseError):
            await backing_up.back_up(own, file, NOW)
    assert os.listdir(tmp_path) == ["first"]  # noqa: PTH208 -- a few names
    code, told, said = await run("backup", str(file), **variables(folder))
    assert (code, "portal_movie" in told) == (0, True), said
    (folder / "read_model").rename(tmp_path / "read_model")
    return _Lost(folder, file, movie, job["id"], (gone.headers, manager, ada.headers))


async def test_what_was_backed_up_goes_on_as_it_was(
    lost: _Lost, small_store: str, tmp_path: Path, origin: FilmOrigin
) -> None:
    """The rehearsal: a machine is lost, another has the backup, and people sign in again."""
    content = lost.backup.read_bytes()
    assert lost.backup.stat().st_mode & 0o077 == 0
    for hidden in (b"grace@example.org", b"Night Train", b"paper boat", b"$argon2id"):
        assert hidden not in content
    contents = await whole(lost.backup)
    assert {"account", "audit", "portal_movie", "caption", "video_job"} <= set(names(contents))
    kept = {one.name for one in contents.files}
    assert {"secret", "portal_keys.json", "curation/franchises/sea.toml"} <= kept
    assert not any(".git" in one for one in kept)

    second, again = tmp_path / "second", tmp_path / "again"
    code, _, said = await run("restore", str(lost.backup), **variables(second))
    assert code == 0, said
    assert (second / "curation" / "franchises" / "sea.toml").read_text() == "# ours\n"
    assert (await run("backup", str(again), **variables(second)))[0] == 0
    restored = await whole(again)
    assert (restored.tables, restored.files) == (contents.tables, contents.files)
    (tmp_path / "read_model").rename(second / "read_model")
    async with running(serving(small_store, second)) as api:
        await until_ready(api)
        for session in lost.sessions:  # ended or not, none is in a backup
            assert (await api.get("/api/auth/me", headers=session)).status_code == 401
        await everything_goes_on(api, lost, origin)


async def everything_goes_on(api: AsyncClient, lost: _Lost, origin: FilmOrigin) -> None:
    """Sign in, play the film, see where it comes from, hide it, read the log."""
    manager = await sign_in(api, "grace@example.org")
    played = await play(api, lost.movie)
    assert played.status_code == 200, played.text
    detail = (await api.get(f"/api/movies/{lost.movie}", headers=manager)).json()
    assert detail["streamSources"][0]["streamUrl"] == origin.url("/film/master.m3u8")
    hide, path = {"visibility": "HIDDEN"}, f"/api/movies/{lost.movie}/visibility"
    assert (await api.post(path, json=hide, headers=manager)).status_code == 200
    assert lost.job in (await api.get("/api/audit?limit=50", headers=manager)).text


class _Machine:
    """A store of a server, by the bridge, and the settings of a Kenshō that uses it."""

    def __init__(self, bridge: RpcBridge, folder: Path) -> None:
        told = variables(
            folder,
            KENSHO_EDGES_STORE_URL=bridge.url,
            KENSHO_EDGES_STORE_DATABASE=DATABASE,
            KENSHO_EDGES_STORE_USERNAME=USERNAME,
            KENSHO_EDGES_STORE_PASSWORD=PASSWORD,
        )
        self.settings = environment.load(_text(told))
        self.store = edge_store_settings(self.settings)

    async def rows(self, table: str) -> list[dict[str, Any]]:
        """Return the rows of a table, in order of ids."""
        text = f"RETURN encoding::json::encode((SELECT * FROM {table}));"
        known = {**own_queries(), "all": read_query("all", text)}
        async with Gateway.open(self.store, known) as gateway:
            return await gateway.fetch("all", into=list[dict[str, Any]])

    async def empty(self) -> None:
        """Take all rows away, as nobody could who is held to the schema."""
        async with Gateway.open(self.store, own_queries()) as gateway:
            for table in (await migrations.schema_of(gateway)).tables:
                await gateway.run_script(f"REMOVE TABLE {table};")


@pytest.fixture
async def machines(tmp_path: Path) -> AsyncIterator[tuple[_Machine, _Machine]]:
    """Return a machine with 40 accounts on its server, and an empty one."""
    async with RpcBridge.running() as one, RpcBridge.running() as other:
        first, second = _Machine(one, tmp_path / "first"), _Machine(other, tmp_path / "second")
        async with opened_edge_store(first.store) as gateway:
            for number in range(40):
                await add_account(gateway, f"p{number}@example.org")
        yield first, second


async def test_a_server_is_backed_up_while_others_write(
    machines: tuple[_Machine, _Machine], tmp_path: Path
) -> None:
    """What one transaction writes is there together in every backup, whatever happens meanwhile."""
    (first, second), file = machines, tmp_path / "b"
    async with opened_edge_store(first.store) as gateway:
        stopped = asyncio.Event()
        writing = asyncio.create_task(_write_together(gateway, stopped))
        for _ in range(4):
            await backing_up.back_up(first.settings, file, NOW)
            await backing_up.restore(second.settings, file, replace=False)
            accounts = await second.rows("account")
            assert len(accounts) == 40
            (said,) = {row["username"] for row in accounts}
            assert len(await second.rows("audit")) == int(said)
            await second.empty()
        stopped.set()
        await writing


async def test_a_restored_server_has_its_schema_and_indexes(
    machines: tuple[_Machine, _Machine], tmp_path: Path
) -> None:
    (first, second), file = machines, tmp_path / "b"
    await backing_up.back_up(first.settings, file, NOW)
    await backing_up.restore(second.settings, file, replace=False)
    async with opened_edge_store(second.store) as gateway:
        asked_for = {"email": "p7@example.org"}
        found = await gateway.fetch("edges.account_by_email", asked_for, into=Any)
        assert "p7@example.org" in str(found)
        with pytest.raises(RuleViolationError, match="already contains"):
            await add_account(gateway, "p7@example.org")
        with pytest.raises(StorageError):
            await gateway.run_script("BEGIN; UPDATE account SET shoe = 7; COMMIT;")
        await gateway.run_script(
            "BEGIN; CREATE audit SET at = time::now(), action = 'a', outcome = 'b',"
            " request_id = 'c'; COMMIT;"
        )
        with pytest.raises(StorageError, match="audit_is_append_only"):
            await gateway.run_script("BEGIN; DELETE audit; COMMIT;")
    assert await _schema(first.store) == await _schema(second.store)


async def test_a_restore_that_fails_leaves_a_store_as_it_was(
    machines: tuple[_Machine, _Machine], tmp_path: Path
) -> None:
    (first, second), file = machines, tmp_path / "b"
    await backing_up.back_up(first.settings, file, NOW)
    await backing_up.restore(second.settings, file, replace=False)
    before = await second.rows("account")
    for replace in (False, True):
        with pytest.raises(ConflictError, match="KENSHO_EDGES_STORE_DATABASE"):
            await backing_up.restore(second.settings, file, replace=replace)
    assert await second.rows("account") == before
    steps = migrations.load(data_root("graph_schema") / "edges")
    known = own_queries()
    schema = await store_rows.schema_of(steps, known)
    async with Gateway.open(first.store, known) as gateway:
        pages = [one async for one in store_rows.read(gateway, ["account"])]
    for url in (second.store.url, f"surrealkv://{tmp_path / 'edges.db'}"):
        store = msgspec.structs.replace(second.store, url=url)
        if store.path is None:
            await second.empty()
        else:
            store = msgspec.structs.replace(store, username=None)
        for wrong in ({"count": 39}, {"rows": b"\x81\x01"}, {"table": "audit"}):
            told = iter([msgspec.structs.replace(pages[0], **wrong)])
            with pytest.raises(StorageError, match="were not restored") as said:
                await store_rows.restore(store, known, schema, told, replace=False)
            assert "example.org" not in said.value.message
        assert store.path is None or sorted(os.listdir(tmp_path)) == ["b"]  # noqa: PTH208
        await store_rows.restore(store, known, schema, iter(pages), replace=False)
    assert len(await second.rows("account")) == 40


async def add_account(gateway: Gateway, email: str) -> None:
    told = {"id": uuid4(), "email": email, "password": "$argon2id$v=19$"}
    await gateway.execute("edges.add_account", {**told, "username": "0", "role": "viewer"})


async def _write_together(gateway: Gateway, stopped: asyncio.Event) -> None:
    """Write all accounts and a row of the audit log in one transaction, again and again."""
    count = 0
    while not stopped.is_set():
        count += 1
        await gateway.run_script(
            "BEGIN; UPDATE account SET username = $n; CREATE audit SET at = time::now(), action ="
            " 'a', outcome = 'done', request_id = $n; COMMIT;",
            {"n": str(count)},
        )
        await asyncio.sleep(0.002)


async def _schema(store: StoreSettings) -> str:
    async with Gateway.open(store, own_queries()) as gateway:
        return await migrations.schema_text(gateway)


@pytest.fixture(scope="module")
def machine(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with a store of two accounts, files of each kind, and a backup of them."""
    folder = tmp_path_factory.mktemp("machine")

    async def fill() -> None:
        store = StoreSettings(f"surrealkv://{folder / 'edges.db'}", database="kensho_edges")
        async with opened_edge_store(store) as gateway:
            for number in range(60):
                await add_account(gateway, f"q{number}@example.org")

    asyncio.run(fill())
    (folder / "webhooks").mkdir()
    for path in (folder / "queue.db", folder / "webhooks" / "webhooks.db"):
        with closing(sqlite3.connect(path)) as file:
            file.execute("PRAGMA journal_mode = WAL")
            file.execute("CREATE TABLE item (id TEXT)")
            file.execute("INSERT INTO item VALUES ('one')")
            file.commit()
    (folder / "managers.json").write_text("{}")
    (folder / "links.json").write_text("[]")
    (folder / "secret").write_text("the secret of this machine\n")
    ended = run_here(["backup", str(folder / "b"), "--json"], variables(folder))
    assert ended.returncode == 0, ended.stderr
    told = json.loads(ended.stdout)
    assert {one["name"]: one["rows"] for one in told["tables"]}["account"] == 60
    assert len(told["files"]) == 5
    return folder


def test_files_come_back_whole_and_are_replaced_only_if_asked(
    machine: Path, tmp_path: Path
) -> None:
    here = variables(tmp_path)
    command = ["restore", str(machine / "b")]
    done = run_here(command, here)
    rows = 60 + len(migrations.load(data_root("graph_schema") / "edges"))
    said = f"restored {rows} rows and 5 files; 0 files were there\n"
    assert (done.returncode, done.stderr) == (0, said)
    with closing(sqlite3.connect(tmp_path / "queue.db")) as file:
        assert file.execute("SELECT id FROM item").fetchall() == [("one",)]
        file.execute("INSERT INTO item VALUES ('two')")
        file.commit()
    assert (tmp_path / "secret").stat().st_mode & 0o077 == 0
    again = run_here(command, here)
    assert (again.returncode, "queue.db is there and differs" in again.stderr) == (2, True)
    (tmp_path / "queue.db-wal").write_bytes(b"of the file before")
    assert run_here([*command, "--replace"], here).returncode == 0
    with closing(sqlite3.connect(tmp_path / "queue.db")) as file:
        assert file.execute("SELECT id FROM item").fetchall() == [("one",)]
    (tmp_path / "secret").write_text("another\n")
    assert run_here([*command, "--replace", "--store-only"], here).returncode == 0
    assert (tmp_path / "secret").read_text() == "another\n"
    assert not [path for path in tmp_path.rglob("*") if "restoring" in path.name]


def test_who_may_not_have_a_backup_is_told_so(machine: Path, tmp_path: Path) -> None:
    def told(command: str, **more: str | None) -> str:
        ended = run_here([command, str(machine / "b")], {**variables(tmp_path), **more})
        return f"{ended.returncode} {ended.stderr}"

    assert told("restore", KENSHO_BACKUP_KEY="another key, of enough letters").startswith(
        f"2 kensho: KENSHO_BACKUP_KEY: {machine / 'b'} was sealed with another key"
    )
    assert "is not set" in told("restore", KENSHO_BACKUP_KEY=None)
    assert "expected 16 characters" in told("backup", KENSHO_BACKUP_KEY="short")
    none = run_here(["backup", str(tmp_path / "no" / "b")], variables(tmp_path))
    assert (none.returncode, "there is no folder" in none.stderr) == (2, True)
    absent = run_here(["backup", str(tmp_path / "b")], variables(tmp_path))
    assert (absent.returncode, "no store of the edges" in absent.stderr) == (3, True)
    files_only = run_here(
        ["backup", str(tmp_path / "b")], {**variables(tmp_path), "KENSHO_EDGES": None}
    )
    assert (files_only.returncode, "not in it: a store" in files_only.stderr) == (0, True)
    assert run_here(["restore", str(tmp_path / "b")], variables(tmp_path)).returncode == 0
    secret = {"KENSHO_SECRET_FILE": None, "KENSHO_SECRET": "a secret that is set and not kept"}
    kept = run_here(
        ["backup", str(tmp_path / "c")],
        {**variables(machine), **secret, "KENSHO_GENERATION_COPIES": "s3://bucket"},
    )
    assert "which KENSHO_SECRET gives" in kept.stderr
    assert "s3://bucket: copy them" in kept.stderr
    assert not (tmp_path / "edges.db").exists()


def test_a_backup_of_a_newer_version_is_refused(machine: Path, tmp_path: Path) -> None:
    key, file = Secret(KEY), tmp_path / "b"
    contents = backing_up.check(machine / "b", key)
    newer = migrations.Applied(len(contents.migrations) + 1, "to_come", "0" * 64)

    def sealed(*messages: Any) -> None:
        with sealed_files.written(file, key, "9.9.9", "2030") as seal:
            for number, message in enumerate(messages, 1):
                seal(msgspec.msgpack.encode(message), number == len(messages))

    empty = msgspec.structs.replace(contents, tables=(), files=())
    sealed(msgspec.structs.replace(empty, migrations=(*contents.migrations, newer)))
    refused = run_here(["restore", str(file)], variables(tmp_path))
    assert (refused.returncode, "a newer Kenshō wrote it" in refused.stderr) == (5, True)
    page = RowsPage("account", 1, b"")
    for messages, said in (
        ((page, empty), "other rows or files than it says"),
        ((page,), "does not end with what it has"),
        ((empty, empty), "does not end with what it has"),
        (({"type": "song"},), "can't read"),
    ):
        sealed(*messages)
        with pytest.raises(SourceFileError, match=said):
            backing_up.check(file, key)
    for name in ("elsewhere.json", "curation/../../x", "curation"):
        kept = KeptFile(name, b"x")
        tally = Tallies()
        tally.add(kept)
        sealed(kept, msgspec.structs.replace(empty, files=tally.files))
        refused = run_here(["restore", str(file)], variables(tmp_path))
        assert (refused.returncode, "does not know" in refused.stderr) == (4, True)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["b"]


@examples(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60)
@given(damage=st.data())
def test_whatever_is_changed_is_found_before_anything_is_touched(
    machine: Path, tmp_path: Path, damage: st.DataObject
) -> None:
    """A bit, a cut, an addition, two messages that change places: never restored, always told."""
    content = bytearray((machine / "b").read_bytes())
    place = damage.draw(st.integers(0, len(content) - 1), "place")
    how = damage.draw(st.sampled_from(("bit", "cut", "more", "moved")), "how")
    if how == "bit":
        content[place] ^= 1 << damage.draw(st.integers(0, 7))
    elif how == "cut":
        del content[place:]
    elif how == "more":
        content += content[place:]
    else:
        half = place // 2
        content[half:place] = content[half:place][::-1]
    file = tmp_path / "b"
    file.write_bytes(content)
    if bytes(content) == (machine / "b").read_bytes():
        return
    with pytest.raises((SourceFileError, SettingsError)):
        backing_up.check(file, Secret(KEY))
    ended = run_here(["restore", str(file), "--replace"], variables(tmp_path / "there"))
    assert ended.returncode in {2, 4}
    assert not (tmp_path / "there").exists()


def test_messages_can_not_change_places_or_be_left_out(tmp_path: Path) -> None:
    key, file = Secret(KEY), tmp_path / "b"
    with sealed_files.written(file, key, "1", "now") as seal:
        for number in range(4):
            seal(bytes([number]) * 10, number == 3)
    content = file.read_bytes()
    size = 4 + 1 + 10 + 16
    head, told = content[: -4 * size], content[-4 * size :]
    parts = [told[start : start + size] for start in range(0, len(told), size)]
    assert sealed_files.header_of(file).made_at == "now"
    for order in ((1, 0, 2, 3), (0, 2, 3), (0, 1, 2), (3,), (0, 0, 1, 2, 3), (0, 1, 2, 3, 3)):
        file.write_bytes(head + b"".join(parts[number] for number in order))
        with pytest.raises(SourceFileError):
            list(sealed_files.messages(file, key))


async def sign_in(api: AsyncClient, email: str) -> dict[str, str]:
    answer = await api.post("/api/auth/login", json={"email": email, "password": PASSWORD})
    assert answer.status_code == 200, answer.text
    return {"authorization": f"Bearer {answer.json()['token']}"}


async def whole(file: Path, key: str = KEY) -> Contents:
    return await asyncio.to_thread(backing_up.check, file, Secret(key))


def _text(told: Mapping[str, str | None]) -> dict[str, str]:
    return {name: text for name, text in told.items() if text is not None}
