from collections.abc import Sequence

import msgspec

from kensho.domain.franchise.franchises import Member
from kensho.domain.franchise.inputs import FranchiseWork, Relation, Timeline
from kensho.domain.watch_order.order import (
    CuratedPlacement,
    Order,
    PlacementReason,
    WatchOrder,
    watch_order,
)
from kensho.domain.works import Role
from tests.support.small_franchises import grown, number, relation, work

ROLES: dict[str, Role] = {}


def ordered(
    works: Sequence[FranchiseWork],
    relations: Sequence[Relation] = (),
    order: Order = "story",
    roles: dict[str, Role] = ROLES,
    timelines: Sequence[Timeline] = (),
) -> WatchOrder:
    """Return an order of works, the first of which is the root, all main unless said otherwise."""
    told = {number(key): role for key, role in roles.items()}
    members = [
        Member(one.id, told.get(one.id, "main"), () if place == 0 else (relation("ab"),))
        for place, one in enumerate(works)
    ]
    return watch_order(members, {one.id: one for one in works}, relations, order, timelines)


def letters(found: WatchOrder) -> str:
    return "".join(chr(step.work.int) for step in found.steps)


def step_of(found: WatchOrder, key: str) -> tuple[str, ...]:
    (step,) = [step for step in found.steps if step.work == number(key)]
    return tuple(because.rule for because in step.because)


A = work("a", "Naruto", "2002-10-03")
B = work("b", "Naruto Shippuuden", "2007-02-15")
C = work("c", "Boruto", "2017-04-05")
SPECIAL = work("s", "Naruto Special", "2005-01-01", type="special", episodes=1, duration_s=600)


def test_release_goes_by_date() -> None:
    assert letters(ordered([A, C, B], order="release")) == "abc"


def test_release_goes_by_season_where_dates_are_equal() -> None:
    works = [A, work("q", "Naruto 3", "2017"), work("p", "Naruto 2", "2017")]
    found = ordered(works, order="release")
    assert letters(found) == "apq"
    assert step_of(found, "q") == ("season",)


def test_a_year_alone_comes_after_the_dates_of_that_year() -> None:
    works = [A, work("y", "Naruto Y", "2007"), B, work("m", "Naruto M", "2007-02")]
    assert letters(ordered(works, order="release")) == "abmy"


def test_works_without_a_date_come_last_and_say_so() -> None:
    found = ordered([A, work("u", "Naruto U", ""), B], order="release")
    assert letters(found) == "abu"
    assert step_of(found, "u") == ("undated",)


def test_a_late_prequel_comes_before_what_it_leads_to() -> None:
    zero = work("z", "Fate Zero", "2011-10-02")
    night = work("n", "Fate Night", "2006-01-07")
    found = ordered([night, zero, work("o", "Fate Other", "2008")], [relation("nz", "prequel")])
    assert letters(found) == "zno"
    assert step_of(found, "n") == ("after",)
    assert step_of(found, "z") == ("before",)


def test_a_special_that_came_out_first_follows_its_parent() -> None:
    early = work("e", "Naruto Lite", "2002-09-27", type="ona")
    assert letters(ordered([A, early], [relation("ae", "side_story")])) == "ae"


def test_what_announced_a_series_is_watched_after_it() -> None:
    herald = work("s", "Naruto Ride", "2002-08-08", type="special", episodes=1, duration_s=600)
    members = [Member(A.id, "main", ()), Member(herald.id, "side", (relation("as"),))]
    found = watch_order(members, {A.id: A, herald.id: herald}, [relation("as")], "story")
    assert letters(found) == "as"
    assert step_of(found, "s") == ("after",)


def test_an_extra_that_bears_the_name_of_a_later_season_is_watched_after_it() -> None:
    ren = work("r", "Naruto Ren", "2014-01-09")
    lite = work("l", "Naruto Ren Lite", "2013-12-25", type="ona", episodes=6, duration_s=300)
    members = [
        Member(A.id, "main", ()),
        Member(ren.id, "main", (relation("ar", "sequel"),)),
        Member(lite.id, "side", (relation("al"),)),
    ]
    works = {one.id: one for one in (A, ren, lite)}
    said = [relation("ar", "sequel"), relation("al"), relation("rl")]
    assert letters(watch_order(members, works, said, "story")) == "arl"
    early = {**works, lite.id: msgspec.structs.replace(lite, date="2013-06-01")}
    assert letters(watch_order(members, early, said, "story")) == "alr"


