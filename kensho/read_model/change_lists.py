"""The changes that a delta consists of, each as a document with the names of what it tells of.

Guarantees: the same delta gives the same list with the same ids. Kinds come in the order of
`CHANGE_KINDS`; of one kind, the best known work or franchise comes first. Every work and relation
of a delta is in exactly one change; one of which nothing but figures moved (scores, ratings, votes,
relevances) is of the kind `figures_moved`.

Performance: 10 µs a change.
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from typing import Final, NamedTuple
from uuid import UUID, uuid5

from kensho.domain.deltas import TITLE, Delta, EdgeKey, FactChanges, FactName, Value
from kensho.domain.works import NAMESPACE
from kensho.read_model.change_views import (
    CHANGE_KINDS,
    Change,
    ChangedFact,
    ChangedMember,
    ChangedRelation,
    ChangedWork,
    ChangeKind,
)
from kensho.read_model.franchise_changes import FranchiseEvent, franchise_events
from kensho.read_model.views import FranchiseRef

FIGURES: Final = frozenset(("score", "score_source", "imdb.rating", "imdb.votes"))
"""Facts that move every week, and say little by themselves."""
RELEVANCES: Final = "tags"
"""The fact whose values are relevances; a tag that a work had and has is a figure that moved."""


class ListedChange(NamedTuple):
    """A change, and what it is found by: the works that must be shown for it, and the franchises.

    `adult` tells that one of these works, or all that is known of a franchise, is adult.
    """

    change: Change
    works: tuple[UUID, ...]
    slugs: tuple[str, ...]
    adult: bool


class _Ranked(NamedTuple):
    """A change and how well known what it tells of is; `subject` identifies it in its delta."""

    listed: ListedChange
    popularity: float
    title: str


def changes_of(delta: Delta, name: str) -> list[ListedChange]:
    """Return the changes of a delta; `name` is that of the delta, of which their ids are made."""
    listing = _Listing(delta, name)
    ranked = [*listing.franchises(), *listing.works(), *listing.relations()]
    ranked.sort(
        key=lambda one: (
            CHANGE_KINDS.index(one.listed.change.kind),
            -one.popularity,
            one.title,
            one.listed.change.id.bytes,
        )
    )
    return [one.listed for one in ranked]


class _Listing:
    def __init__(self, delta: Delta, name: str) -> None:
        self._delta = delta
        self._name = name
        self._works = {
            work: ChangedWork(work, card.title, card.kind, card.anime_type, card.year, card.adult)
            for work, card in delta.cards.items()
        }

    def works(self) -> Iterator[_Ranked]:
        """Yield the changes of works."""
        delta = self._delta
        for work in sorted(delta.came, key=_bytes):
            yield self._of_work("work_came", work)
        for work, into in delta.went.items():
            yield self._of_work("work_went", work, became=self._known(into))
        for work, changes in delta.changed.items():
            fields = facts_told(changes)
            kind: ChangeKind = "figures_moved" if _is_figures(changes) else "work_changed"
            yield self._of_work(kind, work, fields=fields, moved=changes.get("franchise", ()))

    def _of_work(
        self,
        kind: ChangeKind,
        work: UUID,
        *,
        fields: tuple[ChangedFact, ...] = (),
        became: ChangedWork | None = None,
        moved: Sequence[Value] = (),
    ) -> _Ranked:
        card = self._delta.cards[work]
        change = Change(
            id=self._id(kind, str(work)),
            kind=kind,
            work=self._works[work],
            franchise=self._ref(card.franchise),
            fields=fields,
            became=became,
            others=tuple(
                FranchiseRef(slug, self._delta.titles.get(slug, slug))
                for slug in moved
                if isinstance(slug, str) and slug != card.franchise
            ),
        )
        slugs = {slug for slug in (card.franchise, *moved) if isinstance(slug, str)}
        listed = ListedChange(change, (work,), tuple(sorted(slugs)), card.adult)
        return _Ranked(listed, card.popularity, card.title)

    def relations(self) -> Iterator[_Ranked]:
        """Yield the changes of relations: two works with one before and one after have changed."""
        pairs: dict[tuple[UUID, UUID], tuple[list[EdgeKey], list[EdgeKey]]] = defaultdict(
            lambda: ([], [])
        )
        for place, edges in enumerate((self._delta.edges_went, self._delta.edges_came)):
            for edge in edges:
                ends = sorted((edge.source, edge.target), key=_bytes)
                pairs[ends[0], ends[1]][place].append(edge)
        for (one, other), (went, came) in sorted(pairs.items()):
            if len(went) == len(came) == 1:
                yield self._of_relation("relation_changed", (one, other), came[0], went[0])
                continue
            for edge in sorted(came):
                yield self._of_relation("relation_came", (one, other), edge)
            for edge in sorted(went):
                yield self._of_relation("relation_went", (one, other), edge)

    def _of_relation(
        self, kind: ChangeKind, works: tuple[UUID, UUID], edge: EdgeKey, was: EdgeKey | None = None
    ) -> _Ranked:
        cards = [self._delta.cards[work] for work in works]
        source = self._delta.cards[edge.source]
        change = Change(
            id=self._id(kind, f"{edge.source} {edge.target} {edge.kind}"),
            kind=kind,
            franchise=self._ref(source.franchise),
            relation=self._relation(edge),
            was=None if was is None else self._relation(was),
        )
        slugs = tuple(sorted({card.franchise for card in cards if card.franchise is not None}))
        listed = ListedChange(change, works, slugs, any(card.adult for card in cards))
        return _Ranked(listed, max(card.popularity for card in cards), source.title)

    def _relation(self, edge: EdgeKey) -> ChangedRelation:
        return ChangedRelation(self._works[edge.source], self._works[edge.target], edge.kind)

    def franchises(self) -> Iterator[_Ranked]:
        """Yield what became of franchises."""
        for event in franchise_events(self._delta):
            cards = [self._delta.cards[member.work] for member in event.members]
            others = [ref for slug in event.others if (ref := self._ref(slug)) is not None]
            change = Change(
                id=self._id(event.kind, event.slug),
                kind=event.kind,
                franchise=self._ref(event.slug),
                others=tuple(others),
                fields=self._of_franchise(event.facts),
                members=self._members(event),
            )
            adult = bool(cards) and all(card.adult for card in cards)
            listed = ListedChange(change, (), (event.slug, *event.others), adult)
            popularity = max((card.popularity for card in cards), default=0.0)
            yield _Ranked(listed, popularity, self._delta.titles.get(event.slug, event.slug))

    def _members(self, event: FranchiseEvent) -> tuple[ChangedMember, ...]:
        ordered = sorted(
            event.members, key=lambda one: (-self._delta.cards[one.work].popularity, one.work.bytes)
        )
        return tuple(ChangedMember(self._works[one.work], one.old, one.new) for one in ordered)

    def _of_franchise(self, facts: FactChanges) -> tuple[ChangedFact, ...]:
        """Return the facts of a franchise; its root is told by title."""
        return tuple(
            ChangedFact(name, old, new)
            if name == TITLE
            else ChangedFact(name, self._title_of(old), self._title_of(new))
            for name, (old, new) in facts.items()
        )

    def _title_of(self, root: Value) -> Value:
        return None if root is None else self._delta.cards[UUID(str(root))].title

    def _ref(self, slug: str | None) -> FranchiseRef | None:
        return None if slug is None else FranchiseRef(slug, self._delta.titles.get(slug, slug))

    def _known(self, work: UUID | None) -> ChangedWork | None:
        return None if work is None else self._works.get(work)

    def _id(self, kind: ChangeKind, subject: str) -> UUID:
        return uuid5(NAMESPACE, f"change:{self._name} {kind} {subject}")


def facts_told(changes: FactChanges) -> tuple[ChangedFact, ...]:
    """Return the changes of a work's facts; of facts that it has several of, what came and went."""
    told: list[ChangedFact] = []
    several: dict[str, tuple[list[str], list[str]]] = {}
    for key, (old, new) in changes.items():
        name, member = FactName.of(key)
        if member is None or (old is not None and new is not None):
            told.append(ChangedFact(key, old, new))
            continue
        gained, lost = several.setdefault(name, ([], []))
        (gained if old is None else lost).append(member)
    told += [
        ChangedFact(name, gained=tuple(gained), lost=tuple(lost))
        for name, (gained, lost) in several.items()
    ]
    return tuple(sorted(told, key=lambda fact: fact.field))


def _is_figures(changes: Mapping[str, tuple[Value, Value]]) -> bool:
    """Tell whether only figures moved."""
    return all(
        key in FIGURES
        or (FactName.of(key).name == RELEVANCES and old is not None and new is not None)
        for key, (old, new) in changes.items()
    )


def _bytes(work: UUID) -> bytes:
    return work.bytes
