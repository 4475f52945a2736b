"""Stores for tests: settings for each kind of store, and a notebook to write in."""

import contextlib
from collections.abc import AsyncIterator, Mapping
from pathlib import Path
from typing import Final

import msgspec
from typing_extensions import override

from kensho.platform.installation import data_root
from kensho.platform.secret_values import Secret
from kensho.storage import migrations, queries
from kensho.storage.gateway import Gateway
from kensho.storage.queries import NamedQuery
from kensho.storage.store_settings import StoreSettings
from tests.support.rpc_bridge import PASSWORD, USERNAME, RpcBridge

MEMORY: Final = StoreSettings("mem://")

NOTEBOOK: Final = """
DEFINE TABLE note SCHEMAFULL;
DEFINE FIELD text ON note TYPE string ASSERT string::len($value) <= 500;
DEFINE FIELD stars ON note TYPE option<int>;
DEFINE INDEX note_text ON note FIELDS text UNIQUE;
DEFINE TABLE cites TYPE RELATION IN note OUT note ENFORCED SCHEMAFULL;
DEFINE TABLE counter SCHEMAFULL;
DEFINE FIELD value ON counter TYPE int;
CREATE counter:one SET value = 0;
"""

_NOTEBOOK_QUERIES: Final = {
    "notes/all": "-- params: none\n-- result: [{key, text, stars}]\n"
    "RETURN encoding::json::encode("
    "(SELECT record::id(id) AS key, text, stars FROM note ORDER BY key));",
    "notes/echo": "-- params: value (any)\n-- result: the value\n"
    "RETURN encoding::json::encode($value);",
    "notes/add": "-- params: key (string), text (string), stars (int or none)\n-- result: none\n"
    "BEGIN;\nCREATE type::record('note', $key) SET text = $text, stars = $stars RETURN NONE;\n"
    "COMMIT;",
    "notes/add_three": "-- params: first (string), second (string), third (string)\n"
    "-- result: none\n"
    "BEGIN;\nCREATE note SET text = $first;\nCREATE note SET text = $second;\n"
    "CREATE note SET text = $third;\nCOMMIT;",
    "notes/cite": "-- params: citing (string), cited (string)\n-- result: none\nBEGIN;\n"
    "INSERT RELATION INTO cites { id: [$citing, $cited], in: type::record('note', $citing), "
    "out: type::record('note', $cited) };\nCOMMIT;",
    "notes/slow": "-- params: none\n-- result: 1\nsleep(60s);\nRETURN encoding::json::encode(1);",
    "notes/bounded": "-- params: none\n-- result: nothing in time\n"
    "SELECT sleep(60s) FROM counter TIMEOUT 20ms;",
    "notes/garbled": "-- params: none\n-- result: none\nSELEC * FRM note;",
    "notes/missing_table": "-- params: none\n-- result: none\nSELECT * FROM no_such_table;",
    "notes/number": "-- params: none\n-- result: none\nRETURN 1;",
    "notes/failing_first": "-- params: none\n-- result: none\nRETURN type::int('x');\n"
    "RETURN encoding::json::encode(2);\nRETURN encoding::json::encode(3);",
    "notes/count": "-- params: none\n-- result: integer\n"
    "RETURN encoding::json::encode(counter:one.value);",
    "notes/start_anew": "-- params: none\n-- result: none\nBEGIN;\nDELETE counter:one;\n"
    "INSERT INTO counter { id: 'one', value: 7 } ON DUPLICATE KEY UPDATE value = 7;\nCOMMIT;",
    "notes/increment": "-- params: none\n-- result: none\nBEGIN;\n"
    "UPDATE counter:one SET value = value + 1 RETURN NONE;\nCOMMIT;",
    "notes/increment_slowly": "-- params: none\n-- result: none\nBEGIN;\n"
    "LET $before = counter:one.value;\nsleep(20ms);\n"
    "UPDATE counter:one SET value = $before + 1 RETURN NONE;\nCOMMIT;",
}


class Note(msgspec.Struct, frozen=True):
    """A row of the notebook."""

    key: str
    text: str
    stars: int | None


def notebook_queries(folder: Path) -> dict[str, NamedQuery]:
    """Return the project's queries and the notebook's, which are loaded from `folder`."""
    for name, text in _NOTEBOOK_QUERIES.items():
        path = folder / f"{name}.surql"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, "utf-8")
    return {**own_queries(), **queries.load(folder)}


def own_queries() -> Mapping[str, NamedQuery]:
    """Return the queries of the project."""
    return queries.load(data_root("queries"))


def own_migrations() -> tuple[migrations.Migration, ...]:
    """Return the migrations of the project."""
    return migrations.load(data_root("graph_schema"))


def bridge_settings(bridge: RpcBridge, **changes: object) -> StoreSettings:
    """Return settings that reach `bridge`, with `changes`."""
    settings = StoreSettings(bridge.url, username=USERNAME, password=Secret(PASSWORD), pool_size=2)
    return msgspec.structs.replace(settings, **changes)


def read_query(name: str, text: str) -> NamedQuery:
    """Return a read without parameters, for what only a test asks."""
    return NamedQuery(name=name, text=text, params=frozenset(), result="", writes=False)


@contextlib.asynccontextmanager
async def open_graph(*more: NamedQuery, url: str = MEMORY.url) -> AsyncIterator[Gateway]:
    """Open a graph that has every migration, and knows `more` queries; in memory by default."""
    known = {**own_queries(), **{query.name: query for query in more}}
    async with Gateway.open(StoreSettings(url), known) as gateway:
        await migrations.migrate(gateway, own_migrations())
        yield gateway


@contextlib.asynccontextmanager
async def open_edge_store(url: str = MEMORY.url) -> AsyncIterator[Gateway]:
    """Open a store of the edges that has every migration; in memory by default."""
    async with Gateway.open(StoreSettings(url), own_queries()) as gateway:
        await migrations.migrate(gateway, migrations.load(data_root("graph_schema") / "edges"))
        yield gateway


class CutError(RuntimeError):
    """The process ended here."""


class CutGateway(Gateway):
    """Ends what is being done at the write after so many; at none where that is negative."""

    writes_left = -1

    @override
    async def execute(
        self,
        name: str,
        params: Mapping[str, object] | None = None,
        *,
        deadline_s: float | None = None,
    ) -> None:
        if self.writes_left == 0:
            raise CutError
        self.writes_left -= 1
        await super().execute(name, params, deadline_s=deadline_s)
