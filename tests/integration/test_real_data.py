"""Known facts of real dumps: what is read of them, how they join, and what the graph then says.

The graph is built from all of them, and from our own curated relations, which say what the dumps
here leave untyped.
"""

import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Final, NamedTuple

import pytest

from ingest.checks.graph import findings
from ingest.checks.reading import read_graph
from ingest.pipeline.jobs import RunReport
from ingest.reading.files import SourceFile
from ingest.reading.rejects import Reject
from ingest.registry import SOURCES
from kensho.domain.records import Record
from kensho.storage.gateway import Gateway
from tests.support.adapter_runs import RejectList
from tests.support.real_data import DATA, REAL_DATA, RealData, ingested
from tests.support.records import Row, open_graph, rows, works_by_id

AODB: Final = DATA / "aodb" / "anime-offline-database.jsonl.zst"
JIKAN: Final = DATA / "jikan" / "jikan_v4_full.jsonl.zst"
ANILIST: Final = DATA / "anilist" / "anilist_media.jsonl.zst"

pytestmark = list(REAL_DATA)

ANILIST_SAYS: Final = {"alternative_setting": "alternative_version", "parent_story": "parent"}
"""MyAnimeList's kinds that AniList has under another name; its OTHER says nothing of the kind."""


class Reading(NamedTuple):
    """What a source's files hold."""

    records: list[Record]
    rejects: list[Reject]


def read(name: str, path: Path) -> Reading:
    rejects = RejectList()
    return Reading(list(SOURCES[name].read(SourceFile(path), rejects)), rejects.all)


@pytest.fixture(scope="module")
def aodb() -> Reading:
    return read("aodb", AODB)


@pytest.fixture(scope="module")
def typed() -> dict[str, list[Record]]:
    """Return the records of the sources that type relations."""
    read_from = {"jikan": JIKAN, "anilist": ANILIST}
    return {name: read(name, path).records for name, path in read_from.items()}


@pytest.fixture(scope="module")
def owner(aodb: Reading) -> dict[str, str]:
    """Return the key of the entry that has each id."""
    return {i: record.key for record in aodb.records for i in record.ids}


class Ingested(NamedTuple):
    """A store in which the folder is, and what it holds."""

    gateway: Gateway
    report: RunReport
    works: dict[str, Row]
    sequels: dict[tuple[str, str], Row]
    related: dict[tuple[str, str], Row]


@pytest.fixture(scope="module")
async def graph(real_data: RealData) -> AsyncIterator[Ingested]:
    async with open_graph(real_data.store) as gateway:
        works = await works_by_id(gateway)
        names = {
            f"{row['table']}:u'{row['uuid']}'": source_id
            for source_id, row in works.items()
            if source_id.startswith(("mal:", "imdb:"))
        }

        async def ended(table: str) -> dict[tuple[str, str], Row]:
            found = (await rows(gateway, table)).values()
            return {(ended_in(r["in"]), ended_in(r["out"])): r for r in found}

        def ended_in(record: str | None) -> str:
            return names.get(str(record), str(record))

        sequels, related = await ended("is_sequel_of"), await ended("is_related_to")
        yield Ingested(gateway, real_data.report, works, sequels, related)


# What is read


def test_the_database_is_read_whole(aodb: Reading) -> None:
    assert len(aodb.records) == 39_813
    assert len({record.key for record in aodb.records}) == 39_813


def test_a_year_that_cannot_be_is_rejected_and_the_work_is_not(aodb: Reading) -> None:
    (reject,) = [r for r in aodb.rejects if r.field == "year"]
    assert (reject.value, reject.key, reject.line) == ("2033", "anilist:199375", 3829)
    (record,) = [r for r in aodb.records if r.key == "anilist:199375"]
    assert record.facts.year is None


def test_tags_over_fifty_characters_are_rejected(aodb: Reading) -> None:
    rejects = [r for r in aodb.rejects if r.field == "tags"]
    assert len(rejects) == 79
    assert all(len(r.value) > 50 for r in rejects)


