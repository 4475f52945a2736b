"""Searches without result are counted, also those answered from the cache, and survive the end."""

from pathlib import Path

from httpx import ASGITransport, AsyncClient

from kensho.domain.searches import SearchCount
from kensho.platform.environment import with_changes
from kensho.platform.settings import Settings
from kensho.storage.queue_file import QueueFile
from kensho.storage.search_counts import totals
from tests.integration.conftest import running, settings_for, until_ready
from tests.support import graphs

NONSENSE = "qqqzzzxxx"


def counted_settings(url: str, folder: Path, **more: object) -> Settings:
    return with_changes(settings_for(url, folder), queue_file=folder / "queue.db", **more)


def as_client(client: AsyncClient, address: str) -> AsyncClient:
    app = client._transport.app  # type: ignore[attr-defined]  # httpx keeps it there
    transport = ASGITransport(app, client=(address, 1))
    return AsyncClient(transport=transport, base_url="http://test")


async def test_a_text_without_result_and_what_it_leads_to_are_counted_and_kept(
    small_store: str, tmp_path: Path
) -> None:
    settings = counted_settings(small_store, tmp_path)
    async with running(settings) as client:
        await until_ready(client)
        for number, path in enumerate(("/search", "/api/search", "/search", "/api/search")):
            async with as_client(client, f"203.0.113.{number}") as reader:
                nothing = await reader.get(f"{path}?q={NONSENSE}")
                assert nothing.status_code == 200
                await reader.get(f"{path}?q={NONSENSE}")
                await reader.get("/search?q=matrix")
                assert (await reader.get(f"/movies/{graphs.MATRIX}")).status_code in (200, 308)
                assert (await reader.get(f"/anime/{graphs.MATRIX}")).status_code in (200, 308)
        figures = (await client.get("/metrics")).text
        assert 'kensho_searches_total{outcome="nothing"} 4.0' in figures
        assert 'kensho_searches_total{outcome="corrected"} 4.0' in figures
    assert totals(QueueFile(settings.queue.file)) == [
        SearchCount(NONSENSE, None, 4),
        SearchCount(NONSENSE, graphs.MATRIX, 4),
    ]
    content = settings.queue.file.read_bytes()
    assert b"203.0.113" not in content


async def test_what_filters_leave_out_is_no_text_without_result(
    small_store: str, tmp_path: Path
) -> None:
    settings = counted_settings(small_store, tmp_path)
    async with running(settings) as client:
        await until_ready(client)
        await client.get("/search?q=matrix&type=tv&year=1950")
        await client.get("/api/search?q=matrix&year=1950")
        await client.get(f"/api/search?q={NONSENSE}&strict=true")
    assert totals(QueueFile(settings.queue.file)) == []


async def test_where_it_is_turned_off_nothing_is_counted(small_store: str, tmp_path: Path) -> None:
    settings = counted_settings(small_store, tmp_path, queue_search_days=0)
    async with running(settings) as client:
        await until_ready(client)
        await client.get(f"/search?q={NONSENSE}")
        assert "kensho_searches_total{" not in (await client.get("/metrics")).text
    assert not settings.queue.file.exists()
