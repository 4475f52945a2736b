"""All words of the pages, from `strings.toml`, and numbers and times as people read them.

`messages.format("search.titled", q=…)`, `messages.count("works", 3)`,
`messages.label("type", "tv")`.

Guarantees: a page has no words of its own, so that they can be read, corrected and translated in
one place. A key that is missing is a bug and raised as one; a test asks for every key that a
template names.
"""

import re
import tomllib
from collections.abc import Sequence
from importlib.resources import files
from pathlib import Path
from typing import Any, Final, cast

from kensho.domain.tag_names import shown_tag

STRINGS: Final = Path(str(files("kensho"))) / "web" / "strings.toml"
_SINGULAR: Final = "one"
_MINUTE_S: Final = 60
_HOUR_MIN: Final = 60
_HOUR_S: Final = 3600
DISTURBING: Final = "\\x00-\\x08\\x0b-\\x1f\\x7f-\\x9f\\u202a-\\u202e\\u2066-\\u2069"
"""Control characters, and those that turn the direction of what follows: an unclosed one in a title
turns the words of ours around it too, and a closing one ends the isolation that `<bdi>` gives. They
are written as a set of a pattern has them."""
_DISTURBING: Final = re.compile(f"[{DISTURBING}]")


class Messages:
    """The texts of one language by their keys."""

    def __init__(self, strings: dict[str, Any]) -> None:
        self.texts = dict(flat(strings))

    @classmethod
    def read(cls, *paths: Path) -> "Messages":
        """Read the texts of TOML files together; those of the package if none is named.

        Of a text that several have, the later file's is taken.
        """
        messages = cls({})
        for path in paths or (STRINGS,):
            messages.texts |= flat(tomllib.loads(path.read_text("utf-8")))
        return messages

    def __contains__(self, key: str) -> bool:
        return key in self.texts

    @property
    def is_translation(self) -> bool:
        """Whether these are of another language than documents and notes are written in."""
        return "reason.between" in self.texts

    def format(self, key: str, **values: object) -> str:
        """Return the text of a key with `values` filled in; raises `KeyError` without any."""
        text = self.texts[key]
        return text.format(**values) if values else text

    def label(self, group: str, value: str) -> str:
        """Return what a value is called, as `names.type.tv`; else the value itself."""
        return self.texts.get(f"names.{group}.{value}", value)

    def tag(self, name: str) -> str:
        """Return what a tag is called: as `names.tag` says, or else as people write it."""
        return self.texts.get(f"names.tag.{name}") or shown_tag(name)

    def count(self, key: str, total: int, **values: object) -> str:
        """Return a counted thing: "1 work", "1,204 works"."""
        form = _SINGULAR if total == 1 else "other"
        return self.format(f"counts.{key}.{form}", n=number(total), **values)

    def minutes(self, seconds: int) -> str:
        """Return a length of time: "24 min", "1 h 55 min"."""
        whole = max(1, round(seconds / _MINUTE_S))
        hours, rest = divmod(whole, _HOUR_MIN)
        if not hours:
            return self.format("time.minutes", minutes=rest)
        if not rest:
            return self.format("time.hours", hours=number(hours))
        return self.format("time.both", hours=number(hours), minutes=rest)

    def about(self, seconds: int) -> str:
        """Return a length of time that need not be exact: "45 min", "14 h"."""
        if seconds < 2 * _HOUR_S:
            return self.minutes(seconds)
        return self.format("time.hours", hours=number(round(seconds / _HOUR_S)))

    def join(self, parts: Sequence[str]) -> str:
        """Return an enumeration: "A", "A and B", "A, B and C"."""
        if len(parts) < 2:  # noqa: PLR2004 -- nothing to join
            return "".join(parts)
        return self.format("list.and", first=", ".join(parts[:-1]), last=parts[-1])


def undisturbing(value: object) -> object:
    """Return a text of others so that it leaves what stands around it as it is.

    Anything else is returned as it is, and so is markup, whose parts came through here.
    """
    if type(value) is not str or (value.isascii() and value.isprintable()):
        return value
    return _DISTURBING.sub("", value)


def number(value: float) -> str:
    """Return a number with its thousands apart: "1,204"; a fraction keeps its digits."""
    return f"{value:,}"


def percent(share: float) -> str:
    """Return a share as a page writes it: "94 %"; never a hundred where something is missing."""
    whole = round(share * 100)
    return f"{99 if whole == 100 and share < 1 else whole} %"  # noqa: PLR2004 -- per cent


def clock(seconds: int) -> str:
    """Return a place in a recording, or its length, as players show it: "4:05", "1:02:30"."""
    minutes, rest = divmod(seconds, _MINUTE_S)
    hours, minutes = divmod(minutes, _HOUR_MIN)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"


def timestamp(text: str) -> str:
    """Return a time that is written as ISO 8601 in UTC, to the minute: "2026-11-20 16:25 UTC"."""
    return f"{text[:10]} {text[11:16]} UTC"


def flat(strings: dict[str, Any], prefix: str = "") -> list[tuple[str, str]]:
    """Return the texts of a file by the keys that they are asked for by."""
    found: list[tuple[str, str]] = []
    for name, value in strings.items():
        key = f"{prefix}{name}"
        if isinstance(value, dict):
            found += flat(cast("dict[str, Any]", value), f"{key}.")
        else:
            found.append((key, str(value)))
    return found
