"""`kensho link`: works of a snapshot and seasons of a provider that runs."""

from collections.abc import Callable, Iterator
from pathlib import Path
from subprocess import CompletedProcess
from typing import Any, TypeAlias

import msgspec
import pytest

from deploy.demo.reference_provider import CLIENT_TOKEN
from tests.support import graphs
from tests.support.command_line import run_here
from tests.support.streaming import TRIGUN, Provider, provider_running

Run: TypeAlias = Callable[..., CompletedProcess[str]]


@pytest.fixture(scope="module")
def provider() -> Iterator[Provider]:
    with provider_running() as provider:
        provider.reference.add_season("Cowboy Bebop", "Cowboy Bebop", 26)
        provider.reference.add_season("Naruto", "Naruto Shippuden", 500)
        yield provider


@pytest.fixture(scope="module")
def published(small_store: str, tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """Return the settings of a snapshot that is published."""
    settings = {
        "KENSHO_STORE_URL": small_store,
        "KENSHO_READ_MODEL_DIR": str(tmp_path_factory.mktemp("link") / "read_model"),
    }
    done = run_here(["snapshot", "publish"], settings)
    assert done.returncode == 0, done.stderr
    return settings


@pytest.fixture
def run(provider: Provider, published: dict[str, str], tmp_path: Path) -> Run:
    provider.reset()
    settings = {
        **published,
        "KENSHO_PROVIDER_URL": provider.server.url,
        "KENSHO_PROVIDER_CLIENT_TOKEN": CLIENT_TOKEN,
        "KENSHO_PROVIDER_LINKS": str(tmp_path / "links.json"),
    }

    def run(*arguments: str, **more: str) -> CompletedProcess[str]:
        return run_here(["link", *arguments], {**settings, **more})

    return run


def listed(run: Run) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = msgspec.json.decode(run("list", "--json").stdout)
    return found


def test_links_are_made_listed_and_removed(run: Run) -> None:
    made = run("add", "mal:6", "GX", "SX", "--first", "5", "--title", "Trigun, sold in parts")
    assert (made.returncode, made.stdout) == (0, "Trigun is GX/SX from episode 5\n")
    (one,) = listed(run)
    assert one["title"] == "Trigun"
    assert one["link"]["work"] == str(TRIGUN)
    assert (one["link"]["first_episode"], one["link"]["method"]) == (5, "curated")
    assert "Trigun" in run("list").stdout
    assert run("add", str(TRIGUN), "GX", "SY").returncode == 2
    assert run("add", str(TRIGUN), "GX", "SY", "--replace").returncode == 0
    assert run("remove", "mal:6").stdout == "Trigun has no link any more\n"
    assert run("remove", "mal:6").returncode == 3
    assert listed(run) == []


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (("mal:404404", "GX", "SX"), 3),
        (("Trigun", "GX", "SX"), 3),
        ((str(graphs.UNKNOWN), "GX", "SX"), 3),
        (("mal:6", "G X", "SX"), 2),
        (("mal:6", "GX", "SX/../.."), 2),
    ],
)
def test_a_link_must_make_sense(run: Run, arguments: tuple[str, ...], code: int) -> None:
    refused = run("add", *arguments)
    assert refused.returncode == code
    assert refused.stderr.startswith("kensho: ")


def test_what_is_sure_is_inferred_and_a_dry_run_writes_nothing(run: Run) -> None:
    tried = run("infer", "--dry-run", "--json")
    found = {one["title"]: one for one in msgspec.json.decode(tried.stdout)}
    assert found["Trigun"]["link"]["method"] == "inferred"
    assert found["Cowboy Bebop"]["confidence"] == 1.0
    assert found["Naruto"]["link"] is None, "220 episodes are not 500"
    assert found["Haibane Renmei"]["nearest"] is None
    assert listed(run) == []
    run("add", "mal:1", "GMINE", "SMINE")
    done = run("infer", "mal:6", "mal:1")
    assert "links written" in done.stderr
    links = {one["title"]: one["link"]["series"] for one in listed(run)}
    assert links["Cowboy Bebop"] == "GMINE", "a person's link stands"
    assert set(links) == {"Cowboy Bebop", "Trigun"}
    strict = run("infer", "mal:467", "--least", "1")
    assert "0 of 1 works" in strict.stderr


@pytest.mark.parametrize("fault", ["down", "blocked", "client_retired"])
def test_a_provider_that_can_t_be_asked_is_told(run: Run, provider: Provider, fault: Any) -> None:
    provider.reference.faults.token = fault
    failed = run("infer", "mal:6")
    assert failed.returncode == 7
    assert failed.stderr.startswith("kensho: ")


def test_without_a_provider_there_is_nobody_to_ask(run: Run) -> None:
    failed = run("infer", "mal:6", KENSHO_PROVIDER_URL="")
    assert (failed.returncode, "KENSHO_PROVIDER_URL" in failed.stderr) == (2, True)
    failed = run("infer", "mal:6", KENSHO_PROVIDER_CLIENT_TOKEN="")
    assert (failed.returncode, "KENSHO_PROVIDER_CLIENT_TOKEN" in failed.stderr) == (2, True)
