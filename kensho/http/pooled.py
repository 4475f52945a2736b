"""Declares the handlers whose answers take milliseconds: they are made on threads of a pool.

    @get("/map")
    @pooled
    def read_map(self, context: GivenPageContext, slug: FromPath[str]) -> PreparedResponse:

Such a handler is a plain function. Which routes are declared so, and what each costs, stands in
`docs/costs.md`; a test compares the two, so that a new route can't be forgotten.
"""

import functools
from collections.abc import Callable, Coroutine
from typing import Any, Final, ParamSpec, TypeVar, cast

from kensho.http.responses import (
    PooledResponse,
    PreparedResponse,
    SlicedResponse,
    UncachedResponse,
)

P = ParamSpec("P")
R = TypeVar("R", bound=PreparedResponse[Any] | UncachedResponse[Any])
T = TypeVar("T")
_POOLED: Final = "kensho_pooled"


def pooled(handler: Callable[P, R]) -> Callable[P, Coroutine[Any, Any, R]]:
    """Make the answers of a handler on threads of the pool."""
    return _declared(handler, None, is_picture=False)


def pooled_if(
    is_costly: Callable[..., bool],
) -> Callable[[Callable[P, R]], Callable[P, Coroutine[Any, Any, R]]]:
    """Make those answers of a handler in the pool whose arguments, given by name, are costly."""
    return lambda handler: _declared(handler, is_costly, is_picture=False)


def pooled_slices(
    handler: Callable[P, SlicedResponse[T]],
) -> Callable[P, Coroutine[Any, Any, SlicedResponse[T]]]:
    """Make the answers of a handler in the pool, in slices between which others have their turn."""

    @functools.wraps(handler)
    async def called(*given: P.args, **named: P.kwargs) -> SlicedResponse[T]:
        return handler(*given, **named)

    setattr(called, _POOLED, True)
    return called


def pooled_picture(handler: Callable[P, R]) -> Callable[P, Coroutine[Any, Any, R]]:
    """Make the answers of a handler, which starts a process for each, in the pool of pictures."""
    return _declared(handler, None, is_picture=True)


def is_pooled(handler: Callable[..., Any]) -> bool:
    """Tell whether a handler is declared as pooled, always or for some arguments."""
    return getattr(handler, _POOLED, False) is True


def _declared(
    handler: Callable[P, R], is_costly: Callable[..., bool] | None, *, is_picture: bool
) -> Callable[P, Coroutine[Any, Any, R]]:
    @functools.wraps(handler)
    async def called(*given: P.args, **named: P.kwargs) -> R:
        if is_costly is not None and not is_costly(**named):
            return handler(*given, **named)
        answer = PooledResponse(functools.partial(handler, *given, **named), is_picture=is_picture)
        return cast("R", answer)  # sent as what it stands for

    setattr(called, _POOLED, True)
    return called
