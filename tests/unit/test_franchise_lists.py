"""Lists of franchises against an obvious oracle: filtered, counted and sorted one by one."""

from collections.abc import Iterator
from itertools import product
from typing import Any, Final, get_args
from uuid import UUID

import pytest

from kensho.discovery.franchise_lists import (
    FRANCHISE_SIZES,
    FranchiseColumns,
    FranchiseFilters,
    FranchiseSorting,
    find_franchises,
    letter_of,
)
from kensho.errors import InvalidInputError
from kensho.read_model.holder import Snapshot
from kensho.storage.rows import StoredFranchise
from tests.support import franchise_snapshots
from tests.support.franchise_snapshots import Rows, member, work

FRANCHISES: Final = {
    # slug: (title, the years in which its works began, how many of them are of the genre)
    "ahoy": ("Ahoy!", (2001, 2005), 1),
    "anchor": ("Anchor", tuple(range(2000, 2011)), 6),
    "brig": ("The Brig", (1990, 1991, 1992, 1993, 1994), 2),
    "fune": ("船", (2020, 2027), 2),
}
SORTS: Final = get_args(FranchiseSorting)


@pytest.fixture(scope="module")
def held() -> Iterator[Snapshot]:
    works, members, tags, stored = [], [], [], []
    number = 0
    for slug, (title, years, genred) in FRANCHISES.items():
        stored.append(StoredFranchise(slug, title, UUID(int=number + 1), "d"))
        for place, year in enumerate(years):
            number += 1
            name = title if place == 0 else f"{title} {place + 1}"
            works.append(work(number, name, start_date=f"{year}-04-02", year=year))
            members.append(member(number, slug, role="main"))
            if place < genred:
                tags.append((UUID(int=number), "sea"))
    rows = Rows(works=works, franchises=stored, memberships=members, tags=tags, genres=("sea",))
    with franchise_snapshots.opened(rows) as snapshot:
        yield snapshot


def slugs(held: Snapshot, sort: FranchiseSorting = "popularity", **filters: Any) -> list[str]:
    columns = FranchiseColumns(held.model)
    found = find_franchises(held, columns, FranchiseFilters(**filters), sort)
    return [held.model.franchises.slug(number) for number in found.numbers.tolist()]


def facts(slug: str) -> dict[str, str]:
    title, years, genred = FRANCHISES[slug]
    size = sum(len(years) >= begin for begin in (5, 10, 30))
    return {
        "letter": {"A": "a", "T": "t"}.get(title[0], "0"),
        "genre": "sea" if genred * 2 >= len(years) else "",
        "size": FRANCHISE_SIZES[size],
    }


@pytest.mark.parametrize("sort", SORTS)
def test_what_passes_is_what_has_all_that_is_asked(held: Snapshot, sort: FranchiseSorting) -> None:
    every = slugs(held, sort)
    assert sorted(every) == sorted(FRANCHISES)
    values = {
        "letter": (None, "a", "0", "q"),
        "genre": (None, "sea"),
        "size": (None, *FRANCHISE_SIZES),
    }
    for chosen in product(*values.values()):
        asked = dict(zip(values, chosen, strict=True))
        passes = [
            slug
            for slug in every
            if all(value in (None, facts(slug)[name]) for name, value in asked.items())
        ]
        assert slugs(held, sort, **asked) == passes


def test_sort_words_mean_what_they_say(held: Snapshot) -> None:
    assert slugs(held, "size")[:2] == ["anchor", "brig"]
    assert slugs(held, "title")[:2] == ["ahoy", "anchor"]
    assert slugs(held, "moved") == ["fune", "anchor", "ahoy", "brig"]


def test_each_value_counts_what_it_would_leave(held: Snapshot) -> None:
    columns = FranchiseColumns(held.model)
    tried: tuple[dict[str, Any], ...] = ({}, {"letter": "a"}, {"genre": "sea", "size": "small"})
    for filters in tried:
        facets = find_franchises(
            held,
            columns,
            FranchiseFilters(**filters),
            "popularity",
        ).facets
        for name, counts in facets._asdict().items():
            assert counts
            for value, count in counts.items():
                assert count == len(slugs(held, **(filters | {name: value}))), (name, value)


def test_a_text_finds_by_a_title_and_filters_go_on_from_there(held: Snapshot) -> None:
    assert slugs(held, text="anchor")[0] == "anchor"
    assert "anchor" not in slugs(held, text="anchor", size="small")


def test_an_unknown_genre_is_told_with_the_nearest(held: Snapshot) -> None:
    with pytest.raises(InvalidInputError, match="nearest are sea"):
        slugs(held, genre="seas")


def test_letters_are_latin_ones() -> None:
    assert [letter_of(title) for title in ("abc", "zen", "船", "9", "")] == ["a", "z", *"000"]
