"""Records of JSON in each form in which upstreams give them read to the same records."""

import io
import json
import lzma
import zipfile
from pathlib import Path
from typing import Any, Final

import pytest

from ingest.reading.files import SourceFile
from ingest.registry import SOURCES
from kensho.domain.records import Record
from kensho.errors import SourceFileError
from tests.support.adapter_runs import RejectList

_AIRED: Final = {"prop": {"from": {"day": 3, "month": 4, "year": 1998}}, "string": "x"}


def _jikan(n: int) -> dict[str, Any]:
    return {"mal_id": n, "title": f"Tale {n}", "type": "TV", "aired": _AIRED, "score": 8.25}


def _anilist(n: int) -> dict[str, Any]:
    node = {"id": 900 + n, "type": "ANIME", "title": {"romaji": "Other"}}
    edges = [{"relationType": "SEQUEL", "node": node}]
    title = {"romaji": f"Tale {n}"}
    return {
        "id": n,
        "idMal": None,
        "title": title,
        "averageScore": 71,
        "relations": {"edges": edges},
    }


def _bangumi(n: int) -> dict[str, Any]:
    sites = [{"site": "bangumi", "id": str(n)}]
    return {"title": f"Tale {n}", "titleTranslate": {"en": ["x"]}, "lang": "ja", "sites": sites}


MAKERS: Final = {"jikan": _jikan, "anilist": _anilist, "bangumi": _bangumi}


def _pages(name: str, records: list[dict[str, Any]]) -> list[Any]:
    """Return the records as the interface or the repository gives them, in two documents."""
    halves = (records[:2], records[2:])
    if name == "anilist":
        return [{"data": {"Page": {"pageInfo": {"total": 3}, "media": half}}} for half in halves]
    if name == "jikan":
        return [{"pagination": {"last_visible_page": 2}, "data": half} for half in halves]
    return [{"siteMeta": {"bangumi": {"title": "x"}}, "items": half} for half in halves]


def forms(name: str) -> dict[str, bytes]:
    records = [MAKERS[name](n) for n in (1, 2, 3)]
    pages = _pages(name, records)
    return {
        "lines": b"".join(json.dumps(one).encode() + b"\n" for one in records),
        "compact list": json.dumps(records).encode(),
        "pretty list": json.dumps(records, indent=2).encode(),
        "compact pages": b"\n".join(json.dumps(page).encode() for page in pages),
        "pretty pages": b"\n".join(json.dumps(page, indent=2).encode() for page in pages),
        "list of pages": json.dumps(pages, indent=1).encode(),
        "pretty records": b"\n".join(json.dumps(one, indent=1).encode() for one in records),
    }


def read(path: Path, name: str, content: bytes) -> list[Record]:
    path.write_bytes(content)
    rejects = RejectList()
    found = list(SOURCES[name].read(SourceFile(path), rejects))
    assert rejects.all == []
    return found


@pytest.mark.parametrize("name", MAKERS)
@pytest.mark.parametrize("form", [*forms("jikan")][1:])
def test_every_form_reads_to_the_same_records(tmp_path: Path, name: str, form: str) -> None:
    content = forms(name)
    expected = read(tmp_path / "lines.jsonl", name, content["lines"])
    assert len(expected) == 3
    assert read(tmp_path / "other", name, content[form]) == expected


@pytest.mark.parametrize("form", ["answer", "pretty answer"])
def test_the_answer_for_one_work_is_read(tmp_path: Path, form: str) -> None:
    indent = 2 if form == "pretty answer" else None
    media = json.dumps({"data": {"Media": _anilist(1)}}, indent=indent).encode()
    assert [r.key for r in read(tmp_path / "a.json", "anilist", media)] == ["anilist:1"]
    anime = json.dumps({"data": _jikan(1)}, indent=indent).encode()
    assert [r.key for r in read(tmp_path / "b.json", "jikan", anime)] == ["mal:1"]


@pytest.mark.parametrize("name", MAKERS)
def test_a_page_that_is_cut_off_is_refused_in_our_words(tmp_path: Path, name: str) -> None:
    content = forms(name)["pretty pages"][:-40]
    with pytest.raises(SourceFileError, match="truncated or broken: it ends too early"):
        read(tmp_path / "a.json", name, content)


@pytest.mark.parametrize("content", [b"\x80\x81\xfe" * 90, b"<html></html>", b'{"a": nope}', b"\0"])
def test_bytes_that_are_no_json_are_refused_in_our_words(tmp_path: Path, content: bytes) -> None:
    for name in ("aodb", "anilist", "jikan", "bangumi", "kometa", "tmdb-collections"):
        with pytest.raises(SourceFileError) as refused:
            read(tmp_path / "a.json", name, content)
        said = refused.value.message
        assert not [word for word in ("lexical", "b'", "parse error") if word in said], said


def zipped(**files: bytes) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return buffer.getvalue()


def test_zip_and_xz_are_unpacked(tmp_path: Path) -> None:
    lines = forms("anilist")["lines"]
    expected = read(tmp_path / "a.jsonl", "anilist", lines)
    assert read(tmp_path / "a.jsonl.xz", "anilist", lzma.compress(lines)) == expected
    assert read(tmp_path / "a.jsonl.zip", "anilist", zipped(a=lines)) == expected


def test_a_zip_of_several_files_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SourceFileError, match="a zip of one file is read, this one has 2"):
        read(tmp_path / "a.zip", "anilist", zipped(a=b"{}", b=b"{}"))


@pytest.mark.parametrize("size", [10, 60, -30, -1])
def test_a_zip_that_is_cut_off_is_refused(tmp_path: Path, size: int) -> None:
    content = zipped(a=forms("anilist")["lines"])
    with pytest.raises(SourceFileError, match=r"a\.zip"):
        read(tmp_path / "a.zip", "anilist", content[:size])


def test_a_zip_whose_bytes_were_changed_is_refused(tmp_path: Path) -> None:
    content = bytearray(zipped(a=forms("anilist")["lines"]))
    content[60] ^= 0xFF
    with pytest.raises(SourceFileError, match=r"a\.zip"):
        read(tmp_path / "a.zip", "anilist", bytes(content))
