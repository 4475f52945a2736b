"""Run one source adapter over a small file and look at what it says."""

import gzip
from pathlib import Path
from typing import NamedTuple

import msgspec

from ingest.reading.files import SourceFile
from ingest.reading.rejects import Reject
from ingest.source import Source
from kensho.domain.records import Record


class RejectList:
    """Rejects kept in a list, for tests to look at."""

    def __init__(self) -> None:
        self.all: list[Reject] = []

    def add(
        self, line: int, field: str, value: object, reason: str, *, key: str | None = None
    ) -> None:
        """Keep one reject."""
        self.all.append(Reject("test", line, field, str(value), reason, key))


class Run(NamedTuple):
    """What an adapter made of a file: its records, and what it refused."""

    records: list[Record]
    rejects: list[Reject]

    @property
    def refused(self) -> list[tuple[int, str, str]]:
        """Return line, field and value of every reject."""
        return [(reject.line, reject.field, reject.value) for reject in self.rejects]

    @property
    def only(self) -> Record:
        """Return the single record of a file without rejects."""
        assert self.rejects == []
        assert len(self.records) == 1
        return self.records[0]


def run(source: Source, path: Path, content: str | bytes) -> Run:
    """Write `content` to `path` (compressed for .gz), read it, and check each record's limits."""
    data = content.encode() if isinstance(content, str) else content
    path.write_bytes(gzip.compress(data) if path.suffix == ".gz" else data)
    rejects = RejectList()
    records = list(source.read(SourceFile(path), rejects))
    for record in records:
        assert record.key in record.ids
        # The constructor of a Struct checks nothing; a round trip checks every type and limit.
        assert msgspec.json.decode(msgspec.json.encode(record), type=Record) == record
    return Run(records, rejects.all)


def json_lines(*values: object) -> bytes:
    """Return the values as JSON Lines."""
    return b"".join(msgspec.json.encode(value) + b"\n" for value in values)
