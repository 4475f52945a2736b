"""`/api/changes/stream`: what is told, in which order, to whom, and until when."""

import asyncio
import json
import threading
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any, Final, NamedTuple

import httpx
import pytest
from httpx import AsyncClient

from kensho.platform.environment import with_changes
from kensho.platform.settings import Settings
from kensho.read_model.building.publishing import publish_store
from kensho.storage.gateway import Gateway
from kensho.storage.store_settings import StoreSettings
from tests.integration.conftest import running, settings_for, until, until_ready
from tests.support import graphs
from tests.support.franchise_rows import BEBOP, NARUTO, franchise_store
from tests.support.servers import environment, free_port, served
from tests.support.stores import own_queries

STREAM: Final = "/api/changes/stream"
UNKNOWN: Final = "5d0e9a52-0000-4000-8000-000000000000"
_SCRIPT: Final = """
BEGIN;
UPDATE type::record('anime', <uuid>$bebop) SET episodes = $number, adult = false RETURN NONE;
UPDATE type::record('anime', <uuid>$naruto) SET title = $title RETURN NONE;
UPDATE type::record('anime', <uuid>$trigun) SET episodes = $number, adult = true RETURN NONE;
UPDATE meta:graph SET revision += 1 RETURN NONE;
COMMIT;
"""


class Told(NamedTuple):
    kind: str
    id: str
    data: dict[str, Any]


async def publish_next(settings: Settings, number: int) -> str:
    """Change the graph and publish it; return the identity."""
    store = StoreSettings.of(settings)
    given = {
        "bebop": str(graphs.BEBOP),
        "naruto": str(graphs.NARUTO),
        "trigun": str(graphs.TRIGUN),
        "number": 100 + number,
        "title": f"Naruto, number {number}\u2028as it was\nread",
    }
    async with Gateway.open(store, own_queries()) as gateway:
        await gateway.run_script(_SCRIPT, given)
    return (await publish_store(store, settings.snapshot.read_model_dir)).snapshot


