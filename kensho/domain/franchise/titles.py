"""The title of a franchise: the part of a title that the works viewers know best share.

"Fate/stay night" gives "Fate". The core of the title are the words that are rare enough to be a
name and that most works have, each counted by its popularity. Words beside the core are added if
nearly all works with the core have them too: "Man" in "Chainsaw Man", although one short is called
"Chainsaw Days". A title without a core is cut to its name: no year, no season, no "THE ANIMATION".

Guarantees: pure, and independent of the order of works. The title is borne by the best-known work,
unless that one leads by little and shares its name with few others.

Performance: 0.3 ms for a franchise.
"""

import re
from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import Final, NamedTuple

from kensho.domain import title_parts
from kensho.domain.franchise.inputs import FranchiseWork
from kensho.domain.title_words import LEAST_RARITY, Rarity, TitleWords
from kensho.domain.titles import folded, squeezed, without_article

COMMON: Final = 0.6
"""A word that this share of a franchise has is part of its title. Chosen by hand, with the two
numbers below, on the titles that `tests/unit/test_franchises.py` and the catalogue's tests
check."""
_NAMES_ENOUGH: Final = 5.5
"""The rarity that the core of a title must have in sum: a word that one work in 250 has is
enough."""
_NEARLY_ALL: Final = 0.8
_LEAST_WEIGHT: Final = 1e-3
"""The weight of a work of which nothing is known."""
_MINOR: Final = 0.25
"""The factor for the weight of songs, promotions and brief specials."""
_CLOSE: Final = 0.9
"""A work with this share of the popularity of the best-known one may give its name instead."""
_OWN_NAME: Final = 0.3
"""A name that less than this share of a franchise bears is that of one work or two."""
_SPELT_KEPT: Final = 1 << 14
"""Titles whose spelling is remembered: those of the largest franchises, 900 works with ten each."""
_MOST_ANCHORS: Final = 5
"""The best-known works from whose titles the title is taken."""
_NUMBER: Final = re.compile(r"[0-9]\w+")
"""Numbers such as 009 and 100 belong to a name; a single digit counts a season."""
_COUNTED: Final = re.compile(r"\s+[0-9]{1,2}(?![\w.])")
"""A number behind a name."""
_WORD: Final = re.compile(r"[^\W_]+(?:['\u2019][^\W_]+)*")
_FLOURISH: Final = re.compile(r"[!?☆★♪♥△]*(?!\w)")
_MEDIUM: Final = re.compile(
    r"[\s:\-\u2013\u2014(]+(?:the[\s-]+)?(?:animation|animated series|motion picture)\W*$",
    re.IGNORECASE,
)
"""What says only that a work is an animation, at the end of a title."""
_QUALIFIER: Final = re.compile(r"\s+(?:\([^()]*\)|live[ -]action\b.*)$", re.IGNORECASE)
"""What a film database adds to a collection to tell it from another of its name."""
_SIGN: Final = re.compile(r"[.#@$]")
"""What stands before a name and belongs to it: .hack, #Compass."""
_PAUSE: Final = re.compile(r"[^\w\s][^\w]*$")
"""What a name may stand behind: the end of another part of the title."""
_JOINS: Final = ("-", "\N{WHITE STAR}", "\N{BLACK STAR}")
_LOOSE_ENDS: Final = " :,~-\N{EN DASH}\N{EM DASH}(["


class NameCounts(NamedTuple):
    """The words that a franchise shares, the rarity of words, and the words for forms of works."""

    shared: TitleWords
    rare: Rarity
    forms: frozenset[str]


def franchise_title(
    root: FranchiseWork, names: NameCounts, works: Iterable[Sequence[FranchiseWork]]
) -> str:
    """Return what people call a franchise of these works, each with its other records.

    The root proposes the part of its title that most works share, then each of the best-known works
    the part of theirs. The first that the best-known work bears is the title. Where only the best-
    known work has its name and it leads by little, a name that most works bear is.
    """
    known = _KnownTitles(works)
    proposed = [_common_title(title, names, known) for title in known.anchors(root)]
    borne = [one for rank in (2, 1) for one in proposed if known.best_bearing(one) >= rank]
    called = next((one for one in borne if known.share(one) >= COMMON), "")
    if not called and all(known.share(one) < _OWN_NAME for one in borne):
        called = next((one for one in proposed if known.is_borne_closely(one)), "")
    return called or next(iter(borne), proposed[0])


def collection_name(title: str) -> str:
    """Return a collection's title without what only tells it from another of its name.

    "Tarzan (Animation)" and "Tarzan (Johnny Weissmuller)" are Tarzan to viewers: franchises of one
    name are told apart by year, like all others. The words themselves stay, although a film such as
    "Raiders of the Lost Ark" bears none of them: nobody calls Indiana Jones otherwise.
    """
    return _QUALIFIER.sub("", title) or title


