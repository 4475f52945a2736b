"""Pages of managers: the log, who says what, a form that shows first what changes, and undoing."""

import datetime as dt
import html
import re
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Final

import pytest
from httpx import AsyncClient, Response

from kensho.platform.environment import with_changes
from kensho.platform.managers import ManagerFile
from kensho.storage.gateway import Gateway
from kensho.storage.store_settings import StoreSettings
from tests.integration.conftest import running, settings_for, until_ready
from tests.support.curating import ingest_catalogue, write_catalogue
from tests.support.records import open_graph
from tests.support.stores import own_queries

OWN: Final = {"sec-fetch-site": "same-origin"}
_HIDDEN: Final = re.compile(r'<input type="hidden" name="(\w+)" value="([^"]*)">')


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("pages")


@pytest.fixture(scope="module")
async def client(folder: Path) -> AsyncIterator[AsyncClient]:
    settings = with_changes(
        settings_for(f"surrealkv://{folder / 'kensho.db'}", folder),
        managers_file=folder / "managers.json",
        curation_dir=folder / "own",
        curation_wait_s=10.0,
        rate_limit_units=0,
    )
    async with open_graph(settings.store.url) as gateway:
        await ingest_catalogue(gateway, write_catalogue(folder / "data"))
    token = ManagerFile(folder / "managers.json").add("ada", dt.date(2026, 11, 29))
    async with running(settings) as client:
        client.timeout = 120
        form = {"name": "ada", "token": token}
        answer = await client.post("/login", data=form, headers=OWN)
        client.headers["cookie"] = answer.headers["set-cookie"].partition(";")[0]
        yield client


async def sent(client: AsyncClient, path: str, **form: str) -> Response:
    return await client.post(path, data=form, headers=OWN)


def preview_of(answer: Response) -> dict[str, str]:
    """Return what the button under a preview would send."""
    part = answer.text.partition('id="preview"')[2].partition("</form>")[0]
    return {name: html.unescape(value) for name, value in _HIDDEN.findall(part)}


async def test_pages_are_for_managers(client: AsyncClient) -> None:
    for path in ("/curate", "/curate/history/mal:1", "/curate/edit/mal:1", "/curate/work"):
        assert (await client.get(path, headers={"cookie": ""})).status_code == 401
        answer = await client.get(path)
        assert answer.status_code == 200, answer.text
        assert answer.headers["cache-control"] == "private, no-store"
    foreign = {"sec-fetch-site": "cross-site"}
    answer = await client.post("/curate/edit/mal:1", data={"act": "fact"}, headers=foreign)
    assert answer.status_code == 403


async def test_a_fact_is_previewed_stated_told_and_undone(client: AsyncClient) -> None:
    page = "/curate/edit/mal:1"
    shown = await sent(
        client, page, act="fact", field="year", value="1999", reason="the <credits> say so"
    )
    assert shown.status_code == 200
    assert "2001" in shown.text
    assert "1999" in shown.text
    assert "No act" not in (await client.get("/curate/history/mal:1")).text
    assert "the &lt;credits&gt; say so" in shown.text
    made = await sent(client, page, **preview_of(shown))
    assert (made.status_code, made.headers["location"]) == (303, "/curate/history/mal:1")
    history = (await client.get("/curate/history/mal:1")).text
    assert "the &lt;credits&gt; say so" in history
    assert "Counts instead: 1999, says ada" in history
    (act,) = set(re.findall(r'name="of" value="([0-9a-f]{16})"', history))
    asked = await sent(client, page, act="undo", of=act, reason="it was a slip")
    assert "2001" in asked.text
    assert (await sent(client, page, **preview_of(asked))).status_code == 303
    assert "undone" in (await client.get("/curate/history/mal:1")).text
    log = (await client.get("/curate")).text
    assert "it was a slip" in log


