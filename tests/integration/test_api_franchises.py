"""`/api/franchises` over the small graph: pages, orders, graphs, retired slugs and tags."""

import io
import re
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import msgspec
import networkx as nx
import pydot
import pytest
from httpx import AsyncClient

from kensho.discovery.exports import FORMATS
from kensho.read_model.building.publishing import publish
from kensho.read_model.franchise_views import FranchiseDetail, FranchiseSummary, WatchOrderDocument
from kensho.read_model.graph_views import ExportEdge, ExportNode
from kensho.storage.gateway import Gateway
from kensho.storage.store_settings import StoreSettings
from tests.integration.conftest import running, settings_for, until, until_ready
from tests.support import franchise_rows, graphs
from tests.support.cypher import run
from tests.support.stores import own_queries

SHELL = f"/api/franchises/{franchise_rows.GITS}"
BEBOP = f"/api/franchises/{franchise_rows.BEBOP}"
TITLES = [
    "Koukaku Kidoutai: Stand Alone Complex",
    "Koukaku Kidoutai: 2nd GIG",
    "Koukaku Kidoutai: Solid State Society",
]


@pytest.fixture(scope="module")
async def api(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[AsyncClient]:
    folder = tmp_path_factory.mktemp("api")
    url = await franchise_rows.franchise_store(folder)
    async with running(settings_for(url, folder)) as client:
        await until_ready(client)
        yield client


async def detail(client: AsyncClient, path: str) -> FranchiseDetail:
    answer = await client.get(path)
    assert answer.status_code == 200, answer.text
    return msgspec.json.decode(answer.content, type=FranchiseDetail)


async def order(client: AsyncClient, path: str, name: str) -> WatchOrderDocument:
    answer = await client.get(f"{path}/watch-order?order={name}")
    assert answer.status_code == 200, answer.text
    return msgspec.json.decode(answer.content, type=WatchOrderDocument)


async def test_a_franchise_tells_its_works_by_date_with_role_and_reason(
    api: AsyncClient,
) -> None:
    found = await detail(api, SHELL)
    assert (found.slug, found.title, found.root) == (
        franchise_rows.GITS,
        "Koukaku Kidoutai",
        graphs.GITS,
    )
    assert [member.work.title for member in found.members] == TITLES
    assert [member.role for member in found.members] == ["main", "main", "side"]
    assert [[edge.kind for edge in member.because] for member in found.members] == [
        [],
        ["sequel"],
        ["sequel", "sequel"],
    ]
    assert (found.works_total, found.episodes_total) == (3, 53)
    assert (found.years.first, found.years.last) == (2002, 2006)  # type: ignore[union-attr]
    assert [(tag.name, tag.share) for tag in found.tags] == [("cyberpunk", 0.67)]
    assert [(count.role, count.works) for count in found.roles] == [("main", 2), ("side", 1)]


async def test_a_guest_says_where_it_is_at_home(api: AsyncClient) -> None:
    (guest,) = (await detail(api, SHELL)).guests
    assert (guest.work.title, guest.home and guest.home.slug) == ("Naruto", franchise_rows.NARUTO)
    (alone,) = (await detail(api, f"/api/franchises/{franchise_rows.NARUTO}")).guests
    assert (alone.work.title, alone.home) == ("Haibane Renmei", None)


async def test_further_records_of_a_work_are_no_members(api: AsyncClient) -> None:
    found = await detail(api, BEBOP)
    assert [(member.work.id, member.also) for member in found.members] == [
        (graphs.BEBOP, ()),
        (graphs.BEBOP_FILM, (graphs.LOST_FILM,)),
    ]


@pytest.mark.parametrize("work", [graphs.BEBOP, graphs.BEBOP_FILM, graphs.LOST_FILM])
async def test_the_page_of_each_record_names_its_home(api: AsyncClient, work: object) -> None:
    detail = (await api.get(f"/api/anime/{work}")).json()
    assert detail["franchise"] == {"slug": franchise_rows.BEBOP, "title": "Cowboy Bebop"}


async def test_a_guest_is_not_at_home(api: AsyncClient) -> None:
    assert "franchise" not in (await api.get(f"/api/anime/{graphs.HAIBANE}")).json()


async def test_works_are_ordered_by_release_with_dates_as_exactly_as_known(
    api: AsyncClient,
) -> None:
    found = await order(api, SHELL, "release")
    assert [step.work.title for step in found.steps] == TITLES
    assert [step.because[0].text for step in found.steps] == [
        "released in fall 2002",
        "released in winter 2004",
        "released in 2006",
    ]
    assert found.steps[0].because[0].date == "2002"


async def test_the_story_says_what_continues_what_and_who_says_so(api: AsyncClient) -> None:
    found = await order(api, SHELL, "story")
    assert [step.position for step in found.steps] == [1, 2, 3]
    (because,) = found.steps[1].because
    assert (because.rule, because.edge and because.edge.kind) == ("after", "sequel")
    assert because.text == f"continues {TITLES[0]}, says mal"


async def test_the_essential_leaves_out_what_is_optional(api: AsyncClient) -> None:
    optional = [
        step.work.title for step in (await order(api, SHELL, "story")).steps if step.optional
    ]
    assert optional == [TITLES[2]]
    assert [step.work.title for step in (await order(api, SHELL, "essential")).steps] == TITLES[:2]


async def test_the_first_order_given_is_by_release(api: AsyncClient) -> None:
    assert (await api.get(f"{SHELL}/watch-order")).json()["order"] == "release"


async def listed(client: AsyncClient, query: str) -> list[str]:
    answer = await client.get(f"/api/franchises{query}")
    assert answer.status_code == 200, answer.text
    page = answer.json()
    assert len(page["franchises"]) <= page["total"]
    return [msgspec.convert(card, FranchiseSummary).slug for card in page["franchises"]]


async def test_the_list_can_be_read_in_pages(api: AsyncClient) -> None:
    whole = await listed(api, "")
    assert sorted(whole) == sorted(franchise_rows.FRANCHISES)
    first = (await api.get("/api/franchises?limit=2")).json()
    rest = (await api.get(f"/api/franchises?limit=2&cursor={first['next_cursor']}")).json()
    assert [card["slug"] for card in (*first["franchises"], *rest["franchises"])] == whole
    assert rest["next_cursor"] is None


@pytest.mark.parametrize(
    ("text", "slug"),
    [
        ("naruto", franchise_rows.NARUTO),
        ("shippuuden", franchise_rows.NARUTO),  # by the title of a member
        ("カウボーイビバップ", franchise_rows.BEBOP),
        ("koukaku kidoutai", franchise_rows.GITS),
    ],
)
async def test_a_title_finds_the_franchise_it_means(api: AsyncClient, text: str, slug: str) -> None:
    assert (await listed(api, f"?q={text}"))[0] == slug


async def test_a_title_that_means_nothing_finds_nothing(api: AsyncClient) -> None:
    assert await listed(api, "?q=qqqqxxxxzzzz") == []


@pytest.mark.parametrize("rest", ["", "/watch-order", "/watch-order?order=story", "/graph"])
async def test_a_slug_that_moved_leads_to_the_same_target_of_its_successor(
    api: AsyncClient, rest: str
) -> None:
    answer = await api.get(f"/api/franchises/bebop{rest}", follow_redirects=False)
    assert answer.status_code == 308
    assert answer.headers["location"] == f"{BEBOP}{rest}"
    assert (await api.get(answer.headers["location"])).status_code == 200


async def test_a_slug_that_dissolved_is_gone_and_an_unknown_one_is_named(
    api: AsyncClient,
) -> None:
    gone = await api.get("/api/franchises/noir?", follow_redirects=False)
    assert (gone.status_code, gone.json()["error"]) == (410, "gone")
    unknown = await api.get("/api/franchises/nobody/graph")
    assert unknown.status_code == 404
    assert "nobody" in unknown.json()["detail"]


@pytest.mark.parametrize(
    "slug",
    ["%2e%2e", "COWBOY-BEBOP", "cowboy-bebop'--", "%F0%9F%8D%99", "a" * 100, "cowboy%2Dbebop%20"],
)
async def test_hostile_slugs_are_unknown(api: AsyncClient, slug: str) -> None:
    assert (await api.get(f"/api/franchises/{slug}")).status_code in (404, 400)


@pytest.mark.parametrize(
    ("path", "field"),
    [
        (f"{SHELL}/watch-order?order=best", "order"),
        (f"{SHELL}/watch-order?order=", "order"),
        (f"{SHELL}/graph?format=xml", "format"),
        (f"{SHELL}?fields=title", "fields"),
        ("/api/franchises?q=%20", "q"),
        ("/api/franchises?limit=0", "limit"),
        ("/api/franchises?cursor=forged", "cursor"),
        (f"/api/franchises/{'a' * 101}", "slug"),
    ],
)
async def test_what_can_not_be_understood_is_named(api: AsyncClient, path: str, field: str) -> None:
    answer = await api.get(path)
    assert answer.status_code == 400, answer.text
    assert answer.json()["errors"][0]["field"] == field


@pytest.mark.parametrize(
    "path",
    [
        SHELL,
        f"{SHELL}/watch-order",
        "/api/franchises",
        *(f"{SHELL}/graph?format={name}" for name in FORMATS),
    ],
)
async def test_every_answer_is_tagged_and_answers_304(api: AsyncClient, path: str) -> None:
    whole = await api.get(path)
    etag = whole.headers["etag"]
    assert re.fullmatch(r'"[^"]+"', etag)
    fresh = await api.get(path, headers={"if-none-match": etag})
    assert (fresh.status_code, fresh.content, fresh.headers["etag"]) == (304, b"", etag)
    head = await api.head(path)
    assert (head.status_code, head.content, head.headers["etag"]) == (200, b"", etag)


async def exported(client: AsyncClient, name: str, encoding: str = "identity") -> bytes:
    answer = await client.get(f"{SHELL}/graph?format={name}", headers={"accept-encoding": encoding})
    assert answer.status_code == 200
    assert answer.headers["content-type"] == FORMATS[name].media_type
    named = f'attachment; filename="{franchise_rows.GITS}{FORMATS[name].suffix}"'
    assert answer.headers.get("content-disposition") == (None if name == "json" else named)
    assert answer.headers.get("content-encoding", "identity") == encoding
    return answer.content


IDS = sorted(str(work) for work in (graphs.GITS, graphs.GITS_2, graphs.GITS_SSS))
KINDS = {(str(graphs.GITS), str(graphs.GITS_2)), (str(graphs.GITS_2), str(graphs.GITS_SSS))}


async def test_the_graph_tells_roles_reasons_and_bridges(api: AsyncClient) -> None:
    found: dict[str, Any] = msgspec.json.decode(await exported(api, "json"))
    nodes = {node.id: node for node in msgspec.convert(found["nodes"], list[ExportNode])}
    assert sorted(nodes) == IDS
    assert nodes[str(graphs.GITS_2)].because == f"{TITLES[1]} is the sequel of {TITLES[0]}."
    assert nodes[str(graphs.GITS)].role == "main"
    edges = msgspec.convert(found["edges"], list[ExportEdge])
    assert {(edge.source, edge.target) for edge in edges} == KINDS
    assert edges[0].assertions[0].source == "mal"
    (bridge,) = found["bridges"]
    assert bridge["beyond"] == {"works": 1, "nearest": [str(graphs.MATRIX)]}
    assert found["notice"]["notes"]
    assert "revision" not in found["notice"]


async def test_graphml_and_gexf_are_opened_by_networkx(api: AsyncClient) -> None:
    graphml = nx.read_graphml(io.BytesIO(await exported(api, "graphml")))
    gexf = nx.read_gexf(io.BytesIO(await exported(api, "gexf")))
    for graph in (graphml, gexf):
        assert sorted(graph) == IDS
        assert set(graph.edges()) == KINDS
        assert graph.nodes[str(graphs.GITS_SSS)]["role"] == "side"


@pytest.mark.filterwarnings("ignore:.* deprecated - use:DeprecationWarning")  # pydot's parser
async def test_dot_and_cypher_are_opened_by_their_parsers(api: AsyncClient) -> None:
    found = pydot.graph_from_dot_data((await exported(api, "dot")).decode())
    assert found
    (read,) = found
    assert sorted(str(node.get_name()).strip('"') for node in read.get_nodes()) == IDS
    nodes, edges = run((await exported(api, "cypher")).decode(), escapes_before_strings=False)
    assert sorted(nodes) == IDS
    assert {(source, target) for source, target, *_ in edges.values()} == KINDS


@pytest.mark.parametrize("name", FORMATS)
@pytest.mark.parametrize("encoding", ["br", "gzip"])
async def test_files_are_compressed_by_negotiation(
    api: AsyncClient, name: str, encoding: str
) -> None:
    assert await exported(api, name, encoding) == await exported(api, name)


async def test_another_record_of_a_work_is_no_node(api: AsyncClient) -> None:
    nodes = (await api.get(f"{BEBOP}/graph")).json()["nodes"]
    shown = {node["id"] for node in nodes}
    assert str(graphs.BEBOP_FILM) in shown
    assert str(graphs.LOST_FILM) not in shown


class TestTags:
    """Tags over several revisions of a store of their own, each published and then served."""

    async def test_a_tag_changes_with_its_own_franchise_only(self, tmp_path: Path) -> None:
        url = await franchise_rows.franchise_store(tmp_path)
        paths = [SHELL, f"{SHELL}/watch-order?order=story", f"{SHELL}/graph", BEBOP]
        async with running(settings_for(url, tmp_path)) as client:
            await until_ready(client)
            first = [(await client.get(path)).headers["etag"] for path in paths]
        await self._publish_renamed(url, tmp_path, graphs.NARUTO_2, "Naruto: Hurricane Chronicles")
        second = await self._tags(url, tmp_path, paths, 3)
        assert second == first
        await self._publish_renamed(url, tmp_path, graphs.GITS_2, "Ghost in the Shell: 2nd GIG")
        third = await self._tags(url, tmp_path, paths, 4)
        assert [one == other for one, other in zip(third, first, strict=True)] == [
            False,
            False,
            False,
            True,
        ]

    async def _publish_renamed(self, url: str, folder: Path, work: Any, title: str) -> None:
        async with Gateway.open(StoreSettings(url), own_queries()) as gateway:
            await graphs.rename(gateway, work, title)
            await publish(gateway, folder / "read_model")

    async def _tags(self, url: str, folder: Path, paths: list[str], revision: int) -> list[str]:
        async with running(settings_for(url, folder)) as client:
            await until(
                client,
                "/api/health",
                lambda answer: answer.json().get("revision") == revision,
            )
            return [(await client.get(path)).headers["etag"] for path in paths]
