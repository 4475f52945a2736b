"""How to watch a franchise: its lines with what each needs first, and the place of a work in its.

Guarantees: everything follows from the franchise's order by release and from relations of the
graph. A line needs another one only if a work of it that is not optional continues, precedes or
branches off from a work of that line, and that line stands before it in the suggested sequence.
Among which episodes a work came out is told by dates that sources state for both, and by nothing
else.

Performance: 2 ms for a franchise of 250 works.
"""

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Final, Literal, NamedTuple, TypeAlias
from uuid import UUID

import msgspec

from kensho.domain.relations import Kind
from kensho.domain.works import Role
from kensho.read_model.encoded import Encoded
from kensho.read_model.episodes import Canon
from kensho.read_model.franchise_views import (
    FOLDED_ROLES,
    FranchiseLine,
    MemberWork,
    WatchOrderStep,
)
from kensho.read_model.franchises import NO_FRANCHISE
from kensho.read_model.model import ReadModel
from kensho.read_model.views import FranchiseRef

NeedKind: TypeAlias = Literal["continues", "leads_to", "branches_off", "retells", "apart"]
"""What a line is to another one: its story goes on there, it came out later and leads up to it, it
branches off from it, tells it anew, or shares only the world and the name."""
_NEEDS: Final[Mapping[Kind, NeedKind]] = {
    "prequel": "continues",
    "sequel": "leads_to",
    "parent_story": "branches_off",
    "spun_off_from": "branches_off",
    "full_story": "branches_off",
    "alternative_version": "retells",
    "alternative_setting": "apart",
}
"""By what a work of the other line is to one of this line."""
_STRENGTH: Final[Mapping[NeedKind, int]] = {
    "continues": 0, "leads_to": 1, "branches_off": 2, "retells": 3, "apart": 4
}  # fmt: skip
_WHOLE_DATE: Final = len("2004-08-21")


class ViewingStep(msgspec.Struct, frozen=True):
    """A step of a watch order, without its reasons."""

    work: MemberWork
    position: int
    role: Role
    optional: bool
    line: int


_AnyStep: TypeAlias = ViewingStep | WatchOrderStep


class LineNeed(NamedTuple):
    """What a line is to an earlier one, and the work of that one which it is tied to."""

    kind: NeedKind
    line: FranchiseLine
    work: MemberWork


class LineGuide(NamedTuple):
    """A line for somebody who begins: its first step, how many there are, what may be left out.

    `start` is `None` where the whole line may be left out; songs and promotions are not counted.
    """

    line: FranchiseLine
    start: ViewingStep | None
    steps: int
    need: LineNeed | None
    skippable: tuple[ViewingStep, ...]
    fillers: int


class ViewingGuide(NamedTuple):
    """The lines in the suggested sequence, and those that nothing is missed without."""

    lines: tuple[LineGuide, ...]
    skipped: tuple[LineGuide, ...]
    steps: int
    hours: int


class PlaceInLine(NamedTuple):
    """Where a work stands in its line.

    `step` counts the steps that are not optional, from 1; it is `None` for one that is. `before`
    and `after` are the works on either side that are not optional; at the end of a line, `then` is
    the line that is suggested next.
    """

    slug: str
    line: FranchiseLine
    lines_total: int
    step: int | None
    steps_total: int
    before: MemberWork | None
    after: MemberWork | None
    then: FranchiseLine | None
    works: frozenset[UUID]
    """All works of the franchise."""


class AmongEpisodes(NamedTuple):
    """A work came out after an episode of a series that was then being shown."""

    series: MemberWork
    episode: int


class EssentialStep(msgspec.Struct, frozen=True):
    """A step that is not optional; `seconds` are those of all episodes, 0 where unknown."""

    id: UUID
    title: str
    episodes: int | None
    seconds: int
    line: int


class EssentialSteps(FranchiseRef, frozen=True):
    """The steps of a franchise that are not optional, line by line in the suggested sequence."""

    steps: list[EssentialStep]


