"""The commands that curators type, as processes: what they print and refuse, how they exit."""

import contextlib
import functools
import gzip
import json
import os
import subprocess
import sys
import threading
import tomllib
from collections.abc import Iterator
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, Final, NamedTuple

import click
import pytest
from click.testing import CliRunner
from typing_extensions import override

from ingest.check_cli import check
from ingest.cli import forget, ingest
from ingest.fetching import alone_in
from kensho.errors import KenshoError
from kensho.read_model import last_ingest
from tests.support.records import open_graph

ROOT: Final = Path(__file__).parents[2]
SAMPLE: Final = ROOT / "ingest" / "sample"

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="paths of stores are POSIX here")


class Ended(NamedTuple):
    """How a command ended."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        assert self.out.count("\n") == 1, "one JSON object, on one line"
        return json.loads(self.out)


class Shell:
    """Runs `kensho` in a folder of its own."""

    def __init__(self, folder: Path, entry_points: Path) -> None:
        self.folder = folder
        self.url = f"surrealkv://{folder / 'kensho.db'}"
        inherited = {k: v for k, v in os.environ.items() if not k.startswith("KENSHO_")}
        self._environment = inherited | {
            "KENSHO_STORE_URL": self.url,
            "PYTHONPATH": os.pathsep.join((str(entry_points), str(ROOT))),
            "COLUMNS": "80",
        }

    def __call__(self, *arguments: str | Path, text: str | None = None) -> Ended:
        ended = subprocess.run(
            [sys.executable, "-m", "kensho.cli", *map(str, arguments)],
            cwd=self.folder,
            env=self._environment,
            capture_output=True,
            input=text,
            text=True,
            timeout=120,
            check=False,
        )
        return Ended(ended.returncode, ended.stdout, ended.stderr)

    def file(self, name: str, content: bytes) -> Path:
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
        return path


@pytest.fixture(scope="session")
def entry_points(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder that declares our commands, as an installed Kenshō does."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    groups = {"console_scripts": project["scripts"], **project["entry-points"]}
    folder = tmp_path_factory.mktemp("site")
    info = folder / f"{project['name']}-{project['version']}.dist-info"
    info.mkdir()
    head = f"Metadata-Version: 2.1\nName: {project['name']}\nVersion: {project['version']}\n"
    (info / "METADATA").write_text(head)
    lines = [
        line
        for group, points in groups.items()
        for line in (f"[{group}]", *(f"{name} = {target}" for name, target in points.items()))
    ]
    (info / "entry_points.txt").write_text("\n".join(lines) + "\n")
    return folder


@pytest.fixture(scope="module")
def sampled(tmp_path_factory: pytest.TempPathFactory, entry_points: Path) -> Shell:
    """Return a shell in whose store the sample is; tests with it change nothing."""
    shell = Shell(tmp_path_factory.mktemp("sampled"), entry_points)
    ended = shell("ingest", "--all", SAMPLE)
    assert ended.code == 0, ended.err
    shell.file("first.out", ended.out.encode())
    shell.file("first.err", ended.err.encode())
    return shell


@pytest.fixture
def shell(tmp_path: Path, entry_points: Path) -> Shell:
    return Shell(tmp_path, entry_points)


def dump(*entries: dict[str, object]) -> bytes:
    head = {"repository": "https://example.org", "lastUpdate": "2026-02-01"}
    return b"".join(json.dumps(line).encode() + b"\n" for line in (head, *entries))


def entry(number: int, **more: object) -> dict[str, object]:
    page = f"https://myanimelist.net/anime/{number}"
    return {"sources": [page], "title": f"Work {number}", **more}


def test_a_command_explains_itself(sampled: Shell) -> None:
    ended = sampled("ingest", "--help")
    assert ended.code == 0
    assert "Usage: kensho ingest" in ended.out


@pytest.mark.parametrize("command", [ingest, forget, check])
def test_every_command_has_its_options_explained(command: click.Command) -> None:
    shown = CliRunner().invoke(command, ["--help"])
    assert shown.exit_code == 0
    assert "--store" in shown.output
    assert "--json" in shown.output


def test_sources_are_listed(sampled: Shell) -> None:
    listed = sampled("ingest", "--list")
    assert listed.code == 0
    assert "anime-offline-database" in listed.out
    said = sampled("ingest", "--list", "--json").json
    assert said[0]["name"] == "aodb"
    assert said[0].keys() == {"name", "title", "licence", "rank", "patterns"}


def test_off_a_terminal_a_run_says_plain_lines(sampled: Shell) -> None:
    lines = (sampled.folder / "first.err").read_text().splitlines()
    assert any(line.startswith("kensho-works: reading: 520 in ") for line in lines)
    assert any(line.startswith("works: 589 in ") for line in lines)
    assert "\x1b" not in "".join(lines)


def test_off_a_terminal_the_table_cuts_no_name_and_no_number(sampled: Shell) -> None:
    text = (sampled.folder / "first.out").read_text()
    assert "…" not in text
    assert all(name in text for name in ("kensho-works", "kensho-films", "2026-11-20", "finished"))
    assert "works: 589 added, 0 changed, 0 removed" in text


def test_a_second_run_of_the_sample_changes_nothing(sampled: Shell) -> None:
    ended = sampled("ingest", "--all", SAMPLE, "--json")
    assert (ended.code, ended.err) == (0, "")
    said = ended.json
    assert {s["source"]: s["records"]["unchanged"] for s in said["sources"]} == {
        "kensho-works": 520,
        "kensho-films": 69,
        "kensho-curation": 353,
        "kensho-episodes": 12,
    }
    assert said["works"] == {"added": 0, "changed": 0, "removed": 0, "unchanged": 0}
    assert [said["edges"][name] for name in ("added", "changed", "removed")] == [0, 0, 0]


def test_a_report_for_machines_has_the_same_members_always(sampled: Shell) -> None:
    said = sampled("ingest", "--all", SAMPLE, "--dry-run", "--json").json
    run = {"sources", "works", "edges", "hubs", "revision", "seconds"}
    assert said.keys() == run | {"snapshot", "unpublished", "unused", "slips", "diff"}
    assert (said["snapshot"], said["unpublished"]) == (None, None)
    assert said["sources"][0].keys() == {
        "source",
        "state",
        "snapshot",
        "records",
        "rejects",
        "rejects_file",
        "seconds",
        "message",
        "dated_by",
        "guards",
        "notices",
        "keys",
        "run",
        "undoes",
        "kept",
    }
    assert {source["state"] for source in said["sources"]} == {"planned"}


def test_the_sample_passes_the_check(sampled: Shell) -> None:
    ended = sampled("check", "--json")
    assert ended.code == 0
    assert ended.json["errors"] == 0


@pytest.mark.parametrize(
    ("command", "arguments", "said"),
    [
        (ingest, [], ["SOURCE", "--all", "--list"]),
        (ingest, ["aodb"], ["SOURCE", "--list"]),
        (ingest, ["nobody", "x.json"], ["SOURCE", "'nobody'", "aodb"]),
        (ingest, ["aodb", "--all", "."], ["--all", "'aodb'"]),
        (ingest, ["aodb", "x", "--snapshot", "May"], ["--snapshot", "'May'", "YYYY-MM-DD"]),
        (ingest, ["aodb", "x", "--snapshot", "2999-01-01"], ["--snapshot", "lies in the future"]),
        (ingest, ["aodb", "x", "--force", "all"], ["--force", "'all'", "relations", "age"]),
        (ingest, ["aodb", "x", "--force"], ["--force", "relations", "age"]),
        (ingest, ["--all", ".", "--force", "tags"], ["--force", "one source", "--all"]),
        (ingest, ["--all", ".", "--partial"], ["--partial", "one source", "--all"]),
        (forget, ["nobody"], ["SOURCE", "'nobody'"]),
        (check, ["--store", "ftp://x"], ["STORE_URL", "'ftp://x'"]),
    ],
)
def test_wrong_use_names_field_and_value(
    command: click.Command, arguments: list[str], said: list[str]
) -> None:
    refused = CliRunner().invoke(command, arguments).exception
    assert isinstance(refused, KenshoError)
    assert refused.exit_code == 2
    assert all(part in refused.message for part in said)


@pytest.mark.parametrize("arguments", [["ingest", "nobody", "x.json"], ["ingest", "--frce"]])
def test_wrong_use_is_one_message_and_an_exit_code(shell: Shell, arguments: list[str]) -> None:
    ended = shell(*arguments)
    assert (ended.code, ended.out) == (2, "")
    assert arguments[-1] in ended.err or "'nobody'" in ended.err
    assert "Traceback" not in ended.err


def test_standard_input_is_a_file_and_a_part_keeps_the_rest(shell: Shell) -> None:
    path = shell.file("db.jsonl", dump(entry(1), entry(2)))
    assert shell("ingest", "aodb", path, "--no-curation").code == 0
    part = dump(entry(3)).decode()
    ended = shell("ingest", "aodb", "-", "--partial", "--no-curation", "--json", text=part)
    assert ended.code == 0
    assert ended.json["works"] == {"added": 1, "changed": 0, "removed": 0, "unchanged": 0}


def test_files_that_no_source_knows_are_named(shell: Shell) -> None:
    shell.file("anime.jsonl", dump(entry(1)))
    shell.file("notes.txt", b"x")
    ended = shell("ingest", "--all", ".", "--no-curation", "--dry-run")
    assert "not used: notes.txt: no source has files of this name" in ended.out


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no device here is always full")
def test_a_full_disk_is_said_as_one(shell: Shell) -> None:
    path = shell.file("db.jsonl", dump(entry(1), entry(2, tags=["x" * 51])))
    (shell.folder / "refused").mkdir(mode=0o700)
    (shell.folder / "refused" / "aodb.jsonl").symlink_to("/dev/full")
    ended = shell("ingest", "aodb", path, "--no-curation", "--rejects", "refused")
    assert ended.code == 4
    assert "aodb: the disk is full" in ended.out


def test_a_folder_without_sources_is_refused(shell: Shell) -> None:
    ended = shell("ingest", "--all", shell.folder)
    assert ended.code == 4
    assert f"{shell.folder}: no file of any known source" in ended.err


def test_a_refused_source_is_reported_and_the_others_are_taken_in(shell: Shell) -> None:
    shell.file("anime.jsonl", dump(entry(1)))
    shell.file("films.jsonl", b"<html></html>")
    ended = shell("ingest", "--all", ".", "--json")
    assert ended.code == 4
    by_name = {source["source"]: source for source in ended.json["sources"]}
    assert by_name["kensho-works"]["state"] == "finished"
    assert by_name["kensho-films"]["state"] == "failed"
    assert "films.jsonl: expected curated films" in by_name["kensho-films"]["message"]
    assert ended.json["works"]["added"] == 1
    read_model = shell.folder / "var" / "read_model"
    refused = last_ingest.read(read_model)
    assert refused is not None
    assert refused.exit_code == 4
    (shell.folder / "films.jsonl").unlink()
    assert shell("ingest", "--all", ".").code == 0
    ended_well = last_ingest.read(read_model)
    assert ended_well is not None
    assert ended_well.exit_code == 0


def test_rejects_within_the_quota_are_written_down_and_ordinary(shell: Shell) -> None:
    year, tag = {"season": "SPRING", "year": 2933}, "x" * 51
    path = shell.file("db.jsonl", dump(entry(1, animeSeason=year), entry(2, tags=[tag])))
    ended = shell("ingest", "aodb", path, "--rejects", "refused", "--json")
    assert ended.code == 0
    source = ended.json["sources"][0]
    assert (source["state"], source["rejects"]) == ("finished", 2)
    rejects = [json.loads(line) for line in open_lines(shell.folder / source["rejects_file"])]
    assert [(r["line"], r["field"], r["value"]) for r in rejects] == [
        (2, "year", "2933"),
        (3, "tags", tag),
    ]
    assert all(r["reason"] and r["source"] == "aodb" for r in rejects)


def open_lines(path: Path) -> list[str]:
    return path.read_text("utf-8").splitlines()


def test_a_truncated_archive_is_refused(shell: Shell) -> None:
    path = shell.file("db.jsonl.gz", gzip.compress(dump(*map(entry, range(1, 400))))[:-30])
    ended = shell("ingest", "aodb", path)
    assert ended.code == 4
    assert f"aodb: {path}: the file is truncated" in ended.out


def test_an_older_dump_needs_force(shell: Shell) -> None:
    path = shell.file("db.jsonl", dump(entry(1)))
    assert shell("ingest", "aodb", path).code == 0
    refused = shell("ingest", "aodb", path, "--snapshot", "2025-01-01", "--json")
    assert refused.code == 4
    assert "2025-01-01 is older" in refused.json["sources"][0]["message"]
    assert shell("ingest", "aodb", path, "--snapshot", "2025-01-01", "--force", "age").code == 0


def related(*more: str) -> bytes:
    """Return a release of 30 works, each related to the next, with some keys."""
    relations = [
        entry(n, relatedAnime=[f"https://myanimelist.net/anime/{n % 30 + 1}"], tags=["space"])
        for n in range(1, 31)
    ]
    return dump(*({k: v for k, v in one.items() if k not in more} for one in relations))


def test_a_release_without_relations_is_stopped_and_says_what_it_would_take(shell: Shell) -> None:
    path = shell.file("db.jsonl", related())
    assert shell("ingest", "aodb", path, "--no-curation").code == 0
    shell.file("db.jsonl", related("relatedAnime"))
    stopped = shell("ingest", "aodb", path, "--no-curation", "--json")
    assert stopped.code == 4
    source = stopped.json["sources"][0]
    (guard,) = source["guards"]
    assert (guard["guard"], guard["lost"], guard["before"], guard["alone"]) == (
        "relations",
        30,
        30,
        30,
    )
    assert "lose 30 of 30 relations (100%" in source["message"]
    assert "Work 1 (mal:1): related Work 2" in source["message"]
    assert "the key 'relatedAnime' is gone" in source["message"]
    assert source["message"].endswith("--force relations")
    assert stopped.json["edges"]["removed"] == 0
    other = shell("ingest", "aodb", path, "--no-curation", "--force", "tags", "--json")
    assert other.code == 4
    lifted = shell("ingest", "aodb", path, "--no-curation", "--force", "relations", "--json")
    assert lifted.code == 0
    assert lifted.json["sources"][0]["guards"][0]["lifted"]
    assert lifted.json["edges"]["removed"] == 30


def test_what_a_source_said_can_be_forgotten(shell: Shell) -> None:
    path = shell.file("db.jsonl", dump(entry(1), entry(2)))
    assert shell("ingest", "aodb", path).code == 0
    ended = shell("forget", "aodb", "--yes", "--json")
    assert ended.code == 0
    assert ended.json["works"]["removed"] == 2


def test_to_forget_says_what_goes_and_needs_yes_where_nobody_can_be_asked(sampled: Shell) -> None:
    ended = sampled("forget", "kensho-works")
    assert ended.code == 2
    assert "--yes: forgetting kensho-works needs it" in ended.err
    assert "To forget kensho-works takes back 520 records:" in ended.out
    assert "520 works go: " in ended.out
    assert "Naruto" in ended.out
    assert sampled("show", "mal:20").code == 0


def test_what_would_be_forgotten_is_told_to_machines(sampled: Shell) -> None:
    ended = sampled("forget", "kensho-curation", "--dry-run", "--json")
    assert ended.code == 0
    plan = ended.json
    assert (plan["source"], plan["works"]["count"]) == ("kensho-curation", 0)
    assert sum(plan["relations"].values()) > 0
    assert plan["shrinking"]["names"]


def test_nothing_is_asked_of_a_source_that_has_said_nothing(sampled: Shell) -> None:
    ended = sampled("forget", "anilist")
    assert (ended.code, ended.out) == (0, "anilist has said nothing\n")


def test_what_is_forgotten_and_taken_in_again_has_its_ids_and_slugs(shell: Shell) -> None:
    def named() -> tuple[str, str]:
        return shell("show", "mal:20").out, shell("hub", "naruto").out

    assert shell("ingest", "--all", SAMPLE).code == 0
    before = named()
    assert shell("forget", "kensho-works", "--yes").code == 0
    assert shell("show", "mal:20").code != 0
    assert shell("ingest", "--all", SAMPLE).code == 0
    assert named() == before


class _Quiet(SimpleHTTPRequestHandler):
    @override
    def log_message(self, *_: object) -> None:
        """Say nothing."""


@contextlib.contextmanager
def served(folder: Path) -> Iterator[str]:
    """Serve a folder on loopback and yield its address."""
    handler = functools.partial(_Quiet, directory=str(folder))
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}"
        finally:
            server.shutdown()
            thread.join()


def test_an_address_is_fetched_and_ingested(shell: Shell, tmp_path: Path) -> None:
    shell.file("there/db.jsonl.gz", gzip.compress(dump(entry(1))))
    with served(tmp_path / "there") as address:
        ended = shell("ingest", "aodb", f"{address}/db.jsonl.gz")
        missing = shell("ingest", "aodb", f"{address}/nothing.jsonl")
    assert ended.code == 0, ended.err
    assert f"fetching {address}/db.jsonl.gz" in ended.err
    assert "works: 1 added" in ended.out
    assert missing.code == 4
    assert f"{address}/nothing.jsonl: the server answers 404" in missing.err


def addresses(base: str, *files: str) -> bytes:
    """Return a list of addresses, of works in the form of the sample."""
    return "".join(
        f'[[address]]\nsource = "aodb"\nfile = "aodb/anime-offline-database{number}.jsonl"\n'
        f'url = "{base}/{file}"\nlicence = "ODbL 1.0"\nattribution = "by us"\nmin_bytes = 9\n'
        for number, file in enumerate(files)
    ).encode()


def test_an_update_fetches_and_ingests_what_can_be_had(shell: Shell, tmp_path: Path) -> None:
    shell.file("there/db.jsonl", dump(entry(1)))
    with served(tmp_path / "there") as base:
        listed = shell.file("addresses.toml", addresses(base, "db.jsonl"))
        first = shell("update", "dumps", "--addresses", listed)
        shell.file("there/db.jsonl", dump(entry(1), entry(2)))
        shell.file("addresses.toml", addresses(base, "db.jsonl", "gone.jsonl"))
        second = shell("update", "dumps", "--addresses", listed)
    assert first.code == 0, first.err
    assert "works: 1 added" in first.out
    assert second.code == 4
    assert "gone.jsonl: the server answers 404" in second.out
    assert "works: 1 added" in second.out


def test_an_update_beside_another_one_is_refused(shell: Shell) -> None:
    listed = shell.file("addresses.toml", addresses("https://example.org", "db.jsonl"))
    with alone_in(shell.folder / "dumps"):
        ended = shell("update", "dumps", "--addresses", listed)
    assert (ended.code, ended.out) == (1, "")
    assert "dumps: another process fetches into it now" in ended.err


def test_an_address_that_is_not_secure_is_refused(shell: Shell) -> None:
    ended = shell("ingest", "aodb", "http://example.org/db.jsonl")
    assert ended.code == 4
    assert "only https addresses are fetched" in ended.err


def test_a_store_without_a_graph_is_not_checked(shell: Shell) -> None:
    ended = shell("check")
    assert ended.code == 5
    assert "migrat" in ended.err


async def test_a_store_in_use_is_refused_by_name(shell: Shell) -> None:
    async with open_graph(shell.url):
        ended = shell("check")
    assert ended.code == 5
    assert f"in use by process {os.getpid()}" in ended.err


_FAULTS: Final = """
REMOVE EVENT refuse_removal ON is_prequel_of;
DELETE (SELECT VALUE id FROM is_prequel_of LIMIT 1);
UPDATE (SELECT VALUE id FROM anime WHERE title = 'Work 3')
  SET sources = ['mal:3', 'mal:4'], start_date = '2020-05-01', end_date = '2019-05-01' RETURN NONE;
