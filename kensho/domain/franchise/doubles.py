"""Finds works of a franchise that are listed twice because catalogues cut them otherwise.

One catalogue lists a series of 49 episodes, others its first part of 20 and the second by itself,
all under one title: "Magic Knight Rayearth". One catalogue puts the singer before a song, or
translates what the others leave. Which records are one work is decided for the whole graph
(`kensho.domain.same_works`), and of the first kind the longer record holds several works. Beside
its parts in a franchise it is the same story a second time, so that it stands with the first part.
One catalogue gives the year in which a film was sold abroad: a title that no other bears tells it.

Guarantees: pure, and independent of the order of works. Of works of one title, year and type none
is a double of another that one catalogue lists beside it, or that continues it.
"""

import math
from collections import Counter, defaultdict
from collections.abc import Container, Iterable, Iterator, Mapping, Sequence, Set
from itertools import combinations
from typing import Final, NamedTuple

from kensho.domain.franchise.inputs import FranchiseWork
from kensho.domain.titles import folded, squeezed

DOUBLE: Final = 0.95
"""How sure it is that a double tells the same story: of 30 in the full catalogue that were read,
none told another."""
_FEW_CATALOGUES: Final = 2
"""What three catalogues list under one title, a fourth does not list under another."""
_AS_LONG_S: Final = 60
"""Catalogues round lengths to minutes."""
_SHARED_UNTIMED: Final = 3
"""Where a catalogue does not say how long a work lasts, so many names must be shared."""
_OWN_SHARE: Final = 0.34
"""A name that more of a franchise bears tells none of its works. Chosen, with the three numbers
above, by reading the pairs that they give: docs/decisions/0044."""
_SEVERAL: Final = 2
_MONTH_CHARS: Final = len("2006-04")
_DAY_CHARS: Final = len("2006-04-03")


class Records(NamedTuple):
    """The works of a graph by node, the other records of each, and the naming words of all."""

    works: Sequence[FranchiseWork]
    also: Sequence[Sequence[FranchiseWork]]
    names: Sequence[Set[str]]

    def of(self, node: int) -> tuple[FranchiseWork, ...]:
        """Return all records of a work, the one that stands for it first."""
        return self.works[node], *self.also[node]

    def providers(self, node: int) -> set[str]:
        """Return the catalogues that list a work."""
        return {source.partition(":")[0] for record in self.of(node) for source in record.sources}

    def titles(self, node: int) -> Iterator[str]:
        """Yield the titles of a work's records."""
        return (title for record in self.of(node) for title in record.titles)


def doubles(
    nodes: Iterable[int], records: Records, told_apart: Mapping[int, Container[int]]
) -> dict[int, int]:
    """Return the nodes of a franchise that are doubles, each with the node that it stands with.

    `told_apart` are the nodes of which a source says how they are related to a node: two parts of a
    series may bear one title. Of works of one title the one stands that is part of such a series,
    else one whose day is known, else the one that most catalogues list.
    """
    ordered = sorted(nodes, key=lambda node: _standing(node, records.works[node], told_apart))
    alike: defaultdict[tuple[str, int | None, str], list[int]] = defaultdict(list)
    for node in ordered:
        work = records.works[node]
        if letters := squeezed(folded(work.title)):
            alike[letters, work.year, work.type].append(node)
    found: dict[int, int] = {}
    for some in alike.values():
        if len(some) > 1:
            found.update(_doubles(some, records, told_apart))
    left = [node for node in ordered if node not in found]
    return found | _listed_otherwise(left, records, told_apart, found.values())


def doubles_by_title(
    nodes: Iterable[int], records: Records, told_apart: Mapping[int, Container[int]]
) -> dict[int, int]:
    """Return the nodes of which a catalogue or two tell another date or count of episodes.

    They bear a title that one other work of the franchise bears, of the same form, and no third; or
    one that no third of that month bears. Both began in one month; or they share two such titles,
    and are of one year or as many episodes. One episode is no double of a list, nor a list of one,
    if more catalogues list the episode.
    """
    ordered = sorted(nodes, key=lambda node: _standing(node, records.works[node], told_apart))
    bearers: defaultdict[tuple[str, ...], list[int]] = defaultdict(list)
    for node in ordered:
        month = _month(records.works[node])
        for title in {squeezed(folded(title)) for title in records.titles(node)} - {""}:
            bearers[(title,)].append(node)
            if month:
                bearers[title, form_of(records.works[node]), month].append(node)
    shared = Counter(
        (some[0], some[1], len(key) == 1) for key, some in bearers.items() if len(some) == _SEVERAL
    )
    titles = {(one, other): shared[one, other, True] for one, other, _ in shared}
    pairs = [
        (first, node)
        for first, node in titles
        if form_of(records.works[first]) == form_of(records.works[node])
        and _are_listed_apart(first, node, records, told_apart)
    ]
    partners = Counter(end for pair in pairs for end in pair)
    return {
        node: first
        for first, node in pairs
        if partners[first] == partners[node] == 1
        and _agree(records.works[first], records.works[node], titles[first, node])
    }