def test_nothing_else_of_the_database_is_rejected(aodb: Reading) -> None:
    assert {r.field for r in aodb.rejects} == {"year", "tags"}


# How it joins


def test_nearly_all_typed_relations_join_at_both_ends(
    typed: dict[str, list[Record]], owner: dict[str, str]
) -> None:
    for source, records in typed.items():
        ends = [(r.key, c.target) for r in records for c in r.links.relations]
        joined = sum(start in owner and end in owner for start, end in ends)
        assert joined >= 0.96 * len(ends) > 0, source


def test_two_sources_that_type_an_ordered_pair_nearly_always_agree(
    typed: dict[str, list[Record]], owner: dict[str, str]
) -> None:
    said: dict[tuple[str, str], dict[str, set[str]]] = {}
    for source, records in typed.items():
        for record in records:
            for claim in record.links.relations:
                ends = owner.get(record.key, ""), owner.get(claim.target, "")
                if all(ends) and claim.kind != "other":
                    kind = ANILIST_SAYS.get(claim.kind, claim.kind)
                    said.setdefault(ends, {}).setdefault(source, set()).add(kind)
    both = [kinds for kinds in said.values() if len(kinds) == 2]
    agreed = sum(kinds["jikan"] == kinds["anilist"] for kinds in both)
    assert agreed >= 0.9 * len(both) > 0


# What the graph says


def test_every_file_is_taken_in(graph: Ingested) -> None:
    states = {source.source: source.state for source in graph.report.sources}
    assert set(states.values()) == {"finished"}
    assert len(states) >= 15


async def test_the_graph_breaks_no_rule(graph: Ingested) -> None:
    found = findings(await read_graph(graph.gateway))
    assert [f.sentence for f in found if f.severity == "error"] == []


async def test_a_second_run_changes_nothing(graph: Ingested, tmp_path: Path) -> None:
    report = await ingested(graph.gateway, tmp_path)
    changed = [s.records.added + s.records.changed + s.records.removed for s in report.sources]
    assert sum(changed) == 0
    assert report.revision == graph.report.revision


def test_spy_family_has_its_sequels(graph: Ingested) -> None:
    assert ("mal:50602", "mal:50265") in graph.sequels
    assert ("mal:53887", "mal:50602") in graph.sequels


def test_shippuuden_is_the_sequel_of_naruto_by_every_source(graph: Ingested) -> None:
    said = graph.sequels["mal:1735", "mal:20"]["assertions"]
    kinds = {a["source"]: a["kind"] for a in said}
    assert kinds == {
        "jikan": "sequel",
        "anilist": "sequel",
        "aodb": "related",
        "kensho-curation": "sequel",
    }


async def test_naruto_is_the_prequel_of_shippuuden(graph: Ingested) -> None:
    naruto, shippuuden = (f"anime:u'{graph.works[i]['uuid']}'" for i in ("mal:20", "mal:1735"))
    mirrors = {(r["in"], r["out"]) for r in (await rows(graph.gateway, "is_prequel_of")).values()}
    assert (naruto, shippuuden) in mirrors
    assert len(mirrors) == len(graph.sequels)


def test_steins_gate_zero_is_the_sequel_of_steins_gate_says_the_curator(graph: Ingested) -> None:
    edge = graph.sequels["mal:30484", "mal:9253"]
    assert ("kensho-curation", "curated") in {
        (a["source"], a["method"]) for a in edge["assertions"]
    }


def test_fate_zero_comes_before_fate_stay_night(graph: Ingested) -> None:
    assert ("mal:11741", "mal:10087") in graph.sequels
    assert ("mal:22297", "mal:11741") in graph.sequels
    assert ("mal:28701", "mal:22297") in graph.sequels


def test_an_untyped_relation_stays_untyped(graph: Ingested) -> None:
    untyped = [edge for edge in graph.related.values() if edge["kind"] == "related"]
    assert len(untyped) > 1000
    assert all({a["kind"] for a in edge["assertions"]} == {"related"} for edge in untyped)


