"""Hostile input is answered with a 4xx problem that names what is wrong, and never with a 500."""

import json
from urllib.parse import quote

import pytest
from httpx import AsyncClient
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from tests.support import graphs
from tests.support.examples import examples

DETAIL = f"/api/anime/{graphs.BEBOP}"
QUERIES = [
    ("fields=" + "x" * 1001, "fields"),
    ("fields=%ff", "query"),
    ("fields=%c3%28", "query"),
    ("fields=title%00", "fields"),
    ("fields=title%0d%0aX:1", "fields"),
    ("fields=title&fields=id", "fields"),
    ("fields", "fields"),
    ("nonsense=1", "nonsense"),
    ("=1", ""),
    ("Fields=title", "Fields"),
    ("fields%5b%5d=title", "fields[]"),
    ("&".join(f"p{n}=1" for n in range(33)), "query"),
]
NUMBERS = [
    "1e5",
    "1E2",
    "NaN",
    "Infinity",
    "-1",
    "+1",
    " 1",
    "1 ",
    "1.0",
    "0x10",
    "1_0",
    "٣",
    str(10**30),
    "",
    "null",
    "true",
]
BODIES = [
    (b"", "body"),
    (b"{", "body"),
    (b"null", "body"),
    (b"[]", "body"),
    (b"{}", "ids"),
    (b'{"ids": null}', "ids"),
    (b'{"ids": "x"}', "ids"),
    (b'{"ids": [1]}', "ids"),
    (b'{"ids": ["x"]}', "ids"),
    (b'{"ids": [null]}', "ids"),
    (b'{"ids": [], "more": 1}', "more"),
    (b'{"ids": ["\xff"]}', "body"),
    (b'{"ids": ["\\ud800"]}', "body"),
    (b"[" * 5000, "body"),
    (json.dumps({"ids": [str(graphs.BEBOP)] * 101}).encode(), "ids"),
]


@pytest.mark.parametrize(("query", "field"), QUERIES)
async def test_a_hostile_query_is_refused_and_named(
    client: AsyncClient, query: str, field: str
) -> None:
    answer = await client.get(f"{DETAIL}?{query}")
    assert answer.status_code == 400
    assert answer.json()["errors"][0]["field"] == field


@pytest.mark.parametrize("number", NUMBERS)
async def test_an_absurd_number_is_refused_and_named(client: AsyncClient, number: str) -> None:
    for path in ("/api/tags?limit", "/api/browse/season/2002/fall?page", "/api/movies?year"):
        answer = await client.get(path.partition("?")[0], params={path.partition("?")[2]: number})
        assert answer.status_code == 400
        assert answer.json()["errors"][0]["field"] == path.partition("?")[2]


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/api/anime/%ff", 400),
        ("/api/anime/%00", 400),
        ("/api/anime/%0d%0aSet-Cookie:x", 400),
        (f"/api/anime/{'x' * 2001}", 414),
        ("/api/anime/../anime", 404),
        ("/api//tags", 404),
        ("/api/tags/", 404),
        ("/api/anime/%2e%2e%2f", 400),
        ("/api/tags/%F0%9F%92%A9/anime", 404),
        (f"/api/tags/{'x' * 101}/anime", 400),
        ("/api/browse/season/2002/fall/more", 404),
    ],
)
async def test_a_hostile_path_is_refused(client: AsyncClient, path: str, status: int) -> None:
    answer = await client.get(path)
    assert answer.status_code == status
    assert answer.headers["content-type"] == "application/problem+json"


@pytest.mark.parametrize(("body", "field"), BODIES)
async def test_a_hostile_body_is_refused_and_named(
    client: AsyncClient, body: bytes, field: str
) -> None:
    answer = await client.post(
        "/api/anime/batch", content=body, headers={"content-type": "application/json"}
    )
    assert answer.status_code == 400
    assert answer.json()["errors"][0]["field"].split("[")[0] == field


@pytest.mark.parametrize(
    "content_type",
    ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data", "x", ""],
)
async def test_a_body_of_another_type_is_refused(client: AsyncClient, content_type: str) -> None:
    answer = await client.post(
        "/api/anime/batch", content=b'{"ids": []}', headers={"content-type": content_type}
    )
    assert answer.status_code == 415


async def test_a_body_that_is_too_large_is_refused(client: AsyncClient) -> None:
    headers = {"content-type": "application/json"}
    answer = await client.post(
        "/api/anime/batch", content=b" " * 70_000 + b'{"ids": []}', headers=headers
    )
    assert answer.status_code == 413


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE", "TRACE", "FOO"])
async def test_a_wrong_method_is_refused_with_the_right_ones(
    client: AsyncClient, method: str
) -> None:
    answer = await client.request(method, DETAIL)
    assert answer.status_code == 405
    assert "GET" in answer.headers["allow"]


@hypothesis_settings(
    max_examples=examples(80),
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(data=st.data())
async def test_no_target_makes_it_stumble(client: AsyncClient, data: st.DataObject) -> None:
    word = st.text(max_size=30).map(
        lambda text: "".join(f"%{byte:02x}" for byte in text.encode("utf-8", "replace"))
    )
    path = data.draw(
        st.sampled_from(
            ["/api/anime/{}", "/api/tags/{}/anime", "/api/browse/season/{}/fall", "/{}"]
        )
    )
    names = st.sampled_from(["fields", "limit", "cursor", "page", "depth", "kinds", "tag", "x"])
    pairs = data.draw(st.lists(st.tuples(names, word), max_size=3))
    query = "&".join(f"{name}={value}" for name, value in pairs)
    answer = await client.get(f"{path.format(data.draw(word))}?{query}")
    assert answer.status_code < 500


PIECES = st.sampled_from(
    [
        "Cowboy Bebop", "cowboy-bebop", "カウボーイビバップ", "[Grp]", "(2001)", "[tvdbid-1]",
        "S01E05", "01x05", " - 05", "第5話", "「副題」", "Episode 5", "#", "/", "\\", "D:\\",
        "1080p", ".mkv", "mal:1", "[CRC]", "https://site/watch/", "?ep=12", "+", "_",
        "s1 e4", "12.5", "01-24",
        "capitulo", "화", "из", "OVA", "NCOP", "劇場版", "\u200b", "🦊", "(", "]", "%", "\n", "é",
    ]
)  # fmt: skip
TEXTS = st.lists(PIECES | st.text(max_size=12), max_size=40).map("".join)


@hypothesis_settings(
    max_examples=examples(80),
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(texts=st.lists(TEXTS, min_size=1, max_size=3), data=st.data())
async def test_no_text_that_is_searched_for_makes_it_stumble(
    client: AsyncClient, texts: list[str], data: st.DataObject
) -> None:
    paths = ["/api/search", "/api/suggest", "/search", "/api/franchises", "/api/resolve"]
    path = data.draw(st.sampled_from(paths))
    more = data.draw(st.sampled_from(["", "&explain=true", "&strict=true", "&group=franchise"]))
    name = "id" if path == "/api/resolve" else "q"
    for text in texts:
        asked = quote(text.encode("utf-8", "replace"), safe="")
        answer = await client.get(f"{path}?{name}={asked}{more if path == '/api/search' else ''}")
        assert answer.status_code < 500, text
    batch = {"texts": [text.encode("utf-8", "replace").decode() for text in texts]}
    assert (await client.post("/api/search/batch", json=batch)).status_code < 500
