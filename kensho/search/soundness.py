"""Checks the arrays of a title index once, before they are read without a look at their bounds.

Guarantees: in an index that passes, every row, entry, position and byte that is read from an array
lies within the array or text that it is used on; what is found by bisection is in order; texts are
UTF-8 and are cut between characters. What texts and numbers say is not checked.

Performance: 40 ms for 265,000 rows with the compiled kernel, 0.3 s without.
"""

from collections.abc import Mapping
from ctypes import CDLL
from typing import Any

import numpy as np
import numpy.typing as npt

from kensho.errors import ReadModelError
from kensho.search import ngrams
from kensho.search.array_checks import Array, ArrayChecks, cuts_character
from kensho.search.constraints import TYPES
from kensho.search.rows import SHORTENED
from kensho.search.season_index import BY_SEQUELS
from kensho.search.strings import WIDTH, Blob


def check_index(
    arrays: Mapping[str, Array], blobs: Mapping[str, Blob], code: CDLL | None, where: str = ""
) -> None:
    """Check an index; `where` and the name of an array or blob are the path of its file.

    Raises:
        ReadModelError: something is not as it must be; the file and the array are named.
    """
    checks = ArrayChecks(arrays, where)
    rows = len(checks.array("row_entry", "i4", None))
    texts = _TextChecks(checks, blobs, code, where)
    _check_rows(checks, texts, rows)
    _check_entries(checks, rows)
    _check_phrases(checks, texts, rows)
    _check_ngrams(checks, rows)
    _check_postings(checks, rows)


class _TextChecks:
    """Checks blobs of texts; the compiled kernel does it in a tenth of the time."""

    def __init__(
        self, checks: ArrayChecks, blobs: Mapping[str, Blob], code: CDLL | None, where: str
    ) -> None:
        self._checks = checks
        self._blobs = blobs
        self._code = code
        self._where = where

    def check(self, name: str, texts: int | None) -> Array:
        """Check that a blob is so many texts in UTF-8, end to end; return where they end."""
        blob = self._blobs.get(name)
        if blob is None:
            raise ReadModelError(f"{self._where}{name}.bin: is missing")
        ends = self._checks.offsets(f"{name}_ends", "u4", texts, len(blob))
        valid = self._valid_until(blob)
        if valid < len(blob):
            raise ReadModelError(f"{self._where}{name}.bin: byte {valid} is no UTF-8")
        if cuts_character(blob, ends):
            self._checks.refuse(f"{name}_ends", "cuts a character")
        return ends

    def check_with_table(self, name: str, texts: int | None) -> None:
        """Check a blob and the table of what its texts begin with."""
        ends = self.check(name, texts)
        table = self._checks.array(f"{name}_table", f"S{WIDTH}", len(ends) - 1)
        same = self._same_until(self._blobs[name], ends, table)
        if same < len(table):
            self._checks.refuse(f"{name}_table", f"text {same} is another in the blob")

    def _valid_until(self, blob: Blob) -> int:
        if self._code is not None and len(blob):
            data = np.frombuffer(blob, dtype=np.uint8)
            return int(self._code.kensho_valid_until(data.ctypes.data, len(data)))
        try:
            str(blob[:], "utf-8", "surrogatepass")
        except UnicodeDecodeError as error:
            return error.start
        return len(blob)

    def _same_until(self, blob: Blob, ends: Array, table: Array) -> int:
        if not len(blob):
            return int(np.append(np.flatnonzero(table != b""), len(table))[0])
        data = np.frombuffer(blob, dtype=np.uint8)
        if self._code is not None:
            found = self._code.kensho_same_until(
                *(array.ctypes.data for array in (data, ends, table)), WIDTH, len(table)
            )
            return int(found)
        columns = np.arange(WIDTH)
        places = ends[:-1, None].astype(np.int64) + columns
        is_text = places < ends[1:, None]
        wanted = np.where(is_text, data[np.minimum(places, len(data) - 1)], 0)
        differs = np.any(table.view(np.uint8).reshape(len(table), WIDTH) != wanted, axis=1)
        return int(np.append(np.flatnonzero(differs), len(table))[0])


def _check_rows(checks: ArrayChecks, texts: _TextChecks, rows: int) -> None:
    entries = len(checks.array("entry_popularity", "f4", None))
    checks.within("row_entry", "i4", rows, low=0, end=entries)
    checks.within("row_kind", "u1", rows, low=0, end=SHORTENED + 1)
    checks.array("row_digits", "u8", rows)
    checks.within("row_plain_length", "u1", rows, low=1, end=256)
    checks.ascending("row_hashes", "u8", rows, strictly=False)
    checks.within("row_by_hash", "i4", rows, low=0, end=rows)
    for name in ("letters", "sorted_words"):
        texts.check_with_table(name, rows)
    texts.check("native", rows)
    titles = len(texts.check("texts", None)) - 1
    checks.array("texts_table", f"S{WIDTH}", titles)
    of_row = checks.offsets("row_texts", "u4", rows, titles)
    checks.wrong("row_texts", of_row[1:] == of_row[:-1], "begins a row without titles")


