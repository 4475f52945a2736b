from itertools import pairwise
from typing import Any
from uuid import UUID

import msgspec
import pytest

from kensho.domain.franchise.clustering import ClusterLink, Clusters
from kensho.domain.franchise.franchises import Franchise, franchises, rarity
from kensho.domain.franchise.inputs import FranchiseWork, Relation, Timeline
from kensho.domain.franchise.policy import (
    Anthology,
    Chronology,
    Cut,
    Join,
    KindPolicy,
    Policy,
    Recap,
    Rename,
    policy_of,
)
from kensho.domain.franchise.titles import collection_name
from kensho.domain.relations import KINDS
from kensho.domain.slugs import Slugged, SlugMemory, Unslugged, assigned, slug_of
from kensho.domain.title_words import Rarity, TitleWords, rarity_of
from kensho.domain.works import AnimeType, Role
from tests.support.small_franchises import (
    curated,
    grown,
    homes,
    number,
    rare,
    relation,
    together,
    work,
)

NARUTO = [
    work("a", "Naruto", "2002-10-03", popularity=0.9),
    work("b", "Naruto Shippuuden", "2007-02-15"),
]
BLEACH = [
    work("x", "Bleach", "2004-10-05", popularity=0.9),
    work("y", "Bleach Memories", "2006-12-16"),
]
SPECIAL = work("s", "Naruto Bleach Special", type="special", episodes=1)
BOTH = [*NARUTO, *BLEACH]


def with_decisions(**decisions: object) -> Policy:
    return msgspec.structs.replace(curated(), **decisions)


def roles(found: Franchise) -> dict[UUID, str]:
    return {member.work: member.role for member in found.members}


def test_related_works_of_one_name_are_one_franchise() -> None:
    assert homes(grown(NARUTO, [relation("ab")])) == together("ab")


def test_a_sequel_under_another_name_belongs_to_the_franchise() -> None:
    works = [work("a", "Bakemonogatari"), work("b", "Kizu")]
    assert homes(grown(works, [relation("ab", "sequel")])) == together("ab")


def test_series_that_are_related_but_share_no_name_stay_apart() -> None:
    assert grown([work("a", "Overlord"), work("b", "Konosuba")], [relation("ab")]) == []


def test_grammar_is_no_name() -> None:
    works = [work("a", "The Rose of Versailles"), work("b", "The Prince of Tennis")]
    assert grown(works, [relation("ab")]) == []


def test_works_of_one_name_that_nothing_ties_stay_apart() -> None:
    assert grown(NARUTO, []) == []


def test_a_crossover_is_at_home_in_one_franchise_and_does_not_join_two() -> None:
    found = grown(
        [*BOTH, SPECIAL], [relation("ab"), relation("xy"), relation("as"), relation("sx")]
    )
    assert homes(found) in (together("abs", "xy"), together("ab", "xys"))


def test_a_crossover_is_a_guest_where_it_is_not_at_home() -> None:
    found = grown(
        [*BOTH, SPECIAL], [relation("ab"), relation("xy"), relation("as"), relation("sx")]
    )
    (host,) = [one for one in found if number("s") not in {m.work for m in one.members}]
    assert [guest.work for guest in host.guests] == [number("s")]


@pytest.mark.parametrize(("type_", "role"), [("special", "crossover"), ("tv", "main")])
def test_a_guest_elsewhere_is_a_crossover_unless_it_is_broadcast(
    type_: AnimeType, role: Role
) -> None:
    visiting = msgspec.structs.replace(SPECIAL, type=type_, episodes=1 if type_ != "tv" else 12)
    found = grown(
        [*BOTH, visiting], [relation("ab"), relation("xy"), relation("as"), relation("sx")]
    )
    (home,) = [one for one in found if number("s") in {m.work for m in one.members}]
    assert roles(home)[number("s")] == role


