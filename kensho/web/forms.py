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
from urllib.parse import parse_qsl
from uuid import UUID

import msgspec
from litestar import Request, get
from litestar.exceptions import HTTPException, InternalServerException
from litestar.handlers import HTTPRouteHandler

from kensho.errors import InvalidInputError, NotFoundError
from kensho.http.request_guards import MAX_PARAMETERS
from kensho.http.request_state import state_of
from kensho.http.targets import FORM, filled_in

Form = TypeVar("Form", bound=msgspec.Struct)
Handler = Callable[..., Awaitable[Any]]
_FORM: Final = "form"
_REQUEST: Final = "request"
_ENCODED: Final = "application/x-www-form-urlencoded"
_UNSUPPORTED: Final = 415
_CONTROL: Final = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]")
"""All but tabs and ends of lines, which fields of several lines have."""
_UUID: Final = re.compile(r"[0-9A-Fa-f]{8}(-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}")
_FIELD: Final = re.compile(r" - at `\$\.?(\w*)`")


class PastForm(msgspec.Struct, frozen=True):
    """Of which time a page is asked for: a date, a revision, or the identity of a snapshot."""

    as_of: str | None = None


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
    return _converted(filled_in(state_of(request.scope).parameters, names), form)


def _converted(given: dict[str, str], form: type[Form]) -> Form:
    try:
        return msgspec.convert(given, form, strict=False)
    except msgspec.ValidationError as error:
        text = str(error)
        named = _FIELD.search(text)
        message = _FIELD.sub("", text).rstrip()
        raise InvalidInputError.of(named[1] if named else "", message) from error


async def posted(request: Request[Any, Any, Any], form: type[Form]) -> Form:
    """Return the fields of a form that was sent, without spaces around them.

    Raises:
        InvalidInputError: a field comes twice, or has no value of its type; names it.
        HTTPException: 415, the body is no form.
    """
    if request.content_type[0] != _ENCODED:
        raise HTTPException(status_code=_UNSUPPORTED, detail=f"send the form as {_ENCODED}")
    try:
        text = (await request.body()).decode()
        pairs = parse_qsl(
            text, keep_blank_values=True, errors="strict", max_num_fields=MAX_PARAMETERS
        )
    except (ValueError, InternalServerException) as error:
        raise InvalidInputError.of("body", "this is no form, or a part of one") from error
    names = [field.encode_name for field in msgspec.structs.fields(form)]
    for name, value in pairs:
        if _CONTROL.search(value):
            raise InvalidInputError.of(name, "it holds a control character")
    given = filled_in(dict(pairs), names)
    if len({name for name, _ in pairs}) < len(pairs):
        raise InvalidInputError.of("body", "a field of the form comes twice")
    return _converted(given, form)


def work_id(text: str) -> UUID:
    """Return the id in a page's path.

    Raises:
        NotFoundError: it is no id, so that no page can be there.
    """
    if _UUID.fullmatch(text) is None:  # `UUID` takes braces, and hyphens anywhere
        raise NotFoundError(f"{text!r} is no id")
    return UUID(text)
