"""Who asks first waits for nothing that is made once: neither after a start nor after a swap."""

from collections.abc import Callable
from typing import Any, Final

import pytest
from httpx import AsyncClient
from jinja2 import Environment

from kensho.discovery import franchise_lists, work_lists
from kensho.discovery.preferred_titles import PreferredTitles
from kensho.discovery.snapshot_service import PerSnapshot
from kensho.read_model.building.publishing import publish
from kensho.read_model.model import ReadModel
from kensho.storage.gateway import Gateway
from kensho.storage.store_settings import StoreSettings
from kensho.web import rendering
from kensho.web.rendering import _CompiledTemplates
from tests.integration.conftest import running, settings_for, until, until_ready
from tests.support import franchise_rows, graphs
from tests.support.publishing import MOVE
from tests.support.stores import own_queries

SORTS: Final = ("popularity", "rating", "score", "date", "title")
LANGUAGES: Final = ("romaji", "english", "native")
PREPARED: Final = ("FacetCounter", "films", "ListColumns", "sorted", "folded", "func", "order")
TARGETS: Final = (
    "/api/search?q=ghost%20in%20the%20shell",
    "/api/movies",
    *(f"/api/works?sort={sort}" for sort in SORTS),
    "/",
    "/search?q=ghost",
    f"/anime/{graphs.GITS}",
    f"/hub/{franchise_rows.GITS}",
    *(f"/browse?sort=title&titles={language}" for language in LANGUAGES),
    *(f"/hubs?sort=title&titles={language}" for language in LANGUAGES),
    "/?lang=ja",
)


@pytest.fixture
def made(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Note what is made once, whenever it is made: values of snapshots, and code of templates."""
    found: list[str] = []

    def noting(make: Callable[..., Any], name: str) -> Callable[..., Any]:
        def noted(*given: Any, **named: Any) -> Any:
            found.append(name)
            return make(*given, **named)

        return noted

    begin = PerSnapshot.__init__

    def init(self: PerSnapshot[Any], make: Callable[[ReadModel], Any]) -> None:
        begin(self, noting(make, getattr(make, "__name__", repr(make))))

    monkeypatch.setattr(PerSnapshot, "__init__", init)
    for owner, name in (
        (Environment, "compile"),
        (PreferredTitles, "sorted"),
        (franchise_lists, "folded"),
        (ReadModel.__dict__["seconds"], "func"),
    ):
        monkeypatch.setattr(owner, name, noting(getattr(owner, name), name))
    for sort, make in work_lists._ORDERS.items():
        monkeypatch.setitem(work_lists._ORDERS, sort, noting(make, "order"))
    monkeypatch.setattr(rendering, "_COMPILED", _CompiledTemplates())
    return found


async def test_nothing_is_left_to_be_made_for_who_asks_first(
    tmp_path_factory: pytest.TempPathFactory, made: list[str]
) -> None:
    folder = tmp_path_factory.mktemp("first-requests")
    url = await franchise_rows.franchise_store(folder)
    settings = settings_for(url, folder)
    async with running(settings) as client:
        await until_ready(client)
        assert {*PREPARED, "compile"} <= {*made}
        await _ask(client, made)
        before = (await client.get(TARGETS[0])).headers["x-kensho-snapshot"]
        async with Gateway.open(StoreSettings(url), own_queries()) as graph:
            await graph.run_script(MOVE)
            await publish(graph, settings.snapshot.read_model_dir)
        await until(client, TARGETS[0], lambda one: one.headers["x-kensho-snapshot"] != before)
        assert {*PREPARED} <= {*made}
        assert "compile" not in made  # templates are those of the process
        await _ask(client, made)


async def _ask(client: AsyncClient, made: list[str]) -> None:
    """Ask for everything, and find that nothing was made for it."""
    made.clear()
    for target in TARGETS:
        assert (await client.get(target)).status_code == 200, target
        assert made == [], target
