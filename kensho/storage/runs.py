"""Runs of ingestion, as the graph store records them: also refused, failed and waiting ones."""

from typing import Final
from uuid import UUID

import msgspec

from kensho.errors import InvalidInputError, NotFoundError
from kensho.storage.gateway import Gateway

MOST_RUNS: Final = 10_000
"""As many as are looked through for an id; a store has some 20 a week."""
_LEAST_CHARS: Final = 4


class GuardBreach(msgspec.Struct, frozen=True):
    """A guard that a release broke, in one sentence; `lifted` where a curator insisted."""

    guard: str
    sentence: str
    lifted: bool = False


class RunRecord(msgspec.Struct, frozen=True):
    """A run over the files of one source; `counts` are of records by what became of them.

    `snapshot` is the date or version of what was read, `message` says why a run did not finish, or
    what it left as it was. One that `undoes` another took that back. `guards` is JSON of what the
    guards found; while `journal_bytes` are kept of what it replaced, it can be taken back.
    """

    id: UUID
    source: str
    state: str
    path: str
    sha256: str
    snapshot: str
    started_at: str
    finished_at: str | None = None
    counts: dict[str, int] = {}
    message: str | None = None
    undoes: UUID | None = None
    guards: str | None = None
    journal_bytes: int | None = None

    @property
    def breaches(self) -> list[GuardBreach]:
        """The guards that the release broke."""
        return msgspec.json.decode(self.guards or "[]", type=list[GuardBreach])


async def recorded_runs(gateway: Gateway, limit: int = MOST_RUNS) -> list[RunRecord]:
    """Return the latest runs, latest first."""
    return await gateway.fetch("ingest.runs", {"limit": limit}, into=list[RunRecord])


async def run_named(gateway: Gateway, text: str) -> RunRecord:
    """Return the run whose id begins so.

    Raises:
        InvalidInputError: the text is too short, or several runs begin so.
        NotFoundError: no run does.
    """
    if len(text) < _LEAST_CHARS:
        raise InvalidInputError.of("run", f"{text!r} is too short: {_LEAST_CHARS} letters at least")
    found = [run for run in await recorded_runs(gateway) if str(run.id).startswith(text.lower())]
    if not found:
        raise NotFoundError(f"there is no run {text!r}")
    if len(found) > 1:
        raise InvalidInputError.of("run", f"{len(found)} runs begin with {text!r}")
    return found[0]
