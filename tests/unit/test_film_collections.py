"""Collections of films that sources state: who is in them, and who got in by mistake."""

from uuid import UUID

import pytest

from ingest.pipeline.franchises.film_collections import collection_relations
from ingest.pipeline.franchises.inputs import WorkCollection
from kensho.domain.franchise.inputs import FranchiseWork
from tests.support.small_franchises import number, work

GARDEN = [
    work("a", "The Garden of Sinners: Overlooking View", "2007-12-01", type="movie"),
    work("b", "The Garden of Sinners: Remaining Sense of Pain", "2008-02-09", type="movie"),
    work("c", "The Garden of Sinners: Paradox Spiral", "2008-08-16", type="movie"),
    work("d", "The Garden of Sinners: Epilogue", "2010-12-28", type="movie"),
]
TIED = {number(key) for key in "abc"}


def collected(*more: FranchiseWork, tied: set[UUID] = TIED) -> set[UUID]:
    works = {one.id: one for one in (*GARDEN, *more)}
    collection = WorkCollection("Sinners Collection", tuple(sorted(works)))
    titles, relations = collection_relations([collection], works, tied)
    assert set(titles.values()) == {"Sinners"}
    assert {one.source for one in relations} == {number("a")}
    assert {number("a"), *(one.target for one in relations)} == titles.keys()
    return set(titles)


def test_a_film_of_another_name_years_from_all_others_is_a_mistake() -> None:
    sinners = work("s", "Sinners", "2025-04-16", type="movie")
    assert collected(sinners) == {number(key) for key in "abcd"}


@pytest.mark.parametrize(
    "film",
    [
        work("s", "Sinners", "2015-04-16", type="movie"),
        work("s", "Sinners", "", type="movie"),
        work("s", "A Garden in Winter", "2025-04-16", type="movie"),
    ],
    ids=["near in time", "undated", "of the same beginning"],
)
def test_a_film_that_may_belong_stays(film: FranchiseWork) -> None:
    assert number("s") in collected(film)


def test_a_film_that_a_source_relates_stays() -> None:
    sinners = work("s", "Sinners", "2025-04-16", type="movie")
    assert number("s") in collected(sinners, tied=TIED | {number("s")})


def test_a_collection_whose_works_nobody_relates_is_taken_at_its_word() -> None:
    sinners = work("s", "Sinners", "2025-04-16", type="movie")
    assert number("s") in collected(sinners, tied=set())
