"""Bring hubs in line with all else: inferred kinds first, for edges need them, then franchises.

`Hubs.judge` computes the parts whose digest differs and returns all relations as they are to stand;
`Hubs.write` writes franchises and slugs where they differ, and last of all what was made of which
part. Only a graph that was composed is believed to be what those digests say: after a cut run
everything is computed anew, and compared.
"""

from collections.abc import Mapping
from uuid import UUID

import msgspec

from ingest.pipeline.hubs.franchise_rows import FranchiseContent, contents_of
from ingest.pipeline.hubs.growing import Grower, Grown
from ingest.pipeline.hubs.inputs import Inputs, Verdict, with_verdicts
from ingest.pipeline.hubs.parts import Part, digest_of, parts_of
from ingest.pipeline.hubs.plan import plan
from ingest.pipeline.hubs.rules import Rules
from ingest.pipeline.hubs.store import HubStore, StoredPart
from ingest.pipeline.hubs.words import TitleWords
from ingest.pipeline.ledger import as_json
from ingest.pipeline.relating import RelationEdge
from kensho.storage.gateway import Gateway


class HubCounts(msgspec.Struct):
    """What happened to franchises; `computed` counts the works that were judged and grown anew."""

    added: int = 0
    changed: int = 0
    removed: int = 0
    redirected: int = 0
    computed: int = 0


class Hubs:
    """Computes and writes hubs over one open store; `trusted` says that the graph was composed."""

    def __init__(self, gateway: Gateway, rules: Rules, *, trusted: bool) -> None:
        self.rules = rules
        self.counts = HubCounts()
        self._gateway = gateway
        self._store = HubStore(gateway)
        self._trusted = trusted
        self._contents: list[FranchiseContent] = []
        self._kept: list[StoredPart] = []
        self._gone: list[UUID] = []
        self._unchanged: set[UUID] = set()

    async def words(self) -> TitleWords:
        """Read the words of all titles."""
        words = TitleWords(self.rules.policy)
        async for work, titles in self._store.titles():
            words.add(work, titles)
        return words

    async def judge(self, inputs: Inputs, words: TitleWords) -> list[RelationEdge]:
        """Return all relations with what is inferred of them."""
        rare = words.finish()
        parts = parts_of(inputs)
        rules = self.rules.digest
        digests = {key: digest_of(part, inputs, words, rules) for key, part in parts.items()}
        stored = await self._store.parts()
        verdicts = self._known(parts, digests, stored)
        changed = [part for part in parts.values() if part.key not in self._unchanged]
        grower = Grower(self._gateway, inputs, self.rules, rare, await self._store.tag_names())
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
        parts: Mapping[UUID, Part],
        digests: Mapping[UUID, str],
        stored: Mapping[UUID, StoredPart],
    ) -> list[Verdict]:
        """Note which works' parts are as they were, and return what was inferred of those."""
        found: list[Verdict] = []
        for key, part in parts.items():
            known = stored.get(key)
            if self._trusted and known is not None and known.digest == digests[key]:
                self._unchanged.update(part.works)
                found += msgspec.json.decode(known.inferred, type=list[Verdict])
        return found


def _kept(grown: Grown, digests: Mapping[UUID, str]) -> list[StoredPart]:
    home = {work: part.key for part in grown.parts for work in part.works}
    inferred: dict[UUID, list[Verdict]] = {part.key: [] for part in grown.parts}
    for verdict in grown.verdicts:
        inferred[home[verdict.source]].append(verdict)
    return [StoredPart(key, digests[key], as_json(some)) for key, some in inferred.items()]
