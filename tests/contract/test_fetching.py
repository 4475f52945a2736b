"""Fetching the dumps into a folder: what is asked, what is believed, what is kept."""

import datetime as dt
import fcntl
import gzip
import hashlib
import io
import json
import lzma
import os
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest
import zstandard
from click.testing import CliRunner, Result
from rich.console import Console

from ingest import addresses
from ingest.addresses import Address
from ingest.fetch_cli import fetch
from ingest.fetching import Fetching, FetchOutcome, FolderInUseError, alone_in, fetch_all
from ingest.folder import jobs_in
from ingest.progress import Progress
from ingest.registry import SOURCES
from kensho.errors import InvalidInputError, KenshoError
from kensho.platform.downloads import FetchLimits
from kensho.platform.settings import IngestSettings
from tests.support.dump_server import (
    DumpServer,
    cut_after,
    dump_server,
    failing,
    redirecting,
    serving,
)
from tests.support.source_samples import SAMPLES

pytestmark = pytest.mark.contract

QUICK = FetchLimits(attempts=3, first_pause_s=0.001, connect_s=2, silence_s=0.3)
NOON = dt.datetime(2026, 11, 29, 12, tzinfo=dt.UTC)
REDIRECTS = SAMPLES["anime-relations"].content
TITLES = gzip.compress(SAMPLES["anidb-titles"].content)
WORKS = zstandard.ZstdCompressor().compress(SAMPLES["aodb"].content)
PAGE = b"<!DOCTYPE html><html><title>Please sign in</title></html>" * 99


@pytest.fixture
def server() -> Iterator[DumpServer]:
    with dump_server() as running:
        running.files = {
            "/anime-relations.txt": REDIRECTS,
            "/anime-titles.xml.gz": TITLES,
            "/anime-offline-database.jsonl.zst": WORKS,
            "/anime_ids.json": SAMPLES["kometa"].content,
        }
        yield running


def of(server: DumpServer, source: str, file: str, path: str, **more: Any) -> Address:
    return Address(source, file, server.url(path), "CC0-1.0", f"by {source}", 10, **more)


def redirects(server: DumpServer, **more: Any) -> Address:
    return of(server, "anime-relations", "anime-relations.txt", "/anime-relations.txt", **more)


def titles(server: DumpServer, **more: Any) -> Address:
    return of(server, "anidb-titles", "anidb/animetitles.xml.gz", "/anime-titles.xml.gz", **more)


def works(server: DumpServer, **more: Any) -> Address:
    name = "anime-offline-database.jsonl.zst"
    return of(server, "aodb", f"aodb/{name}", f"/{name}", **more)


def run(folder: Path, *given: Address, now: dt.datetime = NOON) -> list[FetchOutcome]:
    progress = Progress(Console(file=io.StringIO()), quiet=True)
    with alone_in(folder):
        means = Fetching(folder, SOURCES, progress, QUICK, IngestSettings(), lambda: now)
        return fetch_all(given, means)


def states(outcomes: list[FetchOutcome]) -> list[tuple[str, str]]:
    return [(one.source, one.state) for one in outcomes]


def message(outcomes: list[FetchOutcome]) -> str:
    (one,) = outcomes
    assert one.message is not None
    return one.message


def test_what_is_fetched_is_what_ingest_finds(server: DumpServer, tmp_path: Path) -> None:
    outcomes = run(tmp_path, redirects(server), titles(server), works(server))
    assert {one.state for one in outcomes} == {"fetched"}
    assert (tmp_path / "anidb/animetitles.xml.gz").read_bytes() == TITLES
    assert [job.source.name for job in jobs_in(tmp_path, SOURCES)] == [
        "aodb",
        "anidb-titles",
        "anime-relations",
    ]


def test_address_version_sum_and_licence_are_written_down(
    server: DumpServer, tmp_path: Path
) -> None:
    run(tmp_path, redirects(server))
    (said,) = json.loads((tmp_path / "fetched.json").read_bytes())
    assert said["url"] == server.url("/anime-relations.txt")
    assert said["sha256"] == hashlib.sha256(REDIRECTS).hexdigest()
    assert (said["licence"], said["attribution"]) == ("CC0-1.0", "by anime-relations")
    assert said["fetched_at"] == NOON.isoformat()
    assert said["etag"]


