"""The map as SVG: well formed whatever titles hold, readable alone, ready for the page's script."""

from xml.etree import ElementTree as ET

import pytest

from kensho.metro.inputs import GuestOf, MapEdge, MapWork
from kensho.metro.layout import metro_map
from kensho.metro.map import MetroMap
from kensho.web.maps.shapes import path
from kensho.web.maps.svg import MapLinks, map_svg
from kensho.web.messages import Messages

MESSAGES = Messages.read()
SVG = "{http://www.w3.org/2000/svg}"
HOSTILE = [
    "</title></svg><script>alert(1)</script>",
    "\"' onload='x' onfocus=\"y",
    "a & b &amp; ]]> <!--",
    "مرحبا بالعالم 2\u202etxt",
    "\x00\x08\x1b\ufffe\ud800 controls",
    "🚀👩‍👩‍👧‍👦 emoji ☆",
    "x" * 500,
    " ",
]


def hostile_map(title: str) -> MetroMap:
    works = [
        MapWork(id='a"<&', title=title, type="series", role="main", date="2000", status="ongoing"),
        MapWork(
            id="b",
            title=title,
            type="film",
            role="crossover",
            date="2020",
            guest_of=(GuestOf(f"s'\"{title[:5]}", title),),
        ),
        MapWork(id="c", title="Recap", type="special", role="summary", date="2021"),
    ]
    edges = [
        MapEdge(source='a"<&', target="b", kind="sequel", sources=(title,)),
        MapEdge(source='a"<&', target="c", kind="summary", method="inferred", confidence=0.5),
        MapEdge(source="b", target="c", kind="other", method="curated"),
    ]
    return metro_map(title, works, edges)


@pytest.mark.parametrize("title", HOSTILE)
def test_any_title_gives_well_formed_xml_and_no_foreign_element(title: str) -> None:
    root = ET.fromstring(map_svg(hostile_map(title), MESSAGES, links=MapLinks()))
    tags = {element.tag.removeprefix(SVG) for element in root.iter()}
    drawing = {"svg", "title", "desc", "style", "g", "a", "path", "line", "circle", "polygon"}
    assert tags <= drawing | {"text", "tspan", "rect"}
    assert not [name for element in root.iter() for name in element.attrib if name.startswith("on")]


def test_a_map_names_and_describes_itself() -> None:
    root = ET.fromstring(map_svg(hostile_map("Gundam"), MESSAGES))
    assert root.get("role") == "img"
    texts = {e.get("id"): e.text or "" for e in root.iter() if e.get("id")}
    assert texts[root.get("aria-labelledby")] == "Gundam: map of the franchise"
    assert "3 works from 2000 to 2021" in texts[root.get("aria-describedby")]


def test_with_links_stations_and_transfers_lead_somewhere() -> None:
    links = MapLinks(work="/w/{}".format, franchise="/f/{}".format)
    root = ET.fromstring(map_svg(hostile_map("Gundam"), MESSAGES, links=links))
    assert root.get("role") == "group"
    hrefs = [element.get("href") for element in root.iter(f"{SVG}a")]
    assert hrefs == ['/w/a"<&', "/w/b", "/w/c", "/f/s'\"Gunda"]


def test_without_links_nothing_can_be_followed() -> None:
    assert not list(ET.fromstring(map_svg(hostile_map("Gundam"), MESSAGES)).iter(f"{SVG}a"))


def test_every_station_tells_its_full_title() -> None:
    root = ET.fromstring(map_svg(hostile_map("Gundam"), MESSAGES, links=MapLinks()))
    titles = [e.findtext(f"{SVG}title") for e in root.iter() if e.get("data-id")]
    assert titles[0] == "Gundam (2000, series, airing)"


def test_a_route_says_what_it_means_and_who_says_so() -> None:
    root = ET.fromstring(map_svg(hostile_map("Gundam"), MESSAGES))
    said = [e.findtext(f"{SVG}title") for e in root.iter() if e.get("data-from")]
    assert "Recap is a summary of Gundam. Inferred, 50% sure" in said
    assert "Gundam is the sequel of Gundam. Stated by Gundam" in said
    assert "Recap is a work connected in some other way with Gundam. Curated" in said


def test_what_airs_pulses_and_a_break_is_marked() -> None:
    root = ET.fromstring(map_svg(hostile_map("Gundam"), MESSAGES))
    classes = [element.get("class") for element in root.iter()]
    assert classes.count("pulse") == 1
    assert classes.count("gap") == 1


def test_two_maps_of_a_page_have_ids_of_their_own() -> None:
    one, other = (
        map_svg(hostile_map("Gundam"), MESSAGES, prefix=prefix) for prefix in ("m1", "m2")
    )
    assert 'id="m1-title"' in one
    assert 'id="m2-title"' in other


def test_a_corner_is_rounded_as_far_as_its_legs_allow() -> None:
    assert path([(0, 0), (10, 0), (10, 40)]) == "M0 0L5 0Q10 0 10 5L10 40"
