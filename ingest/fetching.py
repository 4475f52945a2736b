"""Fetch every dump that has a public address into a folder, as `kensho fetch` does.

The folder holds the files by the names that `kensho ingest --all` knows, `fetched.json` with the
address, version, checksum, licence and attribution of each, and `.fetch/` with what is on its way.

Guarantees: a file is replaced as a whole, once the new one has its announced size and published
checksum, is no web page, unpacks to its end and reads as its source; else the older one stays. A
source that can't be had does not stop the others. One process at a time fetches into a folder. A
source with a least interval is asked no more often than that, in whatever way the last time ended.
"""

import datetime as dt
from collections import deque
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import IO, Final, Literal, TypeAlias

import msgspec

from ingest.addresses import Address, Sums
from ingest.fetched_files import LIST
from ingest.progress import Progress
from ingest.reading.files import PACKINGS, SourceFile
from ingest.source import Source
from kensho.errors import KenshoError, SourceFileError
from kensho.platform import private_files
from kensho.platform.download_cache import FetchNote, Place, sha256_of
from kensho.platform.downloads import Fetched, FetchLimits, Keeping, fetch_noted
from kensho.platform.http_client import HttpClient
from kensho.platform.settings import IngestSettings

STATE_DIR: Final = ".fetch"
_LOCK: Final = "lock"
_ASKED: Final = ".asked"
_CHUNK_BYTES: Final = 1024 * 1024
_SUMS_BYTES: Final = 4 * 1024 * 1024
"""What a list of checksums may have: the document of a release with 20 files has 60 KB."""

State: TypeAlias = Literal["fetched", "unchanged", "waiting", "failed"]
Clock: TypeAlias = Callable[[], dt.datetime]


class FolderInUseError(KenshoError):
    """Another process fetches into the folder now."""


class FetchOutcome(msgspec.Struct, frozen=True):
    """How one file's fetch ended; `message` says why it failed or waits."""

    source: str
    file: str
    state: State
    licence: str
    attribution: str
    url: str
    size_bytes: int | None = None
    sha256: str | None = None
    verified: bool = False
    etag: str | None = None
    last_modified: str | None = None
    fetched_at: str | None = None
    message: str | None = None

    @property
    def is_there(self) -> bool:
        """Tell whether a file that can be ingested is in the folder."""
        return self.sha256 is not None


class Fetching(msgspec.Struct, frozen=True):
    """What fetching needs besides the addresses."""

    folder: Path
    sources: dict[str, Source]
    progress: Progress
    limits: FetchLimits
    reading: IngestSettings
    now: Clock

    @property
    def state_dir(self) -> Path:
        """Return where parts, notes and the lock are."""
        return self.folder / STATE_DIR


def alone_in(folder: Path) -> IO[bytes]:
    """Keep other processes from fetching into the folder until what is returned is closed.

    Raises:
        FolderInUseError: one does so now.
        SourceFileError: the folder can't be made.
    """
    try:
        return private_files.locked_file(folder / STATE_DIR / _LOCK)
    except BlockingIOError as error:
        raise FolderInUseError(f"{folder}: another process fetches into it now") from error
    except OSError as error:
        raise SourceFileError(f"{folder}: {error.strerror}") from error


def fetch_all(addresses: Sequence[Address], fetching: Fetching) -> list[FetchOutcome]:
    """Fetch each address, and write down what is there; the caller is alone in the folder.

    Raises:
        SourceFileError: what is there can't be written down.
    """
    listed = _listed(fetching.folder)
    known = {one.file: one for one in listed if (fetching.folder / one.file).is_file()}
    outcomes: list[FetchOutcome] = []
    for address in addresses:
        outcome = _fetched(address, fetching, known.get(address.file))
        outcomes.append(outcome)
        if outcome.state != "waiting" and outcome.is_there:
            known[outcome.file] = outcome
        if outcome.message:
            fetching.progress.say(f"{outcome.file}: {outcome.message}")
    _write_list(fetching, [known[file] for file in sorted(known)])
    return outcomes


def _write_list(fetching: Fetching, files: Sequence[FetchOutcome]) -> None:
    listed = msgspec.json.format(msgspec.json.encode(files))
    part = fetching.state_dir / LIST
    try:
        private_files.write_bytes(part, listed + b"\n")
        part.replace(fetching.folder / LIST)
    except OSError as error:
        raise SourceFileError(f"{fetching.folder / LIST}: {error.strerror}") from error


def _fetched(address: Address, fetching: Fetching, known: FetchOutcome | None) -> FetchOutcome:
    before = _outcome(address, "waiting", known)
    asked = fetching.state_dir / f"{address.file}{_ASKED}"
    wait = _wait(address, asked, fetching.now())
    if wait is not None:
        return msgspec.structs.replace(before, message=wait)
    if address.min_interval_h:
        private_files.make_folder(asked.parent)
        private_files.write_bytes(asked, fetching.now().isoformat().encode())
    try:
        found, verified = _download(address, fetching)
    except SourceFileError as error:
        return msgspec.structs.replace(before, state="failed", message=error.message)
    verified = verified or (not found.changed and before.verified)
    return msgspec.structs.replace(
        before,
        state="fetched" if found.changed else "unchanged",
        size_bytes=found.note.size_bytes,
        sha256=found.note.sha256,
        verified=verified,
        etag=found.note.etag,
        last_modified=found.note.last_modified,
        fetched_at=fetching.now().isoformat() if found.changed else before.fetched_at,
    )


