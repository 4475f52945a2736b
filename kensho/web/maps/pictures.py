"""Maps as PNG, rendered by resvg: on paper, with the system's fonts.

Guarantees: a picture is light, whatever the viewer's theme, for it is shown on other sites. resvg
knows no custom properties, so that each is removed and the plain colour before it holds. One
process draws one picture at a time; see `rasterise`.

Performance: 0.2 s for a small map, most of it the start of the process; half a second more for 150
works.
"""

import re
import subprocess
import sys
from collections.abc import Callable
from time import monotonic
from typing import Final, NamedTuple

from cachetools import LRUCache
from markupsafe import escape

from kensho.errors import NotReadyError
from kensho.http.work_pool import checkpoint
from kensho.metro.map import MetroMap
from kensho.metro.station_names import printable
from kensho.metro.text_metrics import width
from kensho.web.maps import rasterise
from kensho.web.maps.small import contents, size_of
from kensho.web.maps.style import style
from kensho.web.maps.svg import map_svg
from kensho.web.messages import Messages

PAPER: Final = "#f7f2e8"
CARD: Final = (1200, 630)
"""The size in pixels that Open Graph consumers recommend for pictures of links."""
_MOST_WIDE: Final = 4000
"""Pixels: wider maps are drawn less sharp, so that 150 works take well below a second."""
_DEADLINE_S: Final = 20.0
"""Forty times what a map of 150 works takes, for a machine that is busy."""
_LOOK_AGAIN_S: Final = 0.1
"""How soon the program of a picture that nobody waits for is ended."""
_KEPT_BYTES: Final = 16_777_216
"""16 MiB: some forty large maps, or two hundred pictures for links."""
_ZOOM: Final = 2.0
_MAP_SIZE: Final = (1088.0, 330.0)
_LEFT: Final = 56.0
_VARIABLE: Final = re.compile(r"[a-z0-9-]+:var\([^)]*\);?")
_AT_RULE: Final = re.compile(r"@[^{]*\{(?:[^{}]*\{[^{}]*\})*[^{}]*\}")
_TITLE_SIZES: Final = (76.0, 64.0, 52.0, 44.0, 36.0)


class PictureStore:
    """Draws pictures and keeps them; used by the one thread of the pool of pictures."""

    def __init__(self) -> None:
        self._kept: LRUCache[str, bytes] = LRUCache(_KEPT_BYTES, getsizeof=len)

    def get(self, name: str, draw: "Callable[[], Drawing]") -> bytes:
        """Return a picture by its name, drawn where it isn't kept.

        Raises:
            NotReadyError: it was not drawn within the deadline.
        """
        made = self._kept.get(name)
        if made is None:
            made = _rendered(draw())
            if len(made) <= _KEPT_BYTES // 4:
                self._kept[name] = made
        return made


class Drawing(NamedTuple):
    """What a picture is drawn from: an SVG, and how much larger it is drawn."""

    svg: str
    zoom: float


def of_map(drawn: MetroMap, messages: Messages) -> Drawing:
    """Return a map, twice as sharp as on a page where it isn't too wide for that."""
    zoom = min(_ZOOM, _MOST_WIDE / drawn.width)
    return Drawing(map_svg(drawn, messages).replace(style(), _plain(), 1), zoom)


def of_card(title: str, subtitle: str, drawn: MetroMap) -> Drawing:
    """Return what links to a franchise show: its name, its facts, its small map."""
    wide, high = size_of(drawn, _MAP_SIZE)
    size = next(
        (one for one in _TITLE_SIZES if width(printable(title), one) <= _MAP_SIZE[0]),
        _TITLE_SIZES[-1],
    )
    top = 220 + (_MAP_SIZE[1] - high) / 2
    left = _LEFT + (_MAP_SIZE[0] - wide) / 2
    return Drawing(
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {CARD[0]} {CARD[1]}"'
        f' width="{CARD[0]}" height="{CARD[1]}"><style>{_plain()}'
        f".title{{font-family:serif;font-weight:600;fill:#1d1a16}}"
        f".subtitle{{font-family:sans-serif;fill:#5d5448}}.metro .mark{{stroke-width:1.6}}</style>"
        f'<rect width="{CARD[0]}" height="10" fill="#b93014"/>'
        f'<text class="title" x="{_LEFT}" y="128" font-size="{size:g}">{_cut(title, size)}</text>'
        f'<text class="subtitle" x="{_LEFT}" y="180" font-size="26">{_cut(subtitle, 26)}</text>'
        f'<g class="metro" transform="translate({left:.1f} {top:.1f})">'
        f"{contents(drawn, _MAP_SIZE)}</g>"
        f'<text class="title" x="{_LEFT}" y="600" font-size="30">Kenshō</text></svg>',
        1.0,
    )


def _rendered(drawing: Drawing) -> bytes:
    """Return what the program draws; it is ended when nobody waits for the picture any more."""
    command = (sys.executable, "-m", rasterise.__name__, str(drawing.zoom), PAPER)
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as program:  # noqa: S603 -- a module of ours
        try:
            made = _communicated(program, drawing.svg.encode())
        finally:
            program.kill()  # which is nothing to one that has ended
    if program.returncode:
        raise NotReadyError(f"the picture can't be drawn: resvg ended with {program.returncode}")
    return made


def _communicated(program: subprocess.Popen[bytes], svg: bytes) -> bytes:
    give_up_at = monotonic() + _DEADLINE_S
    given: bytes | None = svg
    while True:
        try:
            return program.communicate(given, timeout=_LOOK_AGAIN_S)[0]
        except subprocess.TimeoutExpired as error:
            given = None  # it goes on with the rest
            if monotonic() > give_up_at:
                raise NotReadyError("the picture is not drawn yet") from error
            checkpoint()


def _plain() -> str:
    """Return the style sheet of maps without custom properties and at-rules."""
    return _VARIABLE.sub("", _AT_RULE.sub("", style()))


def _cut(text: str, size: float) -> str:
    """Return as much of a text as the picture is wide, escaped."""
    whole = printable(text)
    if width(whole, size) > _MAP_SIZE[0]:
        while whole and width(f"{whole}…", size) > _MAP_SIZE[0]:
            whole = whole[:-1]
        whole = f"{whole.rstrip()}…"
    return str(escape(whole))
