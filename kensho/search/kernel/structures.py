"""The structures that the compiled kernel reads, field by field as `kernel.h` has them."""

import ctypes
from collections.abc import Mapping
from typing import Any, ClassVar, Final

import numpy as np
import numpy.typing as npt

from kensho.domain import ranking
from kensho.search.ngrams import LENGTH_BOUNDS, budget_of, window
from kensho.search.scorer import Scorer

MAX_LETTERS: Final = 512
MAX_WORDS: Final = 512
MAX_SCORED_ONE_BY_ONE: Final = 312
"""Rows that are judged one by one: phrases and what is near."""
_FEWEST_HELD: Final = 1 << 16
_HELD_SHARE: Final = 2
"""Rows that may hold a query: half of all, more than begin with any letter."""

_ARRAYS: Final = {
    "ngram_codes": "u8",
    "ngram_cuts": "i4",
    "ngram_rows": "i4",
    "ngram_length_bounds": "i4",
    "ngram_windows": "i4",
    "symspell_keys": "u8",
    "symspell_rows": "i4",
    "phrase_heads": "u8",
    "phrase_rows": "i4",
    "phrase_offsets": "u1",
    "phrase_word_bytes": "u1",
    "plain_letters_ends": "u4",
    "plain_letters": "u1",
    "word_hashes": "u8",
    "word_starts": "i4",
    "word_ends": "i4",
    "word_rows": "i4",
    "row_hashes": "u8",
    "row_by_hash": "i4",
    "letters_ends": "u4",
    "sorted_words_ends": "u4",
    "letters": "u1",
    "sorted_words": "u1",
    "row_entry": "i4",
    "row_plain_length": "u1",
    "row_digits": "u8",
    "row_ties": "f4",
}
_SIZES: Final = ("grams", "bounds", "budget", "deletions", "places", "words", "rows")
_BLOBS: Final = ("plain_letters", "letters", "sorted_words")
_ROOM: Final = (
    *("shared", "seen", "touched", "order", "rows", "scores", "lists"),
    *("best_rows", "best_scores", "best_lists", "best_entries"),
)


class KernelIndex(ctypes.Structure):
    """The arrays of an index, and how long they are."""

    _fields_: ClassVar[Any] = [(name, ctypes.c_void_p) for name in _ARRAYS] + [
        (name, ctypes.c_int64) for name in _SIZES
    ]


class KernelBuffers(ctypes.Structure):
    """Where one search at a time works."""

    _fields_: ClassVar[Any] = [(name, ctypes.c_void_p) for name in _ROOM]


class KernelWeights(ctypes.Structure):
    """What evidence is worth."""

    _fields_: ClassVar[Any] = [
        (name, ctypes.c_double)
        for name in (
            *("inner", "prefix", "covered", "whole_words", "scattered", "reordered"),
            *("digits_lost", "digits_extra", "most", "least", "spread"),
        )
    ]


class KernelQuery(ctypes.Structure):
    """A query as the kernel reads it."""

    _fields_: ClassVar[Any] = [
        (name, ctypes.c_char_p) for name in ("letters", "native", "sorted_words", "hashes")
    ] + [
        (name, ctypes.c_int64)
        for name in (
            *("letter_count", "native_count", "sorted_words_count", "hash_count"),
            *("letter_edits", "native_edits", "is_tolerant", "plain_count", "plain_bytes"),
            *("low", "high"),
        )
    ]


def weights() -> KernelWeights:
    """Return the weights of `kensho.domain.ranking`."""
    return KernelWeights(
        inner=ranking.INNER,
        prefix=ranking.PREFIX,
        covered=ranking.COVERED,
        whole_words=ranking.WHOLE_WORDS,
        scattered=ranking.SCATTERED,
        reordered=ranking.REORDERED,
        digits_lost=ranking.DIGITS_LOST,
        digits_extra=ranking.DIGITS_EXTRA,
        most=ranking.BEST_INEXACT - ranking.KNOWN,
        least=ranking.LEAST,
        spread=ranking.SPREAD,
    )


class MappedIndex:
    """An index as the kernel reads it, with what keeps its arrays mapped."""

    def __init__(
        self, arrays: Mapping[str, npt.NDArray[Any]], blobs: Mapping[str, Any], judge: Scorer
    ) -> None:
        found: dict[str, npt.NDArray[Any]] = {
            **arrays,
            **{name: np.frombuffer(blobs[name], dtype=np.uint8) for name in _BLOBS},
            "ngram_windows": np.array(
                [window(length) for length in range(MAX_LETTERS + 1)], dtype=np.int32
            ),
            "row_ties": judge.all_ties,
        }
        self.arrays: Final = {
            name: np.require(found[name], dtype=kind, requirements="C")
            for name, kind in _ARRAYS.items()
        }
        self.entries: Final = len(arrays["entry_popularity"])
        self.rows: Final = len(arrays["row_entry"])
        self.index: Final = KernelIndex(
            **{name: array.ctypes.data for name, array in self.arrays.items()},
            grams=len(arrays["ngram_codes"]),
            bounds=len(LENGTH_BOUNDS),
            budget=budget_of(self.rows),
            deletions=len(arrays["symspell_keys"]),
            places=len(arrays["phrase_heads"]),
            words=len(arrays["word_hashes"]),
            rows=self.rows,
        )


class KernelWorkspace:
    """The room of one search, zeroed as the kernel leaves it."""

    def __init__(self, index: MappedIndex) -> None:
        held = max(_FEWEST_HELD, index.rows // _HELD_SHARE)
        self.most: Final = held
        total = held + MAX_SCORED_ONE_BY_ONE
        self.rows: Final = np.empty(total, dtype=np.int32)
        self.scores: Final = np.empty(total, dtype=np.float32)
        self.lists: Final = np.empty(total, dtype=np.uint8)
        self.best_rows: Final = np.empty(total, dtype=np.int32)
        self.best_scores: Final = np.empty(total, dtype=np.float32)
        self.best_lists: Final = np.empty(total, dtype=np.uint8)
        self.best_entries: Final = np.empty(total, dtype=np.int32)
        self._own: dict[str, npt.NDArray[Any]] = {
            "shared": np.zeros(index.rows, dtype=np.uint16),
            "seen": np.zeros(index.entries, dtype=np.uint8),
            "touched": np.empty(4 * index.rows + 2 * MAX_SCORED_ONE_BY_ONE, dtype=np.int32),
            "order": np.empty(2 * total, dtype=np.uint64),
        }
        theirs: dict[str, npt.NDArray[Any]] = {
            name: getattr(self, name) for name in _ROOM if name not in self._own
        }
        self.room: Final = KernelBuffers(
            **{name: array.ctypes.data for name, array in (self._own | theirs).items()}
        )
        self.address: Final = ctypes.byref(self.room)
