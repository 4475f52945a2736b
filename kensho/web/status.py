"""`/status`: how the service is, and what it serves, as of now."""

from typing import Final

from litestar import Controller, get

from kensho.discovery.health import Dependency
from kensho.http.privacy import PUBLIC
from kensho.http.responses import HTML, UncachedResponse
from kensho.web.page_context import GivenPageServices
from kensho.web.rendering import PAGE_HEADERS

_UNAVAILABLE: Final = 503


class StatusPageController(Controller):
    """The service itself."""

    path = "/status"
    opt = PUBLIC

    @get()
    async def status(self, services: GivenPageServices) -> UncachedResponse:
        """Show how the service is; 503 when nothing can be read, as the probes say."""
        health = services.health().health()
        published = services.snapshots.publication
        works = {"reading": health.status != "down", **services.offers()}
        limited = {
            name: one
            for name in health.dependencies.__struct_fields__
            if isinstance(one := getattr(health.dependencies, name), Dependency)
        }
        body = services.renderer.page(
            "status.html.jinja",
            health=health,
            state=health.status if all(works.values()) or health.status != "ok" else "degraded",
            works=works,
            dependencies=limited,
            revision=health.revision,
            runs=None if published is None else published.runs,
        )
        status = _UNAVAILABLE if health.status == "down" else 200
        return UncachedResponse(body, status=status, media_type=HTML, headers=PAGE_HEADERS)
