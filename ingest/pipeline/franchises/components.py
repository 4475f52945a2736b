"""Connected components: works that relations connect, and a digest of what is computed from them.

The kinds and franchises of a component depend on it alone, and on how rare its words are among all
titles; so a component whose digest is unchanged need not be computed again.

Guarantees: neither components nor digests depend on the order of inputs.

Performance: 1 s for 26,000 works with 80,000 relations.
"""

import hashlib
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple, TypeVar
from uuid import UUID

from ingest.pipeline.franchises.inputs import FranchiseInputs, WorkCollection, relation_of
from ingest.pipeline.franchises.title_words import CatalogueTitleWords
from ingest.pipeline.relations import RelationEdge
from kensho.domain.franchise.inputs import Relation, relation_key
from kensho.domain.graphs import connected

Pair = TypeVar("Pair", RelationEdge, Relation)


class Component(NamedTuple):
    """Connected works in the order of their ids, and all that connects them, in order."""

    works: Sequence[UUID]
    relations: Sequence[RelationEdge]
    same: Sequence[Relation]
    collections: Sequence[WorkCollection]

    @property
    def key(self) -> UUID:
        """The smallest id, by which the component is known."""
        return self.works[0]


def components_of(inputs: FranchiseInputs) -> dict[UUID, Component]:
    """Return every component of two works or more, by its key."""
    home = connected(_links(inputs))
    works: defaultdict[UUID, list[UUID]] = defaultdict(list)
    for work in sorted(home):
        works[home[work]].append(work)
    relations = _by_component(sorted(inputs.relations, key=_ends), home)
    same = _by_component(sorted(inputs.same, key=relation_key), home)
    collections: defaultdict[UUID, list[WorkCollection]] = defaultdict(list)
    for collected in sorted(inputs.collections):
        collections[home[collected.works[0]]].append(collected)
    return {
        key: Component(some, relations[key], same[key], collections[key])
        for key, some in works.items()
        if len(some) > 1
    }


def component_digest(
    component: Component, inputs: FranchiseInputs, words: CatalogueTitleWords, rules: str
) -> str:
    """Return a digest of everything that goes into the computation of a component."""
    digest = hashlib.blake2b(rules.encode(), digest_size=12)
    for work in component.works:
        pages = ",".join(sorted(inputs.pages.get(work, ())))
        digest.update(
            f"\n{inputs.heads[work].digest} {inputs.votes.get(work, 0)} {pages} ".encode()
        )
        digest.update(words.levels(work))
    for line in _lines(component, inputs):
        digest.update(line.encode())
    return digest.hexdigest()


def _lines(component: Component, inputs: FranchiseInputs) -> Iterator[str]:
    for edge in component.relations:
        one = relation_of(edge)
        yield f"\n{one.source.hex}{one.target.hex}{one.kind} {one.method} {one.confidence}"
        for work, other in ((one.source, one.target), (one.target, one.source)):
            yield " " + ",".join(sorted(inputs.listings.of(work, other)))
    for one in component.same:
        yield f"\n= {one.source.hex}{one.target.hex} {one.method} {one.confidence}"
    for title, works in component.collections:
        yield f"\n{title}: {''.join(work.hex for work in works)}"


def _links(inputs: FranchiseInputs) -> Iterator[Sequence[UUID]]:
    yield from ((edge.source, edge.target) for edge in inputs.relations)
    yield from ((one.source, one.target) for one in inputs.same)
    yield from (collected.works for collected in inputs.collections)
    yield from (works for works in inputs.joined if works)


def _ends(edge: Pair) -> tuple[UUID, UUID]:
    return edge.source, edge.target


def _by_component(
    pairs: Iterable[Pair], home: Mapping[UUID, UUID]
) -> defaultdict[UUID, list[Pair]]:
    """Return pairs by the component that they are in."""
    found: defaultdict[UUID, list[Pair]] = defaultdict(list)
    for pair in pairs:
        found[home[pair.source]].append(pair)
    return found
