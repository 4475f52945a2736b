"""Finds the numeric constants of the code, and moves one of them for the length of a block.

A constant is what stands in capitals at the top of a module and holds numbers: one, or several in a
tuple or mapping, each of which is moved by itself; of named tuples the costs are moved.
"""

import ast
import contextlib
import math
import sys
from collections.abc import Iterator, Mapping
from importlib import import_module
from pathlib import Path
from types import ModuleType
from typing import Any, Final, NamedTuple

from typing_extensions import override

ROOT: Final = Path(__file__).parents[2]
FACTORS: Final = (0.5, 1.5)
COSTS: Final = ("path", "stated", "inferred", "reason_cost")
"""Fields of named tuples that are moved: the others are codes and ranks."""


class Number(NamedTuple):
    """A number of a constant; `key` is its place in a tuple or mapping, or empty."""

    module: str
    name: str
    key: tuple[Any, ...] = ()

    @property
    def constant(self) -> str:
        """Return the constant's full name."""
        return f"{self.module}.{self.name}"

    @override
    def __str__(self) -> str:
        """Return the full name, with the place in brackets."""
        return self.constant + "".join(f"[{part!r}]" for part in self.key)


def numbers_in(rooms: tuple[str, ...]) -> Iterator[Number]:
    """Yield every number of every constant that these packages and modules define."""
    for room in rooms:
        path = ROOT / room.replace(".", "/")
        files = sorted(path.rglob("*.py")) if path.is_dir() else [path.with_suffix(".py")]
        for file in files:
            relative = file.relative_to(ROOT).with_suffix("")
            name = ".".join(relative.parts).removesuffix(".__init__")
            for constant in _constants(file):
                value = getattr(import_module(name), constant, None)
                yield from (Number(name, constant, key) for key in _places(value))


def _constants(file: Path) -> Iterator[str]:
    for node in ast.parse(file.read_text("utf-8")).body:
        targets = node.targets if isinstance(node, ast.Assign) else []
        targets = [node.target] if isinstance(node, ast.AnnAssign) else targets
        names = [part for target in targets for part in ast.walk(target)]
        yield from (n.id for n in names if isinstance(n, ast.Name) and n.id.isupper())


def _places(value: object) -> Iterator[tuple[Any, ...]]:
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        if value:  # half of nothing is nothing
            yield ()
    elif isinstance(value, Mapping):
        yield from ((key, *rest) for key, part in value.items() for rest in _places(part))
    elif isinstance(value, tuple) and hasattr(value, "_fields"):
        costs = [name for name in COSTS if hasattr(value, name)]
        yield from ((key, *rest) for key in costs for rest in _places(getattr(value, key)))
    elif type(value) is tuple:
        yield from ((key, *rest) for key, part in enumerate(value) for rest in _places(part))


@contextlib.contextmanager
def moved(number: Number, factor: float) -> Iterator[None]:
    """Multiply a number by `factor` in every module that knows the constant by its name."""
    before = getattr(import_module(number.module), number.name)
    after = _changed(before, number.key, factor)
    holders = [import_module(number.module)]
    if not number.name.startswith("_"):
        holders = [module for module in _modules() if vars(module).get(number.name) is before]
    for module in holders:
        setattr(module, number.name, after)
    try:
        yield
    finally:
        for module in holders:
            setattr(module, number.name, before)


def _modules() -> list[ModuleType]:
    known = list(sys.modules.items())
    return [module for name, module in known if name.startswith(("kensho.", "ingest."))]


def _changed(value: Any, key: tuple[Any, ...], factor: float) -> Any:
    if key and hasattr(value, "_replace"):
        part = _changed(getattr(value, key[0]), key[1:], factor)
        return value._replace(**{key[0]: part})
    if key:
        part = _changed(value[key[0]], key[1:], factor)
        if isinstance(value, Mapping):
            return {**value, key[0]: part}
        return (*value[: key[0]], part, *value[key[0] + 1 :])
    if isinstance(value, float):
        return value * factor
    return math.floor(value * factor) if factor < 1 else math.ceil(value * factor)
