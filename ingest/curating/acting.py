"""Act on an open store: complete what a curator states, keep it, bring the graph in line.

Each act is an ordinary run of source `curator`, in which only what follows from it is composed
anew. What comes of it is told by name: works, orders and slugs, and which earlier acts it
overrules.

Guarantees: an act is kept with all that follows from it or not at all, and no act is ever removed.
An act that was made against an older state of what it is about is refused.
"""

import contextlib
import datetime as dt
import secrets
import tempfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Final
from uuid import UUID

import msgspec

from ingest.curating.naming import Names, completed, titles_of
from ingest.curating.pictures import NO_PICTURE, differences, picture
from ingest.curating.work_states import WorkState, fact_differences, work_states
from ingest.curation import Curation
from ingest.pipeline.identity import Identities
from ingest.pipeline.jobs import IngestJob, RunOptions
from ingest.pipeline.run import Pipeline
from ingest.progress import Progress
from ingest.reading.decoding import latest_year
from ingest.registry import SOURCES
from ingest.source_policies import GUARDS
from ingest.sources import curator
from kensho.domain.curation_documents import ActDraft, ActOutcome
from kensho.domain.curator_acts import (
    CuratorAct,
    CuratorStatement,
    NewWork,
    Undoing,
    problems_of_statement,
    works_named,
)
from kensho.domain.standing_acts import WorkOf, settled
from kensho.errors import (
    ActConflictError,
    IngestRefusedError,
    InvalidInputError,
    NotFoundError,
)
from kensho.platform.memory import without_cycle_collection
from kensho.platform.settings import IngestSettings
from kensho.storage.gateway import Gateway

_MOST_NAMED: Final = 50
"""Works of which facts are compared; acts on more concern their franchise."""
_TIME_CHARS: Final = 13
_RANDOM_BYTES: Final = 2
_RANDOM_CHARS: Final = 3
MOST_ACTS: Final = 500
"""Acts of one run: some hundred bytes each, and each is looked at with all others."""


class ActContext(msgspec.Struct, frozen=True):
    """How acts are made: at what time, under which decisions of files, with which limits."""

    now: dt.datetime
    progress: Progress
    limits: IngestSettings = IngestSettings()
    decisions: Curation | None = None
    is_trial: bool = False


async def act(gateway: Gateway, drafts: Sequence[ActDraft], context: ActContext) -> ActOutcome:
    """State what drafts say, all of them or none, and bring the graph in line.

    Raises:
        InvalidInputError: a draft is not of its form; names field and value.
        NotFoundError, GoneError: a name is of nothing.
        ActConflictError: something else was said meanwhile, or this was said already.
        IngestRefusedError: the run was refused.
    """
    if not 1 <= len(drafts) <= MOST_ACTS:
        raise InvalidInputError.of("acts", f"{len(drafts)} at once: 1 to {MOST_ACTS} can be made")
    # What is read of a graph stays to the end, and is looked through in vain: a sixth of the time.
    with (
        tempfile.TemporaryDirectory(prefix="kensho-acts-") as scratch,
        without_cycle_collection(),
    ):
        plan = _ActPlan(gateway, drafts, context, Path(scratch))
        options = RunOptions(
            Path(scratch, "rejects"),
            context.now.date().isoformat(),
            frozenset(GUARDS),
            limits=context.limits,
        )
        pipeline = Pipeline(gateway, SOURCES, options, context.progress, context.decisions)
        report = await pipeline.run(plan.jobs)
    if refused := [one for one in report.sources if one.state != "finished"]:
        raise IngestRefusedError(f"{refused[0].source}: {refused[0].message}")
    names, about = Names(gateway), list(plan.about)
    about += [w for one in plan.made for w in await _works_of([one.says], names) if w not in about]
    after = await picture(gateway, about)
    states = await work_states(gateway, about[:_MOST_NAMED])
    return ActOutcome(
        acts=tuple(plan.made),
        overruled=tuple(plan.overruled),
        facts=tuple(fact_differences(plan.states, states)),
        franchises=tuple(await differences(gateway, plan.before, after, plan.titles)),
        revision=report.revision,
        is_trial=context.is_trial,
        works=tuple(about),
    )


async def _works_of(says: Iterable[CuratorStatement], names: Names) -> list[UUID]:
    """Return the works that statements name, each once, without those that are none."""
    found: dict[UUID, None] = {}
    for name in dict.fromkeys(name for one in says for name in works_named(one)):
        with contextlib.suppress(NotFoundError):
            found[(await names.work(name)).id] = None
    return list(found)


