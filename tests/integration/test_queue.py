"""The queue of curators by API and by pages: lists, changes, and who may."""

import datetime as dt
import re
from collections.abc import AsyncIterator
from pathlib import Path
from typing import NamedTuple
from uuid import UUID

import pytest
from httpx import AsyncClient

from kensho.domain.work_items import FoundItem, ItemWork
from kensho.platform.environment import with_changes
from kensho.platform.managers import ManagerFile
from kensho.storage.work_items import WorkItemStore
from tests.integration.conftest import running, settings_for, until_ready
from tests.support import graphs
from tests.support.servers import written_store

NOW = dt.datetime(2026, 11, 29, 12, tzinfo=dt.UTC)
WORK = UUID(int=7)
OWN = {"sec-fetch-site": "same-origin"}


class Queue(NamedTuple):
    client: AsyncClient
    store: WorkItemStore
    token: dict[str, str]
    cookie: dict[str, str]


def items() -> list[FoundItem]:
    return [
        FoundItem(
            kind="conflict",
            about=(str(number),),
            sentence=f"Is <b>{number}</b> a sequel?",
            evidence=(f"source {number} says so",),
            works=(ItemWork(WORK, "Alpha", f"/anime/{WORK}", "https://example.org/7"),),
            weight=1 - number / 100,
            adult=number == 3,
        )
        for number in range(5)
    ]


@pytest.fixture
async def queue(tmp_path: Path) -> AsyncIterator[Queue]:
    settings = with_changes(
        settings_for(f"surrealkv://{tmp_path}/none.db", tmp_path),
        managers_file=tmp_path / "managers.json",
        queue_file=tmp_path / "queue.db",
    )
    token = ManagerFile(settings.managers.file).add("ada", NOW.date())
    store = WorkItemStore(settings.queue.file)
    store.refresh(("conflict",), items(), NOW)
    async with running(settings) as client:
        form = {"name": "ada", "token": token}
        signed = await client.post("/login", data=form, headers=OWN)
        cookie = {"cookie": signed.headers["set-cookie"].partition(";")[0]}
        yield Queue(client, store, {"authorization": f"Bearer {token}"}, cookie)


async def test_only_managers_see_the_queue(queue: Queue) -> None:
    id_ = items()[0].id
    for path in ("/api/queue", f"/api/queue/{id_}", "/queue", f"/queue/{id_}"):
        assert (await queue.client.get(path)).status_code == 401
        headers = queue.token if path.startswith("/api") else queue.cookie
        answer = await queue.client.get(path, headers=headers)
        assert answer.status_code == 200
        assert answer.headers["cache-control"] == "private, no-store"
    change = {"action": "accept"}
    refused = await queue.client.post(f"/api/queue/{id_}", json=change)
    assert refused.status_code == 401
    assert (
        await queue.client.post(f"/queue/{id_}/change", data=change, headers=OWN)
    ).status_code == 401
    assert queue.store.item(id_).state == "open"


async def test_the_list_has_the_heaviest_first_and_goes_on_after_an_item(queue: Queue) -> None:
    first = (await queue.client.get("/api/queue?limit=2", headers=queue.token)).json()
    assert [one["id"] for one in first["items"]] == [one.id for one in items()[:2]]
    assert (first["total"], first["hidden"]) == (4, 1)
    assert first["counts"] == [{"kind": "conflict", "state": "open", "items": 4}]
    path = f"/api/queue?limit=9&after={first['next_after']}"
    rest = (await queue.client.get(path, headers=queue.token)).json()
    assert [one["id"] for one in rest["items"]] == [items()[2].id, items()[4].id]
    assert rest["next_after"] is None
    whole = (await queue.client.get("/api/queue?safe=false", headers=queue.token)).json()
    assert (whole["total"], whole["hidden"]) == (5, 0)


@pytest.mark.parametrize("query", ["kind=x", "state=done", "work=x", "after=x", "assignee=", "x=1"])
async def test_what_is_no_filter_is_refused(queue: Queue, query: str) -> None:
    answer = await queue.client.get(f"/api/queue?{query}", headers=queue.token)
    assert answer.status_code == 400
    assert answer.json()["errors"][0]["field"] == query.partition("=")[0]


async def test_an_item_is_settled_by_the_api_under_the_manager_s_name(queue: Queue) -> None:
    id_ = items()[0].id
    path = f"/api/queue/{id_}"
    body = {"action": "wontfix", "reason": "as it is", "version": 1}
    answer = await queue.client.post(path, json=body, headers=queue.token)
    assert answer.status_code == 200
    assert answer.json()["item"]["state"] == "wontfix"
    (change,) = answer.json()["changes"]
    assert (change["author"], change["reason"]) == ("ada", "as it is")
    late = await queue.client.post(path, json=body, headers=queue.token)
    assert (late.status_code, late.json()["code"]) == (409, "item_changed")
    assert "ada" in late.json()["detail"]
    without_version = {"action": "wontfix", "reason": "as it is"}
    again = await queue.client.post(path, json=without_version, headers=queue.token)
    assert (again.status_code, again.json()["code"]) == (409, "item_unchanged")
    unreasoned = await queue.client.post(
        f"/api/queue/{items()[1].id}", json={"action": "wontfix"}, headers=queue.token
    )
    assert unreasoned.status_code == 400
    assert unreasoned.json()["errors"][0]["field"] == "reason"
    unknown = await queue.client.post("/api/queue/0123456789ab", json=body, headers=queue.token)
    assert unknown.status_code == 404


