"""A metro map as one SVG document: readable alone, without scripts, on paper and by screen readers.

The page's scripts read classes and data attributes: `.station[data-id]`, `.route[data-from]
[data-to][data-kind]`, `data-line` on both. All text and every attribute is escaped here, and
characters that XML cannot contain are left out.

Guarantees: the same map gives the same text.

Performance: 30 µs for a station or route.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Final
from xml.sax.saxutils import escape

import msgspec

from kensho.metro.lines import MAIN_LINE
from kensho.metro.map import Label, Line, MetroMap, Route, Station, Transfer
from kensho.metro.station_names import printable
from kensho.web.maps import descriptions
from kensho.web.maps.legend import LEGEND_HIGH, legend
from kensho.web.maps.shapes import mark, number, path
from kensho.web.maps.style import style
from kensho.web.messages import Messages

_LINE_HIGH: Final = 13.5
_TICK_Y: Final = 20.0
_RULE_TOP: Final = 28.0
_GAP_WIDE: Final = 14.0
_PILL_HIGH: Final = 17.0
_STRAIGHT: Final = 2
_FAR: Final = 800.0
"""Pixels; a longer route is drawn thinner, so that it recedes behind the lines that it passes."""
_LESSER: Final = frozenset(("summary", "crossover", "music", "promotion"))


class MapLinks(msgspec.Struct, frozen=True):
    """Where a station, by its id, and a transfer, by its slug, lead to."""

    work: Callable[[str], str] = "/anime/{}".format
    franchise: Callable[[str], str] = "/franchises/{}".format


def map_svg(
    drawn: MetroMap,
    messages: Messages,
    *,
    links: MapLinks | None = None,
    prefix: str = "metro",
    is_styled: bool = True,
    is_whole: bool = False,
) -> str:
    """Return a map as an SVG element; with `links`, stations and transfers lead somewhere.

    `prefix` keeps ids apart where a page shows several maps. In a page that has the style sheet of
    maps already, the element brings none: `is_styled` is false. On one that `is_whole`, routes that
    are quiet are seen.
    """
    lines = {line.id: line for line in drawn.lines}
    # The children of an image are hidden from screen readers: a map with links is a group.
    role = "group" if links else "img"
    wide, high = number(drawn.width), number(drawn.height + LEGEND_HIGH)
    title = messages.format("map_svg.title", title=drawn.title)
    return "".join(
        (
            f'<svg xmlns="http://www.w3.org/2000/svg" class="metro{" whole" if is_whole else ""}"'
            f' role="{role}"'
            f' aria-labelledby="{_text(prefix)}-title" aria-describedby="{_text(prefix)}-desc"'
            f' viewBox="0 0 {wide} {high}" width="{wide}" height="{high}">',
            f'<title id="{_text(prefix)}-title">{_text(title)}</title>',
            f'<desc id="{_text(prefix)}-desc">{_text(descriptions.of_map(drawn, messages))}</desc>',
            f"<style>{style()}</style>" if is_styled else "",
            _group("years", _years(drawn, messages)),
            _group("tracks", _tracks(drawn, lines)),
            _group("routes", _routes(drawn, lines, messages)),
            _group("gaps", _gaps(drawn, messages)),
            _group("headings", _headings(drawn, lines, messages, at_edge=True)),
            _group("names", _headings(drawn, lines, messages, at_edge=False)),
            _group(
                "stations",
                (_station(one, lines[one.line], links, messages) for one in drawn.stations),
            ),
            _group("transfers", _transfers(drawn, links, messages)),
            legend(drawn, messages),
            "</svg>",
        )
    )


def _text(text: str) -> str:
    return escape(printable(text), {'"': "&quot;", "'": "&#39;"})


def _group(name: str, elements: Iterable[str]) -> str:
    return f'<g class="{name}">{"".join(elements)}</g>'


def _years(drawn: MetroMap, messages: Messages) -> Iterator[str]:
    bottom = number(drawn.height - 4)
    for tick in drawn.ticks:
        x = number(tick.x)
        yield f'<line class="rule" x1="{x}" y1="{_RULE_TOP:.0f}" x2="{x}" y2="{bottom}"/>'
        place = f'x="{x}" y="{_TICK_Y:.0f}" text-anchor="middle"'
        year = str(tick.year) if tick.year else _text(messages.format("map_svg.no_date"))
        yield f'<text class="year-mark" {place}>{year}</text>'


def _tracks(drawn: MetroMap, lines: Mapping[str, Line]) -> Iterator[str]:
    for track in drawn.tracks:
        y, colour = number(track.y), lines[track.line].colour
        lane = "trunk" if track.is_trunk else "lane"
        yield (
            f'<line class="track {lane} c{colour} k-{lines[track.line].kind}"'
            f' data-line="{_text(track.line)}"'
            f' x1="{number(track.x_from)}" y1="{y}" x2="{number(track.x_to)}" y2="{y}"/>'
        )


def _routes(drawn: MetroMap, lines: Mapping[str, Line], messages: Messages) -> Iterator[str]:
    titles = {station.id: station.title for station in drawn.stations}
    trunk = {station.id for station in drawn.stations if station.is_trunk}
    # Routes of the story are drawn above those of mere connections.
    ranks = {"thin": 0, "branch": 1, "track": 2}
    for route in sorted(drawn.routes, key=lambda r: (ranks[r.weight], r.id)):
        line = lines[route.line]
        words = descriptions.of_route(route, titles[route.source], titles[route.target], messages)
        yield _route(route, line, words, is_trunk={route.source, route.target} <= trunk)


def _route(route: Route, line: Line, words: str, *, is_trunk: bool) -> str:
    weight = _stroke(route, line, is_trunk=is_trunk)
    quiet = " quiet" if route.is_quiet else ""
    dashed = " inferred" if route.is_dashed else ""
    opacity = f' opacity="{route.opacity:g}"' if route.opacity < 1 else ""
    return (
        f'<path class="route {weight}{quiet}{dashed} c{line.colour}" d="{path(route.points)}"'
        f' data-from="{_text(route.source)}" data-to="{_text(route.target)}"'
        f' data-kind="{route.kind}" data-line="{_text(line.id)}" data-method="{route.method}"'
        f' data-confidence="{route.confidence:g}"{opacity}><title>{_text(words)}</title></path>'
    )


def _stroke(route: Route, line: Line, *, is_trunk: bool) -> str:
    """Return the class of a route's stroke: far and lesser ones recede behind the lines."""
    if route.weight == "track" and is_trunk:
        is_band = len(route.points) == _STRAIGHT and line.kind not in _LESSER
        return "band" if is_band else "arch"
    is_far = abs(route.points[-1][0] - route.points[0][0]) > _FAR
    return (
        "thin" if route.weight == "thin" or line.kind in _LESSER else "far" if is_far else "branch"
    )


