"""Declares the operations of the API: what a handler answers is read from its annotations.

Guarantees: the type that OpenAPI describes is the one that the handler returns, and the example is
a value of it. A handler that takes a Struct named `query` is declared with one query parameter for
each of its fields, so that bounds, descriptions and examples stand at the field.
"""

import functools
import inspect
from collections.abc import Awaitable, Callable, Mapping
from types import UnionType
from typing import (
    Any,
    Concatenate,
    Final,
    ParamSpec,
    TypeAlias,
    TypeVar,
    Union,
    get_args,
    get_origin,
    get_type_hints,
)

import msgspec
from litestar import Response, delete, get, patch, post, put
from litestar.handlers import HTTPRouteHandler
from litestar.openapi import ResponseSpec
from litestar.openapi.spec import Example
from litestar.types import ASGIApp

from kensho.http.event_stream import STREAM
from kensho.http.problem_details import MEDIA_TYPE, Problem
from kensho.http.responses import (
    PreparedResponse,
    SlicedResponse,
    StreamedResponse,
    UncachedResponse,
)

P = ParamSpec("P")
T = TypeVar("T")
C = TypeVar("C")
Answer: TypeAlias = PreparedResponse[T] | UncachedResponse[T] | SlicedResponse[T] | StreamedResponse
Handler: TypeAlias = Callable[Concatenate[C, P], Awaitable[Answer[T]]]

EVENT_STREAM: Final = "text/event-stream"
OTHER_PATH: Final = "other_path"
"""In a controller's `opt`: the words by which its operations differ from those of another path."""
_QUERY: Final = "query"
_OK: Final = 200
_NO_CONTENT: Final = 204


class Documented(msgspec.Struct, frozen=True):
    """What the document says of an operation besides its types: its title, and its answer.

    `problems` are those that only this operation has, by status.
    """

    summary: str
    answer: str
    problems: Mapping[int, str] = {}


def get_operation(
    path: str | None,
    documented: Documented,
    example: T,
    *,
    opt: Mapping[str, Any] | None = None,
) -> Callable[[Handler[C, P, T]], HTTPRouteHandler]:
    """Declare a handler of GET at `path` under its controller's, with an example of its answer.

    `opt` is laid over the controller's, such as what the handler's requests cost.
    """

    def declare(handler: Handler[C, P, T]) -> HTTPRouteHandler:
        return get(
            path,
            opt=opt,
            summary=documented.summary,
            responses=_responses(handler, documented, example, _OK),
        )(_flattened(handler))

    return declare


def stream_operation(
    path: str, documented: Documented, example: msgspec.Struct, *, opt: Mapping[str, Any]
) -> Callable[[Callable[..., Any]], HTTPRouteHandler]:
    """Declare a handler of GET whose answer is a stream of events such as `example`.

    `opt` is laid over the controller's.
    """
    answer = ResponseSpec(
        type(example),
        generate_examples=False,
        description=documented.answer,
        media_type=EVENT_STREAM,
        examples=[Example(summary=documented.answer, value=msgspec.to_builtins(example))],
    )

    def declare(handler: Callable[..., Any]) -> HTTPRouteHandler:
        return get(
            path,
            opt={**opt, **STREAM},
            summary=documented.summary,
            responses={_OK: answer},
        )(_flattened(handler))

    return declare


def post_operation(
    path: str | None,
    documented: Documented,
    example: T,
    *,
    opt: Mapping[str, Any] | None = None,
    status: int = _OK,
) -> Callable[[Handler[C, P, T]], HTTPRouteHandler]:
    """Declare a handler of POST; one that asks and creates nothing answers 200."""
    return _answering(post, path, documented, example, opt, status)


def put_operation(
    path: str | None,
    documented: Documented,
    example: T,
    *,
    opt: Mapping[str, Any] | None = None,
) -> Callable[[Handler[C, P, T]], HTTPRouteHandler]:
    """Declare a handler of PUT that says what there is then: it answers 200."""
    return _answering(put, path, documented, example, opt, _OK)


def patch_operation(
    path: str | None,
    documented: Documented,
    example: T,
    *,
    opt: Mapping[str, Any] | None = None,
) -> Callable[[Handler[C, P, T]], HTTPRouteHandler]:
    """Declare a handler of PATCH that says what there is then: it answers 200."""
    return _answering(patch, path, documented, example, opt, _OK)