@pytest.fixture(scope="module")
async def installed(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """Publish the small graph, and three times what changes in it."""
    folder: Path = tmp_path_factory.mktemp("stream")
    settings = settings_for(await franchise_store(folder), folder)
    await publish_store(StoreSettings.of(settings), settings.snapshot.read_model_dir)
    for number in range(3):
        await publish_next(settings, number)
    return settings


@pytest.fixture(scope="module")
async def client(installed: Settings) -> AsyncIterator[AsyncClient]:
    async with running(installed) as client:
        await until_ready(client)
        yield client


def read(text: str) -> list[Told]:
    """Return the events of a stream, as its specification parses them."""
    found: list[Told] = []
    for block in text.split("\n\n")[:-1]:
        lines = [line for line in block.split("\n") if not line.startswith(":")]
        fields: dict[str, list[str]] = {}
        for line in lines:
            name, _, value = line.partition(":")
            fields.setdefault(name, []).append(value.removeprefix(" "))
        if "data" in fields:
            data = json.loads("\n".join(fields["data"]))
            found.append(Told(fields["event"][0], fields["id"][0], data))
    return found


async def told(client: AsyncClient, last: str | None = None, **asked: str) -> list[Told]:
    headers = {} if last is None else {"last-event-id": last}
    answer = await client.get(STREAM, params=asked, headers=headers)
    assert answer.status_code == 200, answer.text
    return read(answer.text.replace("\r\n", "\n"))


async def listed(client: AsyncClient, **asked: str) -> list[dict[str, Any]]:
    """Return the changes of the list, the oldest publication first."""
    document = (await client.get("/api/changes", params={"limit": "100", **asked})).json()
    return sorted(document["changes"], key=lambda one: int(one["revision"]))


async def test_who_comes_anew_is_told_the_current_publication(client: AsyncClient) -> None:
    (event,) = await told(client)
    health = (await client.get("/api/health")).json()
    assert (event.kind, event.data["revision"]) == ("publication", health["revision"])
    assert event.id == event.data["snapshot"]


@pytest.mark.parametrize(
    "asked",
    [
        {},
        {"franchise": BEBOP},
        {"franchise": NARUTO, "kind": "work"},
        {"kind": "work_changed"},
        {"kind": "relation"},
        {"safe": "false"},
    ],
)
async def test_the_stream_tells_what_the_list_has_from_wherever_it_is_resumed(
    client: AsyncClient, asked: dict[str, str]
) -> None:
    whole = await told(client, since="0", **asked)
    changes = [event.data for event in whole if event.kind == "change"]
    assert changes == await listed(client, **asked)
    ends = [event.data for event in whole if event.kind == "publication"]
    assert [end["revision"] for end in ends] == sorted(end["revision"] for end in ends)
    assert len(ends) == 4
    assert sum(end["changes"] for end in ends) == len(changes)
    assert ["unknown" in end for end in ends] == [True, False, False, False]
    for number, event in enumerate(whole):
        assert await told(client, last=event.id, **asked) == whole[number + 1 :], event


async def test_an_id_that_is_not_known_is_told_as_lost(client: AsyncClient) -> None:
    (current,) = await told(client)
    for unknown in (UNKNOWN, "1-000000000000", "x" * 5_000, "\u00ff"):
        headers = [(b"last-event-id", unknown.encode("latin-1"))]
        (event,) = read((await client.get(STREAM, headers=headers)).text)
        assert (event.kind, event.id) == ("lost", current.id)
        assert event.data["known_from"]["revision"] < current.data["revision"]


async def test_what_can_t_be_asked_for_is_refused_before_anything_is_told(
    client: AsyncClient,
) -> None:
    for asked, status, field in (
        ({"since": "yesterday"}, 400, "since"),
        ({"kind": "nothing"}, 400, "kind"),
        ({"limit": "3"}, 400, "limit"),
    ):
        answer = await client.get(STREAM, params=asked)
        assert answer.status_code == status
        assert answer.json()["errors"][0]["field"] == field
    assert (await client.get(STREAM, params={"franchise": "nobody"})).status_code == 404


async def test_it_is_kept_by_nobody_and_held_back_by_no_proxy(client: AsyncClient) -> None:
    for method in ("GET", "HEAD"):
        answer = await client.request(method, STREAM)
        assert answer.headers["content-type"] == "text/event-stream; charset=utf-8"
        assert answer.headers["cache-control"] == "no-store"
        assert answer.headers["x-accel-buffering"] == "no"
        assert "etag" not in answer.headers
        assert method == "GET" or answer.content == b""


async def test_so_many_are_open_at_once_of_a_client_and_in_all(installed: Settings) -> None:
    few = with_changes(installed, stream_per_client=2, stream_longest_s=1.0)
    async with running(few) as client:
        await until_ready(client)
        answers = await asyncio.gather(*(client.get(STREAM) for _ in range(4)))
        assert sorted(answer.status_code for answer in answers) == [200, 200, 429, 429]
        assert all("retry-after" in one.headers for one in answers if one.status_code == 429)
        assert (await client.get(STREAM)).status_code == 200, "their places are free again"
    async with running(with_changes(installed, stream_listeners=0)) as client:
        await until_ready(client)
        assert (await client.get(STREAM)).status_code == 503


async def test_without_a_history_it_is_told_that_there_is_something_else(tmp_path: Path) -> None:
    settings = settings_for(await franchise_store(tmp_path), tmp_path)
    store, root = StoreSettings.of(settings), settings.snapshot.read_model_dir
    first = (await publish_store(store, root)).snapshot
    async with running(settings) as client:
        await until_ready(client)
        assert [event.id for event in await told(client)] == [first]
        assert await told(client, last=first) == []
        second = await publish_next(settings, 1)
        await until(client, "/api/health", lambda answer: second in answer.text)
        events = await told(client, last=first)
        assert [event.id for event in events if event.kind == "publication"] == [second]


class Listener:
    """Reads a stream in a thread, and keeps its events."""

    def __init__(self, url: str, last: str | None = None) -> None:
        self.events: list[Told] = []
        self.ended = threading.Event()
        self.comments = 0
        self._came = threading.Condition()
        self._url = url
        self._headers = {} if last is None else {"last-event-id": last}
        threading.Thread(target=self._read, daemon=True).start()

    def _read(self) -> None:
        came = ""  # not by lines: httpx ends one at U+2028, which ends none here
        with httpx.stream("GET", self._url, headers=self._headers, timeout=60) as answer:
            for text in answer.iter_text():
                *blocks, came = (came + text).split("\n\n")
                with self._came:
                    self.comments += sum(block.startswith(":") for block in blocks)
                    self.events += read("".join(f"{block}\n\n" for block in blocks))
                    self._came.notify_all()
        self.ended.set()

    def until(self, last: str) -> list[Told]:
        """Return the events up to the one of this id, once it came."""
        with self._came:
            came = self._came.wait_for(lambda: any(e.id == last for e in self.events), 60)
            assert came, self.events
            return list(self.events)

    def until_pinged(self) -> None:
        with self._came:
            assert self._came.wait_for(lambda: self.comments > 1, 60)


def test_all_workers_tell_at_once_what_is_published_until_they_are_stopped(tmp_path: Path) -> None:
    url = asyncio.run(franchise_store(tmp_path))
    settings = settings_for(url, tmp_path)
    store, root = StoreSettings.of(settings), settings.snapshot.read_model_dir
    first = asyncio.run(publish_store(store, root)).snapshot
    given = environment(url, tmp_path, free_port()) | {
        "KENSHO_REFRESH_EVERY_S": "0.05",
        "KENSHO_STREAM_LONGEST_S": "600",
        "KENSHO_STREAM_PING_S": "0.2",
        "KENSHO_STOP_DEADLINE_S": "60",
    }
    with served(given, "--workers", "2") as base:
        listeners = [Listener(f"{base}{STREAM}?safe=false") for _ in range(6)]
        for one in listeners:
            one.until(first)
        second = asyncio.run(publish_next(settings, 7))
        tellings = [one.until(second) for one in listeners]
        assert all(telling == tellings[0] for telling in tellings)
        kinds = [event.kind for event in tellings[0]]
        assert kinds[0] == kinds[-1] == "publication"
        assert kinds.count("change") >= 3
        late = Listener(f"{base}{STREAM}?safe=false", last=tellings[0][1].id)
        assert late.until(second) == tellings[0][2:]
        late.until_pinged()
        with httpx.stream("GET", f"{base}{STREAM}") as leaving:
            assert leaving.status_code == 200
    for one in (*listeners, late):
        assert one.ended.wait(60), "an answer was cut off"
