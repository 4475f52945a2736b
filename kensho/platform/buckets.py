"""Files in a bucket behind the S3 protocol (obstore): read in ranges, written whole or not at all.

Who asks is told by the variables that other programs read too: `AWS_ACCESS_KEY_ID` and
`AWS_SECRET_ACCESS_KEY` (or `AWS_SESSION_TOKEN`, a web identity, the machine's own role), and
`AWS_REGION`. `AWS_SKIP_SIGNATURE=true` asks a public bucket as nobody.

Guarantees: no more is read than the caller allows, every request has a bound in time, and plain
http is for loopback hosts alone. A file may be written over only what was read of it.
"""

import contextlib
import datetime as dt
from collections.abc import Generator, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, Final, NamedTuple

import obstore
from obstore.exceptions import (
    AlreadyExistsError,
    BaseError,
    PermissionDeniedError,
    PreconditionError,
    UnauthenticatedError,
)
from obstore.store import S3Store

from kensho.errors import ChangedMeanwhileError, SettingsError, UpstreamError

_CHUNK_BYTES: Final = 8 << 20
"""Of a range or a part: with the deadline of a request, 280 KB/s are fast enough."""
_CLIENT: Final[Mapping[str, Any]] = {
    "timeout": dt.timedelta(seconds=30),
    "connect_timeout": dt.timedelta(seconds=10),
}
_RETRIES: Final[Any] = {
    "max_retries": 4,
    "retry_timeout": dt.timedelta(seconds=60),
    "backoff": {
        "init_backoff": dt.timedelta(milliseconds=200),
        "max_backoff": dt.timedelta(seconds=5),
        "base": 2,
    },
}
"""A bucket that answers 503 or cuts an answer is asked again for three seconds."""
_MOST_TOLD: Final = 300


class KeptText(NamedTuple):
    """A small file as it was read, and the tag by which it is known if it changes."""

    content: bytes
    tag: str | None


def store_of(name: str, prefix: str | None, *, endpoint: str | None, **given: Any) -> S3Store:
    """Return what is under a prefix of a bucket; what is not `given` the environment tells.

    Raises:
        BaseError: the environment says what can't be.
    """
    if endpoint is not None:
        given["endpoint"] = endpoint
    options: Any = {**_CLIENT, "allow_http": (endpoint or "").startswith("http://")}
    return S3Store(name, prefix=prefix, client_options=options, retry_config=_RETRIES, **given)


class Bucket:
    """The files under a prefix of a bucket; names are relative to it. Methods block.

    Every method raises `UpstreamError` where the bucket can't be asked, or refuses.
    """

    def __init__(self, name: str, prefix: str | None, endpoint: str | None) -> None:
        """Take a bucket, and its scheme and host if it is not at Amazon's.

        Raises:
            SettingsError: the variables that tell who asks make no sense.
        """
        self._place = "/".join(("s3:/", name, *(prefix.split("/") if prefix else ())))
        try:
            self._store = store_of(name, prefix, endpoint=endpoint)
        except BaseError as error:
            raise SettingsError(f"{self._place}: {_said(error)}") from error

    def read(self, name: str, most_bytes: int) -> Iterator[bytes]:
        """Yield the content of a file range by range.

        Raises:
            UpstreamError: it has more than `most_bytes`, or is not there.
        """
        start = 0
        while start < most_bytes:
            end = min(start + _CHUNK_BYTES, most_bytes)
            with self._told(name):
                found = obstore.get(self._store, name, options={"range": (start, end)})
                size, piece = int(found.meta["size"]), bytes(found.bytes())
            if size > most_bytes:
                raise UpstreamError(f"{self._place}/{name}: has more than {most_bytes} bytes")
            yield piece
            start += len(piece)
            if start >= size or not piece:
                return

    def text(self, name: str, most_bytes: int) -> KeptText | None:
        """Return a small file, if there is one of this name."""
        try:
            with self._told(name):
                found = obstore.get(self._store, name)
                size, tag = int(found.meta["size"]), found.meta["e_tag"]
                content = bytes(found.bytes()) if size <= most_bytes else b""
        except UpstreamError as error:
            if isinstance(error.__cause__, FileNotFoundError):
                return None
            raise
        if size > most_bytes:
            raise UpstreamError(f"{self._place}/{name}: has more than {most_bytes} bytes")
        return KeptText(content, tag)

    def put_file(self, name: str, path: Path) -> None:
        """Write a file of this machine; a large one in parts, which appear as one at the end."""
        with self._told(name):
            obstore.put(self._store, name, path, chunk_size=_CHUNK_BYTES, max_concurrency=4)

    def put_over(self, name: str, content: bytes, former: KeptText | None) -> None:
        """Write a small file over what was read of it, or where nothing was.

        What has no tag, as in buckets that give none, is written over as it is.

        Raises:
            ChangedMeanwhileError: it is something else by now.
        """
        mode: Any = "create"
        if former is not None:
            mode = "overwrite" if former.tag is None else {"e_tag": former.tag}
        try:
            with self._told(name):
                obstore.put(self._store, name, content, mode=mode, use_multipart=False)
        except UpstreamError as error:
            if isinstance(error.__cause__, AlreadyExistsError | PreconditionError):
                said = f"{self._place}/{name}: somebody else has written it meanwhile"
                raise ChangedMeanwhileError(said) from error
            raise

    def sizes(self) -> Mapping[str, int]:
        """Return the sizes of all files by their names."""
        with self._told(""):
            pages = obstore.list(self._store)  # pyright: ignore[reportUnknownMemberType]  # other answers of it are pyarrow's
            return {str(one["path"]): int(one["size"]) for page in pages for one in page}

    def delete(self, names: Iterable[str]) -> None:
        """Delete files; one that is not there is no error."""
        if several := [*names]:
            with self._told(""):
                obstore.delete(self._store, several)

    @contextlib.contextmanager
    def _told(self, name: str) -> Generator[None]:
        shown = f"{self._place}/{name}"
        try:
            yield
        except FileNotFoundError as error:
            raise UpstreamError(f"{shown}: is not there") from error
        except (PermissionDeniedError, UnauthenticatedError) as error:
            raise UpstreamError(f"{shown}: access is denied") from error
        except BaseError as error:
            raise UpstreamError(f"{shown}: {_said(error)}") from error


def _said(error: Exception) -> str:
    """Return the first line of a message, whose others tell how the client was made."""
    lines = str(error).strip().splitlines()
    return (lines[0] if lines else type(error).__name__)[:_MOST_TOLD]