async def test_a_work_that_no_source_lists_is_previewed_and_added(client: AsyncClient) -> None:
    form = {"title": "Lost Song", "ids": "mal:70\nhttps://anidb.net/anime/71", "year": "2011"}
    shown = await sent(
        client, "/curate/work", **form, anime_type="ova", reason="it was shown at a festival"
    )
    assert shown.status_code == 200, shown.text
    assert preview_of(shown)["ids"].split() == form["ids"].split()
    made = await sent(client, "/curate/work", **preview_of(shown))
    assert (made.status_code, made.headers["location"]) == (303, "/curate/history/mal:70")
    history = (await client.get("/curate/history/anidb:71")).text
    assert "Lost Song" in history
    assert "it was shown at a festival" in history
    for wrong, told in (({"year": "soon"}, "soon"), ({"ids": "mal:1"}, "mal:1")):
        refused = await sent(client, "/curate/work", **{**form, **wrong}, reason="because it is")
        assert refused.status_code in (400, 409), refused.text
        assert told in refused.text
    foreign = await sent(client, "/curate/edit/mal:1", act="work", **form, reason="because it is")
    assert foreign.status_code == 400


async def test_pages_link_to_who_says_what_of_them(client: AsyncClient) -> None:
    await until_ready(client)
    works = (await client.get("/api/search", params={"q": "Umi no Uta 1"})).json()["results"]
    work = works[0]["work"]["id"] if "work" in works[0] else works[0]["id"]
    assert f'href="/curate/history/{work}"' in (await client.get(f"/anime/{work}")).text
    assert 'href="/curate/history/umi-no-uta"' in (await client.get("/hub/umi-no-uta")).text


async def test_a_franchise_is_renamed_and_told_with_what_changes(client: AsyncClient) -> None:
    page = "/curate/edit/yama-no-kage"
    shown = await sent(client, page, act="move", works="mal:4", reason="it is of the mountain")
    assert "Joins:" in shown.text
    assert "Umi no Uta 4" in shown.text
    assert "Story" in shown.text or "story" in shown.text
    renamed = await sent(client, page, act="rename", title="The Hill", reason="people say so")
    assert "It was called Yama no Kage" in renamed.text
    assert (await sent(client, page, **preview_of(renamed))).status_code == 303
    assert "The Hill" in (await client.get("/curate/history/yama-no-kage")).text


@pytest.mark.parametrize(
    ("form", "status", "told"),
    [
        ({"act": "fact", "field": "year", "value": "3000", "reason": "because"}, 400, "3000"),
        ({"act": "fact", "field": "year", "value": "2001", "reason": ""}, 400, "reason"),
        (
            {"act": "relation", "kind": "sequel", "other": "mal:99", "reason": "it is"},
            404,
            "mal:99",
        ),
        ({"act": "tag", "tag": "x", "relevance": "lots", "reason": "it is"}, 400, "lots"),
        ({"act": "dance", "reason": "it is"}, 400, "dance"),
    ],
)
async def test_what_makes_no_sense_is_told_above_the_form(
    client: AsyncClient, form: dict[str, str], status: int, told: str
) -> None:
    answer = await sent(client, "/curate/edit/mal:1", **form)
    assert answer.status_code == status
    assert told in answer.text.partition('role="alert"')[2].partition("</p>")[0]


async def test_a_store_that_an_ingest_has_open_is_told(client: AsyncClient, folder: Path) -> None:
    async with Gateway.open(StoreSettings(f"surrealkv://{folder / 'kensho.db'}"), own_queries()):
        answer = await sent(
            client, "/curate/edit/mal:1", act="tag", tag="x", relevance="1", reason="it is"
        )
    assert answer.status_code == 503
    assert "An ingest or another curator has the store open" in answer.text


async def test_what_is_looked_for_leads_to_its_history(client: AsyncClient) -> None:
    answer = await client.get("/curate", params={"name": "mal:1"})
    assert (answer.status_code, answer.headers["location"]) == (303, "/curate/history/mal:1")
    assert (await client.get("/curate/history/mal:99")).status_code == 404
