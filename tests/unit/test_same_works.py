import itertools
from typing import Any

import msgspec
import pytest

from kensho.domain.franchise.inputs import FranchiseWork, Relation
from kensho.domain.relations import RelationKind
from kensho.domain.same_works.groups import same_works
from kensho.domain.same_works.records import title_keys
from tests.support.same_works import record_of, same_work_relations
from tests.support.small_franchises import grown, homes, number, relation, together, work

DANBALL = ("Danball Senki W", "ダンボール戦機W")


def listed(
    key: str, *sources: str, titles: tuple[str, ...] = DANBALL, **facts: Any
) -> FranchiseWork:
    one = work(key, titles[0], **{"date": "2012-01-18", "sources": sources, **facts})
    return msgspec.structs.replace(one, titles=titles)


KNOWN = listed("a", "mal:1", "anilist:1", episodes=12)
LEFT_OVER = listed("b", "ann:1", titles=("Danbōru Senki W", "ダンボール戦機W"), date="2012-01")


def groups(
    *works: FranchiseWork, stated: tuple[str, ...] = (), apart: tuple[str, ...] = ()
) -> set[str]:
    """Return the records that are one work, each as its key and that of the work."""
    key = {number(one): one for one in "abcdefgh"}
    found = same_works(
        map(record_of, works),
        [(number(pair[0]), number(pair[1])) for pair in stated],
        {frozenset(map(number, pair)) for pair in apart},
    )
    return {key[one.record] + key[one.work] for one in found}


def test_an_entry_that_a_catalogue_left_over_is_another_record_of_its_work() -> None:
    for order in itertools.permutations((KNOWN, LEFT_OVER)):
        assert groups(*order) == {"ba"}


@pytest.mark.parametrize(
    "facts",
    [
        {"sources": ("mal:2",)},
        {"date": "2014-01"},
        {"type": "special", "episodes": None},
        {"episodes": 58},
        {"duration_s": 7 * 3600},
        {"titles": ("Danball Senki Wars",)},
        {"titles": ("Danball Senki W 2nd Season",)},
    ],
    ids=lambda facts: next(iter(facts)),
)
def test_two_works_are_told_apart_by(facts: dict[str, Any]) -> None:
    other = listed("b", *facts.pop("sources", ("ann:1", "anidb:1")), **facts)
    assert groups(msgspec.structs.replace(KNOWN, duration_s=1440), other) == set()


def test_what_one_catalogue_calls_an_ova_another_calls_a_special() -> None:
    extra = listed("a", "mal:1", "anilist:1", type="special", episodes=4)
    assert groups(extra, listed("b", "ann:1", type="ova", episodes=4)) == {"ba"}


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Yū-Gi-Ō! Kessen", "Yugioh Kessen"),
        ("Kimi wo Aishita Hitori no Boku e", "Kimi o Aishita Hitori no Boku e"),
        ("Shippūden: Bonds", "SHIPPUDEN BONDS"),
        ("Overlord 2nd Season", "Overlord II"),
        ("The Apothecary Diaries: Season 3 Part 2", "The Apothecary Diaries Season 3 Cour 2"),
        ("Hana no Asuka-gumi! Shin Story", "Shin Story Hana no Asuka-gumi!"),
        ("Harmony", "Harmony Movie"),
        ("Machikado Mazoku Mini Anime", "Machikado Mazoku Mini"),
    ],
)
def test_spellings_of_one_name_are_equal(one: str, other: str) -> None:
    assert title_keys([one]).names & title_keys([other]).names


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("ガンダム", "カンタム"),
        ("Overlord 2nd Season", "Overlord 3rd Season"),
        ("Berserk I", "Berserk II"),
        ("Naruto", "Boruto"),
    ],
)
def test_other_names_are_not(one: str, other: str) -> None:
    assert not title_keys([one]).names & title_keys([other]).names


def test_works_whose_relation_is_told_are_two() -> None:
    assert groups(KNOWN, LEFT_OVER, apart=("ab",)) == set()


@pytest.mark.parametrize(("kind", "are_one"), [("sequel", False), ("other", True)])
def test_only_a_told_kind_tells_works_apart(kind: RelationKind, are_one: bool) -> None:
    found = same_work_relations([KNOWN, LEFT_OVER], [Relation(number("a"), number("b"), kind)])
    assert bool(found) is are_one


def test_of_several_that_are_equally_alike_none_is_chosen() -> None:
    assert groups(LEFT_OVER, KNOWN, listed("c", "mal:2", "anilist:2", episodes=12)) == set()


def test_the_list_of_two_films_is_neither_of_them() -> None:
    first = listed("a", "mal:1", titles=("Yuki I", "雪 前編"), type="movie", episodes=1)
    second = listed("b", "mal:2", titles=("Yuki II", "雪 後編"), type="movie", episodes=1)
    both = listed("c", "anidb:1", titles=("Yuki", "Yuki I", "Yuki II"), type="movie", episodes=2)
    assert groups(first, second, both) == set()
    assert groups(first, second, both, stated=("ca", "cb")) == set()