def test_every_request_names_the_program_and_its_version(
    server: DumpServer, tmp_path: Path
) -> None:
    run(tmp_path, redirects(server))
    assert server.requests[0][1]["User-Agent"].startswith("kensho/0.")


def test_an_unchanged_file_is_not_sent_again(server: DumpServer, tmp_path: Path) -> None:
    run(tmp_path, titles(server))
    later = run(tmp_path, titles(server), now=NOON + dt.timedelta(days=7))
    assert states(later) == [("anidb-titles", "unchanged")]
    assert "If-None-Match" in server.requests[-1][1]
    assert later[0].fetched_at == NOON.isoformat()


def test_a_cut_file_is_resumed_and_whole(server: DumpServer, tmp_path: Path) -> None:
    long = server.files["/anime-relations.txt"] = REDIRECTS + b"# a comment\n" * 60_000
    server.faults["/anime-relations.txt"] = [cut_after(len(long) - 5)]
    assert states(run(tmp_path, redirects(server))) == [("anime-relations", "fetched")]
    assert server.requests[-1][1]["Range"] == f"bytes={512 * 1024}-"
    assert (tmp_path / "anime-relations.txt").read_bytes() == long


def test_a_redirect_is_followed(server: DumpServer, tmp_path: Path) -> None:
    server.faults["/anime-relations.txt"] = [redirecting(server.url("/elsewhere"))]
    server.files["/elsewhere"] = REDIRECTS
    assert states(run(tmp_path, redirects(server))) == [("anime-relations", "fetched")]


def test_a_busy_server_is_asked_again_after_as_long_as_it_says(
    server: DumpServer, tmp_path: Path
) -> None:
    server.faults["/anime-relations.txt"] = [failing(429, Retry_After="0"), failing(503)]
    assert states(run(tmp_path, redirects(server))) == [("anime-relations", "fetched")]
    assert server.asked("/anime-relations.txt") == 3


def test_a_server_that_wants_an_hour_is_left_alone(server: DumpServer, tmp_path: Path) -> None:
    server.faults["/anime-relations.txt"] = [failing(429, Retry_After="3600")]
    assert "asks to wait 3,600 s" in message(run(tmp_path, redirects(server)))
    assert server.asked("/anime-relations.txt") == 1


def stall(released: threading.Event) -> Any:
    def fault(handler: Any) -> None:
        handler.answer(200, b"", **{"Content-Length": "1000"})
        released.wait(5)
        handler.close_connection = True

    return fault


def test_a_server_that_stalls_is_given_up(server: DumpServer, tmp_path: Path) -> None:
    released = threading.Event()
    server.faults["/anime-relations.txt"] = [stall(released)] * QUICK.attempts
    outcomes = run(tmp_path, redirects(server), titles(server))
    released.set()
    assert states(outcomes) == [("anime-relations", "failed"), ("anidb-titles", "fetched")]
    assert "timed out" in str(outcomes[0].message)


BAD = {
    "a page": (serving(PAGE), "HTML page"),
    "a page that says it is one": (serving(PAGE, "text/html"), "HTML page"),
    "too small": (serving(b"# x\n"), "4 bytes, where a sound file has 10"),
    "of another source": (serving(b'{"a": 1}\n' * 9), "expected"),
}


@pytest.mark.parametrize("fault", BAD)
def test_what_is_no_dump_never_replaces_a_good_one(
    server: DumpServer, tmp_path: Path, fault: str
) -> None:
    answer, said = BAD[fault]
    run(tmp_path, redirects(server))
    server.files["/anime-relations.txt"] = REDIRECTS + b"# newer\n"
    server.faults["/anime-relations.txt"] = [answer]
    outcomes = run(tmp_path, redirects(server))
    assert said in message(outcomes)
    assert server.url("/anime-relations.txt") in message(outcomes)
    assert outcomes[0].is_there
    assert (tmp_path / "anime-relations.txt").read_bytes() == REDIRECTS
    assert states(run(tmp_path, redirects(server))) == [("anime-relations", "fetched")]


