from typing import Any

import msgspec
import pytest

from kensho.domain.franchise.duplicates import CONFIDENCE, duplicate_relations
from kensho.domain.franchise.inputs import FranchiseWork, Relation
from kensho.domain.relations import RelationKind
from tests.support.small_franchises import grown, homes, number, relation, together, work

DANBALL = ("Danball Senki W", "ダンボール戦機W")


def listed(
    key: str, *sources: str, titles: tuple[str, ...] = DANBALL, **facts: Any
) -> FranchiseWork:
    one = work(key, titles[0], **{"date": "2012-01-18", "sources": sources, **facts})
    return msgspec.structs.replace(one, titles=titles)


KNOWN = listed("a", "mal:1", "anilist:1", popularity=0.8)
LEFT_OVER = listed("b", "ann:1", titles=("Danbōru Senki W", "ダンボール戦機W"), date="2012-01")


def twins(*works: FranchiseWork, kind: RelationKind = "related") -> list[Relation]:
    others = [Relation(works[0].id, one.id, kind) for one in works[1:]]
    return duplicate_relations(works, others)


def test_an_entry_that_a_catalogue_left_over_is_another_record_of_its_work() -> None:
    expected = Relation(number("a"), number("b"), "same_work", "inferred", CONFIDENCE)
    assert duplicate_relations([KNOWN, LEFT_OVER], [relation("ab")]) == [expected]
    assert duplicate_relations([LEFT_OVER, KNOWN], [relation("ba")]) == [expected]


@pytest.mark.parametrize(
    "facts",
    [
        {"sources": ("mal:2",)},
        {"date": "2013-01"},
        {"date": ""},
        {"type": "special"},
        {"episodes": 58},
        {"duration_s": 300},
        {"is_music": True},
        {"titles": ("Danball Senki Wars",)},
    ],
    ids=lambda facts: next(iter(facts)),
)
def test_two_works_are_told_apart_by(facts: dict[str, Any]) -> None:
    other = listed("b", *facts.pop("sources", ("ann:1",)), **facts)
    assert twins(KNOWN, other) == []


def test_what_one_catalogue_calls_an_ova_another_calls_a_special() -> None:
    extra = listed("a", "mal:1", type="special", episodes=4)
    assert twins(extra, listed("b", "ann:1", type="ova", episodes=4)) != []


def test_what_is_not_known_does_not_tell_two_works_apart() -> None:
    assert twins(KNOWN, listed("b", "ann:1", date="2012", episodes=None, duration_s=None)) != []


def test_accents_and_signs_are_not_letters_but_marks_of_kana_are() -> None:
    pairs = [("Shippūden: Bonds", "SHIPPUDEN BONDS"), ("ガンダム", "カンタム")]
    found = [
        twins(*(listed(k, f"{k}:1", titles=(t,)) for k, t in zip("ab", p, strict=True)))
        for p in pairs
    ]
    assert [len(one) for one in found] == [1, 0]


def test_works_that_nothing_ties_are_not_compared() -> None:
    assert duplicate_relations([KNOWN, LEFT_OVER], []) == []


@pytest.mark.parametrize(("kind", "are_one"), [("sequel", False), ("other", True)])
def test_works_whose_relation_is_told_are_two(kind: RelationKind, are_one: bool) -> None:
    assert bool(twins(KNOWN, LEFT_OVER, kind=kind)) is are_one


def test_of_several_that_are_equally_alike_none_is_chosen() -> None:
    assert twins(LEFT_OVER, KNOWN, listed("c", "mal:2", "anilist:2")) == []


def test_the_one_of_the_same_main_title_is_chosen_before_others() -> None:
    other = listed("c", "mal:2", titles=("Danball Senki W Specials", DANBALL[1]))
    left_over = listed("b", "ann:1")
    assert duplicate_relations([other, left_over, KNOWN], [relation("ab"), relation("bc")]) == [
        Relation(number("a"), number("b"), "same_work", "inferred", CONFIDENCE)
    ]


def test_a_film_of_unknown_number_is_not_the_list_of_several() -> None:
    film = listed("a", "imdb:1", type="movie", episodes=None)
    assert twins(film, listed("b", "ann:1", type="movie", episodes=3)) == []
    assert twins(film, listed("b", "ann:1", type="movie", episodes=1)) != []


def test_two_entries_of_one_catalogue_never_become_one_work_by_a_third() -> None:
    first = listed("a", "mal:1", titles=("One", "Both"))
    second = listed("b", "mal:2", titles=("Two", "Both"))
    between = listed("c", "ann:1", "imdb:1", "anidb:1", titles=("One", "Two"))
    found = duplicate_relations([first, second, between], [relation("ac"), relation("bc")])
    assert len(found) == 1


def test_a_franchise_shows_a_work_once_and_names_its_other_record() -> None:
    sequel = work("s", "Danball Senki Wars", "2013-04-03", sources=("mal:3",))
    relations = [relation("as", "sequel"), relation("ab"), relation("bs")]
    works = [KNOWN, LEFT_OVER, sequel]
    (found,) = grown(works, [*relations, *duplicate_relations(works, relations)])
    assert homes([found]) == together("abs")
    assert [(one.work, one.also) for one in found.members] == [
        (number("a"), (number("b"),)),
        (number("s"), ()),
    ]
