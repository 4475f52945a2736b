"""Infer the kinds of untyped relations of components, and cluster their works to franchises.

Pure: a batch of components, with the rows of their works, in; kinds and franchises out. So it may
be done in another process (`ingest.pipeline.franchises.helper`), which is handed a
`ComputingInputs` that speaks of its components alone.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Final, NamedTuple
from uuid import UUID

import msgspec

from ingest.pipeline.franchises.components import Component
from ingest.pipeline.franchises.film_collections import collection_relations
from ingest.pipeline.franchises.inputs import (
    FranchiseInputs,
    InferredKind,
    is_untyped,
    relation_of,
    with_inferred_kinds,
)
from ingest.pipeline.franchises.rows import FranchiseContent, contents_of
from ingest.pipeline.franchises.rules import FranchiseRules
from ingest.pipeline.franchises.work_facts import FranchiseWorkRow, pair_facts, works_of
from ingest.pipeline.listings import ListedPair, Listings
from ingest.pipeline.relations import RelationEdge
from kensho.domain.franchise.franchises import franchises
from kensho.domain.inference.features import TELLERS, Reader
from kensho.domain.inference.model import Inference, infer
from kensho.domain.inference.neighbourhood import RelatedPairs
from kensho.domain.inference.retellings import ONWARD, Retellings
from kensho.domain.relations import Assertion, Kind
from kensho.domain.title_words import Rarity

SOURCE: Final = "kensho"
_DIGITS: Final = 4
"""Of a confidence: what else differs between machines is noise of their arithmetic."""


class ComputingInputs(msgspec.Struct, frozen=True):
    """What batches are computed by, besides their components and the rows of their works.

    `rare` are the words of all titles; listings, pages and votes are those of the works concerned.
    """

    rules: FranchiseRules
    rare: Rarity
    tag_names: Mapping[UUID, str]
    listings: Sequence[ListedPair]
    pages: Mapping[UUID, frozenset[str]]
    votes: Mapping[UUID, int]


class ComputedBatch(msgspec.Struct, frozen=True):
    """What came of a batch of components: inferred kinds, and franchises as they are stored."""

    inferred: list[InferredKind]
    contents: list[FranchiseContent]


class _Known(NamedTuple):
    listings: Listings
    pages: Mapping[UUID, frozenset[str]]
    votes: Mapping[UUID, int]


class FranchiseComputing:
    """Computes batches of components under the rules."""

    def __init__(
        self, rules: FranchiseRules, rare: Rarity, tag_names: Mapping[UUID, str], known: _Known
    ) -> None:
        self._rules = rules
        self._rare = rare
        self._tag_names = tag_names
        self._known = known
        self._reader = Reader(rules.model.vocabulary)

    @classmethod
    def among(
        cls,
        inputs: FranchiseInputs,
        rules: FranchiseRules,
        rare: Rarity,
        tag_names: Mapping[UUID, str],
    ) -> "FranchiseComputing":
        """Compute batches of all that there is."""
        return cls(rules, rare, tag_names, _Known(inputs.listings, inputs.pages, inputs.votes))

    @classmethod
    def of(cls, told: ComputingInputs) -> "FranchiseComputing":
        """Compute batches by what `told` tells of them."""
        known = _Known(Listings.of_pairs(told.listings), told.pages, told.votes)
        return cls(told.rules, told.rare, told.tag_names, known)

    def told(self, components: Iterable[Component]) -> ComputingInputs:
        """Return what these components are computed by."""
        some = list(components)
        works = {work for one in some for work in one.works}
        ends = ((e.source, e.target) for one in some for e in one.relations)
        pages, votes = self._known.pages, self._known.votes
        return ComputingInputs(
            self._rules,
            self._rare,
            self._tag_names,
            list(self._known.listings.pairs(ends)),
            {work: pages[work] for work in works if work in pages},
            {work: votes[work] for work in works if work in votes},
        )

    def batch(
        self,
        batch: Sequence[Component],
        found: Iterable[FranchiseWorkRow],
        known: Mapping[UUID, Sequence[InferredKind]],
    ) -> ComputedBatch:
        """Compute a batch of components, given the rows of their works.

        `known` are the inferred kinds of those in which they need not be inferred anew, by key.
        """
        rows = {row.id: row for row in found}
        untold = [one for one in batch if one.key not in known]
        inferred = self._inferred(
            [one for one in untold if any(map(self._is_inferable, one.relations))], rows
        )
        inferred += [kind for one in batch for kind in known.get(one.key, ())]
        relations = with_inferred_kinds((edge for one in batch for edge in one.relations), inferred)
        kinds: list[tuple[UUID, UUID, Kind]] = [(e.source, e.target, e.kind) for e in relations]
        works = works_of(list(rows.values()), kinds, self._known.votes, self._tag_names)
        same = [relation for one in batch for relation in one.same]
        stated = (collection for one in batch for collection in one.collections)
        known_relations = [*map(relation_of, relations), *same]
        tied = {end for one in known_relations for end in (one.source, one.target)}
        collections, joined = collection_relations(stated, works, tied)
        made = franchises(
            works.values(),
            [*known_relations, *joined],
            self._rules.policy,
            collections=collections,
            rare=self._rare,
        )
        return ComputedBatch(inferred, list(contents_of(made, works, same)))

    def _inferred(
        self, components: Sequence[Component], rows: Mapping[UUID, FranchiseWorkRow]
    ) -> list[InferredKind]:
        """Return the kinds that can be inferred of the untyped relations of some components."""
        edges = [edge for one in components for edge in one.relations]
        names = {work: str(work) for one in components for work in one.works}
        related = {(names[e.source], names[e.target]): e for e in edges}
        pages = self._known.pages
        around = RelatedPairs(
            (self._reader.profile(pair_facts(rows[work], self._tag_names)) for work in names),
            related,
            [(a, b, e.kind) for (a, b), e in related.items() if not is_untyped(e)],
            dict(self._listed(related)),
            {names[work]: pages[work] for work in names if work in pages},
        )
        retold = Retellings((edge.source, edge.target, edge.kind) for edge in edges)
        return [
            InferredKind(edge.source, edge.target, self._assertion(found))
            for pair in around.untold()
            if (found := infer(self._rules.model, pair)) is not None
            for edge in [related[pair.a.profile.facts.key, pair.b.profile.facts.key]]
            if found.kind not in ONWARD or not retold.tell_apart(edge.source, edge.target)
        ]

    def _is_inferable(self, edge: RelationEdge) -> bool:
        """Tell whether a pair is one that `RelatedPairs.untold` yields, which is dear to ask."""
        if not is_untyped(edge):
            return False
        one, other, listed = edge.source, edge.target, self._known.listings.of
        is_paged = one in self._known.pages and other in self._known.pages
        return not is_paged or not TELLERS.isdisjoint(listed(one, other) | listed(other, one))

    def _listed(
        self, related: Mapping[tuple[str, str], RelationEdge]
    ) -> Iterator[tuple[tuple[str, str], frozenset[str]]]:
        for (a, b), edge in related.items():
            yield (a, b), self._known.listings.of(edge.source, edge.target)
            yield (b, a), self._known.listings.of(edge.target, edge.source)

    def _assertion(self, found: Inference) -> Assertion:
        sure = round(found.confidence, _DIGITS)
        version = self._rules.model_version
        return Assertion(SOURCE, version, found.kind, "inferred", sure, found.because)
