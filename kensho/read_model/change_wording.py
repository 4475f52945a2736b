"""Changes in one line each: in English for the command line, documents and feeds.

Pages say them in other languages with `ChangeWords` of their own.

Guarantees: no more is said than changed; long lists are cut, and say how much more there is. A
title that could be taken for a part of the sentence stands between quotation marks.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Final

from kensho.domain.deltas import FactName, Value
from kensho.domain.relations import RelationKind
from kensho.read_model.change_views import (
    Change,
    ChangedFact,
    ChangedMember,
    ChangedRelation,
    ChangedWork,
    ChangeKind,
)
from kensho.read_model.views import FranchiseRef
from kensho.read_model.wording import PHRASES, cited

_MOST_NAMED: Final = 3
"""Of what is listed in a line; documents and pages have the rest."""
_MOST_FACTS: Final = 5
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
_UNTOLD_FACTS: Final = frozenset(("poster_url", "synopsis"))
"""Facts whose values say nothing in a line: it is told that they changed."""
_LAST_YEAR: Final = 9_999
"""Greater numbers have their thousands apart; years have not."""
_ROLES: Final[Mapping[str, str]] = {"main": "main story", "spin_off": "spin-off"}


_ENGLISH: Final[Mapping[str, str]] = {
    "and": ", ",
    "between": "; ",
    "more": "{shown} and {n} more",
    "unknown_work": "a work that is not known",
    "unknown_franchise": "a franchise",
    "unknown_relation": "a relation",
    "described": "{work} ({type}, {year})",
    "described_undated": "{work} ({type})",
    "came": "{work} is new",
    "came_into": "{work} is new in {franchise}",
    "went": "{work} is no longer listed",
    "became": "{work} is now one work with {became}",
    "changed": "{subject}: {facts}",
    "another_address": "another address of {franchise}",
    "left": "no longer in {franchise}",
    "joined": "now in {franchise}",
    "moved": "now in {franchise} (before: {before})",
    "one_fact": "{fact} {member}",
    "fact_other": "another {fact}",
    "fact_none": "no {fact} any more",
    "fact_several": "{fact} ({moved})",
    "fact_came": "{fact} {new}",
    "fact_went": "no {fact} any more (was {old})",
    "fact_became": "{fact} {old} → {new}",
    "yes": "yes",
    "no": "no",
    "new": "new: {names}",
    "gone": "gone: {names}",
    "relation_went": "no longer stated: {relation}",
    "relation_changed": "{relation}; before: {was}",
    "franchise_came": "{franchise} is a new franchise of {members}",
    "franchise_went": "{franchise} is no franchise any more",
    "members": "{works}: {listed}",
    "merged": "{others} became part of {franchise}",
    "split": "{others} split off from {franchise}",
    "renamed": "{old} is now called {franchise}",
    "readdressed": "{franchise} has another address: {slugs}",
    "begins": "begins with {work}",
}


class ChangeWords:
    """The words in which changes are told: English ones, which other languages override."""

    def say(self, key: str, **values: object) -> str:
        """Return a template filled in; its keys are those of English in every language."""
        return _ENGLISH[key].format(**values)

    def cited(self, title: str) -> str:
        """Return a title as it stands in a sentence."""
        return cited(title)

    def fact(self, name: str) -> str:
        """Return what a fact is called; its name in documents where it has none."""
        return FACT_NAMES.get(name, name)

    def type(self, anime_type: str) -> str:
        """Return what a type of work is called."""
        return anime_type

    def role(self, role: str) -> str:
        """Return what a role is called."""
        return _ROLES.get(role, role)

    def number(self, value: float) -> str:
        """Return a number that a fact has."""
        return f"{value:,}" if isinstance(value, int) and value > _LAST_YEAR else str(value)

    def works(self, total: int) -> str:
        """Return how many works there are."""
        return f"{total} works" if total != 1 else "1 work"

    def stated(self, one: str, kind: RelationKind, other: str) -> str:
        """Return what one work is to another, by their cited titles."""
        return f"{one} is {PHRASES[kind]} {other}"


def told(change: Change, words: ChangeWords | None = None) -> str:
    """Return a change as a sentence without a full stop, in English where no words are given."""
    return _TELLERS[change.kind](words or _IN_ENGLISH, change)


def _work(words: ChangeWords, work: ChangedWork | None) -> str:
    return words.say("unknown_work") if work is None else words.cited(work.title)


def _franchise(words: ChangeWords, franchise: FranchiseRef | None) -> str:
    return words.say("unknown_franchise") if franchise is None else words.cited(franchise.title)


def _came(words: ChangeWords, change: Change) -> str:
    work = change.work
    if work is None:
        return _work(words, None)
    what = words.say(
        "described" if work.year else "described_undated",
        work=_work(words, work),
        type=words.type(work.anime_type),
        year=work.year,
    )
    if change.franchise is None:
        return words.say("came", work=what)
    return words.say("came_into", work=what, franchise=_franchise(words, change.franchise))


def _went(words: ChangeWords, change: Change) -> str:
    work = _work(words, change.work)
    if change.became is None:
        return words.say("went", work=work)
    return words.say("became", work=work, became=_work(words, change.became))


def _changed(words: ChangeWords, change: Change) -> str:
    titles = {ref.slug: ref.title for ref in (change.franchise, *change.others) if ref is not None}
    facts = [
        _moved_home(words, fact, titles) if fact.field == "franchise" else _fact(words, fact)
        for fact in change.fields
    ]
    listed = _cut(words, facts, _MOST_FACTS, "between")
    return words.say("changed", subject=_work(words, change.work), facts=listed)


def _moved_home(words: ChangeWords, fact: ChangedFact, titles: Mapping[str, str]) -> str:
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


def _fact(words: ChangeWords, fact: ChangedFact) -> str:
    name, member = FactName.of(fact.field)
    called = words.fact(name)
    shown = words.say("one_fact", fact=called, member=member) if member else called
    if name in _UNTOLD_FACTS:
        return words.say("fact_other" if fact.new is not None else "fact_none", fact=shown)
    if fact.gained or fact.lost:
        moved = words.say("between").join(_moved(words, fact.gained, fact.lost))
        return words.say("fact_several", fact=shown, moved=moved)
    old, new = (_value(words, value) for value in (fact.old, fact.new))
    if fact.old is None:
        return words.say("fact_came", fact=shown, new=new)
    return words.say(
        "fact_went" if fact.new is None else "fact_became", fact=shown, old=old, new=new
    )


def _moved(words: ChangeWords, came: Sequence[str], went: Sequence[str]) -> Iterable[str]:
    if came:
        yield words.say("new", names=_cut(words, came))
    if went:
        yield words.say("gone", names=_cut(words, went))


def _value(words: ChangeWords, value: Value) -> str:
    if isinstance(value, bool):
        return words.say("yes" if value else "no")
    return words.number(value) if isinstance(value, int | float) else str(value)


def _relation_came(words: ChangeWords, change: Change) -> str:
    return _relation(words, change.relation)


def _relation_went(words: ChangeWords, change: Change) -> str:
    return words.say("relation_went", relation=_relation(words, change.relation))


def _relation_changed(words: ChangeWords, change: Change) -> str:
    now, before = _relation(words, change.relation), _relation(words, change.was)
    return words.say("relation_changed", relation=now, was=before)


def _relation(words: ChangeWords, relation: ChangedRelation | None) -> str:
    if relation is None:
        return words.say("unknown_relation")
    one, other = _work(words, relation.target), _work(words, relation.source)
    return words.stated(one, relation.kind, other)


def _franchise_came(words: ChangeWords, change: Change) -> str:
    works = words.works(len(change.members))
    if change.members:
        listed = _cut(words, [_work(words, one.work) for one in change.members])
        works = words.say("members", works=works, listed=listed)
    franchise = _franchise(words, change.franchise)
    return words.say("franchise_came", franchise=franchise, members=works)


def _franchise_went(words: ChangeWords, change: Change) -> str:
    return words.say("franchise_went", franchise=_franchise(words, change.franchise))


def _merged(words: ChangeWords, change: Change) -> str:
    return words.say("merged", **_both(words, change))


def _split(words: ChangeWords, change: Change) -> str:
    return words.say("split", **_both(words, change))


def _both(words: ChangeWords, change: Change) -> dict[str, str]:
    others = _cut(words, [_franchise(words, other) for other in change.others])
    return {"others": others, "franchise": _franchise(words, change.franchise)}


def _renamed(words: ChangeWords, change: Change) -> str:
    title = next((fact.old for fact in change.fields if fact.field == "title"), None)
    franchise = _franchise(words, change.franchise)
    if title is not None:
        return words.say("renamed", old=words.cited(str(title)), franchise=franchise)
    return words.say("readdressed", franchise=franchise, slugs=_slugs(change))


def _slugs(change: Change) -> str:
    old = ", ".join(other.slug for other in change.others)
    return f"{old} → {change.franchise.slug}" if change.franchise else old


def _franchise_changed(words: ChangeWords, change: Change) -> str:
    members = change.members
    came = [_work(words, one.work) for one in members if one.old is None]
    went = [_work(words, one.work) for one in members if one.new is None]
    moved = [_role(words, one) for one in members if one.old is not None and one.new is not None]
    roots = [str(fact.new) for fact in change.fields if fact.field == "root"]
    parts = [
        *(words.say("begins", work=words.cited(root)) for root in roots),
        *_moved(words, came, went),
        *([_cut(words, moved)] if moved else []),
    ]
    facts = words.say("between").join(parts)
    return words.say("changed", subject=_franchise(words, change.franchise), facts=facts)


def _role(words: ChangeWords, member: ChangedMember) -> str:
    old, new = (words.role(role or "") for role in (member.old, member.new))
    return words.say("fact_became", fact=_work(words, member.work), old=old, new=new)


def _cut(
    words: ChangeWords, parts: Sequence[str], most: int = _MOST_NAMED, between: str = "and"
) -> str:
    """Return an enumeration of at most so many, and how many more there are."""
    shown = words.say(between).join(parts[:most])
    more = len(parts) - most
    return words.say("more", shown=shown, n=more) if more > 0 else shown


_IN_ENGLISH: Final = ChangeWords()
_TELLERS: Final[Mapping[ChangeKind, Callable[[ChangeWords, Change], str]]] = {
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
