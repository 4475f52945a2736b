"""anime-offline-database in its three forms, with the quirks that its releases had."""

import json
from pathlib import Path
from typing import Any

import pytest

from ingest.reading.rejects import Reject
from ingest.sources.aodb import SOURCE
from kensho.domain.records import Claim, Record, Tagging
from kensho.domain.works import Title
from kensho.errors import SourceFileError
from tests.support.adapter_runs import Run
from tests.support.source_reading import (
    fields,
    lines_of,
    places,
    read_all,
    read_until_error,
    written,
)

METADATA = {
    "$schema": "https://example.org/schema.json",
    "license": {"name": "ODbL", "url": "https://example.org/licence"},
    "repository": "https://example.org/anime-offline-database",
    "scoreRange": {"minInclusive": 1.0, "maxInclusive": 10.0},
    "lastUpdate": "2026-02-01",
}
MAL, ANIDB = "https://myanimelist.net/anime/900001", "https://anidb.net/anime/800001"


def entry(**members: object) -> dict[str, object]:
    full: dict[str, object] = {
        "sources": [ANIDB, MAL],
        "title": "Kaze no Toride",
        "type": "TV",
        "episodes": 12,
        "status": "FINISHED",
        "animeSeason": {"season": "FALL", "year": 2011},
        "picture": "https://pictures.example.org/1.jpg",
        "thumbnail": "https://pictures.example.org/1t.jpg",
        "duration": {"value": 1440, "unit": "SECONDS"},
        "score": {"arithmeticGeometricMean": 7.25, "arithmeticMean": 7.3, "median": 7.2},
        "synonyms": ["Fortress of Wind", "風の砦"],
        "studios": ["studio tori"],
        "producers": ["example tv"],
        "relatedAnime": ["https://myanimelist.net/anime/900002"],
        "tags": ["drama", "wind"],
    }
    return {**full, **members}


def lines(*entries: object) -> bytes:
    return lines_of(METADATA, *entries)


def document(*entries: object, **head: object) -> bytes:
    return json.dumps({**METADATA, **head, "data": entries}, indent=2).encode()


def read_lines(folder: Path, *entries: object) -> Run:
    return read_all(SOURCE, written(folder, "anime-offline-database.jsonl", lines(*entries)))


def read_one(folder: Path, **members: object) -> tuple[Record, list[Reject]]:
    (record,), rejects = read_lines(folder, entry(**members))
    return record, rejects


def test_an_entry_becomes_a_record_with_all_that_it_states(tmp_path: Path) -> None:
    record, rejects = read_one(tmp_path)

    assert record.key == "anidb:800001"
    assert record.ids == ("anidb:800001", "mal:900001")
    facts = record.facts
    assert facts.titles == (
        Title("Kaze no Toride", None, "main"),
        Title("Fortress of Wind", None, "synonym"),
        Title("風の砦", None, "synonym"),
    )
    assert (facts.anime_type, facts.episode_count, facts.status) == ("tv", 12, "finished")
    assert (facts.year, facts.season, facts.duration_s, facts.score) == (2011, "fall", 1440, 7.25)
    assert facts.poster_url == "https://pictures.example.org/1.jpg"
    assert (facts.studios, facts.producers) == (("studio tori",), ("example tv",))
    assert facts.tags == (Tagging("drama"), Tagging("wind"))
    assert facts.adult is None
    assert record.links.relations == (Claim("related", "mal:900002"),)
    assert rejects == []


@pytest.mark.parametrize("archive", ["", ".gz", ".zst"])
@pytest.mark.parametrize("form", ["lines", "document", "minified"])
def test_every_form_and_archive_reads_to_the_same_records(
    tmp_path: Path, form: str, archive: str
) -> None:
    entries = (entry(), entry(sources=[MAL], title="Other", score=None))
    content = {
        "lines": ("anime-offline-database.jsonl", lines(*entries)),
        "document": ("anime-offline-database.json", document(*entries)),
        "minified": (
            "anime-offline-database-minified.json",
            json.dumps({**METADATA, "data": entries}, separators=(",", ":")).encode(),
        ),
    }
    name, content_bytes = content[form]
    file = written(tmp_path, name + archive, content_bytes)

    assert read_all(SOURCE, file)[0] == read_lines(tmp_path / "reference", *entries)[0]
    assert SOURCE.snapshot(file) == "2026-02-01"