def test_what_continues_a_member_is_no_crossover_wherever_else_it_shows() -> None:
    said = [relation("ab"), relation("xy"), relation("bs", "sequel"), relation("sx")]
    found = grown([*BOTH, SPECIAL], said)
    (home,) = [one for one in found if number("s") in {m.work for m in one.members}]
    assert roles(home)[number("s")] != "crossover"


def test_a_shared_character_is_a_bridge_and_says_what_lies_beyond() -> None:
    found = grown(BOTH, [relation("ab"), relation("xy"), relation("bx", "character")])
    assert homes(found) == together("ab", "xy")
    beyond = {one.root: [bridge.beyond for bridge in one.bridges] for one in found}
    assert beyond == {number("a"): [number("x")], number("x"): [number("b")]}


def test_a_song_goes_with_the_one_series_that_it_is_tied_to() -> None:
    song = work("s", "Haruka Kanata", type="special", episodes=1, duration_s=240, is_music=True)
    (found,) = grown([*NARUTO, song], [relation("ab"), relation("as")])
    assert roles(found)[number("s")] == "music"


SONG: dict[str, Any] = {
    "type": "special",
    "episodes": 1,
    "duration_s": 240,
    "sources": ("anime-planet:1",),
}


def test_what_a_catalogue_lists_under_its_singer_is_a_song_however_many_there_are() -> None:
    songs = [work("b", "EGOIST: Departures", **SONG), work("c", "EGOIST: PLANETES", **SONG)]
    series = work("a", "Guilty Crown", "2011-10-14")
    (found,) = grown([series, *songs], [relation("ab"), relation("ac")])
    assert [roles(found)[number(key)] for key in "bc"] == ["music", "music"]


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("Guilty Crown: Departures", "Guilty Crown: PLANETES"),
        ("EGOIST: Departures", "The story of EGOIST"),
    ],
)
def test_a_name_that_other_works_bear_is_no_singer(first: str, second: str) -> None:
    others = [work("b", first, **SONG), work("c", second, **SONG)]
    series = work("a", "Guilty Crown", "2011-10-14")
    (found,) = grown([series, *others], [relation("ab"), relation("ac")])
    assert [roles(found)[number(key)] for key in "bc"] == ["side", "side"]


def test_short_specials_of_the_name_of_their_root_have_no_singer() -> None:
    cms = [work(key, f"Ryoutei no Aji: {key}", **SONG) for key in "abc"]
    (found,) = grown(cms, [relation("ab"), relation("ac")])
    assert "music" not in roles(found).values()


def test_a_song_that_is_tied_to_two_series_stays_alone() -> None:
    song = work("s", "Haruka Kanata", type="special", episodes=1, duration_s=240, is_music=True)
    found = grown([*BOTH, song], [relation("ab"), relation("xy"), relation("as"), relation("xs")])
    assert homes(found) == together("ab", "xy")


def test_an_anime_film_and_its_movie_record_are_one_member() -> None:
    film = work("f", "Naruto Film", "2004-08-21", type="movie", episodes=1, duration_s=4920)
    record = work("m", "Ninja Clash", "2004-08-21", type="movie", kind="movie")
    relations = [relation("ab"), relation("af"), relation("mf", "same_work")]
    (found,) = grown([*NARUTO, film, record], relations)
    (member,) = [one for one in found.members if one.work == number("f")]
    assert (member.role, member.also) == ("film", (number("m"),))


def test_records_years_apart_that_share_no_word_are_two_works() -> None:
    works = [*NARUTO, work("r", "Rio", "2011-04-03", type="movie", kind="movie")]
    assert homes(grown(works, [relation("ab"), relation("br", "same_work")])) == together("ab")


def test_a_film_with_nothing_but_its_movie_record_is_alone() -> None:
    works = [work("f", "Akira", type="movie"), work("m", "Akira", type="movie", kind="movie")]
    assert grown(works, [relation("fm", "same_work")]) == []


