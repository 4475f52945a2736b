"""Check the graph for what must never be (errors) and for contradictions of sources (notices).

The rules are pure functions over one reading of the graph, about 140 MB for 40,000 works. An error
means that a rule of the data model is broken in the store; a notice means that real data is as it
is, and where a curator may want to decide.
"""

import datetime as dt
import uuid
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence, Set
from typing import Final, Literal

import msgspec

from ingest.checks import franchises
from ingest.checks.franchises import CheckedFranchises
from kensho.domain.graphs import DisjointSets, strongly_connected
from kensho.domain.statuses import contradicts
from kensho.domain.works import Status
from kensho.storage.gateway import Gateway
from kensho.storage.paging import pages

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
)
_OTHER_NODES: Final = ("tag", "episode", "franchise")
Pair = tuple[uuid.UUID, uuid.UUID]


class CheckedWork(msgspec.Struct, frozen=True):
    """What the rules ask of a work."""

    id: uuid.UUID
    title: str
    sources: tuple[str, ...]
    year: int | None = None
    start_date: str | None = None
    end_date: str | None = None
    status: Status = "unknown"


class CheckedEdge(msgspec.Struct, frozen=True):
    """A stored edge: the ends in its id, and those in its row (`None`: not in the graph)."""

    table: str
    ends: Pair
    start: uuid.UUID | None
    end: uuid.UUID | None
    conflict: bool = False


class CheckedGraph(msgspec.Struct, frozen=True):
    """One reading of the graph, on a day."""

    works: Mapping[uuid.UUID, CheckedWork]
    edges: Mapping[str, Sequence[CheckedEdge]]
    recorded: frozenset[uuid.UUID]
    composed: bool
    franchises: CheckedFranchises = CheckedFranchises()
    day: dt.date = dt.date.min

    def name(self, work: uuid.UUID) -> str:
        """Return how a finding names a work."""
        known = self.works.get(work)
        return f"{known.title} ({work})" if known else str(work)


class Finding(msgspec.Struct, frozen=True):
    """One thing found: the rule, whether it is an error or a notice, and a sentence."""

    rule: str
    severity: Literal["error", "notice"]
    sentence: str


def findings(graph: CheckedGraph) -> Iterator[Finding]:
    """Yield all that the rules find, errors first."""
    for severity, rules in (("error", _ERRORS), ("notice", _NOTICES)):
        for rule, find in rules.items():
            for sentence in find(graph):
                yield Finding(rule, "error" if severity == "error" else "notice", sentence)
        if severity == "error":
            yield from _franchise_findings(graph)


def _franchise_findings(graph: CheckedGraph) -> Iterator[Finding]:
    tables = ("is_sequel_of", "is_related_to", "is_same_as")
    ends = {table: frozenset(edge.ends for edge in graph.edges[table]) for table in tables}
    for rule, find in franchises.RULES.items():
        for sentence in find(graph.franchises, ends):
            yield Finding(rule, "error", sentence)


def _lagging(graph: CheckedGraph) -> Iterator[str]:
    if not graph.composed:
        yield "an ingest was cut: run any ingest again to bring the graph in line"


def _mirrors(graph: CheckedGraph) -> Iterator[str]:
    sequels = {e.ends for e in graph.edges["is_sequel_of"]}
    prequels = {(b, a) for a, b in (e.ends for e in graph.edges["is_prequel_of"])}
    for later, earlier in sorted(sequels ^ prequels):
        missing = "prequel" if (later, earlier) in sequels else "sequel"
        yield f"{graph.name(later)} and {graph.name(earlier)}: the {missing} edge is missing"


def _dangling(graph: CheckedGraph) -> Iterator[str]:
    for table, edges in graph.edges.items():
        for edge in edges:
            if edge.start is None or edge.end is None:
                yield f"{table} {edge.ends[0]} → {edge.ends[1]}: an end is not in the graph"
            elif (edge.start, edge.end) != edge.ends:
                ends = f"{edge.ends[0]} → {edge.ends[1]}"
                yield f"{table} {ends}: its row names other ends than its id"


def _inverse_pairs(graph: CheckedGraph) -> Iterator[str]:
    sequels = {e.ends for e in graph.edges["is_sequel_of"]}
    for later, earlier in sorted(sequels):
        if later < earlier and (earlier, later) in sequels:
            yield f"{graph.name(later)} and {graph.name(earlier)}: each is the sequel of the other"


def _duplicate_ids(graph: CheckedGraph) -> Iterator[str]:
    owner: dict[str, uuid.UUID] = {}
    for work in graph.works.values():
        for source_id in work.sources:
            first = owner.setdefault(source_id, work.id)
            if first != work.id:
                yield f"{source_id}: carried by {graph.name(first)} and by {graph.name(work.id)}"


def _twins(graph: CheckedGraph) -> Iterator[str]:
    """Yield the works of which two records are of one catalogue, and records of two works."""
    stands: dict[uuid.UUID, uuid.UUID] = {}
    works: DisjointSets[uuid.UUID] = DisjointSets()
    for record, work in (edge.ends for edge in graph.edges["is_same_as"]):
        works.join(record, work)
        if stands.setdefault(record, work) != work:
            yield f"{graph.name(record)}: a record of two works"
    listed: dict[tuple[uuid.UUID, str], uuid.UUID] = {}
    for record in sorted(one for one in works if one in graph.works):
        for provider in {source.partition(":")[0] for source in graph.works[record].sources}:
            first = listed.setdefault((works.root(record), provider), record)
            if first != record:
                yield f"{provider} lists both {graph.name(first)} and {graph.name(record)}"