@pytest.mark.parametrize(
    ("members", "fact"),
    [
        ({"episodes": 0}, "episode_count"),
        ({"animeSeason": {"season": "UNDEFINED"}}, "season"),
        ({"animeSeason": {"season": "UNDEFINED"}}, "year"),
        ({"picture": "https://example.org/pics/no_pic.png"}, "poster_url"),
        ({"duration": None}, "duration_s"),
        ({"score": {}}, "score"),
    ],
)
def test_what_the_database_spells_as_unknown_is_absent_and_no_reject(
    tmp_path: Path, members: dict[str, object], fact: str
) -> None:
    absent = {name: value for name, value in entry(**members).items() if value is not None}
    (record,), rejects = read_lines(tmp_path, absent)

    assert getattr(record.facts, fact) is None
    assert rejects == []


def test_pages_of_unknown_providers_are_rejected_one_by_one(tmp_path: Path) -> None:
    closed = "https://example.org/anime/0-A-5Fimg"
    record, rejects = read_one(tmp_path, sources=[closed, MAL, "not a url"], relatedAnime=[closed])

    assert record.ids == ("mal:900001",)
    assert [(r.field, r.value) for r in rejects] == [
        ("sources", closed),
        ("sources", "not a url"),
        ("relatedAnime", closed),
    ]


def test_pages_of_notify_moe_which_old_releases_list_are_passed_over(tmp_path: Path) -> None:
    gone = "https://notify.moe/anime/0-A-5Fimg"
    record, rejects = read_one(tmp_path, sources=[MAL, gone], relatedAnime=[gone])
    assert (record.ids, record.links.relations, rejects) == (("mal:900001",), (), [])


def test_releases_before_february_2024_call_related_works_relations(tmp_path: Path) -> None:
    other = "https://myanimelist.net/anime/900002"
    record, rejects = read_one(tmp_path, relations=[other])
    assert record.links.relations == (Claim("related", "mal:900002"),)
    assert rejects == []


@pytest.mark.parametrize(
    ("members", "fact", "value"),
    [
        ({"status": "CURRENTLY"}, "status", "ongoing"),
        ({"type": "Movie"}, "anime_type", "movie"),
    ],
)
def test_words_of_early_releases_are_known(
    tmp_path: Path, members: dict[str, object], fact: str, value: str
) -> None:
    record, rejects = read_one(tmp_path, **members)
    assert (getattr(record.facts, fact), rejects) == (value, [])


def test_an_entry_without_any_known_id_is_rejected(tmp_path: Path) -> None:
    records, rejects = read_lines(tmp_path, entry(sources=[]), entry(sources=["https://x.org/1"]))

    assert records == []
    assert places(rejects) == [(2, "sources"), (3, "sources"), (3, "sources")]


def test_an_entry_that_relates_to_itself_or_twice_to_another_claims_it_once(tmp_path: Path) -> None:
    other = "https://kitsu.io/anime/700001"
    record, _ = read_one(tmp_path, relatedAnime=[MAL, other, "https://kitsu.app/anime/700001"])

    assert record.links.relations == (Claim("related", "kitsu:700001"),)


@pytest.mark.parametrize(
    ("member", "value", "fact"),
    [
        ("animeSeason", {"season": "FALL", "year": 1899}, "year"),
        ("animeSeason", {"season": "FALL", "year": 9999}, "year"),
        ("animeSeason", {"season": "AUTUMN", "year": 2011}, "season"),
        ("episodes", -1, "episode_count"),
        ("episodes", 2**63, "episode_count"),
        ("episodes", 10**400, "episode_count"),
        ("episodes", "twelve", "episode_count"),
        ("type", "PODCAST", "anime_type"),
        ("status", "GONE", "status"),
        ("picture", "javascript:alert(1)", "poster_url"),
        ("duration", {"value": 2**62, "unit": "HOURS"}, "duration_s"),
        ("duration", {"value": 3, "unit": "MOONS"}, "duration_s"),
        ("score", {"arithmeticGeometricMean": 10.5}, "score"),
        ("score", {"arithmeticGeometricMean": -0.5}, "score"),
        ("tags", None, "adult"),
    ],
)
@pytest.mark.parametrize("form", [lines, document])
def test_a_value_that_breaks_a_limit_costs_only_itself(
    tmp_path: Path, member: str, value: object, fact: str, form: Any
) -> None:
    file = written(tmp_path, "any.json", form(entry(**{member: value})))
    (record,), rejects = read_all(SOURCE, file)

    assert getattr(record.facts, fact) is None
    assert len(rejects) == 1
    assert record.facts.titles[0].text == "Kaze no Toride"


