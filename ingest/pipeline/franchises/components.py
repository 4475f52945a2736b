"""Parts: works that ties connect, and a digest of all that is computed from them.

What is inferred and grown in one part depends on that part alone, and on how rare its words are
among all titles; so a part whose digest stands need not be computed again.

Guarantees: neither parts nor digests depend on the order of inputs.

Performance: 1 s for 26,000 works with 80,000 ties.
"""

import hashlib
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple, TypeVar
from uuid import UUID

from ingest.pipeline.franchises.inputs import CollectedRelations, FranchiseInputs, relation_of
from ingest.pipeline.franchises.title_words import CatalogueTitleWords
from ingest.pipeline.relations import RelationEdge

Tied = TypeVar("Tied", RelationEdge, tuple[UUID, UUID])


class Component(NamedTuple):
    """Connected works in the order of their ids, and all that ties them, in order."""

    works: Sequence[UUID]
    relations: Sequence[RelationEdge]
    same: Sequence[tuple[UUID, UUID]]
    collections: Sequence[CollectedRelations]

    @property
    def key(self) -> UUID:
        """The smallest id, by which the part is known."""
        return self.works[0]


def components_of(inputs: FranchiseInputs) -> dict[UUID, Component]:
    """Return every part of two works or more, by its key."""
    home = connected(_links(inputs))
    works: defaultdict[UUID, list[UUID]] = defaultdict(list)
    for work in sorted(home):
        works[home[work]].append(work)
    relations = _shared_out(sorted(inputs.relations, key=_ends), home)
    same = _shared_out(sorted(inputs.same), home)
    collections: defaultdict[UUID, list[CollectedRelations]] = defaultdict(list)
    for collected in sorted(inputs.collections):
        collections[home[collected.works[0]]].append(collected)
    return {
        key: Component(some, relations[key], same[key], collections[key])
        for key, some in works.items()
        if len(some) > 1
    }


def connected(links: Iterable[Sequence[UUID]]) -> dict[UUID, UUID]:
    """Return for each work the smallest of those that links connect it with."""
    above: dict[UUID, UUID] = {}

    def top(work: UUID) -> UUID:
        while above.setdefault(work, work) is not work:
            above[work] = work = above[above[work]]
        return work

    for first, *others in links:
        one = top(first)
        for work in others:
            other = top(work)
            if one is not other:
                low, high = (one, other) if one < other else (other, one)
                above[high] = one = low
    return {work: top(work) for work in list(above)}


def digest_of(
    part: Component, inputs: FranchiseInputs, words: CatalogueTitleWords, rules: str
) -> str:
    """Return a digest of everything that goes into the computation of a part."""
    told = hashlib.blake2b(rules.encode(), digest_size=12)
    for work in part.works:
        pages = ",".join(sorted(inputs.pages.get(work, ())))
        told.update(f"\n{inputs.heads[work].digest} {inputs.votes.get(work, 0)} {pages} ".encode())
        told.update(words.levels(work))
    for line in _lines(part, inputs):
        told.update(line.encode())
    return told.hexdigest()


def _lines(part: Component, inputs: FranchiseInputs) -> Iterator[str]:
    for edge in part.relations:
        tie = relation_of(edge)
        yield f"\n{tie.source.hex}{tie.target.hex}{tie.kind} {tie.method} {tie.confidence}"
        for one, other in ((tie.source, tie.target), (tie.target, tie.source)):
            yield " " + ",".join(sorted(inputs.listings.of(one, other)))
    for one, other in part.same:
        yield f"\n= {one.hex}{other.hex}"
    for title, works in part.collections:
        yield f"\n{title}: {''.join(work.hex for work in works)}"


def _links(inputs: FranchiseInputs) -> Iterator[Sequence[UUID]]:
    yield from ((edge.source, edge.target) for edge in inputs.relations)
    yield from inputs.same
    yield from (collected.works for collected in inputs.collections)
    yield from (works for works in inputs.together if works)


def _ends(edge: RelationEdge) -> tuple[UUID, UUID]:
    return edge.source, edge.target


def _shared_out(ties: Iterable[Tied], home: Mapping[UUID, UUID]) -> defaultdict[UUID, list[Tied]]:
    """Return ties by the part that they are in; the first item of a tie is a work."""
    found: defaultdict[UUID, list[Tied]] = defaultdict(list)
    for tie in ties:
        found[home[tie[0]]].append(tie)
    return found
