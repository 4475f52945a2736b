"""The whole schema as one text, as the engine tells it: what all migrations together come to.

`graph_schema/SNAPSHOT.surql` is this text for the migrations beside it (`make snapshot`); a test
says when it is stale. It shows in a diff what a migration does, and is never run.
"""

import msgspec

from kensho.storage.gateway import Gateway

_HEAD = "-- Generated from the migrations by `make snapshot`; never run, never edited.\n"


class _Parts(msgspec.Struct, frozen=True):
    fields: dict[str, str]
    events: dict[str, str]
    indexes: dict[str, str]


class _Schema(msgspec.Struct, frozen=True):
    tables: dict[str, str]
    parts: tuple[_Parts, ...]


async def snapshot(gateway: Gateway) -> str:
    """Return every definition of the store's schema, table by table, in order of name."""
    schema = await gateway.fetch("meta.schema", into=_Schema)
    by_table = dict(zip(schema.tables, schema.parts, strict=True))
    return _HEAD + "".join(
        f"\n{schema.tables[table]};\n{_definitions(by_table[table])}" for table in sorted(by_table)
    )


def _definitions(parts: _Parts) -> str:
    kinds = (parts.fields, parts.indexes, parts.events)
    return "".join(f"{text};\n" for kind in kinds for _, text in sorted(kind.items()))
