"""The rows of the store of the edges: read at one point in time, and put back whole or not at all.

An embedded store is this process's alone, so its pages are of one time however they are read. Of a
server others write to it meanwhile: there one statement, which the engine answers from one state,
returns all rows but those of tables in `_STEADY`, of which it names the ids; since such rows never
change and never go, they are read by those ids afterwards. That answer is one message, and servers
bound those (SurrealDB's default is 128 MiB): a store with more in its other tables is refused.

Rows are put back as they are, without events, defaults and dates: first as pages beside the tables,
then in one transaction that inserts the pages, compares what it inserted with them, and defines the
tables as the migrations do that the backed-up store had. Nothing that a backup says is run.
"""

import shutil
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from typing import Final

import msgspec

from kensho.edges.backups.messages import RowsPage
from kensho.errors import ConflictError, SchemaVersionError, StorageError
from kensho.storage import compaction, migrations, ownership
from kensho.storage.gateway import Gateway
from kensho.storage.migrations import Applied, Migration, Schema
from kensho.storage.queries import NamedQuery
from kensho.storage.store_settings import StoreSettings

_STEADY: Final = ("audit",)
"""Tables whose rows nobody can change or take away: events of the schema see to it."""
_STAGE: Final = "restored_page"
"""The table in which pages wait for the transaction that inserts them."""
_FIRST_ROWS: Final = 16
_MOST_ROWS: Final = 20_000
_WANTED_BYTES: Final = 4 * 1024 * 1024
"""Of a page: a message that every server takes, and little memory here."""
_MOST_GROWTH: Final = 4
_DEADLINE_S: Final = 600.0
_MOST_SAID: Final = 120
_NOT_EMPTY: Final = "the_store_is_not_empty"
_OTHERWISE: Final = "rows_were_inserted_otherwise"
_STEPS: Final = "migration"
_EMPTY: Final = """
DEFINE TABLE IF NOT EXISTS %TABLE% SCHEMALESS;
IF array::len((SELECT id FROM %TABLE% LIMIT 1)) > 0 { THROW 'NOT_EMPTY' };
""".replace("NOT_EMPTY", _NOT_EMPTY)
_INSERTED: Final = """
LET $pages = (SELECT number, rows FROM restored_page WHERE table = '%TABLE%' ORDER BY number);
FOR $page IN $pages {
  LET $rows = encoding::cbor::decode($page.rows);
  INSERT INTO %TABLE% $rows RETURN NONE;
  IF encoding::cbor::encode((SELECT * FROM $rows.id)) != $page.rows { THROW 'OTHERWISE' };
};
IF ((SELECT VALUE count FROM (SELECT count() FROM %TABLE% GROUP ALL))[0] ?? 0)
  != math::sum((SELECT VALUE count FROM restored_page WHERE table = '%TABLE%'))
  { THROW 'OTHERWISE' };
""".replace("OTHERWISE", _OTHERWISE)
"""Of a table: its rows are those of the pages, each read again by the ids that the page brought."""


class _WholeTable(msgspec.Struct, frozen=True):
    """The pages of a table: how many rows each has, and their CBOR."""

    name: str
    pages: tuple[tuple[int, bytes], ...]


class _SteadyTable(msgspec.Struct, frozen=True):
    """The ids of the rows that a table had."""

    name: str
    ids: tuple[str, ...]


class _State(msgspec.Struct, frozen=True):
    """A server's store at one point in time."""

    whole: tuple[_WholeTable, ...]
    steady: tuple[_SteadyTable, ...]


async def read(gateway: Gateway, tables: Sequence[str]) -> AsyncIterator[RowsPage]:
    """Yield all rows of tables as they are at one point in time, a table after the other.

    Raises:
        StorageError: they can't be read, or are too many for a server to answer at once.
    """
    if gateway.settings.embedded:
        for table in tables:
            async for page in _paged(gateway, table):
                yield page
        return
    asked = {
        "whole": [one for one in tables if one not in _STEADY],
        "steady": [one for one in tables if one in _STEADY],
        "wanted": _WANTED_BYTES,
        "most": _MOST_ROWS,
    }
    state = await gateway.fetch("edges.backup_state", asked, into=_State, deadline_s=_DEADLINE_S)
    for whole in state.whole:
        for count, rows in whole.pages:
            yield RowsPage(whole.name, count, rows)
    for steady in state.steady:
        async for page in _by_ids(gateway, steady):
            yield page


async def _paged(gateway: Gateway, table: str) -> AsyncIterator[RowsPage]:
    count = await gateway.fetch("edges.backup_count", {"table": table}, into=int)
    start, size = 0, _FIRST_ROWS
    while start < count:
        size = min(size, count - start)
        asked = {"table": table, "start": start, "count": size}
        rows = await gateway.fetch_bytes("edges.backup_rows", asked, deadline_s=_DEADLINE_S)
        yield RowsPage(table, size, rows)
        start, size = start + size, _adjusted(size, len(rows))


async def _by_ids(gateway: Gateway, table: _SteadyTable) -> AsyncIterator[RowsPage]:
    start, size = 0, _FIRST_ROWS
    while ids := table.ids[start : start + size]:
        asked = {"table": table.name, "ids": list(ids)}
        rows = await gateway.fetch_bytes("edges.backup_steady", asked, deadline_s=_DEADLINE_S)
        yield RowsPage(table.name, len(ids), rows)
        start, size = start + len(ids), _adjusted(len(ids), len(rows))


