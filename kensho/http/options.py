"""What a path answers to OPTIONS: every method that it has.

Litestar makes that answer when the first handler of a path is registered, and keeps it when further
ones follow: `Allow` names the first one's method alone (`tests/contract/test_litestar_parts.py`).
"""

from litestar import Litestar
from litestar.handlers import HTTPRouteHandler
from litestar.routes import HTTPRoute


def tell_all_methods(app: Litestar) -> None:
    """Have each path of an application tell all of its methods."""
    for route in app.routes:
        if isinstance(route, HTTPRoute):
            former = [one for one in route.route_handlers if _is_automatic(one)]
            others = [one for one in route.route_handlers if not _is_automatic(one)]
            if former and len(others) > 1:
                made = route.create_options_handler(route.path)
                made.owner = former[0].owner
                made.on_registration(app)
                route.route_handlers = [*others, made]
                route.route_handler_map.clear()
                route.create_handler_map()
    app.asgi_router.construct_routing_trie()


def _is_automatic(handler: HTTPRouteHandler) -> bool:
    return handler.http_methods == {"OPTIONS"}
