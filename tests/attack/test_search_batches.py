"""Batches of searches under attack: what they hold up, and what they are fed."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest
from httpx import AsyncClient

from kensho.platform.environment import with_changes
from tests.integration.conftest import running, settings_for, until_ready
from tests.support.searches import searchable_store

BATCH = "/api/search/batch"
HOSTILE = [
    "[" * 1_000,
    "]" * 500 + "(" * 500,
    "/" * 1_000,
    "\\..\\" * 200,
    "S01E" * 250,
    "第" * 500 + "話" * 500,
    "- 1 " * 250,
    "\u202e\u0301" * 400,
    "(2002) " * 140,
    "a.b-c_d+e " * 100,
    "mal:" * 250,
    "12345678901234567890 - " * 40,
    "\ufffd\uffff\U0010ffff",
    "%00%ff%0a" * 100,
]


@pytest.fixture(scope="module")
async def client(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[AsyncClient]:
    """Serve with one thread for costly answers, which a batch could hold."""
    folder = tmp_path_factory.mktemp("batches")
    settings = settings_for(await searchable_store(folder), folder)
    changed = with_changes(settings, work_threads=1, trusted_proxies=("127.0.0.0/8",))
    async with running(changed) as client:
        await until_ready(client)
        yield client


async def test_others_have_their_turn_between_the_texts_of_a_batch(client: AsyncClient) -> None:
    body = {"texts": [f"Naruto/Season 1/S01E{n:02}.mkv" for n in range(100)], "explain": True}
    ended: list[str] = []

    async def batch() -> None:
        answer = await client.post(BATCH, json=body, headers={"x-forwarded-for": "192.0.2.1"})
        assert answer.status_code == 200
        ended.append("batch")

    async def completed() -> None:
        headers = {"x-forwarded-for": "192.0.2.2"}
        answer = await client.get("/api/suggest", params={"q": "na"}, headers=headers)
        assert answer.status_code == 200
        ended.append("type-ahead")

    batches = asyncio.create_task(batch())
    for _ in range(3):
        await asyncio.sleep(0)
    await asyncio.gather(completed(), batches)
    assert ended == ["type-ahead", "batch"]


async def test_no_text_makes_it_stumble(client: AsyncClient) -> None:
    answer = await client.post(BATCH, json={"texts": HOSTILE, "explain": True, "safe": False})
    assert answer.status_code == 200
    assert len(answer.json()["answers"]) == len(HOSTILE)


@pytest.mark.parametrize(
    ("content", "status"),
    [
        (b'{"texts": ["' + b"x" * 70_000 + b'"]}', 413),
        (b'{"texts": [' + b"[" * 5_000, 400),
        (b'{"texts": ["\\ud800"]}', 400),
        (b'{"texts": null}', 400),
        (b'{"texts": ["a"], "limit": 1e400}', 400),
        (b'{"texts": ["a"], "year": 99999999999999999999}', 400),
        (b'{"texts": ["a"], "type": ["\\u0000"]}', 400),
        (b'{"texts": ["a"], "tag": "' + b"t" * 40_000 + b'"}', 400),
        (b'{"texts": ["a"], "fields": ["' + b"f" * 40_000 + b'"]}', 400),
        (b'{"texts": ["a"], "type": [' + b'"y",' * 99 + b'"z"]}', 400),
        (b'{"texts": ["a"], "type": ["' + b"y,z," * 10_000 + b'"]}', 400),
    ],
)
async def test_a_hostile_body_is_refused(client: AsyncClient, content: bytes, status: int) -> None:
    headers: dict[str, Any] = {"content-type": "application/json"}
    answer = await client.post(BATCH, content=content, headers=headers)
    assert answer.status_code == status
    assert answer.headers["content-type"] == "application/problem+json"
    assert len(answer.content) < 10_000
