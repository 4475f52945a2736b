"""What clients send is not remembered without bound: neither long headers nor new targets."""

import gc
import tracemalloc
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from httpx import AsyncClient

from kensho.http.compression import choose_encoding
from kensho.http.forwarding import TrustedProxies
from kensho.http.targets import Targets
from kensho.platform.environment import with_changes
from kensho.read_model.building.publishing import publish_store
from kensho.storage.store_settings import StoreSettings
from tests.integration.conftest import running, settings_for, until_ready
from tests.support.servers import written_store

MIB = 1 << 20
HEADERS = (
    "accept-encoding",
    "x-forwarded-for",
    "forwarded",
    "x-forwarded-proto",
    "accept",
    "cookie",
    "origin",
    "if-none-match",
    "x-request-id",
    "traceparent",
    "user-agent",
    "authorization",
)


@pytest.fixture
async def client(tmp_path: Path) -> AsyncIterator[AsyncClient]:
    """Return a client of a service behind a proxy."""
    settings = settings_for(await written_store(tmp_path / "kensho.db"), tmp_path)
    await publish_store(StoreSettings.of(settings), settings.snapshot.read_model_dir)
    async with running(with_changes(settings, trusted_proxies=("127.0.0.1",))) as client:
        await until_ready(client)
        yield client


async def test_long_headers_are_not_remembered(client: AsyncClient) -> None:
    async def asked(number: int) -> None:
        headers = {name: f"{number:x}".ljust(8_000, "a") for name in HEADERS}
        assert (await client.get("/api/tags?limit=1", headers=headers)).status_code in (200, 429)
        posted = {"content-type": f"application/json; x={number:x}".ljust(8_000, "a")}
        answer = await client.post("/api/anime/batch", headers=posted, content=b'{"ids":[]}')
        assert answer.status_code in (200, 400, 429)

    for number in range(20):
        await asked(number)
    gc.collect()
    tracemalloc.start()
    try:
        before, _ = tracemalloc.get_traced_memory()
        for number in range(100, 300):
            await asked(number)
        gc.collect()
        after, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert after - before < MIB, "200 requests brought 21 MB"


def test_new_targets_take_no_more_than_is_said() -> None:
    table, number = Targets(), 0
    tracemalloc.start()
    try:
        before, _ = tracemalloc.get_traced_memory()
        for number in range(6_000):
            table.canonical(b"/%064d" % number, b"%032d=%0128d" % (number, number))
        after, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert after - before < 8 * MIB


def test_what_is_too_long_to_remember_is_read_all_the_same() -> None:
    assert choose_encoding(b"gzip, " + b"x, " * 1_000 + b"br;q=0.5") == "gzip"
    scope = {
        "type": "http",
        "client": ("10.0.0.1", 1),
        "scheme": "http",
        "headers": [(b"x-forwarded-for", b"192.0.2.1, " * 1_000 + b"192.0.2.7")],
    }
    TrustedProxies(("10.0.0.0/8",)).apply(scope)  # type: ignore[arg-type]  # the part that is read
    assert scope["client"] == ("192.0.2.7", 0)
