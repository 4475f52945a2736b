"""Rows that are being collected, as columns, and the same rows in the order of their numbers.

A quarter of a million rows as objects take 150 MB, their texts end to end 40 MB.

Guarantees: rows are numbered by the length of their letters, then by the letters, then by entry and
plain letters; rows that agree in all of them stay in the order of adding.
"""

from array import array
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, Final

import msgspec
import numpy as np
import numpy.typing as npt

from kensho.search.code_points import points_of
from kensho.search.rows import DIGIT_BITS, MAX_DIGIT_COUNT, NewRow, sorted_words
from kensho.search.strings import NewTexts, TextBlob, Texts, in_lists, packed, with_ends
from kensho.search.words import hashes_of

_ENTRY_DIGITS: Final = 10
_AT_ONCE: Final = 2_000
"""Rows that are held as objects: 1 MB."""


class OrderedRows(msgspec.Struct, frozen=True):
    """Rows in the order of their numbers: one array or list of texts for each part of a key.

    `native` and `base` are empty where they say no more than `letters`; `acronyms` are empty where
    there is none. `text_ends` tells where the titles of a row begin in `texts`, and the end.
    """

    entry: npt.NDArray[np.int32]
    kind: npt.NDArray[np.uint8]
    season: npt.NDArray[np.int32]
    length: npt.NDArray[np.int32]
    plain_length: npt.NDArray[np.uint8]
    letters: Texts
    plain: Texts
    words: Texts
    native: Texts
    base: Texts
    acronyms: Texts
    texts: Texts
    text_ends: npt.NDArray[np.uint32]


class NewRows:
    """Rows in the order of adding."""

    def __init__(self) -> None:
        self._entries, self._seasons = array("i"), array("i")
        self._kinds, self._plain_lengths = array("B"), array("B")
        self._lengths, self._text_counts = array("i"), array("i")
        self._letters, self._plain, self._words = NewTexts(), NewTexts(), NewTexts()
        self._native, self._base, self._acronyms = NewTexts(), NewTexts(), NewTexts()
        self._texts = NewTexts()
        self._pending: list[NewRow] = []

    def add(self, rows: Iterable[NewRow]) -> None:
        """Add rows."""
        self._pending += rows
        if len(self._pending) >= _AT_ONCE:
            self._put_away()

    def _put_away(self) -> None:
        """Take pending rows apart: many at a time take half as long."""
        rows, self._pending = self._pending, []
        self._entries.extend([row.entry for row in rows])
        self._kinds.extend([row.kind for row in rows])
        self._seasons.extend([row.season for row in rows])
        self._lengths.extend([len(row.letters) for row in rows])
        self._plain_lengths.extend([len(row.plain) for row in rows])
        self._letters.add([row.letters for row in rows])
        self._plain.add([row.plain for row in rows])
        self._words.add([row.words for row in rows])
        self._native.add(["" if row.native == row.letters else row.native for row in rows])
        self._base.add([row.base if row.season else "" for row in rows])
        self._acronyms.add([row.acronym or "" for row in rows])
        self._texts.add([text for row in rows for text in row.texts])
        self._text_counts.extend([len(row.texts) for row in rows])

    def ordered(self, numbers: Sequence[int]) -> OrderedRows:
        """Return the rows as they are numbered; `numbers` is the number of each entry."""
        self._put_away()
        entries = np.array(numbers, dtype=np.int32)[np.array(self._entries, dtype=np.int32)]
        order = self._order(entries)
        counts = np.array(self._text_counts, dtype=np.int64)
        firsts = np.cumsum(counts) - counts
        ends = np.zeros(len(order) + 1, dtype=np.int64)
        np.cumsum(counts[order], out=ends[1:])
        moved: npt.NDArray[np.int64] = np.repeat(firsts[order] - ends[:-1], counts[order])
        texts = np.arange(int(ends[-1]), dtype=np.int64) + moved
        return OrderedRows(
            entry=entries[order],
            kind=_taken(self._kinds, np.uint8, order),
            season=_taken(self._seasons, np.int32, order),
            length=_taken(self._lengths, np.int32, order),
            plain_length=_taken(self._plain_lengths, np.uint8, order),
            letters=self._letters.in_order(order),
            plain=self._plain.in_order(order),
            words=self._words.in_order(order),
            native=self._native.in_order(order),
            base=self._base.in_order(order),
            acronyms=self._acronyms.in_order(order),
            texts=self._texts.in_order(texts),
            text_ends=ends.astype(np.uint32),
        )

    def _order(self, entries: npt.NDArray[np.int32]) -> npt.NDArray[np.intp]:
        names = NewTexts()
        for some in in_lists(self._names(entries)):
            names.add(some)
        return TextBlob(*names.joined()).order()

    def _names(self, entries: npt.NDArray[np.int32]) -> Iterator[str]:
        """Yield texts that sort as rows are numbered."""
        every = np.arange(len(entries))
        letters, plain = self._letters.in_order(every), self._plain.in_order(every)
        for length, text, entry, typed in zip(
            self._lengths, letters, entries.tolist(), plain, strict=True
        ):
            yield f"{chr(length)}{text}{entry:0{_ENTRY_DIGITS}}{typed}"


def _taken(column: "array[int]", kind: Any, order: npt.NDArray[np.intp]) -> npt.NDArray[Any]:
    taken: npt.NDArray[Any] = np.array(column, dtype=kind)[order]
    return taken


def pack(rows: OrderedRows) -> tuple[dict[str, npt.NDArray[Any]], dict[str, bytes]]:
    """Return the arrays and blobs of rows."""
    arrays: dict[str, npt.NDArray[Any]] = {}
    blobs: dict[str, bytes] = {}
    sorted_by_word = NewTexts()
    for some in in_lists(rows.words):
        sorted_by_word.add(map(sorted_words, some))
    every = np.arange(len(rows.entry))
    for name, column in (
        ("letters", rows.letters),
        ("sorted_words", sorted_by_word.in_order(every)),
        ("texts", rows.texts),
    ):
        found, blob = packed(name, column)
        arrays |= found
        blobs |= blob
    arrays["native_ends"], blobs["native"] = with_ends(rows.native)
    hashes = hashes_of(rows.letters)
    by_hash = np.argsort(hashes, kind="stable")
    arrays |= {
        "row_entry": rows.entry,
        "row_hashes": hashes[by_hash],
        "row_by_hash": by_hash.astype(np.int32),
        "row_plain_length": rows.plain_length,
        "row_kind": rows.kind,
        "row_digits": _digits(rows.letters),
        "row_texts": rows.text_ends,
    }
    return arrays, blobs


def _digits(letters: Iterable[str]) -> npt.NDArray[np.uint64]:
    """Return `rows.digits_of` each text."""
    found = [np.empty(0, dtype=np.uint64), *map(_digits_of_some, in_lists(letters))]
    return np.concatenate(found)


def _digits_of_some(letters: Sequence[str]) -> npt.NDArray[np.uint64]:
    points = points_of("\n".join(letters))
    positions = np.flatnonzero((points >= ord("0")) & (points <= ord("9")))
    rows = np.searchsorted(np.flatnonzero(points == ord("\n")), positions)
    digits = points[positions] - np.uint32(ord("0"))
    counts = np.bincount(rows * 10 + digits, minlength=10 * len(letters)).reshape(-1, 10)
    counts = np.minimum(counts, MAX_DIGIT_COUNT) << np.arange(0, 10 * DIGIT_BITS, DIGIT_BITS)
    found: npt.NDArray[np.uint64] = counts.sum(axis=1).astype(np.uint64)
    return found
