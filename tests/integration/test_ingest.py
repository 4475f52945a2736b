"""Ingestion over a real engine: what a run does, what the next one does, and what is refused."""

import gzip
import json
import uuid
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import msgspec
import pytest
import zstandard

from ingest import registry
from ingest.pipeline.edge_store import EdgeCounts
from ingest.pipeline.guards import ALL_GUARDS
from ingest.pipeline.jobs import IngestJob, RunOptions, RunReport
from ingest.pipeline.projection import WorkCounts
from ingest.pipeline.record_writer import RecordCounts
from ingest.pipeline.run import Pipeline
from kensho.domain.records import (
    Claim,
    Collection,
    EpisodeFacts,
    Mapping,
    Recommendation,
    Record,
    RecordRelations,
    Redirect,
    Tagging,
)
from kensho.domain.works import ImdbRating, work_uuid
from kensho.errors import RuleViolationError
from kensho.storage.gateway import Gateway
from tests.support.records import (
    Row,
    claims,
    curated,
    dead,
    emptied,
    graph_state,
    ingest,
    open_graph,
    record,
    revision,
    rows,
    run,
    silent,
    uuid_in,
    work,
    works_by_id,
)

W1, W2, W3 = (work_uuid(f"mal:{n}") for n in (1, 2, 3))


@pytest.fixture(scope="module", params=["mem", "surrealkv"])
async def store(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Gateway]:
    folder = tmp_path_factory.mktemp("store")
    url = "mem://" if request.param == "mem" else f"surrealkv://{folder / 'kensho.db'}"
    async with open_graph(url) as gateway:
        yield gateway


@pytest.fixture
async def graph(store: Gateway) -> Gateway:
    return await emptied(store)


async def titles(gateway: Gateway) -> dict[str, str]:
    """Return the title of the work under each source id."""
    return {i: row["title"] for i, row in (await works_by_id(gateway)).items()}


async def where(gateway: Gateway, source_id: str) -> uuid.UUID | None:
    """Return the id of the work that carries a source id."""
    row = (await works_by_id(gateway)).get(source_id)
    return row["uuid"] if row else None


async def edge(gateway: Gateway, table: str) -> tuple[uuid.UUID, uuid.UUID, Row]:
    """Return the ends and the row of a table's only edge."""
    ((_, row),) = (await rows(gateway, table)).items()
    return uuid_in(row["in"]), uuid_in(row["out"]), row


async def retired(gateway: Gateway) -> dict[uuid.UUID, uuid.UUID | None]:
    """Return the ids that are no works any more, with their successors."""
    return {
        uuid_in(key): uuid_in(row["successor"]) if "successor" in row else None
        for key, row in (await rows(gateway, "retired_work")).items()
    }


async def runs(gateway: Gateway) -> list[dict[str, Any]]:
    """Return the records of runs, newest first."""
    return await gateway.fetch("ingest.runs", {"limit": 50}, into=list[dict[str, Any]])


def counts(report: RunReport) -> RecordCounts:
    (source,) = report.sources
    return source.records


def many(first: int, last: int) -> list[Record]:
    return [work(n) for n in range(first, last)]


# Again, and newer


async def test_a_first_run_adds_everything(graph: Gateway) -> None:
    report = await ingest(graph, {"grouper": [work(1, links=claims(sequel="mal:2")), work(2)]})
    assert counts(report) == RecordCounts(added=2)
    assert (report.works, report.edges.added) == (WorkCounts(added=2), 1)
    assert await titles(graph) == {"mal:1": "Work 1", "mal:2": "Work 2"}


async def test_a_second_run_changes_nothing_and_says_so(graph: Gateway) -> None:
    said = {
        "grouper": [work(1, "anidb:1", links=claims(related="mal:2")), work(2)],
        "site": [work(1, links=claims(sequel="mal:2"), tags=(Tagging("space"),))],
        "films": [
            record(
                "imdb:tt1", title="A film", kind="movie", links=RecordRelations(same_as=("mal:1",))
            )
        ],
        "ratings": [record("imdb:tt1", imdb=ImdbRating("tt1", 7.5, 9))],
    }
    await ingest(graph, said)
    before, at = await graph_state(graph), await revision(graph)
    report = await ingest(graph, said)
    assert [s.records.unchanged for s in report.sources] == [2, 1, 1, 1]
    assert (report.works, report.edges) == (WorkCounts(), EdgeCounts())
    assert (await graph_state(graph), await revision(graph)) == (before, at)


