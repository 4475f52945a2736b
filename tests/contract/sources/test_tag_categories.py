import tomllib
from collections import Counter
from importlib.resources import files
from pathlib import Path

import pytest

from ingest.curation.tag_categories import read_categories
from ingest.reading.decoding import fold_tag
from ingest.reading.files import SourceFile
from kensho.errors import SourceFileError
from tests.support.adapter_runs import RejectList, json_lines


def test_a_file_names_the_category_of_tags(tmp_path: Path) -> None:
    path, rejects = tmp_path / "tags.jsonl", RejectList()
    path.write_bytes(
        json_lines(
            {"name": "Slice  of Life", "category": "genre"},
            {"name": "school", "category": "place"},
            {"name": "school", "category": "theme"},
            {"name": "SCHOOL", "category": "genre"},
            {"name": " ", "category": "genre"},
        )
    )
    assert read_categories(SourceFile(path), rejects) == {
        "slice of life": "genre",
        "school": "theme",
    }
    assert [(reject.line, reject.field) for reject in rejects.all] == [
        (2, "category"),
        (4, "category"),
        (5, "name"),
    ]


def test_another_file_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "tags.jsonl"
    path.write_text('{"tag": "x"}\n')
    with pytest.raises(SourceFileError, match="tag categories"):
        read_categories(SourceFile(path), RejectList())


def test_our_own_decisions_are_folded_and_name_each_tag_once() -> None:
    decided = tomllib.loads((files("ingest.curation") / "tags.toml").read_text("utf-8"))
    names = [name for tags in decided["categories"].values() for name in tags]
    assert [name for name, count in Counter(names).items() if count > 1] == []
    spellings = [*names, *decided["aliases"]]
    assert [name for name in spellings if name != fold_tag(name)] == []
    assert set(decided["aliases"].values()) <= set(names)
    assert set(names).isdisjoint(decided["aliases"])
