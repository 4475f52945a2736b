"""Make the documents of a franchise: its detail, its summary and its watch orders.

Guarantees: pure; the same facts give the same documents, byte for byte. An order is computed by
`domain/watch_order` and worded here: what a step comes after, which source says so, or when it was
released, as precisely as is known.

Performance: 0.2 ms for each member, nearly all of it for the orders.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Final
from uuid import UUID

import msgspec

from kensho.domain.franchise import inputs
from kensho.domain.franchise.franchises import Guest, Member
from kensho.domain.franchise.inputs import Relation, Timeline
from kensho.domain.franchise.reasons import MembershipRelation, membership_relations
from kensho.domain.popularity import PopularityFacts
from kensho.domain.relations import inverse
from kensho.domain.watch_order.order import (
    Order,
    OrderStep,
    PlacementReason,
    WatchOrder,
    watch_order,
)
from kensho.domain.watch_order.rules import SetAside
from kensho.domain.works import Role, Season, WorkKind
from kensho.read_model import wording
from kensho.read_model.franchise_views import (
    ROLES,
    FranchiseDetail,
    FranchiseEdge,
    FranchiseGuest,
    FranchiseLine,
    FranchiseMember,
    FranchiseSummary,
    MemberReason,
    MemberWork,
    RoleCount,
    SetAsideEdge,
    SharedTag,
    StepReason,
    WatchOrderDocument,
    WatchOrderStep,
    Years,
    hours,
)
from kensho.read_model.views import FranchiseRef, TagView
from kensho.read_model.wording import Speaker

_MOST_TAGS: Final = 12
_LEAST_SHARE: Final = 0.5
"""A tag is in common where half of the members bear it, and two at least."""
_LEAST_BEARERS: Final = 2
_SHARE_PLACES: Final = 2


class DocumentWork(msgspec.Struct, frozen=True, gc=False):
    """A work as documents show it, and as orders are computed from it.

    `own` are the facts from which its own popularity is computed; `synonyms` its titles beside the
    main one.
    """

    view: MemberWork
    kind: WorkKind
    season: Season | None
    score: float | None
    ordered_by: inputs.FranchiseWork
    own: PopularityFacts
    adult: bool = False
    synonyms: tuple[str, ...] = ()


class FranchiseFacts(msgspec.Struct, frozen=True):
    """What was read of a franchise: its members, the root first, then by date; guests by date.

    `relations` are those between its works, whichever record of a work they name; `timelines` are
    what curators say of the order of its story.
    """

    slug: str
    title: str
    members: tuple[Member, ...]
    guests: tuple[Guest, ...]
    relations: tuple[Relation, ...]
    timelines: tuple[Timeline, ...] = ()


class DocumentContext(msgspec.Struct, frozen=True):
    """What the documents of all franchises need; `sources` are those that state a relation.

    `also` returns further records of a work, beside those that are in the graph of the snapshot;
    `namesakes` are the franchises of the same name, by slug.
    """

    works: Mapping[UUID, DocumentWork]
    franchise_of: Mapping[UUID, FranchiseRef]
    tags_of: Callable[[UUID], Sequence[TagView]]
    sources: Mapping[Relation, tuple[str, ...]]
    also: Callable[[UUID], tuple[UUID, ...]] = lambda _: ()
    namesakes: Mapping[str, tuple[FranchiseRef, ...]] = {}


def franchise_detail(facts: FranchiseFacts, context: DocumentContext) -> FranchiseDetail:
    """Return the franchise as its page shows it: the root first, then members by date."""
    works = [context.works[member.work].view for member in facts.members]
    release = _ordered(facts, context, "release")
    lines = _lines(facts.title, release, context)
    line_of = {work: line.number for line in lines for work in line.works}
    years = [work.year for work in works if work.year is not None]
    roles = Counter(member.role for member in facts.members)
    return FranchiseDetail(
        slug=facts.slug,
        title=facts.title,
        root=works[0].id,
        works_total=len(works),
        years=Years(min(years), max(years)) if years else None,
        poster_url=works[0].poster_url,
        episodes_total=sum(work.episodes or 0 for work in works),
        roles=tuple(RoleCount(role, roles[role]) for role in ROLES if role in roles),
        lines=lines,
        tags=_tags(facts, context),
        members=_members(facts, context, line_of),
        guests=tuple(
            FranchiseGuest(
                context.works[one.work].view,
                _edges(one.because),
                context.franchise_of.get(one.work),
            )
            for one in facts.guests
        ),
        namesakes=context.namesakes.get(facts.slug, ()),
    )


def _members(
    facts: FranchiseFacts, context: DocumentContext, line_of: Mapping[UUID, int]
) -> tuple[FranchiseMember, ...]:
    ordered_by = {one.work: context.works[one.work].ordered_by for one in facts.members}
    said = membership_relations(facts.members, ordered_by, facts.relations)
    return tuple(
        FranchiseMember(
            context.works[one.work].view,
            one.role,
            _edges(one.because),
            line_of[one.work],
            (*one.also, *context.also(one.work)),
            _reason(one, said[one.work], context) if one.work in said else None,
        )
        for one in facts.members
    )


def _reason(member: Member, because: MembershipRelation, context: DocumentContext) -> MemberReason:
    title = context.works[because.fellow].view.title
    text = wording.belonging(member.role, because.kind, title)
    return MemberReason(text, _edge(because.relation))


def franchise_summary(detail: FranchiseDetail) -> FranchiseSummary:
    """Return a franchise as a list shows it."""
    return FranchiseSummary(
        **{name: getattr(detail, name) for name in FranchiseSummary.__struct_fields__}
    )


def watch_order_document(
    facts: FranchiseFacts, context: DocumentContext, order: Order
) -> WatchOrderDocument:
    """Return a watch order, each step with its reasons in words."""
    found = _ordered(facts, context, order)
    texts = _ReasonTexts(facts, context)
    roles: dict[UUID, Role] = {member.work: member.role for member in facts.members}
    return WatchOrderDocument(
        slug=facts.slug,
        title=facts.title,
        order=order,
        lines=_lines(facts.title, found, context),
        steps=tuple(
            WatchOrderStep(
                work=context.works[step.work].view,
                position=step.position,
                role=roles[step.work],
                optional=step.optional,
                line=step.line,
                because=texts.reasons(step.work, step.because),
            )
            for step in found.steps
        ),
        set_aside=tuple(
            SetAsideEdge(_edge(one.relation), texts.set_aside(one), one.cause, _plot_of(one))
            for one in found.set_aside
        ),
    )


def _ordered(facts: FranchiseFacts, context: DocumentContext, order: Order) -> WatchOrder:
    works = {one.work: context.works[one.work].ordered_by for one in facts.members}
    return watch_order(facts.members, works, facts.relations, order, facts.timelines)


def _lines(title: str, found: WatchOrder, context: DocumentContext) -> tuple[FranchiseLine, ...]:
    """Return the lines of a franchise of this title, the works of each in the order's sequence.

    A line without another beside it is the franchise, and called so.
    """
    steps: dict[int, list[OrderStep]] = {}
    for step in found.steps:
        steps.setdefault(step.line, []).append(step)
    return tuple(
        FranchiseLine(
            number=number,
            title=line.title if len(found.lines) > 1 else title,
            kind=line.kind,
            works=tuple(step.work for step in steps[number]),
            essential_total=len(needed),
            hours=hours(context.works[step.work].view for step in needed),
        )
        for number, line in enumerate(found.lines)
        if number in steps
        for needed in [[step for step in steps[number] if not step.optional]]
    )


def _plot_of(one: SetAside) -> str | None:
    """Return what curators say of the story against a relation."""
    told = dict.fromkeys(rule.reason for rule in one.against if rule.relation is None)
    return "; ".join(told) or None


class _ReasonTexts:
    """The reasons of one franchise in words."""

    def __init__(self, facts: FranchiseFacts, context: DocumentContext) -> None:
        self._works = context.works
        self._sources = context.sources
        self._work_of = {
            record: member.work
            for member in facts.members
            for record in (member.work, *member.also)
        }

    def reasons(self, work: UUID, because: Iterable[PlacementReason]) -> tuple[StepReason, ...]:
        """Return the reasons of a step, the surest first; none is said twice."""
        found: dict[object, StepReason] = {}
        for one in because:
            found.setdefault(self._about(work, one), self.reason(work, one))
        return tuple(found.values())

    def _about(self, work: UUID, because: PlacementReason) -> object:
        """Return the work that a reason names, and on which side of it the step stands."""
        if because.decided is not None:
            other = because.decided.work
            return self._work_of.get(other, other), because.decided.is_before
        if because.relation is None:
            return because.rule
        ends = (because.relation.source, because.relation.target)
        others = [self._work_of[end] for end in ends if self._work_of[end] != work]
        return others[0] if others else work, because.rule == "before"

    def reason(self, work: UUID, because: PlacementReason) -> StepReason:
        """Return a reason of the step at which `work` stands."""
        known = self._works[work]
        if because.decided is not None:
            words = wording.decided(
                self._title(because.decided.work), is_before=because.decided.is_before
            )
            return StepReason(because.rule, words, spoiler=because.decided.reason)
        if because.relation is not None:
            words = self._by_relation(work, because, because.relation)
            return StepReason(because.rule, words, _edge(because.relation))
        if because.rule == "date" or known.view.year is None:
            words = wording.released(known.view.date, known.view.year, known.season)
        else:
            words = wording.placed(because.rule)
        return StepReason(because.rule, words, date=known.view.date if because.date else None)

    def set_aside(self, one: SetAside) -> str:
        """Return why the order does not keep a relation."""
        match one.cause:
            case "later_parent":
                return wording.set_aside_for_parent()
            case "release":
                return wording.set_aside_for_release()
            case "curators":
                return wording.set_aside_for_curators()
            case "surer":
                said = [rule.relation for rule in one.against if rule.relation is not None]
                return wording.set_aside_for_surer(
                    (self._title(other.target), other.kind, self._title(other.source))
                    for other in said
                )

    def _by_relation(self, work: UUID, because: PlacementReason, relation: Relation) -> str:
        is_target = self._work_of.get(relation.target) == work
        title = self._title(relation.source if is_target else relation.target)
        voice = Speaker(relation.method, self._sources.get(relation, ()))
        if because.rule == "before":
            return wording.leads_to(title, voice)
        return wording.follows(relation.kind if is_target else inverse(relation.kind), title, voice)

    def _title(self, record: UUID) -> str:
        return self._works[self._work_of[record]].view.title


def _tags(facts: FranchiseFacts, context: DocumentContext) -> tuple[SharedTag, ...]:
    """Return the tags in common, the most shared first, then by name."""
    borne = Counter(
        (tag.name, tag.id) for member in facts.members for tag in context.tags_of(member.work)
    )
    total = len(facts.members)
    least = max(_LEAST_BEARERS, _LEAST_SHARE * total)
    common = sorted((-many, name, tag) for (name, tag), many in borne.items() if many >= least)
    return tuple(
        SharedTag(tag, name, round(-many / total, _SHARE_PLACES))
        for many, name, tag in common[:_MOST_TAGS]
    )


def _edges(relations: Sequence[Relation]) -> tuple[FranchiseEdge, ...]:
    return tuple(map(_edge, relations))


def _edge(relation: Relation) -> FranchiseEdge:
    return FranchiseEdge(
        relation.source, relation.target, relation.kind, relation.method, relation.confidence
    )
