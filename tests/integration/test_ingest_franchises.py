"""Inferred kinds and franchises, as an ingest stores them, keeps them and takes them back."""

from collections.abc import AsyncIterator, Iterable
from typing import Any, Final

import pytest

from ingest.checks.graph import findings
from ingest.checks.reading import read_graph
from ingest.pipeline.franchises import clustering, helper
from ingest.pipeline.franchises.projection import FranchiseCounts
from ingest.pipeline.jobs import RunReport
from kensho.domain.records import Claim, Collection, Record, RecordRelations, Tagging
from kensho.domain.relations import ClaimedKind
from kensho.domain.works import work_uuid
from kensho.errors import ChildEndedError
from kensho.platform import child_process
from kensho.storage import tables
from kensho.storage.gateway import Gateway
from tests.support import franchise_oracle
from tests.support.records import (
    Row,
    graph_state,
    ingest,
    open_graph,
    record,
    revision,
    rows,
    uuid_in,
)

LETTERS: Final = "bcdfghjklmnpqrstvwxz"
FILLER: Final = [
    record(f"kitsu:{n}", title=f"{LETTERS[n % 20]}a{LETTERS[n // 20]}ofu", year=1980)
    for n in range(200)
]
"""Works that nothing relates: among so many a shared name tells something."""


@pytest.fixture
async def graph() -> AsyncIterator[Gateway]:
    async with open_graph() as gateway:
        yield gateway


def series(number: int, title: str, year: int, *claims: tuple[ClaimedKind, int]) -> Record:
    """Return a series of a year, and what it says that other ones are to it."""
    links = RecordRelations(relations=tuple(Claim(kind, f"mal:{other}") for kind, other in claims))
    facts: dict[str, Any] = {"anime_type": "tv", "episode_count": 12, "duration_s": 1440}
    return record(f"mal:{number}", title=title, year=year, links=links, **facts)


def film(number: int, title: str, year: int, *same: str, collection: str | None = None) -> Record:
    collected = Collection(f"set:{collection}", collection) if collection else None
    links = RecordRelations(same_as=same, collection=collected)
    return record(f"tmdb:movie/{number}", title=title, kind="movie", year=year, links=links)


SAGA: Final = (
    series(1, "Gurren Saga", 2001, ("sequel", 2)),
    series(2, "Gurren Saga Two", 2003),
)
TALES: Final = (
    series(11, "Kirameki Tales", 2002, ("sequel", 12)),
    series(12, "Kirameki Tales Again", 2004),
)
GUEST: Final = series(21, "Omatsuri", 2005, ("crossover", 1), ("crossover", 11))
UNTOLD: Final = (
    record(
        "mal:31",
        title="Yozora",
        year=2010,
        season="spring",
        links=RecordRelations(relations=(Claim("related", "mal:32"),)),
        anime_type="tv",
        episode_count=12,
        duration_s=1440,
        studios=("Mill",),
    ),
    record(
        "mal:32",
        title="Yozora 2nd Season",
        year=2011,
        season="spring",
        anime_type="tv",
        episode_count=12,
        duration_s=1440,
        studios=("Mill",),
        tags=(Tagging("sequel"),),
    ),
)


async def taken(graph: Gateway, *works: Record, films: Iterable[Record] = ()) -> RunReport:
    """Bring in exactly these works beside the filler."""
    return await ingest(graph, {"grouper": works, "site": FILLER, "films": [*films]})


async def franchises(graph: Gateway) -> dict[str, set[str]]:
    """Return the titles of the works in each franchise, by its slug."""
    names = {
        uuid_in(key): row["title"]
        for table in ("anime", "movie")
        for key, row in (await rows(graph, table)).items()
    }
    found: dict[str, set[str]] = {row.slug: set() for row in await tables.franchises(graph)}
    async for page in tables.memberships(graph):
        for row in page:
            found[row.slug].add(names[row.work])
    return found


async def redirects(graph: Gateway) -> dict[str, str | None]:
    return {row.slug: row.successor for row in await tables.retired_slugs(graph)}


async def inferred(graph: Gateway) -> list[Row]:
    """Return the assertions that nobody states."""
    edges = [*(await rows(graph, "is_sequel_of")).values()]
    edges += (await rows(graph, "is_related_to")).values()
    return [a for edge in edges for a in edge["assertions"] if a["method"] == "inferred"]


