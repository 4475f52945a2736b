"""What a franchise's map is drawn from, made of its document and of its graph.

Guarantees: pure. Promotions are drawn only where they are asked for. A work and its further records
are one station, the first; an edge to a record counts as one to the work. A guest is a station of
the kind "crossover" that leads to its home. Memberships that no relation of the graph explains (a
collection's, a curator's) are drawn by the edges that the members give as their reasons.

Performance: 3 µs for each edge.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Final, Self, TypeAlias
from uuid import UUID

import msgspec

from kensho.domain.relations import METHOD_RANK, Assertion, Kind, Method
from kensho.domain.works import AnimeType, Role
from kensho.errors import InvalidInputError
from kensho.metro.inputs import GuestOf, MapContinuity, MapEdge, MapWork, MediaType
from kensho.read_model.franchise_views import (
    ROLES,
    FranchiseDetail,
    FranchiseEdge,
    FranchiseMember,
    MemberWork,
)
from kensho.read_model.graph_views import ExportBridge, ExportEdge

PROMOTIONS: Final = "promotions"
CONNECTIONS: Final = "connections"
GUESTS_TOKEN: Final = "guests"  # noqa: S105 -- a name in addresses
TYPE_TOKENS: Final[Mapping[MediaType, str]] = {
    "series": "series",
    "film": "movie",
    "movie": "movie",
    "ova": "ova",
    "special": "special",
    "music": "special",
    "ona": "ona",
}
"""What types are called in addresses: by their shapes, and never as a role is."""
_HIDEABLE: Final = frozenset((*TYPE_TOKENS.values(), *ROLES, GUESTS_TOKEN, "inferred"))
_LINE: Final = re.compile(r"line-\d{1,3}")
SourceName: TypeAlias = Callable[[str], str]
"""Tells what a source is called, by its name in assertions."""
TYPES: Final[Mapping[AnimeType, MediaType]] = {
    "tv": "series",
    "movie": "film",
    "ova": "ova",
    "ona": "ona",
    "special": "special",
    "unknown": "special",
}


class MapSelection(msgspec.Struct, frozen=True):
    """What is taken off a map and what is put on it: `PROMOTIONS`, or `CONNECTIONS` that are quiet.

    `hidden` are the `TYPE_TOKENS` and roles of works, their `line_token`s, and "inferred".
    """

    hidden: frozenset[str] = frozenset()
    shown: frozenset[str] = frozenset()

    @classmethod
    def read(cls, hide: str, show: str) -> Self:
        """Return the selection that an address asks for: names joined by dots.

        Raises:
            InvalidInputError: there is no such name; tells which.
        """
        hidden, shown = (frozenset(filter(None, text.split("."))) for text in (hide, show))
        for token in sorted(hidden - _HIDEABLE):
            if _LINE.fullmatch(token) is None:
                known = ", ".join(sorted(_HIDEABLE))
                raise InvalidInputError.of(
                    "hide", f"{token!r} is none of {known}, line-0 and so on"
                )
        for token in sorted(shown - {PROMOTIONS, CONNECTIONS}):
            known = f"{PROMOTIONS}, {CONNECTIONS}"
            raise InvalidInputError.of("show", f"{token!r} is none of {known}")
        return cls(hidden, shown)

    @property
    def parameters(self) -> dict[str, str | None]:
        """The parameters of an address that asks for this selection."""
        return {
            "hide": ".".join(sorted(self.hidden)) or None,
            "show": ".".join(sorted(self.shown)) or None,
        }

    def takes(self, work: MapWork) -> bool:
        """Tell whether a work is on the map."""
        return self.hidden.isdisjoint((TYPE_TOKENS[work.type], work.role, line_token(work)))

    def takes_edge(self, edge: MapEdge) -> bool:
        """Tell whether an edge is on the map, as far as that depends on how it is known."""
        return edge.method != "inferred" or "inferred" not in self.hidden

    def switched(self, token: str) -> "MapSelection":
        """Return this selection with the other choice about a token."""
        if token in {PROMOTIONS, CONNECTIONS}:
            return MapSelection(self.hidden, self.shown ^ {token})
        return MapSelection(self.hidden ^ {token}, self.shown)


EVERYTHING: Final = MapSelection()
"""The map as it is drawn unless somebody asks for another."""


def line_token(work: MapWork) -> str:
    """Return the name by which the line of a work is hidden."""
    if work.is_guest:
        return GUESTS_TOKEN
    return "line-" if work.line is None else f"line-{work.line}"


def works_of(
    franchise: FranchiseDetail,
    popularity_of: Callable[[UUID], float] = lambda _: 0.0,
    *,
    promotions: bool = False,
) -> Iterator[MapWork]:
    """Yield the works of a franchise's map: members without promotions, then guests."""
    for member in franchise.members:
        if promotions or is_drawn(franchise, member):
            yield map_work(member.work, member.role, popularity_of, line=member.line)
    for guest in franchise.guests:
        home = guest.home
        elsewhere = (GuestOf(home.slug, home.title),) if home else ()
        yield map_work(guest.work, "crossover", popularity_of, elsewhere, is_guest=True)


