"""The parameters of a page's address, read into a Struct of the page's own.

Guarantees: a field left empty in a form was not given, a parameter that a page doesn't know is
passed over (other sites add theirs), and a value that makes no sense is refused by its name.
"""

import re
from typing import Any, Final, TypeVar
from uuid import UUID

import msgspec
from litestar import Request

from kensho.errors import InvalidInputError, NotFoundError
from kensho.http.request_state import state_of

Form = TypeVar("Form", bound=msgspec.Struct)
_FIELD: Final = re.compile(r" - at `\$\.?(\w*)`")


def read(request: Request[Any, Any, Any], form: type[Form]) -> Form:
    """Return the parameters of the request.

    Raises:
        InvalidInputError: a value is none of the field's; names it.
    """
    parameters = state_of(request.scope).parameters
    given = {name: value.strip() for name, value in parameters.items() if value.strip()}
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
    try:
        return UUID(text)
    except ValueError as error:
        raise NotFoundError(f"{text!r} is no id") from error
