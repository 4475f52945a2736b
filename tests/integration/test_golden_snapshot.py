"""The snapshot of the sample catalogue has the digest that was written down with its version."""

import datetime as dt
import hashlib
from pathlib import Path
from typing import Final

import msgspec

from ingest.folder import jobs_in, with_curation
from ingest.pipeline.jobs import RunOptions
from ingest.pipeline.run import Pipeline
from ingest.registry import SOURCES
from kensho.read_model.building.builder import build
from kensho.read_model.folder_lives import MANIFEST
from kensho.read_model.snapshot_folder import Manifest
from kensho.read_model.version import SNAPSHOT_VERSION
from tests.support.records import silent
from tests.support.stores import open_graph

SAMPLE: Final = Path(__file__).parents[2] / "ingest" / "sample"
GOLDEN: Final = Path(__file__).with_name("golden_snapshot.txt")
_DIGEST_BYTES: Final = 16


def digest_of(folder: Path) -> str:
    """Return the digest of all documents and arrays, and not of when and from which store."""
    manifest = Manifest.of((folder / MANIFEST).read_bytes(), MANIFEST)
    told = msgspec.json.encode((manifest.counts, manifest.files), order="deterministic")
    return hashlib.blake2b(told, digest_size=_DIGEST_BYTES).hexdigest()


async def test_the_documents_of_the_sample_are_those_of_this_version(tmp_path: Path) -> None:
    # Files of the sample that bear no date would stand for the day they were checked out.
    options = RunOptions(tmp_path / "rejects", snapshot="2026-01-01")
    async with open_graph() as graph:
        await Pipeline(graph, SOURCES, options, silent()).run(
            with_curation(jobs_in(SAMPLE, SOURCES))
        )
        folder = await build(graph, tmp_path / "read_model", dt.datetime(2026, 1, 1, tzinfo=dt.UTC))
    found = f"{SNAPSHOT_VERSION} {digest_of(folder)}"
    assert found == GOLDEN.read_text("ascii").strip(), (
        "documents changed: raise SNAPSHOT_VERSION (kensho/read_model/version.py) or RULES_VERSION"
        f" (ingest/pipeline/franchises/rules.py) and update the digest: {found!r} in {GOLDEN.name}"
    )
