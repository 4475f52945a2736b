"""Nothing is installed, here, in CI or in the image, that is not named by its hash."""

import json
import re
import tomllib
from pathlib import Path
from typing import Any

import pytest
from packaging.requirements import Requirement
from packaging.version import Version

ROOT = Path(__file__).parents[2]
LOCKS = sorted(ROOT.glob("requirements*.lock"))
RECIPES = (
    *(ROOT / "Makefile", ROOT / "Dockerfile", ROOT / "docker-compose.yml"),
    *sorted((ROOT / ".github").rglob("*.yml")),
    *sorted(path for path in (ROOT / ".ci").rglob("*") if path.is_file()),
)
_OF_GROUP = {"test": "dev", "lint": "dev", "bench": "dev"}
"""Groups that share a lock with others; the lock of another has its name."""
_FETCHES = r"\b(?:npx|uvx|pipx|curl|wget|git clone|npm (?:install|ci|exec)|uv (?:run|tool|sync))\b"

_LOCKED = "npm ci"
"""Compares what it gets with the digests of package-lock.json, and refuses what has none."""


def project() -> dict[str, Any]:
    return tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))


def commands(path: Path) -> list[str]:
    """Return the commands of a recipe; those that go on in the next line are one."""
    text = re.sub(r"^\s*#.*$", "", path.read_text("utf-8"), flags=re.MULTILINE)
    joined = text.replace("\\\n", " ")
    return [part.strip() for line in joined.splitlines() for part in re.split(r"&&|;|\|\|", line)]


def pinned(lock: Path) -> dict[str, list[Version]]:
    found: dict[str, list[Version]] = {}
    for name, version in re.findall(
        r"^([\w.-]+)(?:\[[^]]*\])?==(\S+)", lock.read_text(), re.MULTILINE
    ):
        found.setdefault(canonical(name), []).append(Version(version))
    return found


def canonical(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def test_the_recipes_that_are_read_here_install_something() -> None:
    installing = [one for path in RECIPES for one in commands(path) if " pip " in f" {one} "]
    assert len(installing) >= 6
    assert {path.name for path in LOCKS} >= {
        f"requirements-{name}.lock" for name in ("build", "dev")
    }


@pytest.mark.parametrize("path", RECIPES, ids=lambda path: path.name)
def test_what_is_installed_is_named_by_its_hash_or_made_here(path: Path) -> None:
    for command in commands(path):
        if not re.search(r"\bpip3? (?:install|sync|wheel|download)\b", command):
            continue
        is_hashed = "--require-hashes" in command and "requirements" in command
        is_local = re.search(r"--no-index|--offline", command) and "--no-deps" in command
        builds = re.search(r"--editable|\bwheel\b.* \.$", command)
        assert is_hashed or is_local, command
        assert not builds or "--no-build-isolation" in command, command


@pytest.mark.parametrize("path", RECIPES, ids=lambda path: path.name)
def test_what_is_fetched_otherwise_is_compared_with_a_digest(path: Path) -> None:
    text = "\n".join(one for one in commands(path) if "http://127.0.0.1" not in one)
    assert [one for one in re.findall(_FETCHES, text) if one != _LOCKED] == []
    assert len(re.findall(r"\bnpm pack\b", text)) == len(
        re.findall(r"\bsha256sum (?:-c|--check)\b", text)
    )


def test_what_npm_installs_is_named_by_its_digest() -> None:
    (lock,) = ROOT.glob("sdk/*/package-lock.json")
    named = json.loads(lock.read_text())["packages"]
    assert all(one["integrity"].startswith("sha512-") for name, one in named.items() if name)


def test_actions_are_named_by_commit() -> None:
    used = [
        action
        for path in RECIPES
        for action in re.findall(r"^\s*-?\s*uses:\s*(\S+)", path.read_text("utf-8"), re.MULTILINE)
    ]
    assert used
    assert [action for action in used if not re.fullmatch(r"[\w./-]+@[0-9a-f]{40}", action)] == []


def test_images_are_named_by_version() -> None:
    text = "\n".join(
        path.read_text("utf-8") for path in RECIPES if path.name.lower().startswith("docker")
    )
    images = re.findall(r"^(?:FROM|\s*image:)\s+(\S+)", text, re.MULTILINE)
    stages = set(re.findall(r"^FROM \S+ AS (\w+)$", text, re.MULTILINE))
    fetched = [image for image in images if image not in stages]
    assert fetched
    assert [image for image in fetched if ":" not in image or image.endswith(":latest")] == []


@pytest.mark.parametrize("lock", LOCKS, ids=lambda lock: lock.name)
def test_every_line_of_a_lock_bears_a_hash(lock: Path) -> None:
    text = re.sub(r"^\s*#.*$", "", lock.read_text("utf-8"), flags=re.MULTILINE).replace("\\\n", " ")
    lines = [line for line in text.splitlines() if line.strip()]
    assert lines
    assert [
        line for line in lines if not re.search(r"==\S+.*--hash=sha256:[0-9a-f]{64}", line)
    ] == []


def test_every_dependency_is_in_the_lock_of_its_group() -> None:
    declared = project()
    wanted = {"requirements.lock": list(declared["project"]["dependencies"])}
    for group, requirements in declared["dependency-groups"].items():
        lock = f"requirements-{_OF_GROUP.get(group, group)}.lock"
        wanted.setdefault(lock, []).extend(one for one in requirements if isinstance(one, str))
    wanted["requirements-build.lock"] += declared["build-system"]["requires"]
    for lock, requirements in wanted.items():
        known = pinned(ROOT / lock)
        for requirement in map(Requirement, requirements):
            versions = known.get(canonical(requirement.name))
            assert versions, f"{lock}: {requirement} is not in it; run `make lock`"
            for version in versions:
                assert requirement.specifier.contains(version, prereleases=True), requirement


def test_the_lock_of_edges_is_that_of_the_service_and_what_edges_need() -> None:
    service, edges = (pinned(ROOT / f"requirements{one}.lock") for one in ("", "-edges"))
    assert {name: edges.get(name) for name in service} == service
    extra = project()["project"]["optional-dependencies"]["edges"]
    assert {canonical(Requirement(one).name) for one in extra} <= set(edges)