def _check_entries(checks: ArrayChecks, rows: int) -> None:
    popularity = checks.within("entry_popularity", "f4", None, low=0, end=np.nextafter(1, 2))
    entries = len(popularity)
    checks.within("entry_type", "u1", entries, low=0, end=len(TYPES))
    checks.array("entry_year", "i2", entries)
    main = checks.within("entry_main_row", "i4", entries, low=-1, end=rows)
    row_entry = checks.array("row_entry", "i4", rows)
    named = np.flatnonzero(main >= 0)
    other = np.zeros(entries, dtype=np.bool_)
    other[row_entry] = True
    other[named] = row_entry[main[named]] != named
    checks.wrong("entry_main_row", other, "is no row of its entry, which has rows")
    runs = checks.array("season_entries", "i4", None)
    checks.offsets("season_starts", "i4", entries, len(runs))
    checks.within("season_entries", "i4", len(runs), low=0, end=entries)
    checks.wrong("season_entries", main[runs] < 0, "is an entry without rows")
    checks.array("season_codes", "i2", len(runs))
    checks.within("season_ranks", "u1", len(runs), low=0, end=BY_SEQUELS + 1)


def _check_phrases(checks: ArrayChecks, texts: _TextChecks, rows: int) -> None:
    ends = texts.check("plain_letters", rows)
    positions = len(checks.ascending("phrase_heads", "u8", None, strictly=False))
    of_position = checks.within("phrase_rows", "i4", positions, low=0, end=rows)
    offsets = checks.array("phrase_offsets", "u1", positions)
    # No position is beyond 255, so that of a longer text all bytes below that are in it.
    sizes = np.minimum(np.diff(ends), 1 << 8).astype(np.uint16)
    checks.wrong("phrase_offsets", offsets >= sizes[of_position], "is beyond its text")
    checks.array("phrase_word_bytes", "u1", positions)


def _check_ngrams(checks: ArrayChecks, rows: int) -> None:
    bounds = checks.offsets("ngram_length_bounds", "i4", len(ngrams.LENGTH_BOUNDS) - 1, rows)
    known = len(checks.ascending("ngram_codes", "u8", None, strictly=True))
    postings = checks.within("ngram_rows", "i4", None, low=0, end=rows)
    cuts = checks.array("ngram_cuts", "i4", known, len(bounds)).reshape(-1)
    spans = (cuts[0], cuts[-1]) if len(cuts) else (0, 0)
    if np.any(cuts[1:] < cuts[:-1]) or spans[0] != 0 or spans[1] != len(postings):
        checks.refuse("ngram_cuts", f"is out of order, or spans no 0..{len(postings)}")
    sizes = np.diff(cuts, prepend=np.int32(0))
    begins = cuts.reshape(-1, len(bounds))[:, -1]
    checks.ascending_in_runs("ngram_rows", postings, begins)
    # Between two cuts lie the rows between two bounds; they ascend, so the first and last tell.
    filled = np.flatnonzero(sizes)
    at = filled % len(bounds)
    last = postings[cuts[filled] - 1]
    first = postings[cuts[filled] - sizes[filled]]
    if np.any(first < bounds[at - 1]) or np.any(last >= bounds[at]):
        checks.refuse("ngram_cuts", "leads to rows of another length")


def _check_postings(checks: ArrayChecks, rows: int) -> None:
    keys = checks.ascending("symspell_keys", "u8", None, strictly=False)
    checks.within("symspell_rows", "i4", len(keys), low=0, end=rows)
    acronyms = checks.ascending("acronym_codes", "u8", None, strictly=False)
    checks.within("acronym_rows", "i4", len(acronyms), low=0, end=rows)
    words = len(checks.ascending("word_hashes", "u8", None, strictly=True))
    postings = checks.within("word_rows", "i4", None, low=0, end=rows)
    starts = checks.within("word_starts", "i4", words, low=0, end=len(postings))
    ends = checks.within("word_ends", "i4", words, low=1, end=len(postings) + 1)
    checks.wrong("word_ends", ends <= starts, "ends a word before it begins")
    checks.ascending_in_runs("word_rows", postings, _whole(starts, ends, postings))


def _whole(starts: Array, ends: Array, postings: npt.NDArray[np.int32]) -> npt.NDArray[Any]:
    """Return the starts of words, if they are the ends of the others: else none is excused."""
    ordered = np.sort(starts)
    is_whole = np.array_equal(np.append(ordered[1:], len(postings)), np.sort(ends))
    return ordered if is_whole else ordered[:0]
