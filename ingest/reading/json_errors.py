"""Find and cut out what msgspec finds wrong in a decoded JSON value, so that the rest can be kept.

msgspec stops at the first fault and tells its place as a path such as `$.titles[3].type`. What is
cut is the smallest thing that can be missing: the array's element around it, else the member.
"""

import re
from typing import Any, Final, NamedTuple, TypeAlias, cast

Steps: TypeAlias = tuple[str | int, ...]

_PLACE: Final = re.compile(r"^(.*) - at `(?:key in )?\$(.*)`$", re.DOTALL)
_STEP: Final = re.compile(r"\.([^.\[]+)|\[(\d+|\.\.\.)\]")
_MISSING: Final = re.compile(r"missing required field `([^`]+)`")


class JsonError(NamedTuple):
    """The member that is wrong, why, and the way to what must go; no steps: all of it."""

    field: str
    reason: str
    steps: Steps = ()


def error_in(message: str) -> JsonError:
    """Return the fault that a `msgspec.ValidationError` speaks of."""
    place = _PLACE.match(message)
    steps = _steps(place[2]) if place else ()
    if place is None or not steps:
        missing = _MISSING.search(message)
        return JsonError(missing[1] if missing else "record", message)
    return JsonError(_field(steps), place[1], steps)


def value_at(document: object, steps: Steps) -> object:
    """Return the value at the end of the way."""
    for step in steps:
        document = cast("Any", document)[step]
    return document


def cut(document: object, steps: Steps) -> None:
    """Remove the value at the end of the way, in place; `steps` are not empty."""
    del cast("Any", value_at(document, steps[:-1]))[steps[-1]]


def _field(steps: Steps) -> str:
    """Return the innermost member's name; where an array is on the way, the outermost one's."""
    names = [step for step in steps if isinstance(step, str)]
    return names[-1] if len(names) == len(steps) else (names or ["record"])[0]


def _steps(path: str) -> Steps:
    """Return the way up to the last array's element, else to the end."""
    steps: list[str | int] = []
    length = 0
    for name, index in _STEP.findall(path):
        if index == "...":  # msgspec does not say which value of a mapping: the whole mapping goes
            break
        steps.append(name or int(index))
        length = len(steps) if index else length
    return tuple(steps[: length or None])
