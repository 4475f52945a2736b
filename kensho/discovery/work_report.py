"""Everything that the graph has about one work, read from the store: what `kensho show` prints.

It is for curators: relations are read from the work, with every assertion on them, and the report
ends with what each source says.

Performance: one query of about 30 ms.
"""

from typing import Any, NamedTuple
from uuid import UUID

import msgspec

from kensho.domain import ids
from kensho.domain.relations import INVERSE, Assertion, Kind
from kensho.errors import GoneError, InvalidInputError, MovedError, NotFoundError
from kensho.storage.gateway import Gateway


class StatedRelation(msgspec.Struct, frozen=True):
    """`title` is the `kind` of the work; assertions are read the same way."""

    kind: Kind
    title: str
    id: UUID
    assertions: tuple[Assertion, ...]


class DeniedRelation(msgspec.Struct, frozen=True):
    """A work that curators say is not related; assertions read from the work of the report."""

    title: str
    id: UUID
    assertions: tuple[Assertion, ...]


class SourceStatement(msgspec.Struct, frozen=True):
    """What one source says of a work: under which id, since which of its snapshots.

    `facts` and `links` are its facts and claims as they were stored; `dead` that it withdrew them.
    """

    source: str
    key: str
    snapshot: str
    facts: msgspec.Raw
    links: msgspec.Raw | None
    dead: bool


class WorkReport(msgspec.Struct, frozen=True):
    """A work as the store holds it; `work` has the fields of its table."""

    kind: str
    work: dict[str, Any]
    tags: tuple[tuple[str, str | None, float], ...]
    relations: tuple[StatedRelation, ...]
    same_as: tuple[tuple[str, UUID], ...]
    franchises: tuple[str, ...]
    episodes: int
    records: tuple[SourceStatement, ...]
    denied: tuple[DeniedRelation, ...] = ()


class _Edge(NamedTuple):
    kind: Kind
    title: str
    id: UUID
    assertions: tuple[Assertion, ...]


class _SequelEdge(NamedTuple):
    title: str
    id: UUID
    assertions: tuple[Assertion, ...]


class _Record(msgspec.Struct, frozen=True):
    source: str
    key: str
    snapshot: str
    facts: str
    dead: bool
    links: str | None = None


class _Retirement(msgspec.Struct, frozen=True):
    successor: UUID | None


class _Row(msgspec.Struct, frozen=True):
    kind: str
    work: dict[str, Any]
    tags: tuple[tuple[str, str | None, float], ...]
    prequels: tuple[_SequelEdge, ...]
    sequels: tuple[_SequelEdge, ...]
    outward: tuple[_Edge, ...]
    inward: tuple[_Edge, ...]
    same_as: tuple[tuple[str, UUID], ...]
    franchises: tuple[str, ...]
    episodes: int
    records: tuple[_Record, ...]
    denied: tuple[_SequelEdge, ...] = ()
    denied_from: tuple[_SequelEdge, ...] = ()


async def work_report(gateway: Gateway, name: str) -> WorkReport:
    """Return everything that the store has of the work that `name` (UUID, `mal:20` or a URL) names.

    Raises:
        InvalidInputError: `name` is none of these.
        NotFoundError, MovedError, GoneError: no such work, or no longer.
    """
    work = await _named(gateway, name)
    row = await gateway.fetch("works.report", {"id": work}, into=list[_Row])
    if not row:
        await _raise_missing(gateway, work)
    return _report(row[0])


async def _named(gateway: Gateway, name: str) -> UUID:
    try:
        return UUID(name)
    except ValueError:
        source_id = ids.parse(name)
    if source_id is None:
        raise InvalidInputError.of(
            "WORK", f"{name!r} is no UUID, no id like mal:20 and no known URL"
        )
    found = await gateway.fetch("works.find", {"source_id": source_id}, into=list[tuple[str, UUID]])
    if not found:
        raise NotFoundError(f"no work carries the id {source_id}")
    return found[0][1]


async def _raise_missing(gateway: Gateway, work: UUID) -> None:
    gone = await gateway.fetch("works.retired", {"id": work}, into=list[_Retirement])
    if not gone:
        raise NotFoundError(f"the graph has no work {work}")
    while gone and (successor := gone[0].successor) is not None:
        gone = await gateway.fetch("works.retired", {"id": successor}, into=list[_Retirement])
        if not gone:
            raise MovedError(f"the work {work} is now {successor}", successor=str(successor))
    raise GoneError(f"the work {work} was removed from the graph")


def _report(row: _Row) -> WorkReport:
    relations = [
        *(StatedRelation("sequel", *edge) for edge in row.sequels),
        *(_turned("sequel", *edge) for edge in row.prequels),
        *(StatedRelation(*edge) for edge in row.outward),
        *(_turned(*edge) for edge in row.inward),
    ]
    return WorkReport(
        kind=row.kind,
        work=row.work,
        tags=row.tags,
        relations=tuple(sorted(relations, key=lambda r: (r.kind, r.title))),
        same_as=row.same_as,
        franchises=row.franchises,
        episodes=row.episodes,
        records=tuple(
            SourceStatement(
                source=record.source,
                key=record.key,
                snapshot=record.snapshot,
                facts=msgspec.Raw(record.facts.encode()),
                links=msgspec.Raw(record.links.encode()) if record.links else None,
                dead=record.dead,
            )
            for record in row.records
        ),
        denied=(
            *(DeniedRelation(*edge) for edge in row.denied),
            *(DeniedRelation(e.title, e.id, _read_back(e.assertions)) for e in row.denied_from),
        ),
    )


def _turned(
    kind: Kind, title: str, work: UUID, assertions: tuple[Assertion, ...]
) -> StatedRelation:
    """Return a relation stated from the other end, as read from the work."""
    return StatedRelation(INVERSE[kind], title, work, _read_back(assertions))


def _read_back(assertions: tuple[Assertion, ...]) -> tuple[Assertion, ...]:
    return tuple(msgspec.structs.replace(a, kind=INVERSE[a.kind]) for a in assertions)
