"""Posters that the service hands on: which addresses pages have, and what those answer."""

import hashlib
import re
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from httpx import AsyncClient

from kensho.platform.environment import with_changes
from tests.integration.conftest import running, settings_for, until_ready
from tests.support import graphs
from tests.support.servers import written_store

JPEG = b"\xff\xd8\xff a picture"
URL = "https://posters.example/1.jpg"


@pytest.fixture
async def proxied(tmp_path: Path) -> AsyncIterator[AsyncClient]:
    """Return a client of a service that hands posters of one host on, and has one of them."""
    settings = with_changes(
        settings_for(await written_store(tmp_path / "kensho.db"), tmp_path),
        posters="proxy",
        posters_hosts=("posters.example",),
        posters_dir=tmp_path / "posters",
    )
    name = hashlib.sha256(URL.encode()).hexdigest()
    kept = tmp_path / "posters" / name[:2] / name
    kept.parent.mkdir(parents=True)
    kept.write_bytes(JPEG)
    async with running(settings) as client:
        await until_ready(client)
        yield client


async def test_pages_load_posters_from_here_by_addresses_that_name_no_host(
    proxied: AsyncClient,
) -> None:
    text = (await proxied.get(f"/anime/{graphs.BEBOP}")).text
    addresses = re.findall(r'src="(/posters/[^"]+)"', text)
    assert addresses
    answer = await proxied.get(addresses[0])
    assert (answer.status_code, answer.content) == (200, JPEG)
    assert answer.headers["content-type"] == "image/jpeg"
    assert answer.headers["cache-control"] == "public, max-age=31536000, immutable"
    tag = {"if-none-match": answer.headers["etag"]}
    assert (await proxied.get(addresses[0], headers=tag)).status_code == 304
    for version in ("0" * 20, "https:%2F%2Fposters.example%2F1.jpg"):
        assert (await proxied.get(f"/posters/{graphs.BEBOP}/{version}")).status_code == 404
    assert (await proxied.get(f"/posters/nobody/{'0' * 20}")).status_code == 404


async def test_otherwise_browsers_load_them_from_their_hosts(client: AsyncClient) -> None:
    text = (await client.get(f"/anime/{graphs.BEBOP}")).text
    assert f'src="{URL}"' in text
    assert (await client.get(f"/posters/{graphs.BEBOP}/{'0' * 20}")).status_code == 404
