"""Finds rows by the first letters of their words: `"snk"` is Shingeki no Kyojin.

Guarantees: acronyms are those of main and official titles of three to eight words. They score below
every title that contains the query, because many titles share an acronym.
"""

from collections.abc import Iterable, Mapping
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from kensho.search.keys import ACRONYM_LENGTHS

_BITS: Final = 7
"""Of an ASCII character: eight of them fit a 64-bit number."""

Rows = npt.NDArray[np.int32]


def pack(acronyms: Iterable[str]) -> dict[str, npt.NDArray[Any]]:
    """Return the index of the acronyms of rows; an empty one is none."""
    found = sorted((_code(text), number) for number, text in enumerate(acronyms) if text)
    return {
        "acronym_codes": np.array([code for code, _ in found], dtype=np.uint64),
        "acronym_rows": np.array([row for _, row in found], dtype=np.int32),
    }


def _code(acronym: str) -> int:
    code = 0
    for point in acronym.encode("ascii"):
        code = code << _BITS | point
    return code


class AcronymIndex:
    """An open index of acronyms."""

    def __init__(self, arrays: Mapping[str, npt.NDArray[Any]]) -> None:
        self._codes = arrays["acronym_codes"]
        self._rows = arrays["acronym_rows"]

    def rows(self, text: str) -> Rows:
        """Return the rows whose acronym is `text`."""
        if len(text) not in ACRONYM_LENGTHS or not text.isascii():
            return np.empty(0, dtype=np.int32)
        code = np.uint64(_code(text))
        first = self._codes.searchsorted(code)
        return self._rows[first : self._codes.searchsorted(code, side="right")]
