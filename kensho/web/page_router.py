"""All pages as one router, and what they are rendered with.

A new page is a controller in a module of its own, a template, its words in `strings.toml`, and a
line in `_CONTROLLERS`.
"""

from collections.abc import Callable, Collection, Sequence
from importlib.resources import files
from pathlib import Path
from typing import Final

from litestar import Controller, Router

from kensho.web import assets
from kensho.web.assets import Assets
from kensho.web.browse_page import BrowsePageController
from kensho.web.changes_pages import (
    ChangesFeedController,
    ChangesPageController,
    FranchiseFeedController,
    PublicationPageController,
)
from kensho.web.curation_pages import (
    CurationEditController,
    CurationHistoryController,
    CurationLogController,
    NewWorkController,
)
from kensho.web.documentation_pages import (
    DocumentationController,
    DocumentationListController,
)
from kensho.web.franchise_pages.embed import EmbedController, OembedController
from kensho.web.franchise_pages.episodes import FranchiseEpisodesController
from kensho.web.franchise_pages.map_page import FranchiseMapController
from kensho.web.franchise_pages.overview import FranchiseOverviewController
from kensho.web.franchise_pages.pictures import FranchisePicturesController
from kensho.web.franchise_pages.watch_order import WatchOrderPageController
from kensho.web.home_page import HomePageController
from kensho.web.list_pages import FilmsPageController, FranchiseListController
from kensho.web.maps.style import style
from kensho.web.messages import Messages
from kensho.web.my_line_page import FranchiseStepsController, MyLinePageController
from kensho.web.neighbourhood_page import NeighbourhoodPageController
from kensho.web.page_context import PageServices, page_dependencies
from kensho.web.path_page import PathPageController
from kensho.web.poster_page import PosterController
from kensho.web.preference_page import PreferenceController
from kensho.web.queue_pages import QueuePageController
from kensho.web.rendering import Renderer
from kensho.web.report_pages import ReportController
from kensho.web.search_page import SearchPageController, SuggestionController
from kensho.web.season_page import SeasonJumpController, SeasonPageController
from kensho.web.sign_in_page import SignInController, SignOutController
from kensho.web.status import StatusPageController
from kensho.web.tag_pages import (
    StudioListController,
    StudioPageController,
    TagListController,
    TagPageController,
)
from kensho.web.viewer import BY_PREFERENCE
from kensho.web.work_page import FilmPageController, WorkPageController

_CONTROLLERS: Final[tuple[type[Controller], ...]] = (
    HomePageController,
    SearchPageController,
    SuggestionController,
    SeasonJumpController,
    SeasonPageController,
    BrowsePageController,
    TagListController,
    TagPageController,
    StudioListController,
    StudioPageController,
    WorkPageController,
    FilmsPageController,
    FilmPageController,
    FranchiseOverviewController,
    FranchiseMapController,
    WatchOrderPageController,
    FranchiseEpisodesController,
    FranchisePicturesController,
    FranchiseStepsController,
    FranchiseFeedController,
    FranchiseListController,
    ChangesPageController,
    PublicationPageController,
    ChangesFeedController,
    EmbedController,
    OembedController,
    NeighbourhoodPageController,
    MyLinePageController,
    PathPageController,
    PosterController,
    StatusPageController,
    DocumentationController,
    DocumentationListController,
    PreferenceController,
    QueuePageController,
    ReportController,
    SignInController,
    SignOutController,
    CurationLogController,
    CurationHistoryController,
    CurationEditController,
    NewWorkController,
)
_FOLDER: Final = Path(str(files("kensho"))) / "web"


class PageRouter:
    """Reads what pages are rendered with, once: templates, words and assets."""

    def __init__(self, folder: Path = _FOLDER, further: Sequence[Path] = ()) -> None:
        """Read a folder of pages, and those of edges, each with parts that may be missing."""
        folders = (folder, *further)
        statics = [one / "static" for one in folders if (one / "static").is_dir()]
        strings = [one / "strings.toml" for one in folders if (one / "strings.toml").is_file()]
        self._assets = Assets(*statics, made={"map.css": style().encode()})
        translated = [one.with_suffix(".ja.toml") for one in strings]
        japanese = [one for one in translated if one.is_file()]
        self.renderer: Final = Renderer(
            [one / "templates" for one in folders],
            self._assets,
            Messages.read(*strings),
            {"ja": Messages.read(*strings, *japanese)},
        )

    def router(
        self,
        services: Callable[[], PageServices],
        replaced: Collection[type[Controller]] = (),
    ) -> Router:
        """Return the router of all pages, but those that others stand in the place of.

        `services` is asked in every request, and raises while the application is not started. A
        handler asks for `context`, or for `services` where it reads no snapshot, and never for
        both: Litestar starts a task group for two dependencies.
        """
        return Router(
            "/",
            route_handlers=[
                *(one for one in _CONTROLLERS if one not in replaced),
                assets.handler(self._assets),
            ],
            dependencies=page_dependencies(services),
            include_in_schema=False,
            opt=BY_PREFERENCE,
        )
