"""The kernel in C, called without copying: it reads the mapped arrays where they are.

Guarantees: a query that is longer than the kernel has room for, or held by more rows, goes to the
other kernel. Python's lock is not held while it works, and each search works in a room of its own.
Cost at 250,000 titles: 0.1 ms for a search; 25 KB of code, 2 to 5 MB for a room, nothing to import.
"""

import ctypes
from array import array
from collections.abc import Generator, Mapping, Sequence
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any, Final

import numpy.typing as npt

from kensho.search.kernel import structures
from kensho.search.kernel.numpy_kernel import TOLERANT_FROM, NumpyKernel
from kensho.search.kernel.protocol import BestRows, ScoredRows
from kensho.search.kernel.structures import (
    MAX_LETTERS,
    MAX_WORDS,
    KernelQuery,
    KernelWorkspace,
    MappedIndex,
)
from kensho.search.keys import Key, weight_of
from kensho.search.phrases import PhraseRange
from kensho.search.rows import sorted_words
from kensho.search.scorer import Scorer, compares_sorted_words
from kensho.search.symspell import edits_of
from kensho.search.words import hash_of

LIBRARY: Final = Path(__file__).with_name("_kernel.so")
_UTF8: Final = ("utf-8", "surrogatepass")
_UTF32: Final = ("utf-32-le", "surrogatepass")
_POINT_BYTES: Final = 4
_MOST_EQUAL: Final = 4_096
_KEPT_ROOMS: Final = 4
_TOO_MANY: Final = -1


@cache
def library() -> ctypes.CDLL | None:
    """Return the compiled kernel, or `None` where it was not compiled or is for another machine."""
    try:
        found = ctypes.CDLL(str(LIBRARY))
    except OSError:
        return None
    found.kensho_places.restype = None
    pointer, text, number = ctypes.c_void_p, ctypes.c_char_p, ctypes.c_int64
    found.kensho_places.argtypes = [pointer, text, number, pointer]
    found.kensho_equal.restype = number
    found.kensho_equal.argtypes = [pointer, ctypes.c_uint64, text, number, pointer, number]
    found.kensho_inexact.restype = number
    found.kensho_inexact.argtypes = [pointer, pointer, pointer, pointer, number]
    found.kensho_best.restype = number
    found.kensho_best.argtypes = [pointer, pointer, pointer, number, pointer]
    return found


class CompiledKernel:
    """Answers by the compiled library."""

    def __init__(
        self,
        code: ctypes.CDLL,
        arrays: Mapping[str, npt.NDArray[Any]],
        blobs: Mapping[str, Any],
        judge: Scorer,
        other: NumpyKernel,
    ) -> None:
        self._code = code
        self._mapped = MappedIndex(arrays, blobs, judge)
        self._index = ctypes.byref(self._mapped.index)
        self._weights = ctypes.byref(structures.weights())
        self._rooms: list[KernelWorkspace] = []
        self._other = other

    def run(self, plain: str) -> PhraseRange:
        """Return the places at which `plain` stands."""
        text, found = plain.encode(*_UTF8), (ctypes.c_int64 * 2)()
        self._code.kensho_places(self._index, text, len(text), found)
        return PhraseRange(found[0], found[1], len(text))

    def equal(self, letters: str) -> list[int]:
        """Return the rows with exactly these letters, ascending."""
        text = letters.encode(*_UTF8)
        with self._room() as room:
            count = self._code.kensho_equal(
                self._index, hash_of(letters), text, len(text), room.room.rows, _MOST_EQUAL
            )
            return room.rows[:count].tolist() if count else []

    def inexact(self, key: Key, run: PhraseRange) -> ScoredRows:
        """Return all rows that hold the query or are near it; `run` is where it stands."""
        query = _query(key, run)
        if query is None:
            return self._other.inexact(key, run)
        with self._room() as room:
            count = self._code.kensho_inexact(
                self._index, self._weights, room.address, ctypes.byref(query), room.most
            )
            if count != _TOO_MANY:
                return ScoredRows(room.rows[:count].copy(), room.scores[:count].copy())
        return self._other.inexact(key, run)

    def best(self, found: Sequence[ScoredRows]) -> BestRows:
        """Return the best row of each entry in these lists; of equals the one that comes first."""
        total = sum([len(rows) for rows, _ in found])
        hits = ctypes.c_int64()
        with self._room() as room:
            if total > room.most:
                return self._other.best(found)
            end = 0
            for number, (rows, scores) in enumerate(found):
                first, end = end, end + len(rows)
                room.rows[first:end] = rows
                room.scores[first:end] = scores
                room.lists[first:end] = number
            count = self._code.kensho_best(
                self._index, self._weights, room.address, total, ctypes.byref(hits)
            )
            return BestRows(
                room.best_entries[:count].copy(),
                room.best_scores[:count].copy(),
                room.best_rows[:count].copy(),
                room.best_lists[:count].copy(),
                hits.value,
            )

    @contextmanager
    def _room(self) -> Generator[KernelWorkspace]:
        try:
            room = self._rooms.pop()
        except IndexError:
            room = KernelWorkspace(self._mapped)
        yield room
        if len(self._rooms) < _KEPT_ROOMS:
            self._rooms.append(room)


def _query(key: Key, run: PhraseRange) -> KernelQuery | None:
    """Return the query as the kernel reads it, or `None` where it is too long for that."""
    letters, native = key.letters.encode(*_UTF32), key.native.encode(*_UTF32)
    ordered = sorted_words(key.words).encode(*_UTF32) if compares_sorted_words(key) else b""
    words = dict.fromkeys(key.words.split(" "))
    if max(len(letters), len(ordered)) > MAX_LETTERS * _POINT_BYTES or len(words) > MAX_WORDS:
        return None
    is_tolerant = weight_of(key.letters) >= TOLERANT_FROM
    asks_native = is_tolerant and key.native != key.plain
    return KernelQuery(
        letters=letters,
        native=native,
        sorted_words=ordered,
        hashes=array("Q", map(hash_of, words)).tobytes(),
        letter_count=len(letters) // _POINT_BYTES,
        native_count=len(native) // _POINT_BYTES,
        sorted_words_count=len(ordered) // _POINT_BYTES,
        hash_count=len(words),
        letter_edits=edits_of(key.letters) if is_tolerant else 0,
        native_edits=edits_of(key.native) if asks_native else 0,
        is_tolerant=is_tolerant,
        plain_count=len(key.plain),
        plain_bytes=run.size,
        low=run.low,
        high=run.high,
    )
