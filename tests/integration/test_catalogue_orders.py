"""Lines and watch orders of the slice of the real catalogue: what readers say, and what must hold.

How far orders agree with those that people recommend is tested on the whole catalogue
(`test_golden_franchises.py`): of most of their franchises the slice holds a few works only.
"""

from collections.abc import Mapping, Sequence
from typing import Any, Final
from uuid import UUID

import pytest

from benchmarks import bench_orders, order_invariants
from kensho.domain.franchise.inputs import Relation
from kensho.domain.franchise.lines import StoryLine, lines_of
from kensho.domain.relations import Method
from tests.support.catalogue import RealCatalogue

FEW: Final[tuple[Method, ...]] = ("inferred", "curated")
MUCH: Final[tuple[Method, ...]] = ("stated", "inferred", "curated")

MOST_DOUBLES: Final = 10

ONE_LINE: Final[Sequence[Any]] = (
    (80, 85, 86, 87, 6336),  # the Universal Century
    (93, 94),  # Gundam SEED and Destiny
    (2581, 3927, 6288),  # Gundam 00
    (31251, 33051),
    (49828, 53199, 52168),  # The Witch from Mercury, its second season and its prologue
    (10087, 11741),  # Fate/Zero
    (14829, 20509, 27525),  # Prisma Illya
    (38084, 34321),  # Grand Order: Babylonia and First Order
    (20, 1735, 442),  # Naruto with its film
    (5114, 6421),  # Fullmetal Alchemist: Brotherhood and its specials
    (121, 430),
)
APART: Final = (
    (80, 2581, 90, 49828, 31251),
    (356, 10087, 14829, 38084),
    (121, 5114),
    (486, 35079),
)


def inside(catalogue: RealCatalogue, methods: Sequence[Method]) -> Mapping[UUID, list[Relation]]:
    return bench_orders.relations_inside(catalogue.franchises, catalogue.graph.relations(*methods))


def lines(catalogue: RealCatalogue, number: int) -> Sequence[StoryLine]:
    one = catalogue.franchise(number)
    relations = inside(catalogue, MUCH)[one.root]
    return lines_of(one.members, catalogue.graph.works, relations, one.timelines)


@pytest.mark.parametrize("numbers", ONE_LINE)
def test_what_goes_on_is_one_line(catalogue: RealCatalogue, numbers: tuple[int, ...]) -> None:
    works = {catalogue.work(number) for number in numbers}
    assert any(works <= set(line.works) for line in lines(catalogue, numbers[0]))


@pytest.mark.parametrize("numbers", APART)
def test_what_begins_anew_is_a_line_of_its_own(
    catalogue: RealCatalogue, numbers: tuple[int, ...]
) -> None:
    works = {catalogue.work(number) for number in numbers}
    assert all(len(works & set(line.works)) <= 1 for line in lines(catalogue, numbers[0]))


def test_lines_are_told_apart_by_their_titles(catalogue: RealCatalogue) -> None:
    titles = [line.title for line in lines(catalogue, 80)]
    assert len(titles) == len(set(titles))
    named = {"Kidou Senshi Gundam", "Kidou Senshi Gundam 00", "Kidou Senshi Gundam: Suisei no Majo"}
    assert named <= set(titles)


@pytest.mark.parametrize("methods", [MUCH, FEW], ids=["with every kind", "without stated kinds"])
def test_no_invariant_is_broken(catalogue: RealCatalogue, methods: Sequence[Method]) -> None:
    relations = inside(catalogue, methods)
    faults = [
        (one.title, fault)
        for one in catalogue.franchises
        for fault in order_invariants.broken(one, catalogue.graph.works, relations[one.root])
    ]
    assert len(catalogue.franchises) > 150
    # Records of one work that no rule has found yet stand twice where all works stand.
    doubles = ("title, year and type in release", "title, year and type in story")
    assert [fault for fault in faults if not fault[1].rule.endswith(doubles)] == []
    assert len(faults) <= MOST_DOUBLES
