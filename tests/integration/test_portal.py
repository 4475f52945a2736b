"""The film portal: what managers may publish, what viewers may play, and what neither may."""

import asyncio
import datetime as dt
from collections.abc import AsyncIterator
from random import Random
from typing import Any, Final
from uuid import uuid4

import msgspec
import pytest
from httpx import AsyncClient, Response

from kensho.edges.accounts.audit import AuditLog, AuditQuery
from kensho.edges.portal.captions import CaptionReader
from kensho.edges.portal.documents import CreateMovieBody, PatchMovieBody
from kensho.edges.portal.movie_store import AuditEntry, CaptionText, MovieStore
from kensho.edges.portal.movies import PortalMovie, publishing_state
from kensho.edges.portal.seals import SourceSeals
from kensho.edges.portal.service import PortalParts, PortalService
from kensho.edges.portal.sources import SourceProber, fetcher_of
from kensho.edges.portal.ticket_keys import TicketKeyFile
from kensho.edges.portal.tickets import Tickets
from kensho.errors import (
    BrokenSealError,
    ChangedMeanwhileError,
    ConflictError,
    KenshoError,
    NotReadyError,
    RuleViolationError,
    StorageError,
)
from kensho.platform.edge_settings import PortalSettings
from kensho.platform.environment import with_changes
from kensho.platform.managers import ManagerFile
from kensho.platform.secret_values import Secret
from kensho.platform.settings import Settings
from kensho.read_model.model import ReadModel
from kensho.storage.gateway import Gateway
from tests.integration.conftest import running, settings_for, until_ready
from tests.support import graphs
from tests.support.film_origin import MASTER, TTML, WEBVTT, FilmOrigin

MOVIES: Final = "/api/movies"
NOW: Final = dt.datetime.now(dt.UTC)
HOUR: Final = dt.timedelta(hours=1)
SPIRITED_AWAY: Final = next(iter(graphs.MOVIES))["id"]
EDGE_SECRET: Final = "the edge's own secret"
FRESH: Final = frozenset(("x-request-id", "traceparent", "date"))


@pytest.fixture(scope="module")
def portal_settings(small_store: str, tmp_path_factory: pytest.TempPathFactory) -> Settings:
    folder = tmp_path_factory.mktemp("portal")
    return with_changes(
        settings_for(small_store, folder),
        edges=("accounts", "portal"),
        edges_store_url="mem://",
        portal_keys_file=folder / "portal_keys.json",
        portal_edge_url="https://cdn.example",
        portal_edge_secret=Secret(EDGE_SECRET),
        portal_loopback=True,
        portal_fetch_s=3.0,
    )


@pytest.fixture(scope="module")
async def api(portal_settings: Settings) -> AsyncIterator[AsyncClient]:
    async with running(portal_settings) as client:
        await until_ready(client)
        yield client


@pytest.fixture
def manager(portal_settings: Settings) -> dict[str, str]:
    """Return the header of a manager that no test has used: each has a limit of its own."""
    return as_manager(portal_settings)


def as_manager(settings: Settings) -> dict[str, str]:
    name = f"m{uuid4().hex[:12]}"
    token = ManagerFile(settings.managers.file).add(name, NOW.date())
    return {"authorization": f"Bearer {token}"}


def film(origin: FilmOrigin, **changes: Any) -> dict[str, Any]:
    """Return a film that can be published, as its contract spells it."""
    return {
        "title": f"Night Train {uuid4().hex[:8]}",
        "synopsis": "A train, and a night.",
        "genres": ["drama"],
        "durationMinutes": 93,
        "availability": {"start": (NOW - HOUR).isoformat()},
        "posterUrl": "https://img.example/night-train.jpg",
        "streamSources": [{"streamUrl": origin.url("/film/master.m3u8")}],
        "captionTracks": [
            {"languageCode": "en", "captionUrl": origin.url("/film/en.vtt"), "format": "WEBVTT"},
            {"languageCode": "ja", "captionUrl": origin.url("/film/ja.ttml"), "format": "TTML"},
        ],
        **changes,
    }


async def made(api: AsyncClient, manager: dict[str, str], body: dict[str, Any]) -> dict[str, Any]:
    answer = await api.post(MOVIES, json=body, headers=manager)
    assert answer.status_code == 201, answer.text
    document: dict[str, Any] = answer.json()
    return document


async def play(api: AsyncClient, movie: str, **headers: str) -> Response:
    return await api.post(
        f"{MOVIES}/{movie}/stream-token", json={"viewerContext": "abc"}, headers=headers
    )


def issues(answer: Response) -> dict[str, str]:
    assert answer.status_code == 400, answer.text
    return {one["field"]: one["error"] for one in answer.json()["issues"]}


def issues_or_errors(answer: Response) -> list[str]:
    return [one["field"] for one in answer.json()["errors"]]


def told(answer: Response) -> tuple[int, str | None]:
    return answer.status_code, answer.json().get("code")


def ids(answer: Response) -> list[str]:
    assert answer.status_code == 200, answer.text
    return [one["movieId"] for one in answer.json()["movies"]]


