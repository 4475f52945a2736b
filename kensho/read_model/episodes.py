"""The episodes of works as JSON documents, and how many of them are filler or recaps.

Guarantees: few works list their episodes, so these are kept for those alone, by ascending node.
"""

from bisect import bisect_left
from collections.abc import Mapping, Sequence
from typing import Final, Literal, NamedTuple, TypeAlias
from uuid import UUID

import msgspec
import numpy as np
import numpy.typing as npt

from kensho.read_model.blobs import Documents
from kensho.read_model.encoded import Encoded, encoded
from kensho.read_model.snapshot_folder import OpenFolder

Canon: TypeAlias = Literal["canon", "mixed", "filler"]


class EpisodeView(msgspec.Struct, frozen=True, omit_defaults=True):
    """An episode; `titles` by BCP 47 language ("und": not stated), `duration` in seconds."""

    id: UUID
    episode_number: int
    titles: Mapping[str, str]
    title: str | None = None
    duration: int | None = None
    air_date: str | None = None
    synopsis: str | None = None
    thumbnail_url: str | None = None
    filler: bool | None = None
    canon: Canon | None = None
    recap: bool | None = None


class EpisodeList(msgspec.Struct, frozen=True):
    """All episodes of a work that the graph knows, by number."""

    episodes: list[EpisodeView]
    total: int


class EpisodeCount(NamedTuple):
    """How many episodes of a work are listed, and how many of them are filler and recaps.

    `judged` are those that somebody calls filler or not.
    """

    listed: int
    judged: int
    filler: int
    recap: int


_NONE: Final = encoded(EpisodeList([], 0))


class Episodes:
    """The episodes of all works of a snapshot."""

    def __init__(self, folder: OpenFolder) -> None:
        self._nodes: Sequence[int] = folder.array("episode_nodes").data
        self._counts: npt.NDArray[np.int32] = folder.array("episode_counts")
        self._documents = Documents(folder, "episodes")

    def of(self, node: int) -> Encoded[EpisodeList]:
        """Return the episodes of a work."""
        place = self._place(node)
        return _NONE if place is None else Encoded(EpisodeList, self._documents[place])

    def count(self, node: int) -> EpisodeCount | None:
        """Return the counts of a work; `None` where none of its episodes is listed."""
        place = self._place(node)
        return None if place is None else EpisodeCount(*self._counts[place].tolist())

    def _place(self, node: int) -> int | None:
        place = bisect_left(self._nodes, node)
        return place if place < len(self._nodes) and self._nodes[place] == node else None
