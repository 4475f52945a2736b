"""Compute what a few changed relations change in a large component.

Kinds are inferred anew around the change alone (`relation_changes`), and so are franchises where no
work is grouped otherwise (`groups_near`), by what the run before knew of the rest (`WholeState`);
else franchises are computed of the whole component.
"""

import asyncio
from collections.abc import Callable, Mapping, Sequence, Set
from typing import NamedTuple
from uuid import UUID

from ingest.pipeline.franchises import groups_near, helper
from ingest.pipeline.franchises.components import Component, component_digests, work_digests
from ingest.pipeline.franchises.computing import ComputedFranchises, FranchiseComputing
from ingest.pipeline.franchises.groups_near import (
    ChangedKinds,
    relations_around,
    surroundings,
    taken,
)
from ingest.pipeline.franchises.inputs import (
    FranchiseInputs,
    InferredKind,
    WorkCollection,
    with_inferred_kinds,
)
from ingest.pipeline.franchises.relation_changes import (
    PAGES_AWAY,
    KindsAround,
    RelationChange,
    affected,
    is_connected,
    kinds_around,
)
from ingest.pipeline.franchises.rows import FranchiseContent
from ingest.pipeline.franchises.rules import FranchiseRules
from ingest.pipeline.franchises.store import FranchiseStore, StoredComponent
from ingest.pipeline.franchises.title_words import CatalogueTitleWords
from ingest.pipeline.franchises.work_facts import FranchiseWorkRow
from ingest.pipeline.listings import ListedPair, Listings
from ingest.pipeline.record_store import as_json
from kensho.domain.franchise.inputs import Relation, relation_key
from kensho.domain.franchise.work_groups import GroupKeys
from kensho.domain.works import WorkKind


class WholeState(NamedTuple):
    """What a run over everything found: of each work the key of its component, and its digests.

    `groups` are those of works of large components, `rare` is how rare words are, `pages_of`
    returns the providers that have a page of works.
    """

    home: Mapping[UUID, UUID]
    digests: Mapping[UUID, bytes]
    groups: Mapping[UUID, GroupKeys]
    rare: Mapping[str, float]
    pages_of: Callable[[Set[UUID]], Mapping[UUID, frozenset[str]]]


class NearResult(NamedTuple):
    """What came of a change of few relations.

    `inferred` are the kinds in the components concerned, `retold` pairs of which another one is
    inferred than was. `home`, `digests` and `groups` are those of works of which they may differ,
    `within` the works of which franchises may, `contents` these, `kept` and `gone` components.
    """

    inferred: Sequence[InferredKind]
    retold: frozenset[frozenset[UUID]] = frozenset()
    home: Mapping[UUID, UUID] = {}
    digests: Mapping[UUID, bytes] = {}
    within: frozenset[UUID] = frozenset()
    contents: Sequence[FranchiseContent] = ()
    groups: Mapping[UUID, GroupKeys] = {}
    kept: Sequence[StoredComponent] = ()
    gone: Sequence[UUID] = ()


class _Bound(NamedTuple):
    """The works of the components concerned, and what holds them together beside relations."""

    works: Set[UUID]
    same: Sequence[Relation]
    collections: Sequence[WorkCollection]
    links: Sequence[Sequence[UUID]]


