"""Knows which entry is a later season of another, for queries such as "aot 3".

Guarantees: an entry is season N of another if one of its titles is a title of the other with the
marker of that season, or if the caller's sequels say so. Main titles count before synonyms, and any
title before sequels, because chains of sequels also count what is no season. Every later season
has a row: a title without letters has none, and a hit needs one.
"""

from collections.abc import Mapping, Sequence
from typing import Any, Final, NamedTuple

import numpy as np
import numpy.typing as npt

from kensho.domain.title_parts import TitleParts
from kensho.search.keys import PARTS, season_code
from kensho.search.new_rows import OrderedRows
from kensho.search.rows import SHORTENED

BY_SEQUELS: Final = SHORTENED + 1


class LaterSeason(NamedTuple):
    """An entry and which season it is: `season_code` of its markers.

    `rank` is the kind of title that says so, or `BY_SEQUELS`.
    """

    code: int
    entry: int
    rank: int


def pack(
    rows: OrderedRows, later: Sequence[Sequence[tuple[int, int]]]
) -> dict[str, npt.NDArray[Any]]:
    """Return the later seasons of each entry, but for those without a row, which nothing finds."""
    named = set(rows.entry.tolist())
    found: set[tuple[int, int, int, int]] = set()
    for first, seasons in enumerate(later):
        found |= {
            (first, season * PARTS, BY_SEQUELS, entry)
            for season, entry in seasons
            if entry in named
        }
    marked = np.flatnonzero(rows.season)
    columns = (rows.season[marked], rows.kind[marked], rows.entry[marked])
    bases = [base for base in rows.base if base]
    entries_named: dict[str, list[int]] = {base: [] for base in bases}
    for letters, entry in zip(rows.letters, rows.entry.tolist(), strict=True):
        if letters in entries_named:
            entries_named[letters].append(entry)
    for base, season, kind, entry in zip(bases, *(c.tolist() for c in columns), strict=True):
        for first in entries_named[base]:
            if first != entry:
                found.add((first, season, kind, entry))
    ordered = sorted(found)
    firsts = np.array([first for first, *_ in ordered], dtype=np.int64)
    return {
        "season_starts": np.searchsorted(firsts, np.arange(len(later) + 1)).astype(np.int32),
        "season_codes": np.array([code for _, code, _, _ in ordered], dtype=np.int16),
        "season_ranks": np.array([rank for _, _, rank, _ in ordered], dtype=np.uint8),
        "season_entries": np.array([entry for *_, entry in ordered], dtype=np.int32),
    }


class SeasonIndex:
    """An open table of later seasons."""

    def __init__(self, arrays: Mapping[str, npt.NDArray[Any]]) -> None:
        self._starts = arrays["season_starts"]
        self._codes = arrays["season_codes"]
        self._ranks = arrays["season_ranks"]
        self._entries = arrays["season_entries"]

    def of(self, entry: int) -> list[LaterSeason]:
        """Return the later seasons of an entry in order, those that a title names first."""
        run = slice(int(self._starts[entry]), int(self._starts[entry + 1]))
        found = zip(
            self._codes[run].tolist(),
            self._entries[run].tolist(),
            self._ranks[run].tolist(),
            strict=True,
        )
        return [LaterSeason(code, entry, rank) for code, entry, rank in found]

    def matching(self, entry: int, wanted: TitleParts) -> dict[int, int]:
        """Return the seasons that `wanted` asks for, each with the number of likelier ranks.

        A season without a part means its first part, or any part that there is.
        """
        code = season_code(wanted)
        later = self.of(entry)
        asked_for = [one for one in later if one.code == code]
        if not asked_for and wanted.part is None:
            asked_for = [one for one in later if one.code // PARTS == code // PARTS]
        likeness = [(one.rank, one.code) for one in asked_for]
        ranks = {like: rank for rank, like in enumerate(sorted(set(likeness)))}
        found: dict[int, int] = {}
        pairs = zip(asked_for, likeness, strict=True)
        for one, like in sorted(pairs, key=lambda pair: pair[1]):
            found.setdefault(one.entry, ranks[like])
        return found
