"""What a story is whole without, case by case."""

from collections.abc import Sequence

import msgspec

from kensho.domain.franchise.franchises import Member
from kensho.domain.franchise.inputs import FranchiseWork
from kensho.domain.franchise.lines import lines_of
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
    by_id = {one.id: one for one in works}
    said = [relation(pair, "sequel") for pair in continued]
    found = optional_works(members, by_id, pairs, lines_of(members, by_id, said), sides)
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
    works = [SERIES, *(film(key, f"Inuyasha {key}", "2005-01-01") for key in "fghi")]
    assert optional(works, {"f": "side", "g": "side", "h": "side", "i": "film"}) == "fghi"
    assert optional(works, {"f": "side", "g": "side", "h": "film", "i": "film"}) == ""


def test_a_film_of_later_days_is_not_what_its_fellows_were() -> None:
    old = [film(key, f"Inuyasha {key}", "2005-01-01") for key in "fgh"]
    late = film("i", "The First Inuyasha", "2022-01-01")
    told: dict[str, Role] = {"f": "side", "g": "side", "h": "side", "i": "film"}
    assert optional([SERIES, *old, late], told) == "fgh"


def test_what_continues_the_story_is_needed_whatever_its_fellows_are() -> None:
    works = [SERIES, SEQUEL, *(film(key, f"Inuyasha {key}", "2001-01-01") for key in "fgh")]
    roles: dict[str, Role] = {"f": "side", "g": "side", "h": "film"}
    assert optional(works, roles, ["ab", "bh"]) == "fg"


def test_a_side_film_that_continues_a_needed_work_is_needed() -> None:
    works = [SERIES, *(film(key, f"Inuyasha {key}", "2010-01-01") for key in "fgh")]
    roles: dict[str, Role] = {"f": "side", "g": "side", "h": "side"}
    assert optional(works, roles) == "fgh"
    assert optional(works, roles, ["af"]) == ""  # The other two are no habit.
    assert optional(works, roles, ["fg"]) == "fgh"


def test_a_franchise_of_films_has_no_other_story() -> None:
    works = [film(key, f"Akira {key}", f"200{place}-01-01") for place, key in enumerate("afgh")]
    assert optional(works, {"f": "side", "g": "side", "h": "side"}) == ""


def test_what_a_needed_work_continues_is_needed_however_short() -> None:
    epilogue = work("e", "Inuyasha Coda", "2005-01-01", type="special", episodes=1, duration_s=300)
    assert optional([SERIES, epilogue, SEQUEL], {"e": "side"}) == "e"
    assert optional([SERIES, epilogue, SEQUEL], {"e": "side"}, ["ae", "eb"]) == ""


def test_what_continues_only_what_may_be_skipped_may_be_skipped() -> None:
    extras = [
        work("e", "Inuyasha Mini", "2005-01-01", type="ona", episodes=4, duration_s=300),
        work("f", "Inuyasha Mini 2", "2006-01-01", type="ova", episodes=4, sources=CATALOGUES),
    ]
    assert optional([SERIES, *extras], {"e": "side", "f": "side"}) == "e"
    assert optional([SERIES, *extras], {"e": "side", "f": "side"}, ["ef"]) == "ef"


def test_neither_a_summary_nor_what_is_to_come_is_needed_by_anybody() -> None:
    later = work("u", "Inuyasha Next", "", sources=CATALOGUES, is_upcoming=True)
    recap = film("r", "Inuyasha Recap", "2008-01-01")
    assert optional([SERIES, recap, SEQUEL, later], {"r": "summary"}, ["rb", "bu"]) == "ru"


def test_a_side_story_of_full_length_is_needed_and_one_hardly_listed_is_a_double() -> None:
    ova = work("o", "Inuyasha OVA", "2005-01-01", type="ova", episodes=2, sources=CATALOGUES)
    double = work("d", "Inuyasha OAD", "2005-01-01", type="ova", episodes=2, sources=("ann:1",))
    assert optional([SERIES, ova, double], {"o": "side", "d": "side"}) == "d"


def test_of_two_steps_of_one_title_year_and_type_one_is_a_double() -> None:
    again = work("d", "Inuyasha Kanketsu", "2009-10", sources=("ann:1", "mal:9"))
    assert optional([SERIES, SEQUEL, again], {}, ["ab"]) == "d"


def test_a_parody_and_a_spin_off_that_few_know_are_passed_over() -> None:
    known = work("k", "Sesshoumaru", "2010-01-01", sources=CATALOGUES)
    obscure = msgspec.structs.replace(known, popularity=0.3)
    mocking = msgspec.structs.replace(known, is_parody=True)
    assert optional([SERIES, known], {"k": "spin_off"}) == ""
    assert optional([SERIES, obscure], {"k": "spin_off"}) == "k"
    assert optional([SERIES, mocking], {"k": "spin_off"}) == "k"


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


def test_clips_that_are_dated_before_their_series_leave_the_others_beside_it() -> None:
    clips = work("c", "Inuyasha Clips", "2000", type="ova", episodes=52, duration_s=60)
    more = work("d", "Inuyasha Tea", "2001-01-01", type="special", episodes=26, duration_s=60)
    works = [film("r", "Shikon", "1999-01-01"), clips, SERIES, more]
    told: dict[str, Role] = {"a": "alternative", "c": "side", "d": "side"}
    assert "d" in optional(works, told, ["ac", "ad"])
    assert "d" not in optional(works, told | {"c": "alternative"}, ["ca", "cd"])
