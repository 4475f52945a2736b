"""`/api/paths` and `/api/anime/{id}/similar` over the small graph, and `kensho path`."""

import asyncio
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from httpx import AsyncClient

from tests.support import graphs
from tests.support.servers import written_store


async def paths(client: AsyncClient, query: str) -> list[dict[str, Any]]:
    answer = await client.get(f"/api/paths?{query}")
    assert answer.status_code == 200, answer.text
    found: list[dict[str, Any]] = answer.json()["paths"]
    return found


async def test_a_path_is_told_as_edges_and_as_a_sentence(client: AsyncClient) -> None:
    (path,) = await paths(client, f"from={graphs.GITS}&to={graphs.GITS_SSS}")
    ids = [str(work) for work in (graphs.GITS, graphs.GITS_2, graphs.GITS_SSS)]
    assert [work["id"] for work in path["works"]] == ids
    assert [(e["from"], e["to"], e["kind"]) for e in path["edges"]] == [
        (ids[0], ids[1], "sequel"),
        (ids[1], ids[2], "sequel"),
    ]
    assert path["sentence"] == (
        "Koukaku Kidoutai: Stand Alone Complex is the prequel of Koukaku Kidoutai: 2nd GIG, "
        "the prequel of Koukaku Kidoutai: Solid State Society."
    )


async def test_the_way_back_reads_the_other_way(client: AsyncClient) -> None:
    (path,) = await paths(client, f"from={graphs.BEBOP_FILM}&to={graphs.BEBOP}&k=5")
    (edge,) = path["edges"]
    assert edge["kind"] == "parent_story"
    assert edge["assertions"][0]["kind"] == "parent_story"  # read from there as well
    assert " is a side story of Cowboy Bebop." in path["sentence"]


async def test_a_merged_work_means_its_successor(client: AsyncClient) -> None:
    answer = await client.get(f"/api/anime/{graphs.MERGED}", follow_redirects=False)
    successor = answer.headers["location"].rpartition("/")[2]
    other = graphs.NARUTO if successor != str(graphs.NARUTO) else graphs.TRIGUN
    merged = await paths(client, f"from={graphs.MERGED}&to={other}")
    assert merged == await paths(client, f"from={successor}&to={other}")


async def test_strangers_have_no_path(client: AsyncClient) -> None:
    assert await paths(client, f"from={graphs.TRIGUN}&to={graphs.NARUTO}") == []


@pytest.mark.parametrize(
    ("query", "status", "field"),
    [
        (f"from={graphs.GITS}", 400, "to"),
        (f"from=x&to={graphs.GITS}", 400, "from"),
        (f"from={graphs.GITS}&to={graphs.GITS}", 400, "to"),
        (f"from={graphs.GITS}&to={graphs.GITS_2}&k=6", 400, "k"),
        (f"from={graphs.GITS}&to={graphs.UNKNOWN}", 404, None),
        (f"from={graphs.REMOVED}&to={graphs.GITS}", 410, None),
    ],
)
async def test_bad_ends_are_named(
    client: AsyncClient, query: str, status: int, field: str | None
) -> None:
    answer = await client.get(f"/api/paths?{query}")
    assert answer.status_code == status, answer.text
    if field is not None:
        assert answer.json()["errors"][0]["field"] == field


async def test_similar_works_say_why(client: AsyncClient) -> None:
    answer = await client.get(f"/api/anime/{graphs.BEBOP}/similar")
    found = answer.json()["similar"]
    assert answer.status_code == 200
    assert [work["score"] for work in found] == sorted(
        (work["score"] for work in found), reverse=True
    )
    assert all(work["why"] for work in found)
    assert str(graphs.BEBOP_FILM) not in {work["id"] for work in found}  # of its own story


async def test_similar_of_no_work_is_not_found(client: AsyncClient) -> None:
    assert (await client.get(f"/api/anime/{graphs.UNKNOWN}/similar")).status_code == 404
    assert (await client.get(f"/api/anime/{graphs.BEBOP}/similar?limit=0")).status_code == 400


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("cli_path")
    asyncio.run(written_store(folder / "kensho.db"))
    return folder


def kensho_path(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    known = {name: value for name, value in os.environ.items() if not name.startswith("KENSHO_")}
    environment = known | {
        "KENSHO_STORE_URL": f"surrealkv://{folder / 'kensho.db'}",
        "KENSHO_READ_MODEL_DIR": str(folder / "read_model"),
        "KENSHO_SECRET_FILE": str(folder / "secret"),
    }
    return subprocess.run(
        [sys.executable, "-m", "kensho.cli", "path", *arguments],
        capture_output=True,
        text=True,
        env=environment,
        check=False,
        timeout=120,
    )


def test_the_command_takes_titles_and_ids(folder: Path) -> None:
    done = kensho_path(folder, "narutoo", "mal:1735")
    assert done.returncode == 0, done.stderr
    assert done.stdout == "Naruto is the prequel of Naruto: Shippuuden.\n"


def test_the_command_says_that_works_are_strangers(folder: Path) -> None:
    done = kensho_path(folder, "trigun", "naruto")
    assert done.returncode == 1
    assert "nothing connects them" in done.stderr


def test_the_command_names_what_means_no_work(folder: Path) -> None:
    done = kensho_path(folder, "qqqqqqqqxx", "naruto")
    assert done.returncode != 0
    assert "qqqqqqqqxx" in done.stderr
