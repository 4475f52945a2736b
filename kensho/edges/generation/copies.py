"""Copies of videos, because the addresses of generators end: in a folder, or in a bucket.

What a link leads to is fetched under the rules of addresses that others chose
(`kensho.platform.safe_fetch`), each redirect anew. It must say that it is a video and begin like
one, and is no larger than is allowed. A copy that fails costs nothing but itself: the video is
there, by its link.

Guarantees: copies are named by the ids of their videos, so that a second attempt writes over the
first. One is whole or not there (obstore). ffmpeg, where it is installed, makes the picture and
tells the duration; it reads that one file, by a format that it is told, and is given up in time.
"""

import contextlib
import tempfile
from collections.abc import AsyncGenerator, AsyncIterator
from pathlib import Path
from typing import Any, Final, NamedTuple
from urllib.parse import urljoin

import obstore
import structlog
from obstore.exceptions import BaseError
from obstore.store import LocalStore, S3Store

from kensho.edges.generation.generation_metrics import GenerationMetrics
from kensho.edges.generation.job_store import NO_FILE, StoredFile
from kensho.edges.generation.jobs import VideoJob
from kensho.edges.generation.pictures import picture_of
from kensho.errors import (
    InvalidInputError,
    KenshoError,
    NotFoundError,
    SettingsError,
    UpstreamError,
    UpstreamUnavailableError,
)
from kensho.platform.bucket_places import S3_SCHEME, place_of
from kensho.platform.buckets import store_of
from kensho.platform.edge_settings import GenerationSettings
from kensho.platform.safe_fetch import FetchedStream, RequestBounds, SafeFetcher

_TOTAL_S: Final = 300.0
_MOST_REDIRECTS: Final = 3
_REDIRECTS: Final = (301, 302, 303, 307, 308)
_OK: Final = 200
_ANY_TYPES: Final = ("application/octet-stream", "binary/octet-stream", "application/mp4", "")
_HEAD_BYTES: Final = 12
_CHUNK_BYTES: Final = 256 * 1024
JPEG: Final = "image/jpeg"
_SUFFIXES: Final = {"video/mp4": "mp4", "video/quicktime": "mov", "video/webm": "webm"}
_log: Final = structlog.get_logger("kensho.edges")


class FilePart(NamedTuple):
    """Some bytes of a copy, from `start` up to `end` and no longer, of `size` in all."""

    start: int
    end: int
    size: int
    pieces: AsyncIterator[bytes]


class VideoCopies:
    """Keeps copies in a store of files."""

    def __init__(
        self, store: LocalStore | S3Store, fetcher: SafeFetcher, metrics: GenerationMetrics
    ) -> None:
        self._store = store
        self._fetcher = fetcher
        self._metrics = metrics

    async def keep(self, job: VideoJob, link: str) -> StoredFile:
        """Copy the video of a job; return what is known of it, nothing where it can't be copied."""
        try:
            with tempfile.TemporaryDirectory(prefix="kensho-video-") as folder:
                kept = await self._kept(job, link, Path(folder))
        except (InvalidInputError, UpstreamError) as error:
            is_away = isinstance(error, UpstreamUnavailableError)
            self._metrics.count_copy("failed" if is_away else "refused")
            _log.warning("video_not_copied", job_id=str(job.id), reason=error.message)
            return NO_FILE
        self._metrics.count_copy("kept")
        return kept

    async def _kept(self, job: VideoJob, link: str, folder: Path) -> StoredFile:
        source = _Source()
        async with self._opened(link) as answer:
            with _told():
                await obstore.put_async(
                    LocalStore(folder), "video", source.read(answer), use_multipart=True
                )
        media_type = source.media_type()
        name = f"{job.subject}/{job.id}.{_SUFFIXES[media_type]}"
        picture = await picture_of(folder / "video", media_type)
        await self._put(name, folder / "video", media_type)
        thumbnail = None
        if picture.jpeg is not None:
            thumbnail = f"{job.subject}/{job.id}.jpg"
            await self._put(thumbnail, picture.jpeg, JPEG)
        return StoredFile(
            media_type=media_type,
            bytes=source.bytes,
            duration_s=picture.duration_s,
            stored=name,
            thumbnail=thumbnail,
        )

    @contextlib.asynccontextmanager
    async def _opened(self, link: str) -> AsyncGenerator[FetchedStream]:
        """Ask for a link, and for what it leads on to."""
        for _ in range(_MOST_REDIRECTS + 1):
            async with self._fetcher.stream(link) as answer:
                if answer.status not in _REDIRECTS:
                    yield answer
                    return
                link = urljoin(link, answer.headers.get("location", ""))
        raise UpstreamError(f"the link leads on more than {_MOST_REDIRECTS} times")

    async def _put(self, name: str, content: Path | bytes, media_type: str) -> None:
        attributes: Any = {"Content-Type": media_type} if isinstance(self._store, S3Store) else None
        with _told():
            await obstore.put_async(self._store, name, content, attributes=attributes)

    async def open(self, name: str, start: int | None, end: int | None) -> FilePart:
        """Return bytes of a copy: all, from `start`, up to `end`, or with no start the last `end`.

        Raises:
            NotFoundError: there is no such copy.
            InvalidInputError: it has no such bytes; `problems` name the field `range`.
            UpstreamUnavailableError: the bucket can't be asked.
        """
        with _told():
            size = int((await obstore.head_async(self._store, name))["size"])
            first, last = _bounds(start, end, size)
            found = await obstore.get_async(
                self._store, name, options={"range": (first, last)} if size else None
            )
        return FilePart(first, last, size, _pieces(found))

    async def read(self, name: str) -> bytes:
        """Return all of a small copy; raises as `open`."""
        with _told():
            found = await obstore.get_async(self._store, name)
            return bytes(await found.bytes_async())

    async def drop(self, name: str) -> None:
        """Delete a copy; one that there is not is so.

        Raises:
            UpstreamUnavailableError: the bucket can't be asked.
        """
        with contextlib.suppress(NotFoundError), _told():
            await obstore.delete_async(self._store, name)