def test_a_record_of_all_parts_stands_with_the_first_one() -> None:
    parts = [
        work("a", "Rayearth", "1994-10-17", episodes=20, sources=("mal:435",)),
        work("b", "Rayearth II", "1995-03-13", episodes=29, sources=("mal:436",)),
        work("c", "Rayearth!", "1994-10", episodes=49, sources=("anidb:127",), popularity=0.9),
    ]
    (found,) = grown(parts, [relation("ab", "sequel"), relation("cb")])
    assert [(one.work, one.also) for one in found.members] == [
        (number("a"), (number("c"),)),
        (number("b"), ()),
    ]
    assert homes([found]) == together("abc")


def test_two_parts_of_one_title_and_year_are_two_works() -> None:
    parts = [
        work("a", "Bokuben", "2019-04-07", sources=("mal:1",)),
        work("b", "Bokuben!", "2019-10-06", sources=("anidb:2",)),
    ]
    (found,) = grown(parts, [relation("ab", "sequel")])
    assert [one.work for one in found.members] == [number("a"), number("b")]


def test_a_franchise_is_of_two_works_at_least_though_they_look_like_one() -> None:
    parts = [
        work("a", "Panda Kopanda", "1972-12-17", sources=("mal:1",)),
        work("b", "Panda Kopanda", "1972-12-18", sources=("anidb:2",)),
    ]
    (found,) = grown(parts, [relation("ab")])
    assert len(found.members) == 2


def test_every_member_says_by_which_ties_it_belongs() -> None:
    works = [*NARUTO, work("c", "Boruto Naruto", "2017-04-05")]
    relations = [relation("ab", "sequel"), relation("bc", "sequel"), relation("ac")]
    (found,) = grown(works, relations)
    because = {member.work: member.because for member in found.members}
    assert because == {
        number("a"): (),
        number("b"): (relations[0],),
        number("c"): (relations[0], relations[1]),
    }


def test_a_recap_an_alternative_a_side_story_and_a_spin_off_are_told_apart() -> None:
    keys = "rsvo"
    works = [*NARUTO, *(work(key, f"Naruto {key * 3}", "2009") for key in keys)]
    relations = [
        relation("ab", "sequel"),
        relation("ar", "summary"),
        relation("as", "side_story"),
        relation("av", "alternative_version"),
        relation("oa", "spun_off_from"),
    ]
    (found,) = grown(works, relations)
    told = roles(found)
    assert [told[number(key)] for key in "abrsvo"] == [
        "main",
        "main",
        "summary",
        "side",
        "alternative",
        "spin_off",
    ]


def test_what_continues_a_spin_off_or_another_telling_is_one_too() -> None:
    keys = "vwop"
    works = [*NARUTO, *(work(key, f"Naruto {key * 3}", f"201{n}") for n, key in enumerate(keys))]
    relations = [
        relation("ab", "sequel"),
        relation("av", "alternative_version"),
        relation("vw", "sequel"),
        relation("ao", "spin_off"),
        relation("op", "sequel"),
    ]
    (found,) = grown(works, relations)
    told = [roles(found)[number(key)] for key in "abvwop"]
    assert told == ["main", "main", "alternative", "alternative", "spin_off", "spin_off"]


def test_of_two_tellings_the_one_that_does_not_continue_the_story_is_the_alternative() -> None:
    film = {"type": "movie", "episodes": 1, "duration_s": 6000}
    third = work("c", "Naruto Third", "2009", popularity=0.2, **film)
    again = work("v", "Naruto Third Again", "2012", popularity=0.4, **film)
    said = [relation("ab", "sequel"), relation("bc", "sequel")]
    (found,) = grown([*NARUTO, third, again], [*said, relation("cv", "alternative_version")])
    assert [roles(found)[number(key)] for key in "cv"] == ["film", "alternative"]


def test_a_franchise_begins_with_its_series_rather_than_with_a_film_as_well_known() -> None:
    film = work("f", "Clannad Film", "2007-09", type="movie", episodes=1, popularity=0.6)
    series = work("s", "Clannad", "2007-10", popularity=0.8)
    other = work("g", "Clannad Second Film", "2010", type="movie", episodes=1, popularity=0.8)
    (with_series,) = grown([film, series], [relation("fs", "alternative_version")])
    (of_films,) = grown([film, other], [relation("fg", "sequel")])
    assert (with_series.root, of_films.root) == (number("s"), number("f"))


