"""Jikan v4 `/full` objects, with the quirks of MyAnimeList's data."""

import datetime as dt
from pathlib import Path

import pytest

from ingest.reading.rejects import Reject
from ingest.sources.jikan import SOURCE
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


def named(*names: str) -> list[dict[str, object]]:
    return [{"mal_id": 1, "type": "anime", "name": name, "url": ""} for name in names]


def end(mal_id: int, kind: str = "anime") -> dict[str, object]:
    return {"mal_id": mal_id, "type": kind, "name": "?", "url": ""}


def aired(first: tuple[int, int, int] | None, string: str, last: object = None) -> object:
    """Return MyAnimeList's dates as Jikan gives them: unknown parts are 1 in `from` and `prop`."""
    year, month, day = first or (None, None, None)
    until = last if isinstance(last, tuple) else (None, None, None)
    return {
        "from": None if first is None else f"{year}-{month:02}-{day:02}T00:00:00+00:00",
        "to": None,
        "prop": {
            "from": {"day": day, "month": month, "year": year},
            "to": {"day": until[2], "month": until[1], "year": until[0]},
        },
        "string": string,
    }


def anime(**members: object) -> dict[str, object]:
    full: dict[str, object] = {
        "mal_id": 900001,
        "url": "https://myanimelist.net/anime/900001/x",
        "images": {"jpg": {"large_image_url": "https://pictures.example.org/1l.jpg"}},
        "titles": [
            {"type": "Default", "title": "Kaze no Toride"},
            {"type": "Synonym", "title": "Wind Fort"},
            {"type": "Japanese", "title": "風の砦"},
            {"type": "English", "title": "Fortress of Wind"},
            {"type": "German", "title": "Festung des Windes"},
        ],
        "title": "Kaze no Toride",
        "type": "TV",
        "episodes": 12,
        "status": "Finished Airing",
        "aired": aired((2011, 10, 4), "Oct 4, 2011 to Dec 20, 2011", (2011, 12, 20)),
        "duration": "23 min per ep",
        "rating": "PG-13 - Teens 13 or older",
        "score": 7.5,
        "synopsis": "  A fort.\r\n\r\nAnd wind.\u0000 ",
        "season": "fall",
        "year": 2011,
        "studios": named("Studio Tori"),
        "producers": named("Example TV", "EXAMPLE TV"),
        "genres": named("Drama"),
        "explicit_genres": named("Erotica"),
        "themes": named("Military", "Drama"),
        "demographics": named("Seinen"),
        "relations": [
            {"relation": "Adaptation", "entry": [end(5, "manga")]},
            {"relation": "Sequel", "entry": [end(900002)]},
        ],
    }
    return {**full, **members}


def read_lines(folder: Path, *values: object) -> tuple[list[Record], list[Reject]]:
    return read_all(SOURCE, written(folder, "jikan.jsonl", lines_of(*values)))


def read_one(folder: Path, **members: object) -> tuple[Record, list[Reject]]:
    (record,), rejects = read_lines(folder, anime(**members))
    return record, rejects


def test_an_anime_becomes_a_record_with_all_that_it_states(tmp_path: Path) -> None:
    record, rejects = read_one(tmp_path)

    assert (record.key, record.ids) == ("mal:900001", ("mal:900001",))
    facts = record.facts
    assert facts.titles == (
        Title("Kaze no Toride", None, "main"),
        Title("Wind Fort", None, "synonym"),
        Title("風の砦", "ja", "official"),
        Title("Fortress of Wind", "en", "official"),
        Title("Festung des Windes", "de", "official"),
    )
    assert (facts.anime_type, facts.episode_count, facts.status) == ("tv", 12, "finished")
    assert (facts.start_date, facts.end_date) == (dt.date(2011, 10, 4), dt.date(2011, 12, 20))
    assert (facts.year, facts.season) == (2011, "fall")
    assert (facts.duration_s, facts.score, facts.adult) == (1380, 7.5, False)
    assert facts.synopsis == "A fort.\n\nAnd wind."
    assert facts.poster_url == "https://pictures.example.org/1l.jpg"
    assert (facts.studios, facts.producers) == (("Studio Tori",), ("Example TV",))
    assert facts.tags == (
        Tagging("drama", "genre", 1.0),
        Tagging("erotica", "content", 1.0),
        Tagging("military", "theme", 1.0),
        Tagging("seinen", "demographic", 1.0),
    )
    assert record.links.relations == (Claim("sequel", "mal:900002"),)
    assert rejects == []


