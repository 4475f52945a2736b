"""A snapshot goes through a bucket behind the S3 protocol: pushed whole, fetched whole, or not."""

import json
import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pytest
from click.testing import CliRunner, Result

from kensho.cli.snapshots import snapshot
from kensho.errors import (
    ChangedMeanwhileError,
    InvalidInputError,
    PublicationError,
    SettingsError,
    UpstreamError,
)
from kensho.platform import environment
from kensho.platform.bucket_places import bucket_of
from kensho.read_model import publications
from kensho.read_model.building.fetching import fetch
from kensho.read_model.building.publishing import publish
from kensho.read_model.building.pushing import push
from kensho.read_model.folder_lives import MANIFEST
from kensho.read_model.holder import SnapshotHolder
from kensho.read_model.publications import CURRENT
from kensho.storage.gateway import Gateway
from tests.support.loopback_servers import running
from tests.support.publishing import add_work
from tests.support.s3_server import KEY, KEY_ID, REGION, S3Server

PLACE: Final = "s3://snapshots/of/anime"
PREFIX: Final = "/snapshots/of/anime/"


@pytest.fixture
def s3(monkeypatch: pytest.MonkeyPatch) -> Iterator[S3Server]:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", KEY_ID)
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", KEY)
    monkeypatch.setenv("AWS_REGION", REGION)
    with running(S3Server()) as server:
        yield server


@pytest.fixture
async def origin(graph: Gateway, tmp_path: Path) -> Path:
    """Return a folder in which a snapshot of one work is published."""
    await add_work(graph)
    await publish(graph, tmp_path / "origin")
    return tmp_path / "origin"


async def pushed(root: Path, s3: S3Server) -> str:
    return (await push(root, "store", bucket_of(PLACE, s3.url), PLACE)).snapshot


async def fetched(root: Path, s3: S3Server) -> int:
    """Fetch what the bucket offers; return how many works are served then."""
    await fetch(PLACE, root, "replica", s3_endpoint=s3.url)
    holder = SnapshotHolder(root, "replica", or_latest=False)
    assert await holder.refresh()
    return holder.current.works_total


def offered(s3: S3Server) -> set[str]:
    """Return the folders in the bucket."""
    return {name.removeprefix(PREFIX).partition("/")[0] for name in s3.objects} - {CURRENT}


async def test_what_is_pushed_is_fetched_and_costs_little_again(
    origin: Path, s3: S3Server, tmp_path: Path
) -> None:
    identity = await pushed(origin, s3)
    assert identity in offered(s3)
    assert await fetched(tmp_path / "replica", s3) == 1
    assert s3.refused == 0
    s3.asked.clear()
    assert await fetched(tmp_path / "replica", s3) == 1
    assert s3.asked == [f"GET {PREFIX}{CURRENT}"]
    s3.asked.clear()
    assert await pushed(origin, s3) == identity
    written = [one for one in s3.asked if not one.startswith("GET")]
    assert written == [f"PUT {PREFIX}{CURRENT}"]


async def test_what_two_publications_name_stays_and_what_was_before_goes(
    graph: Gateway, origin: Path, s3: S3Server, tmp_path: Path
) -> None:
    names = [await pushed(origin, s3)]
    s3.objects["/snapshots/of/anime/readme.txt"] = (b"not ours", "")
    s3.objects["/snapshots/of/another/current.json"] = (b"another prefix", "")
    for _ in range(2):
        await add_work(graph)
        await publish(graph, origin)
        names.append(await pushed(origin, s3))
    assert len(set(names)) == 3
    found = publications.decoded(s3.objects[PREFIX + CURRENT][0], CURRENT)
    assert (found.stores["store"].snapshot, found.stores["store"].previous) == (names[2], names[1])
    assert offered(s3) & set(names) == set(names[1:])
    assert s3.objects["/snapshots/of/anime/readme.txt"][0] == b"not ours"
    assert "/snapshots/of/another/current.json" in s3.objects
    assert await fetched(tmp_path / "replica", s3) == 3


async def test_a_large_file_goes_in_parts_and_comes_in_ranges(s3: S3Server, tmp_path: Path) -> None:
    content = bytes(range(256)) * 100_000
    (tmp_path / "large").write_bytes(content)
    bucket = bucket_of(PLACE, s3.url)
    bucket.put_file("a b/größe.bin", tmp_path / "large")
    assert s3.objects[f"{PREFIX}a b/größe.bin"][0] == content
    assert bucket.sizes() == {"a b/größe.bin": len(content)}
    s3.asked.clear()
    assert b"".join(bucket.read("a b/größe.bin", len(content))) == content
    assert len(s3.asked) == 4
    for most in (1, len(content) - 1):
        with pytest.raises(UpstreamError, match=f"more than {most} bytes"):
            list(bucket.read("a b/größe.bin", most))
    assert [*bucket.read("none", 0)] == []


@pytest.mark.parametrize("faults", [[503, 503], ["cut"], [500, "cut", 503]])
async def test_a_fault_that_passes_costs_a_repetition(
    origin: Path, s3: S3Server, tmp_path: Path, faults: list[int | str]
) -> None:
    s3.faults = [one for one in faults if one != "cut"]  # a list that is cut ends a push
    await pushed(origin, s3)
    s3.faults = [*faults]
    assert await fetched(tmp_path / "replica", s3) == 1
    assert s3.faults == []