def test_a_franchise_is_called_what_its_works_have_in_common() -> None:
    works = [work("a", "Fate/stay night", "2006"), work("b", "Fate/Zero", "2011")]
    (found,) = grown(works, [relation("ab")])
    assert found.title == "Fate"


def test_a_franchise_without_a_common_name_is_called_after_its_root() -> None:
    works = [work("a", "Bakemonogatari", "2009"), work("b", "Nisemonogatari", "2012")]
    (found,) = grown(works, [relation("ab", "sequel")])
    assert found.title == "Bakemonogatari"


@pytest.mark.parametrize(
    ("titles", "called"),
    [
        (
            ["Chainsaw Man", "Chainsaw Man Reze", "Chainsaw Man Recap", "Chainsaw Days"],
            "Chainsaw Man",
        ),
        (["Death Note", "Death Parade", "Death Billiards"], "Death"),
        (["Cyborg 009 Gekitou", "Cyborg 009 Kaijuu", "Cyborg 009 Call"], "Cyborg 009"),
        (["Wake Up, Girls! Shichinin", "Wake Up, Girls! Beyond"], "Wake Up, Girls!"),
        (["Sonic★the★Hedgehog", "Sonic Prime"], "Sonic"),
    ],
)
def test_a_title_goes_as_far_as_nearly_all_works_bear_it(titles: list[str], called: str) -> None:
    works = [work(key, title, f"20{key + 10}") for key, title in enumerate(titles)]
    relations = [Relation(works[0].id, one.id, "sequel") for one in works[1:]]
    (found,) = grown(works, relations)
    assert found.title == called


def test_a_franchise_is_told_from_a_series_rather_than_from_what_announced_it() -> None:
    announced = work("z", "Naruto Zero", "2002-01", type="special", episodes=2, popularity=0.55)
    (found,) = grown([*NARUTO, announced], [relation("ab", "sequel"), relation("az")])
    assert found.root == number("a")


def test_short_episodes_are_no_reason_against_a_root() -> None:
    short = {"duration_s": 120, "episodes": 12}
    works = [
        work("a", "Teekyuu", "2012-10", popularity=0.8, **short),
        work("b", "Teekyuu 2", "2013-07", **short),
        work("c", "Teekyuu Usakame", "2016-04", popularity=0.71, **{**short, "duration_s": 240}),
    ]
    (found,) = grown(works, [relation("ab", "sequel"), relation("ac")])
    assert found.root == number("a")


def test_a_film_is_among_the_films_also_where_it_is_a_side_story() -> None:
    film = work("f", "Naruto Film", "2004-08-21", type="movie", episodes=1, duration_s=4920)
    (found,) = grown([*NARUTO, film], [relation("ab"), relation("af", "side_story")])
    assert roles(found)[number("f")] == "film"


def test_a_pronoun_of_a_language_that_few_titles_are_in_joins_nothing() -> None:
    works = [
        msgspec.structs.replace(work("a", "Tonari"), titles=("Tonari", "Mein Nachbar")),
        msgspec.structs.replace(work("b", "Kareshi"), titles=("Kareshi", "Mein Geheimnis")),
    ]
    policy = curated()
    told = rarity_of([["mein", "nachbar"], ["mein", "kareshi"]] + [["x"]] * 999, policy.nameless)
    assert franchises(works, [relation("ab")], policy, rare=told) == []


def test_the_slot_that_works_were_shown_in_joins_nothing() -> None:
    works = [
        msgspec.structs.replace(work(key, name), titles=(name, "World Masterpiece Theater"))
        for key, name in (("a", "Flanders"), ("b", "Sara"))
    ]
    assert grown(works, [relation("ab")]) == []
    assert grown(works, [relation("ab")], with_decisions(franchise_groups=())) != []


