"""Readers report errors: without account or scripts, bounded, trapped, nothing of them kept."""

import datetime as dt
from collections.abc import AsyncIterator
from pathlib import Path
from typing import NamedTuple

import pytest
from httpx import AsyncClient

from kensho.discovery.reports import ReportIntake
from kensho.platform.environment import with_changes
from kensho.platform.settings import Settings
from kensho.platform.signing_secret import signing_keys
from kensho.storage.work_items import ItemFilter, WorkItemStore
from tests.integration.conftest import running, settings_for, until_ready
from tests.support import graphs

OWN = {"sec-fetch-site": "same-origin"}
TEXT = "The second season is missing here."
EVERY = ItemFilter(safe=False)


class Desk(NamedTuple):
    client: AsyncClient
    store: WorkItemStore
    settings: Settings

    def made(self, seconds_ago: float = 60) -> str:
        """Return the stamp of a form that was made a while ago."""
        then = dt.datetime.now(dt.UTC) - dt.timedelta(seconds=seconds_ago)
        return ReportIntake(self.store, signing_keys(self.settings.signing), lambda: then).stamp()

    def form(self, **more: str) -> dict[str, str]:
        return {"page": "/hub/alpha", "text": TEXT, "made": self.made(), **more}


def queue_settings(url: str, folder: Path) -> Settings:
    return with_changes(settings_for(url, folder), queue_file=folder / "queue.db")


@pytest.fixture
async def desk(tmp_path: Path) -> AsyncIterator[Desk]:
    settings = queue_settings(f"surrealkv://{tmp_path}/none.db", tmp_path)
    async with running(settings) as client:
        yield Desk(client, WorkItemStore(settings.queue.file), settings)


async def test_a_report_becomes_a_work_item_and_nothing_tells_of_its_reader(desk: Desk) -> None:
    headers = {**OWN, "user-agent": "Readers own", "x-forwarded-for": "203.0.113.9"}
    form = desk.form(text=f"{TEXT}\r\nThe third too.", source="https://example.org/1")
    answer = await desk.client.post("/report", data=form, headers=headers)
    assert (answer.status_code, answer.headers["location"]) == (303, "/report/sent")
    assert (await desk.client.get("/report/sent")).status_code == 200
    (item,) = desk.store.page(EVERY, 9).items
    assert (item.kind, item.state, item.page) == ("report", "open", "/hub/alpha")
    assert item.sentence == f"/hub/alpha: {TEXT}"
    assert item.evidence == (TEXT, "The third too.", "source: https://example.org/1")
    content = desk.store.file.path.read_bytes()
    for told in (b"127.0.0.1", b"203.0.113.9", b"Readers own"):
        assert told not in content


async def test_the_form_knows_the_page_one_came_from(desk: Desk) -> None:
    for referrer, page in (
        ("http://test/hub/alpha?order=story", "/hub/alpha?order=story"),
        ("http://elsewhere/hub/alpha", ""),
        ("http://[broken", ""),
        ("http://test/report", ""),
    ):
        shown = await desk.client.get("/report", headers={"referer": referrer})
        assert shown.status_code == 200
        assert f'name="page" value="{page}"' in shown.text
    named = await desk.client.get("/report?page=/changes")
    assert 'name="page" value="/changes"' in named.text
    assert "no-store" in named.headers["cache-control"]


@pytest.mark.parametrize(
    ("more", "told"),
    [
        ({"text": "short"}, "at least 10 letters"),
        ({"text": ""}, "at least 10 letters"),
        ({"text": "x" * 2_001}, "length"),
        ({"page": "https://elsewhere/"}, "is no page of ours"),
        ({"page": "//elsewhere"}, "is no page of ours"),
        ({"page": "/" + "x" * 300}, "length"),
        ({"source": "x" * 501}, "length"),
        ({"made": "0.x"}, "That was quick"),
        ({"made": ""}, "That was quick"),
    ],
)
async def test_what_can_t_be_taken_is_said_at_its_field(
    desk: Desk, more: dict[str, str], told: str
) -> None:
    answer = await desk.client.post("/report", data=desk.form(**more), headers=OWN)
    assert answer.status_code == 400
    assert told in answer.text
    assert 'role="alert"' in answer.text
    assert desk.store.page(EVERY, 9).items == []


async def test_what_was_written_is_kept_where_something_is_missing(desk: Desk) -> None:
    form = desk.form(page="nowhere", source="<b>there</b>")
    answer = await desk.client.post("/report", data=form, headers=OWN)
    assert answer.status_code == 400
    assert f">{TEXT}</textarea>" in answer.text
    assert 'value="&lt;b&gt;there&lt;/b&gt;"' in answer.text


async def test_what_a_program_fills_in_is_dropped(desk: Desk) -> None:
    form = desk.form(website="https://spam.example")
    answer = await desk.client.post("/report", data=form, headers=OWN)
    assert answer.headers["location"] == "/report/sent"
    assert desk.store.page(EVERY, 9).items == []
    for seconds in (0.5, 100_000):
        late = desk.form(made=desk.made(seconds))
        refused = await desk.client.post("/report", data=late, headers=OWN)
        assert refused.status_code == 400
    assert desk.store.page(EVERY, 9).items == []


async def test_one_address_sends_few(desk: Desk) -> None:
    statuses = [
        (
            await desk.client.post("/report", data=desk.form(text=f"{TEXT} {n}"), headers=OWN)
        ).status_code
        for n in range(7)
    ]
    assert statuses == [303] * 5 + [429] * 2
    assert desk.store.page(EVERY, 9).total == 5


async def test_another_site_can_t_send_for_its_visitors(desk: Desk) -> None:
    for headers in ({}, {"sec-fetch-site": "cross-site"}, {"origin": "https://evil.example"}):
        refused = await desk.client.post("/report", data=desk.form(), headers=headers)
        assert refused.status_code == 403


async def test_the_same_report_again_is_the_same_item(desk: Desk) -> None:
    for _ in range(2):
        await desk.client.post("/report", data=desk.form(), headers=OWN)
    assert desk.store.page(EVERY, 9).total == 1


async def test_where_reports_are_not_taken_there_is_no_form_and_no_link(tmp_path: Path) -> None:
    settings = queue_settings(f"surrealkv://{tmp_path}/none.db", tmp_path)
    async with running(with_changes(settings, queue_reports=False)) as client:
        assert (await client.get("/report")).status_code == 404
        assert 'href="/report"' not in (await client.get("/status")).text


async def test_every_page_links_the_form_and_a_report_names_the_work(
    small_store: str, tmp_path: Path
) -> None:
    settings = queue_settings(small_store, tmp_path)
    async with running(settings) as client:
        await until_ready(client)
        desk = Desk(client, WorkItemStore(settings.queue.file), settings)
        for path in ("/", f"/anime/{graphs.MATRIX}", "/changes", "/status", "/hubs", "/nowhere"):
            page = await client.get(path, follow_redirects=True)
            assert 'href="/report"' in page.text, path
        work = f"/anime/{graphs.MATRIX}"
        await client.post("/report", data=desk.form(page=work), headers=OWN)
        (item,) = desk.store.page(EVERY, 9).items
        assert [str(one.id) for one in item.works] == [str(graphs.MATRIX)]
        assert item.sentence.startswith(item.works[0].title)
