"""Harvests of tests: over a server on loopback, by a clock that only waiting moves."""

import datetime as dt
import io
import json
from pathlib import Path
from typing import Any

import msgspec
from rich.console import Console

from ingest.harvest.run import INTERFACES, HarvestReport, HarvestWish, Means, harvest
from ingest.progress import Progress
from ingest.reading.files import SourceFile
from ingest.registry import SOURCES
from kensho.domain.records import Record
from kensho.platform.api_client import ApiLimits
from tests.support.api_servers import ApiServer, FakeTime
from tests.support.source_reading import read_all

QUICK = ApiLimits(silence_s=0.3, attempts=4)


def harvested(
    source: str,
    server: ApiServer,
    out: Path,
    *,
    time: FakeTime | None = None,
    since: dt.date | None = None,
    **wishes: Any,
) -> HarvestReport:
    """Harvest into a file."""
    interface = msgspec.structs.replace(INTERFACES[source], endpoint=server.endpoint)
    wish = HarvestWish(interface, out, out.parent / "rejects", since=since, **wishes)
    quiet = Progress(Console(file=io.StringIO()), quiet=True)
    return harvest(wish, Means(quiet, (time or FakeTime()).clock, QUICK))


def lines(path: Path) -> list[Any]:
    """Return the records of a file."""
    return [json.loads(line) for line in path.read_bytes().splitlines()]


def left_out(report: HarvestReport) -> list[tuple[str | None, str, str]]:
    """Return key, field and value of all that was left out or refused."""
    if report.rejects_file is None:
        return []
    found = lines(Path(report.rejects_file))
    return [(one.get("key"), one["field"], one["value"]) for one in found]


def read(source: str, path: Path) -> list[Record]:
    """Return what ingest reads of a file."""
    return read_all(SOURCES[source], SourceFile(path)).records