def test_a_year_is_rejected_under_its_own_name_with_line_and_key(tmp_path: Path) -> None:
    _, rejects = read_one(tmp_path, animeSeason={"season": "FALL", "year": 1899})

    (reject,) = rejects
    assert (reject.line, reject.field, reject.value) == (2, "year", "1899")
    assert reject.key == "anidb:800001"


def test_tags_are_folded_and_kept_once_and_too_long_ones_rejected(tmp_path: Path) -> None:
    tags = ["\uff24rama", "  slice  of\tlife ", "DRAMA", "x" * 50, "y" * 51, " "]
    record, rejects = read_one(tmp_path, tags=tags)

    assert [tag.name for tag in record.facts.tags] == ["drama", "slice of life", "x" * 50]
    assert [(r.field, r.value) for r in rejects] == [("tags", "y" * 51)]


def test_titles_lose_control_characters_and_repetitions(tmp_path: Path) -> None:
    synonyms = ["\x00 Kaze no Toride\x07 ", "A\nB", "", "A B", "z" * 501]
    record, rejects = read_one(tmp_path, title="Kaze\x00 no Toride ", synonyms=synonyms)

    assert [title.text for title in record.facts.titles] == ["Kaze no Toride", "A B"]
    assert fields(rejects) == ["titles"]


@pytest.mark.parametrize("title", ["", " \x00\n ", "z" * 501, None, 7])
def test_an_entry_without_a_usable_title_is_rejected(tmp_path: Path, title: object) -> None:
    records, rejects = read_lines(tmp_path, entry(title=title), entry())

    assert len(records) == 1
    assert places(rejects) == [(2, "title")]


def test_a_line_that_is_no_json_costs_only_itself(tmp_path: Path) -> None:
    records, rejects = read_lines(tmp_path, entry(), b"{oops", [1], entry())

    assert len(records) == 2
    assert places(rejects) == [(3, "record"), (4, "record")]


def test_a_last_line_cut_in_the_middle_is_a_truncated_file(tmp_path: Path) -> None:
    file = written(tmp_path, "a.jsonl", lines(entry(), entry())[:-40])

    count, error = read_until_error(SOURCE, file)

    assert count == 1
    assert isinstance(error, SourceFileError)
    assert "truncated" in str(error)


def test_a_last_line_that_is_broken_but_ended_is_a_reject(tmp_path: Path) -> None:
    records, rejects = read_lines(tmp_path, entry(), b'{"sources":')

    assert len(records) == 1
    assert places(rejects) == [(3, "record")]


def test_a_last_line_without_a_newline_is_read(tmp_path: Path) -> None:
    file = written(tmp_path, "a.jsonl", lines(entry(), entry())[:-1])

    assert len(read_all(SOURCE, file)[0]) == 2


def test_a_document_cut_in_the_middle_is_a_truncated_file(tmp_path: Path) -> None:
    file = written(tmp_path, "a.json", document(entry(), entry())[:-200])

    _, error = read_until_error(SOURCE, file)

    assert isinstance(error, SourceFileError)
    assert "truncated" in str(error)


@pytest.mark.parametrize(
    ("content", "found"),
    [
        (lines_of(entry()), "repository"),
        (lines_of(METADATA), "no records"),
        (lines_of(METADATA, {"mal_id": 1, "title": "x"}), "mal_id"),
        (json.dumps({"data": [entry()]}).encode(), "repository"),
        (document({"id": 1, "title": "x"}), "'id'"),
        (document(), "no such item"),
        (b"<!DOCTYPE html><title>Sign in</title>", "JSON"),
        (b'{"license": {}, "repository": "x", "deadEntries": ["1"]}', "lastUpdate"),
    ],
)
def test_a_file_that_is_not_this_database_is_refused_before_any_record(
    tmp_path: Path, content: bytes, found: str
) -> None:
    count, error = read_until_error(SOURCE, written(tmp_path, "a", content))

    assert count == 0
    assert isinstance(error, SourceFileError)
    assert "expected" in str(error)
    assert found in str(error)


def test_the_patterns_find_the_releases_and_not_the_schemas_beside_them(tmp_path: Path) -> None:
    stem = "anime-offline-database"
    releases = {f"{stem}{end}" for end in (".jsonl", ".jsonl.zst", ".json.gz", "-minified.json")}
    schemas = {f"{stem}{end}.schema.json" for end in ("", ".jsonl", "-minified")}
    for name in releases | schemas:
        written(tmp_path, f"aodb/{name}", b"x")

    found = {path.name for pattern in SOURCE.patterns for path in tmp_path.glob(pattern)}

    assert found == releases
