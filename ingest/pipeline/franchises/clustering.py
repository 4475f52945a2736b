"""Read components from the store and have them computed, in batches.

Memory holds the works of one batch; while one is being computed the next is already read. Where
there is much to compute, about half of it is given to a helper on another processor.

Performance: 20 s for the 26,000 works that any relation connects, on one processor.
"""

import asyncio
import contextlib
import os
from collections.abc import AsyncIterator, Iterable, Iterator, Mapping, Sequence
from typing import Final, NamedTuple, TypeAlias
from uuid import UUID

from ingest.pipeline.franchises import helper
from ingest.pipeline.franchises.components import Component
from ingest.pipeline.franchises.computing import ComputedBatch, FranchiseComputing
from ingest.pipeline.franchises.helper import HelperBatch
from ingest.pipeline.franchises.inputs import FranchiseInputs, InferredKind
from ingest.pipeline.franchises.rules import FranchiseRules
from ingest.pipeline.franchises.store import FranchiseStore
from kensho.domain.title_words import Rarity
from kensho.domain.works import WorkKind

WORKS_A_BATCH: Final = 1000
"""About 20 MB while they are read; a larger component is computed whole, and read in batches."""
WORTH_HELPING: Final = 4000
"""Relations that each of two processors must have to compute, some 2 s, before a helper is started,
which takes a second."""
Kinds: TypeAlias = Mapping[UUID, Sequence[InferredKind]]


class ClusteringResult(NamedTuple):
    """A batch of components, and what came of it."""

    components: Sequence[Component]
    computed: ComputedBatch


class FranchiseClustering:
    """Has components computed under the rules; `rare` are the words of all titles."""

    def __init__(
        self,
        store: FranchiseStore,
        inputs: FranchiseInputs,
        rules: FranchiseRules,
        rare: Rarity,
        tag_names: Mapping[UUID, str],
    ) -> None:
        self._store = store
        self._heads = inputs.heads
        self._computing = FranchiseComputing.among(inputs, rules, rare, tag_names)

    async def compute(
        self, components: Iterable[Component], known: Kinds
    ) -> list[ClusteringResult]:
        """Compute components, and return the results batch by batch.

        `known` are the inferred kinds of those in which they need not be inferred anew, by key.
        """
        batches = list(_batches(components))
        given = _given_away([_weight(batch) for batch in batches])
        async with contextlib.AsyncExitStack() as running:
            helped: asyncio.Task[list[ComputedBatch] | None] | None = None
            if given:
                asked = [await self._asked(batches[number], known) for number in given]
                inputs = self._computing.told(c for number in given for c in batches[number])
                helped = asyncio.create_task(helper.compute_apart(inputs, asked))
                running.push_async_callback(_ended, helped)
                del asked
            kept = [number for number in range(len(batches)) if number not in given]
            found = {n: one async for n, one in self._computed(batches, kept, known)}
            answer = None if helped is None else await helped
        if answer is None:  # no helper, or one that was ended
            found |= {n: one async for n, one in self._computed(batches, given, known)}
        else:
            found |= dict(zip(given, answer, strict=True))
        return [ClusteringResult(batch, found[n]) for n, batch in enumerate(batches)]

    async def _computed(
        self, batches: Sequence[Sequence[Component]], numbers: Sequence[int], known: Kinds
    ) -> AsyncIterator[tuple[int, ComputedBatch]]:
        """Compute some of the batches here."""
        reading: asyncio.Task[list[bytes]] | None = None
        try:
            for place, number in enumerate(numbers):
                pages = await (reading or self._read(batches[number]))
                reading = None
                if place + 1 < len(numbers):
                    reading = self._read(batches[numbers[place + 1]])
                # In a thread: what is read ahead, and the helper, go on meanwhile.
                yield number, await asyncio.to_thread(self._here, batches[number], pages, known)
        finally:
            if reading is not None:
                reading.cancel()

    def _here(
        self, batch: Sequence[Component], pages: Sequence[bytes], known: Kinds
    ) -> ComputedBatch:
        return self._computing.batch(batch, helper.rows_of(pages), known)

    async def _asked(self, batch: Sequence[Component], known: Kinds) -> HelperBatch:
        pages = await self._pages(batch)
        return HelperBatch(batch, pages, {c.key: known[c.key] for c in batch if c.key in known})

    def _read(self, batch: Sequence[Component]) -> asyncio.Task[list[bytes]]:
        return asyncio.create_task(self._pages(batch))

    async def _pages(self, batch: Sequence[Component]) -> list[bytes]:
        """Return the rows of the works of a batch, as pages of JSON."""
        works: list[tuple[WorkKind, UUID]] = [
            (self._heads[work].table, work) for component in batch for work in component.works
        ]
        return await self._store.work_pages(works)


async def _ended(task: asyncio.Task[list[ComputedBatch] | None]) -> None:
    """End a helper that nobody waits for any more."""
    if not task.done():
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task


def _weight(batch: Sequence[Component]) -> int:
    """Return about how long a batch takes: most of the time goes into pairs."""
    return sum(len(one.relations) for one in batch)


def _given_away(weights: Sequence[int]) -> list[int]:
    """Return the numbers of the batches that a helper computes, in order: about half, or none.

    The heaviest batch is always among them, so that the helper, which begins later, has few.
    """
    loads = [0, 0]
    given: list[int] = []
    for number in sorted(range(len(weights)), key=lambda n: (-weights[n], n)):
        mine = int(loads[1] <= loads[0])
        if mine:
            given.append(number)
        loads[mine] += weights[number]
    is_worth_it = min(loads) >= WORTH_HELPING and (os.cpu_count() or 1) > 1
    return sorted(given) if is_worth_it else []


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
