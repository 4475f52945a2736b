"""An SVG from standard input to a PNG on standard output: a program that `picture` starts.

resvg holds Python's lock while it draws, for seconds where a map is large, so that it would stop
the server; a process of its own doesn't. It imports nothing else, so that it starts at once.

    python -m kensho.web.maps.rasterise ZOOM BACKGROUND < map.svg > map.png
"""

import os
import sys
from typing import Final

import resvg_py

_NICENESS: Final = 5
"""A picture takes a core for a second or more: whoever else wants it gets three times
as much. At 10 one was not drawn within its deadline on a machine that was busy otherwise."""


def main() -> None:
    """Draw."""
    os.nice(_NICENESS)
    zoom, background = sys.argv[1:]
    drawn = resvg_py.svg_to_bytes(
        svg_string=sys.stdin.buffer.read().decode(),
        background=background,
        zoom=float(zoom),
        sans_serif_family="Liberation Sans",
        serif_family="Liberation Serif",
    )
    try:
        sys.stdout.buffer.write(bytes(drawn))
        sys.stdout.flush()
    except BrokenPipeError:  # The server has ended.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


if __name__ == "__main__":
    main()
