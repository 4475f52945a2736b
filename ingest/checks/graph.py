"""Check the graph for what must never be (errors) and for contradictions of sources (notices).

The rules are pure functions over one reading of the graph (`ingest.checks.reading`). An error means
that a rule of the data model is broken in the store; a notice means that real data is as it is, and
where a curator may want to decide.
"""

import datetime as dt
import uuid
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Final, TypeAlias

import msgspec

from ingest.checks import doubles, franchises, losses
from ingest.checks.findings import (
    CheckedWork,
    Finding,
    Found,
    Severity,
    finding,
    page_of,
)
from ingest.checks.franchises import CheckedFranchises
from ingest.pipeline.census import Census
from kensho.domain.graphs import DisjointSets, strongly_connected
from kensho.domain.relations import Assertion
from kensho.domain.statuses import contradicts
from kensho.domain.title_parts import parsed
from kensho.domain.titles import folded, squeezed

EDGE_TABLES: Final = (
    "is_sequel_of",
    "is_prequel_of",
    "is_related_to",
    "has_tag",
    "has_episode",
    "in_franchise",
    "visits_franchise",
    "is_same_as",
    "is_recommended_with",
    "redirects_episodes_to",
    "is_not_related_to",
)
Pair = tuple[uuid.UUID, uuid.UUID]


class CheckedEdge(msgspec.Struct, frozen=True):
    """A stored edge: the ends in its id, and those in its row (`None`: not in the graph)."""

    table: str
    ends: Pair
    start: uuid.UUID | None
    end: uuid.UUID | None
    conflict: bool = False
    kind: str | None = None


class CheckedGraph(msgspec.Struct, frozen=True):
    """One reading of the graph, on a day.

    `asserted` has the assertions of edges whose sources contradict one another, and of spin-offs;
    they read along the edge. `origin` is that of our pages, such as `https://anime.example`. Of
    tables that no rule looks at but for missing ends, `edges` may have the broken ones alone.
    """

    works: Mapping[uuid.UUID, CheckedWork]
    edges: Mapping[str, Sequence[CheckedEdge]]
    recorded: frozenset[uuid.UUID]
    composed: bool
    franchises: CheckedFranchises = CheckedFranchises()
    day: dt.date = dt.date.min
    asserted: Mapping[tuple[str, Pair], Sequence[Assertion]] = {}
    census: Census | None = None
    origin: str = ""

    def name(self, work: uuid.UUID) -> str:
        """Return how a finding names a work."""
        known = self.works.get(work)
        return f"{known.title} ({work})" if known else str(work)

    def start(self, work: uuid.UUID) -> str | None:
        """Return the start date of a work, where it is known."""
        known = self.works.get(work)
        return known.start_date if known else None


Rule: TypeAlias = Callable[[CheckedGraph], Iterable[Found]]


def findings(graph: CheckedGraph) -> Iterator[Finding]:
    """Yield all that the rules find, errors first, each once."""
    seen: set[str] = set()
    for severity, rule, found in _found(graph):
        works = (page_of(graph.works[w], graph.origin) for w in found.works if w in graph.works)
        one = finding(rule, severity, found, works)
        if one.id not in seen:
            seen.add(one.id)
            yield one


def _found(graph: CheckedGraph) -> Iterator[tuple[Severity, str, Found]]:
    for rule, find in _ERRORS.items():
        for found in find(graph):
            yield "error", rule, found
    tables = ("is_sequel_of", "is_related_to", "is_same_as")
    ends = {table: frozenset(edge.ends for edge in graph.edges[table]) for table in tables}
    for rule, of_franchises in franchises.RULES.items():
        for sentence in of_franchises(graph.franchises, ends):
            yield "error", rule, Found(sentence, about=sentence)
    for rule, find in _NOTICES.items():
        for found in find(graph):
            yield "notice", rule, found


def _lagging(graph: CheckedGraph) -> Iterator[Found]:
    if not graph.composed:
        yield Found("an ingest was cut: run any ingest again to bring the graph in line")


def _mirrors(graph: CheckedGraph) -> Iterator[Found]:
    sequels = {e.ends for e in graph.edges["is_sequel_of"]}
    prequels = {(b, a) for a, b in (e.ends for e in graph.edges["is_prequel_of"])}
    for later, earlier in sorted(sequels ^ prequels):
        missing = "prequel" if (later, earlier) in sequels else "sequel"
        ends = f"{graph.name(later)} and {graph.name(earlier)}"
        sentence = f"{ends}: the {missing} edge is missing"
        yield Found(sentence, (later, earlier), about=f"{missing} of {later}")