def test_an_inferred_kind_says_why_beside_what_is_stated(graph: Ingested) -> None:
    edges = [*graph.sequels.values(), *graph.related.values()]
    inferred = [
        (edge, said)
        for edge in edges
        for said in edge["assertions"]
        if said["method"] == "inferred"
    ]
    assert len(inferred) > 100
    for edge, said in inferred:
        assert said["source"] == "kensho"
        assert said["because"]
        assert {a["kind"] for a in edge["assertions"]} == {"related", said["kind"]}


async def test_your_name_the_film_is_your_name_the_anime(graph: Ingested) -> None:
    film, anime = graph.works["imdb:tt5311514"], graph.works["mal:32281"]
    assert (film["table"], anime["table"]) == ("movie", "anime")
    same = {(r["in"], r["out"]) for r in (await rows(graph.gateway, "is_same_as")).values()}
    assert (f"movie:u'{film['uuid']}'", f"anime:u'{anime['uuid']}'") in same


def test_an_imdb_rating_is_there_where_imdb_data_states_one_and_nowhere_else(
    graph: Ingested,
) -> None:
    films = read("imdb-franchises", DATA / "movies" / "imdb_film_franchises.json").records
    stated = {f"imdb:{f.facts.imdb.id}" for f in films if f.facts.imdb and f.facts.imdb.rating}
    rated = {i for i, row in graph.works.items() if "rating" in row.get("imdb", {})}
    assert {i for i in rated if i.startswith("imdb:")} == stated
    assert not any(i.startswith("mal:") for i in rated)


def test_the_year_2033_is_missing(graph: Ingested) -> None:
    assert "year" not in graph.works["anilist:199375"]


async def test_tags_have_at_most_fifty_characters_and_known_categories(graph: Ingested) -> None:
    tags = (await rows(graph.gateway, "tag")).values()
    assert max(len(tag["name"]) for tag in tags) <= 50
    by_name = {tag["name"]: tag.get("category") for tag in tags}
    assert (by_name["action"], by_name["space"], by_name["shounen"]) == (
        "genre",
        "theme",
        "demographic",
    )


async def test_narutos_episodes_say_which_are_filler(graph: Ingested) -> None:
    naruto = f"anime:u'{graph.works['mal:20']['uuid']}'"
    episodes = {
        e["number"]: (e.get("filler"), e.get("canon"))
        for e in (await rows(graph.gateway, "episode")).values()
        if e["work"] == naruto
    }
    assert len(episodes) == 220
    assert episodes[1] == (False, "canon")
    assert episodes[26] == episodes[101] == episodes[136] == (True, "filler")
    assert episodes[220] == (False, "mixed")


async def test_later_episodes_of_one_entry_are_those_of_another(graph: Ingested) -> None:
    war, part_two = (f"anime:u'{graph.works[i]['uuid']}'" for i in ("mal:41467", "mal:53998"))
    rules = [
        (r["first"], r["last"], r["to_first"], r["to_last"])
        for r in (await rows(graph.gateway, "redirects_episodes_to")).values()
        if (r["in"], r["out"]) == (war, part_two)
    ]
    assert rules == [(14, 26, 1, 13)]


async def test_a_film_is_in_the_franchise_of_its_collection(graph: Ingested) -> None:
    franchises = await rows(graph.gateway, "franchise")
    assert len({f["slug"] for f in franchises.values()}) == len(franchises) > 400
    members = {(r["in"], r["out"]) for r in (await rows(graph.gateway, "in_franchise")).values()}
    alien = graph.works["imdb:tt0078748"]
    titles = {
        franchises[out]["title"] for start, out in members if start.endswith(f"'{alien['uuid']}'")
    }
    assert any("alien" in title.lower() for title in titles)


def test_rejects_are_written_where_they_were_asked_for(real_data: RealData) -> None:
    said = {s.source: s.rejects_file for s in real_data.report.sources if s.rejects}
    assert {"aodb", "bangumi"} <= said.keys()
    for path in said.values():
        assert path is not None
        assert Path(path).is_relative_to(real_data.rejects)
        reject = json.loads(Path(path).read_text("utf-8").splitlines()[0])
        assert {"source", "line", "field", "value", "reason"} <= reject.keys()
