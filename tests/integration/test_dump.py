"""`kensho dump` and `kensho load`: what a dump holds, and what is refused before it is loaded."""

import asyncio
import hashlib
import json
import subprocess
import sys
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any, Final

import msgspec
import pyarrow.parquet
import pytest
import zstandard

from ingest.dumping.dump import DumpOptions
from ingest.dumping.licences import terms_of, unknown_licences
from ingest.dumping.lines import TABLES
from ingest.dumping.manifest import NAME, DumpedFile, read_manifest
from ingest.dumping.store import is_empty
from ingest.registry import SOURCES as KNOWN
from kensho.errors import (
    ConflictError,
    IngestRefusedError,
    InvalidInputError,
    SourceFileError,
)
from kensho.platform.settings import IngestSettings
from kensho.storage.gateway import Gateway
from tests.support.dumping import (
    dumped,
    lines_of,
    loaded,
    replace_records,
    rewrite_lines,
    write,
)
from tests.support.records import claims, ingest, open_graph, work
from tests.support.servers import KENSHO, environment, free_port

SLICE: Final = Path(__file__).parents[1] / "data" / "catalogue"
_MB: Final = 1 << 20


@pytest.fixture
async def store() -> AsyncIterator[Gateway]:
    """Return a graph of two works, one the sequel of the other."""
    async with open_graph() as gateway:
        said = [
            work(1, links=claims(sequel="mal:2"), synopsis="A tale.", score=7.5),
            work(2, poster_url="https://posters.example/2.jpg", episodes=[{"number": 1}]),
        ]
        await ingest(gateway, {"site": said})
        yield gateway


@pytest.fixture
async def empty() -> AsyncIterator[Gateway]:
    async with open_graph() as gateway:
        yield gateway


@pytest.fixture
async def folder(store: Gateway, tmp_path: Path) -> Path:
    folder = tmp_path / "dump"
    await dumped(store, folder)
    return folder


def ran(place: Path, *arguments: str, code: int = 0) -> str:
    """Run a command over the store of a place, and return what it prints."""
    ended = subprocess.run(
        [*KENSHO, *arguments],
        env=environment(f"surrealkv://{place / 'kensho.db'}", place, free_port()),
        capture_output=True,
        text=True,
        timeout=600,
        check=False,
    )
    assert ended.returncode == code, ended.stderr
    return ended.stdout


