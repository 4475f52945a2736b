from typing import Any

from kensho.domain.popularity import PopularityFacts
from kensho.read_model.building.numbered_works import FilmSeries, film_series


def film(date: str, **facts: Any) -> PopularityFacts:
    usual = {"type": "movie", "titles": 2, "sources": 2, "score": 7.0, "is_later": False}
    return PopularityFacts(month=date, names=frozenset(), is_part=False, **{**usual, **facts})


def told(*titles: str, **facts: Any) -> list[FilmSeries]:
    """Return the stories of a franchise "Mushi" with these films, a year after one another."""
    works = [film(f"{2000 + number}", **facts) for number in range(len(titles))]
    return list(film_series("Mushi", range(len(titles)), works, titles))


def test_the_films_of_a_franchise_are_counted_by_date() -> None:
    works = [film("2004"), film("2001"), film("2002")]
    [story] = film_series("Mushi", [0, 1, 2], works, ["Mushi and Rain", "Mushi", "Mushi and Sun"])
    assert story == FilmSeries("Mushi", 1, [(2, 2), (3, 0)])


def test_films_that_begin_alike_are_a_story_of_their_own() -> None:
    _, hachi, ari = told("Hachi: Rain", "Hachi: Sun", "Ari: Rain", "Ari: Sun")
    assert (hachi.name, hachi.first, hachi.following) == ("Hachi", 0, [(2, 1)])
    assert (ari.name, ari.first, ari.following) == ("Ari", 2, [(2, 3)])


def test_a_film_named_like_its_story_begins_it() -> None:
    _, story = told("Hachi", "Hachi: Chapter 2", "Hachi: Chapter 3", "Ari")
    assert (story.name, story.first, story.following) == ("Hachi", 0, [(2, 1), (3, 2)])


def test_an_article_before_the_name_makes_no_other_story() -> None:
    _, story = told("The Hachi", "Hachi: Rain", "Hachi: Sun", "Ari")
    assert (story.name, story.following) == ("The Hachi", [(2, 1), (3, 2)])


def test_films_that_number_themselves_otherwise_are_counted_by_their_own_numbers() -> None:
    [story] = told("Mushi", "Mushi Again", "Mushi: Episode I", "Mushi: Episode II")[:1]
    assert story.following == [(2, 3)]


def test_a_franchise_with_a_series_tells_no_story_in_films() -> None:
    assert told("Mushi: Rain", "Mushi: Sun", type="tv") == []


def test_one_film_is_no_story() -> None:
    assert told("Mushi") == []