class _Order(msgspec.Struct, frozen=True):
    slug: str
    title: str
    lines: tuple[FranchiseLine, ...]
    steps: tuple[ViewingStep, ...]


class _Episode(msgspec.Struct, frozen=True):
    episode_number: int
    air_date: str | None = None
    filler: bool | None = None
    canon: Canon | None = None


class _Episodes(msgspec.Struct, frozen=True):
    episodes: list[_Episode]


def guide(model: ReadModel, number: int) -> ViewingGuide:
    """Return how to watch a franchise."""
    order = _order(model, number)
    sequence = _suggested(order.lines)
    steps = _by_line(order)
    rank = {line.number: place for place, line in enumerate(sequence)}
    needs = _needs(model, order, rank)
    guides = [_line_guide(model, line, steps[line.number], needs) for line in sequence]
    lines = tuple(one for one in guides if one.start is not None)
    return ViewingGuide(
        lines,
        tuple(one for one in guides if one.start is None),
        sum(one.steps for one in lines),
        sum(one.line.hours for one in lines),
    )


def essential_steps(model: ReadModel, number: int) -> EssentialSteps:
    """Return the steps of a franchise by which somebody tells how far they are."""
    order = _order(model, number)
    rank = {line.number: place for place, line in enumerate(_suggested(order.lines))}
    asked = [step for step in order.steps if not step.optional]
    asked.sort(key=lambda step: (rank[step.line], step.position))
    return EssentialSteps(order.slug, order.title, [_essential(step) for step in asked])


def place(model: ReadModel, node: int) -> PlaceInLine | None:
    """Return where a work stands in its franchise; `None` where it is the only one, or in none."""
    number: int = model.franchises.by_node.item(node)
    if number == NO_FRANCHISE:
        return None
    order = _order(model, number)
    work = model.id(node)
    here = next((step for step in order.steps if step.work.id == work), None)
    if here is None or len(order.steps) == 1:
        return None
    line = next(one for one in order.lines if one.number == here.line)
    among = [step for step in order.steps if step.line == here.line and not step.optional]
    before = [step.work for step in among if step.position < here.position]
    after = [step.work for step in among if step.position > here.position]
    return PlaceInLine(
        order.slug,
        line,
        len(order.lines),
        None if here.optional else len(before) + 1,
        len(among),
        before[-1] if before else None,
        after[0] if after else None,
        None if after else _next_line(order, line),
        frozenset(step.work.id for step in order.steps),
    )


def among_episodes(model: ReadModel, steps: Iterable[_AnyStep]) -> Mapping[UUID, AmongEpisodes]:
    """Return after which episode of a series of its line each work came out, where dates tell."""
    steps = list(steps)
    runs = [(step, aired) for step in steps if (aired := _aired(model, step)) is not None]
    found = ((step.work.id, _among(step, runs)) for step in steps)
    return {work: among for work, among in found if among is not None}


def filler_ranges(model: ReadModel, work: UUID) -> list[tuple[int, int]]:
    """Return the episodes that a source calls filler, as first and last numbers of each run."""
    runs: list[tuple[int, int]] = []
    for one in _episodes(model, work):
        number = one.episode_number
        if not _is_filler(one):
            continue
        if runs and runs[-1][1] == number - 1:
            runs[-1] = runs[-1][0], number
        else:
            runs.append((number, number))
    return runs


def _essential(step: ViewingStep) -> EssentialStep:
    work = step.work
    seconds = (work.episodes or 1) * (work.duration_s or 0)
    return EssentialStep(work.id, work.title, work.episodes, seconds, step.line)


def _order(model: ReadModel, number: int) -> _Order:
    return Encoded(_Order, model.franchises.document(number, "release")).decode()


def _suggested(lines: Iterable[FranchiseLine]) -> list[FranchiseLine]:
    """Return lines in their sequence, those that may be left out last."""
    return sorted(lines, key=lambda line: not line.essential_total)


