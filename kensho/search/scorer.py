"""Scores candidates: what each piece of evidence for a row comes to, part by part.

Guarantees: the score of a row depends on the query and the row alone, not on the other candidates;
so a row that is scored by itself, to explain it, scores what it scored in the list. Three
comparisons are made with rapidfuzz, of which the best counts: all letters, the sorted words, and
the title's beginning as long as the query. Letters are compared as they sound, with markers folded,
and as they are typed; kana and Hangul with titles in these scripts only as they are typed.

Performance: about 60 µs for 200 rows.
"""

from collections.abc import Sequence
from typing import Any, Final, NamedTuple

import numpy as np
import numpy.typing as npt
from rapidfuzz import process
from rapidfuzz.distance import OSA, Indel

from kensho.domain import ranking
from kensho.search import scripts
from kensho.search.code_points import points_of
from kensho.search.keys import MAX_LETTERS, Key, letters_of
from kensho.search.phrases import PhrasePositions
from kensho.search.rows import DIGIT_BITS, SHORTENED, TitleRows, digits_of, sorted_words

Scores = npt.NDArray[np.float32]
Numbers = npt.NDArray[np.int32]

_MAX_INEXACT: Final = np.float32(ranking.MAX_INEXACT)
"""So that an inexact title stays below every exact one, whatever its ties add."""
_DIGIT_MASK: Final = np.uint64((1 << DIGIT_BITS) - 1)


class ScoreParts(NamedTuple):
    """The evidence for rows, one array of shape (rows,) for each part, all in units of score.

    `likeness` is similarity by edits; `phrase` is for containing the query as typed, or 0; `digits`
    is subtracted from the likeness; `ties` is added for the kind of title and popularity.
    """

    likeness: Scores
    phrase: Scores
    digits: Scores
    ties: Scores

    def total(self) -> Scores:
        """Return the scores of inexact rows."""
        best = np.maximum(self.likeness - self.digits, self.phrase)
        capped: Scores = np.minimum(best, _MAX_INEXACT)
        return capped + self.ties


