"""Acts of curators through the engine: each applies at once, wins, is kept, and can be undone."""

import datetime as dt
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from ingest.curating.log import all_acts, history_of
from ingest.curating.pictures import orders_of
from ingest.dumping.soundness import problems_of
from ingest.dumping.store import records
from ingest.pipeline.guards import ALL_GUARDS
from ingest.pipeline.jobs import IngestJob, RunOptions
from ingest.pipeline.run import Pipeline
from ingest.registry import SOURCES
from kensho.errors import ActConflictError, InvalidInputError, KenshoError, NotFoundError
from kensho.platform.settings import IngestSettings
from kensho.storage.gateway import Gateway
from kensho.storage.runs import recorded_runs
from tests.support.curating import ingest_catalogue, stated, write_catalogue
from tests.support.records import (
    emptied,
    graph_state,
    open_graph,
    rows,
    silent,
    uuid_in,
    works_by_id,
)


@pytest.fixture(scope="module")
async def store() -> AsyncIterator[Gateway]:
    async with open_graph() as gateway:
        yield gateway


@pytest.fixture
async def graph(store: Gateway, tmp_path: Path) -> Gateway:
    graph = await emptied(store)
    await ingest_catalogue(graph, write_catalogue(tmp_path / "data"))
    return graph


async def work(graph: Gateway, name: str) -> dict[str, Any]:
    return (await works_by_id(graph))[name]


async def franchises(graph: Gateway) -> dict[str, set[str]]:
    """Return the titles of the works of each franchise, by its title."""
    names = {row["uuid"]: row["title"] for row in (await works_by_id(graph)).values()}
    titles = {k: row["title"] for k, row in (await rows(graph, "franchise")).items()}
    found: dict[str, set[str]] = {title: set() for title in titles.values()}
    for row in (await rows(graph, "in_franchise")).values():
        found[titles[row["out"]]].add(names[uuid_in(row["in"])])
    return found


async def kind_of(graph: Gateway, name: str, other: str) -> str | None:
    """Return what the work `other` is of the work `name`, as curators' histories tell it."""
    told = [one for one in (await history_of(graph, name)).said if one.field == "relation"]
    title = (await work(graph, other))["title"]
    return next(
        (one.value.split(":")[0] for one in told if one.counts and one.about == title), None
    )


@pytest.mark.parametrize(
    ("field", "value", "column", "shown"),
    [
        ("year", 2010, "year", 2010),
        ("start_date", "2011-04-03", "start_date", "2011-04-03"),
        ("season", "fall", "season", "fall"),
        ("anime_type", "ova", "anime_type", "ova"),
        ("episode_count", "13", "episodes", 13),
        ("duration_s", 1440, "duration_s", 1440),
        ("status", "finished", "status", "finished"),
        ("score", 7.5, "score", 7.5),
        ("studios", "Studio A, Studio B", "studios", ["Studio A", "Studio B"]),
        ("poster_url", "https://example.org/p.png", "poster_url", "https://example.org/p.png"),
        ("adult", "false", "adult", False),
    ],
)
async def test_a_fact_is_as_a_curator_says(
    graph: Gateway, field: str, value: object, column: str, shown: object
) -> None:
    before = await graph_state(graph)
    made = await stated(graph, "fact", work="kitsu:1", field=field, value=value)
    assert (await work(graph, "mal:1"))[column] == shown
    assert [one.work for one in made.facts] == ["Umi no Uta 1"] * len(made.facts) != []
    await stated(graph, "undo", of=made.acts[0].id)
    assert without_acts(await graph_state(graph)) == without_acts(before)


def without_acts(state: Any) -> Any:
    kept = {k: v for k, v in state["source_record"].items() if "'act:" not in k and "act:" not in k}
    return state | {"source_record": kept}


async def test_a_deprecated_fact_is_not_shown_whoever_states_it(graph: Gateway) -> None:
    await stated(graph, "fact", work="mal:1", field="anime_type", value="tv", rank="deprecated")
    assert (await work(graph, "mal:1"))["anime_type"] == "unknown"


