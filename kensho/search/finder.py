"""Finds the rows that one reading of a query means, and scores them.

Guarantees: everything that begins with the query, has it at the beginning of a later word, or has
all its words is found, however much it is; beyond that everything near it that shares enough of its
letters. An equal title ends the search for initials and seasons, which guess.
"""

from collections.abc import Mapping, Sequence
from ctypes import CDLL
from typing import Any, Final, NamedTuple

import numpy as np
import numpy.typing as npt

from kensho.domain import ranking, title_parts
from kensho.search import constraints
from kensho.search.acronyms import AcronymIndex
from kensho.search.interpretations import Interpretation
from kensho.search.kernel.compiled_kernel import CompiledKernel
from kensho.search.kernel.numpy_kernel import NumpyKernel
from kensho.search.kernel.protocol import Kernel, ScoredRows
from kensho.search.keys import Key, folded, letters_of, weight_of
from kensho.search.phrases import PhraseIndex, PhrasePositions, PhraseRange
from kensho.search.rows import SHORTENED, TitleRows
from kensho.search.scorer import Numbers, ScoreParts, Scorer, Scores
from kensho.search.season_index import SeasonIndex
from kensho.search.words import WordIndex

_LAST_WO: Final = " wo"
_MOST_INITIALS: Final = 20
_MOST_FIRSTS: Final = 8
_SHORTEST_NAME: Final = 4
_WELL_KNOWN: Final = 0.5
"""Works that people abbreviate; the rest have short synonyms by chance."""
_MOST_WITH_ABBREVIATION: Final = 150
"""A word that more titles have is a word: "DanMachi" stands in 97, "star" in 1,012."""
_MOST_PREFIXED: Final = 2_000


