"""Source files of tests as they come: plain or compressed, sound or broken, read to their end."""

import gzip
import json
from collections.abc import Sequence
from pathlib import Path

import msgspec
import zstandard

from ingest.reading.files import SourceFile
from ingest.reading.rejects import Reject
from ingest.source import Source
from kensho.domain.records import Record
from tests.support.adapter_runs import RejectList, Run


def packed(name: str, content: bytes) -> bytes:
    """Return the content as a file of this name holds it: plain, gzip or zstd."""
    if name.endswith(".gz"):
        return gzip.compress(content)
    if name.endswith(".zst"):
        return zstandard.ZstdCompressor().compress(content)
    return content


def written(folder: Path, name: str, content: bytes) -> SourceFile:
    """Write a source file, compressed as its name says."""
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(packed(name, content))
    return SourceFile(path)


def lines_of(*values: object) -> bytes:
    """Return JSON Lines; bytes stand as they are, for lines that are no JSON."""
    return b"".join(
        (value if isinstance(value, bytes) else json.dumps(value).encode()) + b"\n"
        for value in values
    )


def read_all(source: Source, file: SourceFile) -> Run:
    """Return all that a source says of a file; every record keeps the limits of the data model."""
    rejects = RejectList()
    records = list(source.read(file, rejects))
    for record in records:
        assert record.key in record.ids or record.facts.act is not None
        assert msgspec.json.decode(msgspec.json.encode(record), type=Record) == record
    return Run(records, rejects.all)


def read_until_error(source: Source, file: SourceFile) -> tuple[int, Exception | None]:
    """Return how many records came before an error, and the error."""
    count = 0
    try:
        for _ in source.read(file, RejectList()):
            count += 1
    except Exception as error:  # noqa: BLE001 - whoever asks looks at its class
        return count, error
    return count, None


def places(rejects: Sequence[Reject]) -> list[tuple[int, str]]:
    """Return line and field of every reject."""
    return [(reject.line, reject.field) for reject in rejects]


def fields(rejects: Sequence[Reject]) -> list[str]:
    """Return the field of every reject."""
    return [reject.field for reject in rejects]
