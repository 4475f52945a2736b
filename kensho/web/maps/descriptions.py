"""What a metro map says in words: of the whole, of a station, of a route.

Guarantees: plain text, which the caller escapes.
"""

from collections import Counter
from typing import Final

from kensho.metro.inputs import MediaType
from kensho.metro.map import MetroMap, Route, Station
from kensho.read_model.sentences import PHRASES

TYPES: Final[dict[MediaType, str]] = {
    "series": "series",
    "film": "film",
    "movie": "film",
    "ova": "OVA",
    "special": "special",
    "ona": "ONA",
    "music": "music",
}
_STATUS: Final = {"ongoing": "airing", "upcoming": "announced"}


def describe(drawn: MetroMap) -> str:
    """Return what the map shows, for those who don't see it."""
    years = [station.year for station in drawn.stations if station.year]
    span = f" from {min(years)} to {max(years)}" if years else ""
    counts = Counter(TYPES[station.type] for station in drawn.stations)
    types = ", ".join(f"{kind} {many}" for kind, many in counts.most_common())
    lines = ", ".join(f"{line.name} ({line.works_total})" for line in drawn.lines)
    text = f"{len(drawn.stations)} works{span}, earlier ones further left. By type: {types}."
    text += f" Lines: {lines}. {len(drawn.routes)} connections."
    if drawn.folded:
        text += f" {len(drawn.folded)} more that these imply are not drawn."
    return text


def of_station(station: Station) -> str:
    """Return the full title of a work and its facts."""
    facts = [str(station.year) if station.year else "no date", TYPES[station.type]]
    if station.episodes and station.episodes > 1:
        facts.append(f"{station.episodes} episodes")
    if station.status in _STATUS:
        facts.append(_STATUS[station.status])
    return f"{station.title} ({', '.join(facts)})"


def of_route(route: Route, source: str, target: str) -> str:
    """Return what an edge says, who says so and how surely."""
    if route.kind in ("joined", "same_work"):
        said = f"{target} belongs with {source}"
    else:
        said = f"{target} is {PHRASES[route.kind]} {source}"
    by = ", ".join(route.sources)
    if route.method == "inferred":
        return f"{said}. Inferred, {route.confidence:.0%} sure"
    how = "Curated" if route.method == "curated" else "Stated"
    return f"{said}. {how} by {by}" if by else f"{said}. {how}"