def test_objects_in_the_envelope_of_the_api_read_alike(tmp_path: Path) -> None:
    bare, _ = read_lines(tmp_path, anime(), anime(mal_id=2))
    wrapped, rejects = read_lines(tmp_path, {"data": anime()}, anime(mal_id=2))

    assert wrapped == bare
    assert rejects == []


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("Sequel", "sequel"),
        ("Prequel", "prequel"),
        ("Side story", "side_story"),
        ("Side Story", "side_story"),
        ("Parent story", "parent_story"),
        ("Full story", "full_story"),
        ("Summary", "summary"),
        ("Spin-off", "spin_off"),
        ("Alternative version", "alternative_version"),
        ("Alternative setting", "alternative_setting"),
        ("Character", "character"),
        ("Adaptation", "adaptation"),
        ("Other", "other"),
    ],
)
def test_a_relation_is_named_in_the_words_of_the_graph(
    tmp_path: Path, name: str, kind: str
) -> None:
    relations = [{"relation": name, "entry": [end(2), end(3, "manga"), end(4), end(900001)]}]
    record, rejects = read_one(tmp_path, relations=relations)

    claims = [(claim.kind, claim.target) for claim in record.links.relations]
    assert claims == [(kind, "mal:2"), (kind, "mal:4")]
    assert rejects == []


def test_an_unknown_relation_is_rejected_and_the_others_kept(tmp_path: Path) -> None:
    relations = [
        {"relation": "Rival", "entry": [end(2)]},
        {"relation": "Other", "entry": [end(0), end(3)]},
    ]
    record, rejects = read_one(tmp_path, relations=relations)

    assert record.links.relations == (Claim("other", "mal:3"),)
    assert fields(rejects) == ["relations", "relations"]


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("23 min per ep", 1380),
        ("1 hr 45 min", 6300),
        ("1 hr 5 min per ep", 3900),
        ("2 hr", 7200),
        ("1 hr per ep", 3600),
        ("30 sec per ep", 30),
        ("45 sec", 45),
        ("1 min 30 sec", 90),
        ("Unknown", None),
        (None, None),
    ],
)
def test_a_running_time_is_seconds_of_an_episode(
    tmp_path: Path, text: str | None, seconds: int | None
) -> None:
    record, rejects = read_one(tmp_path, duration=text)

    assert record.facts.duration_s == seconds
    assert fields(rejects) == []


@pytest.mark.parametrize(
    ("dates", "start", "year"),
    [
        (aired((2003, 1, 1), "2003"), None, 2003),
        (aired((2010, 3, 1), "Mar 2010"), None, 2010),
        (aired((2006, 1, 1), "2006 to 2007", (2007, 1, 1)), None, 2006),
        (aired((2003, 1, 1), "Jan 1, 2003"), dt.date(2003, 1, 1), 2003),
        (aired((1999, 10, 20), "Oct 20, 1999 to ?"), dt.date(1999, 10, 20), 1999),
        (aired(None, "Not available"), None, None),
        ({}, None, None),
    ],
)
def test_a_date_counts_only_where_its_day_is_known(
    tmp_path: Path, dates: object, start: dt.date | None, year: int | None
) -> None:
    record, rejects = read_one(tmp_path, aired=dates, year=None)

    assert (record.facts.start_date, record.facts.end_date) == (start, None)
    assert record.facts.year == year
    assert rejects == []


def test_without_the_text_of_the_dates_their_known_parts_count(tmp_path: Path) -> None:
    prop = {
        "from": {"day": 4, "month": 10, "year": 2011},
        "to": {"day": None, "month": 12, "year": 2011},
    }
    record, _ = read_one(tmp_path, aired={"prop": prop})

    assert (record.facts.start_date, record.facts.end_date) == (dt.date(2011, 10, 4), None)


