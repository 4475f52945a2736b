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


class WorkCard(msgspec.Struct, frozen=True, omit_defaults=True):
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


def compose(first: Delta, second: Delta) -> Delta:
    """Return what differs between the state before `first` and the state after `second`."""
    composed = _Composition(first, second)
    for work in sorted(_works(first) | _works(second), key=lambda one: one.bytes):
        composed.add(work)
    franchises = {
        slug: changes
        for slug in sorted(first.franchises.keys() | second.franchises.keys())
        if (changes := _in_a_row(first.franchises.get(slug, {}), second.franchises.get(slug, {})))
    }
    return trimmed(
        Delta(
            cards=composed.cards,
            titles=_latest_titles(first, second, franchises),
            came=frozenset(composed.came),
            went=composed.went,
            changed=composed.changed,
            edges_came=(first.edges_came - second.edges_went)
            | (second.edges_came - first.edges_went),
            edges_went=(first.edges_went - second.edges_came)
            | (second.edges_went - first.edges_came),
            franchises=franchises,
        )
    )


def _latest_titles(
    first: Delta, second: Delta, composed: Mapping[str, FactChanges]
) -> dict[str, str]:
    """Return the titles that franchises have after both, or had before them if they are gone."""
    titles = {**first.titles, **second.titles}
    for slug, changes in second.franchises.items():
        if TITLE in changes:
            old, new = changes[TITLE]
            if new is None:
                old, _ = composed.get(slug, changes).get(TITLE, (old, new))
            titles[slug] = str(old if new is None else new)
    return titles


def _works(delta: Delta) -> set[UUID]:
    return {*delta.came, *delta.went, *delta.changed}


def _in_a_row(first: FactChanges, second: FactChanges) -> FactChanges:
    composed = {}
    for name in sorted(first.keys() | second.keys()):
        before = first[name][0] if name in first else second[name][0]
        after = second[name][1] if name in second else first[name][1]
        if before != after:
            composed[name] = (before, after)
    return composed


class _Composition:
    """The works of a delta that is being composed of two."""

    def __init__(self, first: Delta, second: Delta) -> None:
        self._first, self._second = first, second
        self.cards = {**first.cards, **second.cards}
        self.came: set[UUID] = set()
        self.went: dict[UUID, UUID | None] = {}
        self.changed: dict[UUID, FactChanges] = {}

    def add(self, work: UUID) -> None:
        """Add a work that either of the two tells of."""
        first, second = self._first, self._second
        was_there = work not in first.came and not (work in second.came and work not in first.went)
        is_there = work not in second.went and not (work in first.went and work not in second.came)
        if was_there and is_there:
            self._add_changed(work)
        elif is_there:
            self.came.add(work)
        elif was_there:
            self._add_gone(work)

    def _add_changed(self, work: UUID) -> None:
        first, second = self._first, self._second
        if work in first.went:
            before, after = card_facts(first.cards[work]), card_facts(second.cards[work])
            changes = changes_between(before, after)
        else:
            changes = _in_a_row(first.changed.get(work, {}), second.changed.get(work, {}))
        if changes:
            self.changed[work] = changes

    def _add_gone(self, work: UUID) -> None:
        first, second = self._first, self._second
        if work in second.went:
            self.went[work] = second.went[work]
            self.cards[work] = _as_before(second.cards[work], first.changed.get(work, {}))
            return
        into = first.went[work]
        self.went[work] = second.went.get(into, into) if into is not None else None
        self.cards[work] = first.cards[work]


def _as_before(card: WorkCard, changes: FactChanges) -> WorkCard:
    """Return the card that a work had before its facts changed so."""
    before = {name: old for name, (old, _) in changes.items() if name in CARD_FACTS}
    return msgspec.convert(msgspec.structs.asdict(card) | before, WorkCard)


def trimmed(delta: Delta) -> Delta:
    """Return the delta with the cards and titles of what it mentions, in order, and no others."""
    mentioned = mentioned_works(delta)
    cards = {
        work: delta.cards[work]
        for work in sorted(mentioned & delta.cards.keys(), key=lambda one: one.bytes)
    }
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
    mentioned = _works(delta)
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
