"""Bring inferred kinds and franchises in line with the works and relations of the graph.

`FranchiseProjection.compute` computes the components whose digest differs and returns all relations
with their inferred kinds; `FranchiseProjection.write` writes franchises and slugs where they
differ, and last of all the digest of each component. Only a graph that was composed is believed to
be what those digests say: after a run that was cut everything is computed anew, and compared.
"""

import asyncio
from collections.abc import Collection, Iterable, Mapping, Sequence, Set
from itertools import chain
from uuid import UUID

import msgspec

from ingest.pipeline import same_works
from ingest.pipeline.franchises import groups_near
from ingest.pipeline.franchises.clustering import ClusteringResult, FranchiseClustering
from ingest.pipeline.franchises.components import (
    Component,
    ComponentDigests,
    component_digests,
    components_of,
    work_digests,
)
from ingest.pipeline.franchises.inputs import FranchiseInputs, InferredKind, with_inferred_kinds
from ingest.pipeline.franchises.near import NearComputing, NearResult, WholeState
from ingest.pipeline.franchises.plan import FranchiseHead, plan
from ingest.pipeline.franchises.relation_changes import RelationChange
from ingest.pipeline.franchises.rows import FranchiseContent
from ingest.pipeline.franchises.rules import FranchiseRules
from ingest.pipeline.franchises.store import CatalogueRow, FranchiseStore, StoredComponent
from ingest.pipeline.franchises.title_words import CatalogueTitleWords
from ingest.pipeline.franchises.unwritten import UnwrittenWorks
from ingest.pipeline.projection import NodeHead
from ingest.pipeline.record_store import as_json
from ingest.pipeline.relations import RelationEdge
from ingest.pipeline.same_works import SameWorkDecision
from kensho.domain.franchise.work_groups import GroupKeys
from kensho.domain.same_works.groups import SameWork
from kensho.domain.same_works.records import CatalogueRecord
from kensho.storage.gateway import Gateway


class FranchiseCounts(msgspec.Struct):
    """What happened to franchises; `computed` counts the works that were computed anew."""

    added: int = 0
    changed: int = 0
    removed: int = 0
    redirected: int = 0
    computed: int = 0