def test_days_that_never_were_are_rejected(tmp_path: Path) -> None:
    record, rejects = read_one(tmp_path, aired=aired((2011, 2, 30), "Feb 30, 2011"))

    assert record.facts.start_date is None
    assert fields(rejects) == ["aired"]


@pytest.mark.parametrize("name", ["TV Special", "Music", "CM", "PV", "Special"])
def test_short_forms_are_specials(tmp_path: Path, name: str) -> None:
    assert read_one(tmp_path, type=name)[0].facts.anime_type == "special"


@pytest.mark.parametrize(
    ("rating", "adult"),
    [("Rx - Hentai", True), ("R+ - Mild Nudity", False), (None, None)],
)
def test_only_the_highest_rating_is_adult(
    tmp_path: Path, rating: str | None, adult: bool | None
) -> None:
    assert read_one(tmp_path, rating=rating)[0].facts.adult is adult


@pytest.mark.parametrize(
    "url",
    [
        "https://cdn.myanimelist.net/images/questionmark_23.gif",
        "https://cdn.myanimelist.net/img/sp/icon/apple-touch-icon-256.png",
        None,
    ],
)
def test_a_placeholder_is_no_poster(tmp_path: Path, url: str | None) -> None:
    record, rejects = read_one(tmp_path, images={"jpg": {"large_image_url": url}})

    assert record.facts.poster_url is None
    assert rejects == []


def test_a_score_of_zero_means_that_nobody_has_scored(tmp_path: Path) -> None:
    assert read_one(tmp_path, score=0)[0].facts.score is None


@pytest.mark.parametrize(
    ("member", "value", "fact"),
    [
        ("year", 1899, "year"),
        ("score", 11, "score"),
        ("episodes", -3, "episode_count"),
        ("episodes", 2**64, "episode_count"),
        ("type", "Hologram", "anime_type"),
        ("status", "Lost", "status"),
        ("season", "monsoon", "season"),
        ("duration", "ages", "duration_s"),
        ("synopsis", 7, "synopsis"),
    ],
)
def test_a_value_that_breaks_a_limit_costs_only_itself(
    tmp_path: Path, member: str, value: object, fact: str
) -> None:
    record, rejects = read_one(tmp_path, **{member: value})

    assert getattr(record.facts, fact) is None
    assert places(rejects) == [(1, member)]


@pytest.mark.parametrize(("member", "value"), [("mal_id", 0), ("mal_id", "7"), ("title", "")])
def test_a_record_without_id_or_title_is_rejected(
    tmp_path: Path, member: str, value: object
) -> None:
    records, rejects = read_lines(tmp_path, anime(), anime(**{member: value}), {"status": "404"})

    assert len(records) == 1
    assert places(rejects) == [(2, member), (3, "mal_id")]


def test_a_title_of_a_new_kind_is_a_synonym(tmp_path: Path) -> None:
    record, _ = read_one(tmp_path, titles=[{"type": "Klingon", "title": "SuS"}])

    assert record.facts.titles[1:] == (Title("SuS", None, "synonym"),)


@pytest.mark.parametrize(
    "content",
    [
        lines_of({"id": 1, "idMal": 1, "title": {"romaji": "x"}}),
        lines_of({"mal_id": 1, "number": 1, "title": "x", "aired": None}),
        lines_of({"data": {"status": 404}}),
        b"<html><body>Too many requests</body></html>",
    ],
)
def test_a_file_of_another_source_is_refused_before_any_record(
    tmp_path: Path, content: bytes
) -> None:
    count, error = read_until_error(SOURCE, written(tmp_path, "a.jsonl", content))

    assert count == 0
    assert isinstance(error, SourceFileError)
    assert "expected Jikan" in str(error)


@pytest.mark.parametrize("wrap", [False, True])
def test_a_last_line_cut_in_the_middle_is_a_truncated_file(tmp_path: Path, wrap: bool) -> None:
    value = {"data": anime()} if wrap else anime()
    file = written(tmp_path, "a.jsonl", lines_of(value, value)[:-30])

    count, error = read_until_error(SOURCE, file)

    assert count == 1
    assert isinstance(error, SourceFileError)
    assert "truncated in line 2" in str(error)