def test_curators_join_cut_and_rename() -> None:
    works = [
        msgspec.structs.replace(one, sources=(f"mal:{place}",)) for place, one in enumerate(BOTH)
    ]
    reason = "a reason that somebody can check"
    policy = with_decisions(
        join=(Join(("mal:0", "mal:2"), reason),),
        cut=(Cut(("mal:2",), ("mal:3",), reason),),
        rename=(Rename("mal:1", "Ninja", reason),),
    )
    found = grown(works, [relation("ab"), relation("xy")], policy)
    assert homes(found) == together("abx")
    assert found[0].title == "Ninja"
    assert {relation.method for one in found[0].members for relation in one.because} == {
        "stated",
        "curated",
    }


def three_franchises() -> tuple[list[FranchiseWork], list[Relation]]:
    """Return three stories of four seasons each, `mal:0` to `mal:11`, and their relations."""
    names = {"abcd": "Urusei Yatsura", "efgh": "Ranma", "ijkl": "Inuyasha"}
    keys = "".join(names)
    works = [
        work(key, f"{name} {season}", f"{2000 + season}", sources=(f"mal:{keys.index(key)}",))
        for letters, name in names.items()
        for season, key in enumerate(letters, 1)
    ]
    return works, [relation(a + b, "sequel") for letters in names for a, b in pairwise(letters)]


@pytest.mark.parametrize(
    ("joins", "expected"),
    [
        ([(0, 5)], ("abcdefgh", "ijkl")),
        ([(3, 6), (4, 9)], ("abcdefghijkl",)),
        ([(1, 5, 9)], ("abcdefghijkl",)),
    ],
    ids=["two", "in a chain", "three at once"],
)
def test_a_join_of_a_work_of_each_unites_all_works_of_franchises(
    joins: list[tuple[int, ...]], expected: tuple[str, ...]
) -> None:
    works, relations = three_franchises()
    reason = "a reason that somebody can check"
    decided = [Join(tuple(f"mal:{n}" for n in numbers), reason) for numbers in joins]
    found = grown(works, relations, with_decisions(join=tuple(decided)))
    assert homes(found) == together(*expected)


def test_a_cut_outranks_a_join_of_their_franchises() -> None:
    works, relations = three_franchises()
    reason = "a reason that somebody can check"
    cut = (Cut(("mal:3",), ("mal:7",), reason),)
    policy = with_decisions(join=(Join(("mal:0", "mal:5"), reason),), cut=cut)
    assert homes(grown(works, relations, policy)) == together("abcd", "efgh", "ijkl")


def test_no_tie_leads_out_of_an_omnibus_project() -> None:
    reason = "a reason that somebody can check"
    policy = with_decisions(anthology=(Anthology("Expo", reason, names=("Expo",)),))
    works = [*NARUTO, work("e", "Expo"), work("f", "Expo Naruto")]
    found = grown(works, [relation("ab"), relation("fa", "sequel")], policy)
    assert homes(found) == together("ab", "ef")
    assert {one.title for one in found} == {"Naruto", "Expo"}


def test_excluded_kinds_play_no_part() -> None:
    reason = "a reason that somebody can check"
    kinds = {**curated().kinds, "other": KindPolicy("exclude", reason)}
    found = grown(NARUTO, [relation("ab", "other")], with_decisions(kinds=kinds))
    assert found == []


def test_a_tie_to_a_work_that_is_not_there_says_nothing() -> None:
    assert homes(grown(NARUTO, [relation("ab"), relation("az", "sequel")])) == together("ab")


def test_the_last_part_of_a_series_is_its_story_though_it_is_a_special() -> None:
    last = work("s", "Naruto Last", "2009", type="special", episodes=2, duration_s=4320)
    brief = work("t", "Naruto Talk", "2009", type="special", episodes=1, duration_s=600)
    relations = [relation("ab", "sequel"), relation("bs", "sequel"), relation("bt", "sequel")]
    (found,) = grown([*NARUTO, last, brief], relations)
    assert [roles(found)[number(key)] for key in "st"] == ["main", "side"]
    (found,) = grown([*NARUTO, last], [*relations, relation("as", "side_story")])
    assert roles(found)[number("s")] == "side"


