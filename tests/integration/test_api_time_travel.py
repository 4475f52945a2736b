"""`as_of`: works, relations, franchises and orders as they were, by API and as pages."""

import re
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any, Final

import msgspec
import pytest
from httpx import AsyncClient, Response

from kensho.platform.environment import with_changes
from kensho.platform.settings import Settings
from kensho.read_model import publications
from kensho.read_model.building.history_writing import HistoryLimits
from kensho.read_model.building.publishing import publish_store
from kensho.read_model.publications import CURRENT, Publication
from kensho.storage.gateway import Gateway
from kensho.storage.store_settings import StoreSettings
from tests.integration.conftest import running, settings_for, until, until_ready
from tests.support import franchise_rows, graphs
from tests.support.stores import own_queries

SLUG: Final = franchise_rows.BEBOP
DAYS: Final = ("2026-11-01", "2026-11-08", "2026-11-15", "2026-11-22")
"""On which the four publications were made; the first is no longer kept."""
TITLES: Final = ("Cowboy Bebop", "Bebop 2", "Bebop 3", "Bebop 4")
WORK: Final = f"/api/anime/{graphs.BEBOP}"
_SCRIPT: Final = """
BEGIN;
UPDATE type::record('anime', <uuid>$work) SET title = $title RETURN NONE;
UPDATE type::record('franchise', $slug) SET title = $title RETURN NONE;
UPDATE meta:graph SET revision += 1 RETURN NONE;
COMMIT;
"""
_CUT: Final = """
BEGIN;
DELETE is_related_to WHERE in = type::record('anime', <uuid>$work) RETURN NONE;
UPDATE meta:graph SET revision += 1 RETURN NONE;
COMMIT;
"""


