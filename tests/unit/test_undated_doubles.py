"""Works that were announced and have no date yet stand once in a hub."""

from typing import Any

import pytest

from kensho.domain.franchise.inputs import FranchiseWork
from tests.support.small_franchises import grown, number, relation, work

FIRST = work("s", "Blue Lock", "2022-10-08", sources=("mal:1", "anidb:1", "anime-planet:1"))


def announced(key: str, title: str, catalogue: str, date: str = "", **facts: Any) -> FranchiseWork:
    return work(key, title, date, sources=(f"{catalogue}:{key}",), **{"episodes": None, **facts})


def together(*works: FranchiseWork, told: str = "") -> set[str]:
    """Return the records that stand with others in the franchise of some works."""
    key = {number(letter): letter for letter in "abcds"}
    relations = [relation(f"s{key[one.id]}") for one in works]
    if told:
        relations.append(relation(told, "sequel"))
    (found,) = grown([FIRST, *works], relations)
    return {"".join(sorted(key[id_] for id_ in (m.work, *m.also))) for m in found.members if m.also}


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Blue Lock (New)", "Blue Lock (Zoku-hen)"),
        ("Blue Lock (Shin Series)", "Blue Lock REBOOT Project (Provisional Title)"),
        ("Blue Lock Season 3", "Blue Lock 3rd Season"),
        ("Blue Lock Dai 3 Ki (Part 2)", "Blue Lock 3rd Season Part 2"),
        ("Blue Lock Season Three: Red", "Blue Lock: Red"),
        ("Blue Lock Sequel Anime", "Blue Lock (Shinsaku Animation Zoku-hen)"),
    ],
)
def test_what_has_no_title_yet_is_called_otherwise_by_each_catalogue(one: str, other: str) -> None:
    assert together(announced("a", one, "mal"), announced("b", other, "anisearch")) == {"ab"}


@pytest.mark.parametrize(
    ("title", "catalogue", "facts"),
    [
        ("Blue Lock 4th Season", "anisearch", {}),
        ("Blue Lock 3rd Season", "mal", {}),
        ("Blue Lock 3rd Season", "anisearch", {"type": "movie"}),
    ],
    ids=("number", "catalogue", "form"),
)
def test_announced_works_are_told_apart_by(
    title: str, catalogue: str, facts: dict[str, Any]
) -> None:
    other = announced("b", title, catalogue, **facts)
    assert together(announced("a", "Blue Lock 3rd Season", "mal"), other) == set()


def test_the_name_of_the_franchise_joins_nothing() -> None:
    # Which season it is nobody says; that it is not the first, Anime-Planet does.
    later = announced("a", "Blue Lock", "anime-planet")
    assert together(later, announced("b", "The Blue Lock", "kitsu")) == set()


def test_only_the_newest_work_was_announced_without_a_date() -> None:
    dated = announced("a", "Blue Lock: Nagi", "mal", "2024-04-19")
    undated = announced("b", "Blue Lock: Nagi", "kitsu")
    assert together(dated, undated) == {"ab"}
    assert together(dated, undated, announced("c", "Blue Lock 2", "mal", "2024-10")) == set()


def test_what_may_be_two_works_is_neither() -> None:
    parts = [announced(key, f"Blue Lock 3 Part {n}", "mal") for key, n in (("a", 1), ("b", 2))]
    both = announced("c", "Blue Lock 3 Part 1", "kitsu")
    assert together(*parts, both) == {"ac"}
    titles = ("Blue Lock Goes On", "Blue Lock 3 Part 1", "Blue Lock 3 Part 2")
    lists = FranchiseWork(both.id, titles, "tv", sources=both.sources)
    assert together(*parts, lists) == set()


def test_what_somebody_relates_is_two_works() -> None:
    one, other = announced("a", "Blue Lock (New)", "mal"), announced("b", "Blue Lock New", "kitsu")
    assert together(one, other) == {"ab"}
    assert together(one, other, told="ab") == set()
