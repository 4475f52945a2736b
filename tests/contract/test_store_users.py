"""The user that a graph server gives to Kenshō edits one database, and nothing else."""

import asyncio
from pathlib import Path

import msgspec
import pytest
from click.testing import CliRunner

from kensho.cli.store_user import store_user
from kensho.errors import InvalidInputError, StorageError
from kensho.platform.secret_values import Secret
from kensho.storage import migrations
from kensho.storage.gateway import Gateway
from kensho.storage.store_settings import StoreSettings
from kensho.storage.users import define_user
from tests.support.rpc_bridge import PASSWORD, USERNAME, RpcBridge
from tests.support.stores import own_migrations, own_queries

pytestmark = pytest.mark.contract

_PASSWORD = Secret("not easy to guess'; --")
_REFUSED = {
    "another user": "DEFINE USER other ON DATABASE PASSWORD 'a password' ROLES OWNER;",
    "a user at the root": "DEFINE USER other ON ROOT PASSWORD 'a password' ROLES OWNER;",
    "its own role": "DEFINE USER OVERWRITE kensho ON DATABASE PASSWORD 'x' ROLES OWNER;",
    "another database": "DEFINE DATABASE other;",
    "another namespace": "DEFINE NAMESPACE other;",
    "the database gone": "REMOVE DATABASE kensho;",
    "a way to sign in": "DEFINE ACCESS other ON DATABASE TYPE RECORD;",
}


@pytest.fixture
async def store(tmp_path: Path) -> StoreSettings:
    """Return a store on disk in which the user is defined, by the engine that servers run."""
    owner = StoreSettings(f"surrealkv://{tmp_path / 'kensho.db'}")
    async with Gateway.open(owner, own_queries()) as gateway:
        await define_user(gateway, "kensho", _PASSWORD)
    return msgspec.structs.replace(owner, username="kensho", password=_PASSWORD)


async def test_it_signs_in_migrates_and_writes(store: StoreSettings) -> None:
    async with Gateway.open(store, own_queries()) as gateway:
        await migrations.migrate(gateway, own_migrations())
        await migrations.require_current(gateway, own_migrations())
        await gateway.run_script("BEGIN; CREATE tag SET name = 'space' RETURN NONE; COMMIT;")


@pytest.mark.parametrize("what", list(_REFUSED))
async def test_it_may_do_nothing_beyond_its_database(store: StoreSettings, what: str) -> None:
    async with Gateway.open(store, own_queries()) as gateway:
        with pytest.raises(StorageError, match="Not enough permissions"):
            await gateway.run_script(_REFUSED[what])


@pytest.mark.parametrize(
    "changed", [{"password": Secret("another password")}, {"sign_in": "root"}], ids=str
)
async def test_it_signs_in_with_its_password_to_its_database_only(
    store: StoreSettings, changed: dict[str, object]
) -> None:
    with pytest.raises(StorageError, match="authentication"):
        async with Gateway.open(msgspec.structs.replace(store, **changed), own_queries()):
            pass


async def test_defining_it_again_changes_its_password(store: StoreSettings) -> None:
    owner = StoreSettings(store.url)
    async with Gateway.open(owner, own_queries()) as gateway:
        await define_user(gateway, "kensho", Secret("a new long password"))
    changed = msgspec.structs.replace(store, password=Secret("a new long password"))
    async with Gateway.open(changed, own_queries()) as gateway:
        await gateway.ping()


@pytest.mark.parametrize(
    ("name", "password", "field"),
    [("a b", "long enough it is", "USERNAME"), ("kensho", "short", "PASSWORD")],
)
async def test_a_name_that_needs_quoting_and_a_short_password_are_refused(
    tmp_path: Path, name: str, password: str, field: str
) -> None:
    async with Gateway.open(StoreSettings("mem://"), own_queries()) as gateway:
        with pytest.raises(InvalidInputError, match=field):
            await define_user(gateway, name, Secret(password))


async def test_the_command_signs_in_as_the_administrator_at_the_root(
    bridge: RpcBridge, tmp_path: Path
) -> None:
    file = tmp_path / "store_password"
    file.write_text("a long password of its own\n")
    environment = {
        "KENSHO_STORE_URL": bridge.url,
        "KENSHO_STORE_USERNAME": "kensho",
        "KENSHO_STORE_PASSWORD_FILE": str(file),
        "SURREAL_USER": USERNAME,
        "SURREAL_PASS": PASSWORD,
    }
    result = await asyncio.to_thread(CliRunner().invoke, store_user, env=environment)
    assert result.exit_code == 0, result.output
    assert "kensho may edit kensho/kensho" in result.output
    assert PASSWORD not in result.output
