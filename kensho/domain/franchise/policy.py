"""The policy of franchises: what curators decide per relation kind, and corrections with reasons.

A kind is followed (it joins works whatever their names are), shown (it joins works only if they
share a name, and is displayed as a bridge otherwise) or excluded. The `strength` of a kind counts
like the weight of shared words, in the unit of `title_words.Rarity`.

Guarantees: pure; the caller reads the files. A decision without a reason is rejected, and so are
chronologies that contradict one another.
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
    """How relations of a kind affect the extent of a franchise."""

    action: Literal["follow", "show", "exclude"]
    reason: Reason
    strength: float = 0.0


class Join(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Works that belong to one franchise."""

    works: SourceIds
    reason: Reason


class Cut(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Works in different franchises: none of `works` may be in the franchise of one of `others`."""

    works: SourceIds
    others: SourceIds
    reason: Reason


class Rename(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The title of the franchise to which `work` belongs."""

    work: str
    title: str
    reason: Reason


class Anthology(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A project of otherwise unrelated works.

    Its works are those of the ids `works` and those with a title that begins with one of `names`.
    They form one franchise, which relations to other works do not extend.
    """

    title: str
    reason: Reason
    names: tuple[str, ...] = ()
    works: SourceIds = ()


class FranchiseGroup(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Words that catalogues add to the titles of works of one event or brand.

    Titles that contain one of `names` are ignored when shared words are weighed; the other titles
    of the works are used.
    """

    names: tuple[str, ...]
    reason: Reason


class Recap(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Works that are made of the scenes of others although no source says so."""

    works: SourceIds
    reason: Reason


class Chronology(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Works in the order of their story, if dates and relations do not give it.

    Each comes after the one before it; other works may be placed in between by the usual rules.
    """

    works: Annotated[SourceIds, Meta(min_length=2)]
    reason: Reason


class Policy(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """All decisions of the curators.

    `forms` are words for the form of a work, which name none; `forms_abroad` are the same in other
    languages; `recaps` are words for summaries, `promotions` for advertisements, `songs` for songs
    (words that a title holds together, with blanks between), and `grammar` are other words that
    name nothing.
    """

    kinds: Mapping[RelationKind, KindPolicy]
    forms: tuple[str, ...] = ()
    forms_abroad: tuple[str, ...] = ()
    grammar: tuple[str, ...] = ()
    recaps: tuple[str, ...] = ()
    promotions: tuple[str, ...] = ()
    songs: tuple[str, ...] = ()
    join: tuple[Join, ...] = ()
    cut: tuple[Cut, ...] = ()
    rename: tuple[Rename, ...] = ()
    anthology: tuple[Anthology, ...] = ()
    franchise_groups: tuple[FranchiseGroup, ...] = ()
    chronology: tuple[Chronology, ...] = ()
    recap: tuple[Recap, ...] = ()

    def own_titles(self, titles: Sequence[str]) -> Sequence[str]:
        """Return the titles without the label of a franchise group."""
        all_titles = "\n".join(titles).casefold()
        labels = [
            label
            for group in self.franchise_groups
            for name in group.names
            if (label := name.casefold()) in all_titles
        ]
        if not labels:  # 99 works in 100
            return titles
        return [title for title in titles if not any(map(title.casefold().__contains__, labels))]

    @property
    def form_words(self) -> frozenset[str]:
        """The words for the form of a work."""
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
                chain.from_iterable(chronology.works for chronology in self.chronology),
                chain.from_iterable(recap.works for recap in self.recap),
                (rename.work for rename in self.rename),
            )
        )

    def action(self, kind: RelationKind) -> Literal["follow", "show", "exclude"]:
        """Return the action for relations of a kind, which is "show" without a decision."""
        return self.kinds[kind].action if kind in self.kinds else "show"

    def strength(self, kind: RelationKind) -> float:
        """Return the strength of a kind, which is 0 without a decision."""
        return self.kinds[kind].strength if kind in self.kinds else 0.0


def policy_of(document: Mapping[str, object]) -> Policy:
    """Return the policy in a document, such as a parsed `franchises.toml`.

    Raises:
        msgspec.ValidationError: a decision lacks its reason, has an unknown field, or puts a work
            before itself.
    """
    policy = msgspec.convert(document, Policy)
    _reject_loops(policy.chronology)
    return policy


def _reject_loops(chronologies: Iterable[Chronology]) -> None:
    after: dict[str, set[str]] = {}
    for number, chronology in enumerate(chronologies):
        for first, then in pairwise(chronology.works):
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
        project.title: {id_ for source in project.works for id_ in by_source.get(source, ())}
        for project in projects
    }
    starts = {
        project.title: tuple(name.casefold() for name in project.names) for project in projects
    }
    every = tuple(chain.from_iterable(starts.values()))
    for work in works:
        for title in work.titles:
            if (folded_title := title.casefold()).startswith(every):
                for name, prefixes in starts.items():
                    if folded_title.startswith(prefixes):
                        found[name].add(work.id)
    return [(name, sorted(ids)) for name, ids in found.items()]
