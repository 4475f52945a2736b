"""Maps as PNG: drawn by a process of its own, once, and what can't be drawn."""

from xml.etree import ElementTree as ET

import pytest

from kensho.errors import NotReadyError
from kensho.metro.inputs import MapWork
from kensho.metro.layout import metro_map
from kensho.web.maps.pictures import Drawing, PictureStore, of_card, of_map
from kensho.web.messages import Messages

WORK = MapWork(id="a", title="機動戦士", type="series", role="main", date="1979")
DRAWN = metro_map("Example", [WORK], [])
SQUARE = '<svg xmlns="http://www.w3.org/2000/svg" width="8" height="4"/>'


def test_a_picture_is_drawn_as_large_as_asked_and_kept_by_its_name() -> None:
    pictures = PictureStore()
    made = pictures.get("square", lambda: Drawing(SQUARE, 2.0))
    assert made.startswith(b"\x89PNG")
    assert (int.from_bytes(made[16:20]), int.from_bytes(made[20:24])) == (16, 8)
    assert pictures.get("square", lambda: Drawing("never looked at", 1.0)) is made


def test_what_can_not_be_drawn_is_not_kept() -> None:
    pictures = PictureStore()
    with pytest.raises(NotReadyError):
        pictures.get("square", lambda: Drawing("<nonsense", 1.0))
    assert pictures.get("square", lambda: Drawing(SQUARE, 1.0)).startswith(b"\x89PNG")


def test_a_map_is_drawn_without_what_resvg_does_not_know() -> None:
    style = ET.fromstring(of_map(DRAWN, Messages.read()).svg).findtext(".//{*}style") or ""
    assert "var(" not in style
    assert "@" not in style
    assert ".metro .c0{color:#b93014;}" in style


@pytest.mark.parametrize("title", ["Short", "A long name " * 20, "</text><script>", ""])
def test_any_name_fits_on_a_card(title: str) -> None:
    root = ET.fromstring(of_card(title, "2 works", DRAWN).svg)
    assert root.get("viewBox") == "0 0 1200 630"
    shown = root.findtext("{*}text") or ""
    assert shown == title or shown.endswith("…")
    assert root.find(".//{*}script") is None
