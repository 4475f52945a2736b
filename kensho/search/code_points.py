"""Texts as numbers: code points in arrays, and the codes of their n-grams.

Guarantees: an n-gram is three code points, or two if one of them is a Han character, because two
Han characters say as much as five letters. A text begins with a mark, so that its first letters
count more than the same letters elsewhere; it does not end with one, because queries are half
typed.
"""

from typing import Final

import numpy as np
import numpy.typing as npt

Codes = npt.NDArray[np.uint64]

CODE_POINT_BITS: Final = 21
"""Unicode's code points take 21 bits; three of them fit a 64-bit number."""
_BITS: Final = np.uint64(CODE_POINT_BITS)
HAN_FIRST: Final = 0x3400
HAN_LAST: Final = 0xFAFF
START_MARK: Final = "\x02"


def points_of(text: str) -> npt.NDArray[np.uint32]:
    """Return the code points of `text`; unpaired surrogates count as what they are."""
    return np.frombuffer(text.encode("utf-32-le", "surrogatepass"), dtype="<u4")


def code_points(text: str) -> Codes:
    """Return the code points of `text` as 64-bit numbers."""
    return points_of(text).astype(np.uint64)


def ngrams_of(text: str) -> Codes:
    """Return the n-grams of `text`, in no order; one that occurs twice comes twice."""
    points = code_points(START_MARK + text)
    pairs, triples = _joined(points)
    if text.isascii():
        return triples
    han = _is_han(points)
    near_han = han[:-1] | han[1:]
    return np.concatenate((triples[~(near_han[:-1] | near_han[1:])], pairs[near_han]))


def _joined(points: Codes) -> tuple[Codes, Codes]:
    """Return the codes of all pairs and triples of neighbours."""
    pairs: Codes = (points[:-1] << _BITS) | points[1:]
    triples: Codes = (pairs[:-1] << _BITS) | points[2:]
    return pairs, triples


def _is_han(points: Codes) -> npt.NDArray[np.bool_]:
    return (points >= HAN_FIRST) & (points <= HAN_LAST)


def ngrams_of_all(texts: list[str]) -> tuple[Codes, npt.NDArray[np.int32]]:
    """Return the n-grams of many texts, and the number of the text of each, in no order.

    An n-gram that occurs twice in a text comes twice.
    """
    joined = code_points("".join(START_MARK + text for text in texts))
    starts = np.flatnonzero(joined == ord(START_MARK))
    number = np.repeat(
        np.arange(len(texts), dtype=np.int32), np.diff(np.append(starts, len(joined)))
    )
    han = _is_han(joined)
    pairs, triples = _joined(joined)
    same_pair = number[:-1] == number[1:]
    near_han = han[:-1] | han[1:]
    kept_pairs = same_pair & near_han
    kept_triples = same_pair[:-1] & same_pair[1:] & ~(near_han[:-1] | near_han[1:])
    return (
        np.concatenate((triples[kept_triples], pairs[kept_pairs])),
        np.concatenate((number[:-2][kept_triples], number[:-1][kept_pairs])),
    )
