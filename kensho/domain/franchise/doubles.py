"""Finds works of a franchise that are listed twice because catalogues cut them otherwise.

One catalogue lists a series of 49 episodes, others its first part of 20 and the second by itself,
all under one title: "Magic Knight Rayearth". Which records are one work is decided for the whole
graph (`kensho.domain.same_works`), and these are not one: the longer record holds several. Beside
its parts in a franchise it is the same story a second time, so that it stands with the first part.

Guarantees: pure, and independent of the order of works. Of works of one title, year and type none
is a double of another that one catalogue lists beside it, or that continues it.
"""

from collections import defaultdict
from collections.abc import Container, Iterable, Mapping, Sequence
from typing import Final

from kensho.domain.franchise.inputs import FranchiseWork
from kensho.domain.titles import folded, squeezed

DOUBLE: Final = 0.95
"""How sure it is that a double tells the same story: of 30 in the full catalogue that were read,
none told another."""
_YEAR_CHARS: Final = 4
_DAY_CHARS: Final = len("2006-04-03")


def doubles(
    nodes: Iterable[int],
    works: Sequence[FranchiseWork],
    also: Sequence[Sequence[FranchiseWork]],
    told_apart: Mapping[int, Container[int]],
) -> dict[int, int]:
    """Return the nodes of a franchise that are doubles, each with the node that it stands with.

    `also` are the other records of each node. `told_apart` are the nodes of which a source says how
    they are related to a node: two parts of a series may bear one title. Of works of one title the
    one stands that is part of such a series, else one whose day is known, else the one that most
    catalogues list.
    """
    alike: defaultdict[tuple[str, str, str], list[int]] = defaultdict(list)
    for node in nodes:
        work = works[node]
        if letters := squeezed(folded(work.title)):
            alike[letters, work.date[:_YEAR_CHARS], work.type].append(node)
    found: dict[int, int] = {}
    for some in alike.values():
        if len(some) > 1:
            some.sort(key=lambda node: _standing(node, works[node], told_apart))
            found.update(_doubles(some, works, also, told_apart))
    return found


def _standing(
    node: int, work: FranchiseWork, told_apart: Container[int]
) -> tuple[bool, bool, int, int]:
    return node not in told_apart, len(work.date) < _DAY_CHARS, -len(work.sources), node


def _doubles(
    alike: Sequence[int],
    works: Sequence[FranchiseWork],
    also: Sequence[Sequence[FranchiseWork]],
    told_apart: Mapping[int, Container[int]],
) -> dict[int, int]:
    """Return the doubles among works of one title, year and type, of which the first is none."""
    kept: list[tuple[int, set[str]]] = []
    found: dict[int, int] = {}
    for node in alike:
        providers = {
            source.partition(":")[0]
            for record in (works[node], *also[node])
            for source in record.sources
        }
        for first, theirs in kept:
            is_known = theirs and providers  # A work that no catalogue lists is no record of one.
            if is_known and theirs.isdisjoint(providers) and first not in told_apart.get(node, ()):
                found[node] = first
                theirs.update(providers)
                break
        else:
            kept.append((node, providers))
    return found
