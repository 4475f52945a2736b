"""The title of a franchise: the part of its root's title that most of its works share.

"Fate/stay night" gives "Fate". The core of the title are the words that are rare enough to be a
name and that most works have. Words beside the core are added if nearly all works with the core
have them too: "Man" in "Chainsaw Man", although one short is called "Chainsaw Days".

Guarantees: pure.

Performance: 0.1 ms for a franchise, as its works' titles are folded only where the root's title is
longer than the core.
"""

import re
from collections.abc import Iterable, Sequence
from typing import Final, NamedTuple

from kensho.domain.franchise.inputs import FranchiseWork
from kensho.domain.title_words import LEAST_RARITY, Rarity, TitleWords
from kensho.domain.titles import folded

COMMON: Final = 0.6
"""A word that this share of a franchise has is part of its title. Chosen by hand, with the two
numbers below, on the titles that `tests/unit/test_franchises.py` and the catalogue's tests
check."""
_NAMES_ENOUGH: Final = 5.5
"""The rarity that the core of a title must have in sum: a word that one work in 250 has is
enough."""
_NEARLY_ALL: Final = 0.8
_NUMBER: Final = re.compile(r"[0-9]\w+")
"""Numbers such as 009 and 100 belong to a name; a single digit counts a season."""
_WORD: Final = re.compile(r"[^\W_]+(?:['\u2019][^\W_]+)*")
_FLOURISH: Final = re.compile(r"[!?☆★♪♥△]*(?!\w)")


class NameCounts(NamedTuple):
    """The words that a franchise shares, the rarity of words, and the words for forms of works."""

    shared: TitleWords
    rare: Rarity
    forms: frozenset[str]


def common_title(title: str, names: NameCounts, works: Iterable[Sequence[FranchiseWork]]) -> str:
    """Return the longest part of `title` that most works of a franchise share, or all of it.

    `works` are the works of the franchise, each with its other records. A title is cut only if the
    words that are cut off include a name or a word for a form.
    """
    rare = names.rare
    spans = [match.span() for match in _WORD.finditer(title)]
    words = [folded(title[start:end]) for start, end in spans]
    is_name = [
        rare.of_word.get(word, 0.0) >= LEAST_RARITY and rare.may_name(word) for word in words
    ]
    rarity, first, last = _core(words, is_name, names.shared, rare)
    outside = [*range(first), *range(last + 1, len(words))]
    is_whole = not any(is_name[index] or words[index] in names.forms for index in outside)
    if rarity < _NAMES_ENOUGH or is_whole:
        return title
    is_end = [
        names_work
        or (word in rare.forms and word not in names.forms)
        or _NUMBER.fullmatch(word) is not None
        for names_work, word in zip(is_name, words, strict=True)
    ]
    first, last = _widened(words, is_end, (first, last), _WeightedTitles(works))
    start, end = spans[first][0], spans[last][1]
    flourish = _FLOURISH.match(title, end)
    return title[start : flourish.end() if flourish else end]


def _core(
    words: Sequence[str], is_name: Sequence[bool], names: TitleWords, rare: Rarity
) -> tuple[float, int, int]:
    """Return the rarity of the core of a title, and the indexes of its first and last word."""
    best = (0.0, 0, 0)
    first, rarity = 0, 0.0
    for index, word in enumerate(words):
        if is_name[index] and names.share(word, rare) >= COMMON:
            first = first if rarity else index
            rarity += rare.of_word[word]
            best = max(best, (rarity, -first, index))
        elif is_name[index]:
            rarity = 0.0
    return best[0], -best[1], best[2]


class _WeightedTitles:
    """The titles of the works of a franchise, weighted by the popularity of each work."""

    def __init__(self, works: Iterable[Sequence[FranchiseWork]]) -> None:
        self._works: Final = [
            (
                max(record.popularity for record in records),
                "|".join(f" {folded(title)} " for record in records for title in record.titles),
            )
            for records in works
        ]

    def popularity_of(self, words: Sequence[str]) -> float:
        """Return the popularity of all works that have these words in a row in a title."""
        phrase = f" {' '.join(words)} "
        return sum(popularity for popularity, titles in self._works if phrase in titles)


def _widened(
    words: Sequence[str], is_end: Sequence[bool], core: tuple[int, int], weighted: _WeightedTitles
) -> tuple[int, int]:
    """Return the core extended by the words beside it that nearly all works with the core have."""
    first, last = core
    least = _NEARLY_ALL * weighted.popularity_of(words[first : last + 1])
    for end in range(len(words) - 1, last, -1):
        if is_end[end] and weighted.popularity_of(words[first : end + 1]) >= least:
            last = end
            break
    for start in range(first):
        if is_end[start] and weighted.popularity_of(words[start : last + 1]) >= least:
            first = start
            break
    return first, last
