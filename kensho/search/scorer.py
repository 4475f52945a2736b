"""Scores candidates: what each piece of evidence for a row comes to, part by part.

Guarantees: the score of a row depends on the query and the row alone, not on the other candidates;
so a row that is scored by itself, to explain it, scores what it scored in the list. Three
comparisons are made with rapidfuzz, of which the best counts: all letters, the sorted words, and
the title's beginning as long as the query.

Performance: about 60 µs for 200 rows.
"""

from collections.abc import Sequence
from typing import Any, Final, NamedTuple

import numpy as np
import numpy.typing as npt
from rapidfuzz import process
from rapidfuzz.distance import OSA, Indel

from kensho.domain import ranking
from kensho.search.keys import Key
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
            likeness=_likeness(key, letters, sorted_titles),
            phrase=phrase,
            digits=self._digits(key, rows),
            ties=self.ties(rows),
        )

    def phrase(self, key: Key, positions: PhrasePositions, known: float) -> Scores:
        """Return the score of `key` occurring at these positions; `known` as `Kernel.inexact`."""
        coverage = np.float32(len(key.plain)) / self._rows.plain_length[positions.rows]
        np.minimum(coverage, 1.0, out=coverage)
        scores = ranking.phrase(coverage, positions.offsets == 0, positions.whole)
        scores += known * (1 - coverage) * self._ties[positions.rows]
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


def _likeness(key: Key, letters: Sequence[str], sorted_titles: Sequence[str]) -> Scores:
    size, rows = len(key.letters), len(letters)
    heads = [text[:size] for text in letters]
    alike = _alike(key.letters, [*letters, *heads])
    lengths = np.fromiter(map(len, letters), dtype=np.float32, count=rows)
    coverage = size / np.maximum(lengths, size)
    best: Scores = np.maximum(alike[:rows], alike[rows:] * ranking.phrase(coverage, 1, 0))
    if compares_sorted_words(key):
        # In the script they are written in, one error in kana or Hangul is one edit.
        words = sorted_words(key.words)
        reordered = process.cdist([words], sorted_titles, scorer=Indel.normalized_similarity)[0]
        best = np.maximum(best, reordered * ranking.REORDERED)
    return best


def _alike(text: str, others: Sequence[str]) -> Any:
    return process.cdist([text], others, scorer=OSA.normalized_similarity)[0]