def test_two_films_that_a_catalogue_lists_both_are_never_joined_by_a_third() -> None:
    """Kizumonogatari I and II: the film record of each was joined to both."""
    names = ("Kizu I: Tekketsu", "傷物語"), ("Kizu II: Nekketsu", "傷物語")
    anime = [
        listed(key, f"mal:{key}", f"anilist:{key}", titles=titles, type="movie", episodes=1)
        for key, titles in zip("ab", names, strict=True)
    ]
    films = [
        listed(key, f"imdb:{key}", titles=titles, type="movie", kind="movie")
        for key, titles in zip("cd", names, strict=True)
    ]
    assert groups(*anime, *films, stated=("ca", "da", "db")) <= {"ca", "db"}
    assert groups(*anime, *films, stated=("ca", "db")) == {"ca", "db"}


def test_a_stated_record_of_another_time_and_name_is_a_mistake() -> None:
    film = listed("b", "imdb:1", titles=("Something Else",), date="1999", kind="movie")
    assert groups(KNOWN, film, stated=("ba",)) == set()
    assert groups(KNOWN, msgspec.structs.replace(film, date="2013"), stated=("ba",)) == {"ba"}


def test_a_part_that_a_catalogue_lists_by_itself_is_not_the_whole() -> None:
    whole = listed("a", "mal:1", "anilist:1", titles=("Poketoon", "Help! Gengar"), episodes=8)
    part = listed("b", "ann:1", titles=("Help! Gengar",), episodes=1, type="ona")
    assert groups(msgspec.structs.replace(whole, type="ona"), part) == set()


def test_the_list_of_two_films_is_no_part_by_way_of_a_third_record() -> None:
    first = listed("a", "mal:1", "anilist:1", titles=("Yuki Zenpen", "Snow"), type="movie")
    whole = listed("b", "anidb:1", titles=("Yuki", "Snow Queen"), type="movie", episodes=2)
    third = listed("c", "ann:1", titles=("Snow", "Snow Queen"), type="movie")
    assert "ba" not in groups(first, whole, third)


def test_a_series_that_is_still_counted_is_the_one_of_more_episodes() -> None:
    assert groups(KNOWN, msgspec.structs.replace(LEFT_OVER, titles=DANBALL, episodes=5)) == {"ba"}


def test_halves_of_episodes_may_be_counted_as_episodes() -> None:
    known = msgspec.structs.replace(KNOWN, episodes=26, duration_s=23 * 60)
    halves = listed("b", "ann:1", "anidb:1", episodes=52, duration_s=11 * 60)
    assert groups(known, halves) == {"ba"}


def test_the_record_that_most_catalogues_list_stands_for_the_work() -> None:
    film = listed("b", "imdb:1", "tmdb:1", kind="movie", type="movie")
    anime = listed("c", "mal:1", type="movie")
    assert groups(film, anime, stated=("bc",)) == {"bc"}
    assert groups(anime, film, listed("a", "ann:1", "anidb:1", type="movie"), stated=("bc",)) == {
        "ba",
        "ca",
    }


def test_a_franchise_shows_a_work_once_and_names_its_other_record() -> None:
    sequel = work("s", "Danball Senki Wars", "2013-04-03", sources=("mal:3",))
    relations = [relation("as", "sequel"), relation("ab"), relation("bs")]
    works = [KNOWN, LEFT_OVER, sequel]
    (found,) = grown(works, [*relations, *same_work_relations(works, relations)])
    assert homes([found]) == together("abs")
    assert [(one.work, one.also) for one in found.members] == [
        (number("a"), (number("b"),)),
        (number("s"), ()),
    ]


RANMA = {"type": "tv", "date": "1989-04-15"}
WHOLE_RUN = listed(
    "a",
    "mal:210",
    "kitsu:186",
    titles=("Ranma \N{VULGAR FRACTION ONE HALF}", "Ranma 1/2 Nettou-hen", "らんま1/2 熱闘編"),
    episodes=161,
    **RANMA,
)
FIRST_PART = listed(
    "b", "anidb:4576", "ann:1", titles=("Ranma 1/2", "らんま1/2"), episodes=18, **RANMA
)
LATER_PART = listed(
    "c",
    "anidb:193",
    "ann:2",
    titles=("Ranma 1/2: Nettou-hen", "らんま1/2 熱闘編"),
    date="1989-10-20",
    episodes=143,
)


def test_a_whole_run_is_not_the_later_part_whose_name_it_bears_too() -> None:
    assert groups(WHOLE_RUN, LATER_PART) == {"ca"}  # Nobody else tells where the run begins.
    for order in itertools.permutations((WHOLE_RUN, FIRST_PART, LATER_PART)):
        assert groups(*order) == set()


def test_in_a_franchise_a_whole_run_stands_with_the_part_that_it_begins_with() -> None:
    works = [WHOLE_RUN, FIRST_PART, LATER_PART]
    (found,) = grown(works, [relation("ac"), relation("ab"), relation("bc", "sequel")])
    shown = {member.work: set(member.also) for member in found.members}
    assert shown == {number("b"): {number("a")}, number("c"): set()}
