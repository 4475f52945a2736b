"""`kensho search`, as it is typed, over a store on disk."""

import asyncio
import json
import subprocess
from pathlib import Path

import msgspec
import pytest

from kensho.discovery.search_views import SearchPage
from tests.support.command_line import run_here
from tests.support.servers import written_store


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("cli_search")
    asyncio.run(written_store(folder / "kensho.db"))
    return folder


def search(folder: Path, *arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
    named = {
        "KENSHO_STORE_URL": f"surrealkv://{folder / 'kensho.db'}",
        "KENSHO_READ_MODEL_DIR": str(folder / "read_model"),
        "KENSHO_SECRET_FILE": str(folder / "secret"),
        "COLUMNS": "160",
        **variables,
    }
    return run_here(["search", *arguments], named)


def test_hits_are_a_table_best_first(folder: Path) -> None:
    done = search(folder, "cowboy bebpo")
    assert done.returncode == 0, done.stderr
    head, first, second, count = done.stdout.splitlines()
    assert head.split() == ["title", "matched", "type", "year", "score"]
    assert first.split()[:3] == ["1", "Cowboy", "Bebop"]
    assert first.split()[-3:-1] == ["tv", "1998"]
    assert "Tengoku" in second
    assert count == "2 works"


def test_the_answer_of_the_api_is_printed_on_demand(folder: Path) -> None:
    done = search(folder, "cowboy", "--json", "--limit", "1", "--explain")
    page = msgspec.json.decode(done.stdout, type=SearchPage)
    assert done.returncode == 0
    assert page.total == 2
    assert page.results[0].explain is not None
    assert page.next_cursor is not None


def test_hits_are_filtered(folder: Path) -> None:
    assert "1 works" not in search(folder, "cowboy", "--type", "movie").stderr
    found = json.loads(search(folder, "cowboy", "--year", "2001", "--json").stdout)
    assert [work["title"] for work in found["results"]] == ["Cowboy Bebop: Tengoku no Tobira"]


def test_why_a_title_is_a_hit_is_told(folder: Path) -> None:
    assert "same_but_case +0.9980" in search(folder, "TRIGUN", "--explain").stdout


def test_nothing_found_is_an_exit_code_a_reason_and_suggestions(folder: Path) -> None:
    done = search(folder, "naruto", "--year", "1950")
    assert done.returncode == 1
    assert "nothing found: the filters leave none of the 2 hits" in done.stdout
    assert "did you mean Naruto (Naruto, " in done.stdout


@pytest.mark.parametrize("text", ["  ", "\udced\udca0\udc80", "a" * 10_000])
def test_what_is_no_text_to_search_for_is_one_clear_line(folder: Path, text: str) -> None:
    done = search(folder, text)
    assert done.returncode == 2
    assert done.stderr.startswith("kensho: q: ")
    assert len(done.stderr.splitlines()) == 1


def test_another_store_does_not_mix_with_the_first(folder: Path, tmp_path: Path) -> None:
    assert search(folder, "cowboy").returncode == 0
    assert (
        search(folder, "cowboy", "--store", f"surrealkv://{folder / 'kensho.db'}").returncode == 0
    )
    empty = f"surrealkv://{tmp_path / 'empty.db'}"
    assert search(folder, "cowboy", "--store", empty).returncode != 0