class Scorer:
    """Scores rows of an index whose entries have these popularities, 0..1."""

    def __init__(self, rows: TitleRows, popularity: Scores) -> None:
        self._rows = rows
        self._popularity = popularity
        self._ties: Scores = ranking.tie_break(rows.kind, popularity[rows.entry]).astype(np.float32)

    def parts(self, key: Key, rows: Numbers, phrase: Scores) -> ScoreParts:
        """Return the evidence for `rows`, given its `phrase` part."""
        letters = self._rows.letters.taken(rows)
        sorted_titles = self._rows.sorted_words.taken(rows) if compares_sorted_words(key) else ()
        return ScoreParts(
            likeness=_likeness(key, letters, self._rows.natives(rows, letters), sorted_titles),
            phrase=phrase,
            digits=self._digits(key, rows),
            ties=self.ties(rows),
        )

    def likeness(self, key: Key, row: int) -> float:
        """Return the part `likeness` of one row, to the last bit that of `parts`.

        Array operations on one row take ten times as long.
        """
        letters = self._rows.letters[row]
        native = self._rows.natives(np.array([row]), [letters])[0]
        best = _one_by_edits(key.letters, letters)
        if key.native != key.letters or native != letters:
            as_typed = _one_by_edits(key.native, native)
            if not scripts.is_read_aloud(key.words):
                best = max(best, as_typed)
            else:
                best = best - np.float32(ranking.OTHER_SCRIPT) if native.isascii() else as_typed
        if compares_sorted_words(key):
            reordered = Indel.normalized_similarity(
                sorted_words(key.words), self._rows.sorted_words[row]
            )
            best = max(best, np.float32(reordered) * ranking.REORDERED)
        best -= np.float32(ranking.WORD_LACKING) * _lack_last_word(key, [letters], [native])[0]
        return float(best)

    def phrase(self, key: Key, positions: PhrasePositions, known: float) -> Scores:
        """Return the score of `key` occurring at these positions; `known` as `Kernel.inexact`."""
        coverage = np.float32(len(key.plain)) / self._rows.plain_length[positions.rows]
        np.minimum(coverage, 1.0, out=coverage)
        at_start = positions.offsets == 0
        scores = ranking.phrase(coverage, at_start, positions.whole)
        # Where a later word only begins so, it is chance rather than half of a known title.
        is_half = at_start | ~positions.within
        scores += known * (1 - coverage) * self._ties[positions.rows] * is_half
        return np.minimum(np.asarray(scores, dtype=np.float32), _MAX_INEXACT)

    def scattered(self, key: Key, rows: Numbers) -> Scores:
        """Return the scores of rows that have all words of `key` somewhere."""
        # A query that says a word twice may be longer than a title that says it once.
        coverage = np.minimum(len(key.plain) / self._rows.plain_length[rows], 1.0)
        return np.asarray(ranking.SCATTERED + ranking.COVERED * coverage, dtype=np.float32)

    @property
    def all_ties(self) -> Scores:
        """Return the tie-breaking part of every row."""
        return self._ties

    def ties(self, rows: Numbers) -> Scores:
        """Return the tie-breaking part of these rows."""
        return self._ties[rows]

    def finished(self, row: int) -> float:
        """Return the score of a row that equals a text which may still be typed."""
        return ranking.MAX_INEXACT + ranking.FINISHED + float(self._ties[row])

    def exact(self, text: str, key: Key, row: int) -> float:
        """Return the score of a row whose letters are the query's."""
        popularity = float(self._popularity[self._rows.entry[row]])
        return ranking.exact(self.grade(text, key, row), int(self._rows.kind[row]), popularity)

    def grade(self, text: str, key: Key, row: int) -> float:
        """Return the grade of a row that equals the query: how much was folded away for that."""
        if self._rows.kind[row] == SHORTENED:
            return ranking.SHORTENED
        texts = self._rows.texts(row)
        if text in texts:
            return ranking.VERBATIM
        if text.casefold() in map(str.casefold, texts):
            is_short = len(key.plain) <= ranking.CASELESS_LETTERS
            return ranking.VERBATIM if is_short else ranking.SAME_BUT_CASE
        same = self._rows.sorted_words[row] == sorted_words(key.words)
        return ranking.SAME_WORDS if same else ranking.SAME_LETTERS

    def digits(self, key: Key, row: int) -> float:
        """Return the part `digits` of one row, to the last bit that of `parts`."""
        return float(np.float32(self._digits_of_one(key, row)))

    def _digits_of_one(self, key: Key, row: int) -> float:
        found, wanted = int(self._rows.digits[row]), digits_of(key.letters)
        mask = int(_DIGIT_MASK)
        places = range(0, 10 * DIGIT_BITS, DIGIT_BITS)
        if any((found >> place & mask) < (wanted >> place & mask) for place in places):
            return ranking.DIGITS_LOST
        return ranking.DIGITS_EXTRA if found != wanted else 0.0

    def _digits(self, key: Key, rows: Numbers) -> Scores:
        found, wanted = self._rows.digits[rows], digits_of(key.letters)
        extra = np.where(found != np.uint64(wanted), ranking.DIGITS_EXTRA, 0.0)
        if not wanted:
            return extra.astype(np.float32)
        lost = np.zeros(len(rows), dtype=np.bool_)
        for digit in range(10):
            times = wanted >> DIGIT_BITS * digit & int(_DIGIT_MASK)
            if times:
                lost |= (found >> np.uint64(DIGIT_BITS * digit) & _DIGIT_MASK) < times
        return np.where(lost, ranking.DIGITS_LOST, extra).astype(np.float32)


def compares_sorted_words(key: Key) -> bool:
    """Tell whether `key` is also compared by its sorted words, in their own script."""
    return " " in key.words or not key.words.isascii()


def letters_but_last(key: Key) -> str:
    """Return the letters that `key` begins with before its last word; none if it has a marker."""
    if key.letters != key.plain or " " not in key.words:
        return ""
    letters = letters_of(key.words.rpartition(" ")[0])
    return letters if key.plain.startswith(letters) else ""


