"""The read model's answers, computed the slow and obvious way from a random graph's data."""

from uuid import UUID

from kensho.domain.relations import INVERSE, Kind
from kensho.domain.works import Season
from tests.support.random_graphs import RandomGraph

Reading = tuple[UUID, UUID, Kind]


def readings(graph: RandomGraph, work: UUID) -> list[tuple[UUID, Kind]]:
    """Return (neighbour, what it is to `work`) for each edge of `work`."""
    onward = [(target, kind) for source, target, kind in graph.edges if source == work]
    back = [(source, INVERSE[kind]) for source, target, kind in graph.edges if target == work]
    return onward + back


def distances(
    graph: RandomGraph, start: UUID, kinds: frozenset[Kind] | None, depth: int
) -> dict[UUID, int]:
    """Return the works within `depth` hops and how far each is."""
    reached = {start: 0}
    for distance in range(1, depth + 1):
        for work in [work for work, at in reached.items() if at == distance - 1]:
            for neighbour, kind in readings(graph, work):
                if kinds is None or kind in kinds:
                    reached.setdefault(neighbour, distance)
    return reached


def edges_among(
    graph: RandomGraph, nearest_first: list[UUID], kinds: frozenset[Kind] | None
) -> list[Reading]:
    """Return each edge among works as read from its earlier end, else from the other."""
    found: list[Reading] = []
    for source, target, kind in graph.edges:
        if source not in nearest_first or target not in nearest_first:
            continue
        both: list[Reading] = [(source, target, kind), (target, source, INVERSE[kind])]
        both.sort(key=lambda reading: nearest_first.index(reading[0]))
        found += [reading for reading in both if kinds is None or reading[2] in kinds][:1]
    return found


def season(graph: RandomGraph, year: int, name: Season) -> list[UUID]:
    """Return a season's works, best first."""
    works = [work for work in graph.works if work.year == year and work.season == name]
    works.sort(key=lambda work: (_falling(work.rating), _falling(work.score), work.id))
    return [work.id for work in works]


def tagged(graph: RandomGraph, tag: UUID) -> list[tuple[UUID, float]]:
    """Return a tag's works and relevances, most relevant first."""
    score = {work.id: work.score for work in graph.works}
    works = [(work, weight) for (work, other), weight in graph.taggings.items() if other == tag]
    return sorted(works, key=lambda entry: (-entry[1], _falling(score[entry[0]]), entry[0]))


def tags_of(graph: RandomGraph, work: UUID) -> list[UUID]:
    """Return a work's tags, most relevant first, then by name."""
    name = {tag.id: tag.name for tag in graph.tags}
    mine = [
        (-weight, name[tag], tag)
        for (other, tag), weight in graph.taggings.items()
        if other == work
    ]
    return [tag for _, _, tag in sorted(mine)]


def resolved(graph: RandomGraph, source_id: str) -> set[tuple[UUID, int | None, int | None]]:
    """Return the works behind a source id, with the episodes it covers."""
    whole = {(work.id, None, None) for work in graph.works if source_id in work.sources}
    parts = {(w.id, m.first, m.last) for w in graph.works for m in w.mappings if m.id == source_id}
    return whole | parts


def _falling(value: float | None) -> float:
    return float("inf") if value is None else -value
