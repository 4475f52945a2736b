"""The space that labels compete for: what is taken, and what is kept for whom.

Each work keeps a slot under its station, wide enough for initials, until its label is placed; so
there is always one place left for it.

The law: no two boxes that are taken overlap. The cost: 3 µs for a question.
"""

from collections.abc import Iterable, Iterator
from typing import Final

from kensho.domain.metro_legs import Box

_CELL: Final = 96.0


class Space:
    """Boxes on a sheet, by cells of 96 pixels."""

    def __init__(self, sheet: Box) -> None:
        self._sheet: Final = sheet
        self._taken: Final[dict[tuple[int, int], list[Box]]] = {}
        self._slots: Final[dict[tuple[int, int], list[tuple[Box, str]]]] = {}
        self._owners: Final[set[str]] = set()

    def keep(self, slot: Box, owner: str) -> None:
        """Keep a slot for an owner."""
        self._owners.add(owner)
        for cell in _cells(slot):
            self._slots.setdefault(cell, []).append((slot, owner))

    def take(self, boxes: Iterable[Box], owner: str = "") -> None:
        """Take boxes, and release what was kept for their owner."""
        self._owners.discard(owner)
        for box in boxes:
            for cell in _cells(box):
                self._taken.setdefault(cell, []).append(box)

    def is_free(self, boxes: Iterable[Box], owner: str = "") -> bool:
        """Tell whether boxes lie on the sheet, on nothing taken and on no slot of others."""
        return all(self._is_free(box, owner) for box in boxes)

    def _is_free(self, box: Box, owner: str) -> bool:
        left, top, right, bottom = box
        sheet = self._sheet
        if left < sheet.left or right > sheet.right or top < sheet.top or bottom > sheet.bottom:
            return False
        for cell in _cells(box):
            for x1, y1, x2, y2 in self._taken.get(cell, ()):
                if x1 < right and left < x2 and y1 < bottom and top < y2:
                    return False
            for (x1, y1, x2, y2), who in self._slots.get(cell, ()):
                touches = x1 < right and left < x2 and y1 < bottom and top < y2
                if touches and who != owner and who in self._owners:
                    return False
        return True


def _cells(box: Box) -> Iterator[tuple[int, int]]:
    for column in range(int(box.left // _CELL), int(box.right // _CELL) + 1):
        for row in range(int(box.top // _CELL), int(box.bottom // _CELL) + 1):
            yield column, row
