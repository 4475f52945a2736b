"""Ingest a synthetic catalogue of any size, as `kensho ingest --all` does a real one.

    KENSHO_STORE_URL=surrealkv://… python -m benchmarks.synthetic_ingest FOLDER

The guard of sizes is lifted, for no release of a real source has 400,000 works; the curation that
comes with Kenshō, which names works of the real catalogue, is left out. Then it is published. Exits
with 1 where a source is refused.
"""

import sys
from pathlib import Path

from rich.console import Console

from ingest.cli import migrated, publish
from ingest.folder import jobs_in
from ingest.pipeline.jobs import RunOptions, RunReport
from ingest.pipeline.run import Pipeline
from ingest.progress import Progress
from ingest.registry import SOURCES
from kensho.platform import memory
from kensho.storage.gateway import Gateway
from kensho.storage.opening import run_on_store


def main() -> None:
    """Ingest the folder that is named, and publish."""
    folder = Path(sys.argv[1])
    progress = Progress(Console(stderr=True))
    options = RunOptions(folder.parent / "rejects", lifted=frozenset(("size",)))

    async def run(gateway: Gateway) -> RunReport:
        return await Pipeline(gateway, SOURCES, options, progress).run(jobs_in(folder, SOURCES))

    memory.return_early(shares_heap=False)
    report: RunReport = run_on_store(None, lambda gateway: migrated(gateway, run))
    print(f"{report.works.added:,} works, {report.franchises.added:,} franchises")
    published = publish(None, progress)
    sys.exit(int(bool(report.failed or published.unpublished)))


if __name__ == "__main__":
    main()
