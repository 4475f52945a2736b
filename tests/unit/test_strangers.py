"""Works that something other than its story brought to a franchise."""

from uuid import UUID

import pytest

from kensho.domain.franchise.inputs import FranchiseWork
from tests.support.small_franchises import grown, homes, relation, together, work

CATALOGUES = ("mal", "anidb", "anilist", "kitsu", "livechart")


def known(key: str, count: int = 5) -> tuple[str, ...]:
    return tuple(f"{name}:{key}" for name in CATALOGUES[:count])


def special(key: str, title: str, date: str, **facts: object) -> FranchiseWork:
    usual: dict[str, object] = {"type": "special", "episodes": 1, "duration_s": 1440}
    return work(key, title, date, **{**usual, **facts})


WITCHES = [work("a", "Mahou Tsukai Tai"), work("b", "Mahou Tsukai Tai Second")]
PRINCESS = special("p", "Shamanic Princess", "2010")
BOTH = special("x", "Mahou Tsukai Tai vs. Shamanic Princess", "2010", duration_s=300)
PLUS = special("x", "Mahou Tsukai Tai Plus Shamanic Princess", "2010", duration_s=300)
SHINKAI = [work("a", "Kanojo to Kanojo no Neko", "1999"), work("b", "Kanojo to Kanojo", "2016")]
VOICES = special("v", "Hoshi no Koe", "2002-02-02", sources=known("v"))


@pytest.mark.parametrize("crossover", [BOTH, PLUS])
def test_a_crossover_does_not_bring_the_other_franchise_along(crossover: FranchiseWork) -> None:
    found = grown([*WITCHES, crossover, PRINCESS], [relation("ab"), relation("ax"), relation("xp")])
    assert homes(found) == together("abx")


def test_a_crossover_of_works_that_are_related_themselves_parts_nothing() -> None:
    related = [relation("ab"), relation("ax"), relation("xp"), relation("ap", "sequel")]
    assert homes(grown([*WITCHES, BOTH, PRINCESS], related)) == together("abxp")


def test_what_continues_a_crossover_stays_with_it() -> None:
    related = [relation("ab"), relation("ax"), relation("xp", "sequel")]
    assert homes(grown([*WITCHES, BOTH, PRINCESS], related)) == together("abxp")


def test_a_work_that_is_known_for_itself_stands_alone() -> None:
    assert homes(grown([*SHINKAI, VOICES], [relation("ab"), relation("av")])) == together("ab")


@pytest.mark.parametrize(
    ("facts", "kind"),
    [
        ({"sources": known("v", 4)}, "related"),
        ({"duration_s": 240}, "related"),
        ({"date": "1999-12"}, "related"),
        ({"date": "2016"}, "side_story"),
        ({"title": "Hoshi no Kanojo"}, "related"),
        ({"is_music": True}, "related"),
    ],
)
def test_extras_stay(facts: dict[str, object], kind: str) -> None:
    """Few catalogues, a song, the same year, a kind or a shared name: each is reason enough."""
    told = {"title": "Hoshi no Koe", "date": "2002-02-02", "sources": known("v"), **facts}
    one = special("v", **told)  # type: ignore[arg-type]
    found = grown([*SHINKAI, one], [relation("ab"), relation("av", kind)])  # type: ignore[arg-type]
    assert homes(found) == together("abv")


def test_what_much_of_a_franchise_lists_belongs_to_it() -> None:
    series = [work(key, f"Osomatsu {key}", "2019") for key in "abcde"]
    related = [relation(f"a{key}") for key in "bcde"] + [relation(f"{key}v") for key in "abcde"]
    assert homes(grown([*series, VOICES], related)) == together("abcdev")


@pytest.mark.parametrize(
    ("method", "expected"), [("inferred", together("ab", "gxh")), ("stated", together("abgxh"))]
)
def test_what_is_inferred_of_a_crossover_joins_no_franchises(
    method: str, expected: set[frozenset[UUID]]
) -> None:
    series = [work(key, f"Great Mazinger {key}", "1974") for key in "ab"]
    series += [work(key, f"Getter Robo {key}", "1974") for key in "gh"]
    both = work("x", "Great Mazinger tai Getter Robo", "1975", type="movie", episodes=1)
    related = [relation("ab", "sequel"), relation("gh", "sequel")]
    related += [relation("gx", "sequel"), relation("ax", "sequel", method=method, confidence=0.9)]
    assert homes(grown([*series, both], related)) == expected
