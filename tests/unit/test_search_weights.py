"""What the weights and limits of a search were set by: each example fails if one moves by half."""

import numpy as np
import pytest

from kensho.domain import ranking
from kensho.domain.title_parts import TitleParts
from kensho.search import constraints
from kensho.search.release_titles import other_names
from kensho.search.rows import TITLE_KINDS
from tests.support.title_search import Catalogue, catalogue, work


def is_expanded(made: Catalogue, text: str) -> bool:
    return any(read.via == "abbreviation" for read in made.search(text).interpretations)


def test_the_same_words_come_before_the_same_letters() -> None:
    made = catalogue("Oreimo", "Ore Imo!")
    assert made.found("ore imo") == ["Ore Imo!", "Oreimo"]


def test_a_popular_work_with_a_long_vowel_comes_before_an_obscure_one_without() -> None:
    made = catalogue(work("Ohayo!", popularity=0.3), work("Ohayou", popularity=0.9))
    assert made.found("ohayo") == ["Ohayou", "Ohayo!"]


def test_popularity_and_kind_together_do_not_outweigh_a_title_as_it_is_written() -> None:
    made = catalogue(work("Clannad", popularity=1.0), work("Air", "CLANNAD", popularity=0.0))
    assert made.found("CLANNAD") == ["Air", "Clannad"]


def test_popularity_counts_more_than_the_kind_of_an_equal_title() -> None:
    made = catalogue(work("Kanon", popularity=0.0), work("Air", "Kanon", popularity=1.0))
    assert made.found("Kanon") == ["Air", "Kanon"]


def test_the_ranking_knows_how_many_kinds_of_titles_there_are() -> None:
    one, last = ranking.exact(1.0, 0, 1.0), ranking.exact(1.0, len(TITLE_KINDS) - 1, 0.0)
    assert one - last == pytest.approx(ranking.EXACT_STEP)


def test_a_title_without_its_article_comes_before_one_that_goes_on() -> None:
    assert catalogue("Matrix Reloaded", "The Matrix").found("matrix")[0] == "The Matrix"


def test_a_guessed_season_comes_after_a_title_that_has_the_number() -> None:
    komi = "Komi-san wa, Komyushou desu."
    made = catalogue(
        work(komi, popularity=0.8, later_seasons=((2, 1),)),
        work(f"{komi} 2nd Season"),
        work("Komi San 2 Go"),
    )
    assert made.found("komi san 2")[:2] == ["Komi San 2 Go", f"{komi} 2nd Season"]


def test_a_season_is_guessed_of_names_of_four_letters_and_of_no_shorter_ones() -> None:
    komi, zero = "Komi-san wa, Komyushou desu.", "Re: Zero kara Hajimeru Isekai Seikatsu"
    made = catalogue(
        work(komi, popularity=0.8, later_seasons=((2, 1),)),
        work("Comi Later"),
        work(zero, popularity=0.8, later_seasons=((2, 3),)),
        work("Isekai Later"),
    )
    assert made.found("komi 2")[0] == "Comi Later"
    assert "Isekai Later" not in made.found("re 2")


def test_an_acronym_comes_after_a_title_that_is_nearly_the_text() -> None:
    made = catalogue(work("Shingeki no Kyojin"), work("SNK 1"))
    assert made.found("snk") == ["SNK 1", "Shingeki no Kyojin"]


def test_words_with_others_between_are_a_hit_after_a_title_that_has_them_together() -> None:
    part_4 = "JoJo no Kimyou na Bouken: Diamond wa Kudakenai"
    together = "JoJo Diamond Records: All the Songs of the Series"
    assert catalogue(part_4, together).found("jojo diamond") == [together, part_4]


def test_how_much_of_a_title_a_text_is_counts_less_than_where_it_stands() -> None:
    made = catalogue("K Titan", "Titan no Yoru")
    assert made.found("titan") == ["Titan no Yoru", "K Titan"]


def test_a_whole_word_outweighs_one_letter_and_not_two() -> None:
    made = catalogue("Homecoming", "Home Sweet Home", "Homestuck")
    assert made.found("home") == ["Homestuck", "Home Sweet Home", "Homecoming"]


