"""Managers state, preview, undo and read the history by the API; others can't."""

import datetime as dt
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any, Final

import pytest
from httpx import AsyncClient, Response

from kensho.platform.environment import with_changes
from kensho.platform.managers import ManagerFile
from kensho.platform.settings import Settings
from kensho.storage.gateway import Gateway
from kensho.storage.store_settings import StoreSettings
from tests.integration.conftest import running, settings_for
from tests.support.curating import ingest_catalogue, write_catalogue
from tests.support.records import open_graph
from tests.support.stores import own_queries

STATEMENTS: Final = "/api/curation/statements"
_FACT: Final = {"act": "fact", "work": "mal:1", "field": "year", "value": 1999}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("curation")


@pytest.fixture(scope="module")
def settings(folder: Path) -> Settings:
    url = f"surrealkv://{folder / 'kensho.db'}"
    return with_changes(
        settings_for(url, folder / "read_model"),
        managers_file=folder / "managers.json",
        curation_dir=folder / "own",
        curation_wait_s=2.0,
        rate_limit_units=0,
    )


@pytest.fixture(scope="module")
async def client(folder: Path, settings: Settings) -> AsyncIterator[AsyncClient]:
    async with open_graph(settings.store.url) as gateway:
        await ingest_catalogue(gateway, write_catalogue(folder / "data"))
    token = ManagerFile(folder / "managers.json").add("ada", dt.date(2026, 11, 29))
    async with running(settings) as client:
        client.headers["authorization"] = f"Bearer {token}"
        client.timeout = 120
        yield client


async def state(client: AsyncClient, says: dict[str, Any], **more: Any) -> Response:
    body = {"says": says, "reason": "the credits say so", **more}
    return await client.post(STATEMENTS, json=body)


async def test_nobody_else_is_let_in(client: AsyncClient) -> None:
    for answer in (
        await client.get(STATEMENTS, headers={"authorization": ""}),
        await client.post(STATEMENTS, json={}, headers={"authorization": "Bearer x"}),
        await client.delete(f"{STATEMENTS}/{'0' * 16}", headers={"authorization": "Bearer x"}),
        await client.get("/api/curation/history/mal:1", headers={"authorization": ""}),
    ):
        assert answer.status_code == 401


async def test_an_act_is_foreseen_made_told_and_undone(client: AsyncClient) -> None:
    foreseen = await client.post(
        f"{STATEMENTS}?dry_run=true", json={"says": _FACT, "reason": "the credits say so"}
    )
    assert foreseen.status_code == 200, foreseen.text
    assert foreseen.json()["is_trial"] is True
    assert {"work": "Umi no Uta 1", "field": "year", "before": "2001", "after": "1999"} in (
        foreseen.json()["facts"]
    )
    assert (await client.get(STATEMENTS)).json() == {
        "acts": [], "total": 0, "version": None, "works": {},
    }  # fmt: skip
    made = await state(client, _FACT, source="https://example.org/credits")
    assert made.json()["facts"] == foreseen.json()["facts"]
    (act,) = made.json()["acts"]
    assert (act["author"], act["source"]) == ("ada", "https://example.org/credits")
    assert made.headers["cache-control"] == "private, no-store"
    log = (await client.get(STATEMENTS, params={"limit": 1})).json()
    assert [one["id"] for one in log["acts"]] == [act["id"]] == [log["version"]]
    said = (await client.get("/api/curation/history/mal:1")).json()["said"]
    years = {one["source"]: one for one in said if one["field"] == "year"}
    assert years["curator"]["counts"]
    assert (years["aodb"]["value"], years["aodb"]["against"]) == ("2001", "1999, says ada")
    undone = await client.delete(f"{STATEMENTS}/{act['id']}", params={"reason": "it was wrong"})
    assert undone.status_code == 200, undone.text
    assert undone.json()["facts"][0]["after"] == "2001"
    log = (await client.get(STATEMENTS)).json()
    assert [one.get("undone_by") for one in log["acts"]] == [None, log["version"]]


async def test_what_was_said_meanwhile_is_a_conflict(client: AsyncClient) -> None:
    version = (await client.get("/api/curation/history/mal:2")).json()["version"]
    tag = {"act": "tag", "work": "mal:2", "name": "space"}
    assert (await state(client, tag, against=version)).status_code == 200
    late = await state(client, {**tag, "name": "time"}, against=version)
    assert late.status_code == 409
    assert "by ada" in late.json()["detail"]
    assert (await state(client, tag)).status_code == 409


@pytest.mark.parametrize(
    ("says", "status", "told"),
    [
        ({"act": "fact", "work": "mal:99", "field": "year", "value": 2000}, 404, "mal:99"),
        ({"act": "fact", "work": "mal:1", "field": "year", "value": 3000}, 400, "3000"),
        ({"act": "rename", "work": "none", "title": "X"}, 404, "none"),
        ({"act": "dance"}, 400, "dance"),
    ],
)
async def test_what_makes_no_sense_is_refused(
    client: AsyncClient, says: dict[str, Any], status: int, told: str
) -> None:
    answer = await state(client, says)
    assert (answer.status_code, told in answer.text) == (status, True), answer.text


async def test_an_ingest_that_has_the_store_open_is_told_clearly(
    client: AsyncClient, settings: Settings
) -> None:
    async with Gateway.open(StoreSettings.of(settings), own_queries()):
        answer = await state(client, _FACT)
    assert answer.status_code == 503
    assert answer.json()["type"].endswith("store_in_use")
    assert "has the graph store open" in answer.json()["detail"]
    assert int(answer.headers["retry-after"]) > 0