UPDATE (SELECT VALUE id FROM anime WHERE title = 'Work 5')
  SET year = 1990, start_date = '2020-05-01' RETURN NONE;
DELETE source_record WHERE ids CONTAINS 'mal:6';
UPDATE meta:graph SET composed = false;
"""


async def test_the_check_finds_planted_faults(shell: Shell) -> None:
    path = shell.file("db.jsonl", dump(*map(entry, range(1, 9))))
    circle = [(1, 2), (2, 3), (3, 1), (7, 8), (8, 7)]
    lines = [{"from": f"mal:{a}", "kind": "sequel", "to": f"mal:{b}"} for a, b in circle]
    relations = shell.file("r.jsonl", "".join(json.dumps(line) + "\n" for line in lines).encode())
    assert shell("ingest", "aodb", path).code == 0
    assert shell("ingest", "kensho-relations", relations).code == 0
    async with open_graph(shell.url) as gateway:
        await gateway.run_script(_FAULTS)
    ended = shell("check", "--json")
    assert ended.code == 1
    found = {(f["severity"], f["rule"]): f["sentence"] for f in ended.json["findings"]}
    assert found.keys() == {
        ("error", "graph lags its records"),
        ("error", "mirror edge missing"),
        ("error", "id carried twice"),
        ("error", "work without a record"),
        ("notice", "loop of sequels"),
        ("notice", "sources contradict"),
        ("notice", "impossible date"),
    }
    assert "mal:4: carried by Work" in found["error", "id carried twice"]
    assert "Work 6" in found["error", "work without a record"]
    assert all(f"Work {n}" in found["notice", "loop of sequels"] for n in (1, 2, 3))
    text = shell("check").out
    assert "notice: impossible date: 2" in text
    assert text.splitlines()[-1] == "4 errors, 4 notices"


def test_a_finding_is_accepted_until_it_changes(shell: Shell) -> None:
    def related(kind: str) -> Path:
        lines = [
            {"from": "mal:1", "kind": "sequel", "to": "mal:2"},
            {"from": "mal:1", "kind": kind, "to": "mal:2"},
        ]
        text = "".join(json.dumps(line) + "\n" for line in lines)
        return shell.file("r.jsonl", text.encode())

    assert shell("ingest", "aodb", shell.file("db.jsonl", dump(entry(1), entry(2)))).code == 0
    assert shell("ingest", "kensho-relations", related("summary")).code == 0
    (found,) = shell("check", "--json").json["findings"]
    assert found["rule"] == "sources contradict"
    assert (found["kinds"], found["sources"]) == (["sequel", "summary"], ["kensho-relations"])
    pages = [work["provider_page"] for work in found["works"]]
    assert sorted(pages) == [f"https://myanimelist.net/anime/{number}" for number in (1, 2)]

    refused = shell("check", "--accept", found["id"])
    assert (refused.code, "--reason" in refused.err) == (2, True)
    refused = shell("check", "--accept", "000000000000", "--reason", "no")
    assert (refused.code, "000000000000" in refused.err) == (2, True)
    taken = shell("check", "--accept", found["id"], "--reason", "it is both", "--by", "alice")
    assert taken.out.splitlines()[-1] == "0 errors, 0 notices, 1 accepted"
    kept = shell.folder / "var" / "curation" / "accepted_findings.jsonl"
    assert json.loads(kept.read_text())["reason"] == "it is both"

    assert shell("forget", "--yes", "kensho-relations").code == 0
    assert "no longer found; accepted" in shell("check", "--accepted").out
    assert shell("ingest", "kensho-relations", related("summary")).code == 0
    (again,) = shell("check", "--json").json["findings"]
    assert again["accepted"]["by"] == "alice"
    assert "accepted on" in shell("check", "--accepted").out
    assert shell("ingest", "kensho-relations", related("side_story")).code == 0
    (changed,) = shell("check", "--json").json["findings"]
    assert changed["id"] == found["id"]
    assert changed["was_accepted"]["reason"] == "it is both"
    assert "accepted" not in changed