PACKED = {
    "gz": (gzip.compress, "xml.gz"),
    "zst": (zstandard.ZstdCompressor().compress, "xml.zst"),
    "xz": (lzma.compress, "xml.xz"),
}


@pytest.mark.parametrize("archive", PACKED)
def test_an_archive_is_unpacked_to_its_end_before_it_counts(
    server: DumpServer, tmp_path: Path, archive: str
) -> None:
    pack, ending = PACKED[archive]
    content = pack(SAMPLES["anidb-titles"].content)
    address = of(server, "anidb-titles", f"animetitles.{ending}", "/titles")
    server.files["/titles"] = content
    assert states(run(tmp_path, address)) == [("anidb-titles", "fetched")]
    server.files["/titles"] = content[:-9]
    assert "truncated" in message(run(tmp_path, address))
    assert (tmp_path / f"animetitles.{ending}").read_bytes() == content


def test_a_document_is_read_to_its_end_before_it_counts(server: DumpServer, tmp_path: Path) -> None:
    address = of(server, "kometa", "anime_ids.json", "/anime_ids.json")
    server.files["/anime_ids.json"] = SAMPLES["kometa"].content[:-3]
    assert "truncated or broken" in message(run(tmp_path, address))
    assert not (tmp_path / "anime_ids.json").exists()


def release(digest: str) -> bytes:
    asset = {"name": "anime-offline-database.jsonl.zst", "digest": digest, "size": 3}
    return json.dumps({"tag_name": "2026-47", "assets": [{"name": "x.json"}, asset]}).encode()


SUM = hashlib.sha256(WORKS).hexdigest()


@pytest.mark.parametrize(
    ("form", "document", "verified"),
    [
        ("github-release", release(f"sha256:{SUM}"), True),
        ("sha256sum", f"{SUM}  anime-offline-database.jsonl.zst\n".encode(), True),
        ("sha256sum", f"{SUM} *anime-offline-database.jsonl.zst\n".encode(), True),
        ("sha256sum", b"0 other\n", False),
        ("github-release", b'{"assets": []}', False),
        ("github-release", b"<html>", False),
    ],
)
def test_a_published_checksum_is_compared(
    server: DumpServer, tmp_path: Path, form: Any, document: bytes, verified: bool
) -> None:
    server.files["/sums"] = document
    address = works(server, sums=addresses.Sums(form, server.url("/sums")))
    (one,) = run(tmp_path, address)
    assert (one.state, one.verified) == ("fetched", verified)


@pytest.mark.parametrize("form", ["github-release", "sha256sum"])
def test_a_file_of_another_checksum_is_refused(
    server: DumpServer, tmp_path: Path, form: Any
) -> None:
    wrong = "ab" * 32
    name = "anime-offline-database.jsonl.zst"
    lines = f"{wrong}  {name}\n".encode()
    server.files["/sums"] = release(f"sha256:{wrong}") if form == "github-release" else lines
    outcomes = run(tmp_path, works(server, sums=addresses.Sums(form, server.url("/sums"))))
    assert f"published is {wrong}" in message(outcomes)
    assert not (tmp_path / "aodb" / name).exists()


def test_a_source_with_a_least_interval_is_asked_once_in_it(
    server: DumpServer, tmp_path: Path
) -> None:
    once_a_day = titles(server, min_interval_h=24)
    run(tmp_path, once_a_day)
    early = run(tmp_path, once_a_day, now=NOON + dt.timedelta(hours=23))
    assert states(early) == [("anidb-titles", "waiting")]
    assert early[0].is_there
    assert "again from 2026-11-30 12:00" in message(early)
    assert server.asked("/anime-titles.xml.gz") == 1
    run(tmp_path, once_a_day, now=NOON + dt.timedelta(hours=24))
    assert server.asked("/anime-titles.xml.gz") == 2


