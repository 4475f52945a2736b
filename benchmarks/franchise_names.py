"""Measures of what franchises are called, why works belong to them, and what is kept apart.

A name is wrong by measure if the best-known member (by popularity, and by its own popularity)
bears it in no title. Those of collections are counted by themselves, because a source calls the
films so: a film of the collection bears that name as well ("Indiana Jones"). Members that are as
well known as the best, within `NEARLY`, are counted again: the choice between them is chance. A
pair of works that editors put into different franchises and that one relation links is kept apart
if it is in two of ours, or if one of the two is a guest of the other's.
"""

import random
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Final
from uuid import UUID

from benchmarks.franchise_data import Graph, Groups
from kensho.domain.franchise.franchises import Franchise
from kensho.domain.franchise.inputs import FranchiseWork, Relation
from kensho.domain.franchise.reasons import membership_relations
from kensho.domain.franchise.titles import COMMON, collection_name, spelt
from kensho.domain.relations import KIND_FACTS
from kensho.domain.titles import folded

LEAST: Final = 3
"""Franchises of fewer works are not read."""
BEST_KNOWN: Final = 100
READ: Final = (60, 100)
"""How many of the best-known franchises are printed to be read, and how many at random."""
COUNTED: Final = 5
NEARLY: Final = 0.98
"""Popularity counts sources, titles and votes: a fiftieth of it is one title more or less."""


def report_names(graph: Graph, found: Sequence[Franchise]) -> None:
    """Print how many names the best-known member does not bear, and names to be read."""
    hubs = [one for one in found if len(one.members) >= LEAST]
    by: Mapping[str, dict[UUID, float]] = {
        "popularity": {work.id: work.popularity for work in graph.works.values()},
        "own popularity": {work.id: work.own_popularity for work in graph.works.values()},
    }
    for measure, popularity in by.items():
        wrong = [one for one in hubs if not _is_borne(one, graph.works, popularity)]
        others = [one for one in wrong if not _is_of_collection(one, graph.collections)]
        far = [one for one in others if not _is_borne(one, graph.works, popularity, NEARLY)]
        print(
            f"names that the best known by {measure} does not bear: {_share(wrong, hubs)};"
            f" not of collections: {_share(others, hubs)} (aim .01);"
            f" nor borne by one as well known: {_share(far, hubs)}"
        )
    alike = Counter(folded(one.title) for one in found)
    print(f"franchises of a name that another has: {sum(n for n in alike.values() if n > 1)}")
    known = best_known(graph.works, hubs)
    for one in (*known[: READ[0]], *random.Random(12).sample(hubs, READ[1])):
        members = sorted(one.members, key=lambda m: -graph.works[m.work].own_popularity)
        titles = "; ".join(graph.works[member.work].title[:32] for member in members[:COUNTED])
        print(f"  {one.title[:44]:<45}{graph.works[one.root].title[:36]:<37}{titles}")


def report_reasons(graph: Graph, found: Sequence[Franchise], relations: Iterable[Relation]) -> None:
    """Print of how many members of the best-known franchises nobody tells the kind."""
    some = best_known(graph.works, found)[:BEST_KNOWN]
    home = {id_: one.root for one in some for m in one.members for id_ in (m.work, *m.also)}
    inside: dict[UUID, list[Relation]] = defaultdict(list)
    for relation in relations:
        if home.get(relation.source, relation.source) == home.get(relation.target):
            inside[home[relation.source]].append(relation)
    counts: Counter[str] = Counter()
    for one in some:
        told = {
            end
            for relation in inside[one.root]
            if not KIND_FACTS[relation.kind].vague
            for end in (relation.source, relation.target)
        }
        said = membership_relations(one.members, graph.works, inside[one.root])
        for member in one.members[1:]:
            is_told = not told.isdisjoint((member.work, *member.also))
            ends = {"paths": member.because[-1].kind} if member.because else {}
            if member.work in said:
                ends["reasons"] = said[member.work].kind
            for name, kind in ends.items():
                counts[f"{name} of unknown kind"] += KIND_FACTS[kind].vague
                counts[f"{name} of unknown kind though one is told"] += (
                    KIND_FACTS[kind].vague and is_told
                )
    total = sum(len(one.members) - 1 for one in some)
    for name, count in sorted(counts.items()):
        print(f"{name:<52}{count / total:>7.3f}")


def report_kept_apart(
    found: Sequence[Franchise], relations: Iterable[Relation], groups: Groups
) -> None:
    """Print how many linked pairs of works of different groups are kept apart."""
    of: dict[UUID, set[str]] = defaultdict(set)
    for name, works in groups.items():
        for work in works:
            of[work].add(name)
    home = {id_: one.root for one in found for m in one.members for id_ in (m.work, *m.also)}
    visits = {(guest.work, one.root) for one in found for guest in one.guests}
    pairs = {
        (min(one.source, one.target), max(one.source, one.target))
        for one in relations
        if of[one.source] and of[one.target] and of[one.source].isdisjoint(of[one.target])
    }
    apart = sum(
        home.get(one, one) != home.get(other, other)
        or (one, home.get(other)) in visits
        or (other, home.get(one)) in visits
        for one, other in pairs
    )
    print(f"linked pairs of different groups kept apart: {apart} of {len(pairs)}")


def best_known(works: Mapping[UUID, FranchiseWork], found: Iterable[Franchise]) -> list[Franchise]:
    """Return franchises, those whose best members are the best known first."""

    def popularity(one: Franchise) -> float:
        return sum(sorted(works[m.work].own_popularity for m in one.members)[-COUNTED:])

    return sorted(found, key=lambda one: (-popularity(one), one.root))


def _share(some: Sequence[Franchise], every: Sequence[Franchise]) -> str:
    return f"{len(some)} of {len(every)} ({len(some) / max(1, len(every)):.3f})"


def _is_of_collection(one: Franchise, collections: Mapping[UUID, str]) -> bool:
    """Tell whether a source collects most works of a franchise under its name."""
    named = sum(collection_name(collections.get(m.work, "")) == one.title for m in one.members)
    return named >= COMMON * len(one.members)


def _is_borne(
    one: Franchise,
    works: Mapping[UUID, FranchiseWork],
    popularity: Mapping[UUID, float],
    least: float = 1.0,
) -> bool:
    """Tell whether the best-known member bears the name, or one with this share of its fame."""
    fame = {m: max(popularity[work] for work in (m.work, *m.also)) for m in one.members}
    known = sorted(one.members, key=lambda m: (-fame[m], m.work))
    best = [m for m in known if m == known[0] or (least < 1 and fame[m] >= least * fame[known[0]])]
    name = f" {spelt(one.title)} "
    records = [works[work] for m in best for work in (m.work, *m.also)]
    return any(name in f" {spelt(title)} " for work in records for title in work.titles)