def _dangling(graph: CheckedGraph) -> Iterator[Found]:
    for table, edges in graph.edges.items():
        for edge in edges:
            ends = f"{table} {edge.ends[0]} → {edge.ends[1]}"
            if edge.start is None or edge.end is None:
                yield Found(f"{ends}: an end is not in the graph", edge.ends, about=ends)
            elif (edge.start, edge.end) != edge.ends:
                yield Found(f"{ends}: its row names other ends than its id", edge.ends, about=ends)


def _inverse_pairs(graph: CheckedGraph) -> Iterator[Found]:
    sequels = {e.ends for e in graph.edges["is_sequel_of"]}
    for later, earlier in sorted(sequels):
        if later < earlier and (earlier, later) in sequels:
            ends = f"{graph.name(later)} and {graph.name(earlier)}"
            yield Found(f"{ends}: each is the sequel of the other", (later, earlier))


def _duplicate_ids(graph: CheckedGraph) -> Iterator[Found]:
    owner: dict[str, uuid.UUID] = {}
    for work in graph.works.values():
        for source_id in work.sources:
            first = owner.setdefault(source_id, work.id)
            if first != work.id:
                ends = f"carried by {graph.name(first)} and by {graph.name(work.id)}"
                yield Found(f"{source_id}: {ends}", (first, work.id), about=source_id)


def _twins(graph: CheckedGraph) -> Iterator[Found]:
    """Yield the works of which two records are of one catalogue, and records of two works."""
    stands: dict[uuid.UUID, uuid.UUID] = {}
    works: DisjointSets[uuid.UUID] = DisjointSets()
    for record, work in (edge.ends for edge in graph.edges["is_same_as"]):
        works.join(record, work)
        if stands.setdefault(record, work) != work:
            yield Found(f"{graph.name(record)}: a record of two works", (record,), about="two")
    listed: dict[tuple[uuid.UUID, str], uuid.UUID] = {}
    for record in sorted(one for one in works if one in graph.works):
        for provider in {source.partition(":")[0] for source in graph.works[record].sources}:
            first = listed.setdefault((works.root(record), provider), record)
            if first != record:
                sentence = f"{provider} lists both {graph.name(first)} and {graph.name(record)}"
                yield Found(sentence, (first, record), sources=(provider,), about=provider)


def _unrecorded(graph: CheckedGraph) -> Iterator[Found]:
    for work in graph.works:
        if work not in graph.recorded:
            yield Found(f"{graph.name(work)}: no source record speaks of it", (work,))


def _loops(graph: CheckedGraph) -> Iterator[Found]:
    sequels = ((earlier, later) for later, earlier in (e.ends for e in graph.edges["is_sequel_of"]))
    for loop in strongly_connected(sequels):
        if len(loop) > 1:
            works = tuple(sorted(loop))
            sentence = " → ".join(sorted(map(graph.name, works))) + ": sequels in a circle"
            yield Found(sentence, works, ("sequel",))


def _conflicts(graph: CheckedGraph) -> Iterator[Found]:
    for table in ("is_sequel_of", "is_related_to"):
        for edge in graph.edges[table]:
            if edge.conflict:
                # A sequel edge runs to the earlier work, its assertions from it.
                one, other = edge.ends if table == "is_related_to" else edge.ends[::-1]
                said = graph.asserted.get((table, edge.ends), ())
                who = _who_says_what(said)
                ends = f"{graph.name(other)} is to {graph.name(one)}"
                sentence = f"{ends}: " + (who or "sources state different kinds")
                told = [a for a in said if a.kind != "related"]
                kinds, sources = [a.kind for a in told], [a.source for a in told]
                yield Found(sentence, (one, other), tuple(kinds), tuple(sources), facts=who)


def _who_says_what(said: Iterable[Assertion]) -> str:
    sources: dict[str, list[str]] = {}
    for one in sorted(said, key=lambda a: (a.kind, a.source)):
        if one.kind != "related":
            sources.setdefault(one.kind, []).append(one.source)
    words = (f"{kind.replace('_', ' ')} ({', '.join(by)})" for kind, by in sources.items())
    return " or ".join(words)


