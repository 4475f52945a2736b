"""What a member is to its franchise, told by form, title, tags and what it continues."""

from typing import Any

import pytest

from kensho.domain.franchise.inputs import FranchiseWork, Relation
from tests.support.small_franchises import grown, number, relation, work

CATALOGUES = tuple(f"{name}:1" for name in ("mal", "anilist", "kitsu", "anidb"))
SERIES = work("a", "Kitarou", "2010", sources=CATALOGUES)


def role(one: FranchiseWork, *said: Relation) -> str:
    """Return the role of a work beside a series."""
    (found,) = grown([SERIES, one], [relation("ab"), *said])
    return next(member.role for member in found.members if member.work == one.id)


def short(title: str = "Kitarou Special", **facts: Any) -> FranchiseWork:
    known: dict[str, Any] = {
        "type": "special",
        "episodes": 1,
        "duration_s": 240,
        "sources": CATALOGUES,
        **facts,
    }
    return work("b", title, **known)


def broadcast(**facts: Any) -> FranchiseWork:
    known: dict[str, Any] = {"type": "tv", "duration_s": 1440, "sources": CATALOGUES[:1], **facts}
    return short("Kitarou Special", **known)


@pytest.mark.parametrize(
    "title",
    ["Kitarou Theme Song", "Kitarou Songs", "Kitarou: Music Clips", "Kitarou Karaoke Night"],
)
def test_a_title_says_that_a_short_work_shows_songs(title: str) -> None:
    assert role(short(title, episodes=7)) == "music"
    assert role(short(title, episodes=7, type="tv")) != "music"
    assert role(short(title, duration_s=1440)) == "side"
    assert role(short(title, duration_s=None)) == "side"


def test_a_tagged_promotion_of_half_an_hour_is_a_series_that_a_firm_paid_for() -> None:
    assert role(short(is_promotion=True, type="ona")) == "promotion"
    assert role(short(is_promotion=True, type="ona", episodes=7)) == "side"
    listed = short(is_promotion=True, type="ona", episodes=7, sources=CATALOGUES[:1])
    assert role(listed) == "promotion"


def test_one_broadcast_beside_a_series_is_a_side_story() -> None:
    assert role(broadcast()) == "side"
    assert role(broadcast(episodes=2)) == "main"
    assert role(broadcast(sources=CATALOGUES)) == "main"  # No more is known of it yet.
    assert role(broadcast(duration_s=None)) == "main"
    assert role(broadcast(), relation("ab", "sequel")) == "main"


def test_a_sequel_of_which_only_the_title_is_known_goes_on_with_the_story() -> None:
    announced = work("b", "Kitarou New", "", type="unknown", episodes=None, duration_s=None)
    assert role(announced, relation("ab", "sequel")) == "main"
    assert role(announced) == "side"


def test_ovas_that_continue_a_series_of_its_own_line_are_its_story() -> None:
    ovas: dict[str, Any] = {"type": "ova", "episodes": 3, "duration_s": 1700}
    works = [SERIES, work("b", "Kitarou Two", "2014"), work("c", "Kitarou Three", "2015", **ovas)]
    ties = [relation("ab"), relation("bc", "sequel")]
    for said, expected in (([], "main"), ([relation("ac", "side_story")], "side")):
        (found,) = grown(works, [*ties, *said])
        assert {m.work: m.role for m in found.members}[number("c")] == expected


def minutes(key: str = "b", **facts: Any) -> FranchiseWork:
    """Return a series of episodes of three minutes."""
    known = {"type": "ona", "episodes": 26, "duration_s": 180, "sources": CATALOGUES, **facts}
    return work(key, f"Kitarou Mini {key}", "2012", **known)


@pytest.mark.parametrize("form", ["tv", "ona"])
def test_a_series_of_minutes_stands_beside_one_of_full_length(form: str) -> None:
    assert role(minutes(type=form)) == "side"
    assert role(minutes(type=form, duration_s=660)) == "main"


def test_a_season_to_come_is_none_of_minutes_though_its_trailer_is() -> None:
    assert role(minutes(is_upcoming=True)) == "main"
    assert role(minutes(), relation("ab", "sequel")) == "main"


def test_series_of_minutes_that_continue_one_another_stand_beside() -> None:
    (found,) = grown(
        [SERIES, minutes("b"), minutes("c")],
        [relation("ab"), relation("ac"), relation("bc", "sequel")],
    )
    roles = {member.work: member.role for member in found.members}
    assert roles[number("b")] == roles[number("c")] == "side"


def test_what_lasts_like_a_song_among_songs_is_one() -> None:
    form: dict[str, Any] = {"type": "special", "episodes": 1}
    song = work("a", "Ginga", "2014", popularity=0.9, duration_s=240, is_music=True, **form)
    other = work("b", "Ginga: Dramatic", "2015", duration_s=300, **form)
    story = work("c", "Ginga Story", "2015", duration_s=1440, **form)
    (found,) = grown([song, other, story], [relation("ab"), relation("ac")])
    roles = {member.work: member.role for member in found.members}
    assert (roles[number("b")], roles[number("c")]) == ("music", "side")
    assert role(short("Kitarou Dramatic", duration_s=300)) == "side"