async def test_a_run_over_unrelated_works_leaves_standing_edges_alone(graph: Gateway) -> None:
    await ingest(graph, {"grouper": [work(1, links=claims(sequel="mal:2")), work(2)]})
    report = await ingest(graph, {"site": [work(7)]})
    assert (report.edges.added, report.edges.changed, report.edges.removed) == (0, 0, 0)


async def test_a_newer_dump_updates_adds_and_retires(graph: Gateway) -> None:
    await ingest(graph, {"grouper": many(1, 4)})
    newer = [work(1, title="Work one"), work(2), work(4)]
    report = await ingest(graph, {"grouper": newer}, snapshot="2026-02-01")
    assert counts(report) == RecordCounts(added=1, changed=1, removed=1, unchanged=1)
    assert report.works == WorkCounts(added=1, changed=1, removed=1)
    assert await titles(graph) == {"mal:1": "Work one", "mal:2": "Work 2", "mal:4": "Work 4"}


async def test_a_newer_dump_leaves_what_other_sources_said(graph: Gateway) -> None:
    await ingest(graph, {"grouper": [work(1)], "site": [work(1, synopsis="A sea.")]})
    await ingest(graph, {"grouper": [work(1, year=2020)]}, snapshot="2026-02-01")
    row = (await works_by_id(graph))["mal:1"]
    assert (row["synopsis"], row["year"]) == ("A sea.", 1991)


async def test_a_work_that_one_source_drops_and_another_keeps_stays(graph: Gateway) -> None:
    await ingest(graph, {"grouper": [work(1), work(2)], "site": [work(1)]})
    await ingest(graph, {"grouper": [work(2)]}, snapshot="2026-02-01")
    assert await where(graph, "mal:1") == W1
    assert await retired(graph) == {}


async def test_a_curators_relation_outlives_a_newer_dump(graph: Gateway) -> None:
    word = curated(record("mal:1", links=claims(side_story="mal:2")))
    await ingest(graph, {"grouper": many(1, 3), "curator": [word]})
    newer = [work(1, links=claims(sequel="mal:2")), work(2)]
    await ingest(graph, {"grouper": newer}, snapshot="2026-02-01")
    _, _, row = await edge(graph, "is_related_to")
    assert row["kind"] == "side_story"
    assert row["conflict"]


async def test_what_a_source_takes_back_goes_and_what_another_says_stays(graph: Gateway) -> None:
    link = claims(sequel="mal:2")
    await ingest(graph, {"grouper": [work(1, links=link), work(2)], "site": [work(1, links=link)]})
    await ingest(graph, {"grouper": many(1, 3)}, snapshot="2026-02-01")
    _, _, row = await edge(graph, "is_sequel_of")
    assert [a["source"] for a in row["assertions"]] == ["site"]
    await ingest(graph, {"site": [work(1)]}, snapshot="2026-02-01")
    assert await rows(graph, "is_sequel_of") == await rows(graph, "is_prequel_of") == {}


async def test_tags_and_episodes_that_a_source_drops_go(graph: Gateway) -> None:
    full = work(1, tags=(Tagging("a"), Tagging("b")), episodes=(EpisodeFacts(1), EpisodeFacts(2)))
    less = work(1, tags=(Tagging("b"),), episodes=(EpisodeFacts(2),))
    await ingest(graph, {"grouper": [full]})
    await ingest(graph, {"grouper": [less]}, snapshot="2026-02-01")
    assert [t["name"] for t in (await rows(graph, "tag")).values()] == ["b"]
    assert [e["number"] for e in (await rows(graph, "episode")).values()] == [2]
    assert len(await rows(graph, "has_tag")) == len(await rows(graph, "has_episode")) == 1


async def test_a_fact_that_is_taken_back_is_missing_again(graph: Gateway) -> None:
    await ingest(graph, {"grouper": [work(1, season="fall", synopsis="A sea.", score=7.5)]})
    await ingest(graph, {"grouper": [record("mal:1", title="Work 1")]}, snapshot="2026-02-01")
    row = (await works_by_id(graph))["mal:1"]
    assert not {"season", "synopsis", "score", "year"} & row.keys()


# Joined and taken apart


