"""Derive every edge between works from the ties that records state.

Pure, the same whatever their order.

An edge is an id (its ends as UUID text, then what else tells edges of its table apart) and its
fields. Ends that name no work of the graph are counted, not guessed at.
"""

import uuid
from collections.abc import Mapping
from typing import Literal, TypeAlias

from ingest.pipeline.franchises import Franchise
from ingest.pipeline.identity import Identities
from ingest.pipeline.ledger import LinkRow
from ingest.pipeline.projection import NodeHead
from ingest.pipeline.relating import RelationEdge, Relations, Said
from kensho.domain.records import Collection, Links, Recommendation, Redirect

Table: TypeAlias = Literal[
    "is_sequel_of",
    "is_related_to",
    "is_same_as",
    "in_franchise",
    "is_recommended_with",
    "redirects_episodes_to",
]
EdgeId: TypeAlias = tuple[str | int, ...]
Fields: TypeAlias = dict[str, object]


class Ties:
    """Collects ties; `finish` turns the relations among them into edges."""

    def __init__(
        self,
        identities: Identities,
        heads: Mapping[uuid.UUID, NodeHead],
        source_rank: Mapping[str, int],
    ) -> None:
        self._identities = identities
        self._heads = heads
        self._source_rank = source_rank
        self._relations = Relations({w: h.when for w, h in heads.items()}, source_rank)
        self.edges: dict[Table, dict[EdgeId, Fields]] = {
            "is_sequel_of": {},
            "is_related_to": {},
            "is_same_as": {},
            "in_franchise": {},
            "is_recommended_with": {},
            "redirects_episodes_to": {},
        }
        self.franchises: dict[uuid.UUID, Franchise] = {}
        self.unresolved: set[str] = set()
        self.by_kind: dict[str, int] = {}

    def add(self, row: LinkRow, links: Links) -> None:
        """Note all ties of one record."""
        work, source, _ = row.id
        if work not in self._heads:
            return
        said = Said(source, row.snapshot, row.method)
        for claim in links.relations:
            if (target := self._target(claim.target, work)) is not None:
                self._relations.add(work, claim.kind, target, said)
        for source_id in links.same_as:
            self._equate(work, source_id, source)
        for recommendation in links.recommendations:
            self._recommend(work, recommendation, source)
        for redirect in links.redirects:
            self._redirect(work, redirect, source)
        if links.collection is not None:
            self._join(work, links.collection, source)

    def finish(self) -> None:
        """Turn the collected relations into edges, and let their working memory go."""
        for edge in self._relations.edges():
            self._relate(edge)
        self._relations = Relations({}, {})

    def _target(self, source_id: str, work: uuid.UUID) -> uuid.UUID | None:
        owner = self._identities.owner(source_id)
        if owner is None or owner not in self._heads:
            self.unresolved.add(source_id)
            return None
        return owner if owner != work else None

    def _relate(self, edge: RelationEdge) -> None:
        fields: Fields = {"assertions": edge.assertions, "conflict": edge.conflict}
        self.by_kind[edge.kind] = self.by_kind.get(edge.kind, 0) + 1
        if (
            edge.kind == "sequel"
        ):  # `target` is the sequel: the edge reads "target is_sequel_of source"
            self._put("is_sequel_of", edge.target, edge.source, (), fields)
        else:
            self._put("is_related_to", edge.source, edge.target, (edge.kind,), fields)

    def _equate(self, work: uuid.UUID, source_id: str, source: str) -> None:
        if (other := self._target(source_id, work)) is not None:
            self._put("is_same_as", work, other, (), {"source": source})

    def _recommend(self, work: uuid.UUID, recommendation: Recommendation, source: str) -> None:
        target = self._target(recommendation.target, work)
        if target is None:
            return
        low, high = sorted((work, target))
        # Both ends state the pair, and merged entries several times: the most votes stand.
        fields: Fields = {"votes": recommendation.votes, "source": source}
        self._put("is_recommended_with", low, high, (), fields)

    def _redirect(self, work: uuid.UUID, redirect: Redirect, source: str) -> None:
        target = self._target(redirect.target, work)
        if target is None:
            return
        open_ends = {"last": redirect.last, "to_last": redirect.to_last}
        fields: Fields = {name: end for name, end in open_ends.items() if end is not None}
        rest = (redirect.first, redirect.to_first)
        self._put("redirects_episodes_to", work, target, rest, fields | {"source": source})

    def _join(self, work: uuid.UUID, collection: Collection, source: str) -> None:
        franchise = Franchise.of(collection)
        known = self.franchises.setdefault(franchise.id, franchise)
        if franchise.title < known.title:  # films may call it differently: any fixed choice will do
            self.franchises[franchise.id] = franchise
        ends: Fields = {"in_table": self._heads[work].table, "out_table": "franchise"}
        self._keep("in_franchise", (str(work), str(franchise.id)), ends | {"source": source})

    def _put(
        self,
        table: Table,
        start: uuid.UUID,
        end: uuid.UUID,
        rest: tuple[str | int, ...],
        fields: Fields,
    ) -> None:
        ends: Fields = {"in_table": self._heads[start].table, "out_table": self._heads[end].table}
        self._keep(table, (str(start), str(end), *rest), ends | fields)

    def _keep(self, table: Table, edge_id: EdgeId, fields: Fields) -> None:
        known = self.edges[table].get(edge_id)
        if known is None or self._outranks(fields, known):
            self.edges[table][edge_id] = fields

    def _outranks(self, fields: Fields, known: Fields) -> bool:
        """Tell whether `fields` are to replace `known`.

        More votes, else the higher source, else the first name, else the first as text.
        """

        def order(f: Fields) -> tuple[int, int, str, str]:
            source = str(f.get("source", ""))
            votes, rank = int(str(f.get("votes", 0))), self._source_rank.get(source, 0)
            return (-votes, -rank, source, repr(sorted(f.items())))

        return order(fields) < order(known)
