"""Curators' reasons are kept and shown, and what they deny is no relation and stays visible."""

import json
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest

from ingest.pipeline.jobs import IngestJob, RunOptions
from ingest.pipeline.run import Pipeline
from ingest.registry import SOURCES
from kensho.discovery.work_report import work_report
from kensho.storage.gateway import Gateway
from tests.support.explorers import exploring
from tests.support.records import SOURCES as OTHERS
from tests.support.records import (
    claims,
    emptied,
    ingest,
    open_graph,
    rows,
    silent,
    work,
    works_by_id,
)

CASES = Path(__file__).parents[3] / "shared" / "data" / "curation_cases" / "reasons_dropped"
WORKS = (20, 80, 1735, 9253, 10863, 11577)


@pytest.fixture(scope="module")
async def store() -> AsyncIterator[Gateway]:
    async with open_graph() as gateway:
        yield gateway


@pytest.fixture
async def graph(store: Gateway) -> Gateway:
    graph = await emptied(store)
    said = [work(number) for number in WORKS]
    said[0] = work(20, links=claims(sequel="mal:1735"))
    said[3] = work(9253, links=claims(sequel="mal:11577", side_story="mal:10863"))
    await ingest(graph, {"grouper": said})
    return graph


async def apply(graph: Gateway, path: Path, folder: Path) -> list[dict[str, object]]:
    """Ingest a file of curated relations, and return its rejects."""
    job = IngestJob(SOURCES["kensho-relations"], (path,), "2026-11-29")
    known = {**OTHERS, "kensho-relations": SOURCES["kensho-relations"]}
    report = await Pipeline(graph, known, RunOptions(folder), silent()).run([job])
    (source,) = report.sources
    assert source.state == "finished", source.message
    return read_rejects(source.rejects_file)


def read_rejects(name: str | None) -> list[dict[str, object]]:
    lines = Path(name).read_text("utf-8").splitlines() if name else []
    return [json.loads(line) for line in lines]


@pytest.mark.skipif(not CASES.exists(), reason="../shared/data is not there")
async def test_the_case_of_dropped_reasons(graph: Gateway, tmp_path: Path) -> None:
    rejects = await apply(graph, CASES / "relations.jsonl", tmp_path)
    assert [(reject["line"], reject["field"], reject["value"]) for reject in rejects] == [
        (5, "to", "mal:9253"),
        (7, "to", "mal:999998"),
        (6, "from", "mal:999999"),
    ]
    (edge,) = [r for r in (await work_report(graph, "mal:20")).relations if r.title == "Work 1735"]
    curated = next(one for one in edge.assertions if one.method == "curated")
    assert (edge.kind, curated.because, curated.by) == (
        "side_story",
        "TEST: deny the sequel",
        "alice",
    )
    report = await work_report(graph, "mal:9253")
    other = next(relation for relation in report.relations if relation.kind == "other")
    assert [one.note for one in other.assertions] == ["Steins;Gate and Gundam: nonsense"]
    (denied,) = report.denied
    assert denied.title == "Work 11577"
    assert {(one.source, one.kind, one.denied) for one in denied.assertions} == {
        ("grouper", "sequel", False),
        ("kensho-relations", "related", True),
    }
    assert not [relation for relation in report.relations if relation.title == "Work 11577"]
    (record,) = [one for one in report.records if one.source == "kensho-relations"]
    assert record.links is not None
    assert "Steins;Gate and Gundam: nonsense" in bytes(record.links).decode()


async def test_a_denial_is_taken_back_with_its_source(graph: Gateway, tmp_path: Path) -> None:
    line = {"from": "mal:20", "kind": "not_sequel", "to": "mal:1735", "reason": "it is none"}
    path = tmp_path / "relations.jsonl"
    path.write_text(json.dumps(line) + "\n")
    assert await apply(graph, path, tmp_path) == []
    ids = await works_by_id(graph)
    assert len(await rows(graph, "is_sequel_of")) == 1
    (denied,) = (await rows(graph, "is_not_related_to")).values()
    assert {one["because"] for one in denied["assertions"] if one.get("denied")} == {"it is none"}
    (back,) = (await work_report(graph, str(ids["mal:1735"]["uuid"]))).denied
    assert {one.kind for one in back.assertions} == {"prequel"}
    job = IngestJob(SOURCES["kensho-relations"], ())
    known = {**OTHERS, "kensho-relations": SOURCES["kensho-relations"]}
    options = RunOptions(tmp_path)
    await Pipeline(graph, known, options, silent()).run([job])
    assert len(await rows(graph, "is_sequel_of")) == 2
    assert await rows(graph, "is_not_related_to") == {}


def test_pages_and_answers_show_reasons_and_denials(tmp_path: Path) -> None:
    head = {"license": {}, "repository": "here", "lastUpdate": "2026-01-31"}
    pages = [f"https://myanimelist.net/anime/{number}" for number in (1, 2, 3)]
    entries = [
        {
            "sources": [page],
            "title": f"Umi no Uta {letter}",
            "type": "TV",
            "relatedAnime": pages,
        }
        for page, letter in zip(pages, "ABC", strict=True)
    ]
    lines = [
        {"from": pages[0], "kind": "sequel", "to": pages[1], "reason": "it goes on", "by": "alice"},
        {"from": pages[0], "kind": "not_related", "to": pages[2], "reason": "another Umi"},
    ]
    data = tmp_path / "data"
    data.mkdir()
    for name, content in (
        ("anime-offline-database.jsonl", [head, *entries]),
        ("relations.jsonl", lines),
    ):
        text = "".join(json.dumps(one) + "\n" for one in content)
        (data / name).write_text(text, "utf-8")
    with exploring(tmp_path / "site", data) as base, httpx.Client(base_url=base) as client:
        works = {one["title"]: one["id"] for one in client.get("/api/works").json()["works"]}
        first = works["Umi no Uta A"]
        answer = client.get(f"/api/anime/{first}").json()
        page = client.get(f"/anime/{first}").text
        other = client.get(f"/anime/{works['Umi no Uta C']}").text
    (sequel,) = answer["related_anime"]["sequels"]
    curated = next(one for one in sequel["assertions"] if one["method"] == "curated")
    assert (curated["because"], curated["by"]) == ("it goes on", "alice")
    (denied,) = answer["denied"]
    assert denied["id"] == works["Umi no Uta C"]
    denials = [one for one in denied["assertions"] if one.get("denied")]
    assert [one["because"] for one in denials] == ["another Umi"]
    assert "it goes on" in page
    assert "alice" in page
    for text in (page, other):
        assert "Not related, say curators" in text
        assert "another Umi" in text