def _outcome(address: Address, state: State, known: FetchOutcome | None) -> FetchOutcome:
    """Return what is known of the file that is there, with the terms of today."""
    terms = {
        "source": address.source,
        "file": address.file,
        "state": state,
        "licence": address.licence,
        "attribution": address.attribution,
        "url": address.url,
        "message": None,
    }
    if known is None:
        return msgspec.convert(terms, FetchOutcome)
    return msgspec.structs.replace(known, **terms)


def _wait(address: Address, asked: Path, now: dt.datetime) -> str | None:
    """Return why the address is not asked now; `None` where it may be."""
    if not address.min_interval_h:
        return None
    try:
        last = dt.datetime.fromisoformat(asked.read_text("ascii"))
        until = last + dt.timedelta(hours=address.min_interval_h)
    except (OSError, ValueError, TypeError, OverflowError):
        return None
    if not last <= now < until:
        return None
    return (
        f"was asked at {last:%Y-%m-%d %H:%M} and may be asked once in {address.min_interval_h:g} h:"
        f" again from {until:%Y-%m-%d %H:%M} on"
    )


def _download(address: Address, fetching: Fetching) -> tuple[Fetched, bool]:
    """Return the file, and whether its bytes have the checksum that its owners publish."""
    limits = fetching.limits
    if address.min_interval_h:  # each try is a request
        limits = msgspec.structs.replace(limits, attempts=1)
    verified: list[bool] = []

    def check(path: Path, _note: FetchNote) -> None:
        _check_content(address, path, fetching)
        if address.sums is not None:
            verified.append(_has_published_sum(address, address.sums, path, fetching.progress))

    keeping = Keeping(Place(address.file, fetching.state_dir), check)
    with fetching.progress.stage(f"fetching {address.file}") as advance:
        so_far = 0

        def tell(done_bytes: int, _total_bytes: int | None) -> None:
            nonlocal so_far
            advance(done_bytes - so_far)
            so_far = done_bytes

        found = fetch_noted(
            address.url, fetching.folder, progress=tell, limits=limits, keeping=keeping
        )
    return found, any(verified)


class _UnheardRejects:
    """Takes rejects, and forgets them: the ingest reports them."""

    def add(
        self, line: int, field: str, value: object, reason: str, *, key: str | None = None
    ) -> None:
        """Forget one reject."""


def _check_content(address: Address, path: Path, fetching: Fetching) -> None:
    """Read the file as its source: an archive to its end, a plain one record by record.

    Raises:
        SourceFileError: it is too small, cut off, or of another form.
    """
    source, size = fetching.sources[address.source], path.stat().st_size
    if size < address.min_bytes:
        raise SourceFileError(
            f"{address.url}: {size:,} bytes, where a sound file has {address.min_bytes:,} or more"
        )
    try:
        records = source.read(SourceFile(path, fetching.reading), _UnheardRejects())
        found = next(records, None)
        if path.suffix not in PACKINGS:  # those were unpacked to their end
            deque(records, maxlen=0)
    except SourceFileError as error:
        said = error.message.removeprefix(f"{path}: ")
        raise SourceFileError(f"{address.url}: {said}") from error
    if found is None:
        raise SourceFileError(f"{address.url}: no usable record of source {source.name}")


def _has_published_sum(address: Address, sums: Sums, path: Path, progress: Progress) -> bool:
    """Compare the file with its published checksum, where that can be had.

    Raises:
        SourceFileError: it has another one.
    """
    name = address.url.rpartition("/")[2]
    try:
        with HttpClient() as client:
            published = _sum_of(name, b"".join(client.read(sums.url, _SUMS_BYTES)), sums)
    except (KenshoError, msgspec.DecodeError, UnicodeDecodeError) as error:
        progress.say(f"{address.file}: its checksum can't be had: {error}")
        return False
    if published is None:
        progress.say(f"{address.file}: {sums.url} tells no checksum of {name}")
        return False
    found = sha256_of(path)
    if found != published.lower():
        raise SourceFileError(f"{address.url}: has the sha256 {found}, published is {published}")
    return True


class _Asset(msgspec.Struct, frozen=True):
    name: str
    digest: str | None = None


class _Release(msgspec.Struct, frozen=True):
    assets: tuple[_Asset, ...]


def _sum_of(name: str, document: bytes, sums: Sums) -> str | None:
    if sums.form == "github-release":
        release = msgspec.json.decode(document, type=_Release)
        digests = {asset.name: asset.digest or "" for asset in release.assets}
        kind, _, digest = digests.get(name, "").partition(":")
        return digest if kind == "sha256" else None
    for line in document.decode().splitlines():
        digest, _, file = line.partition(" ")
        if file.strip().removeprefix("*") == name:
            return digest
    return None


def _listed(folder: Path) -> list[FetchOutcome]:
    try:
        return msgspec.json.decode((folder / LIST).read_bytes(), type=list[FetchOutcome])
    except (OSError, msgspec.DecodeError, UnicodeDecodeError):
        return []
