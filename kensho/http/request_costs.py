"""What requests cost, in units of the rate limit: about a millisecond of one processor each.

A handler declares its cost beside whether it is public:

    opt = public_costing(20)

and which parameters add to it: `costing(2, explain=4)` costs 6 where `explain` is given and is not
its default. Without a declaration a read of the API costs 1 and a page 5.
"""

from collections.abc import Mapping
from typing import Any, Final, NamedTuple

from litestar.handlers import HTTPRouteHandler

from kensho.http.privacy import PUBLIC

_OPT: Final = "kensho_cost"
KEPT_UNITS: Final = 0.1
"""An answer that is sent as kept bytes: 30 to 60 µs."""
REFUSED_UNITS: Final = 1.0
"""A request that is not routed, or finds no route: up to 1 ms, a page of an error included."""


class RequestCost(NamedTuple):
    """What a request costs, and what it costs more with some parameters."""

    units: float
    more: Mapping[str, float] = {}

    def of(self, parameters: Mapping[str, str]) -> float:
        """Return the units of a request with these parameters, none of which is a default."""
        if not self.more:
            return self.units
        return self.units + sum(self.more.get(name, 0.0) for name in parameters)


READ: Final = RequestCost(1.0)
"""Details take 0.5 ms on the real graph, lists up to 6 ms the first time."""
PAGE: Final = RequestCost(5.0)
"""Pages of works and franchises take 5 to 10 ms on the real graph."""


def costing(units: float, **more: float) -> Mapping[str, Any]:
    """Return what declares in a handler's `opt` what its requests cost."""
    return {_OPT: RequestCost(units, more)}


def public_costing(units: float, **more: float) -> Mapping[str, Any] | None:
    """Return what declares besides that a route is public, for the `opt` of its controller."""
    return {**(PUBLIC or {}), **costing(units, **more)}


def declared_cost(handler: HTTPRouteHandler) -> RequestCost:
    """Return what the requests of a handler cost."""
    declared: RequestCost | None = handler.opt.get(_OPT)
    if declared is not None:
        return declared
    return READ if handler.resolve_include_in_schema() else PAGE
