"""What differs between two states of the catalogue: a `Delta`, and two in a row made one.

A delta is plain data: which works came, went and have other facts; which relations came and went;
which franchises have other titles, roots and members. What that means (a franchise split, two
merged) is computed from it and not stored, so that deltas of any distance are read by one rule.

A fact is a value under a name. Facts of which a work has several (tags, studios, titles) have a
name for each value, such as `tags:drama`: so that one comes and another goes without the rest.

Guarantees: pure. Of three states, the delta of the first and the second and that of the second and
the third compose to the delta of the first and the third: in all but the further facts of a work
that was absent in the second, of which only the facts of its card are compared, and in where the id
of a work that went leads.

Performance: composing takes 1 µs for each fact that changed.
"""

from collections.abc import Iterable, Mapping
from typing import Final, NamedTuple, TypeAlias
from uuid import UUID

import msgspec

from kensho.domain.relations import Kind
from kensho.domain.works import WorkKind

Value: TypeAlias = str | int | float | bool | None
ValueChange: TypeAlias = tuple[Value, Value]
"""The value before and after; `None` where there was or is none."""
FactChanges: TypeAlias = dict[str, ValueChange]

TITLE: Final = "title"
ROOT: Final = "root"
MEMBER: Final = "member:"
"""Begins the name under which a franchise has the role of a member; its id follows."""
CARD_FACTS: Final = ("title", "kind", "anime_type", "year", "adult", "franchise")
_SEVERAL: Final = ":"
"""Stands between the name of a fact of which a work has several, and one of them."""


class WorkCard(msgspec.Struct, frozen=True, omit_defaults=True, gc=False):
    """What a list of changes says of a work: as it is after them, or was before it went.

    `franchise` is a slug. `popularity` (0..1) orders lists and is not compared.
    """

    title: str
    kind: WorkKind
    anime_type: str
    year: int | None = None
    adult: bool = False
    franchise: str | None = None
    popularity: float = 0.0


class EdgeKey(NamedTuple):
    """A relation: `target` is the `kind` of `source`."""

    source: UUID
    target: UUID
    kind: Kind


class Delta(msgspec.Struct, frozen=True, omit_defaults=True):
    """What differs between two states.

    `cards` are of all works that are mentioned, `titles` of the franchises. A work that `went` has
    the work that its id now leads to, or `None`. `franchises` have the changes of `title`, `root`
    (an id) and the roles of members; one that came had no title before.
    """

    cards: dict[UUID, WorkCard] = {}
    titles: dict[str, str] = {}
    came: frozenset[UUID] = frozenset()
    went: dict[UUID, UUID | None] = {}
    changed: dict[UUID, FactChanges] = {}
    edges_came: frozenset[EdgeKey] = frozenset()
    edges_went: frozenset[EdgeKey] = frozenset()
    franchises: dict[str, FactChanges] = {}

    @property
    def is_empty(self) -> bool:
        """Tell whether the two states are the same."""
        return not (
            self.came
            or self.went
            or self.changed
            or self.edges_came
            or self.edges_went
            or self.franchises
        )


class FactName(NamedTuple):
    """The name of a fact, and which of several it is."""

    name: str
    member: str | None

    @classmethod
    def of(cls, key: str) -> "FactName":
        """Return what a name in a delta says: `tags:drama` is `drama` of `tags`."""
        name, several, member = key.partition(_SEVERAL)
        return cls(name, member if several else None)


def among(name: str, member: str) -> str:
    """Return the name of one of several facts of a work."""
    return f"{name}{_SEVERAL}{member}"


def changes_between(before: Mapping[str, Value], after: Mapping[str, Value]) -> FactChanges:
    """Return the facts that differ, by their names in order; an absent one is `None`."""
    return {
        name: (before.get(name), after.get(name))
        for name in sorted(before.keys() | after.keys())
        if before.get(name) != after.get(name)
    }


def card_facts(card: WorkCard) -> dict[str, Value]:
    """Return the facts of a card that are compared."""
    return {name: getattr(card, name) for name in CARD_FACTS}


def compose(deltas: Iterable[Delta]) -> Delta:
    """Return what differs between the state before the first and the state after the last.

    One is held at a time, besides what they come to.
    """
    composition = _Composition()
    for delta in deltas:
        composition.add(delta)
    return composition.delta()


