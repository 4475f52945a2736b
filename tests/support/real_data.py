"""The graph of all the real dumps, which tests share.

It is made in a process of its own, for the tracing of coverage would double the time, and with no
snapshot of it. Only `../shared/data` has the dumps.
"""

import asyncio
import sys
from pathlib import Path
from typing import Final, NamedTuple

import msgspec
import pytest

from ingest.curation_layers import LayeredCuration, layered
from ingest.folder import jobs_in, with_curation
from ingest.pipeline.jobs import RunOptions, RunReport
from ingest.pipeline.run import Pipeline
from ingest.registry import SOURCES
from kensho.platform import memory
from kensho.storage.gateway import Gateway
from tests.support.records import open_graph, silent

DATA: Final = Path(__file__).parents[3] / "shared" / "data"
REAL_DATA: Final = (
    pytest.mark.skipif(
        not (DATA / "aodb").exists(),
        reason=f"the real dumps are not here: {DATA} has no anime-offline-database",
    ),
    pytest.mark.timeout(1_800),  # who comes first makes the graph: two minutes of a machine alone
)
"""What marks a test that needs the graph."""


class RealData(NamedTuple):
    """The store of the graph, how the run ended, and where it wrote what was rejected."""

    store: str
    report: RunReport
    rejects: Path


async def made(folder: Path) -> RealData:
    """Ingest all the real dumps into a store in `folder`."""
    command = [sys.executable, "-m", "tests.support.real_data", str(folder)]
    process = await asyncio.create_subprocess_exec(*command, stdout=asyncio.subprocess.PIPE)
    said, _ = await process.communicate()
    assert process.returncode == 0
    return RealData(_store(folder), msgspec.json.decode(said, type=RunReport), folder / "rejects")


async def ingested(gateway: Gateway, rejects: Path) -> RunReport:
    """Bring the real dumps into the graph of a gateway, with the curation that comes with us."""
    layers: LayeredCuration = layered(rejects / "no curation of one's own")
    jobs = with_curation(jobs_in(DATA, SOURCES), layers)
    options = RunOptions(rejects)
    return await Pipeline(gateway, SOURCES, options, silent(), layers.decisions).run(jobs)


def _store(folder: Path) -> str:
    return f"surrealkv://{folder / 'real.db'}"


async def _made(folder: Path) -> RunReport:
    async with open_graph(_store(folder)) as gateway:
        return await ingested(gateway, folder / "rejects")


def main() -> None:
    """Ingest into the folder that is named, and print the report as JSON."""
    memory.return_early(shares_heap=False)
    sys.stdout.buffer.write(msgspec.json.encode(asyncio.run(_made(Path(sys.argv[1])))))


if __name__ == "__main__":
    main()
