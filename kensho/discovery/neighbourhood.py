"""The graph around a work: nodes nearest first, and their edges, bounded in number.

An edge of the answer reads "`to` is the `kind` of `from`", as it was walked: asking for
`kinds=prequel` answers with edges of kind "prequel".
"""

from typing import Final

from kensho.discovery.related_works import assertions_read, id_of, summary_of
from kensho.domain.relations import KINDS, Kind
from kensho.errors import FieldProblem, InvalidInputError
from kensho.read_model.encoded import Encoded, encoded
from kensho.read_model.model import ReadModel
from kensho.read_model.views import GraphNode, Neighbourhood, RelationView

MAX_DEPTH: Final = 3
MAX_NODES: Final = 500
MAX_EDGES: Final = 2_000
"""About 500 KB of JSON: as much as can be drawn. What lies beyond is cut; the answer says so."""


def kinds_named(text: str | None) -> frozenset[Kind] | None:
    """Return the kinds that `kinds=sequel,prequel` names; `None` for all.

    Raises:
        InvalidInputError: a name is not a kind.
    """
    if text is None:
        return None
    names = text.split(",")
    found: frozenset[Kind] = frozenset(kind for kind in KINDS if kind in names)
    problems = [
        FieldProblem("kinds", f"there is no kind {name!r}; known are {', '.join(KINDS)}")
        for name in names
        if name not in found
    ]
    if problems:
        raise InvalidInputError(problems)
    return found


def neighbourhood(
    model: ReadModel, node: int, kinds: frozenset[Kind] | None, depth: int
) -> Encoded[Neighbourhood]:
    """Return the graph within `depth` hops of `node`, itself at distance 0."""
    walk = model.walk(node, kinds, depth, MAX_NODES, MAX_EDGES)
    summaries = {visited: summary_of(model, visited) for visited, _ in walk.nodes}
    ids = {visited: id_of(summary).as_raw() for visited, summary in summaries.items()}
    nodes = [
        summaries[visited].extended(GraphNode, distance=distance).as_raw()
        for visited, distance in walk.nodes
    ]
    edges = [
        RelationView(ids[origin], ids[target], kind, assertions_read(model, edge, origin).as_raw())
        for origin, target, kind, edge in walk.edges
    ]
    return encoded(Neighbourhood(nodes, edges, walk.truncated))