async def test_titles_tags_ids_and_mappings_are_stated_and_deprecated(graph: Gateway) -> None:
    await stated(graph, "title", work="mal:1", text="Song of the Sea", rank="preferred")
    await stated(graph, "title", work="mal:1", text="Umi no Uta 1", rank="deprecated")
    await stated(graph, "tag", work="mal:1", name="Ocean ", relevance=0.9, category="theme")
    await stated(graph, "tag", work="mal:1", name="sea", rank="deprecated")
    await stated(graph, "id", work="mal:1", id="https://anidb.net/anime/77")
    await stated(graph, "id", work="mal:1", id="kitsu:1", rank="deprecated")
    await stated(graph, "mapping", work="mal:1", id="tvdb:9", season=2, first=1, last=12)
    row = await work(graph, "mal:1")
    assert [title["text"] for title in row["titles"]] == ["Song of the Sea"]
    assert row["sources"] == ["anidb:77", "mal:1"]
    assert row["mappings"] == [{"id": "tvdb:9", "season": 2, "first": 1, "last": 12}]
    tags = {k: r["name"] for k, r in (await rows(graph, "tag")).items()}
    mine = [
        (tags[edge["out"]], edge["relevance"])
        for edge in (await rows(graph, "has_tag")).values()
        if uuid_in(edge["in"]) == row["uuid"]
    ]
    assert mine == [("ocean", 0.9)]
    await stated(graph, "id", work="mal:2", id="kitsu:1")
    assert "kitsu:1" in (await work(graph, "mal:2"))["sources"]


async def test_an_id_of_another_work_is_refused_with_what_to_do(graph: Gateway) -> None:
    with pytest.raises(ActConflictError, match=r"kitsu:2 is of Umi no Uta 2.*\(same\)"):
        await stated(graph, "id", work="mal:1", id="kitsu:2")


async def test_facts_of_an_episode_are_united_and_an_episode_is_struck_out(graph: Gateway) -> None:
    await stated(graph, "episode", work="mal:1", number=2, title="Two", filler=False)
    await stated(graph, "episode", work="mal:1", number=2, filler=True, air_date="2001-04-09")
    (row,) = (await rows(graph, "episode")).values()
    assert (row["filler"], row["air_date"]) == (True, "2001-04-09")
    assert [title["text"] for title in row["titles"]] == ["Two"]
    await stated(graph, "episode", work="mal:1", number=2, rank="deprecated")
    assert await rows(graph, "episode") == {}


async def test_a_relation_is_stated_overruled_denied_and_undone(graph: Gateway) -> None:
    first = await stated(graph, "relation", work="mal:1", kind="side_story", other="mal:2")
    assert await kind_of(graph, "mal:1", "mal:2") == "side story"
    second = await stated(
        graph, "relation", author="bob", work="mal:2", kind="full_story", other="mal:1"
    )
    assert [one.id for one in second.overruled] == [first.acts[0].id]
    assert await kind_of(graph, "mal:1", "mal:2") == "summary"
    denied = await stated(
        graph, "relation", work="mal:1", kind="related", other="mal:2", denied=True
    )
    assert await kind_of(graph, "mal:1", "mal:2") == "not related"
    assert len(await rows(graph, "is_not_related_to")) == 1
    await stated(graph, "undo", of=denied.acts[0].id)
    assert await kind_of(graph, "mal:1", "mal:2") == "summary"
    await stated(graph, "undo", of=second.acts[0].id)
    assert await kind_of(graph, "mal:1", "mal:2") == "side story"
    lost = [
        one for one in (await history_of(graph, "mal:1")).said if one.value.startswith("sequel")
    ]
    assert [one.counts for one in lost] == [False]
    assert "alice" in str(lost[0].against)


async def test_two_records_are_one_work_and_two_again(graph: Gateway) -> None:
    await stated(graph, "same", work="mal:5", other="mal:6")
    (edge,) = (await rows(graph, "is_same_as")).values()
    assert (edge["source"], edge["method"]) == ("curator", "stated")
    await stated(graph, "same", work="mal:6", other="mal:5", denied=True)
    assert await rows(graph, "is_same_as") == {}


async def test_a_work_is_added_and_known_to_the_catalogue_that_lists_it_later(
    graph: Gateway, tmp_path: Path
) -> None:
    made = await stated(
        graph, "work", ids=["mal:7"], title="Lost Song", year=2007, anime_type="ova"
    )
    row = await work(graph, "mal:7")
    assert (row["title"], row["year"], row["anime_type"]) == ("Lost Song", 2007, "ova")
    await stated(graph, "move", works=["mal:7"], to="mal:5")
    assert (await franchises(graph))["Yama no Kage"] >= {"Lost Song", "Yama no Kage 5"}
    await ingest_catalogue(graph, write_catalogue(tmp_path / "data", range(1, 8)))
    again = await work(graph, "mal:7")
    assert again["uuid"] == row["uuid"]
    assert again["anime_type"] == "tv", "a catalogue that lists it knows more"
    await stated(graph, "undo", of=made.acts[0].id)
    assert (await work(graph, "mal:7"))["uuid"] == row["uuid"]


