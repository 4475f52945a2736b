"""What an edge is to the composition, and what every edge is given of the core."""

import datetime as dt
from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

import msgspec
from litestar import Controller, Router

from kensho.http.authentication import Authentication
from kensho.http.extension import Addition
from kensho.http.metrics import Metrics
from kensho.platform.secret_values import Secret
from kensho.platform.settings import Settings
from kensho.read_model.holder import Snapshot
from kensho.web.page_context import PageServices, page_dependencies
from kensho.web.rendering import Renderer
from kensho.web.viewer import BY_PREFERENCE

if TYPE_CHECKING:
    from kensho.platform.redis import RedisDoor


class EdgeCore(msgspec.Struct, frozen=True):
    """What the core lends: settings, keys, clock, the snapshot, pages, managers and metrics.

    `redis` is the door to Redis, where there is one; it is opened before the edges are.
    `snapshot` and `page_services` raise `NotReadyError` while there is none. `managers` signs in
    those who have a token of `kensho managers`. `begin_epoch` forgets kept
    answers, and those that processes share until it is called with the same word again.
    """

    settings: Settings
    keys: Sequence[Secret]
    now: Callable[[], dt.datetime]
    snapshot: Callable[[], Snapshot]
    page_services: Callable[[], PageServices]
    renderer: Renderer
    managers: Authentication
    metrics: Metrics
    begin_epoch: Callable[[str, bytes], None]
    redis: "RedisDoor | None" = None


class Edge(Addition):
    """One slice: its routes, what their handlers ask for, and what it opens.

    Its pages are in a folder of its own, of `templates/`, `static/` and `strings.toml` as far as it
    has them, which `composition.folders_of` names.
    """

    @asynccontextmanager
    async def open(self) -> AsyncGenerator[None]:
        """Hold open what the edge needs while the block runs."""
        yield


def pages_router(core: EdgeCore, controllers: Sequence[type[Controller]]) -> Router:
    """Return the router of an edge's pages; they are given what pages of the core are."""
    return Router(
        "/",
        route_handlers=controllers,
        dependencies=page_dependencies(core.page_services),
        include_in_schema=False,
        opt=BY_PREFERENCE,
    )
