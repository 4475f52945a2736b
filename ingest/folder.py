"""Find which files of a data folder belong to which source, by a manifest or by their names.

A manifest is `manifest.toml`: a table for each source with `paths` (or https addresses), and a
`snapshot` date where the files bear none. Without one, files are known by the patterns that each
source declares.
"""

import datetime as dt
import tomllib
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Final

import msgspec

from ingest import curation
from ingest.pipeline.run import IngestJob
from ingest.source import Source
from ingest.sources import curated_franchises
from kensho.errors import SourceFileError

MANIFEST: Final = "manifest.toml"
_MAX_MANIFEST_BYTES: Final = 1024 * 1024
"""Twenty sources of a hundred files each take a tenth of it."""


class _Entry(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    paths: tuple[str, ...]
    snapshot: dt.date | None = None


def jobs_in(
    folder: Path, sources: Mapping[str, Source], fetch: Callable[[str], Path] = Path
) -> list[IngestJob]:
    """Return the jobs for a folder, or for a manifest file itself.

    `fetch` returns the local file of an address.

    Raises:
        SourceFileError: the folder holds no known file, or its manifest is wrong.
    """
    if folder.is_file():
        return _listed(folder, sources, fetch)
    if not folder.is_dir():
        raise SourceFileError(f"{folder}: no such folder")
    if (folder / MANIFEST).is_file():
        return _listed(folder / MANIFEST, sources, fetch)
    found = [IngestJob(s, paths) for s in sources.values() if (paths := _matching(folder, s))]
    if not found:
        raise SourceFileError(f"{folder}: no file of any known source; see 'kensho ingest --list'")
    return found


def with_curation(jobs: Sequence[IngestJob]) -> list[IngestJob]:
    """Return `jobs`, and one for the relations that come with Kenshō if none of them is for those.

    Raises:
        CurationError: a curated file is not of its form.
    """
    source = curated_franchises.SOURCE
    paths = curation.relation_files()
    if not paths or any(job.source.name == source.name for job in jobs):
        return list(jobs)
    return [*jobs, IngestJob(source, paths)]


def _matching(folder: Path, source: Source) -> tuple[Path, ...]:
    return tuple(sorted({path for pattern in source.patterns for path in folder.glob(pattern)}))


def _listed(
    manifest: Path, sources: Mapping[str, Source], fetch: Callable[[str], Path]
) -> list[IngestJob]:
    if manifest.stat().st_size > _MAX_MANIFEST_BYTES:
        raise SourceFileError(f"{manifest}: larger than {_MAX_MANIFEST_BYTES:,} bytes")
    try:
        entries = msgspec.toml.decode(manifest.read_bytes(), type=dict[str, _Entry])
    except (
        msgspec.DecodeError,
        tomllib.TOMLDecodeError,
        UnicodeDecodeError,
        RecursionError,
    ) as error:
        raise SourceFileError(f"{manifest}: {error}") from error
    unknown = entries.keys() - sources.keys()
    if unknown:
        raise SourceFileError(f"{manifest}: no source is named {', '.join(sorted(unknown))}")
    if not entries:
        raise SourceFileError(f"{manifest}: names no source")
    return [
        IngestJob(
            sources[name],
            _paths(manifest, name, entry, fetch),
            entry.snapshot.isoformat() if entry.snapshot else None,
        )
        for name, entry in entries.items()
    ]


def _paths(
    manifest: Path, name: str, entry: _Entry, fetch: Callable[[str], Path]
) -> tuple[Path, ...]:
    if not entry.paths:  # a job without files would take back all that the source said
        raise SourceFileError(f"{manifest}: {name} names no file")
    paths = tuple(fetch(p) if "://" in p else manifest.parent / p for p in entry.paths)
    for path in paths:
        if not path.is_file():
            raise SourceFileError(f"{manifest}: {path} is not a file")
    return paths