async def test_an_untyped_relation_gets_the_kind_that_is_inferred_and_why(graph: Gateway) -> None:
    report = await taken(graph, *UNTOLD)
    ((_, row),) = (await rows(graph, "is_sequel_of")).items()
    untyped, said = row["assertions"]
    assert (untyped["source"], untyped["kind"]) == ("grouper", "related")
    assert (said["source"], said["kind"], said["method"]) == ("kensho", "sequel", "inferred")
    assert 0.8 < said["confidence"] < 1
    assert "season 2 follows season 1" in said["because"]
    assert report.edges.inferred == {"sequel": 1}


async def test_an_inferred_kind_reads_along_the_edge_whichever_end_is_first(
    graph: Gateway,
) -> None:
    links = RecordRelations(relations=(Claim("related", "mal:31"),))
    turned = Record("mal:32", ("mal:32",), "anime", UNTOLD[1].facts, links)
    await taken(graph, Record("mal:31", ("mal:31",), "anime", UNTOLD[0].facts), turned)
    ((key, row),) = (await rows(graph, "is_sequel_of")).items()
    assert uuid_in(key) == work_uuid("mal:32")
    assert [a["kind"] for a in row["assertions"]] == ["related", "sequel"]


async def test_what_a_source_states_is_not_inferred(graph: Gateway) -> None:
    await taken(graph, *UNTOLD)
    links = RecordRelations(relations=(Claim("side_story", "mal:32"),))
    stating = record("mal:31", title="Yozora", links=links)
    await ingest(graph, {"other-site": [stating]})
    assert await inferred(graph) == []
    ((_, row),) = (await rows(graph, "is_related_to")).items()
    assert row["kind"] == "side_story"


async def test_what_is_no_more_stated_is_inferred_again(graph: Gateway) -> None:
    await taken(graph, *UNTOLD)
    before = await graph_state(graph)
    links = RecordRelations(relations=(Claim("side_story", "mal:32"),))
    await ingest(graph, {"curator": [record("mal:31", links=links)]})
    await ingest(graph, {"curator": []})
    assert await graph_state(graph) == before


async def test_works_that_belong_together_are_a_franchise_with_reasons(graph: Gateway) -> None:
    report = await taken(graph, *SAGA, *TALES)
    assert await franchises(graph) == {
        "gurren-saga": {"Gurren Saga", "Gurren Saga Two"},
        "kirameki-tales": {"Kirameki Tales", "Kirameki Tales Again"},
    }
    members = {uuid_in(key): row for key, row in (await rows(graph, "in_franchise")).items()}
    root, sequel = members[work_uuid("mal:1")], members[work_uuid("mal:2")]
    assert (root["role"], root["because"]) == ("main", [])
    (reason,) = sequel["because"]
    assert (reason["kind"], reason["method"]) == ("sequel", "stated")
    assert reason["target"] == str(work_uuid("mal:2"))
    assert report.franchises == FranchiseCounts(added=2, computed=4)


async def test_what_curators_say_of_the_order_is_stored_with_the_franchise(graph: Gateway) -> None:
    # S.ifr is said to come before Mai-Otome by `curation/franchises/mai.toml`.
    otome = (series(99, "Mai Otome", 2005, ("sequel", 3268)), series(3268, "Mai Otome 0", 2008))
    await taken(graph, *otome, *SAGA)
    found = {row.root: row.timelines for row in await tables.franchises(graph)}
    assert found[work_uuid("mal:1")] == ()
    ((works, reason),) = [(told.works, told.reason) for told in found[work_uuid("mal:99")]]
    assert works == (work_uuid("mal:3268"), work_uuid("mal:99"))
    assert "Arika" in reason
    assert await franchise_oracle.stored(graph) == await franchise_oracle.computed(graph)


async def test_a_film_that_is_tagged_as_a_recap_is_a_summary(graph: Gateway) -> None:
    links = RecordRelations(relations=(Claim("related", "mal:1"),))
    facts: dict[str, Any] = {"anime_type": "movie", "episode_count": 1, "duration_s": 6000}
    recap = record(
        "mal:3", title="Gurren Saga Film", year=2004, links=links, tags=(Tagging("recap"),), **facts
    )
    await taken(graph, *SAGA, recap)
    members = {uuid_in(key): row for key, row in (await rows(graph, "in_franchise")).items()}
    assert members[work_uuid("mal:3")]["role"] == "summary"


async def test_the_movie_record_of_a_film_belongs_with_it(graph: Gateway) -> None:
    record_of_two = film(1, "Gurren Saga Two", 2003, "mal:2")
    await taken(graph, *SAGA, films=[record_of_two])
    members = {uuid_in(key): row for key, row in (await rows(graph, "in_franchise")).items()}
    row = members[work_uuid("tmdb:movie/1")]
    assert row["record_of"] == str(work_uuid("mal:2"))
    assert [one["kind"] for one in row["because"]] == ["sequel", "same_work"]