async def test_a_merge_leaves_a_redirect(graph: Gateway) -> None:
    await ingest(graph, {"grouper": many(1, 3)})
    report = await ingest(graph, {"grouper": [work(1, "mal:2")]}, snapshot="2026-02-01")
    assert (report.works.changed, report.works.removed) == (1, 1)
    assert await retired(graph) == {W2: W1}


async def test_a_merge_moves_other_sources_records(graph: Gateway) -> None:
    await ingest(graph, {"grouper": many(1, 3), "site": [work(2, synopsis="The second.")]})
    await ingest(graph, {"grouper": [work(1, "mal:2")]}, snapshot="2026-02-01")
    row = (await works_by_id(graph))["mal:1"]
    assert (row["uuid"], row["synopsis"]) == (W1, "The second.")


async def test_a_merge_moves_edges(graph: Gateway) -> None:
    apart = [work(1), work(2, links=claims(sequel="mal:3")), work(3)]
    joined = [work(1, "mal:2", links=claims(sequel="mal:3")), work(3)]
    await ingest(graph, {"grouper": apart})
    await ingest(graph, {"grouper": joined}, snapshot="2026-02-01")
    assert (await edge(graph, "is_sequel_of"))[:2] == (W3, W1)


async def test_redirects_follow_a_second_merge(graph: Gateway) -> None:
    await ingest(graph, {"grouper": many(1, 4)})
    await ingest(graph, {"grouper": [work(2, "mal:1"), work(3)]}, snapshot="2026-02-01")
    await ingest(graph, {"grouper": [work(3, "mal:2", "mal:1")]}, snapshot="2026-03-01")
    assert await retired(graph) == {W1: W2, W2: W3}


async def test_a_split_keeps_the_id_of_the_part_that_keeps_its_first_id(graph: Gateway) -> None:
    await ingest(graph, {"grouper": [work(1, "mal:2")]})
    await ingest(graph, {"grouper": [work(2), work(1)]}, snapshot="2026-02-01")
    assert (await where(graph, "mal:1"), await where(graph, "mal:2")) == (W1, W2)
    assert await retired(graph) == {}


async def test_a_split_takes_other_sources_records_along(graph: Gateway) -> None:
    await ingest(graph, {"grouper": [work(1, "mal:2")], "site": [work(2, synopsis="The second.")]})
    report = await ingest(graph, {"grouper": many(1, 3)}, snapshot="2026-02-01")
    works = await works_by_id(graph)
    assert "synopsis" not in works["mal:1"]
    assert works["mal:2"]["synopsis"] == "The second."
    assert counts(report).moved == 1


async def test_a_merge_that_is_taken_back_leaves_no_redirect(graph: Gateway) -> None:
    await ingest(graph, {"grouper": many(1, 3)})
    await ingest(graph, {"grouper": [work(1, "mal:2")]}, snapshot="2026-02-01")
    await ingest(graph, {"grouper": many(1, 3)}, snapshot="2026-03-01")
    assert (await where(graph, "mal:2"), await retired(graph)) == (W2, {})


async def test_a_removed_work_leaves_its_id_behind_and_no_successor(graph: Gateway) -> None:
    await ingest(graph, {"grouper": many(1, 3)})
    await ingest(graph, {"grouper": [work(2)]}, snapshot="2026-02-01")
    assert await retired(graph) == {W1: None}
    assert list(await titles(graph)) == ["mal:2"]


async def test_a_returning_work_gets_its_old_id_back(graph: Gateway) -> None:
    await ingest(graph, {"grouper": many(1, 3)})
    await ingest(graph, {"grouper": [work(2)]}, snapshot="2026-02-01")
    await ingest(graph, {"grouper": many(1, 3)}, snapshot="2026-03-01")
    assert (await where(graph, "mal:1"), await retired(graph)) == (W1, {})


async def test_a_redirect_to_a_work_that_is_removed_leads_nowhere(graph: Gateway) -> None:
    await ingest(graph, {"grouper": many(1, 4)})
    await ingest(graph, {"grouper": [work(1, "mal:2"), work(3)]}, snapshot="2026-02-01")
    await ingest(graph, {"grouper": [work(3)]}, snapshot="2026-03-01")
    assert await retired(graph) == {W1: None, W2: W1}


async def test_an_id_that_another_work_takes_over_is_carried_once(graph: Gateway) -> None:
    await ingest(graph, {"site": [work(1, "anilist:9")], "grouper": [record("mal:1", title="One")]})
    await ingest(
        graph, {"grouper": [record("mal:1", title="One"), record("anilist:9", title="Nine")]}
    )
    carriers = [row["sources"] for row in (await rows(graph, "anime")).values()]
    assert sorted(carriers) == [["anilist:9"], ["mal:1"]]


