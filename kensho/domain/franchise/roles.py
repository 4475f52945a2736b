"""What each member is to its franchise, and by which relations it belongs.

The root is the earliest of the well-known works. The reason of a member is the path from the root
that costs least: curated relations before stated ones, stated before inferred, kinds that continue
a story before those that mention it.

Guarantees: pure, and independent of the order of relations. A path exists wherever members are
connected.
"""

from collections.abc import Iterable, Mapping, Sequence, Set
from typing import Final

from kensho.domain import graphs
from kensho.domain.franchise.graph import NodeRelation
from kensho.domain.franchise.inputs import FranchiseWork, Relation
from kensho.domain.relations import KIND_FACTS, METHOD_RANK
from kensho.domain.title_words import words_of
from kensho.domain.works import AnimeType, Role

_WELL_KNOWN: Final = 0.6
"""The root is as well known as this part of the best-known member, at least. Chosen by hand: the
roots of ten franchises are pinned by `tests/integration/test_real_catalogue.py`."""
_BESIDE: Final = 0.75
"""What part of its popularity a special or short keeps as a root: most that come before a series
announce it, but some are where all began. Chosen by hand on the same roots."""
_DOUBT: Final = 1.0
"""What a relation of no confidence adds to the cost of a reason: as much as a sequel costs. Chosen
by hand; no measurement."""
_PRECEDENCE: Final[tuple[Role, ...]] = (
    "music",
    "summary",
    "crossover",
    "side",
    "spin_off",
    "alternative",
)
_ROLE_OF_TYPE: Final[Mapping[AnimeType, Role]] = {"tv": "main", "ona": "main", "movie": "film"}
_MAIN_TYPES: Final[frozenset[AnimeType]] = frozenset(("tv", "ona"))


def root_of(nodes: Iterable[int], works: Sequence[FranchiseWork]) -> int:
    """Return the earliest of the well-known works, which a franchise is told from."""
    every = list(nodes)
    whole = [node for node in every if works[node].type == "tv" or not works[node].is_minor]
    popularity = {node: _popularity_as_root(works[node]) for node in whole or every}
    famous = _WELL_KNOWN * max(popularity.values())
    known = [node for node, told in popularity.items() if told >= famous]
    return min(known, key=lambda node: (works[node].date_key, -works[node].popularity, node))


def _popularity_as_root(work: FranchiseWork) -> float:
    """Return how well known a work is, less where its form is that of a companion."""
    is_beside = work.type == "special" or work.is_short
    return work.popularity * (_BESIDE if is_beside else 1.0)


def paths_from(root: int, relations: Iterable[NodeRelation]) -> dict[int, tuple[Relation, ...]]:
    """Return the cheapest path of relations from the root to each node that it reaches."""
    near: dict[int, list[tuple[float, int, Relation]]] = {}
    for one, other, relation, _ in relations:
        cost = _cost(relation)
        near.setdefault(one, []).append((cost, other, relation))
        near.setdefault(other, []).append((cost, one, relation))
    return graphs.cheapest_paths(root, lambda node: near.get(node, ()))


def _cost(relation: Relation) -> float:
    step = KIND_FACTS[relation.kind].reason_cost
    return step + (_DOUBT * (1.0 - relation.confidence) if relation.method != "curated" else 0.0)


def roles_of(
    root: int,
    works: Mapping[int, FranchiseWork],
    relations: Sequence[NodeRelation],
    *,
    guests: Set[int],
    recaps: frozenset[str],
) -> dict[int, Role]:
    """Return the role of each work of a franchise; `guests` are shown elsewhere as well."""
    said = _said(root, works, relations)
    line = _story_line(root, relations)
    continued = {
        node
        for relation in relations
        if _is_story(relation.relation)
        for node in (relation.one, relation.other)
    }
    strangers = guests - continued  # What continues a member is no guest of its franchise.
    return {
        node: "main"
        if node == root
        else _role(work, said.get(node, {}), in_line=node in line, is_guest=node in strangers)
        if not _is_recap(work, recaps)
        else "summary"
        for node, work in works.items()
    }


def _said(
    root: int, works: Mapping[int, FranchiseWork], relations: Iterable[NodeRelation]
) -> dict[int, dict[Role, int]]:
    """Return which roles relations give to each work, and by what method at best."""
    said: dict[int, dict[Role, int]] = {}
    for one, other, relation, _ in relations:
        facts = KIND_FACTS[relation.kind]
        node, role = other, facts.role
        if not facts.is_forward:
            node, role = one, KIND_FACTS[facts.inverse].role
        elif role == "alternative":
            # Which of two is the alternative nobody says: never what the franchise is told from,
            # else the less known, then the later.
            node = max(
                one, other, key=lambda n: (n != root, -works[n].popularity, works[n].date_key, n)
            )
        if role is not None and role != "main":
            mine = said.setdefault(node, {})
            mine[role] = max(mine.get(role, 0), METHOD_RANK[relation.method])
    return said


def _story_line(root: int, relations: Iterable[NodeRelation]) -> set[int]:
    """Return what continues the root, or comes before it."""
    near: dict[int, list[int]] = {}
    for one, other, relation, _ in relations:
        if _is_story(relation):
            near.setdefault(one, []).append(other)
            near.setdefault(other, []).append(one)
    return graphs.reachable((root,), lambda node: near.get(node, ()))


def _is_story(relation: Relation) -> bool:
    return KIND_FACTS[relation.kind].family == "story"


def _is_recap(work: FranchiseWork, recaps: frozenset[str]) -> bool:
    return work.is_recap or not recaps.isdisjoint(words_of(work.titles[:1]))


def _role(work: FranchiseWork, said: Mapping[Role, int], *, in_line: bool, is_guest: bool) -> Role:
    if work.is_music:
        return "music"
    if in_line and work.type in _MAIN_TYPES and "summary" not in said:
        return "main"
    if in_line and not said and work.type != "movie" and not work.is_minor:
        return "main"  # Whatever it was sold as: the last part of a series may be a special.
    is_beside = work.is_minor and work.type != "movie" and not in_line
    by_form: Role = "side" if is_beside else _ROLE_OF_TYPE.get(work.type, "side")
    if said:
        best = max(said.values())
        role: Role = next(role for role in _PRECEDENCE if said.get(role) == best)
        # Viewers look for a film among the films, whether it continues a story or not.
        return by_form if role == "side" and work.type == "movie" else role
    # What is broadcast for a season is its own franchise's story, whoever else makes a visit in it.
    return "crossover" if is_guest and not in_line and work.type != "tv" else by_form