def test_misspelt_words_in_another_order_find_the_title() -> None:
    assert catalogue("Attack on Titan").found("titan atack on") == ["Attack on Titan"]


def test_two_errors_in_five_letters_are_a_hit_and_none_beside_an_exact_title() -> None:
    assert catalogue("Kanon").found("gamon") == ["Kanon"]
    assert catalogue("Kanon", "Kazan").found("kanon") == ["Kanon"]


def test_an_abbreviation_of_a_popular_work_is_expanded_unless_a_title_has_it() -> None:
    film = "Dragon Ball Super: Broly"
    popular = catalogue(work("Dragon Ball Super", "DBS", popularity=0.6), film)
    assert popular.found("dbs broly")[0] == film
    obscure = catalogue(work("Dragon Ball Super", "DBS", popularity=0.4), film)
    assert not is_expanded(obscure, "dbs broly")
    bearing = catalogue(work("Dragon Ball Super", "DBS", popularity=0.9), film, "DBS: Broly")
    assert not is_expanded(bearing, "dbs broly")


def test_a_later_season_may_come_three_years_after_the_one_before() -> None:
    asked_for = TitleParts(season=2, year=2019)
    years, types = np.array([2019, 2020, 2022, 2023]), np.zeros(4, dtype=np.uint8)
    yes, no = constraints.AGREES, constraints.CONFLICTS
    assert constraints.agreement(asked_for, years, types).tolist() == [yes, yes, yes, no]


def test_a_title_without_its_article_is_an_exact_title() -> None:
    assert catalogue("The Matrix").scores("matrix")["The Matrix"] > ranking.BEST_INEXACT


def test_a_popular_work_outweighs_one_letter_in_six() -> None:
    made = catalogue(work("Kanokon", popularity=1.0), work("Kanon", popularity=0.0))
    assert made.found("kan") == ["Kanokon", "Kanon"]


def test_the_kind_of_a_title_outweighs_a_little_popularity() -> None:
    made = catalogue(
        work("Kanon"), work("Air", "Kanon", popularity=0.13), work("Aria", "Kanon", popularity=0.2)
    )
    assert made.found("kano") == ["Aria", "Kanon", "Air"]


def test_another_number_leaves_a_title_a_hit() -> None:
    assert catalogue("Area 88").found("area 89") == ["Area 88"]


def test_a_number_that_was_not_typed_weighs_nearly_as_much_as_popularity() -> None:
    common = catalogue(work("Area88", popularity=0.6), "Areayy")
    assert common.found("areaxx") == ["Areayy", "Area88"]
    popular = catalogue(work("Area88", popularity=1.0), "Areayy")
    assert popular.found("areaxx") == ["Area88", "Areayy"]


def test_a_word_of_many_titles_is_no_abbreviation() -> None:
    dungeon = "Dungeon ni Deai wo Motomeru no wa Machigatteiru Darou ka"
    made = [work(dungeon, "DanMachi", popularity=0.9), work(f"{dungeon}: Orion no Ya")]
    some = [work(f"Gaiden {number}", f"DanMachi {number}") for number in range(200)]
    assert is_expanded(Catalogue([*made, *some[:97]]), "danmachi orion")
    assert not is_expanded(Catalogue([*made, *some]), "danmachi orion")


def test_a_title_that_has_the_year_comes_before_the_bare_name() -> None:
    made = catalogue(
        work("Hunter x Hunter", popularity=0.6, year=1999), work("Hunter x Hunter 1999 Pilot")
    )
    assert made.found("hunter x hunter 1999") == ["Hunter x Hunter 1999 Pilot", "Hunter x Hunter"]


def test_a_name_in_brackets_has_four_latin_letters_at_least() -> None:
    names = [name for name, _ in other_names("Shingeki no Kyojin (AoT)")]
    assert names == ["Shingeki no Kyojin"]
    assert "Dawn" in [name for name, _ in other_names("Akatsuki no Yona (Dawn)")]
