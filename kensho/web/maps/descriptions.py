"""What a metro map says in words: of the whole, of a station, of a route.

Guarantees: plain text, which the caller escapes; the words come from `strings.toml`.
"""

from collections import Counter

from kensho.domain.relations import inverse
from kensho.metro.map import MetroMap, Route, Station
from kensho.read_model.sentences import sentence
from kensho.web.messages import Messages

_MENTIONED = ("ongoing", "upcoming")
"""States that are mentioned; that a work is finished goes without saying."""


def of_map(drawn: MetroMap, messages: Messages) -> str:
    """Return what the map shows, for those who don't see it."""
    years = [station.year for station in drawn.stations if station.year]
    counts = Counter(messages.label("map_type", station.type) for station in drawn.stations)
    description = messages.format(
        "map_svg.description",
        works=len(drawn.stations),
        span=messages.format("map_svg.span", first=min(years), last=max(years)) if years else "",
        types=", ".join(f"{kind} {many}" for kind, many in counts.most_common()),
        lines=", ".join(f"{line.name} ({line.works_total})" for line in drawn.lines),
        routes=len(drawn.routes),
    )
    if drawn.folded:
        description += messages.format("map_svg.folded", n=len(drawn.folded))
    return description


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
    statement = sentence((target, source), (inverse(route.kind),))
    if route.method == "inferred":
        sure = f"{route.confidence:.0%}"
        return f"{statement} {messages.format('map_svg.inferred', sure=sure)}"
    method = messages.format(f"map_svg.{route.method}")
    by = messages.format("map_svg.by", who=", ".join(route.sources)) if route.sources else ""
    return f"{statement} {method}{by}"