def _by_line(order: _Order) -> dict[int, list[ViewingStep]]:
    steps: dict[int, list[ViewingStep]] = {line.number: [] for line in order.lines}
    for step in order.steps:
        if step.role not in FOLDED_ROLES or not step.optional:
            steps[step.line].append(step)
    return steps


def _line_guide(
    model: ReadModel,
    line: FranchiseLine,
    steps: Sequence[ViewingStep],
    needs: Mapping[int, LineNeed],
) -> LineGuide:
    asked = [step for step in steps if not step.optional]
    return LineGuide(
        line,
        asked[0] if asked else None,
        len(asked),
        needs.get(line.number),
        tuple(step for step in steps if step.optional),
        sum(_fillers(model, step) for step in asked),
    )


def _fillers(model: ReadModel, step: ViewingStep) -> int:
    node = model.node(step.work.id)
    count = None if node is None else model.episodes.count(node)
    return 0 if count is None else count.filler


def _needs(model: ReadModel, order: _Order, rank: Mapping[int, int]) -> dict[int, LineNeed]:
    """Return the strongest tie of each line to an earlier one; of equal ones, the first step's."""
    lines = {line.number: line for line in order.lines}
    steps = {node: one for one in order.steps if (node := model.node(one.work.id)) is not None}
    needs: dict[int, LineNeed] = {}
    for node, step in steps.items() if len(lines) > 1 else ():
        if step.optional:
            continue
        for kind, other in _ties(model, node, lines[step.line], steps):
            known = needs.get(step.line)
            is_stronger = known is None or _STRENGTH[kind] < _STRENGTH[known.kind]
            if rank[other.line] < rank[step.line] and is_stronger:
                needs[step.line] = LineNeed(kind, lines[other.line], other.work)
    return needs


def _ties(
    model: ReadModel, node: int, line: FranchiseLine, steps: Mapping[int, ViewingStep]
) -> Iterator[tuple[NeedKind, ViewingStep]]:
    for neighbour in model.neighbours_of(node, _NEEDS):
        kind, other = _NEEDS[neighbour.kind], steps.get(neighbour.node)
        if other is None or other.line == line.number:
            continue
        # Seasons of one brand call each other versions, and tell nothing anew.
        yield "apart" if kind == "retells" and line.kind != "retelling" else kind, other


def _next_line(order: _Order, line: FranchiseLine) -> FranchiseLine | None:
    """Return the line that is suggested after one, if it need not be left out."""
    sequence = _suggested(order.lines)
    place = sequence.index(line) + 1
    following = sequence[place] if place < len(sequence) else None
    return following if following is not None and following.essential_total else None


def _aired(model: ReadModel, step: _AnyStep) -> list[tuple[str, int]] | None:
    """Return the dates of a series' episodes with their numbers, in that order."""
    found = [
        (one.air_date, one.episode_number)
        for one in _episodes(model, step.work.id)
        if one.air_date is not None and len(one.air_date) == _WHOLE_DATE
    ]
    return sorted(found) if len(found) > 1 else None


def _among(
    step: _AnyStep, runs: Sequence[tuple[_AnyStep, list[tuple[str, int]]]]
) -> AmongEpisodes | None:
    date = step.work.date
    if date is None or len(date) != _WHOLE_DATE:
        return None
    for series, aired in runs:
        if series.line == step.line and series is not step and aired[0][0] <= date < aired[-1][0]:
            place = bisect_right(aired, date, key=lambda one: one[0]) - 1
            return AmongEpisodes(series.work, aired[place][1])
    return None


def _episodes(model: ReadModel, work: UUID) -> list[_Episode]:
    node = model.node(work)
    if node is None:
        return []
    return Encoded(_Episodes, model.episodes.of(node).bytes).decode().episodes


def _is_filler(episode: _Episode) -> bool:
    return episode.canon == "filler" or (episode.canon is None and bool(episode.filler))
