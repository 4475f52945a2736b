"""The graph around a work: nodes nearest first, and their edges, bounded in number.

An edge of the answer reads "`to` is the `kind` of `from`", as it was walked: asking for
`kinds=prequel` answers with edges of kind "prequel".
"""

from typing import Final

from kensho.discovery import splicing
from kensho.discovery.related_works import assertions_read
from kensho.domain.relations import KINDS, Kind
from kensho.errors import FieldProblem, InvalidInputError
from kensho.read_model.model import ReadModel

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


def neighbourhood(model: ReadModel, node: int, kinds: frozenset[Kind] | None, depth: int) -> bytes:
    """Return the graph within `depth` hops of `node`, itself at distance 0, as JSON."""
    walk = model.walk(node, kinds, depth, MAX_NODES, MAX_EDGES)
    summaries = {visited: model.summary(visited) for visited, _ in walk.nodes}
    ids = {visited: splicing.id_text(summary) for visited, summary in summaries.items()}
    nodes = splicing.array(
        b'%b,"distance":%d}' % (summaries[visited][:-1], distance)
        for visited, distance in walk.nodes
    )
    edges = splicing.array(
        b'{"from":"%b","to":"%b","kind":"%b","assertions":%b}'
        % (ids[origin], ids[target], kind.encode(), assertions_read(model, edge, origin))
        for origin, target, kind, edge in walk.edges
    )
    truncated = b"true" if walk.truncated else b"false"
    return splicing.assembled(nodes=nodes, edges=edges, truncated=truncated)