class FranchiseProjection:
    """Computes and writes franchises; `trusted` says that the stored graph was composed."""

    def __init__(
        self,
        gateway: Gateway,
        rules: FranchiseRules,
        unwritten: UnwrittenWorks,
        groups: Mapping[UUID, GroupKeys],
        *,
        trusted: bool,
    ) -> None:
        """Compute of what the store has, and of works that are `unwritten`.

        `groups` are those that works of large components came into before.
        """
        self.rules = rules
        self.counts = FranchiseCounts()
        self.words = CatalogueTitleWords(rules.policy)
        self.same_works_digest = ""
        self._gateway = gateway
        self._store = FranchiseStore(gateway, unwritten)
        self._trusted = trusted
        self._contents: Sequence[FranchiseContent] = []
        self._kept: Sequence[StoredComponent] = []
        self._gone: Sequence[UUID] = []
        self._unchanged: set[UUID] = set()
        self._bearers: dict[str, frozenset[UUID]] = {}
        self._members: dict[UUID, FranchiseHead] = {}
        self._within: Set[UUID] | None = None
        self.components: Collection[Component] = ()
        self.digests: dict[UUID, bytes] = {}
        """Of each work of the components that were looked at."""
        self.groups: dict[UUID, GroupKeys] = dict(groups)
        """Of works of large components, so far as they were computed since groups are kept."""
        self.rare: Mapping[str, float] = {}
        self.retold: set[UUID] = set()
        """Works at the ends of relations of which another kind is inferred than was."""

    async def load(self) -> None:
        """Note the works of each slug, before works go and take their memberships with them."""
        stored = await self._store.members()
        self._members = stored
        self._bearers = {one.slug: one.works for one in stored.values()}

    async def same_works(
        self, decision: SameWorkDecision, kin: dict[UUID, UUID] | None = None
    ) -> tuple[list[SameWork], dict[UUID, UUID]]:
        """Read the words of all titles, and return which records are one work, and their `kin`.

        That is decided anew where anything that counts has changed since it was.
        """
        self.same_works_digest = decision.digest()
        stored = await self._store.same_works_digest() if self._trusted else None
        is_known = stored == self.same_works_digest and kin is not None
        records: list[CatalogueRecord] = []
        async for page in self._store.catalogue(decision.works):
            await asyncio.to_thread(self._learn, page)
            if not is_known:
                records += await asyncio.to_thread(_records_of, page)
        if is_known and kin is not None:
            return await same_works.stored(self._gateway), kin
        found = await asyncio.to_thread(decision.of, records)
        return found, await asyncio.to_thread(decision.kin, records)

    def _learn(self, page: Iterable[CatalogueRow]) -> None:
        for row in page:
            self.words.add(row.id, row.titles)

    async def stay_within(
        self, works: Set[UUID], heads: Mapping[UUID, NodeHead], rare: Mapping[str, float]
    ) -> None:
        """Read the words of these works alone, and compute their components; all others stand."""
        self._within = works
        self.words = CatalogueTitleWords(self.rules.policy, rare)
        async for row in self._store.catalogue_of([(heads[w].table, w) for w in sorted(works)]):
            self.words.add(row.id, row.titles)

    async def known_same_works(self, decision: SameWorkDecision) -> list[SameWork]:
        """Return the stored decision, which is as `decision` would be."""
        self.same_works_digest = decision.digest()
        return await same_works.stored(self._gateway)

    async def compute(self, inputs: FranchiseInputs) -> list[RelationEdge]:
        """Compute what differs, and return all relations with what is inferred of them."""
        rare = self.words.finish()
        self.rare = rare.of_word
        components, digests = await asyncio.to_thread(self._digested, inputs)
        stored = await self._store.components()
        known = self._known(components, digests, stored)
        changed = [one for one in components.values() if one.key not in self._unchanged]
        inferred = [one for key in known.keys() & self._unchanged for one in known[key]]
        clustering = FranchiseClustering(
            self._store, inputs, self.rules, rare, await self._store.tag_names()
        )
        results = await clustering.compute(changed, known)
        inferred += [kind for result in results for kind in result.computed.inferred]
        self._contents = [one for result in results for one in result.computed.contents]
        for result in results:
            self._keep_groups(result)
        kept = (one for result in results for one in _kept(result, digests))
        self._kept = [one for one in kept if stored.get(one.id) != one]
        self.counts.computed = sum(len(one.works) for one in changed)
        self._gone = sorted(k for k in stored.keys() - components.keys() if self._is_computed(k))
        if self._within is not None:
            was = (one for one in stored.values() if self._is_computed(one.id))
            self.retold = _ends_that_differ(chain.from_iterable(one.kinds for one in was), inferred)
        return with_inferred_kinds(inputs.relations, inferred)

    def _keep_groups(self, result: ClusteringResult) -> None:
        """Keep the groups of components of which a part may be computed alone (`groups_near`)."""
        for component in result.components:
            for work in component.works:
                self.groups.pop(work, None)
                if len(component.works) >= groups_near.LARGE:
                    self.groups[work] = result.computed.groups[work]

    def _digested(
        self, inputs: FranchiseInputs
    ) -> tuple[dict[UUID, Component], dict[UUID, ComponentDigests]]:
        """Return all components and their digests; keep those of their works."""
        components = components_of(inputs)
        self.components = components.values()
        for one in components.values():
            self.digests |= work_digests(one, inputs, self.words)
        rules = self.rules.common_digest
        return components, {
            key: component_digests(one.works, self.digests, rules)
            for key, one in components.items()
        }

    async def compute_near(
        self,
        change: RelationChange,
        inputs: FranchiseInputs,
        whole: WholeState,
        works: Set[UUID],
    ) -> NearResult | None:
        """Compute what a change of few relations can change, if that can be told of it alone.

        `inputs` are all that hold works together but for relations; kinds that are inferred in the
        components of `works` are returned too.
        """
        near = NearComputing(self._store, self.rules, inputs)
        found = await near.compute(change, whole, works)
        if found is not None:
            self._within, self._contents = found.within, found.contents
            self._kept, self._gone = found.kept, found.gone
            self.counts.computed = len(found.within)
        return found

    async def write(self) -> None:
        """Write the franchises that differ, and the digests of the computed components."""
        stored = await self._store.with_guests(
            self._members if self._within is not None else await self._store.members()
        )
        unchanged = [
            one
            for one in stored.values()
            if one.root in self._unchanged or (one.root and not self._is_computed(one.root))
        ]
        redirects, memory = await self._store.redirects()
        planned = plan(
            list(stored.values()), redirects, self._contents, unchanged, memory, self._bearers
        )
        await self._store.write(planned)
        await self._store.keep_components(self._kept, self._gone)
        self.counts.added = planned.added
        self.counts.changed = len(planned.put) + len(planned.moved) - planned.added
        self.counts.removed = len(planned.drop)
        self.counts.redirected = len(planned.redirects)

    def _is_computed(self, work: UUID) -> bool:
        """Tell whether the component of a work is among those that are looked at."""
        return self._within is None or work in self._within

    def _known(
        self,
        components: Mapping[UUID, Component],
        digests: Mapping[UUID, ComponentDigests],
        stored: Mapping[UUID, StoredComponent],
    ) -> dict[UUID, list[InferredKind]]:
        """Return the kinds inferred in the components of which all that they depend on stands.

        Notes the works of those of which all else stands too.
        """
        found: dict[UUID, list[InferredKind]] = {}
        for key, component in components.items():
            if not self._trusted or key not in stored:
                continue
            before = ComponentDigests.parsed(stored[key].digest)
            if before.kinds == digests[key].kinds:
                found[key] = stored[key].kinds
            if before == digests[key]:
                self._unchanged.update(component.works)
        return found


def _records_of(page: Iterable[CatalogueRow]) -> list[CatalogueRecord]:
    return [row.record() for row in page]


def _ends_that_differ(before: Iterable[InferredKind], after: Iterable[InferredKind]) -> set[UUID]:
    differing = set(before) ^ set(after)
    return {end for one in differing for end in (one.source, one.target)}


def _kept(
    result: ClusteringResult, digests: Mapping[UUID, ComponentDigests]
) -> list[StoredComponent]:
    home = {work: one.key for one in result.components for work in one.works}
    inferred: dict[UUID, list[InferredKind]] = {one.key: [] for one in result.components}
    for kind in result.computed.inferred:
        inferred[home[kind.source]].append(kind)
    return [
        StoredComponent(key, digests[key].text, as_json(some)) for key, some in inferred.items()
    ]
