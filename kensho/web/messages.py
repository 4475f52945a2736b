"""All words of the pages, from `strings.toml`: `say("search.title", q=…)`, `count("works", 3)`.

Guarantees: a page has no words of its own, so that they can be read, corrected and translated in
one place. A key that is missing is a bug and raised as one; a test asks for every key that a
template names.
"""

import tomllib
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final, cast

from kensho.web.formatting import number

_SINGULAR: Final = "one"


class Messages:
    """Says things."""

    def __init__(self, strings: dict[str, Any]) -> None:
        self._strings = dict(_flat(strings, ""))

    @classmethod
    def read(cls, path: Path) -> "Messages":
        """Read the words of a TOML file."""
        return cls(tomllib.loads(path.read_text("utf-8")))

    def __contains__(self, key: str) -> bool:
        return key in self._strings

    def say(self, key: str, **values: object) -> str:
        """Return the words of a key with `values` filled in; raises `KeyError` without any."""
        words = self._strings[key]
        return words.format(**values) if values else words

    def name(self, group: str, value: str) -> str:
        """Return what a value is called, as `names.type.tv`; else the value itself."""
        return self._strings.get(f"names.{group}.{value}", value)

    def count(self, key: str, total: int, **values: object) -> str:
        """Return a counted thing: "1 work", "1,204 works"."""
        form = _SINGULAR if total == 1 else "other"
        return self.say(f"counts.{key}.{form}", n=number(total), **values)

    def joined(self, parts: Sequence[str]) -> str:
        """Return an enumeration: "A", "A and B", "A, B and C"."""
        if len(parts) < 2:  # noqa: PLR2004 -- nothing to join
            return "".join(parts)
        return self.say("list.and", first=", ".join(parts[:-1]), last=parts[-1])


def _flat(strings: dict[str, Any], prefix: str) -> list[tuple[str, str]]:
    found: list[tuple[str, str]] = []
    for name, value in strings.items():
        key = f"{prefix}{name}"
        if isinstance(value, dict):
            found += _flat(cast("dict[str, Any]", value), f"{key}.")
        else:
            found.append((key, str(value)))
    return found