async def test_franchises_are_joined_split_moved_and_renamed(graph: Gateway) -> None:
    joined = await stated(graph, "join", works=["mal:1", "mal:5"])
    assert len(await franchises(graph)) == 1
    (gone,) = [one for one in joined.franchises if one.is_gone]
    assert gone.left == ("Yama no Kage 5 (2005)", "Yama no Kage 6 (2006)")
    assert {name for one in joined.franchises for name in one.joined} == set(gone.left)
    split = await stated(graph, "split", works=["mal:5"])
    assert len(await franchises(graph)) == 2
    renamed = await stated(graph, "rename", work="umi-no-uta", title="The Sea")
    assert [(one.title_before, one.title) for one in renamed.franchises] == [
        ("Umi no Uta", "The Sea")
    ]
    again = await stated(graph, "rename", author="bob", work="mal:2", title="Songs")
    assert [one.author for one in again.overruled] == ["alice"]
    assert "Songs" in await franchises(graph)
    moved = await stated(graph, "move", works=["mal:4"], to="yama-no-kage")
    assert "Umi no Uta 4" in (await franchises(graph))["Yama no Kage"]
    for made in (moved, again, renamed, split, joined):
        await stated(graph, "undo", of=made.acts[0].id)
    assert {title: len(works) for title, works in (await franchises(graph)).items()} == {
        "Umi no Uta": 4,
        "Yama no Kage": 2,
    }


async def test_a_story_runs_as_a_curator_says(graph: Gateway) -> None:
    made = await stated(graph, "order", works=["mal:3", "mal:1"])
    order = (await orders_of(graph, ["umi-no-uta"]))["umi-no-uta"]["story"]
    ids: dict[UUID, str] = {
        row["uuid"]: name for name, row in (await works_by_id(graph)).items() if "mal" in name
    }
    told = [ids[one] for one in order]
    assert told.index("mal:3") < told.index("mal:1")
    assert "story" in made.franchises[0].orders
    other = await stated(graph, "order", author="bob", works=["mal:1", "mal:3"])
    assert [one.id for one in other.overruled] == [made.acts[0].id]


async def test_acts_survive_releases_and_other_sources_that_are_forgotten(
    graph: Gateway, tmp_path: Path
) -> None:
    made = await stated(graph, "fact", work="mal:4", field="year", value=2010)
    await stated(graph, "rename", work="mal:4", title="The Sea")
    await ingest_catalogue(graph, write_catalogue(tmp_path / "data", (1, 2, 3)))
    assert "mal:4" not in await works_by_id(graph)
    options = RunOptions(tmp_path, lifted=ALL_GUARDS)
    forgotten = [IngestJob(SOURCES[name], ()) for name in ("aodb", "kensho-relations")]
    await Pipeline(graph, SOURCES, options, silent()).run(forgotten)
    assert await works_by_id(graph) == {}
    assert len(await all_acts(graph)) == 2
    await ingest_catalogue(graph, write_catalogue(tmp_path / "data"))
    assert (await work(graph, "mal:4"))["year"] == 2010
    assert "The Sea" in await franchises(graph)
    await ingest_catalogue(graph, write_catalogue(tmp_path / "data", (1, 2, 3)))
    await stated(graph, "undo", of=made.acts[0].id)  # of a work that is none at the time
    await ingest_catalogue(graph, write_catalogue(tmp_path / "data"))
    assert (await work(graph, "mal:4"))["year"] == 2004


async def test_records_of_acts_are_sound_in_a_dump(graph: Gateway) -> None:
    await stated(graph, "relation", work="mal:1", kind="side_story", other="mal:2")
    await stated(graph, "episode", work="mal:1", number=1, title="One", air_date="2001-04-02")
    await stated(graph, "work", ids=["mal:7"], title="Lost Song")
    sources = {"curator", "curator-works"}
    found = [row async for page in records(graph) for row in page if row.id[1] in sources]
    assert len(found) == 3
    assert [p for row in found for p in problems_of(row, sources, IngestSettings())] == []


async def test_what_was_said_meanwhile_is_told_and_nothing_is_written(graph: Gateway) -> None:
    first = await stated(graph, "fact", work="mal:1", field="year", value=1999)
    version = (await history_of(graph, "mal:1")).version
    await stated(graph, "fact", author="bob", work="kitsu:1", field="season", value="fall")
    with pytest.raises(ActConflictError, match="by bob: the credits say so"):
        await stated(graph, "fact", work="mal:1", field="year", value=1998, against=version)
    assert (await work(graph, "mal:1"))["year"] == 1999
    await stated(graph, "fact", work="mal:2", field="year", value=1998, against=version)
    assert version == first.acts[0].id


