"""Slow and obvious answers to what ingestion computes cleverly; property tests hold it to them."""

import itertools
from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple
from uuid import UUID

from ingest.pipeline.identity import RecordHead, SourceRole
from ingest.pipeline.relations import ClaimOrigin
from ingest.pipeline.rows import KeptRecord, SourceRank
from kensho.domain.records import RecordFacts
from kensho.domain.relations import FORWARD, INVERSE, SYMMETRIC, ClaimedKind, Kind, resolve_parent

_HOW = ("inferred", "stated", "curated")


class Statement(NamedTuple):
    """`target` is the `kind` of `work`, says somebody."""

    work: UUID
    kind: ClaimedKind
    target: UUID
    said: ClaimOrigin


class Edge(NamedTuple):
    """An edge: its ends, its kind, and who says (source, oldest snapshot, kind, method)."""

    source: UUID
    target: UUID
    kind: Kind
    voices: frozenset[tuple[str, str, Kind, str]]
    conflict: bool


def edges_of(
    statements: Iterable[Statement], when: Mapping[UUID, str], rank: Mapping[str, int]
) -> set[Edge]:
    """Return the edge of every pair that anybody speaks of."""
    apart = [s for s in statements if s.work != s.target]
    pairs = {frozenset((s.work, s.target)) for s in apart}
    return {_edge(p, [s for s in apart if {s.work, s.target} == p], when, rank) for p in pairs}


def _edge(
    pair: frozenset[UUID],
    statements: Sequence[Statement],
    when: Mapping[UUID, str],
    rank: Mapping[str, int],
) -> Edge:
    earlier, later = sorted(pair, key=lambda w: (when.get(w, "9999"), w))
    voices: dict[tuple[str, Kind, str], str] = {}
    for statement in statements:
        source, snapshot, method = statement.said
        answers = sorted(
            s.kind for s in statements if s.said.source == source and s.work == statement.target
        )
        kind = resolve_parent(statement.kind, answers)
        kind = kind if statement.work == earlier else INVERSE[kind]
        if (
            kind == "spun_off_from"
            and method != "curated"
            and _came_out_first(earlier, later, when)
        ):
            kind = "spin_off"
        voice = (source, kind, method)
        voices[voice] = min(snapshot, voices.get(voice, snapshot))
    ranking = [
        (kind != "related", _HOW.index(method), rank.get(source, 0), snapshot, kind)
        for (source, kind, method), snapshot in voices.items()
    ]
    winner = max(ranking)[-1]
    turned = winner not in SYMMETRIC and winner not in FORWARD
    heard = frozenset(
        (source, snapshot, INVERSE[kind] if turned else kind, method)
        for (source, kind, method), snapshot in voices.items()
    )
    conflict = len({kind for _, _, kind, _ in heard if kind != "related"}) > 1
    if turned:
        return Edge(later, earlier, INVERSE[winner], heard, conflict)
    return Edge(earlier, later, winner, heard, conflict)


def _came_out_first(earlier: UUID, later: UUID, when: Mapping[UUID, str]) -> bool:
    """Tell whether both are dated, and one before the other in what is known of both dates."""
    if earlier not in when or later not in when:
        return False
    parts = zip(when[earlier].split("-"), when[later].split("-"), strict=False)
    differing = next(((one, other) for one, other in parts if one != other), None)
    return differing is not None and differing[0] < differing[1]


def groups_of(
    records: Mapping[str, Mapping[str, RecordHead]], roles: Mapping[str, SourceRole]
) -> set[frozenset[tuple[str, str]]]:
    """Return which makers' records and which enrichers' are about one work, by (source, key).

    An enricher about several works is in the group of each; one that fits nothing is in none.
    """
    groups = _Groups(roles)
    in_turn = sorted(
        records, key=lambda s: (not roles[s].creates, not roles[s].groups, roles[s].order)
    )
    for turn, source in enumerate(in_turn):
        for key in sorted(records[source]):
            groups.add(turn, source, key, records[source][key])
    return {frozenset(group) for group in groups.members}


class _Groups:
    """The groups so far, who owns each id, who brought it, and which groups a title covers."""

    def __init__(self, roles: Mapping[str, SourceRole]) -> None:
        self.roles = roles
        self.members: list[set[tuple[str, str]]] = []
        self.owner: dict[str, int] = {}
        self.brought_in: dict[str, int] = {}
        self.covers: dict[str, dict[int, int]] = {}

    def add(self, turn: int, source: str, key: str, said: RecordHead) -> None:
        creates, grouping, _ = self.roles[source]
        ids = said.ids if creates else (key, *said.ids)
        about = set() if grouping else self.about(ids, turn, creates=creates)
        if creates and not about:
            self.members.append(set())
            about = {len(self.members) - 1}
        for group in about:
            self.members[group].add((source, key))
        for title, group in itertools.product(said.covers, about):
            self.covers.setdefault(title, {}).setdefault(group, turn)
        if len(about) == 1 and not said.dead:
            for source_id in said.ids:
                if source_id not in self.owner and not creates:
                    self.brought_in[source_id] = turn
                self.owner.setdefault(source_id, *about)

    def about(self, ids: Iterable[str], turn: int, *, creates: bool) -> set[int]:
        about: set[int] = set()
        for source_id in ids:
            if not creates:
                covered = self.covers.get(source_id, {})
                about |= {group for group, since in covered.items() if since < turn}
            if source_id in self.owner and self.brought_in.get(source_id, -1) < turn:
                if not about:
                    return {self.owner[source_id]}
                about.add(self.owner[source_id])
        return about


def fact_of(
    field: str,
    records: Sequence[KeptRecord],
    ranks: Mapping[str, SourceRank],
    preferred: Sequence[str] = (),
) -> object:
    """Return what the first record to state a field says, the preferred sources' first."""

    def turn(record: KeptRecord) -> tuple[int, int, str, str]:
        source = record.source
        place = preferred.index(source) if source in preferred else len(preferred)
        return (place, -ranks[source].rank, source, record.key)

    stated = [getattr(r.facts, field) for r in sorted(records, key=turn)]
    return next((value for value in stated if value is not None), None)


def live(records: Iterable[KeptRecord]) -> list[KeptRecord]:
    """Return the records whose page is not dead, each with its ids that are not.

    Of an adult work only MyAnimeList and aniSearch tell whether a page is gone or hidden.
    """
    records = list(records)
    is_adult = any(r.facts.adult for r in records)
    gone = {
        r.key
        for r in records
        if r.dead and not (is_adult and r.key.split(":")[0] not in ("mal", "anisearch"))
    }
    kept = []
    for record in records:
        ids = tuple(i for i in record.ids if i not in gone)
        if not record.dead and ids:
            facts: RecordFacts = record.facts
            kept.append(
                KeptRecord(record.work, record.source, record.key, record.work_kind, ids, facts)
            )
    return kept
