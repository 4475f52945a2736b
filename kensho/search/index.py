"""The title index: finds the entries that a text may mean, best first.

Guarantees: an entry is one hit, by its best title; the same index gives the same hits in the same
order. An index never changes; its arrays are mapped from disk and shared by processes.
Performance: at 250,000 titles about 0.2 ms for a search with the compiled kernel, 0.8 ms in numpy.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import chain
from typing import Any, Final, NamedTuple

import numpy as np
import numpy.typing as npt

from kensho.domain import ranking
from kensho.search import interpretations, scripts
from kensho.search.finder import Evidence, Finder, RowLikeness
from kensho.search.interpretations import Interpretation
from kensho.search.kernel import compiled_kernel
from kensho.search.kernel.protocol import NO_ROWS, ScoredRows
from kensho.search.keys import Key
from kensho.search.scorer import Numbers, Scores

_MANY: Final = 1_000
"""Rows from which on it pays to leave out those that are found twice."""

MOST_LETTERS: Final = 480
"""Letters of the interpretations of a text, from which on no more are looked for, since time grows
with them. Texts that name a work stay below that, paths included."""


class Hits(NamedTuple):
    """Entries, best first, with the score and row of each, and the number of its interpretation."""

    entries: Numbers
    scores: Scores
    rows: Numbers
    interpretations: npt.NDArray[np.uint8]


class TitleMatches(NamedTuple):
    """The result of a search: the interpretations that were tried, the hits, and near misses."""

    interpretations: tuple[Interpretation, ...]
    hits: Hits
    near_misses: Hits


class TitleIndex:
    """An open index."""

    def __init__(
        self,
        arrays: Mapping[str, npt.NDArray[Any]],
        blobs: Mapping[str, Any],
        *,
        is_compiled: bool = True,
    ) -> None:
        """Open an index; `is_compiled` is whether to use the compiled kernel where there is one."""
        scripts.prepare()
        code = compiled_kernel.library() if is_compiled else None
        self._finder: Final = Finder(arrays, blobs, code)
        self._popularity = arrays["entry_popularity"]

    def __len__(self) -> int:
        """Return how many rows there are: distinct spellings of titles."""
        return len(self._finder.rows)

    def search(self, text: str, *, is_typing: bool = False) -> TitleMatches:
        """Return what `text` may mean; any text may be searched for, and nothing may be found.

        `is_typing` is whether the text may go on, so that it is rather the beginning of a
        well-known title than the whole of a lesser one.
        """
        typed = interpretations.as_typed(text)
        equal = self._finder.equal(typed, is_typing=is_typing)
        as_typed = _Once(lambda: self._finder.scored(typed, equal, is_typing=is_typing))
        tried, found = [typed], list[ScoredRows]()
        best, is_stated = 0.0, False
        others = interpretations.alternatives(typed, equal.found.best, as_typed.best, self._finder)
        for interpretation in _affordable(others, tried):
            tried.append(interpretation)
            found.append(self._finder.scored(interpretation))
            best = max(best, found[-1].best)
            is_stated = is_stated or (interpretation.is_stated and len(found[-1].rows) > 0)
        # What a mark leaves no doubt of is not looked for as it is typed.
        found = [NO_ROWS, *found] if is_stated else [as_typed.rows(), *map(as_typed.beyond, found)]
        best = best if is_stated else max(best, as_typed.best())
        more = chain(
            interpretations.by_alternative_titles(tried[-1], best),
            interpretations.with_expanded_abbreviation(typed, best, self._finder.names_of),
        )
        for interpretation in _affordable(more, tried):
            tried.append(interpretation)
            found.append(self._finder.scored(interpretation))
        if best < ranking.DOUBTFUL:
            for interpretation in _affordable(interpretations.fallbacks(typed), tried):
                tried.append(interpretation)
                found.append(self._finder.scored(interpretation))
        return TitleMatches(tuple(tried), *self._best(found))

    def title(self, row: int, interpretation: Interpretation) -> str:
        """Return the title of a row as it is written: the text itself, if that is one of them."""
        texts = self._finder.rows.texts(row)
        return interpretation.text if interpretation.text in texts else texts[0]

    def bearers(self, letters: str) -> dict[int, int]:
        """Return the entries that have a title of these letters, with the rank of its kind."""
        return self._finder.bearers(letters)

    def is_equal(self, key: Key, row: int) -> bool:
        """Return whether the title of a row equals a key, in letters with markers or as typed."""
        return self._finder.is_equal(key, row)

    def popularity(self, entry: int) -> float:
        """Return how popular an entry is, 0..1."""
        return float(self._popularity[entry])

    def likeness(self, key: Key, row: int) -> RowLikeness:
        """Return how alike the title of a row is to a query."""
        return self._finder.likeness(key, row)

    def evidence(self, interpretation: Interpretation, row: int) -> Evidence:
        """Return why `row` scores what it scores."""
        return self._finder.evidence(interpretation, row)

    def _best(self, found: list[ScoredRows]) -> tuple[Hits, Hits]:
        """Return one hit for each entry, best first, and the entries that score too low."""
        best = self._finder.kernel.best(found)
        entries, scores, rows, lists, count = best
        return (
            Hits(entries[:count], scores[:count], rows[:count], lists[:count]),
            Hits(entries[count:], scores[count:], rows[count:], lists[count:]),
        )


class _Once:
    """Rows that are looked for when they are first asked for, and the best of their scores."""

    __slots__ = ("_best", "_find", "_rows")

    def __init__(self, find: Callable[[], ScoredRows]) -> None:
        self._find = find
        self._rows: ScoredRows | None = None
        self._best = 0.0

    def rows(self) -> ScoredRows:
        """Return the rows."""
        if self._rows is None:
            self._rows = self._find()
            self._best = self._rows.best
        return self._rows

    def best(self) -> float:
        """Return the best score, or 0."""
        self.rows()
        return self._best

    def beyond(self, other: ScoredRows) -> ScoredRows:
        """Return what may come before these rows of those that another interpretation finds.

        Where many rows contain a text of few letters, its readings find the same ones again.
        """
        rows, scores = self.rows()
        if len(rows) < _MANY or not np.array_equal(rows, other.rows):
            return other
        better = other.scores > scores
        return ScoredRows(rows[better], other.scores[better])


def _affordable(
    more: Iterable[Interpretation], tried: Sequence[Interpretation]
) -> Iterator[Interpretation]:
    """Yield interpretations while those `tried` have fewer than `MOST_LETTERS` letters."""
    for interpretation in more:
        if sum([len(one.key.letters) for one in tried]) >= MOST_LETTERS:
            return
        yield interpretation
