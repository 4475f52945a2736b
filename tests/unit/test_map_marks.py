"""What is laid over a map, and a map made small."""

from uuid import UUID
from xml.etree import ElementTree as ET

import pytest

from kensho.metro.inputs import MapEdge, MapWork
from kensho.metro.layout import metro_map
from kensho.metro.map import MetroMap
from kensho.web.maps import marking
from kensho.web.maps import small as map_small
from kensho.web.maps.svg import map_svg
from kensho.web.messages import Messages

MESSAGES = Messages.read()
IDS = [UUID(int=n) for n in range(1, 5)]


def example(many: int = 4) -> MetroMap:
    works = [
        MapWork(
            id=str(UUID(int=n)),
            title=f"Work {n}",
            type="series",
            role="main" if n < 3 else "side",
            date=str(2000 + n),
        )
        for n in range(1, many + 1)
    ]
    edges = [
        MapEdge(
            source=str(UUID(int=1)),
            target=str(UUID(int=n)),
            kind="sequel" if n < 3 else "side_story",
        )
        for n in range(2, many + 1)
    ]
    return metro_map("Example", works, edges)


def test_badges_count_the_works_of_an_order_and_only_those() -> None:
    drawn = example()
    svg = marking.with_order(map_svg(drawn, MESSAGES), drawn, [IDS[1], IDS[0], IDS[3]])
    root = ET.fromstring(svg)
    steps = {e.get("data-id"): e.get("data-step") for e in root.iter() if e.get("data-id")}
    assert [steps[str(one)] for one in IDS] == ["2", "1", None, "3"]
    assert [t.text for t in root.iterfind(".//{*}g[@class='badge']/{*}text")] == ["1", "2", "3"]
    assert root.get("class") == "metro ordered"


def test_the_way_goes_by_lines_at_0_45_and_90_degrees() -> None:
    drawn = example()
    svg = marking.with_order(map_svg(drawn, MESSAGES), drawn, IDS)
    way = ET.fromstring(svg).find(".//{*}path[@class='way']")
    assert way is not None
    assert (way.get("d") or "").count("M") == len(IDS) - 1


def test_one_step_has_no_way_and_a_stranger_no_badge() -> None:
    drawn = example()
    svg = marking.with_order(map_svg(drawn, MESSAGES), drawn, [IDS[0], UUID(int=99)])
    assert 'class="way"' not in svg
    assert svg.count('class="badge"') == 1


def test_a_chosen_work_is_marked_once() -> None:
    svg = marking.with_chosen(map_svg(example(), MESSAGES), IDS[2])
    assert svg.count("data-chosen") == 1


@pytest.mark.parametrize("many", [0, 1, 2, 4, 40])
def test_a_small_map_lies_within_its_frame(many: int) -> None:
    drawn = example(many)
    wide, high = map_small.size_of(drawn, map_small.SMALL)
    assert wide <= map_small.SMALL[0]
    assert high <= map_small.SMALL[1]
    root = ET.fromstring(map_small.small_svg(drawn, map_small.SMALL, str(IDS[0])))
    circles = [e for e in root.iter() if e.tag.endswith("circle")]
    assert len(circles) == many + bool(many)
    for circle in circles:
        assert 0 < float(circle.get("cx") or 0) < wide
        assert 0 < float(circle.get("cy") or 0) < high
    assert not list(root.iterfind(".//{*}text"))
