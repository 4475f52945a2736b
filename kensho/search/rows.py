"""Rows: what the index finds. A row is one key of one entry, with the titles that have this key.

Guarantees: an entry has one row for each distinct spelling of its titles (`letters`, `plain`, and
the letters in their own script with long vowels short), so the row of a hit tells its entry and its
matched title. Rows are numbered by the
length of their letters, then by the letters, then by entry; equal letters are found by their hash.
What an entry is (a work, a franchise) is up to the caller.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, Final

import msgspec
import numpy as np
import numpy.typing as npt

from kensho.domain.titles import squeezed, without_article
from kensho.domain.works import Title, TitleKind
from kensho.search.keys import Key, acronym_of, folded, key_of_words, season_code
from kensho.search.strings import Blob, Strings
from kensho.search.words import hash_of

TITLE_KINDS: Final[tuple[TitleKind, ...]] = ("main", "official", "short", "synonym")
"""From the kind that says most about what is meant to the kind that says least."""
MAIN: Final = TITLE_KINDS.index("main")
DIGIT_BITS: Final = 5
MAX_DIGIT_COUNT: Final = (1 << DIGIT_BITS) - 1
SHORTENED: Final = len(TITLE_KINDS)
"""The rank of names that no source lists as titles: "Matrix", "Lord of the Rings"."""
_RANKS: Final = {kind: rank for rank, kind in enumerate(TITLE_KINDS)}
_OFFICIAL: Final = TITLE_KINDS.index("official")
"""The last kind whose acronyms are indexed."""

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
            heard = key.plain if words.isascii() else squeezed(words)
            spelling = key.letters, key.plain, heard
            first, texts = found.get(spelling, (key, []))
            if first.native == first.letters:  # letters that are typed otherwise tell more
                first = msgspec.structs.replace(first, native=key.native)
            found[spelling] = first, texts
            by_words[words] = texts
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


def sorted_words(words: str) -> str:
    """Return folded words in alphabetical order, so that texts compare equal in any order."""
    return " ".join(sorted(words.split(" "))) if " " in words else words


def digits_of(letters: str) -> int:
    """Return how often each digit occurs in `letters`, five bits for each digit."""
    counts = 0
    for character in letters:
        if "0" <= character <= "9":
            place = DIGIT_BITS * int(character)
            if (counts >> place) & MAX_DIGIT_COUNT < MAX_DIGIT_COUNT:
                counts += 1 << place
    return counts


def distinct(numbers: npt.NDArray[np.int32]) -> npt.NDArray[np.int32]:
    """Return each number once, ascending; `np.unique` takes eight times as long for a few."""
    ordered = np.sort(numbers)
    first = np.ones(len(ordered), dtype=np.bool_)
    np.not_equal(ordered[1:], ordered[:-1], out=first[1:])
    return ordered[first]


def are_among(rows: Numbers, some: Numbers) -> npt.NDArray[np.bool_]:
    """Return which rows are among some others, at least one; `np.isin` takes ten times as long."""
    ordered = np.sort(some)
    places = np.minimum(ordered.searchsorted(rows), len(ordered) - 1)
    return np.asarray(ordered[places] == rows)


class TitleRows:
    """The rows of an open index."""

    def __init__(self, arrays: Mapping[str, Numbers], blobs: Mapping[str, Blob]) -> None:
        self.entry: Final[npt.NDArray[np.int32]] = arrays["row_entry"]
        self.kind: Final[npt.NDArray[np.uint8]] = arrays["row_kind"]
        self.digits: Final[npt.NDArray[np.uint64]] = arrays["row_digits"]
        self._texts_of = arrays["row_texts"].data
        self._hashes: npt.NDArray[np.uint64] = arrays["row_hashes"]
        self._by_hash: npt.NDArray[np.int32] = arrays["row_by_hash"]
        self.letters: Final = Strings("letters", arrays, blobs)
        self.sorted_words: Final = Strings("sorted_words", arrays, blobs)
        self._native_blob: Blob = blobs["native"]
        self._native_ends: npt.NDArray[np.uint32] = arrays["native_ends"]
        self._texts = Strings("texts", arrays, blobs)
        self.plain_length: Final[npt.NDArray[np.uint8]] = arrays["row_plain_length"]

    def __len__(self) -> int:
        return len(self.entry)

    def texts(self, row: int) -> list[str]:
        """Return the titles of a row as they are written, best kind first."""
        first, end = self._texts_of[row], self._texts_of[row + 1]
        return [self._texts[number] for number in range(first, end)]

    def natives(self, rows: npt.NDArray[np.int32], letters: Sequence[str]) -> list[str]:
        """Return the native letters of `rows`, of which these are the letters."""
        starts, ends = self._native_ends[rows], self._native_ends[rows + 1]
        found = list(letters)
        for place in np.flatnonzero(ends > starts).tolist():
            text = self._native_blob[starts[place] : ends[place]]
            found[place] = str(text, "utf-8", "surrogatepass")
        return found

    def equal(self, letters: str) -> list[int]:
        """Return the rows with exactly these letters, ascending."""
        wanted = np.uint64(hash_of(letters))
        low = int(self._hashes.searchsorted(wanted))
        high = int(self._hashes.searchsorted(wanted, side="right"))
        return [row for row in self._by_hash[low:high].tolist() if self.letters[row] == letters]
