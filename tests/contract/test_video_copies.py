"""Copies of videos, in a folder and in a bucket: kept, read in parts, refused and dropped."""

import datetime as dt
import shutil
import uuid
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path
from typing import Any, Final, NamedTuple

import pytest

from deploy.demo.video_clip import video_clip
from kensho.edges.generation.copies import VideoCopies, copies_of
from kensho.edges.generation.generation_metrics import GenerationMetrics
from kensho.edges.generation.job_store import (
    NO_FILE,
    JobStore,
    VideoLimits,
    WorkerClaim,
)
from kensho.edges.generation.jobs import JobNews, VideoJob
from kensho.edges.generation.pictures import picture_of
from kensho.edges.generation.purging import purge
from kensho.errors import (
    InvalidInputError,
    NotFoundError,
    SettingsError,
    UpstreamUnavailableError,
)
from kensho.platform.edge_settings import GenerationSettings
from kensho.platform.secret_values import Secret
from kensho.storage.gateway import Gateway
from tests.support.loopback_servers import LoopbackServer, QuietHandler, running
from tests.support.s3_server import KEY, KEY_ID, REGION, S3Server

pytestmark = pytest.mark.contract

MP4: Final = b"\x00\x00\x00\x18ftypisom" + bytes(range(256)) * 40
WEBM: Final = b"\x1a\x45\xdf\xa3" + b"x" * 100
NOW: Final = dt.datetime(2026, 11, 30, tzinfo=dt.UTC)


class Origin(LoopbackServer):
    """Answers each path with a status, headers and a body."""

    def __init__(self) -> None:
        super().__init__(_Handler)
        packed = {"content-type": "video/mp4", "content-encoding": "gzip"}
        self.files: dict[str, tuple[int, dict[str, str], bytes]] = {
            "/a.mp4": (200, {"content-type": "video/mp4"}, MP4),
            "/blob": (200, {"content-type": "application/octet-stream"}, WEBM),
            "/page": (200, {"content-type": "text/html"}, b"<!doctype html>" + b" " * 99),
            "/lies": (200, {"content-type": "video/mp4"}, b"<!doctype html>" + b" " * 99),
            "/short": (200, {"content-type": "video/mp4"}, b"\x00\x00"),
            "/empty": (200, {"content-type": "video/mp4"}, b""),
            "/packed": (200, packed, b"\x1f\x8b" + b" " * 99),
            "/gone": (410, {}, b""),
            "/large": (200, {"content-type": "video/mp4"}, MP4 * 20),
            "/moved": (302, {"location": "/a.mp4"}, b""),
            "/round": (302, {"location": "/round"}, b""),
            "/inside": (302, {"location": "http://10.0.0.1/a.mp4"}, b""),
        }

    def url(self, path: str) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}{path}"


class _Handler(QuietHandler):
    server: Origin  # type: ignore[mutable-override]  # narrower than the base class says

    def do_GET(self) -> None:  # noqa: N802 -- as http.server calls it
        status, headers, body = self.server.files.get(self.path, (404, {}, b""))
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


class Kept(NamedTuple):
    """Where copies are kept, and a way to see what is there."""

    copies: VideoCopies
    names: Callable[[], list[str]]
    s3: S3Server | None


@pytest.fixture(scope="module")
def origin() -> Iterator[Origin]:
    with running(Origin()) as origin:
        yield origin


@pytest.fixture(params=["folder", "bucket"])
async def kept(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Kept]:
    if request.param == "folder":
        folder = tmp_path / "copies"
        made = made_copies(copies=str(folder))

        def files() -> list[str]:
            return sorted(str(one.relative_to(folder)) for one in folder.rglob("*.*"))

        yield Kept(made, files, None)
        return
    with running(S3Server()) as s3:
        made = made_copies(
            copies="s3://videos/of/people",
            s3_endpoint=s3.url,
            s3_region=REGION,
            s3_key_id=KEY_ID,
            s3_key=Secret(KEY),
        )
        before = "/videos/of/people/"
        yield Kept(made, lambda: sorted(name.removeprefix(before) for name in s3.objects), s3)


def made_copies(**given: Any) -> VideoCopies:
    settings = GenerationSettings(loopback=True, copy_bytes=150_000, **given)
    made = copies_of(settings, GenerationMetrics())
    assert made is not None
    return made


def job() -> VideoJob:
    return VideoJob(
        id=uuid.uuid4(),
        subject=uuid.uuid4(),
        prompt="A boat",
        orientation="portrait",
        created_at=NOW,
    )


async def test_a_copy_is_kept_read_in_parts_and_dropped(kept: Kept, origin: Origin) -> None:
    mine = job()
    await kept.copies.keep(mine, origin.url("/moved"))
    file = await kept.copies.keep(mine, origin.url("/a.mp4"))  # writes over the first
    assert file.media_type == "video/mp4"
    assert (file.bytes, file.thumbnail) == (len(MP4), None)  # which ffmpeg can't read
    assert file.stored is not None
    assert kept.names() == [file.stored] == [f"{mine.subject}/{mine.id}.mp4"]
    if kept.s3 is not None:
        assert next(iter(kept.s3.objects.values()))[1] == "video/mp4"
        assert kept.s3.refused == 0
    size = len(MP4)
    for start, end, part in (
        (None, None, slice(0, size)),
        (5, None, slice(5, size)),
        (0, 100, slice(0, 100)),
        (None, 7, slice(size - 7, size)),
        (None, size + 9, slice(0, size)),
        (9, size + 9, slice(9, size)),
    ):
        found = await kept.copies.open(file.stored, start, end)
        assert (found.start, found.end, found.size) == (part.start, part.stop, size)
        assert b"".join([piece async for piece in found.pieces]) == MP4[part]
    for start, end in ((size, None), (None, 0), (size + 5, size + 9)):
        with pytest.raises(InvalidInputError):
            await kept.copies.open(file.stored, start, end)
    assert await kept.copies.read(file.stored) == MP4
    for _ in range(2):
        await kept.copies.drop(file.stored)
    with pytest.raises(NotFoundError):
        await kept.copies.open(file.stored, None, None)
    assert kept.names() == []