async def test_a_record_of_the_whole_run_belongs_with_the_first_part(graph: Gateway) -> None:
    facts: dict[str, Any] = {"anime_type": "tv", "episode_count": 260, "duration_s": 1440}
    links = RecordRelations(relations=(Claim("related", "mal:2"),))
    whole = record("anidb:9", title="Gurren Saga", year=2001, links=links, **facts)
    await taken(graph, *SAGA, whole)
    members = {uuid_in(key): row for key, row in (await rows(graph, "in_franchise")).items()}
    row = members[work_uuid("anidb:9")]
    assert row["record_of"] == str(work_uuid("mal:1"))
    assert [(one["kind"], one["method"]) for one in row["because"]] == [("same_work", "inferred")]
    assert not await rows(graph, "is_same_as")
    assert [one for one in findings(await read_graph(graph)) if one.severity == "error"] == []


async def test_films_of_one_collection_are_a_franchise_of_its_name(graph: Gateway) -> None:
    films = [film(n, title, 1960 + n, collection="Agent") for n, title in enumerate(("No", "Eye"))]
    await taken(graph, films=films)
    assert await franchises(graph) == {"agent": {"No", "Eye"}}


async def test_a_crossover_shows_as_a_guest_where_it_is_not_at_home(graph: Gateway) -> None:
    await taken(graph, *SAGA, *TALES, GUEST)
    visits = [row async for page in tables.visits(graph) for row in page]
    home = [slug for slug, works in (await franchises(graph)).items() if "Omatsuri" in works]
    assert {visit.work for visit in visits} == {work_uuid("mal:21")}
    assert len({visit.slug for visit in visits}) + len(home) == 2
    assert all(one.kind == "crossover" for visit in visits for one in visit.because)


async def test_a_second_run_over_the_same_files_writes_nothing(graph: Gateway) -> None:
    await taken(graph, *SAGA, *TALES, GUEST, *UNTOLD)
    before, at = await graph_state(graph), await revision(graph)
    report = await taken(graph, *SAGA, *TALES, GUEST, *UNTOLD)
    assert (await graph_state(graph), await revision(graph)) == (before, at)
    assert report.franchises == FranchiseCounts()


async def test_a_change_computes_only_what_is_connected_with_it(graph: Gateway) -> None:
    await taken(graph, *SAGA, *TALES, *UNTOLD)
    at = {key: row["digest"] for key, row in (await rows(graph, "hub_part")).items()}
    third = series(3, "Gurren Saga Three", 2007, ("prequel", 2))
    report = await taken(graph, *SAGA, third, *TALES, *UNTOLD)
    assert report.franchises == FranchiseCounts(changed=1, computed=3)
    now = {key: row["digest"] for key, row in (await rows(graph, "hub_part")).items()}
    assert sum(at.get(key) != digest for key, digest in now.items()) == 1


async def test_what_was_kept_is_what_computing_anew_gives(graph: Gateway) -> None:
    await taken(graph, *SAGA, *TALES, *UNTOLD)
    third = series(3, "Gurren Saga Three", 2007, ("prequel", 2))
    await taken(graph, *SAGA, third, *TALES, GUEST, *UNTOLD)
    assert await franchise_oracle.stored(graph) == await franchise_oracle.computed(graph)


async def test_a_rarer_word_computes_those_who_bear_it(graph: Gateway) -> None:
    await taken(graph, *SAGA, *TALES)
    report = await taken(graph, *SAGA, *TALES, series(41, "Kirameki Cooking", 2001))
    assert report.franchises.computed == 2
    assert await franchise_oracle.stored(graph) == await franchise_oracle.computed(graph)


async def test_franchises_made_by_other_rules_are_computed_anew(graph: Gateway) -> None:
    await taken(graph, *SAGA, *TALES)
    before = await graph_state(graph)
    await graph.run_script("BEGIN; UPDATE meta:graph SET rules = 'old' RETURN NONE; COMMIT;")
    await graph.run_script("BEGIN; UPDATE hub_part SET digest = 'old' RETURN NONE; COMMIT;")
    report = await taken(graph, *SAGA, *TALES)
    assert report.franchises == FranchiseCounts(computed=4)
    assert await graph_state(graph) == before


