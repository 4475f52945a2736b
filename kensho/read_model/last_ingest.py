"""How the last ingest into a folder of snapshots ended, for whoever serves it and raises alarms.

What failed publishes nothing, so that nothing else beside the snapshots tells of it. Only the
latest counts: an ingest that ends well clears what an earlier one left.
"""

from pathlib import Path
from typing import Final

import msgspec

from kensho.platform import private_files

_FILE: Final = "last_ingest.json"


class LastIngest(msgspec.Struct, frozen=True):
    """When an ingest ended, in seconds since 1970, and the exit code that it ended with."""

    ended_at_s: int
    exit_code: int


def note(root: Path, ended: LastIngest) -> None:
    """Keep how an ingest ended.

    Raises:
        OSError: the folder can't be written.
    """
    private_files.make_folder(root)
    private_files.replace_bytes(root / _FILE, msgspec.json.encode(ended))
    private_files.share_as(root / _FILE, root)


def read(root: Path) -> LastIngest | None:
    """Return how the last ingest ended; `None` where nothing is told of it that can be read."""
    try:
        return msgspec.json.decode((root / _FILE).read_bytes(), type=LastIngest)
    except (OSError, msgspec.DecodeError):
        return None
