"""The kernel in C, called without copying: it reads the mapped arrays where they are.

Guarantees: a query that is longer than its buffers, or contained in more rows than they hold, is
answered by the kernel in numpy. Python's lock is released while many rows are gone through; each
search has a workspace of its own, so several threads may ask at once.
Performance: 0.1 ms for a search at 250,000 titles; 25 KB of code, 2 to 5 MB for a workspace.
"""

import ctypes
from array import array
from collections.abc import Mapping, Sequence
from functools import cache, lru_cache
from pathlib import Path
from typing import Any, Final, NamedTuple

import numpy.typing as npt

from kensho.search import scripts
from kensho.search.kernel import structures
from kensho.search.kernel.numpy_kernel import TOLERANT_FROM, NumpyKernel
from kensho.search.kernel.protocol import BestRows, ScoredRows
from kensho.search.kernel.source import library_path
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
from kensho.search.scorer import (
    Scorer,
    compares_sorted_words,
    letters_but_last,
    native_but_last,
)
from kensho.search.symspell import edits_of
from kensho.search.words import hash_of

_UTF8: Final = ("utf-8", "surrogatepass")
_UTF32: Final = ("utf-32-le", "surrogatepass")
_POINT_BYTES: Final = 4
_MAX_EQUAL: Final = 4_096
_MAX_COUNT: Final = 255
"""The n-grams that a row may share with a query: what a byte counts; keys have 240 letters."""
_KEPT_WORKSPACES: Final = 4
"""As many searches as run at once in one process; each keeps 2 to 5 MB."""
_TOO_MANY: Final = -1
_NOWHERE: Final = PhraseRange(0, 0, 0)
_Pair: Final = ctypes.c_int64 * 2
_BRIEF: Final = ("kensho_phrase_range", "kensho_equal", "kensho_likeness")
"""What takes a microsecond is called with Python's lock held: to get it back takes longer."""
_KEPT_HASHES: Final = 2_048
"""Words of queries come again, and the letters of one are asked for several times."""
_hash_of: Final = lru_cache(_KEPT_HASHES)(hash_of)


@cache
def library() -> ctypes.CDLL | None:
    """Return the compiled kernel, or `None` if there is none that this machine can load."""
    return loaded(library_path())


def loaded(path: Path) -> ctypes.CDLL | None:
    """Return the compiled kernel at `path`, or `None` if it is absent or can't be loaded."""
    try:
        found, held = ctypes.CDLL(str(path)), ctypes.PyDLL(str(path))
        for name in _BRIEF:
            setattr(found, name, getattr(held, name))
        return _with_types(found)
    except (OSError, AttributeError):  # AttributeError: a library without our functions
        return None


def _with_types(found: ctypes.CDLL) -> ctypes.CDLL:
    pointer, text, number = ctypes.c_void_p, ctypes.c_char_p, ctypes.c_int64
    found.kensho_phrase_range.restype = None
    found.kensho_phrase_range.argtypes = [pointer, text, number, pointer]
    found.kensho_equal.restype = number
    found.kensho_equal.argtypes = [pointer, ctypes.c_uint64, text, number, pointer, number]
    found.kensho_inexact.restype = number
    found.kensho_inexact.argtypes = [pointer, pointer, pointer, pointer, number]
    found.kensho_likeness.restype = ctypes.c_float
    found.kensho_likeness.argtypes = [pointer, pointer, pointer, ctypes.c_int32]
    found.kensho_best.restype = number
    found.kensho_best.argtypes = [pointer, pointer, pointer, number, pointer]
    found.kensho_valid_until.restype = number
    found.kensho_valid_until.argtypes = [pointer, number]
    found.kensho_same_until.restype = number
    found.kensho_same_until.argtypes = [pointer, pointer, pointer, number, number]
    return found


class _Asked(NamedTuple):
    """A key, and the query that was made of it: `None` for one that is too long."""

    key: Key | None
    query: KernelQuery | None