async def test_a_page_escapes_what_others_wrote_and_links_both_pages(queue: Queue) -> None:
    id_ = items()[0].id
    listed = await queue.client.get("/queue", headers=queue.cookie)
    assert "Is &lt;b&gt;0&lt;/b&gt; a sequel?" in listed.text
    assert "<b>0</b>" not in listed.text
    assert "1 item about adult works is hidden" in listed.text
    shown = await queue.client.get(f"/queue/{id_}", headers=queue.cookie)
    assert f'href="/anime/{WORK}"' in shown.text
    assert 'href="https://example.org/7"' in shown.text
    assert "source 0 says so" in shown.text


async def test_after_a_change_the_next_item_of_the_same_list_follows(queue: Queue) -> None:
    first, second = items()[0].id, items()[1].id
    path = f"/queue/{first}/change?kind=conflict&state=open"
    form = {"action": "accept", "version": "1", "reason": ""}
    answer = await queue.client.post(path, data=form, headers=queue.cookie | OWN)
    assert answer.status_code == 303
    assert answer.headers["location"] == f"/queue/{second}?kind=conflict&state=open"
    assert queue.store.item(first).state == "accepted"
    last = items()[4].id
    answer = await queue.client.post(f"/queue/{last}/change", data=form, headers=queue.cookie | OWN)
    assert answer.headers["location"] == "/queue"


async def test_what_can_t_be_done_is_said_on_the_page(queue: Queue) -> None:
    id_ = items()[0].id
    for form, status, told in (
        ({"action": "wontfix", "version": "1"}, 400, "say why it is not to be done"),
        ({"action": "accept", "version": "7"}, 409, "has changed it since"),
        ({"action": "delete"}, 400, "Invalid enum value"),
    ):
        answer = await queue.client.post(
            f"/queue/{id_}/change", data=form, headers=queue.cookie | OWN
        )
        assert answer.status_code == status
        assert re.search(rf'role="alert">[^<]*{told}', answer.text)
    foreign = {"action": "accept", "version": "1"}
    headers = queue.cookie | {"sec-fetch-site": "cross-site"}
    assert (
        await queue.client.post(f"/queue/{id_}/change", data=foreign, headers=headers)
    ).status_code == 403
    assert queue.store.item(id_).state == "open"


async def test_items_are_taken_and_left(queue: Queue) -> None:
    id_ = items()[0].id
    form = {"action": "assign", "assignee": "ada", "version": "1"}
    taken = await queue.client.post(f"/queue/{id_}/change", data=form, headers=queue.cookie | OWN)
    assert taken.headers["location"] == f"/queue/{id_}"
    mine = (await queue.client.get("/api/queue?assignee=ada", headers=queue.token)).json()
    assert [one["id"] for one in mine["items"]] == [id_]
    form = {"action": "assign", "version": "2"}
    await queue.client.post(f"/queue/{id_}/change", data=form, headers=queue.cookie | OWN)
    nobodys = (await queue.client.get("/api/queue?assignee=-", headers=queue.token)).json()
    assert nobodys["total"] == 4


async def test_a_text_that_people_search_for_is_made_a_title_by_one_form(tmp_path: Path) -> None:
    settings = with_changes(
        settings_for(await written_store(tmp_path / "kensho.db"), tmp_path),
        managers_file=tmp_path / "managers.json",
        queue_file=tmp_path / "queue.db",
        curation_dir=tmp_path / "curation",
    )
    token = ManagerFile(settings.managers.file).add("ada", NOW.date())
    store = WorkItemStore(settings.queue.file)
    work = ItemWork(graphs.MATRIX, "The Matrix", f"/movies/{graphs.MATRIX}")
    missing = FoundItem(
        kind="correction", about=("matriks",), sentence="?", works=(work,), text="matriks xyz"
    )
    store.add(missing, NOW)
    async with running(settings) as client:
        await until_ready(client)
        signed = await client.post("/login", data={"name": "ada", "token": token}, headers=OWN)
        headers = {"cookie": signed.headers["set-cookie"].partition(";")[0]} | OWN
        page = await client.get(f"/queue/{missing.id}", headers=headers)
        assert 'name="text" value="matriks xyz"' in page.text
        assert f'name="work" value="{graphs.MATRIX}"' in page.text
        path = f"/queue/{missing.id}/title"
        wrong = {"text": "matriks xyz", "work": "mal:999999"}
        refused = await client.post(path, data=wrong, headers=headers)
        assert refused.status_code == 404
        assert "mal:999999" in refused.text
        assert store.item(missing.id).state == "open"
        right = {"text": "matriks xyz", "work": str(graphs.MATRIX)}
        added = await client.post(path, data=right, headers=headers)
        assert (added.status_code, added.headers["location"]) == (303, "/queue")
        assert store.item(missing.id).state == "fixed"
        (change,) = store.changes(missing.id)
        assert change.reason is not None
        assert change.reason.startswith("title added to")
