from pathlib import Path

import pytest

from ingest.sources.anime_lists import SOURCE
from kensho.domain.records import Mapping
from kensho.errors import SourceFileError
from tests.support.adapter_runs import Run, run


def entry(tmp_path: Path, attributes: str, mappings: str = "") -> Run:
    inner = f"<name>X</name><mapping-list>{mappings}</mapping-list>" if mappings else ""
    xml = f'<anime-list><anime anidbid="5" {attributes}>{inner}</anime></anime-list>'
    return run(SOURCE, tmp_path / "anime-list-master.xml", xml)


def test_an_entry_maps_to_a_season_with_an_offset(tmp_path: Path) -> None:
    record = entry(
        tmp_path,
        'tvdbid="72" defaulttvdbseason="2" episodeoffset="12" '
        'tmdbtv="62" tmdbseason="1" tmdboffset="-1"',
    ).only
    assert record.ids == ("anidb:5",)
    assert record.facts.mappings == (
        Mapping("tvdb:72", season=2, offset=12),
        Mapping("tmdb:tv/62", season=1, offset=-1),
    )


def test_absolute_numbering_is_no_season(tmp_path: Path) -> None:
    record = entry(tmp_path, 'tvdbid="72" defaulttvdbseason="a" episodeoffset=""').only
    assert record.facts.mappings == (Mapping("tvdb:72"),)


def test_comma_lists_are_several_ids(tmp_path: Path) -> None:
    record = entry(tmp_path, 'tvdbid="movie" tmdbid="8, 9" imdbid="tt01,tt02"').only
    assert [mapping.id for mapping in record.facts.mappings] == [
        "tmdb:movie/8",
        "tmdb:movie/9",
        "imdb:tt01",
        "imdb:tt02",
    ]


@pytest.mark.parametrize("word", ["movie", "OVA", "hentai", "unknown", "tv special", ""])
def test_a_word_in_place_of_an_id_says_nothing(tmp_path: Path, word: str) -> None:
    assert entry(tmp_path, f'tvdbid="{word}" imdbid="unknown"') == Run([], [])


def test_a_bad_value_is_rejected_and_the_rest_kept(tmp_path: Path) -> None:
    found = entry(
        tmp_path,
        'tvdbid="72" defaulttvdbseason="two" episodeoffset="-" tmdbtv="x9" imdbid="nm5,tt7"',
    )
    assert found.records[0].facts.mappings == (Mapping("tvdb:72"), Mapping("imdb:tt7"))
    assert found.refused == [
        (1, "defaulttvdbseason", "two"),
        (1, "episodeoffset", "-"),
        (1, "tmdbtv", "x9"),
        (1, "imdbid", "nm5"),
    ]


def test_a_range_is_a_mapping_of_its_own(tmp_path: Path) -> None:
    record = entry(
        tmp_path,
        'tvdbid="72" defaulttvdbseason="1" tmdbtv="9" tmdbseason="1"',
        '<mapping anidbseason="1" tvdbseason="2" start="1" end="12" offset="3"/>'
        '<mapping anidbseason="1" tmdbseason="4" start="13" offset="-12"/>'
        '<mapping anidbseason="1" tvdbseason="1" start="20" end="22"/>',
    ).only
    assert record.facts.mappings[2:] == (
        Mapping("tvdb:72", season=2, first=1, last=12, offset=3),
        Mapping("tmdb:tv/9", season=4, first=13, offset=-12),
        Mapping("tvdb:72", season=1, first=20, last=22, offset=0),
    )


def test_pairs_become_one_mapping_per_run(tmp_path: Path) -> None:
    record = entry(
        tmp_path,
        'tvdbid="72" defaulttvdbseason="1"',
        '<mapping anidbseason="1" tvdbseason="0">;1-5;2-6;4-9;5-0;</mapping>',
    ).only
    assert record.facts.mappings[1:] == (
        Mapping("tvdb:72", season=0, first=1, last=2, offset=4),
        Mapping("tvdb:72", season=0, first=4, last=4, offset=5),
    )


