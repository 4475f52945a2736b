"""Knows which entry is the second season of another, for queries such as "aot 3".

The law: an entry follows another as its season N where one of its titles is a title of the other
with that season's marker, or where the caller's sequels say so. A title's own word comes before
the sequels', because chains also count what is no season.
"""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from kensho.domain.slots import Slots
from kensho.search.keys import PARTS, season_code
from kensho.search.rows import NewRow


class Follower(NamedTuple):
    """An entry and which season it is: `season_code` of its markers."""

    code: int
    entry: int
    by_title: bool


def pack(
    rows: Sequence[NewRow], later: Sequence[Sequence[tuple[int, int]]]
) -> dict[str, npt.NDArray[Any]]:
    """Return who follows whom, entry by entry."""
    found: set[tuple[int, int, int, int]] = set()
    for first, followers in enumerate(later):
        found |= {(first, season * PARTS, 1, entry) for season, entry in followers}
    marked = [row for row in rows if row.season]
    bearers: dict[str, list[int]] = {row.base: [] for row in marked}
    for row in rows:
        if row.letters in bearers:
            bearers[row.letters].append(row.entry)
    for row in marked:
        for first in bearers[row.base]:
            if first != row.entry:
                found.add((first, row.season, 0, row.entry))
    ordered = sorted(found)
    firsts = np.array([first for first, *_ in ordered], dtype=np.int64)
    return {
        "follower_starts": np.searchsorted(firsts, np.arange(len(later) + 1)).astype(np.int32),
        "follower_codes": np.array([code for _, code, _, _ in ordered], dtype=np.int16),
        "follower_stated": np.array([rank == 0 for _, _, rank, _ in ordered], dtype=np.bool_),
        "follower_entries": np.array([entry for *_, entry in ordered], dtype=np.int32),
    }


class Followers:
    """An open table of followers."""

    def __init__(self, arrays: Mapping[str, npt.NDArray[Any]]) -> None:
        self._starts = arrays["follower_starts"]
        self._codes = arrays["follower_codes"]
        self._stated = arrays["follower_stated"]
        self._entries = arrays["follower_entries"]

    def of(self, entry: int) -> list[Follower]:
        """Return the followers of an entry, by season, those named so by a title first."""
        run = slice(int(self._starts[entry]), int(self._starts[entry + 1]))
        found = zip(
            self._codes[run].tolist(),
            self._entries[run].tolist(),
            self._stated[run].tolist(),
            strict=True,
        )
        return [Follower(code, entry, stated) for code, entry, stated in found]

    def matching(self, entry: int, wanted: Slots) -> list[int]:
        """Return the followers that `wanted` asks for, likeliest first.

        A season without a part is its first part, or whatever there is of it.
        """
        code = season_code(wanted)
        followers = self.of(entry)
        exact = [follower for follower in followers if follower.code == code]
        if not exact and wanted.part is None:
            season = code // PARTS
            exact = [follower for follower in followers if follower.code // PARTS == season]
        ranked = sorted(exact, key=lambda follower: (not follower.by_title, follower.code))
        return list(dict.fromkeys(follower.entry for follower in ranked))
