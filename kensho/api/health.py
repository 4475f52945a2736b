"""Probes and numbers: `/health/live`, `/health/ready`, `/api/health`, `/metrics`."""

from collections.abc import Sequence

import msgspec
from litestar import Controller, get

from kensho.api.operations import Documented, get_operation
from kensho.api.services import GivenServices
from kensho.discovery import health
from kensho.discovery.health import Dependencies, Dependency, Health, Readiness
from kensho.http import metrics
from kensho.http.privacy import PUBLIC
from kensho.http.responses import UncachedResponse
from kensho.read_model.encoded import encoded

_FINE = Dependencies(store=Dependency("ok", 0.4), read_model=Dependency("ok", 0.0))
_UNAVAILABLE = 503
_RETRY_AFTER = (b"retry-after", b"5")


class Liveness(msgspec.Struct, frozen=True):
    """The process answers."""

    status: str


class HealthController(Controller):
    """How the service is."""

    opt = PUBLIC
    tags: Sequence[str] | None = ("health",)

    @get_operation(
        "/health/live", Documented("Tell whether the process lives", "It does."), Liveness("ok")
    )
    async def live(self) -> UncachedResponse[Liveness]:
        """Answer as long as the process serves requests at all, whatever its dependencies do."""
        return UncachedResponse(encoded(Liveness("ok")))

    @get_operation(
        "/health/ready",
        Documented("Tell whether requests can be served", "They can; perhaps not all of them."),
        Readiness("ok", _FINE),
    )
    async def ready(self, desk: GivenServices) -> UncachedResponse[Readiness]:
        """Return each dependency's state and latency; 503 only when nothing can be served.

        Without the store, reads from the read model go on: the service is then degraded, and still
        ready.
        """
        found = await health.readiness(desk.gateway, desk.catalogue, desk.clock)
        if found.status == "down":
            return UncachedResponse(encoded(found), status=_UNAVAILABLE, headers=[_RETRY_AFTER])
        return UncachedResponse(encoded(found))

    @get_operation(
        "/api/health",
        Documented("Tell how the service is", "How it is."),
        Health("ok", "0.1.0", 128, {"anime": 39_813, "movies": 1_688}, _FINE),
    )
    async def overview(self, desk: GivenServices) -> UncachedResponse[Health]:
        """Return the state, the program's version, the graph's revision and sizes."""
        found = await health.readiness(desk.gateway, desk.catalogue, desk.clock)
        return UncachedResponse(encoded(health.described(found, desk.catalogue, desk.version)))

    @get("/metrics", include_in_schema=False)
    async def metrics(self, desk: GivenServices) -> UncachedResponse:
        """Return what Prometheus scrapes."""
        return UncachedResponse(desk.metrics.render(desk.revision), media_type=metrics.CONTENT_TYPE)
