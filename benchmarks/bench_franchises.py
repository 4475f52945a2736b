"""Measure franchises and watch orders on an ingested store, beside groups and orders made by hand.

    python -m benchmarks.bench_franchises --store surrealkv://var/kensho.db

Groups are compared by B-cubed: of each work of a set, how much of what we put with it belongs
there (precision), and how much of what belongs there we put with it (recall), among the works of
the set.
Orders are compared by Kendall's tau over the works in common, where ours holds all the steps that
are not optional to the human (covering) and wherever two works are in common. Kinds are those of
the store's assertions; "withheld" takes back what sources state of them and leaves the inferred.
"""

import argparse
import statistics
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from itertools import combinations
from pathlib import Path
from typing import Final
from uuid import UUID

import msgspec

from benchmarks import franchise_data, franchise_names
from benchmarks.franchise_data import CONTRARY, Graph, Groups, HumanOrder
from ingest import curation
from kensho.domain.franchise.franchises import Franchise, franchises
from kensho.domain.franchise.inputs import FranchiseWork, Relation
from kensho.domain.franchise.policy import Policy
from kensho.domain.watch_order.order import Order, watch_order

ORDERS: Final[tuple[Order, ...]] = ("release", "story", "essential")
SHOWN: Final = 15


class Compared(msgspec.Struct, frozen=True):
    """One of our orders beside a human one: tau, and whether the needed steps stand alike."""

    order: Order
    tau: float | None
    is_exact: bool
    covers: bool
    steps: tuple[UUID, ...]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--store", required=True, help="URL of an ingested store")
    parser.add_argument("--data", type=Path, default=Path("../shared/data"))
    options = parser.parse_args()
    measure(franchise_data.real(options.store), options.data / "franchise")


def measure(graph: Graph, folder: Path) -> None:
    """Print everything about this graph."""
    policy = curation.load().policy
    human = list(franchise_data.human_orders(folder / "watch_orders.json", graph.by_source))
    sets: dict[str, Groups] = {
        "watch orders": franchise_data.grouped(human),
        "shikimori": franchise_data.neko_groups(
            folder / "shikimori_neko_franchises.yml", graph.by_source
        ),
        "movie sets": franchise_data.movie_sets(
            folder / "anime-movieset-list.xml", graph.by_source
        ),
    }
    print(f"{len(graph.works)} works, {len(graph.edges)} relations")
    found, seconds = computed(graph, graph.relations("stated", "inferred", "curated"), policy)
    report_groups("every kind", found, sets, floor=0.95)
    at_most("seconds of processor time", seconds, 10)
    report_largest(graph, found)
    report_splits(graph, found, sets["watch orders"])
    relations = graph.relations("stated", "inferred", "curated")
    franchise_names.report_names(graph, found)
    franchise_names.report_reasons(graph, found, relations)
    franchise_names.report_kept_apart(found, relations, sets["shikimori"])
    withheld, _ = computed(graph, graph.relations("inferred"), policy)
    report_groups("stated kinds withheld", withheld, sets, floor=0.93)
    report_orders(graph, found, graph.relations("stated", "inferred", "curated"), human)


def computed(
    graph: Graph, relations: list[Relation], policy: Policy
) -> tuple[list[Franchise], float]:
    began = time.process_time()  # Others may share the machine.
    found = franchises(graph.works.values(), relations, policy, collections=graph.collections)
    return found, time.process_time() - began


def home_of(found: Iterable[Franchise]) -> dict[UUID, UUID]:
    return {
        work: franchise.root
        for franchise in found
        for member in franchise.members
        for work in (member.work, *member.also)
    }


def b_cubed(groups: Groups, home: Callable[[UUID], UUID]) -> tuple[float, float, float]:
    """Return precision, recall and their harmonic mean; works of two groups belong to both."""
    truth: dict[UUID, frozenset[UUID]] = {}
    for works in groups.values():
        for work in works:
            truth[work] = truth.get(work, frozenset()) | works
    ours: dict[UUID, set[UUID]] = defaultdict(set)
    for work in truth:
        ours[home(work)].add(work)
    shares = [(len(truth[w] & ours[home(w)]), len(ours[home(w)]), len(truth[w])) for w in truth]
    precision = statistics.fmean(both / mine for both, mine, _ in shares)
    recall = statistics.fmean(both / theirs for both, _, theirs in shares)
    return precision, recall, 2 * precision * recall / (precision + recall)


def report_groups(
    title: str, found: Sequence[Franchise], sets: Mapping[str, Groups], floor: float
) -> None:
    home = home_of(found)
    print(f"\n{title}: {len(found)} franchises of {sum(len(f.members) for f in found)} works")
    print(f"{'':<16}{'groups':>8}{'precision':>11}{'recall':>9}{'F1':>9}")
    scores: dict[str, float] = {}
    for name, groups in sets.items():
        precision, recall, f1 = b_cubed(groups, lambda work: home.get(work, work))
        scores[name] = f1
        print(f"{name:<16}{len(groups):>8}{precision:>11.3f}{recall:>9.3f}{f1:>9.3f}")
    at_least("F1 on the watch orders", scores["watch orders"], floor)
    at_most("largest franchise", max(len(one.members) for one in found), 400)


def report_largest(graph: Graph, found: Sequence[Franchise]) -> None:
    print("\nthe largest")
    for one in found[:SHOWN]:
        famous = sorted(one.members, key=lambda m: (-graph.works[m.work].popularity, m.work))
        titles = "; ".join(graph.works[member.work].title[:30] for member in famous[:4])
        print(
            f"{len(one.members):>5} and {len(one.guests):>2} guests  {one.title[:28]:<28} {titles}"
        )


