"""What is fetched of posters, what is kept, and what is refused."""

import asyncio
import os
from pathlib import Path

import pytest
from typing_extensions import override

from kensho.errors import NotFoundError, UpstreamUnavailableError
from kensho.platform.safe_fetch import FetchedAnswer, RequestBounds, SafeFetcher
from kensho.platform.settings import PosterSettings
from kensho.web.poster_store import PosterStore, picture_type

URL = "https://posters.example/1.jpg"
JPEG = b"\xff\xd8\xff" + b"x" * 600_000


class Host(SafeFetcher):
    """Answers as a host of posters, and counts what it is asked."""

    def __init__(self, answer: FetchedAnswer | Exception) -> None:
        super().__init__(RequestBounds())
        self.answer, self.asked = answer, 0

    @override
    async def get(self, url: str) -> FetchedAnswer:
        self.asked += 1
        await asyncio.sleep(0)
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer


def store(folder: Path, host: Host) -> PosterStore:
    settings = PosterSettings(
        mode="proxy", hosts=("posters.example",), dir=folder, cache_bytes=1_500_000
    )
    return PosterStore(settings, host)


def kept_in(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file()]


async def test_a_poster_is_fetched_once_and_then_kept(tmp_path: Path) -> None:
    host = Host(FetchedAnswer(200, {}, JPEG))
    known = store(tmp_path, host)
    both = await asyncio.gather(known.get(URL), known.get(URL))
    assert [one.media_type for one in both] == [b"image/jpeg"] * 2
    assert (await store(tmp_path, host).get(URL)).body == JPEG
    assert host.asked == 1


@pytest.mark.parametrize(
    "answer",
    [
        FetchedAnswer(404, {}, JPEG),
        FetchedAnswer(200, {"content-type": "image/jpeg"}, b"<html>"),
        UpstreamUnavailableError("no answer"),
    ],
)
async def test_what_is_no_picture_is_refused_and_not_asked_for_again(
    tmp_path: Path, answer: FetchedAnswer | Exception
) -> None:
    host = Host(answer)
    known = store(tmp_path, host)
    for _ in range(2):
        with pytest.raises(NotFoundError):
            await known.get(URL)
    assert host.asked == 1
    assert not kept_in(tmp_path)


@pytest.mark.parametrize("url", ["https://elsewhere.example/1.jpg", "http://posters.example/1.jpg"])
async def test_other_hosts_are_never_asked(tmp_path: Path, url: str) -> None:
    host = Host(FetchedAnswer(200, {}, JPEG))
    with pytest.raises(NotFoundError):
        await store(tmp_path, host).get(url)
    assert host.asked == 0


async def test_the_folder_stays_within_its_limit_and_the_latest_used_stays(tmp_path: Path) -> None:
    host = Host(FetchedAnswer(200, {}, JPEG))
    known = store(tmp_path, host)
    for number in range(2):
        await known.get(f"https://posters.example/{number}.jpg")
    for path in kept_in(tmp_path):
        os.utime(path, (1, 1))
    await known.get("https://posters.example/0.jpg")  # is used now
    await known.get("https://posters.example/2.jpg")
    assert sum(path.stat().st_size for path in kept_in(tmp_path)) <= 1_500_000
    await known.get("https://posters.example/0.jpg")
    assert host.asked == 3


@pytest.mark.parametrize(
    ("body", "media_type"),
    [
        (JPEG, b"image/jpeg"),
        (b"\x89PNG\r\n\x1a\n", b"image/png"),
        (b"RIFF1234WEBPVP8 ", b"image/webp"),
        (b"\0\0\0\x1cftypavif", b"image/avif"),
        (b"GIF89a", b"image/gif"),
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", None),
        (b"", None),
    ],
)
def test_a_picture_is_known_by_its_first_bytes(body: bytes, media_type: bytes | None) -> None:
    assert picture_type(body) == media_type
