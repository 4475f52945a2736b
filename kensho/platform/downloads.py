"""Download a file from an https address, resuming what an earlier try began.

Guarantees: a file appears under its name only when it is complete; an unchanged one (304, or the
same ETag) is not fetched again; a part is continued only where the server confirms that it is of
the same version (Range with If-Range), else it is thrown away. Transport faults, 429 and 5xx are
tried again a bounded number of times, after as long as `Retry-After` asks; everything else is a
`SourceFileError` that names address and answer. A file may be checked before it takes the place of
an older one. Plain http is for loopback hosts alone.

Performance: one pass over the bytes, one more to hash.
"""

import re
import time
from collections.abc import Callable
from http import HTTPStatus
from pathlib import Path
from typing import Final, TypeAlias

import httpx
import msgspec
import stamina

from kensho.errors import SourceFileError
from kensho.platform import private_files
from kensho.platform.download_cache import CachedFile, FetchNote, Place
from kensho.platform.http_client import (
    answered,
    is_html,
    is_loopback,
    may_pass,
    retry_after_s,
    user_agent,
)
from kensho.platform.secret_values import masked
from kensho.platform.settings import IngestSettings

Progress: TypeAlias = Callable[[int, int | None], None]
"""Called with the bytes that are there and the bytes there will be, where known."""

_CONTENT_RANGE: Final = re.compile(r"bytes (\d{1,18})-\d+/(\d{1,18}|\*)", re.ASCII)
_LENGTH: Final = re.compile(r"\d{1,18}", re.ASCII)
_CREDENTIALS: Final = re.compile(r"//[^/?#]*@")
_CHUNK_BYTES: Final = 256 * 1024


class FetchLimits(msgspec.Struct, frozen=True):
    """How long and how much; pauses double each time."""

    size_bytes: int = IngestSettings().max_file_bytes
    connect_s: float = 10
    silence_s: float = 30
    total_s: float = 3600
    attempts: int = 5
    first_pause_s: float = 0.5
    longest_pause_s: float = 120
    """A server that asks for more is asked again another day."""


class Fetched(msgspec.Struct, frozen=True):
    """A file that is there, what is known of it, and whether it is another one than before."""

    path: Path
    note: FetchNote
    changed: bool


class Keeping(msgspec.Struct, frozen=True):
    """Where the file is kept, and what must hold of it: `check` raises `SourceFileError`."""

    place: Place
    check: Callable[[Path, FetchNote], None]


class _TryAgainError(Exception):
    """The server can't answer now, or what is on disk does not fit its answer any more."""

    def __init__(self, message: str, pause_s: float | None = None) -> None:
        super().__init__(message)
        self.pause_s = pause_s


def fetch(
    url: str,
    cache_dir: Path,
    *,
    progress: Progress | None = None,
    limits: FetchLimits | None = None,
) -> Path:
    """Return the local file that holds what `url` serves now, fetched into `cache_dir` if need be.

    Raises:
        SourceFileError: refused address, 4xx, an HTML page, too large, of the wrong size, or no
            complete answer within the limits.
    """
    return fetch_noted(url, cache_dir, progress=progress, limits=limits).path


def fetch_noted(
    url: str,
    folder: Path,
    *,
    progress: Progress | None = None,
    limits: FetchLimits | None = None,
    keeping: Keeping | None = None,
) -> Fetched:
    """Return the local file that holds what `url` serves now, with its note.

    Raises:
        SourceFileError: as `fetch`, or the check of `keeping` refuses the file.
    """
    try:
        address = httpx.URL(url)
        _check_address(address, loopback_allowed=True)
        fetcher = _Fetcher(address, folder, progress or _unseen, limits or FetchLimits(), keeping)
        return fetcher.fetch()
    except (httpx.HTTPError, httpx.InvalidURL, OSError, _TryAgainError) as error:
        reason = masked(str(error)) or type(error).__name__
        raise SourceFileError(f"{_shown(url)}: can't be fetched: {reason}") from error