def test_what_is_made_of_the_scenes_of_others_is_a_summary() -> None:
    film = work("s", "Naruto Film", "2009", type="movie", episodes=1, duration_s=6000)
    said = [relation("ab", "sequel"), relation("as", "alternative_version")]
    (found,) = grown([*NARUTO, msgspec.structs.replace(film, is_recap=True)], said)
    assert roles(found)[number("s")] == "summary"
    reason = "a reason that somebody can check"
    policy = with_decisions(recap=(Recap(("mal:9",), reason),))
    (found,) = grown([*NARUTO, msgspec.structs.replace(film, sources=("mal:9",))], said, policy)
    assert roles(found)[number("s")] == "summary"


def test_every_kind_has_a_policy() -> None:
    assert set(KINDS) <= set(curated().kinds)


def test_a_decision_without_a_reason_is_refused() -> None:
    with pytest.raises(msgspec.ValidationError, match="reason"):
        policy_of({"kinds": {}, "cut": [{"works": ["mal:1"], "others": ["mal:2"]}]})


def told(*works: str) -> dict[str, object]:
    return {"works": works, "reason": "a reason that somebody can check"}


def test_a_chronology_that_contradicts_another_is_refused_by_name() -> None:
    chronology = [told("mal:1", "mal:2", "mal:3"), told("mal:3", "mal:1")]
    with pytest.raises(msgspec.ValidationError) as refused:
        policy_of({"kinds": {}, "chronology": chronology})
    assert str(refused.value) == (
        "'mal:3' stands before 'mal:1' and after it - at `$.chronology[1].works`"
    )


@pytest.mark.parametrize("works", [("mal:1",), ("mal:1", "mal:1"), ("mal:1", "mal:2", "mal:1")])
def test_a_chronology_puts_different_works_one_after_the_other(works: tuple[str, ...]) -> None:
    with pytest.raises(msgspec.ValidationError, match="chronology"):
        policy_of({"kinds": {}, "chronology": [told(*works)]})


def test_a_franchise_tells_what_curators_say_of_the_order_of_its_works() -> None:
    works = [
        msgspec.structs.replace(one, sources=(f"mal:{place}",)) for place, one in enumerate(BOTH)
    ]
    reason = "a reason that somebody can check"
    chronology = (
        Chronology(("mal:1", "mal:7", "mal:2", "mal:0"), reason),
        Chronology(("mal:0", "mal:3"), reason),
    )
    policy = with_decisions(chronology=chronology)
    (first, *others) = grown(works, [relation("ab"), relation("xy")], policy)
    assert first.timelines == (Timeline((BOTH[1].id, BOTH[0].id), reason),)
    assert all(one.timelines == () for one in others)


def test_a_word_tells_more_the_rarer_it_is() -> None:
    told = rarity_of([["gundam", "the"], ["naruto", "the"], ["the"]], frozenset())
    assert told.of_word["the"] == 0
    assert told.of_word["gundam"] > 1


def test_numbers_single_letters_and_forms_name_nothing() -> None:
    told = rarity_of([["2", "z", "movie", "gundam"]] + [["other"]] * 99, frozenset(["movie"]))
    assert told.names(["2", "z", "movie", "gundam"]) == {"gundam"}


def slugged(slug: str, keys: str) -> Slugged:
    return Slugged(slug, frozenset(map(number, keys)))


def unslugged(keys: str, title: str = "Fate", year: str = "") -> Unslugged:
    return Unslugged(number(keys[0]), (title,), frozenset(map(number, keys)), year)


def test_a_slug_stays_when_the_title_changes() -> None:
    given = assigned([slugged("fate", "abc")], {}, [unslugged("bcd", "Type-Moon")])
    assert given.slugs == {number("b"): "fate"}
    assert given.redirects == {}


