"""Which words name a work, and how much it says that two works share one.

"Gundam" is in one work of 160, "the" in one of four: what a shared word tells is the logarithm of
how rare it is. Words that tell the form of a work (season, movie, recap) name nothing; which those
are is curated data.

Guarantees: pure arithmetic over titles.

Performance: 5 µs for a title; 2 s for the 320,000 of the graph.
"""

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from math import log
from typing import Final, NamedTuple

import msgspec

from kensho.domain.titles import folded

LEAST_RARITY: Final = 3.7
"""Words in more than one work of 40 are grammar: no, the, of, uta. Chosen by reading the words
around the limit; ln(40) is 3.7."""
NOTCHES: Final = 20
"""A unit of rarity has so many steps, so that one more title moves the words of few others and most
components need not be computed anew (docs/decisions/0009)."""
_SHORTEST: Final = 2
_OTHERS: Final = 0.3
"""Which part a second and third shared word add: titles in several languages repeat one name.
Chosen by hand together with the thresholds of `franchise.clustering`."""
_OTHERS_COUNTED: Final = slice(1, 3)


class Rarity(msgspec.Struct, frozen=True):
    """How rare words are: the natural logarithm of works per bearer. `forms` name nothing."""

    of_word: Mapping[str, float]
    forms: frozenset[str] = frozenset()

    def names(self, words: Iterable[str]) -> frozenset[str]:
        """Return the words that name a work."""
        return frozenset(
            word
            for word in words
            if self.of_word.get(word, 0.0) >= LEAST_RARITY and self.may_name(word)
        )

    def may_name(self, word: str) -> bool:
        """Tell whether a word is of a kind that names: no number, no single letter, no form."""
        return len(word) >= _SHORTEST and not word[0].isdigit() and word not in self.forms


def words_of(titles: Iterable[str]) -> frozenset[str]:
    """Return every word of some titles, folded."""
    return frozenset(word for title in titles for word in folded(title).split(" "))


def rarity_of(works: Sequence[Collection[str]], forms: frozenset[str]) -> Rarity:
    """Return how rare each word is among these works, given the words of each."""
    return rarity_among(len(works), Counter(word for words in works for word in words), forms)


def rarity_among(works: int, bearers: Mapping[str, int], forms: frozenset[str]) -> Rarity:
    """Return how rare each word is, given in how many of so many works it is."""
    told = {many: rareness(many, works) for many in set(bearers.values())}
    return Rarity({word: told[many] for word, many in bearers.items()}, forms)


def rareness(bearers: int, works: int) -> float:
    """Return how rare a word is that so many of so many works bear, in steps."""
    most = round(log(works) * NOTCHES)
    return max(0, round(most - log(bearers) * NOTCHES)) / NOTCHES


class TitleWords:
    """The names of a group of works: each by how much it tells, times how much of the group has it.

    `mass` is what the works of the group weigh together.
    """

    __slots__ = ("_strongest", "mass", "names")

    def __init__(self, names: Iterable[str], mass: float, rarity: Rarity) -> None:
        self.mass = mass
        self.names: dict[str, float] = {name: rarity.of_word[name] * mass for name in sorted(names)}
        self._strongest: float | None = None

    def absorb(self, other: "TitleWords") -> None:
        """Take in the works of another group."""
        self.mass += other.mass
        names = self.names
        for name, told in other.names.items():
            names[name] = names.get(name, 0.0) + told
        self._strongest = None

    @property
    def strongest(self) -> float:
        """How much the name tells that most belongs to this group."""
        if self._strongest is None:
            self._strongest = max(self.names.values(), default=0.0) / self.mass
        return self._strongest

    def share(self, word: str, rarity: Rarity) -> float:
        """Return what part of the group bears a word, 0..1."""
        told = self.names.get(word)
        return told / (self.mass * rarity.of_word[word]) if told else 0.0


class SharedWords(NamedTuple):
    """How much the best shared word tells, and all of them together."""

    best: float = 0.0
    all: float = 0.0


def affinity(one: TitleWords, other: TitleWords) -> SharedWords:
    """Return how much the names tell that both groups bear, each as far as both bear it."""
    ours, theirs = one.names, other.names
    both = ours.keys() & theirs.keys()
    if not both:
        return SharedWords()
    told = [min(ours[name] / one.mass, theirs[name] / other.mass) for name in both]
    told.sort(reverse=True)
    return SharedWords(told[0], told[0] + _OTHERS * sum(told[_OTHERS_COUNTED]))
