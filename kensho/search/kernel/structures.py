"""The structures that are passed to the compiled kernel.

Their fields are those of the structures in `kernel.h`, in the same order; a test compares them.
"""

import ctypes
from collections.abc import Mapping
from typing import Any, ClassVar, Final

import numpy as np
import numpy.typing as npt

from kensho.domain import ranking
from kensho.search import ngrams, symspell
from kensho.search.kernel.numpy_kernel import MAX_SCORED_PHRASES
from kensho.search.kernel.protocol import BestRows, ScoredRows
from kensho.search.scorer import Scorer

MAX_LETTERS: Final = 512
"""Longer queries are left to numpy: keys have 240 letters at most, their sorted words some more."""
MAX_WORDS: Final = 512
MAX_SCORED_ONE_BY_ONE: Final = MAX_SCORED_PHRASES + ngrams.CANDIDATES + 2 * symspell.CANDIDATES
"""The rows with the best phrases, and those near the query's letters and its native letters."""
_MIN_CONTAINING: Final = 1 << 16
_CONTAINING_SHARE: Final = 2
"""If half of all rows contain a query it is left to numpy; of 280,000 rows 22,000 have an S."""

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
    "native_ends": "u4",
    "letters": "u1",
    "sorted_words": "u1",
    "native": "u1",
    "row_entry": "i4",
    "row_plain_length": "u1",
    "row_digits": "u8",
    "row_ties": "f4",
}
_SIZES: Final = ("ngrams", "bounds", "budget", "symspell_entries", "positions", "words", "rows")
_BLOBS: Final = ("plain_letters", "letters", "sorted_words", "native")
_BUFFERS: Final = (
    *("counts", "seen", "touched", "order", "rows", "scores", "lists"),
    *("best_rows", "best_scores", "best_lists", "best_entries"),
)


class KernelIndex(ctypes.Structure):
    """The arrays of an index and their lengths."""

    _fields_: ClassVar[Any] = [(name, ctypes.c_void_p) for name in _ARRAYS] + [
        (name, ctypes.c_int64) for name in _SIZES
    ]


class KernelBuffers(ctypes.Structure):
    """The buffers of a workspace, which one search at a time uses."""

    _fields_: ClassVar[Any] = [(name, ctypes.c_void_p) for name in _BUFFERS]


class KernelWeights(ctypes.Structure):
    """The weights of evidence."""

    _fields_: ClassVar[Any] = [
        (name, ctypes.c_double)
        for name in (
            *("inner", "prefix", "covered", "whole_words", "scattered", "reordered"),
            *("unexplained", "errors_in_beginning", "other_script", "word_lacking"),
            *("digits_lost", "digits_extra", "max_inexact", "min_hit", "max_spread"),
        )
    ]


class KernelQuery(ctypes.Structure):
    """A query as the kernel reads it."""

    _fields_: ClassVar[Any] = (
        [(name, ctypes.c_char_p) for name in ("letters", "native", "sorted_words", "hashes")]
        + [
            (name, ctypes.c_int64)
            for name in (
                *("letter_count", "native_count", "sorted_words_count", "hash_count"),
                *("letters_last", "native_last"),
                *("letter_edits", "native_edits", "is_tolerant", "is_spoken"),
                *("plain_count", "plain_bytes", "low", "high"),
            )
        ]
        + [("known", ctypes.c_double)]
    )


def weights() -> KernelWeights:
    """Return the weights of `kensho.domain.ranking`."""
    return KernelWeights(
        inner=ranking.INNER,
        prefix=ranking.PREFIX,
        covered=ranking.COVERED,
        whole_words=ranking.WHOLE_WORDS,
        scattered=ranking.SCATTERED,
        reordered=ranking.REORDERED,
        unexplained=ranking.UNEXPLAINED,
        errors_in_beginning=ranking.ERRORS_IN_BEGINNING,
        other_script=ranking.OTHER_SCRIPT,
        word_lacking=ranking.WORD_LACKING,
        digits_lost=ranking.DIGITS_LOST,
        digits_extra=ranking.DIGITS_EXTRA,
        max_inexact=ranking.MAX_INEXACT,
        min_hit=ranking.LEAST,
        max_spread=ranking.SPREAD,
    )


class MappedIndex:
    """An index as the kernel reads it; it keeps the arrays alive."""

    def __init__(
        self, arrays: Mapping[str, npt.NDArray[Any]], blobs: Mapping[str, Any], scorer: Scorer
    ) -> None:
        found: dict[str, npt.NDArray[Any]] = {
            **arrays,
            **{name: np.frombuffer(blobs[name], dtype=np.uint8) for name in _BLOBS},
            "ngram_windows": np.array(
                [ngrams.window(length) for length in range(MAX_LETTERS + 1)], dtype=np.int32
            ),
            "row_ties": scorer.all_ties,
        }
        self.arrays: Final = {
            name: np.require(found[name], dtype=kind, requirements="C")
            for name, kind in _ARRAYS.items()
        }
        self.entries: Final = len(arrays["entry_popularity"])
        self.rows: Final = len(arrays["row_entry"])
        self.max_containing: Final = max(_MIN_CONTAINING, self.rows // _CONTAINING_SHARE)
        self.index: Final = KernelIndex(
            **{name: array.ctypes.data for name, array in self.arrays.items()},
            ngrams=len(arrays["ngram_codes"]),
            bounds=len(ngrams.LENGTH_BOUNDS),
            budget=ngrams.budget_of(self.rows),
            symspell_entries=len(arrays["symspell_keys"]),
            positions=len(arrays["phrase_heads"]),
            words=len(arrays["word_hashes"]),
            rows=self.rows,
        )


class KernelWorkspace:
    """The buffers that one search at a time works in; what must be zero in them is zero."""

    def __init__(self, index: MappedIndex) -> None:
        self.max_containing: Final = index.max_containing
        total = self.max_containing + MAX_SCORED_ONE_BY_ONE
        self.rows: Final = np.empty(total, dtype=np.int32)
        self.scores: Final = np.empty(total, dtype=np.float32)
        self.lists: Final = np.empty(total, dtype=np.uint8)
        self.best_rows: Final = np.empty(total, dtype=np.int32)
        self.best_scores: Final = np.empty(total, dtype=np.float32)
        self.best_lists: Final = np.empty(total, dtype=np.uint8)
        self.best_entries: Final = np.empty(total, dtype=np.int32)
        self._own: dict[str, npt.NDArray[Any]] = {
            "counts": np.zeros(index.rows, dtype=np.uint8),
            "seen": np.zeros(index.entries, dtype=np.uint8),
            "touched": np.empty(4 * index.rows + 2 * MAX_SCORED_ONE_BY_ONE, dtype=np.int32),
            "order": np.empty(2 * total, dtype=np.uint64),
        }
        shown: dict[str, npt.NDArray[Any]] = {
            name: getattr(self, name) for name in _BUFFERS if name not in self._own
        }
        self.buffers: Final = KernelBuffers(
            **{name: array.ctypes.data for name, array in (self._own | shown).items()}
        )
        self.address: Final = ctypes.byref(self.buffers)

    def scored(self, count: int) -> ScoredRows:
        """Return copies of the first rows and their scores."""
        return ScoredRows(self.rows[:count].copy(), self.scores[:count].copy())

    def best(self, count: int, hits: int) -> BestRows:
        """Return copies of the first of the best rows, of which so many are hits."""
        return BestRows(
            self.best_entries[:count].copy(),
            self.best_scores[:count].copy(),
            self.best_rows[:count].copy(),
            self.best_lists[:count].copy(),
            hits,
        )
