"""Exports of a small catalogue, and what they hold in memory."""

import io
import tracemalloc
from collections.abc import Iterator
from uuid import UUID

import msgspec
import networkx as nx
import pytest

from ingest.registry import SOURCES
from kensho.discovery.exports import (
    FORMATS,
    LICENCES,
    NOTES,
    export,
    franchise_as_json,
    of_franchise,
    whole,
)
from kensho.domain.relations import Assertion, Kind
from kensho.read_model import graph_views
from kensho.read_model.building.writer import SnapshotInputs
from kensho.read_model.graph_views import (
    EDGE_FIELDS,
    NODE_FIELDS,
    ExportBeyond,
    ExportBridge,
    ExportEdge,
    ExportGraph,
    ExportNode,
    ExportNotice,
)
from kensho.read_model.inputs import EdgeInput, WorkInput
from kensho.read_model.model import ReadModel
from kensho.read_model.views import SourceView, Summary
from tests.support.read_models import opened

IDS = [UUID(int=number) for number in (1, 2, 3, 4)]
TITLES = ["Fate/Zero", "Fate/stay night", 'Carnival "Phantasm"', "Kara no Kyoukai"]
PAGE = SourceView("mal", "20", "https://myanimelist.net/anime/20")
STATED = Assertion("jikan", "2026-11-20", "sequel", "stated", 1.0)


def work(number: int) -> WorkInput:
    summary = Summary(
        id=IDS[number],
        title=TITLES[number],
        poster_url=None,
        episodes=13 + number,
        status="finished",
        anime_type="tv",
        imdb_rating=None,
    )
    return WorkInput(
        id=IDS[number],
        kind="anime",
        anime_type="tv",
        status="finished",
        year=2011 if number else None,
        season="fall" if number else None,
        imdb_rating=None,
        imdb_votes=None,
        score=8.5 if number else None,
        adult=False,
        source_ids=(),
        summary=msgspec.json.encode(summary),
        detail=msgspec.json.encode({"sources": [PAGE], "synonyms": ["運命", "Fate"]}),
    )


def edge(source: int, target: int, kind: Kind) -> EdgeInput:
    return EdgeInput(IDS[source], IDS[target], kind, msgspec.json.encode([STATED]))


EDGES = [edge(0, 1, "sequel"), edge(1, 2, "spin_off"), edge(3, 0, "character")]


@pytest.fixture(scope="module")
def model() -> Iterator[ReadModel]:
    with opened(
        SnapshotInputs(works=[*map(work, range(4))], edges=EDGES), revision=7
    ) as opened_model:
        yield opened_model


def triples(graph: ExportGraph) -> list[tuple[str, str, str]]:
    return [(edge.source, edge.target, edge.kind) for edge in graph.edges]


def test_the_whole_graph_has_every_work_and_every_edge_as_it_is_kept(model: ReadModel) -> None:
    graph = whole(model)
    first, second, *_ = nodes = list(graph.nodes)
    assert [node.title for node in nodes] == TITLES
    assert (first.year, first.season, first.score, first.episodes) == (None, None, None, 13)
    assert (second.year, second.season, second.score, second.kind) == (2011, "fall", 8.5, "anime")
    assert triples(graph) == [
        (str(IDS[0]), str(IDS[1]), "sequel"),
        (str(IDS[1]), str(IDS[2]), "spin_off"),
        (str(IDS[3]), str(IDS[0]), "character"),
    ]


@pytest.mark.parametrize("name", FORMATS)
def test_every_format_has_the_ids_and_further_titles_of_works(model: ReadModel, name: str) -> None:
    text = b"".join(export(whole(model), name)).decode().replace("&quot;", '"')
    text = text.replace('\\"', '"')
    assert text.count('["mal:20"]') == 4
    assert text.count('["運命","Fate"]') == 4


def stored() -> bytes:
    """Return the stored document of a franchise of two works, with a bridge."""
    nodes = [
        ExportNode(id=f"{n}", title=TITLES[n], kind="anime", anime_type="tv", status="finished")
        for n in range(2)
    ]
    edges = [ExportEdge("0", "1", "sequel", (STATED,))]
    bridge = ExportBridge(ExportEdge("3", "0", "character"), ExportBeyond(1, ("3",)), only=True)
    return b"{" + b"".join(graph_views.json_contents(nodes, edges, [bridge]))


