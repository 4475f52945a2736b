"""Findings of the check, and records that are perhaps not one work, as work items.

A finding that a curator has accepted is an item that is not to be done, and an item that is not to
be done is an accepted finding: what was decided in either place stands in both.
"""

import datetime as dt
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Final
from uuid import UUID

from ingest.checks.findings import Acceptance, CheckedWork, Finding, page_of
from ingest.checks.graph import CheckedGraph
from kensho.domain.same_works.groups import SameWork
from kensho.domain.work_items import FoundItem, ItemKind, ItemWork, QueueItem, Settled
from kensho.storage.work_items import ItemFilter, WorkItemStore

CHECKED_KINDS: Final[Sequence[ItemKind]] = ("finding", "twin")
DOUBTFUL: Final = 0.9
"""Records are perhaps not one work below this confidence: one in ten of these is expected to be
wrong."""
_COVERED: Final = frozenset(("sources contradict",))
"""Rules whose findings are items of a kind of their own, found in the snapshot."""
_MOST_CATALOGUES: Final = 12
"""A work that so many catalogues list is as well known as can be told of one here."""
_ERROR: Final = "error"
_ERROR_WEIGHT: Final = 1.0
_MOST_WEIGHT: Final = 0.9
_CURATOR: Final = "a curator"
_PAGE: Final = 500


def checked_items(
    graph: CheckedGraph, found: Iterable[Finding], decided: Iterable[SameWork]
) -> Iterator[FoundItem]:
    """Yield an item for each finding, with what curators say of it, and for each doubtful pair."""
    for one in found:
        if one.rule not in _COVERED:
            yield _of_finding(graph, one)
    for pair in decided:
        if pair.method == "inferred" and pair.confidence < DOUBTFUL:
            yield _of_pair(graph, pair)


def sought_items(store: WorkItemStore, works: Iterable[UUID]) -> list[QueueItem]:
    """Return the items about any of these works that `read_about` finds again where they stand.

    Items of errors are none of these: to find them everything must be looked at.
    """
    found = store.found_of(CHECKED_KINDS, works)
    return [item for item in found if not item.evidence[0].startswith(f"{_ERROR}:")]


def denied_findings(
    store: WorkItemStore, found: Iterable[Finding], today: dt.date
) -> list[tuple[Finding, Acceptance]]:
    """Return findings that are not to be done, as the queue says, and are not accepted yet."""
    open_by_item = {_item_id(one): one for one in found if one.accepted is None}
    result: list[tuple[Finding, Acceptance]] = []
    after: str | None = None
    while True:
        chosen = ItemFilter(kind="finding", states=("wontfix",), safe=False)
        page = store.page(chosen, _PAGE, after)
        for item in page.items:
            one = open_by_item.get(item.id)
            last = store.changes(item.id)[-1:] if one is not None else []
            if one is not None and last and store.is_found_as(item.id, one.state):
                said = Acceptance(last[0].reason or "", today.isoformat(), last[0].author)
                result.append((one, said))
        if page.is_last:
            return result
        after = page.items[-1].id


def _item_id(one: Finding) -> str:
    return FoundItem(kind="finding", about=(one.id,), sentence="").id


def _of_finding(graph: CheckedGraph, one: Finding) -> FoundItem:
    works = [graph.works[work.id] for work in one.works]
    said = one.accepted
    weight = _ERROR_WEIGHT if one.severity == _ERROR else _weight(works)
    return FoundItem(
        kind="finding",
        about=(one.id,),
        facts=(one.state,),
        sentence=one.sentence,
        evidence=(
            f"{one.severity}: {one.rule}",
            *_named("kinds", one.kinds, "sources", one.sources),
        ),
        works=tuple(_shown(work) for work in works),
        weight=weight,
        adult=any(work.adult for work in works),
        settled=None if said is None else Settled(said.by or _CURATOR, said.reason),
    )


def _of_pair(graph: CheckedGraph, pair: SameWork) -> FoundItem:
    works = [graph.works[id_] for id_ in (pair.record, pair.work) if id_ in graph.works]
    names = _names(graph.works, (pair.record, pair.work))
    return FoundItem(
        kind="twin",
        about=tuple(sorted((str(pair.record), str(pair.work)))),
        facts=(f"{pair.confidence:.2f}",),
        sentence=f"Are {names[0]} and {names[1]} one work?",
        evidence=(
            f"taken to be one with a probability of {pair.confidence:.2f}",
            *(_facts(work) for work in works),
        ),
        works=tuple(_shown(work) for work in works),
        weight=_weight(works),
        adult=any(work.adult for work in works),
    )


def _shown(work: CheckedWork) -> ItemWork:
    page = page_of(work)
    return ItemWork(page.id, page.title, page.page, page.provider_page)


def _weight(works: Iterable[CheckedWork]) -> float:
    most = max((len(work.sources) for work in works), default=0)
    return round(_MOST_WEIGHT * min(1.0, most / _MOST_CATALOGUES), 4)


def _named(*pairs: str | Sequence[str]) -> Iterator[str]:
    for name, values in zip(pairs[::2], pairs[1::2], strict=True):
        if values:
            yield f"{name}: {', '.join(values)}"


def _names(works: Mapping[UUID, CheckedWork], pair: Sequence[UUID]) -> list[str]:
    return [works[id_].title if id_ in works else str(id_) for id_ in pair]


def _facts(work: CheckedWork) -> str:
    told = (work.anime_type, work.start_date or (str(work.year) if work.year else None))
    shown = ", ".join(filter(None, (*told, *work.sources)))
    return f"{work.title}: {shown}"
