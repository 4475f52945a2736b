"""Harvesting Jikan: its listing, its two rates, ids that are gone, works that stay broken."""

import datetime as dt
from pathlib import Path

import pytest

from ingest.harvest.run import ids_in
from kensho.domain.records import Claim
from kensho.errors import InvalidInputError, UpstreamError, UpstreamUnavailableError
from tests.support.api_servers import FakeTime, Jikan, api_server, changed, cut, full, status, text
from tests.support.harvesting import harvested, left_out, lines, read

pytestmark = pytest.mark.contract

WORKS = [full(n) for n in (1, 5, 6, 20, *range(100, 130))]
NUMBERS = [one["mal_id"] for one in WORKS]
ATTEMPTS = 4


def numbers(path: Path) -> list[int]:
    return [one["mal_id"] for one in lines(path)]


def test_every_listed_work_is_asked_for_and_read_by_ingest(tmp_path: Path) -> None:
    out = tmp_path / "full.jsonl"
    with api_server(Jikan(WORKS), path="/v4") as server:
        report = harvested("jikan", server, out)
    assert numbers(out) == NUMBERS
    assert (report.records, report.left_out, report.gone) == (len(WORKS), 0, 0)
    assert read("jikan", out)[0].links.relations == (Claim("sequel", "mal:2"),)
    paths = [one.path for one in server.requests]
    assert paths[0] == "/v4/anime?page=1&order_by=mal_id&sort=asc"
    assert paths[1] == "/v4/anime/1/full"


def test_no_second_has_more_than_three_requests_and_no_minute_more_than_sixty(
    tmp_path: Path,
) -> None:
    time = FakeTime()
    with api_server(Jikan([full(n) for n in range(1, 140)]), time, 60, "/v4") as server:
        harvested("jikan", server, tmp_path / "full.jsonl", time=time)
    at = [one.at for one in server.requests]
    assert all(sum(t - 60 < one <= t for one in at) <= 60 for t in at)
    assert all(sum(t - 1 < one <= t for one in at) <= 3 for t in at)
    assert time.seconds < 60 * (len(at) / 60 + 1)


def test_an_id_that_is_gone_is_counted_and_the_rest_goes_on(tmp_path: Path) -> None:
    out = tmp_path / "full.jsonl"
    with api_server(Jikan(WORKS), path="/v4") as server:
        server.faults = {3: status(404)}
        report = harvested("jikan", server, out)
    assert numbers(out) == [n for n in NUMBERS if n != 5]
    assert (report.gone, report.left_out) == (1, 0)


@pytest.mark.parametrize("fault", [status(429, Retry_After="3"), status(504), cut])
def test_a_fault_that_passes_costs_nothing(tmp_path: Path, fault: object) -> None:
    out = tmp_path / "full.jsonl"
    with api_server(Jikan(WORKS), path="/v4") as server:
        server.faults = {1: fault, 3: fault, 5: fault}  # type: ignore[dict-item]
        report = harvested("jikan", server, out)
    assert numbers(out) == NUMBERS
    assert report.left_out == 0


def test_a_work_that_stays_broken_is_left_out_by_name(tmp_path: Path) -> None:
    out = tmp_path / "full.jsonl"
    with api_server(Jikan(WORKS), path="/v4") as server:
        server.faults = {n: status(504) for n in range(3, 3 + ATTEMPTS)}
        report = harvested("jikan", server, out)
    assert numbers(out) == [n for n in NUMBERS if n != 5]
    assert left_out(report) == [("mal:5", "record", "/anime/5/full")]


def test_an_interface_that_is_down_ends_the_walk_which_goes_on_later(tmp_path: Path) -> None:
    out = tmp_path / "full.jsonl"
    with api_server(Jikan(WORKS), path="/v4") as server:
        server.faults = {n: status(503) for n in range(12, 12 + 5 * ATTEMPTS)}
        with pytest.raises(UpstreamUnavailableError, match="503"):
            harvested("jikan", server, out)
        before = len(server.requests)
        report = harvested("jikan", server, out)
    assert report.resumed
    assert report.left_out == 4
    assert len(numbers(out)) == len(WORKS) - 4
    assert server.requests[before].path == "/v4/anime/110/full"


