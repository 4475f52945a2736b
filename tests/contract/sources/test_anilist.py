"""AniList media records, with the quirks of its API."""

import datetime as dt
from pathlib import Path

import pytest

from ingest.reading.rejects import Reject
from ingest.sources.anilist import SOURCE
from kensho.domain.records import Claim, Record, Tagging
from kensho.domain.works import Title
from kensho.errors import SourceFileError
from tests.support.source_reading import (
    fields,
    lines_of,
    places,
    read_all,
    read_until_error,
    written,
)


def date(year: object = None, month: object = None, day: object = None) -> dict[str, object]:
    return {"year": year, "month": month, "day": day}


def edge(kind: str, number: int, node_type: str = "ANIME") -> dict[str, object]:
    return {"id": 1, "relationType": kind, "node": {"id": number, "type": node_type}}


def studio(name: str, *, is_main: bool) -> dict[str, object]:
    return {"id": 1, "isMain": is_main, "node": {"id": 1, "name": name}}


def media(**members: object) -> dict[str, object]:
    full: dict[str, object] = {
        "id": 600001,
        "idMal": 900001,
        "title": {
            "romaji": "Kaze no Toride",
            "english": "Fortress of Wind",
            "native": "風の砦",
        },
        "type": "ANIME",
        "format": "TV",
        "status": "FINISHED",
        "description": "A fort.<br><br>\n\nAnd <i>wind</i> &amp; rain.",
        "startDate": date(2011, 10, 4),
        "endDate": date(2011, 12),
        "season": "FALL",
        "seasonYear": 2011,
        "episodes": 12,
        "duration": 24,
        "countryOfOrigin": "JP",
        "coverImage": {"large": "https://pictures.example.org/600001.jpg"},
        "genres": ["Drama", "Slice of Life"],
        "averageScore": 86,
        "isAdult": False,
        "synonyms": ["Wind Fort"],
        "studios": {
            "edges": [studio("Studio Tori", is_main=True), studio("Example TV", is_main=False)]
        },
        "relations": {"edges": [edge("SEQUEL", 600002), edge("ADAPTATION", 5, "MANGA")]},
    }
    return {**full, **members}


def read_lines(folder: Path, *values: object) -> tuple[list[Record], list[Reject]]:
    return read_all(SOURCE, written(folder, "anilist_media.jsonl", lines_of(*values)))


def read_one(folder: Path, **members: object) -> tuple[Record, list[Reject]]:
    (record,), rejects = read_lines(folder, media(**members))
    return record, rejects


def test_a_media_record_becomes_a_record_with_all_that_it_states(tmp_path: Path) -> None:
    record, rejects = read_one(tmp_path)

    assert (record.key, record.ids) == ("anilist:600001", ("anilist:600001", "mal:900001"))
    facts = record.facts
    assert facts.titles == (
        Title("Kaze no Toride", "ja-Latn", "main"),
        Title("Fortress of Wind", "en", "official"),
        Title("風の砦", "ja", "official"),
        Title("Wind Fort", None, "synonym"),
    )
    assert (facts.anime_type, facts.episode_count, facts.status) == ("tv", 12, "finished")
    assert (facts.start_date, facts.end_date) == (dt.date(2011, 10, 4), None)
    assert (facts.year, facts.season) == (2011, "fall")
    assert (facts.duration_s, facts.score, facts.adult) == (1440, 8.6, False)
    assert facts.synopsis == "A fort.\n\nAnd wind & rain."
    assert facts.poster_url == "https://pictures.example.org/600001.jpg"
    assert (facts.studios, facts.producers) == (("Studio Tori",), ("Example TV",))
    assert facts.tags == (Tagging("drama", "genre", 1.0), Tagging("slice of life", "genre", 1.0))
    assert record.links.relations == (Claim("sequel", "anilist:600002"),)
    assert rejects == []


def test_a_record_may_lack_all_but_id_and_title(tmp_path: Path) -> None:
    absent = dict.fromkeys(media(), None)
    (record,), rejects = read_lines(tmp_path, {**absent, "id": 7, "title": {"native": "砦"}})

    assert record.ids == ("anilist:7",)
    assert record.facts.titles == (Title("砦", "ja", "main"),)
    assert rejects == []


@pytest.mark.parametrize(
    ("country", "native", "romaji"),
    [
        ("JP", "ja", "ja-Latn"),
        ("CN", "zh", "zh-Latn"),
        ("TW", "zh-Hant", "zh-Latn"),
        ("KR", "ko", "ko-Latn"),
        ("FR", None, None),
    ],
)
def test_the_country_tells_the_language_of_the_native_title(
    tmp_path: Path, country: str, native: str | None, romaji: str | None
) -> None:
    record, _ = read_one(tmp_path, countryOfOrigin=country)

    languages = {title.text: title.language for title in record.facts.titles}
    assert languages["風の砦"] == native
    assert languages["Kaze no Toride"] == romaji


