"""What a franchise is called: the part of its root's title that its works bear.

"Fate/stay night" gives "Fate". Words that are rare enough to name something and that most works
have are the core; neighbours are taken in that nearly all bearers of the core bear with it, as
"Man" of "Chainsaw Man", though one short calls itself "Chainsaw Days".

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
"""A word that this part of a franchise bears is part of its title. Chosen by hand, with the two
numbers below, on the titles that `tests/unit/test_franchises.py` and the catalogue's tests pin."""
_NAMES_ENOUGH: Final = 5.5
"""What the words of a title must tell together: one of them in 250 works does."""
_NEARLY_ALL: Final = 0.8
_NUMBER: Final = re.compile(r"[0-9]\w+")
"""009 and 100 belong to a name; 2 counts a season."""
_WORD: Final = re.compile(r"[^\W_]+(?:['\u2019][^\W_]+)*")
_FLOURISH: Final = re.compile(r"[!?☆★♪♥△]*(?!\w)")


class NameCounts(NamedTuple):
    """What the words of a franchise tell: which it has in common, how rare they are, the forms."""

    shared: TitleWords
    rare: Rarity
    forms: frozenset[str]


def common_title(title: str, names: NameCounts, works: Iterable[Sequence[FranchiseWork]]) -> str:
    """Return the longest part of a title that most of a franchise bears, or all of it.

    `works` are all of the franchise, each with its other records. A title is cut only where what is
    left out tells something: a form, or a name.
    """
    rare = names.rare
    spans = [match.span() for match in _WORD.finditer(title)]
    words = [folded(title[start:end]) for start, end in spans]
    telling = [
        rare.of_word.get(word, 0.0) >= LEAST_RARITY and rare.may_name(word) for word in words
    ]
    told, first, last = _core(words, telling, names.shared, rare)
    outside = [*range(first), *range(last + 1, len(words))]
    is_whole = not any(telling[place] or words[place] in names.forms for place in outside)
    if told < _NAMES_ENOUGH or is_whole:
        return title
    is_end = [
        tells
        or (word in rare.forms and word not in names.forms)
        or _NUMBER.fullmatch(word) is not None
        for tells, word in zip(telling, words, strict=True)
    ]
    first, last = _widened(words, is_end, (first, last), _Bearers(works))
    start, end = spans[first][0], spans[last][1]
    flourish = _FLOURISH.match(title, end)
    return title[start : flourish.end() if flourish else end]


def _core(
    words: Sequence[str], telling: Sequence[bool], names: TitleWords, rare: Rarity
) -> tuple[float, int, int]:
    """Return how much the common words of a title tell, of them the first and the last."""
    best = (0.0, 0, 0)
    first, told = 0, 0.0
    for place, word in enumerate(words):
        if telling[place] and names.share(word, rare) >= COMMON:
            first = first if told else place
            told += rare.of_word[word]
            best = max(best, (told, -first, place))
        elif telling[place]:
            told = 0.0
    return best[0], -best[1], best[2]


class _Bearers:
    """The works of a franchise by their titles, the well-known counting for more."""

    def __init__(self, works: Iterable[Sequence[FranchiseWork]]) -> None:
        self._works: Final = [
            (
                max(record.popularity for record in records),
                "|".join(f" {folded(title)} " for record in records for title in record.titles),
            )
            for records in works
        ]

    def of(self, words: Sequence[str]) -> float:
        """Return how much of the franchise bears these words in a row."""
        phrase = f" {' '.join(words)} "
        return sum(popularity for popularity, titles in self._works if phrase in titles)


def _widened(
    words: Sequence[str], ends: Sequence[bool], core: tuple[int, int], bearers: _Bearers
) -> tuple[int, int]:
    """Return the core with the neighbours that nearly all of its bearers bear."""
    first, last = core
    least = _NEARLY_ALL * bearers.of(words[first : last + 1])
    for end in range(len(words) - 1, last, -1):
        if ends[end] and bearers.of(words[first : end + 1]) >= least:
            last = end
            break
    for start in range(first):
        if ends[start] and bearers.of(words[start : last + 1]) >= least:
            first = start
            break
    return first, last
