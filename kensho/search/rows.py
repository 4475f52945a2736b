"""Rows: what the index finds. A row is one key of one entry, with the titles that read so.

The law: an entry has one row for each distinct spelling of its titles (`letters`, `plain`,
`native`), so a hit's row tells its entry and its matched title. Rows are numbered by the length of
their letters, then by the letters, then by entry; equal letters are found by their hash. What an
entry is (a work, a franchise) is the caller's business.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

import msgspec
import numpy as np
import numpy.typing as npt

from kensho.domain import titles
from kensho.domain.works import Title, TitleKind
from kensho.search import scripts
from kensho.search.keys import Key, initials_of, key_of, letters_of, season_code
from kensho.search.strings import Blob, Strings, packed
from kensho.search.words import hash_of

TITLE_KINDS: Final[tuple[TitleKind, ...]] = ("main", "official", "short", "synonym")
"""From the one that says most about what is meant to the one that says least."""
DIGIT_BITS: Final = 5
_DIGIT_MOST: Final = (1 << DIGIT_BITS) - 1
_HAN: Final = re.compile(r"(?<=[\u3400-\u9fff])|(?=[\u3400-\u9fff])")
_MAX_OFFSET: Final = 255

Numbers = npt.NDArray[Any]


class NewRow(msgspec.Struct, gc=False):
    """A row in the making: the parts of its key, and the titles that read so, best kind first.

    `season` is the code of its markers, 0 where it has none; `initials` are those of its words.
    """

    entry: int
    words: str
    plain: str
    letters: str
    base: str
    native: str
    season: int
    initials: str | None
    texts: list[tuple[int, str]]


def rows_of(entry: int, named: Iterable[Title]) -> list[NewRow]:
    """Return the rows of an entry with these titles."""
    found: dict[tuple[str, str, str], NewRow] = {}
    for title in named:
        key = key_of(title.text)
        if not key.letters:
            continue
        row = found.get((key.letters, key.plain, key.native))
        if row is None:
            row = found[key.letters, key.plain, key.native] = _row(entry, key)
        row.texts.append((TITLE_KINDS.index(title.kind), title.text))
    for row in found.values():
        row.texts.sort()
    return list(found.values())


def _row(entry: int, key: Key) -> NewRow:
    parsed = key.parsed
    return NewRow(
        entry=entry,
        words=key.words,
        plain=key.plain,
        letters=key.letters,
        base=key.base,
        native=key.native,
        season=season_code(parsed.slots) if key.letters != key.base else 0,
        initials=initials_of(parsed.stem),
        texts=[],
    )


def turned_of(words: str) -> str:
    """Return folded words in alphabetical order: the reading that is the same in any order."""
    return " ".join(sorted(words.split(" "))) if " " in words else words


def digits_of(letters: str) -> int:
    """Return how often each digit stands in `letters`, five bits for each digit."""
    counts = 0
    for character in letters:
        if "0" <= character <= "9":
            place = DIGIT_BITS * int(character)
            if (counts >> place) & _DIGIT_MOST < _DIGIT_MOST:
                counts += 1 << place
    return counts


def pack(rows: Sequence[NewRow]) -> tuple[dict[str, Numbers], dict[str, bytes]]:
    """Return the arrays and blobs of rows that are in their order."""
    texts = {
        "letters": (row.letters for row in rows),
        "turned": (turned_of(row.words) for row in rows),
        "texts": (text for row in rows for _, text in row.texts),
    }
    arrays: dict[str, Numbers] = {}
    blobs: dict[str, bytes] = {}
    for name, column in texts.items():
        found, blob = packed(name, column)
        arrays |= found
        blobs |= blob
    text_rows = np.cumsum([0, *(len(row.texts) for row in rows)])
    hashes = np.array([hash_of(row.letters) for row in rows], dtype=np.uint64)
    by_hash = np.argsort(hashes, kind="stable")
    arrays |= {
        "row_entry": np.array([row.entry for row in rows], dtype=np.int32),
        "row_hashes": hashes[by_hash],
        "row_hashed": by_hash.astype(np.int32),
        "row_plain_length": np.array([len(row.plain) for row in rows], dtype=np.uint8),
        "row_kind": np.array([row.texts[0][0] for row in rows], dtype=np.uint8),
        "row_digits": np.array([digits_of(row.letters) for row in rows], dtype=np.uint64),
        "row_texts": text_rows.astype(np.uint32),
    }
    return arrays, blobs


def lengths_of(rows: Sequence[NewRow]) -> npt.NDArray[np.int32]:
    """Return how many letters each row has."""
    return np.array([len(row.letters) for row in rows], dtype=np.int32)


def word_bytes(row: NewRow) -> list[int]:
    """Return at which byte of its plain letters each word of a row begins.

    Every Han character begins a word, because Chinese and Japanese put no spaces between them.
    """
    words = scripts.romanised(row.words)
    spaced = words if words.isascii() else " ".join(_HAN.sub(" ", words).split())
    starts = titles.word_starts(spaced if letters_of(spaced) == row.plain else words)
    starts = [start for start in starts if start < len(row.plain)]
    if not row.plain.isascii():
        ends = np.cumsum(
            [0, *(len(letter.encode("utf-8", "surrogatepass")) for letter in row.plain)]
        )
        starts = [int(ends[start]) for start in starts]
    return [start for start in dict.fromkeys(starts) if start <= _MAX_OFFSET]


def distinct(numbers: npt.NDArray[np.int32]) -> npt.NDArray[np.int32]:
    """Return each number once, ascending; `np.unique` takes eight times as long for a few."""
    ordered = np.sort(numbers)
    first = np.ones(len(ordered), dtype=np.bool_)
    np.not_equal(ordered[1:], ordered[:-1], out=first[1:])
    return ordered[first]


class Rows:
    """The rows of an open index."""

    def __init__(self, arrays: Mapping[str, Numbers], blobs: Mapping[str, Blob]) -> None:
        self.entry: Final[npt.NDArray[np.int32]] = arrays["row_entry"]
        self.kind: Final[npt.NDArray[np.uint8]] = arrays["row_kind"]
        self.digits: Final[npt.NDArray[np.uint64]] = arrays["row_digits"]
        self._texts_of = arrays["row_texts"]
        self._hashes: npt.NDArray[np.uint64] = arrays["row_hashes"]
        self._hashed: npt.NDArray[np.int32] = arrays["row_hashed"]
        self.letters: Final = Strings("letters", arrays, blobs)
        self.turned: Final = Strings("turned", arrays, blobs)
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
        return [row for row in self._hashed[low:high].tolist() if self.letters[row] == letters]
