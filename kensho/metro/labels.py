"""What is written at each station, and where: no two labels overlap, nor a label and a station.

A label tries to say all of its name in up to three lines, under or over its station; then at an
angle; then cut short; initials come last. Between places that are free the one with fewest routes
behind it wins. What the main line says is placed first.

Guarantees: a label's boxes hold all of its text. The cost: 80 µs for a label.
"""

from collections.abc import Iterable, Iterator, Sequence
from math import ceil, inf, sqrt
from typing import Final, NamedTuple

from kensho.metro.label_space import LabelSpace
from kensho.metro.map import Anchor, Label
from kensho.metro.segments import Box, Segments
from kensho.metro.station_names import initials
from kensho.metro.text_metrics import ELLIPSIS, cut, measured, width, wrapped

SIZE: Final = 12.0
YEAR_SIZE: Final = 10.0
LINE: Final = 13.5
SLOT_WIDE: Final = 34.0
SLOT_HIGH: Final = 14.0
_BOLD: Final = 1.07
"""How much wider bold words are."""
_AIR: Final = 4.0
"""Between a station and its label."""
_BETWEEN: Final = 2.0
"""Between two labels, half on each side."""
_ASCENT: Final = 10.5
_WIDTHS: Final = (104.0, 84.0, 128.0, 66.0)
_CUT_WIDTHS: Final = (84.0, 66.0, 50.0)
_LONGEST_WORD: Final = 136.0
_MOST_LINES: Final = 3
_MOST_ANGLED: Final = 150.0
_BEHIND: Final = 7.0
"""What is against a place for each route behind the words."""
_MOST_BEHIND: Final = 4
_TIER: Final = 30.0
"""What is against cutting a name: more than any routes behind it."""
_OTHER_SIDE: Final = 0.5
_DIAGONAL: Final = sqrt(0.5)


class LabelRequest(NamedTuple):
    """A station in search of a label; `side` (-1 above, 1 below) is where it would rather be."""

    id: str
    x: float
    y: float
    radius: float
    name: str
    short: str | None
    year: str
    side: int
    is_bold: bool = False

    @property
    def size(self) -> float:
        """The font size that its words are as wide as."""
        return SIZE * _BOLD if self.is_bold else SIZE


class _Words(NamedTuple):
    lines: tuple[str, ...]
    year: str
    wide: float
    is_cut: bool
    against: float


class _Try(NamedTuple):
    """Words at a place: from (x, y) on, their first baseline."""

    against: float
    words: _Words
    x: float
    y: float
    anchor: Anchor
    angle: int
    boxes: tuple[Box, ...]

    @property
    def label(self) -> Label:
        return Label(
            lines=self.words.lines,
            year=self.words.year,
            x=round(self.x, 1),
            y=round(self.y, 1),
            anchor=self.anchor,
            angle=self.angle,
            is_cut=self.words.is_cut,
        )


def reserved_box_of(spot: LabelRequest) -> Box:
    """Return the box under a station that is kept for its initials."""
    top = spot.y + spot.radius + _AIR
    return Box(spot.x - SLOT_WIDE / 2, top, spot.x + SLOT_WIDE / 2, top + SLOT_HIGH)


def labels_of(spots: Iterable[LabelRequest], space: LabelSpace, legs: Segments) -> dict[str, Label]:
    """Return the label of each station, in the order of `spots`, and take their space."""
    found: dict[str, Label] = {}
    for spot in spots:
        best = _best(spot, space, legs)
        space.take(best.boxes, spot.id)
        found[spot.id] = best.label
    return found


def _best(spot: LabelRequest, space: LabelSpace, legs: Segments) -> _Try:
    """Return the free place with least against it; there is always the slot of the initials."""
    best, least = None, inf
    for one in _tries(spot):
        if one.against >= least:
            break
        if space.is_free(one.boxes, spot.id):
            against = one.against + _against_routes(one.boxes, legs, least - one.against)
            if against < least:
                best, least = one, against
    return best or _last(spot)


def _against_routes(boxes: Iterable[Box], legs: Segments, most: float) -> float:
    """Return what is against words here for the routes behind them, or at least `most`."""
    enough = min(_MOST_BEHIND, most / _BEHIND)
    behind = 0
    for box in boxes:
        if behind < enough:
            behind += legs.under(box, enough - behind)
    return _BEHIND * min(behind, _MOST_BEHIND)


def _tries(spot: LabelRequest) -> Iterator[_Try]:
    """Yield the labels that a station may have, the better before the worse."""
    for words in _whole(spot):
        yield from _upright(spot, words)
    yield from _angled(spot, spot.name, is_cut=False, against=_TIER)
    if spot.short and spot.short != spot.name:
        brief = spot._replace(name=spot.short)
        for words in _whole(brief):
            against = words.against + 1.2 * _TIER
            yield from _upright(brief, words._replace(against=against, is_cut=True))
        spot = brief
    for words in _cuts(spot):
        yield from _upright(spot, words)
    yield from _angled(spot, cut(spot.name, spot.size, 84.0), is_cut=True, against=2.6 * _TIER)
    initial = [_initials(spot)]
    yield from _upright(spot, _told(spot, initial, 4 * _TIER, is_cut=True))
    bare = spot._replace(year="")
    yield from _upright(bare, _told(bare, initial, 4.4 * _TIER, is_cut=True))


