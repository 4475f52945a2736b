"""The read model against the engine: on random graphs both answer the same."""

from typing import Any
from uuid import UUID

import msgspec
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from kensho.domain.relations import INVERSE, KINDS, Kind
from kensho.domain.works import SEASONS
from kensho.read_model.building.builder import build
from kensho.read_model.model import ReadModel
from kensho.storage.gateway import Gateway
from tests.support.examples import examples
from tests.support.random_graphs import (
    RETIRED_IDS,
    REVISION,
    SOURCE_IDS,
    WORK_IDS,
    RandomGraph,
    graphs,
    kind_sets,
    load,
)
from tests.support.read_models import scratch_folder
from tests.support.stores import open_graph

ALL = 10_000
# A store is made, migrated and filled for each example: a tenth of a second.
engine_settings = settings(
    max_examples=examples(12), deadline=None, suppress_health_check=[HealthCheck.too_slow]
)


class Reached(msgspec.Struct):
    """The engine's walk: what is within one, two and three hops, and the edges among it."""

    within: tuple[set[UUID], set[UUID], set[UUID]]
    edges: set[tuple[UUID, UUID, Kind]]


async def walked_by_engine(
    gateway: Gateway, model: ReadModel, node: int, kinds: frozenset[Kind]
) -> Reached:
    backward = [kind for kind in KINDS if INVERSE[kind] in kinds]
    start = {"table": model.kind(node), "id": model.id(node)}
    found = await gateway.fetch(
        "works.neighbourhood", {**start, "forward": list(kinds), "backward": backward}, into=Reached
    )
    for within in found.within:
        within.discard(model.id(node))
    return found


@engine_settings
@given(graphs(), st.none() | kind_sets, st.data())
async def test_walks_agree_at_every_depth(
    graph: RandomGraph, kinds: frozenset[Kind] | None, data: st.DataObject
) -> None:
    async with open_graph() as gateway:
        await load(gateway, graph)
        with scratch_folder() as folder:
            model = ReadModel.open(await build(gateway, folder))
            node = data.draw(st.integers(0, model.works_total - 1))
            allowed = frozenset(KINDS) if kinds is None else kinds
            expected = await walked_by_engine(gateway, model, node, allowed)
            for depth, within in enumerate(expected.within, 1):
                walk = model.walk(node, kinds, depth, ALL, ALL)
                assert {model.id(reached) for reached, distance in walk.nodes if distance} == within
            walk = model.walk(node, kinds, 3, ALL, ALL)
            edges = {
                (model.id(edge.source), model.id(edge.target), edge.kind)
                for edge in (model.edge(step.edge) for step in walk.edges)
            }
            assert edges == {
                edge for edge in expected.edges if edge[2] in allowed or INVERSE[edge[2]] in allowed
            }


@engine_settings
@given(graphs())
async def test_lists_and_lookups_agree(graph: RandomGraph) -> None:
    async with open_graph() as gateway:
        await load(gateway, graph)
        with scratch_folder() as folder:
            model = ReadModel.open(await build(gateway, folder))
            assert model.revision == REVISION
            await seasons_agree(gateway, model)
            await tags_agree(gateway, model)
            await source_ids_agree(gateway, model)
            await retired_ids_agree(gateway, model)


async def rows(gateway: Gateway, name: str, **params: object) -> list[dict[str, Any]]:
    return await gateway.fetch(name, params, into=list[dict[str, Any]])


async def seasons_agree(gateway: Gateway, model: ReadModel) -> None:
    for year in (2019, 2020):
        for season in SEASONS:
            expected = await rows(gateway, "works.of_season", year=year, season=season)
            found = [str(model.id(node)) for node in model.season_nodes(year, season).tolist()]
            assert found == [row["id"] for row in expected]


async def tags_agree(gateway: Gateway, model: ReadModel) -> None:
    counts = await rows(gateway, "works.tag_counts")
    assert [(str(t.id), t.name, t.category, t.works) for t in model.tags] == [
        (row["id"], row["name"], row["category"], row["works"]) for row in counts
    ]
    for number, tag in enumerate(model.tags):
        expected = await rows(gateway, "works.of_tag", tag=tag.id)
        nodes, relevances = model.tag_nodes(number)
        assert [str(model.id(node)) for node in nodes.tolist()] == [row["id"] for row in expected]
        assert relevances.tolist() == [row["relevance"] for row in expected]


async def source_ids_agree(gateway: Gateway, model: ReadModel) -> None:
    for source_id in (*SOURCE_IDS, "mal:11"):
        expected: set[tuple[str, int | None, int | None]] = set()
        for row in await rows(gateway, "works.behind_source_id", source_id=source_id):
            expected |= {(row["id"], None, None)} if row["identity"] else set()
            expected |= {(row["id"], r["first"], r["last"]) for r in row["ranges"]}
        assert {
            (str(model.id(r.node)), r.first, r.last) for r in model.resolve(source_id)
        } == expected


async def retired_ids_agree(gateway: Gateway, model: ReadModel) -> None:
    for work in (*RETIRED_IDS, *WORK_IDS):
        expected = await rows(gateway, "works.retired", id=work)
        found = model.retired(work)
        successor = str(found.successor) if found and found.successor else None
        assert ([{"successor": successor}] if found else []) == expected
