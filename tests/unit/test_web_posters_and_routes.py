"""Drawn posters and routes: pure, escaped, and the same for the same."""

import re
from collections.abc import Sequence
from itertools import pairwise
from uuid import UUID
from xml.etree import ElementTree as ET

import pytest

from kensho.domain.relations import Kind
from kensho.web import posters, route_svg, title_languages
from kensho.web.route_svg import RouteSegment, RouteStation
from kensho.web.season_page import SeasonOfYear


@pytest.mark.parametrize("title", ["K", "Cowboy Bebop", "Kidou Senshi Gundam: Suisei no Majo"])
def test_a_drawn_poster_carries_the_whole_title_large(title: str) -> None:
    letters = ET.fromstring(posters.placeholder(title)).find("text")
    assert letters is not None
    assert " ".join(line.text or "" for line in letters) == title
    assert int(letters.get("font-size") or 0) >= 23


def test_a_long_title_is_cut_at_a_word_and_a_small_frame_has_its_first_words() -> None:
    for kind, most in (("card", 7), ("row", 3)):
        drawn = ET.fromstring(posters.placeholder("Somewhere beyond the old sea " * 9, "tv", kind))
        lines = [line.text or "" for line in drawn.iter("tspan")]
        assert len(lines) == most
        assert lines[-1].endswith("…")
        assert lines[-1].rstrip("…").split()[-1] in "Somewhere beyond the old sea"


def test_a_poster_is_offered_in_the_sizes_that_its_host_has() -> None:
    work = UUID(int=1)
    image = posters.direct_image(work, "https://cdn.myanimelist.net/images/anime/6/17529l.jpg")
    assert image is not None
    assert image.src == "https://cdn.myanimelist.net/images/anime/6/17529.jpg"
    assert image.srcset.endswith("https://cdn.myanimelist.net/images/anime/6/17529l.jpg 425w")
    other = posters.direct_image(work, "https://posters.example/1.jpg")
    assert other == ("https://posters.example/1.jpg", "")
    assert posters.direct_image(work, "http://posters.example/1.jpg") is None


def test_only_posters_of_allowed_hosts_are_handed_on() -> None:
    work, url = UUID(int=1), "https://a.posters.example/1.jpg"
    handed = posters.proxied_image(work, url, ("posters.example",))
    assert handed is not None
    assert handed.src == f"/posters/{work}/{posters.version_of(url)}"
    assert posters.proxied_image(work, url, ("osters.example",)) == (url, "")


def test_titles_that_begin_alike_share_a_colour() -> None:
    assert posters.colour("Naruto") == posters.colour("The Naruto: Shippuuden")


def test_a_drawn_poster_is_one_document_whatever_the_title() -> None:
    for title in ("<&>", '"', "", "Naruto"):
        assert ET.fromstring(posters.placeholder(title, "tv")).tag == "svg"


@pytest.mark.parametrize("url", [None, "", "http://x/1.jpg", "javascript:alert(1)", "//x/1.jpg"])
def test_only_posters_over_https_are_loaded(url: str | None) -> None:
    assert posters.loadable(url) is None


@pytest.mark.parametrize(
    ("title", "language"),
    [("Naruto", None), ("ナルト", "ja"), ("나루토", "ko"), ("火影忍者", "ja"), ("Žlutý", None)],
)
def test_letters_tell_a_language_where_they_can(title: str, language: str | None) -> None:
    assert title_languages.language(title) == language


def route(kinds: Sequence[Kind]) -> ET.Element:
    stations = [
        RouteStation(f"A rather long title of work <{n}>", "tv", f"/anime/{n}") for n in range(9)
    ]
    segments = [RouteSegment(kind, kind, kind == "related") for kind in kinds]
    return ET.fromstring(route_svg.draw(stations[: len(kinds) + 1], segments, 'said "so"'))


def stations(drawn: ET.Element) -> list[tuple[int, int]]:
    moves = [stop.get("transform", "") for stop in drawn.iter("path") if stop.get("transform")]
    return [(int(x), int(y)) for x, y in (re.findall(r"-?\d+", move) for move in moves)]


def test_stations_go_from_left_to_right_and_stay_apart() -> None:
    places = stations(route(["sequel", "side_story", "parent_story", "related", "prequel"]))
    assert all(b[0] - a[0] == 184 for a, b in pairwise(places))


def test_the_story_goes_straight_on_and_what_is_beside_it_lies_lower() -> None:
    places = stations(route(["sequel", "side_story", "sequel", "parent_story"]))
    heights = [y for _, y in places]
    assert heights[0] == heights[1] == heights[4]
    assert heights[2] == heights[3] > heights[0]


def test_a_folded_route_turns_at_the_edges_and_is_as_wide_as_a_phone() -> None:
    named = [RouteStation(f"Title {n}", "tv", f"/anime/{n}") for n in range(5)]
    segments = [RouteSegment("sequel", "Sequel", is_inferred=False)] * 4
    drawn = ET.fromstring(route_svg.folded(named, segments, "five works"))
    assert int(drawn.get("width") or 0) <= 358
    left, right = 78, 262
    assert [x for x, _ in stations(drawn)] == [left, right, right, left, left]
    rows = [y for _, y in stations(drawn)]
    assert rows[0] == rows[1] < rows[2] == rows[3] < rows[4]


def test_an_inferred_step_is_dashed() -> None:
    drawn = route(["sequel", "related"])
    assert [("inferred" in (p.get("class") or "")) for p in drawn.iter("path") if p.get("d")][
        :2
    ] == [False, True]


def test_a_long_title_is_broken_and_cut() -> None:
    lines = route_svg.wrapped("Yahari Ore no Seishun Love Comedy wa Machigatteiru. Zoku Kan Extra")
    assert len(lines) == 3
    assert lines[-1].endswith("…")
    assert len(route_svg.wrapped("僕は友達が少ない僕は友達が少ない僕は友達")) == 2


def test_seasons_follow_one_another() -> None:
    assert SeasonOfYear(2024, "fall").moved(1) == SeasonOfYear(2025, "winter")
    assert SeasonOfYear(2024, "winter").moved(-1) == SeasonOfYear(2023, "fall")