class NearComputing:
    """Computes what changes near a change.

    `inputs` are all that hold works together but for relations.
    """

    def __init__(
        self,
        store: FranchiseStore,
        rules: FranchiseRules,
        inputs: FranchiseInputs,
    ) -> None:
        self._store = store
        self._rules = rules
        self._inputs = inputs
        self._rows: dict[UUID, FranchiseWorkRow] = {}

    async def compute(
        self, change: RelationChange, whole: WholeState, works: Set[UUID]
    ) -> NearResult | None:
        """Compute a change; `None` where it parts a component, or one is not as it was kept.

        Of the components of `works` that stand, the inferred kinds are returned.
        """
        keys = {whole.home[end] for end in change.ends if end in whole.home}
        others = {whole.home[work] for work in works if work in whole.home} - keys
        kinds = [kind for one in await self._stored(others) for kind in one.kinds]
        found = NearResult(())
        if change.ends:
            stored = await self._stored(keys)
            made = await self._compute(change, whole, stored) if len(stored) == len(keys) else None
            if made is None:
                return None
            found = made
        return found._replace(inferred=(*found.inferred, *kinds))

    async def _stored(self, keys: Set[UUID]) -> list[StoredComponent]:
        return [one for key in sorted(keys) if (one := await self._store.component(key))]

    async def _compute(
        self, change: RelationChange, whole: WholeState, stored: Sequence[StoredComponent]
    ) -> NearResult | None:
        around = affected(change)
        wide = around
        for _ in range(PAGES_AWAY):
            wide |= change.after.near(wide)
        self._inputs = self._inputs._replace(pages=whole.pages_of(wide))
        asked = kinds_around(change.after, around, self._inputs.pages)
        words = CatalogueTitleWords(self._rules.policy, whole.rare)
        self._inputs = self._inputs._replace(listings=_listings(change, asked))
        computing = FranchiseComputing.among(
            self._inputs, self._rules, words.finish(), await self._store.tag_names()
        )
        computing.remember_works()
        before = [kind for one in stored for kind in one.kinds]
        await self._read(asked.works)
        inferred = await asyncio.to_thread(self._inferred, computing, asked, before, around)
        retold = frozenset(frozenset((k.source, k.target)) for k in set(before) ^ set(inferred))
        keys = {one.id for one in stored}
        works = {*change.ends, *(work for work, key in whole.home.items() if key in keys)}
        same = [one for one in self._inputs.same if one.source in works]
        collections = [one for one in self._inputs.collections if one.works[0] in works]
        links = [*((one.source, one.target) for one in same), *(one.works for one in collections)]
        if not is_connected(change.ends, change.after.pairs(works), links):
            return None
        changed = ChangedKinds(change, before, inferred)
        bound = _Bound(works, same, collections, links)
        within, found = await self._franchises(computing, changed, bound, whole.groups)
        digests = self._digests(change, words)
        made = component_digests(
            sorted(works), {**whole.digests, **digests}, self._rules.common_digest
        )
        component = StoredComponent(min(works), made.text, as_json(inferred))
        return NearResult(
            inferred=inferred,
            retold=retold,
            home=dict.fromkeys(works, component.id),
            digests=digests,
            within=within,
            contents=found.contents,
            groups=found.groups if len(works) >= groups_near.LARGE else {},
            kept=[] if component in stored else [component],
            gone=sorted(keys - {component.id}),
        )

    async def _franchises(
        self,
        computing: FranchiseComputing,
        changed: ChangedKinds,
        bound: "_Bound",
        groups: Mapping[UUID, GroupKeys],
    ) -> tuple[frozenset[UUID], ComputedFranchises]:
        """Return the works of which franchises may differ, and these franchises."""
        table, inferred = changed.change.after, changed.after
        own = {work: groups[work] for work in bound.works if work in groups}
        joins = [*bound.links, *(one for one in self._inputs.joined if one)]
        near = await asyncio.to_thread(surroundings, changed, own, joins, self._rules.policy)
        if near is not None:
            await self._read(near.known)
            found = await asyncio.to_thread(
                computing.franchises,
                relations_around(table, near, inferred),
                [one for one in bound.same if one.source in near.around],
                [one for one in bound.collections if near.around.issuperset(one.works)],
                [self._rows[work] for work in sorted(near.known)],
                {work: own[work].joined for work in near.around},
            )
            if (result := taken(found, near, own)) is not None:
                return near.inside, result
        await self._read(bound.works)
        found = await asyncio.to_thread(
            computing.franchises,
            with_inferred_kinds((one.edge for one in table.between(bound.works)), inferred),
            bound.same,
            bound.collections,
            [self._rows[work] for work in sorted(bound.works)],
        )
        return frozenset(bound.works), found

    def _inferred(
        self,
        computing: FranchiseComputing,
        asked: KindsAround,
        before: Sequence[InferredKind],
        works: Set[UUID],
    ) -> list[InferredKind]:
        """Return the inferred kinds of the components, anew of relations that end at `works`."""
        found = computing.inferred_of(
            [one.edge for one in asked.pairs],
            [one.edge for one in asked.around],
            [self._rows[work] for work in asked.works],
            asked.retold,
        )
        found += [one for one in before if works.isdisjoint((one.source, one.target))]
        return sorted(found, key=lambda one: (one.source, one.target))

    def _digests(self, change: RelationChange, words: CatalogueTitleWords) -> dict[UUID, bytes]:
        """Return the digests of the works whose relations changed."""
        ends = sorted(change.ends)
        for work in ends:
            words.add(work, [title.text for title in self._rows[work].titles])
        words.finish()
        inputs = self._inputs
        own = [r.edge for r in change.after.of_works(change.ends) if r.edge.source in change.ends]
        same = [one for one in inputs.same if one.source in change.ends]
        same.sort(key=relation_key)
        begun = [one for one in sorted(inputs.collections) if one.works[0] in change.ends]
        return work_digests(Component(ends, own, same, begun), inputs, words)

    async def _read(self, works: Set[UUID]) -> None:
        """Read the rows of works that were not read yet."""
        heads = self._inputs.heads
        missing = sorted(works - self._rows.keys())
        asked: list[tuple[WorkKind, UUID]] = [(heads[work].table, work) for work in missing]
        self._rows |= {row.id: row for row in helper.rows_of(await self._store.work_pages(asked))}


def _listings(change: RelationChange, asked: KindsAround) -> Listings:
    """Return who lists what, of all relations of which that counts."""
    relations = (*asked.around, *change.after.of_works(change.ends))
    return Listings.of_pairs(
        pair
        for one in relations
        for pair in (
            ListedPair(one.edge.source, one.edge.target, tuple(one.lists)),
            ListedPair(one.edge.target, one.edge.source, tuple(one.listed)),
        )
    )
