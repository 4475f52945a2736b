"""The contract that the first plan published, replayed as a foreign client would.

It is read from the folder of shared data; what it promises of tags and statuses is asserted of the
sample's own answers as well, so that it holds where that folder is absent.
"""

from pathlib import Path
from typing import Any, Final, get_args

import pytest
from httpx import AsyncClient

from kensho.domain.works import Status, TagCategory
from tests.support import graphs
from tests.support.published_contract import PublishedContract

CONTRACT: Final = (
    Path(__file__).parents[3] / "shared" / "data" / "contracts" / "kensho-poc.openapi.yaml"
)
_PATHS: Final = (
    ("/anime/{id}", f"/api/anime/{graphs.BEBOP}"),
    ("/anime/{id}", f"/api/anime/{graphs.GITS}"),
    ("/anime/{id}", f"/api/anime/{graphs.SPIRITED_AWAY}"),
    ("/search", "/api/search?q=cowboy&limit=5"),
    ("/search", "/api/search?q=nothing%20at%20all"),
    ("/browse/season/{year}/{season}", "/api/browse/season/1998/spring?page=1&limit=10"),
    ("/anime/{id}/episodes", f"/api/anime/{graphs.BEBOP}/episodes"),
)


@pytest.mark.parametrize(("path", "address"), _PATHS)
async def test_answers_keep_the_published_contract(
    client: AsyncClient, path: str, address: str
) -> None:
    if not CONTRACT.exists():
        pytest.skip(f"the published contract is not here: {CONTRACT}")
    pytest.importorskip("yaml", reason="contracts are YAML")
    contract = PublishedContract(CONTRACT)
    answer = await client.get(address)
    assert answer.status_code == 200
    assert list(contract.problems(answer.json(), contract.schema(path))) == []


@pytest.mark.parametrize("work", [graphs.BEBOP, graphs.GITS, graphs.NARUTO, graphs.SPIRITED_AWAY])
async def test_every_tag_has_a_category_and_every_work_a_status(
    client: AsyncClient, work: object
) -> None:
    detail: dict[str, Any] = (await client.get(f"/api/anime/{work}")).json()
    assert {tag["category"] for tag in detail["tags"]} <= set(get_args(TagCategory))
    assert detail["status"] in get_args(Status)


async def test_a_tag_that_nobody_places_is_content(client: AsyncClient) -> None:
    listed = (await client.get("/api/tags?limit=100")).json()["tags"]
    assert {tag["name"]: tag["category"] for tag in listed}["gun"] == "content"
    assert all(tag["category"] for tag in listed)
    content = (await client.get("/api/tags?category=content&limit=100")).json()["tags"]
    assert "gun" in [tag["name"] for tag in content]
