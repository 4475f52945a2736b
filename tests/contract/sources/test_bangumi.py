import datetime as dt
import json
from pathlib import Path
from typing import Any

import pytest

from ingest.sources.bangumi import SOURCE
from kensho.domain.records import Mapping, Record
from kensho.domain.works import Title
from kensho.errors import SourceFileError
from tests.support.adapter_runs import Run, json_lines, run


def item(*sites: tuple[str, str], **changes: object) -> dict[str, Any]:
    return {
        "title": "青い町",
        "titleTranslate": {},
        "type": "tv",
        "lang": "ja",
        "begin": "",
        "end": "",
        "sites": [{"site": site, "id": id_} for site, id_ in sites],
        **changes,
    }


def read(tmp_path: Path, *items: object) -> Run:
    return run(SOURCE, tmp_path / "items.jsonl", json_lines(*items))


def read_one(tmp_path: Path, **changes: object) -> Record:
    return read(tmp_path, item(("bangumi", "1"), **changes)).only


def test_an_item_has_its_ids_and_titles(tmp_path: Path) -> None:
    sites = (("netflix", "80"), ("mal", "2"), ("bangumi", "1"), ("aniList", "4"), ("anidb", "3"))
    translated = {"zh-Hans": ["蓝镇", "蓝色小镇"], "en": ["Blue Town"]}
    record = read(tmp_path, item(*sites, titleTranslate=translated)).only
    assert record.ids == ("bangumi:1", "mal:2", "anidb:3", "anilist:4")
    assert record.work_kind == "anime"
    assert record.facts.titles == (
        Title("青い町", "ja", "official"),
        Title("蓝镇", "zh-Hans", "official"),
        Title("蓝色小镇", "zh-Hans", "synonym"),
        Title("Blue Town", "en", "official"),
    )


@pytest.mark.parametrize(
    ("begin", "end", "start_day", "end_day"),
    [
        ("2020-04-01T14:59:00.000Z", "2020-06-24T15:29:00.000Z", "2020-04-01", "2020-06-24"),
        ("2020-04-01T15:00:00.000Z", "2020-06-24T15:30:00.000Z", "2020-04-02", "2020-06-25"),
        ("2020-04-01T14:30:00.000Z", "2020-06-24T15:00:00.000Z", "2020-04-01", "2020-06-24"),
        ("2020-04-01T15:00:00.000Z", "2020-04-01T15:00:00.000Z", "2020-04-02", "2020-04-02"),
        ("2020-04-01T09:00:00.000Z", "2020-06-24T15:00:00.000Z", "2020-04-01", "2020-06-25"),
    ],
)
def test_timestamps_are_days_in_japan(
    tmp_path: Path, begin: str, end: str, start_day: str, end_day: str
) -> None:
    facts = read_one(tmp_path, begin=begin, end=end).facts
    assert facts.start_date == dt.date.fromisoformat(start_day)
    assert facts.end_date == dt.date.fromisoformat(end_day)


def test_a_date_without_a_time_is_that_day_in_any_zone(tmp_path: Path) -> None:
    facts = read_one(tmp_path, begin="2020-04-01", end="2020-06-24").facts
    assert (facts.start_date, facts.end_date) == (dt.date(2020, 4, 1), dt.date(2020, 6, 24))


def test_the_midnight_of_china_stands_for_either_of_two_days(tmp_path: Path) -> None:
    times = {"begin": "1992-03-07T16:00:00.000Z", "end": "1993-02-27T16:30:00.000Z"}
    facts = read_one(tmp_path, **times).facts
    assert (facts.start_date, facts.end_date) == (None, None)
    shown = read_one(tmp_path, **times, broadcast="R/1992-03-07T16:00:00.000Z/P7D").facts
    assert (shown.start_date, shown.end_date) == (dt.date(1992, 3, 8), dt.date(1993, 2, 28))


