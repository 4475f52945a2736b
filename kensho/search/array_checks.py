"""Checks of arrays that were mapped from files: kind, shape, range and order of their numbers.

A checksum tells that a file is as it was written, not that its writer was sound. Numbers that are
used as indexes are therefore checked once, where a file is opened.

Guarantees: what is refused is named: the array, the first wrong number and its place.

Performance: each check reads its array once or twice, about 4 GB/s.
"""

from collections.abc import Mapping
from typing import Any, Final, NoReturn

import numpy as np
import numpy.typing as npt

from kensho.errors import ReadModelError

Array = npt.NDArray[Any]
_CONTINUES: Final = 0b1000_0000
_CONTINUES_MASK: Final = 0b1100_0000
"""The upper bits of a byte within a character of UTF-8."""


def cuts_character(blob: Any, ends: Array) -> bool:
    """Tell whether a text in a blob of UTF-8 ends within a character; ends lie within the blob."""
    starts = ends[ends < len(blob)]
    if not len(starts):
        return False
    bytes_there = np.frombuffer(blob, dtype=np.uint8)[starts] & _CONTINUES_MASK
    return bool(np.any(bytes_there == _CONTINUES))


class ArrayChecks:
    """Checks arrays by name; `where` and the name together are the path of an array's file.

    Every check raises `ReadModelError` for an array that is missing or not as it must be.
    """

    def __init__(self, arrays: Mapping[str, Array], where: str) -> None:
        self._arrays = arrays
        self._where: Final = where

    def refuse(self, name: str, why: str) -> NoReturn:
        """Refuse the array of this name."""
        raise ReadModelError(f"{self._where}{name}.npy: {why}")

    def array(self, name: str, kind: str, *shape: int | None) -> Array:
        """Return the array, whose numbers are of this kind; `None` in the shape is any length."""
        array = self._arrays.get(name)
        if array is None:
            self.refuse(name, "is missing")
        if array.dtype != np.dtype(kind):
            self.refuse(name, f"holds numbers of kind {array.dtype.str}, not {np.dtype(kind).str}")
        fits = len(array.shape) == len(shape) and all(
            wanted is None or found == wanted
            for found, wanted in zip(array.shape, shape, strict=True)
        )
        if not fits:
            told = ", ".join("any" if size is None else str(size) for size in shape)
            self.refuse(name, f"has the shape {array.shape}, not ({told})")
        return array

    def within(self, name: str, kind: str, *shape: int | None, low: float, end: float) -> Array:
        """Return the array, all of whose numbers must be at least `low` and below `end`."""
        array = self.array(name, kind, *shape)
        # Written so that nan, which compares with nothing, is refused too.
        if array.size and not (array.min() >= low and array.max() < end):
            flat = array.reshape(-1)
            self.wrong(name, ~((flat >= low) & (flat < end)), f"is not in {low} <= n < {end}")
        return array

    def ascending(self, name: str, kind: str, length: int | None, *, strictly: bool) -> Array:
        """Return the array of one dimension, whose numbers must ascend."""
        array = self.array(name, kind, length)
        falls = array[1:] <= array[:-1] if strictly else array[1:] < array[:-1]
        if falls.any():
            self.wrong(name, np.append(False, falls), "is out of order")
        return array

    def offsets(self, name: str, kind: str, runs: int | None, total: int) -> Array:
        """Return where each of some runs begins, and the end of the last: from 0 up to `total`."""
        length = None if runs is None else runs + 1
        array = self.ascending(name, kind, length, strictly=False)
        if not len(array) or array[0] != 0 or array[-1] != total:
            ends = f"{array[0]}..{array[-1]}" if len(array) else "nothing"
            self.refuse(name, f"spans {ends}, not 0..{total}")
        return array

    def ascending_in_runs(self, name: str, array: Array, begins: Array) -> None:
        """Refuse an array whose numbers do not ascend strictly in each run; runs begin so."""
        falls = np.flatnonzero(array[1:] <= array[:-1]) + 1
        excused = np.zeros(len(array) + 1, dtype=np.bool_)
        excused[begins] = True
        falls = falls[~excused[falls]]
        if len(falls):
            self.refuse(name, f"{array[falls[0]]} at {falls[0]} is out of order in its run")

    def wrong(self, name: str, is_wrong: npt.NDArray[np.bool_], why: str) -> None:
        """Refuse the array for the first number that is wrong, if there is one."""
        place = int(is_wrong.argmax()) if len(is_wrong) else 0
        if len(is_wrong) and is_wrong[place]:
            self.refuse(name, f"{self._arrays[name].reshape(-1)[place]} at {place} {why}")