class _Fetcher:
    """One address on its way into the cache."""

    def __init__(
        self,
        url: httpx.URL,
        folder: Path,
        progress: Progress,
        limits: FetchLimits,
        keeping: Keeping | None = None,
    ) -> None:
        self._url = url
        self._name = _shown(str(url))
        self._is_local = is_loopback(url.host)
        self._keeping = keeping
        self._cache = CachedFile(folder, self._name, keeping.place if keeping else None)
        self._progress = progress
        self._limits = limits
        self._deadline = time.monotonic() + limits.total_s

    def fetch(self) -> Fetched:
        self._cache.make_folders()
        limits = self._limits
        attempts = stamina.retry_context(
            on=_pause_after,
            attempts=limits.attempts,
            timeout=limits.total_s,
            wait_initial=limits.first_pause_s,
            wait_jitter=limits.first_pause_s,
        )
        with self._client() as client:
            for attempt in attempts:
                with attempt:
                    return self._try(client)
        raise _TryAgainError("no attempt was made")  # pragma: no cover -- one always is

    def _client(self) -> httpx.Client:
        return httpx.Client(
            follow_redirects=True,
            event_hooks={"request": [self._check_request]},
            headers={"User-Agent": user_agent(), "Accept-Encoding": "identity"},
            timeout=httpx.Timeout(self._limits.silence_s, connect=self._limits.connect_s),
            trust_env=not self._is_local,  # a proxy of the environment can't reach this loopback
        )

    def _check_request(self, request: httpx.Request) -> None:
        """Look at each address in a chain of redirects, too."""
        _check_address(request.url, loopback_allowed=self._is_local)

    def _try(self, client: httpx.Client) -> Fetched:
        complete, part = self._cache.complete(), self._cache.part()
        have_bytes = self._cache.part_path.stat().st_size if part else 0
        headers = _conditions(complete, part, have_bytes)
        with client.stream("GET", self._url, headers=headers) as response:
            if complete is not None and self._is_unchanged(response, complete):
                self._cache.drop_part()
                size = self._cache.path.stat().st_size
                self._progress(size, size)
                return Fetched(self._cache.path, complete, changed=False)
            self._check_answer(response)
            if response.status_code == HTTPStatus.PARTIAL_CONTENT:
                note = self._continued(response, part, have_bytes)
            else:
                note, have_bytes = _note_of(self._name, response), 0
                self._cache.begin(note)
            self._write(response, have_bytes, note.size_bytes)
        return self._finished(note, complete)

    def _finished(self, note: FetchNote, before: FetchNote | None) -> Fetched:
        """Check the part, and put it in the place of the file."""
        if self._keeping is not None:
            try:
                self._keeping.check(self._cache.part_path, note)
            except SourceFileError:
                self._cache.drop_part()
                raise
        finished = self._cache.finish(note)
        is_new = before is None or before.sha256 != finished.sha256
        return Fetched(self._cache.path, finished, changed=is_new)

    def _is_unchanged(self, response: httpx.Response, complete: FetchNote) -> bool:
        if response.status_code == HTTPStatus.NOT_MODIFIED:
            return True
        same = complete.etag is not None and complete.etag == response.headers.get("ETag")
        return response.status_code == HTTPStatus.OK and same

    def _check_answer(self, response: httpx.Response) -> None:
        status = response.status_code
        answer = answered(response)
        if status == HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE:
            self._cache.drop_part()
            raise _TryAgainError(answer)
        if may_pass(status):
            pause_s = retry_after_s(response.headers.get("Retry-After"))
            if pause_s is not None and pause_s > self._limits.longest_pause_s:
                raise SourceFileError(f"{self._name}: {answer} and asks to wait {pause_s:,.0f} s")
            raise _TryAgainError(answer, pause_s)
        if status not in (HTTPStatus.OK, HTTPStatus.PARTIAL_CONTENT):
            raise SourceFileError(f"{self._name}: {answer}")
        if response.headers.get("Content-Type", "").lower().startswith("text/html"):
            raise SourceFileError(f"{self._name}: expected a data file, found an HTML page")

    def _continued(
        self, response: httpx.Response, part: FetchNote | None, have_bytes: int
    ) -> FetchNote:
        """Return the part's note, where the answer carries on exactly where the part ends."""
        found = _CONTENT_RANGE.fullmatch(response.headers.get("Content-Range", ""))
        etag = response.headers.get("ETag")
        if (
            part is None
            or found is None
            or int(found[1]) != have_bytes
            or (part.etag is not None and etag not in (None, part.etag))
            or found[2] not in ("*", str(part.size_bytes or found[2]))
        ):
            self._cache.drop_part()
            raise _TryAgainError("the server continues another file than the one begun")
        return part

    def _write(self, response: httpx.Response, done_bytes: int, total_bytes: int | None) -> None:
        """Append the answer to the part; both know their sizes, where the server told any."""
        self._check_size(total_bytes or 0)
        self._progress(done_bytes, total_bytes)
        part = self._cache.part_path
        with open(part, "ab", opener=private_files.opener) as file:
            for chunk in response.iter_raw(_CHUNK_BYTES):
                if not done_bytes and is_html(chunk):
                    raise SourceFileError(f"{self._name}: expected a data file, found an HTML page")
                done_bytes += len(chunk)
                self._check_size(done_bytes)
                file.write(chunk)
                self._progress(done_bytes, total_bytes)
                if time.monotonic() > self._deadline:
                    raise SourceFileError(f"{self._name}: took over {self._limits.total_s:g} s")
        if total_bytes not in (None, done_bytes):
            if done_bytes > (total_bytes or 0):
                self._cache.drop_part()
            raise _TryAgainError(
                f"size mismatch: {done_bytes} bytes came, {total_bytes} were announced"
            )

    def _check_size(self, size_bytes: int) -> None:
        if size_bytes > self._limits.size_bytes:
            self._cache.drop_part()
            raise SourceFileError(
                f"{self._name}: larger than {self._limits.size_bytes} bytes, which is the limit"
                " (KENSHO_INGEST_MAX_FILE_BYTES raises it)"
            )


