"""Posters that this service fetches from the catalogues' hosts, and keeps on disk.

Guarantees: only addresses of allowed hosts are asked, as `kensho.platform.safe_fetch` does: over
https, at public addresses, without redirects, bounded in time and size. What is kept is a picture
by its first bytes, whatever its host calls it. The folder is held within its limit, and may be
emptied at any time. A poster is fetched once by a process however many ask for it; one that can't
be had is not asked for again for ten minutes.

Performance: 0.2 ms for a kept poster.
"""

import asyncio
import contextlib
import hashlib
import os
import time
from collections.abc import MutableMapping
from pathlib import Path
from typing import Any, Final, NamedTuple

from cachetools import TTLCache

from kensho.errors import InvalidInputError, NotFoundError, UpstreamError, UpstreamUnavailableError
from kensho.platform import private_files
from kensho.platform.safe_fetch import RequestBounds, SafeFetcher
from kensho.platform.settings import PosterSettings
from kensho.web import posters

_FOUND: Final = 200
_AT_ONCE: Final = 8
"""Posters that are fetched at the same time: as many as a browser asks one host for."""
_REFUSED_S: Final = 600.0
_MOST_REFUSED: Final = 10_000
_USED_AGAIN_S: Final = 86_400
"""How old the note of a poster's last use may get: a day's uses are one write."""
_KEPT_SHARE: Final = 0.9
"""The part of the limit that is left when old posters are removed, so that it is done seldom."""


class Poster(NamedTuple):
    """A picture and its media type."""

    body: bytes
    media_type: bytes


class PosterStore:
    """Fetches posters and keeps them; used from one event loop."""

    def __init__(self, settings: PosterSettings, fetcher: SafeFetcher | None = None) -> None:
        bounds = RequestBounds(settings.timeout_s, settings.max_bytes)
        self._settings = settings
        self._fetcher = fetcher or SafeFetcher(bounds)
        self._slots = asyncio.Semaphore(_AT_ONCE)
        self._asked: dict[str, asyncio.Task[Poster]] = {}
        refused: Any = TTLCache(_MOST_REFUSED, _REFUSED_S)  # its stubs differ between checkers
        self._refused: MutableMapping[str, str] = refused
        self._kept_bytes: int | None = None

    async def get(self, url: str) -> Poster:
        """Return the poster at an address.

        Raises:
            NotFoundError: its host is not allowed, has none there, or can't be reached.
        """
        if not posters.is_allowed(url, self._settings.hosts):
            raise NotFoundError("posters of this host are not handed on")
        task = self._asked.get(url)
        if task is None:
            task = self._asked[url] = asyncio.create_task(self._kept_or_fetched(url))
            task.add_done_callback(lambda _: self._asked.pop(url, None))
        return await asyncio.shield(task)

    async def _kept_or_fetched(self, url: str) -> Poster:
        kept = await asyncio.to_thread(self._read, url)
        if kept is not None:
            return kept
        if url in self._refused:
            raise NotFoundError(self._refused[url])
        return await self._fetched(url)

    async def _fetched(self, url: str) -> Poster:
        try:
            async with self._slots:
                answer = await self._fetcher.get(url)
        except (InvalidInputError, UpstreamError, UpstreamUnavailableError) as error:
            self._refused[url] = "the poster can't be had from its host now"
            raise NotFoundError(self._refused[url]) from error
        media_type = picture_type(answer.body)
        if answer.status != _FOUND or media_type is None:
            self._refused[url] = "its host has no picture there"
            raise NotFoundError(self._refused[url])
        await asyncio.to_thread(self._write, url, answer.body)
        return Poster(answer.body, media_type)

    def _path(self, url: str) -> Path:
        name = hashlib.sha256(url.encode()).hexdigest()
        return self._settings.dir / name[:2] / name

    def _read(self, url: str) -> Poster | None:
        path = self._path(url)
        try:
            body = path.read_bytes()
            if time.time() - path.stat().st_mtime > _USED_AGAIN_S:
                os.utime(path)
        except OSError:
            return None
        media_type = picture_type(body)
        return None if media_type is None else Poster(body, media_type)

    def _write(self, url: str, body: bytes) -> None:
        path = self._path(url)
        private_files.make_folder(path.parent)
        private_files.write_bytes(path, body)
        if self._kept_bytes is None:
            self._kept_bytes = sum(size for _, size, _ in self._files())
        else:
            self._kept_bytes += len(body)
        if self._kept_bytes > self._settings.cache_bytes:
            self._remove_old()

    def _remove_old(self) -> None:
        """Remove the posters that were not asked for longest, until enough is free."""
        files = sorted(self._files())
        left = sum(size for _, size, _ in files)
        for _, size, path in files:
            if left <= _KEPT_SHARE * self._settings.cache_bytes:
                break
            with contextlib.suppress(OSError):  # Another process may have removed it.
                path.unlink()
            left -= size
        self._kept_bytes = left

    def _files(self) -> list[tuple[float, int, Path]]:
        """Return when each file was last used, its size and its path."""
        found: list[tuple[float, int, Path]] = []
        for path in self._settings.dir.glob("??/*"):
            with contextlib.suppress(OSError):
                told = path.stat()
                found.append((told.st_mtime, told.st_size, path))
        return found


def picture_type(body: bytes) -> bytes | None:
    """Return the media type of a picture by its first bytes; `None` where it is none."""
    if body.startswith(b"\xff\xd8\xff"):
        return b"image/jpeg"
    if body.startswith(b"\x89PNG\r\n\x1a\n"):
        return b"image/png"
    if body[:4] == b"RIFF" and body[8:12] == b"WEBP":
        return b"image/webp"
    if body[4:12] in (b"ftypavif", b"ftypavis"):
        return b"image/avif"
    return b"image/gif" if body[:6] in (b"GIF87a", b"GIF89a") else None