class _Composition:
    """A delta that is being composed: each `add` costs what the delta that is added has."""

    def __init__(self) -> None:
        self._cards: dict[UUID, WorkCard] = {}
        self._titles: dict[str, str] = {}
        self._came: set[UUID] = set()
        self._went: dict[UUID, UUID | None] = {}
        self._changed: dict[UUID, FactChanges] = {}
        self._edges_came: set[EdgeKey] = set()
        self._edges_went: set[EdgeKey] = set()
        self._franchises: dict[str, FactChanges] = {}

    def add(self, delta: Delta) -> None:
        """Add what differed next."""
        gone = {work: self._cards[work] for work in self._went}
        self._cards |= delta.cards
        for work in delta.came:
            if work in gone:
                del self._went[work]
                before, after = card_facts(gone[work]), card_facts(delta.cards[work])
                self._changed[work] = changes_between(before, after)
            else:
                self._came.add(work)
        self._add_gone(delta, gone)
        for work, changes in delta.changed.items():
            if work not in self._came:
                _follow(self._changed.setdefault(work, {}), changes)
        for slug, changes in delta.franchises.items():
            _follow(self._franchises.setdefault(slug, {}), changes)
        self._add_titles(delta)
        self._add_edges(delta)

    def _add_gone(self, delta: Delta, gone: Mapping[UUID, WorkCard]) -> None:
        for work, into in delta.went.items():
            if work in self._came:
                self._came.remove(work)
            else:
                self._went[work] = into
                self._cards[work] = _as_before(delta.cards[work], self._changed.pop(work, {}))
        for work in gone.keys() & self._went.keys():
            into = self._went[work]
            if into is not None and into in delta.went:
                self._went[work] = delta.went[into]

    def _add_titles(self, delta: Delta) -> None:
        """Keep the titles that franchises have now, or had before all if they are gone."""
        self._titles |= delta.titles
        for slug, changes in delta.franchises.items():
            if TITLE in changes:
                old, new = self._franchises[slug].get(TITLE, changes[TITLE])
                self._titles[slug] = str(old if new is None else new)

    def _add_edges(self, delta: Delta) -> None:
        back, undone = delta.edges_came & self._edges_went, delta.edges_went & self._edges_came
        self._edges_went -= back
        self._edges_came -= undone
        self._edges_came |= delta.edges_came - back
        self._edges_went |= delta.edges_went - undone

    def delta(self) -> Delta:
        """Return what has been composed, each part in order."""
        return trimmed(
            Delta(
                cards=self._cards,
                titles=self._titles,
                came=frozenset(self._came),
                went={work: self._went[work] for work in sorted(self._went, key=_bytes)},
                changed={
                    work: _ordered(self._changed[work])
                    for work in sorted(self._changed, key=_bytes)
                    if self._changed[work]
                },
                edges_came=frozenset(self._edges_came),
                edges_went=frozenset(self._edges_went),
                franchises={
                    slug: _ordered(self._franchises[slug])
                    for slug in sorted(self._franchises)
                    if self._franchises[slug]
                },
            )
        )


def _follow(changes: FactChanges, later: Mapping[str, ValueChange]) -> None:
    """Let later changes follow earlier ones; what is again as it was has not changed."""
    for name, (old, new) in later.items():
        before = changes[name][0] if name in changes else old
        if before == new:
            changes.pop(name, None)
        else:
            changes[name] = before, new


def _ordered(changes: FactChanges) -> FactChanges:
    return {name: changes[name] for name in sorted(changes)}


def _bytes(work: UUID) -> bytes:
    return work.bytes


def _as_before(card: WorkCard, changes: FactChanges) -> WorkCard:
    """Return the card that a work had before its facts changed so."""
    before = {name: old for name, (old, _) in changes.items() if name in CARD_FACTS}
    return msgspec.convert(msgspec.structs.asdict(card) | before, WorkCard)


def trimmed(delta: Delta) -> Delta:
    """Return the delta with the cards and titles of what it mentions, in order, and no others."""
    mentioned = mentioned_works(delta)
    cards = {work: delta.cards[work] for work in sorted(mentioned & delta.cards.keys(), key=_bytes)}
    slugs = {card.franchise for card in cards.values() if card.franchise is not None}
    slugs |= delta.franchises.keys()
    slugs |= {
        value
        for changes in delta.changed.values()
        for value in changes.get("franchise", ())
        if isinstance(value, str)
    }
    titles = {slug: delta.titles[slug] for slug in sorted(slugs & delta.titles.keys())}
    return msgspec.structs.replace(delta, cards=cards, titles=titles)


def mentioned_works(delta: Delta) -> set[UUID]:
    """Return every work that a delta names."""
    mentioned = {*delta.came, *delta.went, *delta.changed}
    mentioned |= {into for into in delta.went.values() if into is not None}
    for edge in (*delta.edges_came, *delta.edges_went):
        mentioned |= {edge.source, edge.target}
    for changes in delta.franchises.values():
        mentioned |= set(members_named(changes))
        mentioned |= {UUID(str(root)) for root in changes.get(ROOT, ()) if root is not None}
    return mentioned


def members_named(changes: FactChanges) -> Iterable[UUID]:
    """Return the works whose role in a franchise changed, those that came and went included."""
    return (UUID(name.removeprefix(MEMBER)) for name in changes if name.startswith(MEMBER))
