"""Accounts over HTTP: as foreign clients know them, with cookies, roles, limits, and secrets."""

import asyncio
import datetime as dt
import json
from collections.abc import AsyncIterator, Mapping
from pathlib import Path
from typing import Any, Final

import httpx
import pytest
import structlog
from httpx import AsyncClient, Response

from kensho.platform import logs
from kensho.platform.environment import with_changes
from kensho.platform.managers import ManagerFile
from kensho.platform.settings import Settings
from tests.integration.conftest import running, settings_for, until_ready
from tests.support import graphs
from tests.support.command_line import run_here
from tests.support.page_language import english_texts
from tests.support.published_contract import PublishedContract
from tests.support.redis_servers import running_redis
from tests.support.servers import environment, free_port, served, written_store

CONTRACTS: Final = Path(__file__).parents[3] / "shared" / "data" / "contracts"
PASSWORD: Final = "correct horse battery"
WRONG: Final = "wrong horse battery"
BROWSER: Final = {"sec-fetch-site": "same-origin"}


def accounts_settings(store: str, folder: Path, **changes: Any) -> Settings:
    """Return settings with accounts in a store under `folder`."""
    given = {"edges": ("accounts",), "edges_store_url": f"surrealkv://{folder / 'edges.db'}"}
    return with_changes(settings_for(store, folder), **{**given, **changes})


def command(folder: Path, *arguments: str, given: str | None = None) -> str:
    """Run `kensho accounts`, and return what it says."""
    variables = {
        "KENSHO_EDGES_STORE_URL": f"surrealkv://{folder / 'edges.db'}",
        "KENSHO_SECRET_FILE": str(folder / "secret"),
    }
    ended = run_here(["accounts", *arguments], variables, given=given)
    return ended.stdout if ended.returncode == 0 else f"{ended.returncode} {ended.stderr}"