def test_when_two_franchises_merge_the_smaller_leads_to_the_larger() -> None:
    given = assigned([slugged("big", "abc"), slugged("small", "xy")], {}, [unslugged("abcxy")])
    assert given.slugs == {number("a"): "big"}
    assert given.redirects == {"small": "big"}


def test_when_one_franchise_splits_the_larger_part_keeps_the_slug() -> None:
    given = assigned([slugged("fate", "abcde")], {}, [unslugged("abc"), unslugged("de")])
    assert given.slugs == {number("a"): "fate", number("d"): "fate-2"}


def test_a_slug_that_was_given_is_not_given_again() -> None:
    given = assigned([], {"fate": None}, [unslugged("ab", year="2006")])
    assert given.slugs == {number("a"): "fate-2006"}
    assert given.redirects == {"fate": None}


def test_a_redirect_leads_on_where_its_target_was_retired() -> None:
    before = [slugged("big", "abc"), slugged("middle", "xy")]
    given = assigned(before, {"small": "middle"}, [unslugged("abcxy")])
    assert given.redirects == {"small": "middle", "middle": "big"}


def test_a_franchise_that_dissolves_leads_nowhere() -> None:
    given = assigned([slugged("fate", "ab")], {"old": "fate"}, [])
    assert given.redirects == {"fate": None, "old": "fate"}


def test_a_franchise_that_returns_gets_its_slug_back_and_what_led_to_it() -> None:
    gone = assigned([slugged("fate", "abc")], {"old": "fate"}, [])
    memory = SlugMemory(gone.past, {"fate": frozenset(map(number, "abc"))})
    given = assigned([], gone.redirects, [unslugged("abc")], memory)
    assert given.slugs == {number("a"): "fate"}
    assert given.redirects == {"old": "fate"}


def test_the_same_works_have_the_same_slug_though_another_bears_it_meanwhile() -> None:
    split = assigned([slugged("fate", "ab")], {}, [unslugged("bc")])
    assert split.slugs == {number("b"): "fate"}
    now = [unslugged("ab"), unslugged("cd")]
    given = assigned([slugged("fate", "bc")], {}, now, SlugMemory(split.past))
    assert given.slugs == {number("a"): "fate", number("c"): "fate-2"}


def test_a_retired_slug_returns_with_most_of_its_members() -> None:
    memory = SlugMemory((), {"fate": frozenset(map(number, "abcde"))})
    given = assigned([], {"fate": None}, [unslugged("ab", "Prisma"), unslugged("cdef")], memory)
    assert given.slugs == {number("a"): "prisma", number("c"): "fate"}


@pytest.mark.parametrize(
    ("title", "slug"),
    [
        ("SPY×FAMILY", "spy-x-family"),
        ("THE iDOLM@STER", "the-idolmaster"),
        ("Mahou Shoujo Madoka☆Magica", "mahou-shoujo-madoka-magica"),
        ("Pokémon", "pokemon"),
        ("JoJo's Bizarre Adventure", "jojos-bizarre-adventure"),
        ("進撃の巨人", ""),
    ],
)
def test_a_slug_is_ascii_words_joined_by_hyphens(title: str, slug: str) -> None:
    assert slug_of(title) == slug


def test_a_slug_is_taken_from_the_first_title_that_has_one() -> None:
    one = Unslugged(number("a"), ("進撃の巨人", "Attack on Titan"), frozenset([number("a")]))
    assert assigned([], {}, [one]).slugs == {number("a"): "attack-on-titan"}


def test_a_title_without_any_is_a_franchise() -> None:
    assert assigned([], {}, [unslugged("ab", "☆")]).slugs == {number("a"): "franchise"}


def test_a_work_knows_whether_it_is_minor() -> None:
    assert work("a", "Pv", type="special", episodes=1, duration_s=90).is_minor
    assert not work("a", "Series", episodes=12).is_minor
    assert not FranchiseWork(number("a"), ("Film",), "movie", duration_s=5400).is_minor
    assert FranchiseWork(number("a"), ("Unknown",), "special").is_minor


