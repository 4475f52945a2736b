"""What is known of files that were fetched: `fetched.json` of a folder, the note of a download.

A note counts only while the file has the checksum, or at least the size, that it was fetched with:
what a person puts in the place of a fetched file is another file.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Final, TypeVar

import msgspec

from kensho.platform.download_cache import FetchNote, sha256_of

LIST: Final = "fetched.json"
Form = TypeVar("Form")
_LEVELS: Final = 2
"""Files of a data folder lie in it or in a folder of their source."""
_MOST_BYTES: Final = 4 * 1024 * 1024


class _Listed(FetchNote, frozen=True, omit_defaults=True):
    file: str = ""


def noted_of(path: Path) -> FetchNote | None:
    """Return what was noted of this file when it was fetched; `None` where nothing (or another)."""
    for note in _notes(path):
        if note.size_bytes is not None and note.size_bytes != path.stat().st_size:
            continue
        if note.sha256 is not None and note.sha256 == sha256_of(path):
            return note
    return None


def _notes(path: Path) -> Iterator[FetchNote]:
    note = _read(path.with_name(f"{path.name}.note.json"), FetchNote)
    if note is not None:
        yield note
    whole = path.absolute()
    for folder in whole.parents[:_LEVELS]:
        for listed in _read(folder / LIST, list[_Listed]) or ():
            if folder / listed.file == whole:
                yield listed


def _read(path: Path, form: type[Form]) -> Form | None:
    try:
        if path.stat().st_size > _MOST_BYTES:
            return None
        return msgspec.json.decode(path.read_bytes(), type=form)
    except (OSError, msgspec.DecodeError, UnicodeDecodeError):
        return None
