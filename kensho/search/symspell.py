"""Finds short rows within two typing errors: texts that agree once letters are left out of both.

This is the deletion neighbourhood of Bocek, Hunt and Stiller (2007), which SymSpell made known.
Keys are 64-bit hashes of what is left; a false match is scored like any other candidate.

Guarantees: of rows with 4 letters every one within one edit of a query is found, and of rows with 5
to 10 letters every one within two, transpositions included. If too many rows agree to score them
all, those that agree in most ways are returned.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cache
from itertools import combinations
from math import comb
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from kensho.search.code_points import Codes, code_points
from kensho.search.keys import weight_of
from kensho.search.sorting import CodedRows, merged

LONGEST: Final = 10
"""Longer rows share enough n-grams with a misspelt query; 31 MB hold the keys of 250,000 titles."""
_ONE_EDIT_FROM: Final = 4
_TWO_EDITS_FROM: Final = 5
"""By weight: a Han character, kana or syllable counts as two Latin letters."""
MAX_EDITS: Final = 2
HASH_MULTIPLIER: Final = 0x9E3779B97F4A7C15
"""2^64 divided by the golden ratio: odd, and its bits are spread evenly (Knuth, 6.4)."""
HASH_SHIFT: Final = 29
_MULTIPLIER: Final = np.uint64(HASH_MULTIPLIER)
_SHIFT: Final = np.uint64(HASH_SHIFT)
MAX_KEYS: Final = sum(comb(LONGEST + MAX_EDITS, edits) for edits in range(MAX_EDITS + 1))
"""Of one query: 79, for twelve letters without up to two of them."""
CANDIDATES: Final = 96
"""Rows that are scored. Why 96 is not on record; docs/decisions/0008 tells what the index adds."""
MAX_ROWS_PER_KEY: Final = 400
"""Rows that are read for one key; keys of two remaining letters have thousands."""

Rows = npt.NDArray[np.int32]


def edits_of(letters: str) -> int:
    """Return how many edits are looked for in `letters`."""
    weight = weight_of(letters)
    if weight < _ONE_EDIT_FROM or not MAX_EDITS <= len(letters) <= LONGEST + MAX_EDITS:
        return 0
    return 1 if weight < _TWO_EDITS_FROM or len(letters) < _ONE_EDIT_FROM else MAX_EDITS


@cache
def _remaining(length: int, edits: int) -> tuple[tuple[int, ...], ...]:
    """Return the positions that remain when up to `edits` of `length` letters are left out."""
    positions = range(length)
    return tuple(
        tuple(position for position in positions if position not in gone)
        for count in range(edits + 1)
        for gone in combinations(positions, count)
    )


def _keys(points: Codes, edits: int) -> Iterator[Codes]:
    """Yield the keys of texts of one length, shape (texts,), for each way to leave letters out."""
    for positions in _remaining(points.shape[1], edits):
        key = np.full(len(points), len(positions) + 1, dtype=np.uint64)
        for position in positions:
            key = (key ^ points[:, position]) * _MULTIPLIER
            key ^= key >> _SHIFT
        yield key


def pack(letters: Iterable[str], natives: Iterable[str]) -> dict[str, npt.NDArray[Any]]:
    """Return the index of rows by their letters and native letters; if equal, they count once."""
    groups: dict[tuple[int, int], list[tuple[int, str]]] = {}
    for row, (one, other) in enumerate(zip(letters, natives, strict=True)):
        for text in (one,) if one == other else (one, other):
            if len(text) <= LONGEST and (edits := edits_of(text)):
                groups.setdefault((len(text), edits), []).append((row, text))
    parts = list(merged([_keyed(*group, members) for group, members in sorted(groups.items())]))
    return {
        "symspell_keys": np.concatenate([np.empty(0, np.uint64), *(part.codes for part in parts)]),
        "symspell_rows": np.concatenate([np.empty(0, np.int32), *(part.rows for part in parts)]),
    }


def _keyed(length: int, edits: int, members: Sequence[tuple[int, str]]) -> CodedRows:
    """Return the keys of texts of one length, in ascending order, with their rows."""
    points = code_points("".join([text for _, text in members])).reshape(-1, length)
    keys = np.stack(list(_keys(points, edits)))
    rows = np.tile(np.array([row for row, _ in members], dtype=np.int32), len(keys))
    return CodedRows(keys.ravel(), rows).in_order()


class SymSpellIndex:
    """An open index of short rows by their keys."""

    def __init__(self, arrays: Mapping[str, npt.NDArray[Any]]) -> None:
        self._keys = arrays["symspell_keys"]
        self._rows = arrays["symspell_rows"]

    def candidates(self, letters: str, wanted: int = CANDIDATES) -> Rows:
        """Return about `wanted` rows near `letters`, preferring those that agree in most ways."""
        edits = edits_of(letters)
        if not edits:
            return np.empty(0, dtype=np.int32)
        keys = np.unique(_query_keys(code_points(letters), edits))
        starts = self._keys.searchsorted(keys)
        ends = self._keys.searchsorted(keys, side="right")
        found = [
            self._rows[start : min(end, start + MAX_ROWS_PER_KEY)]
            for start, end in zip(starts.tolist(), ends.tolist(), strict=True)
            if end > start
        ]
        if not found:
            return np.empty(0, dtype=np.int32)
        rows, counts = np.unique(np.concatenate(found), return_counts=True)
        if len(rows) > wanted:
            rows = rows[np.argsort(-counts, kind="stable")[:wanted]]
        return rows

    def rows_without_one(self, letters: str) -> Rows:
        """Return the rows of four letters that are `letters` with one left out, ascending."""
        if len(letters) != _ONE_EDIT_FROM - 1:
            return np.empty(0, dtype=np.int32)
        keys = _query_keys(code_points(letters), 0)
        start = int(self._keys.searchsorted(keys)[0])
        end = int(self._keys.searchsorted(keys, side="right")[0])
        return np.unique(self._rows[start : min(end, start + CANDIDATES)])


def _query_keys(points: Codes, edits: int) -> Codes:
    """Return the keys of one text, as `_keys` does, with one array operation for each letter."""
    length = len(points)
    found: list[Codes] = []
    for count, positions in _grids(length, edits):
        key = np.full(len(positions), length - count + 1, dtype=np.uint64)
        for column in points[positions].T:
            key = (key ^ column) * _MULTIPLIER
            key ^= key >> _SHIFT
        found.append(key)
    return np.concatenate(found)


@cache
def _grids(length: int, edits: int) -> tuple[tuple[int, npt.NDArray[np.intp]], ...]:
    """Return the remaining positions for each number of letters left out: shape (ways, letters)."""
    by_count: dict[int, list[tuple[int, ...]]] = {}
    for positions in _remaining(length, edits):
        by_count.setdefault(length - len(positions), []).append(positions)
    return tuple((count, np.array(ways, dtype=np.intp)) for count, ways in by_count.items())
