"""The guard that limits edges' routes: who is one client, and what its answers say."""

from typing import Any, cast

from httpx import ASGITransport, AsyncClient
from litestar import get

from kensho.app import create_app
from kensho.http import edge_limits
from kensho.http.authentication import Connection
from kensho.http.edge_limits import EdgeLimits, limited
from kensho.platform.environment import with_changes
from kensho.platform.settings import Settings
from kensho.platform.sliding_limits import LimitRule, SlidingLimits

FEW = LimitRule("few", 3)


@get("/api/limited", guards=[limited(FEW)])
async def answer() -> str:
    return "here you are"


async def session_of(connection: Connection) -> str | None:
    """Take sessions that begin with `valid` for such."""
    given = connection.headers.get("authorization", "")
    return given if given.startswith("valid") else None


def client_at(app: Any, address: str) -> AsyncClient:
    """Return a client at an address."""
    transport = ASGITransport(app, client=(address, 1))
    return AsyncClient(transport=transport, base_url="http://test")


async def test_a_session_is_a_client_and_so_is_an_address(settings: Settings) -> None:
    app = create_app(with_changes(settings))
    app.register(answer)
    app.state[edge_limits.STATE] = EdgeLimits(SlidingLimits(clock=lambda: 0.0), session_of)
    given = cast("Any", app)
    async with client_at(given, "203.0.113.1") as here, client_at(given, "203.0.113.2") as there:
        told = [await here.get("/api/limited") for _ in range(4)]
        assert [one.status_code for one in told] == [200, 200, 200, 429]
        assert [one.headers["ratelimit"] for one in told] == [
            f'"few";r={left};t=120' for left in (2, 1, 0, 0)
        ]
        assert all(one.headers.get_list("ratelimit-policy") == ['"few";q=3;w=60'] for one in told)
        assert [one.headers.get("retry-after") for one in told] == [None, None, None, "61"]
        problem = told[-1].json()
        assert problem["scope"] == "few"
        assert problem["type"] == "urn:kensho:problem:too_many_requests"
        assert problem["detail"] == "at most 3 requests in 60 seconds"
        assert (await there.get("/api/limited")).status_code == 200
        # A session is counted by itself, from wherever it comes; what it claims falsely is not.
        valid = {"authorization": "valid 1"}
        for client in (here, there, here):
            assert (await client.get("/api/limited", headers=valid)).status_code == 200
        assert (await there.get("/api/limited", headers=valid)).status_code == 429
        assert (await here.get("/api/limited", headers={"authorization": "x"})).status_code == 429
        assert (
            (await here.get("/api/openapi.json"))
            .headers["ratelimit-policy"]
            .startswith('"default"')
        )


async def test_addresses_of_one_ipv6_network_are_one_client(settings: Settings) -> None:
    app = create_app(with_changes(settings))
    app.register(answer)
    app.state[edge_limits.STATE] = EdgeLimits(SlidingLimits(clock=lambda: 0.0), session_of)
    for last, status in ((1, 200), (2, 200), (3, 200), (4, 429)):
        async with client_at(cast("Any", app), f"2001:db8:1:2::{last}") as client:
            assert (await client.get("/api/limited")).status_code == status
    async with client_at(cast("Any", app), "2001:db8:1:3::1") as client:
        assert (await client.get("/api/limited")).status_code == 200