async def test_a_film_is_published_seen_and_played(
    api: AsyncClient, manager: dict[str, str], origin: FilmOrigin, portal_settings: Settings
) -> None:
    body = film(origin)
    held = await made(api, manager, body)
    movie = held["movieId"]
    assert (held["visibility"], held["state"], held["blockers"]) == ("VISIBLE", "playing", [])
    (source,) = held["streamSources"]
    assert source["streamUrl"] == body["streamSources"][0]["streamUrl"]
    assert (source["primary"], source["validationStatus"]) == (True, "VALID")
    assert (source["durationSeconds"], len(source["variants"])) == (11.5, 2)
    english, japanese = held["captionTracks"]
    assert (english["isDefault"], japanese["isDefault"]) == (True, False)
    assert (japanese["validationStatus"], japanese["cues"]) == ("VALID", 2)

    seen = await api.get(f"{MOVIES}/{movie}")
    assert seen.headers["cache-control"] == "no-store"
    assert seen.json()["title"] == body["title"]
    assert "streamUrl" not in seen.text
    assert "revision" not in seen.json()
    assert movie in ids(await api.get(MOVIES, params={"schedule": "CURRENT"}))
    assert movie not in ids(await api.get(MOVIES, params={"schedule": "UPCOMING"}))


async def test_a_ticket_plays_one_film_for_one_viewing_session(
    api: AsyncClient, manager: dict[str, str], origin: FilmOrigin, portal_settings: Settings
) -> None:
    movie = (await made(api, manager, film(origin)))["movieId"]
    answer = await play(api, movie)
    assert answer.status_code == 200, answer.text
    ticket = answer.json()
    _, _, _, _, jwt, of, name = ticket["signedUrl"].split("/")
    assert (of, name) == (movie, "master.m3u8")
    keys = TicketKeyFile(portal_settings.portal.keys_file, lambda: dt.datetime.now(dt.UTC))
    claims = Tickets(keys, 300, lambda: dt.datetime.now(dt.UTC)).read(jwt)
    assert claims is not None
    assert str(claims.movie) == movie
    assert claims.viewing not in ticket["sessionId"]
    left = dt.datetime.fromisoformat(ticket["expiresAt"]) - dt.datetime.now(dt.UTC)
    assert dt.timedelta(seconds=280) < left <= dt.timedelta(seconds=300)
    assert 0 < ticket["refreshAfter"] < 300
    assert [one["languageCode"] for one in ticket["captions"]] == ["en", "ja"]
    captions = await api.get(ticket["captions"][1]["url"])
    assert captions.headers["content-type"] == "text/vtt; charset=utf-8"
    assert captions.text.startswith("WEBVTT\n\n00:00:00.500 --> 00:00:02.000\nこんにちは")

    refresh = f"{MOVIES}/{movie}/stream-token/refresh"
    again = await api.post(refresh, json={"sessionId": ticket["sessionId"]})
    assert again.status_code == 200
    assert again.json()["sessionId"] == ticket["sessionId"]
    for wrong in (claims.viewing, "x", ticket["sessionId"][::-1]):
        assert told(await api.post(refresh, json={"sessionId": wrong})) == (404, "viewing_ended")
    other = (await made(api, manager, film(origin)))["movieId"]
    crossed = await api.post(
        f"{MOVIES}/{other}/stream-token/refresh", json={"sessionId": ticket["sessionId"]}
    )
    assert told(crossed) == (404, "viewing_ended")


async def test_a_film_that_is_hidden_over_or_to_come_plays_for_nobody(
    api: AsyncClient, manager: dict[str, str], origin: FilmOrigin
) -> None:
    movie = (await made(api, manager, film(origin)))["movieId"]
    ticket = (await play(api, movie)).json()
    captions = ticket["captions"][0]["url"]
    path = f"{MOVIES}/{movie}"
    hidden = await api.post(f"{path}/visibility", json={"visibility": "HIDDEN"}, headers=manager)
    assert hidden.json()["state"] == "ready"
    refused = [
        await play(api, movie),
        await api.post(f"{path}/stream-token/refresh", json={"sessionId": ticket["sessionId"]}),
        await play(api, movie, **manager),
    ]
    assert [told(one) for one in refused] == [(403, "not_available")] * 3
    assert (await api.get(captions)).status_code == 404
    assert (await api.get(captions, headers=manager)).status_code == 200
    assert (await api.get(path)).status_code == 404
    assert (await api.get(path, headers=manager)).status_code == 200
    assert movie not in ids(await api.get(MOVIES, params={"visibility": "VISIBLE"}))
    assert movie in ids(await api.get(MOVIES, params={"visibility": "HIDDEN"}, headers=manager))
    for who, status in (({}, 403), ({"authorization": "Bearer x"}, 401)):
        asked = await api.get(MOVIES, params={"visibility": "ALL"}, headers=who)
        assert asked.status_code == status
    await api.post(f"{path}/visibility", json={"visibility": "VISIBLE"}, headers=manager)
    assert (await play(api, movie)).status_code == 200
    for window, schedule in (
        ({"end": (NOW - HOUR / 2).isoformat()}, "EXPIRED"),
        ({"start": (NOW + HOUR).isoformat()}, "UPCOMING"),
    ):
        moved = await api.patch(path, json={"availability": window}, headers=manager)
        assert moved.status_code == 200, moved.text
        assert told(await play(api, movie)) == (403, "not_available")
        assert movie in ids(await api.get(MOVIES, params={"schedule": schedule}))
        assert movie not in ids(await api.get(MOVIES, params={"schedule": "CURRENT"}))
    # Five hours east of UTC, and closed in UTC: an instant, whatever the clocks there say.
    east = dt.timezone(dt.timedelta(hours=5))
    window = {"end": dt.datetime.now(east).isoformat()}
    closed = await api.patch(path, json={"availability": window}, headers=manager)
    assert closed.json()["availability"]["end"].endswith("Z")
    assert told(await play(api, movie)) == (403, "not_available")


