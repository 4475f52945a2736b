"""The composition root: builds the application from its rooms, the edges and the pipeline."""

import functools
from collections.abc import Sequence
from pathlib import Path
from random import Random
from typing import Any, Final

from litestar import Controller, Litestar
from litestar.datastructures import State

from kensho.api import docs
from kensho.api.anime import AnimeController
from kensho.api.browse import BrowseController
from kensho.api.changes import ChangesController
from kensho.api.curation import CurationController
from kensho.api.franchises import FranchisesController
from kensho.api.health import HealthController
from kensho.api.movies import MoviesController
from kensho.api.paths import PathsController
from kensho.api.providers import (
    curation_providers,
    health_providers,
    providers,
    queue_provider,
)
from kensho.api.queue import QueueController
from kensho.api.resolve import ResolveController
from kensho.api.search import SearchController
from kensho.api.tags import TagsController
from kensho.api.works import WorksController
from kensho.app_state import AppState
from kensho.errors import SettingsError
from kensho.http import authentication, options, responses
from kensho.http.error_handling import problem_details_plugin
from kensho.http.event_stream import EventStreams
from kensho.http.extension import Extension
from kensho.http.pipeline import AccessRules, Observability, RequestPipeline, RoutedApp
from kensho.http.query_validation import QueryValidator
from kensho.http.response_cache import ResponseCache
from kensho.http.targets import Targets, declared_routes
from kensho.http.warming import Warmer
from kensho.platform.installation import installed_version
from kensho.platform.metrics_board import WorkerSeat
from kensho.platform.settings import Settings
from kensho.web.error_pages import ErrorPages
from kensho.web.page_router import PageRouter

_API: Final[Sequence[type[Controller]]] = (
    AnimeController,
    MoviesController,
    BrowseController,
    WorksController,
    TagsController,
    SearchController,
    ResolveController,
    PathsController,
    FranchisesController,
    ChangesController,
    CurationController,
    QueueController,
    HealthController,
)
"""The routes of programs, and those of probes."""


def create_app(settings: Settings, seat: WorkerSeat | None = None) -> Litestar:
    """Return the application; it opens the snapshot when it starts.

    `seat` is that of the worker which serves it. The application's state has `look_for_snapshot`,
    which looks for a newer one at once, `drain`, upon which readiness says so and clients are asked
    to go elsewhere, and `close_streams`, which ends the answers that would go on for ever.

    Raises:
        SettingsError: the secret that signs cursors can't be read or made, or what the edges need
            is not installed.
    """
    pages = PageRouter(further=_further_pages(settings))
    state = AppState(settings, pages.renderer, seat)
    cache = ResponseCache(
        version=installed_version(),
        max_age_s=settings.http.max_age_s,
        cache_bytes=settings.http.cache_bytes,
    )
    extension = _extension(settings, state, cache)
    validator = QueryValidator(settings.connections.body_timeout_s)
    error_pages = ErrorPages(state.renderer, state.page_context)
    app = Litestar(
        route_handlers=[
            *(one for one in _API if one not in extension.replaced_controllers),
            pages.router(state.page_services, extension.replaced_pages),
            *extension.route_handlers,
        ],
        dependencies=_dependencies(state, extension),
        plugins=[problem_details_plugin(error_pages.render)],
        before_request=validator.check,
        request_max_body_size=settings.http.max_body_bytes,
        openapi_config=docs.configuration(
            installed_version(), state.calendar, extension.security_schemes
        ),
        logging_config=None,
        lifespan=[state.open, extension.open],
        state=_shared_state(state, extension),
    )
    options.tell_all_methods(app)
    validator.add_operations(docs.document_of(app))
    targets = Targets(declared_routes(app, validator))
    routed = RoutedApp(app.asgi_handler, targets, error_pages.render)
    pipeline = _pipeline(routed, settings, state, cache)
    state.draining.listen(pipeline.drain)
    app.asgi_handler = pipeline
    state.warmer = Warmer(app, pipeline, state.best_known)
    return app


def _dependencies(state: AppState, extension: Extension) -> dict[str, Any]:
    """Return what handlers ask for."""
    return {
        **providers(state.snapshot, state.shared),
        **health_providers(state.health, state.exposition),
        **curation_providers(state.curation),
        **queue_provider(state.queue),
        **extension.dependencies,
    }


def _shared_state(state: AppState, extension: Extension) -> State:
    """Return what handlers, guards and who serves the application find in its state."""
    return State(
        {
            "look_for_snapshot": state.look_for_snapshot,
            "close_streams": functools.partial(_close_streams, state.streams, extension),
            "drain": state.draining.begin,
            authentication.STATE: extension.access or state.access,
            responses.SHARED: None if state.redis is None else state.redis.answers,
            **state.work.state,
            **state.streams.state,
        }
    )


def _further_pages(settings: Settings) -> Sequence[Path]:
    """Return the folders of pages that the edges have, where any is switched on."""
    if not settings.edges.names:
        return ()
    try:
        from kensho.edges.composition import folders_of  # noqa: PLC0415 -- else nothing loads them
    except ModuleNotFoundError as error:
        raise SettingsError(
            f"KENSHO_EDGES needs {error.name}, which the extra brings: pip install 'kensho[edges]'"
        ) from error
    return folders_of(settings.edges.names)


def _extension(settings: Settings, state: AppState, cache: ResponseCache) -> Extension:
    """Return the edges that are switched on; without any, an extension that adds nothing."""
    if not settings.edges.names:
        return Extension()
    from kensho.edges.composition import Edges  # noqa: PLC0415 -- as above
    from kensho.edges.edge import EdgeCore  # noqa: PLC0415

    core = EdgeCore(
        settings=settings,
        keys=state.keys,
        now=state.now,
        snapshot=state.snapshot,
        page_services=state.page_services,
        renderer=state.renderer,
        managers=state.managers,
        metrics=state.metrics,
        begin_epoch=cache.begin_epoch,
        redis=None if state.redis is None else state.redis.door,
    )
    edges = Edges.of(core)
    state.watch_links, state.offers = edges.watch_links, edges.offers
    return edges


def _close_streams(streams: EventStreams, extension: Extension) -> None:
    """End the answers that would go on for ever."""
    streams.close()
    extension.close_streams()


def _pipeline(
    routed: RoutedApp, settings: Settings, state: AppState, cache: ResponseCache
) -> RequestPipeline:
    """Return the layer before the application."""
    return RequestPipeline(
        routed,
        cache,
        state.identity,
        AccessRules.of(settings),
        Observability(
            metrics=state.metrics,
            random=Random(),  # noqa: S311 -- ids of requests and spans are names, not secrets
            slow_s=settings.logs.slow_request_s,
            tally=state.tally,
            tracing=state.telemetry,
            tells_trace=bool(settings.telemetry.endpoint or settings.edges.names),
        ),
    )