def continuities_of(franchise: FranchiseDetail) -> list[MapContinuity]:
    """Return the lines of a franchise; the main one is that of its root, where that has one.

    The only line bears the name of the franchise.
    """
    if len(franchise.lines) == 1:
        return [MapContinuity(franchise.lines[0].number, franchise.title, is_main=True)]
    line_of = {work: line.number for line in franchise.lines for work in line.works}
    main = line_of.get(franchise.root)
    return [MapContinuity(line.number, line.title, line.number == main) for line in franchise.lines]


def is_drawn(franchise: FranchiseDetail, member: FranchiseMember) -> bool:
    """Tell whether a member is on the map: promotions are not, but for the root."""
    return member.role != "promotion" or member.work.id == franchise.root


def map_work(
    work: MemberWork,
    role: Role,
    popularity_of: Callable[[UUID], float],
    guest_of: tuple[GuestOf, ...] = (),
    *,
    line: int | None = None,
    is_guest: bool = False,
) -> MapWork:
    """Return a work as the map takes it."""
    return MapWork(
        id=str(work.id),
        title=work.title,
        type="music" if role == "music" else TYPES[work.anime_type],
        role=role,
        date=work.date or (str(work.year) if work.year else ""),
        episodes=work.episodes,
        duration_s=work.duration_s,
        status=work.status,
        guest_of=guest_of,
        is_guest=is_guest,
        line=line,
        popularity=popularity_of(work.id),
    )


def edges_of(
    franchise: FranchiseDetail,
    edges: Iterable[ExportEdge],
    bridges: Iterable[ExportBridge],
    source_name: SourceName,
    *,
    promotions: bool = False,
) -> Iterator[MapEdge]:
    """Yield the edges of a franchise's map: those inside it, those to guests, and reasons."""
    stations = _stations(franchise, promotions=promotions)
    drawn = set[tuple[str, str]]()
    for edge in (*edges, *(bridge.edge for bridge in bridges)):
        ends = stations.get(edge.source), stations.get(edge.target)
        if ends[0] is None or ends[1] is None or ends[0] == ends[1]:
            continue
        drawn.add((ends[0], ends[1]))
        yield map_edge((ends[0], ends[1]), edge.kind, edge.assertions, source_name)
    for reason in _reasons(franchise):
        source, target = stations.get(str(reason.source)), stations.get(str(reason.target))
        if (
            source
            and target
            and source != target
            and not drawn & {(source, target), (target, source)}
        ):
            drawn.add((source, target))
            yield MapEdge(
                source=source,
                target=target,
                kind=reason.kind,
                method=reason.method,
                confidence=reason.confidence,
            )


def map_edge(
    ends: tuple[str, str], kind: Kind, assertions: Sequence[Assertion], source_name: SourceName
) -> MapEdge:
    """Return a relation with the surest method by which it is known, and the sources of that."""
    agreeing = [one for one in assertions if one.kind == kind] or assertions
    methods: list[Method] = [one.method for one in agreeing]
    method: Method = max(methods, key=METHOD_RANK.__getitem__) if methods else "stated"
    by_method = [one for one in agreeing if one.method == method]
    return MapEdge(
        source=ends[0],
        target=ends[1],
        kind=kind,
        method=method,
        confidence=max((one.confidence for one in by_method), default=1.0),
        sources=tuple(dict.fromkeys(source_name(one.source) for one in by_method)),
    )


def _stations(franchise: FranchiseDetail, *, promotions: bool) -> dict[str, str]:
    """Return the id of the station of each record."""
    found = {str(guest.work.id): str(guest.work.id) for guest in franchise.guests}
    for member in franchise.members:
        if not promotions and not is_drawn(franchise, member):
            continue
        station = str(member.work.id)
        found |= dict.fromkeys((station, *map(str, member.also)), station)
    return found


def _reasons(franchise: FranchiseDetail) -> Iterator[FranchiseEdge]:
    for member in franchise.members:
        yield from member.because
    for guest in franchise.guests:
        yield from guest.because
