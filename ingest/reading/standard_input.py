"""Standard input as a source file: a run reads its files several times, a pipe flows once."""

import atexit
import tempfile
from pathlib import Path
from typing import BinaryIO, Final

from kensho.errors import SourceFileError
from kensho.platform.settings import IngestSettings

STANDARD_INPUT: Final = "-"
_NAME: Final = "standard-input"
_CHUNK_BYTES: Final = 1024 * 1024


def input_as_file(stream: BinaryIO, limits: IngestSettings) -> Path:
    """Return a file of what `stream` brings, which goes when the process ends.

    Raises:
        SourceFileError: it is larger than a fetched file may be, or can't be kept.
    """
    folder = tempfile.TemporaryDirectory(prefix="kensho-")
    atexit.register(folder.cleanup)
    path, size = Path(folder.name) / _NAME, 0
    try:
        with path.open("wb") as file:
            while chunk := stream.read(_CHUNK_BYTES):
                size += len(chunk)
                if size > limits.max_file_bytes:
                    raise SourceFileError(
                        f"standard input: over {limits.max_file_bytes:,} bytes"
                        " (KENSHO_INGEST_MAX_FILE_BYTES raises it)"
                    )
                file.write(chunk)
    except OSError as error:
        raise SourceFileError(
            f"standard input: can't be kept in {path}: {error.strerror}"
        ) from error
    return path
