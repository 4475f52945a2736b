"""The guard of managers: tokens for programs, a signed cookie for pages, and nothing without."""

import datetime as dt
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any, Final

import pytest
from httpx import AsyncClient, Response
from litestar import Controller, Request, get, post
from litestar.types import EmptyType

from kensho.http.authentication import MANAGER_GUARDS, MANAGER_PAGE_GUARDS, manager_of
from kensho.http.manager_sessions import SESSION_S, ManagerSessions
from kensho.http.responses import UncachedResponse
from kensho.platform.environment import with_changes
from kensho.platform.managers import ManagerFile
from kensho.platform.secret_values import SigningKey
from tests.integration.conftest import running, settings_for

TODAY: Final = dt.date(2026, 11, 29)
OWN: Final = {"sec-fetch-site": "same-origin"}


def named(request: Request[Any, Any, Any]) -> UncachedResponse:
    caller = manager_of(request)
    return UncachedResponse(f"{caller.name} is a {caller.role}".encode())


class GuardedApi(Controller):
    path = "/api/guarded"
    guards = MANAGER_GUARDS
    include_in_schema: bool | EmptyType = False

    @get()
    async def read(self, request: Request[Any, Any, Any]) -> UncachedResponse:
        return named(request)

    @post()
    async def write(self, request: Request[Any, Any, Any]) -> UncachedResponse:
        return named(request)


class GuardedPage(Controller):
    path = "/guarded"
    guards = MANAGER_PAGE_GUARDS
    include_in_schema: bool | EmptyType = False

    @get()
    async def read(self, request: Request[Any, Any, Any]) -> UncachedResponse:
        return named(request)


@pytest.fixture
def managers(tmp_path: Path) -> ManagerFile:
    return ManagerFile(tmp_path / "managers.json")


@pytest.fixture
async def client(tmp_path: Path) -> AsyncIterator[AsyncClient]:
    settings = with_changes(
        settings_for(f"surrealkv://{tmp_path}/none.db", tmp_path),
        managers_file=tmp_path / "managers.json",
    )
    async with running(settings, GuardedApi, GuardedPage) as client:
        yield client


def bearer(token: str) -> dict[str, str]:
    return {"authorization": f"Bearer {token}"}


async def sign_in(client: AsyncClient, name: str, token: str, **more: str) -> Response:
    form = {"name": name, "token": token, **more}
    return await client.post("/login", data=form, headers=OWN)


def cookie_of(answer: Response) -> dict[str, str]:
    return {"cookie": answer.headers["set-cookie"].partition(";")[0]}


def assert_is_kept_nowhere(answer: Response) -> None:
    directives = {part.strip() for part in answer.headers["cache-control"].split(",")}
    assert {"private", "no-store"} <= directives or directives == {"no-store"}
    assert "public" not in directives
    assert "etag" not in answer.headers


async def test_without_a_manager_nothing_is_there(client: AsyncClient) -> None:
    assert (await client.get("/guarded")).status_code == 404
    assert (await client.get("/login")).status_code == 404
    assert (await sign_in(client, "ada", "x")).status_code == 404
    refused = await client.get("/api/guarded", headers=bearer("x"))
    assert refused.status_code == 401


async def test_a_token_is_let_in_by_its_header_alone(
    client: AsyncClient, managers: ManagerFile
) -> None:
    token = managers.add("ada", TODAY)
    for headers in (bearer(token), {"authorization": f"bearer  {token}"}):
        answer = await client.post("/api/guarded", headers=headers)
        assert (answer.status_code, answer.text) == (200, "ada is a manager")
        assert_is_kept_nowhere(answer)
    wrong: tuple[dict[str, str], ...] = (
        {},
        bearer(""),
        bearer(token[:-1]),
        {"authorization": token},
        {"authorization": f"Basic {token}"},
        {"cookie": f"__Host-kensho={token}"},
    )
    for headers in wrong:
        refused = await client.get(f"/api/guarded?token={token}", headers=headers)
        assert refused.status_code == 401
        assert refused.headers["www-authenticate"].startswith("Bearer")
        assert refused.headers["content-type"].startswith("application/problem+json")
        assert_is_kept_nowhere(refused)
        assert token not in refused.text


async def test_wrong_tokens_are_limited_by_address_and_right_ones_pass(
    client: AsyncClient, managers: ManagerFile
) -> None:
    token = managers.add("ada", TODAY)
    statuses = [
        (await client.get("/api/guarded", headers=bearer(f"no-{n}"))).status_code for n in range(22)
    ]
    assert statuses == [401] * 20 + [429] * 2
    refused = await client.get("/api/guarded", headers=bearer("no"))
    assert int(refused.headers["retry-after"]) > 0
    assert refused.json()["scope"] == "sign_in_address"
    assert (await client.get("/api/guarded", headers=bearer(token))).status_code == 200


async def test_wrong_names_are_limited_by_name(client: AsyncClient, managers: ManagerFile) -> None:
    token = managers.add("ada", TODAY)
    statuses = [(await sign_in(client, "ADA", "x")).status_code for _ in range(6)]
    assert statuses == [401] * 5 + [429]
    assert (await sign_in(client, "ada", token)).status_code == 303


async def test_a_cookie_signs_in_for_pages(client: AsyncClient, managers: ManagerFile) -> None:
    token = managers.add("ada", TODAY)
    refused = await client.get("/guarded")
    assert refused.status_code == 401
    assert 'href="/login?next=%2Fguarded"' in refused.text
    assert (await client.get("/login?next=/guarded")).status_code == 200
    answer = await sign_in(client, "ada", token, next="/guarded")
    assert (answer.status_code, answer.headers["location"]) == (303, "/guarded")
    flags = {part.strip() for part in answer.headers["set-cookie"].split(";")[1:]}
    assert flags == {"Max-Age=43200", "Path=/", "Secure", "HttpOnly", "SameSite=Lax"}
    assert token not in answer.headers["set-cookie"]
    page = await client.get("/guarded", headers=cookie_of(answer))
    assert (page.status_code, page.text) == (200, "ada is a manager")
    assert_is_kept_nowhere(page)


