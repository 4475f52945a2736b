"""Curators who act at once on one embedded store wait for one another, and nothing is lost."""

import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from ingest.curating.log import all_acts
from kensho.storage.gateway import Gateway
from kensho.storage.store_settings import StoreSettings
from tests.support.curating import ingest_catalogue, write_catalogue
from tests.support.records import DUMPS, open_graph, rows
from tests.support.stores import own_queries

ROOT: Final = Path(__file__).parents[2]
_WRITERS: Final = {"alice": (0, 17), "bob": (17, 17), "carol": (34, 16)}
_DEADLINE_S: Final = 500


def started(arguments: Sequence[Sequence[str]]) -> list[subprocess.Popen[bytes]]:
    """Start a writer for each list of arguments."""
    command = [sys.executable, "-m", "tests.support.curator_worker"]
    return [subprocess.Popen([*command, *one], cwd=ROOT) for one in arguments]


async def test_fifty_acts_by_three_writers_at_once_are_all_kept(tmp_path: Path) -> None:
    url = f"surrealkv://{tmp_path / 'store' / 'kensho.db'}"
    async with open_graph(url) as gateway:
        await ingest_catalogue(gateway, write_catalogue(tmp_path / "data"))
    arguments = [
        [url, author, str(first), str(count)] for author, (first, count) in _WRITERS.items()
    ]
    writers = started(arguments)
    try:
        assert [writer.wait(_DEADLINE_S) for writer in writers] == [0, 0, 0]
    finally:
        for writer in writers:
            writer.kill()
            writer.wait()
    async with Gateway.open(StoreSettings(url), {**own_queries(), **DUMPS}) as gateway:
        acts = await all_acts(gateway)
        tags = {row["name"] for row in (await rows(gateway, "tag")).values()}
    assert {act.author for act in acts} == set(_WRITERS)
    assert sorted(act.reason for act in acts) == sorted(
        f"the reason of number {number}" for number in range(50)
    )
    assert {act.undone_by or act.overruled_by for act in acts} == {None}
    assert tags == {"sea", *(f"tag {number}" for number in range(50))}
    assert len({act.id for act in acts}) == len(acts)
