"""What curators decide about franchises, as values: a policy per kind, corrections with reasons.

A kind is followed (it joins works whatever they are called), shown (it joins them only where they
bear one name, and is displayed at the border otherwise) or excluded. `strength` is what the kind
weighs against the need for a shared name, in the unit of `name_words.Rarity`.

Guarantees: pure; the files are read by whoever runs this. A decision without a reason is refused,
and so are chronologies that contradict one another.
"""

from collections.abc import Container, Iterable, Mapping, Sequence
from itertools import chain, pairwise
from typing import Annotated, Literal, TypeAlias
from uuid import UUID

import msgspec
from msgspec import Meta

from kensho.domain import graphs
from kensho.domain.franchise.inputs import FranchiseWork
from kensho.domain.relations import RelationKind

Reason: TypeAlias = Annotated[str, Meta(min_length=10)]
SourceIds: TypeAlias = tuple[str, ...]


class KindPolicy(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a kind of relation does at the border of a franchise."""

    action: Literal["follow", "show", "exclude"]
    reason: Reason
    strength: float = 0.0


class Join(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Works that are of one franchise."""

    works: SourceIds
    reason: Reason


class Cut(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Works that are of different franchises, each of `works` from each of `others`."""

    works: SourceIds
    others: SourceIds
    reason: Reason


class Rename(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What the franchise of a work is called."""

    work: str
    title: str
    reason: Reason


class Anthology(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A project that gathers what otherwise has nothing in common.

    Its works are those of these ids and those whose title begins with one of `names`; they are one
    franchise, and no relation leads out of it.
    """

    title: str
    reason: Reason
    names: tuple[str, ...] = ()
    works: SourceIds = ()


class FranchiseGroup(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Words that catalogues add to the titles of works of one event or brand.

    A title that holds one of `names` says nothing of what belongs together; the works' other titles
    do.
    """

    names: tuple[str, ...]
    reason: Reason


class Recap(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Works that are made of the scenes of others, where no source says so."""

    works: SourceIds
    reason: Reason


class Chronology(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Works in the order in which their story runs, where dates and relations do not tell it.

    Each follows the one before it; what lies between two of them stands where it would anyway.
    """

    works: Annotated[SourceIds, Meta(min_length=2)]
    reason: Reason


class Policy(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Every decision in force.

    `forms` are words that tell the form of a work and name none, `forms_abroad` the like in other
    languages; `recaps` those of them that say it is a summary. `grammar` names nothing either.
    """

    kinds: Mapping[RelationKind, KindPolicy]
    forms: tuple[str, ...] = ()
    forms_abroad: tuple[str, ...] = ()
    grammar: tuple[str, ...] = ()
    recaps: tuple[str, ...] = ()
    join: tuple[Join, ...] = ()
    cut: tuple[Cut, ...] = ()
    rename: tuple[Rename, ...] = ()
    anthology: tuple[Anthology, ...] = ()
    franchise_groups: tuple[FranchiseGroup, ...] = ()
    chronology: tuple[Chronology, ...] = ()
    recap: tuple[Recap, ...] = ()

    def own_titles(self, titles: Sequence[str]) -> Sequence[str]:
        """Return the titles that are not those of a franchise group."""
        together = "\n".join(titles).casefold()
        group_names = [
            n
            for group in self.franchise_groups
            for name in group.names
            if (n := name.casefold()) in together
        ]
        if not group_names:  # as of all but one in a hundred
            return titles
        return [
            title for title in titles if not any(map(title.casefold().__contains__, group_names))
        ]

    @property
    def form_words(self) -> frozenset[str]:
        """The words that tell the form of a work."""
        return frozenset((*self.forms, *self.recaps))

    @property
    def nameless(self) -> frozenset[str]:
        """The words that name nothing, however rare they are."""
        return self.form_words.union(self.forms_abroad, self.grammar)

    @property
    def sources(self) -> frozenset[str]:
        """Every source id that a decision names."""
        return frozenset(
            chain(
                chain.from_iterable(join.works for join in self.join),
                chain.from_iterable((*cut.works, *cut.others) for cut in self.cut),
                chain.from_iterable(anthology.works for anthology in self.anthology),
                chain.from_iterable(told.works for told in self.chronology),
                chain.from_iterable(recap.works for recap in self.recap),
                (rename.work for rename in self.rename),
            )
        )

    def action(self, kind: RelationKind) -> Literal["follow", "show", "exclude"]:
        """Return what becomes of relations of a kind; a kind without a decision is shown."""
        return self.kinds[kind].action if kind in self.kinds else "show"

    def strength(self, kind: RelationKind) -> float:
        """Return what a kind weighs."""
        return self.kinds[kind].strength if kind in self.kinds else 0.0


def policy_of(document: Mapping[str, object]) -> Policy:
    """Return the policy that a document states, such as a parsed `franchises.toml`.

    Raises:
        msgspec.ValidationError: a decision lacks its reason, says what is not known, or puts a work
            before itself.
    """
    policy = msgspec.convert(document, Policy)
    _refuse_loops(policy.chronology)
    return policy


def _refuse_loops(chronologies: Iterable[Chronology]) -> None:
    after: dict[str, set[str]] = {}
    for number, told in enumerate(chronologies):
        for first, then in pairwise(told.works):
            if first in graphs.reachable((then,), lambda work: after.get(work, ())):
                raise msgspec.ValidationError(
                    f"{first!r} stands before {then!r} and after it - "
                    f"at `$.chronology[{number}].works`"
                )
            after.setdefault(first, set()).add(then)


def works_by_source(
    works: Iterable[FranchiseWork], wanted: Container[str]
) -> dict[str, list[UUID]]:
    """Return the works of each wanted source id, in the order of their ids."""
    found: dict[str, list[UUID]] = {}
    for work in works:
        for source in work.sources:
            if source in wanted:
                found.setdefault(source, []).append(work.id)
    return {source: sorted(ids) for source, ids in found.items()}


def anthology_works(
    projects: Sequence[Anthology],
    works: Iterable[FranchiseWork],
    by_source: Mapping[str, list[UUID]],
) -> list[tuple[str, list[UUID]]]:
    """Return the title of each anthology project and its works, by their ids."""
    found = {
        one.title: {id_ for source in one.works for id_ in by_source.get(source, ())}
        for one in projects
    }
    starts = {one.title: tuple(name.casefold() for name in one.names) for one in projects}
    every = tuple(chain.from_iterable(starts.values()))
    for work in works:
        for title in work.titles:
            if (begun := title.casefold()).startswith(every):
                for project, names in starts.items():
                    if begun.startswith(names):
                        found[project].add(work.id)
    return [(project, sorted(ids)) for project, ids in found.items()]