def empty_operation(
    route: type[post | delete],
    path: str | None,
    documented: Documented,
    *,
    opt: Mapping[str, Any] | None = None,
) -> Callable[[Callable[..., Awaitable[Response[None]]]], HTTPRouteHandler]:
    """Declare a handler of POST or DELETE that has nothing to say: it answers 204."""

    def declare(handler: Callable[..., Awaitable[Response[None]]]) -> HTTPRouteHandler:
        answer = ResponseSpec(None, generate_examples=False, description=documented.answer)
        return route(
            path,
            status_code=_NO_CONTENT,
            opt=opt,
            summary=documented.summary,
            responses={_NO_CONTENT: answer, **_own_problems(documented)},
        )(_flattened(handler, Response[None]))

    return declare


def delete_operation(
    path: str | None,
    documented: Documented,
    example: T,
    *,
    opt: Mapping[str, Any] | None = None,
) -> Callable[[Handler[C, P, T]], HTTPRouteHandler]:
    """Declare a handler of DELETE that says what came of it: it answers 200."""
    return _answering(delete, path, documented, example, opt, _OK)


def _answering(
    route: type[post | put | patch | delete],
    path: str | None,
    documented: Documented,
    example: T,
    opt: Mapping[str, Any] | None,
    status: int,
) -> Callable[[Handler[C, P, T]], HTTPRouteHandler]:
    def declare(handler: Handler[C, P, T]) -> HTTPRouteHandler:
        return route(
            path,
            status_code=status,
            opt=opt,
            summary=documented.summary,
            responses=_responses(handler, documented, example, status),
        )(_flattened(handler))

    return declare


def _responses(
    handler: Callable[..., Any], documented: Documented, example: object, status: int
) -> dict[int, ResponseSpec]:
    description = documented.answer
    return {
        status: ResponseSpec(
            _answered(handler),
            generate_examples=False,
            description=description,
            examples=[Example(summary=description, value=msgspec.to_builtins(example))],
        ),
        **_own_problems(documented),
    }


def _own_problems(documented: Documented) -> dict[int, ResponseSpec]:
    return {
        status: ResponseSpec(
            Problem, generate_examples=False, description=said, media_type=MEDIA_TYPE
        )
        for status, said in documented.problems.items()
    }


def _answered(handler: Callable[..., Any]) -> Any:
    """Return the type of the document that a handler says it returns."""
    annotation = get_type_hints(handler)["return"]
    choices = get_args(annotation) if get_origin(annotation) in (Union, UnionType) else [annotation]
    for choice in choices:
        if get_origin(choice) in (PreparedResponse, UncachedResponse, SlicedResponse):
            (document,) = get_args(choice)
            return document
    raise TypeError(f"{handler.__qualname__} does not say what it answers")


def _flattened(
    handler: Callable[..., Awaitable[Any]], returned: Any = ASGIApp
) -> Callable[..., Awaitable[ASGIApp]]:
    """Return the handler as Litestar reads it: fields of its query as arguments of their own."""
    hints = get_type_hints(handler, include_extras=True)
    # Litestar sends what a handler returns as an application under this annotation alone.
    hints["return"] = returned
    query: Any = hints.pop(_QUERY, None)
    if query is None:
        handler.__annotations__ = hints
        return handler

    @functools.wraps(handler)
    async def called(*given: object, **named: object) -> ASGIApp:
        values = {name: named.pop(name) for name in query.__struct_fields__}
        answer: ASGIApp = await handler(*given, **named, query=query(**values))
        return answer

    signature = inspect.signature(handler)
    parameters = [one for one in signature.parameters.values() if one.name != _QUERY]
    called.__annotations__ = hints | get_type_hints(query, include_extras=True)
    called.__signature__ = signature.replace(  # type: ignore[attr-defined]
        parameters=[*parameters, *_parameters(query)]
    )
    return called


def _parameters(query: Any) -> list[inspect.Parameter]:
    """Return the fields of a Struct as parameters of a function, without their types."""
    return [
        inspect.Parameter(
            field.name,
            inspect.Parameter.KEYWORD_ONLY,
            default=inspect.Parameter.empty if field.required else field.default,
        )
        for field in msgspec.structs.fields(query)
    ]
