"""All pages as one router, and what they are made with.

A new page is a controller in a module of its own, a template, its words in `strings.toml`, and a
line in `_CONTROLLERS`.
"""

from collections.abc import Callable
from importlib.resources import files
from pathlib import Path
from typing import Final

from litestar import Controller, Router
from litestar.di import Provide

from kensho.web import assets
from kensho.web.assets import Assets
from kensho.web.browse import SeasonPageController
from kensho.web.embed import EmbedController, OembedController
from kensho.web.films import FilmsPageController
from kensho.web.home import HomePageController
from kensho.web.hubs.index import HubIndexController
from kensho.web.hubs.pages import HubPageController
from kensho.web.hubs.pictures import HubPicturesController
from kensho.web.maps.style import style
from kensho.web.messages import Messages
from kensho.web.neighbourhood import NeighbourhoodPageController
from kensho.web.page_context import PageContext
from kensho.web.path import PathPageController
from kensho.web.rendering import Renderer
from kensho.web.search import SearchPageController
from kensho.web.status import StatusPageController
from kensho.web.works import FilmPageController, WorkPageController

_CONTROLLERS: Final[tuple[type[Controller], ...]] = (
    HomePageController,
    SearchPageController,
    SeasonPageController,
    WorkPageController,
    FilmsPageController,
    FilmPageController,
    HubPageController,
    HubPicturesController,
    HubIndexController,
    EmbedController,
    OembedController,
    NeighbourhoodPageController,
    PathPageController,
    StatusPageController,
)
_HERE: Final = Path(str(files("kensho"))) / "web"


class PageRouter:
    """Reads what pages are made of, once: templates, words and assets."""

    def __init__(self, folder: Path = _HERE) -> None:
        self._assets = Assets(folder / "static", {"map.css": style().encode()})
        self.renderer: Final = Renderer(
            folder / "templates", self._assets, Messages.read(folder / "strings.toml")
        )

    def router(self, desk: Callable[[], PageContext]) -> Router:
        """Return the router of all pages; `desk` tells what they are served from."""

        def given() -> PageContext:  # Litestar copies what a router is given, a function excepted
            return desk()

        return Router(
            "/",
            route_handlers=[*_CONTROLLERS, assets.handler(self._assets)],
            dependencies={"desk": Provide(given, sync_to_thread=False)},
            include_in_schema=False,
        )
