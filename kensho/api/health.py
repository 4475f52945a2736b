"""Probes and numbers: `/health/live`, `/health/ready`, `/api/health`, `/metrics`."""

from collections.abc import Sequence

import msgspec
from litestar import Controller, get

from kensho.api.operations import Documented, get_operation
from kensho.api.providers import GivenExposition, GivenHealth
from kensho.discovery.health import Dependencies, Dependency, Health, Readiness, ServedSnapshot
from kensho.http import metrics
from kensho.http.pooled import pooled
from kensho.http.privacy import PUBLIC
from kensho.http.responses import UncachedResponse
from kensho.read_model.encoded import encoded
from kensho.read_model.version import SNAPSHOT_VERSION

_FINE = Dependencies(Dependency("ok"))
_SERVED = ServedSnapshot("128-1f3a9c02b7de", 128, SNAPSHOT_VERSION, "2026-11-20T16:25:00+00:00", 90)
_UNAVAILABLE = 503
_NOT_READY = ("down", "draining")
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
        Readiness("ok", _FINE, _SERVED),
    )
    async def ready(self, health: GivenHealth) -> UncachedResponse[Readiness]:
        """Return the state, with details the snapshot too; 503 when none is served, or soon none.

        A service that can't follow what is published goes on with the snapshot that it has: it is
        degraded then, and still ready.
        """
        found = health.readiness()
        if found.status in _NOT_READY:
            return UncachedResponse(encoded(found), status=_UNAVAILABLE, headers=[_RETRY_AFTER])
        return UncachedResponse(encoded(found))

    @get_operation(
        "/api/health",
        Documented("Tell how the service is", "How it is."),
        Health("ok", "0.1.0", 128, {"anime": 39_813, "movies": 1_688}, _FINE, _SERVED),
    )
    async def overview(self, health: GivenHealth) -> UncachedResponse[Health]:
        """Return the state, the program's version, the snapshot that is served and its sizes."""
        return UncachedResponse(encoded(health.health()))

    @get("/metrics", include_in_schema=False)
    @pooled
    def metrics(self, exposition: GivenExposition) -> UncachedResponse:
        """Return what Prometheus scrapes."""
        return UncachedResponse(exposition(), media_type=metrics.CONTENT_TYPE)
