"""Apply the migrations of the schema: `graph_schema/NNNN_name.surql`.

Guarantees: a migration and the record of it are committed in one transaction, so none is ever half
applied. A migration that was applied never changes (its checksum is kept). A database that has a
migration which this code does not know is refused, unless that migration says that this code still
works with it (`-- works with: NNNN`, the last migration that such code knows): docs/rollback.md.

`graph_schema/SNAPSHOT.surql` is the whole schema that all migrations together result in, as the
engine states it (`make snapshot`); a test fails when it is stale. It shows in a diff what a
migration changes, and is never run.
"""

import hashlib
import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final

import msgspec

from kensho.errors import SchemaVersionError, StorageError
from kensho.storage.gateway import Gateway

_NAME: Final = re.compile(r"^(\d{4})_([a-z0-9_]+)\.surql$")
_OWN_TRANSACTION: Final = re.compile(
    r"^(BEGIN|COMMIT|CANCEL|OPTION|RETURN)\b(?! (?:NONE|BEFORE|AFTER|DIFF)\b)",
    re.MULTILINE | re.IGNORECASE,
)
"""These would end our transaction early (RETURN skips to its COMMIT), or switch events off."""
SCHEMA_TEXT_FILE: Final = "SNAPSHOT.surql"
"""The file beside the migrations that is generated from them; no step itself."""
_WORKS_WITH: Final = re.compile(r"^-- works with: (\d{4})$", re.MULTILINE)
_RECORD: Final = (
    "CREATE migration SET id = $number, name = $name, checksum = $checksum,"
    " works_with = $works_with RETURN NONE;"
)
_DEADLINE_S: Final = 600.0
"""A migration may rewrite a whole table."""


class Migration(msgspec.Struct, frozen=True):
    """One numbered step of the schema; `checksum` is the SHA-256 of its text.

    `works_with` is the last step that code must know to read and write what this one leaves: this
    one itself, where it is not said.
    """

    number: int
    name: str
    text: str
    checksum: str
    works_with: int | None = None


class Applied(msgspec.Struct, frozen=True):
    """The record of a migration that was applied to a database."""

    number: int
    name: str
    checksum: str
    works_with: int | None = None


def load(root: Path) -> tuple[Migration, ...]:
    """Read the migrations under `root` in order; raises `StorageError` for any other file."""
    found: list[Migration] = []
    for path in sorted(root.glob("*.surql")):
        if path.name == SCHEMA_TEXT_FILE:
            continue
        match = _NAME.match(path.name)
        if match is None:
            raise StorageError(f"{path.name}: a migration is named NNNN_words.surql")
        text = path.read_text("utf-8")
        if escape := _OWN_TRANSACTION.search(text):
            raise StorageError(f"{path.name}: a migration has no {escape[1]} statement of its own")
        works_with = _works_with(path.name, int(match[1]), text)
        checksum = hashlib.sha256(text.encode()).hexdigest()
        found.append(Migration(int(match[1]), match[2], text, checksum, works_with))
    if [m.number for m in found] != list(range(1, len(found) + 1)):
        raise StorageError(
            f"migrations must be numbered 1, 2, 3 …: found {[m.number for m in found]}"
        )
    return tuple(found)


def _works_with(name: str, number: int, text: str) -> int | None:
    told = _WORKS_WITH.findall(text)
    if len(told) > 1 or (told and not 0 < int(told[0]) < number):
        raise StorageError(f"{name}: 'works with' names one earlier migration, not {told}")
    return int(told[0]) if told else None


async def applied(gateway: Gateway) -> list[Applied]:
    """Return the migrations that were applied to the database, in order."""
    return await gateway.fetch("meta.migrations", into=list[Applied])


def pending(migrations: Sequence[Migration], taken: Sequence[Applied]) -> tuple[Migration, ...]:
    """Return the migrations that are not applied yet.

    Raises:
        SchemaVersionError: the database is newer than this code works with, or took a step with
            another text.
    """
    known = {m.number: m for m in migrations}
    for step in taken:
        mine = known.get(step.number)
        if mine is None and step.works_with is not None and step.works_with <= len(known):
            continue
        if mine is None:
            raise SchemaVersionError(
                f"the database has migration {step.number:04} ({step.name}), "
                f"this Kenshō knows {len(known)}: a newer Kenshō wrote it; upgrade this one"
            )
        if mine.checksum != step.checksum:
            raise SchemaVersionError(
                f"migration {step.number:04} ({step.name}) was applied with another text "
                "than this Kenshō's"
            )
    done = {step.number for step in taken}
    return tuple(m for m in migrations if m.number not in done)


async def migrate(gateway: Gateway, migrations: Sequence[Migration]) -> tuple[Migration, ...]:
    """Apply those of `migrations` that are pending, and return them."""
    steps = pending(migrations, await applied(gateway))
    for step in steps:
        await gateway.run_script(
            f"BEGIN;\n{step.text}\n{_RECORD}\nCOMMIT;",
            {
                "number": step.number,
                "name": step.name,
                "checksum": step.checksum,
                "works_with": step.works_with,
            },
            deadline_s=_DEADLINE_S,
        )
    return steps


async def require_current(gateway: Gateway, migrations: Sequence[Migration]) -> None:
    """Raise `SchemaVersionError` unless exactly `migrations` were applied to the database."""
    missing = pending(migrations, await applied(gateway))
    if missing:
        raise SchemaVersionError(
            f"the database lacks migration {missing[0].number:04} ({missing[0].name}): "
            "run 'kensho migrate'"
        )


_HEAD = "-- Generated from the migrations by `make snapshot`; never run, never edited.\n"


class _Parts(msgspec.Struct, frozen=True):
    fields: dict[str, str]
    events: dict[str, str]
    indexes: dict[str, str]


class Schema(msgspec.Struct, frozen=True):
    """The definitions of a store: of its tables by name, and of their parts in the same order."""

    tables: dict[str, str]
    parts: tuple[_Parts, ...]

    def definitions(self, *, indexes: bool = True) -> Iterator[str]:
        """Yield every statement that makes tables which are there what they are to be.

        Without `indexes` they are left out, for tables that have them already.
        """
        for table, parts in zip(self.tables, self.parts, strict=True):
            yield self.tables[table].replace("DEFINE TABLE", "DEFINE TABLE OVERWRITE", 1)
            for kind in (parts.fields, parts.indexes if indexes else {}, parts.events):
                # What a field of arrays says of its elements is defined with it.
                yield from (
                    text.replace("DEFINE FIELD", "DEFINE FIELD OVERWRITE", 1)
                    for _, text in sorted(kind.items())
                )

    def indexes_of(self, table: str) -> Iterator[str]:
        """Yield the statements that make the indexes of a table."""
        (parts,) = (one for name, one in zip(self.tables, self.parts, strict=True) if name == table)
        yield from parts.indexes.values()


async def schema_of(gateway: Gateway) -> Schema:
    """Return the definitions of a store."""
    return await gateway.fetch("meta.schema", into=Schema)


async def schema_text(gateway: Gateway) -> str:
    """Return every definition of the store's schema, table by table, in order of name."""
    schema = await schema_of(gateway)
    by_table = dict(zip(schema.tables, schema.parts, strict=True))
    return _HEAD + "".join(
        f"\n{schema.tables[table]};\n{_definitions(by_table[table])}" for table in sorted(by_table)
    )


def _definitions(parts: _Parts) -> str:
    kinds = (parts.fields, parts.indexes, parts.events)
    return "".join(f"{text};\n" for kind in kinds for _, text in sorted(kind.items()))
