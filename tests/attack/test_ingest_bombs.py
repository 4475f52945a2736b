"""Files made to exhaust whoever reads them: each is refused clearly, within bounded memory.

Every file is read in a process that may grow by 1 GB (`tests/support/bounded_reading.py`). Most
are a few kilobytes: what they unpack to, nest or repeat is what attacks.
"""

import gzip
import lzma
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Final, NamedTuple

import pytest
import zstandard
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ingest.pipeline.identity import Identities
from ingest.pipeline.scan import SourceScan
from ingest.reading.files import SourceFile
from ingest.reading.rejects import RejectLog
from ingest.sources import aodb
from kensho.errors import SourceFileError
from kensho.platform.settings import IngestSettings
from tests.support.bounded_reading import Outcome, read_bounded
from tests.support.source_samples import SAMPLES

_MB: Final = 1024 * 1024
_MOST_MB: Final = 400
"""What reading may hold at most; sound files take under 50 MB, zstd's largest window 128 MB."""

_HEAD: Final = b'{"repository":"https://example.org","lastUpdate":"2026-02-01"}\n'
_SOUND: Final = b'{"sources":["https://myanimelist.net/anime/%d"],"title":"A tale"%s}\n'


def _aodb(*members: bytes) -> bytes:
    """Return JSON Lines of a sound entry, entries with `members`, and a sound entry."""
    entries = [_SOUND % (n, b"," + m if m else b"") for n, m in enumerate((b"", *members, b""), 1)]
    return _HEAD + b"".join(entries)


