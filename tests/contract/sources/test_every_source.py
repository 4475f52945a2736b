"""What every source keeps: its own files are read, any other file is refused before a record."""

import tracemalloc
from collections import deque
from pathlib import Path

import pytest

from ingest.reading.files import SourceFile
from ingest.registry import SOURCES
from ingest.source import Source
from kensho.errors import SourceFileError
from tests.support.adapter_runs import RejectList
from tests.support.source_reading import packed, read_all, read_until_error, written
from tests.support.source_samples import SAMPLES

pytestmark = pytest.mark.contract

every_source = pytest.mark.parametrize("source", SOURCES.values(), ids=SOURCES.keys())


def assert_refused(source: Source, file: SourceFile) -> None:
    """The whole file is refused, with its path in the message, and nothing of it was taken."""
    count, error = read_until_error(source, file)
    assert isinstance(error, SourceFileError), error
    assert str(file.path) in str(error)
    assert count == 0


def sample_in(folder: Path, source: Source, ending: str = "") -> SourceFile:
    sample = SAMPLES[source.name]
    return written(folder, sample.name + ending, sample.content)


def broken(folder: Path, source: Source, content: bytes, ending: str = "") -> SourceFile:
    """Write bytes as they stand under a name that is the source's."""
    path = folder / (SAMPLES[source.name].name + ending)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    return SourceFile(path)


def test_sources_are_known_by_their_names_in_reading_order() -> None:
    assert [source.name for source in SOURCES.values()] == list(SOURCES)
    orders = [source.order for source in SOURCES.values()]
    assert orders == sorted(orders)
    assert SAMPLES.keys() == SOURCES.keys()


@every_source
@pytest.mark.parametrize("archive", ["", ".gz", ".zst"])
def test_a_sound_file_is_read_whole_in_every_archive(
    tmp_path: Path, source: Source, archive: str
) -> None:
    records, rejects = read_all(source, sample_in(tmp_path, source, archive))

    assert len(records) >= 1
    assert rejects == []
    assert len({record.key for record in records}) == len(records)


@every_source
def test_a_file_is_found_by_its_name(tmp_path: Path, source: Source) -> None:
    file = sample_in(tmp_path, source)

    assert file.path in {path for pattern in source.patterns for path in tmp_path.glob(pattern)}


@every_source
def test_an_empty_file_is_refused(tmp_path: Path, source: Source) -> None:
    assert_refused(source, broken(tmp_path, source, b""))


@every_source
def test_a_file_of_blanks_is_refused(tmp_path: Path, source: Source) -> None:
    assert_refused(source, broken(tmp_path, source, b"\n \n\n"))


@every_source
@pytest.mark.parametrize(
    "page",
    [b"<!DOCTYPE html>\n<html><head><title>404</title></head></html>\n", b"<html></html>"],
)
def test_a_web_page_is_refused(tmp_path: Path, source: Source, page: bytes) -> None:
    assert_refused(source, broken(tmp_path, source, page))


@every_source
@pytest.mark.parametrize("content", [b"{}\n", b"[]\n", b"null\n", b'{"a": 1}\n', b"hello\n"])
def test_json_of_nobody_is_refused(tmp_path: Path, source: Source, content: bytes) -> None:
    assert_refused(source, broken(tmp_path, source, content))


@every_source
def test_the_files_of_all_other_sources_are_refused(tmp_path: Path, source: Source) -> None:
    for name, sample in SAMPLES.items():
        if sample.content != SAMPLES[source.name].content:
            assert_refused(source, broken(tmp_path / name, source, sample.content))


@every_source
@pytest.mark.parametrize("archive", [".gz", ".zst"])
@pytest.mark.parametrize("share", [0.3, 0.9])
def test_a_truncated_archive_is_refused(
    tmp_path: Path, source: Source, archive: str, share: float
) -> None:
    whole = packed(archive, SAMPLES[source.name].content)

    assert_refused(source, broken(tmp_path, source, whole[: int(len(whole) * share)], archive))


@every_source
@pytest.mark.parametrize("archive", [".gz", ".zst"])
def test_a_corrupt_archive_is_refused(tmp_path: Path, source: Source, archive: str) -> None:
    whole = bytearray(packed(archive, SAMPLES[source.name].content))
    whole[len(whole) // 2 :] = b"\xa5" * (len(whole) - len(whole) // 2)

    assert_refused(source, broken(tmp_path, source, bytes(whole), archive))


@every_source
@pytest.mark.parametrize("encoding", ["utf-16", "utf-32"])
def test_another_encoding_is_refused(tmp_path: Path, source: Source, encoding: str) -> None:
    content = SAMPLES[source.name].content.decode().encode(encoding)

    assert_refused(source, broken(tmp_path, source, content))


@every_source
def test_latin_1_is_refused(tmp_path: Path, source: Source) -> None:
    content = SAMPLES[source.name].content
    letter = b"a" if b"a" in content else b"1"
    content = content.replace(letter, "á".encode("latin-1"))

    assert_refused(source, broken(tmp_path, source, content))


@every_source
def test_a_folder_or_a_missing_file_is_refused(tmp_path: Path, source: Source) -> None:
    if source.name != "dead-entries":  # its readers look at the name first
        assert_refused(source, SourceFile(tmp_path))
    assert_refused(source, SourceFile(tmp_path / SAMPLES[source.name].name))


def test_a_document_of_any_length_is_read_in_constant_memory(tmp_path: Path) -> None:
    file = SourceFile(tmp_path / "anime-offline-database.json")
    entry = b'{"sources":["https://myanimelist.net/anime/%d"],"title":"%s"}'
    with file.path.open("wb") as stream:
        stream.write(b'{"repository":"x","lastUpdate":"2026-02-01","data":[')
        stream.write(b",".join(entry % (n, b"wind" * 100) for n in range(1, 30_001)))
        stream.write(b"]}")
    assert file.path.stat().st_size > 12_000_000

    tracemalloc.start()
    try:
        deque(SOURCES["aodb"].read(file, RejectList()), maxlen=0)
        _, peak_bytes = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()

    assert peak_bytes < 2_000_000
