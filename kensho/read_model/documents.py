"""Ready documents end to end in one file, by number.

Guarantees: a document is read as it was written, byte for byte. They go to disk as they arrive;
where each begins and ends is kept in memory and written at the end, in whatever order numbers are
given.
"""

from array import array
from typing import Any

import numpy as np
import numpy.typing as npt

from kensho.read_model.snapshot_folder import NewFolder, OpenFolder


class NewDocuments:
    """Documents in the making."""

    def __init__(self, folder: NewFolder, name: str) -> None:
        self._file = folder.file(f"{name}.bin")
        self._name = name
        self._places = array("q")

    def add(self, document: bytes) -> tuple[int, int]:
        """Append a document; return its place as (start, end)."""
        start = self._file.size_bytes
        self._file.write(document)
        place = (start, self._file.size_bytes)
        self.repeat(place)
        return place

    def repeat(self, place: tuple[int, int]) -> None:
        """Append a document that was added before, without its bytes."""
        self._places.extend(place)

    def arrays(self, order: npt.NDArray[Any]) -> dict[str, npt.NDArray[Any]]:
        """Return where each document lies, in another order: shape (documents, 2)."""
        places = np.array(self._places, dtype=np.int64).reshape(-1, 2)
        return {f"{self._name}_places": places[order]}


class Documents:
    """Stored documents."""

    def __init__(self, folder: OpenFolder, name: str) -> None:
        self._data = folder.blob(f"{name}.bin")
        self._places = folder.array(f"{name}_places").reshape(-1).data

    def __getitem__(self, number: int) -> bytes:
        return self._data[self._places[2 * number] : self._places[2 * number + 1]]