def _unrecorded(graph: CheckedGraph) -> Iterator[str]:
    for work in graph.works:
        if work not in graph.recorded:
            yield f"{graph.name(work)}: no source record speaks of it"


def _loops(graph: CheckedGraph) -> Iterator[str]:
    sequels = ((earlier, later) for later, earlier in (e.ends for e in graph.edges["is_sequel_of"]))
    for loop in strongly_connected(sequels):
        if len(loop) > 1:
            yield " → ".join(sorted(map(graph.name, loop))) + ": sequels in a circle"


def _conflicts(graph: CheckedGraph) -> Iterator[str]:
    for table in ("is_sequel_of", "is_related_to"):
        for edge in graph.edges[table]:
            if edge.conflict:
                one, other = edge.ends
                yield f"{graph.name(one)} and {graph.name(other)}: sources state different kinds"


def _dates(graph: CheckedGraph) -> Iterator[str]:
    for work in graph.works.values():
        if work.start_date and work.end_date and work.end_date < work.start_date:
            yield f"{graph.name(work.id)}: ends {work.end_date}, before it starts {work.start_date}"
        # A winter season may start in the last days of December: one year apart is no
        # contradiction.
        if work.year and work.start_date and abs(int(work.start_date[:4]) - work.year) > 1:
            yield f"{graph.name(work.id)}: of {work.year}, but starts {work.start_date}"


def _announced(graph: CheckedGraph) -> Iterator[str]:
    for work in graph.works.values():
        if contradicts(graph.day, work.status, work.start_date, work.year):
            yield f"{graph.name(work.id)}: announced, but of {work.start_date or work.year}"


def _early_sequels(graph: CheckedGraph) -> Iterator[str]:
    for later, earlier in (e.ends for e in graph.edges["is_sequel_of"]):
        after = graph.works[later].start_date if later in graph.works else None
        before = graph.works[earlier].start_date if earlier in graph.works else None
        if after is not None and before is not None and after < before:
            first, then = f"{graph.name(earlier)} of {before}", f"{graph.name(later)} of {after}"
            yield f"{then} continues {first}, which is later"


_ERRORS: Final[dict[str, Callable[[CheckedGraph], Iterable[str]]]] = {
    "graph lags its records": _lagging,
    "mirror edge missing": _mirrors,
    "dangling end": _dangling,
    "sequel of each other": _inverse_pairs,
    "id carried twice": _duplicate_ids,
    "two works as one": _twins,
    "work without a record": _unrecorded,
}
_NOTICES: Final[dict[str, Callable[[CheckedGraph], Iterable[str]]]] = {
    "loop of sequels": _loops,
    "sources contradict": _conflicts,
    "impossible date": _dates,
    "announced in the past": _announced,
    "sequel before its prequel": _early_sequels,
}


async def read_graph(gateway: Gateway, day: dt.date | None = None) -> CheckedGraph:
    """Read what the rules need, page by page; `day` is the current one in UTC by default."""
    works = {w.id: w for table in ("anime", "movie") for w in await _works(gateway, table)}
    # Looked up here: to ask the engine whether each end exists takes twice as long as the rest.
    nodes = {i for table in _OTHER_NODES for i in await _nodes(gateway, table)} | works.keys()
    edges = {table: await _edges(gateway, table, nodes) for table in EDGE_TABLES}
    meta = await gateway.fetch("meta.revision", into=dict[str, object])
    checked = await franchises.read_franchises(gateway)
    return CheckedGraph(
        works,
        edges,
        await _recorded(gateway),
        bool(meta["composed"]),
        checked,
        day or dt.datetime.now(dt.UTC).date(),
    )


async def _works(gateway: Gateway, table: str) -> list[CheckedWork]:
    found = pages(gateway, "check.works", list[CheckedWork], table=table)
    return [work async for page in found for work in page]


class _EdgeRow(msgspec.Struct, frozen=True):
    id: tuple[str | int, ...]
    start: uuid.UUID | None = msgspec.field(name="in", default=None)
    end: uuid.UUID | None = msgspec.field(name="out", default=None)
    conflict: bool | None = None


async def _nodes(gateway: Gateway, table: str) -> list[uuid.UUID]:
    found = pages(gateway, "check.nodes", list[uuid.UUID], table=table)
    return [node async for page in found for node in page]


async def _edges(gateway: Gateway, table: str, nodes: Set[uuid.UUID]) -> list[CheckedEdge]:
    found: list[CheckedEdge] = []
    async for page in pages(gateway, "check.edges", list[_EdgeRow], table=table):
        for row in page:
            ends = (uuid.UUID(str(row.id[0])), uuid.UUID(str(row.id[1])))
            start, end = (i if i in nodes else None for i in (row.start, row.end))
            found.append(CheckedEdge(table, ends, start, end, bool(row.conflict)))
    return found


async def _recorded(gateway: Gateway) -> frozenset[uuid.UUID]:
    found = pages(gateway, "check.record_works", list[uuid.UUID])
    return frozenset([work async for page in found for work in page])