def test_an_episode_may_be_several_at_the_provider(tmp_path: Path) -> None:
    record = entry(
        tmp_path,
        'tvdbid="72" defaulttvdbseason="1"',
        '<mapping anidbseason="1" tvdbseason="1">;1-1+2;2-3+4;</mapping>',
    ).only
    there = {
        (own, own + (mapping.offset or 0))
        for mapping in record.facts.mappings[1:]
        for own in range(mapping.first or 0, (mapping.last or 0) + 1)
    }
    assert there == {(1, 1), (1, 2), (2, 3), (2, 4)}


def test_pairs_win_over_the_range_beside_them(tmp_path: Path) -> None:
    record = entry(
        tmp_path,
        'tvdbid="72" defaulttvdbseason="1"',
        '<mapping anidbseason="1" tvdbseason="3" start="3" end="6" offset="-2">;4-9;</mapping>',
    ).only
    assert record.facts.mappings[1:] == (
        Mapping("tvdb:72", season=3, first=3, last=3, offset=-2),
        Mapping("tvdb:72", season=3, first=5, last=6, offset=-2),
        Mapping("tvdb:72", season=3, first=4, last=4, offset=5),
    )


def test_specials_are_not_the_works_own_episodes(tmp_path: Path) -> None:
    record = entry(
        tmp_path,
        'tvdbid="72" defaulttvdbseason="1"',
        '<mapping anidbseason="0" tvdbseason="0">;1-3;</mapping>',
    ).only
    assert len(record.facts.mappings) == 1


def test_ranges_that_make_no_sense_are_rejected(tmp_path: Path) -> None:
    found = entry(
        tmp_path,
        'tvdbid="72" defaulttvdbseason="1"',
        '<mapping anidbseason="2" tvdbseason="0">;1-3;</mapping>'
        '<mapping anidbseason="1" tvdbseason="1" start="9" end="3"/>'
        '<mapping anidbseason="1" tvdbseason="1" start="1" end="999999"/>'
        '<mapping anidbseason="1" tmdbseason="1" start="1" end="3"/>'
        '<mapping anidbseason="1" tvdbseason="1">;a-b;1-2;</mapping>'
        '<mapping anidbseason="1" tvdbseason="-4" start="1" end="2" offset="1"/>'
        '<mapping anidbseason="1" tvdbseason="1"/>',
    )
    assert found.records[0].facts.mappings == (
        Mapping("tvdb:72", season=1),
        Mapping("tvdb:72", season=1, first=1, last=1, offset=1),
        Mapping("tvdb:72", first=1, last=2, offset=1),
    )
    assert found.refused == [
        (1, "anidbseason", "2"),
        (1, "mapping-list", "9-3"),
        (1, "mapping-list", "1-999999"),
        (1, "mapping-list", "tmdb"),
        (1, "mapping-list", "a-b"),
        (1, "tvdbseason", "-4"),
    ]


def test_an_entry_without_number_is_rejected(tmp_path: Path) -> None:
    xml = '<anime-list><anime anidbid=""/><anime anidbid="2" imdbid="tt1"/></anime-list>'
    found = run(SOURCE, tmp_path / "anime-list.xml", xml)
    assert found.refused == [(1, "anidbid", "")]
    assert [record.key for record in found.records] == ["anidb:2"]


def test_an_unbounded_mapping_without_pairs_gives_its_offset(tmp_path: Path) -> None:
    record = entry(
        tmp_path,
        'tvdbid="72" defaulttvdbseason="a"',
        '<mapping anidbseason="1" tvdbseason="1" offset="2"/>',
    ).only
    assert record.facts.mappings[1] == Mapping("tvdb:72", season=1, offset=2)


def test_another_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SourceFileError, match="found <animetitles>"):
        run(SOURCE, tmp_path / "anime-list.xml", "<animetitles/>")