@pytest.fixture(scope="module")
async def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with a manager of the file, and an account of each role."""
    path = tmp_path_factory.mktemp("accounts")

    def prepare() -> None:
        asked = ("--password-stdin", "--username", "Ada L.")
        said = command(path, "create", "Ada@example.org", *asked, given=f"{PASSWORD}\n")
        assert said == "ada@example.org has an account: viewer\n"
        asked = ("--password-stdin", "--role", "manager")
        command(path, "create", "grace@example.org", *asked, given=f"{PASSWORD}\n")
        assert (
            command(path, "create", "grace@example.org", "--password-stdin", given="x" * 9)[:1]
            == "2"
        )
        assert command(path, "create", "grace", "--password-stdin", given="x\n").startswith("2")
        command(path, "create", "gone@example.org", "--password-stdin", given=f"{PASSWORD}\n")
        command(path, "role", "gone@example.org", "manager")
        assert "not be signed in to" in command(path, "disable", "gone@example.org")
        assert command(path, "role", "nobody@example.org", "manager").startswith("3 ")
        assert "grace@example.org" in command(path, "list")
        listed = json.loads(command(path, "list", "--json"))
        assert [(one["email"], one["role"], bool(one["disabled_at"])) for one in listed] == [
            ("ada@example.org", "viewer", False),
            ("gone@example.org", "manager", True),
            ("grace@example.org", "manager", False),
        ]
        assert PASSWORD not in str(listed)

    await asyncio.to_thread(prepare)
    return path


@pytest.fixture(scope="module")
async def client(small_store: str, folder: Path) -> AsyncIterator[AsyncClient]:
    """Return a client of an application with accounts, once it is ready."""
    async with running(accounts_settings(small_store, folder)) as client:
        await until_ready(client)
        yield client


async def signed_in(client: AsyncClient, email: str = "ada@example.org") -> dict[str, str]:
    """Sign in, and return the header of the token."""
    answer = await client.post("/api/auth/login", json={"email": email, "password": PASSWORD})
    assert answer.status_code == 200, answer.text
    return {"authorization": f"Bearer {answer.json()['token']}"}


async def by_page(client: AsyncClient, **form: str) -> Response:
    """Send the form of the page to sign in."""
    given = {"name": "ada@example.org", "password": PASSWORD, **form}
    return await client.post("/login", data=given, headers=BROWSER)


def cookie_of(answer: Response) -> dict[str, str]:
    """Return the header of the cookie that an answer sets, as a browser would send it."""
    line = answer.headers["set-cookie"]
    name, _, rest = line.partition("=")
    assert name == "__Host-kensho"
    value, _, flags = rest.partition(";")
    assert flags.strip() == "Max-Age=43200; Path=/; Secure; HttpOnly; SameSite=Lax"
    return {"cookie": f"{name}={value}"}


# As foreign clients know it.


@pytest.mark.parametrize("name", ["video-auth.openapi.yaml"])
async def test_a_foreign_client_registers_and_signs_in(client: AsyncClient, name: str) -> None:
    if not (CONTRACTS / name).exists():
        pytest.skip(f"the published contract is not here: {CONTRACTS / name}")
    pytest.importorskip("yaml", reason="contracts are YAML")
    contract = PublishedContract(CONTRACTS / name)

    def check(answer: Response, path: str, method: str, status: int) -> Any:
        assert answer.status_code == status, answer.text
        schema = contract.schema(path, str(status), method)
        assert list(contract.problems(answer.json(), schema)) == []
        return answer.json()

    account = {"email": "user@example.com", "password": "securePassword123", "username": "johndoe"}
    path = "/api/auth/register"
    made = check(await client.post(path, json=account), path, "post", 201)
    assert made["user"]["username"] == "johndoe"
    check(await client.post(path, json=account), path, "post", 409)
    for wrong in ({"email": "user"}, {"password": "short"}, {"username": "x" * 51}):
        refusal = check(await client.post(path, json={**account, **wrong}), path, "post", 400)
        assert [one["field"] for one in refusal["errors"]] == list(wrong)
        assert "short" not in str(refusal)
    path = "/api/auth/login"
    login = {"email": account["email"], "password": account["password"]}
    grant = check(await client.post(path, json=login), path, "post", 200)
    check(await client.post(path, json={**login, "password": WRONG}), path, "post", 401)
    path = "/api/auth/me"
    bearer = {"authorization": f"Bearer {grant['token']}"}
    me = check(await client.get(path, headers=bearer), path, "get", 200)
    assert me == made["user"] == grant["user"]
    check(await client.get(path), path, "get", 401)


async def test_a_client_of_the_first_plan_signs_in_refreshes_and_signs_out(
    client: AsyncClient,
) -> None:
    """By the members of its contract; the realm says that no provider is meant."""
    login = {"username": "ada@example.org", "password": PASSWORD, "realm": "account"}
    grant = (await client.post("/api/auth/login", json=login)).json()
    assert {"token", "refresh_token", "expires_at"} <= grant.keys()
    assert grant["token"] == grant["access_token"]
    assert (grant["token_type"], 890 <= grant["expires_in"] <= 900) == ("Bearer", True)
    answer = await client.post("/api/auth/refresh", json={"refresh_token": grant["refresh_token"]})
    assert answer.status_code == 200
    assert {"token", "expires_at"} <= answer.json().keys()
    bearer = {"authorization": f"Bearer {answer.json()['token']}"}
    assert (await client.post("/api/auth/logout", headers=bearer)).status_code == 204
    again = await client.post("/api/auth/logout", headers=bearer)
    assert (again.status_code, again.json()["code"]) == (401, "session_ended")
    for token, code in (
        (answer.json()["refresh_token"], "session_expired"),
        ("nonsense", "invalid_refresh_token"),
        (grant["token"], "invalid_refresh_token"),
    ):
        refusal = await client.post("/api/auth/refresh", json={"refresh_token": token})
        assert (refusal.status_code, refusal.json()["code"]) == (401, code)


async def test_a_name_of_the_provider_is_not_tried_as_an_account(client: AsyncClient) -> None:
    for body, field in (
        ({"username": "ada@example.org", "password": PASSWORD}, "username"),
        ({"email": "ada@example.org", "password": PASSWORD, "realm": "provider"}, "realm"),
        ({"password": PASSWORD}, "email"),
    ):
        answer = await client.post("/api/auth/login", json=body)
        assert answer.status_code == 400
        assert answer.json()["errors"][0]["field"] == field
    answer = await client.post(
        "/api/auth/login", json={"email": "gone@example.org", "password": PASSWORD}
    )
    assert (answer.status_code, answer.json()["code"]) == (401, "invalid_credentials")


# Cookies and bearers.


async def test_a_cookie_writes_from_our_pages_alone(client: AsyncClient) -> None:
    cookie = cookie_of(await by_page(client))
    assert (await client.get("/api/auth/me", headers=cookie)).status_code == 200
    target = f"/api/me/watchlist/{graphs.BEBOP}"
    for headers, status in (
        ({}, 403),
        ({"sec-fetch-site": "cross-site"}, 403),
        ({"sec-fetch-site": "same-site"}, 403),
        ({"sec-fetch-site": "none"}, 403),
        ({"origin": "https://evil.example"}, 403),
        ({"origin": "null"}, 403),
        ({"origin": "http://test"}, 200),
        (BROWSER, 200),
    ):
        answer = await client.put(target, json={}, headers={**cookie, **headers})
        assert answer.status_code == status, headers
    bearer = await signed_in(client)
    assert (await client.put(target, json={}, headers=bearer)).status_code == 200
    answer = await client.post("/api/auth/logout", headers={**cookie, **BROWSER})
    assert answer.status_code == 204
    assert answer.headers["set-cookie"].startswith("__Host-kensho=; Max-Age=0;")
    assert (await client.get("/api/auth/me", headers=cookie)).status_code == 401


async def test_a_session_is_no_cookie_and_a_cookie_no_token(client: AsyncClient) -> None:
    cookie = cookie_of(await by_page(client))
    secret = cookie["cookie"].partition("=")[2]
    bearer = await signed_in(client)
    token = bearer["authorization"].partition(" ")[2]
    for headers in (
        {"authorization": f"Bearer {secret}"},
        {"cookie": f"__Host-kensho={token}"},
        {"cookie": f"kensho={secret}"},
        {"authorization": f"Basic {token}"},
        {"authorization": "Bearer"},
    ):
        assert (await client.get("/api/auth/me", headers=headers)).status_code == 401
    assert (await client.get(f"/api/auth/me?token={token}")).status_code == 400


async def test_signing_in_anew_ends_the_browsers_former_session(client: AsyncClient) -> None:
    former = cookie_of(await by_page(client))
    answer = await client.post(
        "/login",
        data={"name": "ada@example.org", "password": PASSWORD},
        headers={**former, **BROWSER},
    )
    assert cookie_of(answer) != former
    assert (await client.get("/api/auth/me", headers=former)).status_code == 401


async def test_roles_and_managers_tokens(client: AsyncClient, folder: Path) -> None:
    viewer, manager = await signed_in(client), await signed_in(client, "grace@example.org")
    for headers, status in (({}, 401), (viewer, 403), (manager, 200)):
        assert (await client.get("/api/queue", headers=headers)).status_code == status
        assert (await client.get("/api/audit", headers=headers)).status_code == status
        assert (await client.get("/queue", headers=headers)).status_code == status
    rows = (await client.get("/api/audit?action=account.create", headers=manager)).json()["rows"]
    assert {row["actor"] for row in rows} == {"command"}
    first = (await client.get("/api/audit?limit=1", headers=manager)).json()
    before = {"before": first["next_before"], "limit": "1"}
    second = (await client.get("/api/audit", params=before, headers=manager)).json()
    assert second["rows"][0]["at"] < first["rows"][0]["at"]
    token = await asyncio.to_thread(
        ManagerFile(folder / "managers.json").add, "mary", dt.date(2026, 11, 30)
    )
    by_token = {"authorization": f"Bearer {token}"}
    assert (await client.get("/api/queue", headers=by_token)).status_code == 200
    answer = await client.get("/api/auth/me", headers=by_token)
    assert (answer.status_code, answer.json()["code"]) == (403, "no_account")
    cookie = (await by_page(client, name="mary", password=token)).headers["set-cookie"]
    page = await client.get("/queue", headers={"cookie": cookie.partition(";")[0]})
    assert page.status_code == 200


async def test_managers_make_and_change_accounts(client: AsyncClient, folder: Path) -> None:
    viewer, manager = await signed_in(client), await signed_in(client, "grace@example.org")
    for headers, status in (({}, 401), (viewer, 403), (manager, 200)):
        assert (await client.get("/api/accounts", headers=headers)).status_code == status
    body = {"email": "New@example.org", "password": PASSWORD, "role": "manager"}
    made = await client.post("/api/accounts", json=body, headers=manager)
    assert (made.status_code, made.json()["role"]) == (201, "manager"), made.text
    again = await client.post("/api/accounts", json=body, headers=manager)
    assert (again.status_code, again.json()["code"]) == (409, "email_taken")
    asked = {"email": "new@example.ORG"}
    found = (await client.get("/api/accounts", params=asked, headers=manager)).json()["accounts"]
    assert found == [made.json()]
    await signed_in(client, "new@example.org")
    path = f"/api/accounts/{made.json()['id']}"
    changed = await client.patch(path, json={"role": "viewer", "disabled": True}, headers=manager)
    assert changed.json()["role"] == "viewer"
    assert changed.json()["disabled_at"]
    refused = {"email": "new@example.org", "password": PASSWORD}
    assert (await client.post("/api/auth/login", json=refused)).status_code == 401
    assert (await client.patch(path, json={"disabled": False}, headers=manager)).status_code == 200
    await signed_in(client, "new@example.org")
    nobody = await client.patch(
        f"/api/accounts/{graphs.BEBOP}", json={"role": "viewer"}, headers=manager
    )
    assert (nobody.status_code, nobody.json()["code"]) == (404, "no_such_account")
    rows = (await client.get(f"/api/audit?object={made.json()['id']}", headers=manager)).json()
    told = [row for row in rows["rows"] if row["action"].startswith("account")]
    kinds = ["enable", "disable", "role", "create"]
    assert [row["action"] for row in told] == [f"account.{kind}" for kind in kinds]
    own = (await client.get("/api/auth/me", headers=manager)).json()["id"]
    assert {row["actor"] for row in told} == {own}
    shut = await client.patch(f"/api/accounts/{own}", json={"role": "viewer"}, headers=manager)
    assert (shut.status_code, shut.json()["code"]) == (409, "own_account")


async def test_accounts_are_listed_page_by_page(client: AsyncClient) -> None:
    manager = await signed_in(client, "grace@example.org")
    found, query = list[str](), {"limit": "2"}
    for _ in range(10):
        page = (await client.get("/api/accounts", params=query, headers=manager)).json()
        found += [one["email"] for one in page["accounts"]]
        if page["next_after"] is None:
            break
        query["after"] = page["next_after"]
    assert found == sorted(set(found))
    assert {"ada@example.org", "grace@example.org", "gone@example.org"} <= set(found)


def test_commands_beside_a_server_have_it_do_what_they_would(tmp_path: Path) -> None:
    store = asyncio.run(written_store(tmp_path / "kensho.db"))
    port = free_port()
    variables = {
        **environment(store, tmp_path, port),
        "KENSHO_EDGES": "accounts",
        "KENSHO_EDGES_STORE_URL": f"surrealkv://{tmp_path / 'edges.db'}",
        "KENSHO_HOST": "0.0.0.0",
        "KENSHO_ALLOWED_HOSTS": "anime.example",
    }
    kept = {name: value for name, value in variables.items() if name.startswith("KENSHO_")}

    def said(*arguments: str, given: str | None = None) -> str:
        ended = run_here(["accounts", *arguments], kept, given=given)
        return ended.stdout if ended.returncode == 0 else f"{ended.returncode} {ended.stderr}"

    with served(variables) as base:
        new = ("create", "ada@example.org", "--password-stdin")
        assert said(*new, given=f"{PASSWORD}\n") == "ada@example.org has an account: viewer\n"
        assert said(*new, given=f"{PASSWORD}\n").startswith("2 ")
        assert said("role", "ada@example.org", "manager") == "ada@example.org is a manager\n"
        assert said("role", "bob@example.org", "manager").startswith("3 ")
        assert [one["role"] for one in json.loads(said("list", "--json"))] == ["manager"]
        body = {"email": "ada@example.org", "password": PASSWORD}
        login = httpx.post(
            f"{base}/api/auth/login", json=body, headers={"host": "anime.example"}, timeout=30
        )
        assert login.json()["user"]["role"] == "manager"
        assert "not be signed in to" in said("disable", "ada@example.org")
        kept["KENSHO_PORT"] = str(free_port())
        lost = said("list")
        assert lost.startswith("5 ")
        assert "does not answer" in lost
        kept |= {"KENSHO_PORT": str(port), "KENSHO_SECRET_FILE": str(tmp_path / "another")}
        assert "answers 401" in said("list")
    assert "disabled" in said("list")


# Pages.


async def test_the_page_says_what_is_wrong_and_keeps_what_was_typed(client: AsyncClient) -> None:
    answer = await by_page(client, password=WRONG, next="/account")
    assert answer.status_code == 401
    assert "The name or the password is wrong." in answer.text
    assert 'value="ada@example.org"' in answer.text
    assert 'value="/account"' in answer.text
    assert WRONG not in answer.text
    assert "set-cookie" not in answer.headers
    form = {"email": "new@example", "password": "short", "username": "Nö"}
    answer = await client.post("/register", data=form, headers=BROWSER)
    assert answer.status_code == 400
    assert answer.text.count('class="field-wrong"') == 2
    assert 'value="Nö"' in answer.text
    assert "short" not in answer.text.partition("<main")[2]
    for path in ("/login", "/register"):
        assert (await client.post(path, data=form)).status_code == 403
        assert (await client.post(path, json=form, headers=BROWSER)).status_code == 415


@pytest.mark.parametrize(
    ("given", "leads_to"),
    [
        ("/account", "/account"),
        ("/anime/x?as_of=2026#y", "/anime/x?as_of=2026#y"),
        ("", "/"),
        ("https://evil.example/", "/"),
        ("//evil.example", "/"),
        ("/\\evil.example", "/"),
        ("/a\nb", "/"),
        ("javascript:alert(1)", "/"),
    ],
)
async def test_a_form_leads_on_to_our_own_pages(
    client: AsyncClient, given: str, leads_to: str
) -> None:
    cookie = cookie_of(await by_page(client))
    if "\n" not in given:  # else the form itself is refused
        answer = await by_page(client, next=given)
        assert (answer.status_code, answer.headers["location"]) == (303, leads_to)
    there = await client.get("/login", params={"next": given}, headers=cookie)
    assert there.headers.get("location", "/") == leads_to


async def test_pages_of_accounts_in_japanese_say_nothing_in_english(client: AsyncClient) -> None:
    form = {"email": "yuki@example.org", "password": PASSWORD}
    own = cookie_of(await client.post("/register", data=form, headers=BROWSER))["cookie"]
    japanese, signed_in = {"cookie": "lang=ja"}, {"cookie": f"{own}; lang=ja"}
    target = f"/api/me/watchlist/{graphs.BEBOP}"
    put = {"state": "watching", "progress": 3}
    await client.put(target, json=put, headers={"cookie": own, **BROWSER})
    wrong = {"name": "yuki@example.org", "email": "x", "password": WRONG, "present": WRONG}
    for answer in (
        await client.get("/login", headers=japanese),
        await client.get("/register", headers=japanese),
        await client.get("/account", headers=signed_in),
        await client.post("/login", data=wrong, headers={**japanese, **BROWSER}),
        await client.post("/register", data=wrong, headers={**japanese, **BROWSER}),
        await client.post("/account/password", data=wrong, headers={**signed_in, **BROWSER}),
    ):
        assert '<html lang="ja">' in answer.text
        assert english_texts(answer.text) == [], answer.url


async def test_the_account_page_shows_and_ends_sessions(client: AsyncClient) -> None:
    answer = await client.get("/account")
    assert (answer.status_code, answer.headers["location"]) == (303, "/login?next=%2Faccount")
    form = {"email": "eve@example.org", "password": PASSWORD, "username": "Eve"}
    one = cookie_of(await client.post("/register", data=form, headers=BROWSER))
    other = cookie_of(await by_page(client, name="eve@example.org"))
    target = f"/api/me/watchlist/{graphs.BEBOP}"
    put = {"state": "watching", "progress": 3}
    await client.put(target, json=put, headers={**one, **BROWSER})
    page = await client.get("/account", headers=one)
    assert page.headers["cache-control"] == "private, no-store"
    assert "Signed in as Eve" in page.text
    assert "Cowboy Bebop" in page.text
    assert page.text.count("Sign out there") == 1
    assert (await client.get("/account", headers=other)).status_code == 200
    sid = page.text.partition('name="session" value="')[2].partition('"')[0]
    ending = {"session": sid}
    for headers, status in ((one, 403), ({**one, **BROWSER}, 303)):
        answer = await client.post("/account/sessions/end", data=ending, headers=headers)
        assert answer.status_code == status
    assert (await client.get("/account", headers=other)).status_code == 303
    other = cookie_of(await by_page(client, name="eve@example.org"))
    await client.post("/account/sessions/end-others", headers={**one, **BROWSER})
    assert (await client.get("/account", headers=other)).status_code == 303
    await client.post("/account/history/forget", headers={**one, **BROWSER})
    answer = await client.post("/account/sessions/end-all", headers={**one, **BROWSER})
    assert answer.headers["set-cookie"].startswith("__Host-kensho=; Max-Age=0;")
    assert (await client.get("/account", headers=one)).status_code == 303


async def test_a_password_is_changed_with_the_present_one(client: AsyncClient) -> None:
    form = {"email": "mallory@example.org", "password": PASSWORD}
    one = cookie_of(await client.post("/register", data=form, headers=BROWSER))
    other = cookie_of(await by_page(client, name="mallory@example.org"))
    path = "/account/password"
    for change, field in (
        ({"present": WRONG, "password": "a new password"}, "present"),
        ({"present": PASSWORD, "password": "short"}, "password"),
    ):
        answer = await client.post(path, data=change, headers={**one, **BROWSER})
        assert (answer.status_code, f'id="wrong-{field}"' in answer.text) == (400, True)
    assert (await client.get("/account", headers=other)).status_code == 200
    change = {"present": PASSWORD, "password": "a new password"}
    assert (await client.post(path, data=change, headers=one)).status_code == 403
    answer = await client.post(path, data=change, headers={**one, **BROWSER})
    assert (answer.status_code, answer.headers["location"]) == (303, "/account")
    assert (await client.get("/account", headers=one)).status_code == 200
    assert (await client.get("/account", headers=other)).status_code == 303
    answer = await by_page(client, name="mallory@example.org")
    assert answer.status_code == 401
    answer = await by_page(client, name="mallory@example.org", password="a new password")
    assert answer.status_code == 303


# What somebody watches.


async def test_lists_are_each_persons_own(client: AsyncClient) -> None:
    ada, grace = await signed_in(client), await signed_in(client, "grace@example.org")
    target = f"/api/me/watchlist/{graphs.NARUTO}"
    for body, status in (
        ({"state": "paused", "progress": 12}, 200),
        ({"state": "seen"}, 400),
        ({"progress": -1}, 400),
        ({"progress": 1.5}, 400),
    ):
        assert (await client.put(target, json=body, headers=ada)).status_code == status
    kept = (await client.get(target, headers=ada)).json()
    assert (kept["work"], kept["state"], kept["progress"]) == (str(graphs.NARUTO), "paused", 12)
    assert (await client.get(target, headers=grace)).status_code == 404
    listed = (await client.get("/api/me/watchlist?state=paused", headers=ada)).json()["entries"]
    assert listed == [kept]
    unknown = "/api/me/watchlist/0f0b1f8e-3c0a-5d53-9f53-1d3a5d1c8a11"
    assert (await client.put(unknown, json={}, headers=ada)).status_code == 404
    assert (await client.delete(target, headers=ada)).status_code == 204
    assert (await client.get(target, headers=ada)).status_code == 404
    for path in ("/api/me/history", "/api/me/continue"):
        assert (await client.get(path, headers=ada)).json()["episodes"] == []
        assert (await client.get(path)).status_code == 401
    assert (await client.delete("/api/me/history", headers=ada)).status_code == 204


# The document, limits, and secrets.


async def test_the_document_tells_of_accounts(client: AsyncClient) -> None:
    document = (await client.get("/api/openapi.json")).json()
    assert document["components"]["securitySchemes"]["session"]["bearerFormat"] == "JWT"
    own = {
        f"{method.upper()} {path}": operation
        for path, item in document["paths"].items()
        for method, operation in item.items()
        if path.startswith(("/api/auth", "/api/me", "/api/audit"))
    }
    assert len(own) == 13
    for name, operation in own.items():
        assert "401" in operation["responses"] or "register" in name, name
        assert "429" in operation["responses"], name
    assert "201" in own["POST /api/auth/register"]["responses"]
    assert "204" in own["POST /api/auth/logout"]["responses"]


async def test_answers_say_what_is_left_of_the_limit(client: AsyncClient) -> None:
    answer = await client.get("/api/auth/me", headers=await signed_in(client))
    assert answer.headers["ratelimit-policy"] == '"viewers";q=120;w=60'
    assert answer.headers["vary"].endswith("Authorization, Cookie")


class Sinks:
    """Tries everything that takes a credential, and collects them and what is said of them."""

    def __init__(self, client: AsyncClient) -> None:
        self.client = client
        self.secrets = {PASSWORD, WRONG, "a mistyped passw0rd"}
        self.said: list[str] = []

    async def sign_in_in_every_way(self) -> dict[str, str]:
        """Return the header of a token that is right."""
        account = {"email": "ada@example.org", "password": PASSWORD}
        attempts: list[tuple[str, Mapping[str, Any]]] = [
            ("register", account),
            ("register", {**account, "username": 7}),
            ("register", {"email": 1, "password": WRONG}),
            ("login", {**account, "password": WRONG}),
            ("login", {**account, "email": "a mistyped passw0rd"}),
            ("login", {**account, "password": [WRONG]}),
            ("login", {"username": "ada", "password": WRONG}),
            ("login", account),
        ]
        grant: dict[str, Any] = {}
        for path, body in attempts:
            answer = await self.client.post(f"/api/auth/{path}", json=body)
            if answer.is_success:
                grant = answer.json()
                self.secrets |= {grant["token"], grant["refresh_token"]}
            else:
                self.said.append(answer.text)
        cut = f'{{"password": "{PASSWORD}"'.encode()
        json_ = {"content-type": "application/json"}
        answer = await self.client.post("/api/auth/login", content=cut, headers=json_)
        self.said.append(answer.text)
        for _ in range(2):
            body = {"refresh_token": grant["refresh_token"]}
            fresh = (await self.client.post("/api/auth/refresh", json=body)).json()
            self.secrets |= {fresh["token"], fresh["refresh_token"]}
        return {"authorization": f"Bearer {grant['token']}"}

    async def use(self, bearer: dict[str, str]) -> None:
        """Use a session by cookie, by a right token and by a wrong one."""
        cookie = cookie_of(await by_page(self.client))
        self.secrets.add(cookie["cookie"].partition("=")[2])
        self.said.append((await by_page(self.client, password=WRONG)).text)
        self.said.append((await self.client.get("/account", headers=cookie)).text)
        wrong = {"authorization": bearer["authorization"] + "x"}
        for path, headers in (("/api/auth/me", wrong), ("/api/auth/me", bearer), ("/metrics", {})):
            self.said.append((await self.client.get(path, headers=headers)).text)


async def test_no_sink_holds_a_credential(
    small_store: str, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    logs.configure("debug", "json", 0)
    with running_redis(tmp_path) as redis:
        settings = accounts_settings(
            small_store, tmp_path, redis_url=redis.url, redis_deadline_s=0.2
        )
        async with running(settings) as client:
            await until_ready(client)
            sinks = Sinks(client)
            bearer = await sinks.sign_in_in_every_way()
            await sinks.use(bearer)
            sinks.said.append(redis.everything())
            assert "kensho:s:" in sinks.said[-1]
            redis.stop()  # so that failures are told too
            assert (await client.get("/api/auth/me", headers=bearer)).status_code == 200
            account = {"email": "ada@example.org", "password": PASSWORD}
            answer = await client.post("/api/auth/login", json=account)
            assert (answer.status_code, int(answer.headers["retry-after"]) >= 1) == (503, True)
            sinks.said.append(answer.text)
    structlog.reset_defaults()
    kept = b"".join(one.read_bytes() for one in (tmp_path / "edges.db").rglob("*") if one.is_file())
    assert b"ada@example.org" in kept, "the store can be searched"
    printed = capfd.readouterr()
    assert "redis_down" in printed.err
    told = "\n".join([*sinks.said, printed.out, printed.err]).encode() + kept
    assert len(sinks.secrets) >= 8
    for secret in sinks.secrets:
        for part in (secret, secret.rpartition(".")[2]):
            assert part.encode() not in told