def test_a_failure_counts_as_having_asked(server: DumpServer, tmp_path: Path) -> None:
    server.faults["/anime-titles.xml.gz"] = [failing(503)] * 9
    once_a_day = titles(server, min_interval_h=24)
    assert states(run(tmp_path, once_a_day)) == [("anidb-titles", "failed")]
    (early,) = run(tmp_path, once_a_day, now=NOON + dt.timedelta(hours=1))
    assert (early.state, early.is_there) == ("waiting", False)
    assert server.asked("/anime-titles.xml.gz") == 1


def test_a_dead_source_does_not_stop_the_others(server: DumpServer, tmp_path: Path) -> None:
    gone = of(server, "kometa", "anime_ids.json", "/gone")
    outcomes = run(tmp_path, gone, redirects(server))
    assert states(outcomes) == [("kometa", "failed"), ("anime-relations", "fetched")]
    assert "404" in str(outcomes[0].message)


def test_a_file_that_somebody_damaged_is_fetched_again(server: DumpServer, tmp_path: Path) -> None:
    run(tmp_path, redirects(server))
    (tmp_path / "anime-relations.txt").write_bytes(b"damaged")
    assert states(run(tmp_path, redirects(server))) == [("anime-relations", "fetched")]


def test_a_file_that_somebody_removed_is_not_said_to_be_there(
    server: DumpServer, tmp_path: Path
) -> None:
    run(tmp_path, redirects(server))
    (tmp_path / "anime-relations.txt").unlink()
    server.faults["/anime-relations.txt"] = [failing(404)]
    (one,) = run(tmp_path, redirects(server))
    assert (one.state, one.is_there) == ("failed", False)
    assert json.loads((tmp_path / "fetched.json").read_bytes()) == []


def test_a_list_of_what_is_there_survives_a_run_over_one_source(
    server: DumpServer, tmp_path: Path
) -> None:
    run(tmp_path, redirects(server), works(server))
    run(tmp_path, redirects(server))
    said = json.loads((tmp_path / "fetched.json").read_bytes())
    assert [one["source"] for one in said] == ["anime-relations", "aodb"]


def test_two_processes_do_not_fetch_into_one_folder(tmp_path: Path) -> None:
    with (
        alone_in(tmp_path),
        pytest.raises(FolderInUseError, match="another process fetches into it now"),
        alone_in(tmp_path),
    ):
        pass
    with alone_in(tmp_path):
        pass


# The list of addresses


def test_the_addresses_that_ship_are_sound_and_every_source_has_one_or_a_reason() -> None:
    found = addresses.load(SOURCES)
    fetched = {one.source for one in found.address}
    without = {source for one in found.without for source in one.sources}
    assert fetched | without >= SOURCES.keys()
    assert not fetched & without
    assert all(one.url.startswith("https://") for one in found.address)
    assert all(one.licence == SOURCES[one.source].licence for one in found.address)
    (once_a_day,) = (one for one in found.address if one.source == "anidb-titles")
    assert once_a_day.min_interval_h == 24


def written(folder: Path, *given: Address) -> Path:
    path = folder / "addresses.toml"
    path.write_text("".join(map(table, given)), "utf-8")
    return path


def table(one: Address) -> str:
    """Return the address in TOML, whose strings and numbers are those of JSON."""
    fields = msgspec.structs.asdict(one) | {"sums": None}
    lines = [f"{name} = {json.dumps(value)}" for name, value in fields.items() if value is not None]
    if one.sums is not None:
        lines.append(f'sums = {{ form = "{one.sums.form}", url = "{one.sums.url}" }}')
    return "\n".join(["[[address]]", *lines, "", ""])


