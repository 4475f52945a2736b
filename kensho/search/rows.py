"""Rows: what the index finds. A row is one key of one entry, with the titles that have this key.

Guarantees: an entry has one row for each distinct spelling of its titles (`letters`, `plain`,
`native`), so the row of a hit tells its entry and its matched title. Rows are numbered by the
length of their letters, then by the letters, then by entry; equal letters are found by their hash.
What an entry is (a work, a franchise) is up to the caller.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, Final

import msgspec
import numpy as np
import numpy.typing as npt

from kensho.domain.titles import without_article
from kensho.domain.works import Title, TitleKind
from kensho.search.code_points import points_of
from kensho.search.keys import Key, acronym_of, folded, key_of_words, season_code
from kensho.search.strings import Blob, Strings, TextBlob, ends_of, joined, packed
from kensho.search.words import hash_of, hashes_of

TITLE_KINDS: Final[tuple[TitleKind, ...]] = ("main", "official", "short", "synonym")
"""From the kind that says most about what is meant to the kind that says least."""
DIGIT_BITS: Final = 5
_MAX_DIGIT_COUNT: Final = (1 << DIGIT_BITS) - 1
SHORTENED: Final = len(TITLE_KINDS)
"""The rank of names that no source lists as titles: "Matrix", "Lord of the Rings"."""
_RANKS: Final = {kind: rank for rank, kind in enumerate(TITLE_KINDS)}
_OFFICIAL: Final = TITLE_KINDS.index("official")
"""The last kind whose acronyms are indexed."""
_ENTRY_DIGITS: Final = 10

Numbers = npt.NDArray[Any]


class NewRow(msgspec.Struct, gc=False):
    """A row to be packed: the parts of its key, and the titles that have it, best kind first.

    `kind` is the kind of the first title. `season` is the code of its markers, or 0; `acronym` is
    set for the kinds of title whose acronyms are indexed.
    """

    entry: int
    words: str
    plain: str
    letters: str
    base: str
    native: str
    season: int
    kind: int
    acronym: str | None
    texts: tuple[str, ...]


def rows_of(entry: int, named: Iterable[Title]) -> list[NewRow]:
    """Return the rows of an entry with these titles, also without their articles."""
    found: dict[tuple[str, str, str], tuple[Key, list[tuple[int, str]]]] = {}
    by_words: dict[str, list[tuple[int, str]]] = {}
    shortened: list[NewRow] = []
    for title in named:
        words = folded(title.text)
        texts = by_words.get(words)
        if texts is None:
            key = key_of_words(words)
            spelling = key.letters, key.plain, key.native
            texts = by_words[words] = found.setdefault(spelling, (key, []))[1]
            if short := without_article(title.text):
                shortened += short_rows(entry, short, title)
        texts.append((_RANKS[title.kind], title.text))
    rows = [_row(entry, key, sorted(texts)) for key, texts in found.values() if key.letters]
    taken = {row.letters for row in rows}
    for row in shortened:
        if row.letters not in taken:
            taken.add(row.letters)
            rows.append(row)
    return rows


def short_rows(entry: int, name: str, title: Title) -> Iterator[NewRow]:
    """Yield rows by which `name`, which is no title, finds an entry that has `title`."""
    for text in filter(None, (name, without_article(name))):
        key = key_of_words(folded(text))
        if key.letters:
            row = _row(entry, key, [(_RANKS[title.kind], title.text)])
            row.kind = SHORTENED
            yield row


def _row(entry: int, key: Key, texts: list[tuple[int, str]]) -> NewRow:
    kind, _ = texts[0]
    parsed = key.parsed
    return NewRow(
        entry=entry,
        words=key.words,
        plain=key.plain,
        letters=key.letters,
        base=key.base,
        native=key.native,
        season=season_code(parsed.parts) if key.letters != key.base else 0,
        kind=kind,
        acronym=acronym_of(parsed.stem) if kind <= _OFFICIAL else None,
        texts=tuple([text for _, text in texts]),
    )


def in_order(rows: Sequence[NewRow]) -> list[NewRow]:
    """Return rows in the order of their numbers: by length, letters, entry and plain letters."""
    names = [
        f"{chr(len(row.letters))}{row.letters}{row.entry:0{_ENTRY_DIGITS}}{row.plain}"
        for row in rows
    ]
    blob, ends = joined(names)
    return [rows[position] for position in TextBlob(blob, ends[:-1], ends[1:]).order().tolist()]


def sorted_words(words: str) -> str:
    """Return folded words in alphabetical order, so that texts compare equal in any order."""
    return " ".join(sorted(words.split(" "))) if " " in words else words


def digits_of(letters: str) -> int:
    """Return how often each digit occurs in `letters`, five bits for each digit."""
    counts = 0
    for character in letters:
        if "0" <= character <= "9":
            place = DIGIT_BITS * int(character)
            if (counts >> place) & _MAX_DIGIT_COUNT < _MAX_DIGIT_COUNT:
                counts += 1 << place
    return counts


def _digits(letters: Sequence[str]) -> npt.NDArray[np.uint64]:
    """Return `digits_of` each text."""
    points = points_of("\n".join(letters))
    positions = np.flatnonzero((points >= ord("0")) & (points <= ord("9")))
    rows = np.searchsorted(np.flatnonzero(points == ord("\n")), positions)
    digits = points[positions] - np.uint32(ord("0"))
    counts = np.bincount(rows * 10 + digits, minlength=10 * len(letters)).reshape(-1, 10)
    counts = np.minimum(counts, _MAX_DIGIT_COUNT) << np.arange(0, 10 * DIGIT_BITS, DIGIT_BITS)
    found: npt.NDArray[np.uint64] = counts.sum(axis=1).astype(np.uint64)
    return found


def pack(rows: Sequence[NewRow]) -> tuple[dict[str, Numbers], dict[str, bytes]]:
    """Return the arrays and blobs of rows, which must be in order."""
    letters = [row.letters for row in rows]
    texts: dict[str, Iterable[str]] = {
        "letters": letters,
        "sorted_words": (sorted_words(row.words) for row in rows),
        "texts": (text for row in rows for text in row.texts),
    }
    arrays: dict[str, Numbers] = {}
    blobs: dict[str, bytes] = {}
    for name, column in texts.items():
        found, blob = packed(name, column)
        arrays |= found
        blobs |= blob
    hashes = hashes_of(letters)
    by_hash = np.argsort(hashes, kind="stable")
    arrays |= {
        "row_entry": np.array([row.entry for row in rows], dtype=np.int32),
        "row_hashes": hashes[by_hash],
        "row_by_hash": by_hash.astype(np.int32),
        "row_plain_length": np.array([len(row.plain) for row in rows], dtype=np.uint8),
        "row_kind": np.array([row.kind for row in rows], dtype=np.uint8),
        "row_digits": _digits(letters),
        "row_texts": ends_of([len(row.texts) for row in rows]).astype(np.uint32),
    }
    return arrays, blobs


def lengths_of(rows: Sequence[NewRow]) -> npt.NDArray[np.int32]:
    """Return how many letters each row has."""
    return np.array([len(row.letters) for row in rows], dtype=np.int32)


def distinct(numbers: npt.NDArray[np.int32]) -> npt.NDArray[np.int32]:
    """Return each number once, ascending; `np.unique` takes eight times as long for a few."""
    ordered = np.sort(numbers)
    first = np.ones(len(ordered), dtype=np.bool_)
    np.not_equal(ordered[1:], ordered[:-1], out=first[1:])
    return ordered[first]


class TitleRows:
    """The rows of an open index."""

    def __init__(self, arrays: Mapping[str, Numbers], blobs: Mapping[str, Blob]) -> None:
        self.entry: Final[npt.NDArray[np.int32]] = arrays["row_entry"]
        self.kind: Final[npt.NDArray[np.uint8]] = arrays["row_kind"]
        self.digits: Final[npt.NDArray[np.uint64]] = arrays["row_digits"]
        self._texts_of = arrays["row_texts"]
        self._hashes: npt.NDArray[np.uint64] = arrays["row_hashes"]
        self._by_hash: npt.NDArray[np.int32] = arrays["row_by_hash"]
        self.letters: Final = Strings("letters", arrays, blobs)
        self.sorted_words: Final = Strings("sorted_words", arrays, blobs)
        self._texts = Strings("texts", arrays, blobs)
        self.plain_length: Final[npt.NDArray[np.uint8]] = arrays["row_plain_length"]

    def __len__(self) -> int:
        return len(self.entry)

    def texts(self, row: int) -> list[str]:
        """Return the titles of a row as they are written, best kind first."""
        first, end = int(self._texts_of[row]), int(self._texts_of[row + 1])
        return [self._texts[number] for number in range(first, end)]

    def equal(self, letters: str) -> list[int]:
        """Return the rows with exactly these letters, ascending."""
        wanted = np.uint64(hash_of(letters))
        low = int(self._hashes.searchsorted(wanted))
        high = int(self._hashes.searchsorted(wanted, side="right"))
        return [row for row in self._by_hash[low:high].tolist() if self.letters[row] == letters]
