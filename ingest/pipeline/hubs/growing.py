"""Compute parts: infer the kinds of their untyped relations, then grow their franchises.

Parts are read and computed in batches, so that memory holds the works of one batch; while one is
being computed the next is already read. Cost: 20 s for the 26,000 works that any tie connects.
"""

import asyncio
from collections.abc import AsyncIterator, Iterable, Iterator, Mapping, Sequence
from typing import Final, NamedTuple
from uuid import UUID

from ingest.pipeline.hubs.facts import SYNOPSIS_CHARS, HubRow, pair_facts, works_of
from ingest.pipeline.hubs.inputs import Collected, Inputs, Verdict, is_untold, tie_of, with_verdicts
from ingest.pipeline.hubs.parts import Part
from ingest.pipeline.hubs.rules import Rules
from ingest.pipeline.ledger import DEADLINE_S, as_json
from ingest.pipeline.relating import RelationEdge
from kensho.domain.franchises import Franchise, franchises
from kensho.domain.hub_inputs import HubWork, Tie
from kensho.domain.inference import Inference, infer
from kensho.domain.name_words import Rarity
from kensho.domain.pair_features import TELLERS, Reader
from kensho.domain.relations import Assertion, Kind
from kensho.domain.surroundings import Surroundings
from kensho.domain.works import WorkKind
from kensho.storage.gateway import Gateway

WORKS_A_BATCH: Final = 1000
"""About 20 MB while they are read; a larger part is computed as one, and read in several goes."""
SOURCE: Final = "kensho"
_DIGITS: Final = 4
"""Of a confidence: what else differs between machines is noise of their arithmetic."""


class Grown(NamedTuple):
    """What became of a batch of parts: what was inferred, the works, ties, and franchises."""

    parts: Sequence[Part]
    verdicts: Sequence[Verdict]
    works: Mapping[UUID, HubWork]
    same: Sequence[Tie]
    franchises: Sequence[Franchise]


class Grower:
    """Computes parts under the rules; `tag_names` are all tags, `rare` the words of all titles."""

    def __init__(
        self,
        gateway: Gateway,
        inputs: Inputs,
        rules: Rules,
        rare: Rarity,
        tag_names: Mapping[UUID, str],
    ) -> None:
        self._gateway = gateway
        self._inputs = inputs
        self._rules = rules
        self._rare = rare
        self._tag_names = tag_names
        self._reader = Reader(rules.model.vocabulary)

    async def grown(self, parts: Iterable[Part]) -> AsyncIterator[Grown]:
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

    def _read(self, batch: Sequence[Part]) -> asyncio.Task[list[HubRow]]:
        heads = self._inputs.heads
        works: list[tuple[WorkKind, UUID]] = [
            (heads[work].table, work) for part in batch for work in part.works
        ]
        return asyncio.create_task(self._rows(works))

    async def _rows(self, works: Sequence[tuple[WorkKind, UUID]]) -> list[HubRow]:
        found: list[HubRow] = []
        for start in range(0, len(works), WORKS_A_BATCH):
            some = as_json(works[start : start + WORKS_A_BATCH])
            params = {"works": some, "synopsis_chars": SYNOPSIS_CHARS}
            rows = list[HubRow]
            found += await self._gateway.fetch(
                "ingest.hub_works", params, into=rows, deadline_s=DEADLINE_S
            )
        return found

    def _grow(self, batch: Sequence[Part], found: Iterable[HubRow]) -> Grown:
        rows = {row.id: row for row in found}
        verdicts = self._inferred(
            [part for part in batch if any(map(self._is_tellable, part.relations))], rows
        )
        relations = with_verdicts((edge for part in batch for edge in part.relations), verdicts)
        kinds: list[tuple[UUID, UUID, Kind]] = [(e.source, e.target, e.kind) for e in relations]
        works = works_of(list(rows.values()), kinds, self._inputs.votes, self._tag_names)
        same = [Tie(*pair, "same_work") for part in batch for pair in part.same]
        gathered = (one for part in batch for one in part.collections)
        collections, joined = collected_ties(gathered, works)
        return Grown(
            batch,
            verdicts,
            works,
            same,
            franchises(
                works.values(),
                [*map(tie_of, relations), *same, *joined],
                self._rules.policy,
                collections=collections,
                rare=self._rare,
            ),
        )

    def _inferred(self, parts: Sequence[Part], rows: Mapping[UUID, HubRow]) -> list[Verdict]:
        """Return what can be told of the untyped relations of some parts."""
        edges = [edge for part in parts for edge in part.relations]
        names = {work: str(work) for part in parts for work in part.works}
        related = {(names[e.source], names[e.target]): e for e in edges}
        pages = self._inputs.pages
        around = Surroundings(
            (self._reader.profile(pair_facts(rows[work], self._tag_names)) for work in names),
            related,
            [(a, b, e.kind) for (a, b), e in related.items() if not is_untold(e)],
            dict(self._listed(related)),
            {names[work]: pages[work] for work in names if work in pages},
        )
        return [
            Verdict(edge.source, edge.target, self._said(found))
            for pair in around.untold()
            if (found := infer(self._rules.model, pair)) is not None
            for edge in [related[pair.a.profile.facts.key, pair.b.profile.facts.key]]
        ]

    def _is_tellable(self, edge: RelationEdge) -> bool:
        """Tell whether a pair is one that `Surroundings.untold` yields: it takes much to ask it."""
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


def _batches(parts: Iterable[Part]) -> Iterator[list[Part]]:
    batch: list[Part] = []
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
    collections: Iterable[Collected], works: Mapping[UUID, HubWork]
) -> tuple[dict[UUID, str], list[Tie]]:
    """Return what each work is collected in, and ties from the earliest of a collection on."""
    titles: dict[UUID, str] = {}
    ties: list[Tie] = []
    for title, collected in collections:
        first, *others = sorted(collected, key=lambda work: (works[work].shown, work))
        ties += (Tie(first, other, "joined") for other in others)
        titles.update((work, min(title, titles.get(work, title))) for work in collected)
    return titles, ties
