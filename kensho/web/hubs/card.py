"""The card of a work on a map: what it is, why it is there, and what one gets to from it."""

from collections.abc import Iterable
from typing import Any, Final, NamedTuple
from uuid import UUID

from kensho.discovery import works
from kensho.metro.map import MetroMap, Station
from kensho.read_model.franchise_views import FranchiseDetail
from kensho.read_model.views import Detail, RelatedWork
from kensho.web import urls
from kensho.web.hubs.memberships import MembershipReasons
from kensho.web.messages import Messages
from kensho.web.page_context import PageContext

_MOST: Final = 9
_FIRST: Final = (
    *("sequel", "prequel", "side_story", "parent_story", "spin_off", "spun_off_from"),
    *("alternative_version", "summary", "full_story", "alternative_setting", "same_setting"),
)
"""What is told of first; the rest follows as it comes."""


class NextWork(NamedTuple):
    """A work that one gets to from another; on the same map it is gone to there."""

    id: UUID
    title: str
    kind: str
    href: str
    year: int | None
    on_map: bool


def card(
    desk: PageContext, hub: FranchiseDetail, drawn: MetroMap, work: UUID
) -> dict[str, Any] | None:
    """Return what the card of a work shows, or `None` where the work is not on the map."""
    stations = {station.id: station for station in drawn.stations}
    station, node = stations.get(str(work)), desk.model.node(work)
    if station is None or node is None:
        return None
    detail = works.document(desk.model, node).decode()
    found = sorted(_around(detail), key=_rank)
    on_map = [one for one in found if str(one.id) in stations]
    nearby = (on_map + [one for one in found if str(one.id) not in stations])[:_MOST]
    start = urls.hub_map(hub.slug)
    return {
        "work": detail,
        "close": start,
        "facts_of": _facts(station, desk.renderer.wording),
        "role": desk.renderer.wording.name("role", station.role),
        "nearby": [_way(desk, one, start, str(one.id) in stations) for one in nearby],
        "more": len(found) - len(nearby),
        **_why(hub, work, desk.renderer.wording),
    }


def _around(detail: Detail) -> Iterable[RelatedWork]:
    around = detail.related_anime
    return (*around.sequels, *around.prequels, *around.related)


def _rank(one: RelatedWork) -> int:
    return _FIRST.index(one.kind) if one.kind in _FIRST else len(_FIRST)


def _way(desk: PageContext, one: RelatedWork, start: str, on_map: bool) -> NextWork:
    href = urls.asking(start, {"work": one.id}) if on_map else desk.place_of(one.id)
    kind = desk.renderer.wording.name("kind", one.kind)
    return NextWork(one.id, one.title, kind, href, desk.year_of(one.id), on_map)


def _facts(station: Station, wording: Messages) -> str:
    facts = [wording.name("media", station.type)]
    if station.year:
        facts.append(str(station.year))
    if station.episodes and station.episodes > 1:
        facts.append(wording.count("episodes", station.episodes))
    if station.status in ("ongoing", "upcoming"):
        facts.append(wording.name("status", station.status))
    return " · ".join(facts)


def _why(hub: FranchiseDetail, work: UUID, wording: Messages) -> dict[str, str]:
    ties = {one.work.id: one.because for one in hub.members}
    ties |= {one.work.id: one.because for one in hub.guests}
    reasons, because = MembershipReasons(hub, wording), ties.get(work, ())
    return {"why": reasons.of(work, because), "note": reasons.note(because)}
