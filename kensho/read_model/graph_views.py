"""The documents of an export: nodes with facts, typed edges with assertions, and a notice.

Guarantees: every format exports the same graph. An edge reads "`target` is the `kind` of `source`";
its id, made of its ends and kind, survives re-ingestion as theirs do. Nodes and edges are iterables
that are read once, nodes first: no format holds all of them.
"""

from collections.abc import Iterable, Iterator, Mapping
from typing import Final, Literal, NamedTuple, TypeAlias

import msgspec

from kensho.domain.relations import Assertion, Kind

Scalar: TypeAlias = Literal["string", "int", "float"]
Value: TypeAlias = str | int | float
READING: Final = "An edge reads: its target is the `kind` of its source."


class ExportNode(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A work; `role` and `because` tell how it belongs to the franchise it is exported with.

    `sources` are its ids at other catalogues, such as `mal:20`; `synonyms` its further titles.
    """

    id: str
    title: str
    kind: str
    anime_type: str
    status: str
    year: int | None = None
    season: str | None = None
    episodes: int | None = None
    score: float | None = None
    imdb_rating: float | None = None
    role: str | None = None
    because: str | None = None
    sources: tuple[str, ...] | None = None
    synonyms: tuple[str, ...] | None = None


class ExportEdge(msgspec.Struct, frozen=True, rename={"source": "from", "target": "to"}):
    """A relation: `target` is the `kind` of `source`."""

    source: str
    target: str
    kind: Kind
    assertions: tuple[Assertion, ...] = ()

    @property
    def id(self) -> str:
        """Return the edge's id: one edge joins two works by a kind."""
        return f"{self.source}:{self.kind}:{self.target}"


class ExportNotice(msgspec.Struct, frozen=True, kw_only=True):
    """The head of an export: its title, the graph's revision, notes line by line.

    A franchise names no revision: most revisions of the graph leave it as it is.
    """

    title: str
    revision: int | msgspec.UnsetType = msgspec.UNSET
    notes: tuple[str, ...]
    reading: str = READING

    @property
    def lines(self) -> tuple[str, ...]:
        """Return all of it as lines of text."""
        is_named = self.revision is not msgspec.UNSET
        of = (f"Revision of the graph: {self.revision}.",) if is_named else ()
        return (self.title, *of, self.reading, *self.notes)


class ExportBeyond(msgspec.Struct, frozen=True):
    """What lies beyond a bridge: how many works, and the ids of the nearest."""

    works: int
    nearest: tuple[str, ...]


class ExportBridge(msgspec.Struct, frozen=True):
    """An edge that leads out of the graph; `only`: no other leads to what lies beyond."""

    edge: ExportEdge
    beyond: ExportBeyond
    only: bool


class FranchiseGraphDocument(msgspec.Struct, frozen=True):
    """The works of a franchise, the relations among them, and those that lead out of it."""

    notice: ExportNotice
    nodes: list[ExportNode]
    edges: list[ExportEdge]
    bridges: list[ExportBridge]


class ExportGraph(NamedTuple):
    """A graph to write; only JSON tells of bridges, whose far ends are no nodes of it."""

    notice: ExportNotice
    nodes: Iterable[ExportNode]
    edges: Iterable[ExportEdge]
    bridges: Iterable[ExportBridge] = ()


NODE_FIELDS: Final[Mapping[str, Scalar]] = {
    "title": "string",
    "kind": "string",
    "anime_type": "string",
    "status": "string",
    "year": "int",
    "season": "string",
    "episodes": "int",
    "score": "float",
    "imdb_rating": "float",
    "role": "string",
    "because": "string",
    "sources": "string",
    "synonyms": "string",
}
"""`sources` and `synonyms` are JSON arrays but for JSON itself: few formats have lists."""
EDGE_FIELDS: Final[Mapping[str, Scalar]] = {"kind": "string", "assertions": "string"}
"""`assertions` is a JSON array where a format knows no lists of records."""


def node_values(node: ExportNode) -> Iterator[tuple[str, Value]]:
    """Yield the facts of a node that are known, by name."""
    for name in NODE_FIELDS:
        value = getattr(node, name)
        if isinstance(value, tuple):
            value = msgspec.json.encode(value).decode()
        if value is not None:
            yield name, value


def edge_values(edge: ExportEdge) -> tuple[tuple[str, str], ...]:
    """Return the facts of an edge, by name."""
    assertions = msgspec.json.encode(edge.assertions).decode()
    return ("kind", edge.kind), ("assertions", assertions)


def write_json(graph: ExportGraph) -> Iterator[bytes]:
    """Yield the graph as a JSON object; an edge has `from` and `to`, as everywhere in the API."""
    yield b'{"notice":' + msgspec.json.encode(graph.notice) + b","
    yield from json_contents(graph.nodes, graph.edges, graph.bridges)
    yield b"\n"


def json_contents(
    nodes: Iterable[ExportNode], edges: Iterable[ExportEdge], bridges: Iterable[ExportBridge]
) -> Iterator[bytes]:
    """Yield the members of the JSON document that follow its notice, and its closing brace."""
    yield b'"nodes":['
    yield from _listed(nodes)
    yield b'],"edges":['
    yield from _listed(edges)
    yield b'],"bridges":['
    yield from _listed(bridges)
    yield b"]}"


def _listed(entries: Iterable[msgspec.Struct]) -> Iterator[bytes]:
    comma = b"\n"
    for entry in entries:
        yield comma + msgspec.json.encode(entry)
        comma = b",\n"
