r"""IMDb's tab-separated dumps: a line of column names, then unquoted rows; `\N` means absent.

Guarantees: a file with other columns raises `SourceFileError` before its first row; a row with too
few or too many fields is one reject.

Performance: about 1 µs a row; fields stay bytes until somebody needs them as text.
"""

from collections.abc import Iterator, Sequence
from typing import Final

from ingest.reading.decoding import RecordSpot
from ingest.reading.files import SourceFile
from ingest.reading.rejects import Rejects
from kensho.errors import SourceFileError

ABSENT: Final = b"\\N"
_MAX_QUOTED_BYTES: Final = 80
_MAX_DIGITS: Final = 18


def rows(
    file: SourceFile, columns: Sequence[str], rejects: Rejects
) -> Iterator[tuple[int, list[bytes]]]:
    """Yield (line number, fields) for each row under exactly these `columns`.

    Raises:
        SourceFileError: the first line names other columns, or the file is truncated.
    """
    lines = file.lines(rejects)
    _, header = next(lines, (0, b""))
    if header != "\t".join(columns).encode():
        found = header[:_MAX_QUOTED_BYTES].decode("utf-8", "replace")
        expected = ", ".join(columns)
        raise SourceFileError(f"{file.path}: expected the columns {expected}, found {found!r}")
    width = len(columns)
    for number, line in lines:
        row = line.split(b"\t")
        if len(row) == width:
            yield number, row
        else:
            reason = f"expected {width} fields, found {len(row)}"
            rejects.add(number, "record", line.decode(), reason)


def whole_number_or_reject(text: bytes, field: str, spot: RecordSpot) -> int | None:
    """Return a whole number that is not negative; `None` where it is absent or rejected."""
    if text == ABSENT:
        return None
    if text.isdigit() and len(text) <= _MAX_DIGITS:
        return int(text)
    spot.refuse(field, text.decode(), "not a whole number")
    return None
