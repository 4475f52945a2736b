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
    WorkCollection,
    is_untyped,
    relation_of,
    with_inferred_kinds,
)
from ingest.pipeline.franchises.rows import FranchiseContent, contents_of
from ingest.pipeline.franchises.rules import FranchiseRules
from ingest.pipeline.franchises.work_facts import FranchiseWorkRow, pair_facts, works_of
from ingest.pipeline.listings import ListedPair, Listings
from ingest.pipeline.relations import RelationEdge
from kensho.domain.franchise.franchises import grouped_franchises
from kensho.domain.franchise.inputs import Relation
from kensho.domain.franchise.work_groups import GroupKeys
from kensho.domain.inference.features import TELLERS, Pair, Reader
from kensho.domain.inference.model import Inference, infer
from kensho.domain.inference.neighbourhood import RelatedPairs
from kensho.domain.inference.retellings import ONWARD, Retellings
from kensho.domain.popularity import PopularityFacts
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
    """What came of a batch of components: inferred kinds, and franchises as they are stored.

    `groups` are those that each work came into.
    """

    inferred: list[InferredKind]
    contents: list[FranchiseContent]
    groups: dict[UUID, GroupKeys]


class ComputedFranchises(NamedTuple):
    """Franchises as they are stored, and the groups that each work came into."""

    contents: list[FranchiseContent]
    groups: dict[UUID, GroupKeys]


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
        self._facts: dict[UUID, PopularityFacts] | None = None

    def remember_works(self) -> None:
        """Keep what is read of works from one computation for the next."""
        self._facts = {}

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
        same = [relation for one in batch for relation in one.same]
        stated = [collection for one in batch for collection in one.collections]
        ordered = [rows[work] for one in batch for work in one.works]
        made = self.franchises(relations, same, stated, ordered)
        return ComputedBatch(inferred, made.contents, made.groups)

    def franchises(
        self,
        relations: Sequence[RelationEdge],
        same: Sequence[Relation],
        collected: Iterable[WorkCollection],
        rows: Sequence[FranchiseWorkRow],
        joined: Mapping[UUID, UUID] | None = None,
    ) -> ComputedFranchises:
        """Return the franchises of works, given all that connects them, with inferred kinds.

        Where only the works of some groups are wanted, which `joined` names by work, all others
        count for how well known these are.
        """
        kinds: list[tuple[UUID, UUID, Kind]] = [(e.source, e.target, e.kind) for e in relations]
        works = works_of(rows, kinds, self._known.votes, self._tag_names, self._facts)
        known_relations = [*map(relation_of, relations), *same]
        tied = {end for one in known_relations for end in (one.source, one.target)}
        if joined is not None:
            works = {key: work for key, work in works.items() if key in joined}
        collections, added = collection_relations(collected, works, tied)
        made, groups = grouped_franchises(
            works.values(),
            [*known_relations, *added],
            self._rules.policy,
            collections=collections,
            rare=self._rare,
            joined=joined,
        )
        return ComputedFranchises(list(contents_of(made, works, same)), groups)

    def inferred_of(
        self,
        pairs: Iterable[RelationEdge],
        around: Sequence[RelationEdge],
        rows: Iterable[FranchiseWorkRow],
        retold: Retellings,
    ) -> list[InferredKind]:
        """Return the kinds that are inferred of relations of which that can be done.

        `around` are all relations of their works and of those that are related to these, `rows`
        those of their works and of what is related to these.
        """
        asked = list(pairs)
        ends = {end for edge in asked for end in (edge.source, edge.target)}
        related = _by_names(around)
        stated: list[tuple[str, str, Kind]] = [
            (a, b, e.kind)
            for (a, b), e in related.items()
            if not is_untyped(e) and not ends.isdisjoint((e.source, e.target))
        ]
        pairs_around = self._related_pairs(rows, related, stated)
        found = (pairs_around.pair(str(edge.source), str(edge.target)) for edge in asked)
        return list(self._kinds_of(found, related, retold))

    def _inferred(
        self, components: Sequence[Component], rows: Mapping[UUID, FranchiseWorkRow]
    ) -> list[InferredKind]:
        """Return the kinds that can be inferred of the untyped relations of some components."""
        edges = [edge for one in components for edge in one.relations]
        related = _by_names(edges)
        stated: list[tuple[str, str, Kind]] = [
            (a, b, e.kind) for (a, b), e in related.items() if not is_untyped(e)
        ]
        own = [rows[work] for one in components for work in one.works]
        retold = Retellings((edge.source, edge.target, edge.kind) for edge in edges)
        untold = self._related_pairs(own, related, stated).untold()
        return list(self._kinds_of(untold, related, retold))

    def _related_pairs(
        self,
        rows: Iterable[FranchiseWorkRow],
        related: Mapping[tuple[str, str], RelationEdge],
        stated: Iterable[tuple[str, str, Kind]],
    ) -> RelatedPairs:
        pages = self._known.pages
        works = {end for e in related.values() for end in (e.source, e.target)}
        return RelatedPairs(
            (self._reader.profile(pair_facts(row, self._tag_names)) for row in rows),
            related,
            stated,
            dict(self._listed(related)),
            {str(work): pages[work] for work in works if work in pages},
        )

    def _kinds_of(
        self,
        pairs: Iterable[Pair],
        related: Mapping[tuple[str, str], RelationEdge],
        retold: Retellings,
    ) -> Iterator[InferredKind]:
        for pair in pairs:
            found = infer(self._rules.model, pair)
            edge = related[pair.a.profile.facts.key, pair.b.profile.facts.key]
            if found is not None and (
                found.kind not in ONWARD or not retold.tell_apart(edge.source, edge.target)
            ):
                yield InferredKind(edge.source, edge.target, self._assertion(found))

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


def _by_names(edges: Iterable[RelationEdge]) -> dict[tuple[str, str], RelationEdge]:
    """Return relations by the texts of their ends, each work having one text."""
    names: dict[UUID, str] = {}
    return {
        (
            names.setdefault(edge.source, str(edge.source)),
            names.setdefault(edge.target, str(edge.target)),
        ): edge
        for edge in edges
    }