@pytest.mark.parametrize(
    ("page", "mapping"),
    [
        ("movie/12", Mapping("tmdb:movie/12")),
        ("tv/12", Mapping("tmdb:tv/12")),
        ("tv/12-some-name", Mapping("tmdb:tv/12")),
        ("tv/12/season/3", Mapping("tmdb:tv/12", season=3)),
        ("tv/12/season/3/episode/9", Mapping("tmdb:tv/12", season=3, offset=8)),
    ],
)
def test_a_tmdb_page_is_a_mapping(tmp_path: Path, page: str, mapping: Mapping) -> None:
    record = read(tmp_path, item(("bangumi", "1"), ("tmdb", page))).only
    assert record.facts.mappings == (mapping,)


def test_a_shared_id_belongs_to_the_first_item(tmp_path: Path) -> None:
    found = read(
        tmp_path,
        item(("bangumi", "1"), ("mal", "21")),
        item(("bangumi", "2"), ("mal", "21"), ("anidb", "8")),
        item(("bangumi", "1"), ("mal", "21")),
    )
    assert [record.ids for record in found.records] == [
        ("bangumi:1", "mal:21"),
        ("bangumi:2", "anidb:8"),
    ]
    assert [(line, field) for line, field, _ in found.refused] == [
        (2, "sites"),
        (3, "sites"),
        (3, "sites"),
        (3, "record"),
    ]


def test_an_item_without_an_id_is_rejected(tmp_path: Path) -> None:
    found = read(tmp_path, item(("netflix", "1"), ("mal", "")), item(("mal", "5")))
    assert [record.key for record in found.records] == ["mal:5"]
    assert found.refused == [(1, "record", "青い町")]


def test_bad_values_are_rejected_and_the_rest_kept(tmp_path: Path) -> None:
    bad = item(
        ("bangumi", "1"),
        ("mal", "x"),
        ("tmdb", "person/5"),
        begin="yesterday",
        end="1850-01-01T00:00:00.000Z",
    )
    found = read(tmp_path, bad, item(("bangumi", "2"), begin="2999-01-01T00:00:00Z", lang=5))
    assert [record.ids for record in found.records] == [("bangumi:1",), ("bangumi:2",)]
    assert all(record.facts.start_date is None for record in found.records)
    assert [(line, field) for line, field, _ in found.refused] == [
        (1, "sites"),
        (1, "begin"),
        (1, "end"),
        (1, "sites"),
        (2, "lang"),
        (2, "begin"),
    ]


@pytest.mark.parametrize("content", [b'{"title": "x"}\n', b"<html>\n", b"[1]\n"])
def test_another_file_is_refused(tmp_path: Path, content: bytes) -> None:
    with pytest.raises(SourceFileError, match="bangumi-data items"):
        run(SOURCE, tmp_path / "items.jsonl", content)


def test_a_truncated_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SourceFileError, match="truncated"):
        run(SOURCE, tmp_path / "items.jsonl", json_lines(item(("mal", "1"))) + b'{"title": "x')


def released(*items: object, **more: object) -> bytes:
    return json.dumps({"siteMeta": {"mal": {"title": "MAL"}}, "items": items, **more}).encode()


def test_the_document_of_the_release_is_read_like_its_items(tmp_path: Path) -> None:
    items = [item(("bangumi", "1"), ("mal", "2")), item(("bangumi", "3"))]
    document = run(SOURCE, tmp_path / "data.json", released(*items))
    assert document.records == read(tmp_path, *items).records
    assert document.rejects == []


def test_a_faulty_item_of_the_release_is_one_reject(tmp_path: Path) -> None:
    document = released({"title": 7}, item(("bangumi", "3")))
    with pytest.raises(SourceFileError, match="bangumi-data items"):
        run(SOURCE, tmp_path / "data.json", document)
    document = released(item(("bangumi", "3")), item(("bangumi", "4"), title=7))
    ran = run(SOURCE, tmp_path / "data.json", document)
    assert [record.key for record in ran.records] == ["bangumi:3"]
    assert ran.refused == [(2, "title", "7")]


def test_a_release_that_is_cut_off_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SourceFileError, match="truncated or broken"):
        run(SOURCE, tmp_path / "data.json", released(item(("bangumi", "3")))[:-4])
