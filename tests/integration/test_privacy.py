"""Answers are private unless a route is declared public: nobody is given another's."""

import gzip
from collections.abc import AsyncIterator
from typing import Any

import brotli
import pytest
from httpx import AsyncClient, Response
from litestar import Controller, Request, get, post
from litestar import Response as LitestarResponse
from litestar.connection import ASGIConnection
from litestar.exceptions import NotAuthorizedException
from litestar.handlers import BaseRouteHandler
from litestar.params import FromPath
from litestar.types import EmptyType

from kensho.errors import GoneError, MovedError
from kensho.http.authentication import manager_only, manager_page
from kensho.http.privacy import PRIVATE, PUBLIC
from kensho.http.responses import PreparedResponse, ResponseMeta, StreamedResponse, UncachedResponse
from tests.integration.conftest import running, settings_for, until_ready
from tests.support import graphs
from tests.support.servers import written_store

ALICE = {"authorization": "Bearer of-alice"}
BOB = {"authorization": "Bearer of-bob"}
CAROL = {"cookie": "theme=dark; __Host-kensho=of-carol; other=1"}
NOBODY: dict[str, str] = {}
CALLERS = (ALICE, BOB, CAROL, NOBODY)
ENCODINGS = ("br", "gzip", "identity")
IDENTITY = "one-state"


def name_of(request: Request[Any, Any, Any]) -> str:
    known = request.headers.get("authorization", "") + request.headers.get("cookie", "")
    return next((name for name in ("alice", "bob", "carol") if f"of-{name}" in known), "nobody")


def document(request: Request[Any, Any, Any]) -> bytes:
    """Return a text that names its reader, long enough to be compressed."""
    return f"for {name_of(request)} ".encode() * 200


def refuse_bob(connection: ASGIConnection[Any, Any, Any, Any], _handler: BaseRouteHandler) -> None:
    if "of-bob" in connection.headers.get("authorization", ""):
        raise NotAuthorizedException("not for bob")


class PrivateController(Controller):
    """Answers by caller, in every way a handler can."""

    path = "/private"
    include_in_schema: bool | EmptyType = False

    @get("/prepared")
    async def prepared(self, request: Request[Any, Any, Any]) -> PreparedResponse:
        return PreparedResponse(document(request), IDENTITY)

    @get("/briefly")
    async def briefly(self, request: Request[Any, Any, Any]) -> PreparedResponse:
        meta = ResponseMeta(private_max_age_s=30, tag=b"fixed")
        return PreparedResponse(document(request), IDENTITY, meta=meta)

    @get("/streamed")
    async def streamed(self, request: Request[Any, Any, Any]) -> StreamedResponse:
        return StreamedResponse(lambda: iter([document(request)]), IDENTITY, ResponseMeta())

    @get("/uncached")
    async def uncached(self, request: Request[Any, Any, Any]) -> UncachedResponse:
        return UncachedResponse(document(request))

    @get("/plain")
    async def plain(self, request: Request[Any, Any, Any]) -> dict[str, str]:
        return {"text": document(request).decode()}

    @get("/careless")
    async def careless(self, request: Request[Any, Any, Any]) -> LitestarResponse[bytes]:
        headers = {"Cache-Control": "public, max-age=600", "ETag": '"mine"'}
        return LitestarResponse(document(request), headers=headers)

    @get("/gone")
    async def gone(self, request: Request[Any, Any, Any]) -> None:
        raise GoneError(document(request).decode())

    @get("/moved/{name:str}")
    async def moved(self, request: Request[Any, Any, Any], name: FromPath[str]) -> None:
        raise MovedError(document(request).decode(), successor=f"{name_of(request)}-{name}")

    @get("/guarded", guards=[refuse_bob])
    async def guarded(self, request: Request[Any, Any, Any]) -> PreparedResponse:
        return PreparedResponse(document(request), IDENTITY)


class PublicController(Controller):
    """Declared public, but for one of its routes."""

    path = "/public"
    opt = PUBLIC
    include_in_schema: bool | EmptyType = False

    @get("/same")
    async def same(self) -> PreparedResponse:
        return PreparedResponse(b"for everybody " * 200, IDENTITY)

    @get("/own", opt=PRIVATE)
    async def own(self, request: Request[Any, Any, Any]) -> PreparedResponse:
        return PreparedResponse(document(request), IDENTITY)

    @post("/same")
    async def written(self, request: Request[Any, Any, Any]) -> PreparedResponse:
        return PreparedResponse(document(request), IDENTITY)

    @get("/cookie")
    async def cookie(self, request: Request[Any, Any, Any]) -> PreparedResponse:
        cookie = (b"set-cookie", b"visit=" + name_of(request).encode())
        return PreparedResponse(b"{}", IDENTITY, meta=ResponseMeta(headers=(cookie,)))


PATHS = (
    "/private/prepared",
    "/private/briefly",
    "/private/streamed",
    "/private/uncached",
    "/private/plain",
    "/private/careless",
    "/private/gone",
    "/private/moved/work",
    "/private/guarded",
    "/public/own",
)


