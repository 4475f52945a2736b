"""What may be built around the core application: further routes, pages and rooms to open.

`Extension` adds nothing; the edges (`kensho.edges`) are one that does. The core knows this shape
and none of what fills it.
"""

import contextlib
from collections.abc import AsyncGenerator, Mapping, Sequence
from typing import Any

from litestar import Controller, Litestar
from litestar.types import ControllerRouterHandler

from kensho.http.authentication import AccessControl


class Addition:
    """What one part adds to the routes of an application; by itself nothing."""

    @property
    def route_handlers(self) -> Sequence[ControllerRouterHandler]:
        """Return its routes."""
        return ()

    @property
    def dependencies(self) -> Mapping[str, Any]:
        """Return what its handlers ask for, by name."""
        return {}

    @property
    def replaced_pages(self) -> frozenset[type[Controller]]:
        """Return the pages of the core in whose place there are others."""
        return frozenset()

    @property
    def replaced_controllers(self) -> frozenset[type[Controller]]:
        """Return the controllers of the core's API in whose place there are others."""
        return frozenset()

    def offers(self) -> Mapping[str, bool]:
        """Return what people can do with it, by name, and whether they can now."""
        return {}

    def close_streams(self) -> None:
        """End answers that would go on for ever."""


class Extension(Addition):
    """Nothing further: routes, dependencies, and the rooms that a lifespan opens and closes."""

    @property
    def security_schemes(self) -> Mapping[str, Mapping[str, str]]:
        """Return further ways of signing in, as the API's document describes them."""
        return {}

    @property
    def access(self) -> AccessControl | None:
        """Return what finds out who asks, where that is no longer the core's."""
        return None

    @property
    def watch_links(self) -> Any:
        """Return where works can be watched (`kensho.web.page_context.WatchLinks`), if at all."""
        return None

    @contextlib.asynccontextmanager
    async def open(self, _app: Litestar) -> AsyncGenerator[None]:
        """Hold the rooms open while the block runs."""
        yield