SOUND = Address("kometa", "anime_ids.json", "https://example.org/x", "MIT", "by Kometa", 10)


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"source": "komet"}, "address 1: source: 'komet' is no source"),
        ({"file": "ids.json"}, "address 1: file: 'ids.json' is no file name of kometa"),
        ({"file": "../anime_ids.json"}, "is no file name of kometa"),
        ({"file": "/anime_ids.json"}, "is no file name of kometa"),
        ({"url": "http://example.org/x"}, "address 1: url: 'http://example.org/x'"),
        ({"url": "ftp://example.org/x"}, "address 1: url: 'ftp://example.org/x'"),
        ({"sums": addresses.Sums("sha256sum", "http://example.org/s")}, "address 1: url"),
    ],
)
def test_a_wrong_address_is_refused_by_place_and_value(
    tmp_path: Path, changes: dict[str, Any], said: str
) -> None:
    path = written(tmp_path, msgspec.structs.replace(SOUND, **changes))
    with pytest.raises(InvalidInputError) as refused:
        addresses.load(SOURCES, path)
    assert said in refused.value.message


def test_a_file_that_stands_twice_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InvalidInputError, match=r"address 2: file: 'anime_ids\.json' stands twice"):
        addresses.load(SOURCES, written(tmp_path, SOUND, SOUND))


@pytest.mark.parametrize("text", ["[[address]]\n", "[[addresses]]\nx = 1\n", "[", "\xff"])
def test_another_file_than_addresses_is_refused_by_name(tmp_path: Path, text: str) -> None:
    path = tmp_path / "addresses.toml"
    path.write_bytes(text.encode("latin-1"))
    with pytest.raises(InvalidInputError, match=r"addresses\.toml"):
        addresses.load(SOURCES, path)


# The command


def typed(*arguments: object) -> Result:
    return CliRunner().invoke(fetch, [str(argument) for argument in arguments])


def test_the_list_shows_files_licences_and_attributions() -> None:
    shown = typed("--list")
    assert shown.exit_code == 0
    for text in ("ODbL 1.0", "CC-BY-NC-SA-4.0", "title.basics.tsv.gz", "courtesy of IMDb"):
        assert text in shown.output
    assert "no address: anilist, jikan" in shown.output
    said = json.loads(typed("--list", "--only", "kometa", "--json").output)
    assert [one["source"] for one in said["addresses"]] == ["kometa"]


def test_the_command_fetches_what_is_chosen(server: DumpServer, tmp_path: Path) -> None:
    listed = written(tmp_path, redirects(server), works(server))
    folder = tmp_path / "dumps"
    ended = typed(folder, "--addresses", listed, "--only", "aodb")
    assert ended.exit_code == 0, ended.output
    assert "by aodb" in ended.output
    assert not (folder / "anime-relations.txt").exists()
    again = json.loads(typed(folder, "--addresses", listed, "--only", "aodb", "--json").stdout)
    assert [one["state"] for one in again["files"]] == ["unchanged"]


def test_a_missing_file_has_an_exit_code(server: DumpServer, tmp_path: Path) -> None:
    listed = written(tmp_path, of(server, "kometa", "anime_ids.json", "/gone"), redirects(server))
    ended = typed(tmp_path / "dumps", "--addresses", listed)
    assert ended.exit_code == 4
    assert "404" in ended.output
    assert (tmp_path / "dumps/anime-relations.txt").read_bytes() == REDIRECTS


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ([], "FOLDER"),
        (["x", "--only", "jikan"], "'jikan' has no address: they publish no dump"),
        (["x", "--only", "nobody"], "'nobody' has no address: known are"),
        (["x", "--addresses", "nowhere.toml"], "nowhere.toml"),
    ],
)
def test_wrong_use_names_field_and_value(arguments: list[str], said: str) -> None:
    refused = typed(*arguments).exception
    assert isinstance(refused, InvalidInputError)
    assert said in refused.message


def test_a_folder_in_use_is_refused_by_name(server: DumpServer, tmp_path: Path) -> None:
    listed = written(tmp_path, redirects(server))
    folder = tmp_path / "dumps"
    (folder / ".fetch").mkdir(parents=True)
    descriptor = os.open(folder / ".fetch/lock", os.O_RDWR | os.O_CREAT)
    fcntl.flock(descriptor, fcntl.LOCK_EX)
    refused = typed(folder, "--addresses", listed).exception
    os.close(descriptor)
    assert isinstance(refused, KenshoError)
    assert f"{folder}: another process fetches into it now" in refused.message
    assert not server.requests
