"""Harvesting Kitsu's media relationships: JSON:API, 20 a page, ends that are gone or manga."""

import datetime as dt
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from kensho.domain.records import Claim
from kensho.errors import InvalidInputError, UpstreamError
from tests.support.api_servers import (
    Document,
    FakeTime,
    Kitsu,
    Relationship,
    api_server,
    changed,
    status,
    text,
)
from tests.support.harvesting import harvested, left_out, lines, read

pytestmark = pytest.mark.contract


def edge(source: int, role: str, destination: int, kind: str = "anime") -> Relationship:
    return Relationship(("anime", source), role, (kind, destination))


MANY = [edge(n, "sequel", n + 1) for n in range(1, 51)]


def ends(path: Path) -> list[tuple[str, str, str]]:
    def number(one: Any, end: str) -> str:
        return str(one["relationships"][end]["data"]["id"])

    return [
        (number(one, "source"), one["attributes"]["role"], number(one, "destination"))
        for one in lines(path)
    ]


def test_all_pages_are_walked_and_read_by_ingest(tmp_path: Path) -> None:
    out = tmp_path / "media_relationships.jsonl"
    with api_server(Kitsu(MANY), path="/api/edge") as server:
        report = harvested("kitsu", server, out)
    assert ends(out) == [(str(n), "sequel", str(n + 1)) for n in range(1, 51)]
    assert len(server.requests) == 3
    assert report.records == 50
    first = read("kitsu", out)[0]
    assert (first.key, first.ids) == ("kitsu:1", ("kitsu:1",))
    assert first.links.relations == (Claim("sequel", "kitsu:2"),)


def test_manga_and_ends_that_are_gone_are_passed_over(tmp_path: Path) -> None:
    out = tmp_path / "media_relationships.jsonl"
    given = [
        edge(1, "adaptation", 7, "manga"),
        Relationship(("manga", 7), "adaptation", ("anime", 1)),
        Relationship(("anime", 1), "sequel", None),
        edge(1, "side_story", 3),
    ]
    with api_server(Kitsu(given), path="/api/edge") as server:
        report = harvested("kitsu", server, out)
    assert ends(out) == [("1", "side_story", "3")]
    assert report.left_out == 0


def test_a_request_a_second_is_the_most(tmp_path: Path) -> None:
    time = FakeTime()
    with api_server(Kitsu(MANY * 4), time, 60, "/api/edge") as server:
        harvested("kitsu", server, tmp_path / "x.jsonl", time=time)
    at = [one.at for one in server.requests]
    assert all(later - earlier >= 1 for earlier, later in pairwise(at))


def with_first(change: Any) -> Any:
    return changed(lambda document: change(document["data"][0]))


def no_role(one: Document) -> None:
    del one["attributes"]["role"]


def odd_role(one: Document) -> None:
    one["attributes"]["role"] = 7


def no_linkage(one: Document) -> None:
    del one["relationships"]["source"]["data"]


@pytest.mark.parametrize(
    ("change", "field"),
    [(no_role, "attributes"), (odd_role, "role"), (no_linkage, "source")],
)
def test_a_relationship_of_another_form_is_left_out_by_name(
    tmp_path: Path, change: Any, field: str
) -> None:
    out = tmp_path / "x.jsonl"
    with api_server(Kitsu(MANY), path="/api/edge") as server:
        server.faults = {1: with_first(change)}
        report = harvested("kitsu", server, out)
    assert (report.records, report.left_out) == (49, 1)
    ((key, found, _),) = left_out(report)
    assert (key, found) == ("kitsu relationship 1", field)


def test_a_role_that_is_new_is_one_reject(tmp_path: Path) -> None:
    out = tmp_path / "x.jsonl"
    with api_server(
        Kitsu([edge(1, "remake", 2), edge(1, "sequel", 3)]), path="/api/edge"
    ) as server:
        report = harvested("kitsu", server, out)
    assert (report.records, report.rejects) == (1, 1)
    assert left_out(report) == [("kitsu:1", "role", "remake")]


def test_a_page_of_another_form_ends_the_walk_and_names_it(tmp_path: Path) -> None:
    with api_server(Kitsu(MANY), path="/api/edge") as server:
        server.faults = {2: text(b'{"data": {"id": "1"}, "links": {}}')}
        with pytest.raises(UpstreamError, match=r"offset\]=20: data: {'id': '1'}"):
            harvested("kitsu", server, tmp_path / "x.jsonl")


def test_a_refused_page_ends_the_walk_and_names_it(tmp_path: Path) -> None:
    with api_server(Kitsu(MANY), path="/api/edge") as server:
        server.faults = {2: status(400)}
        with pytest.raises(UpstreamError, match="answered 400"):
            harvested("kitsu", server, tmp_path / "x.jsonl")
        report = harvested("kitsu", server, tmp_path / "x.jsonl")
    assert (report.resumed, report.records) == (True, 50)


def test_a_refresh_is_refused(tmp_path: Path) -> None:
    with (
        api_server(Kitsu(MANY), path="/api/edge") as server,
        pytest.raises(InvalidInputError, match="--since: Kitsu does not tell"),
    ):
        harvested("kitsu", server, tmp_path / "x.jsonl", since=dt.date(2026, 1, 1))