@pytest.fixture(scope="module")
def catalogue_places(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """Return where the slice of the real catalogue is, and where its dump was loaded."""
    one, other = tmp_path_factory.mktemp("one"), tmp_path_factory.mktemp("other")
    rejects = str(one / "rejects")
    ran(one, "ingest", "--all", str(SLICE), "--rejects", rejects)
    ran(one, "dump", str(one / "private"), "--private")
    ran(one, "dump", str(one / "public"), "--json")
    ran(other, "load", str(one / "private"))
    ran(other, "dump", str(other / "again"), "--private")
    return one, other


def test_the_real_catalogue_is_the_same_after_it_was_dumped_and_loaded(
    catalogue_places: tuple[Path, Path],
) -> None:
    one, other = catalogue_places
    before, after = read_manifest(one / "private"), read_manifest(other / "again")
    assert after.tables == before.tables
    assert after.records == before.records
    assert before.tables["works"].lines.rows > 500
    assert before.private
    assert before.withheld == []


def test_what_was_loaded_is_served(catalogue_places: tuple[Path, Path]) -> None:
    one, other = catalogue_places
    slug = json.loads(lines_of(one / "private", "tables/franchises")[0])["slug"]
    order = ran(one, "watch-order", slug)
    assert order
    assert ran(other, "watch-order", slug) == order


def test_a_run_after_a_load_changes_nothing(catalogue_places: tuple[Path, Path]) -> None:
    _, other = catalogue_places
    done = json.loads(
        ran(other, "ingest", "--all", str(SLICE), "--rejects", str(other / "r"), "--json")
    )
    assert all(
        (one["records"]["added"], one["records"]["changed"], one["records"]["removed"]) == (0, 0, 0)
        for one in done["sources"]
    )


def test_what_may_not_be_passed_on_is_in_no_file(catalogue_places: tuple[Path, Path]) -> None:
    one, _ = catalogue_places
    manifest = read_manifest(one / "public")
    assert {source.name for source in manifest.withheld} == {"anilist", "jikan"}
    assert all(source.reason and source.records for source in manifest.withheld)
    assert {source.name for source in manifest.sources} == {"aodb", "kensho-curation"}
    assert all(source.licence and source.attribution for source in manifest.sources)
    for name in ("records", *(f"tables/{table}" for table in TABLES)):
        text = b"\n".join(lines_of(one / "public", name)) if _rows(one / "public", name) else b""
        assert b'"source":"anilist"' not in text
        assert b'"source":"jikan"' not in text
        assert b'"jikan"' not in text, name
    told = (one / "public" / "ATTRIBUTION.md").read_text("utf-8")
    assert "Open Database License" in told
    assert "its owners state no licence" in told


def _rows(folder: Path, name: str) -> int:
    manifest = read_manifest(folder)
    table = manifest.records if name == "records" else manifest.tables[name.partition("/")[2]]
    return table.lines.rows


def test_parquet_has_the_rows_of_the_lines(catalogue_places: tuple[Path, Path]) -> None:
    folder = catalogue_places[0] / "public"
    manifest = read_manifest(folder)
    for name, table in manifest.tables.items():
        assert table.parquet is not None
        found: Any = pyarrow.parquet.read_table(folder / table.parquet.path)
        assert found.num_rows == table.lines.rows == table.parquet.rows
        lines = [json.loads(line) for line in lines_of(folder, f"tables/{name}")]
        assert _without_absent(found.to_pylist()) == _without_absent(lines), name
        used: Any = pyarrow.parquet.ParquetFile(folder / table.parquet.path).metadata
        if found.num_rows:
            assert used.row_group(0).column(0).compression == "ZSTD"


def _without_absent(value: Any) -> Any:
    """Return a document without members that are absent or null, which Parquet does not tell."""
    if isinstance(value, dict):
        return {k: _without_absent(v) for k, v in value.items() if v is not None}
    return [*map(_without_absent, value)] if isinstance(value, list) else value


def test_the_sums_are_those_of_the_files(catalogue_places: tuple[Path, Path]) -> None:
    folder = catalogue_places[0] / "public"
    lines = (folder / "SHA256SUMS").read_text().splitlines()
    manifest = read_manifest(folder)
    assert len(lines) == len([*manifest.files])
    for line in lines:
        digest, path = line.split("  ")
        assert hashlib.sha256((folder / path).read_bytes()).hexdigest() == digest
    there = {str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()}
    assert there == {line.split("  ")[1] for line in lines} | {NAME, "SHA256SUMS", "ATTRIBUTION.md"}


def test_of_every_licence_it_is_known_what_it_grants() -> None:
    assert unknown_licences(KNOWN.values()) == []
    terms = terms_of(KNOWN.values())
    assert terms["aodb"].withheld is None
    assert "Open Database License" in terms["aodb"].attribution
    for name in ("anilist", "jikan", "kitsu", "imdb-ratings", "imdb-basics", "mal-episodes"):
        assert terms[name].withheld, name


def test_a_source_of_a_licence_that_nobody_knows_is_withheld() -> None:
    odd = msgspec.structs.replace(KNOWN["aodb"], licence="Beerware")
    assert unknown_licences([odd]) == ["Beerware"]
    assert "Beerware" in str(terms_of([odd])["aodb"].withheld)


def names_in(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir()}


async def test_a_dump_takes_no_place_that_is_taken(store: Gateway, tmp_path: Path) -> None:
    (tmp_path / "dump").mkdir()
    await dumped(store, tmp_path / "dump")
    with pytest.raises(InvalidInputError, match="not empty"):
        await dumped(store, tmp_path / "dump")
    (tmp_path / "file").write_text("")
    with pytest.raises(InvalidInputError, match="file is there"):
        await dumped(store, tmp_path / "file")
    assert names_in(tmp_path) == {"dump", "file"}, "nothing is left"


async def test_a_graph_that_is_not_composed_is_not_dumped(store: Gateway, tmp_path: Path) -> None:
    await store.run_script("BEGIN; UPDATE meta:graph SET composed = false RETURN NONE; COMMIT;")
    with pytest.raises(ConflictError, match="kensho ingest"):
        await dumped(store, tmp_path / "dump")
    assert names_in(tmp_path) == set()


async def test_a_dump_is_loaded_into_an_empty_store_only(
    store: Gateway, empty: Gateway, folder: Path
) -> None:
    assert await is_empty(empty)
    with pytest.raises(IngestRefusedError, match="not empty"):
        await loaded(store, folder)
    report = await loaded(empty, folder)
    assert (report.records, report.works, report.differing) == (2, 2, [])
    with pytest.raises(IngestRefusedError, match="not empty"):
        await loaded(empty, folder)


def _manifested(**changes: object) -> Callable[[Path], None]:
    def change(folder: Path) -> None:
        write(folder, msgspec.structs.replace(read_manifest(folder), **changes))

    return change


def _record(change: Callable[[dict[str, Any]], object]) -> Callable[[Path], None]:
    """Return what changes the last record, whose facts and links are JSON texts."""

    def changed(lines: list[bytes]) -> list[bytes]:
        row = json.loads(lines[-1])
        row["facts"] = json.loads(row["facts"])
        change(row)
        row["facts"] = json.dumps(row["facts"])
        return [*lines[:-1], json.dumps(row).encode()]

    return lambda folder: rewrite_lines(folder, changed)


def _damaged(folder: Path) -> None:
    path = folder / "records.jsonl.zst"
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)