def copies_of(settings: GenerationSettings, metrics: GenerationMetrics) -> VideoCopies | None:
    """Return where copies are kept, if they are.

    Raises:
        SettingsError: that is no folder that can be made, and no bucket.
    """
    if settings.copies is None:
        return None
    bounds = RequestBounds(
        total_s=_TOTAL_S, body_bytes=settings.copy_bytes, loopback_allowed=settings.loopback
    )
    try:
        store = _store_of(settings, settings.copies)
    except (BaseError, ValueError, OSError) as error:
        raise SettingsError(f"KENSHO_GENERATION_COPIES: {settings.copies!r}: {error}") from error
    return VideoCopies(store, SafeFetcher(bounds), metrics)


def _store_of(settings: GenerationSettings, place: str) -> LocalStore | S3Store:
    if not place.startswith(S3_SCHEME):
        if "://" in place:
            raise ValueError("expected a folder, or s3://bucket/prefix")
        return LocalStore(Path(place).resolve(), mkdir=True)
    given: dict[str, Any] = {"region": settings.s3_region}
    if settings.s3_key_id is not None and settings.s3_key is not None:
        given["access_key_id"] = settings.s3_key_id
        given["secret_access_key"] = settings.s3_key.reveal()
    return store_of(*place_of(place), endpoint=settings.s3_endpoint, **given)


class _Source:
    """What is read of an answer: how many bytes, and what they begin with."""

    def __init__(self) -> None:
        self.bytes = 0
        self._head = b""

    async def read(self, answer: FetchedStream) -> AsyncGenerator[bytes]:
        """Yield the bytes of an answer.

        Raises:
            UpstreamError: it is no video.
        """
        said = answer.headers.get("content-type", "").partition(";")[0].strip().lower()
        if answer.status != _OK:
            raise UpstreamError(f"the link answers {answer.status}")
        if not said.startswith("video/") and said not in _ANY_TYPES:
            raise UpstreamError(f"the link answers {said[:80]!r}, which is no video")
        held = b""
        async for piece in answer.pieces:
            self.bytes += len(piece)
            held += piece
            if not self._head and len(held) < _HEAD_BYTES:
                continue
            if not self._head:
                self._head = held[:_HEAD_BYTES]
                self.media_type()
            yield held
            held = b""
        self.media_type()

    def media_type(self) -> str:
        """Return what the bytes are.

        Raises:
            UpstreamError: no video that browsers play.
        """
        if self._head[4:8] == b"ftyp":
            return "video/quicktime" if self._head[8:12] == b"qt  " else "video/mp4"
        if self._head[:4] == b"\x1a\x45\xdf\xa3":
            return "video/webm"
        raise UpstreamError("what the link leads to does not begin like a video")


async def _pieces(found: "obstore.GetResult") -> AsyncGenerator[bytes]:
    with _told():
        async for piece in found.stream(min_chunk_size=_CHUNK_BYTES):
            yield bytes(piece)


def _bounds(start: int | None, end: int | None, size: int) -> tuple[int, int]:
    """Return the bytes that are asked for, of those that there are."""
    first = max(0, size - (end or 0)) if start is None and end is not None else start or 0
    last = size if start is None or end is None else min(end, size)
    if first >= last and size:
        raise InvalidInputError.of("range", f"there are {size} bytes")
    return first, last


@contextlib.contextmanager
def _told() -> Any:
    """Turn the errors of the store of files into ours."""
    try:
        yield
    except KenshoError:
        raise
    except FileNotFoundError as error:
        raise NotFoundError("there is no such copy", code="copy_not_found") from error
    except (BaseError, OSError) as error:
        reason = type(error).__name__
        raise UpstreamUnavailableError(f"the store of copies: {reason}") from error