class _KnownTitles:
    """The titles of the works of a franchise, each weighted by the popularity of its work."""

    def __init__(self, works: Iterable[Sequence[FranchiseWork]]) -> None:
        self._works: Final = sorted(
            (
                _KnownWork(
                    max(map(_weight, records)),
                    "|".join(f" {spelt(title)} " for record in records for title in record.titles),
                    records[0],
                )
                for records in works
            ),
            key=lambda one: (-one.weight, one.work.date_key, one.work.id),
        )
        self._total: Final = sum(one.weight for one in self._works)
        self._best: Final = [
            max(self._works, key=lambda one: one.work.own_popularity),
            max(self._works, key=lambda one: one.work.popularity),
        ]

    def anchors(self, root: FranchiseWork) -> list[str]:
        """Return the titles from which the name is taken: the root's, then the best known."""
        return [root.title, *(one.work.title for one in self._works[:_MOST_ANCHORS])]

    def share(self, phrase: str) -> float:
        """Return the share of all works, by weight, that have these words in a row in a title."""
        phrase = f" {spelt(phrase)} "
        return sum(one.weight for one in self._works if phrase in one.titles) / self._total

    def best_bearing(self, phrase: str) -> int:
        """Return how many of the two best-known works have these words in a row in a title.

        One is the best known by itself, the other as what began a series.
        """
        phrase = f" {spelt(phrase)} "
        return sum(phrase in one.titles for one in self._best)

    def begins(self, phrase: str) -> bool:
        """Tell whether titles of two works at least begin with these words."""
        start = f" {spelt(phrase)} "
        begun = (
            any(titles.startswith(start) for titles in one.titles.split("|")) for one in self._works
        )
        return sum(begun) > 1

    def is_borne_closely(self, phrase: str) -> bool:
        """Tell whether most works have these words, and one that is nearly the best known has."""
        if self.share(phrase) < COMMON:
            return False
        least, phrase = self._works[0].weight * _CLOSE, f" {spelt(phrase)} "
        return any(phrase in one.titles for one in self._works if one.weight >= least)


class _KnownWork(NamedTuple):
    weight: float
    titles: str
    work: FranchiseWork


def _weight(work: FranchiseWork) -> float:
    popularity = (work.own_popularity + work.popularity) / 2
    return max(_LEAST_WEIGHT, popularity) * (_MINOR if work.is_minor else 1.0)


@lru_cache(maxsize=_SPELT_KEPT)
def spelt(title: str) -> str:
    """Return the words of a title, folded, with the spellings of one romanisation made equal."""
    title = without_article(title) or title
    return " ".join(map(squeezed, folded(title).split(" ")))


def _common_title(title: str, names: NameCounts, known: _KnownTitles) -> str:
    """Return the longest part of `title` that most works of a franchise share, or its name.

    A title is cut to a part only if the words that are cut off include a name or a word for a form.
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
        return _without_season(title, known)
    is_end = [
        is_name[index]
        or (word in rare.forms and word not in names.forms and _stands_at_end(title, spans[index]))
        or _NUMBER.fullmatch(word) is not None
        for index, word in enumerate(words)
    ]
    first, last = _widened(words, is_end, (first, last), known)
    start, end = spans[first][0], spans[last][1]
    if not any(is_name[:first]) and first > 0:
        start = spans[0][0]
    if start == spans[0][0] and _SIGN.fullmatch(title, 0, start):
        start = 0
    if not known.begins(title[start:end]) and not _PAUSE.search(title, 0, start):
        return name_of(title)
    flourish = _FLOURISH.match(title, end)
    return _without_season(title[start : flourish.end() if flourish else end], known)


def _without_season(title: str, known: _KnownTitles) -> str:
    """Return the name in a title; a number that works bear throughout is part of it: Stratos 4."""
    name = name_of(title)
    numbered = _COUNTED.match(title, len(name)) if title.startswith(name) else None
    whole = title[: numbered.end()] if numbered else name
    is_borne = known.begins(whole) and known.share(whole) >= _NEARLY_ALL * known.share(name)
    return whole if is_borne else name


def _stands_at_end(title: str, span: tuple[int, int]) -> bool:
    """Tell whether a word is joined to the one before it, or nothing goes on after it."""
    start, end = span
    return title[start - 1 : start] in _JOINS or not title[end : end + 2].lstrip()[:1].isalnum()


def name_of(title: str) -> str:
    """Return a title without the year, season, part and type that it ends with, or all of it."""
    name = _MEDIUM.sub("", title)
    core = title_parts.parsed(folded(name)).core
    if core == folded(title):
        return title
    for match in _WORD.finditer(name):
        end = match.end()
        if folded(name[:end]) == core:
            flourish = _FLOURISH.match(name, end)
            return name[: flourish.end() if flourish else end].rstrip(_LOOSE_ENDS)
    return name.rstrip(_LOOSE_ENDS) or title


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


def _widened(
    words: Sequence[str], is_end: Sequence[bool], core: tuple[int, int], known: _KnownTitles
) -> tuple[int, int]:
    """Return the core extended by the words beside it that nearly all works with the core have."""
    first, last = core
    least = _NEARLY_ALL * known.share(" ".join(words[first : last + 1]))
    for end in range(len(words) - 1, last, -1):
        if is_end[end] and known.share(" ".join(words[first : end + 1])) >= least:
            last = end
            break
    for start in range(first):
        if is_end[start] and known.share(" ".join(words[start : last + 1])) >= least:
            first = start
            break
    return first, last
