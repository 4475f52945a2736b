"""Ways in which a file on disk comes to harm."""

from collections.abc import Callable
from pathlib import Path
from typing import TypeAlias

Damage: TypeAlias = Callable[[Path], None]


def truncated(path: Path) -> None:
    """Cut the file in half; an empty file, which can't be cut, grows by a byte."""
    data = path.read_bytes()
    path.write_bytes(data[: len(data) // 2] if data else b"x")


def one_bit_flipped(path: Path) -> None:
    """Flip a bit in the middle of the file; an empty file grows by a byte."""
    data = bytearray(path.read_bytes() or b"")
    if data:
        data[len(data) // 2] ^= 4
    path.write_bytes(data or b"x")


def removed(path: Path) -> None:
    """Remove the file."""
    path.unlink()


DAMAGES: tuple[Damage, ...] = (truncated, one_bit_flipped, removed)
