from pathlib import Path
from typing import Any

import msgspec
import pytest

from ingest.sources.anifillerpedia import SOURCE
from kensho.domain.records import EpisodeFacts
from kensho.errors import SourceFileError
from tests.support.adapter_runs import Run, run


def read(tmp_path: Path, title: object, *labels: tuple[object, object]) -> Run:
    episodes: list[dict[str, Any]] = [
        {"episode_number": number, "status": status, "citation_ids": []}
        for number, status in labels
    ]
    document = {"series_title": title, "citation_sources": [{"id": "x"}], "episodes": episodes}
    return run(SOURCE, tmp_path / "anifillerpedia_x.json", msgspec.json.encode(document))


def test_labels_become_canon_and_filler_marks(tmp_path: Path) -> None:
    record = read(tmp_path, "Naruto", (1, "canon"), (2, "mixed"), (3, "filler")).only
    assert record.ids == ("mal:20",)
    assert record.facts.episodes == (
        EpisodeFacts(1, filler=False, canon="canon"),
        EpisodeFacts(2, filler=False, canon="mixed"),
        EpisodeFacts(3, filler=True, canon="filler"),
    )


@pytest.mark.parametrize(
    ("title", "key"),
    [
        ("Naruto: Shippuuden", "mal:1735"),
        ("Bleach", "mal:269"),
        ("Fairy Tail", "mal:6702"),
        ("Fairy Tail (2014)", "mal:22043"),
        ("Fairy Tail (2018)", "mal:35972"),
    ],
)
def test_every_decided_series_has_its_entry(tmp_path: Path, title: str, key: str) -> None:
    assert read(tmp_path, title, (1, "canon")).only.key == key


def test_an_unknown_series_is_rejected_by_its_title(tmp_path: Path) -> None:
    found = read(tmp_path, "Blue Town", (1, "canon"))
    assert found.records == []
    assert found.refused == [(1, "series_title", "Blue Town")]


def test_bad_episodes_are_rejected_and_the_rest_kept(tmp_path: Path) -> None:
    found = read(tmp_path, "Bleach", (1, "canon"), (1, "filler"), (0, "canon"), (3, "maybe"))
    assert [episode.number for episode in found.records[0].facts.episodes] == [1]
    assert [(line, field) for line, field, _ in found.refused] == [
        (2, "number"),
        (3, "number"),
        (4, "status"),
    ]


@pytest.mark.parametrize(
    "content",
    [
        b'{"episodes": []}',
        b'{"episodes": [{"number": 1}]}',
        b'{"series_title": 5, "episodes": [{"episode_number": 1, "status": "canon"}]}',
        b"[1]",
        b"x",
    ],
)
def test_another_file_is_refused(tmp_path: Path, content: bytes) -> None:
    with pytest.raises(SourceFileError):
        run(SOURCE, tmp_path / "anifillerpedia_x.json", content)
