"""How rare the words of all titles are, and which of them each work bears.

Guarantees: the same works give the same, whatever the order of reading. A word is a number here, a
work's words an array of such: 40 MB for the 320,000 titles of the graph, read in 3 s.
"""

from array import array
from collections.abc import Mapping, Sequence
from uuid import UUID

from kensho.domain.franchise.policy import Policy
from kensho.domain.title_words import LEAST_RARITY, STEPS_PER_UNIT, Rarity, rarity_among, words_of


class CatalogueTitleWords:
    """The words of works; `finish` when all are added.

    Given how rare words are `known` to be among all titles, only the works whose words are asked
    for have to be added.
    """

    def __init__(self, policy: Policy, known: Mapping[str, float] | None = None) -> None:
        self._known = known
        self.anthology: dict[str, set[UUID]] = {one.title: set() for one in policy.anthology}
        """The works of each omnibus project, by their titles."""
        self._forms = policy.nameless
        self._own_titles = policy.own_titles
        self._starts = {
            one.title: tuple(name.casefold() for name in one.names) for one in policy.anthology
        }
        self._any_start = tuple(start for some in self._starts.values() for start in some)
        self._number: dict[str, int] = {}
        self._bearers: list[int] = []
        self._of_work: dict[UUID, array[int]] = {}
        self._levels = array("H")

    def add(self, work: UUID, titles: Sequence[str]) -> None:
        """Learn a work."""
        words = words_of(self._own_titles(titles))
        numbers = array("I", map(self._numbered, sorted(words)))
        for number in numbers:
            self._bearers[number] += 1
        self._of_work[work] = numbers
        if self._any_start:
            for title in titles:
                if (start := title.casefold()).startswith(self._any_start):
                    self._gather(work, start)

    def finish(self) -> Rarity:
        """Return how rare words are; words that name nothing are left out."""
        if self._known is not None:
            known = Rarity(self._known, self._forms)
            self._levels = array("H", (self._level(known, word) for word in self._number))
            return known
        counted = dict(zip(self._number, self._bearers, strict=True))
        whole = rarity_among(len(self._of_work), counted, self._forms)
        self._levels = array("H", (self._level(whole, word) for word in self._number))
        rare = {word: rarity for word, rarity in whole.of_word.items() if rarity >= LEAST_RARITY}
        return Rarity(rare, self._forms)

    def levels(self, work: UUID) -> bytes:
        """Return the rarity of a work's words, in their order; nil for those that name nothing.

        Two bytes each: among 344,000 works and more, the rarest is over 255 steps.
        """
        levels = map(self._levels.__getitem__, self._of_work.get(work, ()))
        return array("H", levels).tobytes()

    def _level(self, rarity: Rarity, word: str) -> int:
        of_word = rarity.of_word.get(word, 0.0)
        return (
            round(of_word * STEPS_PER_UNIT)
            if of_word >= LEAST_RARITY and rarity.may_name(word)
            else 0
        )

    def _numbered(self, word: str) -> int:
        number = self._number.setdefault(word, len(self._bearers))
        if number == len(self._bearers):
            self._bearers.append(0)
        return number

    def _gather(self, work: UUID, title: str) -> None:
        for project, starts in self._starts.items():
            if starts and title.startswith(starts):
                self.anthology[project].add(work)
