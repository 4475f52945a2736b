"""The label of each station, and its place: labels overlap neither one another nor stations.

A label shows all of a name in up to three lines, over or under its station; failing that at an
angle, then as many words of it as fit, with an ellipsis. No route or track runs behind it. Labels
of the main line are placed first, then those of known works. At each station a box for the first
words of its name stays reserved, which no route passes over, so there is always one place left.

Guarantees: no two occupied boxes overlap; the boxes of a label hold all of its text; nothing that
`segments` holds lies under them, unless it lies under a reserved box.
Performance: 80 µs for a label, 2 µs to ask whether a box is free.
"""

from collections.abc import Iterable, Iterator, Sequence
from math import ceil, inf, sqrt
from typing import Final, NamedTuple, TypeAlias

from kensho.metro.map import Anchor, Label
from kensho.metro.segments import Box, Segments
from kensho.metro.text_metrics import (
    ELLIPSIS,
    cut_between_words,
    measured,
    truncated,
    width,
    wrapped,
)

SIZE: Final = 12.0
YEAR_SIZE: Final = 10.0
LINE: Final = 13.5
"""Pixels from a baseline to the next."""
_RESERVED_WIDEST: Final = 72.0
"""Pixels for the first words of a name; a first word that is wider has as much as it takes."""
RESERVED_HEIGHT: Final = 14.0
_ASCENT: Final = 10.5
"""Pixels from the top of a line to its baseline."""
_BOLD: Final = 1.07
"""How much wider bold text is."""
_STATION_GAP: Final = 4.0
"""Pixels between a station and its label."""
_LABEL_GAP: Final = 2.0
"""Pixels between two labels, half on each side."""
_WIDTHS: Final = (104.0, 84.0, 128.0)
"""The widths at which a whole name is wrapped, the best first: two lines of most names."""
_SHORTENED_WIDTHS: Final = (84.0, 62.0)
_LONGEST_WORD: Final = 136.0
"""A word is broken only if it is wider than this."""
_MAX_LINES: Final = 3
_MAX_ANGLED: Final = 150.0
"""Pixels; at 45 degrees this reaches 106 pixels up or down, a little over the next track."""
# Penalties, in one unit; only their ratios matter. `benchmarks.bench_map` counts the names cut on
# real maps.
_CUT_PENALTY: Final = 30.0
_OTHER_SIDE_PENALTY: Final = 0.5
_DIAGONAL: Final = sqrt(0.5)
_CELL: Final = 96.0
"""The size in pixels of the grid cells by which boxes are indexed."""
_Cell: TypeAlias = tuple[int, int]


