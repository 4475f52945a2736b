"""Which words of titles name a work, and how strong a sign it is that two works share one.

"Gundam" is in the titles of one work in 160, "the" in one of four. The weight of a word is its
rarity: the natural logarithm of how many works there are for each work that has the word. Words for
the form of a work (season, movie, recap) name nothing; they are listed in curated data.

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
"""Words in the titles of more than one work in 40 are grammar: no, the, of, uta. The limit was
chosen by reading the words around it; ln(40) is 3.7."""
STEPS_PER_UNIT: Final = 20
"""Rarities are rounded to a twentieth, so that one new title changes the rarity of few words and
most components of the graph need not be computed again (docs/decisions/0009)."""
_SHORTEST: Final = 2
_OTHERS: Final = 0.3
"""The share of their rarity that a second and third shared word add: titles in several languages
repeat one name. Chosen by hand together with the thresholds of `franchise.clustering`."""
_OTHERS_COUNTED: Final = slice(1, 3)


class Rarity(msgspec.Struct, frozen=True):
    """How rare each word is among all titles.

    `of_word` holds the natural logarithm of works per work that has the word; `forms` are the words
    for the form of a work, which name nothing.
    """

    of_word: Mapping[str, float]
    forms: frozenset[str] = frozenset()

    def names(self, words: Iterable[str]) -> frozenset[str]:
        """Return those of `words` that are rare enough, and of a kind, to name a work."""
        return frozenset(
            word
            for word in words
            if self.of_word.get(word, 0.0) >= LEAST_RARITY and self.may_name(word)
        )

    def may_name(self, word: str) -> bool:
        """Tell whether a word can be part of a name: not a number, a letter or a form."""
        return len(word) >= _SHORTEST and not word[0].isdigit() and word not in self.forms


def words_of(titles: Iterable[str]) -> frozenset[str]:
    """Return the words of all `titles`, folded."""
    return frozenset(word for title in titles for word in folded(title).split(" "))


def rarity_of(works: Sequence[Collection[str]], forms: frozenset[str]) -> Rarity:
    """Return how rare each word is among these works, given the words of each."""
    return rarity_among(len(works), Counter(word for words in works for word in words), forms)


def rarity_among(works: int, works_with: Mapping[str, int], forms: frozenset[str]) -> Rarity:
    """Return how rare each word is, given the number of works and how many have each word."""
    rarity_of_count = {count: rareness(count, works) for count in set(works_with.values())}
    return Rarity({word: rarity_of_count[count] for word, count in works_with.items()}, forms)


def rareness(works_with: int, works: int) -> float:
    """Return the rounded rarity of a word that `works_with` of `works` have in a title."""
    most = round(log(works) * STEPS_PER_UNIT)
    return max(0, round(most - log(works_with) * STEPS_PER_UNIT)) / STEPS_PER_UNIT


class TitleWords:
    """The naming words of a group of works, each with its weight in the group.

    `mass` is the sum of the weights of the group's works. `names` maps each word to its rarity
    times the mass of the works whose titles have it.
    """

    __slots__ = ("_strongest", "mass", "names")

    def __init__(self, names: Iterable[str], mass: float, rarity: Rarity) -> None:
        self.mass = mass
        self.names: dict[str, float] = {name: rarity.of_word[name] * mass for name in sorted(names)}
        self._strongest: float | None = None

    def absorb(self, other: "TitleWords") -> None:
        """Add the works of another group to this one."""
        self.mass += other.mass
        names = self.names
        for name, weight in other.names.items():
            names[name] = names.get(name, 0.0) + weight
        self._strongest = None

    @property
    def strongest(self) -> float:
        """The weight of the word that characterises the group most, per unit of mass."""
        if self._strongest is None:
            self._strongest = max(self.names.values(), default=0.0) / self.mass
        return self._strongest

    def share(self, word: str, rarity: Rarity) -> float:
        """Return the share of the group, by mass, whose titles have `word` (0..1)."""
        weight = self.names.get(word)
        return weight / (self.mass * rarity.of_word[word]) if weight else 0.0


class SharedWords(NamedTuple):
    """The weight of the best word that two groups share, and of all shared words together."""

    best: float = 0.0
    all: float = 0.0


def affinity(one: TitleWords, other: TitleWords) -> SharedWords:
    """Return the weight of the words that two groups share; each counts by its smaller weight."""
    ours, theirs = one.names, other.names
    both = ours.keys() & theirs.keys()
    if not both:
        return SharedWords()
    weights = [min(ours[name] / one.mass, theirs[name] / other.mass) for name in both]
    weights.sort(reverse=True)
    return SharedWords(weights[0], weights[0] + _OTHERS * sum(weights[_OTHERS_COUNTED]))