def _cut(folder: Path) -> None:
    path = folder / "tables" / "works.jsonl.zst"
    path.write_bytes(path.read_bytes()[:-5])


def _cut_and_manifested(folder: Path) -> None:
    replace_records(folder, (folder / "records.jsonl.zst").read_bytes()[:-5])


def _bomb(folder: Path) -> None:
    packed = zstandard.ZstdCompressor(19).compress(b" " * (200 * _MB))
    replace_records(folder, packed)


def _long_line(folder: Path) -> None:
    replace_records(folder, zstandard.ZstdCompressor().compress(b'"' + b"x" * (3 * _MB) + b'"\n'))


def _escaping(folder: Path) -> None:
    text = (folder / NAME).read_text().replace('"records.jsonl.zst"', '"../records.jsonl.zst"')
    (folder / NAME).write_text(text)


REFUSED: Final[dict[str, tuple[Callable[[Path], object], str]]] = {
    "no manifest": (lambda folder: (folder / NAME).unlink(), "manifest.json"),
    "no JSON": (lambda folder: (folder / NAME).write_text("<html>"), "no manifest of a dump"),
    "a large manifest": (lambda folder: (folder / NAME).write_text(" " * 2 * _MB), "at most"),
    "another format": (_manifested(version=2), "version 2"),
    "another schema": (_manifested(schema="0" * 64), "schema is 000000000000"),
    "a path out of it": (_escaping, "path"),
    "an unknown source": (_manifested(sources=[]), "not in the manifest"),
    "a missing table": (_manifested(tables={}), "are missing"),
    "a missing file": (
        lambda folder: (folder / "tables" / "tags.jsonl.zst").unlink(),
        "tags.jsonl.zst: No such file",
    ),
    "a damaged file": (_damaged, "its SHA-256 is"),
    "a file that is cut off": (_cut, r"works.jsonl.zst: it has [\d,]+ bytes"),
    "a cut file that is manifested": (_cut_and_manifested, "truncated"),
    "a bomb": (_bomb, "KENSHO_INGEST_MAX_UNPACK_RATIO"),
    "a long line": (_long_line, "KENSHO_INGEST_MAX_RECORD_BYTES"),
    "fewer rows": (lambda folder: rewrite_lines(folder, lambda lines: lines[:-1]), "manifested"),
    "a record twice": (
        lambda folder: rewrite_lines(folder, lambda lines: [lines[0], lines[0]]),
        "line 2: id: .* does not follow",
    ),
    "no record": (lambda folder: rewrite_lines(folder, lambda lines: [b"{}", *lines]), "line 1"),
    "another shape": (_record(lambda row: row.update(dead="yes")), r"line 2: .*dead"),
    "a year that can't be": (_record(lambda row: row["facts"].update(score=11)), "score"),
    "a script as address": (
        _record(lambda row: row["facts"].update(poster_url="javascript:alert(1)")),
        "poster_url: 'javascript",
    ),
    "control characters": (
        _record(lambda row: row["facts"].update(titles=[{"text": "A\u001b[2J"}])),
        r"titles: 'A\\x1b",
    ),
    "an odd id": (_record(lambda row: row.update(ids=["mal:2 OR 1"])), "ids: 'mal:2 OR 1'"),
    "an odd tag": (_record(lambda row: row["facts"].update(tags=[{"name": "SPACE"}])), "tags: "),
    "a long list": (
        _record(lambda row: row["facts"].update(studios=["x"] * 10_001)),
        "KENSHO_INGEST_MAX_MEMBERS",
    ),
}


