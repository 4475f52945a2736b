"""Finds the rows that one interpretation of a query means, and scores them.

Guarantees: every row that begins with the query, has it at the beginning of a later word, or has
all its words is found, however many these are; beyond that, rows near it that share enough of its
letters. Where a title equals the query, acronyms and seasons are not tried, because they guess.
"""

from collections.abc import Callable, Mapping, Sequence
from ctypes import CDLL
from functools import lru_cache
from math import log1p
from typing import Any, Final, NamedTuple

import numpy as np
import numpy.typing as npt

from kensho.domain import ranking, title_parts
from kensho.search import constraints
from kensho.search.acronyms import AcronymIndex
from kensho.search.interpretations import Interpretation
from kensho.search.kernel.compiled_kernel import CompiledKernel
from kensho.search.kernel.numpy_kernel import NumpyKernel
from kensho.search.kernel.protocol import NO_ROWS, Kernel, ScoredRows
from kensho.search.keys import Key, folded, letters_of, weight_of
from kensho.search.phrases import PhraseIndex, PhraseRange
from kensho.search.rows import MAIN, SHORTENED, TitleRows, are_among, distinct
from kensho.search.scorer import Numbers, ScoreParts, Scorer, Scores
from kensho.search.season_index import SeasonIndex
from kensho.search.symspell import SymSpellIndex
from kensho.search.words import WordIndex

_LAST_WO: Final = " wo"
_MAX_ACRONYMS: Final = 20
"""The most popular of those that share an acronym; a limit on time, not measured."""
_MAX_FIRST_SEASONS: Final = 8
"""Works of one name whose later seasons are looked up, the most popular first; not measured."""
_MIN_NAME_WEIGHT: Final = 4
"""In Latin letters: of shorter names a season is not guessed, because too many titles begin so."""
_MIN_ABBREVIATED_POPULARITY: Final = 0.5
"""Popular works are abbreviated by people; others have short synonyms by chance."""
_MAX_TITLES_WITH_ABBREVIATION: Final = 150
"""An abbreviation that more titles contain is a word: 97 have "DanMachi", 1,012 have "star"."""
_KEPT: Final = 128
"""Where the letters of a few searches occur: each search asks three times for some of them."""
_MAX_PREFIXED: Final = 2_000
_MAX_NAMES: Final = 64
"""Titles that are looked at to tell how many a work has, the shortest first: 2 µs each."""
_LEAST_BEGUN: Final = 12
"""Letters, Latin ones, of a text that is no beginning of a title by chance."""
_AFTER: Final = 0.0001
"""How much a title that is like a text comes after one that begins with it: a step of the score."""
_SEVERAL: Final = 3
"""Works that bear a name in their titles from which it is that of a series: a work is often there
twice, and a title may be that of a second work by chance."""


class Evidence(NamedTuple):
    """The parts of a row's score, and its grade if it equals the query.

    `begun` is subtracted where another title begins with the query and this one does not hold it,
    or another comes first for its names; for that one it is less than nothing.
    """

    parts: ScoreParts
    grade: float | None
    begun: float = 0.0


class EqualRows(NamedTuple):
    """The rows that equal a query, and where its letters occur."""

    occurs: PhraseRange
    found: ScoredRows


class RowLikeness(NamedTuple):
    """How alike a row is to a query: the parts `phrase`, `likeness` and `digits` of its score."""

    phrase: float
    likeness: float
    digits: float


