"""Watch orders that people recommend, read again from their pages, and how far others agree.

A line of the file reads `franchise = order`. An order is of chains, `a > b > c`, joined by `&`
where they run beside one another; `;` separates orders of which each is right. A step is a number
of MyAnimeList, with `?` where it may be skipped; the steps of `{a, b}` may come in any order.

Agreement is counted over pairs, not positions: over each two needed works whose order a chain
fixes. So a work that we put elsewhere costs as many pairs as it passes, and works of two chains
cost nothing.
"""

import statistics
from collections.abc import Iterator, Mapping, Sequence
from itertools import combinations, product
from pathlib import Path
from typing import NamedTuple
from uuid import UUID

import msgspec


class RereadStep(NamedTuple):
    """A step of an order: the works that may come in any order there."""

    works: tuple[UUID, ...]


class RereadOrder(msgspec.Struct, frozen=True):
    """One order that is right: chains of steps, and the works that are not to be left out."""

    chains: tuple[tuple[RereadStep, ...], ...]
    needed: frozenset[UUID]

    def pairs(self) -> Iterator[tuple[UUID, UUID]]:
        """Yield each two needed works of which the first comes before the second."""
        for chain in self.chains:
            for before, after in combinations(chain, 2):
                for one, other in product(before.works, after.works):
                    if one in self.needed and other in self.needed:
                        yield one, other


class RereadFranchise(NamedTuple):
    """The orders of a franchise, of which each is right."""

    title: str
    orders: tuple[RereadOrder, ...]

    @property
    def works(self) -> frozenset[UUID]:
        """Every work that an order names."""
        return frozenset(
            work
            for order in self.orders
            for chain in order.chains
            for step in chain
            for work in step.works
        )


class Agreement(NamedTuple):
    """How far an order of ours agrees: Kendall's tau over pairs, and the needed works it has.

    `tau` is None where no pair is in common.
    """

    tau: float | None
    needed: int
    kept: int

    @property
    def covers(self) -> bool:
        """Whether nothing that is needed is left out."""
        return self.kept == self.needed


def read_orders(path: Path, by_source: Mapping[str, UUID]) -> list[RereadFranchise]:
    """Return the orders of a file; works that the graph does not have are left out."""
    lines = (line for line in path.read_text("utf-8").splitlines() if line.strip())
    return [_franchise(line, by_source) for line in lines if not line.startswith("#")]


def _franchise(line: str, by_source: Mapping[str, UUID]) -> RereadFranchise:
    title, _, orders = line.partition(" = ")
    return RereadFranchise(title, tuple(_order(one, by_source) for one in orders.split(";")))


def _order(text: str, by_source: Mapping[str, UUID]) -> RereadOrder:
    needed: set[UUID] = set()
    chains: list[tuple[RereadStep, ...]] = []
    for chain in text.split("&"):
        steps: list[RereadStep] = []
        for step in chain.split(">"):
            named = [one.strip() for one in step.strip().strip("{}").split(",")]
            known = [(by_source.get(f"mal:{one.rstrip('?')}"), one) for one in named]
            works = [(work, one) for work, one in known if work is not None]
            needed.update(work for work, one in works if not one.endswith("?"))
            steps.append(RereadStep(tuple(work for work, _ in works)))
        chains.append(tuple(step for step in steps if step.works))
    return RereadOrder(tuple(chains), frozenset(needed))


def agreement(order: RereadOrder, ours: Sequence[UUID], home: Mapping[UUID, UUID]) -> Agreement:
    """Compare an order of ours; `home` leads from each record to the work that is a member."""
    place = {work: number for number, work in enumerate(ours)}
    signs = [
        1 if place[one] < place[other] else -1
        for before, after in order.pairs()
        for one, other in [(home.get(before, before), home.get(after, after))]
        if one in place and other in place and one != other
    ]
    needed = {home.get(work, work) for work in order.needed}
    return Agreement(
        statistics.fmean(signs) if signs else None, len(needed), len(needed & place.keys())
    )


def best(franchise: RereadFranchise, ours: Sequence[UUID], home: Mapping[UUID, UUID]) -> Agreement:
    """Return the agreement with the one of the right orders that ours is closest to."""
    return max(
        (agreement(order, ours, home) for order in franchise.orders),
        key=lambda one: (one.tau is not None, one.tau or 0.0, one.kept),
    )
