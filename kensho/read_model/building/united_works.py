"""Unite the records of one work while the graph is read, so that a snapshot has each work once.

The store keeps every record with its own id and facts. A snapshot shows the record that stands for
the work (`is_same_as` leads to it), with what the others know beside it: titles, ids, tags, facts
that are missing, relations. Their ids lead to it. So does what a franchise shows as one with a
member (`in_franchise.record_of`): the list of six films with the first of them. It gives its main
title and ids, but neither dates nor episodes, which may be those of more.

Guarantees: pure, if no record stands for one that stands for it; the same rows give the same works,
whatever order they came in. Rows of works that have one record pass through untouched, in their
order.

Performance: some 25 MB until the last row, for the 8,000 records that are not alone.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence, Set
from typing import Final
from uuid import UUID

import msgspec

from kensho.domain.relations import (
    FORWARD,
    INVERSE,
    METHOD_RANK,
    SYMMETRIC,
    Assertion,
    Kind,
    standing,
    winner,
)
from kensho.domain.stated_dates import StatedDates, composed_dates
from kensho.domain.works import Title
from kensho.read_model.inputs import EdgeInput
from kensho.read_model.paths import only_inferred
from kensho.read_model.views import DeniedView
from kensho.storage.rows import (
    DenialRow,
    EpisodeRow,
    GuestRow,
    MembershipReasonRow,
    MembershipRow,
    RecommendationRow,
    RedirectRow,
    SamePairRow,
    StoredFranchise,
    TaggingId,
    TaggingRow,
    TimelineRow,
    WorkRow,
)

_ASSERTIONS: Final = msgspec.json.Decoder(list[Assertion])
_MISSING: Final = (
    "episodes",
    "duration_s",
    "poster_url",
    "synopsis",
    "imdb",
)
"""Facts of which the first record that has one is believed."""


class UnitedWorks:
    """Which records stand for which works, and the rows of those that are not alone."""

    def __init__(self) -> None:
        self._stands: dict[UUID, UUID] = {}
        self._records: dict[UUID, list[UUID]] = {}
        self._works: defaultdict[UUID, list[WorkRow]] = defaultdict(list)
        self._edges: defaultdict[frozenset[UUID], list[EdgeInput]] = defaultdict(list)
        self._taggings: defaultdict[UUID, list[TaggingRow]] = defaultdict(list)
        self._episodes: defaultdict[UUID, list[EpisodeRow]] = defaultdict(list)
        self._votes: dict[tuple[UUID, UUID], int] = {}
        self._films: set[UUID] = set()
        self._denied: defaultdict[UUID, dict[UUID, tuple[Assertion, ...]]] = defaultdict(dict)
        self._shown_with: dict[UUID, UUID] = {}
        self._lists: set[UUID] = set()

    def add_same(self, rows: Iterable[SamePairRow]) -> None:
        """Add records of works; all come before any other row."""
        self._stands |= {row.record: row.work for row in rows}

    def add_shown_with(self, rows: Iterable[MembershipRow]) -> None:
        """Add what franchises show with a member, whether or not it is a record of the same work.

        All comes after the records of works, and before they are settled.
        """
        self._shown_with |= {row.work: row.record_of for row in rows if row.record_of is not None}

    def settle(self) -> None:
        """Find the work of each record; call it when all are added."""
        beside: defaultdict[UUID, set[UUID]] = defaultdict(set)
        for record, member in self._shown_with.items():
            beside[self.work(member)].add(self.work(record))
        for work, others in beside.items():
            others.discard(work)
            # Of several that stand with a whole, each is a part that can be asked for by itself.
            if len(others) == 1 and others.isdisjoint(beside):
                self._lists |= others
                self._stands |= dict.fromkeys(others, work)
        self._shown_with.clear()
        for record in sorted(self._stands):
            self._records.setdefault(self.work(record), []).append(record)

    def add_denials(self, rows: Iterable[DenialRow]) -> None:
        """Add pairs of works that are not related; they come after the records are settled."""
        for row in rows:
            one, other = self.work(row.work), self.work(row.other)
            if one != other:
                self._denied[one].setdefault(other, row.assertions)
                self._denied[other].setdefault(one, tuple(_turned(row.assertions)))

    def denied(self, work: UUID) -> tuple[DeniedView, ...]:
        """Return the works that curators say are not related to one, in order of id."""
        found = sorted(self._denied.get(work, {}).items())
        return tuple(DeniedView(other, assertions) for other, assertions in found)

    def work(self, record: UUID) -> UUID:
        """Return the record that stands for the work of a record, which may be itself."""
        while (stands := self._stands.get(record)) is not None:
            record = stands
        return record

    def also(self, work: UUID) -> tuple[UUID, ...]:
        """Return the other records of a work."""
        return tuple(self._records.get(work, ()))

    def is_film(self, row: WorkRow) -> bool:
        """Tell whether a whole work is a film of the graph, or another record of it is."""
        return row.kind == "movie" or row.id in self._films

    @property
    def records(self) -> Iterator[tuple[UUID, UUID]]:
        """Yield each record that does not stand for its work, with the one that does."""
        for work, records in self._records.items():
            yield from ((record, work) for record in records)

    def _is_list(self, record: UUID) -> bool:
        """Tell whether a record, or one that it is the same as, is only shown with its work."""
        while (stands := self._stands.get(record)) is not None and record not in self._lists:
            record = stands
        return record in self._lists

    def _is_alone(self, record: UUID) -> bool:
        return record not in self._stands and record not in self._records

    def works(self, rows: Sequence[WorkRow]) -> list[WorkRow]:
        """Return the works that are whole, and hold back records of which others are to come."""
        found: list[WorkRow] = []
        for row in rows:
            if self._is_alone(row.id):
                found.append(row)
                continue
            work = self.work(row.id)
            held = self._works[work]
            held.append(row)
            if row.kind == "movie":
                self._films.add(work)
            if len(held) > len(self._records[work]):
                lists = {one.id for one in held if self._is_list(one.id)}
                found.append(_united(work, self._works.pop(work), lists))
        return found

    def taggings(self, rows: Sequence[TaggingRow]) -> list[TaggingRow]:
        """Return the taggings of works with one record, and hold back the others."""
        alone: list[TaggingRow] = []
        for row in rows:
            if self._is_alone(row.id.work):
                alone.append(row)
            else:
                self._taggings[self.work(row.id.work)].append(row)
        return alone

    def last_taggings(self) -> list[TaggingRow]:
        """Return the taggings that were held back: each tag of a work once, all of one in a row."""
        found: list[TaggingRow] = []
        for work, rows in sorted(self._taggings.items()):
            relevance: dict[UUID, float] = {}
            for row in rows:
                relevance[row.id.tag] = max(row.relevance, relevance.get(row.id.tag, 0.0))
            found += (TaggingRow(TaggingId(work, tag), of) for tag, of in relevance.items())
        self._taggings.clear()
        return found

    def episodes(self, rows: Sequence[EpisodeRow]) -> list[EpisodeRow]:
        """Return the episodes of works with one record, and hold back the others."""
        alone: list[EpisodeRow] = []
        for row in rows:
            if self._is_alone(row.id.work):
                alone.append(row)
            else:
                self._episodes[row.id.work].append(row)
        return alone

    def last_episodes(self) -> list[EpisodeRow]:
        """Return the episodes that were held back: of each work the list of one record.

        It is the longest, for a number means the same episode only within one list.
        """
        longest: dict[UUID, tuple[int, bool, UUID]] = {}
        for record, rows in sorted(self._episodes.items()):
            if not self._is_list(record):
                work = self.work(record)
                standing = (len(rows), record == work, record)
                longest[work] = max(standing, longest.get(work, standing))
        found: list[EpisodeRow] = []
        for work, (_, _, record) in sorted(longest.items()):
            for row in self._episodes[record]:
                id_ = msgspec.structs.replace(row.id, work=work)
                found.append(msgspec.structs.replace(row, id=id_))
        self._episodes.clear()
        return found

    def edges(self, edges: Sequence[EdgeInput]) -> list[EdgeInput]:
        """Return the relations of works with one record, and hold back the others."""
        alone: list[EdgeInput] = []
        for edge in edges:
            if self._is_alone(edge.source) and self._is_alone(edge.target):
                alone.append(edge)
                continue
            moved = edge._replace(source=self.work(edge.source), target=self.work(edge.target))
            if moved.source != moved.target:
                self._edges[frozenset((moved.source, moved.target))].append(moved)
        return alone

    def last_edges(self) -> list[EdgeInput]:
        """Return the relations that were held back, one for each pair of works."""
        pairs = sorted(self._edges.values(), key=lambda some: (some[0].source, some[0].target))
        self._edges.clear()
        return [some[0] if len(some) == 1 else _one_edge(some) for some in pairs]

    def recommendations(self, rows: Sequence[RecommendationRow]) -> list[RecommendationRow]:
        """Return the recommendations of works with one record, and hold back the others."""
        alone: list[RecommendationRow] = []
        for row in rows:
            if self._is_alone(row.work) and self._is_alone(row.other):
                alone.append(row)
                continue
            one, other = sorted((self.work(row.work), self.work(row.other)))
            if one != other:
                self._votes[one, other] = max(row.votes, self._votes.get((one, other), 0))
        return alone

    def last_recommendations(self) -> list[RecommendationRow]:
        """Return the recommendations that were held back, one for each pair of works."""
        found = [RecommendationRow(*pair, votes) for pair, votes in sorted(self._votes.items())]
        self._votes.clear()
        return found

    def redirects(self, rows: Sequence[RedirectRow]) -> list[RedirectRow]:
        """Return redirects between works."""
        return [
            msgspec.structs.replace(row, work=self.work(row.work), to=self.work(row.to))
            for row in rows
            if self.work(row.work) != self.work(row.to)
        ]

    def franchises(self, rows: Sequence[StoredFranchise]) -> list[StoredFranchise]:
        """Return franchises whose roots and timelines name works."""
        return [
            msgspec.structs.replace(
                row,
                root=self.work(row.root),
                timelines=tuple(self._timeline(one) for one in row.timelines),
            )
            for row in rows
        ]

    def _timeline(self, row: TimelineRow) -> TimelineRow:
        return TimelineRow(tuple(dict.fromkeys(map(self.work, row.works))), row.reason)

    def memberships(self, rows: Sequence[MembershipRow]) -> list[MembershipRow]:
        """Return the memberships of works; that of another record says nothing of its own."""
        return [
            row
            if not row.because and row.record_of is None
            else msgspec.structs.replace(
                row, because=self._because(row.because), record_of=self._record_of(row)
            )
            for row in rows
            if self.work(row.work) == row.work
        ]

    def _record_of(self, row: MembershipRow) -> UUID | None:
        if row.record_of is None:
            return None
        work = self.work(row.record_of)
        return None if work == row.work else work

    def visits(self, rows: Sequence[GuestRow]) -> list[GuestRow]:
        """Return the visits of works."""
        return [
            msgspec.structs.replace(row, because=self._because(row.because))
            for row in rows
            if self.work(row.work) == row.work
        ]

    def _because(self, reasons: Sequence[MembershipReasonRow]) -> tuple[MembershipReasonRow, ...]:
        moved = (
            msgspec.structs.replace(one, source=self.work(one.source), target=self.work(one.target))
            for one in reasons
        )
        return tuple(one for one in moved if one.source != one.target)


def _united(work: UUID, rows: Sequence[WorkRow], lists: Set[UUID]) -> WorkRow:
    """Return the row of a work with what its other records know beside it, `lists` the least."""
    ordered = sorted(
        rows, key=lambda row: (row.id in lists, row.id != work, -len(row.sources), row.id)
    )
    best = ordered[0]
    if len(ordered) == 1:
        return best
    own = [row for row in ordered if row.id not in lists]
    facts = {
        name: next((known for row in own if (known := getattr(row, name)) is not None), None)
        for name in _MISSING
    }
    stated = [StatedDates(row.start_date, row.end_date, row.year, row.season) for row in own]
    dates = composed_dates(stated, stated)
    scored = next((row for row in ordered if row.score is not None), best)
    return msgspec.structs.replace(
        best,
        **facts,
        start_date=dates.start,
        end_date=dates.end,
        year=dates.year,
        season=dates.season,
        titles=_titles([_main_title_only(row) if row.id in lists else row for row in ordered]),
        sources=tuple(dict.fromkeys(source for row in ordered for source in row.sources)),
        mappings=tuple(dict.fromkeys(one for row in ordered for one in row.mappings)),
        studios=next((row.studios for row in ordered if row.studios), ()),
        producers=next((row.producers for row in ordered if row.producers), ()),
        adult=any(row.adult for row in ordered) or best.adult,
        score=scored.score,
        score_source=scored.score_source,
    )


def _main_title_only(row: WorkRow) -> WorkRow:
    """Return a list with its own title: the others may be those of its parts."""
    return msgspec.structs.replace(row, titles=(Title(row.title, kind="main"),))


def _titles(rows: Sequence[WorkRow]) -> tuple[Title, ...]:
    found: dict[str, Title] = {}
    for place, row in enumerate(rows):
        for title in row.titles or (Title(row.title, kind="main"),):
            is_second_main = place and title.kind == "main"
            kept = msgspec.structs.replace(title, kind="official") if is_second_main else title
            found.setdefault(title.text, kept)
    return tuple(found.values())


def _one_edge(edges: Sequence[EdgeInput]) -> EdgeInput:
    """Return one relation for those between the records of two works, with all assertions."""
    first = min(edges, key=lambda edge: (edge.source, edge.target))
    said: dict[tuple[str, Kind, str, bool], Assertion] = {}
    for edge in edges:
        is_turned = edge.source != first.source
        for one in _ASSERTIONS.decode(edge.assertions):
            read = msgspec.structs.replace(one, kind=INVERSE[one.kind]) if is_turned else one
            key = (read.source, read.kind, read.method, read.denied)
            if key not in said or said[key].snapshot < read.snapshot:
                said[key] = read
    assertions = sorted(said.values(), key=lambda one: (one.source, one.kind, one.method))
    ranks = {one.source: METHOD_RANK[one.method] for one in assertions}
    stands, _ = standing(assertions, ranks)
    kind = winner(stands or assertions, ranks).kind
    assertions = [one for one in assertions if not one.denied or one.kind != kind]
    if kind in FORWARD or kind in SYMMETRIC:
        return _edge(first.source, first.target, kind, assertions)
    return _edge(first.target, first.source, INVERSE[kind], _turned(assertions))


def _turned(assertions: Iterable[Assertion]) -> list[Assertion]:
    """Return the assertions, read from the other end."""
    return [msgspec.structs.replace(one, kind=INVERSE[one.kind]) for one in assertions]


def _edge(source: UUID, target: UUID, kind: Kind, assertions: list[Assertion]) -> EdgeInput:
    document = msgspec.json.encode(assertions)
    return EdgeInput(source, target, kind, document, only_inferred(kind, assertions))