async def test_all_that_is_wrong_is_told_at_its_field_and_nothing_is_written(
    api: AsyncClient, manager: dict[str, str], origin: FilmOrigin
) -> None:
    origin.files["/film/bad.vtt"] = "WEBVTT\n\n00:02.000 --> 00:01.000\nx\n"
    wrong = film(
        origin,
        title=" ",
        durationMinutes=0,
        availability={"start": NOW.isoformat(), "end": (NOW - HOUR).isoformat()},
        posterUrl="ftp://x",
        captionTracks=[
            {"languageCode": "english!", "captionUrl": "https://x/", "format": "WEBVTT"},
            {"languageCode": "de", "captionUrl": "https://x/", "format": "WEBVTT"},
            {"languageCode": "DE", "captionUrl": "https://x/", "format": "WEBVTT"},
        ],
    )
    found = issues(await api.post(MOVIES, json=wrong, headers=manager))
    assert set(found) == {
        *("title", "durationMinutes", "availability.end", "posterUrl"),
        *("captionTracks[0].languageCode", "captionTracks[2].languageCode"),
    }
    assert not origin.asked
    naive = film(origin, availability={"start": "2026-12-01T00:00:00"})
    assert (
        "offset"
        in issues(await api.post(MOVIES, json=naive, headers=manager))["availability.start"]
    )
    broken = film(origin, streamSources=[{"streamUrl": origin.url("/film/none.m3u8")}])
    broken["captionTracks"][1]["captionUrl"] = origin.url("/film/bad.vtt")
    broken["captionTracks"][1]["format"] = "WEBVTT"
    found = issues(await api.post(MOVIES, json=broken, headers=manager))
    assert found["captionTracks[1].captionUrl"] == "line 3: the cue ends before it begins"
    assert "404" in found["streamSources[0].streamUrl"]
    for given in ({}, {"title": 3}, {**film(origin), "visibility": "SECRET"}):
        answer = await api.post(MOVIES, json=given, headers=manager)
        assert (answer.status_code, bool(answer.json()["issues"])) == (400, True), answer.text
    for body in (wrong, naive, broken):
        listed = await api.get(MOVIES, params={"visibility": "ALL"}, headers=manager)
        assert body["title"] not in [one["title"] for one in listed.json()["movies"]]
    linked = film(origin, workId=str(uuid4()))
    assert "workId" in issues(await api.post(MOVIES, json=linked, headers=manager))


async def test_a_title_is_one_films_in_any_spelling(
    api: AsyncClient, manager: dict[str, str], origin: FilmOrigin
) -> None:
    body = film(origin)
    held = await made(api, manager, body)
    twin = film(origin, title=f"  {body['title'].upper().replace(' ', '　')}")
    answer = await api.post(MOVIES, json=twin, headers=manager)
    assert told(answer) == (409, "title_taken")
    assert answer.json()["issues"][0]["field"] == "title"
    other = await made(api, manager, film(origin))
    path = f"{MOVIES}/{other['movieId']}"
    renamed = await api.patch(path, json={"title": body["title"]}, headers=manager)
    assert told(renamed) == (409, "title_taken")
    assert (await api.get(f"{MOVIES}/{held['movieId']}")).json()["slug"].startswith("night-train")


async def test_a_draft_is_published_once_it_has_what_it_needs(
    api: AsyncClient, manager: dict[str, str], origin: FilmOrigin
) -> None:
    origin.files["/film/late.m3u8"] = 503
    draft = film(
        origin,
        visibility="HIDDEN",
        captionTracks=[],
        streamSources=[{"streamUrl": origin.url("/film/late.m3u8")}],
    )
    held = await made(api, manager, draft)
    path = f"{MOVIES}/{held['movieId']}"
    assert (held["state"], held["streamSources"][0]["validationStatus"]) == ("draft", "UNKNOWN")
    assert {one["code"] for one in held["blockers"]} == {"captions_missing", "source_invalid"}
    publish: dict[str, Any] = {"json": {"visibility": "VISIBLE"}, "headers": manager}
    assert told(await api.post(f"{path}/visibility", **publish)) == (409, "captions_missing")
    bad = {"languageCode": "en", "format": "WEBVTT", "text": "WEBVTT\n\n00:01 --> 2\nx\n"}
    refused = await api.post(f"{path}/captions", json=bad, headers=manager)
    assert "line 3" in issues(refused)["text"]
    for language, form, text in (("en", "WEBVTT", WEBVTT), ("ja", "TTML", TTML)):
        body = {"languageCode": language, "format": form, "text": text}
        answer = await api.post(f"{path}/captions", json=body, headers=manager)
        assert answer.status_code == 201, answer.text
    assert told(await api.post(f"{path}/visibility", **publish)) == (409, "source_invalid")
    origin.files["/film/late.m3u8"] = origin.files["/film/720/index.m3u8"]
    answer = await api.post(f"{path}/visibility", **publish)
    assert (answer.status_code, answer.json()["state"]) == (200, "playing"), answer.text
    # What a client reads it may send back: what is there stays, and is not fetched again.
    origin.asked.clear()
    whole = answer.json()
    back = {one: whole[one] for one in ("captionTracks", "availability", "genres")}
    kept = await api.patch(path, json={**back, "synopsis": "Another."}, headers=manager)
    assert kept.status_code == 200, kept.text
    assert kept.json()["captionTracks"] == whole["captionTracks"]
    assert not origin.asked
    bare = await api.patch(path, json={"captionTracks": []}, headers=manager)
    assert "captionTracks" in issues(bare)


