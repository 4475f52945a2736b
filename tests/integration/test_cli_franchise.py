"""`kensho hub`, `kensho watch-order` and `kensho export` over the small graph."""

import asyncio
import io
import json
import subprocess
from pathlib import Path

import networkx as nx
import pytest

from tests.support import franchise_rows, graphs
from tests.support.command_line import run_here


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("cli_franchise")
    asyncio.run(franchise_rows.franchise_store(folder))
    return folder


def kensho(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    variables = {
        "KENSHO_STORE_URL": f"surrealkv://{folder / 'kensho.db'}",
        "KENSHO_READ_MODEL_DIR": str(folder / "read_model"),
        "KENSHO_SECRET_FILE": str(folder / "secret"),
        "COLUMNS": "300",
    }
    return run_here(list(arguments), variables)


def test_a_franchise_is_printed_with_roles_and_ids_as_text(folder: Path) -> None:
    done = kensho(folder, "hub", franchise_rows.GITS)
    assert done.returncode == 0, done.stderr
    assert "Koukaku Kidoutai (ghost-in-the-shell): 3 works, 2002 to 2006" in done.stdout
    assert "2 main, 1 side" in done.stdout
    assert str(graphs.GITS_SSS) in done.stdout
    assert done.stdout.rstrip().endswith("from naruto")


def test_a_title_means_its_franchise_as_well(folder: Path) -> None:
    done = kensho(folder, "hub", "shippuuden", "--json")
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["slug"] == franchise_rows.NARUTO


def test_an_order_is_printed_with_its_reasons(folder: Path) -> None:
    done = kensho(folder, "watch-order", franchise_rows.GITS, "--order", "essential")
    assert done.returncode == 0, done.stderr
    assert "continues Koukaku Kidoutai: Stand Alone Complex, says mal" in done.stdout
    assert "Solid State Society" not in done.stdout


def test_an_order_is_that_of_the_api(folder: Path) -> None:
    done = kensho(folder, "watch-order", franchise_rows.GITS, "--order", "story", "--json")
    found = json.loads(done.stdout)
    assert (found["order"], [step["position"] for step in found["steps"]]) == ("story", [1, 2, 3])


def test_a_franchise_is_exported_to_a_file(folder: Path) -> None:
    path = folder / "gits.graphml"
    done = kensho(
        folder, "export", franchise_rows.GITS, "--format", "graphml", "--output", str(path)
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    assert len(nx.read_graphml(path)) == 3


def test_the_whole_graph_is_exported_to_standard_output(folder: Path) -> None:
    done = kensho(folder, "export", "--format", "gexf")
    assert done.returncode == 0, done.stderr
    read = nx.read_gexf(io.BytesIO(done.stdout.encode()))
    assert len(read) == len(graphs.ANIME) + len(graphs.MOVIES) - 1  # another record of a film


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (("hub", "qqqqxxxxzzzz"), 3, "no franchise is meant by 'qqqqxxxxzzzz'"),
        (("hub", " "), 2, "q: type a title"),
        (("hub", "noir"), 3, "the franchise 'noir' dissolved"),
        (("watch-order", "bebop"), 3, "is now 'cowboy-bebop'"),
        (("watch-order", franchise_rows.GITS, "--order", "best"), 2, "'best' is not one of"),
        (("export", "qqqqxxxxzzzz"), 3, "no franchise is meant by 'qqqqxxxxzzzz'"),
        (("export", "--format", "xml"), 2, "'xml' is not one of"),
        (("export", "--output", "/no/such/folder/a.json"), 2, "--output: /no/such/folder/a.json"),
    ],
)
def test_what_can_not_be_done_is_said(
    folder: Path, arguments: tuple[str, ...], code: int, said: str
) -> None:
    done = kensho(folder, *arguments)
    assert done.returncode == code, done.stderr
    assert said in done.stderr
    assert "Traceback" not in done.stderr


def test_a_failed_export_leaves_no_file(folder: Path) -> None:
    path = folder / "nothing.json"
    done = kensho(folder, "export", "qqqqxxxxzzzz", "--output", str(path))
    assert done.returncode == 3
    assert not path.exists()
