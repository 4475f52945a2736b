"""The guard that limits edges' routes: who is one client, and what its answers say."""

import datetime as dt
from pathlib import Path
from typing import Any, Final, cast

import pytest
from httpx import ASGITransport, AsyncClient
from litestar import Litestar, Router, get
from prometheus_client import CollectorRegistry

from kensho.app import create_app
from kensho.errors import RateLimitedError
from kensho.http import authentication, edge_limits
from kensho.http.authentication import MANAGER_GUARDS
from kensho.http.edge_limits import EdgeLimits, counted_throttle, limited
from kensho.platform import sliding_limits
from kensho.platform.environment import with_changes
from kensho.platform.managers import ManagerFile
from kensho.platform.secret_values import Secret
from kensho.platform.settings import Settings
from kensho.platform.signing_secret import signing_keys
from kensho.platform.sliding_limits import LimitRule, SlidingLimits
from kensho.platform.timed_seals import LimitBypass
from tests.support.command_line import run_here

HERE: Final = "203.0.113.1"
THERE: Final = "203.0.113.2"


@get("/api/limited", guards=[limited])
async def answer() -> str:
    return "here you are"


@get("/api/managed", guards=[limited, *(MANAGER_GUARDS or ())])
async def managed() -> str:
    return "here you are"


@get("/api/odd", guards=[limited])
async def odd() -> str:
    raise RateLimitedError("too often", retry_after_s=5, scope="odd")


@pytest.fixture
def registry() -> CollectorRegistry:
    return CollectorRegistry()


class Clock:
    """A clock that is told."""

    now = dt.datetime(2026, 11, 30, 12, tzinfo=dt.UTC)

    def __call__(self) -> dt.datetime:
        return self.now


@pytest.fixture
def bypass() -> tuple[LimitBypass, Clock]:
    clock = Clock()
    return LimitBypass((Secret("a secret of the service"),), clock), clock


@pytest.fixture
def app(
    settings: Settings,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    registry: CollectorRegistry,
    bypass: tuple[LimitBypass, Clock],
) -> Litestar:
    """Return an application with two such routes, and limits that are soon reached."""
    monkeypatch.setattr(edge_limits, "VIEWERS", LimitRule("viewers", 3))
    monkeypatch.setattr(edge_limits, "MANAGERS", LimitRule("managers", 2))
    app = create_app(with_changes(settings, managers_file=tmp_path / "managers.json"))
    counted: Any = {RateLimitedError: counted_throttle}
    app.register(Router("/", route_handlers=[answer, managed, odd], exception_handlers=counted))
    access = app.state[authentication.STATE]
    limits = SlidingLimits(clock=lambda: 0.0)
    app.state[edge_limits.STATE] = EdgeLimits(
        limits, access, ("127.0.0.1", "::1"), registry=registry, bypass=bypass[0].is_good
    )
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


async def test_what_limits_refuse_is_counted_by_scope_whoever_is_signed_in(
    app: Litestar, registry: CollectorRegistry
) -> None:
    def refused(scope: str) -> float | None:
        return registry.get_sample_value("kensho_throttled_requests_total", {"scope": scope})

    async with client_at(app, HERE) as here:
        answers = [await here.get("/api/limited") for _ in range(5)]
        assert [one.status_code for one in answers] == [200, 200, 200, 429, 429]
        assert answers[-1].headers["content-type"] == "application/problem+json"
        assert refused("viewers") == 2
    async with client_at(app, THERE) as there:  # a limit that its handler has
        odd = await there.get("/api/odd")
        assert (odd.status_code, odd.json()["scope"], odd.headers["retry-after"]) == (
            429,
            "odd",
            "5",
        )
    assert (refused("viewers"), refused("odd")) == (2, 1)


async def test_a_sealed_header_passes_limits_while_it_is_good(
    app: Litestar, registry: CollectorRegistry, bypass: tuple[LimitBypass, Clock]
) -> None:
    maker, clock = bypass
    value = maker.make(dt.timedelta(minutes=5))
    other = LimitBypass((Secret("another secret"),), clock).make(LimitBypass.LONGEST)
    async with client_at(app, HERE) as here:

        async def status(given: str) -> int:
            return (await here.get("/api/limited", headers={"x-limit-bypass": given})).status_code

        assert [await status(value) for _ in range(5)] == [200] * 5
        assert registry.get_sample_value("kensho_limit_bypassed_requests_total") == 5
        for _ in range(3):
            assert await status("") == 200
        wrong = (other, "x", "=", value[:-1], f"{value}AAAA", "A" * 5_000, value.upper())
        assert {await status(one) for one in wrong} == {429}
        assert await status(value) == 200
        assert await status(maker.make(dt.timedelta(days=1))) == 200
        clock.now += dt.timedelta(minutes=5)
        assert await status(value) == 429
        clock.now -= dt.timedelta(days=1)  # a clock that was wrong when it was made
        assert await status(value) == 429


def test_the_header_is_made_by_a_command_and_off_by_default(tmp_path: Path) -> None:
    made = run_here(
        ["limits", "bypass", "--minutes", "1"], {"KENSHO_SECRET_FILE": str(tmp_path / "secret")}
    )
    assert (made.returncode, made.stderr) == (0, "KENSHO_RATE_LIMIT_BYPASS is off here\n")
    name, _, value = made.stdout.strip().partition(": ")
    assert name == "X-Limit-Bypass"
    keys = signing_keys(with_changes(Settings(), secret_file=tmp_path / "secret").signing)
    assert LimitBypass(keys, lambda: dt.datetime.now(dt.UTC)).is_good(value)
