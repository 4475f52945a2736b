"""Find which files of a data folder belong to which source, by a manifest or by their names.

Of one release in several forms, such as plain and packed, the newest one is taken, else the first
by name. What is not used is told with its reason.

A manifest is `manifest.toml`: a table for each source with `paths` (or https addresses), and a
`snapshot` date where the files bear none. Without one, files are known by the patterns that each
source declares.
"""

import datetime as dt
import itertools
import tomllib
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Final

import msgspec

from ingest import curation
from ingest.curation_layers import LayeredCuration
from ingest.fetched_files import LIST
from ingest.pipeline.jobs import IngestJob
from ingest.reading.files import SourceFile
from ingest.source import Source
from ingest.sources import curated_franchises
from kensho.errors import SourceFileError

MANIFEST: Final = "manifest.toml"
_OWN_FILES: Final = frozenset((MANIFEST, LIST))
_NOTE: Final = ".note.json"
_MOST_FILES: Final = 10_000
"""Whoever names a folder of more files named the wrong one."""
_MAX_MANIFEST_BYTES: Final = 1024 * 1024
"""Twenty sources of a hundred files each take a tenth of it."""


class _Entry(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    paths: tuple[str, ...]
    snapshot: dt.date | None = None


class UnusedFile(msgspec.Struct, frozen=True):
    """A file of a folder that no source reads, and why."""

    path: str
    reason: str


def jobs_in(
    folder: Path, sources: Mapping[str, Source], fetch: Callable[[str], Path] = Path
) -> list[IngestJob]:
    """Return the jobs for a folder, or for a manifest file itself.

    `fetch` returns the local file of an address; a source of which one can't be had gets a job that
    says so (`IngestJob.problem`).

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


def unused_in(
    folder: Path, sources: Mapping[str, Source], jobs: Sequence[IngestJob]
) -> list[UnusedFile]:
    """Return the files of a folder that no job reads; hidden ones and notes of fetching aside."""
    root = folder.parent if folder.is_file() else folder
    used = {path.resolve() for job in jobs for path in job.paths}
    known = {
        path: source.name
        for source in sources.values()
        for pattern in source.patterns
        for path in root.glob(pattern)
    }
    is_listed = folder.is_file() or (folder / MANIFEST).is_file()
    found: list[UnusedFile] = []
    for path in itertools.islice(_files_in(root), _MOST_FILES):
        if path.resolve() in used or path.name in _OWN_FILES or path.name.endswith(_NOTE):
            continue
        name = known.get(path)
        if is_listed:
            reason = "the manifest does not name it"
        elif name is None:
            reason = "no source has files of this name"
        else:
            reason = f"another form of a release of {name} that is read"
        found.append(UnusedFile(path.relative_to(root).as_posix(), reason))
    return found


def _files_in(root: Path) -> Iterator[Path]:
    for path in sorted(root.rglob("*")):
        hidden = any(part.startswith(".") for part in path.relative_to(root).parts)
        if not hidden and path.is_file():
            yield path


def with_curation(
    jobs: Sequence[IngestJob], layers: LayeredCuration | None = None
) -> list[IngestJob]:
    """Return `jobs`, and one for the relations of the curators' files if none of them is for those.

    `layers` are those files, by default the ones that come with Kenshō.

    Raises:
        CurationError: a curated file is not of its form.
    """
    source = curated_franchises.SOURCE
    paths = curation.relation_files() if layers is None else layers.relation_files
    if not paths or any(job.source.name == source.name for job in jobs):
        return list(jobs)
    return [*jobs, IngestJob(source, paths)]


def _matching(folder: Path, source: Source) -> tuple[Path, ...]:
    """Return the files of a source, each release of several forms in one of them."""
    releases: dict[str, dict[str, list[Path]]] = {}
    found = {path for pattern in source.patterns for path in folder.glob(pattern)}
    for path in sorted(path for path in found if path.is_file()):
        release, form = source.form_of(path.relative_to(folder))
        releases.setdefault(release, {}).setdefault(form, []).append(path)
    chosen = (max(forms.values(), key=partial(_newest, source)) for forms in releases.values())
    return tuple(sorted(path for paths in chosen for path in paths))


def _newest(source: Source, paths: Sequence[Path]) -> str:
    """Return the date that a form of a release states; the first of equals is taken."""
    try:
        return max(source.snapshot(SourceFile(path)) or "" for path in paths)
    except SourceFileError:
        return ""


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
    return [_job(manifest, sources[name], entry, fetch) for name, entry in entries.items()]


def _job(manifest: Path, source: Source, entry: _Entry, fetch: Callable[[str], Path]) -> IngestJob:
    if not entry.paths:  # a job without files would take back all that the source said
        raise SourceFileError(f"{manifest}: {source.name} names no file")
    snapshot = entry.snapshot.isoformat() if entry.snapshot else None
    try:
        paths = tuple(fetch(p) if "://" in p else manifest.parent / p for p in entry.paths)
    except SourceFileError as error:  # what can't be had stops its own source alone
        return IngestJob(source, (), snapshot, problem=error.message)
    for path in paths:
        if not path.is_file():
            raise SourceFileError(f"{manifest}: {path} is not a file")
    return IngestJob(source, paths, snapshot)
