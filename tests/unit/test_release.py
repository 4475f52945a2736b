"""What a release hands out: a wheel that anybody can build again, its parts, and their licences."""

import hashlib
import json
import os
import shutil
import subprocess
import sys
from importlib import metadata
from pathlib import Path
from typing import Any, Final, NamedTuple

import pytest
from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator

from deploy.supply import parts
from deploy.supply.__main__ import main, page, sbom

ROOT: Final = Path(__file__).parents[2]
EPOCH: Final = "1790000000"


def test_the_bill_of_materials_is_of_its_schema_and_names_what_the_lock_does() -> None:
    text = sbom()
    assert JsonStrictValidator(SchemaVersion.V1_6).validate_str(text) is None
    assert text == sbom()
    told: dict[str, Any] = json.loads(text)
    named = {one["purl"] for one in told["components"]}
    here = [
        one for one in parts.requirements(parts.LOCK) if not one.marker or one.marker.evaluate()
    ]
    for one in here:
        (version,) = one.specifier
        assert f"pkg:pypi/{one.name}@{version.version}" in named
    assert len(named) == len(here) + 2  # what `make assets` fetches
    assert all(one["licenses"] for one in told["components"])


def test_the_page_of_licences_is_what_is_installed() -> None:
    assert (ROOT / "docs" / "licences.md").read_text("utf-8") == page(), "run `make licences`"


@pytest.mark.parametrize("told", ["", "GPL-3.0-only", "MIT AND AGPL-3.0", "Do as you like"])
def test_a_licence_that_is_not_known_is_refused(told: str, monkeypatch: pytest.MonkeyPatch) -> None:
    said = {"License": [told]}
    monkeypatch.setattr(metadata, "metadata", lambda _: Metadata(said))
    with pytest.raises(ValueError, match=r"known|allowed"):
        parts.parts()


class Metadata(NamedTuple):
    """What a package says of itself."""

    said: dict[str, list[str]]

    def get_all(self, name: str) -> list[str] | None:
        return self.said.get(name)


def test_a_new_secret_is_told_and_one_that_moved_is_not(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    known = json.loads((ROOT / ".secrets.baseline").read_text())
    file = tmp_path / "scan.json"
    assert known["results"]
    for each in known["results"].values():
        assert all(one["is_secret"] is False for one in each)
        each[0]["line_number"] = 7
    file.write_text(json.dumps(known))
    assert main(["secrets", str(file)]) == 0
    known["results"]["kensho/app.py"] = [{"type": "Secret Keyword", "hashed_secret": "0" * 40}]
    file.write_text(json.dumps(known))
    assert main(["secrets", str(file)]) == 1
    assert capsys.readouterr().err == f"kensho/app.py: Secret Keyword (sha1 {'0' * 40})\n"
    assert main(["song"]) == 2


def test_two_builds_of_one_commit_are_one_wheel(tmp_path: Path) -> None:
    """In another folder, at another time, of files of other times and rights."""
    digests = set()
    for number, umask in enumerate((0o022, 0o077)):
        folder = tmp_path / f"build {number}"
        for name in ("pyproject.toml", "README.md", "LICENSE", ".gitignore"):
            folder.mkdir(exist_ok=True)
            shutil.copy(ROOT / name, folder)
        for name in ("kensho", "ingest", "queries", "graph_schema", "curation", "docs"):
            away = shutil.ignore_patterns("__pycache__", "_kernel-*", "*.png", "sample")
            shutil.copytree(ROOT / name, folder / name, ignore=away)
        for path in folder.rglob("*.py"):
            os.utime(path, (number * 10**8, number * 10**8))
            path.chmod(0o644 & ~umask)
        command = [sys.executable, "-m", "hatchling", "build", "--target", "wheel"]
        told = {**os.environ, "SOURCE_DATE_EPOCH": EPOCH, "PYTHONHASHSEED": str(number)}
        subprocess.run(command, cwd=folder, env=told, check=True, capture_output=True, timeout=300)
        (wheel,) = (folder / "dist").glob("*.whl")
        digests.add((wheel.name, hashlib.sha256(wheel.read_bytes()).hexdigest()))
    assert len(digests) == 1


def run(*command: str, folder: Path = ROOT, given: bytes = b"") -> None:
    subprocess.run(command, cwd=folder, input=given, check=True, capture_output=True, timeout=60)


def test_what_is_signed_can_be_verified(tmp_path: Path) -> None:
    """`make sign`, and the command that SECURITY.md gives to those who check it."""
    if shutil.which("ssh-keygen") is None:
        pytest.skip("no ssh-keygen on this machine")
    key, dist = tmp_path / "key", tmp_path / "dist"
    dist.mkdir()
    for name in ("kensho-0.whl", "kensho.cdx.json"):
        (dist / name).write_text(name)
    run("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(key))
    run("make", "sign", f"KEY={key}", f"DIST={dist}", "NOTES=0.2.0.md")
    public = key.with_suffix(".pub").read_text().split()[:2]
    (tmp_path / "signers").write_text(f"kensho {' '.join(public)}\n")
    verify = ["ssh-keygen", "-Y", "verify", "-f", str(tmp_path / "signers"), "-I", "kensho"]
    verify += ["-n", "kensho-release", "-s", str(dist / "SHA256SUMS.sig")]
    sums = (dist / "SHA256SUMS").read_bytes()
    run(*verify, given=sums)
    run("sha256sum", "--check", "SHA256SUMS", folder=dist)
    changed = subprocess.run(verify, input=sums + b"x", check=False, capture_output=True)
    assert changed.returncode != 0
