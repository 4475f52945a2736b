"""A map as a nested list: its lines, their works by date, and what each is connected with.

Guarantees: it says all that the map draws, in words; a connection stands at both its ends.
"""

from collections import defaultdict
from typing import NamedTuple
from uuid import UUID

from kensho.metro.inputs import GuestOf
from kensho.metro.map import MetroMap, Route, Station
from kensho.read_model.sentences import inverse
from kensho.web import formatting
from kensho.web.messages import Messages


class ListedLink(NamedTuple):
    """A connection as read from one end: what the other work is."""

    kind: str
    id: UUID
    title: str
    told: str


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


def lines(drawn: MetroMap, wording: Messages) -> list[ListedLine]:
    """Return the lines of a map as lists."""
    links = _links(drawn, wording)
    transfers: dict[str, list[GuestOf]] = defaultdict(list)
    for transfer in drawn.transfers:
        transfers[transfer.station].append(transfer.franchise)
    on_line: dict[str, list[ListedWork]] = defaultdict(list)
    for one in drawn.stations:
        listed = ListedWork(
            UUID(one.id), one.title, _facts(one, wording), links[one.id], transfers[one.id]
        )
        on_line[one.line].append(listed)
    return [ListedLine(line.name, on_line[line.id]) for line in drawn.lines if on_line[line.id]]


def _links(drawn: MetroMap, wording: Messages) -> defaultdict[str, list[ListedLink]]:
    titles = {station.id: station.title for station in drawn.stations}
    found: defaultdict[str, list[ListedLink]] = defaultdict(list)
    for route in drawn.routes:
        told = _told(route, wording)
        for here, there, kind in (
            (route.source, route.target, route.kind),
            (route.target, route.source, inverse(route.kind)),
        ):
            link = ListedLink(wording.name("kind", kind), UUID(there), titles[there], told)
            found[here].append(link)
    return found


def _told(route: Route, wording: Messages) -> str:
    if route.method == "inferred":
        return wording.say("told.inferred", sure=formatting.percent(route.confidence))
    if route.method == "curated":
        return wording.say("told.curated")
    return wording.say("told.stated", who=wording.joined(route.sources)) if route.sources else ""


def _facts(station: Station, wording: Messages) -> str:
    year = str(station.year) if station.year else ""
    return ", ".join(filter(None, (wording.name("media", station.type), year)))
