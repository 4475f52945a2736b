"""What the graph says of works before and after an act: facts, titles, tags, ids, relations.

Performance: 30 ms a work.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, Final, cast
from uuid import UUID

import msgspec

from kensho.domain.curation_documents import FactDifference
from kensho.domain.relations import INVERSE, Kind
from kensho.storage.gateway import Gateway

_UNSHOWN: Final = frozenset(("id", "digest", "score_source"))
_LONGEST: Final = 200
"""Characters of a value that are shown; a synopsis is longer."""


WorkState = dict[str, frozenset[str]]
"""What is said of a work: by field the values, in words."""


class _ReportedWork(msgspec.Struct, frozen=True):
    work: dict[str, Any]
    tags: tuple[tuple[str, str | None, float], ...]
    prequels: tuple[tuple[str, UUID, Any], ...]
    sequels: tuple[tuple[str, UUID, Any], ...]
    outward: tuple[tuple[Kind, str, UUID, Any], ...]
    inward: tuple[tuple[Kind, str, UUID, Any], ...]
    same_as: tuple[tuple[str, UUID], ...]
    episodes: int
    denied: tuple[tuple[str, UUID, Any], ...] = ()
    denied_from: tuple[tuple[str, UUID, Any], ...] = ()


async def work_states(gateway: Gateway, works: Iterable[UUID]) -> dict[UUID, WorkState]:
    """Return what the graph says of works that it has."""
    found: dict[UUID, WorkState] = {}
    for work in works:
        rows = await gateway.fetch("works.report", {"id": work}, into=list[_ReportedWork])
        if rows:
            found[work] = dict(_state(rows[0]))
    return found


def fact_differences(
    before: Mapping[UUID, WorkState], after: Mapping[UUID, WorkState]
) -> Iterator[FactDifference]:
    """Yield what of works is not as it was, in the order of works and fields."""
    for work in dict.fromkeys((*before, *after)):
        was, now = before.get(work, {}), after.get(work, {})
        title = next(iter(now.get("title") or was.get("title") or {str(work)}))
        for field in dict.fromkeys((*was, *now)):
            old, new = was.get(field, frozenset()), now.get(field, frozenset())
            if old != new:
                yield FactDifference(title, field, _told(old - new), _told(new - old))


def _told(values: Iterable[str]) -> str | None:
    return "; ".join(sorted(values)) or None


def _state(row: _ReportedWork) -> Iterator[tuple[str, frozenset[str]]]:
    for field, value in row.work.items():
        if field not in _UNSHOWN:
            yield field, frozenset(_words(field, value))
    yield "tags", frozenset(f"{name} {relevance:g}" for name, _, relevance in row.tags)
    yield "episodes listed", frozenset((str(row.episodes),) if row.episodes else ())
    related = [
        *(f"sequel: {title}" for title, *_ in row.sequels),
        *(f"prequel: {title}" for title, *_ in row.prequels),
        *(f"{kind}: {title}" for kind, title, *_ in row.outward),
        *(f"{INVERSE[kind]}: {title}" for kind, title, *_ in row.inward),
    ]
    yield "relations", frozenset(one.replace("_", " ") for one in related)
    denied = (title for title, *_ in (*row.denied, *row.denied_from))
    yield "not related, say curators", frozenset(denied)
    yield "records of one work", frozenset(title for title, _ in row.same_as)


def _words(field: str, value: Any) -> Iterator[str]:
    if value is None:
        return
    if not isinstance(value, list):
        yield str(value)[:_LONGEST]
        return
    listed = cast("Sequence[Any]", value)
    for one in listed:
        if field == "titles":
            yield f"{one['text']} ({one['kind']})" if "kind" in one else str(one["text"])
        elif isinstance(one, dict):
            members = cast("Mapping[str, object]", one)
            yield " ".join(f"{k} {v}" for k, v in members.items() if v is not None)
        else:
            yield str(one)
