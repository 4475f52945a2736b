"""The manifest of a dump: what it holds, of whom, on which terms, and the checksum of each file."""

import hashlib
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Annotated, Final, TypeAlias

import msgspec
from msgspec import Meta

from kensho.errors import SourceFileError
from kensho.storage.migrations import Migration

FORMAT: Final = "kensho-dump"
FORMAT_VERSION: Final = 1
NAME: Final = "manifest.json"
_MOST_BYTES: Final = 1 << 20
"""A manifest has some 10 KB; a larger one is another thing."""
_CHUNK_BYTES: Final = 1 << 20

FileName: TypeAlias = Annotated[
    str, Meta(pattern=r"^(tables/)?[a-z_]{1,40}\.(jsonl\.zst|parquet)$", max_length=60)
]
Sha256: TypeAlias = Annotated[str, Meta(pattern="^[0-9a-f]{64}$")]
Total: TypeAlias = Annotated[int, Meta(ge=0)]


class DumpedFile(msgspec.Struct, frozen=True):
    """A file of a dump: its rows, its size as it is packed, and its checksum."""

    path: FileName
    rows: Total
    size_bytes: Total
    sha256: Sha256


class DumpedTable(msgspec.Struct, frozen=True, omit_defaults=True):
    """A table as JSON Lines, and as Parquet where that was asked for.

    `content` is the SHA-256 of the lines as they are unpacked: two graphs of equal tables have
    equal ones, however they are packed.
    """

    lines: DumpedFile
    content: Sha256
    parquet: DumpedFile | None = None


class DumpedSource(msgspec.Struct, frozen=True):
    """A source of the dump: its terms, its records, and the date that its data stands for."""

    name: str
    title: str
    licence: str
    conditions: str
    attribution: str
    records: Total
    snapshot: str


class WithheldSource(msgspec.Struct, frozen=True):
    """A source that is left out, since it may not be passed on; and how many records it has."""

    name: str
    title: str
    licence: str
    reason: str
    records: Total


class DumpManifest(msgspec.Struct, frozen=True, kw_only=True):
    """What a dump holds.

    `schema` names the tables of the store that it was made of, `rules` those by which franchises
    were computed. A `private` dump has sources that may not be passed on.
    """

    format: str
    version: int
    kensho: str
    made_at: str
    schema: Sha256
    rules: str
    revision: Total
    private: bool
    sources: list[DumpedSource]
    withheld: list[WithheldSource]
    records: DumpedTable
    tables: dict[str, DumpedTable]

    @property
    def files(self) -> Iterator[DumpedFile]:
        """Yield every file of the dump but the manifest."""
        for table in (self.records, *self.tables.values()):
            yield table.lines
            if table.parquet is not None:
                yield table.parquet


def schema_of(migrations: Sequence[Migration]) -> str:
    """Return what names a schema: the digest of all its migrations."""
    told = "".join(f"{one.number} {one.checksum}\n" for one in migrations)
    return hashlib.sha256(told.encode()).hexdigest()


def read_manifest(folder: Path) -> DumpManifest:
    """Return the manifest of a dump.

    Raises:
        SourceFileError: there is none, or it is not of this form; names what is wrong.
    """
    path = folder / NAME
    try:
        with path.open("rb") as file:
            text = file.read(_MOST_BYTES + 1)
    except OSError as error:
        raise SourceFileError(f"{path}: {error.strerror}") from error
    if len(text) > _MOST_BYTES:
        raise SourceFileError(f"{path}: a manifest has at most {_MOST_BYTES:,} bytes")
    try:
        found = msgspec.json.decode(text, type=DumpManifest)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise SourceFileError(f"{path}: no manifest of a dump: {error}") from error
    if (found.format, found.version) != (FORMAT, FORMAT_VERSION):
        raise SourceFileError(
            f"{path}: format is {found.format!r} version {found.version}, this Kenshō reads"
            f" {FORMAT!r} version {FORMAT_VERSION}"
        )
    return found


def require_whole(folder: Path, manifest: DumpManifest) -> None:
    """Compare each file of a dump with the manifest; raises `SourceFileError` naming the file."""
    for file in manifest.files:
        path = folder / file.path
        try:
            size_bytes = path.stat().st_size
            if size_bytes != file.size_bytes:
                raise SourceFileError(
                    f"{path}: it has {size_bytes:,} bytes, the manifest says {file.size_bytes:,}"
                )
            found = sha256_of(path)
        except OSError as error:
            raise SourceFileError(f"{path}: {error.strerror}") from error
        if found != file.sha256:
            raise SourceFileError(f"{path}: its SHA-256 is {found}, not {file.sha256}")


def sha256_of(path: Path) -> str:
    """Return the SHA-256 of a file, read piece by piece."""
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while chunk := file.read(_CHUNK_BYTES):
            digest.update(chunk)
    return digest.hexdigest()