def test_records_that_curators_keep_apart_are_two_works() -> None:
    film = work("r", "Naruto Rio", "2007-04-03", type="movie", kind="movie", sources=("tmdb:1",))
    works = [NARUTO[0], msgspec.structs.replace(NARUTO[1], sources=("mal:2",)), film]
    reason = "a reason that somebody can check"
    policy = with_decisions(cut=(Cut(("mal:2",), ("tmdb:1",), reason),))
    assert homes(grown(works, [relation("ab"), relation("br", "same_work")], policy)) == together(
        "ab"
    )


def test_a_word_that_all_works_bear_does_not_join_them() -> None:
    relations = [relation("ab"), relation("xy", "sequel")]
    assert homes(franchises(BOTH, relations, curated())) == together("xy")


def test_a_component_can_be_computed_alone_with_the_rarity_of_the_whole() -> None:
    others = [work(number_, f"Title {chr(number_)}") for number_ in range(300, 400)]
    whole = rarity([*BOTH, *others], curated())
    assert homes(franchises(NARUTO, [relation("ab")], curated(), rare=whole)) == together("ab")


def test_a_collection_names_a_franchise_of_its_films() -> None:
    works = [work(key, title, type="movie") for key, title in (("a", "Dr. No"), ("b", "Goldeneye"))]
    named = {one.id: "James Bond Collection" for one in works}
    relations = [Relation(number("a"), number("b"), "joined")]
    (found,) = franchises(works, relations, curated(), collections=named, rare=rare(works))
    assert found.title == "James Bond Collection"


def test_a_number_that_works_bear_throughout_is_part_of_the_name() -> None:
    stratos = [
        work("a", "Stratos 4", "2003-01-05"),
        work("b", "Stratos 4 Advance", "2005-06-24", type="ova"),
        work("c", "Stratos 4 OVA", "2004-05-14", type="ova"),
    ]
    (found,) = grown(stratos, [relation("ab", "sequel"), relation("ac", "side_story")])
    assert found.title == "Stratos 4"
    second = [
        work("a", "Toradora"),
        work("b", "Toradora 2", "2012"),
        work("c", "Toradora 3", "2014"),
    ]
    (found,) = grown(second, [relation("ab", "sequel"), relation("bc", "sequel")])
    assert found.title == "Toradora"


def test_a_short_beside_a_short_is_no_side_story() -> None:
    shorts = [
        work("a", "Mameshiba", "2008", type="ona", episodes=3, duration_s=60),
        work("b", "Mameshiba 2nd Season", "2009", type="ona", episodes=2, duration_s=60),
    ]
    (found,) = grown(shorts, [relation("ab")])
    assert [one.role for one in found.members] == ["main", "main"]
    series = [msgspec.structs.replace(shorts[0], type="tv", duration_s=1440), shorts[1]]
    (found,) = grown(series, [relation("ab")])
    assert [one.role for one in found.members] == ["main", "side"]


@pytest.mark.parametrize(
    ("title", "called"),
    [
        ("The Pink Panther (Original)", "The Pink Panther"),
        ("Asterix & Obelix Live-action", "Asterix & Obelix"),
        ("Garfield Live-Action/Animated Feature Film", "Garfield"),
        ("(500) Days", "(500) Days"),
        ("Live Action", "Live Action"),
        ("Indiana Jones", "Indiana Jones"),
    ],
)
def test_what_tells_a_collection_from_another_is_no_part_of_its_name(
    title: str, called: str
) -> None:
    assert collection_name(title) == called


def test_several_groups_of_songs_larger_than_their_work_all_go_with_it() -> None:
    nothing = Rarity({})
    groups = Clusters(
        [TitleWords((), 1.0, nothing) for _ in range(5)],
        [
            *(ClusterLink(one, other, 20.0) for one, other in ((1, 2), (3, 4))),
            *(ClusterLink(0, song, 0.1) for song in (1, 2, 3, 4)),
        ],
    )
    groups.grow()
    groups.attach((1, 2, 3, 4))
    assert len({groups.group(node) for node in range(5)}) == 1