class CompiledKernel:
    """Answers by the compiled library."""

    def __init__(
        self,
        code: ctypes.CDLL,
        arrays: Mapping[str, npt.NDArray[Any]],
        blobs: Mapping[str, Any],
        scorer: Scorer,
        fallback: NumpyKernel,
    ) -> None:
        self._code = code
        self._mapped = MappedIndex(arrays, blobs, scorer)
        self._index = ctypes.byref(self._mapped.index)
        self._weights = ctypes.byref(structures.weights())
        self._workspaces: list[KernelWorkspace] = []
        self._last = _Asked(None, None)
        self._fallback = fallback

    def phrase_range(self, plain: str) -> PhraseRange:
        """Return the range of phrase positions at which `plain` occurs."""
        text, found = plain.encode(*_UTF8), _Pair()
        self._code.kensho_phrase_range(self._index, text, len(text), found)
        return PhraseRange(found[0], found[1], len(text))

    def equal(self, letters: str) -> list[int]:
        """Return the rows with exactly these letters, ascending."""
        text = letters.encode(*_UTF8)
        workspace = self._taken_workspace()
        count = self._code.kensho_equal(
            self._index, _hash_of(letters), text, len(text), workspace.buffers.rows, _MAX_EQUAL
        )
        found: list[int] = workspace.rows[:count].tolist() if count else []
        self._give_back(workspace)
        return found

    def inexact(self, key: Key, occurs: PhraseRange, known: float) -> ScoredRows:
        """Return all rows that contain the query or are near it; `occurs` is where it occurs.

        `known` is how much popularity counts for the share of a title that is not typed.
        """
        query = self._asked(key, occurs, known)
        if query is None:
            return self._fallback.inexact(key, occurs, known)
        workspace = self._taken_workspace()
        count = self._code.kensho_inexact(
            self._index,
            self._weights,
            workspace.address,
            ctypes.byref(query),
            workspace.max_containing,
        )
        found = workspace.scored(max(count, 0))
        self._give_back(workspace)
        return found if count != _TOO_MANY else self._fallback.inexact(key, occurs, known)

    def likeness(self, key: Key, row: int) -> float:
        """Return how alike a row is to the query by edits, as `inexact` compares it."""
        last = self._last
        query = last.query if last.key is key else _query(key, _NOWHERE, 0.0)
        if query is None or not key.letters:
            return self._fallback.likeness(key, row)
        found: float = self._code.kensho_likeness(
            self._index, self._weights, ctypes.byref(query), row
        )
        return found

    def _asked(self, key: Key, occurs: PhraseRange, known: float) -> KernelQuery | None:
        """Return a query as the kernel reads it; it is often asked how alike a row is next."""
        query = _query(key, occurs, known)
        self._last = _Asked(key, query)
        return query

    def best(self, found: Sequence[ScoredRows]) -> BestRows:
        """Return the best row of each entry in these lists; of equals, the one that comes first."""
        total = sum([len(rows) for rows, _ in found])
        hits = ctypes.c_int64()
        if total > self._mapped.max_containing:
            return self._fallback.best(found)
        workspace = self._taken_workspace()
        end = 0
        for number, (rows, scores) in enumerate(found):
            first, end = end, end + len(rows)
            workspace.rows[first:end] = rows
            workspace.scores[first:end] = scores
            workspace.lists[first:end] = number
        count = self._code.kensho_best(
            self._index, self._weights, workspace.address, total, ctypes.byref(hits)
        )
        best = workspace.best(count, hits.value)
        self._give_back(workspace)
        return best

    def _taken_workspace(self) -> KernelWorkspace:
        """Return a workspace for one call; one whose call failed is not given back."""
        try:
            return self._workspaces.pop()
        except IndexError:
            return KernelWorkspace(self._mapped)

    def _give_back(self, workspace: KernelWorkspace) -> None:
        if len(self._workspaces) < _KEPT_WORKSPACES:
            self._workspaces.append(workspace)


def _query(key: Key, occurs: PhraseRange, known: float) -> KernelQuery | None:
    """Return the query as the kernel reads it, or `None` if it is too long for that."""
    letters = key.letters.encode(*_UTF32)
    native = letters if key.native == key.letters else key.native.encode(*_UTF32)
    ordered = sorted_words(key.words).encode(*_UTF32) if compares_sorted_words(key) else b""
    words = dict.fromkeys(key.words.split(" "))
    if max(len(letters), len(ordered)) > MAX_LETTERS * _POINT_BYTES or len(words) > MAX_WORDS:
        return None
    if len(letters) > _MAX_COUNT * _POINT_BYTES:
        return None
    is_tolerant = weight_of(key.letters) >= TOLERANT_FROM
    asks_native = is_tolerant and key.native != key.letters
    # By place, in the order of the fields: names take twice as long.
    return KernelQuery(
        letters,
        native,
        ordered,
        array("Q", map(_hash_of, words)).tobytes(),
        len(letters) // _POINT_BYTES,
        len(native) // _POINT_BYTES,
        len(ordered) // _POINT_BYTES,
        len(words),
        len(letters_but_last(key)),
        len(native_but_last(key)),
        edits_of(key.letters) if is_tolerant else 0,
        edits_of(key.native) if asks_native else 0,
        is_tolerant,
        scripts.is_read_aloud(key.words),
        len(key.plain),
        occurs.size,
        occurs.low,
        occurs.high,
        known,
    )
