"""The rules of hubs: read whole, and known by a digest that any of their code changes."""

import ast
import re
from pathlib import Path

from ingest.pipeline.hubs import rules

ROOT = Path(__file__).parents[2]
_NO_PART = frozenset(("rules",))
"""What only reads the rules takes no part in what they make."""


def imported(module: str) -> set[str]:
    """Return the modules of the counted packages that a module imports."""
    tree = ast.parse((ROOT / f"{module.replace('.', '/')}.py").read_text("utf-8"))
    found: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and node.module:
            found |= {node.module, *(f"{node.module}.{alias.name}" for alias in node.names)}
    return {name for name in found if any(name.startswith(f"{package}.") for package in rules.CODE)}


def is_module(name: str) -> bool:
    return (ROOT / f"{name.replace('.', '/')}.py").is_file()


def test_all_code_that_computes_hubs_is_in_their_digest() -> None:
    waiting = [f"ingest.pipeline.hubs.{name}" for name in rules.CODE["ingest.pipeline.hubs"]]
    found: set[str] = set()
    while waiting:
        module = waiting.pop()
        if module not in found and is_module(module):
            found.add(module)
            waiting += imported(module)
    listed = {f"{package}.{name}" for package, names in rules.CODE.items() for name in names}
    reached = {name for name in found if name.rpartition(".")[2] not in _NO_PART}
    assert reached == listed


def test_the_rules_are_those_of_the_curation_files() -> None:
    loaded = rules.load()
    assert loaded.policy.kinds
    assert loaded.model.among.trees
    assert rules.load().digest == loaded.digest


def test_an_inferred_kind_names_its_model_by_a_checksum() -> None:
    assert re.fullmatch("[0-9a-f]{8}", rules.load().model_version)
