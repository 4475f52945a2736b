"""Facets: exact counts of what each filter would leave, in a fixed order."""

from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest

from kensho.discovery.facets import FacetCounter, TagCounts
from kensho.discovery.filters import FilterMasks, Filters
from kensho.discovery.search_views import Facets, TagFacet
from kensho.read_model.holder import Snapshot
from tests.support.searches import Shelf, opened, work

WORKS = (
    work(1, "A", anime_type="tv", year=1998, season="spring"),
    work(2, "B", anime_type="tv", year=2002, season="fall", status="ongoing"),
    work(3, "C", anime_type="movie", year=1998),
    work(4, "D", anime_type="ova"),
    work(5, "E", anime_type="tv", year=2002, adult=True),
)
TAGS = {
    WORKS[0].id: ("space", "drama"),
    WORKS[1].id: ("space", "comedy"),
    WORKS[2].id: ("space",),
    WORKS[4].id: ("comedy", "nudity"),
}


@pytest.fixture(scope="module")
def held() -> Iterator[Snapshot]:
    with opened(Shelf(WORKS, TAGS)) as revision:
        yield revision


def facets(held: Snapshot, *nodes: int, **filters: Any) -> Facets:
    masks = FilterMasks(held.model, Filters(**filters), np.array(nodes, dtype=np.int32))
    return FacetCounter(held.model).facets(masks)


def test_every_value_of_the_hits_is_counted(held: Snapshot) -> None:
    found = facets(held, 0, 1, 2, 3)
    assert found.type == {"tv": 2, "movie": 1, "ova": 1}
    assert found.status == {"finished": 3, "ongoing": 1}
    assert found.season == {"spring": 1, "fall": 1}
    assert list(found.year.items()) == [("2002", 1), ("1998", 2)]
    assert found.tag == [TagFacet("space", 3), TagFacet("comedy", 1), TagFacet("drama", 1)]


def test_only_the_hits_are_counted(held: Snapshot) -> None:
    assert facets(held, 3) == Facets({"ova": 1}, {"finished": 1}, {}, {}, [])
    assert facets(held) == Facets({}, {}, {}, {}, [])


def test_a_facet_is_counted_under_the_other_filters(held: Snapshot) -> None:
    found = facets(held, 0, 1, 2, 3, type="tv", year=1998)
    assert found.type == {"tv": 1, "movie": 1}
    assert found.year == {"2002": 1, "1998": 1}
    assert found.status == {"finished": 1}


def test_adult_works_count_only_where_they_are_shown(held: Snapshot) -> None:
    assert facets(held, 1, 4).type == {"tv": 1}
    assert facets(held, 1, 4, safe=False).type == {"tv": 2}


def test_what_is_hidden_are_adult_works_that_pass_the_filters(held: Snapshot) -> None:
    nodes = np.arange(5, dtype=np.int32)
    assert FilterMasks(held.model, Filters(), nodes).adult_hidden == 1
    assert FilterMasks(held.model, Filters(year=2002), nodes).adult_hidden == 1
    assert FilterMasks(held.model, Filters(year=1998), nodes).adult_hidden == 0
    assert FilterMasks(held.model, Filters(safe=False), nodes).adult_hidden == 0


def test_tags_are_counted_alike_for_few_and_for_many_works() -> None:
    works = [work(number, f"Work {number}") for number in range(1, 101)]
    tags = {
        w.id: [f"tag {n:02}" for n in range(40) if number % (n + 1) == 0]
        for number, w in enumerate(works)
    }
    with opened(Shelf(works, tags)) as held:
        taggings = TagCounts(held.model)
        names = [tag.name for tag in held.model.tags]
        for nodes in (range(0, 100, 50), range(0, 100, 3), range(100)):
            counts = taggings.counts(np.array(nodes, dtype=np.int32))
            assert dict(zip(names, counts.tolist(), strict=True)) == {
                name: sum(name in tags[works[node].id] for node in nodes) for name in names
            }
            shown = taggings.most_common(np.array(nodes, dtype=np.int32))
            ranked = sorted(
                (-count, name) for name, count in zip(names, counts.tolist(), strict=True) if count
            )
            assert shown == [TagFacet(name, -count) for count, name in ranked[:20]]
