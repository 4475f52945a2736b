"""The log of curators' acts, and what everybody says of a work or franchise: who, and since when.

Performance: the keys of all kept records are read to find the acts, 2 s for the full catalogue.
"""

from collections.abc import Iterator, Sequence
from typing import Any, Final
from uuid import UUID

import msgspec

from ingest.curating.naming import Names, WorkCard
from ingest.pipeline.record_store import RecordStore, Statements
from ingest.pipeline.rows import SourceRank
from ingest.registry import SOURCES
from ingest.sources import curator
from kensho.domain.curator_acts import CuratorAct, works_named
from kensho.domain.records import RecordFacts
from kensho.domain.relations import METHOD_RANK, Method
from kensho.storage.gateway import Gateway
from kensho.storage.paging import pages

_SOURCES: Final = (curator.SOURCE.name, curator.WORKS.name)
_OWN: Final = frozenset(("act", "titles", "tags", "episodes", "mappings"))
_FIELDS: Final = tuple(f for f in RecordFacts.__struct_fields__ if f not in _OWN)
_LONGEST: Final = 200


class SaidFact(msgspec.Struct, frozen=True):
    """One thing that somebody says of a work: the field, the value in words, who, since when.

    `since` is the date of the source's release, or the time of the act; empty where it is not known.
    `act` is the curator's, with its reason; `counts` tells whether it is what the graph shows.
    """

    field: str
    value: str
    source: str
    since: str
    counts: bool
    act: str | None = None
    author: str | None = None
    reason: str | None = None
    page: str | None = None
    against: str | None = None


class HistoryDocument(msgspec.Struct, frozen=True):
    """The history of a work or of a franchise: acts, the last first, and all that is said.

    `version` is the last act that there is, against which new ones can be made.
    """

    name: str
    title: str
    kind: str
    acts: tuple[CuratorAct, ...]
    said: tuple[SaidFact, ...]
    version: str | None
    works: dict[str, str] = {}


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
    names, found = Names(gateway), dict[str, str]()
    for name in dict.fromkeys(name for act in acts for name in works_named(act.says)):
        shape = list[tuple[str, UUID]]
        behind = await gateway.fetch("works.find", {"source_id": name}, into=shape)
        cards = await names.cards([work for _, work in behind[:1]])
        if cards:
            found[name] = cards[0].title
    return found


async def history_of(gateway: Gateway, name: str) -> HistoryDocument:
    """Return the history of the work or franchise that `name` means.

    Raises:
        NotFoundError, GoneError, InvalidInputError: as `Names` does.
    """
    names = Names(gateway)
    acts = await all_acts(gateway)
    version = acts[-1].id if acts else None
    if ":" in name or _is_uuid(name):
        card = await names.work(name)
        about = [act for act in acts if not card_ids(card).isdisjoint(works_named(act.says))]
        said = [one async for one in _said_of(gateway, card)]
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


def card_ids(card: WorkCard) -> frozenset[str]:
    """Return the ids by which acts may name a work."""
    return frozenset(card.sources)


class _Known(msgspec.Struct, frozen=True):
    """A kept record with what else is known of it."""

    id: tuple[UUID, str, str]
    snapshot: str
    method: Method


async def _said_of(gateway: Gateway, card: WorkCard) -> Any:
    store = RecordStore(gateway)
    known = await gateway.fetch(
        "curating.records_of", {"work": card.id}, into=list[_Known], deadline_s=30.0
    )
    of_id = {one.id: one for one in known}
    shown = await gateway.fetch("works.report", {"id": card.id}, into=list[dict[str, Any]])
    work: dict[str, Any] = shown[0]["work"] if shown else {}
    tags = {tag[0] for tag in shown[0]["tags"]} if shown else set()
    statements = await store.statements_of([card.id])
    statements.sort(key=lambda one: _place(of_id[one.id]), reverse=True)
    for one in statements:
        for fact in _facts(one, of_id[one.id], work, tags):
            yield fact
    ids = [name for one in statements for c in one.links.relations for name in (c.target,)]
    titles = await _titles(gateway, ids)
    for one in statements:
        for fact in _claims(one, of_id[one.id], titles):
            yield fact


def _place(record: _Known) -> tuple[int, int, str]:
    source = SOURCES.get(record.id[1])
    rank = SourceRank(source.rank, source.creates).rank if source is not None else 0
    return METHOD_RANK[record.method], rank, record.id[2]


async def _titles(gateway: Gateway, ids: Sequence[str]) -> dict[str, str]:
    if not ids:
        return {}
    params = {"ids": list(dict.fromkeys(ids))}
    rows = await gateway.fetch("curating.titles_of", params, into=list[tuple[list[str], str]])
    return {id_: title for sources, title in rows for id_ in sources}


def _facts(
    one: Statements, record: _Known, work: dict[str, Any], tags: set[str]
) -> Iterator[SaidFact]:
    facts = one.facts
    for field in _FIELDS:
        value = getattr(facts, field)
        if value not in (None, ()):
            shown = work.get("episodes" if field == "episode_count" else field)
            plain = msgspec.to_builtins(value)
            yield _said(field, _words(plain), one, record, counts=_same(plain, shown))
    titles = {title["text"] for title in work.get("titles", ())}
    for title in facts.titles:
        yield _said("title", title.text, one, record, counts=title.text in titles)
    for tag in facts.tags:
        yield _said("tag", tag.name, one, record, counts=tag.name in tags)
    for mapping in facts.mappings:
        told = " ".join(f"{k} {v}" for k, v in msgspec.to_builtins(mapping).items())
        yield _said("mapping", told, one, record, counts=True)
    for episode in facts.episodes if facts.act is not None else ():
        names = ", ".join(title.text for title in episode.titles)
        yield _said("episode", f"{episode.number} {names}".strip(), one, record, counts=True)


def _claims(one: Statements, record: _Known, titles: dict[str, str]) -> Iterator[SaidFact]:
    for claim in one.links.relations:
        kind = claim.kind.replace("_", " ")
        no = "not " if claim.denied else ""
        told = f"{no}{kind}: {titles.get(claim.target, claim.target)}"
        yield _said("relation", told, one, record, counts=claim.target in titles)
    for other in one.links.same_as:
        yield _said("same work", titles.get(other, other), one, record, counts=True)
    for other in one.links.different_from:
        yield _said("another work", titles.get(other, other), one, record, counts=True)


def _said(
    field: str, value: str, one: Statements, record: _Known, *, counts: bool
) -> SaidFact:
    act = one.facts.act
    return SaidFact(
        field=field,
        value=value[:_LONGEST],
        source=record.id[1],
        since=record.snapshot if act is None else act.at,
        counts=counts,
        act=act.id if act else None,
        author=act.author if act else None,
        reason=act.reason if act else None,
        page=act.source if act else None,
    )


def _same(value: object, shown: object) -> bool:
    if isinstance(value, float | int) and isinstance(shown, float | int):
        return abs(value - shown) < 1e-3  # noqa: PLR2004 -- scores are kept in thousandths
    return value == shown


def _words(value: object) -> str:
    if isinstance(value, list | tuple):
        return ", ".join(map(str, value))
    if isinstance(value, dict):
        return " ".join(f"{k} {v}" for k, v in value.items())
    return str(value)


def _is_uuid(text: str) -> bool:
    try:
        UUID(text)
    except ValueError:
        return False
    return True
