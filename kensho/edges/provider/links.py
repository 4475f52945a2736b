"""Which works the provider has: a file of links, written by the command line, read by all workers.

Guarantees: a change is in force within `_LOOK_EVERY_S` in every process, since the file is read
again when it has changed; `revision` is another then. A link that a person made is never replaced
by one that was inferred. Writers wait for one another. A file that can't be read is an error for
writers; readers go on with what they had and log it.
"""

import contextlib
import hashlib
from collections.abc import Callable, Generator, Iterable, Mapping
from pathlib import Path
from time import monotonic
from typing import Annotated, Final, Literal, TypeAlias
from uuid import UUID

import msgspec
import structlog
from msgspec import Meta

from kensho.errors import ConflictError, NotFoundError, SettingsError
from kensho.platform import private_files
from kensho.platform.environment import PREFIX

_VARIABLE: Final = f"{PREFIX}PROVIDER_LINKS"
_LOOK_EVERY_S: Final = 2.0
_MAX_FILE_BYTES: Final = 64 * 1024 * 1024
"""A link takes 200 bytes: room for three hundred thousand, more works than there are."""
_DIGEST_BYTES: Final = 6
_log = structlog.get_logger("kensho.edges")

Method: TypeAlias = Literal["curated", "inferred"]
ProviderId: TypeAlias = Annotated[str, Meta(pattern=r"^[A-Za-z0-9_-]{1,64}$")]


class Link(msgspec.Struct, frozen=True, kw_only=True):
    """A work and the season of the provider that is it.

    `first_episode` is the number, counted from 1 within the season, of the episode that is the
    first of the work: providers sell two cours as one season. `confidence` runs 0..1, and is 1
    where a person made the link.
    """

    work: UUID
    series: ProviderId
    season: ProviderId
    first_episode: Annotated[int, Meta(ge=1, le=10_000)] = 1
    method: Method = "curated"
    confidence: Annotated[float, Meta(ge=0, le=1)] = 1.0
    title: Annotated[str, Meta(max_length=300)] = ""
    """What the provider calls the season, for people who read the file."""


class _Document(msgspec.Struct, frozen=True):
    links: list[Link] = []


class LinkFile:
    """The links in a file; without the file there are none."""

    def __init__(self, path: Path, clock_s: Callable[[], float] = monotonic) -> None:
        self._path = path
        self._clock_s = clock_s
        self._looked_at = float("-inf")
        self._seen: tuple[int, int, int] | None = None
        self._links: Mapping[UUID, Link] = {}
        self._revision = ""

    def of(self, work: UUID) -> Link | None:
        """Return the link of a work, if there is one."""
        self._look()
        return self._links.get(work)

    @property
    def revision(self) -> str:
        """Return a word that is another whenever the links are others; empty without links."""
        self._look()
        return self._revision

    def all(self) -> list[Link]:
        """Return every link, by work.

        Raises:
            SettingsError: the file can't be read.
        """
        read = _read(self._path)
        return [read[work] for work in sorted(read)]

    def add(self, links: Iterable[Link], *, replace: bool = False) -> list[Link]:
        """Write links; return those that were written.

        An inferred link gives way to a curated one without a word.

        Raises:
            ConflictError: a work has a curated link already, and `replace` is not set.
            SettingsError: the file can't be read or written.
        """
        with self._locked():
            known = dict(_read(self._path))
            written = [link for link in links if _may_stand(link, known.get(link.work), replace)]
            self._write({**known, **{link.work: link for link in written}})
        return written

    def remove(self, work: UUID) -> Link:
        """Forget the link of a work, and return it.

        Raises:
            NotFoundError: there is none.
            SettingsError: the file can't be read or written.
        """
        with self._locked():
            known = dict(_read(self._path))
            link = known.pop(work, None)
            if link is None:
                raise NotFoundError(f"the work {work} has no link")
            self._write(known)
        return link

    def _look(self) -> None:
        """Read the file anew if it is another than before; ask for that not too often."""
        now = self._clock_s()
        if now - self._looked_at < _LOOK_EVERY_S:
            return
        self._looked_at = now
        try:
            facts = self._path.stat()
            seen = facts.st_ino, facts.st_mtime_ns, facts.st_size
            if seen != self._seen:
                self._links, self._seen = _read(self._path), seen
                self._revision = _revision(self._links)
        except FileNotFoundError:
            self._links, self._seen, self._revision = {}, None, ""
        except (OSError, SettingsError) as error:
            _log.error("provider links can't be read", error=str(error))

    @contextlib.contextmanager
    def _locked(self) -> Generator[None]:
        try:
            with private_files.only_writer(self._path):
                yield
        except OSError as error:
            raise SettingsError(f"{_VARIABLE}: can't use {str(self._path)!r}: {error}") from error

    def _write(self, links: Mapping[UUID, Link]) -> None:
        document = _Document([links[work] for work in sorted(links)])
        text = msgspec.json.format(msgspec.json.encode(document), indent=1)
        private_files.replace_bytes(self._path, text + b"\n")
        self._looked_at = float("-inf")


def _may_stand(link: Link, known: Link | None, replace: bool) -> bool:
    if known is None or replace or (known.method == "inferred" and link.method == "curated"):
        return True
    if link.method == "inferred":
        return known.method == "inferred" and link.confidence > known.confidence
    raise ConflictError(
        f"the work {link.work} is linked to {known.series}/{known.season}: remove that link first,"
        " or say --replace"
    )


def _read(path: Path) -> Mapping[UUID, Link]:
    try:
        with path.open("rb") as file:
            content = file.read(_MAX_FILE_BYTES + 1)
    except FileNotFoundError:
        return {}
    except OSError as error:
        raise SettingsError(f"{_VARIABLE}: can't read {str(path)!r}: {error}") from error
    if len(content) > _MAX_FILE_BYTES:
        raise SettingsError(f"{_VARIABLE}: {str(path)!r} is over {_MAX_FILE_BYTES} bytes")
    try:
        document = msgspec.json.decode(content, type=_Document)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise SettingsError(f"{_VARIABLE}: can't read {str(path)!r}: {error}") from error
    return {link.work: link for link in document.links}


def _revision(links: Mapping[UUID, Link]) -> str:
    """Return a digest of which works are linked: pages show no more of it."""
    works = b"".join(sorted(work.bytes for work in links))
    return hashlib.blake2b(works, digest_size=_DIGEST_BYTES).hexdigest() if works else ""
