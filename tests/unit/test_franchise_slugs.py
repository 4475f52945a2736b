"""Franchises: their slugs are given once and kept; two of one name are told apart."""

import uuid
from collections.abc import Sequence

import pytest

from ingest.pipeline.franchises import Franchise, plan, slugify
from kensho.domain.records import Collection


def franchise(number: int, title: str) -> Franchise:
    return Franchise.of(Collection(f"tmdb-collection:{number}", title))


def stored(said: Franchise, slug: str) -> Franchise:
    return Franchise(said.id, slug, said.title, said.source_id)


def planned(
    known: Sequence[Franchise], *wanted: Franchise
) -> tuple[dict[uuid.UUID, str], list[uuid.UUID]]:
    rows, drop = plan(known, {f.id: f for f in wanted})
    return {row.id: row.slug for row in rows}, drop


@pytest.mark.parametrize(
    ("title", "slug"),
    [
        ("Back to the Future Collection", "back-to-the-future-collection"),
        ("  Alien³ / Aliens  ", "alien3-aliens"),
        ("Pokémon", "pokemon"),
        ("SPY\N{MULTIPLICATION SIGN}FAMILY", "spyfamily"),
        ("君の名は。", "franchise"),
        ("", "franchise"),
    ],
)
def test_a_slug_is_plain_words_joined_by_hyphens(title: str, slug: str) -> None:
    assert slugify(title) == slug


def test_the_id_of_a_franchise_follows_from_its_source_alone() -> None:
    assert franchise(1, "Alien").id == franchise(1, "Aliens").id != franchise(2, "Alien").id


def test_a_new_franchise_gets_the_slug_of_its_title() -> None:
    alien = franchise(1, "Alien")
    assert planned([], alien) == ({alien.id: "alien"}, [])


def test_the_second_of_one_name_gets_a_number() -> None:
    first, second, third = (franchise(n, "Alien") for n in (1, 2, 3))
    slugs, _ = planned([], third, first, second)
    assert slugs == {first.id: "alien", second.id: "alien-2", third.id: "alien-3"}


def test_a_slug_that_is_taken_is_not_given_again() -> None:
    first, second = franchise(1, "Alien"), franchise(2, "Alien")
    assert planned([stored(first, "alien")], first, second) == ({second.id: "alien-2"}, [])


def test_a_franchise_keeps_its_slug_when_its_title_changes() -> None:
    before, after = franchise(1, "Alien"), franchise(1, "The Alien films")
    assert planned([stored(before, "alien")], after) == ({after.id: "alien"}, [])


def test_a_franchise_that_stands_as_wanted_is_not_written() -> None:
    alien = franchise(1, "Alien")
    assert planned([stored(alien, "xenomorph")], alien) == ({}, [])


def test_a_franchise_that_no_work_is_in_goes() -> None:
    alien = franchise(1, "Alien")
    assert planned([stored(alien, "alien")]) == ({}, [alien.id])