def _dates(graph: CheckedGraph) -> Iterator[Found]:
    for work in graph.works.values():
        start, end, name = work.start_date, work.end_date, graph.name(work.id)
        if start and end and end < start:
            sentence = f"{name}: ends {end}, before it starts {start}"
            yield Found(sentence, (work.id,), about="end", facts=f"{start} {end}")
        # A winter season may start in the last days of December: one year apart is no
        # contradiction.
        if work.year and start and abs(int(start[:4]) - work.year) > 1:
            sentence = f"{name}: of {work.year}, but starts {start}"
            yield Found(sentence, (work.id,), about="year", facts=f"{work.year} {start}")


def _announced(graph: CheckedGraph) -> Iterator[Found]:
    for work in graph.works.values():
        if contradicts(graph.day, work.status, work.start_date, work.year):
            when = str(work.start_date or work.year)
            yield Found(f"{graph.name(work.id)}: announced, but of {when}", (work.id,), facts=when)


def _turned_sequels(graph: CheckedGraph) -> Iterator[Found]:
    """Yield sequels that came out before their prequel, which is a later season of the same name.

    A prequel may well be made later; only the titles tell it from a relation that was turned round.
    """
    for later, earlier in (e.ends for e in graph.edges["is_sequel_of"]):
        after, before = graph.start(later), graph.start(earlier)
        if after is None or before is None or after >= before:
            continue
        titles = (parsed(folded(graph.works[work].title)) for work in (later, earlier))
        sequel, prequel = ((squeezed(one.stem), one.parts.season or 1) for one in titles)
        if sequel[0] == prequel[0] and sequel[1] < prequel[1]:
            first, then = f"{graph.name(earlier)} of {before}", f"{graph.name(later)} of {after}"
            sentence = f"{then} continues {first}, which is later and a later season by its title"
            yield Found(sentence, (later, earlier), ("sequel",), facts=f"{after} {before}")


def _early_spin_offs(graph: CheckedGraph) -> Iterator[Found]:
    for edge in graph.edges["is_related_to"]:
        source, target = edge.ends
        before, after = graph.start(source), graph.start(target)
        if edge.kind == "spin_off" and before and after and after < before:
            said = graph.asserted.get(("is_related_to", edge.ends), ())
            sources = tuple(a.source for a in said if a.kind == "spin_off")
            by = f" ({', '.join(sources)})" if sources else ""
            first, then = f"{graph.name(target)} of {after}", f"{graph.name(source)} of {before}"
            sentence = f"{first} is a spin-off of {then}, which is later{by}"
            facts = f"{before} {after}"
            yield Found(sentence, edge.ends, ("spin_off",), sources, facts=facts)


def _doubles(graph: CheckedGraph) -> Iterator[Found]:
    stands = dict(edge.ends for edge in graph.edges["is_same_as"])
    related = {
        frozenset(edge.ends)
        for table in ("is_sequel_of", "is_related_to")
        for edge in graph.edges[table]
        if edge.kind != "related"
    }

    def work_of(record: uuid.UUID) -> uuid.UUID:
        for _ in range(len(stands)):  # a chain, unless the store is broken
            if record not in stands:
                break
            record = stands[record]
        return record

    yield from doubles.unjoined(graph.works.values(), work_of, related, graph.name)


def _losses(graph: CheckedGraph) -> Iterator[Found]:
    if graph.census is not None:
        yield from losses.of_works(graph.census, graph.works, graph.name)


def _coverage(graph: CheckedGraph) -> Iterator[Found]:
    if graph.census is not None:
        yield from losses.of_sources(graph.census)


_ERRORS: Final[dict[str, Rule]] = {
    "graph lags its records": _lagging,
    "mirror edge missing": _mirrors,
    "dangling end": _dangling,
    "sequel of each other": _inverse_pairs,
    "id carried twice": _duplicate_ids,
    "two works as one": _twins,
    "work without a record": _unrecorded,
}
_NOTICES: Final[dict[str, Rule]] = {
    "loop of sequels": _loops,
    "sources contradict": _conflicts,
    "impossible date": _dates,
    "announced in the past": _announced,
    "sequel turned round": _turned_sequels,
    "spin-off before its parent": _early_spin_offs,
    "double": _doubles,
    "lost in the last run": _losses,
    "coverage dropped": _coverage,
}