class _ActPlan:
    """Makes acts of drafts once all earlier ones are known, and the jobs that keep them."""

    def __init__(
        self,
        gateway: Gateway,
        drafts: Sequence[ActDraft],
        context: ActContext,
        scratch: Path,
    ) -> None:
        self._gateway = gateway
        self._names = Names(gateway)
        self._drafts = drafts
        self._context = context
        self._scratch = scratch
        self.made: list[CuratorAct] = []
        self.overruled: list[CuratorAct] = []
        self.about: list[UUID] = []
        self.before = NO_PICTURE
        self.states: dict[UUID, WorkState] = {}
        self.titles: dict[UUID, str] = {}

    async def jobs(self, identities: Identities, known: Sequence[CuratorAct]) -> list[IngestJob]:
        """Return the jobs that write the new acts, and those whose standing they change."""

        def work_of(name: str) -> UUID | str:
            return identities.owner(name) or name

        stored = {act.id: act for act in known}
        all_acts = dict(stored)
        last = max(stored, default="")
        for draft in self._drafts:
            says = self._completed_undoing(await completed(draft.says, self._names), all_acts)
            if problems := problems_of_statement(says, latest_year(self._context.now)):
                raise InvalidInputError(problems)
            _require_current(draft, says, stored.values(), work_of)
            last = _next_id(self._context.now, last)
            made = _act_of(draft, says, last, self._context.now)
            _require_news(made, settled(all_acts.values(), work_of), work_of)
            all_acts[made.id] = made
            self.made.append(made)
        after = settled(all_acts.values(), work_of)
        changed = [act for act in after if stored.get(act.id) != act]
        fresh = {act.id for act in self.made}
        self.made = [act for act in after if act.id in fresh]
        self.overruled = [act for act in changed if act.overruled_by in fresh]
        self.about = await _works_of([act.says for act in changed], self._names)
        self.titles = titles_of(await self._names.cards(self.about))
        self.before = await picture(self._gateway, self.about)
        self.states = await work_states(self._gateway, self.about[:_MOST_NAMED])
        return list(self._jobs(changed))

    def _completed_undoing(
        self, says: CuratorStatement, known: Mapping[str, CuratorAct]
    ) -> CuratorStatement:
        if not isinstance(says, Undoing):
            return says
        undone = known.get(says.of)
        if undone is None:
            raise NotFoundError(f"of: there is no act {says.of}")
        if undone.undone_by is not None:
            raise ActConflictError(
                f"of: act {says.of} was undone by act {undone.undone_by} already"
            )
        return Undoing(of=says.of, works=works_named(undone.says)[:_MOST_NAMED])

    def _jobs(self, changed: Sequence[CuratorAct]) -> Iterator[IngestJob]:
        for source, adds in ((curator.WORKS, True), (curator.SOURCE, False)):
            some = [act for act in changed if isinstance(act.says, NewWork) is adds]
            if some:
                path = self._scratch / f"{source.name}.jsonl"
                path.write_bytes(b"".join(msgspec.json.encode(act) + b"\n" for act in some))
                yield IngestJob(source, (path,), partial=True)


def _require_current(
    draft: ActDraft, says: CuratorStatement, known: Iterable[CuratorAct], work_of: WorkOf
) -> None:
    """Refuse a draft that was made before somebody else said something of the same works."""
    if draft.against is None:
        return
    about = {work_of(name) for name in works_named(says)}
    since = [
        act
        for act in known
        if act.id > draft.against and about & {work_of(n) for n in works_named(act.says)}
    ]
    if since:
        told = "; ".join(f"act {act.id} by {act.author}: {act.reason}" for act in since[-3:])
        raise ActConflictError(f"against: something was said since act {draft.against}: {told}")


def _require_news(made: CuratorAct, known: Iterable[CuratorAct], work_of: WorkOf) -> None:
    """Refuse an act that says what one that stands says already."""
    said = _read_as(made.says, work_of)
    for act in known:
        if act.stands and type(act.says) is type(made.says) and _read_as(act.says, work_of) == said:
            raise ActConflictError(f"act {act.id} by {act.author} says so already: {act.reason}")


def _read_as(says: CuratorStatement, work_of: WorkOf) -> object:
    """Return what a statement says, whichever ids it names works by."""
    fields = {
        name: value
        for name, value in msgspec.structs.asdict(says).items()
        if name not in ("beside", "members")
    }
    for name in ("work", "other", "to"):
        if name in fields:
            fields[name] = work_of(fields[name])
    for name in ("works", "others", "away_from"):
        if name in fields:
            fields[name] = tuple(map(work_of, fields[name]))
    return fields


def _act_of(draft: ActDraft, says: CuratorStatement, id_: str, now: dt.datetime) -> CuratorAct:
    fields = {
        "id": id_,
        "at": now.astimezone(dt.UTC).isoformat(timespec="microseconds"),
        "author": draft.author.strip(),
        "reason": " ".join(draft.reason.split()),
        "says": says,
        "source": draft.source or None,
    }
    try:
        return msgspec.convert(fields, CuratorAct, from_attributes=True)
    except msgspec.ValidationError as error:
        text, _, field = str(error).partition(" - at `$.")
        name = field.rstrip("`") or "act"
        raise InvalidInputError.of(name, f"{fields.get(name)!r}: {text}") from error


def _next_id(now: dt.datetime, last: str) -> str:
    """Return an id for an act, which sorts after those that were made before."""
    micros = int(now.timestamp() * 1_000_000)
    if last:
        micros = max(micros, int(last[:_TIME_CHARS], 16) + 1)
    return f"{micros:0{_TIME_CHARS}x}{secrets.token_hex(_RANDOM_BYTES)[:_RANDOM_CHARS]}"