@pytest.fixture(scope="module")
async def installed(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """Publish four states of the small graph, a week apart, of which three are kept."""
    folder: Path = tmp_path_factory.mktemp("past")
    url = await franchise_rows.franchise_store(folder)
    settings = settings_for(url, folder)
    store, root = StoreSettings.of(settings), settings.snapshot.read_model_dir
    work = {"work": str(graphs.BEBOP), "slug": SLUG}
    await publish_store(store, root, HistoryLimits(100, 1 << 24, 3))
    for number, title in enumerate(TITLES[1:], start=1):
        async with Gateway.open(store, own_queries()) as gateway:
            if number == 3:
                await gateway.run_script(_CUT, work)
            await gateway.run_script(_SCRIPT, work | {"title": title})
        await publish_store(store, root, HistoryLimits(100, 1 << 24, 3))
    _date(root, store.fingerprint)
    return settings


def _date(root: Path, store: str) -> None:
    """Let the publications be of different days."""
    found = publications.read(root)
    assert found is not None
    one = found.stores[store]
    dated = msgspec.structs.replace(
        one,
        at=f"{DAYS[3]}T10:00:00+00:00",
        earlier=tuple(
            msgspec.structs.replace(earlier, at=f"{day}T10:00:00+00:00")
            for earlier, day in zip(one.earlier, reversed(DAYS[:3]), strict=False)
        ),
    )
    text = msgspec.json.encode(msgspec.structs.replace(found, stores={store: dated}))
    (root / CURRENT).write_bytes(text)


@pytest.fixture(scope="module")
async def served(installed: Settings) -> AsyncIterator[AsyncClient]:
    async with running(installed) as client:
        await until_ready(client)
        yield client


def publication(installed: Settings) -> Publication:
    found = publications.read(installed.snapshot.read_model_dir)
    assert found is not None
    return found.stores[StoreSettings.of(installed).fingerprint]


async def asked(client: AsyncClient, path: str, **parameters: str) -> Response:
    answer = await client.get(path, params=parameters or None)
    assert answer.status_code == 200, answer.text
    return answer


def named(installed: Settings, way: str, number: int) -> str:
    """Return how the publication of this number is named by a date, a time, and so on."""
    one = publication(installed)
    identities = [*(earlier.snapshot for earlier in reversed(one.earlier)), one.snapshot]
    identity = identities[number - 1]
    return {
        "day": DAYS[number],
        "later day": f"{DAYS[number][:-1]}{int(DAYS[number][-1]) + 1}",
        "time": f"{DAYS[number]}T10:00:00Z",
        "revision": identity.partition("-")[0],
        "identity": identity,
    }[way]


@pytest.mark.parametrize("number", [1, 2, 3])
@pytest.mark.parametrize("way", ["day", "later day", "time", "revision", "identity"])
async def test_what_was_known_is_told_however_the_time_is_named(
    served: AsyncClient, installed: Settings, way: str, number: int
) -> None:
    as_of = named(installed, way, number)
    work = (await asked(served, WORK, as_of=as_of)).json()
    franchise = (await asked(served, f"/api/franchises/{SLUG}", as_of=as_of)).json()
    order = (await asked(served, f"/api/franchises/{SLUG}/watch-order", as_of=as_of)).json()
    walk = (await asked(served, f"{WORK}/relations", as_of=as_of)).json()
    assert work["title"] == TITLES[number]
    assert franchise["title"] == order["title"] == TITLES[number]
    assert {member["work"]["title"] for member in franchise["members"]} >= {TITLES[number]}
    assert order["steps"][0]["work"]["title"] == TITLES[number]
    assert walk["nodes"][0]["title"] == TITLES[number]
    assert bool(walk["edges"]) == (number < 3)
    graph = (await asked(served, f"/api/franchises/{SLUG}/graph", as_of=as_of)).json()
    assert TITLES[number] in {node["title"] for node in graph["nodes"]}
    file = await asked(served, f"/api/franchises/{SLUG}/graph", as_of=as_of, format="dot")
    assert TITLES[number] in file.text
    episodes = await asked(served, f"{WORK}/episodes", as_of=as_of)
    assert episodes.headers["x-kensho-as-of"] == f"{DAYS[number]}T10:00:00+00:00"


async def test_the_answer_of_the_past_is_the_one_that_was_given_then(
    served: AsyncClient, installed: Settings
) -> None:
    today = await asked(served, WORK)
    latest = await asked(served, WORK, as_of=DAYS[3])
    assert latest.content == today.content
    past = await asked(served, WORK, as_of=DAYS[1], fields="title")
    assert past.json() == {"title": TITLES[1]}
    assert past.headers["x-kensho-as-of"] == f"{DAYS[1]}T10:00:00+00:00"
    assert past.headers["x-kensho-snapshot"] == publication(installed).earlier[1].snapshot


async def test_what_can_not_change_any_more_need_not_be_asked_for_again(
    served: AsyncClient, installed: Settings
) -> None:
    settled = [named(installed, way, 2) for way in ("day", "later day", "time", "identity")]
    for as_of in (*settled, publication(installed).snapshot):
        answer = await asked(served, WORK, as_of=as_of)
        assert answer.headers["cache-control"] == "public, max-age=86400, immutable"
        again = await served.get(
            WORK, params={"as_of": as_of}, headers={"if-none-match": answer.headers["etag"]}
        )
        assert again.status_code == 304
    for as_of in (DAYS[3], "2099-01-01", named(installed, "revision", 2)):
        answer = await asked(served, WORK, as_of=as_of)
        assert answer.headers["cache-control"] == "public, max-age=60"


@pytest.mark.parametrize(
    "path", [WORK, f"{WORK}/relations", f"/api/franchises/{SLUG}", f"/hub/{SLUG}"]
)
async def test_what_is_no_longer_kept_says_from_when_on_there_is_something(
    served: AsyncClient, installed: Settings, path: str
) -> None:
    first = publication(installed).earlier[-1]
    for as_of in ("2026-11-01", "2026-11-07", "1-000000000000"):
        answer = await served.get(path, params={"as_of": as_of}, headers={"accept": "*/*"})
        assert answer.status_code == 404
        if path.startswith("/hub"):
            assert f"as_of={first.snapshot}" in answer.text
            continue
        problem = answer.json()
        assert problem["type"] == "urn:kensho:problem:not_kept"
        kept = {"snapshot": first.snapshot, "revision": first.revision, "at": first.at}
        assert problem["kept_from"] == kept
        assert first.at in problem["detail"]
        assert answer.headers["cache-control"] == "no-store"


@pytest.mark.parametrize(
    "path", [f"{WORK}/similar", "/api/search?q=bebop", "/api/franchises", "/api/works"]
)
async def test_a_route_that_answers_of_today_alone_refuses_a_time_by_name(
    served: AsyncClient, path: str
) -> None:
    answer = await served.get(f"{path}{'&' if '?' in path else '?'}as_of={DAYS[1]}")
    assert answer.status_code == 400
    assert [one["field"] for one in answer.json()["errors"]] == ["as_of"]


async def test_a_map_of_the_past_leads_within_its_time_and_is_not_kept_as_todays(
    served: AsyncClient, installed: Settings
) -> None:
    path, current = f"/hub/{SLUG}/map", publication(installed).snapshot
    past = (await asked(served, path, as_of=DAYS[1], work=str(graphs.BEBOP))).text
    assert TITLES[1] in past
    assert "data-card=" not in past
    assert f"{path}?as_of={DAYS[1]}&amp;work=" in past or f"work={graphs.BEBOP}&amp;as_of=" in past
    then = (await asked(served, path, as_of=current)).text
    assert f"as_of={current}" in then
    today = (await asked(served, path)).text
    assert f"as_of={current}" not in today
    assert "data-card=" in today


@pytest.mark.parametrize("as_of", ["yesterday", "2026-13-01", "2026-11-31", ""])
async def test_a_time_that_is_none_is_refused_by_its_name(served: AsyncClient, as_of: str) -> None:
    answer = await served.get(WORK, params={"as_of": as_of})
    assert answer.status_code == 400
    assert answer.json()["errors"][0]["field"] == "as_of"


async def test_a_merged_work_leads_on_within_its_time(served: AsyncClient) -> None:
    answer = await served.get(f"/api/anime/{graphs.MERGED}", params={"as_of": DAYS[1]})
    assert answer.status_code == 308
    assert answer.headers["location"] == f"{WORK}?as_of={DAYS[1]}"


@pytest.mark.parametrize(
    "path",
    [
        f"/hub/{SLUG}",
        f"/hub/{SLUG}/map",
        f"/hub/{SLUG}/watch-order",
        f"/hub/{SLUG}/episodes",
        f"/anime/{graphs.BEBOP}",
    ],
)
async def test_a_page_of_the_past_says_so_and_leads_to_today_and_within_its_time(
    served: AsyncClient, path: str
) -> None:
    past = (await asked(served, path, as_of=DAYS[1])).text
    today = (await asked(served, path)).text
    assert TITLES[1] in past
    assert TITLES[3] in today
    assert "past-note" not in today
    note = re.search(r'<p class="past-note".*?</p>', past)
    assert note is not None
    assert DAYS[1][:4] in note[0]
    assert f'href="{path}"' in note[0]
    assert f"as_of={DAYS[1]}" in past.replace(note[0], "")
    assert f'<link rel="canonical" href="{path}"' in past
    for link in re.findall(r'href="([^"]*as_of=[^"]*)"', past):
        await asked(served, link.replace("&amp;", "&"))


async def test_the_page_of_changes_leads_to_what_a_franchise_was_then(
    served: AsyncClient, installed: Settings
) -> None:
    page = (await asked(served, "/changes", franchise=SLUG)).text
    links = re.findall(r'href="(/hub/[^"]*as_of=[^"]*)"', page)
    kept = [one.snapshot for one in publication(installed).earlier]
    assert links == [f"/hub/{SLUG}?as_of={identity}" for identity in kept]
    assert TITLES[2] in (await asked(served, links[0])).text


async def test_a_snapshot_that_is_gone_or_of_another_version_is_told(
    installed: Settings, tmp_path: Path
) -> None:
    root = installed.snapshot.read_model_dir
    one = publication(installed)
    oldest, later = one.earlier[-1].snapshot, one.earlier[0]
    (root / oldest).rename(tmp_path / oldest)
    try:
        async with running(installed) as client:
            await until_ready(client)
            answer = await client.get(WORK, params={"as_of": DAYS[1]})
            assert answer.status_code == 404
            assert answer.json()["kept_from"]["snapshot"] == later.snapshot
            assert (await client.get(WORK, params={"as_of": DAYS[2]})).status_code == 200
    finally:
        (tmp_path / oldest).rename(root / oldest)


async def test_nothing_is_told_of_the_past_where_no_snapshot_may_be_open(
    installed: Settings,
) -> None:
    async with running(with_changes(installed, past_snapshots_open=0)) as client:
        await until_ready(client)
        problem: dict[str, Any] = (await client.get(WORK, params={"as_of": DAYS[1]})).json()
    assert (problem["status"], problem["error"]) == (404, "not_kept")
    assert "kept_from" not in problem


async def test_what_is_pruned_is_closed_so_that_its_folder_goes(
    tmp_path: Path,
) -> None:
    url = await franchise_rows.franchise_store(tmp_path)
    settings = settings_for(url, tmp_path)
    store, root = StoreSettings.of(settings), settings.snapshot.read_model_dir
    limits = HistoryLimits(100, 1 << 24, 2)
    work = {"work": str(graphs.BEBOP), "slug": SLUG}
    first = await publish_store(store, root, limits)

    async def publish_next(title: str) -> Publication:
        async with Gateway.open(store, own_queries()) as gateway:
            await gateway.run_script(_SCRIPT, work | {"title": title})
        return await publish_store(store, root, limits)

    second = await publish_next("second")
    async with running(settings) as client:
        await until_ready(client)
        assert (await asked(client, WORK, as_of=first.snapshot)).json()["title"] == TITLES[0]
        await publish_next("third")
        await until(client, WORK, lambda answer: answer.json()["title"] == "third")
        answer = await client.get(WORK, params={"as_of": first.snapshot})
        assert answer.status_code == 404
        assert (await asked(client, WORK, as_of=second.snapshot)).json()["title"] == "second"
        await publish_next("fourth")
        assert not (root / first.snapshot).exists()
