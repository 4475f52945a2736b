"""`/status`: how the service is, and what it serves, as of now."""

from typing import Final

import msgspec
from litestar import Controller, get

from kensho.discovery import health
from kensho.errors import StorageError
from kensho.http.privacy import PUBLIC
from kensho.http.responses import HTML, UncachedResponse
from kensho.storage.gateway import Gateway
from kensho.web.page_context import GivenPageServices
from kensho.web.rendering import PAGE_HEADERS

_UNAVAILABLE: Final = 503
_RUNS: Final = 200
"""Ingests among which the latest of each source is looked for."""


class IngestRun(msgspec.Struct, frozen=True):
    """An ingest of a source."""

    source: str
    state: str
    snapshot: str | None = None
    finished_at: str | None = None


class StatusPageController(Controller):
    """The service itself."""

    path = "/status"
    opt = PUBLIC

    @get()
    async def status(self, services: GivenPageServices) -> UncachedResponse:
        """Show how the service is; 503 when nothing can be read, as the probes say."""
        ready = await health.readiness(services.gateway, services.snapshots, services.clock)
        now = health.described(ready, services.snapshots, services.version)
        body = services.renderer.page(
            "status.html.jinja",
            health=now,
            revision=now.revision,
            runs=await _runs(services.gateway),
        )
        status = _UNAVAILABLE if ready.status == "down" else 200
        return UncachedResponse(body, status=status, media_type=HTML, headers=PAGE_HEADERS)


async def _runs(gateway: Gateway) -> list[IngestRun] | None:
    """Return the latest ingest of each source, latest first; `None` where the store is away."""
    try:
        runs = await gateway.fetch("ingest.runs", {"limit": _RUNS}, into=list[IngestRun])
    except StorageError:
        return None
    return list({run.source: run for run in reversed(runs)}.values())[::-1]