def _gaps(drawn: MetroMap, messages: Messages) -> Iterator[str]:
    for gap in drawn.gaps:
        left, right = number(gap.x - _GAP_WIDE / 2), number(gap.x + _GAP_WIDE / 2)
        top, bottom = number(_RULE_TOP), number(drawn.height - 4)
        high = number(drawn.height - 4 - _RULE_TOP)
        yield (
            f'<g class="gap"><title>{messages.format("map_svg.gap", n=gap.years)}</title>'
            f'<rect class="gap-band" x="{left}" y="{top}" width="{_GAP_WIDE:.0f}" height="{high}"/>'
            f'<path class="gap-edge" d="M{left} {top}V{bottom}M{right} {top}V{bottom}"/></g>'
        )


def _headings(
    drawn: MetroMap, lines: Mapping[str, Line], messages: Messages, *, at_edge: bool
) -> Iterator[str]:
    for heading in drawn.headings:
        if heading.is_at_edge != at_edge:
            continue
        line, x, y = lines[heading.line], heading.x, heading.y
        text = descriptions.of_heading(heading, line, messages)
        yield (
            f'<g class="c{line.colour}" data-line="{_text(line.id)}">'
            f'<line class="swatch" x1="{number(x)}" y1="{number(y)}" x2="{number(x + 8)}"'
            f' y2="{number(y)}"/><text class="heading" x="{number(x + 17)}" y="{number(y + 4)}">'
            f"{_text(text)}</text></g>"
        )