def _conditions(
    complete: FetchNote | None, part: FetchNote | None, have_bytes: int
) -> dict[str, str]:
    """Return the headers that ask for news only: not the same version again, not the same bytes."""
    headers: dict[str, str] = {}
    if complete is not None and complete.etag is not None:
        headers["If-None-Match"] = complete.etag
    elif complete is not None and complete.last_modified is not None:
        headers["If-Modified-Since"] = complete.last_modified
    if part is not None and part.range_mark is not None and have_bytes:
        headers["Range"] = f"bytes={have_bytes}-"
        headers["If-Range"] = part.range_mark
    return headers


def _note_of(url: str, response: httpx.Response) -> FetchNote:
    length = response.headers.get("Content-Length", "")
    return FetchNote(
        url=url,
        etag=response.headers.get("ETag"),
        last_modified=response.headers.get("Last-Modified"),
        size_bytes=int(length) if _LENGTH.fullmatch(length) else None,
    )


def _check_address(url: httpx.URL, *, loopback_allowed: bool) -> None:
    if url.scheme == "https" and url.host:
        return
    if url.scheme == "http" and loopback_allowed and is_loopback(url.host):
        return
    raise SourceFileError(f"{_shown(str(url))}: only https addresses are fetched")


def _shown(url: str) -> str:
    """Return an address without the name and password it may carry: messages and notes hold it."""
    return masked(_CREDENTIALS.sub("//", url, count=1))


def _pause_after(error: Exception) -> bool | float:
    """Tell stamina whether to try again, and after how long where the server said so."""
    if isinstance(error, _TryAgainError):
        return True if error.pause_s is None else error.pause_s
    return isinstance(error, httpx.TransportError)


def _unseen(_done_bytes: int, _total_bytes: int | None) -> None:
    """Show no progress."""
