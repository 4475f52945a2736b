"""The guard that limits edges' routes: who is one client, and what its answers say."""

import datetime as dt
from pathlib import Path
from typing import Any, Final, cast

import pytest
from httpx import ASGITransport, AsyncClient
from litestar import Litestar, get

from kensho.app import create_app
from kensho.http import authentication, edge_limits
from kensho.http.authentication import MANAGER_GUARDS
from kensho.http.edge_limits import EdgeLimits, limited
from kensho.platform import sliding_limits
from kensho.platform.environment import with_changes
from kensho.platform.managers import ManagerFile
from kensho.platform.settings import Settings
from kensho.platform.sliding_limits import LimitRule, SlidingLimits

HERE: Final = "203.0.113.1"
THERE: Final = "203.0.113.2"


@get("/api/limited", guards=[limited])
async def answer() -> str:
    return "here you are"


@get("/api/managed", guards=[limited, *(MANAGER_GUARDS or ())])
async def managed() -> str:
    return "here you are"


@pytest.fixture
def app(settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Litestar:
    """Return an application with two such routes, and limits that are soon reached."""
    monkeypatch.setattr(edge_limits, "VIEWERS", LimitRule("viewers", 3))
    monkeypatch.setattr(edge_limits, "MANAGERS", LimitRule("managers", 2))
    app = create_app(with_changes(settings, managers_file=tmp_path / "managers.json"))
    app.register(answer)
    app.register(managed)
    access = app.state[authentication.STATE]
    limits = SlidingLimits(clock=lambda: 0.0)
    app.state[edge_limits.STATE] = EdgeLimits(limits, access, ("127.0.0.1", "::1"))
    return app


def client_at(app: Litestar, address: str) -> AsyncClient:
    """Return a client at an address."""
    transport = ASGITransport(cast("Any", app), client=(address, 1))
    return AsyncClient(transport=transport, base_url="http://test")


async def test_an_address_is_a_client_and_is_told_what_is_left(app: Litestar) -> None:
    async with client_at(app, HERE) as here, client_at(app, THERE) as there:
        told = [await here.get("/api/limited") for _ in range(4)]
        assert [one.status_code for one in told] == [200, 200, 200, 429]
        assert [one.headers["ratelimit"] for one in told] == [
            f'"viewers";r={left};t=120' for left in (2, 1, 0, 0)
        ]
        policies = [one.headers.get_list("ratelimit-policy") for one in told]
        assert policies == [['"viewers";q=3;w=60']] * 4
        assert [one.headers.get("retry-after") for one in told] == [None, None, None, "61"]
        problem = told[-1].json()
        assert problem["scope"] == "viewers"
        assert problem["type"] == "urn:kensho:problem:too_many_requests"
        assert problem["detail"] == "at most 3 requests in 60 seconds"
        assert (await there.get("/api/limited")).status_code == 200
        document = await here.get("/api/openapi.json")  # discovery goes on, by its own limit
        assert document.status_code == 200
        assert document.headers["ratelimit-policy"].startswith('"default"')


async def test_a_manager_is_a_client_wherever_the_requests_come_from(
    app: Litestar, tmp_path: Path
) -> None:
    token = ManagerFile(tmp_path / "managers.json").add("ada", dt.date(2026, 11, 30))
    right, wrong = {"authorization": f"Bearer {token}"}, {"authorization": "Bearer wrong"}
    async with client_at(app, HERE) as here, client_at(app, THERE) as there:
        for client in (here, there):
            assert (await client.get("/api/managed", headers=right)).status_code == 200
        refused = await there.get("/api/managed", headers=right)
        assert (refused.status_code, refused.json()["scope"]) == (429, "managers")
        assert (await there.get("/api/limited", headers=right)).status_code == 200
        # Who claims falsely to be somebody is counted by address.
        answers = [await here.get("/api/managed", headers=wrong) for _ in range(3)]
        assert [one.status_code for one in answers] == [401, 401, 429]
        assert answers[0].headers["ratelimit"] == '"managers";r=1;t=120'


async def test_networks_are_clients_and_this_machine_is_none(app: Litestar) -> None:
    for last, status in ((1, 200), (2, 200), (3, 200), (4, 429)):
        async with client_at(app, f"2001:db8:1:2::{last}") as client:
            assert (await client.get("/api/limited")).status_code == status
    async with client_at(app, "2001:db8:1:3::1") as client:
        assert (await client.get("/api/limited")).status_code == 200
    async with client_at(app, "127.0.0.1") as client:
        answers = [await client.get("/api/limited") for _ in range(5)]
    assert all(one.status_code == 200 for one in answers)
    assert "ratelimit" not in answers[0].headers


def test_viewers_have_120_a_minute_and_managers_20() -> None:
    assert LimitRule("viewers", 120, 60) == sliding_limits.VIEWERS
    assert LimitRule("managers", 20, 60) == sliding_limits.MANAGERS
