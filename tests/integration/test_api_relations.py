"""`/api/anime/{id}/relations`: walks over the small graph."""

from typing import Any

import pytest
from httpx import AsyncClient

from tests.support import graphs


async def walk(client: AsyncClient, work: object, query: str = "") -> dict[str, Any]:
    answer = await client.get(f"/api/anime/{work}/relations{query}")
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


def distances(found: dict[str, Any]) -> dict[str, int]:
    return {node["id"]: node["distance"] for node in found["nodes"]}


async def test_one_hop_holds_the_work_and_its_neighbours(client: AsyncClient) -> None:
    found = await walk(client, graphs.GITS_2)
    assert distances(found) == {str(graphs.GITS_2): 0, str(graphs.GITS): 1, str(graphs.GITS_SSS): 1}
    assert found["truncated"] is False


async def test_nodes_come_nearest_first(client: AsyncClient) -> None:
    found = await walk(client, graphs.GITS_SSS, "?depth=3")
    assert [node["distance"] for node in found["nodes"]] == [0, 1, 2, 3]
    assert found["nodes"][3]["id"] == str(graphs.MATRIX)


async def test_an_edge_reads_to_is_the_kind_of_from(client: AsyncClient) -> None:
    found = await walk(client, graphs.NARUTO_2, "?kinds=prequel")
    (edge,) = found["edges"]
    assert edge == {
        "from": str(graphs.NARUTO_2),
        "to": str(graphs.NARUTO),
        "kind": "prequel",
        "assertions": [graphs.ASSERTION | {"kind": "prequel"}],
    }


async def test_kinds_filter_what_is_followed(client: AsyncClient) -> None:
    found = await walk(client, graphs.NARUTO, "?kinds=sequel,prequel&depth=3")
    assert distances(found) == {str(graphs.NARUTO): 0, str(graphs.NARUTO_2): 1}


async def test_each_edge_comes_once(client: AsyncClient) -> None:
    found = await walk(client, graphs.GITS, "?depth=3")
    ends = [frozenset((edge["from"], edge["to"])) for edge in found["edges"]]
    assert len(ends) == len(set(ends)) == 4


@pytest.mark.parametrize(
    "query", ["?kinds=nonsense", "?kinds=", "?kinds=sequel,", "?kinds=sequel,Prequel"]
)
async def test_an_unknown_kind_is_named(client: AsyncClient, query: str) -> None:
    answer = await client.get(f"/api/anime/{graphs.GITS}/relations{query}")
    assert answer.status_code == 400
    assert answer.json()["errors"][0]["field"] == "kinds"


@pytest.mark.parametrize(
    "depth", ["0", "4", "-1", "1e0", "01", "1.0", "", "null", str(10**30), "NaN"]
)
async def test_a_depth_out_of_bounds_is_named(client: AsyncClient, depth: str) -> None:
    answer = await client.get(f"/api/anime/{graphs.GITS}/relations?depth={depth}")
    assert answer.status_code == 400
    assert answer.json()["errors"][0]["field"] == "depth"
