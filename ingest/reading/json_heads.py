"""Look at the beginning of a JSON file without reading the rest: its form, and its outermost facts.

Dumps carry their date and origin before their data, as the first members of a document.

Performance: the bytes before the data, of which nothing but the outermost values is kept.
"""

from collections.abc import Iterator
from typing import Final, cast

import ijson
import msgspec

from ingest.reading.files import SourceFile
from kensho.errors import SourceFileError

_PEEK_BYTES: Final = 64 * 1024
"""The first line of a dump in JSON Lines, which holds metadata, is far shorter than this."""

_SCALARS: Final = frozenset(("string", "number", "boolean", "null"))


def is_json_lines(file: SourceFile, *, data: str) -> bool:
    """Tell JSON Lines from one JSON document, whose member `data` holds everything."""
    with file.open() as stream:
        first_line = stream.read(_PEEK_BYTES).removeprefix(b"\xef\xbb\xbf").lstrip().split(b"\n")[0]
    try:
        return data not in msgspec.json.decode(first_line, type=dict[str, msgspec.Raw])
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return False


def head_of(file: SourceFile, *, data: str) -> dict[str, object]:
    """Return the outermost scalars of a JSON document, from its beginning to the member `data`.

    Raises:
        SourceFileError: the beginning is no JSON object.
    """
    head: dict[str, object] = {}
    with file.open() as stream:
        events = cast("Iterator[tuple[str, str, object]]", ijson.parse(stream))
        try:
            for prefix, event, value in events:
                if prefix == data:
                    break
                if event in _SCALARS and prefix:
                    head[prefix] = value
        except (ijson.JSONError, UnicodeError, ValueError) as error:
            raise SourceFileError(f"{file.path}: expected a JSON document: {error}") from error
    return head
