"""How two works are connected: paths over relations, each also as one sentence.

Guarantees: an edge of a path reads "`to` is the `kind` of `from`"; the sentence says the same, read
from the other end.

Performance: a path takes 2 to 9 ms in the largest component.
"""

from typing import Final

from kensho.discovery.related_works import assertions_read, id_of, summary_of, title_in
from kensho.errors import InvalidInputError
from kensho.read_model.encoded import Encoded, encoded
from kensho.read_model.model import ReadModel
from kensho.read_model.paths import MAX_PATHS, Path
from kensho.read_model.views import PathList, PathView, RelationView
from kensho.read_model.wording import sentence

MOST_PATHS: Final = MAX_PATHS


def paths(model: ReadModel, start: int, goal: int, most: int) -> Encoded[PathList]:
    """Return the closest connections of two nodes first, none between strangers.

    Raises:
        InvalidInputError: both ends are the same work.
    """
    if start == goal:
        raise InvalidInputError.of("to", "both ends are the same work")
    return encoded(PathList([_path(model, path) for path in model.paths.best(start, goal, most)]))


def _path(model: ReadModel, path: Path) -> PathView:
    """Return a path, ready to be encoded."""
    nodes = [path.edges[0].source, *(edge.target for edge in path.edges)]
    summaries = {node: summary_of(model, node) for node in nodes}
    ids = {node: id_of(summary).as_raw() for node, summary in summaries.items()}
    edges = [
        RelationView(ids[source], ids[target], kind, assertions_read(model, edge, source).as_raw())
        for source, target, kind, edge in path.edges
    ]
    return PathView(
        sentence=sentence(
            [title_in(summaries[node]) for node in nodes], [edge.kind for edge in edges]
        ),
        works=[summaries[node].as_raw() for node in nodes],
        edges=edges,
    )