async def test_a_film_is_deleted_while_no_viewer_could_have_seen_it(
    api: AsyncClient, manager: dict[str, str], origin: FilmOrigin
) -> None:
    body = film(origin, visibility="HIDDEN")
    held = await made(api, manager, body)
    path, name = f"{MOVIES}/{held['movieId']}", f"movie:{held['movieId']}"
    await api.patch(path, json={"synopsis": "Another."}, headers=manager)
    stale = await api.delete(path, headers={**manager, "if-match": '"1"'})
    assert stale.status_code == 412
    gone = await api.delete(path, headers={**manager, "if-match": '"2"'})
    assert (gone.status_code, gone.content) == (204, b"")
    assert (await api.get(path, headers=manager)).status_code == 404
    assert told(await api.delete(path, headers=manager)) == (404, "movie_not_found")
    rows = (await api.get("/api/audit", params={"object": name}, headers=manager)).json()["rows"]
    assert [one["action"] for one in rows] == ["movie.delete", "movie.update", "movie.create"]
    again = await made(api, manager, {**body, "visibility": "VISIBLE"})  # the title is free
    path = f"{MOVIES}/{again['movieId']}"
    assert told(await api.delete(path, headers=manager)) == (409, "was_published")
    await api.patch(path, json={"visibility": "HIDDEN"}, headers=manager)
    assert told(await api.delete(path, headers=manager)) == (409, "was_published")


@pytest.mark.parametrize("way", ["visibility", "patch"])
async def test_whatever_showed_a_film_keeps_it(
    api: AsyncClient, manager: dict[str, str], origin: FilmOrigin, way: str
) -> None:
    held = await made(api, manager, film(origin, visibility="HIDDEN"))
    path = f"{MOVIES}/{held['movieId']}"
    for visibility in ("VISIBLE", "HIDDEN"):
        said = {"visibility": visibility}
        shown = await (
            api.patch(path, json=said, headers=manager)
            if way == "patch"
            else api.post(f"{path}/visibility", json=said, headers=manager)
        )
        assert shown.status_code == 200, shown.text
    assert told(await api.delete(path, headers=manager)) == (409, "was_published")
    assert (await api.get(path, headers=manager)).status_code == 200


async def test_a_deleted_film_leaves_nothing_behind_and_goes_as_a_whole(
    service: PortalService, edge_store: Gateway, origin: FilmOrigin
) -> None:
    store = MovieStore(lambda: edge_store)
    given = film(origin, visibility="HIDDEN")
    held = await service.create(msgspec.convert(given, CreateMovieBody), "ann")
    text = msgspec.convert({"synopsis": "Another."}, PatchMovieBody)
    held = await service.patch(held.id, text, "ann", None)
    wanted = [store.caption(held.id, one.id) for one in held.captions]
    assert all(await asyncio.gather(*wanted))
    audit = AuditEntry(actor="ann", action="movie.delete")
    with pytest.raises(ChangedMeanwhileError):
        await store.delete(msgspec.structs.replace(held, revision=1), audit)
    assert await store.find(held.id) == held
    await service.delete(held.id, "ann", held.revision)
    assert await store.find(held.id) is await store.former(held.id) is None
    wanted = [store.caption(held.id, one.id) for one in held.captions]
    assert await asyncio.gather(*wanted) == [None] * len(held.captions)


async def test_a_film_that_is_published_and_deleted_at_once_is_one_of_both(
    service: PortalService, edge_store: Gateway, origin: FilmOrigin
) -> None:
    store = MovieStore(lambda: edge_store)
    given = film(origin, visibility="HIDDEN")
    held = await service.create(msgspec.convert(given, CreateMovieBody), "ann")
    audit = AuditEntry(actor="ann", action="movie.delete")
    shown = msgspec.structs.replace(held, visibility="VISIBLE")
    both = await asyncio.gather(
        store.put(shown, [], AuditEntry(actor="bob", action="movie.publish")),
        store.delete(held, audit),
        return_exceptions=True,
    )
    is_shown, is_deleted = (not isinstance(one, ChangedMeanwhileError) for one in both)
    assert is_shown != is_deleted
    assert (await store.find(held.id) is not None) == is_shown


