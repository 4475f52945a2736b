import gzip
from pathlib import Path

import pytest

from ingest.reading.files import SourceFile
from ingest.sources.anidb_titles import SOURCE
from kensho.domain.works import Title
from kensho.errors import SourceFileError
from tests.support.adapter_runs import run

ONE = """<?xml version="1.0" encoding="UTF-8"?>
<animetitles>
  <anime aid="7">
    <title type="main" xml:lang="x-jat">Ao no Machi</title>
    <title type="official" xml:lang="en">Blue
Town</title>
    <title type="syn" xml:lang="pt-BR">Cidade Azul</title>
    <title type="short" xml:lang="x-kot">AnM</title>
    <title type="syn" xml:lang="x-zht">Lan Zhen</title>
  </anime>
</animetitles>"""


def test_titles_keep_kind_and_language(tmp_path: Path) -> None:
    record = run(SOURCE, tmp_path / "animetitles.xml", ONE).only
    assert record.ids == ("anidb:7",)
    assert record.facts.titles == (
        Title("Ao no Machi", "ja-Latn", "main"),
        Title("Blue Town", "en", "official"),
        Title("Cidade Azul", "pt-BR", "synonym"),
        Title("AnM", "ko-Latn", "short"),
        Title("Lan Zhen", "zh-Latn", "synonym"),
    )


def test_a_compressed_dump_reads_the_same(tmp_path: Path) -> None:
    plain = run(SOURCE, tmp_path / "animetitles.xml", ONE)
    assert run(SOURCE, tmp_path / "animetitles.xml.gz", ONE) == plain


def test_a_bad_title_costs_that_title_alone(tmp_path: Path) -> None:
    xml = (
        '<animetitles><anime aid="1"><title type="joke" xml:lang="en">A</title>'
        f'<title type="main" xml:lang="en">B</title><title type="syn">{"x" * 501}</title>'
        '<title type="syn" xml:lang="en?">C</title>'
        "</anime></animetitles>"
    )
    found = run(SOURCE, tmp_path / "a.xml", xml)
    assert [title.text for title in found.records[0].facts.titles] == ["B", "C"]
    assert found.refused == [
        (1, "titles", "joke"),
        (1, "titles", "x" * 501),
        (1, "language", "en?"),
    ]
    assert {reject.key for reject in found.rejects} == {"anidb:1"}


def test_an_anime_without_number_or_titles_is_rejected_and_the_run_goes_on(tmp_path: Path) -> None:
    xml = (
        '<animetitles><anime aid="x1"/><anime/><anime aid="2"/>'
        '<anime aid="3"><title type="main">C</title></anime></animetitles>'
    )
    found = run(SOURCE, tmp_path / "a.xml", xml)
    assert [record.key for record in found.records] == ["anidb:3"]
    assert found.refused == [(1, "aid", "x1"), (2, "aid", "None"), (3, "record", "anidb:2")]


@pytest.mark.parametrize(
    ("content", "says"),
    [
        ('<anime-list><anime aid="1"/></anime-list>', "found <anime-list>"),
        ('{"not": "xml"}', "expected XML with root <animetitles>"),
        (ONE[:200], "broken XML"),
        (b'<animetitles><anime aid="1"><title>\xff\xfe</title></anime></animetitles>', "broken"),
        (
            '<!DOCTYPE a [<!ENTITY x "y"><!ENTITY z "&x;&x;">]><animetitles>&z;</animetitles>',
            "refused XML entity",
        ),
        (
            '<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]><animetitles>&x;</animetitles>',
            "refused XML entity",
        ),
    ],
)
def test_another_broken_or_hostile_file_is_refused(
    tmp_path: Path, content: str | bytes, says: str
) -> None:
    with pytest.raises(SourceFileError, match=says):
        run(SOURCE, tmp_path / "animetitles.xml", content)


def test_a_truncated_archive_is_refused(tmp_path: Path) -> None:
    cut = gzip.compress(ONE.encode())[:-20]
    with pytest.raises(SourceFileError, match="truncated"):
        run(SOURCE, tmp_path / "animetitles.xml", cut)


DAT = """# created: Sat Jan 06 03:00:10 2024
# <aid>|<type>|<language>|<title>
7|1|x-jat|Ao no Machi
8|1|en|Another
7|4|en|Blue | Town
7|2|pt-BR|Cidade Azul
7|3|x-kot|AnM
"""


def test_lines_read_to_the_same_titles(tmp_path: Path) -> None:
    found = run(SOURCE, tmp_path / "anime-titles.dat.gz", DAT)
    assert [record.key for record in found.records] == ["anidb:7", "anidb:8"]
    assert found.records[0].facts.titles == (
        Title("Ao no Machi", "ja-Latn", "main"),
        Title("Blue | Town", "en", "official"),
        Title("Cidade Azul", "pt-BR", "synonym"),
        Title("AnM", "ko-Latn", "short"),
    )
    assert found.refused == []


def test_a_line_of_another_form_costs_only_itself(tmp_path: Path) -> None:
    found = run(SOURCE, tmp_path / "anime-titles.dat", DAT + "7|9|en|X\n|1|en|X\n")
    assert [line for line, _, _ in found.refused] == [8, 9]
    assert len(found.records) == 2


@pytest.mark.parametrize(
    ("name", "text", "day"),
    [
        ("anime-titles.dat", DAT, "2024-01-06"),
        (
            "anime-titles.xml",
            ONE.replace("?>", "?>\n<!-- Created: Wed May  3 03:00:02 2017 (1 anime) -->", 1),
            "2017-05-03",
        ),
        ("animetitles.xml", ONE, None),
    ],
)
def test_a_dump_is_of_the_day_that_its_comment_names(
    tmp_path: Path, name: str, text: str, day: str | None
) -> None:
    path = tmp_path / name
    path.write_text(text)
    assert SOURCE.snapshot(SourceFile(path)) == day
