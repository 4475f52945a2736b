"""The space that labels compete for: what is taken, and what is kept for whom.

Each work keeps a slot under its station, wide enough for initials, until its label is placed; so
there is always one place left for it.

Guarantees: no two boxes that are taken overlap. The cost: 2 µs for a question.
"""

from collections.abc import Iterable
from itertools import product
from typing import Final, TypeAlias

from kensho.metro.segments import Box

_CELL: Final = 96.0
_Cell: TypeAlias = tuple[int, int]


class LabelSpace:
    """Boxes on a sheet, by cells of 96 pixels."""

    def __init__(self, sheet: Box) -> None:
        self._sheet: Final = sheet
        self._taken: Final[dict[_Cell, list[tuple[Box, str]]]] = {}
        self._waiting: Final = {""}
        """Whose boxes count: those who wait for their label, and nobody, whose box is taken."""

    def keep(self, slot: Box, owner: str) -> None:
        """Keep a slot for an owner."""
        self._waiting.add(owner)
        self._put(slot, owner)

    def take(self, boxes: Iterable[Box], owner: str = "") -> None:
        """Take boxes, and release what was kept for their owner."""
        if owner:
            self._waiting.discard(owner)
        for box in boxes:
            self._put(box, "")

    def is_free(self, boxes: Iterable[Box], owner: str = "") -> bool:
        """Tell whether boxes lie on the sheet, on nothing taken and on no slot of others."""
        cells, waiting = self._taken, self._waiting
        left_most, topmost, right_most, lowest = self._sheet
        for box in boxes:
            left, top, right, bottom = box
            if left < left_most or right > right_most or top < topmost or bottom > lowest:
                return False
            for cell in _cells(box):
                for (x1, y1, x2, y2), who in cells.get(cell, ()):
                    touches = x1 < right and left < x2 and y1 < bottom and top < y2
                    if touches and who in waiting and (who != owner or not owner):
                        return False
        return True

    def _put(self, box: Box, owner: str) -> None:
        for cell in _cells(box):
            self._taken.setdefault(cell, []).append((box, owner))


def _cells(box: Box) -> Iterable[_Cell]:
    left, top, right, bottom = box
    columns = range(int(left // _CELL), int(right // _CELL) + 1)
    return product(columns, range(int(top // _CELL), int(bottom // _CELL) + 1))