async def test_an_anime_that_turns_out_to_be_a_film_keeps_its_id(graph: Gateway) -> None:
    film = msgspec.structs.replace(
        work(1, "mal:9", links=claims(sequel="mal:2")), work_kind="movie"
    )
    await ingest(graph, {"grouper": [work(9), work(1, links=claims(sequel="mal:2")), work(2)]})
    await ingest(graph, {"grouper": [work(1, "mal:9"), work(2)]}, snapshot="2026-02-01")
    await ingest(graph, {"grouper": [film, work(2)]}, snapshot="2026-03-01")
    row = (await works_by_id(graph))["mal:1"]
    assert (row["table"], row["uuid"]) == ("movie", W1)
    assert (await edge(graph, "is_sequel_of"))[:2] == (W2, W1)
    assert await retired(graph) == {work_uuid("mal:9"): W1}
    (gone,) = (await rows(graph, "retired_work")).values()
    assert gone["successor"].startswith("movie:")


# Who attaches to what


async def test_a_film_and_the_anime_of_its_title_are_two_works_that_are_the_same(
    graph: Gateway,
) -> None:
    film = record(
        "imdb:tt1", title="A film", kind="movie", links=RecordRelations(same_as=("mal:1",))
    )
    mapped = record("mal:1", mappings=(Mapping("imdb:tt1"),))
    await ingest(graph, {"grouper": [work(1)], "ids": [mapped], "films": [film]})
    start, end, _ = await edge(graph, "is_same_as")
    assert (start, end) == (work_uuid("imdb:tt1"), W1)


async def test_a_rating_goes_to_all_works_of_its_title(graph: Gateway) -> None:
    mapped = [record(f"mal:{n}", mappings=(Mapping("imdb:tt1"),)) for n in (1, 2)]
    film = record("imdb:tt1", title="A film", kind="movie")
    rating = record("imdb:tt1", imdb=ImdbRating("tt1", 8.5, 100))
    said = {"grouper": many(1, 4), "films": [film], "ids": mapped, "ratings": [rating]}
    await ingest(graph, said)
    works = await works_by_id(graph)
    rated = {i: works[i]["imdb"]["rating"] for i in works if "imdb" in works[i]}
    assert rated == {"mal:1": 8.5, "mal:2": 8.5, "imdb:tt1": 8.5}


async def test_a_rating_reaches_a_film_that_comes_later_and_stays_with_the_anime(
    graph: Gateway,
) -> None:
    said = {
        "grouper": [work(1)],
        "ids": [record("mal:1", mappings=(Mapping("imdb:tt1"),))],
        "ratings": [record("imdb:tt1", imdb=ImdbRating("tt1", 8.5, 100))],
    }
    await ingest(graph, said)
    await ingest(graph, {"films": [record("imdb:tt1", title="A film", kind="movie")]})
    works = await works_by_id(graph)
    assert [works[i]["imdb"]["rating"] for i in ("mal:1", "imdb:tt1")] == [8.5, 8.5]


async def test_what_fits_no_work_is_counted_and_not_kept(graph: Gateway) -> None:
    said = {"grouper": [work(1)], "episodes": [record("mal:1"), record("mal:7")]}
    report = await ingest(graph, said)
    assert report.sources[1].records == RecordCounts(added=1, unmatched=1)
    assert not any("mal:7" in key for key in await rows(graph, "source_record"))


async def test_what_fitted_no_work_is_taken_in_once_the_work_is_there(graph: Gateway) -> None:
    extra = {"episodes": [record("mal:7", episodes=(EpisodeFacts(1),))]}
    await ingest(graph, {"grouper": [work(1)], **extra})
    await ingest(graph, {"grouper": [work(1), work(7)], **extra})
    assert len(await rows(graph, "episode")) == 1


async def test_an_enricher_that_brings_an_id_serves_those_after_it(graph: Gateway) -> None:
    said = {
        "episodes": [record("anidb:1", episodes=(EpisodeFacts(1),))],
        "ids": [record("anidb:1", "mal:1")],
        "grouper": [work(1)],
    }
    await ingest(graph, said)
    assert len(await rows(graph, "episode")) == 1


