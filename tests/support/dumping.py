"""Dumps for tests: written of a graph, changed as an attacker or a bad disk would, loaded again."""

import contextlib
from collections.abc import AsyncIterator, Callable, Mapping
from pathlib import Path

import msgspec
import zstandard

from ingest.dumping.dump import DumpContext, DumpOptions, dump
from ingest.dumping.load import LoadReport, load
from ingest.dumping.manifest import (
    NAME,
    DumpedTable,
    DumpManifest,
    read_manifest,
    schema_of,
    sha256_of,
)
from ingest.source import Source
from kensho.platform.settings import IngestSettings
from kensho.storage.gateway import Gateway
from kensho.storage.store_settings import StoreSettings
from tests.support.records import DUMPS, SOURCES, silent
from tests.support.stores import own_migrations, own_queries

PRIVATE = DumpOptions(private=True)


def context(sources: Mapping[str, Source] = SOURCES) -> DumpContext:
    """Return what tests dump and load with."""
    known = own_migrations()
    return DumpContext(
        sources=sources,
        migrations=known,
        schema=schema_of(known),
        kensho="0.0.0",
        made_at="2026-01-01T00:00:00+00:00",
        open_store=opened,
        progress=silent(),
    )


@contextlib.asynccontextmanager
async def opened(settings: StoreSettings) -> AsyncIterator[Gateway]:
    """Open a store of which the whole contents can be read."""
    async with Gateway.open(settings, {**own_queries(), **DUMPS}) as gateway:
        yield gateway


async def dumped(
    gateway: Gateway,
    folder: Path,
    options: DumpOptions = PRIVATE,
    sources: Mapping[str, Source] = SOURCES,
) -> DumpManifest:
    """Dump a graph."""
    return await dump(gateway, folder, options, context(sources))


async def loaded(
    gateway: Gateway,
    folder: Path,
    sources: Mapping[str, Source] = SOURCES,
    limits: IngestSettings | None = None,
) -> LoadReport:
    """Load a dump."""
    return await load(gateway, folder, limits or IngestSettings(), context(sources))


def lines_of(folder: Path, name: str) -> list[bytes]:
    """Return the lines of a file of a dump."""
    packed = (folder / f"{name}.jsonl.zst").read_bytes()
    return zstandard.ZstdDecompressor().decompressobj().decompress(packed).splitlines()


def rewrite_lines(folder: Path, change: Callable[[list[bytes]], list[bytes]]) -> None:
    """Change the records of a dump, and its manifest so that both agree."""
    lines = change(lines_of(folder, "records"))
    packed = zstandard.ZstdCompressor().compress(b"".join(line + b"\n" for line in lines))
    replace_records(folder, packed, rows=len(lines))


def replace_records(folder: Path, content: bytes, rows: int | None = None) -> None:
    """Put other bytes in the place of the records, and let the manifest agree with them."""
    path = folder / "records.jsonl.zst"
    path.write_bytes(content)
    manifest = read_manifest(folder)
    old = manifest.records.lines
    file = msgspec.structs.replace(
        old,
        size_bytes=len(content),
        sha256=sha256_of(path),
        rows=old.rows if rows is None else rows,
    )
    write(folder, msgspec.structs.replace(manifest, records=DumpedTable(file, "0" * 64)))


def write(folder: Path, manifest: DumpManifest) -> None:
    """Put another manifest in the place of a dump's."""
    (folder / NAME).write_bytes(msgspec.json.encode(manifest))