def test_a_spin_off_series_stands_apart_and_a_spin_off_extra_falls_where_it_came_out() -> None:
    works = [A, work("v", "Naruto SD", "2003"), work("o", "Naruto O", "2004", type="ova"), B]
    relations = [relation("av", "spin_off"), relation("ao", "spin_off"), relation("ab", "sequel")]
    found = ordered(works, relations, roles={"v": "spin_off", "o": "spin_off"})
    assert letters(found) == "aobv"


def test_a_side_story_falls_where_it_came_out() -> None:
    relations = [
        relation("ab", "sequel"),
        relation("as", "side_story"),
        relation("bs", "side_story"),
    ]
    found = ordered([A, B, SPECIAL], relations)
    assert letters(found) == "asb"
    assert [one.relation for one in found.set_aside] == [relations[2]]


def test_alternatives_stand_apart_after_the_story_with_their_sequels() -> None:
    works = [A, work("v", "Naruto V", "2003"), B, work("w", "Naruto W", "2004")]
    relations = [
        relation("av", "alternative_version"),
        relation("vw", "sequel"),
        relation("ab", "sequel"),
    ]
    found = ordered(works, relations, roles={"v": "alternative"})
    assert letters(found) == "abvw"
    assert [step.line for step in found.steps] == [0, 0, 1, 1]
    assert step_of(found, "v")[0] == "apart"


def test_the_best_known_telling_comes_first() -> None:
    works = [A, B, work("v", "Naruto V", "2012", popularity=0.9), work("w", "Naruto W", "2014")]
    relations = [
        relation("av", "alternative_version"),
        relation("vw", "sequel"),
        relation("ab", "sequel"),
    ]
    found = ordered(works, relations, roles={"v": "alternative"})
    assert letters(found) == "vwab"
    assert [step.line for step in found.steps] == [0, 0, 1, 1]
    assert step_of(found, "a")[0] == "apart"


def test_of_tellings_known_alike_the_root_comes_first() -> None:
    again = work("v", "Naruto V", "2012", popularity=A.popularity + 0.01)
    found = ordered([A, again], [relation("av", "alternative_version")], roles={"v": "alternative"})
    assert letters(found) == "av"


def test_a_spin_off_presumes_the_story_however_well_known_it_is() -> None:
    found = ordered(
        [A, work("v", "Rock Lee", "2001", popularity=0.9)],
        [relation("av", "spin_off")],
        roles={"v": "spin_off"},
    )
    assert letters(found) == "av"


def test_what_a_franchise_is_told_from_is_no_alternative_to_a_better_known_telling() -> None:
    first = work("a", "Naruto", "2002", popularity=0.8)
    again = work("v", "Naruto V", "2012", popularity=0.9)
    (franchise,) = grown([first, again], [relation("av", "alternative_version")])
    assert [(one.work, one.role) for one in franchise.members] == [
        (first.id, "main"),
        (again.id, "alternative"),
    ]


def test_essential_leaves_out_what_a_story_is_whole_without() -> None:
    roles: dict[str, Role] = {
        "p": "promotion", "r": "summary", "m": "music", "x": "crossover", "s": "side"
    }  # fmt: skip
    works = [A, B, *(work(key, f"Naruto {key}", "2008") for key in "prmxs")]
    assert letters(ordered(works, order="essential", roles=roles)) == "abs"


def test_a_late_prequel_is_seen_last_by_whoever_sees_only_the_essential() -> None:
    zero = work("z", "Fate Zero", "2011-10-02")
    night = work("n", "Fate Night", "2006-01-07")
    found = ordered([night, zero], [relation("nz", "prequel")], order="essential")
    assert letters(found) == "nz"
    assert step_of(found, "z") == ("date",)
    assert [one.relation for one in found.set_aside] == [relation("nz", "prequel")]


def test_the_essential_names_the_ties_that_agree_with_the_dates() -> None:
    found = ordered([A, B], [relation("ab", "sequel")], order="essential")
    assert step_of(found, "b") == ("after",)