@pytest.mark.parametrize(
    "target",
    ["//evil.example", "/\\evil.example", "https://evil.example", "javascript:x", "/a\r\nX: y", ""],
)
async def test_one_is_sent_on_to_our_own_pages_only(
    client: AsyncClient, managers: ManagerFile, target: str
) -> None:
    token = managers.add("ada", TODAY)
    answer = await sign_in(client, "ada", token, next=target)
    assert (answer.status_code, answer.headers["location"]) == (303, "/")


async def test_a_wrong_token_shows_the_form_again_with_the_name(
    client: AsyncClient, managers: ManagerFile
) -> None:
    managers.add("ada", TODAY)
    other = managers.add("bob", TODAY)
    for name, token in (("ada", "kensho-xyz"), ("ada", other), ("eve", other)):
        refused = await sign_in(client, name, token)
        assert refused.status_code == 401
        assert 'role="alert"' in refused.text
        assert f'value="{name}"' in refused.text
        assert token not in refused.text
        assert "set-cookie" not in refused.headers


async def test_a_cookie_writes_from_our_own_pages_only(
    client: AsyncClient, managers: ManagerFile
) -> None:
    token = managers.add("ada", TODAY)
    cookie = cookie_of(await sign_in(client, "ada", token))
    own: tuple[dict[str, str], ...] = (OWN, {"origin": "http://test"}, {"origin": "https://test"})
    for headers in own:
        assert (await client.post("/api/guarded", headers=cookie | headers)).status_code == 200
    foreign: tuple[dict[str, str], ...] = (
        {},
        {"origin": "null"},
        {"origin": "https://evil.example"},
        {"origin": "https://test.evil.example"},
        {"sec-fetch-site": "cross-site"},
        {"sec-fetch-site": "same-site"},
        {"sec-fetch-site": "none"},
        {"sec-fetch-site": "cross-site", "origin": "http://test"},
    )
    for headers in foreign:
        refused = await client.post("/api/guarded", headers=cookie | headers)
        assert (refused.status_code, refused.json()["code"]) == (403, "cross_origin")
        assert (await client.get("/api/guarded", headers=cookie | headers)).status_code == 200
        form = {"name": "ada", "token": token}
        assert (await client.post("/login", data=form, headers=headers)).status_code == 403
        assert (await client.post("/logout", headers=cookie | headers)).status_code == 403


async def test_signing_out_takes_the_cookie(client: AsyncClient, managers: ManagerFile) -> None:
    token = managers.add("ada", TODAY)
    cookie = cookie_of(await sign_in(client, "ada", token))
    answer = await client.post("/logout", headers=cookie | OWN)
    assert answer.status_code == 303
    assert answer.headers["set-cookie"].startswith("__Host-kensho=; Max-Age=0; Path=/; Secure")


async def test_a_session_ends_with_its_manager_and_with_another_token(
    client: AsyncClient, managers: ManagerFile
) -> None:
    managers.add("bob", TODAY)
    cookie = cookie_of(await sign_in(client, "ada", managers.add("ada", TODAY)))
    assert (await client.get("/guarded", headers=cookie)).status_code == 200
    managers.remove("ada")
    assert (await client.get("/guarded", headers=cookie)).status_code == 401
    managers.add("ada", TODAY)
    assert (await client.get("/guarded", headers=cookie)).status_code == 401


async def test_a_form_that_is_no_form_is_refused(
    client: AsyncClient, managers: ManagerFile
) -> None:
    managers.add("ada", TODAY)
    as_json = await client.post("/login", json={"name": "ada"}, headers=OWN)
    assert as_json.status_code == 415
    form = {"content-type": "application/x-www-form-urlencoded", **OWN}
    for body in (b"name=%ff", b"name=a&name=b", b"name=%00", b"&".join([b"a=1"] * 40)):
        refused = await client.post("/login", content=body, headers=form)
        assert refused.status_code == 400, body


async def test_a_session_lasts_twelve_hours_and_no_character_of_it_can_be_another(
    tmp_path: Path,
) -> None:
    now = [dt.datetime(2026, 11, 29, 12, tzinfo=dt.UTC)]
    managers = ManagerFile(tmp_path / "managers.json")
    token = managers.add("ada", TODAY)
    old, new = SigningKey("a key that is old"), SigningKey("a key that is new")
    sessions = ManagerSessions(managers, [old], lambda: now[0])
    session = await sessions.sign_in("ada", token)
    assert session is not None
    assert (await sessions.of_session(session)) is not None
    for place in range(len(session)):
        changed = session[:place] + ("A" if session[place] != "A" else "B") + session[place + 1 :]
        # The last letter of base64 has bits that mean nothing.
        if place not in (session.index(".") - 1, len(session) - 1):
            assert await sessions.of_session(changed) is None
    rotated = ManagerSessions(managers, [new, old], lambda: now[0])
    assert await rotated.of_session(session) is not None
    assert await ManagerSessions(managers, [new], lambda: now[0]).of_session(session) is None
    now[0] += dt.timedelta(seconds=SESSION_S - 1)
    assert await sessions.of_session(session) is not None
    now[0] += dt.timedelta(seconds=1)
    assert await sessions.of_session(session) is None
