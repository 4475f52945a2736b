"""Derive every edge between works from the claims of the records, whatever their order.

An edge is an id (its ends as UUID text, then what else tells edges of its table apart) and its
fields. Ends that name no work of the graph are counted, not guessed at.
"""

import uuid
from collections import Counter
from collections.abc import Collection as Container
from collections.abc import Iterable, Mapping, Set
from typing import Literal, TypeAlias

from ingest.pipeline.claim_dates import dates_of
from ingest.pipeline.identity import Identities
from ingest.pipeline.listings import Listings
from ingest.pipeline.projection import NodeHead
from ingest.pipeline.record_store import ClaimRow
from ingest.pipeline.relations import (
    ClaimEvidence,
    ClaimOrigin,
    RelationEdge,
    RelationResolver,
    is_denied,
)
from kensho.domain.records import Claim, Collection, Recommendation, RecordRelations, Redirect

EdgeTable: TypeAlias = Literal[
    "is_sequel_of",
    "is_related_to",
    "is_same_as",
    "is_recommended_with",
    "redirects_episodes_to",
    "is_not_related_to",
]
EdgeId: TypeAlias = tuple[str | int, ...]
Fields: TypeAlias = dict[str, object]
StoredEdges: TypeAlias = dict[EdgeTable, dict[EdgeId, Fields]]
"""Edges as the store has them, by table."""


class StatedCollection:
    """A collection of works that a source states, with its title."""

    def __init__(self, title: str) -> None:
        self.title = title
        self.works: set[uuid.UUID] = set()

    def add(self, work: uuid.UUID, title: str) -> None:
        """Add a work; where its works call a collection differently, the first title wins."""
        self.title = min(self.title, title)
        self.works.add(work)


