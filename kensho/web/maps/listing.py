"""A map as a nested list: its lines, their works by date, and what each is connected with.

Guarantees: all that the map draws is in the list; a connection is listed at both its ends.
"""

from collections import defaultdict
from typing import NamedTuple
from uuid import UUID

from kensho.domain.relations import inverse
from kensho.metro.inputs import GuestOf
from kensho.metro.map import MetroMap, Route, Station
from kensho.web.messages import Messages, percent


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
    return [ListedLine(line.name, on_line[line.id]) for line in drawn.lines if on_line[line.id]]


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
