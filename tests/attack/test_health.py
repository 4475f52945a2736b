"""What health tells to everybody: states, and neither folders, machines nor passwords."""

from pathlib import Path

import pytest
import structlog
from httpx import AsyncClient

from kensho.discovery.health import HealthService
from kensho.platform.environment import with_changes
from kensho.platform.settings import Settings
from kensho.read_model.building.publishing import publish_store
from kensho.read_model.holder import SnapshotHolder
from kensho.read_model.publications import CURRENT
from kensho.storage.store_settings import StoreSettings
from tests.integration.conftest import running, settings_for, until, until_ready
from tests.support.servers import written_store

PASSWORD = "hunter2-hunter2"
URL = f"ws://root:{PASSWORD}@127.0.0.1:9"
PLACES = ("/health/ready", "/api/health", "/status", "/api/movies", "/anime/x", "/health/live")


async def told(client: AsyncClient) -> str:
    """Return all that the places which tell of the service say, headers included."""
    answers = [await client.get(path) for path in PLACES]
    return "\n".join(f"{answer.headers} {answer.text}" for answer in answers)


@pytest.fixture
async def settings(tmp_path: Path) -> Settings:
    """Return settings whose store is published."""
    settings = settings_for(await written_store(tmp_path / "kensho.db"), tmp_path)
    await publish_store(StoreSettings.of(settings), settings.snapshot.read_model_dir)
    return settings


async def test_readiness_is_one_word_unless_details_are_asked_for(settings: Settings) -> None:
    async with running(settings) as client:
        await until_ready(client)
        assert (await client.get("/health/ready")).json() == {"status": "ok"}
        health = (await client.get("/api/health")).json()
        assert set(health) == {
            "status",
            "version",
            "revision",
            "counts",
            "dependencies",
            "snapshot",
        }
    async with running(with_changes(settings, health_details=True)) as client:
        await until_ready(client)
        ready = (await client.get("/health/ready")).json()
        assert ready["dependencies"] == {"read_model": {"status": "ok"}}
        assert ready["snapshot"]["revision"] == 1


async def test_a_fault_is_told_without_where_things_lie(settings: Settings, tmp_path: Path) -> None:
    async with running(settings) as client:
        await until_ready(client)
        assert 'kensho_well{what="read_model"} 1.0' in (await client.get("/metrics")).text
        (settings.snapshot.read_model_dir / CURRENT).write_bytes(b"{")
        await until(client, "/health/ready", lambda answer: answer.json()["status"] == "degraded")
        assert (await client.get("/health/ready")).status_code == 200
        assert (await client.get("/health/ready")).json() == {"status": "degraded"}
        health = (await client.get("/api/health")).json()
        assert health["dependencies"] == {"read_model": {"status": "degraded"}}
        assert 'kensho_well{what="read_model"} 0.0' in (await client.get("/metrics")).text
        text = await told(client)
        assert str(tmp_path) not in text
        assert CURRENT not in text


async def test_a_server_with_nothing_to_serve_tells_no_more(tmp_path: Path) -> None:
    settings = settings_for(f"surrealkv://{tmp_path / 'kensho.db'}", tmp_path)
    async with running(settings) as client:
        ready = await client.get("/health/ready")
        assert (ready.status_code, ready.json()) == (503, {"status": "down"})
        text = await told(client)
        assert str(tmp_path) not in text
        assert (await client.get("/status")).status_code == 503


@pytest.mark.parametrize("details", [True, False])
async def test_no_place_tells_the_password_of_a_store(tmp_path: Path, *, details: bool) -> None:
    """The settings refuse such a URL; a dependency may put one into its message all the same."""
    holder = SnapshotHolder(tmp_path / "read_model", "store", or_latest=True)
    await holder.refresh()
    holder.build_error = f"can't open {URL}: refused"
    service = HealthService(holder, lambda: pytest.fail("no clock"), "1", details=details)
    text = f"{service.health()} {service.readiness()}"
    assert PASSWORD not in text
    assert ("://***@127.0.0.1:9" in text) is details


async def test_the_log_tells_why_nothing_is_published(tmp_path: Path) -> None:
    (tmp_path / "kensho.db").mkdir()
    settings = settings_for(f"surrealkv://{tmp_path / 'kensho.db'}", tmp_path)
    with structlog.testing.capture_logs() as lines:
        async with running(settings, publishes=True) as client:
            await until(
                client,
                "/health/ready",
                lambda _: any(line["event"] == "snapshot_not_published" for line in lines),
            )
