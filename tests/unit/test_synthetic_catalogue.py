"""The synthetic catalogue: the same from one seed, as large as asked for, and whole."""

import json
from pathlib import Path

import pytest

from benchmarks.synthetic_catalogue import franchises, write
from kensho.domain.ids import from_url

WORKS = 1_500


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("catalogue")
    write(WORKS, path)
    return path


def files(folder: Path) -> dict[str, bytes]:
    return {
        str(one.relative_to(folder)): one.read_bytes() for one in folder.rglob("*") if one.is_file()
    }


def test_one_seed_makes_the_same_bytes_and_another_others(folder: Path, tmp_path: Path) -> None:
    write(WORKS, tmp_path / "again")
    write(WORKS, tmp_path / "other", seed=20)
    assert files(tmp_path / "again") == files(folder)
    assert all(files(tmp_path / "other")[name] != text for name, text in files(folder).items())


def test_entries_are_as_many_as_asked_for_and_name_what_there_is(folder: Path) -> None:
    head, *lines = (folder / "aodb" / "anime-offline-database.jsonl").read_text().splitlines()
    assert json.loads(head)["lastUpdate"] == "2026-11-01"
    entries = [json.loads(line) for line in lines]
    assert len(entries) == WORKS
    pages = [page for entry in entries for page in entry["sources"]]
    assert len(pages) == len(set(pages))
    assert None not in {from_url(page) for page in pages}
    assert {page for entry in entries for page in entry["relatedAnime"]} <= set(pages)
    for line in (folder / "jikan" / "jikan_v4_full.jsonl").read_text().splitlines():
        for relation in json.loads(line)["relations"]:
            for end in relation["entry"]:
                assert f"https://myanimelist.net/anime/{end['mal_id']}" in pages


def test_works_of_a_franchise_hang_together() -> None:
    for members in franchises(WORKS):
        own = {work.number for work in members}
        reached = {members[0].number}
        for work in members[1:]:
            ends = {other.number for _, other in work.relations} & own
            assert ends & reached, work
            reached.add(work.number)
        assert reached == own
