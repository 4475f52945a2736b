"""What fetching keeps on disk: the file, the part of it that came so far, and a note beside each.

`<name>` is a complete file, `<name>.part` one that is on its way; `<name>.note.json` and
`<name>.part.note.json` say which address and which version of it the bytes belong to. A file
without its note, or with a note of another address, counts as absent.

Where a file is kept under a name of its own (`Place`), its part and both notes are in a folder
beside it, so that nothing that looks like data lies about; the part has the name of the file.
"""

import hashlib
import re
from pathlib import Path
from typing import Final
from urllib.parse import unquote, urlsplit

import msgspec

from kensho.platform import private_files

_UNSAFE: Final = re.compile(r"[^A-Za-z0-9._-]+")
_MAX_NAME_CHARS: Final = 120


class FetchNote(msgspec.Struct, frozen=True, omit_defaults=True):
    """Whose bytes these are: address, the server's version marks, size and hash where known."""

    url: str
    etag: str | None = None
    last_modified: str | None = None
    size_bytes: int | None = None
    sha256: str | None = None

    @property
    def range_mark(self) -> str | None:
        """Return what `If-Range` may carry, a strong ETag or the date; `None`: can't be resumed."""
        if self.etag is not None and not self.etag.startswith("W/"):
            return self.etag
        return self.last_modified


class Place(msgspec.Struct, frozen=True):
    """Where a file is kept: its path below the folder, and the folder of its part and notes."""

    name: str
    state_dir: Path


class CachedFile:
    """The place of one address in the cache folder."""

    def __init__(self, folder: Path, url: str, place: Place | None = None) -> None:
        self.url = url
        self.path = folder / (place.name if place else name_of(url))
        state = place.state_dir / place.name if place else self.path
        self._note_path = state.with_name(f"{state.name}.note.json")
        self._part_note_path = state.with_name(f"{state.name}.part.note.json")
        self.part_path = state if place else state.with_name(f"{state.name}.part")

    def make_folders(self) -> None:
        """Make the folders of the file, of its part and of its notes."""
        for path in (self.path, self.part_path):
            private_files.make_folder(path.parent)

    def complete(self) -> FetchNote | None:
        """Return the note of the complete file, where it is there and has the hash noted."""
        note = self._read(self.path, self._note_path)
        if note is None or note.sha256 != sha256_of(self.path):
            return None
        return note

    def part(self) -> FetchNote | None:
        """Return the note of the part, where there is one that can be resumed."""
        note = self._read(self.part_path, self._part_note_path)
        return note if note is not None and note.range_mark is not None else None

    def begin(self, note: FetchNote) -> None:
        """Note the version that the part's bytes, which follow, belong to."""
        self.drop_part()
        private_files.write_bytes(self._part_note_path, msgspec.json.encode(note))

    def finish(self, note: FetchNote) -> FetchNote:
        """Make the part the complete file; its note comes last: a crash leaves no false one."""
        finished = msgspec.structs.replace(
            note, size_bytes=self.part_path.stat().st_size, sha256=sha256_of(self.part_path)
        )
        self._note_path.unlink(missing_ok=True)
        self.part_path.replace(self.path)
        private_files.write_bytes(self._note_path, msgspec.json.encode(finished))
        self.drop_part()
        return finished

    def drop_part(self) -> None:
        """Forget what came so far."""
        self._part_note_path.unlink(missing_ok=True)
        self.part_path.unlink(missing_ok=True)

    def _read(self, path: Path, note_path: Path) -> FetchNote | None:
        if not path.is_file():
            return None
        try:
            note = msgspec.json.decode(note_path.read_bytes(), type=FetchNote)
        except (OSError, msgspec.DecodeError, UnicodeDecodeError):
            return None
        return note if note.url == self.url else None


def name_of(url: str) -> str:
    """Return the file name that an address ends in, without anything a file system could mind."""
    last = unquote(urlsplit(url).path).rstrip("/").rpartition("/")[2]
    return _UNSAFE.sub("_", last).lstrip(".")[-_MAX_NAME_CHARS:] or "source"


def sha256_of(path: Path) -> str:
    """Return the SHA-256 of a file, in hexadecimal; reads it once."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
