"""Knows which entry is the second season of another, for queries such as "aot 3".

Guarantees: an entry follows another as its season N where one of its titles is a title of the other
with that season's marker, or where the caller's sequels say so. A main title's word comes before a
synonym's, and any before the sequels', because chains also count what is no season.
"""

from collections.abc import Mapping, Sequence
from typing import Any, Final, NamedTuple

import numpy as np
import numpy.typing as npt

from kensho.domain.title_parts import TitleParts
from kensho.search.keys import PARTS, season_code
from kensho.search.rows import SHORTENED, NewRow

BY_SEQUELS: Final = SHORTENED + 1


class LaterSeason(NamedTuple):
    """An entry and which season it is: `season_code` of its markers.

    `rank` is the kind of title that says so, or `BY_SEQUELS`.
    """

    code: int
    entry: int
    rank: int


def pack(
    rows: Sequence[NewRow], later: Sequence[Sequence[tuple[int, int]]]
) -> dict[str, npt.NDArray[Any]]:
    """Return who follows whom, entry by entry."""
    found: set[tuple[int, int, int, int]] = set()
    for first, followers in enumerate(later):
        found |= {(first, season * PARTS, BY_SEQUELS, entry) for season, entry in followers}
    marked = [row for row in rows if row.season]
    bearers: dict[str, list[int]] = {row.base: [] for row in marked}
    for row in rows:
        if row.letters in bearers:
            bearers[row.letters].append(row.entry)
    for row in marked:
        for first in bearers[row.base]:
            if first != row.entry:
                found.add((first, row.season, row.kind, row.entry))
    ordered = sorted(found)
    firsts = np.array([first for first, *_ in ordered], dtype=np.int64)
    return {
        "season_starts": np.searchsorted(firsts, np.arange(len(later) + 1)).astype(np.int32),
        "season_codes": np.array([code for _, code, _, _ in ordered], dtype=np.int16),
        "season_ranks": np.array([rank for _, _, rank, _ in ordered], dtype=np.uint8),
        "season_entries": np.array([entry for *_, entry in ordered], dtype=np.int32),
    }


class SeasonIndex:
    """An open table of followers."""

    def __init__(self, arrays: Mapping[str, npt.NDArray[Any]]) -> None:
        self._starts = arrays["season_starts"]
        self._codes = arrays["season_codes"]
        self._ranks = arrays["season_ranks"]
        self._entries = arrays["season_entries"]

    def of(self, entry: int) -> list[LaterSeason]:
        """Return the followers of an entry, by season, those named so by a title first."""
        run = slice(int(self._starts[entry]), int(self._starts[entry + 1]))
        found = zip(
            self._codes[run].tolist(),
            self._entries[run].tolist(),
            self._ranks[run].tolist(),
            strict=True,
        )
        return [LaterSeason(code, entry, rank) for code, entry, rank in found]

    def matching(self, entry: int, wanted: TitleParts) -> dict[int, int]:
        """Return the followers that `wanted` asks for, each with how many are likelier.

        A season without a part is its first part, or whatever there is of it.
        """
        code = season_code(wanted)
        followers = self.of(entry)
        exact = [follower for follower in followers if follower.code == code]
        if not exact and wanted.part is None:
            season = code // PARTS
            exact = [follower for follower in followers if follower.code // PARTS == season]
        likeness = [(follower.rank, follower.code) for follower in exact]
        ranks = {like: rank for rank, like in enumerate(sorted(set(likeness)))}
        found: dict[int, int] = {}
        for follower, like in sorted(zip(exact, likeness, strict=True), key=lambda pair: pair[1]):
            found.setdefault(follower.entry, ranks[like])
        return found
