"""A metro map as text: what the whole, a station and a route are, and the map as a nested list.

Guarantees: plain text, which the caller escapes; the words come from `strings.toml`. All that the
map draws is in the list, a connection at both its ends.
"""

from collections import Counter, defaultdict
from typing import Final, NamedTuple
from uuid import UUID

from kensho.domain.relations import inverse
from kensho.metro.inputs import GuestOf
from kensho.metro.map import Heading, Line, MetroMap, Route, Station
from kensho.web import relation_texts
from kensho.web.messages import Messages, percent

_MENTIONED: Final = ("ongoing", "upcoming")
"""States that are mentioned; that a work is finished goes without saying."""
_UNTITLED: Final = ("main", "crossover")
"""Kinds of lines that no source names."""


class ListedLink(NamedTuple):
    """A connection as read from one end: what the other work is, and who says so."""

    kind: str
    id: UUID
    title: str
    provenance: str


class ListedWork(NamedTuple):
    """A work with its connections, and the other franchises it belongs to."""

    id: UUID
    title: str
    facts: str
    links: list[ListedLink]
    transfers: list[GuestOf]


class ListedLine(NamedTuple):
    """A line with its works by date."""

    name: str
    works: list[ListedWork]


def of_map(drawn: MetroMap, messages: Messages) -> str:
    """Return what the map shows, for those who don't see it."""
    years = [station.year for station in drawn.stations if station.year]
    counts = Counter(messages.label("map_type", station.type) for station in drawn.stations)
    description = messages.format(
        "map_svg.description",
        works=len(drawn.stations),
        span=messages.format("map_svg.span", first=min(years), last=max(years)) if years else "",
        types=", ".join(f"{kind} {many}" for kind, many in counts.most_common()),
        lines=", ".join(f"{of_line(line, messages)} ({line.works_total})" for line in drawn.lines),
        routes=len(drawn.routes),
    )
    if drawn.folded:
        description += messages.format("map_svg.folded", n=len(drawn.folded))
    return description


def of_line(line: Line, messages: Messages) -> str:
    """Return the name of a line."""
    if line.number is None and line.kind in _UNTITLED:
        return messages.label("map_line", line.kind)
    return line.name


def of_heading(heading: Heading, line: Line, messages: Messages) -> str:
    """Return what is written at the left of a track."""
    if heading.lane is not None:
        return messages.label("map_lane", heading.lane)
    return of_line(line, messages) if line.number is None else heading.text


def of_station(station: Station, messages: Messages) -> str:
    """Return the full title of a work and its facts."""
    year = str(station.year) if station.year else messages.format("map_svg.no_date")
    facts = [year, messages.label("map_type", station.type)]
    if station.episodes and station.episodes > 1:
        facts.append(messages.format("map_svg.episodes", n=station.episodes))
    if station.status in _MENTIONED:
        facts.append(messages.label("status", station.status))
    return f"{station.title} ({', '.join(facts)})"


def of_route(route: Route, source: str, target: str, messages: Messages) -> str:
    """Return what an edge states between two titles, who states it, and how surely."""
    statement = relation_texts.path((target, source), (inverse(route.kind),), messages)
    if route.method == "inferred":
        sure = f"{route.confidence:.0%}"
        return f"{statement} {messages.format('map_svg.inferred', sure=sure)}"
    method = messages.format(f"map_svg.{route.method}")
    by = messages.format("map_svg.by", who=", ".join(route.sources)) if route.sources else ""
    return f"{statement} {method}{by}"


def lines(drawn: MetroMap, messages: Messages) -> list[ListedLine]:
    """Return the lines of a map as lists."""
    links = _links(drawn, messages)
    transfers: dict[str, list[GuestOf]] = defaultdict(list)
    for transfer in drawn.transfers:
        transfers[transfer.station].append(transfer.franchise)
    on_line: dict[str, list[ListedWork]] = defaultdict(list)
    for one in drawn.stations:
        listed = ListedWork(
            UUID(one.id), one.title, _facts(one, messages), links[one.id], transfers[one.id]
        )
        on_line[one.line].append(listed)
    return [
        ListedLine(of_line(line, messages), on_line[line.id])
        for line in drawn.lines
        if on_line[line.id]
    ]


def _links(drawn: MetroMap, messages: Messages) -> defaultdict[str, list[ListedLink]]:
    titles = {station.id: station.title for station in drawn.stations}
    found: defaultdict[str, list[ListedLink]] = defaultdict(list)
    for route in drawn.routes:
        provenance = _provenance(route, messages)
        for here, there, kind in (
            (route.source, route.target, route.kind),
            (route.target, route.source, inverse(route.kind)),
        ):
            label = messages.label("kind", kind)
            found[here].append(ListedLink(label, UUID(there), titles[there], provenance))
    return found


def _provenance(route: Route, messages: Messages) -> str:
    if route.method == "inferred":
        return messages.format("provenance.inferred", sure=percent(route.confidence))
    if route.method == "curated":
        return messages.format("provenance.curated")
    if not route.sources:
        return ""
    return messages.format("provenance.stated", who=messages.join(route.sources))


def _facts(station: Station, messages: Messages) -> str:
    year = str(station.year) if station.year else ""
    return ", ".join(filter(None, (messages.label("media", station.type), year)))
