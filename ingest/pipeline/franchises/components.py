"""Connected components: works that relations connect, and digests of what is computed from them.

The kinds and franchises of a component depend on it alone, and on how rare its words are among all
titles; so a component whose digests are unchanged need not be computed again.

Guarantees: neither components nor digests depend on the order of inputs.

Performance: 1 s for 26,000 works with 80,000 relations.
"""

import hashlib
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Final, NamedTuple, Self, TypeVar
from uuid import UUID

from ingest.pipeline.franchises.inputs import FranchiseInputs, WorkCollection, relation_of
from ingest.pipeline.franchises.title_words import CatalogueTitleWords
from ingest.pipeline.franchises.work_facts import settled_score
from ingest.pipeline.relations import RelationEdge
from kensho.domain.franchise.inputs import Relation, relation_key
from kensho.domain.graphs import connected

Pair = TypeVar("Pair", RelationEdge, Relation)

_DIGEST_BYTES: Final = 12


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


class ComponentDigests(NamedTuple):
    """Digests of all that is computed from: that of the inferred kinds, and that of all else too.

    Kinds do not depend on how well known a work is: they stand where a score has moved so far that
    franchises are computed anew.
    """

    kinds: str
    franchises: str

    @classmethod
    def parsed(cls, text: str) -> Self:
        """Return the digests that are stored; one of an older form is known of nothing."""
        kinds, _, franchises = text.partition(".")
        return cls(kinds, franchises) if franchises else cls("", "")

    @property
    def text(self) -> str:
        """The form in which they are stored."""
        return ".".join(self)


def work_digests(
    component: Component, inputs: FranchiseInputs, words: CatalogueTitleWords
) -> dict[UUID, bytes]:
    """Return by work the digests, for kinds and for all else, of what is known of it.

    What is known of two works is in the digest of one: of a relation in that of its source.
    """
    relations: defaultdict[UUID, list[str]] = defaultdict(list)
    for edge in component.relations:
        relations[edge.source].append(_relation_line(edge, inputs))
    groups: defaultdict[UUID, list[str]] = defaultdict(list)
    for work, line in _group_lines(component):
        groups[work].append(line)
    return {
        work: _kinds_digest(work, inputs, relations.get(work, ()))
        + _franchise_digest(work, inputs, words, groups.get(work, ()))
        for work in component.works
    }


def component_digests(
    works: Iterable[UUID], of_work: Mapping[UUID, bytes], rules: str
) -> ComponentDigests:
    """Return digests of everything that goes into the computation of these works, in order."""
    kinds, franchises = (hashlib.blake2b(rules.encode(), digest_size=_DIGEST_BYTES) for _ in "kf")
    for work in works:
        own = of_work[work]
        kinds.update(own[:_DIGEST_BYTES])
        franchises.update(own)
    return ComponentDigests(kinds.hexdigest(), franchises.hexdigest())


def _kinds_digest(work: UUID, inputs: FranchiseInputs, relations: Iterable[str]) -> bytes:
    known = inputs.heads[work].digests
    pages = ",".join(sorted(inputs.pages.get(work, ())))
    digest = hashlib.blake2b(digest_size=_DIGEST_BYTES)
    digest.update(f"{work.hex} {known.facts} {known.tags} {pages} ".encode())
    digest.update("".join(relations).encode())
    return digest.digest()


def _franchise_digest(
    work: UUID, inputs: FranchiseInputs, words: CatalogueTitleWords, groups: Iterable[str]
) -> bytes:
    score = settled_score(inputs.heads[work].score)
    digest = hashlib.blake2b(digest_size=_DIGEST_BYTES)
    digest.update(f"{score} {inputs.votes.get(work, 0)} ".encode())
    digest.update(words.levels(work))
    digest.update(inputs.decided.get(work, b""))
    digest.update("".join(groups).encode())
    return digest.digest()


def _relation_line(edge: RelationEdge, inputs: FranchiseInputs) -> str:
    one = relation_of(edge)
    lists, listed = (
        ",".join(sorted(inputs.listings.of(work, other)))
        for work, other in ((one.source, one.target), (one.target, one.source))
    )
    return f"\n{one.target.hex}{one.kind} {one.method} {one.confidence} {lists} {listed}"


def _group_lines(component: Component) -> Iterator[tuple[UUID, str]]:
    for one in component.same:
        yield one.source, f"\n= {one.target.hex} {one.method} {one.confidence}"
    for title, works in component.collections:
        yield works[0], f"\n{title}: {''.join(work.hex for work in works)}"


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