@pytest.mark.parametrize(
    ("says", "kind", "told"),
    [
        ({"act": "fact", "work": "mal:99", "field": "year", "value": 1}, NotFoundError, "mal:99"),
        ({"act": "fact", "work": "x", "field": "year", "value": 1}, InvalidInputError, "'x'"),
        ({"act": "fact", "work": "mal:1", "field": "year", "value": 999}, InvalidInputError, "999"),
        ({"act": "fact", "work": "mal:1", "field": "yr", "value": 1}, InvalidInputError, "'yr'"),
        ({"act": "fact", "work": "mal:1", "field": "season", "value": 5}, InvalidInputError, "5"),
        ({"act": "title", "work": "mal:1", "text": " x\t"}, InvalidInputError, "text"),
        ({"act": "split", "works": ["mal:1"], "others": ["kitsu:1"]}, InvalidInputError, "mal:1"),
        ({"act": "rename", "work": "no-such", "title": "X"}, NotFoundError, "no-such"),
        ({"act": "work", "ids": ["mal:1"], "title": "X"}, ActConflictError, "Umi no Uta 1"),
        ({"act": "work", "ids": ["nope:1"], "title": "X"}, InvalidInputError, "nope:1"),
        ({"act": "undo", "of": "0123456789abcdef"}, NotFoundError, "0123456789abcdef"),
        ({"act": "dance"}, InvalidInputError, "dance"),
        ({"act": "relation", "work": "mal:1", "kind": "related", "other": "kitsu:1"},
         InvalidInputError, "mal:1"),
    ],
)  # fmt: skip
async def test_what_makes_no_sense_is_refused_by_field_and_value(
    graph: Gateway, says: dict[str, Any], kind: type[KenshoError], told: str
) -> None:
    before = await graph_state(graph)
    given = dict(says)
    with pytest.raises(kind, match=told):
        await stated(graph, given.pop("act"), **given)
    assert await graph_state(graph) == before


async def test_an_act_that_says_nothing_new_is_refused(graph: Gateway) -> None:
    made = await stated(graph, "fact", work="mal:1", field="year", value=1999)
    with pytest.raises(ActConflictError, match="by alice says so already"):
        await stated(graph, "fact", author="bob", work="kitsu:1", field="year", value=1999)
    await stated(graph, "undo", of=made.acts[0].id)
    with pytest.raises(ActConflictError, match="was undone by act"):
        await stated(graph, "undo", of=made.acts[0].id)
    log = await all_acts(graph)
    assert [act.undone_by for act in log] == [log[1].id, None]
    assert dt.datetime.fromisoformat(log[0].at).tzinfo is not None


async def test_the_run_of_an_act_is_taken_back_as_any_other(graph: Gateway) -> None:
    first = await stated(graph, "fact", work="mal:1", field="year", value=2010)
    before = await graph_state(graph)
    await stated(graph, "fact", author="bob", work="mal:1", field="year", value=2011)
    made = (await recorded_runs(graph))[0]
    assert (made.source, (await work(graph, "mal:1"))["year"]) == ("curator", 2011)
    pipeline = Pipeline(graph, SOURCES, RunOptions(Path()), silent())
    await pipeline.roll_back([str(made.id)])
    assert await graph_state(graph) == before
    assert [one.id for one in await all_acts(graph)] == [first.acts[0].id]
    assert [one.overruled_by for one in await all_acts(graph)] == [None]
    await pipeline.roll_back([str((await recorded_runs(graph))[0].id)])
    assert (await work(graph, "mal:1"))["year"] == 2011
    assert [one.author for one in await all_acts(graph)] == ["alice", "bob"]


async def test_an_act_on_which_a_later_one_bears_stays_when_its_run_is_taken_back(
    graph: Gateway,
) -> None:
    await stated(graph, "split", works=["mal:3"], others=["mal:1"])
    made = (await recorded_runs(graph))[0]
    parted = await franchises(graph)
    undone = await stated(graph, "undo", of=(await all_acts(graph))[0].id)
    report = await Pipeline(graph, SOURCES, RunOptions(Path()), silent()).roll_back([str(made.id)])
    assert "wrote them since" in str(report.sources[0].message)
    assert [one.undone_by for one in await all_acts(graph)] == [undone.acts[0].id, None]
    assert await franchises(graph) != parted