async def test_of_two_managers_at_once_the_second_is_told(
    api: AsyncClient, manager: dict[str, str], origin: FilmOrigin
) -> None:
    held = await made(api, manager, film(origin))
    path = f"{MOVIES}/{held['movieId']}"
    etag = (await api.get(path, headers=manager)).headers["etag"]
    at_once = await asyncio.gather(
        *(
            api.patch(path, json={"synopsis": text}, headers={**manager, "if-match": etag})
            for text in ("one", "two", "three")
        )
    )
    assert sorted(one.status_code for one in at_once) == [200, 412, 412]
    stale = {**manager, "if-match": etag}
    assert (
        await api.post(f"{path}/visibility", json={"visibility": "HIDDEN"}, headers=stale)
    ).status_code == 412
    assert "If-Match" in issues(
        await api.patch(path, json={"synopsis": "x"}, headers={**manager, "if-match": 'W/"1"'})
    )
    both = await asyncio.gather(
        *(
            api.post(f"{path}/visibility", json={"visibility": one}, headers=manager)
            for one in ("HIDDEN", "VISIBLE", "HIDDEN", "VISIBLE")
        )
    )
    assert {one.status_code for one in both} == {200}
    rows = await api.get(
        "/api/audit", params={"object": f"movie:{held['movieId']}"}, headers=manager
    )
    audited = [(one["action"], one["changed"]) for one in rows.json()["rows"]]
    assert audited[-1][0] == "movie.create"
    assert audited[-2] == ("movie.update", ["synopsis"])
    paged: list[dict[str, Any]] = []
    query: dict[str, Any] = {"object": f"movie:{held['movieId']}", "limit": 1}
    for _ in range(99):
        page = (await api.get("/api/audit", params=query, headers=manager)).json()
        paged += page["rows"]
        if page["next_cursor"] is None:
            break
        query["cursor"] = page["next_cursor"]
    assert paged == rows.json()["rows"]
    assert "cursor" in issues_or_errors(
        await api.get("/api/audit", params={"cursor": "eA"}, headers=manager)
    )
    last = (await api.get(path, headers=manager)).json()
    assert last["revision"] == len(audited)


async def test_only_managers_change_films_and_twenty_times_a_minute(
    portal_settings: Settings, api: AsyncClient, manager: dict[str, str], origin: FilmOrigin
) -> None:
    path = f"{MOVIES}/{uuid4()}"
    account = {"email": f"{uuid4().hex}@example.org", "password": "correct horse battery"}
    grant = (await api.post("/api/auth/register", json=account)).json()
    viewer = {"authorization": f"Bearer {grant['token']}"}
    for who, status in (({}, 401), (viewer, 403)):
        for method, at, body in (
            ("POST", MOVIES, film(origin)),
            ("PATCH", path, {}),
            ("POST", f"{path}/visibility", {"visibility": "HIDDEN"}),
            ("POST", f"{path}/captions", {"languageCode": "en", "text": "x"}),
            ("DELETE", path, None),
        ):
            assert (await api.request(method, at, json=body, headers=who)).status_code == status
    answers = [await api.patch(path, json={}, headers=manager) for _ in range(21)]
    assert [one.status_code for one in answers] == [404] * 20 + [429]
    last = answers[-1]
    assert last.json()["scope"] == "managers"
    assert int(last.headers["retry-after"]) >= 1
    other = as_manager(portal_settings)
    rows = (await api.get("/api/audit", params={"action": "request.limit"}, headers=other)).json()
    assert [one["outcome"] for one in rows["rows"]] == ["throttled"]


async def test_a_viewing_session_is_its_viewers(
    api: AsyncClient, manager: dict[str, str], origin: FilmOrigin
) -> None:
    movie = (await made(api, manager, film(origin)))["movieId"]
    grants: list[dict[str, str]] = []
    for _ in range(2):
        account = {"email": f"{uuid4().hex}@example.org", "password": "correct horse battery"}
        token = (await api.post("/api/auth/register", json=account)).json()["token"]
        grants.append({"authorization": f"Bearer {token}"})
    session = (await play(api, movie, **grants[0])).json()["sessionId"]
    path, body = f"{MOVIES}/{movie}/stream-token/refresh", {"sessionId": session}
    assert (await api.post(path, json=body, headers=grants[0])).status_code == 200
    assert (await api.post(path, json=body)).status_code == 200
    crossed = await api.post(path, json=body, headers=grants[1])
    assert told(crossed) == (403, "not_your_session")


async def test_a_film_of_the_graph_bears_its_id_and_both_contracts(
    api: AsyncClient, client: AsyncClient, manager: dict[str, str], origin: FilmOrigin
) -> None:
    def stable(answer: Response) -> tuple[int, bytes, list[tuple[str, str]]]:
        kept = {*FRESH, "ratelimit", "ratelimit-policy", "etag", "age"}
        return (
            answer.status_code,
            answer.content,
            sorted((name, value) for name, value in answer.headers.items() if name not in kept),
        )

    path = f"{MOVIES}/{SPIRITED_AWAY}"
    for target in (MOVIES, f"{MOVIES}?limit=1&year=2001", path, f"{path}?fields=id,title"):
        assert stable(await api.get(target)) == stable(await client.get(target))
    before = (await api.get(path)).json()
    listed = (await api.get(MOVIES)).json()["movies"]
    summary = next(one for one in listed if one["id"] == str(SPIRITED_AWAY))
    held = await made(api, manager, film(origin, workId=str(SPIRITED_AWAY)))
    assert held["movieId"] == held["id"] == str(SPIRITED_AWAY)
    after = (await api.get(path)).json()
    assert {**before, "title": after["title"], "synopsis": after.get("synopsis")} == {
        name: after[name] for name in {*before, "synopsis"}
    }
    current = (await api.get(MOVIES, params={"schedule": "CURRENT"})).json()["movies"]
    element = next(one for one in current if one["id"] == str(SPIRITED_AWAY))
    assert summary.items() - {("title", summary["title"])} <= element.items()
    assert {"movieId", "slug", "posterUrl", "availability", "visibility"} <= element.keys()
    twice = await api.post(MOVIES, json=film(origin, workId=str(SPIRITED_AWAY)), headers=manager)
    assert told(twice) == (409, "work_taken")
    for target in (MOVIES, f"{path}?fields=id,title"):
        assert stable(await api.get(target)) == stable(await client.get(target))
    mixed = await api.get(MOVIES, params={"schedule": "CURRENT", "year": 2001})
    assert "year" in issues(mixed)
    await api.post(f"{path}/visibility", json={"visibility": "HIDDEN"}, headers=manager)
    assert (await api.get(path)).json() == before