def _month(work: FranchiseWork) -> str:
    """Return the month in which a work began, or nothing."""
    return work.date[:_MONTH_CHARS] if len(work.date) >= _MONTH_CHARS else ""


def _agree(first: FranchiseWork, then: FranchiseWork, titles: int) -> bool:
    """Tell whether works of one form and so many own titles are one; the `first` would stand."""
    counts = [work.episodes for work in (first, then) if work.episodes is not None]
    differ = len(set(counts)) == _SEVERAL
    if differ and first.episodes == 1:
        return False
    if _month(first) and _month(first) == _month(then):
        return True
    # Seasons of a series may share titles, and of what still runs nobody knows the end.
    is_told = len(counts) == _SEVERAL or form_of(first) != "series"
    is_of_one_year = first.year is not None and first.year == then.year
    return titles >= _SEVERAL and (is_of_one_year or (is_told and not differ))


def form_of(work: FranchiseWork) -> str:
    """Return the type of a work, where what is broadcast and what is streamed are both a series."""
    return "series" if work.type in ("tv", "ona") else work.type


def _standing(
    node: int, work: FranchiseWork, told_apart: Container[int]
) -> tuple[bool, bool, int, int]:
    return node not in told_apart, len(work.date) < _DAY_CHARS, -len(work.sources), node


def _doubles(
    alike: Sequence[int], records: Records, told_apart: Mapping[int, Container[int]]
) -> dict[int, int]:
    """Return the doubles among works of one title, year and type, of which the first is none."""
    kept: list[tuple[int, set[str]]] = []
    found: dict[int, int] = {}
    for node in alike:
        providers = records.providers(node)
        for first, theirs in kept:
            is_known = theirs and providers  # A work that no catalogue lists is no record of one.
            if is_known and theirs.isdisjoint(providers) and first not in told_apart.get(node, ()):
                found[node] = first
                theirs.update(providers)
                break
        else:
            kept.append((node, providers))
    return found


def _listed_otherwise(
    ordered: Sequence[int],
    records: Records,
    told_apart: Mapping[int, Container[int]],
    taken: Iterable[int],
) -> dict[int, int]:
    """Return the works that a catalogue or two list under another title: "Yorushika: Hebi".

    They are of the year, type and length of another work and share a name with it that hardly any
    fellow bears (three, if nobody says how long they last), and with no other so many. Works of
    `taken` have a double already.
    """
    bearers = Counter(name for node in ordered for name in records.names[node])
    most = max(2, int(_OWN_SHARE * len(ordered)))
    own = {
        node: {name for name in records.names[node] if bearers[name] <= most} for node in ordered
    }
    pairs = [
        (shared, one, other)
        for one, other in _beside_one_another(ordered, records.works)
        if (shared := len(own[one] & own[other])) >= _least_shared(one, other, records.works)
        and _may_be_one(one, other, records, told_apart)
    ]
    most_shared: Counter[int] = Counter()
    for shared, *ends in pairs:
        for end in ends:
            most_shared[end] = max(most_shared[end], shared)
    best = [pair for pair in pairs if pair[0] == most_shared[pair[1]] == most_shared[pair[2]]]
    partners = Counter(end for _, *ends in best for end in ends)
    busy = set(taken)
    return {
        node: first
        for _, first, node in best
        if partners[first] == partners[node] == 1 and busy.isdisjoint((first, node))
    }


def _beside_one_another(
    ordered: Iterable[int], works: Sequence[FranchiseWork]
) -> Iterator[tuple[int, int]]:
    """Yield each two works of a year and type, in the order given."""
    beside: defaultdict[tuple[int, str], list[int]] = defaultdict(list)
    for node in ordered:
        work = works[node]
        if work.year is not None:
            beside[work.year, work.type].append(node)
    for some in beside.values():
        yield from combinations(some, 2)


def _least_shared(one: int, other: int, works: Sequence[FranchiseWork]) -> float:
    """Return how many names two works must share, by how alike they last."""
    lengths = [length for node in (one, other) if (length := works[node].duration_s)]
    if len(lengths) < _SEVERAL:
        return _SHARED_UNTIMED
    return 1 if max(lengths) - min(lengths) <= _AS_LONG_S else math.inf


def _may_be_one(
    one: int, other: int, records: Records, told_apart: Mapping[int, Container[int]]
) -> bool:
    first, then = records.works[one], records.works[other]
    counts = {count for count in (first.episodes, then.episodes) if count is not None}
    return len(counts) < _SEVERAL and _are_listed_apart(one, other, records, told_apart)


def _are_listed_apart(
    one: int, other: int, records: Records, told_apart: Mapping[int, Container[int]]
) -> bool:
    """Tell whether no catalogue lists both works, few list one, and nobody says how they relate."""
    ours, theirs = records.providers(one), records.providers(other)
    return (
        0 < min(len(ours), len(theirs)) <= _FEW_CATALOGUES
        and ours.isdisjoint(theirs)
        and other not in told_apart.get(one, ())
    )
