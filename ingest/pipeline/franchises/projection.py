"""Bring hubs in line with all else: inferred kinds first, for edges need them, then franchises.

`FranchiseProjection.judge` computes the parts whose digest differs and returns all relations as
they are to stand; `FranchiseProjection.write` writes franchises and slugs where they differ, and
last of all what was made of which part. Only a graph that was composed is believed to be what those
digests say: after a cut run everything is computed anew, and compared.
"""

from collections.abc import Mapping
from uuid import UUID

import msgspec

from ingest.pipeline.franchises.clustering import ClusteringResult, FranchiseClustering
from ingest.pipeline.franchises.components import Component, components_of, digest_of
from ingest.pipeline.franchises.inputs import FranchiseInputs, KindVerdict, with_verdicts
from ingest.pipeline.franchises.plan import plan
from ingest.pipeline.franchises.rows import FranchiseContent, contents_of
from ingest.pipeline.franchises.rules import FranchiseRules
from ingest.pipeline.franchises.store import FranchiseStore, StoredComponent
from ingest.pipeline.franchises.title_words import CatalogueTitleWords
from ingest.pipeline.record_store import as_json
from ingest.pipeline.relations import RelationEdge
from kensho.storage.gateway import Gateway


class FranchiseCounts(msgspec.Struct):
    """What happened to franchises; `computed` counts the works that were judged and grown anew."""

    added: int = 0
    changed: int = 0
    removed: int = 0
    redirected: int = 0
    computed: int = 0


class FranchiseProjection:
    """Computes and writes hubs over one open store; `trusted` says that the graph was composed."""

    def __init__(self, gateway: Gateway, rules: FranchiseRules, *, trusted: bool) -> None:
        self.rules = rules
        self.counts = FranchiseCounts()
        self._gateway = gateway
        self._store = FranchiseStore(gateway)
        self._trusted = trusted
        self._contents: list[FranchiseContent] = []
        self._kept: list[StoredComponent] = []
        self._gone: list[UUID] = []
        self._unchanged: set[UUID] = set()

    async def words(self) -> CatalogueTitleWords:
        """Read the words of all titles."""
        words = CatalogueTitleWords(self.rules.policy)
        async for work, titles in self._store.titles():
            words.add(work, titles)
        return words

    async def judge(
        self, inputs: FranchiseInputs, words: CatalogueTitleWords
    ) -> list[RelationEdge]:
        """Return all relations with what is inferred of them."""
        rare = words.finish()
        parts = components_of(inputs)
        rules = self.rules.digest
        digests = {key: digest_of(part, inputs, words, rules) for key, part in parts.items()}
        stored = await self._store.parts()
        verdicts = self._known(parts, digests, stored)
        changed = [part for part in parts.values() if part.key not in self._unchanged]
        grower = FranchiseClustering(
            self._gateway, inputs, self.rules, rare, await self._store.tag_names()
        )
        async for grown in grower.grown(changed):
            verdicts += grown.verdicts
            self._contents += contents_of(grown, inputs.heads)
            self._kept += _kept(grown, digests)
        self.counts.computed = sum(len(part.works) for part in changed)
        self._kept = [one for one in self._kept if stored.get(one.id) != one]
        self._gone = sorted(stored.keys() - parts.keys())
        return with_verdicts(inputs.relations, verdicts)

    async def write(self) -> None:
        """Write the franchises that differ, and what was made of the parts that were computed."""
        stored = await self._store.franchises()
        standing = [one for one in stored.values() if one.root in self._unchanged]
        redirects = await self._store.redirects()
        planned = plan(list(stored.values()), redirects, self._contents, standing)
        await self._store.write(planned)
        await self._store.keep_parts(self._kept, self._gone)
        self.counts.added = planned.added
        self.counts.changed = len(planned.put) - planned.added
        self.counts.removed = len(planned.drop)
        self.counts.redirected = len(planned.redirects)

    def _known(
        self,
        parts: Mapping[UUID, Component],
        digests: Mapping[UUID, str],
        stored: Mapping[UUID, StoredComponent],
    ) -> list[KindVerdict]:
        """Note which works' parts are as they were, and return what was inferred of those."""
        found: list[KindVerdict] = []
        for key, part in parts.items():
            known = stored.get(key)
            if self._trusted and known is not None and known.digest == digests[key]:
                self._unchanged.update(part.works)
                found += msgspec.json.decode(known.inferred, type=list[KindVerdict])
        return found


def _kept(grown: ClusteringResult, digests: Mapping[UUID, str]) -> list[StoredComponent]:
    home = {work: part.key for part in grown.parts for work in part.works}
    inferred: dict[UUID, list[KindVerdict]] = {part.key: [] for part in grown.parts}
    for verdict in grown.verdicts:
        inferred[home[verdict.source]].append(verdict)
    return [StoredComponent(key, digests[key], as_json(some)) for key, some in inferred.items()]