class ClaimCollector:
    """Collects claims, and derives edges from them.

    Relations are resolved (`resolved_relations`), get inferred kinds elsewhere, and are then added
    as edges (`add_relations`). `listing` names the sources that repeat which providers list one.
    """

    def __init__(
        self,
        identities: Identities,
        heads: Mapping[uuid.UUID, NodeHead],
        source_rank: Mapping[str, int],
        listing: Container[str] = (),
    ) -> None:
        self._identities = identities
        self._heads = heads
        self._source_rank = source_rank
        self.listing = listing
        self._relations = RelationResolver({w: h.when for w, h in heads.items()}, source_rank)
        self.edges: dict[EdgeTable, dict[EdgeId, Fields]] = {
            "is_sequel_of": {},
            "is_related_to": {},
            "is_same_as": {},
            "is_recommended_with": {},
            "redirects_episodes_to": {},
            "is_not_related_to": {},
        }
        self.collections: dict[str, StatedCollection] = {}
        self.listings = Listings()
        self.curated_same: set[frozenset[uuid.UUID]] = set()
        """Pairs that curators say to be one work."""
        self.different: set[frozenset[uuid.UUID]] = set()
        """Pairs that curators say to be two works."""
        self.spoken_of: set[tuple[uuid.UUID, uuid.UUID]] = set()
        """Pairs of which a record of either speaks otherwise than of a relation, sorted each."""
        self.unresolved: set[str] = set()
        self.by_kind: Counter[str] = Counter()
        self.inferred: Counter[str] = Counter()

    def add(self, row: ClaimRow, links: RecordRelations) -> None:
        """Add all claims of one record."""
        work, source, _ = row.id
        if work not in self._heads:
            return
        dates = dates_of(links.relations, row.snapshot, row.since)
        for claim, date in zip(links.relations, dates, strict=True):
            self._add_claim(work, claim, ClaimOrigin(source, date, row.method))
        for source_id in links.same_as:
            self._add_same_as(work, source_id, source)
        self._add_pairs(self.curated_same, work, links.same_as if row.method == "curated" else ())
        self._add_pairs(self.different, work, links.different_from)
        for recommendation in links.recommendations:
            self._add_recommendation(work, recommendation, source)
        for redirect in links.redirects:
            self._add_redirect(work, redirect, source)
        if links.collection is not None:
            self._add_to_collection(work, links.collection)

    def resolved_relations(self) -> list[RelationEdge]:
        """Return the relations, one for each pair, and free the memory of their claims.

        Pairs that curators deny altogether are no relations: they become edges of their own.
        """
        found: list[RelationEdge] = []
        for edge in self._relations.edges():
            if is_denied(edge):
                fields: Fields = {"assertions": edge.assertions}
                self._put("is_not_related_to", edge.source, edge.target, (), fields)
            else:
                found.append(edge)
        self._relations = RelationResolver({}, {})
        return found

    def add_relations(self, relations: Iterable[RelationEdge]) -> None:
        """Add the relations, with what was inferred of them, to the edges."""
        for edge in relations:
            self._add_relation(edge)

    def settle_same(self, edges: dict[EdgeId, Fields]) -> None:
        """Put what was decided of records of one work in the place of what sources state."""
        self.edges["is_same_as"] = edges

    def votes(self) -> Counter[uuid.UUID]:
        """Return how many viewers recommend each work with others."""
        votes: Counter[uuid.UUID] = Counter()
        for (low, high), fields in self.edges["is_recommended_with"].items():
            for work in (low, high):
                votes[uuid.UUID(str(work))] += int(str(fields["votes"]))
        return votes

    def keep_only(self, works: Set[uuid.UUID]) -> None:
        """Drop what has no end in `works`; called once relations are resolved."""
        self.keep_edges_of(works)
        self.collections = {
            name: stated
            for name, stated in self.collections.items()
            if not works.isdisjoint(stated.works)
        }
        for pairs in (self.curated_same, self.different):
            pairs -= {pair for pair in pairs if works.isdisjoint(pair)}
        self.spoken_of = {pair for pair in self.spoken_of if not works.isdisjoint(pair)}

    def keep_edges_of(self, works: Set[uuid.UUID]) -> None:
        """Drop the edges that have no end in `works`."""
        named = {str(work) for work in works}
        for edges in self.edges.values():
            for edge_id in [one for one in edges if named.isdisjoint(one[:2])]:
                del edges[edge_id]

    def _note_spoken_of(self, one: uuid.UUID, other: uuid.UUID) -> None:
        self.spoken_of.add((one, other) if one < other else (other, one))

    def _target(self, source_id: str, work: uuid.UUID) -> uuid.UUID | None:
        owner = self._identities.owner(source_id)
        if owner is None or owner not in self._heads:
            self.unresolved.add(source_id)
            return None
        return owner if owner != work else None

    def _add_relation(self, edge: RelationEdge) -> None:
        fields: Fields = {"assertions": edge.assertions, "conflict": edge.conflict}
        self.by_kind[edge.kind] += 1
        if any(a.method == "inferred" for a in edge.assertions):
            self.inferred[edge.kind] += 1
        if (
            edge.kind == "sequel"
        ):  # `target` is the sequel: the edge reads "target is_sequel_of source"
            self._put("is_sequel_of", edge.target, edge.source, (), fields)
        else:
            self._put("is_related_to", edge.source, edge.target, (edge.kind,), fields)

    def _add_claim(self, work: uuid.UUID, claim: Claim, origin: ClaimOrigin) -> None:
        if (target := self._target(claim.target, work)) is not None:
            evidence = ClaimEvidence(claim.reason, claim.by, claim.note, claim.denied)
            if claim.denied:
                self._note_spoken_of(work, target)
            self._relations.add(work, claim.kind, target, origin, evidence)
            if origin.source in self.listing:
                self.listings.add(work, target, claim.target)

    def _add_same_as(self, work: uuid.UUID, source_id: str, source: str) -> None:
        if (other := self._target(source_id, work)) is not None:
            self._note_spoken_of(work, other)
            self._put("is_same_as", work, other, (), {"source": source})

    def _add_pairs(
        self, pairs: set[frozenset[uuid.UUID]], work: uuid.UUID, source_ids: Iterable[str]
    ) -> None:
        for source_id in source_ids:
            if (other := self._target(source_id, work)) is not None:
                self._note_spoken_of(work, other)
                pairs.add(frozenset((work, other)))

    def _add_recommendation(
        self, work: uuid.UUID, recommendation: Recommendation, source: str
    ) -> None:
        target = self._target(recommendation.target, work)
        if target is None:
            return
        low, high = sorted((work, target))
        self._note_spoken_of(low, high)
        # Both ends state the pair, and merged entries several times: the most votes win.
        fields: Fields = {"votes": recommendation.votes, "source": source}
        self._put("is_recommended_with", low, high, (), fields)

    def _add_redirect(self, work: uuid.UUID, redirect: Redirect, source: str) -> None:
        target = self._target(redirect.target, work)
        if target is None:
            return
        self._note_spoken_of(work, target)
        open_ends = {"last": redirect.last, "to_last": redirect.to_last}
        fields: Fields = {name: end for name, end in open_ends.items() if end is not None}
        rest = (redirect.first, redirect.to_first)
        self._put("redirects_episodes_to", work, target, rest, fields | {"source": source})

    def _add_to_collection(self, work: uuid.UUID, collection: Collection) -> None:
        stated = self.collections.setdefault(collection.id, StatedCollection(collection.title))
        stated.add(work, collection.title)

    def _put(
        self,
        table: EdgeTable,
        start: uuid.UUID,
        end: uuid.UUID,
        rest: tuple[str | int, ...],
        fields: Fields,
    ) -> None:
        ends: Fields = {"in_table": self._heads[start].table, "out_table": self._heads[end].table}
        self._keep(table, (str(start), str(end), *rest), ends | fields)

    def _keep(self, table: EdgeTable, edge_id: EdgeId, fields: Fields) -> None:
        known = self.edges[table].get(edge_id)
        if known is None or self._outranks(fields, known):
            self.edges[table][edge_id] = fields

    def _outranks(self, fields: Fields, known: Fields) -> bool:
        """Tell whether `fields` replace `known`: by votes, then rank and name of the source."""

        def order(f: Fields) -> tuple[int, int, str, str]:
            source = str(f.get("source", ""))
            votes, rank = int(str(f.get("votes", 0))), self._source_rank.get(source, 0)
            return (-votes, -rank, source, repr(sorted(f.items())))

        return order(fields) < order(known)