def test_the_root_is_essential_whatever_it_is() -> None:
    root = work("a", "Naruto", type="special", episodes=1, duration_s=60)
    assert letters(ordered([root], order="essential")) == "a"


def test_optional_steps_are_marked() -> None:
    found = ordered([A, SPECIAL], order="release", roles={"s": "side"})
    assert [step.optional for step in found.steps] == [False, True]


def test_a_loop_is_broken_at_its_weakest_tie() -> None:
    weak = relation("ca", "sequel", method="inferred", confidence=0.6)
    found = ordered([A, B, C], [relation("ab", "sequel"), relation("bc", "sequel"), weak])
    assert letters(found) == "abc"
    assert [one.relation for one in found.set_aside] == [weak]
    assert found.set_aside[0].cause == "surer"
    assert [(rule.first, rule.then) for rule in found.set_aside[0].against] == [
        (number("a"), number("b")),
        (number("b"), number("c")),
    ]


def test_of_two_equal_ties_the_one_that_contradicts_the_dates_gives_way() -> None:
    wrong = relation("ba", "sequel")
    found = ordered([A, B], [wrong, relation("ab", "sequel")])
    assert letters(found) == "ab"
    assert [one.relation for one in found.set_aside] == [wrong]


def test_a_curator_outweighs_a_source() -> None:
    curated = relation("ba", "sequel", method="curated")
    found = ordered([A, B], [relation("ab", "sequel"), curated])
    assert letters(found) == "ba"


def put(keys: str, reason: str = "the years of its world") -> Timeline:
    return Timeline(tuple(map(number, keys)), reason)


def test_curators_outrank_every_tie_and_the_dates() -> None:
    said = [relation("ab", "sequel", method="curated"), relation("bc", "sequel")]
    found = ordered([A, B, C], said, timelines=[put("ba")])
    assert letters(found) == "bac"
    assert [one.relation for one in found.set_aside] == [said[0]]
    assert found.set_aside[0].cause == "curators"
    assert [rule.reason for rule in found.set_aside[0].against] == ["the years of its world"]


def test_what_curators_place_says_so_and_why() -> None:
    found = ordered([A, B, C], timelines=[put("ca")])
    assert letters(found) == "cab"
    first, then = (step.because[0] for step in found.steps[:2])
    assert first == PlacementReason(
        "curated", decided=CuratedPlacement(A.id, put("ca").reason, is_before=True)
    )
    assert then == PlacementReason("curated", decided=CuratedPlacement(C.id, put("ca").reason))


def test_the_first_of_a_row_says_what_it_leads_up_to() -> None:
    one, two = work("k", "Naruto K", "2016"), work("l", "Naruto L", "2017")
    found = ordered([A, one, two], timelines=[put("kla")])
    assert letters(found) == "kla"
    assert step_of(found, "k") == ("curated",)


def test_what_curators_put_in_one_row_is_one_story() -> None:
    works = [A, B, work("v", "Naruto V", "2012")]
    again = [relation("av", "alternative_version"), relation("ab", "sequel")]
    found = ordered(works, again, roles={"v": "alternative"}, timelines=[put("avb")])
    assert letters(found) == "avb"
    assert {step.line for step in found.steps} == {0}


def test_a_timeline_passes_over_works_that_are_not_there() -> None:
    assert letters(ordered([A, B], timelines=[put("bzay")])) == "ba"


def test_a_timeline_is_of_the_story_alone() -> None:
    for order in ("release", "essential"):
        assert letters(ordered([A, B], order=order, timelines=[put("ba")])) == "ab"


def test_a_tie_of_a_second_record_counts_for_its_work() -> None:
    late, film = work("a", "Naruto", "2007"), work("b", "Naruto Film", "2002")
    members = [Member(late.id, "main", ()), Member(film.id, "film", (), (number("m"),))]
    works = {late.id: late, film.id: film}
    assert letters(watch_order(members, works, [], "story")) == "ba"
    assert letters(watch_order(members, works, [relation("am", "sequel")], "story")) == "ab"


def test_positions_count_from_one() -> None:
    assert [step.position for step in ordered([A, B, C]).steps] == [1, 2, 3]