async def test_the_edge_alone_learns_where_a_film_comes_from(
    api: AsyncClient, manager: dict[str, str], origin: FilmOrigin
) -> None:
    source = [{"streamUrl": origin.url("/film/720/index.m3u8?key=1")}]
    origin.files["/film/720/index.m3u8?key=1"] = origin.files["/film/720/index.m3u8"]
    movie = (await made(api, manager, film(origin, streamSources=source)))["movieId"]
    path = f"/internal/edge/origins/{movie}"
    for given in ({}, {"x-edge-secret": "x"}, manager):
        assert (await api.get(path, headers=given)).status_code == 404
    answer = await api.get(path, headers={"x-edge-secret": EDGE_SECRET})
    assert answer.headers["x-origin-folder"] == origin.url("/film/720/")
    assert answer.headers["x-origin-playlist"] == "index.m3u8?key=1"
    assert answer.headers["x-origin-path"] == "/film/720/"
    assert answer.headers["x-origin-place"] == origin.url("")
    assert answer.headers["x-origin-host"] == origin.url("").removeprefix("http://")
    assert answer.headers["x-origin-name"] == "127.0.0.1"
    assert "film" not in answer.headers["x-origin-id"]
    other = f"/internal/edge/origins/{uuid4()}"
    assert (await api.get(other, headers={"x-edge-secret": EDGE_SECRET})).status_code == 403
    await api.post(f"{MOVIES}/{movie}/visibility", json={"visibility": "HIDDEN"}, headers=manager)
    assert (await api.get(path, headers={"x-edge-secret": EDGE_SECRET})).status_code == 403


@pytest.fixture
async def service(edge_store: Gateway) -> PortalService:
    """Return the service of managers over a store of its own, without a graph."""
    settings = PortalSettings(loopback=True, fetch_s=3.0)
    fetcher = fetcher_of(settings)
    return PortalService(
        PortalParts(
            store=MovieStore(lambda: edge_store),
            seals=SourceSeals((Secret("an old key of the service"),)),
            prober=SourceProber(fetcher, settings.fetch_s),
            reader=CaptionReader(fetcher),
            model=_no_graph,
            now=lambda: dt.datetime.now(dt.UTC),
            changed=lambda: None,
            recheck=dt.timedelta(hours=24),
            loopback_allowed=True,
        )
    )


def _no_graph() -> ReadModel:
    raise NotReadyError("there is no graph here")


async def test_a_source_that_is_no_longer_right_stops_its_film(
    service: PortalService, edge_store: Gateway, origin: FilmOrigin
) -> None:
    store = MovieStore(lambda: edge_store)
    movie = (await service.create(msgspec.convert(film(origin), CreateMovieBody), "ann")).id
    assert "127.0.0.1" not in str((await store.get(movie)).sources[0].sealed)
    assert await store.due(NOW + 23 * HOUR, 5) == []
    assert [one.id for one in await store.due(NOW + 25 * HOUR, 5)] == [movie]

    async def checked(content: str | int) -> tuple[str, str | None]:
        origin.files["/film/master.m3u8"] = content
        await service.recheck(await store.get(movie))
        found = await store.get(movie)
        return publishing_state(found, NOW), found.sources[0].problem

    assert await checked(503) == ("playing", "the source answers 503 now")
    assert [one.id for one in await store.due(NOW + 2 * HOUR, 5)] == [movie]
    state, problem = await checked("<html>")
    assert (state, problem is not None and "no playlist" in problem) == ("blocked", True)
    body = PatchMovieBody(synopsis="Still.")
    assert (await service.patch(movie, body, "ann", None)).synopsis == "Still."
    assert await checked(MASTER) == ("playing", None)
    rows = await AuditLog(lambda: edge_store, lambda: NOW).page(
        AuditQuery(action="source.recheck", before=NOW + HOUR, limit=9)
    )
    assert len(rows.rows) == 2


async def test_a_sealed_address_opens_in_its_own_row_alone(
    service: PortalService, edge_store: Gateway, origin: FilmOrigin
) -> None:
    store = MovieStore(lambda: edge_store)
    movies = [
        await service.create(msgspec.convert(film(origin), CreateMovieBody), "ann")
        for _ in range(2)
    ]
    old = Secret("an old key of the service")
    (mine,), (other,) = (one.sources for one in movies)
    seals = SourceSeals((Secret("a new key of the service"), old))
    assert seals.open(movies[0].id, mine) == origin.url("/film/master.m3u8")
    for movie, source in (
        (movies[1].id, mine),
        (movies[0].id, msgspec.structs.replace(other, id=mine.id)),
        (movies[0].id, msgspec.structs.replace(mine, sealed=mine.sealed[:-4] + "AAA=")),
    ):
        with pytest.raises(BrokenSealError):
            seals.open(movie, source)
    with pytest.raises(BrokenSealError):
        SourceSeals((Secret("a new key of the service"),)).open(movies[0].id, mine)
    assert not seals.is_of_first_key(mine)
    await service.recheck(await store.get(movies[0].id))
    assert (await store.get(movies[0].id)).sources[0].status == "VALID"