async def test_a_dead_id_is_taken_from_its_work(graph: Gateway) -> None:
    await ingest(graph, {"grouper": [work(1, "anidb:1")], "dead": [dead("mal:1")]})
    assert list(await titles(graph)) == ["anidb:1"]


async def test_a_work_whose_ids_are_all_dead_goes(graph: Gateway) -> None:
    await ingest(graph, {"grouper": many(1, 3)})
    report = await ingest(graph, {"dead": [dead("mal:1")]})
    assert report.works.removed == 1
    assert (list(await titles(graph)), await retired(graph)) == (["mal:2"], {W1: None})


async def test_an_id_that_is_alive_after_all_brings_its_work_back(graph: Gateway) -> None:
    await ingest(graph, {"grouper": many(1, 3), "dead": [dead("mal:1"), dead("mal:2")]})
    await ingest(graph, {"dead": [dead("mal:2")]})
    assert (await where(graph, "mal:1"), await retired(graph)) == (W1, {})


# Edges and what they rest on


async def test_every_assertion_is_kept_on_the_edge(graph: Gateway) -> None:
    await ingest(graph, {"grouper": [work(1, links=claims(related="mal:2")), work(2)]})
    await ingest(graph, {"site": [work(2, links=claims(prequel="mal:1"))]}, snapshot="2026-02-01")
    word = curated(record("mal:1", links=claims(side_story="mal:2")))
    await ingest(graph, {"curator": [word]}, snapshot="2026-03-01")
    start, end, row = await edge(graph, "is_related_to")
    assert (start, end, row["kind"], row["conflict"]) == (W1, W2, "side_story", True)
    said = [(a["source"], a["snapshot"], a["kind"], a["method"]) for a in row["assertions"]]
    assert said == [
        ("curator", "2026-03-01", "side_story", "curated"),
        ("grouper", "2026-01-01", "related", "stated"),
        ("site", "2026-02-01", "sequel", "stated"),
    ]
    assert {a["confidence"] for a in row["assertions"]} == {1.0}


async def test_a_relation_to_a_work_that_is_not_there_is_counted(graph: Gateway) -> None:
    links = claims(sequel="mal:8", prequel="mal:9", other="mal:8")
    report = await ingest(graph, {"grouper": [work(1, links=links)]})
    assert (report.edges.added, report.edges.unresolved) == (0, 2)


async def test_a_relation_is_made_when_its_other_end_comes(graph: Gateway) -> None:
    first = work(1, links=claims(sequel="mal:2"))
    await ingest(graph, {"grouper": [first]})
    report = await ingest(graph, {"grouper": [first, work(2)]})
    assert (report.edges.added, report.edges.unresolved) == (1, 0)


async def test_edges_are_counted_by_kind(graph: Gateway) -> None:
    links = RecordRelations(relations=(Claim("sequel", "mal:2"), Claim("other", "mal:3")))
    report = await ingest(graph, {"grouper": [work(1, links=links), work(2), work(3)]})
    assert report.edges.by_kind == {"sequel": 1, "other": 1}


async def test_a_recommendation_has_the_votes_of_the_end_that_counts_more(graph: Gateway) -> None:
    one = work(1, links=RecordRelations(recommendations=(Recommendation("mal:2", 3),)))
    two = work(2, links=RecordRelations(recommendations=(Recommendation("mal:1", 5),)))
    await ingest(graph, {"grouper": [one, two]})
    start, end, row = await edge(graph, "is_recommended_with")
    assert ([start, end], row["votes"]) == (sorted((W1, W2)), 5)


async def test_episodes_are_redirected_to_another_work(graph: Gateway) -> None:
    rule = RecordRelations(
        redirects=(Redirect(13, 24, "mal:2", 1, 12), Redirect(25, None, "mal:2", 13, None))
    )
    await ingest(graph, {"grouper": many(1, 3), "episodes": [record("mal:1", links=rule)]})
    ranges = [
        (r["first"], r.get("last"), r["to_first"], r.get("to_last"))
        for r in (await rows(graph, "redirects_episodes_to")).values()
    ]
    assert sorted(ranges, key=repr) == [(13, 24, 1, 12), (25, None, 13, None)]


