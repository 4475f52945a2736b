"""Acts and what comes of them in words, for terminals."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Final, cast

import msgspec

from kensho.domain.curation_documents import ActOutcome, FranchiseDifference
from kensho.domain.curator_acts import CuratorAct, CuratorStatement

_MOST_STEPS: Final = 12
_WORKS: Final = frozenset(("work", "other", "to", "works", "others", "away_from", "of"))
_UNSHOWN: Final = frozenset(("beside", "members"))


def statement_words(says: CuratorStatement, titles: Mapping[str, str]) -> str:
    """Return a statement in one line, works by id and title where that is known."""
    parts: list[str] = []
    for name, value in msgspec.structs.asdict(says).items():
        if name in _UNSHOWN or value in (None, (), False):
            continue
        several = cast("Sequence[object]", value if isinstance(value, tuple) else (value,))
        words = [_named(str(one), titles) if name in _WORKS else str(one) for one in several]
        parts.append(f"{name} {', '.join(words)}" if name != "rank" or value != "normal" else "")
    kind = says.__struct_config__.tag
    return f"{kind}: {'; '.join(part for part in parts if part)}"


def act_line(act: CuratorAct, titles: Mapping[str, str]) -> str:
    """Return an act in one line: id, time, author, statement, reason, and why it counts no more."""
    at = act.at[: len("2026-11-29T12:00")].replace("T", " ")
    line = f"{act.id}  {at}  {act.author}  {statement_words(act.says, titles)} - {act.reason}"
    if act.source:
        line += f" <{act.source}>"
    if act.undone_by:
        line += f" [undone by {act.undone_by}]"
    elif act.overruled_by:
        line += f" [overruled by {act.overruled_by}]"
    return line


def outcome_lines(outcome: ActOutcome) -> Iterator[str]:
    """Yield what came of acts, line by line."""
    for act in outcome.acts:
        made = "would be made" if outcome.is_trial else f"act {act.id}"
        yield f"{made}: {statement_words(act.says, {})}"
    for act in outcome.overruled:
        yield f"overrules act {act.id} by {act.author}: {act.reason}"
    for one in outcome.facts:
        yield f"{one.work}: {one.field}: {one.before or 'nothing'} -> {one.after or 'nothing'}"
    for franchise in outcome.franchises:
        yield from _franchise_lines(franchise)
    if outcome.is_empty:
        yield "nothing that is shown changes"
    if outcome.snapshot is not None:
        yield f"published snapshot {outcome.snapshot}"


def _franchise_lines(one: FranchiseDifference) -> Iterator[str]:
    name = f"franchise {one.slug} ({one.title})"
    if one.is_new:
        yield f"{name}: comes"
    if one.is_gone:
        yield f"{name}: goes"
    if one.title_before is not None:
        yield f"{name}: was called {one.title_before}"
    if one.joined:
        yield f"{name}: joined by {', '.join(one.joined)}"
    if one.left:
        yield f"{name}: left by {', '.join(one.left)}"
    for order, (before, after) in one.orders.items():
        yield f"{name}: order {order}: {_steps(before)} -> {_steps(after)}"


def _steps(steps: Sequence[str]) -> str:
    shown = " > ".join(steps[:_MOST_STEPS])
    more = len(steps) - _MOST_STEPS
    return (f"{shown} and {more} more" if more > 0 else shown) or "none"


def _named(name: str, titles: Mapping[str, str]) -> str:
    return f"{name} ({titles[name]})" if name in titles else name
