"""Harvesting AniList over GraphQL: blocks of ids, its rate, its errors, what changed."""

import datetime as dt
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from ingest.harvest.anilist import AniListPlace, AniListWalk
from kensho.domain.records import Claim, Recommendation, Tagging
from kensho.errors import InvalidInputError, UpstreamError, UpstreamUnavailableError
from kensho.platform.api_client import ApiClient
from kensho.platform.request_pacing import RateWindow, RequestPacer
from tests.support.api_servers import (
    AniList,
    Document,
    FakeTime,
    Fault,
    api_server,
    changed,
    cut,
    graphql_error,
    hang_up,
    medium,
    stalling,
    status,
    text,
)
from tests.support.harvesting import harvested, left_out, lines, read

pytestmark = pytest.mark.contract

SPARSE = (1, 2, 5, 499, 500, 501, 1700, 1701, 7000)


def numbers(path: Path) -> list[int]:
    return [one["id"] for one in lines(path)]


def test_every_anime_is_found_once_in_order(tmp_path: Path) -> None:
    out = tmp_path / "anilist_media.jsonl"
    with api_server(AniList([medium(n) for n in SPARSE])) as server:
        report = harvested("anilist", server, out)
    assert numbers(out) == list(SPARSE)
    assert (report.records, report.left_out, report.rejects) == (len(SPARSE), 0, 0)
    assert lines(out)[0] == medium(1)
    assert [one.name for one in tmp_path.iterdir() if one.suffix == ".jsonl"] == [out.name]


def test_what_comes_is_what_ingest_reads(tmp_path: Path) -> None:
    out = tmp_path / "anilist_media.jsonl"
    tags = [
        {"name": "Found Family", "category": "Theme-Other", "rank": 80, "isMediaSpoiler": False},
        {"name": "Twin Deaths", "category": "Theme-Drama", "rank": 90, "isMediaSpoiler": True},
        {"name": "Amnesia", "category": "Theme-Drama", "rank": 7, "isGeneralSpoiler": True},
        {"name": "Shounen", "category": "Demographic", "rank": 60},
        {"name": "CGI", "category": "Technical", "rank": None},
    ]
    others = [
        {"rating": 40, "mediaRecommendation": {"id": 9, "type": "ANIME"}},
        {"rating": 30, "mediaRecommendation": {"id": 8, "type": "MANGA"}},
        {"rating": -3, "mediaRecommendation": {"id": 7, "type": "ANIME"}},
        {"rating": 5, "mediaRecommendation": None},
    ]
    given = medium(1, tags=tags, recommendations={"nodes": others})
    with api_server(AniList([given])) as server:
        harvested("anilist", server, out)
    (record,) = read("anilist", out)
    assert record.ids == ("anilist:1", "mal:1")
    assert record.links.relations == (Claim("sequel", "anilist:2"),)
    assert record.links.recommendations == (Recommendation("anilist:9", 40),)
    assert record.facts.tags == (
        Tagging("drama", "genre", 1.0),
        Tagging("found family", "theme", 0.8),
        Tagging("twin deaths", "theme", 0.9, spoiler=True),
        Tagging("amnesia", "theme", 0.07, spoiler=True),
        Tagging("shounen", "demographic", 0.6),
        Tagging("cgi", "content", None),
    )
    assert record.facts.start_date == dt.date(2009, 7, 3)


@pytest.mark.parametrize("most", [50, 130, 1999])
def test_blocks_shrink_to_what_the_interface_takes(tmp_path: Path, most: int) -> None:
    out = tmp_path / "x.jsonl"
    with api_server(AniList([medium(n) for n in SPARSE], most)) as server:
        report = harvested("anilist", server, out)
    assert numbers(out) == list(SPARSE)
    assert report.left_out == 0


def test_an_interface_that_takes_no_block_is_named(tmp_path: Path) -> None:
    with (
        api_server(AniList([medium(1), medium(90)], most_ids=10)) as server,
        pytest.raises(UpstreamError, match="refuses the query: validation"),
    ):
        harvested("anilist", server, tmp_path / "x.jsonl")


