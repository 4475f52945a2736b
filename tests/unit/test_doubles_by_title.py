"""A work that a catalogue dates or counts otherwise stands once, told by a title of its own."""

from typing import Any

import pytest

from kensho.domain.franchise.inputs import FranchiseWork
from tests.support.small_franchises import grown, number, relation, work

SERIES = work("s", "Rockman", "1995", sources=("mal:1", "anidb:1"), type="tv", episodes=50)


def listed(key: str, date: str, catalogues: str, **facts: Any) -> FranchiseWork:
    """Return an OVA of two titles that no other work bears."""
    sources = tuple(f"{name}:{key}" for name in catalogues.split())
    known: dict[str, Any] = {
        "type": "ova",
        "episodes": 3,
        "title": "Rockman: Hoshi ni Negai",
        **facts,
    }
    found = work(key, known.pop("title"), date, sources=sources, **known)
    return FranchiseWork(
        **{name: getattr(found, name) for name in found.__struct_fields__ if name != "titles"},
        titles=(found.titles[0], known.get("also", "Rockman: Upon a Star")),
    )


KNOWN = listed("a", "2002-09-20", "mal anidb kitsu")


def members(*works: FranchiseWork) -> set[str]:
    key = {number(letter): letter for letter in "abcs"}
    relations = [relation(f"s{key[one.id]}") for one in works]
    (found,) = grown([SERIES, *works], relations)
    return {key[one.work] for one in found.members}


def test_one_catalogue_tells_when_an_ova_was_sold_abroad() -> None:
    assert members(KNOWN, listed("b", "1993", "animenewsnetwork")) == {"a", "s"}


def test_what_began_in_one_month_is_counted_otherwise() -> None:
    whole = listed("b", "2002-09", "animenewsnetwork", episodes=6)
    assert members(KNOWN, whole) == {"a", "s"}


@pytest.mark.parametrize(
    "other",
    [
        listed("b", "1993", "mal"),
        listed("b", "1993", "animenewsnetwork anisearch livechart"),
        listed("b", "1993", "animenewsnetwork", type="movie"),
        listed("b", "1993", "animenewsnetwork", episodes=2),
    ],
    ids=("catalogue", "catalogues", "form", "count"),
)
def test_a_work_of_the_same_titles_is_another_by(other: FranchiseWork) -> None:
    assert members(KNOWN, other) == {"a", "b", "s"}


def test_a_list_does_not_stand_with_one_episode_of_it() -> None:
    episode = listed("a", "2002-09-20", "mal anidb kitsu", title="Rockman: Ichi", episodes=1)
    assert members(episode, listed("b", "2002-09", "animenewsnetwork")) == {"a", "b", "s"}


def test_titles_that_a_third_bears_tell_nothing() -> None:
    third = listed("c", "2004", "mal anidb kitsu")
    assert members(KNOWN, listed("b", "1993", "animenewsnetwork"), third) == {"a", "b", "c", "s"}