class Evidence(NamedTuple):
    """Why a row scores what it scores: its parts, and the grade by which it equals the query."""

    parts: ScoreParts
    grade: float | None


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
        self._initials = AcronymIndex(arrays)
        self._followers = SeasonIndex(arrays)
        self._judge = Scorer(self.rows, self._popularity)
        kernel = NumpyKernel(arrays, self.rows, self._phrases, self._words, self._judge)
        self.kernel: Final[Kernel] = (
            CompiledKernel(code, arrays, blobs, self._judge, kernel) if code else kernel
        )

    def scored(self, interpretation: Interpretation) -> ScoredRows:
        """Return the rows that `reading` finds."""
        key = interpretation.key
        if not key.letters:
            return ScoredRows(np.empty(0, dtype=np.int32), np.empty(0, dtype=np.float32))
        run = self._run(key)
        rows, scores = self.kernel.inexact(key, run)
        exact = self._exact_rows(key, run)
        more = [(row, self._judge.exact(interpretation.text, key, row)) for row in exact]
        if all(self.rows.kind[row] == SHORTENED for row in exact):
            more += self._by_initials(key) + self._by_season(key)
        if more:
            rows = np.concatenate((rows, np.array([row for row, _ in more], dtype=np.int32)))
            exact_scores = np.array([score for _, score in more], dtype=np.float32)
            scores = np.concatenate((scores, exact_scores))
        agreeing = self._agreeing(interpretation, rows, scores)
        return ScoredRows(rows, np.maximum(agreeing - interpretation.handicap, 0.0))

    def names_of(self, word: str) -> list[str]:
        """Return what `word` stands for: titles of a well known work that don't have it themselves.

        The title of which it is the first letters comes first, then the main one.
        """
        entries = set(self.rows.entry[self.kernel.equal(letters_of(word))].tolist())
        best = max(entries, key=lambda entry: float(self._popularity[entry]), default=None)
        is_known = best is not None and self._popularity[best] >= _WELL_KNOWN
        if not is_known or self._words.count(word) > _MOST_WITH_ABBREVIATION:
            return []
        spelt = self._initials.rows(word)
        rows = [*spelt[self.rows.entry[spelt] == best].tolist(), int(self._main_rows[best])]
        titles = dict.fromkeys(self.rows.texts(row)[0] for row in (rows[0], rows[-1]))
        return [title for title in titles if word not in folded(title).split(" ")]

    def evidence(self, interpretation: Interpretation, row: int) -> Evidence:
        """Return why `row` scores what it scores."""
        key, rows = interpretation.key, np.array([row], dtype=np.int32)
        places = self._phrases.at(self._run(key))
        here = places.rows == row
        worth = self._judge.phrase(
            key, PhrasePositions(places.rows[here], places.offsets[here], places.whole[here])
        )
        if np.any(self._words.rows(key.words) == row):
            worth = np.concatenate((worth, self._judge.scattered(key, rows)))
        phrase = np.array([worth.max(initial=0.0)], dtype=np.float32)
        grade = self._judge.grade(interpretation.text, key, row) if self._equals(key, row) else None
        return Evidence(self._judge.parts(key, rows, phrase), grade)

    def _run(self, key: Key) -> PhraseRange:
        """Return where the query stands; a last "wo" may be a particle, or begin "world"."""
        run = self.kernel.run(key.plain)
        if run.low == run.high and key.words.endswith(_LAST_WO):
            return self.kernel.run(f"{key.plain[:-1]}wo")
        return run

    def _exact_rows(self, key: Key, run: PhraseRange) -> list[int]:
        """Return the rows that equal the query, in letters with markers or letter by letter."""
        rows = self.kernel.equal(key.letters)
        if key.parsed.words != key.parsed.stem:  # markers that were typed, and folded into one
            places = self._phrases.at(run)
            whole = (places.offsets == 0) & (self.rows.plain_length[places.rows] == len(key.plain))
            rows += places.rows[whole].tolist()
        return rows

    def _equals(self, key: Key, row: int) -> bool:
        return self.rows.letters[row] == key.letters or self._phrases.plain(row) == key.plain

    def _by_initials(self, key: Key) -> list[tuple[int, float]]:
        rows = self._initial_rows(key.letters) if " " not in key.words else []
        ties = self._judge.ties(np.array(rows, dtype=np.int32)).tolist()
        return [(row, ranking.INITIALS + tie) for row, tie in zip(rows, ties, strict=True)]

    def _initial_rows(self, letters: str) -> list[int]:
        rows = self._initials.rows(letters)
        known = self._popularity[self.rows.entry[rows]]
        best: list[int] = rows[np.argsort(-known, kind="stable")[:_MOST_INITIALS]].tolist()
        return best

    def _by_season(self, key: Key) -> list[tuple[int, float]]:
        """Return the asked-for season of the works whose title the text is but for the marker."""
        if not title_parts.marker(key.parsed.parts):
            return []
        named = self.kernel.equal(key.base) or self._initial_rows(key.base)
        found = self._seasons_of(named, ranking.SAME_MEANING, key)
        return found or self._seasons_of(self._rows_of_name(key), ranking.SEASON_OF_PREFIX, key)

    def _rows_of_name(self, key: Key) -> list[int]:
        """Return the rows that begin with the name before the marker, as whole words."""
        if weight_of(key.base) < _SHORTEST_NAME:
            return []
        places = self._phrases.places(key.base)
        stem, begins = key.parsed.stem, places.offsets == 0
        if " " in stem:  # the last word is a whole one where all words are words of the title
            begin = np.intersect1d(places.rows[begins], self._words.rows(stem))
        else:
            begin = places.rows[begins & places.whole]
        found: list[int] = begin[:_MOST_PREFIXED].tolist()
        return found

    def _seasons_of(self, firsts: Sequence[int], worth: float, key: Key) -> list[tuple[int, float]]:
        """Return the asked-for season of the works that have these rows, and its score."""
        entries = dict.fromkeys(self.rows.entry[list(firsts)].tolist())
        best = sorted(entries, key=lambda entry: -float(self._popularity[entry]))[:_MOST_FIRSTS]
        found: list[tuple[int, float]] = []
        for rank, first in enumerate(best):
            for entry, place in self._followers.matching(first, key.parsed.parts).items():
                lost = 1 - float(self._popularity[entry]) + place / 4 + rank / 10
                found.append((int(self._main_rows[entry]), worth - ranking.EXACT_STEP * lost))
        return found

    def _agreeing(self, interpretation: Interpretation, rows: Numbers, scores: Scores) -> Scores:
        """Return the scores with what a year and type that are asked for give and take."""
        wanted = interpretation.title_parts
        if interpretation.via == "text":
            return scores  # here year and type are words of the title
        if wanted.year is None and wanted.type is None:
            return scores
        entries = self.rows.entry[rows]
        met = constraints.agreement(wanted, self._years[entries], self._types[entries])
        better = np.maximum(scores, np.minimum(scores + ranking.AGREES, ranking.SAME_MEANING))
        worse = np.where(met == constraints.CONFLICTS, scores - ranking.DISAGREES, scores)
        return np.where(met == constraints.AGREES, better, worse)