async def test_a_franchise_keeps_its_slug_when_its_collection_is_called_otherwise(
    graph: Gateway,
) -> None:
    def film(number: int, title: str = "Tales") -> Record:
        links = RecordRelations(collection=Collection("set:1", title))
        return record(f"tmdb:movie/{number}", title=f"Film {number}", kind="movie", links=links)

    async def slugs() -> dict[str, str]:
        return {f["title"]: f["slug"] for f in (await rows(graph, "franchise")).values()}

    await ingest(graph, {"films": [film(1), film(2)]})
    assert await slugs() == {"Tales": "tales"}
    await ingest(graph, {"films": [film(1, "Old tales"), film(2, "Old tales")]})
    assert await slugs() == {"Old tales": "tales"}


async def test_a_tag_is_filed_in_the_narrower_of_two_categories(graph: Gateway) -> None:
    await ingest(graph, {"grouper": [work(1, tags=(Tagging("odd", "genre"),))]})
    await ingest(graph, {"site": [work(2, tags=(Tagging("odd", "theme"),))]})
    (tag,) = (await rows(graph, "tag")).values()
    assert tag["category"] == "theme"


async def test_to_forget_a_source_takes_its_category_back(graph: Gateway) -> None:
    await ingest(graph, {"grouper": [work(1, tags=(Tagging("odd", "genre"),))]})
    await ingest(graph, {"site": [work(2, tags=(Tagging("odd", "theme"),))]})
    await ingest(graph, {"site": []})
    (tag,) = (await rows(graph, "tag")).values()
    assert tag["category"] == "genre"


# Forgetting


async def test_to_forget_a_source_takes_back_exactly_what_it_said(graph: Gateway) -> None:
    base = {"grouper": [work(1, "anidb:1"), work(2)]}
    await ingest(graph, base)
    before = await graph_state(graph)
    more = [work(1, links=claims(sequel="mal:2"), tags=(Tagging("space"),), synopsis="A sea.")]
    await ingest(graph, {"site": more})
    assert await graph_state(graph) != before
    report = await ingest(graph, {"site": []})
    assert counts(report) == RecordCounts(removed=1)
    after = await graph_state(graph)
    assert set(after["retired_slug"]) == {"retired_slug:`work-1`"}  # and is remembered for those
    assert len(after["past_slug"]) == 1  # who had it, should they come back
    assert after | {"retired_slug": {}, "past_slug": {}} == before


async def test_to_forget_the_source_that_joined_two_works_parts_them(graph: Gateway) -> None:
    await ingest(graph, {"site": [work(1)], "other-site": [work(2)]})
    await ingest(graph, {"grouper": [work(1, "mal:2")]})
    await ingest(graph, {"grouper": []})
    assert (await where(graph, "mal:1"), await where(graph, "mal:2")) == (W1, W2)


async def test_a_forgotten_source_may_be_ingested_again(graph: Gateway) -> None:
    await ingest(graph, {"grouper": many(1, 3)}, snapshot="2026-02-01")
    await ingest(graph, {"grouper": []}, snapshot="2026-06-01")
    await ingest(graph, {"grouper": many(1, 3)}, snapshot="2026-02-01")
    assert len(await titles(graph)) == 2


# Refused


async def test_an_older_snapshot_is_refused(graph: Gateway) -> None:
    await ingest(graph, {"grouper": [work(1)]}, snapshot="2026-02-01")
    before, at = await graph_state(graph), await revision(graph)
    report = await run(graph, {"grouper": [work(2)]}, snapshot="2026-01-01")
    assert report.failed
    assert "2026-01-01 is older than the one of 2026-02-01" in str(report.sources[0].message)
    assert (await graph_state(graph), await revision(graph)) == (before, at)


async def test_an_older_snapshot_is_applied_when_the_curator_insists(graph: Gateway) -> None:
    await ingest(graph, {"grouper": [work(1)]}, snapshot="2026-02-01")
    report = await run(graph, {"grouper": [work(2)]}, snapshot="2026-01-01", lifted=ALL_GUARDS)
    assert not report.failed
    assert list(await titles(graph)) == ["mal:2"]


async def test_after_going_back_the_older_snapshot_is_what_is_in_the_graph(graph: Gateway) -> None:
    await ingest(graph, {"grouper": [work(1)]}, snapshot="2026-02-01")
    await run(graph, {"grouper": [work(2)]}, snapshot="2026-01-01", lifted=ALL_GUARDS)
    report = await run(graph, {"grouper": [work(2)]}, snapshot="2026-01-01")
    assert not report.failed


