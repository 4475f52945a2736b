"""Measure which records are taken to be one work, against pairs that were read one by one.

    python -m benchmarks.bench_same_works --store surrealkv://var/kensho.db [--fit]

The pairs (`labelled/same_works.jsonl`) were drawn from the pairs of records without a catalogue in
common that share a title, or that a franchise holds under similar titles, in strata of likeness:
each stands for so many. The weights of `same_works.likeness` were fitted to the half `tuned`, the
half `held` was not looked at while that was done. `--fit` prints the weights anew.
"""

import argparse
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Final, Literal, NamedTuple
from uuid import UUID

import msgspec
import numpy as np
import numpy.typing as npt

from ingest.pipeline.franchises.store import FranchiseStore
from kensho.domain.same_works import likeness
from kensho.domain.same_works.records import CatalogueRecord
from kensho.storage import tables
from kensho.storage.gateway import Gateway
from kensho.storage.opening import run_on_store

LABELS: Final = Path(__file__).parent / "labelled" / "same_works.jsonl"
_LEAST_HUB: Final = 3
_AGAINST: Final = frozenset(
    ("episodes apart", "episodes missing", "other episodes", "next year", "other type", "rivals")
)
"""Signs that speak against one work: a weight of the other direction would be chance."""
_STEPS: Final = 30_000
_RATE: Final = 0.05
_RIDGE: Final = 0.3


class LabelledPair(msgspec.Struct, frozen=True):
    """Two records by an id of each, whether they are one work, and for how many pairs it stands."""

    pair: tuple[str, str]
    same: bool
    half: Literal["tuned", "held"]
    stands_for: float
    hub: bool


class Catalogue(NamedTuple):
    """All records by an id, the work that each belongs to, and how many works large hubs have."""

    records: Mapping[str, CatalogueRecord]
    work_of: Mapping[UUID, UUID]
    hub_works: int


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--store", required=True, help="URL of an ingested store")
    parser.add_argument("--fit", action="store_true", help="print the weights that fit best")
    options = parser.parse_args()
    catalogue = run_on_store(options.store, read)
    decoder = msgspec.json.Decoder(LabelledPair)
    pairs = [decoder.decode(line) for line in LABELS.read_bytes().splitlines()]
    pairs = [pair for pair in pairs if set(pair.pair) <= catalogue.records.keys()]
    print(f"{len(catalogue.work_of)} records are other records of works; {len(pairs)} pairs")
    for name, some in (
        ("all", pairs),
        ("tuned", [pair for pair in pairs if pair.half == "tuned"]),
        ("held back", [pair for pair in pairs if pair.half == "held"]),
        ("in hubs of 3 and more", [pair for pair in pairs if pair.hub]),
    ):
        report(name, some, catalogue)
    missed = sum(p.stands_for for p in pairs if p.hub and p.same and not _are_one(p, catalogue))
    print(f"missed in 100 works of hubs of 3 and more {100 * missed / catalogue.hub_works:7.2f}")
    if options.fit:
        fit([pair for pair in pairs if pair.half == "tuned"], catalogue.records)


async def read(gateway: Gateway) -> Catalogue:
    rows = [row async for page in FranchiseStore(gateway).catalogue() for row in page]
    work_of = {row.record: row.work async for page in tables.same_as(gateway) for row in page}
    sizes: dict[str, int] = {}
    async for page in tables.memberships(gateway):
        for row in page:
            if row.record_of is None:
                sizes[row.slug] = sizes.get(row.slug, 0) + 1
    records = {row.sources[0]: row.record() for row in rows if row.sources}
    return Catalogue(records, work_of, sum(n for n in sizes.values() if n >= _LEAST_HUB))


def _are_one(pair: LabelledPair, catalogue: Catalogue) -> bool:
    one, other = (catalogue.records[id_].id for id_ in pair.pair)
    return catalogue.work_of.get(one, one) == catalogue.work_of.get(other, other)


def report(name: str, pairs: Iterable[LabelledPair], catalogue: Catalogue) -> None:
    right = wrong = missed = 0.0
    for pair in pairs:
        is_found = _are_one(pair, catalogue)
        right += pair.stands_for * (is_found and pair.same)
        wrong += pair.stands_for * (is_found and not pair.same)
        missed += pair.stands_for * (pair.same and not is_found)
    precision, recall = right / max(right + wrong, 1), right / max(right + missed, 1)
    print(f"{name:<24} precision {precision:.3f} (at least .98)  recall {recall:.3f}")


def fit(pairs: Sequence[LabelledPair], records: Mapping[str, CatalogueRecord]) -> None:
    """Print the weights of a logistic regression in which no sign has the wrong direction."""
    bearers: dict[int, int] = {}
    for record in records.values():
        for name in record.keys.names:
            bearers[name] = bearers.get(name, 0) + 1
    found = [(records[one.pair[0]], records[one.pair[1]], one.same) for one in pairs]
    found = [(a, b, same) for a, b, same in found if a.keys.names & b.keys.names]
    rows = [
        likeness.signs(a, b, min(bearers[name] - 2 for name in a.keys.names & b.keys.names))
        for a, b, _ in found
    ]
    names = sorted(rows[0])
    values = np.array([[row[name] for name in names] for row in rows])
    labels = np.array([same for _, _, same in found], dtype=np.float64)
    directions = np.array([-1.0 if name in _AGAINST else 1.0 for name in names])
    weights, bias = _regression(values, labels, directions)
    for sign, weight in zip(names, weights, strict=True):
        print(f"    {sign:<24}{weight:6.2f}")
    print(f"    {'bias':<24}{bias:6.2f}")


def _regression(
    values: npt.NDArray[np.float64],
    labels: npt.NDArray[np.float64],
    directions: npt.NDArray[np.float64],
) -> tuple[npt.NDArray[np.float64], float]:
    weights, bias = np.zeros(values.shape[1]), 0.0
    for _ in range(_STEPS):
        error = (1 / (1 + np.exp(-(values @ weights + bias))) - labels) / len(labels)
        weights -= _RATE * (values.T @ error + _RIDGE / len(labels) * weights)
        weights = np.where(weights * directions < 0, 0.0, weights)
        bias -= _RATE * float(error.sum())
    return weights, bias


if __name__ == "__main__":
    main()