def _whole(spot: LabelRequest) -> Iterator[_Words]:
    seen = list[list[tuple[str, float]]]()
    text = measured(spot.name, spot.size)
    longest = text.longest
    for number, most in enumerate(_WIDTHS):
        # A word is broken only where it is wider than any label may be.
        room = max(most, min(longest, _LONGEST_WORD))
        lines = wrapped(text, room)
        if len(lines) > _MOST_LINES or lines in seen:
            continue
        seen.append(lines)
        words = _told(spot, lines, 2.5 * number, is_cut=False)
        if len(words.lines) <= _MOST_LINES:
            yield words


def _cuts(spot: LabelRequest) -> Iterator[_Words]:
    text = measured(spot.name, spot.size)
    for number, most in enumerate(_CUT_WIDTHS):
        lines = wrapped(text, most)
        if len(lines) > 1 and text.words[0][1] <= most:
            rest = cut(" ".join(line for line, _ in lines[1:]), spot.size, most)
            against = (1.5 + 0.25 * number) * _TIER
            both = lines[0], (rest, width(rest, spot.size))
            yield _told(spot, both, against, is_cut=rest.endswith(ELLIPSIS))
    for number, most in enumerate(_CUT_WIDTHS):
        against = (2.2 + 0.3 * number) * _TIER
        line = cut(spot.name, spot.size, most)
        yield _told(spot, [(line, width(line, spot.size))], against, is_cut=True)


def _initials(spot: LabelRequest) -> tuple[str, float]:
    text = initials(spot.short or spot.name)
    while len(text) > 1 and width(text, spot.size) > SLOT_WIDE - _BETWEEN:
        text = text[:-1]
    return text, width(text, spot.size)


def _told(
    spot: LabelRequest, measured_lines: Sequence[tuple[str, float]], against: float, *, is_cut: bool
) -> _Words:
    """Return lines with the year behind the last of them, or on a line of its own."""
    lines = tuple(line for line, _ in measured_lines)
    wide = max(wide for _, wide in measured_lines)
    if spot.year:
        year = width(spot.year, YEAR_SIZE)
        behind = measured_lines[-1][1] + width(" ", spot.size) + year
        if behind <= wide or (len(lines) == 1 and behind <= _WIDTHS[0]):
            wide = max(wide, behind)
        else:
            lines, wide = (*lines, ""), max(wide, year)
    return _Words(lines, spot.year, wide, is_cut, against)


def _upright(spot: LabelRequest, words: _Words) -> Iterator[_Try]:
    """Yield words under and over a station: in the middle of it, then to its sides."""
    high = LINE * len(words.lines)
    half, shift = words.wide / 2, spot.radius
    places: tuple[tuple[Anchor, float, float], ...] = (
        ("middle", spot.x - half, 0.0),
        ("start", spot.x - shift, 1.0),
        ("end", spot.x + shift - words.wide, 1.5),
    )
    for anchor, left, less in places:
        for side in (spot.side, -spot.side):
            edge = spot.y + side * (spot.radius + _AIR)
            top = edge if side > 0 else edge - high
            box = Box(left - _BETWEEN, top, left + words.wide + _BETWEEN, top + high)
            x = left + half * (anchor == "middle") + words.wide * (anchor == "end")
            against = words.against + less + _OTHER_SIDE * (side != spot.side)
            yield _Try(against, words, x, top + _ASCENT, anchor, 0, (box,))


def _angled(spot: LabelRequest, text: str, *, is_cut: bool, against: float) -> Iterator[_Try]:
    """Yield one line that rises or falls to the right."""
    wide = width(text, spot.size)
    if spot.year:
        wide += width(" ", spot.size) + width(spot.year, YEAR_SIZE)
    if wide > _MOST_ANGLED:
        return
    for side in (spot.side, -spot.side):
        x = spot.x + (1.0 if side > 0 else 6.0)
        y = spot.y + side * (spot.radius + (_ASCENT if side > 0 else _AIR + 1.0))
        words = _Words((text,), spot.year, wide, is_cut, against)
        boxes = tuple(_strip(x, y, wide, side))
        less = _OTHER_SIDE * (side != spot.side)
        yield _Try(against + less, words, x, y, "start", 45 * side, boxes)


def _strip(x: float, y: float, wide: float, side: int) -> Iterator[Box]:
    """Yield the boxes that hold a line of text at 45 degrees, which begins on the baseline here."""
    above, below = _ASCENT, LINE - _ASCENT
    steps = max(1, ceil(wide / LINE))
    step = wide / steps * _DIAGONAL
    # Upright strokes lean right on a falling line, left on a rising one.
    ups = above * _DIAGONAL, -below * _DIAGONAL
    for number in range(steps):
        alongs = step * number, step * (number + 1)
        xs = [along + side * up for along in alongs for up in ups]
        ys = [side * along - up for along in alongs for up in ups]
        yield Box(x + min(xs), y + min(ys), x + max(xs), y + max(ys))


def _last(spot: LabelRequest) -> _Try:
    """Return the initials in the slot that is kept for them."""
    slot = reserved_box_of(spot)
    words = _Words(_initials(spot)[:1], "", SLOT_WIDE, is_cut=True, against=0.0)
    return _Try(0.0, words, spot.x, slot.top + _ASCENT, "middle", 0, (slot,))


def boxes_of(label: Label, size: float = SIZE) -> Sequence[Box]:
    """Return boxes that hold all the words of a label."""
    wide = max(width(line, size) for line in label.lines)
    if label.year:
        wide = max(wide, width(label.lines[-1] + " ", size) + width(label.year, YEAR_SIZE))
    if label.angle:
        return tuple(_strip(label.x, label.y, wide, 1 if label.angle > 0 else -1))
    left = label.x - {"start": 0.0, "middle": wide / 2, "end": wide}[label.anchor]
    top = label.y - _ASCENT
    return (Box(left, top, left + wide, top + LINE * len(label.lines)),)