async def test_a_far_smaller_dump_is_refused(graph: Gateway) -> None:
    await ingest(graph, {"grouper": many(1, 131)})
    at = await revision(graph)
    report = await run(graph, {"grouper": many(1, 50)})
    assert "it would lose 81 of 130 records (62%" in str(report.sources[0].message)
    assert await revision(graph) == at
    assert not (await run(graph, {"grouper": many(1, 50)}, lifted=ALL_GUARDS)).failed
    assert len(await titles(graph)) == 49


async def test_a_small_source_may_shrink_freely(graph: Gateway) -> None:
    await ingest(graph, {"grouper": many(1, 21)})
    await ingest(graph, {"grouper": [work(1)]})
    assert list(await titles(graph)) == ["mal:1"]


async def test_a_refused_source_does_not_stop_the_others(graph: Gateway) -> None:
    await ingest(graph, {"grouper": [work(1)]}, snapshot="2026-02-01")
    said = {"grouper": [work(2)], "site": [work(7)]}
    report = await run(graph, said, snapshot="2026-01-01")
    assert [source.state for source in report.sources] == ["failed", "finished"]
    assert sorted(await titles(graph)) == ["mal:1", "mal:7"]


async def test_a_second_record_of_one_key_is_rejected_with_its_line(
    graph: Gateway, tmp_path: Path
) -> None:
    repeated = [work(1), work(2), work(1, year=2020)]
    report = await run(graph, {"grouper": repeated}, rejects_dir=tmp_path)
    assert (counts(report), report.rejects) == (RecordCounts(added=2), 1)
    reject = json.loads((tmp_path / "grouper.jsonl").read_text())
    assert (reject["line"], reject["key"], reject["value"]) == (3, "mal:1", "mal:1")
    assert report.sources[0].rejects_file == str(tmp_path / "grouper.jsonl")


# Files that are broken as a whole, read by a real source


def dump(*ids: int) -> bytes:
    lines: list[object] = [{"repository": "https://example.org", "lastUpdate": "2026-02-01"}]
    lines += [
        {"sources": [f"https://myanimelist.net/anime/{n}"], "title": f"Work {n}"} for n in ids
    ]
    return b"".join(json.dumps(line).encode() + b"\n" for line in lines)


async def read(gateway: Gateway, path: Path) -> RunReport:
    sources = registry.SOURCES
    options = RunOptions(path.parent / "rejects", lifted=ALL_GUARDS)
    pipeline = Pipeline(gateway, sources, options, silent())
    return await pipeline.run([IngestJob(sources["aodb"], (path,))])


BROKEN: dict[str, tuple[Callable[[], bytes], str]] = {
    "cut.jsonl.gz": (lambda: gzip.compress(dump(*range(900)))[:-40], "truncated"),
    "cut.jsonl.zst": (lambda: zstandard.compress(dump(*range(900)))[:-40], "truncated"),
    "corrupt.jsonl.gz": (lambda: gzip.compress(dump(1))[:12] + b"\xff" * 60, "corrupt"),
    "cut.jsonl": (lambda: dump(1, 2, 3)[:-20], "truncated in line 4"),
    "latin.jsonl": (lambda: dump(1, 2) + '{"title": "Pokémon"}\n'.encode("latin-1"), "not UTF-8"),
    "wide.jsonl": (lambda: dump(1, 2).decode().encode("utf-16"), "JSON"),
    "jikan.jsonl": (
        lambda: b'{"mal_id": 1, "title": "A", "type": "TV", "aired": {}}\n',
        "expected",
    ),
    "page.jsonl": (lambda: b"<!DOCTYPE html><html></html>\n", "JSON"),
    "empty.jsonl": (lambda: b"", "the file is empty"),
    "head.jsonl": (dump, "no records"),
}


@pytest.mark.parametrize("name", BROKEN)
async def test_a_broken_file_is_refused_before_the_first_write(
    graph: Gateway, tmp_path: Path, name: str
) -> None:
    sound = tmp_path / "sound.jsonl"
    sound.write_bytes(dump(1, 2, 3))
    await read(graph, sound)
    before, at = await graph_state(graph), await revision(graph)
    content, reason = BROKEN[name]
    broken = tmp_path / name
    broken.write_bytes(content())
    report = await read(graph, broken)
    assert report.failed
    assert reason in str(report.sources[0].message)
    assert str(broken) in str(report.sources[0].message)
    assert (await graph_state(graph), await revision(graph)) == (before, at)


