"""What a story is whole without, case by case."""

from collections.abc import Sequence

from kensho.domain.franchise.franchises import Member
from kensho.domain.franchise.inputs import FranchiseWork
from kensho.domain.watch_order.optional import optional_works
from kensho.domain.works import Role
from tests.support.small_franchises import number, relation, work

CATALOGUES = ("mal:1", "anilist:1", "anidb:1", "kitsu:1")
SERIES = work("a", "Inuyasha", "2000-10-16", episodes=167, sources=CATALOGUES)
SEQUEL = work("b", "Inuyasha Kanketsu", "2009-10-04", sources=CATALOGUES)


def film(key: str, title: str, date: str, **facts: object) -> FranchiseWork:
    said = {"type": "movie", "episodes": 1, "duration_s": 6000, "sources": CATALOGUES}
    return work(key, title, date, **{**said, **facts})


def optional(
    works: Sequence[FranchiseWork], roles: dict[str, Role], continued: Sequence[str] = ()
) -> str:
    """Return which works are optional; all are main unless `roles` says otherwise.

    A film whose role is given as a side story is a film that somebody calls one.
    """
    films = {one.id for one in works if one.type == "movie"}
    told = {number(key): role for key, role in roles.items()}
    sides = {one for one, role in told.items() if role == "side" and one in films}
    told |= dict.fromkeys(sides, "film")
    members = [
        Member(one.id, told.get(one.id, "main"), () if place == 0 else (relation("ab"),))
        for place, one in enumerate(works)
    ]
    pairs = [(number(pair[0]), number(pair[1])) for pair in continued]
    found = optional_works(members, {one.id: one for one in works}, pairs, sides)
    return "".join(sorted(chr(one.int) for one in found))


def test_a_film_that_follows_its_series_is_needed_though_nobody_says_how() -> None:
    works = [SERIES, film("f", "Inuyasha Movie", "2010-02-06")]
    assert optional(works, {"f": "film"}) == ""


def test_a_film_shown_while_its_series_ran_is_beside_it() -> None:
    works = [SERIES, film("f", "Inuyasha: Toki wo Koeru", "2001-12-15")]
    assert optional(works, {"f": "film"}) == "f"


def test_a_film_shown_while_another_series_ran_is_not_beside_that() -> None:
    works = [SERIES, film("f", "Kagome", "2001-12-15")]
    assert optional(works, {"f": "film"}) == ""


def test_a_film_shown_in_the_weeks_of_a_short_run_may_go_on_from_it() -> None:
    brief = work("a", "Kimetsu", "2019-04-06", episodes=12)
    assert optional([brief, film("f", "Kimetsu: Mugen", "2019-05-01")], {"f": "film"}) == ""


def test_a_film_is_what_its_fellows_are() -> None:
    works = [SERIES, *(film(key, f"Inuyasha {key}", "2005-01-01") for key in "fgh")]
    assert optional(works, {"f": "side", "g": "side", "h": "film"}) == "fgh"
    assert optional(works, {"f": "side", "g": "film", "h": "film"}) == "f"


def test_a_film_of_later_days_is_not_what_its_fellows_were() -> None:
    old = [film(key, f"Inuyasha {key}", "2005-01-01") for key in "fg"]
    late = film("h", "The First Inuyasha", "2022-01-01")
    assert optional([SERIES, *old, late], {"f": "side", "g": "side", "h": "film"}) == "fg"


def test_what_continues_the_story_is_needed_whatever_its_fellows_are() -> None:
    works = [SERIES, SEQUEL, *(film(key, f"Inuyasha {key}", "2001-01-01") for key in "fgh")]
    roles: dict[str, Role] = {"f": "side", "g": "side", "h": "film"}
    assert optional(works, roles, ["ab", "bh"]) == "fg"


def test_a_side_film_that_continues_a_needed_work_is_needed() -> None:
    works = [SERIES, film("f", "Inuyasha f", "2010-01-01"), film("g", "Inuyasha g", "2011-01-01")]
    roles: dict[str, Role] = {"f": "side", "g": "side"}
    assert optional(works, roles, ["af"]) == "g"
    assert optional(works, roles, ["fg"]) == "fg"


def test_a_franchise_of_films_has_no_other_story() -> None:
    works = [film(key, f"Akira {key}", f"200{place}-01-01") for place, key in enumerate("afgh")]
    assert optional(works, {"f": "side", "g": "side", "h": "film"}) == "fg"


def test_what_one_catalogue_alone_lists_of_a_known_series_is_a_double() -> None:
    double = work("d", "Inuyasha: The Series", "2000-10-01", sources=("ann:7",))
    assert optional([SERIES, double], {}) == "d"
    assert optional([SERIES, double], {}, ["ad"]) == ""


def test_what_only_film_catalogues_know_of_an_anime_is_a_double() -> None:
    known = ("imdb:tt1", "tmdb:movie/1")
    double = film("d", "Inuyasha the Movie", "2001-12-01", kind="movie", sources=known)
    assert optional([SERIES, double], {"d": "film"}) == "d"


def test_where_hardly_anybody_lists_the_series_all_of_it_is_listed_once() -> None:
    few = work("a", "Xianwu", sources=("mal:1",))
    assert optional([few, work("b", "Xianwu Two", sources=("mal:2",))], {}) == ""


def test_a_series_of_short_episodes_is_beside_one_of_long_ones() -> None:
    chan = work("c", "Inuyasha-chan", "2010-04-01", episodes=25, duration_s=300)
    assert optional([SERIES, chan], {}) == "c"
    assert optional([chan, SERIES], {}) == ""
    assert optional([SERIES, chan], {}, ["ac"]) == ""


def test_the_root_is_needed_whatever_it_is() -> None:
    root = work("a", "Song", type="special", episodes=1, duration_s=60, is_music=True)
    assert optional([root], {"a": "music"}) == ""
