"""What Litestar's own parts do, as decision 0013 says: where one of these fails, ask again.

Each runs around a cache that answers before routing, as ours does.
"""

from typing import Any

import pytest
from httpx import ASGITransport, AsyncClient, Response
from litestar import Litestar, get, post
from litestar import Response as LitestarResponse
from litestar.config.allowed_hosts import AllowedHostsConfig
from litestar.config.cors import CORSConfig
from litestar.enums import ScopeType
from litestar.types import ASGIApp, Receive, Scope, Send

from kensho.http.options import tell_all_methods

APP = {"origin": "https://app.example"}


@get("/routed", sync_to_thread=False)
def routed() -> LitestarResponse[str]:
    return LitestarResponse("x", headers={"Vary": "Accept-Encoding"})


def with_cache(app: ASGIApp) -> ASGIApp:
    """Return a layer before the application that answers `/kept` itself."""

    async def serve(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == ScopeType.HTTP and scope["path"] == "/kept":
            await send({"type": "http.response.start", "status": 200, "headers": []})
            await send({"type": "http.response.body", "body": b"", "more_body": False})
            return
        await app(scope, receive, send)

    return serve


async def ask(method: str, path: str, headers: dict[str, str], **configuration: Any) -> Response:
    app = Litestar([routed], logging_config=None, openapi_config=None, **configuration)
    app.asgi_handler = with_cache(app.asgi_handler)
    transport: Any = ASGITransport(app)  # type: ignore[arg-type]  # Litestar's scope is a TypedDict
    async with AsyncClient(transport=transport, base_url="http://test") as client:
        return await client.request(method, path, headers=headers)


async def test_its_cors_does_not_reach_kept_answers() -> None:
    answer = await ask("GET", "/kept", APP, cors_config=CORSConfig())
    assert "access-control-allow-origin" not in answer.headers


async def test_its_cors_depends_on_the_origin_and_does_not_say_so() -> None:
    with_origin = await ask("GET", "/routed", APP, cors_config=CORSConfig())
    without = await ask("GET", "/routed", {}, cors_config=CORSConfig())
    assert with_origin.headers["access-control-allow-origin"] == "*"
    assert "access-control-allow-origin" not in without.headers
    assert without.headers["vary"] == "Accept-Encoding"


async def test_its_cors_replaces_vary() -> None:
    narrow = CORSConfig(allow_origins=[APP["origin"]])
    answer = await ask("GET", "/routed", APP, cors_config=narrow)
    assert answer.headers["vary"] == "Origin"


async def test_its_cors_answers_options_where_nothing_is() -> None:
    answer = await ask("OPTIONS", "/nowhere", APP, cors_config=CORSConfig())
    assert answer.status_code == 204


@pytest.mark.parametrize(
    ("host", "path", "status"),
    [
        ("evil.example", "/routed", 400),
        ("evil.example", "/kept", 200),
        ("evil.example", "/nowhere", 404),
        ("good.example:8700", "/routed", 400),
        ("GOOD.example", "/routed", 400),
    ],
)
async def test_its_allowed_hosts_are_checked_in_routes_only_and_to_the_letter(
    host: str, path: str, status: int
) -> None:
    hosts = AllowedHostsConfig(["good.example"])
    answer = await ask("GET", path, {"host": host}, allowed_hosts=hosts)
    assert answer.status_code == status


async def test_its_options_tell_of_one_method_alone_until_they_are_made_anew() -> None:
    @post("/routed", sync_to_thread=False)
    def changed() -> None: ...

    app = Litestar([routed, changed], logging_config=None, openapi_config=None)
    transport: Any = ASGITransport(app)  # type: ignore[arg-type]  # Litestar's scope is a TypedDict

    async def told() -> tuple[tuple[str, ...], int]:
        async with AsyncClient(transport=transport, base_url="http://test") as client:
            answers = [await client.options("/routed"), await client.patch("/routed")]
        return tuple(sorted(answers[0].headers["allow"].split(", "))), answers[1].status_code

    assert await told() == (("GET", "OPTIONS"), 405)
    tell_all_methods(app)
    assert await told() == (("GET", "OPTIONS", "POST"), 405)