@pytest.mark.parametrize("is_cut", [False, True], ids=["answers", "is ended"])
async def test_a_helper_computes_what_this_process_would(
    graph: Gateway, monkeypatch: pytest.MonkeyPatch, is_cut: bool
) -> None:
    films = [film(n, title, 1960 + n, collection="Agent") for n, title in enumerate(("No", "Eye"))]
    works = (*SAGA, *TALES, GUEST, *UNTOLD)
    await taken(graph, *works, films=films)
    before = await graph_state(graph)
    assert before["hub_part"]
    asked: list[int] = []

    async def call(module: str, request: bytes, *, deadline_s: float) -> bytes:
        asked.append(len(request))
        if is_cut:
            raise ChildEndedError("it was ended by SIGKILL")
        return await child_process.call(module, request, deadline_s=deadline_s)

    monkeypatch.setattr(helper, "call", call)
    monkeypatch.setattr(clustering, "WORTH_HELPING", 1)
    monkeypatch.setattr(clustering, "WORKS_A_BATCH", 2)
    await graph.run_script("BEGIN; UPDATE meta:graph SET rules = 'old' RETURN NONE; COMMIT;")
    await graph.run_script("BEGIN; UPDATE hub_part SET digest = 'old' RETURN NONE; COMMIT;")
    report = await taken(graph, *works, films=films)
    assert report.franchises.computed > 4
    assert len(asked) == 1
    assert await graph_state(graph) == before


async def test_an_edge_that_a_cut_run_lost_comes_back(graph: Gateway) -> None:
    await taken(graph, *SAGA, *TALES)
    before = await graph_state(graph)
    await graph.run_script("BEGIN; DELETE in_franchise RETURN NONE; COMMIT;")
    await graph.run_script("BEGIN; UPDATE meta:graph SET composed = false RETURN NONE; COMMIT;")
    await taken(graph, *SAGA, *TALES)
    assert await graph_state(graph) == before


async def test_a_franchise_that_merges_into_another_leaves_a_redirect(graph: Gateway) -> None:
    three = (*SAGA, series(3, "Gurren Saga Three", 2007, ("prequel", 2)))
    await taken(graph, *three, *TALES)
    joining = series(13, "Gurren Tales", 2009, ("prequel", 12), ("prequel", 3))
    report = await taken(graph, *three, *TALES, joining)
    assert set(await franchises(graph)) == {"gurren-saga"}
    assert await redirects(graph) == {"kirameki-tales": "gurren-saga"}
    assert (report.franchises.removed, report.franchises.redirected) == (1, 1)


async def test_a_franchise_that_splits_keeps_its_slug_with_the_larger_part(graph: Gateway) -> None:
    three = (*SAGA, series(3, "Gurren Saga Three", 2007, ("prequel", 2)))
    joining = series(13, "Gurren Tales", 2009, ("prequel", 12), ("prequel", 3))
    await taken(graph, *three, *TALES, joining)
    await taken(graph, *three, *TALES)
    assert (await franchises(graph))["gurren-saga"] == {one.facts.titles[0].text for one in three}
    assert set(await franchises(graph)) == {"gurren-saga", "kirameki-tales"}
    assert await redirects(graph) == {}


async def test_a_franchise_that_dissolves_leaves_a_slug_and_gets_it_back(graph: Gateway) -> None:
    await taken(graph, *SAGA)
    await taken(graph, SAGA[1])
    assert await franchises(graph) == {}
    assert await redirects(graph) == {"gurren-saga": None}
    await taken(graph, *SAGA)
    assert set(await franchises(graph)) == {"gurren-saga"}
    assert await redirects(graph) == {}


async def test_a_forgotten_source_takes_its_franchises_with_it(graph: Gateway) -> None:
    films = [film(n, title, 1960 + n, collection="Agent") for n, title in enumerate(("No", "Eye"))]
    await taken(graph, *SAGA, films=films)
    await ingest(graph, {"films": []})
    assert set(await franchises(graph)) == {"gurren-saga"}


async def test_an_omnibus_project_is_one_franchise_without_any_tie(graph: Gateway) -> None:
    await taken(graph, series(1, "Isekai Quartet", 2019), series(2, "Isekai Quartet 2", 2020))
    assert await franchises(graph) == {"isekai-quartet": {"Isekai Quartet", "Isekai Quartet 2"}}


async def test_the_check_finds_no_fault_in_what_was_computed(graph: Gateway) -> None:
    await taken(graph, *SAGA, *TALES, GUEST, *UNTOLD, films=[film(1, "Gurren", 2003, "mal:2")])
    found = findings(await read_graph(graph))
    assert [one for one in found if one.severity == "error"] == []