def native_but_last(key: Key) -> str:
    """Return the native letters of `key` before its last word."""
    return key.words.rpartition(" ")[0].replace(" ", "")[:MAX_LETTERS]


def _likeness(
    key: Key, letters: Sequence[str], natives: Sequence[str], sorted_titles: Sequence[str]
) -> Scores:
    best = _by_edits(key.letters, letters)
    if key.native != key.letters or natives != letters:
        as_typed = _by_edits(key.native, natives)
        if scripts.is_read_aloud(key.words):
            is_ascii = np.fromiter(map(str.isascii, natives), dtype=np.bool_, count=len(natives))
            best = np.where(is_ascii, best - np.float32(ranking.OTHER_SCRIPT), as_typed)
        else:
            best = np.maximum(best, as_typed)
    if compares_sorted_words(key):
        # In the script they are written in, one error in kana or Hangul is one edit.
        words = sorted_words(key.words)
        reordered = process.cdist([words], sorted_titles, scorer=Indel.normalized_similarity)[0]
        best = np.maximum(best, reordered * ranking.REORDERED)
    return best - np.float32(ranking.WORD_LACKING) * _lack_last_word(key, letters, natives)


def _lack_last_word(key: Key, letters: Sequence[str], natives: Sequence[str]) -> Scores:
    """Return 1 for each title that is `key` without its last word, and 0 for the others."""
    heard, typed = letters_but_last(key), native_but_last(key)
    lacks = [
        (len(heard) > 0 and one == heard) or (len(typed) > 0 and other == typed)
        for one, other in zip(letters, natives, strict=True)
    ]
    return np.array(lacks, dtype=np.float32)


def _by_edits(text: str, others: Sequence[str]) -> Scores:
    """Return how alike each of `others` is by edits: the whole, or its beginning."""
    size, rows = len(text), len(others)
    heads = [other[:size] for other in others]
    alike = _alike(text, [*others, *heads])
    lengths = np.fromiter(map(len, others), dtype=np.float32, count=rows)
    coverage = size / np.maximum(lengths, size)
    whole = alike[:rows] - ranking.UNEXPLAINED * (1 - _explained(text, others))
    head = 1 - ranking.ERRORS_IN_BEGINNING * (1 - alike[rows:])
    best: Scores = np.maximum(whole, head * ranking.phrase(coverage, 1, 0))
    return best


def _one_by_edits(text: str, other: str) -> np.float32:
    """Return what `_by_edits` returns for one text."""
    size, one = len(text), np.float32(1)
    shared = sum([min(text.count(letter), other.count(letter)) for letter in set(text)])
    coverage = np.float32(size) / np.float32(max(len(other), size))
    alike = np.float32(OSA.normalized_similarity(text, other))
    alike_head = np.float32(OSA.normalized_similarity(text, other[:size]))
    whole = alike - ranking.UNEXPLAINED * (one - np.float32(shared) / np.float32(size))
    head = one - ranking.ERRORS_IN_BEGINNING * (one - alike_head)
    return np.float32(max(whole, head * ranking.phrase(coverage, 1, 0)))


def _explained(text: str, others: Sequence[str]) -> Scores:
    """Return the share of the letters of `text` that each of `others` has, in any order."""
    known = np.unique(points_of(text))
    wanted = np.bincount(np.searchsorted(known, points_of(text)), minlength=len(known))
    points = points_of("".join(others))
    places = np.minimum(np.searchsorted(known, points), len(known) - 1)
    owners = np.repeat(np.arange(len(others)), [len(other) for other in others])
    cells = (owners * len(known) + places)[known[places] == points]
    found = np.bincount(cells, minlength=len(others) * len(known)).reshape(-1, len(known))
    shared: Scores = np.minimum(found, wanted).sum(axis=1).astype(np.float32)
    share: Scores = shared / np.float32(len(text))
    return share


def _alike(text: str, others: Sequence[str]) -> Any:
    return process.cdist([text], others, scorer=OSA.normalized_similarity)[0]
