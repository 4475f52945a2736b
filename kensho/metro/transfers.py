"""Transfer symbols: where a crossover leads to another franchise's map.

Guarantees: a symbol touches no station and no other symbol. The cost: 10 µs for a crossover.
"""

from collections.abc import Iterable, Iterator, Mapping
from typing import Final

from kensho.metro.inputs import GuestOf, MapWork
from kensho.metro.label_space import LabelSpace
from kensho.metro.map import Transfer
from kensho.metro.occupancy import StationPosition
from kensho.metro.segments import Box
from kensho.metro.station_names import printed
from kensho.metro.text_metrics import cut, width

SIZE: Final = 11.0
SIGN: Final = "⇄ "
HIGH: Final = 17.0
_AIR: Final = 4.0
_PADDING: Final = 6.0
_LABEL: Final = 16.0
_WIDTHS: Final = (140.0, 84.0)
_NARROW: Final = (52.0,)
_PLACES: Final = (
    *((_WIDTHS, -1, 0), (_WIDTHS, -1, 1), (_NARROW, -1, 0)),
    *((_WIDTHS, 1, 0), (_WIDTHS, 1, 1), (_NARROW, 1, 0)),
)
"""Widths, the side (-1 above) and how far out: over the station, under it as a last resort."""


def transfers_of(
    works: Iterable[MapWork],
    places: Mapping[str, StationPosition],
    radii: Mapping[str, float],
    space: LabelSpace,
) -> Iterator[Transfer]:
    """Yield the symbols of crossovers that there is room for, and take their space."""
    for work in works:
        for guest_of in work.guest_of:
            tries = _tries(work.id, guest_of, places[work.id], radii[work.id])
            for transfer, box in tries:
                if space.is_free([box], work.id):
                    space.take([box])
                    yield transfer
                    break


def _tries(
    work: str, guest_of: GuestOf, place: StationPosition, radius: float
) -> Iterator[tuple[Transfer, Box]]:
    """Yield symbols under and over a station, below its slot, the wider first."""
    name = printed(guest_of.title) or guest_of.slug
    for widths, side, number in _PLACES:
        for most in widths:
            text = SIGN + cut(name, SIZE, most)
            wide = width(text, SIZE) + 2 * _PADDING
            # Under the station a label is to stand.
            away = radius + _AIR + HIGH / 2 + number * (HIGH + 2) + (_LABEL if side > 0 else 0.0)
            x, y = place.x, round(place.y + side * away, 1)
            box = Box(x - wide / 2, y - HIGH / 2, x + wide / 2, y + HIGH / 2)
            yield Transfer(work, guest_of, text, x, y, round(wide, 1)), box
    x, y = place.x, round(place.y - radius - _AIR - HIGH / 2, 1)
    wide = 2 * HIGH - 2
    box = Box(x - wide / 2, y - HIGH / 2, x + wide / 2, y + HIGH / 2)
    yield Transfer(work, guest_of, SIGN.strip(), x, y, wide), box