@pytest.mark.parametrize(
    "path",
    [
        *("/page", "/lies", "/short", "/empty", "/packed", "/gone", "/large", "/round", "/inside"),
        "/missing",
    ],
)
async def test_what_is_no_video_is_not_copied(origin: Origin, tmp_path: Path, path: str) -> None:
    copies = made_copies(copies=str(tmp_path / "copies"))
    assert await copies.keep(job(), origin.url(path)) == NO_FILE
    assert list((tmp_path / "copies").rglob("*.*")) == []


async def test_other_machines_are_asked_by_https_alone_and_never_inside(tmp_path: Path) -> None:
    copies = made_copies(copies=str(tmp_path / "copies"))
    for link in ("http://192.0.2.7/a.mp4", "https://10.0.0.1/a.mp4", "https://[::ffff:10.0.0.1]/a"):
        assert await copies.keep(job(), link) == NO_FILE


async def test_a_bucket_that_is_down_or_knows_us_not_costs_the_copy_alone(origin: Origin) -> None:
    with running(S3Server()) as s3:
        wrong = made_copies(
            copies="s3://videos", s3_endpoint=s3.url, s3_key_id=KEY_ID, s3_key=Secret("wrong")
        )
        assert await wrong.keep(job(), origin.url("/a.mp4")) == NO_FILE
        assert s3.refused
        assert s3.objects == {}
        s3.is_down = True
        with pytest.raises(UpstreamUnavailableError):
            await wrong.read("x.mp4")


async def test_a_real_video_has_a_picture_and_a_duration(origin: Origin, tmp_path: Path) -> None:
    clip = video_clip("portrait")
    copies = copies_of(
        GenerationSettings(loopback=True, copies=str(tmp_path / "copies")), GenerationMetrics()
    )
    assert copies is not None
    origin.files["/clip.mp4"] = (200, {"content-type": "video/mp4"}, clip.read_bytes())
    file = await copies.keep(job(), origin.url("/clip.mp4"))
    assert file.duration_s == pytest.approx(6.0, abs=0.2)
    assert file.thumbnail is not None
    assert (await copies.read(file.thumbnail))[:2] == b"\xff\xd8"


async def test_a_file_that_names_others_makes_ffmpeg_read_none(tmp_path: Path) -> None:
    """What would be a playlist is read as the format that its first bytes say, and fails."""
    playlist = tmp_path / "video"
    playlist.write_text("#EXTM3U\n#EXTINF:6,\nfile:///etc/passwd\n#EXT-X-ENDLIST\n")
    assert await picture_of(playlist, "video/mp4") == (None, None)


async def test_without_ffmpeg_there_is_no_picture(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    assert shutil.which("ffmpeg") is None
    assert await picture_of(video_clip("portrait"), "video/mp4") == (None, None)


async def test_what_was_deleted_goes_with_its_files(
    edge_store: Gateway, origin: Origin, tmp_path: Path
) -> None:
    copies = made_copies(copies=str(tmp_path / "copies"))
    store = JobStore(lambda: edge_store)
    videos: list[uuid.UUID] = []
    for _ in range(3):
        mine = await store.add(job(), VideoLimits(9, 9))
        claim = WorkerClaim(uuid.uuid4(), "worker", 60)
        assert await store.claim(claim, 2)
        link = origin.url("/a.mp4")
        await store.touch(mine.id, claim, JobNews(phase="saving", link=link))
        await store.complete(mine.id, claim, NOW, await copies.keep(mine, link))
        videos.append(mine.id)
    owner = [video.subject for one in videos if (video := await store.video(one))]
    await store.set_deleted(videos[0], NOW, owner[0])
    await store.set_deleted(videos[1], NOW + dt.timedelta(hours=12), owner[1])
    later = NOW + dt.timedelta(hours=25)
    assert await purge(store, copies, lambda: later) == 1
    assert await purge(store, copies, lambda: later) == 0
    assert [await store.video(one) is None for one in videos] == [True, False, False]
    assert len(list((tmp_path / "copies").rglob("*.mp4"))) == 2
    assert await purge(store, None, lambda: later + dt.timedelta(days=1)) == 1


@pytest.mark.parametrize("place", ["gs://bucket", "https://s3.example/x", "s3://"])
def test_a_place_that_is_none_is_refused(place: str) -> None:
    with pytest.raises(SettingsError, match="KENSHO_GENERATION_COPIES"):
        copies_of(GenerationSettings(copies=place), GenerationMetrics())


def test_a_folder_that_can_not_be_made_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(SettingsError, match="KENSHO_GENERATION_COPIES"):
        copies_of(GenerationSettings(copies=str(tmp_path / "file" / "x")), GenerationMetrics())