@pytest.mark.parametrize(
    ("document", "field", "value"),
    [
        (b'{"data": null}', "data", "{'data': None}"),
        (b"[]", "data", "[]"),
        (b'{"data": {"mal_id": "5"}}', "mal_id", "'5'"),
        (b'{"data": {"mal_id": 6}}', "mal_id", "6"),
    ],
)
def test_an_answer_of_another_form_is_left_out_by_field_and_value(
    tmp_path: Path, document: bytes, field: str, value: str
) -> None:
    out = tmp_path / "full.jsonl"
    with api_server(Jikan(WORKS), path="/v4") as server:
        server.faults = {3: text(document)}
        report = harvested("jikan", server, out)
    assert left_out(report) == [("mal:5", field, value)]
    assert len(numbers(out)) == len(WORKS) - 1


def test_a_member_of_another_type_is_one_reject(tmp_path: Path) -> None:
    out = tmp_path / "full.jsonl"
    with api_server(Jikan(WORKS), path="/v4") as server:
        server.faults = {2: changed(lambda document: document["data"].update(episodes="many"))}
        report = harvested("jikan", server, out)
    assert (report.records, report.rejects) == (len(WORKS), 1)
    assert left_out(report) == [(None, "episodes", "many")]


def test_a_listing_of_another_form_ends_the_walk_and_names_it(tmp_path: Path) -> None:
    with api_server(Jikan(WORKS), path="/v4") as server:
        server.faults = {1: text(b'{"data": {"1": "x"}}')}
        with pytest.raises(UpstreamError, match=r"data: \{'1': 'x'\}"):
            harvested("jikan", server, tmp_path / "full.jsonl")


def test_a_listed_work_without_a_number_is_left_out(tmp_path: Path) -> None:
    out = tmp_path / "full.jsonl"
    with api_server(Jikan(WORKS), path="/v4") as server:
        server.faults = {1: changed(lambda document: document["data"][0].update(mal_id="one"))}
        report = harvested("jikan", server, out)
    assert numbers(out) == NUMBERS[1:]
    assert left_out(report) == [("mal", "mal_id", "'one'")]


def test_given_ids_are_asked_for_without_a_listing(tmp_path: Path) -> None:
    out = tmp_path / "full.jsonl"
    wished = (*range(100, 130), 7, 1)
    with api_server(Jikan(WORKS), path="/v4") as server:
        report = harvested("jikan", server, out, ids=wished)
    assert numbers(out) == [n for n in wished if n != 7]
    assert report.gone == 1
    assert all(one.path.endswith("/full") for one in server.requests)


def test_a_refresh_asks_for_what_may_have_changed(tmp_path: Path) -> None:
    out = tmp_path / "full.jsonl"
    works = [full(1), full(2, now="airing"), full(3, now="upcoming"), full(4)]
    with api_server(Jikan(works), path="/v4") as server:
        harvested("jikan", server, out)
    works = [
        full(1, episodes=99),
        full(2, episodes=13),
        full(4),
        full(9, begun="2026-11-01"),
    ]
    works[1]["now"] = "airing"
    with api_server(Jikan(works), path="/v4") as server:
        report = harvested("jikan", server, out, since=dt.date(2026, 10, 1))
        asked = [one.path for one in server.requests if one.path.endswith("/full")]
    assert asked == ["/v4/anime/9/full", "/v4/anime/2/full"]
    assert [(one["mal_id"], one["episodes"]) for one in lines(out)] == [
        (1, 12),
        (2, 13),
        (3, 12),
        (4, 12),
        (9, 12),
    ]
    assert report.records == 5


def test_a_work_that_a_refresh_finds_gone_is_dropped(tmp_path: Path) -> None:
    out = tmp_path / "full.jsonl"
    works = [full(1), full(2, now="airing")]
    with api_server(Jikan(works), path="/v4") as server:
        harvested("jikan", server, out)
        server.faults = {len(server.requests) + 3: status(404)}
        report = harvested("jikan", server, out, since=dt.date(2026, 10, 1))
    assert numbers(out) == [1]
    assert report.gone == 1


def test_ids_are_read_in_any_spelling() -> None:
    given = ["20", "mal:1", "", "# mine", "https://myanimelist.net/anime/5/Cowboy", "20"]
    assert ids_in(given) == (20, 1, 5)


@pytest.mark.parametrize("line", ["kitsu:7", "Naruto", "0", "mal:x", "-1", "²"])
def test_a_line_that_names_no_work_is_refused(line: str) -> None:
    with pytest.raises(InvalidInputError, match="--ids: line 2"):
        ids_in(["1", line])


def test_ids_of_another_interface_are_refused(tmp_path: Path) -> None:
    with (
        api_server(Jikan([])) as server,
        pytest.raises(InvalidInputError, match="--ids: are of MyAnimeList"),
    ):
        harvested("anilist", server, tmp_path / "x.jsonl", ids=(1,))
