"""Relations, and the reasons of members and of watch orders, in the words of a page.

English is what `kensho.read_model.wording` says, with titles as the viewer prefers them. Other
languages say it by the templates of `[reason]` in their strings, from the same data.

Guarantees: pure. A reason of which the data is not known stays as its document has it.
"""

from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Final
from uuid import UUID

from kensho.domain.relations import KIND_FACTS, RelationKind, inverse
from kensho.domain.works import Role
from kensho.read_model import wording
from kensho.read_model.franchise_views import FranchiseEdge, MemberWork, SetAsideEdge, StepReason
from kensho.web.messages import Messages

_DATE_KEYS: Final = ("reason.year", "reason.month", "reason.day")


def path(titles: Sequence[str], kinds: Sequence[RelationKind], messages: Messages) -> str:
    """Return a path as a sentence; its arguments are those of `wording.sentence`."""
    if not messages.is_translation:
        return wording.sentence(titles, kinds)
    return _ended([_step(*step, messages) for step in _steps(titles, kinds)], messages)


def origin(titles: Sequence[str], kinds: Sequence[RelationKind], messages: Messages) -> str:
    """Return what the first work of a path is, without its title."""
    if not messages.is_translation:
        said = wording.sentence(titles, kinds).removeprefix(f"{wording.cited(titles[0])} is ")
        return _capital(said)
    (_, second, kind), *others = _steps(titles, kinds)
    first = _between(second, kind, messages)
    return _ended([first, *(_step(*step, messages) for step in others)], messages)


def membership(role: Role, kind: RelationKind, title: str, messages: Messages) -> str:
    """Return why a work is a member: what it is to the fellow of this title."""
    if not messages.is_translation:
        said = wording.belonging(role, kind, title)
        return f"{_capital(said)}."
    if KIND_FACTS[kind].vague:
        role_ = messages.label("role", role)
        said = messages.format("reason.listed", other=_cited(title, messages), role=role_)
    else:
        said = _between(title, kind, messages)
    return _ended([said], messages)


class StepTexts:
    """Says why the steps of an order stand where they do.

    `work_of` tells the work of each record, `titles` what works are called on the page, `written`
    what they are called in documents.
    """

    def __init__(
        self,
        work_of: Mapping[UUID, UUID],
        titles: Mapping[UUID, str],
        written: Mapping[UUID, str],
        messages: Messages,
    ) -> None:
        self._work_of = work_of
        self._titles = titles
        self._written = written
        self._messages = messages

    def statement(self, edge: FranchiseEdge) -> str | None:
        """Return an edge as a sentence; `None` where an end is not on the page."""
        ends = (self._work_of.get(edge.target), self._work_of.get(edge.source))
        if ends[0] is None or ends[1] is None:
            return None
        titles = [self._titles[end] for end in ends if end is not None]
        return path(titles, [inverse(edge.kind)], self._messages)

    def reason(self, work: MemberWork, because: StepReason) -> str:
        """Return a reason of a work's step as a sentence."""
        other = None if because.edge is None else self._other(work.id, because.edge)
        if not self._messages.is_translation:
            said = because.text
            if other is not None:
                before, after = self._written[other], self._titles[other]
                said = said.replace(wording.cited(before), wording.cited(after), 1)
            return f"{_capital(said)}."
        return _ended([self._translated(work, because, other)], self._messages)

    def set_aside(self, one: SetAsideEdge) -> str:
        """Return why an order does not keep a relation."""
        if not self._messages.is_translation:
            return f"{_capital(one.why)}."
        return _ended([self._messages.format(f"reason.aside_{one.cause}")], self._messages)

    def _other(self, work: UUID, edge: FranchiseEdge) -> UUID | None:
        ends = (self._work_of.get(edge.source), self._work_of.get(edge.target))
        return next((end for end in ends if end is not None and end != work), None)

    def _translated(self, work: MemberWork, because: StepReason, other: UUID | None) -> str:
        if because.edge is not None and other is not None:
            return self._by_edge(work.id, because, because.edge, self._titles[other])
        date = because.date or (str(work.year) if work.year else "")
        if because.rule == "date" and date:
            return _released(date, self._messages)
        rule = "undated" if because.rule == "date" else because.rule
        return self._messages.format(f"reason.rule_{rule}")

    def _by_edge(self, work: UUID, because: StepReason, edge: FranchiseEdge, title: str) -> str:
        messages = self._messages
        is_target = self._work_of.get(edge.target) == work
        kind = edge.kind if is_target else inverse(edge.kind)
        key = "reason.leads" if because.rule == "before" else f"reason.{kind}"
        if key in messages:
            return messages.format(key, other=_cited(title, messages))
        return _between(title, kind, messages)


def _capital(said: str) -> str:
    return said[:1].upper() + said[1:]


def _released(date: str, messages: Messages) -> str:
    """Return when a work came out, as much of YYYY-MM-DD as is known."""
    parts = [int(part) for part in date.split("-")]
    named = dict(zip(("year", "month", "day"), parts, strict=False))
    return messages.format(_DATE_KEYS[len(parts) - 1], **named)


def _steps(
    titles: Sequence[str], kinds: Sequence[RelationKind]
) -> list[tuple[str, str, RelationKind]]:
    """Return for each step of a path what the first of two titles is of the second."""
    walked = zip(pairwise(titles), kinds, strict=True)
    return [(one, other, inverse(kind)) for (one, other), kind in walked]


def _step(one: str, other: str, kind: RelationKind, messages: Messages) -> str:
    what = _between(other, kind, messages)
    return messages.format("reason.of", one=_cited(one, messages), what=what)


def _between(other: str, kind: RelationKind, messages: Messages) -> str:
    """Return what a work is, seen from the one of this title."""
    named = messages.label("kind", kind)
    return messages.format("reason.between", other=_cited(other, messages), kind=named)


def _cited(title: str, messages: Messages) -> str:
    return messages.format("reason.title", title=title)


def _ended(parts: Sequence[str], messages: Messages) -> str:
    """Return parts as one sentence."""
    return messages.format("reason.end", text=messages.format("reason.and").join(parts))
