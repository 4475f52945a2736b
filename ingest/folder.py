"""Find which files of a data folder belong to which source.

By a manifest or by the sources' own file patterns.

A manifest is `manifest.toml`: a table for each source with `paths` (or https addresses), and a
`snapshot` date where the files bear none. Without one, files are known by the patterns that each
source declares.
"""

import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Final

import msgspec

from ingest.pipeline.run import Job
from ingest.source import Source
from kensho.errors import SourceFileError

MANIFEST: Final = "manifest.toml"


class _Entry(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    paths: tuple[str, ...]


def jobs_in(folder: Path, sources: Mapping[str, Source]) -> list[Job]:
    """Return the jobs for a folder, or for a manifest file itself.

    Raises:
        SourceFileError: the folder holds no known file, or its manifest is wrong.
    """
    if folder.is_file():
        return _listed(folder, sources)
    if not folder.is_dir():
        raise SourceFileError(f"{folder}: no such folder")
    if (folder / MANIFEST).is_file():
        return _listed(folder / MANIFEST, sources)
    found = [Job(s, paths) for s in sources.values() if (paths := _matching(folder, s))]
    if not found:
        raise SourceFileError(f"{folder}: no file of any known source; see 'kensho ingest --list'")
    return found


def _matching(folder: Path, source: Source) -> tuple[Path, ...]:
    return tuple(sorted({path for pattern in source.patterns for path in folder.glob(pattern)}))


def _listed(manifest: Path, sources: Mapping[str, Source]) -> list[Job]:
    try:
        entries = msgspec.toml.decode(manifest.read_bytes(), type=dict[str, _Entry])
    except (msgspec.ValidationError, tomllib.TOMLDecodeError) as error:
        raise SourceFileError(f"{manifest}: {error}") from error
    unknown = entries.keys() - sources.keys()
    if unknown:
        raise SourceFileError(f"{manifest}: no source is named {', '.join(sorted(unknown))}")
    return [Job(sources[name], _paths(manifest, entry)) for name, entry in entries.items()]


def _paths(manifest: Path, entry: _Entry) -> tuple[Path, ...]:
    paths = tuple(manifest.parent / path for path in entry.paths)
    for path in paths:
        if not path.is_file():
            raise SourceFileError(f"{manifest}: {path} is not a file")
    return paths
