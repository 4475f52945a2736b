"""`fields=title,episodes`: the fields that a caller wants of a document.

Guarantees: the fields that are left stand in the order in which they were asked for; one that the
document lacks stays absent.
"""

from collections.abc import Sequence
from typing import Final, TypeAlias, TypeVar

import msgspec

from kensho.errors import FieldProblem, InvalidInputError
from kensho.read_model.encoded import Encoded

Fields: TypeAlias = tuple[str, ...]
T = TypeVar("T")
_SHOWN_CHARS: Final = 80
_MOST_TOLD: Final = 5
"""Problems of one list that are told: thousands would make a large answer of a small request."""
_MEMBERS: Final = msgspec.json.Decoder(dict[str, msgspec.Raw])


def fields_named(text: str | None, known: Sequence[str]) -> Fields | None:
    """Return the fields that `fields=a,b` names, each once, in its order; `None` for all of them.

    Raises:
        InvalidInputError: a name is not one of `known`.
    """
    if text is None:
        return None
    names = tuple(dict.fromkeys(text.split(",")))
    problems = [
        FieldProblem(
            "fields", f"there is no field {name[:_SHOWN_CHARS]!r}; known are {', '.join(known)}"
        )
        for name in [name for name in names if name not in known][:_MOST_TOLD]
    ]
    if problems:
        raise InvalidInputError(problems)
    return names


def selected(document: Encoded[T], fields: Fields | None) -> Encoded[T]:
    """Return `document` with only `fields`; one that is absent from it stays absent.

    What is left may lack members that its type requires: it is to be sent, not decoded.
    """
    if fields is None:
        return document
    members = _MEMBERS.decode(document.bytes)
    chosen = {name: members[name] for name in fields if name in members}
    return Encoded(document.value_type, msgspec.json.encode(chosen))