class Finder:
    """Finds rows in the arrays of an index."""

    def __init__(
        self,
        arrays: Mapping[str, npt.NDArray[Any]],
        blobs: Mapping[str, Any],
        code: CDLL | None,
    ) -> None:
        """Open the arrays; `code` is the compiled kernel, where it is to be used."""
        self.rows: Final = TitleRows(arrays, blobs)
        self._popularity: Scores = arrays["entry_popularity"]
        self._types: npt.NDArray[np.uint8] = arrays["entry_type"]
        self._years: npt.NDArray[np.int16] = arrays["entry_year"]
        self._main_rows: Numbers = arrays["entry_main_row"]
        self._phrases = PhraseIndex(arrays, blobs)
        self._words = WordIndex(arrays)
        self._acronyms = AcronymIndex(arrays)
        self._seasons = SeasonIndex(arrays)
        self._symspell = SymSpellIndex(arrays)
        self._scorer = Scorer(self.rows, self._popularity)
        kernel = NumpyKernel(arrays, self.rows, self._phrases, self._words, self._scorer)
        self.kernel: Final[Kernel] = (
            CompiledKernel(code, arrays, blobs, self._scorer, kernel) if code else kernel
        )
        self._equal = lru_cache(_KEPT)(_as_tuples(self.kernel.equal))
        self._phrase_range = lru_cache(_KEPT)(self.kernel.phrase_range)

    def equal(self, interpretation: Interpretation, *, is_typing: bool = False) -> EqualRows:
        """Return the rows of titles that `interpretation` is; `is_typing` as in `scored`.

        Where there are none but short names, they are those whose first letters it is, and those of
        the season that it asks for. It takes a tenth of the time of `scored`.
        """
        key = interpretation.key
        if not key.letters:
            return EqualRows(PhraseRange(0, 0, 0), NO_ROWS)
        occurs = self._range_of(key)
        exact = self._exact_rows(key, occurs)
        if is_typing:
            found = [(row, self._scorer.finished(row)) for row in exact]
        else:
            found = [(row, self._scorer.exact(interpretation.text, key, row)) for row in exact]
        if all(self.rows.kind[row] == SHORTENED for row in exact):
            found += self._by_acronym(key) + self._by_season(key)
        if not found:
            return EqualRows(occurs, NO_ROWS)
        rows, scores = zip(*found, strict=True)
        return EqualRows(occurs, ScoredRows(np.array(rows, "i4"), np.array(scores, "f4")))

    def scored(
        self,
        interpretation: Interpretation,
        equal: EqualRows | None = None,
        *,
        is_typing: bool = False,
    ) -> ScoredRows:
        """Return the rows that `interpretation` finds, and their scores.

        `equal` is what `equal` returned for it, where that is known. `is_typing` is whether the
        text may go on: then titles that begin so compete with equal ones, and popularity counts for
        more.
        """
        key = interpretation.key
        if not key.letters:
            return NO_ROWS
        occurs, more = equal or self.equal(interpretation, is_typing=is_typing)
        known = ranking.KNOWN_WHILE_TYPING if is_typing else ranking.KNOWN
        rows, scores = self.kernel.inexact(key, occurs, known)
        if interpretation.untyped:
            scores = self._by_what_is_typed(interpretation, occurs, rows, scores)
        scores = self._after_those_begun(key, occurs, rows, scores)
        if not is_typing and more.best < ranking.BEST_INEXACT:
            scores = self._most_named_first(interpretation, occurs, rows, scores)
        if len(more.rows):
            rows = np.concatenate((rows, more.rows))
            scores = np.concatenate((scores, more.scores))
        elif not len(rows):
            rows, scores = self._with_one_letter_more(key)
        agreeing = self._agreeing(interpretation, rows, scores)
        return ScoredRows(rows, np.maximum(agreeing - interpretation.handicap, 0.0))

    def _with_one_letter_more(self, key: Key) -> ScoredRows:
        """Return the rows of a text that is too short for errors, with one letter left out of each.

        They are looked for where no title has the text as it stands.
        """
        rows = self._symspell.rows_without_one(key.letters)
        no_phrase = np.zeros(len(rows), dtype=np.float32)
        return ScoredRows(rows, self._scorer.parts(key, rows, no_phrase).total())

    def _after_those_begun(
        self, key: Key, occurs: PhraseRange, rows: Numbers, scores: Scores
    ) -> Scores:
        """Return the scores of a text that some titles begin with, so long that it is no chance.

        Titles that do not hold it, and are only like it, come after the best of those.
        """
        occurrences = occurs.high - occurs.low
        is_chance = weight_of(key.plain) < _LEAST_BEGUN or not len(rows)
        if is_chance or not 0 < occurrences <= _MAX_PREFIXED:
            return scores
        holding, offsets = self._phrases.rows_in(occurs)
        begin = holding[np.logical_not(offsets)]
        if not len(begin):
            return scores
        best = int(scores.argmax())
        if not np.count_nonzero(begin == rows[best]):
            best = int(np.where(are_among(rows, begin), scores, 0).argmax())
        limit = scores[best] - np.float32(_AFTER)
        lesser = (scores > limit).nonzero()[0]
        if len(lesser) == 1:  # the best of those that begin so: nothing is before it
            return scores
        lesser = lesser[~are_among(rows[lesser], holding)]
        if not len(lesser):
            return scores
        lowered = scores.copy()
        lowered[lesser] = limit
        return lowered

    def _most_named_first(
        self, interpretation: Interpretation, occurs: PhraseRange, rows: Numbers, scores: Scores
    ) -> Scores:
        """Return the scores of a text that titles go on from, with the likeliest work first.

        A work is the likelier the more of its titles begin with the text as it is written and are
        nearly typed. Only who comes first is decided so: the other scores stay.
        """
        is_chance = interpretation.via != "text" or interpretation.text.islower()
        occurrences = occurs.high - occurs.low
        if is_chance or not 0 < occurrences <= _MAX_PREFIXED or not len(rows):
            return scores
        named, likelier = self._named(interpretation, occurs)
        if not len(named):
            return scores
        entries = self.rows.entry[rows]
        places = np.minimum(named.searchsorted(entries), len(named) - 1)
        first = int((scores + likelier[places] * (named[places] == entries)).argmax())
        best = scores[scores.argmax()]
        if scores[first] == best:
            return scores
        changed = np.where(scores > best - np.float32(_AFTER), best - np.float32(_AFTER), scores)
        changed[first] = best
        return changed

    def _named(self, interpretation: Interpretation, occurs: PhraseRange) -> tuple[Numbers, Scores]:
        """Return the entries whose titles begin with a text as it is written, ascending.

        With each comes how much likelier it is for that than one of which no title does.
        """
        holding, offsets = self._phrases.rows_in(occurs)
        letters = len(interpretation.key.plain)
        is_near = self.rows.plain_length[holding] * ranking.NEARLY_TYPED <= letters
        begin = np.sort(holding[(offsets == 0) & is_near])[:_MAX_NAMES]
        written = interpretation.text.strip()
        longest = len(written) / ranking.NEARLY_TYPED
        times: dict[int, int] = {}
        for row, entry in zip(begin.tolist(), self.rows.entry[begin].tolist(), strict=True):
            for title in self.rows.texts(row):
                if len(title) <= longest and title.startswith(written):
                    times[entry] = times.get(entry, 0) + 1
        named = sorted(times)
        likelier = [ranking.NAMED * log1p(times[entry]) for entry in named]
        return np.array(named, dtype=np.int32), np.array(likelier, dtype=np.float32)

    def _by_what_is_typed(
        self, interpretation: Interpretation, occurs: PhraseRange, rows: Numbers, scores: Scores
    ) -> Scores:
        """Return the scores of a text of which some letters were not typed.

        Titles that hold the text keep theirs. Of others, what is not alike is measured by the
        letters that were typed: those that were not are no likeness.
        """
        letters = len(interpretation.key.letters)
        share = letters / max(letters - interpretation.untyped, 1)
        held = (self._phrases.positions_in(occurs).rows, self._words.rows(interpretation.key.words))
        alike = np.maximum(1 - (1 - scores) * np.float32(share), 0)
        return np.where(np.isin(rows, np.concatenate(held)), scores, alike)

    def equals(self, key: Key) -> int:
        """Return how many letters of `key` equal a title, with its season or else without it."""
        if not key.letters:
            return 0
        if self._equal(key.letters):
            return len(key.letters)
        return len(key.base) if key.base != key.letters and self._equal(key.base) else 0

    def has_season(self, key: Key) -> bool:
        """Tell whether there is a work of the season that `key` states, or it states none."""
        is_stated = bool(title_parts.marker(key.parsed.parts))
        return not is_stated or bool(self._equal(key.letters) or self._by_season(key))

    def begins(self, key: Key) -> bool:
        """Tell whether a title begins with all letters of `key`, as typed."""
        low, high, size = self._phrase_range(key.plain)
        some = PhraseRange(low, min(high, low + _MAX_PREFIXED), size)
        return bool(np.any(self._phrases.positions_in(some).offsets == 0))

    def names_of(self, word: str) -> list[str]:
        """Return the titles that `word` abbreviates, of one popular work, that do not contain it.

        The title whose acronym it is comes first, then the main title.
        """
        entries = set(self.rows.entry[list(self._equal(letters_of(word)))].tolist())
        best = max(entries, key=lambda entry: float(self._popularity[entry]), default=None)
        is_abbreviated = best is not None and self._popularity[best] >= _MIN_ABBREVIATED_POPULARITY
        if not is_abbreviated or self._words.count(word) > _MAX_TITLES_WITH_ABBREVIATION:
            return []
        spelt = self._acronyms.rows(word)
        rows = [*spelt[self.rows.entry[spelt] == best].tolist(), int(self._main_rows[best])]
        titles = dict.fromkeys(self.rows.texts(row)[0] for row in (rows[0], rows[-1]))
        return [title for title in titles if word not in folded(title).split(" ")]

    def bearers(self, letters: str) -> dict[int, int]:
        """Return the entries with a title of exactly these letters, and its kind's rank in each."""
        found: dict[int, int] = {}
        for row in self._equal(letters) if letters else ():
            entry, rank = int(self.rows.entry[row]), int(self.rows.kind[row])
            found[entry] = min(rank, found.get(entry, rank))
        return found

    def is_main(self, key: Key) -> bool:
        """Tell whether all letters of `key` are the main title of an entry."""
        return MAIN in self.bearers(key.letters).values()

    def likeness(self, key: Key, row: int) -> RowLikeness:
        """Return how alike a row is to a query, by the parts of its score."""
        likeness = self.kernel.likeness(key, row)
        return RowLikeness(
            float(self._phrase_in(key, row)), likeness, self._scorer.digits(key, row)
        )

    def _phrase_in(self, key: Key, row: int) -> np.float32:
        """Return the score of a row for containing a query, or 0."""
        occurs = self._range_of(key)
        best = np.float32(0)
        if occurs.low < occurs.high:
            positions = self._phrases.positions_in(occurs)
            here = positions.rows == row
            if np.count_nonzero(here):
                score = self._scorer.phrase(key, positions.chosen(here), ranking.KNOWN)
                best = score.max()
        if self._has_words(key.words, row):
            rows = np.array([row], dtype=np.int32)
            best = max(best, self._scorer.scattered(key, rows)[0])
        return best

    def _has_words(self, words: str, row: int) -> bool:
        """Tell whether a row is among those that `WordIndex.rows` returns, without the others."""
        wanted = set(words.split(" "))
        return len(wanted) > 1 and wanted.issubset(self.rows.sorted_words[row].split(" "))

    def evidence(self, interpretation: Interpretation, row: int) -> Evidence:
        """Return why `row` scores what it scores."""
        key, rows = interpretation.key, np.array([row], dtype=np.int32)
        phrase = np.array([self._phrase_in(key, row)], dtype=np.float32)
        grade = (
            self._scorer.grade(interpretation.text, key, row) if self.is_equal(key, row) else None
        )
        parts = self._scorer.parts(key, rows, phrase)
        return Evidence(parts, grade, self._lost_to_begun(interpretation, row, parts))

    def _lost_to_begun(self, interpretation: Interpretation, row: int, parts: ScoreParts) -> float:
        """Return what the titles that begin with the text take from a row with this evidence.

        It is less than nothing for one that comes first for its names.
        """
        key = interpretation.key
        occurs, more = self.equal(interpretation)
        rows, scores = self.kernel.inexact(key, occurs, ranking.KNOWN)
        here = np.flatnonzero(rows == row)
        if not len(here) or self.is_equal(key, row):
            return 0.0
        left = self._after_those_begun(key, occurs, rows, scores)
        if more.best < ranking.BEST_INEXACT:
            left = self._most_named_first(interpretation, occurs, rows, left)
        before, after = scores[here].max(), left[here].max()
        return float(parts.total()[0] - after) if after != before else 0.0

    def _range_of(self, key: Key) -> PhraseRange:
        """Return where the query occurs; a last "wo" may be a particle, or begin "world"."""
        found = self._phrase_range(key.plain)
        if found.low == found.high and key.words.endswith(_LAST_WO):
            return self._phrase_range(f"{key.plain[:-1]}wo")
        return found

    def _exact_rows(self, key: Key, occurs: PhraseRange) -> list[int]:
        """Return the rows that equal the query, in letters with markers or letter by letter."""
        rows = list(self._equal(key.letters))
        if key.parsed.words != key.parsed.stem:  # season markers were typed, and folded into one
            positions = self._phrases.positions_in(occurs)
            whole = (positions.offsets == 0) & (
                self.rows.plain_length[positions.rows] == len(key.plain)
            )
            rows += positions.rows[whole].tolist()
        return rows

    def is_equal(self, key: Key, row: int) -> bool:
        """Return whether a row equals a key: in letters with markers, or letter by letter."""
        return self.rows.letters[row] == key.letters or self._phrases.plain(row) == key.plain

    def _by_acronym(self, key: Key) -> list[tuple[int, float]]:
        rows = self._acronym_rows(key.letters) if " " not in key.words else []
        if not rows:
            return []
        ties = self._scorer.ties(np.array(rows, dtype=np.int32)).tolist()
        scores = [ranking.OF_SEVERAL * self._is_name_of_several(row) for row in rows]
        return [
            (row, ranking.INITIALS + score + tie)
            for row, score, tie in zip(rows, scores, ties, strict=True)
        ]

    def _is_name_of_several(self, row: int) -> bool:
        """Tell whether the titles of some works hold this row's title, as those of a series do."""
        low, high, size = self._phrase_range(self._phrases.plain(row))
        some = PhraseRange(low, min(high, low + _MAX_PREFIXED), size)
        entries = self.rows.entry[self._phrases.positions_in(some).rows]
        return len(np.unique(entries)) >= _SEVERAL

    def _acronym_rows(self, letters: str) -> list[int]:
        rows = self._acronyms.rows(letters)
        if not len(rows):
            return []
        popularity = self._popularity[self.rows.entry[rows]]
        best: list[int] = rows[np.argsort(-popularity, kind="stable")[:_MAX_ACRONYMS]].tolist()
        return best

    def _by_season(self, key: Key) -> list[tuple[int, float]]:
        """Return the season asked for of the works whose title is the text before the marker."""
        if not title_parts.marker(key.parsed.parts):
            return []
        named = self._equal(key.base) or self._acronym_rows(key.base)
        found = self._seasons_of(named, ranking.SAME_MEANING, key)
        return found or self._seasons_of(self._rows_of_name(key), ranking.SEASON_OF_PREFIX, key)

    def _rows_of_name(self, key: Key) -> list[int]:
        """Return the rows that begin with the name before the marker, in whole words."""
        if weight_of(key.base) < _MIN_NAME_WEIGHT:
            return []
        positions = self._phrases.positions(key.base)
        stem, begins = key.parsed.stem, positions.offsets == 0
        if " " in stem:  # the last word is whole where all words are words of the title
            begin, having = distinct(positions.rows[begins]), self._words.rows(stem)
            begin = begin[are_among(begin, having)] if len(having) else having
        else:
            begin = positions.rows[begins & positions.whole]
        found: list[int] = begin[:_MAX_PREFIXED].tolist()
        return found

    def _seasons_of(self, firsts: Sequence[int], score: float, key: Key) -> list[tuple[int, float]]:
        """Return the season that is asked for of the works that have these rows, and its score."""
        entries = dict.fromkeys(self.rows.entry[list(firsts)].tolist())
        best = sorted(entries, key=lambda entry: -float(self._popularity[entry]))[
            :_MAX_FIRST_SEASONS
        ]
        found: list[tuple[int, float]] = []
        for rank, first in enumerate(best):
            for entry, place in self._seasons.matching(first, key.parsed.parts).items():
                lost = 1 - float(self._popularity[entry]) + place / 4 + rank / 10
                found.append((int(self._main_rows[entry]), score - ranking.EXACT_STEP * lost))
        return found

    def _agreeing(self, interpretation: Interpretation, rows: Numbers, scores: Scores) -> Scores:
        """Return the scores, changed by whether works agree with the year and type asked for."""
        wanted = interpretation.title_parts
        if interpretation.via == "text":
            return scores  # year and type are words of the title
        if wanted.year is None and wanted.type is None:
            return scores
        entries = self.rows.entry[rows]
        agreement = constraints.agreement(wanted, self._years[entries], self._types[entries])
        better = np.maximum(scores, np.minimum(scores + ranking.AGREES, ranking.SAME_MEANING))
        worse = np.where(agreement == constraints.CONFLICTS, scores - ranking.DISAGREES, scores)
        return np.where(agreement == constraints.AGREES, better, worse)


def _as_tuples(rows_of: Callable[[str], list[int]]) -> Callable[[str], tuple[int, ...]]:
    return lambda letters: tuple(rows_of(letters))
