"""One answer under many spellings of its address is kept once, and made once."""

import random
from collections.abc import AsyncIterator, Mapping
from pathlib import Path
from typing import Final

import pytest
from httpx import AsyncClient

from tests.integration.conftest import running, settings_for, until_ready
from tests.support import franchise_rows, graphs
from tests.support.respelling import respelled

SHELL: Final = franchise_rows.GITS
PAGES: Final[list[tuple[str, dict[str, str]]]] = [
    (f"/anime/{graphs.BEBOP}", {}),
    (f"/anime/{graphs.BEBOP}/map", {"depth": "3"}),
    ("/search", {"q": "ghost in", "year": "1995"}),
    ("/path", {"from": str(graphs.BEBOP), "to": "naruto"}),
    ("/browse/1998/spring", {"sort": "title"}),
    ("/movies", {}),
    (f"/hub/{SHELL}", {}),
    (f"/hub/{SHELL}/map", {"as": "list"}),
    (f"/hub/{SHELL}/watch-order", {"order": "story", "optional": "0"}),
    (f"/hub/{SHELL}/wide.svg", {}),
]
API: Final[list[tuple[str, dict[str, str]]]] = [
    (f"/api/anime/{graphs.BEBOP}", {"fields": "id,title"}),
    (f"/api/anime/{graphs.BEBOP}/relations", {"depth": "2"}),
    ("/api/search", {"q": "cowboy bébop", "limit": "3"}),
    ("/api/suggest", {"q": "gho"}),
]
DEFAULTS: Final[list[tuple[str, dict[str, str]]]] = [
    (f"/anime/{graphs.BEBOP}", {"episodes": "1"}),
    (f"/anime/{graphs.BEBOP}/map", {"depth": " 1"}),
    (f"/hub/{SHELL}/watch-order", {"order": "release", "optional": ""}),
    (f"/hub/{SHELL}/map", {"as": "map", "work": ""}),
    (f"/api/anime/{graphs.BEBOP}/similar", {"limit": "20"}),
    (f"/api/anime/{graphs.BEBOP}/relations", {"depth": "1"}),
]
FOREIGN: Final = {"z": "1", "utm_source": "mail", "fbclid": "Ä b", "order[]": "", "Q": "x"}


@pytest.fixture(scope="module")
async def client(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[AsyncClient]:
    """Return a client of a service that has franchises."""
    folder: Path = tmp_path_factory.mktemp("spellings")
    settings = settings_for(await franchise_rows.franchise_store(folder), folder)
    async with running(settings) as client:
        await until_ready(client)
        yield client


async def hits(client: AsyncClient) -> float:
    """Return how many answers were sent as kept bytes so far."""
    lines = (await client.get("/metrics")).text.splitlines()
    name = "kensho_answer_cache_hits_total "
    return next(float(line.removeprefix(name)) for line in lines if line.startswith(name))


async def asked_in_other_words(
    client: AsyncClient, path: str, parameters: Mapping[str, str], more: Mapping[str, str]
) -> None:
    """Ask once, and then in other spellings: they get the kept answer."""
    first = await client.get(path, params=parameters)
    assert first.status_code == 200, first.text
    before = await hits(client)
    for seed in range(10):
        spelled_path, query = respelled(path, {**parameters, **more}, random.Random(seed))
        again = await client.get(f"{spelled_path}?{query}")
        assert again.status_code == 200, again.text
        assert again.headers["etag"] == first.headers["etag"]
        assert again.content == first.content
    assert await hits(client) == before + 10


@pytest.mark.parametrize(("path", "parameters"), PAGES)
async def test_a_page_is_made_once_whatever_is_added_to_its_address(
    client: AsyncClient, path: str, parameters: dict[str, str]
) -> None:
    await asked_in_other_words(client, path, parameters, FOREIGN)


@pytest.mark.parametrize(("path", "parameters"), API)
async def test_an_answer_of_the_api_is_made_once_however_it_is_spelled(
    client: AsyncClient, path: str, parameters: dict[str, str]
) -> None:
    await asked_in_other_words(client, path, parameters, {})


@pytest.mark.parametrize(("path", "parameters"), DEFAULTS)
async def test_a_default_spelled_out_is_no_other_target(
    client: AsyncClient, path: str, parameters: dict[str, str]
) -> None:
    plain = await client.get(path)
    spelled = await client.get(path, params=parameters)
    assert (plain.status_code, spelled.status_code) == (200, 200)
    assert spelled.headers["etag"] == plain.headers["etag"]


async def test_ids_in_upper_case_are_the_same(client: AsyncClient) -> None:
    id_ = str(graphs.BEBOP)
    for path in ("/anime/{}", "/anime/{}/map", "/api/anime/{}", "/api/anime/{}/similar"):
        lower = await client.get(path.format(id_))
        upper = await client.get(path.format(id_.upper()))
        assert upper.headers["etag"] == lower.headers["etag"]
    for other in (f"{{{id_}}}", id_.replace("-", ""), f"urn:uuid:{id_}"):
        assert (await client.get(f"/anime/{other}")).status_code == 404


async def test_every_route_of_the_api_refuses_what_it_does_not_know(client: AsyncClient) -> None:
    document = (await client.get("/api/openapi.json")).json()
    for template, item in document["paths"].items():
        path = template.format(
            work_id=graphs.BEBOP,
            slug=SHELL,
            year="1998",
            season="spring",
            tag="drama",
            name="mal:1",
            act="0" * 16,
            item_id="0" * 12,
        )
        for method, operation in item.items():
            if "security" in operation:
                continue  # who may not ask is told nothing of the parameters
            answer = await client.request(method, path, params={"z": "1"}, json={"ids": []})
            assert answer.status_code == 400, (method, path)
            assert "z" in [error["field"] for error in answer.json()["errors"]]