@pytest.mark.parametrize("case", list(REFUSED))
async def test_what_is_no_sound_dump_is_refused_before_anything_is_written(
    empty: Gateway, folder: Path, case: str
) -> None:
    spoil, said = REFUSED[case]
    spoil(folder)
    with pytest.raises((SourceFileError, IngestRefusedError), match=said):
        await loaded(empty, folder)
    assert await is_empty(empty)


async def test_more_records_than_are_held_are_refused(empty: Gateway, folder: Path) -> None:
    with pytest.raises(SourceFileError, match="KENSHO_INGEST_MAX_RECORDS"):
        await loaded(empty, folder, limits=IngestSettings(max_records=1))
    assert await is_empty(empty)


async def test_tables_that_are_composed_otherwise_are_named(empty: Gateway, folder: Path) -> None:
    manifest = read_manifest(folder)
    other = msgspec.structs.replace(manifest.tables["relations"], content="0" * 64)
    write(folder, msgspec.structs.replace(manifest, tables=manifest.tables | {"relations": other}))
    assert (await loaded(empty, folder)).differing == ["relations"]


async def test_parquet_is_written_where_it_is_asked_for(store: Gateway, tmp_path: Path) -> None:
    plain = await dumped(store, tmp_path / "plain")
    assert all(table.parquet is None for table in plain.tables.values())
    both = await dumped(store, tmp_path / "both", DumpOptions(private=True, parquet=True))
    assert all(isinstance(table.parquet, DumpedFile) for table in both.tables.values())
    assert [t.lines for t in both.tables.values()] == [t.lines for t in plain.tables.values()]


def test_without_pyarrow_parquet_is_refused_by_name(tmp_path: Path) -> None:
    code = (
        "import sys, importlib.util as u; found = u.find_spec;"
        " u.find_spec = lambda n, *a: None if n == 'pyarrow' else found(n, *a);"
        f" sys.argv = ['kensho', 'dump', {str(tmp_path / 'dump')!r}, '--parquet'];"
        " from kensho.cli import main; main()"
    )
    ran(tmp_path, "migrate")
    ended = subprocess.run(
        [sys.executable, "-c", code],
        env=environment(f"surrealkv://{tmp_path / 'kensho.db'}", tmp_path, free_port()),
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert ended.returncode == 2
    assert "kensho[parquet]" in ended.stderr


def test_a_store_that_was_never_written_is_not_dumped(tmp_path: Path) -> None:
    ran(tmp_path, "migrate")
    assert ran(tmp_path, "dump", str(tmp_path / "dump"), code=2) == ""


def test_wrong_checksums_and_other_stores_are_one_line_and_exit_code_4(tmp_path: Path) -> None:
    async def made() -> None:
        async with open_graph() as gateway:
            await ingest(gateway, {"site": [work(1)]})
            await dumped(gateway, tmp_path / "dump")

    asyncio.run(made())
    assert ran(tmp_path, "load", str(tmp_path / "dump"), code=4) == ""  # sources of tests
    assert ran(tmp_path, "load", str(tmp_path), code=4) == ""
