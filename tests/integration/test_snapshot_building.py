"""A snapshot is one moment of the graph, with all that is read of it."""

import asyncio
import os
import uuid
from pathlib import Path

import msgspec
import pytest
from surrealdb import RecordID

from kensho.errors import StorageError
from kensho.read_model.building import builder
from kensho.read_model.episodes import EpisodeCount
from kensho.storage.gateway import Gateway
from kensho.storage.queries import NamedQuery
from tests.support.graph_writing import put, tie, valid
from tests.support.publishing import MOVE, published
from tests.support.stores import open_graph


async def test_documents_tell_of_tags_and_of_the_franchise_that_is_home(
    graph: Gateway, tmp_path: Path
) -> None:
    work = await put(graph, "anime", title="Haibane", sources=["mal:387"], mappings=[])
    for name, relevance in (("b", 0.9), ("a", 0.9), ("c", 1.0)):
        await tie(graph, "has_tag", work, await put(graph, "tag", name=name), relevance=relevance)
    home = await put(graph, "franchise", slug="haibane", title="Haibane Renmei", root=work)
    await tie(graph, "in_franchise", work, home, because=[])
    model = (await published(graph, tmp_path)).current
    node = model.node(uuid.UUID(str(work.id)))
    assert node is not None
    detail = msgspec.json.decode(model.detail(node))
    assert [tag["name"] for tag in detail["tags"]] == ["c", "a", "b"]
    assert [model.tags[tag].name for tag in model.tags_of(node).tolist()] == ["c", "a", "b"]
    assert detail["franchise"] == {"slug": "haibane", "title": "Haibane Renmei"}
    assert msgspec.json.decode(model.summary(node))["title"] == "Haibane"


async def test_an_edge_of_the_graph_is_read_once_and_its_mirror_not_at_all(
    graph: Gateway, tmp_path: Path
) -> None:
    earlier, later = await put(graph, "anime"), await put(graph, "movie")
    await tie(graph, "is_sequel_of", later, earlier)
    model = (await published(graph, tmp_path)).current
    source, target, kind = model.edge(0)
    assert (model.counts["edges"], model.id(source), model.id(target), kind) == (
        1,
        earlier.id,
        later.id,
        "sequel",
    )


async def test_episodes_come_by_number_and_are_counted(graph: Gateway, tmp_path: Path) -> None:
    work, bare = await put(graph, "anime"), await put(graph, "movie")
    for number, more in ((2, {"filler": True}), (1, {"canon": "canon"}), (3, {"recap": True})):
        name = {"text": f"Part {number}", "language": "en"}
        named = {"work": work, "number": number, "titles": [name], **more}
        await tie(graph, "has_episode", work, await put(graph, "episode", **named))
    model = (await published(graph, tmp_path)).current
    node, other = model.node(uuid.UUID(str(work.id))), model.node(uuid.UUID(str(bare.id)))
    assert node is not None
    assert other is not None
    listed = model.episodes.of(node).decode()
    assert [(one.episode_number, one.title) for one in listed.episodes] == [
        (1, "Part 1"),
        (2, "Part 2"),
        (3, "Part 3"),
    ]
    assert model.episodes.count(node) == EpisodeCount(listed=3, judged=2, filler=1, recap=1)
    assert model.episodes.of(other).decode().total == 0
    assert model.episodes.count(other) is None


async def test_pages_know_the_languages_of_titles_the_dates_and_whose_the_score_is(
    graph: Gateway, tmp_path: Path
) -> None:
    titles = [{"text": "A", "language": "en", "kind": "main"}, {"text": "B", "kind": "synonym"}]
    facts = {"start_date": "2002-10-10", "score": 8.0, "score_source": "mal"}
    work = await put(graph, "anime", titles=titles, **facts)
    model = (await published(graph, tmp_path)).current
    node = model.node(uuid.UUID(str(work.id)))
    assert node is not None
    further = model.further(node).decode()
    assert [title.text for title in further.titles] == ["A"]
    assert (further.start_date, further.end_date, further.score_source) == (
        "2002-10-10",
        None,
        "mal",
    )


async def test_a_reading_overtaken_by_writes_is_begun_again_and_stays_consistent(
    graph: Gateway, tmp_path: Path
) -> None:
    """A restless writer keeps works and revision in step; a torn reading would not."""
    writing = True

    async def write() -> None:
        while writing:
            await graph.run_script(
                "BEGIN; CREATE $a CONTENT $series RETURN NONE; CREATE $b CONTENT $row RETURN NONE;"
                + MOVE.removeprefix("BEGIN;"),
                {
                    "a": RecordID("anime", uuid.uuid4()),
                    "b": RecordID("movie", uuid.uuid4()),
                    "row": valid("movie"),
                    "series": valid("anime"),
                },
            )

    writer = asyncio.create_task(write())
    try:
        for _ in range(3):
            model = (await published(graph, tmp_path)).current
            assert model.works_total == 2 * model.revision
    finally:
        writing = False
        await writer


async def test_a_graph_that_other_processes_never_let_rest_is_given_up(tmp_path: Path) -> None:
    restless = NamedQuery(
        name="meta.revision",
        text="RETURN encoding::json::encode({revision: 1, composed: true, identity: rand::uuid(), "
        "lineage: rand::uuid()});",
        params=frozenset(),
        result="",
        writes=False,
    )
    async with open_graph(restless) as graph:
        with pytest.raises(StorageError, match="changed under"):
            await builder.build(graph, tmp_path)
        assert not os.listdir(tmp_path)  # noqa: PTH208 -- a local folder
