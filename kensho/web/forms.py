"""The parameters of a page's address, read into a Struct of the page's own.

A handler that takes parameters is declared with `get_page` and has an argument `form`, whose type
is that Struct: so it is known before the page is made which parameters count
(`kensho.http.targets`).

Guarantees: a field left empty in a form was not given, a parameter that a page doesn't know is
passed over (other sites add theirs), and a value that makes no sense is refused by its name.
"""

import functools
import inspect
import re
from collections.abc import Awaitable, Callable
from typing import Any, Final, TypeVar, get_type_hints
from uuid import UUID

import msgspec
from litestar import Request, get
from litestar.handlers import HTTPRouteHandler

from kensho.errors import InvalidInputError, NotFoundError
from kensho.http.request_state import state_of
from kensho.http.targets import FORM, filled_in

Form = TypeVar("Form", bound=msgspec.Struct)
Handler = Callable[..., Awaitable[Any]]
_FORM: Final = "form"
_REQUEST: Final = "request"
_UUID: Final = re.compile(r"[0-9A-Fa-f]{8}(-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}")
_FIELD: Final = re.compile(r" - at `\$\.?(\w*)`")


def get_page(path: str | None = None) -> Callable[[Handler], HTTPRouteHandler]:
    """Declare a handler of GET, at `path` under its controller's, whose `form` is read for it."""

    def declare(handler: Handler) -> HTTPRouteHandler:
        hints = get_type_hints(handler, include_extras=True)
        form: type[msgspec.Struct] = hints.pop(_FORM)
        takes_request = _REQUEST in hints

        @functools.wraps(handler)
        async def called(*given: object, request: Any, **named: object) -> Any:
            if takes_request:
                named[_REQUEST] = request
            return await handler(*given, form=read(request, form), **named)

        signature = inspect.signature(handler)
        replaced = (_FORM, _REQUEST)
        kept = [one for one in signature.parameters.values() if one.name not in replaced]
        called.__annotations__ = hints | {_REQUEST: Request[Any, Any, Any]}
        called.__signature__ = signature.replace(  # type: ignore[attr-defined]
            parameters=[*kept, inspect.Parameter(_REQUEST, inspect.Parameter.KEYWORD_ONLY)]
        )
        return get(path, opt={FORM: form})(called)

    return declare


def read(request: Request[Any, Any, Any], form: type[Form]) -> Form:
    """Return the parameters of the request.

    Raises:
        InvalidInputError: a value is none of the field's; names it.
    """
    names = [field.encode_name for field in msgspec.structs.fields(form)]
    given = filled_in(state_of(request.scope).parameters, names)
    try:
        return msgspec.convert(given, form, strict=False)
    except msgspec.ValidationError as error:
        text = str(error)
        named = _FIELD.search(text)
        message = _FIELD.sub("", text).rstrip()
        raise InvalidInputError.of(named[1] if named else "", message) from error


def work_id(text: str) -> UUID:
    """Return the id in a page's path.

    Raises:
        NotFoundError: it is no id, so that no page can be there.
    """
    if _UUID.fullmatch(text) is None:  # `UUID` takes braces, and hyphens anywhere
        raise NotFoundError(f"{text!r} is no id")
    return UUID(text)