def _adjusted(rows: int, size: int) -> int:
    """Return how many rows the next page has, after one of so many had `size` bytes."""
    return max(1, min(rows * _WANTED_BYTES // size, rows * _MOST_GROWTH, _MOST_ROWS))


async def restore(
    settings: StoreSettings,
    queries: Mapping[str, NamedQuery],
    schema: Schema,
    pages: Iterator[RowsPage],
    *,
    replace: bool,
) -> None:
    """Make pages the rows of a store, and a schema its own: all of it, or nothing.

    An embedded store is made beside the one that there is, and takes its place in one step.

    Raises:
        ConflictError: the store has rows, and is not to be replaced, or is a server's; it is as it
            was.
        StoreInUseError: another process has an embedded store open.
        StorageError: what was inserted is not what was given, or the engine refused it; the store
            is as it was.
    """
    path = settings.path
    if path is None:
        async with Gateway.open(settings, queries) as gateway:
            await _put(gateway, schema, pages)
        return
    beside = path.with_name(f"{path.name}.restoring")
    try:
        shutil.rmtree(beside, ignore_errors=True)
        fresh = msgspec.structs.replace(settings, url=f"surrealkv://{beside}")
        if not settings.is_absent and not replace:
            async with Gateway.open(settings, queries) as gateway:
                await _clear(gateway, schema)
        async with Gateway.open(fresh, queries) as gateway:
            await _put(gateway, schema, pages)
        with ownership.exclusive(settings.url):
            compaction.take_place(beside, path)
    except OSError as error:
        raise StorageError(f"can't restore {path}: {error}") from error
    finally:
        shutil.rmtree(beside, ignore_errors=True)


async def _put(gateway: Gateway, schema: Schema, pages: Iterator[RowsPage]) -> None:
    """Stage pages, and make them the rows of a store that has none."""
    await _clear(gateway, schema)
    await gateway.run_script(f"DEFINE TABLE {_STAGE} SCHEMALESS;")
    try:
        for number, page in enumerate(pages):
            told = {"table": page.table, "number": number, "count": page.count, "rows": page.rows}
            await gateway.execute("edges.stage_restored_page", told, deadline_s=_DEADLINE_S)
        await gateway.run_script("\n".join(_statements(schema)), deadline_s=_DEADLINE_S)
    except StorageError as error:
        # What the engine says may quote whole rows, which are nobody's to read in a log.
        said = error.message.partition("using value")[0][:_MOST_SAID]
        raise type(error)(f"the rows were not restored: {said}") from None
    finally:
        await gateway.run_script(f"REMOVE TABLE IF EXISTS {_STAGE};")


async def _clear(gateway: Gateway, schema: Schema) -> None:
    """Take the tables of a store away, if none has rows but that of its migrations.

    By itself: the engine refuses rows of ids that the same transaction has taken away.

    Raises:
        ConflictError: one has.
    """
    statements = [f"REMOVE TABLE IF EXISTS {_STAGE};"]
    statements += [_EMPTY.replace("%TABLE%", table) for table in schema.tables if table != _STEPS]
    statements += [f"REMOVE TABLE IF EXISTS {table};" for table in schema.tables]
    try:
        await gateway.run_script("\n".join(("BEGIN;", *statements, "COMMIT;")))
    except StorageError as error:
        if _NOT_EMPTY not in error.message:
            raise
        settings = gateway.settings
        how = (
            "--replace puts the backup in its place"
            if settings.path is not None
            else "name a database without any by KENSHO_EDGES_STORE_DATABASE"
        )
        raise ConflictError(f"the store at {settings.shown_url} has rows; {how}") from error


def _statements(schema: Schema) -> Iterator[str]:
    """Yield the transaction; names of tables are those of this version's migrations."""
    yield "BEGIN;"
    for table in schema.tables:
        yield f"DEFINE TABLE {table} SCHEMALESS;"
        # Before the rows: an index that the same transaction makes after them has none of them.
        yield from (f"{text};" for text in schema.indexes_of(table))
        yield _INSERTED.replace("%TABLE%", table)
    yield from (f"{text};" for text in schema.definitions(indexes=False))
    yield f"REMOVE TABLE {_STAGE};"
    yield "COMMIT;"


async def schema_of(steps: Sequence[Migration], queries: Mapping[str, NamedQuery]) -> Schema:
    """Return the schema that migrations lead to, as an empty store in memory has it."""
    async with Gateway.open(StoreSettings("mem://"), queries) as gateway:
        await migrations.migrate(gateway, steps)
        return await migrations.schema_of(gateway)


def steps_taken(steps: Sequence[Migration], taken: Sequence[Applied]) -> tuple[Migration, ...]:
    """Return the migrations that a store took, of those that this version knows.

    Raises:
        SchemaVersionError: it took others: a newer Kenshō wrote it.
    """
    missing = {one.number for one in migrations.pending(steps, taken)}
    if unknown := [one for one in taken if one.number > len(steps)]:
        raise SchemaVersionError(
            f"the rows of migration {unknown[0].number:04} ({unknown[0].name}) are not known here: "
            "take the Kenshō that has it"
        )
    return tuple(one for one in steps if one.number not in missing)
