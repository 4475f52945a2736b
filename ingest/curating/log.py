"""The log of curators' acts, and what everybody says of a work or franchise: who, and since when.

Performance: the keys of all kept records are read to find the acts, 2 s for the full catalogue.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final, NamedTuple, cast
from uuid import UUID

import msgspec

from ingest.curating.naming import NamedWork, Names, is_uuid
from ingest.pipeline.record_store import DEADLINE_S, RecordStore, Statements
from ingest.pipeline.rows import SourceRank
from ingest.registry import SOURCES
from ingest.sources import curator
from kensho.domain.curation_documents import HistoryDocument, SaidFact
from kensho.domain.curator_acts import CuratorAct, works_named
from kensho.domain.records import RecordFacts
from kensho.domain.relations import INVERSE, METHOD_RANK, Assertion, Kind, Method
from kensho.storage.gateway import Gateway
from kensho.storage.paging import pages

_SOURCES: Final = (curator.SOURCE.name, curator.WORKS.name)
_OWN: Final = frozenset(("act", "titles", "tags", "episodes", "mappings"))
_FIELDS: Final = tuple(f for f in RecordFacts.__struct_fields__ if f not in _OWN)
_LONGEST: Final = 200
_LISTED: Final = frozenset(("title", "tag", "mapping", "episode"))
"""Fields that a work has several values of, each for itself."""


async def all_acts(gateway: Gateway) -> list[CuratorAct]:
    """Return every act in the order of time."""
    shape = list[tuple[tuple[UUID, str, str], str, tuple[str, ...], tuple[str, ...], bool]]
    ids = [
        row[0]
        async for rows in pages(gateway, "ingest.record_heads", shape)
        for row in rows
        if row[0][1] in _SOURCES
    ]
    said = await RecordStore(gateway).statements_by_id(ids)
    found = {one.facts.act.id: one.facts.act for one in said if one.facts.act is not None}
    return [found[id_] for id_ in sorted(found)]


async def titles_named(gateway: Gateway, acts: Sequence[CuratorAct]) -> dict[str, str]:
    """Return the titles of the works that acts name, by the ids that these use."""
    named = dict.fromkeys(name for act in acts for name in works_named(act.says))
    found = await _titles(gateway, list(named))
    return {name: found[name] for name in named if name in found}


async def history_of(gateway: Gateway, name: str) -> HistoryDocument:
    """Return the history of the work or franchise that `name` means.

    Raises:
        NotFoundError, GoneError, InvalidInputError: as `Names` does.
    """
    names = Names(gateway)
    acts = await all_acts(gateway)
    version = acts[-1].id if acts else None
    if ":" in name or is_uuid(name):
        card = await names.work(name)
        about = [act for act in acts if not card_ids(card).isdisjoint(works_named(act.says))]
        said = await _said_of(gateway, card)
        title, shown = card.title, str(card.id)
        kind: str = card.kind
    else:
        franchise = await names.franchise(name)
        cards = await names.cards(work for work, _ in franchise.members)
        ids = frozenset(one for card in cards for one in card.sources)
        about = [act for act in acts if not ids.isdisjoint(works_named(act.says))]
        said, title, kind, shown = [], franchise.title, "franchise", franchise.slug
    about.reverse()
    return HistoryDocument(
        shown, title, kind, tuple(about), tuple(said), version, await titles_named(gateway, about)
    )


def card_ids(card: NamedWork) -> frozenset[str]:
    """Return the ids by which acts may name a work."""
    return frozenset(card.sources)


class _Known(msgspec.Struct, frozen=True):
    """A kept record with what else is known of it."""

    id: tuple[UUID, str, str]
    snapshot: str
    method: Method


async def _said_of(gateway: Gateway, card: NamedWork) -> list[SaidFact]:
    """Return what all kept records say of a work, the word that counts most first."""
    known = await gateway.fetch(
        "curating.records_of", {"work": card.id}, into=list[_Known], deadline_s=DEADLINE_S
    )
    of_id = {one.id: one for one in known}
    (shown,) = await gateway.fetch("works.report", {"id": card.id}, into=list[_Shown])
    statements = await RecordStore(gateway).statements_of([card.id])
    statements.sort(key=lambda one: _place(of_id[one.id]), reverse=True)
    found = [fact for one in statements for fact in _facts(one, of_id[one.id], shown)]
    others = [o for one in statements for o in (*one.links.same_as, *one.links.different_from)]
    titles = await _titles(gateway, others)
    for one in statements:
        found += _same_works(one, of_id[one.id], titles)
    return [*_with_winners(found), *_with_winners(list(_relations(shown)))]


def _with_winners(found: Sequence[SaidFact]) -> Iterator[SaidFact]:
    """Yield what is said, and of what does not count who says what does."""
    winners: dict[tuple[str, str], SaidFact] = {}
    for one in found:
        if one.counts:
            winners.setdefault((one.field, one.about), one)
    for one in found:
        best = winners.get((one.field, one.about))
        if one.counts or best is None:
            yield one
        else:
            who = best.author or best.source
            yield msgspec.structs.replace(one, against=f"{best.value}, says {who}")


class _Edge(NamedTuple):
    title: str
    id: UUID
    assertions: tuple[Assertion, ...]


class _KindEdge(NamedTuple):
    kind: Kind
    title: str
    id: UUID
    assertions: tuple[Assertion, ...]


class _Shown(msgspec.Struct, frozen=True):
    """What the graph shows of a work."""

    work: dict[str, Any]
    tags: tuple[tuple[str, str | None, float], ...]
    prequels: tuple[_Edge, ...]
    sequels: tuple[_Edge, ...]
    outward: tuple[_KindEdge, ...]
    inward: tuple[_KindEdge, ...]
    denied: tuple[_Edge, ...] = ()
    denied_from: tuple[_Edge, ...] = ()


async def _titles(gateway: Gateway, names: Sequence[str]) -> dict[str, str]:
    """Return the titles of works by the source ids that are given."""
    if not names:
        return {}
    params = {"ids": list(dict.fromkeys(names))}
    rows = await gateway.fetch(
        "curating.titles_of", params, into=list[tuple[tuple[str, ...], str]], deadline_s=DEADLINE_S
    )
    return {name: title for sources, title in rows for name in sources}


def _place(record: _Known) -> tuple[int, int, str]:
    source = SOURCES.get(record.id[1])
    rank = SourceRank(source.rank, source.creates).rank if source is not None else 0
    return METHOD_RANK[record.method], rank, record.id[2]


def _facts(one: Statements, record: _Known, shown: _Shown) -> Iterator[SaidFact]:
    facts, work = one.facts, shown.work
    for field in _FIELDS:
        value = getattr(facts, field)
        if value not in (None, ()):
            plain = msgspec.to_builtins(value)
            counted = work.get("episodes" if field == "episode_count" else field)
            yield _said(field, _words(plain), one, record, counts=_same(plain, counted))
    titles = {title["text"] for title in work.get("titles", ())}
    for title in facts.titles:
        yield _said("title", title.text, one, record, counts=title.text in titles)
    tags = {name for name, _, _ in shown.tags}
    for tag in facts.tags:
        yield _said("tag", tag.name, one, record, counts=tag.name in tags)
    for mapping in facts.mappings:
        told = " ".join(f"{k} {v}" for k, v in msgspec.to_builtins(mapping).items())
        is_shown = msgspec.to_builtins(mapping) in work.get("mappings", ())
        yield _said("mapping", told, one, record, counts=is_shown)
    for episode in facts.episodes if facts.act is not None else ():
        names = ", ".join(title.text for title in episode.titles)
        yield _said("episode", f"{episode.number} {names}".strip(), one, record, counts=True)


def _same_works(one: Statements, record: _Known, titles: Mapping[str, str]) -> Iterator[SaidFact]:
    for field, others in (
        ("same work", one.links.same_as),
        ("another work", one.links.different_from),
    ):
        for other in others:
            told = titles.get(other, other)
            yield _said(field, told, one, record, counts=other in titles, about=told)


def _relations(shown: _Shown) -> Iterator[SaidFact]:
    """Yield what is asserted of the work and others, from whichever end it was said."""
    edges: list[tuple[Kind, bool, _Edge]] = [
        *(("sequel", False, edge) for edge in shown.sequels),
        *(("sequel", True, edge) for edge in shown.prequels),
        *((one.kind, False, _Edge(one.title, one.id, one.assertions)) for one in shown.outward),
        *((one.kind, True, _Edge(one.title, one.id, one.assertions)) for one in shown.inward),
        *(("related", False, edge) for edge in shown.denied),
        *(("related", True, edge) for edge in shown.denied_from),
    ]
    for kind, is_turned, edge in edges:
        is_denied = edge in shown.denied or edge in shown.denied_from
        best = max(edge.assertions, key=lambda a: (a.denied is is_denied, METHOD_RANK[a.method]))
        for one in sorted(edge.assertions, key=lambda a: a is not best):
            read = INVERSE[one.kind] if is_turned else one.kind
            no = "not " if one.denied else ""
            yield SaidFact(
                field="relation",
                value=f"{no}{read.replace('_', ' ')}: {edge.title}",
                source=one.source,
                since=one.snapshot,
                counts=one.denied if is_denied else (one.kind == kind and not one.denied),
                about=edge.title,
                author=one.by,
                reason=one.because,
                page=one.note,
            )


def _said(
    field: str, value: str, one: Statements, record: _Known, *, counts: bool, about: str = ""
) -> SaidFact:
    act = one.facts.act
    return SaidFact(
        field=field,
        value=value[:_LONGEST],
        source=record.id[1],
        since=record.snapshot if act is None else act.at,
        counts=counts,
        about=about or (value if field in _LISTED else ""),
        act=act.id if act else None,
        author=act.author if act else None,
        reason=act.reason if act else None,
        page=act.source if act else None,
    )


def _same(value: object, shown: object) -> bool:
    if isinstance(value, float | int) and isinstance(shown, float | int):
        return abs(value - shown) < 1e-3  # noqa: PLR2004 -- scores are kept in thousandths
    if isinstance(value, tuple):
        several = cast("Sequence[object]", value)
        return list(several) == shown
    return value == shown


def _words(value: object) -> str:
    if isinstance(value, list | tuple):
        several = cast("Sequence[object]", value)
        return ", ".join(map(str, several))
    if isinstance(value, dict):
        members = cast("Mapping[str, object]", value)
        return " ".join(f"{k} {v}" for k, v in members.items())
    return str(value)
