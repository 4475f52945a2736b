"""Titles with characters that turn the direction of texts, or control a terminal."""

import re
from pathlib import Path

import pytest

from kensho.discovery.exports import FORMATS
from kensho.read_model.building.publishing import publish_store
from kensho.storage.gateway import Gateway
from kensho.storage.store_settings import StoreSettings
from kensho.web.descriptions import highlighted
from tests.integration.conftest import running, settings_for, until_ready
from tests.support import graphs
from tests.support.servers import written_store
from tests.support.stores import own_queries

HOSTILE = "Be\u202ebop\u2069\u2069 \u2067gpj\u202d.\u202aexe\u2066 \u0085שלם"
DISTURBING = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")
JSON_LD = re.compile(r"<script type=\"application/ld\+json\">.*?</script>", re.DOTALL)
PAGES = (
    f"/anime/{graphs.BEBOP}",
    f"/anime/{graphs.BEBOP}/map",
    "/search?q=bebop",
    f"/path?from={graphs.BEBOP}&to={graphs.NARUTO}",
    "/",
)


async def test_no_title_turns_what_stands_around_it(tmp_path: Path) -> None:
    settings = settings_for(await written_store(tmp_path / "kensho.db"), tmp_path)
    store = StoreSettings.of(settings)
    async with Gateway.open(store, own_queries()) as gateway:
        await graphs.rename(gateway, graphs.BEBOP, HOSTILE)
    await publish_store(store, settings.snapshot.read_model_dir)
    async with running(settings) as client:
        await until_ready(client)
        shown = 0
        for path in PAGES:
            page = await client.get(path)
            assert page.status_code in (200, 404), path
            text = JSON_LD.sub("", page.text)
            assert not DISTURBING.findall(text), path
            shown += "שלם" in text
        assert shown >= 3, "the title is shown"
        told = (await client.get(f"/api/anime/{graphs.BEBOP}")).json()
        assert told["title"] == HOSTILE, "data stays as it is"


def test_markup_stays_markup_and_highlights_are_cleaned() -> None:
    assert highlighted("a<\u202eb", [(1, 3)]) == "a<mark>&lt;</mark>b"


@pytest.mark.parametrize("slug", ["cowboy-bebop%22;x", "be%E2%80%AEbop", "a%0d%0ab"])
async def test_names_of_downloads_hold_slugs_only(slug: str, tmp_path: Path) -> None:
    settings = settings_for(await written_store(tmp_path / "kensho.db"), tmp_path)
    await publish_store(StoreSettings.of(settings), settings.snapshot.read_model_dir)
    async with running(settings) as client:
        await until_ready(client)
        for name in FORMATS:
            answer = await client.get(f"/api/franchises/{slug}/graph?format={name}")
            assert answer.status_code in (400, 404, 422)
            assert "content-disposition" not in answer.headers
