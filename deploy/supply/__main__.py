"""`python -m deploy.supply sbom|licences|secrets FILE`: what a release says, and must not.

The parts of a release are printed as CycloneDX or as a page: the same wherever they are made of one
commit. `secrets` compares what detect-secrets found with what was looked at before, in
`.secrets.baseline`: by file and digest, so that lines may move.
"""

import datetime as dt
import hashlib
import subprocess
import sys
import tomllib
import uuid
from collections.abc import Sequence
from pathlib import Path
from typing import Final

import msgspec
from cyclonedx.model.bom import Bom
from cyclonedx.model.component import Component, ComponentType
from cyclonedx.model.license import LicenseExpression
from cyclonedx.output.json import JsonV1Dot6
from packageurl import PackageURL

from deploy.supply.parts import LOCK, ROOT, Part, parts, requirements

_SPACE: Final = uuid.UUID("6f3c1a1e-8a0f-5a55-9a5e-6a1f0c1d2e3f")
_HEAD: Final = """# Licences

Kenshō is licensed under Apache-2.0. It runs with these packages, of which each says its licence
itself (`make licences` writes this page; a test refuses a licence that asks anything of what is
built on top). Data have licences of their own: [ingest.md](ingest.md).

The package surrealdb-embedded says Apache-2.0 of itself; the engine that is compiled into it, and
the graph server's image, are SurrealDB's, under its Business Source License 1.1: it may be used,
and not be offered to others as a database service.

| package | from | licence |
|-|-|-|
"""


def sbom() -> str:
    """Return the parts as a document of CycloneDX 1.6."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    bom = Bom()
    known = hashlib.sha256((ROOT / LOCK).read_bytes()).hexdigest()
    bom.serial_number = uuid.uuid5(_SPACE, f"{project['version']} {known}")
    bom.metadata.timestamp = _committed_at()
    bom.metadata.component = Component(
        type=ComponentType.APPLICATION,
        name=project["name"],
        version=project["version"],
        bom_ref="kensho",
        licenses=[LicenseExpression(project["license"])],
        purl=PackageURL("pypi", None, project["name"], project["version"]),
    )
    found = [_component(part) for part in parts()]
    bom.components.update(found)
    bom.register_dependency(bom.metadata.component, found)
    return JsonV1Dot6(bom).output_as_string(indent=2)


def _component(part: Part) -> Component:
    purl = PackageURL(part.origin, None, part.name, part.version)
    return Component(
        type=ComponentType.LIBRARY,
        name=part.name,
        version=part.version,
        bom_ref=purl.to_string(),
        licenses=[LicenseExpression(part.licence)],
        purl=purl,
    )


def _committed_at() -> dt.datetime:
    command = ["git", "log", "-1", "--format=%ct"]
    told = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    return dt.datetime.fromtimestamp(int(told.stdout or 0), dt.UTC)


def page() -> str:
    """Return the page of licences."""
    rows = [f"| {one.name} | {one.origin} | {one.licence} |\n" for one in parts()]
    here = {one.name for one in parts()}
    elsewhere = sorted({one.name for one in requirements(LOCK)} - here)
    last = f"\nOn other systems, or with other versions of Python, also: {', '.join(elsewhere)}.\n"
    return _HEAD + "".join(rows) + (last if elsewhere else "")


class _Finding(msgspec.Struct, frozen=True, rename={"digest": "hashed_secret"}):
    type: str
    digest: str


class _Scan(msgspec.Struct, frozen=True):
    results: dict[str, list[_Finding]]


def new_secrets(found: Path) -> Sequence[str]:
    """Return what a scan found that nobody has looked at, a line each."""
    known = _scan(ROOT / ".secrets.baseline")
    return sorted(f"{file}: {kind} (sha1 {digest})" for file, kind, digest in _scan(found) - known)


def _scan(path: Path) -> frozenset[tuple[str, str, str]]:
    scan = msgspec.json.decode(path.read_bytes(), type=_Scan)
    return frozenset((f, one.type, one.digest) for f, each in scan.results.items() for one in each)


def main(arguments: Sequence[str]) -> int:
    """Print what is asked for; return the exit code."""
    match list(arguments):
        case ["sbom"]:
            sys.stdout.write(f"{sbom()}\n")
        case ["licences"]:
            sys.stdout.write(page())
        case ["secrets", path]:
            told = new_secrets(Path(path))
            sys.stderr.write("".join(f"{one}\n" for one in told))
            return 1 if told else 0
        case _:
            sys.stderr.write("usage: python -m deploy.supply sbom|licences|secrets FILE\n")
            return 2
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
