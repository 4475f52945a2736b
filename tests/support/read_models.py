"""Read models for tests: built in shared memory, where bringing a file to disk costs nothing."""

import contextlib
import tempfile
from collections.abc import Iterator
from pathlib import Path

from kensho.read_model.building import writer
from kensho.read_model.building.writer import SnapshotInputs
from kensho.read_model.identity import GraphPoint
from kensho.read_model.model import ReadModel

_MEMORY = Path("/dev/shm")


@contextlib.contextmanager
def scratch_folder() -> Iterator[Path]:
    """Make a folder for the length of a block; in memory where the system has such a place."""
    with tempfile.TemporaryDirectory(dir=_MEMORY if _MEMORY.is_dir() else None) as folder:
        yield Path(folder)


@contextlib.contextmanager
def opened(inputs: SnapshotInputs, *, revision: int = 1) -> Iterator[ReadModel]:
    """Build and open the read model of `inputs`."""
    with scratch_folder() as folder:
        yield ReadModel.open(writer.write(folder, GraphPoint(revision), inputs))
