"""Changes in one line of English each, for the command line, feeds and pages.

Guarantees: no more is said than changed; long lists are cut, and say how much more there is. A
title that could be taken for a part of the sentence stands between quotation marks.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Final

from kensho.domain.deltas import FactName, Value
from kensho.read_model.change_views import (
    Change,
    ChangedFact,
    ChangedMember,
    ChangedRelation,
    ChangedWork,
    ChangeKind,
)
from kensho.read_model.wording import PHRASES, cited

MOST_NAMED: Final = 3
"""Of what is listed in a line; documents and pages have the rest."""
MOST_FACTS: Final = 5
"""Of a work that changed."""
FACT_NAMES: Final[Mapping[str, str]] = {
    "anime_type": "type",
    "poster_url": "poster",
    "duration_s": "length in seconds",
    "start_date": "first shown",
    "end_date": "last shown",
    "score_source": "source of the score",
    "imdb.id": "IMDb id",
    "imdb.rating": "IMDb rating",
    "imdb.votes": "IMDb votes",
    "kind": "catalogue",
}
"""What facts are called where their names in documents are no words."""
UNTOLD_FACTS: Final = frozenset(("poster_url", "synopsis"))
"""Facts whose values say nothing in a line: it is told that they changed."""
_LAST_YEAR: Final = 9_999
"""Greater numbers have their thousands apart; years have not."""
_ROLES: Final[Mapping[str, str]] = {"main": "main story", "spin_off": "spin-off"}


def told(change: Change) -> str:
    """Return a change as a sentence without a full stop."""
    return _TELLERS[change.kind](change)


def _work(work: ChangedWork | None) -> str:
    return cited(work.title) if work is not None else "a work that is not known"


def _described(work: ChangedWork) -> str:
    year = f", {work.year}" if work.year else ""
    return f"{cited(work.title)} ({work.anime_type}{year})"


def _came(change: Change) -> str:
    if change.work is None:
        return _work(None)
    home = f" in {cited(change.franchise.title)}" if change.franchise else ""
    return f"{_described(change.work)} is new{home}"


def _went(change: Change) -> str:
    if change.became is not None:
        return f"{_work(change.work)} is now one work with {_work(change.became)}"
    return f"{_work(change.work)} is no longer listed"


def _changed(change: Change) -> str:
    titles = {ref.slug: ref.title for ref in (change.franchise, *change.others) if ref is not None}
    facts = [
        _moved_home(fact, titles) if fact.field == "franchise" else _fact(fact)
        for fact in change.fields
    ]
    return f"{_work(change.work)}: {_cut(facts, MOST_FACTS, '; ')}"


def _moved_home(fact: ChangedFact, titles: Mapping[str, str]) -> str:
    """Return which franchise a work belongs to now, and before, by their titles."""
    old, new = (
        None if slug is None else cited(titles.get(str(slug), str(slug)))
        for slug in (fact.old, fact.new)
    )
    if old == new:
        return f"another address of {new}"
    if new is None:
        return f"no longer in {old}"
    return f"now in {new}" if old is None else f"now in {new} (before: {old})"


def _fact(fact: ChangedFact) -> str:
    name, member = FactName.of(fact.field)
    shown = f"{name} {member}" if member else FACT_NAMES.get(name, name)
    if name in UNTOLD_FACTS:
        return f"another {shown}" if fact.new is not None else f"no {shown} any more"
    if fact.gained or fact.lost:
        return f"{shown} ({'; '.join(_moved(fact.gained, fact.lost))})"
    if fact.old is None:
        return f"{shown} {_value(fact.new)}"
    if fact.new is None:
        return f"no {shown} any more (was {_value(fact.old)})"
    return f"{shown} {_value(fact.old)} → {_value(fact.new)}"


def _moved(came: Sequence[str], went: Sequence[str]) -> Iterable[str]:
    if came:
        yield f"new: {_cut(came, MOST_NAMED)}"
    if went:
        yield f"gone: {_cut(went, MOST_NAMED)}"


def _value(value: Value) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return f"{value:,}" if isinstance(value, int) and value > _LAST_YEAR else str(value)


def _relation_came(change: Change) -> str:
    return _stated(change.relation)


def _relation_went(change: Change) -> str:
    return f"no longer stated: {_stated(change.relation)}"


def _relation_changed(change: Change) -> str:
    return f"{_stated(change.relation)}; before: {_stated(change.was)}"


def _stated(relation: ChangedRelation | None) -> str:
    if relation is None:
        return "a relation"
    return f"{_work(relation.target)} is {PHRASES[relation.kind]} {_work(relation.source)}"


def _franchise(change: Change) -> str:
    return cited(change.franchise.title) if change.franchise else "a franchise"


def _others(change: Change) -> str:
    return _cut([cited(other.title) for other in change.others], MOST_NAMED)


def _franchise_came(change: Change) -> str:
    return f"{_franchise(change)} is a new franchise of {_members(change.members)}"


def _franchise_went(change: Change) -> str:
    return f"{_franchise(change)} is no franchise any more"


def _merged(change: Change) -> str:
    return f"{_others(change)} became part of {_franchise(change)}"


def _split(change: Change) -> str:
    return f"{_others(change)} split off from {_franchise(change)}"


def _renamed(change: Change) -> str:
    title = next((fact.old for fact in change.fields if fact.field == "title"), None)
    if title is not None:
        return f"{cited(str(title))} is now called {_franchise(change)}"
    return f"{_franchise(change)} has another address: {_slugs(change)}"


def _slugs(change: Change) -> str:
    old = ", ".join(other.slug for other in change.others)
    return f"{old} → {change.franchise.slug}" if change.franchise else old


def _franchise_changed(change: Change) -> str:
    came = [cited(one.work.title) for one in change.members if one.old is None]
    went = [cited(one.work.title) for one in change.members if one.new is None]
    moved = [one for one in change.members if one.old is not None and one.new is not None]
    parts = [
        *(f"begins with {cited(str(f.new))}" for f in change.fields if f.field == "root"),
        *_moved(came, went),
        *([_cut([_role(one) for one in moved], MOST_NAMED)] if moved else []),
    ]
    return f"{_franchise(change)}: {'; '.join(parts)}"


def _role(member: ChangedMember) -> str:
    old, new = (_ROLES.get(role or "", role) for role in (member.old, member.new))
    return f"{cited(member.work.title)} {old} → {new}"


def _titles(works: Sequence[ChangedWork]) -> str:
    return _cut([cited(work.title) for work in works], MOST_NAMED)


def _members(members: Sequence[ChangedMember]) -> str:
    works = f"{len(members)} works" if len(members) != 1 else "1 work"
    return f"{works}: {_titles([one.work for one in members])}" if members else works


def _cut(parts: Sequence[str], most: int, between: str = ", ") -> str:
    shown = between.join(parts[:most])
    return f"{shown} and {len(parts) - most} more" if len(parts) > most else shown


_TELLERS: Final[Mapping[ChangeKind, Callable[[Change], str]]] = {
    "franchise_came": _franchise_came,
    "franchise_merged": _merged,
    "franchise_split": _split,
    "franchise_renamed": _renamed,
    "franchise_changed": _franchise_changed,
    "franchise_went": _franchise_went,
    "work_came": _came,
    "work_went": _went,
    "work_changed": _changed,
    "relation_came": _relation_came,
    "relation_changed": _relation_changed,
    "relation_went": _relation_went,
    "figures_moved": _changed,
}
