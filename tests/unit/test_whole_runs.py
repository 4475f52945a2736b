"""A whole that one catalogue lists stands once beside its parts that another lists."""

import itertools
from typing import Any

import msgspec
import pytest

from kensho.domain.franchise.inputs import FranchiseWork
from tests.support.small_franchises import grown, number, relation, work

FILM = {"type": "movie", "episodes": 1, "duration_s": 5400}


def listed(key: str, title: str, date: str, catalogues: str, **facts: Any) -> FranchiseWork:
    sources = tuple(f"{name}:{key}" for name in catalogues.split())
    return work(key, title, date, sources=sources, **{**FILM, **facts})


TRI = listed("w", "Digimon Adventure tri.", "2015-10", "anidb anisearch", episodes=3)
PARTS = (
    listed("a", "Digimon Adventure tri. 1: Saikai", "2015-11-21", "mal anilist kitsu"),
    listed("b", "Digimon Adventure tri. 2: Ketsui", "2016-03-12", "mal anilist"),
    listed("c", "Digimon Adventure tri. 3: Kokuhaku", "2016-09-24", "mal anilist"),
)
SERIES = listed("s", "Digimon Adventure", "1999-03-07", "mal anidb", type="tv", episodes=54)


def shown(*works: FranchiseWork, told: str = "") -> dict[str, set[str]]:
    """Return the members of the franchise of some works, each with its other records."""
    key = {number(letter): letter for letter in "abcdefsw"}
    relations = [relation(f"s{key[one.id]}") for one in works if one.id != SERIES.id]
    if told:
        relations.append(relation(told, "sequel"))
    (found,) = grown([SERIES, *works], relations)
    return {key[one.work]: {key[record] for record in one.also} for one in found.members}


def test_a_whole_stands_with_its_first_part() -> None:
    for order in itertools.permutations((TRI, *PARTS)):
        assert shown(*order) == {"s": set(), "a": {"w"}, "b": set(), "c": set()}


def test_parts_stand_with_a_whole_that_more_catalogues_list() -> None:
    catalogues = "anidb anisearch simkl livechart"
    whole = listed("w", "Digimon Adventure tri.", "2015-10", catalogues, episodes=3)
    parts = [msgspec.structs.replace(part, type="ova") for part in PARTS]
    assert shown(whole, *parts) == {"s": set(), "w": {"a", "b", "c"}}
    assert shown(whole, *PARTS) == {"s": set(), "a": {"w"}, "b": set(), "c": set()}  # films stand


def test_a_run_that_hardly_more_catalogues_list_stands_with_its_first_part() -> None:
    facts: dict[str, Any] = {"type": "tv", "duration_s": 1440}
    title, parts = "Digimon Adventure tri.", "anidb anilist simkl"
    first = listed("a", title, "2015-10", parts, episodes=18, **facts)
    second = listed("b", f"{title} Ketsui", "2016-03", parts, episodes=143, **facts)
    whole = listed("w", title, "2015-10", "mal kitsu ann bangumi", episodes=161, **facts)
    assert shown(whole, first, second) == {"s": set(), "w": {"a", "b"}}
    whole = listed("w", title, "2015-10", "mal kitsu ann", episodes=161, **facts)
    assert shown(whole, first, second) == {"s": set(), "a": {"w"}, "b": set()}


def test_a_series_of_one_catalogue_is_streamed_in_parts_by_another() -> None:
    whole = listed("w", TRI.title, "2015-10", "ann", type="tv", episodes=3)
    parts = [msgspec.structs.replace(part, type="ona") for part in PARTS]
    assert shown(whole, *parts) == {"s": set(), "a": {"w"}, "b": set(), "c": set()}


@pytest.mark.parametrize(
    ("title", "date", "catalogues", "facts"),
    [
        ("Digimon Adventure tri.", "2015-10", "anidb", {"episodes": 4}),
        ("Digimon Adventure tri.", "2015-10", "anidb mal", {"episodes": 3}),
        ("Digimon Adventure tri.", "2016-10", "anidb", {"episodes": 3}),
        ("Digimon Adventure tri.", "2014-10", "anidb", {"episodes": 3}),
        ("Digimon Adventure tri.", "2015-10", "anidb", {"episodes": 3, "duration_s": 1500}),
        ("Digimon Adventure Ketsui", "2015-10", "anidb", {"episodes": 3}),
    ],
    ids=("count", "catalogue", "later", "earlier", "length", "name"),
)
def test_a_whole_is_told_from_other_works_by(
    title: str, date: str, catalogues: str, facts: dict[str, Any]
) -> None:
    other = listed("w", title, date, catalogues, **facts)
    assert all(not also for also in shown(other, *PARTS).values())


def test_what_somebody_relates_is_no_whole_and_part() -> None:
    assert all(not also for also in shown(TRI, *PARTS, told="bw").values())


def test_parts_that_no_catalogue_lists_all_are_no_run() -> None:
    names = ("mal", "kitsu", "anilist")
    parts = [
        listed(key, one.title, one.date, name)
        for key, one, name in zip("abc", PARTS, names, strict=True)
    ]
    assert all(not also for also in shown(TRI, *parts).values())