async def test_a_film_and_its_row_of_the_audit_log_are_written_together_or_not_at_all(
    service: PortalService, edge_store: Gateway, origin: FilmOrigin
) -> None:
    store = MovieStore(lambda: edge_store)
    held = await service.create(msgspec.convert(film(origin), CreateMovieBody), "ann")
    audit = AuditEntry(actor="ann", action="movie.update")

    async def rows() -> int:
        found = await AuditLog(lambda: edge_store, lambda: NOW).page(
            AuditQuery(before=NOW + HOUR, limit=999)
        )
        return len(found.rows)

    before = await store.get(held.id)
    text = CaptionText(uuid4(), "WEBVTT\n")
    wrong: list[tuple[dict[str, Any], type[KenshoError]]] = [
        ({"captions": []}, ConflictError),
        ({"captions": [msgspec.structs.replace(held.captions[0], id=uuid4())]}, ConflictError),
        (
            {"captions": [msgspec.structs.replace(one, status="INVALID") for one in held.captions]},
            ConflictError,
        ),
        ({"starts_at": NOW, "ends_at": NOW}, RuleViolationError),
        ({"duration_minutes": 0}, RuleViolationError),
        ({"revision": 7}, ChangedMeanwhileError),
        ({"revision": 0}, ChangedMeanwhileError),
    ]
    for changes, kind in wrong:
        with pytest.raises(kind):
            await store.put(msgspec.structs.replace(before, **changes), [text], audit)
        assert await store.get(held.id) == before
        assert await store.caption(held.id, text.id) is None
        assert await rows() == 1
    # Whoever writes: the schema refuses to take the last captions of a visible film away.
    with pytest.raises(StorageError, match="captions_missing"):
        await edge_store.run_script("DELETE caption;")
    # Killed between any two statements is cut off before the commit: 100 are, at some moment.
    for moment in range(100):
        task = asyncio.create_task(
            store.put(msgspec.structs.replace(before, synopsis=str(moment)), [], audit)
        )
        await asyncio.sleep(moment * 0.00005)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        counted = 0
        for _ in range(50):  # what was sent may still be written after the cut
            before, counted = await store.get(held.id), await rows()
            if before == await store.get(held.id) and counted == before.revision:
                break
            await asyncio.sleep(0.01)
        assert counted == before.revision


async def test_a_film_that_plays_alone_has_its_time_to_itself(
    portal_settings: Settings, origin: FilmOrigin
) -> None:
    def at(hours: int) -> str:
        return (NOW + hours * HOUR).isoformat()

    def window(start: int, end: int, **more: bool) -> dict[str, Any]:
        return {"availability": {"start": at(start), "end": at(end), **more}}

    async with running(with_changes(portal_settings, edges_store_url="mem://")) as api:
        await until_ready(api)
        manager = as_manager(portal_settings)
        half = film(origin, availability={"start": at(1), "exclusive": True})
        lacking = await api.post(MOVIES, json=half, headers=manager)
        assert issues(lacking) == {"availability.end": "an exclusive window needs its end"}
        gala = film(origin, title="Gala", **window(10, 12, exclusive=True))
        first = await made(api, manager, gala)
        assert first["availability"]["exclusive"] is True
        late = film(origin, title="Late show", **window(11, 20))
        refused = await api.post(MOVIES, json=late, headers=manager)
        assert told(refused) == (409, "window_taken")
        assert refused.json()["issues"][0]["field"] == "availability"
        assert "'Gala' plays alone from" in refused.json()["issues"][0]["error"]
        draft = await made(api, manager, {**late, "visibility": "HIDDEN"})
        path = f"{MOVIES}/{draft['movieId']}"
        publish: Any = {"url": f"{path}/visibility", "json": {"visibility": "VISIBLE"}}
        assert told(await api.post(**publish, headers=manager)) == (409, "window_taken")
        await api.patch(path, json=window(12, 20), headers=manager)  # begins as that ends
        assert (await api.post(**publish, headers=manager)).status_code == 200
        back = await api.patch(path, json=window(5, 11), headers=manager)
        assert told(back) == (409, "window_taken")
        other = f"{MOVIES}/{first['movieId']}"
        for sides, status in (((10, 13), 409), ((9, 12), 200)):
            changed = window(*sides, exclusive=True)
            longer = await api.patch(other, json=changed, headers=manager)
            assert longer.status_code == status
            assert ("'Late show' is available from" in longer.text) == (status == 409)