@pytest.mark.parametrize("allowed", [30, 10, 90])
def test_the_rate_that_the_server_tells_is_kept(tmp_path: Path, allowed: int) -> None:
    media = [medium(n) for n in range(1, 2001)]
    time = FakeTime()
    with api_server(AniList(media), time, allowed) as server:
        report = harvested("anilist", server, tmp_path / "x.jsonl", time=time)
    assert report.records == len(media)
    at = [one.at for one in server.requests]
    assert all(sum(t - 60 < one <= t for one in at) <= allowed for t in at)
    needed = 60 * (len(at) // max(30, allowed) - 1)
    assert time.seconds >= needed


def test_few_pages_are_not_full_where_ids_are_dense_and_where_they_are_sparse() -> None:
    # The real ones: half of the numbers up to 22,000, then none, from 97,000 on a tenth.
    dense, sparse = range(1, 4_001, 2), range(20_000, 40_000, 10)
    with api_server(AniList([{"id": n, "updatedAt": 0} for n in (*dense, *sparse)])) as server:
        pacer = RequestPacer([RateWindow(10_000, 0.001)])
        with ApiClient(server.endpoint, pacer) as client:
            walk = AniListWalk(client)
            place: object = walk.begin()
            found = 0
            while isinstance(place, AniListPlace):
                step = walk.step(place)
                found, place = found + len(step.records), step.cursor
    assert found == len(dense) + len(sparse)
    assert len(server.requests) < 1.4 * found / 50


PASSING: dict[str, Fault] = {
    "429": status(429, Retry_After="7"),
    "429 until a date": status(429, Retry_After="Sun, 29 Nov 2026 12:00:09 GMT"),
    "500": status(500),
    "503": status(503),
    "an error inside a 200": graphql_error("Internal Server Error", 500),
    "an error without a status": graphql_error("Internal Server Error", None),
    "too many requests inside a 200": graphql_error("Too Many Requests.", 429),
    "a page": text(b"<!DOCTYPE html><title>Just a moment...</title>", "text/html"),
    "a cut": cut,
    "no answer": hang_up,
    "broken JSON": text(b'{"data": {"Page": {"media": [{"id": 1'),
    "no object": text(b"[]"),
    "nothing": text(b""),
}


@pytest.mark.parametrize("fault", PASSING)
@pytest.mark.parametrize("times", [1, 2])
def test_a_fault_that_passes_costs_nothing(tmp_path: Path, fault: str, times: int) -> None:
    out = tmp_path / "x.jsonl"
    with api_server(AniList([medium(n) for n in SPARSE])) as server:
        server.faults = dict.fromkeys(range(2, 2 + times), PASSING[fault])
        report = harvested("anilist", server, out)
    assert numbers(out) == list(SPARSE)
    assert report.left_out == report.rejects == 0


def test_a_server_that_stalls_is_asked_again(tmp_path: Path) -> None:
    released = threading.Event()
    with api_server(AniList([medium(1)])) as server:
        server.faults = {2: stalling(released)}
        harvested("anilist", server, tmp_path / "x.jsonl")
        released.set()
    assert numbers(tmp_path / "x.jsonl") == [1]


def test_a_server_is_left_alone_as_long_as_it_asks(tmp_path: Path) -> None:
    time = FakeTime()
    with api_server(AniList([medium(1)]), time) as server:
        server.faults = {2: status(429, Retry_After="77")}
        harvested("anilist", server, tmp_path / "x.jsonl", time=time)
    assert server.requests[2].at - server.requests[1].at >= 77


@pytest.mark.parametrize("fault", ["503", "a page", "a cut", "an error inside a 200"])
def test_a_walk_that_ends_early_says_why_and_goes_on_later(tmp_path: Path, fault: str) -> None:
    out = tmp_path / "x.jsonl"
    with api_server(AniList([medium(n) for n in SPARSE])) as server:
        server.faults = dict.fromkeys(range(4, 8), PASSING[fault])
        with pytest.raises(UpstreamUnavailableError, match=r"http://127\.0\.0\.1"):
            harvested("anilist", server, out)
        assert not out.exists()
        report = harvested("anilist", server, out)
        asked = len(server.requests)
    assert report.resumed
    assert numbers(out) == list(SPARSE)
    assert asked < 7 + len(SPARSE) + 20


@pytest.mark.parametrize(
    ("document", "said"),
    [
        (b'{"errors": [{"message": "Cannot query field", "status": 400}]}', "Cannot query field"),
        (b'{"data": {"Page": {"media": "none"}}}', "media: 'none'"),
        (b'{"data": {"Page": {"pageInfo": {"hasNextPage": 7}, "media": []}}}', "hasNextPage: 7"),
        (b'{"data": {"Page": {}}}', "media"),
    ],
)
def test_a_page_of_another_form_ends_the_walk_and_names_it(
    tmp_path: Path, document: bytes, said: str
) -> None:
    with api_server(AniList([medium(1)])) as server:
        server.faults = {n: text(document) for n in range(2, 9)}
        with pytest.raises(UpstreamError, match=said):
            harvested("anilist", server, tmp_path / "x.jsonl")


def with_first(change: Callable[[Document], None]) -> Fault:
    return changed(lambda document: change(document["data"]["Page"]["media"][0]))


def test_a_member_of_another_type_is_one_reject_and_the_rest_goes_on(tmp_path: Path) -> None:
    out = tmp_path / "x.jsonl"
    with api_server(AniList([medium(1), medium(2)])) as server:
        server.faults = {2: with_first(lambda one: one.update(episodes="twelve"))}
        report = harvested("anilist", server, out)
    assert (report.records, report.rejects) == (2, 1)
    assert left_out(report) == [(None, "episodes", "twelve")]


@pytest.mark.parametrize("id_", ["one", None, 1.5])
def test_a_medium_without_a_number_is_left_out_by_name(tmp_path: Path, id_: object) -> None:
    out = tmp_path / "x.jsonl"
    with api_server(AniList([medium(1), medium(2)])) as server:
        server.faults = {2: with_first(lambda one: one.update(id=id_))}
        report = harvested("anilist", server, out)
    assert numbers(out) == [2]
    assert left_out(report) == [(f"anilist:{id_}", "id", repr(id_))]


def test_an_error_of_one_medium_leaves_that_one_out(tmp_path: Path) -> None:
    def spoil(document: Document) -> None:
        document["data"]["Page"]["media"][0]["relations"] = None
        path = ["Page", "media", 0, "relations"]
        document["errors"] = [{"message": "Internal Server Error", "status": 500, "path": path}]

    out = tmp_path / "x.jsonl"
    with api_server(AniList([medium(1), medium(2)])) as server:
        server.faults = {2: changed(spoil)}
        report = harvested("anilist", server, out)
    assert numbers(out) == [2]
    assert report.left_out == 1
    assert left_out(report)[0][:2] == ("anilist:1", "relations")


def test_a_medium_that_vanished_is_passed_over(tmp_path: Path) -> None:
    def drop(document: Document) -> None:
        document["data"]["Page"]["media"][0] = None

    out = tmp_path / "x.jsonl"
    with api_server(AniList([medium(1), medium(2)])) as server:
        server.faults = {2: changed(drop)}
        report = harvested("anilist", server, out)
    assert numbers(out) == [2]
    assert report.left_out == 0


def test_a_limit_ends_the_walk(tmp_path: Path) -> None:
    with api_server(AniList([medium(n) for n in range(1, 200)])) as server:
        report = harvested("anilist", server, tmp_path / "x.jsonl", limit=60)
    assert (report.records, len(server.requests)) == (60, 3)


def since(seconds: int) -> dt.date:
    return dt.datetime.fromtimestamp(seconds, dt.UTC).date()


DAY = 86_400
OLD = 1_700_000_000 // DAY * DAY


def dated(number: int, days: int, **changes: object) -> Document:
    return medium(number, updatedAt=OLD + days * DAY, **changes)


def test_what_changed_is_refreshed_and_the_rest_stays(tmp_path: Path) -> None:
    out = tmp_path / "x.jsonl"
    with api_server(AniList([dated(n, n % 7) for n in range(1, 131)])) as server:
        harvested("anilist", server, out)
    before = lines(out)
    now = [dated(n, n % 7) for n in range(1, 131)]
    now[4] = dated(5, 20, episodes=24)
    now.append(dated(200, 21))
    with api_server(AniList(now)) as server:
        report = harvested("anilist", server, out, since=since(OLD + 10 * DAY))
        assert len(server.requests) == 1
    after = lines(out)
    assert report.records == 131
    assert after[4]["episodes"] == 24
    assert after[130]["id"] == 200
    assert [one for one in after if one["id"] not in (5, 200)] == [
        one for one in before if one["id"] != 5
    ]


def test_more_changes_than_pages_are_found_by_the_walk_over_all(tmp_path: Path) -> None:
    out = tmp_path / "x.jsonl"
    with api_server(AniList([dated(1, 0)])) as server:
        harvested("anilist", server, out)
    now = [
        {"id": n, "title": {"romaji": f"Tale {n}"}, "idMal": n, "updatedAt": OLD + days * DAY}
        for n in range(1, 5200)
        for days in (20 if n > 40 else 0,)
    ]
    with api_server(AniList(now)) as server:
        report = harvested("anilist", server, out, since=since(OLD + 10 * DAY))
    assert report.records == 1 + 5199 - 40
    assert sorted(numbers(out)) == [1, *range(41, 5200)]


def test_a_refresh_of_nothing_is_refused(tmp_path: Path) -> None:
    with (
        api_server(AniList([medium(1)])) as server,
        pytest.raises(InvalidInputError, match="--since: refreshes a file, and there is no"),
    ):
        harvested("anilist", server, tmp_path / "x.jsonl", since=dt.date(2026, 1, 1))


def test_an_interface_without_anime_makes_no_file(tmp_path: Path) -> None:
    with (
        api_server(AniList([])) as server,
        pytest.raises(UpstreamError, match="gave no record"),
    ):
        harvested("anilist", server, tmp_path / "x.jsonl")


@pytest.mark.parametrize("url", ["http://example.org/graphql", "ftp://127.0.0.1/x", "x"])
def test_an_endpoint_that_others_can_read_along_is_refused(url: str) -> None:
    with pytest.raises(InvalidInputError, match="only https, or http of this machine"):
        ApiClient(url, RequestPacer([RateWindow(1, 1)]))


def test_requests_name_the_program_and_its_version(tmp_path: Path) -> None:
    with api_server(AniList([medium(1)])) as server:
        harvested("anilist", server, tmp_path / "x.jsonl")
    assert server.requests[0].headers["User-Agent"].startswith("kensho/0.")


def test_an_interface_that_moved_is_not_followed(tmp_path: Path) -> None:
    with api_server(AniList([medium(1)])) as server:
        server.faults = {1: status(301, Location="http://elsewhere.example/")}
        with pytest.raises(UpstreamError, match=r"leads to 'http://elsewhere\.example/'"):
            harvested("anilist", server, tmp_path / "x.jsonl")


def test_an_endless_answer_is_refused(tmp_path: Path) -> None:
    body = b"[" + b" " * (17 * 1024 * 1024)
    with api_server(AniList([medium(1)])) as server:
        server.faults = {1: text(body)}
        with pytest.raises(UpstreamError, match="sends over 16,777,216 bytes"):
            harvested("anilist", server, tmp_path / "x.jsonl")
