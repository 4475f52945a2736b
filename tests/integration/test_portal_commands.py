"""`kensho portal import` and `kensho keys`: films from files, and keys that take turns."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import pytest

from tests.support.command_line import run_here
from tests.support.film_origin import FilmOrigin, origin_running

HEAD: Final = (
    "title,synopsis,durationMinutes,posterUrl,genres,start,end,sources,captions,visibility\n"
)


@pytest.fixture(scope="module")
def origin() -> Iterator[FilmOrigin]:
    with origin_running() as origin:
        yield origin


def variables(folder: Path) -> dict[str, str | None]:
    return {
        "KENSHO_EDGES": "accounts,portal",
        "KENSHO_EDGES_STORE_URL": f"surrealkv://{folder}/edges.db",
        "KENSHO_SECRET_FILE": str(folder / "secret"),
        "KENSHO_PORTAL_KEYS_FILE": str(folder / "keys.json"),
        "KENSHO_PORTAL_LOOPBACK": "true",
    }


def row(origin: FilmOrigin, title: str, minutes: str = "93", source: str = "master") -> str:
    return (
        f"{title},A train.,{minutes},https://img.example/a.jpg,drama; night,2026-12-01T18:00:00Z,,"
        f"{origin.url(f'/film/{source}.m3u8')},"
        f"en={origin.url('/film/en.vtt')} ja={origin.url('/film/ja.ttml')},\n"
    )


def test_films_are_imported_and_what_is_wrong_is_told(tmp_path: Path, origin: FilmOrigin) -> None:
    files = tmp_path / "films.csv"
    files.write_text(
        HEAD
        + row(origin, "First")
        + row(origin, "FIRST")
        + row(origin, "Broken", source="none")
        + row(origin, "Long", minutes="x"),
        "utf-8",
    )
    command = ["portal", "import", str(files)]
    dry = run_here([*command, "--dry-run"], variables(tmp_path))
    assert (dry.returncode, dry.stdout) == (2, "1 of 4 films would be made\n"), dry.stderr
    done = run_here(command, variables(tmp_path))
    assert (done.returncode, done.stdout) == (2, "1 of 4 films made\n")
    assert done.stderr == dry.stderr
    said = done.stderr.splitlines()
    assert [line.partition(" (")[0] for line in said] == ["film 2", "film 3", "film 4"]
    assert "is the title of another film" in said[0]
    assert "streamSources[0].streamUrl: a playlist of it is not there" in said[1]
    assert "durationMinutes" in said[2]
    films: list[dict[str, Any]] = [
        {
            "title": "From JSON",
            "synopsis": "x",
            "durationMinutes": 5,
            "posterUrl": "https://img.example/a.jpg",
            "availability": {},
            "streamSources": [{"streamUrl": origin.url("/film/master.m3u8")}],
            "captionTracks": [
                {"languageCode": "en", "captionUrl": origin.url("/film/en.vtt")},
            ],
        }
    ]
    given = tmp_path / "films.json"
    given.write_text(json.dumps(films), "utf-8")
    from_json = run_here(["portal", "import", str(given)], variables(tmp_path))
    assert (from_json.returncode, from_json.stdout) == (0, "1 of 1 films made\n")
    again = run_here(["portal", "import", str(given)], variables(tmp_path))
    assert again.returncode == 2
    for text, named in (("a,b\n1,2\n", "columns"), ("[1", "can't be read")):
        given.write_text(text, "utf-8")
        refused = run_here(["portal", "import", str(given)], variables(tmp_path))
        assert (refused.returncode, named in refused.stderr) == (2, True)
    linked = tmp_path / "linked.json"
    linked.write_text(json.dumps([{**films[0], "workId": "0" * 8 + "-0000" * 3 + "-" + "0" * 12}]))
    assert run_here(["portal", "import", str(linked)], variables(tmp_path)).returncode != 0


def test_keys_take_turns(tmp_path: Path) -> None:
    def run(*arguments: str) -> tuple[int, str]:
        ended = run_here(["keys", *arguments], variables(tmp_path))
        return ended.returncode, ended.stdout + ended.stderr

    def states() -> list[str]:
        return [one["state"] for one in json.loads(run("list", "--json")[1])]

    assert states() == []
    assert run("rotate")[0] == 0
    assert states() == ["signing"]
    first = json.loads(run("list", "--json")[1])[0]["kid"]
    assert "yet" in run("retire", first)[1]
    run("rotate", "--after", "10")
    assert states() == ["signing", "verifying"]
    run("rotate", "--after", "0")
    assert states() == ["retiring", "signing", "verifying"]
    assert run("retire", first)[0] == 0
    assert states() == ["signing", "verifying"]
    assert run("retire", "nokey")[0] == 3
    code, table = run("list")
    held = json.loads((tmp_path / "keys.json").read_text())["keys"]
    assert {(one["kty"], one["alg"], one["use"]) for one in held} == {("oct", "HS256", "sig")}
    secrets = [one["k"] for one in held]
    assert code == 0
    assert "signing" in table
    assert not any(secret in table for secret in secrets)
    assert (tmp_path / "keys.json").stat().st_mode & 0o077 == 0