async def test_windows_share_no_time_with_exclusive_ones_whatever_is_written(
    service: PortalService, edge_store: Gateway, origin: FilmOrigin
) -> None:
    """Against the plain rule, hour by hour; with and without the look that tells what is wrong."""
    store, random = MovieStore(lambda: edge_store), Random(11)
    given = film(origin, visibility="HIDDEN")
    base = await service.create(msgspec.convert(given, CreateMovieBody), "ann")
    audit = AuditEntry(actor="ann", action="movie.create")
    hours = range(-6, 7)
    shown: list[PortalMovie] = []

    def covers(movie: PortalMovie, hour: int) -> bool:
        middle = NOW + (hour + 0.5) * HOUR
        return movie.window.schedule(middle) == "CURRENT"

    taken = 0
    for number in range(80):
        sides = sorted(random.sample(hours, 2))
        is_exclusive = random.random() < 0.3
        is_open = not is_exclusive and random.random() < 0.2
        movie = msgspec.structs.replace(
            base,
            id=uuid4(),
            revision=0,
            title=f"Film {number}",
            visibility="VISIBLE",
            starts_at=None if is_open else NOW + sides[0] * HOUR,
            ends_at=None if is_open and number % 2 else NOW + sides[1] * HOUR,
            exclusive=is_exclusive,
            captions=[msgspec.structs.replace(base.captions[0], id=uuid4())],
        )
        texts = [CaptionText(movie.captions[0].id, "WEBVTT\n")]
        rivals = [
            one
            for one in shown
            if (one.exclusive or movie.exclusive)
            and any(covers(one, hour) and covers(movie, hour) for hour in range(10))
        ]
        assert bool(await store.rivals(movie, NOW)) == bool(rivals)
        if rivals:
            taken += 1
            with pytest.raises(ConflictError) as told:
                await store.put(movie, texts, audit)
            assert told.value.code == "window_taken"
            assert await store.find(movie.id) is None
        else:
            shown.append(await store.put(movie, texts, audit))
    assert 10 < taken < 75


async def test_players_tell_how_films_play(
    api: AsyncClient, manager: dict[str, str], origin: FilmOrigin
) -> None:
    movie = (await made(api, manager, film(origin)))["movieId"]
    first, second = [(await play(api, movie)).json()["sessionId"] for _ in range(2)]

    async def tell(viewing: str, kind: str, **facts: Any) -> tuple[int, str | None]:
        body = {"sessionId": viewing, "kind": kind, **facts}
        answer = await api.post("/api/playback/events", json=body)
        return answer.status_code, answer.json().get("code") if answer.content else None

    async def figure(name: str) -> float:
        lines = (await api.get("/metrics")).text.splitlines()
        return float(next(one for one in lines if one.startswith(f"{name} ")).split()[1])

    assert await tell(first, "start", startupMs=740, bytes=1_000) == (204, None)
    assert await tell(second, "start") == (204, None)
    assert await tell(first, "progress", playedMs=9_000, stalledMs=1_000) == (204, None)
    assert await tell(first, "error") == (204, None)
    assert await figure('kensho_playback_viewers{edge="portal"}') == 2
    assert await tell(second, "end") == (204, None)
    assert await figure('kensho_playback_viewers{edge="portal"}') == 1
    assert await figure('kensho_playback_startup_seconds_count{edge="portal"}') == 1
    assert await figure('kensho_playback_startup_seconds_sum{edge="portal"}') == 0.74
    assert await figure('kensho_playback_played_seconds_total{edge="portal"}') == 9
    assert await figure('kensho_playback_stalled_seconds_total{edge="portal"}') == 1
    assert await figure('kensho_playback_events_total{edge="portal",kind="start"}') == 2
    assert await figure('kensho_playback_events_total{edge="portal",kind="error"}') == 1
    for wrong in ({"startupMs": -1}, {"playedMs": 1e9}, {"stalledMs": "x"}):
        assert (await tell(first, "start", **wrong))[0] == 400, wrong
    assert await tell("A" * 43, "start") == (404, "ended")
    assert await tell("x", "start") == (404, "ended")
    statuses = [(await tell(first, "stall"))[0] for _ in range(6)]
    assert statuses[-1] == 429
    assert await figure('kensho_throttled_requests_total{scope="playback_events"}') >= 1


async def test_the_last_change_is_taken_back_with_its_captions_and_brought_again(
    service: PortalService, edge_store: Gateway, origin: FilmOrigin
) -> None:
    store = MovieStore(lambda: edge_store)
    made = await service.create(msgspec.convert(film(origin), CreateMovieBody), "ann")
    with pytest.raises(ConflictError) as none:
        await service.undo(made.id, "ann", None)
    assert none.value.code == "nothing_to_undo"
    english = made.captions[0]
    only = [{"captionTrackId": str(made.captions[1].id)}]
    body = msgspec.convert({"title": "Day Train", "captionTracks": only}, PatchMovieBody)
    changed = await service.patch(made.id, body, "ann", 1)
    assert await store.caption(made.id, english.id) is None  # no longer the film's
    with pytest.raises(ChangedMeanwhileError):
        await service.undo(made.id, "ben", 1)
    undone = await service.undo(made.id, "ben", 2)
    assert (undone.title, undone.captions, undone.revision) == (made.title, made.captions, 3)
    assert "Hello." in (await store.caption(made.id, english.id) or "")
    again = await service.undo(made.id, "ben", None)
    assert (again.title, again.captions) == ("Day Train", changed.captions)
    # What could not be played any more is not published again.
    await service.set_visibility(made.id, "HIDDEN", "ann", None)
    origin.files["/film/master.m3u8"] = "<html>"
    await service.recheck(await store.get(made.id))
    with pytest.raises(ConflictError) as blocked:
        await service.undo(made.id, "ann", None)
    assert blocked.value.code == "source_invalid"
    assert (await store.get(made.id)).visibility == "HIDDEN"
    rows = await AuditLog(lambda: edge_store, lambda: NOW).page(
        AuditQuery(action="movie.undo", before=NOW + HOUR, limit=9)
    )
    assert [row.changed for row in rows.rows] == [["title", "captionTracks"]] * 2
    assert [one.state(NOW) for one in await store.overview()] == ["draft"]
