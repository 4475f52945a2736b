"""What franchises are called, and where they begin."""

import pytest

from kensho.domain.franchise.titles import name_of
from tests.support.small_franchises import grown, number, relation, work


@pytest.mark.parametrize(
    ("title", "name"),
    [
        ("Gegege no Kitarou (1968)", "Gegege no Kitarou"),
        ("Tsukiuta. The Animation", "Tsukiuta"),
        ("Zannen na Ikimono Jiten (2019)", "Zannen na Ikimono Jiten"),
        ("Anime Title 2nd Season", "Anime Title"),
        ("Silent Möbius: THE MOTION PICTURE", "Silent Möbius"),
        ("[Oshi no Ko]", "[Oshi no Ko]"),
        ("Bakuman.", "Bakuman."),
        ("Area 88", "Area 88"),
    ],
)
def test_a_name_bears_no_year_season_or_medium(title: str, name: str) -> None:
    assert name_of(title) == name


def test_a_franchise_is_not_called_after_a_forgotten_beginning() -> None:
    works = [
        work("a", "Triangle Heart", "2000-08-28", type="ova", popularity=0.3),
        work("b", "Lyrical Nanoha", "2004-10-03", popularity=0.9),
        work("c", "Lyrical Nanoha Strikers", "2007-04-02", popularity=0.8),
    ]
    (found,) = grown(works, [relation("ab", "spin_off"), relation("bc", "sequel")])
    assert found.title == "Lyrical Nanoha"
    assert found.root == number("b")


def test_a_pilot_is_no_beginning() -> None:
    works = [
        work("a", "Lupin", "1971-10-24", popularity=0.8),
        work("p", "Lupin Pilot", "1969", type="movie", episodes=1, duration_s=720, popularity=0.6),
    ]
    (found,) = grown(works, [relation("ap")])
    assert found.root == number("a")


def test_a_work_that_nobody_knows_gives_no_name() -> None:
    works = [
        work("a", "Great Teacher", "1999-06-30", popularity=0.9),
        work("b", "Shounan Gumi", "1994", popularity=0.7),
    ]
    (found,) = grown(works, [relation("ab", "prequel")])
    assert found.root == number("b")
    assert found.title == "Great Teacher"


def test_most_works_outvote_a_best_known_one_that_leads_by_little() -> None:
    works = [
        work("a", "Strike Witches", "2008", popularity=0.79),
        work("b", "Strike Witches Gekijou", "2010", popularity=0.7),
        work("c", "Strike Witches Road", "2012", popularity=0.7),
        work("d", "Strike Witches Berlin", "2020", popularity=0.7),
        work("l", "Ongakutai", "2022", popularity=0.8),
    ]
    relations = [relation("ab", "sequel"), relation("ac", "sequel"), relation("ad", "sequel")]
    (found,) = grown(works, [*relations, relation("al", "spin_off")])
    assert found.title == "Strike Witches"


def test_spellings_of_one_romanisation_are_one_name() -> None:
    works = [
        work("a", "Bouken Slime", "2001", popularity=0.8),
        work("b", "Bōken Slime Returns", "2003", popularity=0.9),
    ]
    (found,) = grown(works, [relation("ab", "sequel")])
    assert found.title == "Bouken Slime"


def test_a_sign_before_a_name_belongs_to_it() -> None:
    works = [
        work("a", ".hack//Sign", "2002", popularity=0.9),
        work("b", ".hack//Roots", "2006"),
        work("c", ".hack//Quantum", "2010"),
        *[work(f"{n:x}", f"Filler {n}") for n in range(13, 16)],
    ]
    found = grown(works, [relation("ab", "sequel"), relation("bc", "sequel")])
    assert found[0].title == ".hack"