def _zstd_of_one_byte(size: int, *, window_log: int = 23) -> bytes:
    """Return a frame of one repeated byte, which takes 4 bytes for each 128 KiB."""
    block = 128 * 1024
    blocks = [(block << 3 | 1 << 1).to_bytes(3, "little") + b" "] * (size // block)
    blocks.append((1).to_bytes(3, "little"))
    return b"\x28\xb5\x2f\xfd\x00" + bytes(((window_log - 10) << 3,)) + b"".join(blocks)


def _gzip_of_one_byte(size: int) -> bytes:
    packer = zlib.compressobj(9, wbits=31)
    return b"".join(packer.compress(b" " * _MB) for _ in range(size // _MB)) + packer.flush()


def _document(data: bytes) -> bytes:
    return b'{"repository":"https://example.org","lastUpdate":"2026-02-01","data":[' + data + b"]}"


def _xml(inside: str, attributes: str = "") -> bytes:
    return f'<animetitles><anime aid="1"{attributes}>{inside}</anime></animetitles>'.encode()


class Bomb(NamedTuple):
    """A file that must be refused as a whole, and the limit that it is told."""

    source: str
    name: str
    content: Callable[[], bytes]
    limit: str


_DOCUMENT: Final = "anime-offline-database.json"
_LINES: Final = "anime-offline-database.jsonl"
_XML: Final = "animetitles.xml"
_WHOLE: Final = {
    "zstd, 98 KB to 3.2 GB": Bomb(
        "aodb", f"{_LINES}.zst", lambda: _zstd_of_one_byte(3_200 * _MB), "MAX_UNPACK_RATIO"
    ),
    "xz streams of 8 MB each": Bomb(
        "aodb", f"{_LINES}.xz", lambda: lzma.compress(b" " * 8 * _MB) * 200, "MAX_UNPACK_RATIO"
    ),
    "zstd frames of 16 MB each": Bomb(
        "aodb", f"{_LINES}.zst", lambda: _zstd_of_one_byte(16 * _MB) * 200, "MAX_UNPACK_RATIO"
    ),
    "zstd with a window of 2 GB": Bomb(
        "aodb", f"{_LINES}.zst", lambda: _zstd_of_one_byte(_MB, window_log=31), "window"
    ),
    "zstd, 200,000 frames": Bomb(
        "aodb",
        f"{_LINES}.zst",
        lambda: zstandard.compress(b"") * 200_000,
        "MAX_ARCHIVE_MEMBERS",
    ),
    "gzip of blanks": Bomb(
        "anidb-titles", f"{_XML}.gz", lambda: _gzip_of_one_byte(128 * _MB), "MAX_UNPACK_RATIO"
    ),
    "gzip, 200,000 members": Bomb(
        "anidb-titles", f"{_XML}.gz", lambda: gzip.compress(b"") * 200_000, "MAX_ARCHIVE_MEMBERS"
    ),
    "a first line without end": Bomb(
        "jikan", "jikan.jsonl", lambda: b"x" * 64 * _MB, "MAX_RECORD_BYTES"
    ),
    "a header line of columns": Bomb(
        "imdb-ratings", "title.ratings.tsv", lambda: b"tconst\t" * 8 * _MB, "MAX_RECORD_BYTES"
    ),
    "an item of 32 MB": Bomb(
        "aodb",
        _DOCUMENT,
        lambda: _document(b'{"sources":["' + b"x" * 32 * _MB + b'"],"title":"A"}'),
        "MAX_RECORD_BYTES",
    ),
    "an item of 900,000 tags": Bomb(
        "aodb",
        _DOCUMENT,
        lambda: _document(b'{"tags":[' + b'"a tag of ours",' * 900_000 + b'""]}'),
        "MAX_RECORD_BYTES",
    ),
    "a name of 32 MB": Bomb(
        "kometa", "kometa_anime_ids.json", lambda: b'{"' + b"1" * 32 * _MB, "MAX_RECORD_BYTES"
    ),
    "a head of 8 MB": Bomb(
        "aodb", _DOCUMENT, lambda: b'{"a":"' + b"x" * 8 * _MB + b'"}', "MAX_RECORD_BYTES"
    ),
    "arrays, 500,000 deep": Bomb(
        "aodb", _DOCUMENT, lambda: _document(b"[" * 500_000 + b"]" * 500_000), "MAX_DEPTH"
    ),
    "objects, 100,000 deep": Bomb(
        "aodb",
        _DOCUMENT,
        lambda: _document(b'{"a":' * 100_000 + b"1" + b"}" * 100_000),
        "MAX_DEPTH",
    ),
    "a head, 500,000 deep": Bomb("aodb", _DOCUMENT, lambda: b'{"a":' + b"[" * 500_000, "MAX_DEPTH"),
    "elements, 200,000 deep": Bomb(
        "anidb-titles", _XML, lambda: _xml("<a>" * 200_000 + "</a>" * 200_000), "MAX_DEPTH"
    ),
    "an element of 500,000": Bomb(
        "anidb-titles", _XML, lambda: _xml("<title/>" * 500_000), "MAX_RECORD_BYTES"
    ),
    "a text of 32 MB": Bomb("anidb-titles", _XML, lambda: _xml("x" * 32 * _MB), "MAX_RECORD_BYTES"),
    "500,000 attributes": Bomb(
        "anidb-titles",
        _XML,
        lambda: _xml("", "".join(f' a{n}=""' for n in range(500_000))),
        "MAX_RECORD_BYTES",
    ),
    "a tag without end": Bomb(
        "anidb-titles", _XML, lambda: b"<animetitles " + b"x" * 32 * _MB, "MAX_RECORD_BYTES"
    ),
    "entities of entities": Bomb(
        "anidb-titles",
        _XML,
        lambda: b'<!DOCTYPE animetitles [<!ENTITY a "' + b"x" * 100_000 + b'">]>' + _xml("&a;" * 9),
        "refused XML entity",
    ),
}

_VALUES: Final = {
    "900,000 tags in 16 MB": (
        b'"tags":[' + b'"a tag of ours",' * 900_000 + b'""]',
        "MAX_RECORD_BYTES",
    ),
    "100,000 tags": (b'"tags":[' + b'"tag",' * 100_000 + b'"tag"]', "MAX_MEMBERS"),
    "500,000 empty tags": (b'"tags":[' + b'"",' * 500_000 + b'""]', "MAX_MEMBERS"),
    "20,000 relations": (
        b'"relatedAnime":[%s]'
        % b",".join(b'"https://myanimelist.net/anime/%d"' % n for n in range(20_000)),
        "MAX_MEMBERS",
    ),
    "an unknown member, 500,000 deep": (b'"x":' + b"[" * 500_000 + b"]" * 500_000, "recursion"),
    "a type, 500,000 deep": (b'"type":' + b"[" * 500_000 + b"]" * 500_000, "deep"),
    "a type, 940 deep": (b'"type":' + b"[" * 940 + b"]" * 940, "deep"),
}
"""Members of one entry that is rejected, and what its reason says."""


def _read(tmp_path: Path, bomb: Bomb, **limits: int) -> Outcome:
    path = tmp_path / bomb.name
    path.write_bytes(bomb.content())
    outcome = read_bounded(bomb.source, path, limits)
    assert outcome.grown_mb <= _MOST_MB, f"{path.stat().st_size:,} bytes on disk"
    return outcome


@pytest.mark.parametrize("bomb", _WHOLE.values(), ids=_WHOLE)
def test_a_file_that_is_a_bomb_is_refused_by_name_and_limit(tmp_path: Path, bomb: Bomb) -> None:
    outcome = _read(tmp_path, bomb)
    assert outcome.error == "SourceFileError", outcome.message
    assert bomb.limit in outcome.message
    assert bomb.name in outcome.message
    assert len(outcome.message) < 500


@pytest.mark.parametrize(("members", "reason"), _VALUES.values(), ids=_VALUES)
def test_an_entry_that_is_a_bomb_costs_itself_alone(
    tmp_path: Path, members: bytes, reason: str
) -> None:
    outcome = _read(tmp_path, Bomb("aodb", _LINES, lambda: _aodb(members), ""))
    assert outcome.error is None, outcome.message
    assert outcome.records == 2
    assert [(reject.line, reject.field) for reject in outcome.rejects] == [(3, "record")]
    assert reason in outcome.rejects[0].reason


def test_an_item_with_a_long_list_costs_itself_alone(tmp_path: Path) -> None:
    entry = b'{"sources":["https://myanimelist.net/anime/%d"],"title":"A","tags":[%s]}'
    items = b",".join((entry % (1, b""), entry % (2, b'"a",' * 20_000 + b'"a"'), entry % (3, b"")))
    outcome = _read(tmp_path, Bomb("aodb", _DOCUMENT, lambda: _document(items), ""))
    assert (outcome.error, outcome.records) == (None, 2)
    assert [(reject.line, reject.field) for reject in outcome.rejects] == [(2, "record")]
    assert "KENSHO_INGEST_MAX_MEMBERS" in outcome.rejects[0].reason


def test_rejects_beyond_the_limit_are_counted_only(tmp_path: Path) -> None:
    tags = b'"tags":[' + b",".join(b'"%s"' % (b"x" * 60) for _ in range(5_000)) + b"]"
    bomb = Bomb("aodb", _LINES, lambda: _aodb(*[tags] * 4), "")
    outcome = _read(tmp_path, bomb, max_rejects=100)
    assert (outcome.error, outcome.records) == (None, 6)
    assert outcome.counted >= 4
    assert len(outcome.rejects) == min(outcome.counted, 101)
    assert "KENSHO_INGEST_MAX_REJECTS" in outcome.rejects[-1].reason


def test_episodes_are_held_up_to_the_limits(tmp_path: Path) -> None:
    lines = b"".join(
        b'{"mal_id":%d,"number":%d,"title":"A"}\n' % (n % 7 + 1, n + 1) for n in range(3_000)
    )
    bomb = Bomb("mal-episodes", "mal_episodes.jsonl", lambda: lines, "")
    whole = _read(tmp_path, bomb, max_records=2_000)
    assert whole.error == "SourceFileError"
    assert "KENSHO_INGEST_MAX_RECORDS" in whole.message
    each = _read(tmp_path, bomb, max_members=100)
    assert (each.error, each.records, each.counted) == (None, 7, 3_000 - 7 * 100)


def test_records_are_held_up_to_the_limit(tmp_path: Path) -> None:
    path = tmp_path / _LINES
    path.write_bytes(_aodb(*[b""] * 100))
    limits = IngestSettings(max_records=50)
    with (
        SourceScan(aodb.SOURCE, Identities({}, {})) as scan,
        RejectLog("aodb", None) as rejects,
        pytest.raises(SourceFileError, match="KENSHO_INGEST_MAX_RECORDS"),
    ):
        scan.read(SourceFile(path, limits), rejects, lambda _: None)
    assert len(scan.keys) == 50


class Shape(NamedTuple):
    """How an entry is made: levels of nesting, number of tags, characters, and its file."""

    depth: int
    width: int
    text: int
    brackets: tuple[bytes, bytes]
    is_document: bool
    packing: str


_SHAPES: Final = st.builds(
    Shape,
    st.integers(0, 3_000),
    st.integers(0, 60_000),
    st.integers(0, 4_000_000),
    st.sampled_from(((b"[", b"]"), (b'{"a":', b"}"))),
    st.booleans(),
    st.sampled_from(("", ".gz", ".zst")),
)


@settings(
    max_examples=25,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(shape=_SHAPES)
def test_no_shape_of_an_entry_breaks_the_reader(tmp_path: Path, shape: Shape) -> None:
    opening, closing = shape.brackets
    members = b'"x":%s,"tags":[%s],"status":"%s"' % (
        opening * shape.depth + b"1" + closing * shape.depth,
        b'"a",' * shape.width + b'"a"',
        b"x" * shape.text,
    )
    entry = b'{"sources":["https://myanimelist.net/anime/1"],"title":"A",%s}' % members
    content = _document(entry) if shape.is_document else _aodb(members)
    name = f"{_DOCUMENT if shape.is_document else _LINES}{shape.packing}"
    if shape.packing == ".gz":
        content = gzip.compress(content, 1)
    elif shape.packing:
        content = zstandard.compress(content)
    outcome = _read(tmp_path, Bomb("aodb", name, lambda: content, ""))
    assert outcome.error in (None, "SourceFileError"), outcome.message
    # A member of a line that no source reads is skipped, undecoded, up to what msgspec allows.
    too_much = shape.depth > 1_000 or shape.width > 10_000 or shape.text > 2 * _MB
    told = outcome.message + "".join(reject.reason for reject in outcome.rejects)
    assert too_much <= any(word in told for word in ("KENSHO_INGEST_", "recursion", "no such"))


def test_sound_files_of_every_source_are_read_within_the_limits(tmp_path: Path) -> None:
    for source, sample in SAMPLES.items():
        path = tmp_path / Path(sample.name).name
        path.write_bytes(sample.content)
        outcome = read_bounded(source, path)
        assert (outcome.error, outcome.counted) == (None, 0), source
        assert outcome.records, source
