"""What a walk over an interface is: it begins somewhere, and goes on step by step.

A step asks once or a few times and returns what came, and where to go on. So a walk that was killed
goes on from its last step, and writes the same as one that was not.
"""

from collections.abc import Sequence
from typing import Final, Protocol, TypeVar, cast

import msgspec

from ingest.reading.json_errors import error_in, value_at
from kensho.errors import UpstreamError
from kensho.platform.request_pacing import RateWindow

Shape = TypeVar("Shape")
_QUOTED_CHARS: Final = 120


class LeftOut(msgspec.Struct, frozen=True):
    """Something of an answer that can't be written: whose it is, the field, the value, and why."""

    key: str
    field: str
    value: str
    reason: str


class Step(msgspec.Struct, frozen=True):
    """What a step brought: records as the source has them, and the place where to go on.

    `gone` are keys of records that the interface does not have any more. Without a `cursor` the
    walk has ended.
    """

    records: Sequence[object]
    cursor: msgspec.Struct | None
    left_out: Sequence[LeftOut] = ()
    gone: Sequence[str] = ()


class InterfaceWalk(Protocol):
    """A walk over one interface."""

    @property
    def cursor_type(self) -> type[msgspec.Struct]:
        """Return the shape of its places."""
        ...

    def begin(self) -> msgspec.Struct:
        """Return the first place; may ask."""
        ...

    def step(self, cursor: msgspec.Struct) -> Step:
        """Go on from a place."""
        ...


class Interface(msgspec.Struct, frozen=True):
    """A public interface: its address, the pace that its owners document, and what names a record.

    `most` is the most requests in the first window that it may tell to allow.
    """

    source: str
    endpoint: str
    windows: tuple[RateWindow, ...]
    key: str
    most: int | None = None


def shaped(document: object, shape: type[Shape], where: str) -> Shape:
    """Return a decoded document in its shape.

    Raises:
        UpstreamError: it has another shape; names the field and the value.
    """
    try:
        return msgspec.convert(document, shape)
    except msgspec.ValidationError as error:
        fault = error_in(str(error))
        value = quoted(value_at(document, fault.steps))
        raise UpstreamError(f"{where}: {fault.field}: {value}: {fault.reason}") from error


def member_of(document: object, name: str) -> object:
    """Return a member of a decoded object; `None` where there is none, or no object."""
    return cast("dict[str, object]", document).get(name) if isinstance(document, dict) else None


def quoted(value: object) -> str:
    """Return a value as messages show it, cut where it is long."""
    text = repr(value)
    return text if len(text) <= _QUOTED_CHARS else f"{text[:_QUOTED_CHARS]}…"
