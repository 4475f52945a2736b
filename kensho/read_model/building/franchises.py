"""Collect the rows of franchises while the graph is read, and make their documents of them.

Guarantees: the same rows give the same franchises in whatever order they come, but that franchises
come first, then memberships and visits, then works and edges. What is half written is left out: a
member without its work, a franchise without its root.

Performance: some 40 MB until the model is written.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import lru_cache
from operator import attrgetter
from typing import Final
from uuid import UUID

import msgspec

from kensho.domain.adult import is_franchise_adult
from kensho.domain.franchise import inputs
from kensho.domain.franchise.franchises import Guest, Member
from kensho.domain.franchise.inputs import Relation, Timeline
from kensho.domain.popularity import own_popularity, popularity_facts
from kensho.domain.relations import METHOD_RANK, Assertion, Kind
from kensho.domain.release_dates import release_date
from kensho.read_model.building import franchise_documents, franchise_graphs
from kensho.read_model.building.franchise_documents import (
    DocumentContext,
    DocumentWork,
    FranchiseFacts,
)
from kensho.read_model.building.franchise_graphs import GraphRelations
from kensho.read_model.building.namesakes import with_distinct_titles
from kensho.read_model.building.works import summary_of
from kensho.read_model.franchise_views import ORDERS, MemberWork
from kensho.read_model.inputs import EdgeInput, FranchiseInput
from kensho.read_model.views import FranchiseRef, TagView
from kensho.storage.rows import (
    GuestRow,
    MembershipReasonRow,
    MembershipRow,
    RecommendationRow,
    StoredFranchise,
    WorkRow,
)

_ASSERTIONS: Final = msgspec.json.Decoder(list[Assertion])
_NUMBER: Final = attrgetter("int")
"""By which ids are ordered: ten times as fast as to compare them themselves."""
_PARODY: Final = "parody"
"""The tag of works that mock another."""
_NAMED: Final = 5
"""How many of the most popular works make a franchise popular; the rest of a long one adds little.
Chosen by hand on the first page of the list; no measurement."""
_SIZE_COUNTS: Final = 0.002
"""What each work adds, so that of franchises of equal popularity the larger comes first."""


class _OpenFranchise:
    """A franchise of which rows are still being added."""

    def __init__(self, row: StoredFranchise) -> None:
        self.row: Final = row
        self.members: Final[list[MembershipRow]] = []
        self.visits: Final[list[GuestRow]] = []
        self.relations: Final[list[Relation]] = []


class FranchiseCollector:
    """Collects rows; call `inputs` once all have been added."""

    def __init__(self) -> None:
        self._by_slug: dict[str, _OpenFranchise] = {}
        self._by_work: dict[UUID, _OpenFranchise] = {}
        self._wanted: set[UUID] = set()
        self._works: dict[UUID, DocumentWork] = {}
        self._ids: list[UUID] = []
        self._edges: list[EdgeInput] = []
        self._sources: dict[Relation, tuple[str, ...]] = {}
        self._votes: Counter[UUID] = Counter()

    def add_franchises(self, rows: Sequence[StoredFranchise]) -> None:
        """Add franchises."""
        self._by_slug |= {row.slug: _OpenFranchise(row) for row in rows}

    def add_memberships(self, rows: Sequence[MembershipRow]) -> None:
        """Add the members of franchises, and further records of them."""
        for row in rows:
            franchise = self._by_slug.get(row.slug)
            if franchise is not None:
                franchise.members.append(row)
                self._by_work[row.work] = franchise
                self._wanted.add(row.work)

    def add_visits(self, rows: Sequence[GuestRow]) -> None:
        """Add guests of franchises."""
        for row in rows:
            franchise = self._by_slug.get(row.slug)
            if franchise is not None:
                franchise.visits.append(row)
                self._wanted.add(row.work)

    def add_works(self, rows: Sequence[WorkRow]) -> None:
        """Add works."""
        for row in rows:
            self._ids.append(row.id)
            if row.id in self._wanted:
                self._works[row.id] = known_work(row)

    def add_edges(self, edges: Sequence[EdgeInput]) -> None:
        """Add relations."""
        self._edges += edges
        for edge in edges:
            franchise = self._by_work.get(edge.source)
            if franchise is not None and franchise is self._by_work.get(edge.target):
                best, sources = _winner(edge.kind, edge.assertions)
                relation = Relation(
                    edge.source, edge.target, edge.kind, best.method, best.confidence
                )
                franchise.relations.append(relation)
                self._sources[relation] = sources

    def add_recommendations(self, rows: Iterable[RecommendationRow]) -> None:
        """Add votes of viewers who recommend works."""
        for row in rows:
            self._votes.update({row.work: row.votes, row.other: row.votes})

    def inputs(
        self,
        popularity: Sequence[float],
        tags_of: Callable[[UUID], Sequence[TagView]],
        also: Callable[[UUID], tuple[UUID, ...]] = lambda _: (),
    ) -> Iterator[FranchiseInput]:
        """Yield every franchise with its documents; `popularity` has all works by id, 0..1.

        `also` returns the further records of a work, which the documents name.
        """
        ids = sorted(self._ids, key=_NUMBER)
        every = [facts for franchise in self._by_slug.values() if (facts := self._facts(franchise))]
        relations = GraphRelations(ids, self._edges, _numbered(every))
        works = {
            work: self._completed(known, popularity[relations.node_of[work]], tags_of(work))
            for work, known in self._works.items()
        }
        every, namesakes = with_distinct_titles(
            every,
            lambda facts: works[facts.members[0].work],
            lambda facts: _popularity(
                works[one.work].ordered_by.popularity for one in facts.members
            ),
        )
        context = DocumentContext(
            works=works,
            namesakes=namesakes,
            franchise_of={work: FranchiseRef(f.slug, f.title) for f in every for work in _nodes(f)},
            tags_of=tags_of,
            also=also,
            sources=self._sources,
        )
        for facts in every:
            known = [context.works[one.work].ordered_by.popularity for one in facts.members]
            yield FranchiseInput(
                slug=facts.slug,
                members=tuple(one.work for one in facts.members),
                records=tuple(record for one in facts.members for record in one.also),
                guests=tuple(one.work for one in facts.guests),
                popularity=_popularity(known),
                documents=_documents(facts, context, relations),
                adult=is_franchise_adult(context.works[one.work].adult for one in facts.members),
            )

    def _completed(
        self, work: DocumentWork, popularity: float, tags: Iterable[TagView]
    ) -> DocumentWork:
        """Return a work with what is known only once all rows have been added."""
        own = msgspec.structs.replace(work.own, votes=self._votes[work.view.id])
        ordered_by = msgspec.structs.replace(
            work.ordered_by,
            popularity=popularity,
            own_popularity=own_popularity(own),
            is_parody=any(tag.name == _PARODY for tag in tags),
        )
        return msgspec.structs.replace(work, ordered_by=ordered_by)

    def _facts(self, franchise: _OpenFranchise) -> FranchiseFacts | None:
        root = franchise.row.root
        also: dict[UUID, list[UUID]] = {}
        for row in franchise.members:
            if row.record_of is not None and row.work in self._works:
                also.setdefault(row.record_of, []).append(row.work)
        members = [
            Member(
                row.work, row.role, _relations(row.because), tuple(sorted(also.get(row.work, ())))
            )
            for row in franchise.members
            if row.record_of is None and row.work in self._works
        ]
        members.sort(key=lambda one: (one.work != root, *self._by_date(one.work)))
        if not members or members[0].work != root:
            return None
        visits = [row for row in franchise.visits if row.work in self._works]
        visits.sort(key=lambda row: self._by_date(row.work))
        said = (relation for one in members for relation in one.because)
        fixed = {relation for relation in said if relation.kind in ("joined", "same_work")}
        return FranchiseFacts(
            slug=franchise.row.slug,
            title=franchise.row.title,
            members=tuple(members),
            guests=tuple(Guest(row.work, _relations(row.because)) for row in visits),
            relations=tuple(sorted({*franchise.relations, *fixed}, key=inputs.relation_key)),
            timelines=tuple(Timeline(row.works, row.reason) for row in franchise.row.timelines),
        )

    def _by_date(self, work: UUID) -> tuple[str, UUID]:
        return self._works[work].ordered_by.date_key, work


def known_work(row: WorkRow) -> DocumentWork:
    """Return a work as the documents of franchises know it."""
    year = None if row.year is None else str(row.year)
    date = release_date(row.start_date, row.year, row.season)
    return DocumentWork(
        view=MemberWork(
            **msgspec.structs.asdict(summary_of(row)),
            year=row.year,
            date=row.start_date or year,
            duration_s=row.duration_s,
        ),
        kind=row.kind,
        season=row.season,
        score=row.score,
        adult=bool(row.adult),
        synonyms=tuple(title.text for title in row.titles if title.text != row.title),
        ordered_by=inputs.FranchiseWork(
            id=row.id,
            titles=(row.title,),
            type=row.anime_type,
            date=date,
            episodes=row.episodes,
            duration_s=row.duration_s,
            sources=row.sources,
            kind=row.kind,
            is_upcoming=row.status == "upcoming",
        ),
        own=popularity_facts(
            [title.text for title in row.titles] or [row.title],
            date,
            anime_type=row.anime_type,
            sources=len(row.sources),
            score=row.score,
        ),
    )


def _documents(
    facts: FranchiseFacts, context: DocumentContext, relations: GraphRelations
) -> dict[str, bytes]:
    detail = franchise_documents.franchise_detail(facts, context)
    orders = {
        name: franchise_documents.watch_order_document(facts, context, name) for name in ORDERS
    }
    return {
        "summary": msgspec.json.encode(franchise_documents.franchise_summary(detail)),
        "detail": msgspec.json.encode(detail),
        **{name: msgspec.json.encode(order) for name, order in orders.items()},
        "graph": franchise_graphs.graph_of(facts, context.works, relations),
    }


def _popularity(popularity: Iterable[float]) -> float:
    best = sorted(popularity, reverse=True)
    return sum(best[:_NAMED]) + _SIZE_COUNTS * len(best)


def _numbered(every: Sequence[FranchiseFacts]) -> dict[UUID, int]:
    return {work: number for number, facts in enumerate(every) for work in _nodes(facts)}


def _nodes(facts: FranchiseFacts) -> Iterator[UUID]:
    for one in facts.members:
        yield from (one.work, *one.also)


def _relations(rows: Sequence[MembershipReasonRow]) -> tuple[Relation, ...]:
    return tuple(
        Relation(row.source, row.target, row.kind, row.method, row.confidence) for row in rows
    )


@lru_cache(maxsize=4096)
def _winner(kind: Kind, assertions: bytes) -> tuple[Assertion, tuple[str, ...]]:
    """Return the surest assertion of the kind that an edge has, and who asserts as much."""
    said = _ASSERTIONS.decode(assertions)
    mine = [one for one in said if one.kind == kind] or said
    best = max(mine, key=lambda one: (METHOD_RANK[one.method], one.confidence))
    sources = sorted({one.source for one in mine if one.method == best.method})
    return best, tuple(sources)