def test_without_romaji_the_english_title_is_the_main_one(tmp_path: Path) -> None:
    title = {"romaji": " ", "english": "Fortress of Wind", "native": None}
    record, _ = read_one(tmp_path, title=title)

    assert record.facts.titles[0] == Title("Fortress of Wind", "en", "main")


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("SEQUEL", "sequel"),
        ("PREQUEL", "prequel"),
        ("SIDE_STORY", "side_story"),
        ("PARENT", "parent"),
        ("SUMMARY", "summary"),
        ("SPIN_OFF", "spin_off"),
        ("ALTERNATIVE", "alternative_version"),
        ("CHARACTER", "character"),
        ("OTHER", "other"),
        ("ADAPTATION", "adaptation"),
        ("SOURCE", "source"),
        ("COMPILATION", "compilation"),
        ("CONTAINS", "contains"),
    ],
)
def test_a_relation_is_named_in_the_words_of_the_graph(
    tmp_path: Path, name: str, kind: str
) -> None:
    edges = [edge(name, 2), edge(name, 3, "MANGA"), edge(name, 600001), edge(name, 2)]
    record, rejects = read_one(tmp_path, relations={"edges": edges})

    claims = [(claim.kind, claim.target) for claim in record.links.relations]
    assert claims == [(kind, "anilist:2")]
    assert rejects == []


def test_an_unknown_relation_is_rejected_and_the_others_kept(tmp_path: Path) -> None:
    edges = [edge("RIVAL", 2), edge("OTHER", 3)]
    record, rejects = read_one(tmp_path, relations={"edges": edges})

    assert record.links.relations == (Claim("other", "anilist:3"),)
    assert fields(rejects) == ["relations"]


@pytest.mark.parametrize(
    ("stated", "meant"),
    [
        ("RELEASING", "ongoing"),
        ("HIATUS", "ongoing"),
        ("NOT_YET_RELEASED", "upcoming"),
        ("CANCELLED", "unknown"),
        (None, None),
    ],
)
def test_a_status_is_one_of_the_graph(tmp_path: Path, stated: object, meant: str | None) -> None:
    assert read_one(tmp_path, status=stated)[0].facts.status == meant


@pytest.mark.parametrize(
    ("stated", "meant"),
    [("TV_SHORT", "tv"), ("MUSIC", "special"), ("OVA", "ova"), (None, None)],
)
def test_a_format_is_a_type_of_the_graph(tmp_path: Path, stated: object, meant: str | None) -> None:
    assert read_one(tmp_path, format=stated)[0].facts.anime_type == meant


def test_the_year_of_the_start_stands_in_for_a_missing_season(tmp_path: Path) -> None:
    record, _ = read_one(tmp_path, season=None, seasonYear=None, startDate=date(2009))

    assert (record.facts.year, record.facts.start_date) == (2009, None)


def test_the_picture_of_nothing_is_no_poster(tmp_path: Path) -> None:
    url = "https://s4.anilist.co/file/anilistcdn/media/anime/cover/medium/default.jpg"
    record, rejects = read_one(tmp_path, coverImage={"large": url})

    assert record.facts.poster_url is None
    assert rejects == []


@pytest.mark.parametrize(
    ("member", "value", "fact"),
    [
        ("seasonYear", 3000, "year"),
        ("averageScore", 101, "score"),
        ("averageScore", -1, "score"),
        ("episodes", -3, "episode_count"),
        ("duration", -1, "duration_s"),
        ("duration", 2**62, "duration_s"),
        ("format", "ONE_SHOT", "anime_type"),
        ("status", "LOST", "status"),
        ("startDate", date(2011, 13, 1), "start_date"),
        ("startDate", date(2011, 2, 2**63), "start_date"),
        ("endDate", date(1066, 10, 14), "end_date"),
        ("isAdult", "no", "adult"),
        ("coverImage", {"large": "data:image/png;base64,"}, "poster_url"),
    ],
)
def test_a_value_that_breaks_a_limit_costs_only_itself(
    tmp_path: Path, member: str, value: object, fact: str
) -> None:
    record, rejects = read_one(tmp_path, **{member: value})

    assert getattr(record.facts, fact) is None
    assert len(rejects) == 1
    assert rejects[0].line == 1


@pytest.mark.parametrize(
    ("members", "field"),
    [
        ({"id": None}, "id"),
        ({"id": -1}, "id"),
        ({"title": None}, "title"),
        ({"title": {}}, "title"),
        ({"title": {"romaji": "z" * 501}}, "title"),
        ({"type": "MANGA"}, "type"),
    ],
)
def test_a_record_without_id_or_title_or_of_a_manga_is_rejected(
    tmp_path: Path, members: dict[str, object], field: str
) -> None:
    records, rejects = read_lines(tmp_path, media(), media(**members))

    assert len(records) == 1
    assert places(rejects) == [(2, field)]


@pytest.mark.parametrize(
    "content",
    [
        lines_of({"mal_id": 1, "title": "x", "aired": {}}),
        lines_of({"sources": [], "title": "x"}),
        lines_of(["id", "idMal", "title"]),
        b"<!doctype html>",
    ],
)
def test_a_file_of_another_source_is_refused_before_any_record(
    tmp_path: Path, content: bytes
) -> None:
    count, error = read_until_error(SOURCE, written(tmp_path, "a.jsonl", content))

    assert count == 0
    assert isinstance(error, SourceFileError)
    assert "expected AniList" in str(error)
