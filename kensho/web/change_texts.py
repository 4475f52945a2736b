"""Changes in one line each, in the language of a page.

English is what `kensho.read_model.change_wording` says. Other languages say it by the templates of
`[reason.change]` in their strings, from the same data; facts are called as `[reason.fact]` says.

Guarantees: pure. No more is said than changed; long lists are cut, and say how much more there is.
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
from kensho.read_model.change_wording import FACT_NAMES, MOST_FACTS, MOST_NAMED, UNTOLD_FACTS, told
from kensho.read_model.views import FranchiseRef
from kensho.web.messages import Messages


def change_text(change: Change, messages: Messages) -> str:
    """Return a change as a sentence without a full stop."""
    if not messages.is_translation:
        return told(change)
    return _TELLERS[change.kind](_Words(messages), change)


def fact_name(name: str, messages: Messages) -> str:
    """Return what a fact is called; its name in documents where it has none."""
    return messages.texts.get(f"reason.fact.{name}") or FACT_NAMES.get(name, name)


class _Words:
    """The templates of changes in one language."""

    def __init__(self, messages: Messages) -> None:
        self.messages = messages

    def say(self, key: str, **values: object) -> str:
        """Return a template filled in."""
        return self.messages.format(f"reason.change.{key}", **values)

    def cited(self, title: object) -> str:
        """Return a title as it stands in a sentence."""
        return self.messages.format("reason.title", title=title)

    def work(self, work: ChangedWork | None) -> str:
        """Return the title of a work."""
        return self.say("unknown_work") if work is None else self.cited(work.title)

    def franchise(self, franchise: FranchiseRef | None) -> str:
        """Return the title of a franchise."""
        if franchise is None:
            return self.say("unknown_franchise")
        return self.cited(franchise.title)

    def listed(
        self, parts: Sequence[str], most: int = MOST_NAMED, between: str = "reason.and"
    ) -> str:
        """Return an enumeration of at most so many, and how many more there are."""
        shown = self.messages.format(between).join(parts[:most])
        more = len(parts) - most
        return self.say("more", shown=shown, n=more) if more > 0 else shown

    def relation(self, relation: ChangedRelation | None) -> str:
        """Return what a relation says."""
        if relation is None:
            return self.say("unknown_relation")
        kind = self.messages.label("kind", relation.kind)
        what = self.messages.format("reason.between", other=self.work(relation.source), kind=kind)
        return self.messages.format("reason.of", one=self.work(relation.target), what=what)

    def moved(self, came: Sequence[str], went: Sequence[str]) -> Iterable[str]:
        """Yield what came, and what went."""
        if came:
            yield self.say("new", names=self.listed(came))
        if went:
            yield self.say("gone", names=self.listed(went))


def _came(words: _Words, change: Change) -> str:
    work = change.work
    if work is None:
        return words.say("unknown_work")
    type_ = words.messages.label("type", work.anime_type)
    key = "described" if work.year else "described_undated"
    what = words.say(key, work=words.work(work), type=type_, year=work.year)
    if change.franchise is None:
        return words.say("came", work=what)
    return words.say("came_into", work=what, franchise=words.franchise(change.franchise))


def _went(words: _Words, change: Change) -> str:
    if change.became is None:
        return words.say("went", work=words.work(change.work))
    became = words.work(change.became)
    return words.say("became", work=words.work(change.work), became=became)


def _changed(words: _Words, change: Change) -> str:
    titles = {ref.slug: ref.title for ref in (change.franchise, *change.others) if ref is not None}
    facts = [
        _moved_home(words, fact, titles) if fact.field == "franchise" else _fact(words, fact)
        for fact in change.fields
    ]
    listed = words.listed(facts, MOST_FACTS, "reason.change.between")
    return words.say("changed", subject=words.work(change.work), facts=listed)


def _moved_home(words: _Words, fact: ChangedFact, titles: Mapping[str, str]) -> str:
    """Return which franchise a work belongs to now, and before, by their titles."""
    old, new = (
        None if slug is None else words.cited(titles.get(str(slug), str(slug)))
        for slug in (fact.old, fact.new)
    )
    if old == new:
        return words.say("another_address", franchise=new)
    if new is None:
        return words.say("left", franchise=old)
    return words.say("joined" if old is None else "moved", franchise=new, before=old)


def _fact(words: _Words, fact: ChangedFact) -> str:
    name, member = FactName.of(fact.field)
    called = fact_name(name, words.messages)
    shown = words.say("one_fact", fact=called, member=member) if member else called
    if name in UNTOLD_FACTS:
        return words.say("fact_other" if fact.new is not None else "fact_none", fact=shown)
    if fact.gained or fact.lost:
        moved = words.say("between").join(words.moved(fact.gained, fact.lost))
        return words.say("fact_several", fact=shown, moved=moved)
    old, new = (_value(words, value) for value in (fact.old, fact.new))
    if fact.old is None:
        return words.say("fact_came", fact=shown, new=new)
    key = "fact_went" if fact.new is None else "fact_became"
    return words.say(key, fact=shown, old=old, new=new)


def _value(words: _Words, value: Value) -> str:
    if isinstance(value, bool):
        return words.say("yes" if value else "no")
    return str(value)


def _relation_came(words: _Words, change: Change) -> str:
    return words.relation(change.relation)


def _relation_went(words: _Words, change: Change) -> str:
    return words.say("relation_went", relation=words.relation(change.relation))


def _relation_changed(words: _Words, change: Change) -> str:
    now, before = words.relation(change.relation), words.relation(change.was)
    return words.say("relation_changed", relation=now, was=before)


def _franchise_came(words: _Words, change: Change) -> str:
    works = words.messages.count("works", len(change.members))
    listed = words.listed([words.work(one.work) for one in change.members])
    franchise = words.franchise(change.franchise)
    return words.say("franchise_came", franchise=franchise, works=works, listed=listed)


def _franchise_went(words: _Words, change: Change) -> str:
    return words.say("franchise_went", franchise=words.franchise(change.franchise))


def _merged(words: _Words, change: Change) -> str:
    return words.say("merged", **_both(words, change))


def _split(words: _Words, change: Change) -> str:
    return words.say("split", **_both(words, change))


def _both(words: _Words, change: Change) -> dict[str, str]:
    others = words.listed([words.franchise(other) for other in change.others])
    return {"others": others, "franchise": words.franchise(change.franchise)}


def _renamed(words: _Words, change: Change) -> str:
    title = next((fact.old for fact in change.fields if fact.field == "title"), None)
    franchise = words.franchise(change.franchise)
    if title is not None:
        return words.say("renamed", old=words.cited(title), franchise=franchise)
    old = ", ".join(other.slug for other in change.others)
    new = "" if change.franchise is None else change.franchise.slug
    return words.say("readdressed", franchise=franchise, old=old, new=new)


def _franchise_changed(words: _Words, change: Change) -> str:
    members = change.members
    came = [words.work(one.work) for one in members if one.old is None]
    went = [words.work(one.work) for one in members if one.new is None]
    moved = [_role(words, one) for one in members if one.old is not None and one.new is not None]
    roots = [fact.new for fact in change.fields if fact.field == "root"]
    parts = [
        *(words.say("begins", work=words.cited(root)) for root in roots),
        *words.moved(came, went),
        *([words.listed(moved)] if moved else []),
    ]
    facts = words.say("between").join(parts)
    return words.say("changed", subject=words.franchise(change.franchise), facts=facts)


def _role(words: _Words, member: ChangedMember) -> str:
    old, new = (words.messages.label("role", role or "") for role in (member.old, member.new))
    return words.say("fact_became", fact=words.work(member.work), old=old, new=new)


_TELLERS: Final[Mapping[ChangeKind, Callable[[_Words, Change], str]]] = {
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
