"""Measure watch orders on an ingested store, beside orders that people recommend.

    python -m benchmarks.bench_orders --store surrealkv://var/kensho.db

Orders are compared as `benchmarks.reread_orders` tells: by Kendall's tau over pairs of needed
works, and by whether all stand alike (exact). Of our three the best counts, `essential` only where
it leaves out nothing that is needed. Invariants are those of `benchmarks.order_invariants`, over
all franchises. All of it is printed with every kind of relation and, to see what the rules do with
little, with the kinds that sources state taken back.
"""

import argparse
import statistics
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple
from uuid import UUID

from benchmarks import franchise_data, order_invariants, reread_orders
from benchmarks.bench_franchises import at_least, at_most, computed, home_of
from benchmarks.franchise_data import Graph
from benchmarks.order_invariants import ORDERS, BrokenInvariant
from benchmarks.reread_orders import Agreement, RereadFranchise
from ingest import curation
from kensho.domain.franchise.franchises import Franchise
from kensho.domain.franchise.inputs import Relation
from kensho.domain.relations import Method
from kensho.domain.watch_order.order import Order, watch_order

FLOORS: dict[str, tuple[float, float]] = {"release": (0.86, 0.78), "best": (0.93, 0.85)}
KEPT = 0.92
LISTS = Path("franchise") / "watch_orders_reread.txt"


class ComparedOrders(NamedTuple):
    """The agreement of each of our orders with a list."""

    title: str
    orders: Mapping[Order, Agreement]

    @property
    def best(self) -> Agreement:
        """The order that agrees most and leaves out nothing that is needed."""
        return max(
            (one for one in self.orders.values() if one.covers),
            key=lambda one: one.tau or -1.0,
            default=self.orders["release"],  # Something that is needed is in no order of ours.
        )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--store", required=True, help="URL of an ingested store")
    parser.add_argument("--data", type=Path, default=Path("../shared/data"))
    options = parser.parse_args()
    graph = franchise_data.real(options.store)
    lists = reread_orders.read_orders(options.data / LISTS, graph.by_source)
    measure(graph, lists, "every kind", ("stated", "inferred", "curated"))
    measure(graph, lists, "stated kinds withheld", ("inferred", "curated"))


def measure(
    graph: Graph, lists: Sequence[RereadFranchise], name: str, methods: Sequence[Method]
) -> None:
    """Print everything about the orders of this graph."""
    relations = graph.relations(*methods)
    found, _ = computed(graph, relations, curation.load().policy)
    inside = relations_inside(found, relations)
    print(f"\n{name}: {len(found)} franchises, {len(relations)} relations")
    print_agreement(compared(graph, found, inside, lists))
    print_broken(
        fault
        for one in found
        for fault in order_invariants.broken(one, graph.works, inside[one.root])
    )


def relations_inside(
    found: Iterable[Franchise], relations: Iterable[Relation]
) -> Mapping[UUID, list[Relation]]:
    """Return the relations within each franchise, by its root."""
    home = home_of(found)
    inside: dict[UUID, list[Relation]] = defaultdict(list)
    for relation in relations:
        root = home.get(relation.source)
        if root is not None and root == home.get(relation.target):
            inside[root].append(relation)
    return inside


def compared(
    graph: Graph,
    found: Sequence[Franchise],
    inside: Mapping[UUID, Sequence[Relation]],
    lists: Iterable[RereadFranchise],
) -> list[ComparedOrders]:
    """Compare our orders with each list of which the graph has two works that are needed."""
    home, by_root = home_of(found), {one.root: one for one in found}
    results: list[ComparedOrders] = []
    for one in lists:
        roots = Counter(home[work] for work in one.works if work in home)
        if not roots:
            continue
        root = max(roots, key=lambda root: (roots[root], root))
        ours = _agreements(by_root[root], graph, inside.get(root, ()), one)
        if ours["release"].tau is not None:
            results.append(ComparedOrders(one.title, ours))
    return results


def _agreements(
    ours: Franchise, graph: Graph, relations: Sequence[Relation], theirs: RereadFranchise
) -> dict[Order, Agreement]:
    record = {id_: m.work for m in ours.members for id_ in (m.work, *m.also)}
    found: dict[Order, Agreement] = {}
    for order in ORDERS:
        made = watch_order(ours.members, graph.works, relations, order, ours.timelines)
        found[order] = reread_orders.best(theirs, [step.work for step in made.steps], record)
    return found


def print_agreement(results: Sequence[ComparedOrders]) -> None:
    """Print the mean agreement with the lists, and which lists we miss."""
    print(f"{len(results)} lists compared")
    columns: dict[str, list[Agreement]] = {
        name: [one.orders[name] for one in results] for name in ORDERS
    }
    columns["best"] = [one.best for one in results]
    for name, some in columns.items():
        taus = [one.tau for one in some if one.tau is not None]
        tau, exact = FLOORS.get(name, (0.0, 0.0))
        at_least(f"{name}: mean tau over pairs", statistics.fmean(taus), tau)
        at_least(f"{name}: exact", statistics.fmean(tau == 1 for tau in taus), exact)
    essential = [one.orders["essential"] for one in results]
    kept = sum(one.kept for one in essential) / sum(one.needed for one in essential)
    at_least("essential: needed steps that it keeps", kept, KEPT)
    for one in results:
        if one.best.tau != 1:
            told = {order: f"{found.tau:.2f}" for order, found in one.orders.items() if found.tau}
            print(f"  missed: {one.title} {told}")


def print_broken(faults: Iterable[BrokenInvariant]) -> None:
    """Print how often each invariant is broken."""
    counted = Counter(fault.rule for fault in faults)
    for rule, count in sorted(counted.items()):
        at_most(f"broken: {rule}", count, 0)
    if not counted:
        print("no invariant is broken")


if __name__ == "__main__":
    main()