class LabelSpace:
    """The boxes that are occupied or reserved on a map, indexed by grid cells."""

    def __init__(self, bounds: Box) -> None:
        self._bounds: Final = bounds
        self._boxes: Final[dict[_Cell, list[tuple[Box, str]]]] = {}
        self._waiting: Final = {""}
        """Owners whose reserved boxes still count; occupied boxes have the owner ''."""

    def reserve(self, box: Box, owner: str) -> None:
        """Reserve a box for an owner until that owner occupies boxes."""
        self._waiting.add(owner)
        self._put(box, owner)

    def occupy(self, boxes: Iterable[Box], owner: str = "") -> None:
        """Occupy boxes, and release the box that was reserved for their owner."""
        if owner:
            self._waiting.discard(owner)
        for box in boxes:
            self._put(box, "")

    def is_free(self, boxes: Iterable[Box], owner: str = "") -> bool:
        """Tell whether boxes are within bounds and touch nothing that others occupy or reserve."""
        cells, waiting = self._boxes, self._waiting
        min_x, min_y, max_x, max_y = self._bounds
        for box in boxes:
            left, top, right, bottom = box
            if left < min_x or right > max_x or top < min_y or bottom > max_y:
                return False
            for column in range(int(left // _CELL), int(right // _CELL) + 1):
                for row in range(int(top // _CELL), int(bottom // _CELL) + 1):
                    for (x1, y1, x2, y2), who in cells.get((column, row), ()):
                        if x1 < right and left < x2 and y1 < bottom and top < y2:  # noqa: SIM102
                            if who in waiting and (who != owner or not owner):
                                return False
        return True

    def _put(self, box: Box, owner: str) -> None:
        left, top, right, bottom = box
        for column in range(int(left // _CELL), int(right // _CELL) + 1):
            for row in range(int(top // _CELL), int(bottom // _CELL) + 1):
                self._boxes.setdefault((column, row), []).append((box, owner))


class LabelRequest(NamedTuple):
    """A station that needs a label; `side` (-1 above, 1 below) is the preferred side."""

    id: str
    x: float
    y: float
    radius: float
    name: str
    year: str
    side: int
    reserved: Box
    is_bold: bool = False

    @property
    def size(self) -> float:
        """The font size whose regular text is as wide as the label's."""
        return SIZE * _BOLD if self.is_bold else SIZE


class _LabelText(NamedTuple):
    lines: tuple[str, ...]
    year: str
    wide: float
    is_cut: bool
    penalty: float


class _Placement(NamedTuple):
    """A text at a possible place: (x, y) is where its first baseline begins."""

    penalty: float
    words: _LabelText
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


def reserved_width(name: str, *, is_bold: bool) -> float:
    """Return how wide a box is reserved for a name: for its first words, or its first word."""
    size = SIZE * _BOLD if is_bold else SIZE
    first, _, rest = name.partition(" ")
    least = width(f"{first}{ELLIPSIS}" if rest else first, size)
    if least < _RESERVED_WIDEST:
        least = width(truncated(name, size, _RESERVED_WIDEST), size)
    return min(least, _LONGEST_WORD) + 2 * _LABEL_GAP


def labels_of(
    requests: Iterable[LabelRequest], space: LabelSpace, segments: Segments
) -> dict[str, Label]:
    """Return the label of each station, placed in the order of `requests`, and occupy its space."""
    found: dict[str, Label] = {}
    for request in requests:
        best = _best(request, space, segments)
        space.occupy(best.boxes, request.id)
        found[request.id] = best.label
    return found


def _best(request: LabelRequest, space: LabelSpace, segments: Segments) -> _Placement:
    """Return the free placement with the least penalty; the reserved box is always free."""
    best, least = None, inf
    for placement in _placements(request):
        if placement.penalty >= least:
            break
        if space.is_free(placement.boxes, request.id) and segments.is_clear(placement.boxes):
            best, least = placement, placement.penalty
    return best or _reserved_placement(request)


def _placements(request: LabelRequest) -> Iterator[_Placement]:
    """Yield the placements of a label, in rising order of the penalty of their texts."""
    for words in _full_names(request):
        yield from _upright(request, words)
    yield from _angled(request, request.name, is_cut=False, penalty=_CUT_PENALTY)
    for words in _shortened_names(request):
        yield from _upright(request, words)
    yield from _angled(
        request,
        truncated(request.name, request.size, 84.0),
        is_cut=True,
        penalty=2.6 * _CUT_PENALTY,
    )


def _full_names(request: LabelRequest) -> Iterator[_LabelText]:
    seen = list[list[tuple[str, float]]]()
    text = measured(request.name, request.size)
    longest = text.longest
    for number, most in enumerate(_WIDTHS):
        # A word is broken only if it is wider than any label may be.
        max_width = max(most, min(longest, _LONGEST_WORD))
        lines = wrapped(text, max_width)
        if len(lines) > _MAX_LINES or lines in seen:
            continue
        seen.append(lines)
        words = _with_year(request, lines, 2.5 * number, is_cut=False)
        if len(words.lines) <= _MAX_LINES:
            yield words


def _shortened_names(request: LabelRequest) -> Iterator[_LabelText]:
    """Yield a name cut between words: in two lines, then in one."""
    text, size = measured(request.name, request.size), request.size
    for number, most in enumerate(_SHORTENED_WIDTHS):
        lines = wrapped(text, most)
        if len(lines) > 1 and text.words[0][1] <= most:
            rest = cut_between_words(" ".join(line for line, _ in lines[1:]), size, most)
            if rest is not None:
                penalty = (1.5 + 0.25 * number) * _CUT_PENALTY
                both = lines[0], (rest, width(rest, size))
                yield _with_year(request, both, penalty, is_cut=rest.endswith(ELLIPSIS))
    for number, most in enumerate(_SHORTENED_WIDTHS):
        line = cut_between_words(request.name, size, most)
        if line is not None:
            penalty = (2.2 + 0.3 * number) * _CUT_PENALTY
            yield _with_year(request, [(line, width(line, size))], penalty, is_cut=True)


def _with_year(
    request: LabelRequest,
    measured_lines: Sequence[tuple[str, float]],
    penalty: float,
    *,
    is_cut: bool,
) -> _LabelText:
    """Return lines with the year at the end of the last one, or on a line of its own."""
    lines = tuple(line for line, _ in measured_lines)
    wide = max(wide for _, wide in measured_lines)
    if request.year:
        year = width(request.year, YEAR_SIZE)
        behind = measured_lines[-1][1] + width(" ", request.size) + year
        if behind <= wide or (len(lines) == 1 and behind <= _WIDTHS[0]):
            wide = max(wide, behind)
        else:
            lines, wide = (*lines, ""), max(wide, year)
    return _LabelText(lines, request.year, wide, is_cut, penalty)


def _upright(request: LabelRequest, words: _LabelText) -> Iterator[_Placement]:
    """Yield a text over and under its station: centred, then to the right, then to the left."""
    high, wide = LINE * len(words.lines), words.wide
    at, shift, away = request.x, request.radius, request.radius + _STATION_GAP
    over, under = request.y - away - high, request.y + away
    preferred, other = (under, over) if request.side > 0 else (over, under)
    sides = (preferred, 0.0), (other, _OTHER_SIDE_PENALTY)
    places: tuple[tuple[Anchor, float, float, float], ...] = (
        ("middle", at - wide / 2, wide / 2, 0.0),
        ("start", at - shift, 0.0, 1.0),
        ("end", at + shift - wide, wide, 1.5),
    )
    for anchor, left, along, offset_penalty in places:
        for top, side_penalty in sides:
            box = Box(left - _LABEL_GAP, top, left + wide + _LABEL_GAP, top + high)
            penalty = words.penalty + offset_penalty + side_penalty
            yield _Placement(penalty, words, left + along, top + _ASCENT, anchor, 0, (box,))


def _angled(
    request: LabelRequest, text: str, *, is_cut: bool, penalty: float
) -> Iterator[_Placement]:
    """Yield a text in one line that rises or falls to the right at 45 degrees."""
    wide = width(text, request.size)
    if request.year:
        wide += width(" ", request.size) + width(request.year, YEAR_SIZE)
    if wide > _MAX_ANGLED:
        return
    for side in (request.side, -request.side):
        x = request.x + (1.0 if side > 0 else 6.0)
        y = request.y + side * (request.radius + (_ASCENT if side > 0 else _STATION_GAP + 1.0))
        words = _LabelText((text,), request.year, wide, is_cut, penalty)
        boxes = tuple(_strip(x, y, wide, side))
        offset_penalty = _OTHER_SIDE_PENALTY * (side != request.side)
        yield _Placement(penalty + offset_penalty, words, x, y, "start", 45 * side, boxes)


def _strip(x: float, y: float, wide: float, side: int) -> Iterator[Box]:
    """Yield boxes that hold a line of text at 45 degrees; its baseline begins at (x, y)."""
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


def _reserved_placement(request: LabelRequest) -> _Placement:
    """Return the first words of a name in the box that is reserved for them."""
    box = request.reserved
    room = box.right - box.left - 2 * _LABEL_GAP
    text = truncated(request.name, request.size, room + 0.01)
    words = _LabelText((text,), "", width(text, request.size), text != request.name, 0.0)
    x = (box.left + box.right) / 2
    return _Placement(0.0, words, x, box.top + _ASCENT, "middle", 0, (box,))


def boxes_of(label: Label, size: float = SIZE) -> Sequence[Box]:
    """Return boxes that hold all the text of a label."""
    wide = max(width(line, size) for line in label.lines)
    if label.year:
        wide = max(wide, width(label.lines[-1] + " ", size) + width(label.year, YEAR_SIZE))
    if label.angle:
        return tuple(_strip(label.x, label.y, wide, 1 if label.angle > 0 else -1))
    left = label.x - {"start": 0.0, "middle": wide / 2, "end": wide}[label.anchor]
    top = label.y - _ASCENT
    return (Box(left, top, left + wide, top + LINE * len(label.lines)),)
