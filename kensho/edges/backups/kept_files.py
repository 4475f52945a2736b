"""The files beside the store that can't be made again: what of them a backup has, and where to.

Guarantees: a file of SQLite is read as of one moment, whoever writes it. A file is put back whole,
for its owner only, or not at all; one that differs is replaced only where that is asked for.
"""

import contextlib
from collections.abc import Generator, Iterator, Sequence
from pathlib import Path, PurePosixPath
from typing import Final, NamedTuple

from kensho.edges.backups.messages import KeptFile
from kensho.errors import ConflictError, SourceFileError, StorageError
from kensho.platform import private_files, sqlite_files
from kensho.platform.settings import Settings

_CURATION: Final = "curation"
_STAGED: Final = ".restoring"


class _Place(NamedTuple):
    """Where a file of a name lies, and whether it is one of SQLite."""

    name: str
    path: Path
    is_sqlite: bool = False


class _Staged(NamedTuple):
    """A file that waits beside its place."""

    place: _Place
    path: Path


def read(settings: Settings) -> Iterator[KeptFile]:
    """Yield each file that there is; names that begin with a point are none of curators'.

    Raises:
        StorageError: one can't be read.
    """
    for place in _places(settings):
        if place.path.exists():
            yield KeptFile(place.name, _content(place))
    folder = settings.curation.dir
    for path in sorted(folder.rglob("*")):
        within = path.relative_to(folder)
        is_hidden = any(part.startswith(".") for part in within.parts)
        if path.is_file() and not path.is_symlink() and not is_hidden:
            name = f"{_CURATION}/{within.as_posix()}"
            yield KeptFile(name, _content(_Place(name, path)))


def notes(settings: Settings) -> Sequence[str]:
    """Say what can't be made again, and is not among the files."""
    found: list[str] = []
    if settings.signing.secret:
        found.append(
            "the secret that seals sources and signs, which KENSHO_SECRET gives: keep it where that"
            " is from"
        )
    if settings.generation.copies is not None:
        found.append(f"copies of videos in {settings.generation.copies}: copy them beside this")
    return found


class StagedFiles:
    """Files of a backup that wait beside their places until all of them are put there."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._staged: list[_Staged] = []
        self.unchanged = 0

    def add(self, file: KeptFile, *, replace: bool) -> None:
        """Write a file beside its place, unless it is there as it is.

        Raises:
            ConflictError: another stands there, and is not to be replaced.
            SourceFileError: this version knows no such file.
            StorageError: it can't be written.
        """
        place = _place_of(self._settings, file.name)
        try:
            if place.path.exists():
                if _content(place) == file.content:
                    self.unchanged += 1
                    return
                if not replace:
                    said = f"{place.path} is there and differs; --replace puts the backup's there"
                    raise ConflictError(said)
            private_files.make_folder(place.path.parent)
            path = place.path.with_name(f".{place.path.name}{_STAGED}")
            self._staged.append(_Staged(place, path))
            private_files.write_bytes(path, file.content)
        except OSError as error:
            raise StorageError(f"can't write {place.path}: {error.strerror or error}") from error

    def put(self) -> int:
        """Put all files in their places; return how many.

        Raises:
            StorageError: one can't be put there.
        """
        for place, path in self._staged:
            try:
                if place.is_sqlite:
                    sqlite_files.replace_file(path, place.path)
                else:
                    path.replace(place.path)
                private_files.sync_folder(place.path.parent)
            except OSError as error:
                raise StorageError(f"can't write {place.path}: {error}") from error
        return len(self._staged)

    def remove(self) -> None:
        """Take away what still waits."""
        for _, path in self._staged:
            with contextlib.suppress(OSError):
                path.unlink(missing_ok=True)


@contextlib.contextmanager
def staged(settings: Settings) -> Generator[StagedFiles]:
    """Yield files that wait, of which none is left when the block ends."""
    files = StagedFiles(settings)
    try:
        yield files
    finally:
        files.remove()


def _places(settings: Settings) -> Sequence[_Place]:
    return (
        _Place("queue.db", settings.queue.file, is_sqlite=True),
        _Place("webhooks.db", settings.webhooks.dir / "webhooks.db", is_sqlite=True),
        _Place("managers.json", settings.managers.file),
        _Place("portal_keys.json", settings.portal.keys_file),
        _Place("provider_links.json", settings.provider.links),
        _Place("secret", settings.signing.secret_file),
    )


def _place_of(settings: Settings, name: str) -> _Place:
    for place in _places(settings):
        if place.name == name:
            return place
    parts = PurePosixPath(name).parts
    if len(parts) < 2 or parts[0] != _CURATION or ".." in parts:  # noqa: PLR2004 -- folder and file
        raise SourceFileError(f"the backup has a file {name!r}, which this Kenshō does not know")
    return _Place(name, settings.curation.dir.joinpath(*parts[1:]))


def _content(place: _Place) -> bytes:
    try:
        return sqlite_files.copy_of(place.path) if place.is_sqlite else place.path.read_bytes()
    except OSError as error:
        raise StorageError(f"can't read {place.path}: {error.strerror or error}") from error
