"""The title index of a snapshot, and the works and franchises that its entries stand for.

Guarantees: an entry below the number of works is that node of the read model; one beyond it is a
franchise. Everything is mapped from the read model's folder and never changes.
"""

from collections.abc import Iterable
from typing import Final

import msgspec
import numpy as np
import numpy.typing as npt

from kensho.read_model.snapshot_folder import NewFolder, OpenFolder
from kensho.search import soundness
from kensho.search.array_checks import ArrayChecks
from kensho.search.build import PackedTitleIndex
from kensho.search.index import TitleIndex
from kensho.search.kernel import compiled_kernel

PREFIX: Final = "title_"
_BLOBS: Final = ("letters", "plain_letters", "sorted_words", "texts")
_FRANCHISES: Final = "franchises"
_TO_NODE, _FIRST, _LAST, _TARGET, _TO_FIRST = 0, 1, 2, 3, 4
_REDIRECT_COLUMNS: Final = 5


class FranchiseName(msgspec.Struct, frozen=True):
    """A franchise as a hit, and how many works belong to it."""

    slug: str
    title: str
    works: int


def write(folder: NewFolder, parts: Iterable[PackedTitleIndex]) -> None:
    """Write the parts of an index into the folder of a read model in the making."""
    for part in parts:
        folder.arrays({f"{PREFIX}{name}": array for name, array in part.arrays.items()})
        for name, blob in part.blobs.items():
            folder.file(f"{PREFIX}{name}.bin").write(blob)
        del part  # or it is held while the next one is made


class Titles:
    """The open title index of a snapshot."""

    def __init__(self, folder: OpenFolder) -> None:
        """Check and open the index of `folder`.

        Raises:
            ReadModelError: an array or a text is not as it must be; its file is named.
        """
        arrays = {
            name.removeprefix(PREFIX): array
            for name, array in folder.arrays().items()
            if name.startswith(PREFIX)
        }
        blobs = {name: folder.blob(f"{PREFIX}{name}.bin") for name in _BLOBS}
        where = f"{folder.path}/{PREFIX}"
        soundness.check_index(arrays, blobs, compiled_kernel.library(), where)
        self._franchises: Final = folder.decoded(f"{PREFIX}{_FRANCHISES}.bin", list[FranchiseName])
        _check_nodes(ArrayChecks(arrays, where), len(self._franchises))
        self._folder: Final = folder  # which is locked against removal while somebody holds it
        self.index: Final = TitleIndex(arrays, blobs)
        self.groups: Final[npt.NDArray[np.int32]] = arrays["node_group"]
        self.popularity: Final[npt.NDArray[np.float32]] = arrays["entry_popularity"][
            : len(self.groups)
        ]
        """How well known each work is, 0..1."""
        self._redirects: npt.NDArray[np.int32] = arrays["redirects"]
        self._of_group: Final = {
            int(self.groups[node]): franchise
            for node, franchise in sorted(
                zip(arrays["franchise_node"].tolist(), self._franchises, strict=True),
                key=lambda pair: (pair[1].works, pair[1].slug),
            )
            if node >= 0
        }

    def franchise(self, entry: int) -> FranchiseName:
        """Return the franchise that an entry beyond the works is."""
        return self._franchises[entry - len(self.groups)]

    def group(self, node: int) -> int:
        """Return the number of the franchise or story that a work belongs to."""
        return int(self.groups[node])

    def group_franchise(self, group: int) -> FranchiseName | None:
        """Return the largest franchise of a group, or `None` where it has none."""
        return self._of_group.get(group)

    def redirected(self, node: int, episode: int) -> tuple[int, int] | None:
        """Return the work and number that an episode of `node` really is, or `None`: its own."""
        table = self._redirects
        low = int(np.searchsorted(table[:, _TO_NODE], node))
        high = int(np.searchsorted(table[:, _TO_NODE], node, side="right"))
        for row in table[low:high].tolist():
            if row[_FIRST] <= episode <= row[_LAST]:
                return row[_TARGET], row[_TO_FIRST] + episode - row[_FIRST]
        return None


def _check_nodes(checks: ArrayChecks, franchises: int) -> None:
    """Check what leads from entries to works and franchises."""
    works = len(checks.array("node_group", "i4", None))
    checks.within("node_group", "i4", works, low=0, end=max(works, 1))
    checks.array("entry_popularity", "f4", works + franchises)
    checks.within("franchise_node", "i4", franchises, low=-1, end=works)
    redirects = checks.within("redirects", "i4", None, _REDIRECT_COLUMNS, low=0, end=1 << 31)
    for column in (_TO_NODE, _TARGET):
        if np.any(redirects[:, column] >= works):
            checks.refuse("redirects", f"column {column} names no work")
    if np.any(redirects[1:, _TO_NODE] < redirects[:-1, _TO_NODE]):
        checks.refuse("redirects", "is out of order")