@pytest.fixture(scope="module")
async def service(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[AsyncClient]:
    folder = tmp_path_factory.mktemp("privacy")
    settings = settings_for(await written_store(folder / "kensho.db"), folder)
    async with running(settings, PrivateController, PublicController) as client:
        await until_ready(client)
        yield client


def reader(headers: dict[str, str]) -> str:
    return next((n for n in ("alice", "bob", "carol") if n in str(headers)), "nobody")


def assert_is_for(answer: Response, headers: dict[str, str]) -> None:
    """Check that an answer names its own caller alone, and that no shared cache may keep it."""
    told = answer.text + str(answer.headers)
    for name in {"alice", "bob", "carol", "nobody"} - {reader(headers)}:
        assert f"for {name} " not in told
        assert f"{name}-work" not in told
    directives = {part.strip() for part in answer.headers["cache-control"].split(",")}
    assert "private" in directives
    assert "public" not in directives
    vary = {part.strip().lower() for part in answer.headers["vary"].split(",")}
    assert {"authorization", "cookie"} <= vary


@pytest.mark.parametrize("path", PATHS)
async def test_nobody_is_given_the_answer_of_another(service: AsyncClient, path: str) -> None:
    tags: dict[str, str] = {}
    for _ in range(2):  # the second time, whatever was kept would be found
        for encoding in ENCODINGS:
            for caller in CALLERS:
                headers = {**caller, "accept-encoding": encoding}
                whole = await service.get(path, headers=headers)
                assert_is_for(whole, caller)
                assert_is_for(await service.head(path, headers=headers), caller)
                for other, tag in tags.items():
                    known = await service.get(path, headers={**headers, "if-none-match": tag})
                    assert_is_for(known, caller)
                    if other != reader(caller):
                        assert known.status_code != 304
                if "etag" in whole.headers and path != "/private/careless":
                    tags[reader(caller)] = whole.headers["etag"]


@pytest.mark.parametrize("path", PATHS)
async def test_head_tells_only_of_its_caller(service: AsyncClient, path: str) -> None:
    for caller in CALLERS:
        headers = {**caller, "accept-encoding": "identity"}
        whole = await service.get(path, headers=headers)
        head = await service.head(path, headers=headers)
        assert (head.status_code, head.content) == (whole.status_code, b"")
        assert head.headers.get("content-length") == whole.headers.get("content-length")
        assert head.headers.get("etag") == whole.headers.get("etag")


async def test_every_encoding_of_a_private_answer_is_its_caller_s(service: AsyncClient) -> None:
    opened = {"br": brotli.decompress, "gzip": gzip.decompress, "identity": bytes}
    for encoding in ENCODINGS:
        for caller in CALLERS:
            headers = {**caller, "accept-encoding": encoding}
            async with service.stream("GET", "/private/prepared", headers=headers) as answer:
                raw = b"".join([chunk async for chunk in answer.aiter_raw()])
            text = opened[encoding](raw).decode()
            assert text == f"for {reader(caller)} " * 200


async def test_a_caller_s_own_tag_answers_304_where_it_may_keep_the_answer(
    service: AsyncClient,
) -> None:
    whole = await service.get("/private/briefly", headers=ALICE)
    assert whole.headers["cache-control"] == "private, max-age=30"
    again = {**ALICE, "if-none-match": whole.headers["etag"]}
    known = await service.get("/private/briefly", headers=again)
    assert (known.status_code, known.content) == (304, b"")
    assert_is_for(known, ALICE)


async def test_a_guard_s_refusal_reaches_nobody_else(service: AsyncClient) -> None:
    refused = await service.get("/private/guarded", headers=BOB)
    assert refused.status_code == 401
    assert (await service.get("/private/guarded", headers=ALICE)).status_code == 200
    assert (await service.get("/private/guarded", headers=BOB)).status_code == 401


async def test_a_public_answer_is_the_same_for_callers_with_credentials(
    service: AsyncClient,
) -> None:
    for path in ("/public/same", f"/api/anime/{graphs.BEBOP}"):
        first = await service.get(path, headers=ALICE)
        for caller in CALLERS:
            answer = await service.get(path, headers=caller)
            assert answer.content == first.content
            assert answer.headers["etag"] == first.headers["etag"]
            assert answer.headers["cache-control"].startswith("public, max-age=")
            assert answer.headers["vary"] == "Accept-Encoding"
            head = await service.head(path, headers=caller)
            assert head.headers["etag"] == first.headers["etag"]


async def test_an_answer_to_post_is_not_found_by_get(service: AsyncClient) -> None:
    assert "alice" in (await service.post("/public/same", headers=ALICE)).text
    assert (await service.get("/public/same", headers=BOB)).text == "for everybody " * 200


async def test_post_is_never_answered_304(service: AsyncClient) -> None:
    answer = await service.post("/public/same", headers={**ALICE, "if-none-match": "*"})
    assert answer.status_code == 200


async def test_an_answer_that_sets_a_cookie_is_not_kept(service: AsyncClient) -> None:
    for caller in (ALICE, BOB):
        answer = await service.get("/public/cookie", headers=caller)
        assert answer.headers["set-cookie"] == f"visit={reader(caller)}"


async def test_every_route_is_public_but_those_of_callers(
    service: AsyncClient,
) -> None:
    app: Any = service._transport.app  # type: ignore[attr-defined]  # httpx keeps it there
    undeclared = {
        route.path
        for route in app.routes
        for handler in route.route_handlers
        if "OPTIONS" not in handler.http_methods and handler.opt.get("kensho_public") is not True
        if not {manager_only, manager_page} & {*handler.resolve_guards()}
    }
    of_callers = {"/login", "/logout", "/prefer", "/report", "/report/sent"}
    own = set(PATHS) - {"/private/moved/work"} | {"/private/moved/{name:str}"}
    assert undeclared == own | of_callers
