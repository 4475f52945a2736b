"""Compute components: infer the kinds of untyped relations, then cluster works to franchises.

Components are read and computed in batches, so that memory holds the works of one batch; while one
is being computed the next is already read.

Performance: 20 s for the 26,000 works that any relation connects.
"""

import asyncio
from collections.abc import AsyncIterator, Iterable, Iterator, Mapping, Sequence
from typing import Final, NamedTuple
from uuid import UUID

from ingest.pipeline.franchises.components import Component
from ingest.pipeline.franchises.film_collections import collection_relations
from ingest.pipeline.franchises.inputs import (
    FranchiseInputs,
    InferredKind,
    is_untyped,
    relation_of,
    with_inferred_kinds,
)
from ingest.pipeline.franchises.rules import FranchiseRules
from ingest.pipeline.franchises.work_facts import (
    SYNOPSIS_CHARS,
    FranchiseWorkRow,
    pair_facts,
    works_of,
)
from ingest.pipeline.record_store import DEADLINE_S, as_json
from ingest.pipeline.relations import RelationEdge
from kensho.domain.franchise.franchises import Franchise, franchises
from kensho.domain.franchise.inputs import FranchiseWork, Relation
from kensho.domain.inference.features import TELLERS, Reader
from kensho.domain.inference.model import Inference, infer
from kensho.domain.inference.neighbourhood import RelatedPairs
from kensho.domain.inference.retellings import ONWARD, Retellings
from kensho.domain.relations import Assertion, Kind
from kensho.domain.title_words import Rarity
from kensho.domain.works import WorkKind
from kensho.storage.gateway import Gateway

WORKS_A_BATCH: Final = 1000
"""About 20 MB while they are read; a larger component is computed whole, and read in batches."""
SOURCE: Final = "kensho"
_DIGITS: Final = 4
"""Of a confidence: what else differs between machines is noise of their arithmetic."""


class ClusteringResult(NamedTuple):
    """A batch of components: inferred kinds, works, records of one work, and franchises."""

    components: Sequence[Component]
    inferred: Sequence[InferredKind]
    works: Mapping[UUID, FranchiseWork]
    same: Sequence[Relation]
    franchises: Sequence[Franchise]


class FranchiseClustering:
    """Computes components under the rules; `rare` are the words of all titles."""

    def __init__(
        self,
        gateway: Gateway,
        inputs: FranchiseInputs,
        rules: FranchiseRules,
        rare: Rarity,
        tag_names: Mapping[UUID, str],
    ) -> None:
        self._gateway = gateway
        self._inputs = inputs
        self._rules = rules
        self._rare = rare
        self._tag_names = tag_names
        self._reader = Reader(rules.model.vocabulary)

    async def compute(
        self, components: Iterable[Component], known: Mapping[UUID, Sequence[InferredKind]]
    ) -> AsyncIterator[ClusteringResult]:
        """Compute components, and yield the results batch by batch.

        `known` are the inferred kinds of those in which they need not be inferred anew, by key.
        """
        batches = _batches(components)
        batch = next(batches, None)
        reading = self._read(batch) if batch else None
        try:
            while batch and reading:
                rows = await reading
                upcoming = next(batches, None)
                reading = self._read(upcoming) if upcoming else None
                await asyncio.sleep(0)  # lets the read reach the engine before we compute on
                yield self._cluster(batch, rows, known)
                batch = upcoming
        finally:
            if reading is not None:
                reading.cancel()

    def _read(self, batch: Sequence[Component]) -> asyncio.Task[list[FranchiseWorkRow]]:
        heads = self._inputs.heads
        works: list[tuple[WorkKind, UUID]] = [
            (heads[work].table, work) for component in batch for work in component.works
        ]
        return asyncio.create_task(self._rows(works))

    async def _rows(self, works: Sequence[tuple[WorkKind, UUID]]) -> list[FranchiseWorkRow]:
        found: list[FranchiseWorkRow] = []
        for start in range(0, len(works), WORKS_A_BATCH):
            some = as_json(works[start : start + WORKS_A_BATCH])
            params = {"works": some, "synopsis_chars": SYNOPSIS_CHARS}
            rows = list[FranchiseWorkRow]
            found += await self._gateway.fetch(
                "ingest.franchise_works", params, into=rows, deadline_s=DEADLINE_S
            )
        return found

    def _cluster(
        self,
        batch: Sequence[Component],
        found: Iterable[FranchiseWorkRow],
        known: Mapping[UUID, Sequence[InferredKind]],
    ) -> ClusteringResult:
        rows = {row.id: row for row in found}
        untold = [one for one in batch if one.key not in known]
        inferred = self._inferred(
            [one for one in untold if any(map(self._is_inferable, one.relations))], rows
        )
        inferred += [kind for one in batch for kind in known.get(one.key, ())]
        relations = with_inferred_kinds((edge for one in batch for edge in one.relations), inferred)
        kinds: list[tuple[UUID, UUID, Kind]] = [(e.source, e.target, e.kind) for e in relations]
        works = works_of(list(rows.values()), kinds, self._inputs.votes, self._tag_names)
        same = [relation for one in batch for relation in one.same]
        stated = (collection for one in batch for collection in one.collections)
        known_relations = [*map(relation_of, relations), *same]
        tied = {end for one in known_relations for end in (one.source, one.target)}
        collections, joined = collection_relations(stated, works, tied)
        every = [*known_relations, *joined]
        made = franchises(
            works.values(),
            every,
            self._rules.policy,
            collections=collections,
            rare=self._rare,
        )
        return ClusteringResult(batch, inferred, works, same, made)

    def _inferred(
        self, components: Sequence[Component], rows: Mapping[UUID, FranchiseWorkRow]
    ) -> list[InferredKind]:
        """Return the kinds that can be inferred of the untyped relations of some components."""
        edges = [edge for one in components for edge in one.relations]
        names = {work: str(work) for one in components for work in one.works}
        related = {(names[e.source], names[e.target]): e for e in edges}
        pages = self._inputs.pages
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
        one, other, listed = edge.source, edge.target, self._inputs.listings.of
        is_paged = one in self._inputs.pages and other in self._inputs.pages
        return not is_paged or not TELLERS.isdisjoint(listed(one, other) | listed(other, one))

    def _listed(
        self, related: Mapping[tuple[str, str], RelationEdge]
    ) -> Iterator[tuple[tuple[str, str], frozenset[str]]]:
        for (a, b), edge in related.items():
            yield (a, b), self._inputs.listings.of(edge.source, edge.target)
            yield (b, a), self._inputs.listings.of(edge.target, edge.source)

    def _assertion(self, found: Inference) -> Assertion:
        sure = round(found.confidence, _DIGITS)
        version = self._rules.model_version
        return Assertion(SOURCE, version, found.kind, "inferred", sure, found.because)


def _batches(components: Iterable[Component]) -> Iterator[list[Component]]:
    batch: list[Component] = []
    works = 0
    for component in components:
        if batch and works + len(component.works) > WORKS_A_BATCH:
            yield batch
            batch, works = [], 0
        batch.append(component)
        works += len(component.works)
    if batch:
        yield batch
