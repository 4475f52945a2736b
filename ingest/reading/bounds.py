"""Bounds on what others send: how a file or a record over a limit is refused, and how it is found.

The limits are settings (`kensho.platform.settings.IngestSettings`). A file over one as a whole is a
`SourceFileError`, a record over one is a reject; both name the limit and the variable that raises
it.

Performance: a record is walked only where its bytes could hold a list over the limit; JSON text is
looked through at some 200 MB/s for its nesting.
"""

from decimal import Decimal
from pathlib import Path
from typing import BinaryIO, Final, cast
from xml.etree.ElementTree import Element

import msgspec

from kensho.errors import SourceFileError
from kensho.platform.settings import IngestSettings

_NO_MARKS: Final = bytes(set(range(256)) - set(b'[]{}"'))
_LEAVES: Final = (str, int, float, Decimal, type(None))
PIECE_BYTES: Final = 16 * 1024
"""A parser gets no more at once: what is nested in one piece can't cost much before it is seen."""


def over_limit(path: Path, what: str, setting: str, limits: IngestSettings) -> SourceFileError:
    """Return the error that `what` of a file is over the limit of this name."""
    return SourceFileError(f"{path}: {beyond(what, setting, limits)}")


def beyond(what: str, setting: str, limits: IngestSettings) -> str:
    """Say that `what` is over a limit, and which variable raises it."""
    limit: int = getattr(limits, setting)
    return f"{what} is over the limit of {limit:,} (KENSHO_INGEST_{setting.upper()} raises it)"


def fault_in(value: object, limits: IngestSettings) -> str | None:
    """Return why a decoded record is too much: a list too long, or values nested too deep."""
    level = [value]
    for _ in range(limits.max_depth + 1):
        following: list[object] = []
        for outer in level:
            inner = _inside(outer)
            if len(inner) > limits.max_members:
                return beyond(f"a list of {len(inner):,} members", "max_members", limits)
            following.extend(one for one in inner if not isinstance(one, _LEAVES))
        level = following
        if not level:
            return None
    return beyond("the nesting", "max_depth", limits)


def may_be_long(size_bytes: int, limits: IngestSettings) -> bool:
    """Tell whether so many bytes could hold a list over the limit: a member takes two at least."""
    return size_bytes > 2 * limits.max_members


def _inside(value: object) -> list[object] | tuple[object, ...]:
    if isinstance(value, (list, tuple)):
        return cast("list[object] | tuple[object, ...]", value)
    if isinstance(value, dict):
        return list(cast("dict[object, object]", value).values())
    if isinstance(value, msgspec.Struct):
        return [getattr(value, name) for name in value.__struct_fields__]
    if isinstance(value, Element):
        return [*value, *value.attrib.values()]
    return ()


class BoundedStream:
    """A document's bytes on their way to a parser, a piece at a time.

    `begin_item` is called at the end of each item. More bytes than a record may have without that
    raise `SourceFileError`, and so does JSON nested too deep; XML is checked by its reader.
    """

    def __init__(
        self, stream: BinaryIO, path: Path, limits: IngestSettings, *, json: bool = True
    ) -> None:
        self._stream = stream
        self._path = path
        self._limits = limits
        self._nesting = JsonNesting(limits.max_depth) if json else None
        self._item = 1
        self.item_bytes = 0
        """Bytes read since the last item; they hold the next one, or its beginning."""

    def read(self, size: int = -1) -> bytes:
        """Return the next piece, of at most `size` bytes."""
        if self.item_bytes > self._limits.max_record_bytes:
            what = f"item {self._item} (or what stands beside the items)"
            raise over_limit(self._path, what, "max_record_bytes", self._limits)
        piece = self._stream.read(PIECE_BYTES if size < 0 else min(size, PIECE_BYTES))
        if self._nesting is not None and self._nesting.is_too_deep_with(piece):
            raise over_limit(
                self._path, f"the nesting in item {self._item}", "max_depth", self._limits
            )
        self.item_bytes += len(piece)
        return piece

    def begin_item(self) -> None:
        """Count anew: an item has been read."""
        self._item += 1
        self.item_bytes = 0


class JsonNesting:
    """Follows how deep JSON text is nested, without decoding it; brackets in strings don't count.

    Text that is no JSON may be judged wrongly: its parser refuses it.
    """

    def __init__(self, max_depth: int) -> None:
        self._max_depth = max_depth
        self._depth = 0
        self._in_string = False
        self._escaped = False

    def is_too_deep_with(self, piece: bytes) -> bool:
        """Take the next piece of the text, and tell whether it goes deeper than allowed."""
        brackets, passes = self._brackets(piece), 0
        while True:  # each pass takes the innermost pairs away
            rest = brackets.replace(b"[]", b"").replace(b"{}", b"")
            if len(rest) == len(brackets):
                break
            brackets, passes = rest, passes + 1
            if passes > self._max_depth:
                return True
        opened = brackets.count(b"[") + brackets.count(b"{")
        before = self._depth
        self._depth += 2 * opened - len(brackets)
        return max(before, self._depth) + passes > self._max_depth

    def _brackets(self, piece: bytes) -> bytes:
        text = piece[1:] if self._escaped and piece else piece
        if b"\\" in text:
            text = text.replace(b"\\\\", b"")
            self._escaped = text.endswith(b"\\")
            text = text.replace(b'\\"', b"")
        else:
            self._escaped = self._escaped and not piece
        # Two quotes side by side change nothing for what stands around them.
        parts = text.translate(None, _NO_MARKS).replace(b'""', b"").split(b'"')
        outside = parts[1::2] if self._in_string else parts[::2]
        self._in_string ^= len(parts) % 2 == 0
        return b"".join(outside)