def _station(station: Station, line: Line, links: MapLinks | None, messages: Messages) -> str:
    tag, to = ("a", f' href="{_text(links.work(station.id))}"') if links else ("g", "")
    words = _text(descriptions.of_station(station, messages))
    hollow = " hollow" if station.is_hollow else ""
    is_main = line.id == MAIN_LINE and station.is_trunk
    kind = "main" if is_main else line.kind if station.is_trunk else "beside"
    airing = station.status == "ongoing"
    pulse = f'<circle class="pulse" cx="{number(station.x)}" cy="{number(station.y)}"' + (
        f' r="{number(station.radius + 4)}"/>'
    )
    return (
        f'<{tag}{to} class="station k-{kind} t-{station.type} c{line.colour}{hollow}"'
        f' data-id="{_text(station.id)}" data-kind="{station.role}" data-type="{station.type}"'
        f' data-line="{_text(line.id)}" data-status="{station.status}"'
        f' data-year="{station.year or ""}" data-x="{number(station.x)}"'
        f' data-y="{number(station.y)}" data-rank="{station.rank}">'
        f"<title>{words}</title>{pulse if airing else ''}"
        f"{mark(station.shape, station.x, station.y, station.radius)}"
        f"{_label(station.label)}</{tag}>"
    )


def _label(label: Label) -> str:
    x, y = number(label.x), number(label.y)
    turned = f' transform="rotate({label.angle} {x} {y})"' if label.angle else ""
    rows = [_text(line) for line in label.lines]
    if label.year:
        space = " " if rows[-1] else ""
        rows[-1] += f'{space}<tspan class="year">{_text(label.year)}</tspan>'
    down = number(_LINE_HIGH)
    tspans = (f'<tspan x="{x}" dy="{down if n else 0}">{row}</tspan>' for n, row in enumerate(rows))
    return (
        f'<text class="label" x="{x}" y="{y}" text-anchor="{label.anchor}"{turned}>'
        f"{''.join(tspans)}</text>"
    )


def _transfers(drawn: MetroMap, links: MapLinks | None, messages: Messages) -> Iterator[str]:
    stations = {station.id: station for station in drawn.stations}
    # A stem may lead past the symbol of another franchise, below it.
    yield from (_stem(transfer, stations[transfer.station]) for transfer in drawn.transfers)
    yield from (_transfer(transfer, links, messages) for transfer in drawn.transfers)


def _stem(transfer: Transfer, station: Station) -> str:
    side = 1 if transfer.y > station.y else -1
    x, y = number(transfer.x), number(station.y + side * (station.radius + 1))
    return f'<path class="stem" d="M{x} {y}V{number(transfer.y)}"/>'


def _transfer(transfer: Transfer, links: MapLinks | None, messages: Messages) -> str:
    slug, wide = transfer.franchise.slug, transfer.width
    title = messages.format("map_svg.transfer", title=transfer.franchise.title)
    tag, to = ("a", f' href="{_text(links.franchise(slug))}"') if links else ("g", "")
    x, y = number(transfer.x), transfer.y
    return (
        f'<{tag}{to} class="transfer" data-franchise="{_text(slug)}"'
        f' data-of="{_text(transfer.station)}">'
        f"<title>{_text(title)}</title>"
        f'<rect x="{number(transfer.x - wide / 2)}" y="{number(y - _PILL_HIGH / 2)}"'
        f' width="{number(wide)}" height="{_PILL_HIGH:.0f}" rx="{_PILL_HIGH / 2}"/>'
        f'<text x="{x}" y="{number(y + 4)}" text-anchor="middle">{_text(transfer.text)}</text>'
        f"</{tag}>"
    )