def report_splits(graph: Graph, found: Iterable[Franchise], groups: Groups) -> None:
    """Print the groups that we split, and those that we glue together."""
    home = home_of(found)
    holders: dict[UUID, set[str]] = defaultdict(set)
    for title, works in groups.items():
        parts: dict[UUID, list[str]] = defaultdict(list)
        for work in sorted(works):
            parts[home.get(work, work)].append(graph.works[work].title[:30])
            holders[home.get(work, work)].add(title)
        if len(parts) > 1:
            print(f"  split: {title}: {[titles[:3] for titles in parts.values()]}")
    for titles in holders.values():
        if len(titles) > 1:
            print(f"  glued: {sorted(titles)}")


def report_orders(
    graph: Graph,
    found: Sequence[Franchise],
    relations: Iterable[Relation],
    human: Iterable[HumanOrder],
) -> None:
    """Print how far our orders agree with human ones, and which don't."""
    home = home_of(found)
    inside: dict[UUID, list[Relation]] = defaultdict(list)
    for relation in relations:
        if (root := home.get(relation.source)) is not None and root == home.get(relation.target):
            inside[root].append(relation)
    by_root = {one.root: one for one in found}
    began, results = time.perf_counter(), []
    for order in human:
        roots = Counter(home[work] for work in order.steps if work in home)
        if roots:
            root = max(roots, key=lambda one: (roots[one], one))
            compared = [
                beside(order, one, by_root[root], graph.works, inside[root]) for one in ORDERS
            ]
            if any(one.tau is not None for one in compared):
                results.append((order, compared))
    print(f"\n{len(results)} orders compared in {time.perf_counter() - began:.1f} s")
    summarise(results)
    for order, compared in results:
        if not any(one.covers and one.is_exact for one in compared):
            print_miss(graph, order, compared)


def beside(
    human: HumanOrder,
    order: Order,
    one: Franchise,
    works: Mapping[UUID, FranchiseWork],
    relations: list[Relation],
) -> Compared:
    """Compare one of our orders with a human one, over the works of this franchise."""
    found = watch_order(one.members, works, relations, order, one.timelines)
    steps = tuple(step.work for step in found.steps)
    record = {id_: member.work for member in one.members for id_ in (member.work, *member.also)}
    theirs, needed = (
        [record[work] for work in some if work in record] for some in (human.steps, human.needed)
    )
    agreement = tau(needed, steps)
    return Compared(
        order=order,
        tau=tau(theirs, steps),
        is_exact=agreement is None or agreement == 1,
        covers=set(needed) <= set(steps),
        steps=tuple(step for step in steps if step in set(theirs)),
    )


def tau(theirs: Sequence[UUID], ours: Sequence[UUID]) -> float | None:
    """Return Kendall's tau over the works in common; `None` where fewer than two are."""
    place = {work: number for number, work in enumerate(ours)}
    pairs = list(combinations([place[w] for w in dict.fromkeys(theirs) if w in place], 2))
    return statistics.fmean(1 if a < b else -1 for a, b in pairs) if pairs else None


def summarise(results: Sequence[tuple[HumanOrder, list[Compared]]]) -> None:
    for name, counted in (
        ("covering", lambda one: one.covers),
        ("in common", lambda one: one.tau is not None),
    ):
        best: list[tuple[HumanOrder, float]] = []
        exact: dict[str, list[bool]] = defaultdict(list)
        for order, compared in results:
            some = [one for one in compared if counted(one)]
            taus = [one.tau for one in some if one.tau is not None]
            best.append((order, max(taus, default=0.0)))
            exact[order.franchise].append(any(one.is_exact for one in some))
        at_least(f"mean tau of the best, {name}", statistics.fmean(t for _, t in best), 0.93)
        print(f"{'  the same over franchises':<42}{over_franchises(best):>9.3f}")
        lost = sum(1 - tau for _, tau in best)
        contrary = sum(1 - tau for one, tau in best if (one.franchise, one.name) in CONTRARY)
        print(f"{'  of the loss by orders against every rule':<42}{contrary / (lost or 1):>9.3f}")
        share = statistics.fmean(all(each) for each in exact.values())
        at_least(f"franchises in exact order, {name}", share, 0.70)
    for (franchise, named), why in CONTRARY.items():
        print(f"  against every rule: {franchise}, {named}: {why}")


def over_franchises(best: Iterable[tuple[HumanOrder, float]]) -> float:
    """Return the mean over franchises of the mean over the orders of each."""
    taus: dict[str, list[float]] = defaultdict(list)
    for order, tau in best:
        taus[order.franchise].append(tau)
    return statistics.fmean(map(statistics.fmean, taus.values()))


def print_miss(graph: Graph, order: HumanOrder, compared: Sequence[Compared]) -> None:
    taus = ", ".join(f"{one.order} {one.tau:.2f}" for one in compared if one.tau is not None)
    print(f"  missed: {order.franchise}, {order.name} ({taus})")
    print(f"    human: {[graph.works[work].title[-26:] for work in order.needed]}")
    best = max(compared, key=lambda one: (one.covers, one.tau or -1))
    print(f"    {best.order}: {[graph.works[work].title[-26:] for work in best.steps]}")


def at_most(name: str, value: float, aim: float) -> None:
    print(f"{name:<42}{value:>9.3f}  at most  {aim:<8.4g}{'' if value <= aim else 'MISSED'}")


def at_least(name: str, value: float, aim: float) -> None:
    print(f"{name:<42}{value:>9.3f}  at least {aim:<8.4g}{'' if value >= aim else 'MISSED'}")


if __name__ == "__main__":
    main()
