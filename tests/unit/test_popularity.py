from itertools import pairwise
from typing import Any

import pytest

from kensho.domain.popularity import KindEdge, PopularityFacts, popularity_of
from kensho.domain.release_dates import month_key, release_date
from kensho.read_model.building.numbered_works import franchise_groups, later_seasons

NAME = "kumo"


def standing(date: str = "2010-04", name: str = NAME, **facts: Any) -> PopularityFacts:
    usual = {
        "type": "tv",
        "titles": 10,
        "sources": 5,
        "score": 7.0,
        "is_later": False,
        "is_part": False,
    }
    return PopularityFacts(month=date, names=frozenset([name]), **{**usual, **facts})


def chain(*works: int) -> list[KindEdge]:
    return [(one, other, "sequel") for one, other in pairwise(works)]


def test_a_root_is_better_known_than_its_sequel() -> None:
    root, sequel = popularity_of([standing(), standing("2012-04", "hachi")], chain(0, 1))
    assert root > sequel


def test_a_much_listed_sequel_does_not_pass_its_root() -> None:
    much = standing("2012-04", titles=20, sources=9, votes=500)
    root, sequel = popularity_of([standing(), much], chain(0, 1))
    assert root > sequel


def test_a_later_work_that_bears_the_name_of_its_neighbour_is_no_beginning() -> None:
    works = [standing(), standing("2012-04"), standing("2012-04", "hachi")]
    edges: list[KindEdge] = [(0, 1, "related"), (0, 2, "related")]
    first, namesake, other = popularity_of(works, edges)
    assert first == other > namesake


def test_what_shares_a_name_but_no_relation_is_a_beginning() -> None:
    first, namesake = popularity_of([standing(), standing("2012-04")], [])
    assert first == namesake


def test_a_film_before_a_series_does_not_make_it_a_sequel() -> None:
    works = [standing(type="movie"), standing("2012-04"), standing("2012-04")]
    after_film, alone = popularity_of(works, [(0, 1, "sequel")])[1:]
    assert after_film == alone


def test_a_film_after_a_series_is_no_beginning() -> None:
    works = [standing(), standing("2012-04", type="movie"), standing("2012-04", type="movie")]
    after_series, alone = popularity_of(works, [(0, 1, "sequel")])[1:]
    assert after_series < alone


def test_a_title_with_a_season_in_it_is_no_beginning() -> None:
    plain, is_later = popularity_of([standing(), standing(is_later=True)], [])
    assert plain > is_later


def test_the_second_part_comes_behind_its_season() -> None:
    season, part = popularity_of(
        [standing(is_later=True), standing(is_later=True, is_part=True)], []
    )
    assert season > part


def test_a_sequel_without_dates_is_no_beginning() -> None:
    root, sequel = popularity_of([standing("9999"), standing("9999", "hachi")], chain(0, 1))
    assert root > sequel


def test_what_came_out_in_the_same_month_is_not_later() -> None:
    one, other = popularity_of([standing(), standing()], [(0, 1, "related")])
    assert one == other


@pytest.mark.parametrize("fact", ["titles", "sources", "votes", "score"])
def test_the_more_a_work_is_listed_and_liked_the_better_it_is_known(fact: str) -> None:
    little, much = popularity_of(
        [standing("2010-04", NAME, **{fact: count}) for count in (1, 9)], []
    )
    assert little < much


def test_series_are_better_known_than_films_and_films_than_extras() -> None:
    types = ("tv", "movie", "ova", "special", "unknown")
    found = popularity_of([standing(type=type_) for type_ in types], [])
    assert found == sorted(found, reverse=True)
    assert found[0] > found[1] > found[2] > found[3]


def test_popularity_runs_up_to_one() -> None:
    (top,) = popularity_of([standing(titles=10_000, sources=100, votes=10**6, score=10.0)], [])
    assert 0.99 < top <= 1.0 + 1e-9


def test_popularity_is_never_less_than_nothing() -> None:
    least_known = standing(
        type="special", titles=1, sources=1, score=None, is_later=True, is_part=True
    )
    (least,) = popularity_of([least_known], [])
    assert least >= 0


def test_the_order_of_edges_makes_no_difference() -> None:
    works = [standing(f"20{year}-04", f"n{year % 3}") for year in range(10, 18)]
    edges: list[KindEdge] = [
        *chain(0, 1, 2, 3),
        (4, 5, "side_story"),
        (7, 6, "other"),
        (2, 4, "other"),
    ]
    assert popularity_of(works, edges) == popularity_of(works, edges[::-1])
    assert later_seasons(works, edges) == later_seasons(works, edges[::-1])


def test_members_of_a_franchise_are_one_group_and_others_stand_alone() -> None:
    assert franchise_groups(4, [[3, 1]]) == [0, 1, 2, 1]


def test_groups_are_numbered_from_nothing_by_their_first_work() -> None:
    assert (
        franchise_groups(5, [[4, 2], [3, 1]])
        == franchise_groups(5, [[1, 3], [2, 4]])
        == [0, 1, 2, 1, 2]
    )
    assert franchise_groups(0, []) == []


def test_a_chain_counts_its_seasons_from_the_second() -> None:
    works = [standing() for _ in range(3)]
    assert later_seasons(works, chain(2, 0, 1)) == [[], [], [(2, 0), (3, 1)]]


def test_a_chain_that_branches_counts_both_as_the_same_season() -> None:
    works = [standing() for _ in range(4)]
    edges: list[KindEdge] = [(0, 2, "sequel"), (0, 1, "sequel"), (1, 3, "sequel")]
    assert later_seasons(works, edges)[0] == [(2, 1), (2, 2), (3, 3)]


def test_a_work_that_two_ways_lead_to_is_counted_once_by_the_shorter() -> None:
    works = [standing() for _ in range(3)]
    assert later_seasons(works, [*chain(0, 1, 2), (0, 2, "sequel")])[0] == [(2, 1), (2, 2)]


def test_a_loop_of_sequels_has_no_first_season() -> None:
    works = [standing() for _ in range(3)]
    assert later_seasons(works, chain(0, 1, 2, 0)) == [[], [], []]


def test_a_chain_into_a_loop_ends() -> None:
    works = [standing() for _ in range(3)]
    assert later_seasons(works, chain(0, 1, 2, 1))[0] == [(2, 1), (3, 2)]


def test_films_and_extras_are_no_seasons_and_end_a_chain() -> None:
    works = [standing(), standing(type="movie"), standing(), standing(type="ova")]
    assert later_seasons(works, [*chain(0, 1, 2), (0, 3, "sequel")]) == [[], [], [], []]


def test_only_sequels_are_seasons() -> None:
    assert later_seasons([standing(), standing()], [(0, 1, "side_story")]) == [[], []]


def test_a_date_is_the_month_of_the_premiere_or_the_best_guess_at_it() -> None:
    assert month_key(release_date("2013-04-07", 2013, "spring")) == "2013-04"
    assert month_key(release_date(None, 2013, "spring")) == "2013-04"
    assert month_key(release_date(None, 2013, None)) == "2013-12"
    assert month_key(release_date(None, None, None)) > month_key("2050-01-01")


def test_a_sequel_comes_before_the_sequel_of_it() -> None:
    works = [standing(), standing("2012-04", "hachi"), standing("2014-04", "ari")]
    _, second, third = popularity_of(works, chain(0, 1, 2))
    assert second > third


def test_works_that_follow_one_another_in_a_circle_are_known_all_the_same() -> None:
    works = [standing("9999"), standing("9999", "hachi")]
    assert min(popularity_of(works, [*chain(0, 1), *chain(1, 0)])) > 0