def test_a_franchise_is_exported_from_its_stored_document() -> None:
    graph = of_franchise("Fate", stored())
    assert [node.title for node in graph.nodes] == TITLES[:2]
    (edge,) = graph.edges
    assert (edge.id, edge.assertions) == ("0:sequel:1", (STATED,))


def test_the_graph_of_a_franchise_is_the_same_json_whether_read_or_spliced() -> None:
    whole_document = b"".join(export(of_franchise("Fate", stored()), "json"))
    assert franchise_as_json("Fate", stored()).bytes == whole_document
    assert msgspec.json.decode(whole_document)["notice"]["title"] == "Kenshō: Fate"


def test_json_tells_of_the_bridges_that_lead_out_of_a_franchise() -> None:
    (bridge,) = msgspec.json.decode(franchise_as_json("Fate", stored()).bytes)["bridges"]
    assert bridge["beyond"] == {"works": 1, "nearest": ["3"]}
    assert (bridge["edge"]["from"], bridge["edge"]["kind"]) == ("3", "character")
    assert bridge["only"] is True


@pytest.mark.parametrize("name", FORMATS)
def test_a_franchise_names_no_revision(name: str) -> None:
    head = b"".join(export(of_franchise("Fate", stored()), name)).split(b"stay night")[0].decode()
    assert "evision" not in head
    assert "Kenshō: Fate" in head


@pytest.mark.parametrize("name", FORMATS)
def test_every_format_says_where_its_facts_come_from(model: ReadModel, name: str) -> None:
    head = b"".join(export(whole(model), name)).split(b"Carnival")[0].decode()
    assert "the whole graph" in head
    assert "7" in head
    for note in NOTES:
        assert note in head.replace("&apos;", "'")


def test_the_notes_name_every_source_with_the_licence_that_it_is_read_under() -> None:
    assert {source.title: source.licence for source in SOURCES.values()} == LICENCES
    assert all(any(title in note for note in NOTES) for title in LICENCES)


def test_a_link_between_two_works_can_have_several_kinds(model: ReadModel) -> None:
    nodes = [
        ExportNode(id=i, title=i, kind="anime", anime_type="tv", status="finished") for i in "ab"
    ]
    edges = [
        ExportEdge("a", "b", "sequel"),
        ExportEdge("a", "b", "character"),
        ExportEdge("b", "a", "other"),
    ]
    graph = ExportGraph(ExportNotice(title="Two", revision=1, notes=()), nodes, edges)
    read = nx.read_graphml(io.BytesIO(b"".join(export(graph, "graphml"))))
    assert sorted(facts["kind"] for *_, facts in read.edges(data=True)) == [
        "character",
        "other",
        "sequel",
    ]


def test_every_field_of_a_node_and_an_edge_is_declared() -> None:
    assert {"id", *NODE_FIELDS} == set(ExportNode.__struct_fields__)
    assert {"source", "target", *EDGE_FIELDS} == set(ExportEdge.__struct_fields__)


def large(total: int) -> ExportGraph:
    nodes = (
        ExportNode(
            id=f"{n:032x}", title=f"Work {n}", kind="anime", anime_type="tv", status="finished"
        )
        for n in range(total)
    )
    edges = (
        ExportEdge(f"{n:032x}", f"{n + 1:032x}", "sequel", (STATED,)) for n in range(total - 1)
    )
    return ExportGraph(ExportNotice(title="Large", revision=1, notes=()), nodes, edges)


@pytest.mark.parametrize("name", FORMATS)
def test_a_large_graph_is_written_in_pieces_that_are_not_kept(name: str) -> None:
    tracemalloc.start()
    sizes = [len(piece) for piece in export(large(5_000), name)]
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert sum(sizes) > 1_000_000
    assert max(sizes) < 70_000
    assert min(sizes[:-1]) >= 64 * 1024
    assert most < 500_000


@pytest.mark.parametrize("name", FORMATS)
def test_each_format_tells_an_inferred_relation_from_a_stated_one(name: str) -> None:
    inferred = Assertion("kensho", "9f3c", "sequel", "inferred", 0.93, "season 2 follows season 1")
    ends = [str(one) for one in IDS]
    texts = [
        b"".join(
            export(
                ExportGraph(
                    ExportNotice(title="", revision=1, notes=()),
                    (),
                    [ExportEdge(ends[0], ends[1], "sequel", (assertion,))],
                ),
                name,
            )
        ).decode()
        for assertion in (inferred, STATED)
    ]
    assert ["inferred" in text for text in texts] == [True, False]
    assert ["stated" in text for text in texts] == [False, True]
