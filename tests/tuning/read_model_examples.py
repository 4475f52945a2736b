"""Examples of what the read model tells of works and franchises, and of what relations cost."""

from collections.abc import Iterable
from itertools import pairwise
from typing import Any
from uuid import UUID

import numpy as np

from kensho.discovery import franchises as franchise_pages
from kensho.domain import relations
from kensho.domain.franchise import graph, roles
from kensho.domain.franchise.inputs import Relation
from kensho.domain.popularity import PopularityFacts
from kensho.read_model import similar, tags
from kensho.read_model.building.numbered_works import film_series
from kensho.read_model.paths import Paths
from kensho.storage.rows import StoredFranchise
from tests.support import franchise_snapshots
from tests.support.edge_arrays import edge_arrays
from tests.support.franchise_snapshots import Rows
from tests.support.small_franchises import number, work
from tests.tuning.examples import results


def similar_works() -> dict[str, Any]:
    """Return what is similar to a work by its tags, its studio and its votes."""
    works, rare = 200, 8
    tagged = [(node, 0, 1.0) for node in range(works)]  # of all works
    tagged += [(node, 1, 0.8) for node in range(8)]  # of 4 in 100
    tagged += [(node, 2, 0.8) for node in range(14)]  # of 7 in 100
    tagged += [(node, 3, 0.8) for node in range(6)]  # of 3 in 100
    tagged += [(node, 4 + tag, 0.9 - tag / 20) for node in (0, 1) for tag in range(rare)]
    columns = tags.TaggingColumns(*(np.array(column) for column in zip(*tagged, strict=True)))
    arrays = tags.pack(columns, np.full(works, np.nan), [f"tag {n}" for n in range(4 + rare)])
    arrays |= similar.pack_tags(arrays)
    studios = [["Madhouse"] if node in (0, 2, 20) else [] for node in range(works)]
    arrays |= similar.pack_studios(studios)[0]
    votes = np.array([(0, 30, 4), (0, 31, 40), (0, 2, 9)], dtype=np.int32)
    arrays |= similar.pack_recommended(similar.Pairs(*votes.T), works)
    alone = np.full(works, similar.NO_GROUP, dtype=np.int32)
    found = similar.SimilarityIndex(arrays).similar(0, 20, alone)
    return {str(one.node): [round(one.score, 4), list(one.tags)] for one in found}


def series_of_films() -> list[int]:
    """Return of how many films a franchise has to be for them to be numbered."""
    facts = PopularityFacts("movie", "2003", 2, 2, 7.0, frozenset(), False, False)
    titles = [f"Hibike Euphonium {letter}" for letter in "abcd"]
    return [
        many
        for many in range(1, 5)
        if list(film_series("Hibike", range(many), [facts] * many, titles[:many]))
    ]


def franchises_of_snapshots() -> dict[str, Any]:
    """Return which tags franchises have in common, and how near their names are found."""
    with franchise_snapshots.opened(_rows([(size, None) for size in (1, 2, 3, 4, 8)])) as held:
        details = [franchise_pages.detail(held.model, place).decode() for place in range(5)]
        scores = held.titles.index.search("uta").hits.scores.tolist()
    return {
        "tags": {one.slug: [(tag.name, tag.share) for tag in one.tags] for one in details},
        "scores": [round(score, 4) for score in scores],
    }


def popular_franchises() -> list[int]:
    """Return how franchises are listed, by how many works they have and of which score."""
    kinds = [(size, score) for score in (7.0, 7.1, 7.2, 7.4, 7.7, 8.5) for size in range(1, 11)]
    with franchise_snapshots.opened(_rows(kinds)) as held:
        return [int(place) for place in held.model.franchises.listed]


def _rows(kinds: Iterable[tuple[int, float | None]]) -> Rows:
    """Return franchises of so many works of such a score each; the later a work, the fewer tags."""
    franchises, members, works, tagged = [], [], [], []
    for count, (size, score) in enumerate(kinds):
        first = 100 * (count + 1)
        slug = f"uta{count:02}"
        franchises.append(StoredFranchise(slug, slug.title(), number(first), "d"))
        for place in range(size):
            title = f"Mono {count} {place}"
            works.append(franchise_snapshots.work(first + place, title, score=score))
            because = [franchise_snapshots.relation(first, first + place)] if place else []
            members.append(franchise_snapshots.member(first + place, slug, *because))
            tags_total = 20 if size == 2 else 8
            tagged += [(number(first + place), f"tag {n:02}") for n in range(place, tags_total)]
    return Rows(works, franchises, members, tags=tagged)


def costs_of_paths() -> dict[str, list[int]]:
    """Return what an edge of each kind costs a path, stated and inferred."""
    return {
        kind: [Paths(edge_arrays(2, [(0, 1, kind)], guessed)).best(0, 1, 1)[0].cost
               for guessed in ((), [(0, 1, kind)])]
        for kind in relations.KINDS
    }  # fmt: skip


def costs_of_reasons() -> dict[str, int]:
    """Return how many steps of curated relations are taken rather than one of each kind."""
    return {kind: _steps_instead(kind) for kind in relations.KIND_FACTS}


def _steps_instead(kind: relations.RelationKind) -> int:
    direct = graph.NodeRelation(0, 1, Relation(UUID(int=0), UUID(int=1), kind, "stated", 0.9), True)
    return sum(len(_reason(direct, steps)) > 1 for steps in range(2, 32))


def _reason(direct: graph.NodeRelation, steps: int) -> tuple[Relation, ...]:
    nodes = [0, *range(2, steps + 1), 1]
    way = [
        graph.NodeRelation(
            one, other, Relation(UUID(int=one), UUID(int=other), "joined", "curated"), True
        )
        for one, other in pairwise(nodes)
    ]
    works = {node: work(node, "Title") for node in nodes}
    return roles.paths_from(0, works, [direct, *way])[1]


def read_model_rules(_given: object) -> dict[str, Any]:
    """Return the examples of similar works, numbered films and documents of franchises."""
    return results((similar_works, series_of_films, franchises_of_snapshots, popular_franchises))


def kind_rules(_given: object) -> dict[str, Any]:
    """Return the examples of what relation kinds cost."""
    return results((costs_of_paths, costs_of_reasons))
