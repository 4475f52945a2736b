"""Look at a scanned release before its first write: what it would take away, and what is new in it.

Guarantees: nothing is written. What `kensho ingest` stops, it stops here.

Performance: nothing is compared where nothing changed; some 2 s where all of 40,000 records did.
"""

import uuid
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Final, TypeAlias

from ingest.pipeline import guards
from ingest.pipeline.franchises.store import FranchiseStore
from ingest.pipeline.guards import Breach, FranchiseLoss
from ingest.pipeline.identity import Identities
from ingest.pipeline.losses import Foreseen, LossForecast
from ingest.pipeline.record_store import RecordStore
from ingest.pipeline.scan import SourceScan
from ingest.pipeline.statements import Pair, pairs_in, things_said
from ingest.source import Source
from ingest.source_policies import LossKind, SourcePolicy

_WORKS_A_BATCH: Final = 500
_Neighbours: TypeAlias = dict[uuid.UUID, set[uuid.UUID]]


class ReleaseGuard:
    """Finds the breaches of releases; one for a run, for it adds up what the graph would lose."""

    def __init__(
        self,
        record_store: RecordStore,
        identities: Identities,
        sources: Mapping[str, Source],
        policies: Mapping[str, SourcePolicy],
    ) -> None:
        self._record_store = record_store
        self._identities = identities
        self._makers = [name for name, source in sources.items() if source.creates]
        self._policies = policies
        self._lost: Counter[LossKind] = Counter()
        self._totals: dict[LossKind, int] | None = None

    def policy(self, source: str) -> SourcePolicy:
        """Return what is expected of a source."""
        return self._policies.get(source, self._policies[""])

    async def breaches(self, scan: SourceScan, rejects: int) -> list[Breach]:
        """Return every guard that the scanned release would break."""
        source = scan.source.name
        policy, kept = self.policy(source), self._identities.records.get(source, {})
        found = list(guards.reject_breaches(rejects, scan.records, policy.rejects))
        if not scan.is_partial:
            found += guards.size_breaches(scan.records, len(kept), policy.size)
        is_same = not scan.changed and not any(map(scan.drops, kept))
        if not kept or is_same or not (policy.lost or policy.graph):
            return found
        forecast = LossForecast(self._record_store, self._identities, scan, self._makers)
        foreseen = await forecast.foresee()
        found += guards.loss_breaches(foreseen.losses, policy)
        found += guards.franchise_breaches(await self._franchises(scan, foreseen), policy)
        known = {breach.guard for breach in found}
        of_graph = await self._of_graph(foreseen, policy)
        return found + [breach for breach in of_graph if breach.guard not in known]

    async def _of_graph(self, foreseen: Foreseen, policy: SourcePolicy) -> list[Breach]:
        """Return what the sources of this run would take from the graph together."""
        for loss in foreseen.losses:
            self._lost[loss.kind] += loss.alone
        if all(self._lost[kind] <= limit.free for kind, limit in policy.graph.items()):
            return []
        if self._totals is None:
            self._totals = await self._record_store.graph_totals()
        return list(guards.graph_breaches(self._lost, self._totals, policy))

    async def _franchises(self, scan: SourceScan, foreseen: Foreseen) -> FranchiseLoss:
        """Return the franchises whose members relations would no longer hold together."""
        if not foreseen.unrelated and not foreseen.gone_works:
            return FranchiseLoss((), 0)
        heads = await FranchiseStore(self._record_store.gateway).members()
        members = {one.slug: {work for work, _ in one.members} for one in heads.values()}
        home = {work: slug for slug, works in members.items() for work in works}
        touched = {home[a] for a, b in foreseen.unrelated if a in home and home[a] == home.get(b)}
        touched |= {home[work] for work in foreseen.gone_works if work in home}
        pairs = set(foreseen.related)
        works = sorted(work for slug in touched for work in members[slug])
        for start in range(0, len(works), _WORKS_A_BATCH):
            batch = works[start : start + _WORKS_A_BATCH]
            for row in await self._record_store.claims_of(batch):
                work, source, key = row.id
                if source != scan.source.name or scan.stands(key):
                    said = things_said(row.facts, row.links, self._identities.owner)
                    pairs.update(pairs_in(work, said))
        now, before = _neighbours(pairs), _neighbours(foreseen.unrelated)
        lost = [
            slug
            for slug in sorted(touched)
            if _comes_apart(
                _parts(members[slug], (now, before)),
                _parts(members[slug] - foreseen.gone_works, (now,)),
            )
        ]
        return FranchiseLoss(lost, len(members))


def _comes_apart(parts_before: int, parts_after: int) -> bool:
    return parts_after > parts_before or parts_after == 0 < parts_before


def _neighbours(pairs: Iterable[Pair]) -> _Neighbours:
    found: _Neighbours = defaultdict(set)
    for one, other in pairs:
        found[one].add(other)
        found[other].add(one)
    return found


def _parts(members: set[uuid.UUID], joined: Sequence[_Neighbours]) -> int:
    """Return into how many parts of two or more works the relations join the members."""
    left, parts = set(members), 0
    while left:
        part, front = 1, [left.pop()]
        while front:
            work = front.pop()
            near = set[uuid.UUID]()
            for neighbours in joined:
                near |= neighbours.get(work, set()) & left
            left -= near
            part += len(near)
            front += near
        parts += part > 1
    return parts
