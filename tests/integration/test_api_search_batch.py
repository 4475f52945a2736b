"""`POST /api/search/batch`: many texts, each answered as `/api/search` answers it."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import msgspec
import pytest
from httpx import AsyncClient
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from kensho.discovery.search_views import SearchAnswers
from tests.integration.conftest import running, settings_for, until_ready
from tests.support.examples import examples
from tests.support.searches import searchable_store

LISTS = ("type", "status", "fields")
TEXTS = [
    "[Group] Naruto - 222 (1080p) [ABCD1234].mkv",
    "cowboy bebpo",
    "mal:20",
    "Haibane Renmei/Season 1/S01E05.mkv",
    "qqqqqqqqqqqq",
    "solid state society",
    "n",
]
OPTIONS: list[dict[str, Any]] = [
    {},
    {"limit": 1, "safe": False},
    {"type": ["TV", "ova"], "status": ["finished"]},
    {"group": "franchise", "explain": True, "facets": True},
    {"fields": ["id", "sources", "studios"], "tag": "Ninja"},
    {"year": 2002, "season": "FALL"},
    {"strict": True, "limit": 2},
]


@pytest.fixture(scope="module")
async def served(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[AsyncClient]:
    """Serve a store of our own for this module."""
    folder = tmp_path_factory.mktemp("batch")
    url = await searchable_store(folder)
    async with running(settings_for(url, folder)) as client:
        await until_ready(client)
        yield client


async def alone(client: AsyncClient, text: str, options: dict[str, Any]) -> dict[str, Any]:
    """Return what `/api/search` answers to one text under the options of a batch."""
    spelt: dict[str, Any] = {"limit": 3, "facets": False, **options}
    spelt |= {name: ",".join(spelt[name]) for name in LISTS if name in spelt}
    answer = await client.get("/api/search", params={"q": text, **spelt})
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


@pytest.mark.parametrize("options", OPTIONS)
async def test_each_text_is_answered_as_it_is_alone(
    served: AsyncClient, options: dict[str, Any]
) -> None:
    answer = await served.post("/api/search/batch", json={"texts": TEXTS, **options})
    assert answer.status_code == 200, answer.text
    assert answer.json() == {
        "answers": [{"found": await alone(served, text, options)} for text in TEXTS]
    }


@hypothesis_settings(
    max_examples=examples(25),
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(
    texts=st.lists(
        st.one_of(
            st.sampled_from(TEXTS),
            st.text(max_size=60),
            st.lists(
                st.sampled_from(["Naruto", "S01", "/", "\\", "E05", "[", "]", " - ", "\n"])
            ).map("".join),
        ),
        max_size=12,
    )
)
async def test_no_text_disturbs_another(served: AsyncClient, texts: list[str]) -> None:
    texts = [text.encode("utf-8", "replace").decode() for text in texts]
    answer = await served.post("/api/search/batch", json={"texts": texts})
    assert answer.status_code == 200
    answers = answer.json()["answers"]
    assert len(answers) == len(texts)
    for place, (text, found) in enumerate(zip(texts, answers, strict=True)):
        single = await served.get("/api/search", params={"q": text, "limit": 3, "facets": False})
        if single.status_code == 200:
            assert found == {"found": single.json()}
        else:
            assert found.keys() == {"error"}
            assert found["error"]["field"] == f"texts[{place}]"


async def test_a_text_that_can_t_be_searched_for_fails_alone(served: AsyncClient) -> None:
    texts = ["trigun", "", " \t ", "tri\x00gun", "x" * 40_000 + "/Trigun - 05.mkv"]
    answer = await served.post("/api/search/batch", json={"texts": texts})
    found = msgspec.json.decode(answer.content, type=SearchAnswers).answers
    assert [one.error.field if one.error else None for one in found] == [
        None,
        "texts[1]",
        "texts[2]",
        "texts[3]",
        None,
    ]
    assert found[4].found is not None
    assert found[4].found.results[0].title == "Trigun"
    assert found[4].found.read_as.episode == 5
    assert (await served.post("/api/search/batch", json={"texts": []})).json() == {"answers": []}


@pytest.mark.parametrize(
    ("body", "field", "said"),
    [
        ({"texts": ["x"] * 101}, "texts", "100"),
        ({"texts": "x"}, "texts", "array"),
        ({"texts": [1]}, "texts[0]", "str"),
        ({}, "body", "texts"),
        ({"texts": ["x"], "limit": 21}, "limit", "20"),
        ({"texts": ["x"], "more": 1}, "body", "more"),
        ({"texts": ["x"], "type": ["serial"]}, "type", "tv, movie, ova"),
        ({"texts": ["x"], "season": "autumn"}, "season", "winter, spring"),
        ({"texts": ["x"], "year": 1}, "year", "1900"),
        ({"texts": ["x"], "tag": "dramma"}, "tag", "nearest are drama"),
        ({"texts": ["x"], "fields": ["nonsense"]}, "fields", "anime_season"),
    ],
)
async def test_a_wrong_option_is_wrong_for_all_and_named(
    served: AsyncClient, body: dict[str, Any], field: str, said: str
) -> None:
    answer = await served.post("/api/search/batch", json=body)
    assert answer.status_code == 400
    [error] = answer.json()["errors"]
    assert error["field"] in (field, said)
    assert said in answer.json()["detail"]


async def test_batches_of_several_clients_are_all_answered(served: AsyncClient) -> None:
    answers = await asyncio.gather(
        *(served.post("/api/search/batch", json={"texts": TEXTS * 10}) for _ in range(6)),
        *(served.get("/api/suggest", params={"q": text[:2]}) for text in TEXTS),
    )
    assert {answer.status_code for answer in answers} == {200}
    assert len({answer.content for answer in answers[:6]}) == 1
