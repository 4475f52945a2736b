"""The card of a work on a map: what it is, why it is there, and what one gets to from it."""

from collections.abc import Iterable
from typing import Any, Final, NamedTuple
from uuid import UUID

from kensho.discovery import works
from kensho.domain.relations import KIND_FACTS
from kensho.metro.map import Station
from kensho.read_model.franchise_views import FranchiseDetail
from kensho.read_model.views import Detail, RelatedWork
from kensho.web import descriptions, urls
from kensho.web.franchise_pages.memberships import MembershipReasons
from kensho.web.maps.map_store import DrawnMap
from kensho.web.messages import Messages
from kensho.web.page_context import PageContext

_MOST: Final = 9
"""So that the card stays lower than the map beside it; the page of the work lists all."""


class NextWork(NamedTuple):
    """A work that one gets to from another; a script shows it on the same map where it is there."""

    id: UUID
    title: str
    kind: str
    href: str
    year: int | None
    is_on_map: bool


def card(context: PageContext, drawn: DrawnMap, work: UUID) -> dict[str, Any] | None:
    """Return what the card of a work shows, or `None` where the work is not on the map.

    Neighbours on the map come first, and those of closer kinds before others.
    """
    stations = {station.id: station for station in drawn.map.stations}
    station, node = stations.get(str(work)), context.model.node(work)
    if station is None or node is None:
        return None
    detail = works.document(context.model, node).decode()
    neighbours = sorted(_neighbours(detail), key=lambda one: KIND_FACTS[one.kind].path)
    on_map = [one for one in neighbours if str(one.id) in stations]
    shown = (on_map + [one for one in neighbours if str(one.id) not in stations])[:_MOST]
    map_url = context.then(urls.franchise_map(drawn.franchise.slug))
    return {
        "work": detail,
        "map_url": map_url,
        "station_facts": _facts(station, context.messages),
        "role": context.messages.label("role", station.role),
        "related": [_next(context, one, map_url, str(one.id) in stations) for one in shown],
        "more_total": len(neighbours) - len(shown),
        **_reason(drawn.franchise, work, context.messages),
    }


def _neighbours(detail: Detail) -> Iterable[RelatedWork]:
    groups = detail.related_anime
    return (*groups.sequels, *groups.prequels, *groups.related)


def _next(context: PageContext, one: RelatedWork, map_url: str, is_on_map: bool) -> NextWork:
    joint = "&" if "?" in map_url else "?"
    href = f"{map_url}{joint}work={one.id}" if is_on_map else context.url_of(one.id)
    kind = context.messages.label("kind", one.kind)
    return NextWork(one.id, one.title, kind, href, context.year_of(one.id), is_on_map)


def _facts(station: Station, messages: Messages) -> str:
    return descriptions.facts(
        messages.label("media", station.type),
        messages,
        year=station.year,
        episodes=station.episodes,
        status=station.status,
    )


def _reason(franchise: FranchiseDetail, work: UUID, messages: Messages) -> dict[str, str]:
    reasons = MembershipReasons(franchise, messages)
    for member in franchise.members:
        if member.work.id == work:
            return {"reason": reasons.of_member(member), "note": reasons.note_of_member(member)}
    edges = next((one.because for one in franchise.guests if one.work.id == work), ())
    return {"reason": reasons.of(work, edges), "note": reasons.note(edges)}