async def test_a_file_that_is_not_there_is_refused(graph: Gateway, tmp_path: Path) -> None:
    report = await read(graph, tmp_path / "nowhere.jsonl")
    assert "no such file" in str(report.sources[0].message)


# Runs and revisions


async def test_the_revision_moves_with_every_batch(graph: Gateway) -> None:
    await ingest(graph, {"grouper": many(1, 3)})
    small = await revision(graph)
    await emptied(graph)
    await ingest(graph, {"grouper": many(1, 1101)})
    # Two more batches of records (500 each) and four more of works (250 each).
    assert await revision(graph) == small + 6


async def test_a_run_is_recorded(graph: Gateway) -> None:
    await ingest(graph, {"grouper": many(1, 3)}, snapshot="2026-02-01")
    (entry,) = await runs(graph)
    assert (entry["source"], entry["snapshot"], entry["state"]) == (
        "grouper",
        "2026-02-01",
        "finished",
    )
    assert (entry["counts"]["added"], entry["counts"]["rejected"]) == (2, 0)
    assert len(entry["sha256"]) == 64
    assert entry["path"].endswith("grouper.jsonl")
    assert entry["started_at"] <= entry["finished_at"]


async def test_a_run_that_changes_nothing_is_recorded_too(graph: Gateway) -> None:
    await ingest(graph, {"grouper": [work(1)]})
    await ingest(graph, {"grouper": [work(1)]})
    assert [entry["counts"]["unchanged"] for entry in await runs(graph)] == [1, 0]


async def test_a_file_that_is_not_there_is_told_as_a_refused_run(
    graph: Gateway, tmp_path: Path
) -> None:
    path = tmp_path / "nowhere.jsonl"
    await read(graph, path)
    (entry,) = await runs(graph)
    assert (entry["state"], entry["counts"]) == ("refused", {})
    assert str(path) in entry["message"]


async def test_a_run_that_the_schema_stopped_is_closed_by_the_next(graph: Gateway) -> None:
    with pytest.raises(RuleViolationError, match="year"):
        await run(graph, {"grouper": [work(1, year=2999)]})
    assert [entry["state"] for entry in await runs(graph)] == ["running"]
    await ingest(graph, {"grouper": [work(1)]})
    assert [entry["state"] for entry in await runs(graph)] == ["finished", "failed"]
    assert (await graph_state(graph))["meta"]["graph"]["composed"]


async def test_the_mirror_of_every_sequel_edge_is_there(graph: Gateway) -> None:
    said = [work(n, links=claims(sequel=f"mal:{n + 1}")) for n in range(1, 20)]
    await ingest(graph, {"grouper": [*said, work(20)]})
    sequels = await rows(graph, "is_sequel_of")
    prequels = await rows(graph, "is_prequel_of")
    assert len(sequels) == 19
    assert {(r["in"], r["out"]) for r in sequels.values()} == {
        (r["out"], r["in"]) for r in prequels.values()
    }


# A part of what a source says


async def test_a_part_adds_and_changes_and_drops_nothing(graph: Gateway) -> None:
    await ingest(graph, {"grouper": many(1, 6), "site": [work(9)]})
    part = {"grouper": [work(2, title="Opus 2"), work(7)]}
    report = await run(graph, part, partial=True)
    assert counts(report) == RecordCounts(added=1, changed=1)
    assert sorted(await titles(graph)) == [f"mal:{n}" for n in (1, 2, 3, 4, 5, 7, 9)]
    assert (await titles(graph))["mal:2"] == "Opus 2"


async def test_a_part_takes_no_work_from_what_it_does_not_hold(graph: Gateway) -> None:
    await ingest(graph, {"grouper": [work(1), work(2)]})
    before = await where(graph, "mal:1")
    report = await run(graph, {"grouper": [work(3, "mal:1")]}, partial=True)
    assert not report.failed
    assert await where(graph, "mal:1") == before
    assert len(await rows(graph, "anime")) == 3


async def test_a_source_whose_files_cannot_be_had_keeps_what_it_said(graph: Gateway) -> None:
    await ingest(graph, {"grouper": many(1, 4)})
    before = await graph_state(graph)
    sources = registry.SOURCES
    job = IngestJob(sources["aodb"], (), problem="https://example.org/a: the server answers 404")
    report = await Pipeline(graph, sources, RunOptions(Path("rejects")), silent()).run([job])
    assert report.sources[0].message == job.problem
    assert report.failed
    assert await graph_state(graph) == before