@pytest.mark.parametrize(
    ("faults", "reason"),
    [([403], "access is denied"), ([404], "is not there"), ([503] * 50, CURRENT)],
)
async def test_a_fault_that_lasts_leaves_what_is_served(
    graph: Gateway,
    origin: Path,
    s3: S3Server,
    tmp_path: Path,
    faults: list[int | str],
    reason: str,
) -> None:
    await pushed(origin, s3)
    assert await fetched(tmp_path / "replica", s3) == 1
    await add_work(graph)
    await publish(graph, origin)
    await pushed(origin, s3)
    s3.faults = [*faults]
    before = publications.read(tmp_path / "replica")
    with pytest.raises(PublicationError, match=reason) as told:
        await fetch(PLACE, tmp_path / "replica", "replica", s3_endpoint=s3.url)
    assert KEY not in str(told.value)
    assert publications.read(tmp_path / "replica") == before
    s3.faults = []
    assert await fetched(tmp_path / "replica", s3) == 2


async def test_a_push_that_was_cut_offers_nothing_and_is_made_anew(
    graph: Gateway, origin: Path, s3: S3Server, tmp_path: Path
) -> None:
    await pushed(origin, s3)
    before = s3.objects[PREFIX + CURRENT]
    await add_work(graph)
    await publish(graph, origin)
    for answered in (0, 1, 2, 9):
        s3.faults = ["none"] * answered + [403]
        with pytest.raises(PublicationError, match=r"access is denied|403 Forbidden"):
            await pushed(origin, s3)
        assert s3.objects[PREFIX + CURRENT] == before
        assert s3.faults == []
    await pushed(origin, s3)
    assert await fetched(tmp_path / "replica", s3) == 2


async def test_what_is_damaged_in_the_bucket_is_never_served(
    graph: Gateway, origin: Path, s3: S3Server, tmp_path: Path
) -> None:
    await pushed(origin, s3)
    assert await fetched(tmp_path / "replica", s3) == 1
    await add_work(graph)
    await publish(graph, origin)
    identity = await pushed(origin, s3)
    for name in ("ids.bin", MANIFEST):
        key = f"{PREFIX}{identity}/{name}"
        body, kind = s3.objects[key]
        for damaged in (body[:-1], body + b"x", bytes([body[0] ^ 1]) + body[1:]):
            s3.objects[key] = (damaged, kind)
            with pytest.raises(PublicationError):
                await fetch(PLACE, tmp_path / "replica", "replica", s3_endpoint=s3.url)
        s3.objects[key] = (body, kind)
    assert await fetched(tmp_path / "replica", s3) == 2


async def test_of_two_who_push_at_once_one_is_told(origin: Path, s3: S3Server) -> None:
    bucket = bucket_of(PLACE, s3.url)
    await pushed(origin, s3)
    held = bucket.text(CURRENT, 1 << 20)
    assert held is not None
    bucket.put_over(CURRENT, b"{}", held)
    with pytest.raises(ChangedMeanwhileError, match="somebody else"):
        bucket.put_over(CURRENT, b"[]", held)
    with pytest.raises(ChangedMeanwhileError, match="somebody else"):
        bucket.put_over(CURRENT, b"[]", None)
    assert s3.objects[PREFIX + CURRENT][0] == b"{}"


@pytest.mark.parametrize("place", ["s3://", "s3:///prefix", "s3://bucket?x=1"])
async def test_a_place_that_names_no_bucket_is_refused(place: str, tmp_path: Path) -> None:
    with pytest.raises(InvalidInputError, match="s3://bucket/prefix"):
        await fetch(place, tmp_path, "replica")


def test_without_the_extra_it_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(sys.modules, "kensho.platform.buckets", raising=False)
    monkeypatch.setitem(sys.modules, "obstore", None)
    with pytest.raises(SettingsError, match=r"pip install 'kensho\[s3\]'"):
        bucket_of(PLACE, None)


def test_plain_http_is_for_this_machine_alone() -> None:
    load = environment.load
    given = load({"KENSHO_SNAPSHOT_S3_ENDPOINT": "http://127.0.0.1:9000"})
    assert given.snapshot.snapshot_s3_endpoint == "http://127.0.0.1:9000"
    with pytest.raises(SettingsError, match="only https"):
        load({"KENSHO_SNAPSHOT_S3_ENDPOINT": "http://s3.example"})


class TestCommands:
    """`kensho snapshot push` and `fetch`, in an installation that has no store."""

    def run(self, root: Path, s3: S3Server, *arguments: str, **given: str | None) -> Result:
        variables = dict.fromkeys([name for name in os.environ if name.startswith("KENSHO_")])
        own = {
            "KENSHO_READ_MODEL_DIR": str(root),
            "KENSHO_STORE_URL": f"surrealkv://{root / 'kensho.db'}",
            "KENSHO_SNAPSHOT_S3_ENDPOINT": s3.url,
        }
        return CliRunner().invoke(snapshot, arguments, env=variables | own | given)

    def test_one_machine_pushes_and_another_fetches(
        self, origin: Path, s3: S3Server, tmp_path: Path
    ) -> None:
        told = self.run(origin, s3, "push", PLACE)
        assert told.stdout.startswith("pushed 1-"), told
        fetched = self.run(tmp_path / "replica", s3, "fetch", PLACE, "--json")
        assert json.loads(fetched.stdout)["snapshot"] in told.stdout

    def test_a_wrong_key_and_a_folder_are_told(
        self, origin: Path, s3: S3Server, tmp_path: Path
    ) -> None:
        wrong = self.run(origin, s3, "push", PLACE, AWS_SECRET_ACCESS_KEY="wrong")
        assert isinstance(wrong.exception, PublicationError)
        assert "access is denied" in str(wrong.exception)
        assert s3.objects == {}
        other = self.run(origin, s3, "push", str(tmp_path))
        assert isinstance(other.exception, InvalidInputError)
        nothing = self.run(tmp_path / "nothing", s3, "push", PLACE)
        assert "no snapshot is published" in str(nothing.exception)
