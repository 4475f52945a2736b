"""Finds duplicates: records of the same work that no catalogue joins.

Catalogues that join the ids of others miss some entries, so that a work is in the graph once with
nine ids and a second time with the tenth. Two records are taken to be the same work if they share a
title (letter by letter), type and year, if number of episodes and duration do not contradict each
other, and if no catalogue lists both: a catalogue that lists two knows them to be different. So
does a source that states how they are related.

Guarantees: pure, and independent of the order of works. Only works in the same connected component
are compared, so that each component can be computed by itself.

Performance: 1.5 s for the 26,000 works that have relations.
"""

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence, Set
from itertools import combinations
from typing import Final, TypeAlias
from unicodedata import normalize
from uuid import UUID

from kensho.domain.franchise.inputs import FranchiseWork, Relation
from kensho.domain.graphs import DisjointSets
from kensho.domain.relations import KIND_FACTS

CONFIDENCE: Final = 0.93
"""Of 200 pairs drawn from the real graph and checked by eye, 187 were one work."""
_YEAR_CHARS: Final = 4
_MOST_ALIKE: Final = 12
"""A title that more works of one year share identifies none of them: songs of a series, specials of
an event. Chosen by hand; with it, 13 of 200 inferred pairs were wrong (docs/decisions/0009)."""
_LENGTHS: Final = 1.6
"""The factor by which two catalogues may differ in the duration of a work: one counts the broadcast
with its advertisements, the other does not. Chosen by hand; not measured by itself."""

_LOOSE_TYPES: Final = frozenset(("ova", "special", "ona", "unknown"))
"""Types that catalogues confuse: what one calls an OVA, another calls a special."""
_ACCENTS: Final = re.compile("[\u0300-\u036f]")
_BETWEEN: Final = re.compile(r"[\W_]+")

_Alike: TypeAlias = tuple[bool, int]
"""Whether the main titles of two records are equal, and how many of their titles are."""


def duplicate_relations(
    works: Iterable[FranchiseWork], relations: Iterable[Relation]
) -> list[Relation]:
    """Return relations of kind `same_work`, method `inferred`, from the better known record."""
    known = {work.id: work for work in works}
    all_relations = list(relations)
    related = {
        frozenset((relation.source, relation.target))
        for relation in all_relations
        if not KIND_FACTS[relation.kind].vague
    }
    alike = _alike(known, _components(known, all_relations), related)
    ranked = sorted(alike, key=lambda pair: (-alike[pair][0], -alike[pair][1], pair))
    rivals: defaultdict[UUID, list[_Alike]] = defaultdict(list)
    for pair, likeness in alike.items():
        for id_ in pair:
            rivals[id_].append(likeness)
    listed = {id_: _providers(work) for id_, work in known.items()}
    found: list[Relation] = []
    for first, second in ranked:
        likeness = alike[first, second]
        lesser = min(first, second, key=lambda id_: (len(listed[id_]), known[id_].popularity, id_))
        is_best = sum(rival >= likeness for rival in rivals[lesser]) == 1
        if is_best and listed[first].isdisjoint(listed[second]):
            listed[first] = listed[second] = listed[first] | listed[second]
            better = second if lesser == first else first
            found.append(Relation(better, lesser, "same_work", "inferred", CONFIDENCE))
    return found


def _alike(
    known: Mapping[UUID, FranchiseWork],
    component: Mapping[UUID, UUID],
    related: Set[frozenset[UUID]],
) -> dict[tuple[UUID, UUID], _Alike]:
    """Return the pairs within a component that may be one work and are not `related` already."""
    by_title: defaultdict[str, list[FranchiseWork]] = defaultdict(list)
    for id_ in sorted(component):
        work = known[id_]
        if year := work.date[:_YEAR_CHARS]:
            for letters in {_letters(title) for title in work.titles}:
                by_title[year + letters].append(work)
    shared: Counter[tuple[UUID, UUID]] = Counter()
    for group in _within_components(by_title.values(), component):
        for one, other in combinations(group, 2):
            if _may_be_one(one, other):
                shared[one.id, other.id] += 1
    return {
        pair: (_letters(known[pair[0]].title) == _letters(known[pair[1]].title), count)
        for pair, count in shared.items()
        if frozenset(pair) not in related
    }


def _letters(title: str) -> str:
    """Return the letters and digits of a title, without accents, which catalogues often omit."""
    if not title.isascii():
        bare = _ACCENTS.sub("", normalize("NFKD", title))
        title = normalize("NFC", bare)  # The marks that are left belong to kana.
    return _BETWEEN.sub("", title.casefold())


def _within_components(
    groups_of_title: Iterable[Sequence[FranchiseWork]], component: Mapping[UUID, UUID]
) -> Iterator[Sequence[FranchiseWork]]:
    """Yield the groups of at least two, but not too many, works of one title and component."""
    for works in groups_of_title:
        if len(works) > 1:
            groups: defaultdict[UUID, list[FranchiseWork]] = defaultdict(list)
            for work in works:
                groups[component[work.id]].append(work)
            yield from (group for group in groups.values() if 1 < len(group) <= _MOST_ALIKE)


def _may_be_one(one: FranchiseWork, other: FranchiseWork) -> bool:
    lengths = [work.duration_s for work in (one, other) if work.duration_s]
    return (
        (one.type == other.type or {one.type, other.type} <= _LOOSE_TYPES)
        and one.is_music == other.is_music
        and _agree(_episodes_of(one), _episodes_of(other))
        and (len(lengths) < len((one, other)) or max(lengths) <= _LENGTHS * min(lengths))
        and _providers(one).isdisjoint(_providers(other))
    )


def _episodes_of(work: FranchiseWork) -> int | None:
    """Return the number of episodes, which for a film is taken to be one if it is unknown."""
    return work.episodes or (1 if work.type == "movie" else None)


def _agree(one: int | None, other: int | None) -> bool:
    return one is None or other is None or one == other


def _providers(work: FranchiseWork) -> frozenset[str]:
    return frozenset(source.partition(":")[0] for source in work.sources)


def _components(
    known: Mapping[UUID, FranchiseWork], relations: Iterable[Relation]
) -> dict[UUID, UUID]:
    """Return for each related work the work that represents its connected component."""
    groups: DisjointSets[UUID] = DisjointSets()
    for relation in relations:
        if relation.source in known and relation.target in known:
            groups.join(relation.source, relation.target)
    return {work: groups.root(work) for work in groups}
