"""Compute parts: infer the kinds of their untyped relations, then grow their franchises.

Parts are read and computed in batches, so that memory holds the works of one batch; while one is
being computed the next is already read.

Performance: 20 s for the 26,000 works that any tie connects.
"""

import asyncio
from collections.abc import AsyncIterator, Iterable, Iterator, Mapping, Sequence
from typing import Final, NamedTuple
from uuid import UUID

from ingest.pipeline.franchises.components import Component
from ingest.pipeline.franchises.inputs import (
    CollectedRelations,
    FranchiseInputs,
    KindVerdict,
    is_untold,
    relation_of,
    with_verdicts,
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
from kensho.domain.franchise.duplicates import duplicate_relations
from kensho.domain.franchise.franchises import Franchise, franchises
from kensho.domain.franchise.inputs import FranchiseWork, Relation
from kensho.domain.inference.features import TELLERS, Reader
from kensho.domain.inference.model import Inference, infer
from kensho.domain.inference.neighbourhood import RelatedPairs
from kensho.domain.relations import Assertion, Kind
from kensho.domain.title_words import Rarity
from kensho.domain.works import WorkKind
from kensho.storage.gateway import Gateway

WORKS_A_BATCH: Final = 1000
"""About 20 MB while they are read; a larger part is computed as one, and read in several goes."""
SOURCE: Final = "kensho"
_COLLECTION: Final = " Collection"
"""TMDB ends every title of a collection so; nobody calls the films that."""
_DIGITS: Final = 4
"""Of a confidence: what else differs between machines is noise of their arithmetic."""


class ClusteringResult(NamedTuple):
    """What became of a batch of parts: what was inferred, the works, ties, and franchises."""

    parts: Sequence[Component]
    verdicts: Sequence[KindVerdict]
    works: Mapping[UUID, FranchiseWork]
    same: Sequence[Relation]
    franchises: Sequence[Franchise]


class FranchiseClustering:
    """Computes parts under the rules; `tag_names` are all tags, `rare` the words of all titles."""

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

    async def grown(self, parts: Iterable[Component]) -> AsyncIterator[ClusteringResult]:
        """Compute parts, and yield them batch by batch."""
        batches = _batches(parts)
        batch = next(batches, None)
        reading = self._read(batch) if batch else None
        try:
            while batch and reading:
                rows = await reading
                upcoming = next(batches, None)
                reading = self._read(upcoming) if upcoming else None
                await asyncio.sleep(0)  # lets the read reach the engine before we compute on
                yield self._grow(batch, rows)
                batch = upcoming
        finally:
            if reading is not None:
                reading.cancel()

    def _read(self, batch: Sequence[Component]) -> asyncio.Task[list[FranchiseWorkRow]]:
        heads = self._inputs.heads
        works: list[tuple[WorkKind, UUID]] = [
            (heads[work].table, work) for part in batch for work in part.works
        ]
        return asyncio.create_task(self._rows(works))

    async def _rows(self, works: Sequence[tuple[WorkKind, UUID]]) -> list[FranchiseWorkRow]:
        found: list[FranchiseWorkRow] = []
        for start in range(0, len(works), WORKS_A_BATCH):
            some = as_json(works[start : start + WORKS_A_BATCH])
            params = {"works": some, "synopsis_chars": SYNOPSIS_CHARS}
            rows = list[FranchiseWorkRow]
            found += await self._gateway.fetch(
                "ingest.hub_works", params, into=rows, deadline_s=DEADLINE_S
            )
        return found

    def _grow(
        self, batch: Sequence[Component], found: Iterable[FranchiseWorkRow]
    ) -> ClusteringResult:
        rows = {row.id: row for row in found}
        verdicts = self._inferred(
            [part for part in batch if any(map(self._is_tellable, part.relations))], rows
        )
        relations = with_verdicts((edge for part in batch for edge in part.relations), verdicts)
        kinds: list[tuple[UUID, UUID, Kind]] = [(e.source, e.target, e.kind) for e in relations]
        works = works_of(list(rows.values()), kinds, self._inputs.votes, self._tag_names)
        same = [Relation(*pair, "same_work") for part in batch for pair in part.same]
        gathered = (one for part in batch for one in part.collections)
        collections, joined = collected_ties(gathered, works)
        ties = [*map(relation_of, relations), *same, *joined]
        twins = duplicate_relations(works.values(), ties)
        made = franchises(
            works.values(),
            [*ties, *twins],
            self._rules.policy,
            collections=collections,
            rare=self._rare,
        )
        return ClusteringResult(batch, verdicts, works, [*same, *twins], made)

    def _inferred(
        self, parts: Sequence[Component], rows: Mapping[UUID, FranchiseWorkRow]
    ) -> list[KindVerdict]:
        """Return what can be told of the untyped relations of some parts."""
        edges = [edge for part in parts for edge in part.relations]
        names = {work: str(work) for part in parts for work in part.works}
        related = {(names[e.source], names[e.target]): e for e in edges}
        pages = self._inputs.pages
        around = RelatedPairs(
            (self._reader.profile(pair_facts(rows[work], self._tag_names)) for work in names),
            related,
            [(a, b, e.kind) for (a, b), e in related.items() if not is_untold(e)],
            dict(self._listed(related)),
            {names[work]: pages[work] for work in names if work in pages},
        )
        return [
            KindVerdict(edge.source, edge.target, self._said(found))
            for pair in around.untold()
            if (found := infer(self._rules.model, pair)) is not None
            for edge in [related[pair.a.profile.facts.key, pair.b.profile.facts.key]]
        ]

    def _is_tellable(self, edge: RelationEdge) -> bool:
        """Tell whether a pair is one that `RelatedPairs.untold` yields: it takes much to ask it."""
        if not is_untold(edge):
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

    def _said(self, found: Inference) -> Assertion:
        sure = round(found.confidence, _DIGITS)
        version = self._rules.model_version
        return Assertion(SOURCE, version, found.kind, "inferred", sure, found.because)


def _batches(parts: Iterable[Component]) -> Iterator[list[Component]]:
    batch: list[Component] = []
    works = 0
    for part in parts:
        if batch and works + len(part.works) > WORKS_A_BATCH:
            yield batch
            batch, works = [], 0
        batch.append(part)
        works += len(part.works)
    if batch:
        yield batch


def collected_ties(
    collections: Iterable[CollectedRelations], works: Mapping[UUID, FranchiseWork]
) -> tuple[dict[UUID, str], list[Relation]]:
    """Return the largest collection of each work, and ties from the earliest of each on."""
    titles: dict[UUID, str] = {}
    ties: list[Relation] = []
    for title, collected in sorted(collections, key=lambda one: (len(one.works), one.title)):
        first, *others = sorted(collected, key=lambda work: (works[work].date_key, work))
        ties += (Relation(first, other, "joined") for other in others)
        titles.update(dict.fromkeys(collected, title.removesuffix(_COLLECTION)))
    return titles, ties
